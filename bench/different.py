"""Viewers all of different records: nothing is shared, each frame is read, cut and encoded for one.

The floor sends ready-made frames of as many records, of memory of their own; it neither reads nor
encodes. Viewers begin at random samples, so that the reads of the product (30 s of a record at a
time) are spread over the window as they are over an hour.
"""

import statistics
import tempfile
from pathlib import Path

from bench.figures import verdict
from bench.sides import ROUNDS, SHORT, floor, in_words, measured, product, say_how, times
from bench.workload import make

RECORDS = 500
TARGET = 2.5
LOOKED_S = 20
"""How long all that takes, by a thread that rests a third of the time."""


def main() -> bool:
    """Print the figures; return whether the target is met."""
    say_how()
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        load = make(Path(folder), records=RECORDS, seconds=60)
        messages = load.messages(at_random=True)
        options = {
            "viewers": RECORDS,
            "rate": 250,
            "warmup": LOOKED_S,
            "seconds": 4 if SHORT else 15,
        }
        for _ in range(ROUNDS):
            least = measured(floor(load, at_random=True), messages, **options)
            print(in_words("floor", least), flush=True)
            ours = measured(product(load), messages, scrape=True, **options)
            ratios.append(times(ours, least, RECORDS))
            print(in_words("product", ours) + f"  = {ratios[-1]:.2f} x", flush=True)
    what = f"{RECORDS} viewers of {RECORDS} records, median of {ROUNDS}"
    return verdict(what, statistics.median(ratios), TARGET, "x the floor")
