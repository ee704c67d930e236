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
    begin = window_of(first, fs)
    windows = range(begin, window_of(first + len(physical) - 1, fs) + 1)
    found = np.full(len(windows), np.nan, np.float32)
    done: set[int] = set()
    size = round(WINDOW_S * fs)
    # All that are whole at once, which takes a fifth of the time; one by one only what is left.
    if size == WINDOW_S * fs:
        skip = window_edge(begin, fs) - first
        aside = 0 if skip >= 0 else 1
        skip += aside * size
        whole = (len(physical) - skip) // size
        if whole > 0:
            block = physical[skip : skip + whole * size].reshape(whole, size)
            complete = np.isfinite(block).all(axis=1)
            rows = aside + np.flatnonzero(complete)
            found[rows] = _index(np.asarray(block[complete], np.float64), fs)
            done = set(rows.tolist())
    for number, window in enumerate(windows):
        if number in done:
            continue
        low, high = max(window_edge(window, fs), first), window_edge(window + 1, fs)
        values = physical[low - first : high - first]
        present = values[np.isfinite(values)]
        if 2 * len(present) > len(values):
            found[number] = _index(np.asarray(present, np.float64)[np.newaxis], fs)[0]
    return found


def _index(values: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
    """Return how much of what moves in each row is the slopes of something like a QRS."""
    rows, count = values.shape
    step = max(1, round(0.02 * fs))
    if not rows or count < 2 * step:
        return np.zeros(rows)
    extent = values.max(axis=1) - values.min(axis=1)
    slopes = np.abs(values[:, step:] - values[:, :-step])
    # A QRS takes a twentieth of the time; noise is everywhere alike.
    usual, steep = np.quantile(slopes, [0.5, 0.98], axis=1)
    index: NDArray[np.float64] = np.clip(1 - 3 * usual / np.maximum(steep, 1e-9), 0.0, 1.0)
    index[(extent < LEAST_MV) | (extent > MOST_MV)] = 0.0
    return index
