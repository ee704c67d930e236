"""Run the benches named on the command line, or all of them."""

import importlib
import os
import platform
import sys
from pathlib import Path

BENCHES = ["seek", "pace", "whole", "day", "alone", "poll", "heavy"]


def main() -> int:
    """Print the figures of each bench; 1 where one of them misses its target."""
    chosen = sys.argv[1:] or BENCHES
    unknown = [name for name in chosen if name not in BENCHES]
    if unknown:
        print(f"no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    missed = 0
    for name in chosen:
        print(f"\n{name}: {Path(__file__).with_name(name + '.py').name}", flush=True)
        missed += not importlib.import_module(f"bench.{name}").main()
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
