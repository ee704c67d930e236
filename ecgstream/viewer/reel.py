"""A choice of leads of one record, cut into frames and gaps.

What viewers of the same leads share: each frame is encoded once, and a gap's end is looked for
once.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ecgstream.model.block import Column, Dtype, Samples, is_missing, joined
from ecgstream.model.record import Lead, Record, common_dtype
from ecgstream.playback.tiling import cell_samples, frame_stop, split
from ecgstream.storage.blocks import BlockCache, Cursor
from ecgstream.wire.events import Gap, LeadInfo
from ecgstream.wire.frames import encode_frame

KEPT: Final = 64
"""Encoded frames kept for viewers who are a little behind the first."""


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


@dataclass(frozen=True, slots=True)
class GapFrom:
    """No lead has a sample from `start` on; where that ends has still to be found."""

    start: int


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

    def tile(
        self, cursor: Cursor, sid: int, start: int, frame: int, horizon: int
    ) -> Tile | GapFrom | None:
        """Return the frame or gap that begins at `start`; None while its samples are read."""
        stop = frame_stop(start, frame, self.length)
        columns = cursor.columns(start, stop, min(horizon, self.length))
        if columns is None:
            return None
        key = (sid, start, frame)
        known = self._tiles.get(key)
        if known is not None:
            return known
        made = self._make(columns, sid, start, stop)
        if isinstance(made, Tile):
            self._tiles[key] = made
            if len(self._tiles) > KEPT:
                self._tiles.popitem(last=False)
        return made

    async def gap(self, sid: int, start: int) -> Tile:
        """Return the gap that begins at `start`, whole. Raises SourceUnavailable."""
        stop, reason = await self._cache.gap_stop(
            self.record.record, self.names, start, self.cell, self.length
        )
        message = Gap(sid=sid, start=start, stop=stop, reason=reason).encode()
        return Tile(stop, message, gap=reason)

    def _make(self, columns: list[list[Column]], sid: int, start: int, stop: int) -> Tile | GapFrom:
        over = [[c for c in lead if c.start < stop and c.stop > start] for lead in columns]
        whole = [
            lead[0] if len(lead) == 1 and lead[0].start <= start and lead[0].stop >= stop else None
            for lead in over
        ]
        remarks: tuple[Remark, ...] = ()
        if not any(column and column.complete for column in whole):
            present = np.zeros(stop - start, np.bool_)
            for lead, parts in zip(self.leads, over, strict=True):
                samples = joined(parts, start, stop, lead.dtypes[0])
                present |= ~is_missing(samples, lead.dtypes[0])
            filled, stop = split(present, start, self.cell)
            if not filled:
                return GapFrom(start)
        if not all(column and column.complete for column in whole):
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
        return Tile(stop, encode_frame(sid, start, stop - start, cut), remarks)


class Reels:
    """One reel for each choice of leads that is being watched."""

    def __init__(self, cache: BlockCache) -> None:
        self.cache = cache
        self._reels: OrderedDict[tuple[str, tuple[str, ...]], Reel] = OrderedDict()

    def reel(self, record: Record, leads: Sequence[Lead]) -> Reel:
        """Return the reel of these leads, the same to all who ask."""
        key = (record.record, tuple(lead.name for lead in leads))
        reel = self._reels.get(key)
        if reel is None or reel.record is not record:
            reel = self._reels[key] = Reel(self.cache, record, leads)
        self._reels.move_to_end(key)
        # A reel is only a few frames; subscriptions keep the one they have.
        while len(self._reels) > 4096:
            self._reels.popitem(last=False)
        return reel
