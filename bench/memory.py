"""Resident memory of a connected W12 viewer that streams.

(RSS with N viewers less RSS with none) / N. The server has served nobody before, so that whatever
it needs once (blocks of the record, buffers of the loop) is counted too. What the kernel holds for
a socket is in no process's RSS and is not counted, for whatever server.
"""

import tempfile
from pathlib import Path

from bench.figures import verdict
from bench.sides import SHORT, floor, in_words, measured, product, say_how
from bench.workload import make

VIEWERS = 1_000 if SHORT else 8_000
TARGET_KIB = 32


def main() -> bool:
    """Print the figures; return whether the target is met."""
    say_how()
    with tempfile.TemporaryDirectory() as folder:
        load = make(Path(folder))
        messages = load.messages()
        held = {}
        for name, server in (("floor", floor(load)), ("product", product(load))):
            seen = measured(server, messages, viewers=VIEWERS, rate=500, warmup=3, seconds=5)
            print(in_words(name, seen), flush=True)
            held[name] = (seen["rss"] - seen["rss_before"]) / 1024 / VIEWERS
    print(f"  the floor, for comparison: {held['floor']:.2f} KiB")
    return verdict(f"RSS a viewer of {VIEWERS:,}", held["product"], TARGET_KIB, "KiB")
