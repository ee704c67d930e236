"""Where nobody can say where the beats are: nothing recorded, mere noise, or no QRS at all."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ecgstream.analysis.qrs import Grid, Trace, Whole, band, margin, moving, spread, summits
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

QRS_ENTER, QRS_HOLD = 0.35, 0.5
"""Of the amplitude at 2.2 to 8 Hz, what is left at 8 to 20 Hz where no QRS is: a lead full of QRS
complexes has 0.5 to 1.5, and 0.2 to 0.4 where they are wide. It ends later than it begins."""

LEAK_ENTER, LEAK_HOLD = 0.35, 0.6
"""What is left of a wave and itself half a period later (the VF filter's leakage, Kuo and Dillman
1978: below 0.406 it is flutter or fibrillation) and of a wave less itself a whole period later,
averaged: 0 for a sine. Wide beats that follow each other at 160 a minute have 0.45, others more."""

HOLD_S: Final = 3.0
"""It goes on for so long at most without what it begins with."""

HALF_PERIODS_S: Final = (0.09, 0.17)
"""330 to 176 waves a minute: slower ones are beats, however wide."""

RESTLESS: Final = 0.12
WAVE_S: Final = 0.25
"""Of the highest power within a wave's length, what the quietest quarter of the time has at least:
between beats there is rest."""

LEAST_UV: Final = 50.0
"""Root mean square in the band: smaller waves are no flutter but a lead without a heart in it."""

NOISE_S: Final = 2.0
"""As long as the windows of the quality index; two beats at 60 a minute."""

NOISE_GROUP: Final = 10
"""Cells that have one look at the noise in common."""

LASTING: Final = 16
EVEN_FROM: Final = 0.47
"""Looks at it, 8 s, and their mean from which nothing stands out: of the highest energy of 2 s what
half the time is above. In mere noise it is 0.47 to 0.65; with beats 0.05 to 0.42, but more where
they come so fast that nothing is between them."""

QUIET_UV: Final = 15.0
"""Energy: where most looks of 8 s find no more, as in white noise of 0.03 mV, no beat is made up,
and a QRS of 0.15 mV stands out."""

UNLIKE_FROM: Final = 0.6
"""Then: the middle halves of the sizes of what stands out, and of its distances, over their
medians, summed. Mere noise has 0.5 to 1.1; a tachycardia 0.1 and one with atrial fibrillation 0.4,
for beats are alike in size at least."""

FLAT_S: Final = 2.0
FLAT_KNOWN_S: Final = 1.4
"""A value that stands for 2 s is no heart (`quality.FLAT_S`). The run counts from so far into it:
then it is known within the time that everything is. Before that there was nothing to be found."""

RAIL_S: Final = 0.1
RAIL_UV: Final = 1000
"""A value that stands for so long, so far from the two seconds before, is the amplifier's end."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Of cells that follow each other: which may begin a flutter, or go on with one; and noise."""

    enter: NDArray[np.bool_]
    hold: NDArray[np.bool_]
    noise: NDArray[np.bool_]

    def part(self, start: int, stop: int) -> "Cells":
        """Return the cells from `start` to `stop`, counted from the first."""
        return Cells(self.enter[start:stop], self.hold[start:stop], self.noise[start:stop])


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
    flutter = grid.count(FLUTTER_S) + 2 * grid.count(HALF_PERIODS_S[1]) + 4 + half
    noise = grid.count(NOISE_S) + margin(grid) + LASTING * NOISE_GROUP * cell(grid)
    return max(flutter, noise) + NOISE_GROUP * cell(grid)


def cells(of: Trace, start: int, stop: int) -> Cells:
    """Judge cells [start, stop).

    `of` has `back(grid)` blocks before the first of these cells and `ahead(grid)` after the last.
    """
    enter, hold = _flutter(of, start, stop)
    return Cells(enter, hold, _noise(of, start, stop))


