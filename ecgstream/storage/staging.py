"""How a record comes to its place: written aside, synced, renamed. One importer at a time."""

import os
import shutil
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ecgstream.errors import ImportFailed

if sys.platform != "win32":
    import fcntl

STAGE: Final = ".importing-"
"""How the folders begin in which records are written; no reader looks into dotted names."""


MANY: Final = 256
"""More folders than this are not waited for one by one, but with all that the system has."""

AGAIN_S: Final = 0.1
"""How often it is tried to become the only writer."""


@contextmanager
def writing(root: Path, patience_s: float = 0.0) -> Iterator[int | None]:
    """Hold `root`, made where it is not there, as its only writer; clear what a killed one left.

    Offers the descriptor that holds it, for processes that write as well: who inherits it holds
    `root` too (None: this system has no such thing). Raises ImportFailed where another importer
    is at work in it for longer than `patience_s`.
    """
    root.mkdir(parents=True, exist_ok=True)
    # A lock on the folder itself leaves no file behind and goes with the process, however it ends.
    descriptor = os.open(root, os.O_RDONLY) if sys.platform != "win32" else None
    try:
        if descriptor is not None:
            _hold(root, descriptor, patience_s)
        for left in root.glob(f"{STAGE}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _hold(root: Path, descriptor: int, patience_s: float) -> None:
    """Lock `root`. Raises ImportFailed."""
    until = time.monotonic() + patience_s
    while sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            # The processes of one that was killed take a moment to notice.
            if time.monotonic() > until:
                message = f"{root}: another import is writing there; wait until it has ended"
                raise ImportFailed(message) from error
            time.sleep(AGAIN_S)
        else:
            return


def clear_stage(root: Path, mark: str) -> None:
    """Remove what a writer of that `mark` left that was ended in the middle."""
    for left in root.glob(f"{STAGE}{mark}*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def staged(root: Path, target: Path, mark: str = "", *, settle: bool = True) -> Iterator[Path]:
    """Offer an empty folder below `root`, which takes the place of the folder `target` at the end.

    Only inside `writing(root)`; several at once have a `mark` each. Where the block raises nothing
    of it is left and `target` is as it was. Without `settle` a machine that loses its power may
    have lost the whole of it, though never a part, until its place is `settled`.
    """
    stage, old = root / f"{STAGE}{mark}new", root / f"{STAGE}{mark}old"
    stage.mkdir()
    try:
        yield stage
        synced(stage)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            target.rename(old)
        stage.rename(target)
        if settle:
            settled(root, [target.parent])
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def settled(root: Path, parents: Collection[Path]) -> None:
    """Have the names below `parents`, which lie in `root`, written through to the disk."""
    if len(parents) > MANY and sys.platform != "win32":
        # One by one 100,000 of them took 100 s, and nearly all were through by themselves.
        os.sync()
        return
    for parent in parents:
        synced(parent)
    synced(root)


def synced(path: Path) -> None:
    """Have a file or folder written through to the disk."""
    if sys.platform == "win32" and path.is_dir():
        return  # folders cannot be opened there
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
