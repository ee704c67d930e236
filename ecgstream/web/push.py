"""Writing to WebSocket viewers without waiting.

`PushProtocol` is uvicorn's sans-IO WebSocket protocol with one thing more: it offers itself in the
scope as an extension, so that after `accept` the wheel can hand ready-made messages straight to
the transport. Routing, accept, reading and the closing handshake stay uvicorn's.
Where the extension is missing (another server, a test client) `SendOutlet` does the same by ASGI.
"""

import asyncio
import contextlib
import fcntl
import socket
import sys
import termios
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from ecgstream.viewer.outlet import Listener
from ecgstream.wire.frames import payloads_of

EXTENSION: Final = "ecgstream.push"
UNSENT_BYTES: Final = 4 * 1024
"""TCP_NOTSENT_LOWAT: with so much unsent in the kernel a slow viewer's socket refuses the next
message (with the default one that stopped reading swallowed minutes of signal unnoticed)."""
DEAD_MS: Final = 15_000
"""TCP_USER_TIMEOUT: unacknowledged, or without room at the other end, for this long: the viewer is
gone."""
FRAMES_PER_S: Final = 500
FRAMES_BURST: Final = 1_000
"""Fragments, pings and pongs of one viewer; whole messages the session counts itself. Each costs
some 10 us to read, and one client could make all others late with empty ones."""
SLICE_BYTES: Final = 8 * 1024
"""So much is read in one go before looking whether it is a flood."""
FLOOD: Final = 4400
FLOOD_CLOSE_S: Final = 0.5
"""So long the close frame of a flood may take; its answer is not waited for, nor read."""
ANSWERED_BYTES: Final = 64 * 1024
"""With more than this not taken a ping is left without its pong (RFC 6455, 5.5.3, asks for that
of the latest alone)."""
PING: Final = b"\x89\x00"
STALLED: Final = 4408
STALLED_CLOSE_S: Final = 0.5
"""So long the close frame may take of one who took nothing for long already."""
CLOSE_S: Final = 5.0
"""The closing handshake may take this long before the connection is cut."""
TCP_NOTSENT_LOWAT: Final = getattr(socket, "TCP_NOTSENT_LOWAT", 25)


