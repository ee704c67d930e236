"""A whole archive for a command: through the index, so that its size is no matter."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading, Unused
from ecgstream.storage.foreign.times.disorder import Scanned
from ecgstream.storage.index.changes import Progress
from ecgstream.storage.index.index import Index


@dataclass(frozen=True, slots=True)
class Whole:
    """The archive under `roots`; its index lies in `folder`, as the server has it.

    It can be handed to other processes.
    """

    roots: tuple[str, ...]
    folder: Path | None = None
    reading: Reading = AS_IT_IS

    def opened(self, told: Callable[[Progress], None] = lambda _: None) -> "Opened":
        """Return it as it is now. Blocks until all that has changed was looked at."""
        index = Index(self.roots, self.folder, self.reading)
        if not index.claim():
            # A server keeps that file, and need not have looked yet: a copy of our own, in memory.
            index = index.copied()
        index.update(told)
        shared = index.file.path is not None
        return Opened(index, index.source(), shared, tuple(index.unused()))

    def shared(self) -> Scanned:
        """Return it as another process has brought it up to date."""
        return Index(self.roots, self.folder, self.reading).source()


@dataclass(frozen=True, slots=True)
class Opened:
    """`source`, and its index, to be closed; `shared`: other processes find it in the file.
    `unused` are the tables of the mapping that match no file.
    """

    index: Index
    source: Scanned
    shared: bool
    unused: tuple[Unused, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.index.close()
