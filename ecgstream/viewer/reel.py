"""A choice of leads of one record, cut into frames and gaps.

What viewers of the same leads share: each frame is encoded once, and a gap's end is looked for
once.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary, ref

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import RecordNotFound
from ecgstream.model.block import NUMPY, Column, Dtype, Samples, is_missing, joined
from ecgstream.model.record import Lead, Record, common_dtype
from ecgstream.playback.tiling import cell_samples, split
from ecgstream.storage.blocks import BlockCache
from ecgstream.storage.shelf import Cursor, Shelf
from ecgstream.viewer.pulse import Pulse
from ecgstream.wire.events import Gap, LeadInfo
from ecgstream.wire.frames import encode_frame, encode_frames

KEPT_BYTES: Final = 32 << 20
"""Encoded frames of all reels together, kept for viewers who are behind the first: of one record
with 12 leads at 500 Hz some forty minutes, of 500 different ones five seconds each."""
RUN: Final = 20
"""Frames made in one go, 4 s of them: as much work as three or four made one by one, and whoever
needs the others finds them made."""
RUN_BYTES: Final = 256 << 10
"""Of large ones no more than this: whoever is sent them holds a run to its end, budget or not."""
LOOK_CELLS: Final = 64
"""So far into the samples at hand a gap's end is looked for on the event loop, not on a thread."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Missing values of one lead in [start, stop) whose reason is other than `missing`."""

    lead: str
    start: int
    stop: int
    reason: str


@dataclass(slots=True, eq=False)
class Tile:
    """A whole frame or gap, encoded: the samples up to `stop` are dealt with by `message`.

    What is due with it, beats and the rate, follows in the same bytes: to write costs most.
    """

    stop: int
    message: bytes
    remarks: tuple[Remark, ...] = ()
    gap: str | None = None
    """The reason, where it is a gap."""
    broken: bool = False
    """Some lead has missing values here or near: a gap may follow."""
    plain: bool = False
    """A frame of a run: whole, without all that, and not the last."""
    after: "Tile | None" = None
    """The plain frame that follows this one, where both are in memory."""


class Strip(dict[int, Tile]):
    """The tiles of a reel for one `sid` and one length of frames that are in memory.

    By first sample. What those who watch the same share; it goes with them.
    """

    __slots__ = ("__weakref__",)


class Tiles:
    """All tiles in memory: `budget` bytes of messages at most, the oldest go first."""

    def __init__(self, budget: int = KEPT_BYTES) -> None:
        self._budget = budget
        # Weakly: nobody finds the tiles of a reel that is gone, and screens come back for weeks.
        self._kept: deque[tuple[ref[Strip], list[int], int]] = deque()
        self.held = 0
        """Bytes of their messages, and of those gone with their reel whose turn has not come."""

    def keep(self, strip: Strip, tiles: dict[int, Tile]) -> None:
        """Keep tiles that are not here yet, made in one go, the last of them first.

        They go in one, too. Who is still sent them has them to the end, by `Tile.after`.
        """
        size = sum([len(tile.message) for tile in tiles.values()])
        strip.update(tiles)
        self._kept.append((ref(strip), list(tiles), size))
        self.held += size
        while self._kept and (self.held > self._budget or self._kept[0][0]() is None):
            kept, starts, size = self._kept.popleft()
            self.held -= size
            oldest = kept()
            if oldest is None:
                continue
            # Or who is sent them would hold on to all that ever came after them.
            for tile in [oldest.pop(start, None) for start in starts][:1]:
                if tile is not None:
                    tile.after = None


