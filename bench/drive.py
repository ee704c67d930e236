"""What the load tester itself carries: 10,000 W12 viewers, one process of it on one core.

The server here does nothing but send ready frames round a wheel, so that it has the time. Ports,
buffers and copies are real; the frames are those of our own server.
"""

import base64
import json
import multiprocessing
import select
import socket
import struct
import subprocess
import sys
import time
from http import HTTPStatus
from typing import Any

import msgpack
import numpy as np

from bench.figures import verdict
from ecgstream.loadtest.handshake import accept_of
from ecgstream.loadtest.limits import raise_descriptors
from ecgstream.wire.frames import encode_frame, framed

VIEWERS = 10_000
SECONDS = 15
FS, CELL, LEADS = 500, 100, 12
SLOTS = 20
SLOT_S = CELL / FS / SLOTS
FRAMES = 600
MOST_US = 20.0
NAMES = [{"name": str(lead), "fs": float(FS), "kind": "ecg"} for lead in range(LEADS)]
RECORD = {"record": "w12", "length": FRAMES * CELL, "leads": NAMES}


class Sender:
    """A server that knows one record, and answers only what the load tester asks."""

    def __init__(self) -> None:
        self._listening = socket.socket()
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen(4_096)
        self._listening.setblocking(False)
        self.port = self._listening.getsockname()[1]
        samples = np.random.default_rng(0).integers(-2_000, 2_000, CELL, dtype="<i2")
        self._frames = [encode_frame(1, n * CELL, CELL, [samples] * LEADS) for n in range(FRAMES)]
        self._epoll = select.epoll()
        self._epoll.register(self._listening, select.EPOLLIN)
        self._open: dict[int, socket.socket] = {}
        self._slots: list[dict[socket.socket, int]] = [{} for _ in range(SLOTS)]
        self._joined = 0
        self._turn = 0
        self._began = time.monotonic()

    def run(self) -> None:
        """Serve until killed."""
        while True:
            due = self._began + self._turn * SLOT_S
            for fd, _ in self._epoll.poll(max(0.0, due - time.monotonic()), 200):
                if fd == self._listening.fileno():
                    self._accept()
                else:
                    self._hear(self._open[fd])
            if time.monotonic() >= due:
                self._send(self._slots[self._turn % SLOTS])
                self._turn += 1

    def _send(self, slot: dict[socket.socket, int]) -> None:
        for sock, number in slot.items():
            sock.send(self._frames[number])
            slot[sock] = number + 1

    def _accept(self) -> None:
        for _ in range(20):
            try:
                sock, _ = self._listening.accept()
            except BlockingIOError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open[sock.fileno()] = sock
            self._epoll.register(sock, select.EPOLLIN)

    def _hear(self, sock: socket.socket) -> None:
        data = sock.recv(1 << 16)
        if not data:
            self._gone(sock)
        elif data.startswith(b"GET "):
            self._answer(sock, data.decode())
        else:
            while data:
                size = data[1] & 0x7F
                at = 4 if size == 126 else 2
                size = struct.unpack(">H", data[2:4])[0] if size == 126 else size
                key, body = data[at : at + 4], data[at + 4 : at + 4 + size]
                plain = bytes(byte ^ key[n % 4] for n, byte in enumerate(body))
                self._obey(sock, data[0] & 0xF, plain)
                data = data[at + 4 + size :]

    def _answer(self, sock: socket.socket, request: str) -> None:
        if "/api/v1/stream" in request:
            key = request.partition("Sec-WebSocket-Key: ")[2].partition("\r\n")[0]
            lines = [
                "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                f"Sec-WebSocket-Accept: {accept_of(base64.b64decode(key))}",
                "Sec-WebSocket-Protocol: ecgstream.v1", "", "",
            ]  # fmt: skip
            sock.send("\r\n".join(lines).encode())
            self._say(sock, type="welcome", boot="sender")
        else:
            body = json.dumps(RECORD).encode()
            head = f"HTTP/1.1 200 {HTTPStatus.OK.phrase}\r\nContent-Length: {len(body)}\r\n\r\n"
            sock.send(head.encode() + body)

    def _obey(self, sock: socket.socket, opcode: int, plain: bytes) -> None:
        if opcode == 8:
            sock.send(b"\x88\x02" + plain[:2])
            self._gone(sock)
            return
        said = msgpack.unpackb(plain)
        if said["op"] == "ping":
            now = time.monotonic()
            self._say(sock, type="pong", id=said["id"], time=said["time"], server_time=now)
        elif said["op"] == "subscribe":
            slot = self._joined % SLOTS
            self._joined += 1
            turn = self._turn + (slot - self._turn) % SLOTS
            clock = {"sample": 0, "time": self._began + turn * SLOT_S, "rate": FS}
            self._say(
                sock, type="subscribed", id=said["id"], sid=1, length=RECORD["length"], next=0,
                leads=NAMES, dtype="i2", frame=CELL, playing=True, speed=1, clock=clock,
            )  # fmt: skip
            self._slots[slot][sock] = 0

    def _say(self, sock: socket.socket, **event: Any) -> None:
        sock.send(framed(msgpack.packb(event)))

    def _gone(self, sock: socket.socket) -> None:
        for slot in self._slots:
            slot.pop(sock, None)
        self._epoll.unregister(sock)
        del self._open[sock.fileno()]
        sock.close()


def serve(tell: Any) -> None:
    """Be the sender's process."""
    raise_descriptors(VIEWERS)
    sender = Sender()
    tell.send(sender.port)
    sender.run()


def main() -> bool:
    """Print the figures; return whether one core is enough."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
    process.start()
    try:
        command = [
            sys.executable, "-m", "ecgstream", "load", f"http://127.0.0.1:{ours.recv()}",
            f"--viewers={VIEWERS}", f"--duration={SECONDS}", "--ramp=1000", "--at=start",
            "--records=w12", "--processes=1", "--json",
        ]  # fmt: skip
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        process.kill()
        process.join()
    print(ended.stderr, end="")
    found = json.loads(ended.stdout)
    client = found["client"]
    print(f"  {found['streaming']:,} viewers, {found['frames_per_s']:,} frames a second")
    print(f"  account: {found['failed'] or 'ok'}; lateness: {found['lateness_ms']}")
    print(f"  busy {client['busy']:.0%} of a core, own lag {client['lag_ms']}")
    for why in client["why"]:
        # By others on this machine, mostly: the cost below is the figure.
        print(f"  the client was late: {why}")
    enough = found["ok"] and found["streaming"] == VIEWERS
    cost = verdict("the load tester's CPU for a frame", client["cpu_us_per_frame"], MOST_US, "us")
    return cost and enough
