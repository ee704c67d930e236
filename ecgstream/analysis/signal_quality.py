"""How far a lead can be trusted, two seconds at a time: to choose the lead that beats are found in.

A judgement, unlike `quality`, which tells facts. It says nothing of the heart.
"""

from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ecgstream.analysis.qrs import Grid, band, blocks, microvolts, spread

WINDOW_S: Final = 2.0
"""Long enough for one beat at 30 a minute, short enough to follow an electrode that comes loose."""

CLEAN, USELESS = 0.02, 0.2
"""Of the highest in the band of QRS complexes what half of a window is above: 0.01 to 0.1 with
complexes in it, even where they follow each other at 220 a minute, and 0.16 to 0.35 in noise."""

LEAST_UV: Final = 50
"""In the band: a QRS of 0.15 mV has as much, and with less there is none to be found."""

MOST_UV: Final = 20_000
"""In the band: four times the largest of complexes is a cable that is moved."""


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
    value is that of `window_of(first, fs)`. NaN where half of a window or more is missing; what is
    missing otherwise counts as useless.
    """
    if not len(physical):
        return np.empty(0, np.float32)
    grid = Grid(fs)
    windows = np.arange(window_of(first, fs), window_of(first + len(physical) - 1, fs) + 1)
    edges = np.rint(np.append(windows, windows[-1] + 1) * WINDOW_S * fs).astype(np.int64)
    micro, known = microvolts(physical)
    length = grid.count(WINDOW_S) - 1
    starts = -(-edges[:-1] // grid.factor)
    half = spread(grid)
    low = (int(starts[0]) - half) * grid.factor
    high = (int(starts[-1]) + length + half) * grid.factor
    # Before the first value and after the last one these are held.
    held = micro[np.clip(np.arange(low, high) - first, 0, len(micro) - 1)]
    moved = np.abs(band(blocks(held, grid.factor), grid))
    seen = sliding_window_view(moved, length)[starts - starts[0]]
    usual = np.partition(seen, length // 2, axis=1)[:, length // 2]
    highest = seen.max(axis=1)
    index = np.clip((USELESS - usual / np.maximum(highest, 1)) / (USELESS - CLEAN), 0, 1)
    index[(highest < LEAST_UV) | (highest > MOST_UV)] = 0
    if not known.all():
        present = _present(known, np.clip(edges - first, 0, len(known)))
        index = np.where(present > 0.5, index * present, np.nan)
    found: NDArray[np.float32] = index.astype(np.float32)
    return found


def _present(known: NDArray[np.bool_], edges: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return which part of the samples between two edges is there."""
    total = np.concatenate([[0], np.cumsum(known)])[edges]
    share: NDArray[np.float64] = np.diff(total) / np.maximum(np.diff(edges), 1)
    return share
