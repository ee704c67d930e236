"""From 0.2 s to a day of twelve leads: the first picture of any span, before and after the pyramid.

A browser asks for all tiles of a span at once, on six connections: at 1,600 pixels these are the
tiles of the coarsest level with a column a pixel, and below four samples a pixel the samples
themselves. Spans are drawn evenly in their logarithm, and lie anywhere. The server is one process,
and all that is asked is asked by this one.
"""

import http.client
import math
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgpack
import numpy as np

from bench.day import resident_mb
from bench.figures import quantiles, verdict
from bench.heavy import probe
from bench.make_day import FS, LENGTH, RECORD, day
from ecgstream.storage.derived.pyramid import TILE, top, width
from ecgstream.wire.window import JSON, MSGPACK
from tests.serving import ServerProcess

PIXELS: Final = 1_600
CONNECTIONS: Final = 6
SPANS: Final = 150
ROUNDS: Final = 3
COLUMNS: Final = 2_000
MOST_MS: Final = 150.0
SHORTEST: Final = round(0.2 * FS)
ONE: Final = f"/api/v1/records/{RECORD}"


class Browser:
    """Six connections that stay open."""

    def __init__(self, url: str) -> None:
        self._place = urlsplit(url).netloc
        self._own = threading.local()
        self._threads = ThreadPoolExecutor(CONNECTIONS)

    def get(self, path: str, accept: str = MSGPACK) -> bytes:
        """Return a body; fails on anything but 200."""
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(self._place, timeout=60)
            self._own.connection = connection
        try:
            connection.request("GET", path, headers={"accept": accept})
            answer = connection.getresponse()
        except http.client.RemoteDisconnected:  # idle for five seconds: it goes on by itself
            connection.close()
            connection.request("GET", path, headers={"accept": accept})
            answer = connection.getresponse()
        body: bytes = answer.read()
        assert answer.status == 200, (path, answer.status, body[:200])
        return body

    def all(self, paths: Sequence[str]) -> float:
        """Return the ms until the last of them is there."""
        began = time.perf_counter()
        list(self._threads.map(self.get, paths))
        return 1000 * (time.perf_counter() - began)


def timed(ask: Callable[[], Any]) -> float:
    """Return the ms that it took."""
    began = time.perf_counter()
    ask()
    return 1000 * (time.perf_counter() - began)


def spans(seed: int, count: int = SPANS) -> list[tuple[int, int]]:
    """Return spans [start, stop) of samples, the shortest and the whole day among them."""
    place = random.Random(seed)
    lengths = [SHORTEST, LENGTH]
    while len(lengths) < count:
        lengths.append(round(math.exp(place.uniform(math.log(SHORTEST), math.log(LENGTH)))))
    starts = [place.randint(0, LENGTH - length) for length in lengths]
    return [(start, start + length) for start, length in zip(starts, lengths, strict=True)]


def picture(version: str, leads: str, start: int, stop: int) -> list[str]:
    """Return what a browser asks for to draw a span."""
    level = min(top(LENGTH), math.floor(math.log((stop - start) / PIXELS, 4)))
    if level < 1:
        return [f"{ONE}/window?start={start}&stop={stop}"]
    by = TILE * width(level)
    numbers = range(start // by, -(-stop // by))
    return [f"{ONE}/tiles/{version}/{leads}/{level}/{n}" for n in numbers]


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def outline(browser: Browser) -> dict[str, Any]:
    """Return the outline."""
    said: dict[str, Any] = msgpack.unpackb(browser.get(f"{ONE}/outline"))
    return said


def made(browser: Browser) -> dict[str, Any]:
    """Return the outline once the pyramid is there."""
    while not (said := outline(browser))["built"]:
        time.sleep(0.05)
    return said


def p95(what: str, took: Sequence[float], most: float = MOST_MS) -> bool:
    """Print how long answers took, and whether the 95th of 100 is in time."""
    print(f"  {what}: {quantiles(took, 'ms')}")
    return verdict(f"{what}, p95", float(np.percentile(took, 95)), most, "ms")


def before(server: ServerProcess, browser: Browser) -> tuple[bool, float]:
    """Measure outlines and viewers while the pyramid is made; return also their rise of p99."""
    calm = probe(server.url)
    cold = timed(lambda: outline(browser))
    built = threading.Event()
    took: list[float] = []

    def asking() -> None:
        while not built.wait(0.05):
            took.append(timed(lambda: outline(browser)))

    beside = threading.Thread(target=asking)
    beside.start()
    busy = probe(server.url)
    made(browser)
    built.set()
    beside.join()
    print(f"  the first outline of all: {cold:.1f} ms")
    met = p95("outline while the pyramid is made", [cold, *took])
    print(f"    viewers alone: {quantiles(calm, 'ms')}; beside it: {quantiles(busy, 'ms')}")
    return met, float(np.percentile(busy, 99) - np.percentile(calm, 99))


def building(server: ServerProcess, browser: Browser, folder: Path) -> bool:
    """Print what it takes to make the pyramid, with nobody watching."""
    outline_alone = timed(lambda: browser.get("/healthz", JSON))
    resident, used, began = resident_mb(server.pid), cpu_s(server.pid), time.perf_counter()
    made(browser)
    wall, used = time.perf_counter() - began, cpu_s(server.pid) - used
    nbytes = sum(path.stat().st_size for path in folder.glob("*.pyramid"))
    print(f"  made in {wall:.1f} s, {nbytes / 1e6:.1f} MB on disk (healthz {outline_alone:.1f} ms)")
    print(f"  resident size grew by {resident_mb(server.pid) - resident:.1f} MB")
    return verdict("making the pyramid, of one core", used, 10, "s")


def after(browser: Browser) -> bool:
    """Measure tiles, pictures and envelopes once the pyramid is there."""
    said = made(browser)
    leads = ",".join(lead["name"] for lead in said["leads"])
    place = random.Random(5)
    tiles = []
    for _ in range(2 * SPANS):
        level = place.randint(1, top(LENGTH))
        n = place.randrange(-(-LENGTH // (TILE * width(level))))
        path = f"{ONE}/tiles/{said['version']}/{leads}/{level}/{n}"
        tiles.append(timed(lambda path=path: browser.get(path)))  # type: ignore[misc]
    met = p95("a tile of twelve leads, any level", tiles)
    drawn = [browser.all(picture(said["version"], leads, *span)) for span in spans(6)]
    met = p95(f"first picture of any span at {PIXELS} px", drawn) and met
    for accept, name in ((MSGPACK, "msgpack"), (JSON, "JSON")):
        took = []
        for start, stop in spans(7):
            path = f"{ONE}/envelope?start={start}&stop={stop}&columns={COLUMNS}"
            took.append(timed(lambda path=path, accept=accept: browser.get(path, accept)))  # type: ignore[misc]
        met = p95(f"envelope of any span in {COLUMNS:,} columns, {name}", took) and met
    return met


def main() -> bool:
    """Print the figures; return whether all targets are met."""
    archive, met, rises = day(), True, []
    for number in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            cache = Path(folder) / "cache"
            with ServerProcess([archive], f"--cache={cache}") as server:
                ok, rise = before(server, Browser(server.url))
                met &= ok
                rises.append(rise)
            for path in cache.glob("*.pyramid"):
                path.unlink()
            if number == ROUNDS - 1:
                with ServerProcess([archive], f"--cache={cache}") as server:
                    browser = Browser(server.url)
                    met &= building(server, browser, cache)
                    met &= after(browser)
    rise = float(np.median(rises))
    return verdict(f"rise of the viewers' p99, median of {ROUNDS}", rise, 5, "ms") and met
