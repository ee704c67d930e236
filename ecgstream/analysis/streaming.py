"""The detector for a lead that is still being recorded: the same beats, at most a second later."""

from collections import deque
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.analysis.beats import SLOWEST_FS, Beats, edge, first_cell, last_cell, piece_of, told
from ecgstream.analysis.qrs import REACH_S
from ecgstream.analysis.scanning import LOOK_CELLS, Ruler, Scanner, look

DELAY_S: Final = 1.0
"""Seconds of signal after a beat with which it is told, at most; at the beginning, and after a gap
so long that all is forgotten, only when it is learnt how large beats are (`choosing.LEARN_S`)."""

MOST_S: Final = 20.0
"""Seconds gone over at once, however much comes: a bound for memory."""


class Streaming:
    """Finds the beats of one lead, handed to it in order: those that `beats.piece` finds.

    `first` is the record's sample that comes first. Raises ValueError below `SLOWEST_FS`.
    """

    def __init__(self, fs: float, first: int = 0) -> None:
        if fs < SLOWEST_FS:
            raise ValueError(f"beats are found at {SLOWEST_FS:g} Hz and more, not at {fs:g} Hz")
        self._ruler = Ruler(fs)
        self._first = first
        self._values: NDArray[np.float64] = np.empty(0)
        self._values_first = first
        # Cells gone over, and those whose waves are known.
        self._cell = self._waved = first // self._ruler.cell_samples
        self._told = first
        self._scanners: deque[tuple[int, Scanner]] = deque()
        self._next_piece = piece_of(first, fs)

    def add(self, physical: NDArray[Any]) -> Beats:
        """Take the next samples (mV, NaN = missing) and return what has become certain.

        It begins where the last answer ended.
        """
        self._values = np.concatenate([self._values, physical])
        known = self._values_first + len(self._values)
        stop = (known - self._ruler.ahead) // self._ruler.cell_samples
        return self._until(stop, ended=False)

    def finish(self) -> Beats:
        """Return the rest: nothing follows."""
        known = self._values_first + len(self._values)
        return self._until(-(-known // self._ruler.cell_samples), ended=True)

    def _until(self, stop: int, *, ended: bool) -> Beats:
        most = int(MOST_S * self._ruler.fs) // self._ruler.cell_samples
        while self._cell < stop:
            until = min(stop, self._cell + most)
            self._go_over(until, ended=ended and until == stop)
        return self._tell(ended=ended)

    def _go_over(self, stop: int, *, ended: bool) -> None:
        ruler = self._ruler
        seen = look(self._values, ruler, self._values_first, self._cell, stop, waved=self._waved)
        behind = self._cell
        self._cell, self._waved = stop, stop + LOOK_CELLS
        while (begin := first_cell(self._next_piece, ruler, self._first)) < self._waved:
            self._scanners.append((self._next_piece, Scanner(ruler, begin)))
            self._next_piece += 1
        for k, scanner in self._scanners:
            last = last_cell(k, ruler)
            if behind < last:
                until = seen if stop <= last else seen.until(last, ruler)
                scanner.take(until, last=ended or stop >= last)
        done = self._cell * ruler.cell_samples - ruler.back - self._values_first
        if done > 0:
            self._values = self._values[done:]
            self._values_first += done

    def _tell(self, *, ended: bool) -> Beats:
        start = self._told
        known = self._values_first + len(self._values)
        stop = known if ended else max(start, self._certain())
        beats: list[int] = []
        doubts: list[int] = []
        marks = []
        for k, scanner in self._scanners:
            low, high = max(start, edge(k, self._ruler.fs)), min(stop, edge(k + 1, self._ruler.fs))
            beats += [peak for peak in scanner.beats if low <= peak < high]
            doubts += [peak for peak in scanner.doubts if low <= peak < high]
            marks += [(max(a, low), min(b, high), why) for a, b, why in scanner.marks if a < high]
            scanner.forget(stop)
        while self._scanners and edge(self._scanners[0][0] + 1, self._ruler.fs) <= stop:
            self._scanners.popleft()
        self._told = stop
        return told(start, stop, beats, doubts, marks)

    def _certain(self) -> int:
        """Return up to where all beats are known."""
        fs, reach = self._ruler.fs, round(REACH_S * self._ruler.fs)
        certain = self._cell * self._ruler.cell_samples - reach
        for k, scanner in self._scanners:
            if edge(k, fs) < certain and scanner.waits_from < edge(k + 1, fs) / fs + REACH_S:
                certain = min(certain, max(edge(k, fs), int(scanner.waits_from * fs) - reach))
        return certain
