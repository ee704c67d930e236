"""One WebSocket to the server, from `welcome` to its close."""

import asyncio
from typing import Any, Final, Protocol, Self

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
)

from ecgstream.client import errors
from ecgstream.client.address import Address
from ecgstream.client.errors import BadAnswer, ClientError, Unreachable
from ecgstream.client.http import problem
from ecgstream.wire import events
from ecgstream.wire.commands import Command
from ecgstream.wire.frames import MAX_MESSAGE
from ecgstream.wire.messages import BadMessage, event, message

SUBPROTOCOL: Final = "ecgstream.v1"
OPEN_S: Final = 10.0
"""For the handshake and `welcome`."""
CLOSE_S: Final = 2.0
"""How long a close waits for the server's own."""
QUEUE: Final = 16
"""Messages kept for who does not read; then nothing is read from the network, and the server, whose
buffers fill, holds the clock."""

Samples = tuple[int, int, int, memoryview]
"""A signal frame: sid, start, count, samples."""


class Wire(Protocol):
    """What a stream needs of a line. `heard` is when the last message was taken (loop time)."""

    welcome: events.Welcome
    heard: float

    async def send(self, command: Command) -> None:
        """Send a command. Raises ClientError where the line is lost."""

    async def receive(self, within_s: float) -> events.Event | Samples | None:
        """Return the next message, None if none comes within that time. Raises ClientError.

        An event of a type that is not known is passed over. To be cancelled is harmless.
        """

    def drop(self) -> None:
        """Close at once, without a word."""

    async def close(self) -> None:
        """Close in good order."""


class Line:
    """A WebSocket of the `websockets` package."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._bye: events.Bye | None = None
        self.heard = asyncio.get_running_loop().time()
        self.welcome: events.Welcome

    @classmethod
    async def open(cls, address: Address) -> Self:
        """Connect, and wait for `welcome`. Raises ClientError."""
        line = cls(await _connected(address))
        try:
            first = await line.receive(OPEN_S)
        except BaseException:
            line.drop()
            raise
        if not isinstance(first, events.Welcome):
            line.drop()
            raise BadAnswer("the server did not say `welcome`")
        line.welcome = first
        return line

    async def send(self, command: Command) -> None:
        """Send a command. Raises ClientError where the line is lost."""
        try:
            await self._socket.send(msgspec.msgpack.encode(command))
        except ConnectionClosed as closed:
            raise self._lost(closed) from None

    async def receive(self, within_s: float) -> events.Event | Samples | None:
        """Return the next message, None if none comes within that time. Raises ClientError."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    told = self._told(await self._socket.recv(decode=False))
                    if told is not None:
                        return told
        except TimeoutError:
            return None
        except ConnectionClosed as closed:
            raise self._lost(closed) from None
        except BadMessage as error:
            # Not for good: what came may have been garbled on its way.
            raise BadAnswer(str(error), retryable=True) from None

    def _told(self, payload: bytes) -> events.Event | Samples | None:
        self.heard = asyncio.get_running_loop().time()
        said = message(payload)
        if isinstance(said, tuple):
            return said
        told = event(said)
        if isinstance(told, events.Bye):
            self._bye = told
        return told

    def _lost(self, closed: ConnectionClosed) -> ClientError:
        bye = self._bye
        if closed.rcvd is None and closed.sent is not None and closed.sent.code != 1000:
            return BadAnswer(f"the line was closed: {closed.sent.reason or closed}", retryable=True)
        code = 1006 if closed.rcvd is None else closed.rcvd.code
        reason = "" if closed.rcvd is None else closed.rcvd.reason
        return errors.of_close(
            code, reason or (bye.reason if bye else ""), bye.retry_after_ms if bye else None
        )

    def drop(self) -> None:
        """Close at once, without a word."""
        self._socket.transport.abort()

    async def close(self) -> None:
        """Close in good order."""
        if not self._socket.transport.is_closing():
            # Where the queue was full nothing is read, and the server's answer would not be seen.
            self._socket.transport.resume_reading()
        await self._socket.close()


async def _connected(address: Address) -> ClientConnection:
    """Return a socket whose handshake is done. Raises ClientError."""
    options: dict[str, Any] = {"ssl": address.tls} if address.tls and address.secure else {}
    try:
        return await open_socket(
            address.stream,
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]  # a NewType of str
            additional_headers=address.headers,
            compression=None,
            max_size=MAX_MESSAGE,
            max_queue=QUEUE,
            open_timeout=OPEN_S,
            close_timeout=CLOSE_S,
            # The server is never silent, and a pong would wait behind what is not read.
            ping_interval=None,
            # As for windows: what is asked for goes to the server that was named.
            proxy=None,
            **options,
        )
    except InvalidStatus as error:
        answer = error.response
        raise errors.of_status(
            answer.status_code,
            problem(bytes(answer.body or b"")),
            answer.headers.get("Retry-After"),
        ) from None
    except (OSError, InvalidMessage) as error:
        # InvalidMessage: cut off before the answer was whole.
        hint = "; is the server running?" if isinstance(error, ConnectionRefusedError) else ""
        words = f"{address.stream}: {error or type(error).__name__}{hint}"
        raise Unreachable(words) from None
    except (InvalidHandshake, InvalidURI) as error:
        raise BadAnswer(f"{address.stream}: {error}") from None
