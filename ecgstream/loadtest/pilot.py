"""One viewer ahead of all others: whether the server lets anybody in, and how its clock stands.

Its pings go out while nothing else does, so that the round trips are short.
"""

import os
import socket
import time
from typing import Any, Final

from ecgstream.errors import CannotLoad
from ecgstream.loadtest import handshake, messages
from ecgstream.loadtest.clocks import Offset
from ecgstream.loadtest.handshake import BadAnswer
from ecgstream.loadtest.plan import Target
from ecgstream.wire.messages import BadMessage, message

TIMEOUT_S: Final = 10.0


def offsets(target: Target, token: str | None) -> dict[str, Offset]:
    """Return the clock offset of the server that answers, by its `boot`. Raises CannotLoad."""
    try:
        with socket.socket(target.family, socket.SOCK_STREAM) as sock:
            sock.settimeout(TIMEOUT_S)
            sock.connect(target.address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line = _Line(sock)
            line.open(target, token)
            boot = line.event("welcome")["boot"]
            offset = Offset()
            while not offset.known:
                sent = time.monotonic()
                line.say("ping", id=offset.pings, time=sent)
                said = line.event("pong")
                offset.heard(sent, said["server_time"], time.monotonic())
            sock.sendall(messages.closing(1000))
            line.end()
    except (OSError, BadAnswer, BadMessage, KeyError) as error:
        raise CannotLoad(
            f"{target.authority}: no viewer gets in: {error or type(error).__name__}"
        ) from None
    return {boot: offset}


class _Line:
    """A socket that waits."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._data = b""

    def open(self, target: Target, token: str | None) -> None:
        key = os.urandom(16)
        self._sock.sendall(handshake.request(target, key, token))
        while (answer := handshake.answer(self._data, key)) is None:
            self._more()
        if answer.status == 401:
            raise BadAnswer("401: it takes no such token; give a valid one by --token")
        if answer.status != 101:
            wait = (
                "" if answer.retry_after_s is None else f", come back in {answer.retry_after_s} s"
            )
            raise BadAnswer(f"the handshake was denied with {answer.status}{wait}")
        self._data = self._data[answer.size :]

    def say(self, op: str, **fields: Any) -> None:
        self._sock.sendall(messages.command(op, **fields))

    def event(self, kind: str) -> dict[str, Any]:
        """Return the next event of that type."""
        while True:
            piece = self._piece()
            if piece.opcode == messages.CLOSE:
                raise BadAnswer(f"closed with {messages.close_code(piece.payload)}")
            if piece.opcode == messages.BINARY:
                said = message(piece.payload)
                if isinstance(said, dict) and said["type"] == kind:
                    return said

    def end(self) -> None:
        """Wait for the close frame that answers ours."""
        while self._piece().opcode != messages.CLOSE:
            pass

    def _piece(self) -> messages.Piece:
        while (piece := messages.piece(memoryview(self._data), 0)) is None:
            self._more()
        self._data = self._data[piece.stop :]
        return piece

    def _more(self) -> None:
        data = self._sock.recv(1 << 16)
        if not data:
            raise BadAnswer("the server closed the connection")
        self._data += data
