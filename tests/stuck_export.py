"""Stands for an export that never ends: tells its process, then waits."""

import os
import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    told = Path(os.environ["STUCK_EXPORT"])
    part = told.with_suffix(".part")
    part.write_text(str(os.getpid()))
    part.rename(told)
    sys.stdin.buffer.read()
    signal.pause()
