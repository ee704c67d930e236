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
    # Cut at the edges too, so that each part lies in one column.
    cuts = np.unique(np.concatenate([bounds, rate.sample[(rate.sample > start)]]))
    cuts = cuts[(cuts >= start) & (cuts <= stop)]
    begins, ends = cuts[:-1], cuts[1:]
    place = rate.sample.searchsorted(begins, "right") - 1
    bpm = np.full(len(begins), np.nan)
    known = place >= 0
    bpm[known] = rate.bpm[place[known]]
    column = bounds.searchsorted(begins, "right") - 1
    low, high = np.full(columns, np.inf), np.full(columns, -np.inf)
    time, summed = np.zeros(columns), np.zeros(columns)
    said = ~np.isnan(bpm)
    column, bpm, weight = column[said], bpm[said], (ends - begins)[said]
    np.minimum.at(low, column, bpm)
    np.maximum.at(high, column, bpm)
    np.add.at(time, column, weight)
    np.add.at(summed, column, weight * bpm)
    none = time == 0
    low[none] = high[none] = np.nan
    mean = np.full(columns, np.nan)
    np.divide(summed, time, out=mean, where=~none)
    return Trend(low, mean, high)
