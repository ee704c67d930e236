"""The index of an archive: where it is kept, who keeps it, how it is brought up to date.

All processes that serve the same data roots share one file in the cache folder. One of them at a
time brings it up to date (`claim`); all others take up what it has written.
"""

import contextlib
import hashlib
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import msgspec
from pyarrow import fs

from ecgstream.errors import SourceError
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading, Unused, unused
from ecgstream.storage.index.addresses import Root, resolved
from ecgstream.storage.index.changes import Progress
from ecgstream.storage.index.index_database import Fault, is_damage, remove
from ecgstream.storage.index.index_file import SCHEMA, IndexFile
from ecgstream.storage.index.index_values import Told
from ecgstream.storage.index.index_work import Work
from ecgstream.storage.index.indexed import IndexedSource
from ecgstream.storage.index.indexing import (
    LISTING,
    PROGRESS,
    WHOLE,
    Difference,
    Indexer,
    difference,
    listed,
)
from ecgstream.storage.places import Place

if sys.platform != "win32":
    import fcntl

SUFFIX: Final = ".index"

MANY: Final = 2_000
"""Files that are worth processes of their own, which take a second to begin."""

PROCESSES: Final = 4
"""More would take the disk, and the machine, from everybody else."""

THREADS: Final = 8
"""Files looked at once on an object store, where each is a wait."""

KEPT_DAYS: Final = 90
"""An index that nobody opened for so long is removed."""

_log = logging.getLogger("ecgstream.index")


class Index:
    """The index of `roots`, in `folder`; in memory where that is None or cannot be written.

    `roots` and `reading` as in `catalog.scan`; a root that is not understood is a problem.
    """

    def __init__(
        self, roots: Sequence[Root], folder: Path | None, reading: Reading = AS_IT_IS
    ) -> None:
        self._given: list[Root] = []
        self._bad: list[SourceError] = []
        places: list[Place] = []
        for root in roots:
            try:
                places.append(resolved(root))
                self._given.append(root)
            except SourceError as error:
                self._bad.append(error)
        self._work = Work(tuple(places), reading)
        self._claimed: int | None = None
        self.file = _opened(folder, _name(places, reading), _version(self._work.codec.version))

    def source(self, files: OpenFiles | None = None) -> IndexedSource:
        """Return the records that are in the index now, as a source. Blocks."""
        roots = [text for one in self._work.roots for text in (one.shown, one.path)]
        return IndexedSource(self.file, self._work.codec, files, self._bad, roots)

    @property
    def roots(self) -> tuple[Place, ...]:
        """Where the files are."""
        return self._work.roots

    @property
    def held(self) -> tuple[int, ...]:
        """The descriptor of the claim, for a child that is to have it too."""
        return () if self._claimed is None else (self._claimed,)

    def renew(self) -> None:
        """Begin with an empty index, in the place of one that turned out to be damaged."""
        self.file.renew()

    @property
    def whole(self) -> bool:
        """Whether all files there were have been looked at once."""
        return bool(self.file.said(WHOLE))

    def progress(self) -> Progress | None:
        """Return how far somebody is who brings the index up to date now, if there is one."""
        said = self.file.said(PROGRESS)
        return None if said is None else msgspec.json.decode(said, type=Progress)

    def claim(self) -> bool:
        """Return whether this process is the one that brings the index up to date, from now on.

        The claim goes with the process, however it ends.
        """
        path = self.file.path
        if self._claimed is not None or path is None or sys.platform == "win32":
            return True
        try:
            self._claimed = _claimed(path)
        except BlockingIOError:
            return False
        except OSError:
            # The folder is gone: what is in the open file is this process's alone.
            return True
        return True

    def close(self) -> None:
        """Let go of the file and of the claim."""
        self.file.close()
        if self._claimed is not None:
            os.close(self._claimed)
            self._claimed = None

    def copied(self) -> "Index":
        """Return a copy in memory, with the claim to it; lets go of this one. Blocks.

        For who has to know the files as they are now while another process keeps the index.
        """
        copy = Index(self._given, None, self._work.reading)
        self.file.copy(copy.file)
        self.close()
        return copy

    def look(self) -> Difference:
        """Return how the files there are differ from those in the index. Blocks: lists them all."""
        problems: list[SourceError] = []
        found = listed(self._given, problems)
        with self.file.writing():
            self.file.say(LISTING, msgspec.json.encode([Told.of(one) for one in problems]))
        return difference(self.file.files(), found, problems)

    def bring(self, found: Difference, told: Callable[[Progress], None] = lambda _: None) -> None:
        """Take up what has changed; only with the `claim`. Blocks."""
        indexer = Indexer(self.file, self._work)
        with self._executor(len(found.changed)) as executor:
            indexer.bring(found, executor, told)

    def unused(self) -> list[Unused]:
        """Return the tables of the mapping that match no file that is known. Blocks."""
        mapping = self._work.reading.mapping
        if mapping is None:
            return []
        roots = [one.path.rstrip("/") for one in self.roots]
        known = ((roots[root], path) for root, path, *_ in self.file.in_order())
        return unused(mapping, (path_below(root, path) for root, path in known))

    def keep(self) -> None:
        """Have the next server find all records in one piece; only with the `claim`. Blocks."""
        self.file.keep()

    def update(self, told: Callable[[Progress], None] = lambda _: None) -> None:
        """Look for what has changed, and take it up; only with the `claim`. Blocks."""
        self.bring(self.look(), told)

    def _executor(self, files: int) -> Executor:
        local = all(isinstance(one.filesystem, fs.LocalFileSystem) for one in self._work.roots)
        if not local:
            return ThreadPoolExecutor(THREADS, "ecgstream-index")
        if files < MANY:
            # On a disk a second thread has nothing to wait for.
            return ThreadPoolExecutor(1, "ecgstream-index")
        count = min(PROCESSES, os.cpu_count() or 1)
        # Spawned, never forked: Arrow has threads.
        return ProcessPoolExecutor(count, get_context("spawn"))


