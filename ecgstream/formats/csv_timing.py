"""Rows to sample numbers, block by block: from times, from sample numbers, or one after another.

Pure. Inside an unbroken run rows count on; after a gap they are what the time says
(`model.timebase`, whose rule of what is a gap holds here too). Nothing is kept of a row.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed
from ecgstream.model.timebase import Stamps, Unsteady, doubt, infer, number, origin

MOST_RUNS: Final = 1 << 20

FINEST_MS: Final = 1e-6
"""A nanosecond: times are not written finer."""

TICKS_MS: Final = {"s": 1000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}

PLAUSIBLE_HZ: Final = (45.0, 4_100.0)
"""Where the unit of times is not said. Between these any step makes a rate in one unit at most, and
an ECG of one value a second, or of 16 kHz, is likelier to be something else."""


@dataclass(slots=True)
class Rows:
    """The runs found so far: `starts[k]` is the first row of one, `samples[k]` its sample number.

    `count` rows have been seen; the last of them has sample number `last`.
    """

    starts: list[int] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)
    count: int = 0
    last: int = -1

    def add(self, first: NDArray[np.int64], sample: NDArray[np.int64], count: int) -> None:
        """Take `count` rows more: runs that begin at rows `first` of them with samples `sample`."""
        for row, at in zip(first.tolist(), sample.tolist(), strict=True):
            if self.starts and at == self._next(row):
                continue
            if len(self.starts) >= MOST_RUNS:
                raise ImportFailed(f"more than {MOST_RUNS} gaps: its times make no recording")
            self.starts.append(self.count + row)
            self.samples.append(at)
        self.count += count
        self.last = self.samples[-1] + self.count - 1 - self.starts[-1]

    def _next(self, row: int) -> int:
        return self.samples[-1] + self.count + row - self.starts[-1]

    @property
    def length(self) -> int:
        """Samples from the first to the last."""
        return self.last + 1

    def placed(self, start: int, count: int) -> Iterator[tuple[int, int, int]]:
        """Yield of rows [start, start + count) each run: first row, rows, sample number of it."""
        which = bisect_right(self.starts, start) - 1
        at = start
        while at < start + count:
            stop = self.starts[which + 1] if which + 1 < len(self.starts) else self.count
            many = min(stop, start + count) - at
            yield at, many, self.samples[which] + at - self.starts[which]
            at += many
            which += 1


class ByNumber:
    """Rows that say their sample number; the first is sample 0."""

    def __init__(self, heading: str) -> None:
        self._heading = heading
        self._zero: int | None = None
        self._last = 0
        self.rows = Rows()

    def add(self, values: NDArray[np.float64]) -> None:
        """Take the numbers of some rows. Raises ImportFailed where they are none, or go back."""
        where = f"column {self._heading!r}, row"
        whole = np.rint(values)
        if not (np.abs(values) < 2**53).all() or (whole != values).any():
            bad = int(np.argmax(~(np.abs(values) < 2**53) | (whole != values)))
            raise ImportFailed(f"{where} {self.rows.count + bad + 1}: expected a sample number")
        numbers = whole.astype(np.int64)
        if self._zero is None:
            self._zero, self._last = int(numbers[0]), int(numbers[0]) - 1
        steps = np.diff(numbers, prepend=self._last)
        if (steps < 1).any():
            bad = int(np.argmax(steps < 1))
            raise ImportFailed(
                f"{where} {self.rows.count + bad + 1}: sample {numbers[bad]} after "
                f"{numbers[bad] - steps[bad]}: sorted rows without doubles were expected"
            )
        first = np.flatnonzero((steps != 1) | (np.arange(len(steps)) == 0))
        self.rows.add(first, numbers[first] - self._zero, len(numbers))
        self._last = int(numbers[-1])


class InOrder:
    """Rows that follow each other without a gap."""

    def __init__(self) -> None:
        self.rows = Rows()

    def add(self, values: NDArray[np.float64]) -> None:
        """Take as many rows as there are `values`."""
        zero = np.zeros(1, np.int64)
        self.rows.add(zero, zero + self.rows.last + 1, len(values))


class ByTime:
    """Rows that say when they were. `fs` None: inferred from the first block of times.

    `unit` None: found out of the first block. `tick_ms` is what was found.
    """

    def __init__(self, heading: str, unit: str | None, fs: Fraction | None) -> None:
        self._heading = heading
        self.tick_ms = TICKS_MS[unit] if unit else None
        self.fs = fs
        self.inferred = fs is None
        self.doubt = ""
        self.first: float | None = None
        self._last_ms = 0.0
        self._quantum = FINEST_MS
        self.rows = Rows()

    def add(self, values: NDArray[np.float64]) -> None:
        """Take the times of some rows. Raises ImportFailed where no one rate explains them."""
        where = f"column {self._heading!r}, row"
        if not np.isfinite(values).all():
            bad = int(np.argmax(~np.isfinite(values)))
            raise ImportFailed(f"{where} {self.rows.count + bad + 1}: no time")
        steps = np.diff(values)
        if (steps <= 0).any():
            bad = int(np.argmax(steps <= 0))
            raise ImportFailed(
                f"{where} {self.rows.count + bad + 2}: {values[bad + 1]:.12g} after "
                f"{values[bad]:.12g}: sorted rows without doubles were expected"
            )
        if self.first is None:
            self._begin(values)
        assert self.first is not None
        assert self.tick_ms is not None
        times = (values - self.first) * self.tick_ms
        if self.rows.count and times[0] <= self._last_ms:
            raise ImportFailed(f"{where} {self.rows.count + 1}: its time is not after the last")
        try:
            self._number(Stamps(times, self._quantum))
        except Unsteady as error:
            raise ImportFailed(
                f"{where} {self.rows.count + error.index + 1}: {error}"
                f"{'' if self.inferred else f' (a rate of {float(self.fs or 0):g} Hz was told)'}"
            ) from error
        self._last_ms = float(times[-1])

    def _begin(self, values: NDArray[np.float64]) -> None:
        self.first = float(values[0])
        if len(values) < 2:
            raise ImportFailed(f"column {self._heading!r}: one time alone has no rate")
        if self.tick_ms is None:
            self.tick_ms = self._told_by_steps(values)
        self._quantum = max(10.0 ** -_decimals(values) * self.tick_ms, FINEST_MS)
        if self.fs is None:
            try:
                stamps = Stamps((values - values[0]) * self.tick_ms, self._quantum)
                self.fs = infer(stamps)
                self.doubt = doubt(stamps, self.fs)
            except Unsteady as error:
                raise ImportFailed(
                    f"column {self._heading!r}, row {error.index + 1}: {error}; say in a mapping: "
                    "fs = the rate in Hz"
                ) from error

    def _told_by_steps(self, values: NDArray[np.float64]) -> float:
        """Return the tick, in ms, of the one unit in which the steps make a rate of an ECG."""
        if (np.diff(values) == 1).all() and (values == np.rint(values)).all():
            raise ImportFailed(
                f"column {self._heading!r} counts on by 1: sample numbers, or a time? say in a "
                f'mapping: time = {{ column = "{self._heading}", counts = "sample" }}, or '
                'unit = "ms"'
            )
        step = float(np.median(np.diff(values)))
        rates = {unit: 1000 / (step * tick) for unit, tick in TICKS_MS.items()}
        if self.fs is not None:
            near = [u for u, hz in rates.items() if abs(hz / float(self.fs) - 1) < 0.5]
        else:
            near = [u for u, hz in rates.items() if PLAUSIBLE_HZ[0] <= hz < PLAUSIBLE_HZ[1]]
        if len(near) != 1:
            raise ImportFailed(
                f"column {self._heading!r}: steps of {step:.6g}, and the unit is not said; say in "
                f'a mapping: time = {{ column = "{self._heading}", unit = "ms" }}'
            )
        return TICKS_MS[near[0]]

    def _number(self, stamps: Stamps) -> None:
        assert self.fs is not None
        step = float(1000 / self.fs)
        found = number(stamps, self.fs, origin(stamps, self.fs))
        start = 0
        if self.rows.count:
            after = float(stamps.times[0]) - self._last_ms
            limit = 1.5 * step + stamps.slack
            # A run goes on over the edge of a block; a gap is as long as it lasts.
            start = self.rows.last + (1 if after <= limit else max(1, round(after / step)))
        self.rows.add(found.first, found.sample + start, len(stamps.times))


def _decimals(values: NDArray[np.float64]) -> int:
    """Return how many decimals times are written with, as far as floats can tell; 9 at most."""
    some = values[:10_000]
    for decimals in range(9):
        power = 10.0**decimals
        if np.array_equal(np.rint(some * power) / power, some):
            return decimals
    return 9
