"""The programs in C, compiled when they are needed."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE.parent / "build" / "bench"


@cache
def compiled(name: str) -> str:
    """Return the program made from `name`.c; exits with a word where that cannot be done."""
    compiler = os.environ.get("CC", "cc")
    if shutil.which(compiler) is None:
        sys.exit(f"bench: no C compiler {compiler!r}; install one (on Debian: apt-get install gcc)")
    BUILD.mkdir(parents=True, exist_ok=True)
    program = BUILD / name
    warnings = ["-Wall", "-Wextra", "-Werror"]
    done = subprocess.run(
        [compiler, "-O2", "-std=gnu11", *warnings, "-o", program, HERE / f"{name}.c"], check=False
    )
    if done.returncode:
        sys.exit(f"bench: {name}.c does not compile")
    return str(program)
