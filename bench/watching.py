"""What it costs to look at 100,000 folders all the time, and how soon a change in them is seen.

A file in each folder, a hundred folders in each one above. `WATCH_FOLDERS=1000` tries it with
fewer, `WATCH_ASKING=1` as on a share, of which the system tells nothing.
"""

import os
import random
import resource
import tempfile
import threading
import time
from pathlib import Path

from ecgstream.storage.index import notices
from ecgstream.storage.index.addresses import resolved
from ecgstream.storage.index.watching import Watch

ROUNDS = 6
SEEN_S = 10.0
SHARE = 0.05


def main() -> bool:
    """Print the figures; return whether the targets are reached."""
    count = int(os.environ.get("WATCH_FOLDERS", "100000"))
    asking = os.environ.get("WATCH_ASKING") == "1"
    reached = True
    with tempfile.TemporaryDirectory(prefix="ecgstream-watching-") as folder:
        files = list(_made(Path(folder), count))
        stats = [file.stat() for file in files]
        known = [
            (0, str(file), node.st_size, node.st_mtime_ns)
            for file, node in zip(files, stats, strict=True)
        ]
        before = _rss()
        if asking:
            notices.SHARE = 0  # type: ignore[misc]
        watch = Watch([resolved(folder)], known)
        stopped = threading.Event()
        wall = time.monotonic()
        while not watch.begun:
            watch.turn(stopped)
        print(f"{watch.folders:,} folders, {count:,} files")
        print(f"all listed once after {time.monotonic() - wall:.1f} s", flush=True)
        print(f"RSS +{(_rss() - before) / 1e6:.0f} MB")
        print(f"the system tells of {watch.told:,} folders", flush=True)
        cpu, wall = time.thread_time(), time.monotonic()
        while time.monotonic() - wall < 30:
            watch.turn(stopped)
        for what in ("new", "replaced", "removed", "written over in its place"):
            took = sorted(_seconds(watch, stopped, what, files) for _ in range(ROUNDS))
            reached &= took[ROUNDS // 2] <= SEEN_S
            half, last = took[ROUNDS // 2], took[-1]
            print(
                f"{what}: seen after {half:.1f} s (half of them), {last:.1f} s (last)", flush=True
            )
        share = (time.thread_time() - cpu) / (time.monotonic() - wall)
        print(f"{share:.1%} of a core in {time.monotonic() - wall:.0f} s")
        print(f"one of {watch.parts} files is asked in a round")
    return reached and share <= SHARE


def _rss() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _made(root: Path, count: int) -> "list[Path]":
    files = []
    for number in range(count):
        folder = root / f"patient={number // 100:05d}" / f"record=r{number:06d}"
        folder.mkdir(parents=True)
        file = folder / "500Hz-0000.parquet"
        file.touch()
        files.append(file)
    return files


def _seconds(watch: Watch, stopped: threading.Event, what: str, files: list[Path]) -> float:
    """Change something anywhere, and return how long it took until that was news."""
    file = files.pop(random.randrange(len(files)))
    # At any moment of the round that it goes.
    until = time.monotonic() + random.uniform(0, 5)
    while time.monotonic() < until:
        watch.turn(stopped)
    began = time.monotonic()
    if what == "new":
        file = file.with_name("100Hz-0000.parquet")
        file.write_bytes(b"new")
    elif what == "replaced":
        part = file.with_name(".part")
        part.write_bytes(b"replaced")
        part.rename(file)
    elif what == "removed":
        file.unlink()
    else:
        file.write_bytes(b"over")
    while True:
        found = watch.turn(stopped)
        names = [one.path for one in found.changed] + [path for _, path in found.gone]
        if str(file) in names:
            return time.monotonic() - began
