"""Which pyramids of a source there are, and how one is made: beside its record, kept, in memory."""

import io
import logging
import threading
from collections import OrderedDict
from collections.abc import Collection, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from ecgstream.errors import SourceReplaced
from ecgstream.model.record import Lead
from ecgstream.storage import pieces
from ecgstream.storage.derived.cache_folder import PART, CacheFolder
from ecgstream.storage.derived.pyramid import Ladder
from ecgstream.storage.derived.pyramid_file import (
    About,
    Damaged,
    FileBytes,
    MemoryBytes,
    Pyramid,
    PyramidWriter,
    TooMuch,
)
from ecgstream.storage.source import SignalSource
from ecgstream.storage.staging import synced

SUFFIX: Final = ".pyramid"
"""Not `.parquet`: nobody who looks for signals takes it for one."""

SMALL_VALUES: Final = 1 << 22
"""Up to so many values of all leads a record needs no pyramid: to read them takes some 15 ms."""

STEP_VALUES: Final = 1 << 18
"""Values of a step while one is made: a row group of our own, a millisecond or two."""

NO_LIMIT: Final = 1 << 62

OPEN_MOST: Final = 64
"""Pyramids that stay open: a descriptor each, and 0.2 MB for a day of twelve leads."""

MEMORY_BYTES: Final = 64 << 20
"""What may be kept in memory where no folder takes it: a day of twelve leads at 500 Hz is 43 MB."""

Key = tuple[str, float]
"""Record and rate."""
_Kept = tuple[str, float, str]
"""The same, and the version of the record."""

_log = logging.getLogger("ecgstream.pyramid")


def leads_at(source: SignalSource, record: str, fs: float) -> list[Lead]:
    """Return the leads of a record at one rate. Raises RecordNotFound."""
    return [lead for lead in source.record(record).leads if lead.fs == fs]


def rate_name(fs: float) -> str:
    """Return a rate as it stands in the name of a file."""
    return f"{repr(fs).removesuffix('.0')}Hz"


def make(source: SignalSource, key: Key, made_of: str, out: BinaryIO, most: int) -> Iterator[None]:
    """Write the pyramid of a record at one rate to `out`, a step of some milliseconds at a time.

    Each row group is decoded once. Raises SourceUnavailable, TooMuch (above `most` bytes), OSError.
    """
    record, fs = key
    leads = leads_at(source, record, fs)
    length = source.record(record).length_at(fs)
    writer = PyramidWriter(out, most)
    corrupt: pieces.Runs = {}
    for some in pieces.together(source, record, leads):
        names = [lead.name for lead in some]
        ladders = [Ladder(length, lead.dtypes[0], partial(writer.add, lead.name)) for lead in some]
        longest = max(lead.length for lead in some)
        for low, high in pieces.spans(source, record, names, 0, longest, most=STEP_VALUES):
            read = pieces.read(source, record, names, low, high)
            for name, ladder, columns in zip(names, ladders, read, strict=True):
                for column in columns:
                    ladder.add(column)
                    pieces.note(corrupt, name, column)
            del read
            yield
        for ladder in ladders:
            ladder.close()
    dtypes = {lead.name: lead.dtypes[0] for lead in leads}
    writer.close(About(made_of, fs, length, dtypes, corrupt))


