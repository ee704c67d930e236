"""Viewers who take nothing, or are not there any more: noticed, cut off, and nobody else harmed.

1. Twenty W12 viewers stop reading; 200 others go on. Noticed is when their clocks are held (the
   metric counts them), cut when they are closed with 4408.
2. The client process of fifty viewers is frozen (SIGSTOP): its kernel still answers, so that only
   what is not taken gives it away.
3. Forty upgrades that never end.
Afterwards the server's descriptors are as many as before, and so, nearly, is its memory.
"""

import math
import os
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

from bench import attacks
from bench.figures import verdict
from bench.floods import probe
from bench.sides import CLIENT_CORE, SHORT, Server, Sink, in_words, product, say_how
from bench.workload import Workload, make

SLOW, FROZEN = 20, 50
GIVEN_UP_S = 60.0
PROBE_S = 5.0 if SHORT else 12.0
GROWTH_MB = 2.0
HELD = 'ecgstream_clocks_held_total{why="behind"}'
CUT = 'ecgstream_closes_total{code="4408"}'


class Watch:
    """Asks for the metrics every half second, and notes when (s) each of `wanted` had its value."""

    def __init__(self, server: Server, wanted: dict[str, float]) -> None:
        self._server = server
        self._wanted = wanted
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.reached = dict.fromkeys(wanted, math.inf)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def wait(self, until: float) -> None:
        """Return when all are reached, or at `until`."""
        while math.inf in self.reached.values() and time.monotonic() < until:
            time.sleep(0.2)

    def _run(self) -> None:
        while not self._over.wait(0.5):
            values = self._server.metrics(list(self._wanted))
            for name, value in values.items():
                if value >= self._wanted[name] and self.reached[name] == math.inf:
                    self.reached[name] = time.monotonic()


def gone(server: Server, descriptors: int, began: float) -> float:
    """Return how long after `began` the server holds no more descriptors than that, s."""
    while (now := time.monotonic()) < began + GIVEN_UP_S:
        if server.descriptors() <= descriptors:
            return now - began
        time.sleep(0.2)
    return GIVEN_UP_S


def stalled(server: Server, load: Workload) -> tuple[bool, float]:
    """Print what comes of viewers who stop reading; return that, and how memory grew, in MB."""
    messages = load.messages()
    # Both windows with the same scrapes: each costs the loop some ms.
    with Watch(server, {HELD: math.inf}):
        before = probe(server, messages, PROBE_S)
    time.sleep(1.0)
    descriptors, rss = server.descriptors(), server.rss()
    counted = server.metrics([HELD, CUT])
    with Sink(server, messages, viewers=SLOW, rate=100, warmup=0, stall=1) as sink:
        sink.wait_for("stalled")
        began = time.monotonic()
        # Counted since the server's start.
        with Watch(server, {what: so_far + SLOW for what, so_far in counted.items()}) as watch:
            during = probe(server, messages, PROBE_S)
            watch.wait(began + GIVEN_UP_S)
        freed = gone(server, descriptors, began)
    noticed, cut = watch.reached[HELD] - began, watch.reached[CUT] - began
    print(in_words("before", before), in_words("during", during), sep="\n", flush=True)
    rise = during["late_ms"]["p99"] - before["late_ms"]["p99"]
    met = verdict("others' p99, its rise", rise, 5, "ms")
    met &= verdict(f"{SLOW} who stopped reading: noticed", noticed, 15, "s")
    # 15 s of signal until it is noticed, and then 15 s of nothing.
    met &= verdict("cut off", cut, 31, "s")
    met &= verdict("their descriptors freed", freed, 37, "s")
    return met, (server.rss() - rss) / 1e6


def frozen(server: Server, load: Workload) -> bool:
    """Print when the viewers of a frozen process are gone."""
    descriptors = server.descriptors()
    options = {"viewers": FROZEN, "rate": 100, "warmup": 0, "seconds": GIVEN_UP_S}
    with Sink(server, load.messages(), **options) as sink:
        sink.wait_for("streaming")
        began = time.monotonic()
        sink.process.send_signal(signal.SIGSTOP)
        left = gone(server, descriptors, began)
    return verdict(f"{FROZEN} viewers of a frozen process: gone", left, 30, "s")


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    say_how()
    os.sched_setaffinity(0, {CLIENT_CORE % (os.cpu_count() or 1)})
    with tempfile.TemporaryDirectory() as folder:
        load = make(Path(folder))
        with product(load) as server:
            met, first = stalled(server, load)
            print(f"  memory more than before: {first:.1f} MB the first time", flush=True)
            if SHORT:
                return met
            # What is needed once for such viewers is no leak; what comes again is.
            again, second = stalled(server, load)
            met &= verdict("and the second time", second, GROWTH_MB, "MB") and again
            met &= frozen(server, load)
            met &= verdict(
                "40 upgrades never ended: gone", attacks.half_upgrades(server.port), 30, "s"
            )
            print(f"  {len(server.logged())} lines logged in all")
            return met
