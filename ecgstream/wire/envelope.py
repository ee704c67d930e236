"""Lowest and highest of each column of a span: every sample counted, no peak lost."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.block import NUMPY, Column, Dtype, Samples, is_missing
from ecgstream.wire.window import values

MAX_COLUMNS: Final = 8_192


def bounds(start: int, stop: int, columns: int) -> NDArray[np.int64]:
    """Return where the columns begin, and `stop` last: shape (columns + 1,).

    Column k is [start + floor(k*n/columns), start + floor((k+1)*n/columns)), n = stop - start.
    """
    k = np.arange(columns + 1, dtype=np.int64)
    return start + k * (stop - start) // columns


class Envelope:
    """The envelope of one lead, filled piece by piece in any order. Exact."""

    def __init__(self, bounds: NDArray[np.int64], dtype: Dtype) -> None:
        """`bounds` as the function of that name returns; samples are of type `dtype`."""
        self._bounds = bounds
        self._dtype: Dtype = dtype
        kind = NUMPY[dtype]
        self._above, self._below = _extremes(dtype)
        self._low = np.full(len(bounds) - 1, self._above, kind)
        self._high = np.full(len(bounds) - 1, self._below, kind)
        self._there = np.zeros(len(bounds) - 1, np.bool_)

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
        there = np.ones(len(at), np.bool_)
        if not column.complete:
            missing = is_missing(samples, self._dtype)
            there = np.add.reduceat(~missing, begins, dtype=np.int64) > 0
            lows = np.where(missing, self._above, samples)
            highs = np.where(missing, self._below, samples)
        self._low[at] = np.minimum(self._low[at], np.minimum.reduceat(lows, begins))
        self._high[at] = np.maximum(self._high[at], np.maximum.reduceat(highs, begins))
        self._there[at] |= there

    def as_json(self) -> dict[str, list[int | float | None]]:
        """Return {`low`, `high`} in stored values, None where a column has no sample.

        Raises SourceCorrupt for infinity.
        """
        return {"low": self._listed(self._low), "high": self._listed(self._high)}

    def _listed(self, extremes: Samples) -> list[int | float | None]:
        """Return them with None for the columns of which nothing is there."""
        there = self._there
        listed: list[int | float | None] = [None] * len(there)
        present = values(extremes[there], self._dtype)
        for index, value in zip(np.flatnonzero(there).tolist(), present, strict=True):
            listed[index] = value
        return listed


def _extremes(dtype: Dtype) -> tuple[Samples, Samples]:
    """Return what no sample is above, and what none is below, of that type."""
    kind = NUMPY[dtype]
    if kind.kind == "f":
        return np.array(np.inf, kind), np.array(-np.inf, kind)
    limits = np.iinfo(kind)
    return np.array(limits.max, kind), np.array(limits.min, kind)
