"""The server under load, over plain HTTP: its address, its catalog, its windows."""

import http.client
import json
import socket
from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from ecgstream.errors import CannotLoad
from ecgstream.loadtest.plan import Choice, Target

STREAM: Final = "/api/v1/stream"
RECORDS: Final = "/api/v1/records"
PAGE: Final = 1_000
TIMEOUT_S: Final = 30.0


def target_of(url: str) -> Target:
    """Return the server that `url` names: http or ws, with or without the stream's own path.

    Raises CannotLoad for anything else, and for a name that is not known.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or 80
    except ValueError as error:
        raise CannotLoad(f"{url}: {error}") from None
    if parts.scheme in {"https", "wss"}:
        raise CannotLoad(
            f"{url}: TLS is not spoken here, as it would cost this side more than the frames do; "
            "load the server itself, behind its proxy, by http"
        )
    if parts.scheme not in {"http", "ws"} or not parts.hostname:
        raise CannotLoad(f"{url}: expected http://HOST:PORT or ws://HOST:PORT")
    if parts.username is not None or parts.query or parts.fragment:
        raise CannotLoad("the address takes neither a login nor a query; a token goes by --token")
    prefix = parts.path.rstrip("/").removesuffix(STREAM)
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise CannotLoad(f"{parts.hostname}: {error.strerror}") from None
    # IPv4 first: a server that listens on `localhost` mostly does so there.
    family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    return Target(parts.hostname, port, family, tuple(address), prefix)


class Site:
    """The server's HTTP side, one request after the other on one connection."""

    def __init__(self, target: Target, token: str | None) -> None:
        self._target = target
        self._headers = {"Host": target.authority}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._connection = http.client.HTTPConnection(
            target.address[0], target.port, timeout=TIMEOUT_S
        )

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def records(self) -> list[dict[str, Any]]:
        """Return all of the catalog, page after page. Raises CannotLoad."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            asked = {"limit": PAGE} | ({"cursor": cursor} if cursor else {})
            page = json.loads(self._get(f"{RECORDS}?{urlencode(asked)}", "application/json"))
            found += page["records"]
            cursor = page["next"]
            if cursor is None:
                return found

    def record(self, name: str) -> dict[str, Any]:
        """Return one record. Raises CannotLoad, also where there is none."""
        found: dict[str, Any] = json.loads(
            self._get(f"{RECORDS}/{quote(name, safe='')}", "application/json")
        )
        return found

    def window(self, record: str, leads: Sequence[str], start: int, stop: int) -> bytes:
        """Return samples [start, stop) as msgpack. Raises CannotLoad."""
        asked = urlencode({"leads": ",".join(leads), "start": start, "stop": stop})
        path = f"{RECORDS}/{quote(record, safe='')}/window?{asked}"
        return self._get(path, "application/msgpack")

    def _get(self, path: str, accept: str) -> bytes:
        headers = self._headers | {"Accept": accept}
        url = f"http://{self._target.authority}{self._target.prefix}{path}"
        try:
            self._connection.request("GET", self._target.prefix + path, headers=headers)
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            hint = "; is the server running?" if isinstance(error, ConnectionRefusedError) else ""
            raise CannotLoad(f"{url}: {error or type(error).__name__}{hint}") from None
        if answer.status == 401:
            raise CannotLoad(f"{url}: it takes no such token (401); give a valid one by --token")
        if answer.status != 200:
            raise CannotLoad(f"{url}: {answer.status} {answer.reason}: {_detail(body)}")
        return body


def _detail(body: bytes) -> str:
    """Return what a problem document says, in one line."""
    try:
        said = json.loads(body)
        return str(said["detail"])[:200]
    except (ValueError, KeyError, TypeError):
        return body[:200].decode("ascii", "replace")


def choices_of(
    records: Iterable[dict[str, Any]], leads: int | Sequence[str] | None
) -> tuple[Choice, ...]:
    """Return the records that can be watched with `leads`: so many, these, or (None) all ECG.

    Records that have not as many, or not these, are left out, and so are those without ECG.
    Raises CannotLoad where none is left.
    """
    found = []
    for record in records:
        ecg = [lead for lead in record["leads"] if lead["kind"] == "ecg"]
        names = tuple(lead["name"] for lead in ecg if lead["fs"] == ecg[0]["fs"])
        if not names or not record["length"]:
            continue
        chosen: tuple[str, ...] | None = None
        if isinstance(leads, int):
            if len(names) < leads:
                continue
            chosen = names[:leads]
        elif leads is not None:
            if not set(leads) <= set(names):
                continue
            chosen = tuple(leads)
        found.append(Choice(record["record"], record["length"], chosen, names))
    if not found:
        wanted = leads if isinstance(leads, int) or leads is None else ", ".join(leads)
        raise CannotLoad(
            "no record to watch"
            if leads is None
            else f"--leads {wanted}: no record has them all at one rate"
        )
    return tuple(found)
