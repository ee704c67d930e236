"""Many coming at once: beside viewers who are there already, and after a restart.

1. 500 viewers stream; 2,000 more connect in one moment. Until all of them stream, the older ones'
   lateness is measured.
2. 2,000 viewers stream, the server is told to end (SIGTERM) and started again on its port by
   whoever watches over it; they come back as the protocol says: after what `bye` or a refusal
   told them, else with full jitter. Measured from SIGTERM on, so the drain, the start of the
   process and the spread are in it.
"""

import signal
import tempfile
import time
from pathlib import Path

from bench.figures import verdict
from bench.sides import Sink, in_words, measured, product, say_how
from bench.workload import Workload, make

OLDER, HERD = 500, 2_000


def beside_others(load: Workload) -> bool:
    """Print what the herd does to the others."""
    server = product(load)
    options = {"viewers": OLDER + HERD, "older": OLDER, "pause": 2, "rate": 0, "seconds": 0}
    seen = measured(server, load.messages(), limit=60, **options)
    older = seen["older_ms"]
    print(in_words("product", seen), flush=True)
    print(f"  older viewers meanwhile: p50 {older['p50']:.1f}, worst {older['max']:.1f} ms")
    missing = OLDER + HERD - seen["streaming"]
    met = verdict(f"{HERD:,} at once: all streaming", seen["seconds"], 5, "s")
    met &= verdict("older viewers' p99 in that time", older["p99"], 100, "ms")
    return verdict("viewers who do not stream after that", missing, 0, "viewers") and met


def after_a_restart(load: Workload) -> bool:
    """Print how long it takes until all are back."""
    options = {"viewers": HERD, "rate": 500, "warmup": 0, "seconds": 90, "limit": 90}
    with product(load) as server, Sink(server, load.messages(), "--reconnect", **options) as sink:
        sink.wait_for("streaming")
        time.sleep(2)
        ended = time.monotonic()
        server.stop(signal.SIGTERM)
        gone = time.monotonic()
        server.start()
        listening = time.monotonic()
        back = sink.wait_for("streaming")["at"]
    print(
        f"  ended after {gone - ended:.2f} s, listening after {listening - ended:.2f} s, all back "
        f"{back - listening:.2f} s after that",
        flush=True,
    )
    return verdict(f"all {HERD:,} streaming after a restart", back - ended, 10, "s")


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    say_how()
    with tempfile.TemporaryDirectory() as folder:
        load = make(Path(folder))
        met = beside_others(load)
        return after_a_restart(load) and met
