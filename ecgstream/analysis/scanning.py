"""From samples to beats, cell by cell: what the pieces of `beats` and `streaming` both do."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.analysis import blindness
from ecgstream.analysis.blindness import Cells, Mark, Reason
from ecgstream.analysis.choosing import Chooser
from ecgstream.analysis.qrs import Grid, Waves, Whole, microvolts, side, trace, waves
from ecgstream.analysis.quality import Runs, runs

LOOK_CELLS: Final = 10
"""Cells ahead of a wave in which all waves are known when it is decided on: half a second."""

CUT_S: Final = 0.04
"""Half a QRS complex: a peak so near an end or a gap may be a wave that was only begun."""

REASONS: Final[tuple[Reason, ...]] = ("noise", "flutter", "saturated", "flat", "missing")
"""Why nothing is said, the plainest last: it is the one that is named where several hold."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What can be said of cells [start, stop) without knowing what was before."""

    start: int
    stop: int
    waves: Waves
    """Of cells [start, stop), and of `LOOK_CELLS` more where the signal goes on."""
    cells: Cells
    held: list[Mark]

    def until(self, stop: int, ruler: "Ruler") -> "Look":
        """Return what can be said up to cell `stop`."""
        count = int(
            np.searchsorted(self.waves.block, (stop + LOOK_CELLS) * blindness.cell(ruler.grid))
        )
        known = self.waves.of(slice(count))
        cells = self.cells.part(0, stop - self.start)
        return Look(self.start, stop, known, cells, self.held)


@dataclass(frozen=True, slots=True)
class Ruler:
    """How blocks, cells and samples lie at `fs` Hz."""

    fs: float

    @property
    def grid(self) -> Grid:
        """Of the blocks."""
        return Grid(self.fs)

    @property
    def cell_samples(self) -> int:
        """Samples of a cell; cell 0 begins at sample 0."""
        return blindness.cell(self.grid) * self.grid.factor

    @property
    def look_s(self) -> float:
        """Seconds ahead of a wave in which all waves are known."""
        return LOOK_CELLS * self.cell_samples / self.fs

    @property
    def ahead(self) -> int:
        """Samples wanted after a cell that is looked at."""
        grid = self.grid
        size = blindness.cell(grid)
        cells = max(
            LOOK_CELLS + math.ceil(side(grid) / size), math.ceil(blindness.ahead(grid) / size)
        )
        return cells * self.cell_samples

    @property
    def back(self) -> int:
        """Samples wanted before a cell that is looked at, a whole number of cells."""
        grid = self.grid
        size = blindness.cell(grid)
        return math.ceil(max(side(grid), blindness.back(grid)) / size) * self.cell_samples


