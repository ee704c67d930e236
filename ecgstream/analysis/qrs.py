"""What a QRS complex leaves in a band of 8 to 20 Hz: where something stands out, and how much.

The signal is taken in whole microvolts, the filters have whole numbers, and every sum is exact: a
value depends on the samples around it alone, to the last bit, wherever reading began. The gain, the
squares and the moving window are Pan and Tompkins's (IEEE Trans Biomed Eng 32:230, 1985) by way of
SleepECG (BSD-3-Clause, the SleepECG developers), whose thresholds are rebuilt in `choosing`.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

RATE: Final = 120.0
"""Hz, about, at which complexes are looked for: three times the highest frequency wanted."""

BAND: Final = (8.0, 20.0)
"""Hz. P and T waves and the baseline lie below, muscle and mains above (Elgendi 2010: the best)."""

HALF_S: Final = 0.125
"""Half the length of that filter: a cycle of its lowest frequency."""

ENERGY_S: Final = 0.15
"""The widest QRS complexes: the whole of one counts as one."""

APART_S: Final = 0.12
"""Of two peaks of energy nearer than this the larger one is the complex, the other its shoulder."""

FLOOR_MV: Final = 0.15
"""Peak to peak: nothing below is a QRS (as monitors have it, IEC 60601-2-27)."""

NEAR_S: Final = 0.08
"""To each side: within it a complex has its highest and its lowest point."""

REACH_S: Final = 0.1
"""From the middle of a complex's energy to its R peak, at most."""

SMOOTH_S: Final = 0.01
"""Half a cycle of mains: without it a peak is where the hum has its own."""

TREND_S: Final = 0.13
"""What is slower than a QRS (ST segment, T wave of a PVC) has no say in where its peak is."""

UPWARD: Final = 1.15
"""Of two deflections of like size the upward one is the R wave, as its name is defined."""

MOST_UV: Final = 1 << 30
"""Beyond it (a thousand volts) sums would not be exact any more."""

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Grid:
    """The coarser rate that complexes are looked for at: block b is samples [b f, (b + 1) f)."""

    fs: float

    @property
    def factor(self) -> int:
        """Samples a block."""
        return max(1, round(self.fs / RATE))

    @property
    def rate(self) -> float:
        """Blocks a second: 80 to 180 where `fs` is 80 Hz or more."""
        return self.fs / self.factor

    def count(self, seconds: float, least: int = 1) -> int:
        """Return `seconds` in blocks."""
        return max(least, round(seconds * self.rate))


@dataclass(frozen=True, slots=True, eq=False)
class Waves:
    """What stands out, in order.

    Its block, its size in the band (uV), its peak (a sample), and how far it is from its highest
    to its lowest point (uV).
    """

    block: Whole
    size: NDArray[np.float64]
    peak: Whole
    extent: Whole

    def of(self, kept: NDArray[np.bool_] | slice) -> "Waves":
        """Return some of them."""
        return Waves(self.block[kept], self.size[kept], self.peak[kept], self.extent[kept])


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A stretch of signal from a block on: its blocks, what is in the band, and how large that is.

    The filters take something off: `quick[0]` and `size[0]` are of later blocks than `low[0]`.
    """

    grid: Grid
    first: int
    low: Whole
    quick: Whole
    size: NDArray[np.float64]

    @property
    def quick_first(self) -> int:
        """The block of `quick[0]`."""
        return self.first + spread(self.grid)

    @property
    def size_first(self) -> int:
        """The block of `size[0]`."""
        return self.first + margin(self.grid)


def trace(micro: Whole, first_block: int, grid: Grid) -> Trace:
    """Return whole microvolts from the first sample of block `first_block` on as a trace."""
    low = blocks(micro, grid.factor)
    quick = band(low, grid)
    return Trace(grid, first_block, low, quick, energy(quick, grid))


def microvolts(physical: NDArray[Any]) -> tuple[Whole, NDArray[np.bool_]]:
    """Return millivolts as whole microvolts, and which of them are there.

    Across what is missing the level is held, and goes on from there: nothing jumps at a gap. The
    offset is lost by that, which no filter here lets through anyhow.
    """
    known = np.isfinite(physical)
    if known.all():
        return _whole(physical), known
    values = _whole(np.where(known, physical, 0.0))
    steps = np.diff(values, prepend=values[:1])
    steps[1:][~(known[1:] & known[:-1])] = 0
    return np.cumsum(steps), known


def _whole(physical: NDArray[Any]) -> Whole:
    scaled = np.rint(np.asarray(physical, np.float64) * 1000.0)
    whole: Whole = np.clip(scaled, -MOST_UV, MOST_UV, out=scaled).astype(np.int64)
    return whole


def blocks(micro: Whole, factor: int) -> Whole:
    """Return the sums of blocks of `factor` samples; `micro` begins at the first one of a block."""
    count = len(micro) // factor
    whole = micro[: count * factor]
    total = whole[::factor].copy()
    for offset in range(1, factor):
        total += whole[offset::factor]
    return total


@lru_cache(maxsize=64)
def taps(low: float, high: float, half_s: float, rate: float) -> tuple[NDArray[np.float64], float]:
    """Return a symmetric band pass in whole numbers that sum to 0, and its gain in the band.

    A windowed sinc (Hann) from `low` to `high` Hz, of length 2 `half_s`, at `rate` Hz.
    """
    half = max(2, round(half_s * rate))
    place = np.arange(-half, half + 1)
    time = place / rate
    window = 0.5 + 0.5 * np.cos(np.pi * place / (half + 1))
    high = min(high, 0.45 * rate)
    shape = (2 * high * np.sinc(2 * high * time) - 2 * low * np.sinc(2 * low * time)) * window
    shape -= window * shape.sum() / window.sum()
    whole = np.rint(shape / np.abs(shape).max() * 2048)
    whole[half] -= whole.sum()
    tested = np.linspace(low, high, 25)
    gain = np.abs(np.cos(2 * np.pi * tested[:, None] * time) @ whole).max()
    return whole, float(gain)


def band(
    low: Whole, grid: Grid, edges: tuple[float, float] = BAND, half_s: float = HALF_S
) -> Whole:
    """Return block sums filtered, in whole uV: shorter by the filter's half length at both ends."""
    kernel, gain = taps(*edges, half_s, grid.rate)
    filtered = np.convolve(low.astype(np.float64), kernel, mode="valid")
    # Beyond 2 V squares would not fit; nothing of it is a heart's.
    scaled = np.clip(np.rint(filtered / (gain * grid.factor)), -(1 << 21), 1 << 21)
    whole: Whole = scaled.astype(np.int64)
    return whole


