"""Run the benches named on the command line, or the quick ones."""

import importlib
import os
import platform
import sys
import tempfile
from pathlib import Path

QUICK = [
    "seek",
    "pace",
    "whole",
    "filters",
    "agreement",
    "overlays",
    "beats",
    "rate",
    "notes",
    "proof",
]
PUSH = ["cpu", "capacity", "different", "tenk", "memory", "herd", "floods", "slow", "drive", "soak"]
"""Minutes each, the last one an hour; BENCH_SHORT=1 tries one in less than a minute, and
BENCH_ROUNDS=N takes fewer rounds than five."""
LARGE = ["catalog", "rows"]
"""Over 100,000 records: an archive of as many folders, made once (4 GB, and ten minutes), and
tables of as many rows (2 GB, made and removed)."""
STORED = [
    "day",
    "shapes",
    "importing",
    "watching",
    "stores",
    "check",
    "analyze",
    "alone",
    "poll",
    "heavy",
    "zoom",
]
"""Over a day of twelve leads, made once: a minute each, the last one three."""
SCREEN = ["wall", "desk", "first_view", "poor_line", "wall_soak"]
"""In a real Chromium: three minutes each, one, eight over a line made bad (as root), and 20
(`make soak HOURS=24`: as long as that)."""
FETCHED = ["clouds"]
"""Against an emulator that npm fetches first: 360 MB, once; then three minutes."""
BENCHES = QUICK + PUSH + STORED + LARGE + SCREEN + FETCHED


def main() -> int:
    """Print the figures of each bench; 1 where one of them misses its target."""
    chosen = sys.argv[1:] or QUICK
    unknown = [name for name in chosen if name not in BENCHES]
    if unknown:
        print(f"no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    # What a server of a bench keeps is not kept among what somebody really wrote.
    with tempfile.TemporaryDirectory(prefix="ecgstream-bench-") as folder:
        os.environ["XDG_DATA_HOME"] = folder
        return _run(chosen)


def _run(chosen: list[str]) -> int:
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    missed = 0
    for name in chosen:
        print(f"\n{name}: {Path(__file__).with_name(name + '.py').name}", flush=True)
        missed += not importlib.import_module(f"bench.{name}").main()
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