def _flutter(of: Trace, start: int, stop: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    grid = of.grid
    window, longest = grid.count(FLUTTER_S), 2 * grid.count(HALF_PERIODS_S[1]) + 2
    # The windows end so far behind their cells.
    ends = (np.arange(start, stop) + 1) * cell(grid) + grid.count(AHEAD_S)
    begin, end = int(ends[0]) - window - longest, int(ends[-1])
    # Every second value is enough for waves so slow: the same ones, wherever reading began.
    begin -= begin % 2
    half = spread(grid, FLUTTER_BAND, FLUTTER_HALF_S)
    part = of.low[begin - half - of.first : end + half - of.first]
    slow = band(part, grid, FLUTTER_BAND, FLUTTER_HALF_S)
    quick = of.quick[begin - of.quick_first : end - of.quick_first]
    at = ends - window - begin
    slow_power = moving(slow * slow, window)[at]
    quick_power = moving(quick * quick, window)[at]
    large = slow_power > LEAST_UV**2 * window
    ratio = np.sqrt(quick_power / np.maximum(slow_power, 1))
    hold = large & (ratio < QRS_HOLD)
    enter = large & (ratio < QRS_ENTER)
    if hold.any():
        leak = _leakage(slow[::2], grid, window // 2)[at // 2]
        enter &= leak < LEAK_ENTER
        enter[enter] = _rest(slow, grid, window, at[enter]) > RESTLESS
        hold &= leak < LEAK_HOLD
    return enter, hold


def _leakage(slow: Whole, grid: Grid, window: int) -> NDArray[np.float64]:
    """Return, for each window of every second block, how far it is from any sine."""
    shortest, longest = (round(seconds * grid.rate / 2) for seconds in HALF_PERIODS_S)
    best = np.full(len(slow) - window + 1, np.inf)
    size = np.abs(slow)
    for lag in range(shortest, longest + 1):
        left = _unmatched(slow, size, lag, 1, window) + _unmatched(slow, size, 2 * lag, -1, window)
        np.minimum(best, left / 2, out=best)
    return best


def _unmatched(slow: Whole, size: Whole, lag: int, sign: int, window: int) -> NDArray[np.float64]:
    left, whole = np.zeros_like(slow), np.zeros_like(slow)
    left[lag:] = np.abs(slow[lag:] + sign * slow[:-lag])
    whole[lag:] = size[lag:] + size[:-lag]
    share: NDArray[np.float64] = moving(left, window) / np.maximum(moving(whole, window), 1)
    return share


def _rest(slow: Whole, grid: Grid, window: int, at: Whole) -> NDArray[np.float64]:
    """Return the power of the quietest quarter of each window that begins `at`, of its highest."""
    wave = grid.count(WAVE_S)
    power = moving(slow * slow, wave)
    seen = sliding_window_view(power, window - wave + 1)[at, ::4]
    quarter = seen.shape[1] // 4
    quiet = np.partition(seen, quarter, axis=1)[:, quarter]
    share: NDArray[np.float64] = quiet / np.maximum(seen.max(axis=1), 1)
    return share


def _noise(of: Trace, start: int, stop: int) -> NDArray[np.bool_]:
    grid = of.grid
    window = grid.count(NOISE_S)
    first, last = start // NOISE_GROUP, (stop - 1) // NOISE_GROUP
    groups = np.arange(first - LASTING + 1, last + 1)
    ends = groups * NOISE_GROUP * cell(grid) + grid.count(AHEAD_S)
    begin = int(ends[0]) - window
    size = of.size[begin - of.size_first : int(ends[-1]) - of.size_first]
    # Every second value: the energy is smooth.
    seen = sliding_window_view(size, window)[ends - window - begin, ::2]
    # In whole numbers: a sum of them does not depend on the order.
    shares = np.rint(evenness(seen) * 1e6).astype(np.int64)
    even = moving(shares, LASTING) > LASTING * EVEN_FROM * 1e6
    # What is so small hides no beat: silence is a pause, not noise.
    loud = (seen.max(axis=1) >= QUIET_UV).astype(np.int64)
    even &= moving(loud, LASTING) > LASTING // 2
    if even.any():
        places, reach = summits(size, grid)
        for number in np.flatnonzero(even).tolist():
            low_end = ends[number] - window - begin + reach
            high_end = ends[number + LASTING - 1] - begin - reach
            inner = places[(places >= low_end) & (places < high_end)]
            even[number] = len(inner) > LASTING and (
                _unlike(size[inner]) + _unlike(np.diff(inner)) > UNLIKE_FROM
            )
    inside = slice(start - first * NOISE_GROUP, stop - first * NOISE_GROUP)
    return np.repeat(even, NOISE_GROUP)[inside]


def _unlike(values: NDArray[Any]) -> float:
    """Return how far apart the middle half of `values` is, over their median."""
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return float((high - low) / max(middle, 1e-9))


def evenness(windows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, for each row of energies, what half of it is above, as a share of its highest."""
    middle = windows.shape[1] // 2
    usual = np.partition(windows, middle, axis=1)[:, middle]
    share: NDArray[np.float64] = usual / np.maximum(windows.max(axis=1), 1e-9)
    return share


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


def flutter(cells: Cells, left: int, grid: Grid) -> tuple[NDArray[np.bool_], int]:
    """Return which cells are flutter, and for how many more cells it may go on after them.

    `left`: for how many it might after the one before; 0 where it was none.
    """
    found = np.zeros(len(cells.enter), np.bool_)
    if not left and not cells.enter.any():
        return found, 0
    most = round(HOLD_S * grid.rate / cell(grid))
    both = zip(cells.enter.tolist(), cells.hold.tolist(), strict=True)
    for number, (enter, hold) in enumerate(both):
        left = most if enter else left - 1 if left and hold else 0
        found[number] = left > 0
    return found, left
