"""Values of a lead that stand far outside all its others: what may stand for "missing".

Exact over every sample, in bounded memory. Nothing is taken for missing because of it: a person
is told, and says so in a mapping.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.analysis.medians import median

Runs = NDArray[np.int64]

FAR: Final = 10.0
"""From all else, in extents of all else. A pacemaker's spike is some times a QRS complex."""

FAR_NUMBER: Final = 3.0
"""For a value that repeats and is a number which files have for "missing"."""

NUMBERS: Final = frozenset(
    {float(sign * (10**k - 1)) for k in range(2, 8) for sign in (-1, 1)}
    | {float(sign * (10**k)) for k in (30, 36, 38) for sign in (-1, 1)}
    | {-32768.0, 32767.0, -2147483648.0, 2147483647.0, 65535.0, -1000.0, -9999999.0, -10000.0}
)
"""Which those are: nines, the ends of whole types, and round ones."""

MOST: Final = 64
"""Distinct values that are followed: of more those in the middle are no outliers."""

MOST_RUNS: Final = 2_000
"""Places that are remembered of a value."""

PROBES: Final = 1_024
"""Samples of a piece by which its usual values are told."""

USUAL: Final = 30.0
"""Median deviations: what is nearer to the median is as usual. Only a sieve, which may be coarse:
whether a value is far is told of all samples at the end."""


@dataclass(frozen=True, slots=True)
class Far:
    """A stored `value` of `count` samples, from `first` on: `times` extents away from all else.

    `runs`: where it stands, shape (n, 2), [start, stop) each; the first ones of very many.
    """

    value: float
    count: int
    first: int
    times: float
    runs: Runs


@dataclass(slots=True)
class _Outlier:
    count: int
    first: int
    runs: list[Runs]
    held: int = 0

    def more(self, runs: Runs, count: int) -> None:
        self.count += count
        room = MOST_RUNS - self.held
        if room > 0:
            self.runs.append(runs[:room])
            self.held += len(self.runs[-1])


class Outliers:
    """Follows the outermost values of one lead, handed to it piece by piece in order."""

    def __init__(self) -> None:
        self._found: dict[float, _Outlier] = {}
        # Of all samples that are no outliers: empty where low is above high.
        self._low, self._high = np.inf, -np.inf

    def add(self, start: int, samples: NDArray[Any], there: NDArray[np.bool_] | None) -> None:
        """Take samples from `start` on, of which those `there` count, finite ones; None: all."""
        held = samples if there is None else samples[there]
        if not len(held):
            return
        low, high = float(held.min()), float(held.max())
        probe = held[:: max(1, len(held) // PROBES)].astype(np.float64)
        # Doubles reach so far that their differences may not be one.
        with np.errstate(over="ignore", invalid="ignore"):
            middle = median(probe)
            usual = USUAL * median(np.abs(probe - middle))
        least, most = middle - usual, middle + usual
        if usual and low >= least and high <= most:
            self._usual(low, high)
            return
        outside = (samples < least) | (samples > most) if usual else np.ones(len(samples), np.bool_)
        if there is not None:
            outside &= there
        self._take(start, samples, outside)
        inside = ~outside if there is None else there & ~outside
        if inside.any():
            rest = samples[inside]
            self._usual(float(rest.min()), float(rest.max()))

    def far(self) -> list[Far]:
        """Return those that stand far from all else, the lowest first."""
        below = sorted(value for value in self._found if value < self._low)
        above = sorted((value for value in self._found if value > self._high), reverse=True)
        low, high = self._low, self._high
        while below or above:
            extent = high - low
            if below and low - below[-1] < self._needed(below[-1]) * extent:
                low = below.pop()
            elif above and above[-1] - high < self._needed(above[-1]) * extent:
                high = above.pop()
            else:
                break
        # Beside a lead that never moves nothing is far: there is no measure for it.
        if not 0 < high - low < np.inf:
            return []
        found = []
        for value in [*below, *reversed(above)]:
            one = self._found[value]
            away = low - value if value < low else value - high
            runs = _joined(np.concatenate(one.runs))
            found.append(Far(value, one.count, one.first, away / (high - low), runs))
        return found

    def _needed(self, value: float) -> float:
        repeats = self._found[value].count > 1
        return FAR_NUMBER if repeats and value in NUMBERS else FAR

    def _usual(self, low: float, high: float) -> None:
        self._low, self._high = min(self._low, low), max(self._high, high)

    def _take(self, start: int, samples: NDArray[Any], outside: NDArray[np.bool_]) -> None:
        """Take those `outside`, the outermost values of them."""
        at = np.flatnonzero(outside)
        values = samples[at]
        distinct = np.unique(values)
        if len(distinct) > MOST:
            half = MOST // 2
            self._usual(float(distinct[half]), float(distinct[-half - 1]))
            distinct = np.concatenate([distinct[:half], distinct[-half:]])
        for value in distinct:
            number = float(value)
            if self._low <= number <= self._high:
                continue
            places = at[values == value]
            edges = np.flatnonzero(np.diff(places) > 1)
            starts = places[np.concatenate([[0], edges + 1])] + start
            stops = places[np.concatenate([edges, [len(places) - 1]])] + start + 1
            one = self._found.setdefault(number, _Outlier(0, int(starts[0]), []))
            one.more(np.column_stack([starts, stops]), len(places))
        if len(self._found) > MOST:
            ordered = sorted(self._found)
            for value in ordered[MOST // 2 : -(MOST // 2)]:
                del self._found[value]
                self._usual(value, value)


def _joined(runs: Runs) -> Runs:
    """Return runs in order, those that touch as one."""
    apart = runs[1:, 0] > runs[:-1, 1]
    starts = runs[np.concatenate([[True], apart]), 0]
    stops = runs[np.concatenate([apart, [True]]), 1]
    return np.column_stack([starts, stops])