def spread(grid: Grid, edges: tuple[float, float] = BAND, half_s: float = HALF_S) -> int:
    """Return by how many blocks `band` is shorter at each end."""
    return len(taps(*edges, half_s, grid.rate)[0]) // 2


def moving(values: Whole, length: int) -> Whole:
    """Return the sums of `length` values that follow each other: `length - 1` fewer."""
    total = np.concatenate([np.zeros(1, np.int64), np.cumsum(values)])
    sums: Whole = total[length:] - total[:-length]
    return sums


def energy(filtered: Whole, grid: Grid) -> NDArray[np.float64]:
    """Return the root mean square over `ENERGY_S` (an odd number of blocks), in uV."""
    length = 2 * grid.count(ENERGY_S / 2) + 1
    size: NDArray[np.float64] = np.sqrt(moving(filtered * filtered, length) / length)
    return size


def margin(grid: Grid) -> int:
    """Return the blocks that are wanted on both sides of one whose energy is asked for."""
    return spread(grid) + grid.count(ENERGY_S / 2)


def summits(size: NDArray[np.float64], grid: Grid) -> tuple[Whole, int]:
    """Return where `size` is higher than all within `APART_S`; and that, in blocks."""
    reach = grid.count(APART_S)
    if len(size) <= 2 * reach:
        return np.empty(0, np.int64), reach
    inner = size[reach : len(size) - reach]
    rising = inner > size[reach - 1 : len(size) - reach - 1]
    places = np.flatnonzero(rising & (inner >= size[reach + 1 : len(size) - reach + 1]))
    around = sliding_window_view(size, 2 * reach + 1)[places]
    # Of equal ones the first.
    return places[around.argmax(axis=1) == reach] + reach, reach


def peaks(micro: Whole, middles: Whole, fs: float) -> tuple[Whole, Whole]:
    """Return the R peak of each complex, as an index into `micro`, and its extent in uV.

    `middles`: the middle of each, at least `peak_margin(fs)` from both ends of `micro`.
    """
    smooth, reach = 2 * round(SMOOTH_S * fs / 2) + 1, round(REACH_S * fs)
    trend = 2 * round(TREND_S * fs / 2) + 1
    side = reach + trend // 2
    if not len(middles):
        return middles, middles
    around = sliding_window_view(micro, 2 * side + 1)[middles - side]
    around = around - around[:, :1]
    total = np.concatenate([np.zeros((len(around), 1), np.int64), around.cumsum(axis=1)], axis=1)
    wide = total[:, trend:] - total[:, :-trend]
    cut = (trend - smooth) // 2
    fine = (total[:, smooth:] - total[:, :-smooth])[:, cut : cut + wide.shape[1]]
    # Both times the other's length, so that the difference of means is a whole number.
    stands = fine * trend - wide * smooth
    found = np.where(stands > 0, stands * UPWARD, -stands).argmax(axis=1)
    near = round(NEAR_S * fs)
    close = fine[:, reach - near : reach + near + 1]
    return middles - reach + found, (close.max(axis=1) - close.min(axis=1)) // smooth


def peak_margin(fs: float) -> int:
    """Return the samples that are wanted on both sides of the middle of a complex."""
    return round(REACH_S * fs) + (2 * round(TREND_S * fs / 2) + 1) // 2 + 1


def waves(of: Trace, micro: Whole, start: int, stop: int) -> Waves:
    """Return what stands out in blocks [start, stop), each of `FLOOR_MV` or more.

    `micro` is what `of` was made of: `side(grid)` blocks more on both sides.
    """
    grid = of.grid
    reach = grid.count(APART_S)
    size = of.size[start - reach - of.size_first : stop + reach - of.size_first]
    places, _ = summits(size, grid)
    block = places - reach + start
    middles = (block - of.first) * grid.factor + grid.factor // 2
    peak, extent = peaks(micro, middles, grid.fs)
    found = Waves(block, size[places], peak + of.first * grid.factor, extent)
    return found.of(extent >= FLOOR_MV * 1000)


def side(grid: Grid) -> int:
    """Return the blocks wanted on both sides of those that `waves` are asked of."""
    return max(
        margin(grid) + grid.count(APART_S), math.ceil(peak_margin(grid.fs) / grid.factor) + 1
    )
