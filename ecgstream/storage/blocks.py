"""Decoded pieces of records in memory: bounded, shared, read ahead, pinned while in use.

A piece is what is stored as one (a row group) of one lead. Whoever plays holds a `Cursor`; pieces
under a cursor are pinned and never evicted, all others go, least recently used first, when the
budget is full. A piece is read once however many cursors wait for it.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import LimitReached, SourceCorrupt, SourceError, SourceUnavailable
from ecgstream.model.block import NUMPY, Column, is_missing
from ecgstream.storage.source import SignalSource

RETRY_S: Final = 1.0
"""How long after a failed read the same piece is tried again."""

GAPS_KEPT: Final = 10_000
_FOREVER: Final = 2**63

Key = tuple[str, str, int]
"""Record, lead, number of the piece."""
GapKey = tuple[str, tuple[str, ...], int, int]
"""Record, leads, the cell's edge from which on nothing is known, samples of a cell."""
_Found = tuple[int, str]
_Columns = list[Column] | SourceUnavailable


@dataclass(slots=True, eq=False)
class _Entry:
    """A piece in memory, or on its way there."""

    start: int
    stop: int
    nbytes: int
    column: Column | None = None
    pins: int = 0
    reading: bool = False
    failed: SourceError | None = None
    waiting: set["Cursor"] = field(default_factory=set)


class BlockCache:
    """The pieces in memory, within `budget` bytes. Belongs to one event loop."""

    def __init__(
        self,
        source: SignalSource,
        readers: Executor,
        budget: int,
        observe: Callable[[float], None] = lambda _: None,
    ) -> None:
        """Tell `observe` how long (s) each read and decode took, on its reader thread."""
        self._source = source
        self._observe = observe
        self._readers = readers
        self.budget = budget
        self._entries: dict[Key, _Entry] = {}
        self._idle: OrderedDict[Key, None] = OrderedDict()  # not pinned, least recently used first
        self._gap_stops: OrderedDict[GapKey, _Found] = OrderedDict()
        self._searches: dict[GapKey, set[Callable[[], None]]] = {}
        self.held = 0
        """Bytes of all pieces in memory or on their way."""
        self.pinned = 0
        """Bytes of those under a cursor."""
        self.hits = 0
        self.reads = 0

    def cursor(
        self,
        record: str,
        leads: Sequence[str],
        on_ready: Callable[[], None],
    ) -> "Cursor":
        """Return a cursor over `leads`; `on_ready` is called when what it waited for is there."""
        return Cursor(self, record, tuple(leads), on_ready)

    def edges(self, record: str, lead: str) -> NDArray[np.int64]:
        """Return the source's edges of a lead."""
        return self._source.edges(record, lead)

    def sizes(self, record: str, lead: str) -> list[int]:
        """Return the bytes of each piece of a lead in memory: none where it holds nothing."""
        itemsize = NUMPY[self._source.record(record).lead(lead).dtypes[0]].itemsize
        samples = np.diff(self.edges(record, lead))
        sizes: list[int] = np.where(
            self._source.empty(record, lead), 0, samples * itemsize
        ).tolist()
        return sizes

    def would_pin(self, keys: Iterable[Key], sizes: Iterable[int]) -> int:
        """Return the bytes that pinning these pieces would add to what is pinned."""
        added = 0
        for key, size in zip(keys, sizes, strict=True):
            entry = self._entries.get(key)
            if entry is None:
                added += size
            elif not entry.pins:
                added += entry.nbytes
        return added

    def pin(self, key: Key, start: int, stop: int, nbytes: int) -> _Entry | None:
        """Return the piece, pinned, which may still have to be read.

        None where the budget is taken by pieces in use.
        """
        entry = self._entries.get(key)
        if entry is None:
            if self.pinned + nbytes > self.budget:
                return None
            entry = self._entries[key] = _Entry(start, stop, nbytes)
            self.held += nbytes
        elif not entry.pins and self.pinned + entry.nbytes > self.budget:
            return None
        if not entry.pins:
            self.pinned += entry.nbytes
            self._idle.pop(key, None)
        entry.pins += 1
        self._evict()
        return entry

    def unpin(self, key: Key) -> None:
        """Let go of a piece."""
        entry = self._entries[key]
        entry.pins -= 1
        if not entry.pins:
            self.pinned -= entry.nbytes
            self._rest(key, entry)
            self._evict()

    def _rest(self, key: Key, entry: _Entry) -> None:
        """File a piece that nobody pins; one on its way is filed when it is there."""
        if entry.column is not None:
            self._idle[key] = None
        elif not entry.reading:
            del self._entries[key]
            self.held -= entry.nbytes

    def load(self, keys: Sequence[Key]) -> None:
        """Read pieces of several leads that have the very same edges, in one go."""
        self.reads += 1
        loop = asyncio.get_running_loop()
        record = keys[0][0]
        names = [lead for _, lead, _ in keys]
        for key in keys:
            self._entries[key].reading = True
        first = self._entries[keys[0]]
        reading = loop.run_in_executor(
            self._readers, _timed_read, self._source, record, names, first.start, first.stop
        )
        reading.add_done_callback(partial(self._arrived, keys))

    def _arrived(
        self, keys: Sequence[Key], reading: "asyncio.Future[tuple[_Columns, float]]"
    ) -> None:
        if reading.cancelled():
            return
        mistake = reading.exception()
        # A mistake of ours goes to the log; the viewer is told no more than that it failed.
        columns: _Columns = SourceUnavailable("the read failed")
        if not mistake:
            columns, seconds = reading.result()
            self._observe(seconds)
        ready: set[Cursor] = set()
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
        for cursor in ready:
            cursor.arrived()
        if mistake:
            raise mistake

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


