"""Decoded pieces of records in memory: bounded, shared, read ahead, pinned while in use.

A piece is what is stored as one (a row group) of one lead. Whoever plays holds a cursor on a shelf
(`storage.shelf`); pieces under a cursor are pinned and never evicted, all others go, least recently
used first, when the budget is full. A piece is read once however many wait for it.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import (
    RecordNotFound,
    SourceCorrupt,
    SourceError,
    SourceReplaced,
    SourceUnavailable,
)
from ecgstream.model.block import NUMPY, Column, is_missing
from ecgstream.storage.source import SignalSource

RETRY_S: Final = 1.0
"""How long after a failed read the same piece is tried again."""

GATHER_S: Final = 0.5
"""So long reads that are not needed yet wait for one another. One by one they cost twice as much:
a reader that wakes up for each finds nothing that it needs in the processor's caches."""
GATHERED: Final = 8
"""Reads in one go at most, some 10 ms of a reader."""
FAR_S: Final = 0.02
"""What takes longer to read is far away, or large: that goes one by one, over all readers, or the
last of those that waited for one another would come too late."""

GAPS_KEPT: Final = 10_000

Key = tuple[str, str, int, str]
"""Record, lead, number of the piece, and the version of the record: a record that was replaced has
other pieces under the same numbers, and the two never stand for each other."""
GapKey = tuple[str, tuple[str, ...], int, int, str]
"""Record, leads, the cell's edge from which on nothing is known, samples of a cell, version."""
T = TypeVar("T")
_Found = tuple[int, str]
_Columns = list[Column] | SourceUnavailable
_TimedRead = tuple[_Columns | Exception, float]


class Waiting(Protocol):
    """Who waits for a piece."""

    def arrived(self) -> None:
        """Look again: it is there, or its read failed."""
        ...


@dataclass(slots=True, eq=False)
class Entry:
    """A piece in memory, or on its way there."""

    key: Key
    start: int
    stop: int
    nbytes: int
    column: Column | None = None
    pins: int = 0
    reading: bool = False
    failed: SourceError | None = None
    waiting: set[Waiting] = field(default_factory=set)


