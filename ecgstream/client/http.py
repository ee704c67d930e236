"""HTTP for an event loop: the standard library's client, on a few threads.

A stream needs a WebSocket and not this; what is asked here is seldom and large, so that a thread
for each request under way costs nothing beside it.
"""

import asyncio
import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Final
from urllib.parse import urlencode

from ecgstream.client import errors
from ecgstream.client.address import API, Address
from ecgstream.client.errors import ClientError, Unreachable
from ecgstream.wire.backoff import retry_delay

Query = Mapping[str, str | int | list[str] | None]
"""The fields of a query; None is left out, and a list is given once for each."""

TIMEOUT_S: Final = 30.0
"""For connecting, and between two pieces of an answer."""
AT_ONCE: Final = 4
ATTEMPTS: Final = 4
"""How often is asked before a refusal for the moment, or a broken line, is told."""


class Site:
    """The server's HTTP side. Connections are kept and used again."""

    def __init__(self, address: Address, random: Random) -> None:
        self._address = address
        self._random = random
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ecgstream-http")
        self._idle = _Idle()

    def close(self) -> None:
        """Close all connections: those in use as soon as they have their answer."""
        self._idle.close()
        self._threads.shutdown(wait=False)

    async def get(self, path: str, query: Query, accept: str) -> bytes:
        """Return the body at `path` (quoted) under the API.

        What may succeed in a moment is tried again. Raises ClientError.
        """
        given = {name: value for name, value in query.items() if value is not None}
        said = urlencode(given, doseq=True)
        target = self._address.prefix + API + path + (f"?{said}" if said else "")
        return await self._asked(_Asked("GET", target, {"Accept": accept}))

    async def send(self, method: str, path: str, body: bytes | None, kind: str | None) -> bytes:
        """Return the answer to a body of the media type `kind`, sent to `path` under the API.

        Only for what may be said twice: `PUT`, `DELETE`, a `POST` that has an id. Raises
        ClientError.
        """
        target = self._address.prefix + API + path
        headers = {"Accept": "application/json"} | ({} if kind is None else {"Content-Type": kind})
        return await self._asked(_Asked(method, target, headers, body))

    async def _asked(self, asked: "_Asked") -> bytes:
        """Return the answer; what may succeed in a moment is tried again."""
        for attempt in range(ATTEMPTS):
            try:
                return await self._ask(asked)
            except ClientError as error:
                if not error.retryable or attempt == ATTEMPTS - 1:
                    raise
                wait = error.retry_after_ms
                delay = retry_delay(attempt, None if wait is None else wait / 1000, self._random)
            await asyncio.sleep(delay)
        raise AssertionError

    async def _ask(self, asked: "_Asked") -> bytes:
        if self._idle.closed:
            raise ClientError("the client is closed", code="illegal_state")
        exchange = _Exchange(self._address, asked, self._idle)
        running = asyncio.get_running_loop().run_in_executor(self._threads, exchange.run)
        try:
            return await running
        except asyncio.CancelledError:
            exchange.abort()
            raise


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a server."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None = None


class _Exchange:
    """One request and its answer."""

    def __init__(self, address: Address, asked: _Asked, idle: "_Idle") -> None:
        self._address = address
        self._asked = asked
        self._headers = {**address.headers, **asked.headers, "Host": address.authority}
        self._idle = idle
        self._connection: http.client.HTTPConnection | None = None
        self._aborted = False

    def abort(self) -> None:
        """End it from another thread."""
        self._aborted = True
        connection = self._connection
        if connection is not None and connection.sock is not None:
            _shut(connection)

    def run(self) -> bytes:
        """Ask, and return the body. Blocks. Raises ClientError."""
        kept = self._idle.take()
        if kept is not None:
            with contextlib.suppress(_StaleError):
                return self._once(kept)
        return self._once(_connection(self._address))

    def _once(self, connection: http.client.HTTPConnection) -> bytes:
        used = connection.sock is not None
        self._connection = connection
        try:
            asked = self._asked
            connection.request(asked.method, asked.target, asked.body, self._headers)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            gone = isinstance(error, (ConnectionError, http.client.BadStatusLine))
            if used and gone and not self._aborted:
                raise _StaleError from None
            raise Unreachable(_words(self._address, error)) from None
        except BaseException:
            connection.close()
            raise
        if answer.will_close:
            connection.close()
        else:
            self._idle.keep(connection)
        if not 200 <= answer.status < 300:
            raise errors.of_status(answer.status, problem(body), answer.getheader("retry-after"))
        return body


class _Idle:
    """Connections that wait for their next request; for any thread."""

    def __init__(self) -> None:
        self.closed = False
        self._lock = threading.Lock()
        self._connections: list[http.client.HTTPConnection] = []

    def take(self) -> http.client.HTTPConnection | None:
        """Return the one used last, if there is one."""
        with self._lock:
            return self._connections.pop() if self._connections else None

    def keep(self, connection: http.client.HTTPConnection) -> None:
        """Keep one for the next request."""
        with self._lock:
            if not self.closed:
                self._connections.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close them all, and what is given back from now on."""
        with self._lock:
            self.closed = True
            connections, self._connections = self._connections, []
        for connection in connections:
            connection.close()


class _StaleError(Exception):
    """A kept connection was closed before the request came: it was not answered at all."""


def _connection(address: Address) -> http.client.HTTPConnection:
    if address.secure:
        tls = address.tls or ssl.create_default_context()
        return http.client.HTTPSConnection(
            address.host, address.port, timeout=TIMEOUT_S, context=tls
        )
    return http.client.HTTPConnection(address.host, address.port, timeout=TIMEOUT_S)


def _shut(connection: http.client.HTTPConnection) -> None:
    """Wake the thread that waits on the connection."""
    with contextlib.suppress(OSError):  # it was closed already
        connection.sock.shutdown(socket.SHUT_RDWR)


def problem(body: bytes) -> dict[str, object]:
    """Return a problem document, empty where it is none."""
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _words(address: Address, error: Exception) -> str:
    hint = "; is the server running?" if isinstance(error, ConnectionRefusedError) else ""
    where = f"{address.scheme}://{address.authority}"
    return f"{where}: {error or type(error).__name__}{hint}"