class PushProtocol(WebSocketsSansIOProtocol):
    """The protocol class for `uvicorn.Config(ws=PushProtocol)`; its scope offers an `Outlet`."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Set the socket's options: seldom much in the kernel, the dead found."""
        super().connection_made(transport)
        self.write = self.transport.write
        # So that whatever the kernel refuses is told at once.
        self.transport.set_write_buffer_limits(0)
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family in {socket.AF_INET, socket.AF_INET6}:
            with contextlib.suppress(OSError, AttributeError):  # not on every system
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_MS)

    def handle_connect(self, event: Any) -> None:
        """Offer the extension in the scope."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self

    def handle_text(self, event: Frame) -> None:
        """Take a text message as it is: it is refused anyway, so its UTF-8 does not matter."""
        event = Frame(event.opcode, b"", event.fin)
        super().handle_text(event)

    def data_received(self, data: bytes) -> None:
        """Read what came, but no more of a flood than it takes to see that it is one."""
        for at in range(0, len(data), SLICE_BYTES):
            if self._frames_left < 0 or self.transport.is_closing():
                return
            super().data_received(data[at : at + SLICE_BYTES])
            if self.conn.handshake_exc is not None and not self.handshake_complete:
                # A head that the parser gave up on, which uvicorn does not look at.
                self.transport.write(
                    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
                    b"content-length: 0\r\nconnection: close\r\n\r\n"
                )
                self.transport.close()
                return

    def shutdown(self) -> None:
        """Close because the server goes; who is on the way out already goes on with that."""
        # uvicorn would close the transport now, and for whom a buffer is never taken wait for
        # ever. Where something unread is left the kernel resets the connection then, and the
        # `bye` that is on its way is lost.
        if self.close_timer is None:
            self._end()
            super().shutdown()

    async def send(self, message: Any) -> None:
        """Send what the application says."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            # A denial completes the handshake too; else each would be logged as our mistake.
            self.handshake_complete = True

    hear: Callable[[bytes], bool] | None = None
    """Asked first about each short message: whether that was all there is to do about it."""

    def handle_bytes(self, event: Frame) -> None:
        """Take a message; one that needs no answer without waking the task that gives answers."""
        # Only where none is before it, or it would be taken out of its order.
        alone = event.fin and not self.read_paused and self.queue.empty()
        if self.hear is None or not alone or not self.hear(bytes(event.data)):
            super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        """Take one more fragment of a message."""
        if self._frame_counts():
            super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answer a ping."""
        if not self._frame_counts():
            return
        if self.pending() > ANSWERED_BYTES:
            self.conn.data_to_send()
        else:
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:  # noqa: ARG002
        """Take a pong."""
        if self._frame_counts():
            self.pongs += 1

    _frames_left: float = FRAMES_BURST
    _frames_at: float = 0.0

    def _frame_counts(self) -> bool:
        """Count a frame; say whether it may be taken. Closes the socket of a flood."""
        now = self.loop.time()
        earned = (now - self._frames_at) * FRAMES_PER_S
        if self._frames_left >= 0:
            self._frames_left = min(FRAMES_BURST, self._frames_left + earned) - 1
            self._frames_at = now
            if self._frames_left < 0:
                self.close(FLOOD, "flood of frames")
                self.loop.call_later(FLOOD_CLOSE_S, self.transport.abort)
        return self._frames_left >= 0

    # The Outlet.

    def offer(self, message: bytes) -> int:
        """Hand over a message; `through` puts the socket's own `send` in this place."""
        self.write(message)
        return len(message)

    def through(self, connection: socket.socket) -> None:
        """Take `connection`, the socket of the transport, for what can be handed over at once.

        Its `send` is half the cost of the transport's `write`. It can be used as long as somebody
        writes: whoever closes the transport closes this object first, before the kernel may give
        the descriptor to another viewer.
        """
        self._connection = connection
        self.offer = connection.send  # type: ignore[method-assign,assignment]

    pongs = 0
    timed_out = False
    """The kernel gave it up: nothing was acknowledged, or taken, for DEAD_MS."""
    write: Callable[[bytes], None]
    _listener: Listener | None = None
    _connection: socket.socket | None = None

    def listen(self, listener: Listener) -> None:
        """Tell `listener` from now on."""
        self._listener = listener
        listener.room(free=not self.pending())

    def pause_writing(self) -> None:
        """Something was not taken."""
        super().pause_writing()
        if self._listener is not None:
            self._listener.room(free=False)

    def resume_writing(self) -> None:
        """All was taken."""
        super().resume_writing()
        if self._listener is not None:
            self._listener.room(free=True)

    def _end(self) -> None:
        """Write nothing more: a closed uvloop transport raises, and after a close frame nothing
        may follow.
        """
        self.write = _nothing
        self.hear = None
        if self._listener is not None:
            self._listener.ended()
            self._listener = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self.timed_out = isinstance(exc, TimeoutError)
        self._end()
        super().connection_lost(exc)
        # What refers to itself in a circle stays until the collector has gone through everything,
        # which with ten thousand viewers stops all of them: so the circles are cut here.
        self.conn.parser.close()
        if hasattr(self, "scope"):
            self.scope["extensions"].pop(EXTENSION, None)

    def handle_close(self, event: Frame) -> None:
        """Answer the peer's close frame."""
        self._end()
        super().handle_close(event)

    def handle_parser_exception(self) -> None:
        """Close for what cannot be read."""
        self._end()
        super().handle_parser_exception()

    def pending(self) -> int:
        """Return the bytes the kernel has not taken."""
        return self.transport.get_write_buffer_size()

    def unacknowledged(self) -> int:
        """Ask the kernel (SIOCOUTQ): 1 us."""
        if self._connection is None:
            return 0
        answer = bytearray(4)
        try:
            fcntl.ioctl(self._connection, termios.TIOCOUTQ, answer)
        except (OSError, ValueError):  # closed meanwhile
            return 0
        return int.from_bytes(answer, sys.byteorder)

    def ping(self) -> None:
        """Send a ping."""
        self.write(PING)

    def close(self, code: int, reason: str) -> None:
        """Send the close frame, and cut the connection if that is not answered in time."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        self._end()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason[:120])
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            # The peer's own close frame has to be read.
            self.read_paused = False
            self.transport.resume_reading()
        # abort, not close: close() would wait for a buffer that a stalled viewer never takes.
        patience = STALLED_CLOSE_S if code == STALLED else CLOSE_S
        self.close_timer = self.loop.call_later(patience, self.transport.abort)


class SendOutlet:
    """The fall-back: a queue and `send_bytes`. `run` is the task that sends."""

    pongs = 0

    def listen(self, listener: Listener) -> None:
        """Never tell: what was queued is taken a turn of the loop later, so ask `pending`."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._queue: deque[bytes] = deque()
        self._bytes = 0
        self._wanted = asyncio.Event()
        self._closing: tuple[int, str] | None = None

    def write(self, message: bytes) -> None:
        """Queue one framed message. Its bound is the viewer's own: see `Line.congested`."""
        if self._closing is None:
            self._queue.append(message)
            self._bytes += len(message)
            self._wanted.set()

    def offer(self, message: bytes) -> int:
        """Queue a message."""
        self.write(message)
        return len(message)

    def pending(self) -> int:
        """Return the bytes queued."""
        return self._bytes

    def unacknowledged(self) -> int:
        """Return 0: ASGI does not tell."""
        return 0

    def ping(self) -> None:
        """Do nothing: ASGI has no pings of an application's own."""

    def close(self, code: int, reason: str) -> None:
        """Close after what was queued."""
        if self._closing is None:
            self._closing = (code, reason[:120])
            self._wanted.set()

    async def run(self) -> None:
        """Send what is queued until closed."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                while self._queue:
                    message = self._queue[0]
                    for payload in payloads_of(message):
                        await self._websocket.send_bytes(bytes(payload))
                    self._queue.popleft()
                    self._bytes -= len(message)
                if self._closing is not None:
                    await self._websocket.close(*self._closing)
                    return
                self._wanted.clear()
                await self._wanted.wait()


def _nothing(message: bytes) -> None:
    """Nobody is there any more."""


def pushed(websocket: WebSocket) -> PushProtocol | None:
    """Return the push extension of a socket, where its server has it."""
    outlet: PushProtocol | None = websocket.scope.get("extensions", {}).get(EXTENSION)
    return outlet
