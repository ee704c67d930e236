"""A weak line between two network namespaces: late, narrow, and losing packets.

What `tc netem` does, for kernels that have none, which those of small virtual machines seldom do:
a namespace a side, a TUN device in each, and this process in between, which carries every packet of
the kernels' own TCP, or loses it. Needs root and `ip`. Nothing outside the two is touched, and both
are taken away at the end, whatever happened.
"""

import asyncio
import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SERVER, VIEWER = "10.77.0.1", "10.77.0.2"
"""Addresses of the two ends: nobody else is on this line."""
MTU: Final = 1500
QUEUE: Final = 1000
"""Packets that wait for their turn; the next is lost. As netem has it."""
CLONE_NEWNET: Final = 0x40000000
TUNSETIFF: Final = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
READY: Final = "carrying"


@dataclass(frozen=True, slots=True)
class Weakness:
    """Each way: `bits_per_s`, seconds of delay, share of packets lost.

    `control` of congestion: the plainest, which every kernel has.
    """

    bits_per_s: float = 256_000
    delay_s: float = 0.1
    loss: float = 0.02
    control: str = "reno"


@dataclass(slots=True)
class Way:
    """One direction: what is on it, and when the last of it has left the narrow place."""

    weakness: Weakness
    chance: random.Random
    free_at: float = 0.0
    travelling: list[tuple[float, int, bytes]] = field(default_factory=list)
    count: int = 0

    def take(self, packet: bytes, now: float) -> None:
        """Send a packet on its way, or lose it."""
        self.count += 1
        if self.chance.random() < self.weakness.loss or len(self.travelling) >= QUEUE:
            return
        self.free_at = max(now, self.free_at) + 8 * len(packet) / self.weakness.bits_per_s
        there = self.free_at + self.weakness.delay_s
        heapq.heappush(self.travelling, (there, self.count, packet))

    def arrived(self, now: float) -> list[bytes]:
        """Return what has come to the other end by `now`."""
        out = []
        while self.travelling and self.travelling[0][0] <= now:
            out.append(heapq.heappop(self.travelling)[2])
        return out


def device(namespace: str) -> int:
    """Make a TUN device there, gone with its descriptor, which is returned."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path(f"/run/netns/{namespace}").open("rb") as into:
        if libc.setns(into.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "no namespace", namespace)
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", b"line", IFF_TUN | IFF_NO_PI))
    return descriptor


def carry(namespaces: list[str], weakness: Weakness, seed: int) -> None:
    """Carry packets between the two until this process is ended."""
    ends = [device(namespace) for namespace in namespaces]
    ways = [Way(weakness, random.Random(seed + way)) for way in range(2)]
    print(READY, flush=True)
    while True:
        due = min((way.travelling[0][0] for way in ways if way.travelling), default=None)
        wait = None if due is None else max(0.0, due - time.monotonic())
        readable, _, _ = select.select(ends, [], [], wait)
        now = time.monotonic()
        for end in readable:
            ways[ends.index(end)].take(os.read(end, MTU + 64), now)
        for index, way in enumerate(ways):
            for packet in way.arrived(now):
                os.write(ends[1 - index], packet)


@dataclass(frozen=True, slots=True)
class Sides:
    """The two ends of a line that is there: namespaces, in which commands are run."""

    server: str
    viewer: str

    def inside(self, namespace: str) -> list[str]:
        """Return what begins a command that is run there."""
        return ["ip", "netns", "exec", namespace]


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def _set_up(namespace: str, own: str, other: str, control: str) -> None:
    _ip("-n", namespace, "link", "set", "lo", "up")
    _ip("-n", namespace, "address", "add", own, "peer", other, "dev", "line")
    _ip("-n", namespace, "link", "set", "line", "mtu", str(MTU), "up")
    setting = f"echo {control} > /proc/sys/net/ipv4/tcp_congestion_control"
    subprocess.run(["ip", "netns", "exec", namespace, "sh", "-c", setting], check=True)


@asynccontextmanager
async def weak_line(weakness: Weakness, seed: int = 1) -> AsyncIterator[Sides]:
    """Lay a line; it is gone afterwards."""
    sides = Sides(f"ecg-server-{os.getpid()}", f"ecg-viewer-{os.getpid()}")
    laid: list[str] = []
    carrier: asyncio.subprocess.Process | None = None
    try:
        for namespace in (sides.server, sides.viewer):
            _ip("netns", "add", namespace)
            laid.append(namespace)
        carrier = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bench.weak_line",
            *laid,
            *(str(value) for value in (weakness.bits_per_s, weakness.delay_s, weakness.loss, seed)),
            stdout=subprocess.PIPE,
        )
        assert carrier.stdout is not None
        if (await carrier.stdout.readline()).decode().strip() != READY:
            raise RuntimeError("the line could not be laid")
        _set_up(sides.server, SERVER, VIEWER, weakness.control)
        _set_up(sides.viewer, VIEWER, SERVER, weakness.control)
        yield sides
    finally:
        if carrier is not None and carrier.returncode is None:
            carrier.kill()
            await carrier.wait()
        for namespace in laid:
            subprocess.run(["ip", "netns", "delete", namespace], check=False)


if __name__ == "__main__":
    *both, rate, delay, loss, number = sys.argv[1:]
    carry(both, Weakness(float(rate), float(delay), float(loss)), int(number))
