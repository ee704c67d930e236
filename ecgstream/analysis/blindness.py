"""Where nobody can say where the beats are: nothing recorded, mere noise, or no QRS at all."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ecgstream.analysis.qrs import Grid, Whole, band, energy, margin, moving, spread
from ecgstream.analysis.quality import stretches

Reason = str
Mark = tuple[int, int, Reason]
"""Samples [start, stop) in which nothing is found, and why."""

CELL_S: Final = 0.05
"""The grain of what follows, at most: a quarter of the shortest time between two beats."""

FLUTTER_BAND: Final = (2.2, 8.0)
"""Hz: ventricular flutter and fibrillation have their power here, at 130 to 480 waves a minute."""

FLUTTER_HALF_S: Final = 0.2
"""Half the length of that filter: with the window it stays within a second of what is judged."""

FLUTTER_S: Final = 1.6
"""Five waves or so: fewer would be a run of ventricular beats."""

AHEAD_S: Final = 0.55
"""Of that window, what lies behind the cell that it judges."""

QRS_ENTER, QRS_HOLD = 0.3, 0.5
"""Of the amplitude at 2.2 to 8 Hz, what is left at 8 to 20 Hz where no QRS is: a lead full of QRS
complexes has 0.5 to 1.5, and 0.35 where they are widest. It ends later than it begins."""

LEAK_ENTER, LEAK_HOLD = 0.4, 0.6
"""The VF filter's leakage (Kuo and Dillman 1978: below 0.406 it is fibrillation or flutter): what
is left of a wave and itself half a period later, 0 for a sine."""

HALF_PERIODS_S: Final = (0.09, 0.21)
"""330 to 145 waves a minute."""

LEAST_UV: Final = 50.0
"""Root mean square in the band: smaller waves are no flutter but a lead without a heart in it."""

NOISE_S: Final = 2.0
"""As long as the windows of the quality index; two beats at 60 a minute."""

NOISE_GROUP: Final = 10
"""Cells that have one look at the noise in common."""

NOISE_FROM: Final = 0.5
"""Of the highest energy in 2 s what half the time is above: 0.05 to 0.3 with beats in it, 0.57 in
mere noise, 0.4 to 0.7 there in nineteen of twenty windows."""

DROWNED: Final = 1.2
"""Of the beats' level: noise that loud has peaks that are twice as high as theirs."""

LASTING: Final = 16
LASTING_FROM: Final = 0.48
"""Looks at it, 8 s, and their mean from which a lead is mere noise, however loud: there it is 0.47
to 0.65, and with beats 0.1 to 0.42."""

FLAT_S: Final = 2.0
FLAT_KNOWN_S: Final = 1.4
"""A value that stands for 2 s is no heart (`quality.FLAT_S`). The run counts from so far into it:
then it is known within the time that everything is. Before that there was nothing to be found."""

