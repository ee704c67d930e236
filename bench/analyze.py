"""A day of twelve leads looked at by `ecgstream analyze`: the best lead chosen, its beats found.

As its users run it, processes and all, with a fresh cache. The clock on the wall counts, on two
cores; beside it stands the time that all had on a core, which a busy machine leaves as it is.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from bench.figures import quantiles, verdict
from bench.make_day import RECORD, day
from tests.serving import ServerProcess

MOST_S: Final = 30.0
TREND_MS: Final = 150.0
WORKERS: Final = 2
ASKED: Final = 20


def analysed(archive: Path, cache: Path) -> tuple[float, float]:
    """Look at the day; return the seconds it took, and those on a core."""
    command = [sys.executable, "-m", "ecgstream", "analyze", str(archive), f"--cache={cache}"]
    before, began = os.times(), time.monotonic()
    said = subprocess.run(
        [*command, f"--workers={WORKERS}"], check=True, capture_output=True, text=True
    )
    took, after = time.monotonic() - began, os.times()
    print(f"  {said.stdout.splitlines()[0]}", flush=True)
    used = after.children_user + after.children_system
    return took, used - before.children_user - before.children_system


def trends(archive: Path, cache: Path) -> list[float]:
    """Return how long (ms) the rate of the whole day took, each time it was asked for."""
    took = []
    with ServerProcess([archive], f"--cache={cache}") as server:
        for number in range(ASKED):
            began = time.monotonic()
            address = f"{server.url}/api/v1/records/{RECORD}/beats?columns={1000 + number}"
            with urlopen(address) as answer:
                said = json.load(answer)
            took.append((time.monotonic() - began) * 1000)
            assert said["complete"]
    return took


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    archive = day()
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        took, used = analysed(archive, cache)
        print(f"  {used:.1f} s on a core, in {WORKERS} processes and the one that starts them")
        met = verdict("24 h of twelve leads, best lead", took, MOST_S, "s")
        asked = trends(archive, cache)
        print(f"  the first of them found its file: {asked[0]:.0f} ms")
        print(f"  rate of the day in 1,000 columns: {quantiles(asked[1:], 'ms')}")
        worst = sorted(asked[1:])[-2]
        return verdict("its 95th percentile", worst, TREND_MS, "ms") and met
