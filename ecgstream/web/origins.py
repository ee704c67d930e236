"""By which names this server may be called, and from whose pages (PROTOCOL section 1).

The Host check is what keeps a foreign page from making its own name point here (DNS rebinding);
the Origin check what keeps it from using the session of whoever looks at it.
"""

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

from starlette.types import Scope

from ecgstream.errors import ConfigError, Forbidden

_HOST: Final = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::([0-9]{1,5}))?")
_PORTS: Final = {"http": "80", "https": "443"}


class Hosts:
    """The names of this server, and the origins that are not its own but may ask too."""

    def __init__(
        self, bind: str | None, names: Iterable[str] = (), origins: Iterable[str] = ()
    ) -> None:
        """`bind` is the address listened on, None for a Unix socket; `names` as in `Host`.

        Raises ConfigError for a name or origin that cannot be one.
        """
        self._names = {_configured_name(name) for name in names}
        self._any_address = bind in {"0.0.0.0", "::", ""}  # noqa: S104 - compared, not bound
        if bind is not None and not self._any_address:
            self._names.add(bind.lower())
        self._origins = {_configured_origin(origin) for origin in origins}

    def check(self, scope: Scope) -> None:
        """Raise Forbidden where a request or handshake has a foreign `Host` or `Origin`.

        A request without `Origin` is no browser's, or a browser's for a page of ours.
        """
        hosts = _headers(scope, b"host")
        if len(hosts) != 1 or not self.known(hosts[0]):
            named = ", ".join(hosts)[:200] or "none"
            raise Forbidden(
                f"Host ({named}) is no name of this server; if it should be one, start it with "
                "--allowed-hosts NAME"
            )
        origins = _headers(scope, b"origin")
        if origins and (len(origins) > 1 or not self._same(origins[0], hosts[0])):
            raise Forbidden(
                f"Origin ({', '.join(origins)[:200]}) is another site; if its pages should be let "
                "in, start this server with --allowed-origins ORIGIN"
            )

    def known(self, host: str) -> bool:
        """Say whether `host`, as in the header, is a name of this server. Its port may be any:
        it is that of a tunnel or proxy before it.
        """
        name, _ = _split(host)
        if name is None:
            return False
        # A page cannot make an address, as it can a name, point elsewhere.
        return name in self._names or is_loopback(host) or (self._any_address and _is_address(name))

    def _same(self, origin: str, host: str) -> bool:
        """Say whether `origin` is that of a page from `host`, or one of those allowed."""
        parsed = _origin(origin)
        if parsed is None:
            return False
        name, port = _split(host)
        return parsed in self._origins or parsed[1:] == (name, port or _PORTS[parsed[0]])


def is_loopback(host: str) -> bool:
    """Say whether `host`, as in the header, is this very machine for whoever wrote it."""
    name, _ = _split(host)
    if name is None:
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    return _is_address(name) and ipaddress.ip_address(name).is_loopback


def _headers(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _split(host: str) -> tuple[str | None, str | None]:
    """Return name and port of a `Host`; (None, None) where it cannot be one."""
    match = _HOST.fullmatch(host.strip().lower())
    if match is None:
        return None, None
    return match[1].strip("[]").rstrip("."), match[2]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _origin(origin: str) -> tuple[str, str, str] | None:
    """Return scheme, name and port of an `Origin`; None for `null` and the like."""
    scheme, found, host = origin.strip().lower().partition("://")
    name, port = _split(host)
    if not found or scheme not in _PORTS or name is None:
        return None
    return scheme, name, port or _PORTS[scheme]


def _configured_name(name: str) -> str:
    found, _ = _split(name)
    if found is None:
        raise ConfigError(f"allowed_hosts: {name!r} is no host name or address; give it bare")
    return found


def _configured_origin(origin: str) -> tuple[str, str, str]:
    found = _origin(origin.rstrip("/"))
    if found is None:
        raise ConfigError(
            f"allowed_origins: {origin!r} is no origin; one looks like https://ward.example:8443"
        )
    return found