def look(
    physical: NDArray[Any],
    ruler: Ruler,
    first: int,
    start: int,
    stop: int,
    *,
    waved: int | None = None,
) -> Look:
    """Look at cells [start, stop) of `physical`: mV, NaN = missing, from sample `first` on.

    It holds `ruler.back` samples before and `ruler.ahead` after them; where it does not, the first
    and the last value are held. `waved`: the cell from which on waves are wanted, if not the first.
    """
    grid, size = ruler.grid, ruler.cell_samples
    low, high = start * size - ruler.back, stop * size + ruler.ahead
    known_low, known_high = max(low, first), min(high, first + len(physical))
    micro, known = microvolts(physical[known_low - first : known_high - first])
    micro = np.pad(micro, (known_low - low, high - known_high), mode="edge")
    per = blindness.cell(grid)
    of = trace(micro, low // grid.factor, grid)
    found = waves(of, micro, (start if waved is None else waved) * per, (stop + LOOK_CELLS) * per)
    cells = blindness.cells(of, start, stop)
    inside = slice(known_low - first, known_high - first)
    held = blindness.held(physical[inside], ruler.fs, known_low)
    missing: list[Mark] = [(a, b, "missing") for a, b in runs(~known, known_low).tolist()]
    found = _whole_ones(found, missing, ruler, known_low, known_high)
    return Look(start, stop, found, cells, held + missing)


def _whole_ones(found: Waves, missing: list[Mark], ruler: Ruler, low: int, high: int) -> Waves:
    """Return those waves that are not cut off by an end of the signal or a gap in it."""
    edge = math.ceil(CUT_S * ruler.fs)
    whole = (found.peak >= low + edge) & (found.peak < high - edge)
    for start, stop, _ in missing:
        if stop - start >= edge:
            whole &= (found.peak < start - edge) | (found.peak >= stop + edge)
    return found.of(whole)


class Scanner:
    """Goes over a lead from cell `start` on, and knows nothing of what was before."""

    def __init__(self, ruler: Ruler, start: int) -> None:
        self._ruler = ruler
        self._per = blindness.cell(ruler.grid)
        self._start = start
        self._chooser = Chooser(ruler.grid.rate, ruler.look_s)
        self._flutter = 0
        # Of the waves that are not decided on yet.
        self._block: Whole = np.empty(0, np.int64)
        self._peak: Whole = np.empty(0, np.int64)
        self.beats: list[int] = []
        self.doubts: list[int] = []
        self.marks: list[Mark] = []

    def take(self, seen: Look, *, last: bool) -> None:
        """Go over the next cells, and maybe the last ones.

        `beats`, `doubts` and `marks` are longer then.
        """
        skip = max(0, self._start - seen.start)
        self._add(seen.waves)
        if seen.start + skip >= seen.stop:
            return
        start, cells = seen.start + skip, seen.cells
        cells = cells.part(skip, len(cells.enter))
        flutter, self._flutter = blindness.flutter(cells, self._flutter, self._ruler.grid)
        size = self._ruler.cell_samples
        self.marks += seen.held
        for mask, why in ((cells.noise, "noise"), (flutter, "flutter")):
            self.marks += [(a * size, b * size, why) for a, b in runs(mask, start).tolist()]
        decided = int(np.searchsorted(self._block, seen.stop * self._per))
        block, peak = self._block[:decided], self._peak[:decided]
        blind = (flutter | cells.noise)[block // self._per - start]
        for low, high, _ in seen.held:
            blind |= (peak >= low) & (peak < high)
        self._block, self._peak = self._block[decided:], self._peak[decided:]
        known = seen.stop * size / self._ruler.fs
        self.beats += self._chooser.beats(blind.tolist(), known, ended=last)
        self.doubts += self._chooser.doubts
        self._chooser.doubts.clear()

    def _add(self, found: Waves) -> None:
        mine = found.of(found.block >= self._start * self._per)
        self._chooser.add(mine)
        self._block = np.concatenate([self._block, mine.block])
        self._peak = np.concatenate([self._peak, mine.peak])

    def forget(self, before: int) -> None:
        """Let go of what lies before a sample."""
        self.beats = [peak for peak in self.beats if peak >= before]
        self.doubts = [peak for peak in self.doubts if peak >= before]
        self.marks = [mark for mark in self.marks if mark[1] > before]

    @property
    def waits_from(self) -> float:
        """The time (s) of the first wave that is not decided on for it learns yet, or inf."""
        return self._chooser.waits_from


def painted(marks: list[Mark], start: int, stop: int) -> tuple[Runs, tuple[Reason, ...]]:
    """Return where in samples [start, stop) nothing is found and why, sorted and disjoint."""
    inside = [mark for mark in marks if mark[0] < stop and mark[1] > start]
    if not inside:
        return np.empty((0, 2), np.int64), ()
    codes = np.zeros(stop - start, np.int8)
    for code, reason in enumerate(REASONS, 1):
        for low, high, why in inside:
            if why == reason:
                codes[max(0, low - start) : max(0, high - start)] = code
    edges = np.flatnonzero(np.diff(codes, prepend=0, append=0))
    lows, highs = edges[:-1], edges[1:]
    kept = codes[lows] > 0
    found = np.column_stack([lows[kept], highs[kept]]) + start
    return found, tuple(REASONS[code - 1] for code in codes[lows[kept]].tolist())