class BlockCache:
    """The pieces in memory, within `budget` bytes. Belongs to one event loop."""

    def __init__(
        self,
        source: SignalSource,
        readers: Executor,
        budget: int,
        observe: Callable[[float], None] = lambda _: None,
        *,
        gather_s: float = 0.0,
    ) -> None:
        """Tell `observe` how long (s) each read and decode took, on its reader thread.

        What is read ahead may wait for `gather_s`, to be read together with more.
        """
        self._source = source
        self._gather_s = gather_s
        self._gathered: list[Sequence[Key]] = []
        self._gathering: asyncio.TimerHandle | None = None
        self._far = False
        self._observe = observe
        self._readers = readers
        self.budget = budget
        self._entries: dict[Key, Entry] = {}
        self._idle: OrderedDict[Key, None] = OrderedDict()  # not pinned, least recently used first
        self._gap_stops: OrderedDict[GapKey, _Found] = OrderedDict()
        self._searches: dict[GapKey, set[Callable[[], None]]] = {}
        self.held = 0
        """Bytes of all pieces in memory or on their way."""
        self.pinned = 0
        """Bytes of those under a cursor."""
        self.hits = 0
        self.reads = 0

    def version(self, record: str) -> str:
        """Return the source's version of a record."""
        return self._source.version(record)

    def forget(self, records: Collection[str]) -> None:
        """Let go of what is of these records: they were replaced, or are no more.

        It would never be asked for again; what is in use goes when it is let go of.
        """
        for key in [key for key in self._idle if key[0] in records]:
            del self._idle[key]
            self.held -= self._entries.pop(key).nbytes
        for gap in [gap for gap in self._gap_stops if gap[0] in records]:
            del self._gap_stops[gap]

    def edges(self, record: str, lead: str) -> NDArray[np.int64]:
        """Return the source's edges of a lead."""
        return self._source.edges(record, lead)

    def sizes(self, record: str, lead: str) -> NDArray[np.int64]:
        """Return the bytes of each piece of a lead in memory: none where it holds nothing."""
        itemsize = NUMPY[self._source.record(record).lead(lead).dtypes[0]].itemsize
        samples = np.diff(self.edges(record, lead))
        return np.where(self._source.empty(record, lead), 0, samples * itemsize)

    def would_pin(self, sizes: Mapping[Key, int]) -> int:
        """Return the bytes that pinning these pieces would add to what is pinned."""
        added = 0
        for key, size in sizes.items():
            entry = self._entries.get(key)
            if entry is None:
                added += size
            elif not entry.pins:
                added += entry.nbytes
        return added

    def pin(self, key: Key, start: int, stop: int, nbytes: int) -> Entry | None:
        """Return the piece, pinned, which may still have to be read.

        None where the budget is taken by pieces in use.
        """
        entry = self._entries.get(key)
        if entry is None:
            if self.pinned + nbytes > self.budget:
                return None
            entry = self._entries[key] = Entry(key, start, stop, nbytes)
            self.held += nbytes
        elif not entry.pins and self.pinned + entry.nbytes > self.budget:
            return None
        if not entry.pins:
            self.pinned += entry.nbytes
            self._idle.pop(key, None)
        entry.pins += 1
        self._evict()
        return entry

    def unpin(self, entry: Entry) -> None:
        """Let go of a piece."""
        entry.pins -= 1
        if not entry.pins:
            self.pinned -= entry.nbytes
            self._rest(entry.key, entry)
            self._evict()

    def _rest(self, key: Key, entry: Entry) -> None:
        """File a piece that nobody pins; one on its way is filed when it is there."""
        if entry.column is not None:
            self._idle[key] = None
        elif not entry.reading:
            del self._entries[key]
            self.held -= entry.nbytes

    def load(self, keys: Sequence[Key]) -> None:
        """Read pieces of several leads that have the very same edges, in one go.

        Soon; `hurry` says that it is waited for.
        """
        self.reads += 1
        for key in keys:
            self._entries[key].reading = True
        self._gathered.append(keys)
        if not self._gather_s or self._far or len(self._gathered) >= GATHERED:
            self.hurry()
        elif self._gathering is None:
            loop = asyncio.get_running_loop()
            self._gathering = loop.call_later(self._gather_s, self.hurry)

    def hurry(self) -> None:
        """Read what waits for more at once."""
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        if not self._gathered:
            return
        gathered, self._gathered = self._gathered, []
        wanted = []
        for keys in gathered:
            first = self._entries[keys[0]]
            wanted.append(_Wanted(keys[0][0], [key[1] for key in keys], first, keys[0][3]))
        reading = asyncio.get_running_loop().run_in_executor(
            self._readers, _timed_reads, self._source, wanted
        )
        reading.add_done_callback(partial(self._all_arrived, gathered))

    def _all_arrived(
        self, gathered: list[Sequence[Key]], reading: "asyncio.Future[list[_TimedRead]]"
    ) -> None:
        if reading.cancelled():
            return
        reads = reading.result()
        self._far = max(seconds for _, seconds in reads) > FAR_S
        mistakes: list[Exception] = []
        for keys, (columns, seconds) in zip(gathered, reads, strict=True):
            try:
                if isinstance(columns, list | SourceUnavailable):
                    self._observe(seconds)
                    self._arrived(keys, columns)
                else:
                    # It goes to the log; the viewer is told no more than that it failed.
                    mistakes.append(columns)
                    self._arrived(keys, SourceUnavailable("the read failed"))
            except Exception as mistake:  # noqa: BLE001 - the other reads have arrived all the same
                mistakes.append(mistake)
        if mistakes:
            raise mistakes[0]

    def _arrived(self, keys: Sequence[Key], columns: _Columns) -> None:
        ready: set[Waiting] = set()
        for number, key in enumerate(keys):
            entry = self._entries[key]
            entry.reading = False
            ready |= entry.waiting
            entry.waiting.clear()
            if isinstance(columns, SourceUnavailable):
                entry.failed = columns
            else:
                entry.column = columns[number]
                change = entry.column.nbytes - entry.nbytes
                entry.nbytes += change
                self.held += change
                if entry.pins:
                    self.pinned += change
            if not entry.pins:
                self._rest(key, entry)
        self._evict()
        for waiting in ready:
            waiting.arrived()

    def _evict(self) -> None:
        """Drop what is not in use, least recently used first, until the budget holds."""
        while self.held > self.budget and self._idle:
            key, _ = self._idle.popitem(last=False)
            self.held -= self._entries.pop(key).nbytes

    def gap_stop(self, gap: GapKey, length: int, on_ready: Callable[[], None]) -> _Found | None:
        """Return where the run of empty cells that may begin at a place stops, and its reason.

        That is the place itself where its cell is not empty. None while it is being looked for;
        then `on_ready` is called, and may ask again. Reads ahead piece by piece without holding
        anything.
        """
        found = self._gap_stops.get(gap)
        if found is not None:
            return found
        if gap in self._searches:
            self._searches[gap].add(on_ready)
            return None
        self._searches[gap] = {on_ready}
        search = asyncio.get_running_loop().run_in_executor(
            self._readers, _gap_stop, self._source, gap, length
        )
        search.add_done_callback(partial(self._searched, gap))
        return None

    def _searched(self, gap: GapKey, search: "asyncio.Future[_Found | SourceUnavailable]") -> None:
        if search.cancelled():
            return
        mistake = search.exception()
        found = None if mistake else search.result()
        if found is None or isinstance(found, SourceUnavailable):
            # Still noted as being looked for, so that whoever asks meanwhile does not hurry it.
            asyncio.get_running_loop().call_later(RETRY_S, self._search_over, gap)
        else:
            self._gap_stops[gap] = found
            if len(self._gap_stops) > GAPS_KEPT:
                self._gap_stops.popitem(last=False)
            self._search_over(gap)
        if mistake:
            raise mistake

    def _search_over(self, gap: GapKey) -> None:
        for on_ready in self._searches.pop(gap):
            on_ready()


