"""The stored pieces of some leads of a record, side by side, and the places viewers have there.

What all viewers of the same leads share is here once: where pieces begin, which of them are pinned,
and the samples of those as plain bytes. A viewer's own `Cursor` is a few numbers.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import LimitReached, SourceError
from ecgstream.model.block import Column, Dtype
from ecgstream.storage.blocks import BlockCache, Entry, Key

_FOREVER: Final = 2**63

Views = tuple[memoryview, ...]
"""The bytes of each lead over a stripe, in the order of the leads."""


class Stripe:
    """All leads of a shelf over [start, stop), in which no piece of any lead begins or ends.

    Pinned while any cursor holds it. `entries` are by lead; None where the lead has ended.
    """

    __slots__ = ("_views", "cursors", "entries", "ready", "start", "stop", "waiting")

    def __init__(self, start: int, stop: int, entries: list[Entry | None]) -> None:
        self.start = start
        self.stop = stop
        self.entries = entries
        self.cursors = 0
        self.ready = False
        """Every piece is in memory."""
        self.waiting: set[Cursor] = set()
        self._views: tuple[Dtype, Views | None] | None = None

    def arrived(self) -> None:
        """A piece is there, or its read failed: tell who waits once there is something to do."""
        self.ready = all(entry is None or entry.column is not None for entry in self.entries)
        if self.ready or self.failed:
            waiting, self.waiting = self.waiting, set()
            for cursor in waiting:
                cursor.arrived()

    @property
    def failed(self) -> SourceError | None:
        """Why a piece of it could not be read."""
        return next((e.failed for e in self.entries if e is not None and e.failed), None)

    def columns(self) -> list[Column | None]:
        """Return the column of each lead: None where it has ended, or is not there yet."""
        return [None if entry is None else entry.column for entry in self.entries]

    def views(self, dtype: Dtype) -> Views | None:
        """Return the samples of each lead as stored, where that is what goes out as `dtype`.

        None where a lead has missing values here, has ended, or is stored as another type.
        """
        if self._views is None or self._views[0] != dtype:
            self._views = dtype, self._bytes(dtype)
        return self._views[1]

    def _bytes(self, dtype: Dtype) -> Views | None:
        parts = []
        for column in self.columns():
            if column is None or not column.complete or column.dtype != dtype:
                return None
            parts.append(column.cut(self.start, self.stop, dtype).data.cast("B"))
        return tuple(parts)


class Shelf:
    """Leads `leads` of `record` in the cache."""

    def __init__(self, cache: BlockCache, record: str, leads: Sequence[str]) -> None:
        self.cache = cache
        self.leads = tuple(leads)
        self._record = record
        # First of all: were it replaced in between, nothing could be read of this shelf.
        self.version = cache.version(record)
        # Leads stored side by side share their edges: what is looked for there is the same.
        self._side_by_side: list[tuple[NDArray[np.int64], list[tuple[int, NDArray[np.int64]]]]] = []
        for place, lead in enumerate(leads):
            edges, sizes = cache.edges(record, lead), cache.sizes(record, lead)
            for others, group in self._side_by_side:
                if others is edges:
                    group.append((place, sizes))
                    break
            else:
                self._side_by_side.append((edges, [(place, sizes)]))
        self.edges = np.unique(np.concatenate([edges for edges, _ in self._side_by_side]))
        """Where stripes begin, and the end of the longest lead last."""
        self._stripes: dict[int, Stripe] = {}

    def cursor(self, on_ready: Callable[[], None]) -> "Cursor":
        """Return a cursor; `on_ready` is called when what it waited for is there."""
        return Cursor(self, on_ready)

    def numbers(self, start: int, stop: int) -> range:
        """Return the numbers of the stripes with any of [start, stop)."""
        first = max(0, int(np.searchsorted(self.edges, start, "right")) - 1)
        last = min(int(np.searchsorted(self.edges, stop)), len(self.edges) - 1)
        return range(first, last)

    def sizes(self, start: int, stop: int) -> dict[Key, int]:
        """Return the pieces that hold any of [start, stop), with their bytes in memory."""
        return {
            key: nbytes
            for number in self.numbers(start, stop)
            for piece in self._pieces(number)
            if piece is not None
            for key, _, _, nbytes in [piece]
        }

    def hold(self, number: int) -> Stripe | None:
        """Return a stripe, pinned for one cursor more, and have read what is not in memory.

        None where the budget is taken by pieces in use.
        """
        stripe = self._stripes.get(number)
        if stripe is None:
            entries: list[Entry | None] = []
            for piece in self._pieces(number):
                entry = None if piece is None else self.cache.pin(*piece)
                if piece is not None and entry is None:
                    self._unpin(entries)
                    return None
                entries.append(entry)
            span = int(self.edges[number]), int(self.edges[number + 1])
            stripe = self._stripes[number] = Stripe(*span, entries)
            self.read(stripe)
            stripe.arrived()
        stripe.cursors += 1
        return stripe

    def let_go(self, number: int) -> None:
        """Undo one `hold`."""
        stripe = self._stripes[number]
        stripe.cursors -= 1
        if not stripe.cursors:
            del self._stripes[number]
            for entry in stripe.entries:
                if entry is not None:
                    entry.waiting.discard(stripe)
            self._unpin(stripe.entries)

    def read(self, stripe: Stripe) -> None:
        """Have read what is neither in memory nor on its way nor failed."""
        to_read: dict[tuple[int, int], list[Key]] = {}
        for entry in stripe.entries:
            if entry is None:
                continue
            if entry.column is not None:
                self.cache.hits += 1
                continue
            entry.waiting.add(stripe)
            if not entry.reading and entry.failed is None:
                to_read.setdefault((entry.start, entry.stop), []).append(entry.key)
        for keys in to_read.values():
            self.cache.load(keys)

    def _pieces(self, number: int) -> list[tuple[Key, int, int, int] | None]:
        """Return for each lead the piece of a stripe: key, start, stop, bytes."""
        at = self.edges[number]
        found: list[tuple[Key, int, int, int] | None] = [None] * len(self.leads)
        for edges, group in self._side_by_side:
            k = int(edges.searchsorted(at, "right")) - 1
            if k + 1 < len(edges):
                start, stop = int(edges[k]), int(edges[k + 1])
                for place, sizes in group:
                    key = (self._record, self.leads[place], k, self.version)
                    found[place] = key, start, stop, int(sizes[k])
        return found

    def _unpin(self, entries: Sequence[Entry | None]) -> None:
        for entry in entries:
            if entry is not None:
                self.cache.unpin(entry)


def _unheard() -> None:
    """Nobody listens any more."""


class Cursor:
    """One viewer's hold on the stripes around its place.

    `start` and `stop` say between which samples everything is in memory.
    """

    __slots__ = ("_held", "_on_ready", "_shelf", "crowded", "failed", "start", "stop")

    def __init__(self, shelf: Shelf, on_ready: Callable[[], None]) -> None:
        self._shelf = shelf
        self._on_ready = on_ready
        self._held: dict[int, Stripe] = {}
        self.start = self.stop = 0
        self.failed: SourceError | None = None
        """Why what it waits for, or will, is not to be had at the moment."""
        self.crowded = False
        """What it waits for does not fit into the budget at the moment."""

    def covers(self, start: int, stop: int, horizon: int) -> bool:
        """Say whether [start, stop) is in memory; else `on_ready` says when to ask again.

        Stripes up to sample `horizon` are read ahead; what lies before `start` is let go.
        """
        if self.start <= start and max(stop, horizon) <= self.stop:
            return True
        shelf = self._shelf
        wanted = shelf.numbers(start, max(stop, horizon))
        for number in [number for number in self._held if number not in wanted]:
            self._let_go(number)
        self.crowded = False
        covered = start
        whole = True
        failed: SourceError | None = None
        # What is needed now comes first: reading ahead has what the budget leaves.
        for number in wanted:
            stripe = self._held.get(number)
            if stripe is None:
                stripe = shelf.hold(number)
                if stripe is None:
                    self.crowded = self.crowded or int(shelf.edges[number]) < stop
                    whole = False
                    continue
                self._held[number] = stripe
            elif not stripe.ready:
                shelf.read(stripe)
            if stripe.ready:
                covered = stripe.stop if whole else covered
                continue
            stripe.waiting.add(self)
            failed = failed or stripe.failed
            whole = False
        if covered < stop:
            shelf.cache.hurry()
        if covered >= int(shelf.edges[-1]):
            covered = _FOREVER
        self.start, self.stop = start, covered
        # While it is tried again, why it failed the last time is still all that can be said.
        self.failed = failed or (None if covered >= stop else self.failed)
        return covered >= stop

    def columns(self, start: int, stop: int, horizon: int = 0) -> list[list[Column]] | None:
        """Return for each lead the columns with any of [start, stop); None while they are read.

        A lead that ends before `stop` has columns up to its end only. See `covers`.
        """
        if not self.covers(start, stop, horizon):
            return None
        found: list[list[Column]] = [[] for _ in self._shelf.leads]
        for number in self._shelf.numbers(start, stop):
            for lead, column in zip(found, self._held[number].columns(), strict=True):
                # A piece may reach over several stripes, where another lead's ends sooner.
                if column is not None and (not lead or lead[-1] is not column):
                    lead.append(column)
        return found

    def stripe(self, start: int, stop: int) -> Stripe | None:
        """Return the one stripe that holds all of [start, stop), if one does."""
        for stripe in self._held.values():
            if stripe.start <= start and stop <= stripe.stop and stripe.ready:
                return stripe
        return None

    def admit(self, start: int, stop: int) -> None:
        """Raise LimitReached where the pieces for [start, stop) do not fit beside those in use."""
        cache = self._shelf.cache
        sizes = self._shelf.sizes(start, stop)
        whole = sum(sizes.values())
        if whole > cache.budget:
            raise LimitReached(
                f"what is stored in one piece here needs {whole:,} bytes of memory, and "
                f"{cache.budget:,} is all that is set aside for decoded signals; choose "
                "fewer leads, write smaller row groups, or give the server more memory",
                retryable=False,
            )
        added = cache.would_pin(sizes)
        if added + cache.pinned > cache.budget:
            raise LimitReached(
                f"the memory for decoded signals is in use: {added:,} bytes more are needed, "
                f"{cache.budget - cache.pinned:,} of {cache.budget:,} are free"
            )

    def release(self) -> None:
        """Let go of everything."""
        for number in list(self._held):
            self._let_go(number)
        self.start = self.stop = 0
        self.failed = None

    def close(self) -> None:
        """Let go of everything for good, and tell nobody any more."""
        self.release()
        self._on_ready = _unheard

    def arrived(self) -> None:
        """Something it waited for is there, or failed."""
        self._on_ready()

    def retry(self) -> None:
        """Read again what failed."""
        for stripe in self._held.values():
            for entry in stripe.entries:
                if entry is not None:
                    entry.failed = None

    def _let_go(self, number: int) -> None:
        self._held.pop(number).waiting.discard(self)
        self._shelf.let_go(number)
