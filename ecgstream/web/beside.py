"""A small file beside the token file that several processes change in turn."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

Stamp = tuple[int, int, int] | None


def stamp_of(path: Path) -> Stamp:
    """Return what tells this version of a file from another, by one `stat`; None: not there.

    Raises OSError where that cannot be known.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


class BesideFile:
    """`tokens` with `suffix` behind its name, for its owner only. All of it waits for a disk."""

    def __init__(self, tokens: Path, suffix: str) -> None:
        self.path = tokens.with_name(tokens.name + suffix)

    def text(self) -> str:
        """Return what is in it, empty where it is not there. Raises OSError."""
        try:
            return self.path.read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def change(self, change: Callable[[str], str]) -> None:
        """Put `change` of what is in it in its place, alone among all processes. Raises OSError.

        Who reads meanwhile sees the one or the other, never half of it; what `change` raises
        leaves it as it was.
        """
        with self._locked() as descriptor:
            text = os.read(descriptor, os.fstat(descriptor).st_size).decode(errors="replace")
            text = change(text)
            beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            with open(beside, "w", opener=lambda path, _: os.open(path, flags, 0o600)) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        """Hold the file against other writers; yield its descriptor."""
        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                # While it was waited for, another may have put a new file in its place.
                stamp = stamp_of(self.path)
                if stamp is not None and os.fstat(descriptor).st_ino == stamp[2]:
                    yield descriptor
                    return
            finally:
                os.close(descriptor)
