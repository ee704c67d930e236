"""A WebSocket to the server on a socket that never waits: everything but what is said on it."""

import errno
import os
import socket
import time
from abc import ABC, abstractmethod
from enum import Enum, auto
from typing import Final, Protocol

from ecgstream.loadtest import handshake, messages
from ecgstream.loadtest.plan import Target
from ecgstream.wire.messages import BadMessage

NO_CLOSE: Final = 1006
NO_CODE: Final = 1005
DONE: Final = 1000
PROTOCOL_ERROR: Final = 1002
IP_BIND_ADDRESS_NO_PORT: Final = getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24)
UNTIMELY: Final = (KeyError, TypeError, ValueError, OverflowError, IndexError, AttributeError)
"""What an event raises that has not the fields, or not the types, that it should have."""


class State(Enum):
    """Where a line stands."""

    CLOSED = auto()
    CONNECTING = auto()
    SHAKING = auto()
    OPEN = auto()
    LEAVING = auto()


class Poll(Protocol):
    """Who wakes a line."""

    def watch(self, line: "Line", sock: socket.socket, *, writing: bool) -> None:
        """Wake it when its socket can be read, or written too."""

    def unwatch(self, sock: socket.socket) -> None:
        """Wake it no longer."""


class Line(ABC):
    """One line after the other. What comes of it is told by the abstract methods."""

    __slots__ = (
        "_key",
        "_parts",
        "_poll",
        "_sock",
        "_target",
        "_token",
        "_unsent",
        "fast",
        "heard",
        "receive",
        "rest",
        "state",
    )

    def __init__(self, poll: Poll, target: Target, token: str | None) -> None:
        self.state = State.CLOSED
        self.fast = False
        """Whether the loop may look for whole frames by itself."""
        self.heard = 0.0
        """When something came last (monotonic, s)."""
        self.rest = b""
        """What came of a message that is not whole yet."""
        self._poll = poll
        self._target = target
        self._token = token
        self._sock: socket.socket | None = None
        self._unsent = b""
        self._key = b""
        self._parts: list[bytes] = []

    @abstractmethod
    def message(self, payload: memoryview | bytes, now: float) -> None:
        """A message came. What it raises of UNTIMELY or BadMessage ends the line."""

    @abstractmethod
    def malformed(self) -> None:
        """What came was none of the protocol's; the line is closed next."""

    @abstractmethod
    def refused(self, why: str, status: int | None, retry_after_s: float | None) -> None:
        """The line was not opened: by a `status`, or (None) not even answered."""

    @abstractmethod
    def closed(self, why: str, code: int | None) -> None:
        """The other side closed with `code`; None where the line was given up."""

    @abstractmethod
    def left(self) -> None:
        """Our close was answered."""

    # What its owner does.

    def dial(self, source: tuple[str, int] | None) -> None:
        """Connect, from `source` if it is told."""
        self.heard = time.monotonic()
        self._key = os.urandom(16)
        self._parts = []
        self.state = State.CONNECTING
        sock = self._sock = socket.socket(self._target.family, socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.receive = sock.recv_into
        try:
            if source is not None:
                # The port is chosen at connect, when it is known what it must differ from.
                sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                sock.bind(source)
            code = sock.connect_ex(self._target.address)
        except OSError as error:
            code = error.errno or errno.EIO
        if code in {0, errno.EINPROGRESS}:
            self._poll.watch(self, sock, writing=True)
        else:
            self._refuse(errno.errorcode.get(code, str(code)))

    def say(self, data: bytes) -> None:
        """Send a message, or keep what the socket does not take until it does."""
        sock = self._sock
        if sock is None:
            return
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return  # reading tells why
        if sent < len(data):
            self._unsent = data[sent:]
            self._poll.watch(self, sock, writing=True)

    def hang_up(self) -> None:
        """Drop the connection."""
        sock, self._sock = self._sock, None
        self.state = State.CLOSED
        self.fast = False
        self.rest = self._unsent = b""
        if sock is not None:
            self._poll.unwatch(sock)
            sock.close()

    def take_leave(self) -> None:
        """Close properly: `left` tells when that was answered. One not open yet is dropped."""
        if self.state is State.OPEN:
            self.fast = False
            self.state = State.LEAVING
            self.say(messages.closing(DONE))
        elif self.state is not State.LEAVING:
            self.hang_up()

    def give_up(self, why: str) -> None:
        """Drop a line on which nothing comes any more."""
        if self.state is State.LEAVING:
            self.hang_up()
            self.left()
        elif self.state in {State.CONNECTING, State.SHAKING}:
            self._refuse(why)
        else:
            self.hang_up()
            self.closed(why, None)

    # What the loop does.

    def writable(self) -> None:
        """The socket is connected, or takes more."""
        sock = self._sock
        if sock is None:
            return
        if self.state is State.CONNECTING:
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                self._refuse(errno.errorcode.get(code, str(code)))
                return
            self.state = State.SHAKING
            self._unsent = handshake.request(self._target, self._key, self._token)
        unsent, self._unsent = self._unsent, b""
        self._poll.watch(self, sock, writing=False)
        if unsent:
            self.say(unsent)

    def cut(self) -> None:
        """The other side is gone."""
        if self.state is State.LEAVING:
            self.give_up("")
        elif self.state is State.SHAKING and self.rest:
            self._answer(self.rest, ended=True)
        elif self.state in {State.CONNECTING, State.SHAKING}:
            self._refuse("reset")
        elif self.state is State.OPEN:
            self.hang_up()
            self.closed(str(NO_CLOSE), NO_CLOSE)

    def take(self, data: memoryview, now: float) -> int:
        """Take what came; return how much of it was whole."""
        at = 0
        if self.state is State.SHAKING:
            at = self._answer(bytes(data), ended=False)
        try:
            while self._sock is not None and self.state is not State.SHAKING:
                piece = messages.piece(data, at)
                if piece is None:
                    break
                at = piece.stop
                self._piece(piece, now)
        except (BadMessage, *UNTIMELY):
            self.malformed()
            self.say(messages.closing(PROTOCOL_ERROR))
            self.hang_up()
            self.closed("1002 ours", None)
        return at

    def _answer(self, data: bytes, *, ended: bool) -> int:
        try:
            answer = handshake.answer(data, self._key, ended=ended)
        except handshake.BadAnswer:
            self._refuse("bad answer")
            return len(data)
        if answer is None:
            return 0
        if answer.status == 101:
            self.state = State.OPEN
            return answer.size
        self._refuse(str(answer.status), answer.status, answer.retry_after_s)
        return len(data)

    def _refuse(
        self, why: str, status: int | None = None, retry_after_s: float | None = None
    ) -> None:
        self.hang_up()
        self.refused(why, status, retry_after_s)

    def _piece(self, piece: messages.Piece, now: float) -> None:
        match piece.opcode:
            case messages.PING:
                self.say(messages.masked(messages.PONG, bytes(piece.payload)))
            case messages.CLOSE if self.state is State.LEAVING:
                self.give_up("")
            case messages.CLOSE:
                code = messages.close_code(piece.payload)
                self.say(messages.closing(DONE if code == NO_CODE else code))
                self.hang_up()
                self.closed(str(code), code)
            case messages.BINARY if piece.last and not self._parts:
                self._tell(piece.payload, now)
            case messages.BINARY | messages.CONT:
                if bool(self._parts) is (piece.opcode == messages.BINARY):
                    raise BadMessage("parts of messages out of order")
                self._parts.append(bytes(piece.payload))
                if piece.last:
                    whole, self._parts = b"".join(self._parts), []
                    self._tell(whole, now)

    def _tell(self, payload: memoryview | bytes, now: float) -> None:
        if self.state is State.OPEN:
            self.message(payload, now)