def path_below(root: str, path: str) -> str:
    """Return a file's path below its data root, as mappings have it; a root may be that file."""
    return path.rpartition("/")[2] if path == root else path.removeprefix(root).lstrip("/")


def _name(places: Sequence[Place], reading: Reading) -> str:
    said = [f"{place.filesystem.type_name}:{place.path}" for place in places]
    # The same files are other records by another mapping.
    said.append(reading.digest)
    return hashlib.blake2b("\n".join(said).encode(), digest_size=12).hexdigest()


def _version(values: str) -> str:
    said = f"{SCHEMA} {values}"
    return hashlib.blake2b(said.encode(), digest_size=4).hexdigest()


def _claimed(path: Path) -> int:
    """Return the descriptor of the claim to an index. Raises BlockingIOError: somebody has it."""
    descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _opened(folder: Path | None, name: str, version: str) -> IndexFile:
    """Return the index file, made anew where it is damaged; in memory where none can be had.

    A file for each version: servers of two releases are at work side by side in a rolling upgrade.
    """
    if folder is not None:
        path = folder / f"{name}-{version}{SUFFIX}"
        try:
            made = _intact(path)
        except (OSError, Fault) as error:
            _log.warning("no index in %s (%s): it is kept in memory", folder, error)
        else:
            _tidy(folder, path, name)
            return made
    return IndexFile(None)


def _intact(path: Path) -> IndexFile:
    try:
        return IndexFile(path)
    except Fault as error:
        if not is_damage(error):
            raise
        _log.warning("index %s is damaged (%s): it is made anew", path, error)
        remove(path)
        return IndexFile(path)


def _tidy(folder: Path, used: Path, name: str) -> None:
    """Remove indexes of archives that nobody serves any more, and other releases' of this one."""
    with contextlib.suppress(OSError):
        os.utime(used)
        for other in folder.glob(f"*{SUFFIX}"):
            if time.time() - other.stat().st_mtime > KEPT_DAYS * 86_400 or (
                other != used and other.name.startswith(name) and _is_left(other)
            ):
                remove(other)
                other.with_suffix(".lock").unlink(missing_ok=True)


def _is_left(path: Path) -> bool:
    """Return whether no process keeps an index up to date."""
    if sys.platform == "win32":
        return False
    try:
        os.close(_claimed(path))
    except BlockingIOError:
        return False
    return True
