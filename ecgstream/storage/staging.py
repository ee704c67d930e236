"""How a record comes to its place: written aside, synced, renamed. One importer at a time."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ecgstream.errors import ImportFailed

if sys.platform != "win32":
    import fcntl

STAGE: Final = ".importing-"
"""How the folders begin in which records are written; no reader looks into dotted names."""


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Hold `root`, made where it is not there, as its only writer; clear what a killed one left.

    Raises ImportFailed where another importer is at work in it.
    """
    root.mkdir(parents=True, exist_ok=True)
    # A lock on the folder itself leaves no file behind and goes with the process, however it ends.
    descriptor = os.open(root, os.O_RDONLY) if sys.platform != "win32" else None
    try:
        if sys.platform != "win32" and descriptor is not None:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                message = f"{root}: another import is writing there; wait until it has ended"
                raise ImportFailed(message) from error
        for left in root.glob(f"{STAGE}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


@contextmanager
def staged(root: Path, target: Path) -> Iterator[Path]:
    """Offer an empty folder below `root`, which takes the place of the folder `target` at the end.

    Only inside `writing(root)`. Where the block raises nothing of it is left and `target` is as
    it was.
    """
    stage, old = root / f"{STAGE}new", root / f"{STAGE}old"
    stage.mkdir()
    try:
        yield stage
        synced(stage)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            target.rename(old)
        stage.rename(target)
        synced(target.parent)
        synced(root)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def synced(path: Path) -> None:
    """Have a file or folder written through to the disk."""
    if sys.platform == "win32" and path.is_dir():
        return  # folders cannot be opened there
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
