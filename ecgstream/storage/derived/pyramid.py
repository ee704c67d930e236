"""The envelope pyramid: lowest and highest of every 4, 16, 64 ... samples, made in one pass.

A column of level k is 4**k samples, counted from sample 0; a tile is 1,024 columns. Tiles are kept
from level `FIRST` on: below, reading the samples themselves is as quick, and 15 of 16 bytes of a
whole pyramid would be there. Where a column holds nothing its lowest is above its highest while
it is being made, and both are MISSING in a tile.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from ecgstream.model.block import NUMPY, Column, Dtype, Samples, is_missing
from ecgstream.wire.envelope import closed, neutral

BRANCH: Final = 4
TILE: Final = 1_024
"""Columns of a tile."""
FIRST: Final = 3
"""The finest level that is kept: of a day of twelve leads 43 MB."""

Sink = Callable[[int, int, Samples, Samples], None]
"""Takes level, number, and the lowest and highest of each column of a tile that is done."""


def width(level: int) -> int:
    """Return the samples of a column."""
    return 1 << 2 * level


def columns(length: int, level: int) -> int:
    """Return the columns that `length` samples have."""
    return -(-length // width(level))


def top(length: int) -> int:
    """Return the coarsest level: the first one, from 1 on, with no more columns than a tile."""
    level = 1
    while columns(length, level) > TILE:
        level += 1
    return level


def tile_bounds(length: int, level: int, number: int) -> tuple[int, int]:
    """Return the samples [start, stop) of a tile. Raises IndexError where there is none such."""
    if not (1 <= level <= top(length) and 0 <= number < -(-columns(length, level) // TILE)):
        raise IndexError(number)
    start = number * TILE * width(level)
    return start, min(length, start + TILE * width(level))


def folded(values: Samples, by: int, lowest: Callable[..., Samples]) -> Samples:
    """Return `lowest` (`np.minimum` or `np.maximum`) of each `by` values, a power of two.

    Two by two over the whole: many times as fast as row by row.
    """
    while by > 1:
        values = lowest(values[0::2], values[1::2])
        by //= 2
    return values


def extremes(column: Column, by: int) -> tuple[int, Samples, Samples]:
    """Return the first of the columns of `by` samples that `column` touches, and their extremes.

    `column.samples` is not None, and not empty.
    """
    assert column.samples is not None
    samples = column.samples
    lows = highs = samples
    if not column.complete:
        above, below = neutral(column.dtype)
        missing = is_missing(samples, column.dtype)
        lows, highs = np.where(missing, above, samples), np.where(missing, below, samples)
    first, last = column.start // by, -(-column.stop // by)
    head = min(-column.start % by, len(samples))
    body = head + (len(samples) - head) // by * by
    parts = [slice(0, head), slice(body, len(samples))]
    found = []
    for values, lowest in ((lows, np.minimum), (highs, np.maximum)):
        out = np.empty(last - first, samples.dtype)
        inner = slice(1 if head else 0, (1 if head else 0) + (body - head) // by)
        out[inner] = folded(values[head:body], by, lowest)
        for part, at in zip(parts, (0, -1), strict=True):
            if part.start < part.stop:
                out[at] = lowest.reduce(values[part])
        found.append(out)
    return first, found[0], found[1]


class _Level:
    """The tile of one level that is being filled."""

    __slots__ = ("high", "low", "number", "used")

    def __init__(self) -> None:
        self.number = 0
        self.used = False
        self.low: Samples = np.empty(0)
        self.high: Samples = np.empty(0)


class Ladder:
    """Makes the tiles of one lead, all levels at once, from its samples in their order.

    Holds one tile a level. A tile that holds nothing is not made.
    """

    def __init__(self, length: int, dtype: Dtype, sink: Sink) -> None:
        """`length` is that of the record at the lead's rate, which the levels go by."""
        self._length = length
        self._dtype: Dtype = dtype
        self._sink = sink
        self._top = top(length)
        self._neutral = neutral(dtype)
        self._levels = {level: _Level() for level in range(FIRST, self._top + 1)}
        for level in self._levels.values():
            level.low = np.full(TILE, self._neutral[0], NUMPY[dtype])
            level.high = np.full(TILE, self._neutral[1], NUMPY[dtype])

    def add(self, column: Column) -> None:
        """Take the next samples; none before those of the last time."""
        if column.samples is None or not len(column.samples) or not self._levels:
            return
        first, low, high = extremes(column, width(FIRST))
        self._merge(FIRST, first, low, high)

    def close(self) -> None:
        """Make the tiles that are not full."""
        for level in self._levels:
            self._flush(level)

    def _merge(self, level: int, first: int, low: Samples, high: Samples) -> None:
        """Take the extremes of columns from `first` on into the tiles that they belong to."""
        held = self._levels[level]
        done = 0
        while done < len(low):
            number, at = divmod(first + done, TILE)
            if number != held.number:
                self._flush(level)
                held.number = number
            take = min(len(low) - done, TILE - at)
            into, part = slice(at, at + take), slice(done, done + take)
            np.minimum(held.low[into], low[part], out=held.low[into])
            np.maximum(held.high[into], high[part], out=held.high[into])
            held.used = True
            done += take

    def _flush(self, level: int) -> None:
        held = self._levels[level]
        if not held.used:
            return
        low, high, number = held.low, held.high, held.number
        if level < self._top:
            up = number * TILE // BRANCH
            coarse = folded(low, BRANCH, np.minimum), folded(high, BRANCH, np.maximum)
            self._merge(level + 1, up, *coarse)
        count = min(TILE, columns(self._length, level) - number * TILE)
        low, high = low[:count], high[:count]
        if (low <= high).any():
            self._sink(level, number, *closed(low, high, self._dtype))
        held.low[:], held.high[:] = self._neutral
        held.used = False
