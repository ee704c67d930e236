"""How far a lead can be trusted, two seconds at a time: to choose the lead that beats are found in.

A judgement, unlike `quality`, which tells facts. It says nothing of the heart.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

WINDOW_S: Final = 2.0
"""Long enough for one beat at 30 a minute, short enough to follow an electrode that comes loose."""

LEAST_MV: Final = 0.15
"""With less peak to peak there is no QRS to be found (docs/beats.md)."""

MOST_MV: Final = 20.0
"""The largest QRS complexes are of 5 mV or so: four times that is a cable that is moved."""


def window_edge(window: int, fs: float) -> int:
    """Return the first sample of `window` at `fs` Hz; window 0 begins at sample 0."""
    return round(window * WINDOW_S * fs)


def window_of(sample: int, fs: float) -> int:
    """Return the window that `sample` lies in."""
    window = int(sample / (WINDOW_S * fs))
    while window_edge(window + 1, fs) <= sample:
        window += 1
    while window_edge(window, fs) > sample:
        window -= 1
    return window


def quality(physical: NDArray[Any], fs: float, first: int) -> NDArray[np.float32]:
    """Return an index from 0 (useless) to 1 (clean) for each window that `physical` has a part of.

    `physical`: shape (n,), mV, NaN = missing, from sample `first` of the record on. The first
    value is that of `window_of(first, fs)`. NaN where more than half of a window is missing.
    """
    if not len(physical):
        return np.empty(0, np.float32)
    windows = range(window_of(first, fs), window_of(first + len(physical) - 1, fs) + 1)
    found = np.full(len(windows), np.nan, np.float32)
    for number, window in enumerate(windows):
        low, high = max(window_edge(window, fs), first), window_edge(window + 1, fs)
        values = physical[low - first : high - first]
        present = values[np.isfinite(values)]
        if 2 * len(present) > len(values):
            found[number] = _index(np.asarray(present, np.float64), fs)
    return found


def _index(values: NDArray[np.float64], fs: float) -> float:
    """Return how much of what moves in `values` are the slopes of something like a QRS."""
    extent = float(values.max() - values.min())
    if not LEAST_MV <= extent <= MOST_MV:
        return 0.0
    step = max(1, round(0.02 * fs))
    slopes = np.abs(values[step:] - values[:-step])
    if len(slopes) < step:
        return 0.0
    # A QRS takes a twentieth of the time; noise is everywhere alike.
    steep, usual = float(np.quantile(slopes, 0.98)), float(np.quantile(slopes, 0.5))
    return float(np.clip(1 - 3 * usual / max(steep, 1e-9), 0.0, 1.0))