class Reel:
    """Leads `leads` of `record` at their one rate."""

    def __init__(
        self,
        cache: BlockCache,
        tiles: Tiles,
        record: Record,
        leads: Sequence[Lead],
        pulse: Pulse | None = None,
    ) -> None:
        """Say beats and rate by `pulse`, if it is given."""
        self._pulse = pulse
        self._cache = cache
        self._tiles = tiles
        self._strips: dict[tuple[int, int], Strip] = {}
        self.record = record
        self.leads = tuple(leads)
        self.names = tuple(lead.name for lead in leads)
        self.infos = [LeadInfo.of(lead) for lead in leads]
        self.fs = leads[0].fs
        self.length = record.length_at(self.fs)
        self.dtype: Dtype = common_dtype(leads)
        self.cell = cell_samples(self.fs)
        self._shelf = Shelf(cache, record.record, self.names)
        self.version = self._shelf.version
        self._itemsize = NUMPY[self.dtype].itemsize
        self.sample_bytes = len(leads) * self._itemsize
        """Bytes of one sample of all leads."""

    @property
    def current(self) -> bool:
        """Whether the record still is the one that these samples are of."""
        try:
            return self._cache.version(self.record.record) == self.version
        except RecordNotFound:
            return False

    def cursor(self, on_ready: Callable[[], None]) -> Cursor:
        """Return a cursor over these leads."""
        return self._shelf.cursor(on_ready)

    def strip(self, sid: int, frame: int) -> Strip:
        """Return the tiles of `frame` samples for `sid`, the same to all who ask."""
        return self._strips.setdefault((sid, frame), Strip())

    def rate_at(self, sid: int, at: int) -> bytes:
        """Return what is said of the rate to one who comes to sample `at`, as framed messages."""
        if self._pulse is None or not self.current:
            return b""
        return self._pulse.now(self.record.record, self.fs, sid, at)

    def forget(self, start: int, stop: int) -> None:
        """Make the tiles that begin in [start, stop) anew: there is more to be said with them."""
        for (_, frame), strip in self._strips.items():
            first = start // frame * frame
            few = (stop - first) // frame < len(strip)
            held = range(first, stop, frame) if few else [at for at in strip if first <= at < stop]
            # Whoever follows a chain of tiles is not to come to those of before.
            for at in [first - frame, *held]:
                tile = strip.get(at)
                if tile is not None:
                    tile.after = None
            for at in held:
                strip.pop(at, None)

    def tile(self, cursor: Cursor, sid: int, start: int, frame: int, ahead: int) -> Tile | None:
        """Return the frame or gap that begins at `start`; None while its samples are read.

        Pieces up to `ahead` samples after the frame are read ahead; the cursor's `on_ready` says
        when to ask again.
        """
        length = self.length
        stop = (start // frame + 1) * frame
        horizon = stop + ahead
        if horizon > length:
            horizon = length
            stop = min(stop, length)
        # `covers` asks the same; here it costs no call.
        inside = cursor.start <= start and horizon <= cursor.stop
        if not inside and not cursor.covers(start, stop, horizon):
            return None
        strip = self.strip(sid, frame)
        tile = strip.get(start)
        if tile is None:
            tile = self._run(cursor, strip, sid, start, frame)
            if tile is None:
                tile = self._made(cursor, sid, start, stop)
                if tile is not None:
                    self._tiles.keep(strip, {start: tile})
        return tile

    def _run(self, cursor: Cursor, strip: Strip, sid: int, start: int, frame: int) -> Tile | None:
        """Make some frames from `start` on and return the first, where that is simple.

        They are whole, on the grid and in one stripe where nothing is missing, and none is the
        record's last: after it something else comes.
        """
        if start % frame:
            return None
        stripe = cursor.stripe(start, start + frame)
        views = stripe.views(self.dtype) if stripe is not None else None
        if stripe is None or views is None:
            return None
        size = frame * self._itemsize * len(self.leads)
        run = min(RUN, max(1, RUN_BYTES // size))
        most = min(run, (min(stripe.stop, self.length - 1) - start) // frame)
        # Up to what is made already.
        number = next((k for k in range(1, most) if start + k * frame in strip), most)
        if not number:
            return None
        low = (start - stripe.start) * self._itemsize
        high = low + number * frame * self._itemsize
        messages = encode_frames(sid, start, frame, [v[low:high] for v in views], self.dtype)
        if self._pulse is not None and self.current:
            span = (start, start + number * frame)
            said = self._pulse.in_frames(self.record.record, self.fs, sid, span, frame)
            for at, more in said.items():
                messages[(at - start) // frame] += more
        before = strip.get(start - frame)
        # From the last to the first, each with the one after it.
        tile = strip.get(start + number * frame)
        after = tile if tile is not None and tile.plain else None
        made: dict[int, Tile] = {}
        for k in range(number - 1, -1, -1):
            at = start + k * frame
            after = made[at] = Tile(at + frame, messages[k], plain=True, after=after)
        if before is not None and before.plain:
            before.after = after
        self._tiles.keep(strip, made)
        return after

    def _made(self, cursor: Cursor, sid: int, start: int, stop: int) -> Tile | None:
        """Return the frame or gap at `start`; None while the gap's end is looked for."""
        columns = cursor.columns(start, stop)
        if columns is None:
            return None
        tile = self._frame(columns, sid, start, stop) or self._gap(cursor, sid, start, stop)
        if tile is not None and self._pulse is not None and self.current:
            if tile.gap is None:
                span = (start, tile.stop)
                record, one = self.record.record, self.length + 1
                said = self._pulse.in_frames(record, self.fs, sid, span, one)
                tile.message += said.get(start, b"")
            else:
                tile.message += self._pulse.in_gap(sid, start)
        return tile

    def _gap(self, cursor: Cursor, sid: int, start: int, stop: int) -> Tile | None:
        """Return the gap that begins at `start`, whole; None while its end is looked for."""
        # First in what is at hand: it said that a gap begins here, and a second read of a file
        # that changes meanwhile must not say that it stops here.
        reach = min(cursor.stop, (start // self.cell + LOOK_CELLS) * self.cell)
        reach = self.length if reach >= self.length else reach // self.cell * self.cell
        reach = max(reach, stop)
        columns = cursor.columns(start, reach) or []
        over = [[c for c in lead if c.start < reach and c.stop > start] for lead in columns]
        _, stop = split(self._present(over, start, reach), start, self.cell)
        corrupt = any(c.reason == "corrupt" and c.start < stop for lead in over for c in lead)
        reason = "corrupt" if corrupt else "missing"
        if stop == reach < self.length:
            gap = (self.record.record, self.names, reach, self.cell, self.version)
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

    def __init__(self, cache: BlockCache, pulse: Pulse | None = None) -> None:
        """Say beats and rate by `pulse`, if it is given."""
        self._cache = cache
        self._pulse = pulse
        self.tiles = Tiles()
        # Kept by the subscriptions alone: a reel goes with the last who watches.
        self._reels: WeakValueDictionary[tuple[str, str, tuple[str, ...]], Reel]
        self._reels = WeakValueDictionary()

    def reel(self, record: Record, leads: Sequence[Lead]) -> Reel:
        """Return the reel of these leads, the same to all who ask while the record is the same."""
        version = self._cache.version(record.record)
        key = (record.record, version, tuple(lead.name for lead in leads))
        reel = self._reels.get(key)
        if reel is None:
            reel = self._reels[key] = Reel(self._cache, self.tiles, record, leads, self._pulse)
        return reel

    def forget(self, record: str, start: int, stop: int) -> None:
        """Make tiles anew: more is known of samples [start, stop), at the record's rate."""
        for reel in list(self._reels.values()):
            if reel.record.record == record:
                ratio = reel.fs / reel.record.fs
                reel.forget(math.floor(start * ratio), math.ceil(stop * ratio))
