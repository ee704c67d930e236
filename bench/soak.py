"""An hour of 500 viewers of whom ten a second leave and ten come: does anything grow?

Resident memory and descriptors of the server every 10 s, and a straight line through what comes
after the warm-up. `BENCH_SOAK_S` seconds instead of 3,600; what is printed on the way tells
something even if it is cut off.
"""

import os
import tempfile
import time
from pathlib import Path

import numpy as np

from bench.figures import verdict
from bench.sides import SHORT, Sink, product, say_how, scraped
from bench.workload import make

VIEWERS, CHURN = 500, 10
SECONDS = float(os.environ.get("BENCH_SOAK_S", "40" if SHORT else "3600"))
WARM_UP_S = SECONDS / 6
SAMPLE_S = 10.0 if SECONDS >= 600 else 1.0
TOLD_S = 300.0 if SECONDS >= 1800 else 10.0


def slopes(samples: list[tuple[float, int, int]]) -> tuple[float, float]:
    """Return MB and descriptors an hour, of samples (s, bytes, descriptors)."""
    at, rss, descriptors = np.array(samples, float).T
    return (
        float(np.polyfit(at, rss / 1e6, 1)[0] * 3600),
        float(np.polyfit(at, descriptors, 1)[0] * 3600),
    )


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    say_how()
    samples: list[tuple[float, int, int]] = []
    with tempfile.TemporaryDirectory() as folder:
        load = make(Path(folder), records=20)
        options = {
            "viewers": VIEWERS,
            "rate": 100,
            "churn": CHURN,
            "warmup": 1,
            "limit": 2 * SECONDS,
        }
        server = product(load)
        with (
            server,
            scraped(server),
            Sink(server, load.messages(at_random=True), seconds=SECONDS, **options) as sink,
        ):
            sink.wait_for("streaming")
            began = told = time.monotonic()
            while (now := time.monotonic()) < began + SECONDS:
                time.sleep(SAMPLE_S)
                if now > began + WARM_UP_S:
                    samples.append((now - began, server.rss(), server.descriptors()))
                if now > told + TOLD_S and len(samples) > 2:
                    told = now
                    grows, leaks = slopes(samples)
                    print(
                        f"  {now - began:5.0f} s: {samples[-1][1] / 1e6:.1f} MB, {samples[-1][2]} "
                        f"descriptors; {grows:+.2f} MB/h, {leaks:+.2f} descriptors/h",
                        flush=True,
                    )
            seen = sink.end()
            logged = len(server.logged())
    wrong = seen["holes"] + seen["doubles"] + seen["errors"] + seen["refused"]
    print(
        f"  {seen['opened']:,} viewers came, {seen['frames']:,} frames, {wrong} of them wrong, "
        f"{seen['held']} clocks held, {logged} lines logged; "
        f"late p99 {seen['late_ms']['p99']:.1f} ms; longest stop of the client "
        f"{seen['pause_ms']:.0f} ms"
    )
    grows, leaks = slopes(samples)
    met = verdict(f"RSS over {SECONDS - WARM_UP_S:.0f} s", grows, 0.5, "MB/h")
    # Ten leave and come a second, so that a sample may find a few more or less: a leak of one in
    # ten thousand viewers is still 3.6 an hour.
    return verdict("descriptors", abs(round(leaks)), 0, "an hour") and met and not wrong
