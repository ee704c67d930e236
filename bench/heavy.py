"""Sixteen heavy requests at once, while viewers are paced: how much later their frames come.

The server is one process, the viewers are in this one and the requests in a third. Windows are of
the most values that one may have, envelopes of a whole day.
"""

import asyncio
import http.client
import multiprocessing
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
from websockets.asyncio.client import connect

from bench.figures import quantiles, verdict
from bench.make_day import LENGTH, RECORD, day
from ecgstream.web.records import MAX_VALUES
from ecgstream.wire.frames import Frame
from ecgstream.wire.window import ARROW, JSON, MSGPACK
from tests.serving import ServerProcess, Viewer

AT_ONCE: Final = 16
VIEWERS: Final = 20
SECONDS: Final = 5.0
SETTLED_S: Final = 1.0
"""What comes before is the start of twenty viewers at once, not their pace."""
ROUNDS: Final = 3
MOST_MS: Final = 5.0

SPAN: Final = MAX_VALUES // 12
LOADS: Final = {
    "windows as JSON": ("window", JSON),
    "windows as msgpack": ("window", MSGPACK),
    "windows as Arrow": ("window", ARROW),
    "envelopes of a day": ("envelope?columns=1024", JSON),
}


def _ask(url: str, what: str, accept: str, over: Any, counted: Any) -> None:
    """Ask again and again on `AT_ONCE` connections, until `over`; count the answers."""
    answers: Counter[int] = Counter()
    place = random.Random(3)

    def ask() -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
        while True:
            path = f"/api/v1/records/{RECORD}/{what}"
            if what == "window":
                start = place.randrange(LENGTH - SPAN)
                path += f"?start={start}&stop={start + SPAN}"
            connection.request("GET", path, headers={"accept": accept})
            answer = connection.getresponse()
            while answer.read(1 << 18):
                pass
            answers[answer.status] += 1
            if answer.status == 503:
                time.sleep(0.2)

    for _ in range(AT_ONCE):
        threading.Thread(target=ask, daemon=True).start()
    over.wait()
    counted.put(dict(answers))
    counted.close()
    counted.join_thread()
    os._exit(0)  # answers under way are let go: sixteen envelopes of a day take a minute


@contextmanager
def asking(url: str, what: str, accept: str) -> Iterator[dict[int, int]]:
    """Ask while the block runs; the answers by status are there when it has ended."""
    spawning = multiprocessing.get_context("spawn")
    over, counted = spawning.Event(), spawning.Queue()
    process = spawning.Process(target=_ask, args=(url, what, accept, over, counted))
    process.start()
    answers: dict[int, int] = {}
    try:
        yield answers
    finally:
        over.set()
        answers |= counted.get()
        process.join()


async def _watch(url: str, at: int) -> list[float]:
    """Watch for a while from sample `at` on; return how late each frame came (s)."""
    async with connect(url, subprotocols=["ecgstream.v1"], compression=None) as connection:
        viewer = Viewer(connection)
        await viewer.event("welcome")
        answer = await viewer.ask("subscribe", sid=1, record=RECORD, at={"sample": at})
        clock = answer["clock"]
        late: list[float] = []
        while True:
            message = await viewer.receive()
            now = time.monotonic()
            if isinstance(message, Frame):
                due = (message.start - clock["sample"]) / clock["rate"]
                if due > SETTLED_S:
                    late.append(now - clock["time"] - due)
                if due > SECONDS:
                    return late
            elif message["type"] == "state":
                clock = message["clock"]


async def _watch_all(url: str) -> list[float]:
    place = random.Random(4)
    address = url.replace("http", "ws") + "/api/v1/stream"
    starts = [place.randrange(LENGTH // 2) for _ in range(VIEWERS)]
    watched = await asyncio.gather(*(_watch(address, at) for at in starts))
    return [late for one in watched for late in one]


def probe(url: str) -> list[float]:
    """Return how late the frames of all viewers came (ms)."""
    return [1000 * late for late in asyncio.run(_watch_all(url))]


def main() -> bool:
    """Print the figures; return whether no load makes the viewers' p99 rise too much."""
    met = True
    with ServerProcess([day()]) as server:
        for name, (what, accept) in LOADS.items():
            rises, answers = [], Counter[int]()
            for _ in range(ROUNDS):
                calm = probe(server.url)
                with asking(server.url, what, accept) as counted:
                    time.sleep(1.0)  # until all of them are under way
                    loaded = probe(server.url)
                answers.update(counted)
                rises.append(float(np.percentile(loaded, 99) - np.percentile(calm, 99)))
            print(f"  {AT_ONCE} {name}, answers {dict(answers)}; in the last round")
            print(f"    {VIEWERS} viewers alone: {quantiles(calm, 'ms')}")
            print(f"    beside it: {quantiles(loaded, 'ms')}")
            rise = float(np.median(rises))
            met = verdict(f"  rise of p99, median of {ROUNDS}", rise, MOST_MS, "ms") and met
    return met
