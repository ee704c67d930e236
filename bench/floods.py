"""What floods do to 200 paced viewers beside them, and to who sends them.

Each flood has a server of its own. A first window without it says what the probe's lateness is on
this machine now; the second begins with the flood, and the rise of the p99 is the figure. One
sender at a time, from the client's core, so that it takes nothing of the server's.
"""

import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bench import attacks
from bench.figures import verdict
from bench.sides import CLIENT_CORE, SHORT, Figures, Server, Sink, in_words, product, say_how, whole
from bench.workload import Workload, make

PROBE = 200
SECONDS = 5.0 if SHORT else 15.0
RISE_MS = 10.0
LINES = 10
"""Logged for one sender, at most."""
# flood, and what has to be in the words that it ends with
FLOODS = [
    (attacks.commands, "closed with 4400"),
    (attacks.pings, "closed with 4400"),
    (attacks.fragments, "closed with 4400"),
    (attacks.bad_text, "closed with"),
    (attacks.slow_senders, "cut after"),
]


def probe(
    server: Server, messages: Path, seconds: float, meanwhile: Callable[[], None] = lambda: None
) -> Figures:
    """Return what 200 viewers see in a window; `meanwhile` runs in a thread from its begin on."""
    options = {"viewers": PROBE, "rate": 500, "warmup": 1, "seconds": seconds}
    thread = threading.Thread(target=meanwhile)
    with Sink(server, messages, **options) as sink:
        sink.wait_for("begin")
        thread.start()
        seen = sink.end()
        thread.join()
        return seen


def flooded(load: Workload, messages: Path, flood: attacks.Flood, expected: str) -> bool:
    """Print what one flood did; return whether that is as it should be."""
    name = flood.__name__
    with product(load) as server:
        before = probe(server, messages, SECONDS)
        lines = len(server.logged())
        fates: list[str] = []

        def attack() -> None:
            # Who is closed comes back at once, or the window would be quiet for the most part.
            over = time.monotonic() + SECONDS
            while (left := over - time.monotonic()) > 0:
                fates.append(flood(server.port, load.records[0], left))

        during = probe(server, messages, SECONDS, attack)
        logged = len(server.logged()) - lines
    print(f"  {name}, {len(fates)} times: {fates[0]}; {logged} lines logged", flush=True)
    print(in_words("before", before), in_words("during", during), sep="\n", flush=True)
    rise = during["late_ms"]["p99"] - before["late_ms"]["p99"]
    met = verdict(f"{name}: rise of the others' p99", rise, RISE_MS, "ms")
    met &= verdict(f"{name}: lines logged", logged, LINES, "lines")
    odd = [fate for fate in fates if expected not in fate]
    if odd or not whole(during, PROBE):
        print(f"  {name}: expected {expected!r}, saw {odd[:3]}, or others suffered: MISSED")
        return False
    return met


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    say_how()
    os.sched_setaffinity(0, {CLIENT_CORE % (os.cpu_count() or 1)})
    with tempfile.TemporaryDirectory() as folder:
        load = make(Path(folder))
        messages = load.messages()
        met = True
        for flood, expected in FLOODS:
            met &= flooded(load, messages, flood, expected)
        return met
