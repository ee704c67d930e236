"""A choice of leads of one record, cut into frames and gaps.

What viewers of the same leads share: each frame is encoded once, and a gap's end is looked for
once.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.block import Column, Dtype, Samples, is_missing, joined
from ecgstream.model.record import Lead, Record, common_dtype
from ecgstream.playback.tiling import cell_samples, frame_stop, split
from ecgstream.storage.blocks import BlockCache, Cursor
from ecgstream.wire.events import Gap, LeadInfo
from ecgstream.wire.frames import encode_frame

KEPT: Final = 16
"""Encoded frames kept for viewers who are a little behind the first."""
LOOK_CELLS: Final = 64
"""So far into the samples at hand a gap's end is looked for on the event loop, not on a thread."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Missing values of one lead in [start, stop) whose reason is other than `missing`."""

    lead: str
    start: int
    stop: int
    reason: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A whole frame or gap, encoded: the samples up to `stop` are dealt with by `message`."""

    stop: int
    message: bytes
    remarks: tuple[Remark, ...] = ()
    gap: str | None = None
    """The reason, where it is a gap."""
    broken: bool = False
    """Some lead has missing values here or near: a gap may follow."""


class Reel:
    """Leads `leads` of `record` at their one rate."""

    def __init__(self, cache: BlockCache, record: Record, leads: Sequence[Lead]) -> None:
        self._cache = cache
        self.record = record
        self.leads = tuple(leads)
        self.names = tuple(lead.name for lead in leads)
        self.infos = [LeadInfo.of(lead) for lead in leads]
        self.fs = leads[0].fs
        self.length = record.length_at(self.fs)
        self.dtype: Dtype = common_dtype(leads)
        self.cell = cell_samples(self.fs)
        self._tiles: OrderedDict[tuple[int, int, int], Tile] = OrderedDict()

    def cursor(self, on_ready: Callable[[], None]) -> Cursor:
        """Return a cursor over these leads."""
        return self._cache.cursor(self.record.record, self.names, on_ready)

    def tile(self, cursor: Cursor, sid: int, start: int, frame: int, horizon: int) -> Tile | None:
        """Return the frame or gap that begins at `start`; None while its samples are read.

        Pieces up to sample `horizon` are read ahead; the cursor's `on_ready` says when to ask
        again.
        """
        stop = frame_stop(start, frame, self.length)
        columns = cursor.columns(start, stop, min(horizon, self.length))
        if columns is None:
            return None
        key = (sid, start, frame)
        tile = self._tiles.get(key)
        if tile is None:
            tile = self._frame(columns, sid, start, stop)
            tile = tile or self._gap(cursor, columns, sid, start, stop)
            if tile is not None:
                self._tiles[key] = tile
                if len(self._tiles) > KEPT:
                    self._tiles.popitem(last=False)
        return tile

    def _gap(
        self, cursor: Cursor, columns: list[list[Column]], sid: int, start: int, stop: int
    ) -> Tile | None:
        """Return the gap that begins at `start`, whole; None while its end is looked for."""
        # First in what is at hand: it said that a gap begins here, and a second read of a file
        # that changes meanwhile must not say that it stops here.
        reach = min(cursor.covered, (start // self.cell + LOOK_CELLS) * self.cell)
        reach = self.length if reach >= self.length else reach // self.cell * self.cell
        reach = max(reach, stop)
        over = [[c for c in lead if c.start < reach and c.stop > start] for lead in columns]
        _, stop = split(self._present(over, start, reach), start, self.cell)
        corrupt = any(c.reason == "corrupt" and c.start < stop for lead in over for c in lead)
        reason = "corrupt" if corrupt else "missing"
        if stop == reach < self.length:
            gap = (self.record.record, self.names, reach, self.cell)
            found = self._cache.gap_stop(gap, self.length, cursor.arrived)
            if found is None:
                return None
            stop = found[0]
            reason = reason if corrupt else found[1]
        message = Gap(sid=sid, start=start, stop=stop, reason=reason).encode()
        return Tile(stop, message, gap=reason)

    def _present(self, columns: list[list[Column]], start: int, stop: int) -> NDArray[np.bool_]:
        """Say of each sample of [start, stop) whether any lead has it."""
        present = np.zeros(stop - start, np.bool_)
        for lead, parts in zip(self.leads, columns, strict=True):
            samples = joined(parts, start, stop, lead.dtypes[0])
            present |= ~is_missing(samples, lead.dtypes[0])
        return present

    def _frame(self, columns: list[list[Column]], sid: int, start: int, stop: int) -> Tile | None:
        """Return the frame that begins at `start`; None where a gap does."""
        over = [[c for c in lead if c.start < stop and c.stop > start] for lead in columns]
        whole = [
            lead[0] if len(lead) == 1 and lead[0].start <= start and lead[0].stop >= stop else None
            for lead in over
        ]
        remarks: tuple[Remark, ...] = ()
        if not any(column and column.complete for column in whole):
            filled, stop = split(self._present(over, start, stop), start, self.cell)
            if not filled:
                return None
        full = all(column and column.complete for column in whole)
        if not full:
            remarks = tuple(
                Remark(name, max(start, part.start), part.stop, part.reason)
                for name, parts in zip(self.names, over, strict=True)
                for part in parts
                if part.reason != "missing" and part.start < stop
            )
        cut: list[Samples] = [
            column.cut(start, stop, self.dtype)
            if column
            else joined(parts, start, stop, self.dtype)
            for column, parts in zip(whole, over, strict=True)
        ]
        return Tile(stop, encode_frame(sid, start, stop - start, cut), remarks, broken=not full)


class Reels:
    """One reel for each choice of leads that is being watched."""

    def __init__(self, cache: BlockCache) -> None:
        self._cache = cache
        # Kept by the subscriptions alone: its frames go with the last who watches.
        self._reels: WeakValueDictionary[tuple[str, tuple[str, ...]], Reel] = WeakValueDictionary()

    def reel(self, record: Record, leads: Sequence[Lead]) -> Reel:
        """Return the reel of these leads, the same to all who ask."""
        key = (record.record, tuple(lead.name for lead in leads))
        reel = self._reels.get(key)
        if reel is None:
            reel = self._reels[key] = Reel(self._cache, record, leads)
        return reel
