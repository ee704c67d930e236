"""What a W12 frame costs the whole product, as a multiple of what it costs a C program.

CPU time of the server process alone (user and kernel, all its threads) over a window in which all
viewers stream, divided by the frames that arrived in it: with heartbeats, reports and scrapes of
/metrics going on. Both servers are seen by the same client at the same ramp in the same round, and
on one core; the kernel's part of sending over loopback includes much of the receiving, in both.
"""

import statistics
import tempfile
from pathlib import Path

from bench.figures import verdict
from bench.sides import ROUNDS, SHORT, floor, in_words, measured, product, say_how
from bench.workload import make

TARGETS = {2_000: 1.6, 8_000: 1.7}
RAMP = 500.0  # viewers a second: a handshake costs the product 1 ms, and it is to stay on time


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    say_how()
    met = True
    with tempfile.TemporaryDirectory() as folder:
        load = make(Path(folder))
        messages = load.messages()
        for viewers, target in TARGETS.items():
            options = {"viewers": viewers, "rate": RAMP, "warmup": 3, "seconds": 4 if SHORT else 10}
            ratios, lateness = [], []
            for _ in range(ROUNDS):
                least = measured(floor(load), messages, **options)
                print(in_words("floor", least), flush=True)
                ours = measured(product(load), messages, scrape=True, **options)
                ratios.append(ours["us"] / least["us"])
                lateness.append((ours["late_ms"]["p99"], least["late_ms"]["p99"]))
                print(in_words("product", ours) + f"  = {ratios[-1]:.2f} x", flush=True)
            ratio = statistics.median(ratios)
            met &= verdict(f"{viewers:,} viewers, median of {ROUNDS}", ratio, target, "x the floor")
            pairs = ", ".join(f"{mine:.1f} / {its:.1f}" for mine, its in lateness)
            print(f"  p99 lateness, product / floor of the same round: {pairs} ms", flush=True)
    return met