class Cursor:
    """One viewer's hold on the pieces around its place."""

    def __init__(
        self,
        cache: BlockCache,
        record: str,
        leads: tuple[str, ...],
        on_ready: Callable[[], None],
    ) -> None:
        self._cache = cache
        self._record = record
        self._leads = leads
        self._on_ready = on_ready
        self._edges = [cache.edges(record, lead) for lead in leads]
        self._sizes = [cache.sizes(record, lead) for lead in leads]
        self._pinned: dict[Key, _Entry] = {}
        self._columns: list[list[Column]] = [[] for _ in leads]
        self._start = self._stop = 0
        self.failed: SourceError | None = None
        """Why what it waits for, or will, is not to be had at the moment."""
        self.crowded = False
        """What it waits for does not fit into the budget at the moment."""

    @property
    def covered(self) -> int:
        """Return up to which sample the columns of the last answer leave nothing out."""
        return self._stop

    def columns(self, start: int, stop: int, horizon: int) -> list[list[Column]] | None:
        """Return for each lead the columns that cover [start, stop); None while they are read.

        Pieces up to sample `horizon` are read ahead; what lies before `start` is let go. A lead
        that ends before `stop` has columns up to its end only.
        """
        if self._start <= start and max(stop, horizon) <= self._stop:
            return self._columns
        wanted = self._pieces(start, max(stop, horizon))
        for key in [key for key in self._pinned if key not in wanted]:
            self._let_go(key)
        needed = {key: span for key, span in wanted.items() if span[0] < stop}
        # What is needed now comes first: reading ahead has what the budget leaves.
        self.crowded = not self._pin(needed)
        self._pin({key: span for key, span in wanted.items() if key not in needed})
        return self._gather(start, stop)

    def admit(self, start: int, stop: int) -> None:
        """Raise LimitReached where the pieces for [start, stop) do not fit beside those in use."""
        wanted = self._pieces(start, stop)
        sizes = [nbytes for _, _, nbytes in wanted.values()]
        whole = sum(sizes)
        if whole > self._cache.budget:
            raise LimitReached(
                f"what is stored in one piece here needs {whole:,} bytes of memory, and "
                f"{self._cache.budget:,} is all that is set aside for decoded signals; choose "
                "fewer leads, write smaller row groups, or give the server more memory",
                retryable=False,
            )
        added = self._cache.would_pin(wanted, sizes)
        if added + self._cache.pinned > self._cache.budget:
            raise LimitReached(
                f"the memory for decoded signals is in use: {added:,} bytes more are needed, "
                f"{self._cache.budget - self._cache.pinned:,} of {self._cache.budget:,} are free"
            )

    def release(self) -> None:
        """Let go of everything."""
        for key in list(self._pinned):
            self._let_go(key)
        self._start = self._stop = 0
        self.failed = None

    def _let_go(self, key: Key) -> None:
        self._pinned.pop(key).waiting.discard(self)
        self._cache.unpin(key)

    def arrived(self) -> None:
        """Something it waited for is there, or failed."""
        self._on_ready()

    def _pieces(self, start: int, stop: int) -> dict[Key, tuple[int, int, int]]:
        wanted: dict[Key, tuple[int, int, int]] = {}
        for lead, edges, sizes in zip(self._leads, self._edges, self._sizes, strict=True):
            first = max(0, int(np.searchsorted(edges, start, "right")) - 1)
            for k in range(first, len(edges) - 1):
                low, high = int(edges[k]), int(edges[k + 1])
                if low >= stop:
                    break
                if high > start:
                    wanted[self._record, lead, k] = (low, high, sizes[k])
        return wanted

    def _pin(self, wanted: dict[Key, tuple[int, int, int]]) -> bool:
        """Pin pieces and have read what is not here yet; say whether all found room."""
        to_read: dict[tuple[int, int], list[Key]] = {}
        room = True
        for key, (low, high, nbytes) in wanted.items():
            entry = self._pinned.get(key)
            if entry is None:
                entry = self._cache.pin(key, low, high, nbytes)
                if entry is None:
                    room = False
                    continue
                self._pinned[key] = entry
            if entry.column is None:
                if not entry.reading and entry.failed is None:
                    to_read.setdefault((low, high), []).append(key)
                entry.waiting.add(self)
            else:
                self._cache.hits += 1
        for keys in to_read.values():
            self._cache.load(keys)
        return room

    def _gather(self, start: int, stop: int) -> list[list[Column]] | None:
        """Take stock of what is there; None where some of [start, stop) is not."""
        failed = next((e.failed for e in self._pinned.values() if e.failed), None)
        here: dict[str, list[Column]] = {lead: [] for lead in self._leads}
        for (_, lead, _), entry in self._pinned.items():
            if entry.column is not None:
                here[lead].append(entry.column)
        self._columns = list(here.values())
        covered = _FOREVER
        for columns, edges in zip(self._columns, self._edges, strict=True):
            columns.sort(key=lambda column: column.start)
            reach = start
            for column in columns:
                if column.start <= reach:
                    reach = max(reach, column.stop)
            if reach < int(edges[-1]):
                covered = min(covered, reach)
        self._start, self._stop = start, covered
        # While it is tried again, why it failed the last time is still all that can be said.
        self.failed = failed or (None if covered >= stop else self.failed)
        return self._columns if covered >= stop else None

    def retry(self) -> None:
        """Read again what failed."""
        for entry in self._pinned.values():
            entry.failed = None


def _timed_read(
    source: SignalSource, record: str, leads: Sequence[str], start: int, stop: int
) -> tuple[_Columns, float]:
    """Read on a reader thread; return also how long (s) that took."""
    begun = time.perf_counter()
    columns = _read(source, record, leads, start, stop)
    return columns, time.perf_counter() - begun


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
    record, leads, start, cell = gap
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
