"""The heart rate of a long span in as many columns as a screen has."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgstream.analysis.rate import Rate


@dataclass(frozen=True, slots=True, eq=False)
class Trend:
    """The lowest, mean and highest rate in each column, shape (columns,); NaN where there is none.

    The mean is over the time for which there is a rate.
    """

    low: NDArray[np.float64]
    mean: NDArray[np.float64]
    high: NDArray[np.float64]


def edges(start: int, stop: int, columns: int) -> NDArray[np.int64]:
    """Return where columns begin, and where the last one ends; shape (columns + 1,).

    Column k is [start + floor(k * n / columns), start + floor((k + 1) * n / columns)), n = stop -
    start, as of an envelope (PROTOCOL section 3).
    """
    count = stop - start
    bounds: NDArray[np.int64] = start + np.arange(columns + 1, dtype=np.int64) * count // columns
    return bounds


def trend(rate: Rate, start: int, stop: int, columns: int) -> Trend:
    """Return the trend of `rate` over [start, stop) in `columns` (> 0) columns.

    `rate` says nothing from before its first sample on; its last one holds to `stop`.
    """
    bounds = edges(start, stop, columns)
    first, last = rate.sample.searchsorted([start, stop], "right")
    # Cut at the edges too, so that each part lies in one column.
    cuts = np.concatenate([bounds, rate.sample[first:last]])
    cuts.sort(kind="stable")
    bpm = np.append(np.nan, rate.bpm)[rate.sample.searchsorted(cuts[:-1], "right")]
    weight = np.diff(cuts)
    said = (weight > 0) & ~np.isnan(bpm)
    bpm, weight = bpm[said], weight[said]
    column = bounds.searchsorted(cuts[:-1][said], "right") - 1
    low, mean, high = (np.full(columns, np.nan) for _ in range(3))
    if len(column):
        begins = np.flatnonzero(np.diff(column, prepend=-1))
        at = column[begins]
        low[at] = np.minimum.reduceat(bpm, begins)
        high[at] = np.maximum.reduceat(bpm, begins)
        mean[at] = np.add.reduceat(bpm * weight, begins) / np.add.reduceat(weight, begins)
    return Trend(low, mean, high)
