"""A folder of files that can be made again: shared by processes, bounded, written whole or not."""

import os
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from ecgstream.storage.staging import synced

if sys.platform != "win32":
    import fcntl

PART: Final = ".part"
LOCK: Final = "making.lock"


class Busy(Exception):
    """Another process is making a file there."""


def default_folder(environ: Mapping[str, str]) -> Path | None:
    """Return where a user's caches belong (XDG base directories), None where there is no home."""
    said = environ.get("XDG_CACHE_HOME", "")
    if said and Path(said).is_absolute():
        return Path(said) / "ecgstream"
    home = environ.get("HOME", "")
    return Path(home) / ".cache" / "ecgstream" if home else None


class CacheFolder:
    """Files `*<suffix>` in `path`, made where it is not there, of `most` bytes together.

    What is in them is somebody's heart: nobody else may read them.
    """

    def __init__(self, path: Path, suffix: str, most: int) -> None:
        self.path = path
        self.most = most
        self._suffix = suffix

    def file(self, name: str) -> Path:
        """Return where the file of that name is, or would be."""
        return self.path / f"{name}{self._suffix}"

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """Offer a file that has its name when the block has ended, and not before.

        Where the block raises nothing of it is left. One process writes at a time: raises Busy.
        Raises OSError.
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._alone():
            # By its whole ending: somebody may give a folder where others, too, have their parts.
            for left in self.path.glob(f"*{self._suffix}{PART}"):
                left.unlink(missing_ok=True)
            part = self.path / f"{uuid.uuid4().hex}{self._suffix}{PART}"
            descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with open(descriptor, "wb", buffering=1 << 20) as out:  # noqa: PTH123 - a descriptor
                    yield out
                    out.flush()
                    os.fsync(out.fileno())
                part.rename(self.file(name))
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            synced(self.path)
            self._trim(self.file(name))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock of the folder, which goes with the process however it ends."""
        descriptor = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if sys.platform != "win32":
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise Busy from error
            yield
        finally:
            os.close(descriptor)

    def used(self, path: Path) -> None:
        """Note that a file is in use: the one that was so longest ago goes first."""
        with suppress(OSError):
            os.utime(path)

    def _trim(self, newest: Path) -> None:
        """Remove what was not used for longest, until the rest is within bounds."""
        found = []
        for path in self.path.glob(f"*{self._suffix}"):
            with suppress(OSError):
                status = path.stat()
                found.append((path != newest, -status.st_mtime_ns, status.st_size, path))
        held = 0
        for _, _, size, path in sorted(found):
            held += size
            if held > self.most and path != newest:
                path.unlink(missing_ok=True)
