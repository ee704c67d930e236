"""What filtering costs in JavaScript: 12 leads at 500 Hz by `node`, and how true a strip is."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from bench.figures import verdict

MOST_MS = 30.0
"""Of 10 s of 12 leads: a screen has one or two such blocks, and its first picture 150 ms."""
MOST_UV = 1.0


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    if node is None:
        print("  no node: `make test` installs one into .venv")
        return False
    script = Path(__file__).with_name("filters.mjs")
    ran = subprocess.run([node, str(script)], capture_output=True, text=True, check=True)
    met = True
    for said in json.loads(ran.stdout):
        name = said["preset"]
        print(
            f"  {name}: {said['pad_s']:.1f} s on both sides, settled after"
            f" {said['settling_s']:.2f} s; a lead of a block {said['slice_ms']:.2f} ms,"
            f" a live frame of 200 ms of 12 leads {said['frame_ms']:.3f} ms"
        )
        met &= verdict(f"{name}, 12 leads x 10 s as they are", said["strip_ms"], MOST_MS, "ms")
        met &= verdict(f"{name}, a block of 10 s with its pads", said["block_ms"], MOST_MS, "ms")
        met &= verdict(f"{name}, against the whole record", said["error"], MOST_UV, "uV")
    return met
