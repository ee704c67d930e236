"""Lowest and highest of each column of a span: every sample counted, no peak lost."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.block import MISSING, NUMPY, Column, Dtype, Samples, is_missing
from ecgstream.wire.window import values

MAX_COLUMNS: Final = 8_192


def bounds(start: int, stop: int, columns: int) -> NDArray[np.int64]:
    """Return where the columns begin, and `stop` last: shape (columns + 1,).

    Column k is [start + floor(k*n/columns), start + floor((k+1)*n/columns)), n = stop - start.
    """
    k = np.arange(columns + 1, dtype=np.int64)
    return start + k * (stop - start) // columns


class Envelope:
    """The envelope of one lead, filled piece by piece in any order. Exact.

    `low` and `high` have shape (columns,); where nothing is `low` is above `high`.
    """

    def __init__(self, bounds: NDArray[np.int64], dtype: Dtype) -> None:
        """`bounds` as the function of that name returns; samples are of type `dtype`."""
        self._bounds = bounds
        self._dtype: Dtype = dtype
        kind = NUMPY[dtype]
        self._above, self._below = neutral(dtype)
        self.low: Samples = np.full(len(bounds) - 1, self._above, kind)
        self.high: Samples = np.full(len(bounds) - 1, self._below, kind)

    def add(self, column: Column) -> None:
        """Take the samples of `column`, those outside the bounds aside."""
        low = max(column.start, int(self._bounds[0]))
        high = min(column.stop, int(self._bounds[-1]))
        if column.samples is None or low >= high:
            return
        samples = column.samples[low - column.start : high - column.start]
        first = int(np.searchsorted(self._bounds, low, "right")) - 1
        last = int(np.searchsorted(self._bounds, high, "left"))
        begins = np.maximum(self._bounds[first:last], low) - low
        ends = np.minimum(self._bounds[first + 1 : last + 1], high) - low
        # reduceat takes an empty segment for one of one sample: empty columns are left out.
        filled = np.flatnonzero(begins < ends)
        begins, at = begins[filled], first + filled
        lows = highs = samples
        if not column.complete:
            missing = is_missing(samples, self._dtype)
            lows = np.where(missing, self._above, samples)
            highs = np.where(missing, self._below, samples)
        self.low[at] = np.minimum(self.low[at], np.minimum.reduceat(lows, begins))
        self.high[at] = np.maximum(self.high[at], np.maximum.reduceat(highs, begins))

    def as_json(self) -> dict[str, list[int | float | None]]:
        """Return {`low`, `high`} in stored values, None where a column has no sample.

        Raises QueryError for infinity.
        """
        return {"low": self._listed(self.low), "high": self._listed(self.high)}

    def as_dtype(self, dtype: Dtype) -> tuple[Samples, Samples]:
        """Return `low` and `high` as `dtype`, which carries the lead: MISSING where nothing is."""
        return closed(self.low, self.high, dtype)

    def _listed(self, extremes: Samples) -> list[int | float | None]:
        """Return them with None for the columns of which nothing is there."""
        there = self.low <= self.high
        listed: list[int | float | None] = [None] * len(there)
        present = values(extremes[there], self._dtype)
        for index, value in zip(np.flatnonzero(there).tolist(), present, strict=True):
            listed[index] = value
        return listed


def closed(low: Samples, high: Samples, dtype: Dtype) -> tuple[Samples, Samples]:
    """Return copies as `dtype`, both MISSING where nothing is: where `low` is above `high`."""
    nothing = low > high
    low, high = low.astype(NUMPY[dtype]), high.astype(NUMPY[dtype])
    low[nothing] = high[nothing] = MISSING[dtype]
    return low, high


def opened(low: Samples, high: Samples, dtype: Dtype) -> tuple[Samples, Samples]:
    """Undo `closed`: have `low` above `high` where both are MISSING, so that others come first."""
    nothing = is_missing(high, dtype)
    if not nothing.any():
        return low, high
    above, below = neutral(dtype)
    return np.where(nothing, above, low), np.where(nothing, below, high)


def neutral(dtype: Dtype) -> tuple[Samples, Samples]:
    """Return what no sample is above, and what none is below, of that type."""
    kind = NUMPY[dtype]
    if kind.kind == "f":
        return np.array(np.inf, kind), np.array(-np.inf, kind)
    limits = np.iinfo(kind)
    return np.array(limits.max, kind), np.array(limits.min, kind)
