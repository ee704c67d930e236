"""Sessions that were ended early, in a file beside the token file.

    9f86d081884c7d659a2feaa0c55ad015 1740043200

One line a session: its name, and when it would have expired, after which the line is dropped. So
every server that has the same token file knows of a logout within a second, and so does one that
starts later. Who can read the file can do nothing with it.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

SUFFIX: Final = ".ended"

_Stamp = tuple[int, int, int] | None


class EndedFile:
    """The endings kept beside the token file `tokens`."""

    def __init__(self, tokens: Path) -> None:
        self.path = tokens.with_name(tokens.name + SUFFIX)
        self._stamp: _Stamp = None

    def changed(self) -> Mapping[str, int] | None:
        """Return all endings, {session: expiry}; None if they are those of the last time.

        One `stat` while the file is the same. Raises OSError where it cannot be read.
        """
        stamp = self._look()
        if stamp == self._stamp:
            return None
        ended = {} if stamp is None else _parsed(self.path.read_text(errors="replace"))
        self._stamp = stamp
        return ended

    def add(self, session: str, expiry: int, now: float) -> None:
        """Write down an ending, and drop those that expired before `now`. Raises OSError."""
        with self._locked() as descriptor:
            text = os.read(descriptor, os.fstat(descriptor).st_size).decode(errors="replace")
            kept = {name: when for name, when in _parsed(text).items() if when > now}
            kept[session] = expiry
            text = "".join(f"{name} {when}\n" for name, when in kept.items())
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
                if os.fstat(descriptor).st_ino == self._inode():
                    yield descriptor
                    return
            finally:
                os.close(descriptor)

    def _inode(self) -> int | None:
        stamp = self._look()
        return stamp and stamp[2]

    def _look(self) -> _Stamp:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


def _parsed(text: str) -> dict[str, int]:
    """Return the endings of a file; a line that is none of ours is passed over."""
    lines = (line.split() for line in text.splitlines())
    return {
        words[0]: int(words[1])
        for words in lines
        if len(words) == 2 and words[1].isascii() and words[1].isdecimal() and len(words[1]) < 16
    }