class Pyramids:
    """The pyramids of `source`: found, made, and dropped when damaged. Safe on several threads.

    They lie beside the record, where an import made them, else in `folder`, else in `memory` bytes.
    All that is not said to be cheap blocks.
    """

    def __init__(
        self,
        source: SignalSource,
        folder: CacheFolder | None = None,
        *,
        memory: int = MEMORY_BYTES,
        small: int = SMALL_VALUES,
    ) -> None:
        self.source = source
        self._folder = folder
        self._memory = memory
        self._small = small
        self._lock = threading.Lock()
        self._open: OrderedDict[_Kept, Pyramid] = OrderedDict()
        self._held: OrderedDict[_Kept, Pyramid] = OrderedDict()
        self._bad: set[Path] = set()
        self._given_up: set[_Kept] = set()
        self._read_only = False

    def needed(self, key: Key) -> bool:
        """Return whether a record is long enough for one. Cheap."""
        return sum(lead.length for lead in leads_at(self.source, *key)) > self._small

    def hopeless(self, key: Key) -> bool:
        """Return whether there will be none, for it is too large. Cheap."""
        return bool(self._given_up) and self._kept(key) in self._given_up

    def find(self, key: Key) -> Pyramid | None:
        """Return the pyramid of a record at one rate; None where it is still to be made."""
        # First of all: what is found of a record that is replaced meanwhile is kept as the one of
        # before, for which nobody asks again.
        own = self._kept(key)
        with self._lock:
            for kept in (self._open, self._held):
                if own in kept:
                    kept.move_to_end(own)
                    return kept[own]
        for path, made_of in self._places(key):
            found = self._opened(key, path, made_of)
            if found is not None:
                if self._folder is not None and path.parent == self._folder.path:
                    self._folder.used(path)
                with self._lock:
                    self._open[own] = found
                    if len(self._open) > OPEN_MOST:
                        self._open.popitem(last=False)
                return found
        return None

    def _kept(self, key: Key) -> _Kept:
        return (*key, self.source.version(key[0]))

    def forget(self, records: Collection[str]) -> None:
        """Let go of what is held of these records: they were replaced, or are no more. Cheap."""
        with self._lock:
            for kept in (self._open, self._held):
                for own in [own for own in kept if own[0] in records]:
                    del kept[own]
            self._given_up = {own for own in self._given_up if own[0] not in records}

    def _places(self, key: Key) -> list[tuple[Path, str]]:
        """Return where the pyramid may be, and what it has to be made of."""
        record, fs = key
        places = []
        beside = self.source.beside(record)
        if beside is not None:
            places.append((beside.folder / f"{rate_name(fs)}{SUFFIX}", beside.content))
        if self._folder is not None:
            version = self.source.version(record)
            places.append((self._folder.file(_name(version, fs)), version))
        return [one for one in places if one[0] not in self._bad]

    def _opened(self, key: Key, path: Path, made_of: str) -> Pyramid | None:
        record, fs = key
        try:
            found = Pyramid(FileBytes(path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (Damaged, OSError) as error:
            self._discard(path, error)
            return None
        length = self.source.record(record).length_at(fs)
        if found.about.fits(made_of, fs, length, leads_at(self.source, record, fs)):
            return found
        self._discard(path, Damaged("it is of other samples"))
        return None

    def _discard(self, path: Path, why: Damaged | OSError) -> None:
        """Use a file no more: a kept one goes, for it can be made again."""
        kept = self._folder is not None and path.parent == self._folder.path
        what = "it is made anew" if kept else "not used: import the record anew"
        _log.warning("%s: %s; %s", path, why, what)
        try:
            if kept and isinstance(why, Damaged):
                path.unlink(missing_ok=True)
                return
        except OSError as error:
            _log.warning("%s: %s", path, error.strerror)
        self._bad.add(path)

    def drop(self, key: Key, damage: Damaged | OSError) -> None:
        """Take note that the pyramid found cannot be read: the next `find` does not give it."""
        own = self._kept(key)
        with self._lock:
            self._open.pop(own, None)
            self._held.pop(own, None)
        places = self._places(key)
        for path, _ in places:
            if path.exists():
                # The first one is the one that was opened.
                self._discard(path, damage)
                return

    def make(self, key: Key) -> Generator[None]:
        """Make the pyramid of a record at one rate, a step of some milliseconds at a time.

        To be closed where it is not gone through. Raises Busy where another process makes one,
        SourceUnavailable where the record's files are not to be had, or not those of the scan.
        """
        record, fs = key
        version = self.source.version(record)
        try:
            if self._folder is not None and not self._read_only:
                try:
                    with self._folder.writing(_name(version, fs)) as out:
                        yield from self._made(key, version, out, self._folder.most)
                except OSError as error:
                    _log.warning(
                        "%s: %s; pyramids are kept in memory from now on",
                        self._folder.path,
                        error.strerror or error,
                    )
                    self._read_only = True
                else:
                    # In the place of one that could not be read, if there was.
                    self._bad.discard(self._folder.file(_name(version, fs)))
                    return
            held = io.BytesIO()
            yield from self._made(key, version, held, self._memory)
            self._keep((*key, version), Pyramid(MemoryBytes(held.getvalue())))
        except TooMuch as error:
            self._given_up.add((*key, version))
            most = int(error.args[0]) >> 20
            _log.warning("the pyramid of %s is larger than %d MB and not kept", record, most)

    def _made(self, key: Key, version: str, out: BinaryIO, most: int) -> Iterator[None]:
        yield from make(self.source, key, version, out, most)
        # Asked at the end: what changed before then may be in it.
        if self.source.version(key[0]) != version or not self.source.unchanged(key[0]):
            raise SourceReplaced

    def _keep(self, own: _Kept, pyramid: Pyramid) -> None:
        with self._lock:
            self._held[own] = pyramid
            while sum(one.nbytes for one in self._held.values()) > self._memory:
                self._held.popitem(last=False)


def _name(version: str, fs: float) -> str:
    return f"{version}-{rate_name(fs)}"


def write_beside(source: SignalSource, record: str, *, small: int = SMALL_VALUES) -> Iterator[Path]:
    """Write the pyramids of a record beside it, where it needs one and has none; yield each.

    Written aside, synced, renamed: a folder that is served meanwhile is whole at every moment.
    Raises as `make` does.
    """
    beside = source.beside(record)
    shelf = Pyramids(source, small=small)
    for fs in dict.fromkeys(lead.fs for lead in source.record(record).leads):
        key = (record, fs)
        if beside is None or not shelf.needed(key) or shelf.find(key) is not None:
            continue
        path = beside.folder / f"{rate_name(fs)}{SUFFIX}"
        part = path.with_name(f".{path.name}{PART}")
        try:
            with part.open("wb") as out:
                for _ in make(source, key, beside.content, out, NO_LIMIT):
                    pass
            synced(part)
            part.rename(path)
            synced(path.parent)
        finally:
            part.unlink(missing_ok=True)
        yield path
