"""How late 10,000 W12 viewers are served, beside how late the floor serves them in the same round.

Lateness is arrival at the client less the moment that the subscription's own clock gives for the
frame's first sample. Up to 5 ms of it is the slot of the wheel, in both servers, and the delay of
the one client that reads for all 10,000 is in it too.
"""

import statistics
import tempfile
from pathlib import Path

from bench.figures import verdict
from bench.sides import ROUNDS, SHORT, floor, in_words, measured, product, say_how, whole
from bench.workload import make

VIEWERS = 10_000


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    say_how()
    p99, p999, complete = [], [], True
    with tempfile.TemporaryDirectory() as folder:
        load = make(Path(folder))
        messages = load.messages()
        options = {"viewers": VIEWERS, "rate": 500, "warmup": 5, "seconds": 5 if SHORT else 15}
        for _ in range(ROUNDS):
            least = measured(floor(load), messages, **options)
            print(in_words("floor", least), flush=True)
            ours = measured(product(load), messages, scrape=True, **options)
            print(in_words("product", ours), flush=True)
            complete &= whole(ours, VIEWERS)
            p99.append(ours["late_ms"]["p99"])
            p999.append(ours["late_ms"]["p99.9"])
    if not complete:
        print("  NOT ALL viewers had all")
    met = verdict(f"p99 lateness, median of {ROUNDS}", statistics.median(p99), 10, "ms")
    return verdict("p99.9 lateness", statistics.median(p999), 50, "ms") and met and complete
