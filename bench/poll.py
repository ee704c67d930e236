"""What a client that polls `/api/ecg` costs the server, beside a viewer of the same 2 s (CPU)."""

import asyncio
import http.client
import random
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import numpy as np
from websockets.asyncio.client import connect

from bench.figures import quantiles, verdict
from bench.make_day import FS, LENGTH, RECORD, day
from tests.serving import ServerProcess, Viewer

REQUESTS: Final = 300
ROUNDS: Final = 5
SECONDS: Final = 2
VIEWERS: Final = 50
WATCHED_S: Final = 6.0
MOST_MS: Final = 2.0


def cpu_ms(pid: int) -> float:
    """Return the time that all threads of a process had on a core."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text(encoding="ascii").split()[0]) for task in tasks) / 1e6


def polling(server: ServerProcess, place: random.Random) -> float:
    """Return the server's CPU time for a request (ms), on one connection that is kept."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    before = cpu_ms(server.pid)
    for _ in range(REQUESTS):
        start = place.randrange(LENGTH // FS - SECONDS)
        connection.request(
            "GET", f"/api/ecg?record={RECORD}&lead=II&start={start}&duration={SECONDS}"
        )
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
    connection.close()
    return (cpu_ms(server.pid) - before) / REQUESTS


async def watching(server: ServerProcess, leads: list[str] | None, at: list[int]) -> float:
    """Return the server's CPU time for `SECONDS` of one of some viewers (ms)."""
    url = server.url.replace("http", "ws") + "/api/v1/stream"
    viewers = []
    connections = [await connect(url, subprotocols=["ecgstream.v1"], compression=None) for _ in at]
    for connection, sample in zip(connections, at, strict=True):
        viewer = Viewer(connection)
        await viewer.event("welcome")
        await viewer.ask("subscribe", sid=1, record=RECORD, leads=leads, at={"sample": sample})
        viewers.append(viewer)
    before, began = cpu_ms(server.pid), time.monotonic()

    async def watch(viewer: Viewer) -> None:
        while time.monotonic() - began < WATCHED_S:
            await viewer.frame()

    await asyncio.gather(*(watch(viewer) for viewer in viewers))
    used, took = cpu_ms(server.pid) - before, time.monotonic() - began
    for connection in connections:
        await connection.close()
    return used / len(at) / took * SECONDS


def main() -> bool:
    """Print the figures; return whether the target is met."""
    place = random.Random(5)
    with ServerProcess([day()]) as server:
        polling(server, place)  # what is read and compiled once is no request's
        polled = [polling(server, place) for _ in range(ROUNDS)]
        alone = [place.randrange(LENGTH // 2) for _ in range(VIEWERS)]
        for what, leads, at in (
            ("one lead, all at one place", ["II"], [0] * VIEWERS),
            ("one lead, each at its own", ["II"], alone),
            ("twelve leads, each at its own", None, alone),
        ):
            watched = asyncio.run(watching(server, leads, at))
            ratio = float(np.median(polled)) / watched
            print(f"  a viewer of {what}: {watched:.3f} ms for {SECONDS} s; polling {ratio:.1f}x")
    print(f"  rounds of {REQUESTS} requests: {quantiles(polled, 'ms')}")
    return verdict("/api/ecg, 2 s of a lead, CPU", float(np.median(polled)), MOST_MS, "ms")