RAIL_S: Final = 0.1
RAIL_UV: Final = 1000
"""A value that stands for so long, so far from the two seconds before, is the amplifier's end."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """What can be said of cells that follow each other.

    Which may begin a flutter, which may go on with one; how loud the noise is (uV, as `qrs.energy`)
    where nothing stands out, else 0; and where nothing has stood out for long.
    """

    enter: NDArray[np.bool_]
    hold: NDArray[np.bool_]
    loud: NDArray[np.float64]
    lasting: NDArray[np.bool_]

    def after(self, skipped: int) -> "Cells":
        """Return these without the first `skipped`."""
        return Cells(
            self.enter[skipped:], self.hold[skipped:], self.loud[skipped:], self.lasting[skipped:]
        )


def cell(grid: Grid) -> int:
    """Return the blocks of a cell; cell 0 begins at block 0."""
    return max(1, int(CELL_S * grid.rate))


def ahead(grid: Grid) -> int:
    """Return the blocks after a cell that it is judged by."""
    half = spread(grid, FLUTTER_BAND, FLUTTER_HALF_S)
    return grid.count(AHEAD_S) + max(half, margin(grid))


def back(grid: Grid) -> int:
    """Return the blocks before a cell that it is judged by."""
    half = spread(grid, FLUTTER_BAND, FLUTTER_HALF_S)
    flutter = grid.count(FLUTTER_S) + grid.count(HALF_PERIODS_S[1]) + half
    noise = grid.count(NOISE_S) + margin(grid) + LASTING * NOISE_GROUP * cell(grid)
    return max(flutter, noise) + NOISE_GROUP * cell(grid)


def cells(low: Whole, first_block: int, grid: Grid, start: int, stop: int) -> Cells:
    """Judge cells [start, stop).

    `low`: sums of blocks from `first_block` on, `back(grid)` before the first of these cells and
    `ahead(grid)` after the last one included.
    """
    enter, hold = _flutter(low, first_block, grid, start, stop)
    return Cells(enter, hold, *_noise(low, first_block, grid, start, stop))


def _flutter(
    low: Whole, first_block: int, grid: Grid, start: int, stop: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    size, window = cell(grid), grid.count(FLUTTER_S)
    longest = grid.count(HALF_PERIODS_S[1])
    half = spread(grid, FLUTTER_BAND, FLUTTER_HALF_S)
    # The windows end so far behind their cells.
    ends = (np.arange(start, stop) + 1) * size + grid.count(AHEAD_S)
    begin = int(ends[0]) - window - longest
    part = low[begin - half - first_block : int(ends[-1]) + half - first_block]
    slow = band(part, grid, FLUTTER_BAND, FLUTTER_HALF_S)
    inner = half - spread(grid)
    quick = band(part[inner : len(part) - inner], grid)
    at = ends - window - begin
    slow_power = moving(slow * slow, window)[at]
    quick_power = moving(quick * quick, window)[at]
    large = slow_power > LEAST_UV**2 * window
    ratio = np.sqrt(quick_power / np.maximum(slow_power, 1))
    hold = large & (ratio < QRS_HOLD)
    enter = large & (ratio < QRS_ENTER)
    if hold.any():
        leak = _leakage(slow, grid, window)[at]
        enter &= leak < LEAK_ENTER
        hold &= leak < LEAK_HOLD
    return enter, hold


def _leakage(slow: Whole, grid: Grid, window: int) -> NDArray[np.float64]:
    shortest, longest = (grid.count(seconds) for seconds in HALF_PERIODS_S)
    best = np.full(len(slow) - window + 1, np.inf)
    size = np.abs(slow)
    for lag in range(shortest, longest + 1, 2):
        left, whole = np.zeros_like(slow), np.zeros_like(slow)
        left[lag:] = np.abs(slow[lag:] + slow[:-lag])
        whole[lag:] = size[lag:] + size[:-lag]
        share = moving(left, window) / np.maximum(moving(whole, window), 1)
        np.minimum(best, share, out=best)
    return best


def _noise(
    low: Whole, first_block: int, grid: Grid, start: int, stop: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    size, window = cell(grid), grid.count(NOISE_S)
    first, last = start // NOISE_GROUP, (stop - 1) // NOISE_GROUP
    ends = np.arange(first - LASTING + 1, last + 1) * NOISE_GROUP * size + grid.count(AHEAD_S)
    begin, spare = int(ends[0]) - window, margin(grid)
    part = low[begin - spare - first_block : int(ends[-1]) + spare - first_block]
    # Every second value: the energy is smooth.
    seen = sliding_window_view(energy(band(part, grid), grid), window)[ends - window - begin, ::2]
    usual, share = stands_out(seen)
    loud = np.where(share > NOISE_FROM, usual, 0.0)[LASTING - 1 :]
    lasting = sliding_window_view(share, LASTING).mean(axis=1) > LASTING_FROM
    inside = slice(start - first * NOISE_GROUP, stop - first * NOISE_GROUP)
    return np.repeat(loud, NOISE_GROUP)[inside], np.repeat(lasting, NOISE_GROUP)[inside]


def stands_out(windows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return, for each row of energies, what half of it is above, and of its highest that share."""
    middle = windows.shape[1] // 2
    usual = np.partition(windows, middle, axis=1)[:, middle]
    return usual, usual / np.maximum(windows.max(axis=1), 1e-9)


def held(physical: NDArray[Any], fs: float, first: int) -> list[Mark]:
    """Return runs [start, stop) of a value that stands: flat, or saturated.

    `physical`: mV, NaN = missing, from sample `first` of the record on.
    """
    least = max(4, math.ceil(RAIL_S * fs))
    found: list[Mark] = []
    for start, stop in stretches(physical, least).tolist():
        known = start + math.ceil(FLAT_KNOWN_S * fs)
        before = physical[max(0, start - math.ceil(FLAT_S * fs)) : start]
        before = before[np.isfinite(before)]
        if len(before) and abs(float(physical[start]) - float(np.median(before))) * 1000 >= RAIL_UV:
            found.append((first + start, first + min(stop, known), "saturated"))
        if stop - start >= FLAT_S * fs:
            found.append((first + known, first + stop, "flat"))
    return found


def flutter(cells: Cells, going_on: bool) -> NDArray[np.bool_]:  # noqa: FBT001
    """Return which cells are flutter, where the one before them was or was not."""
    if not going_on and not cells.enter.any():
        return np.zeros(len(cells.enter), np.bool_)
    found = np.zeros(len(cells.enter), np.bool_)
    state = going_on
    for number, (enter, hold) in enumerate(
        zip(cells.enter.tolist(), cells.hold.tolist(), strict=True)
    ):
        state = enter or (state and hold)
        found[number] = state
    return found
