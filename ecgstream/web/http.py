"""uvicorn's HTTP protocol with bounds: on a request's head, on its time, on requests waiting.

All three are before any login, and without them one sender can take all memory or make every
viewer late.
"""

import asyncio
import socket
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ecgstream.web.push import PushProtocol

HEAD_BYTES: Final = 32 * 1024
"""Of a request line with its headers."""
SLICE_BYTES: Final = 16 * 1024
"""So much is parsed in one go before looking whether it is too much."""
PIPELINE: Final = 16
"""Requests waiting behind one that is being answered; browsers send none."""
REQUEST_S: Final = 15.0
"""From the first byte (or the connection) to the last byte of a request."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """The protocol class for `uvicorn.Config(http=BoundedHttpProtocol)`."""

    connection: socket.socket | None = None
    """The socket of the transport."""
    _in_head = False
    _head_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect a request in time."""
        super().connection_made(transport)
        self._expect_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing more."""
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, but no more than it takes to see that it is too much."""
        for at in range(0, len(data), SLICE_BYTES):
            if self.parser is None or self.transport.is_closing():
                return
            if self.transport.get_protocol() is not self:
                self.transport.get_protocol().data_received(data[at:])  # type: ignore[attr-defined]
                return
            part = data[at : at + SLICE_BYTES]
            super().data_received(part)
            if self._in_head:
                self._head_bytes += len(part)
            if self._head_bytes > HEAD_BYTES:
                self._refuse(b"431 Request Header Fields Too Large")
            elif len(self.pipeline) > PIPELINE:
                self.transport.abort()

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        self._expect_soon()

    def on_headers_complete(self) -> None:
        """The head was not too large."""
        self._in_head, self._head_bytes = False, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request was in time."""
        self._expect_nothing()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hand over to the WebSocket protocol."""
        self._expect_nothing()
        super().handle_websocket_upgrade()
        protocol = self.transport.get_protocol()
        if self.connection is not None and isinstance(protocol, PushProtocol):
            protocol.through(self.connection)
        # The parser and this refer to each other: see PushProtocol.connection_lost.
        self.parser = None  # type: ignore[assignment]

    def _expect_soon(self) -> None:
        self._expect_nothing()
        self._deadline = self.loop.call_later(REQUEST_S, self._refuse, b"408 Request Timeout")

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, status: bytes) -> None:
        self._head_bytes = 0
        if not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
            self.transport.close()
