"""Where a server is, and how one says who one is."""

import ssl
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

API: Final = "/api/v1"
PORTS: Final = {"http": 80, "https": 443}
_HTTP: Final = {"ws": "http", "wss": "https", "http": "http", "https": "https"}


@dataclass(frozen=True, slots=True)
class Address:
    """A server: `prefix` is what its paths begin with behind a proxy, mostly nothing."""

    scheme: str
    host: str
    port: int
    prefix: str
    token: str | None = field(repr=False)
    tls: ssl.SSLContext | None = field(repr=False)
    """For https; None: the system's authorities are trusted."""

    @property
    def authority(self) -> str:
        """Host and port as they stand in an address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether it is spoken to by TLS."""
        return self.scheme == "https"

    @property
    def stream(self) -> str:
        """The address of the WebSocket."""
        return f"{'wss' if self.secure else 'ws'}://{self.authority}{self.prefix}{API}/stream"

    @property
    def headers(self) -> dict[str, str]:
        """What every request says."""
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}


def address_of(url: str, token: str | None, tls: ssl.SSLContext | None) -> Address:
    """Return the server that `url` names. Raises ValueError, without a secret in its words."""
    parts = urlsplit(url)
    scheme = _HTTP.get(parts.scheme)
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("the address takes neither a login nor a query; a token goes by `token`")
    if scheme is None or not parts.hostname:
        raise ValueError(f"{url!r}: expected http://HOST:PORT or https://HOST")
    if token is not None and not (token.isascii() and token.isprintable() and token.strip()):
        raise ValueError("the token is none: it has characters that no token has")
    prefix = parts.path.rstrip("/")
    return Address(scheme, parts.hostname, parts.port or PORTS[scheme], prefix, token, tls)