class _Wanted:
    """What is to be read: a piece of some leads, of one version of their record."""

    __slots__ = ("leads", "record", "start", "stop", "version")

    def __init__(self, record: str, leads: Sequence[str], piece: Entry, version: str) -> None:
        self.record = record
        self.leads = leads
        self.start = piece.start
        self.stop = piece.stop
        self.version = version


def _timed_reads(source: SignalSource, wanted: Sequence[_Wanted]) -> list[_TimedRead]:
    """Read on a reader thread; return also how long (s) each took."""
    reads = []
    for one in wanted:
        begun = time.perf_counter()
        columns: _Columns | Exception
        try:
            columns = _of_version(
                source,
                one.record,
                one.version,
                lambda one=one: _read(source, one.record, one.leads, one.start, one.stop),  # type: ignore[misc]
            )
        except Exception as mistake:  # noqa: BLE001 - of one file; the others are read all the same
            columns = mistake
        reads.append((columns, time.perf_counter() - begun))
    return reads


def _of_version(
    source: SignalSource, record: str, version: str, read: Callable[[], T]
) -> T | SourceUnavailable:
    """Return what `read` returns, if the record is of that version until it has returned."""
    try:
        if source.version(record) != version:
            return SourceReplaced()
        found = read()
        return found if source.version(record) == version else SourceReplaced()
    except RecordNotFound:
        return SourceReplaced()


def _read(
    source: SignalSource, record: str, leads: Sequence[str], start: int, stop: int
) -> _Columns:
    """Read on a reader thread. What is corrupt is a hole, with the reason, never an exception."""
    try:
        return source.read(record, leads, start, stop)
    except SourceUnavailable as error:
        return error
    except SourceCorrupt:
        if len(leads) == 1:
            dtype = source.record(record).lead(leads[0]).dtypes[0]
            return [Column(start, stop, dtype, None, reason="corrupt")]
    # One bad column must not take the others of its row group along.
    columns: list[Column] = []
    for lead in leads:
        alone = _read(source, record, [lead], start, stop)
        if isinstance(alone, SourceUnavailable):
            return alone
        columns += alone
    return columns


def _gap_stop(source: SignalSource, gap: GapKey, length: int) -> _Found | SourceUnavailable:
    """Find the first cell in which any lead has a sample: where the gap stops, and why.

    The reason is `corrupt` where any part of the gap is.
    """
    record, leads, start, cell, version = gap
    return _of_version(
        source, record, version, lambda: _stop_of(source, record, leads, (start, cell, length))
    )


def _stop_of(
    source: SignalSource, record: str, leads: Sequence[str], at: tuple[int, int, int]
) -> _Found | SourceUnavailable:
    start, cell, length = at
    edges = {lead: source.edges(record, lead) for lead in leads}
    reason = "missing"
    low = start
    while low < length:
        # Piece by piece, so that a gap of hours is never in memory at once.
        going_on = [lead for lead in leads if edges[lead][-1] > low]
        if not going_on:
            break
        high = min(int(e[np.searchsorted(e, low, "right")]) for e in (edges[i] for i in going_on))
        columns = _read(source, record, going_on, low, high)
        if isinstance(columns, SourceUnavailable):
            return columns
        present = [c.start + i for c in columns if (i := _first_present(c)) is not None]
        stop = max(start, min(present) // cell * cell) if present else high
        if stop > low and any(column.reason == "corrupt" for column in columns):
            reason = "corrupt"
        if present:
            return stop, reason
        low = high
    return length, reason


def _first_present(column: Column) -> int | None:
    """Return the offset of the first sample that is there."""
    if column.samples is None:
        return None
    there = np.flatnonzero(~is_missing(column.samples, column.dtype))
    return int(there[0]) if len(there) else None
