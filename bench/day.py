"""A day of twelve leads at 500 Hz: catalog and open, a seek's read, the first frame, memory."""

import asyncio
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np
from websockets.asyncio.client import connect

from bench.figures import quantiles, verdict
from bench.make_day import FS, LENGTH, RECORD, day
from ecgstream.storage.catalog import scan
from tests.serving import ServerProcess, Viewer

SEEKS: Final = 100
WINDOW: Final = 10 * FS
OPENED: Final = "import sys; from ecgstream.storage.catalog import scan; scan([sys.argv[1]])"


def opening(archive: Path) -> bool:
    """Print what it takes until the archive can be read; the fastest of some rounds is the code."""
    took = []
    for _ in range(5):
        began = time.perf_counter()
        source = scan([archive])
        source.edges(RECORD, "I")
        took.append(1000 * (time.perf_counter() - began))
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", OPENED, str(archive)], check=True)
    print(f"  from the start of a process: {1000 * (time.perf_counter() - began):.0f} ms")
    return verdict("catalog and open, median of 5", float(np.median(took)), 300, "ms")


def reading(archive: Path) -> bool:
    """Print what a read of ten seconds of all leads takes, as the reader threads do it."""
    source = scan([archive])
    leads = [lead.name for lead in source.record(RECORD).leads]
    place = random.Random(1)
    took = []
    for _ in range(3 * SEEKS):
        start = place.randrange(LENGTH - WINDOW)
        began = time.perf_counter()
        source.read(RECORD, leads, start, start + WINDOW)
        took.append(1000 * (time.perf_counter() - began))
    print(f"  read of 10 s anywhere: {quantiles(took, 'ms')}; p95 {np.percentile(took, 95):.2f} ms")
    return verdict("read of a seek, p50", float(np.median(took)), 5, "ms")


async def seeking(url: str) -> list[float]:
    """Return the ms from `seek` to the first frame of the new place."""
    place = random.Random(2)
    took = []
    async with connect(url, subprotocols=["ecgstream.v1"], compression=None) as connection:
        viewer = Viewer(connection)
        await viewer.event("welcome")
        await viewer.ask("subscribe", sid=1, record=RECORD)
        for _ in range(SEEKS):
            at = place.randrange(LENGTH - 10 * FS)
            began = time.perf_counter()
            await viewer.ask("seek", sid=1, at={"sample": at})
            frame = await viewer.frame()
            assert frame.start == at
            took.append(1000 * (time.perf_counter() - began))
            await asyncio.sleep(0.1)  # within what a viewer may ask in a second
    return took


def resident_mb(pid: int) -> float:
    """Return the memory that a process has at the moment."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def main() -> bool:
    """Print the figures; return whether all targets are met."""
    archive = day()
    met = [opening(archive), reading(archive)]
    with ServerProcess([archive]) as server:
        before = resident_mb(server.pid)
        took = asyncio.run(seeking(server.url.replace("http", "ws") + "/api/v1/stream"))
        grown = resident_mb(server.pid) - before
    print(f"  seek to first frame, over the socket: {quantiles(took, 'ms')}")
    met.append(verdict("seek to first frame, p50", float(np.percentile(took, 50)), 15, "ms"))
    met.append(verdict("seek to first frame, p95", float(np.percentile(took, 95)), 40, "ms"))
    met.append(verdict(f"growth over {SEEKS} seeks, from {before:.0f} MB", grown, 200, "MB"))
    return all(met)
