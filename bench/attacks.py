"""Who misbehaves, on raw sockets; each says in words what became of it."""

import contextlib
import socket
import time
from collections.abc import Callable

from bench.workload import masked, subscribe

GIVEN_UP_S = 45.0
Flood = Callable[[int, str, float], str]
"""Of a port, a record to watch and for how long (s); returns what became of it, in words."""
PING = masked({"op": "ping", "id": 1, "time": 1})
WS_PING = masked(b"", 0x89)
FRAGMENT = masked(b"", 0x00)


def upgrade(port: int) -> bytes:
    """Return the request that opens a stream."""
    return (
        f"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Protocol: ecgstream.v1\r\n\r\n"
    ).encode()


class Attacker:
    """A viewer's socket that reads what it is sent, for a close frame."""

    def __init__(self, port: int, record: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._socket.sendall(upgrade(port))
        self._left = b""
        while b"\r\n\r\n" not in self._left:
            self._left += self._socket.recv(65536)
        self._left = self._left.split(b"\r\n\r\n", 1)[1]
        self._socket.sendall(subscribe(record))
        self._began = time.monotonic()
        self.fate = ""
        """How it was closed; empty while it is open."""

    def send(self, message: bytes) -> None:
        """Send all of it, or as much as the server takes before it closes."""
        view = memoryview(message)
        deadline = time.monotonic() + GIVEN_UP_S
        self._socket.setblocking(False)
        while view and not self.fate and time.monotonic() < deadline:
            try:
                view = view[self._socket.send(view) :]
            except BlockingIOError:
                time.sleep(0.001)
            except OSError:
                view = view[:0]
            self.read()

    def read(self) -> None:
        """Read what is there."""
        self._socket.setblocking(False)
        try:
            while (more := self._socket.recv(1 << 16)) and not self.fate:
                self._left += more
                self._look()
            if not more:
                self._end("closed without a word")
        except BlockingIOError:
            pass
        except OSError as error:
            self._end(f"cut ({error.strerror})")

    def outcome(self, wait_s: float = 10.0) -> str:
        """Wait for its end, and return it."""
        deadline = time.monotonic() + wait_s
        while not self.fate and time.monotonic() < deadline:
            self.read()
            time.sleep(0.01)
        self._socket.close()
        return self.fate or "still open"

    def _look(self) -> None:
        while len(self._left) >= 2:
            size, head = self._left[1] & 127, 2
            if size == 126:
                size, head = int.from_bytes(self._left[2:4], "big"), 4
            if len(self._left) < head + size:
                return
            if self._left[0] & 15 == 8:
                self._end(f"closed with {int.from_bytes(self._left[head : head + 2], 'big')}")
            self._left = self._left[head + size :]

    def _end(self, how: str) -> None:
        if not self.fate:
            self.fate = f"{how} after {time.monotonic() - self._began:.2f} s"


def commands(port: int, record: str, seconds: float) -> str:
    """Send 10,000 commands a second, a hundred every 10 ms."""
    return _paced(port, record, PING * 100, seconds)


def pings(port: int, record: str, seconds: float) -> str:
    """Send 10,000 WebSocket pings a second."""
    return _paced(port, record, WS_PING * 100, seconds)


def _paced(port: int, record: str, burst: bytes, seconds: float) -> str:
    attacker = Attacker(port, record)
    began = time.monotonic()
    for number in range(round(max(1.0, seconds) * 100)):
        attacker.send(burst)
        if attacker.fate:
            break
        time.sleep(max(0.0, began + number * 0.01 - time.monotonic()))
    return attacker.outcome()


def fragments(port: int, record: str, _seconds: float) -> str:
    """Send a message of 100,000 empty fragments, as fast as they are taken."""
    attacker = Attacker(port, record)
    attacker.send(masked(b"", 0x02) + FRAGMENT * 100_000)
    return attacker.outcome()


def bad_text(port: int, record: str, _seconds: float) -> str:
    """Send text that is not UTF-8."""
    attacker = Attacker(port, record)
    attacker.send(masked(b"\xff\xfe\xfd", 0x81))
    time.sleep(0.02)
    return attacker.outcome()


def slow_senders(port: int, _record: str, _seconds: float) -> str:
    """Send 40 requests of which a byte comes each second, and say when the last was cut."""
    head = f"GET /api/v1/records HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Slow: ".encode()
    last = dripping(port, head, 40)
    return f"the last of 40 cut after {last:.1f} s" if last < GIVEN_UP_S else "some still open"


def half_upgrades(port: int) -> float:
    """Begin 40 upgrades that never end; return when the last was cut (s)."""
    return dripping(port, upgrade(port)[:-10], 40, drip=False)


def dripping(port: int, head: bytes, number: int, *, drip: bool = True) -> float:
    """Open sockets that send `head` and then a byte a second, or nothing; return as above."""
    began = time.monotonic()
    sockets = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(number)]
    for one in sockets:
        one.sendall(head)
        one.setblocking(False)
    while sockets and time.monotonic() < began + GIVEN_UP_S:
        time.sleep(1.0)
        sockets = [one for one in sockets if _still_open(one, drip=drip)]
    left = bool(sockets)
    for one in sockets:
        one.close()
    return GIVEN_UP_S if left else time.monotonic() - began


def _still_open(one: socket.socket, *, drip: bool) -> bool:
    with contextlib.suppress(BlockingIOError):
        try:
            if drip:
                one.send(b"x")
            while one.recv(4096):
                pass
        except BlockingIOError:
            return True
        except OSError:
            pass
    one.close()
    return False
