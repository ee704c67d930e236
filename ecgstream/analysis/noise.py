"""Mains hum, baseline wander and the size of what beats, of windows of several leads at once."""

from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

MAINS: Final = (50.0, 60.0)
"""Hz."""

ABOUT_HZ: Final = 0.5
"""Mains keep within this of their rate; so does what a tape or a cheap clock makes of them."""

AROUND_HZ: Final = (1.0, 4.0)
"""From the line: where there is what a heart and its muscles have there. The median of it."""

CLOSE: Final = 8.0
"""Times that median (of the power) is the line at least, or it is no line."""

SLOW_HZ: Final = 25.0
"""At which a baseline is looked for."""

MEDIANS_S: Final = (0.2, 0.6)
"""Two medians, one after the other, take out QRS complexes and P waves, then T waves (de Chazal,
O'Dwyer and Reilly, IEEE Trans Biomed Eng 51:1196, 2004)."""

MEAN_S: Final = 1.0
"""And a mean over a beat what is left of wide ones: what is faster than that is no baseline."""

BEAT_S: Final = 2.0
"""Has one beat in it at 30 a minute."""

FINE_HZ: Final = 100.0
"""At which the size of a beat is taken: means of neighbours, so that no spike counts."""

Values = NDArray[np.float64]
"""Shape (leads, samples), NaN = missing."""


def filled(values: Values) -> Values:
    """Return `values` with straight lines over what is missing, and 0 where nothing is there."""
    gone = np.isnan(values)
    if not gone.any():
        return values
    out = values.copy()
    place = np.arange(values.shape[1])
    for row in np.flatnonzero(gone.any(axis=1)):
        there = ~gone[row]
        out[row, ~there] = (
            np.interp(place[~there], place[there], out[row, there]) if (there.any()) else 0.0
        )
    return out


def hum(values: Values, fs: float) -> NDArray[np.float64]:
    """Return the amplitude, from 0 to peak, of each of `MAINS` in each lead: shape (leads, 2).

    In the unit of `values`, which have nothing missing; 0 where there is no line of the mains, NaN
    where `fs` cannot tell: a line has to be well below half of it.
    """
    count = values.shape[1]
    window = np.hanning(count)
    spectrum = np.fft.rfft((values - values.mean(axis=1, keepdims=True)) * window)
    power = np.abs(spectrum) ** 2
    hz = np.fft.rfftfreq(count, 1 / fs)
    # Of a tone of amplitude A all bins of its line together have (A / 2)^2 * count * sum(w^2).
    scale = 2 / np.sqrt(count * (window**2).sum())
    found = np.full((len(values), len(MAINS)), np.nan)
    for place, line in enumerate(MAINS):
        if line + AROUND_HZ[1] > fs / 2:
            continue
        away = np.abs(hz - line)
        at, beside = away <= ABOUT_HZ, (away >= AROUND_HZ[0]) & (away <= AROUND_HZ[1])
        floor = np.median(power[:, beside], axis=1)
        peak = power[:, at].max(axis=1)
        more = np.maximum(power[:, at].sum(axis=1) - floor * at.sum(), 0)
        found[:, place] = np.where(peak > CLOSE * floor, scale * np.sqrt(more), 0.0)
    return found


def wander(values: Values, fs: float) -> NDArray[np.float64]:
    """Return how far the baseline of each lead goes, lowest to highest: shape (leads,).

    Of `values` without anything missing, in their unit; 0 where they are too short for it.
    """
    slow, rate = _means(values, fs, SLOW_HZ)
    for seconds in MEDIANS_S:
        length = 2 * round(seconds * rate / 2) + 1
        if slow.shape[1] < 2 * length:
            return np.zeros(len(values))
        # The median of an odd number that are all there, without numpy's looking for what is not.
        windows = sliding_window_view(slow, length, axis=1)
        slow = np.partition(windows, length // 2, axis=2)[:, :, length // 2]
    mean = sliding_window_view(slow, round(MEAN_S * rate), axis=1).mean(axis=2)
    found: NDArray[np.float64] = np.ptp(mean, axis=1)
    return found


def size(values: Values, fs: float) -> NDArray[np.float64]:
    """Return the usual extent, lowest to highest, of 2 s of each lead: shape (leads,)."""
    fine, rate = _means(values, fs, FINE_HZ)
    count = max(1, min(fine.shape[1], round(BEAT_S * rate)))
    parts = fine[:, : fine.shape[1] // count * count].reshape(len(values), -1, count)
    found: NDArray[np.float64] = np.median(np.ptp(parts, axis=2), axis=1)
    return found


def _means(values: Values, fs: float, wanted: float) -> tuple[NDArray[Any], float]:
    """Return means of neighbours at `wanted` Hz or somewhat more, and that rate."""
    factor = max(1, int(fs / wanted))
    whole = values[:, : values.shape[1] // factor * factor]
    return whole.reshape(len(values), -1, factor).mean(axis=2), fs / factor
