"""What of an annotation set there is to compare by the rules of WFDB's `bxb`: beats and periods.

A period of ventricular flutter or fibrillation is from `[` to `]`; what stands between them is not
read. A shutdown, in which no signal can be read, is from `~` with bits 4 and 5 of its subtype to
the next `~` without them. Where any other mark follows instead, the `~` is one of the AHA's, put
into the middle of its shutdown: that is taken to last from one window after the beat before to one
window before the mark that follows (WFDB Applications Guide, bxb(1)).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.annotation import BEATS, Annotations

NEVER: Final = 2**62
"""Later than every sample."""

UNREADABLE: Final = 0x30
"""In the subtype of `~`: neither of the first two signals can be read."""

KNOWN: Final = 2
"""How many periods of a kind bxb has in mind: the last two that it has read."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """Stretches of a set, [on, off] with both in; `beats` stand before each. Shape (n,) each."""

    on: Ints
    off: Ints
    beats: Ints

    @classmethod
    def of(cls, found: list[tuple[int, int, int]], beat_rows: Ints) -> "Periods":
        """Return periods of (row, on, off), given in order."""
        table = np.array(found, np.int64).reshape(-1, 3)
        return cls(table[:, 1], table[:, 2], np.searchsorted(beat_rows, table[:, 0]))

    def later(self, beats: int) -> "Periods":
        """Return them as they stand where the first `beats` beats are left out."""
        return Periods(self.on, self.off, self.beats - beats)

    def hold(self, sample: Ints, current: Ints) -> NDArray[np.bool_]:
        """Return which samples lie in one that bxb knows of at beat `current` of this set.

        At a beat it has read everything before the next one.
        """
        held = np.zeros(len(sample), np.bool_)
        if not len(self.on):
            return held
        read = np.searchsorted(self.beats, current + 1, side="right")
        for back in range(1, KNOWN + 1):
            place = np.maximum(read - back, 0)
            within = (self.on[place] <= sample) & (sample <= self.off[place])
            held |= within & (read >= back)
        return held


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """The beats of a set: `sample`, and `row`, their places in the set; shape (n,) each."""

    sample: Ints
    row: Ints
    flutter: Periods
    shutdown: Periods

    @classmethod
    def of(cls, marks: Annotations, window: int, *, reference: bool) -> "Track":
        """Return what there is to compare of a set; `window` in samples, for AHA's shutdowns.

        bxb reads `reference` and test alike, but for a last shutdown that has no end.
        """
        symbols = np.array([*marks.symbols, ""])
        beat = np.isin(symbols, sorted(BEATS))[marks.symbol]
        turns = np.flatnonzero(np.isin(symbols, ["[", "~"])[marks.symbol])
        reader = _Reader(marks, beat, window, reference=reference)
        for row in turns.tolist():
            reader.take(row)
        rows = np.flatnonzero(beat)
        return cls(
            marks.sample[rows],
            rows,
            Periods.of(reader.flutter, rows),
            Periods.of(reader.shutdown, rows),
        )

    def without(self, beats: int) -> "Track":
        """Return it without its first `beats` beats."""
        return Track(
            self.sample[beats:],
            self.row[beats:],
            self.flutter.later(beats),
            self.shutdown.later(beats),
        )


class _Reader:
    """Goes through the rows that begin a period; takes out of `beat` what flutter swallows."""

    def __init__(
        self, marks: Annotations, beat: NDArray[np.bool_], window: int, *, reference: bool
    ) -> None:
        self.flutter: list[tuple[int, int, int]] = []
        self.shutdown: list[tuple[int, int, int]] = []
        self._marks = marks
        self._beat = beat
        self._window = window
        self._reference = reference
        symbols = list(marks.symbols)
        ends = symbols.index("]") if "]" in symbols else -1
        self._ends = np.flatnonzero(marks.symbol == ends)
        self._next = 0

    def take(self, row: int) -> None:
        """Read what begins at a row, unless it was read as part of another period."""
        if row < self._next:
            return
        if self._marks.symbols[self._marks.symbol[row]] == "[":
            self._flutter(row)
        elif self._unreadable(row):
            self._shutdown(row)

    def _flutter(self, row: int) -> None:
        place = np.searchsorted(self._ends, row)
        on = int(self._marks.sample[row])
        if place < len(self._ends):
            end = int(self._ends[place])
            off, self._next = int(self._marks.sample[end]), end + 1
        else:
            # Without an end the first one lasts for ever. A later one has, in bxb, the end of the
            # one before: it swallows its beats, and excuses none of the other annotator.
            off, self._next = on - 1 if self.flutter else NEVER, len(self._marks)
        self._beat[row : self._next] = False
        self.flutter.append((row, on, off))

    def _shutdown(self, row: int) -> None:
        marks = self._marks
        on, after = int(marks.sample[row]), row + 1
        if after == len(marks):
            lasts = self._reference or not self.shutdown
            self.shutdown.append((row, on, NEVER if lasts else on - 1))
            return
        off = int(marks.sample[after])
        if marks.symbols[marks.symbol[after]] == "~" and not self._unreadable(after):
            self._next = after + 1
        else:
            before = max(self._beat_before(row), self.flutter[-1][2] if self.flutter else 0)
            off -= self._window
            on = min(before + self._window, off)
        self.shutdown.append((row, on, off))

    def _beat_before(self, row: int) -> int:
        """Return the sample of the last beat before a row; 0 where there is none."""
        while row > 0:
            row -= 1
            if self._beat[row]:
                return int(self._marks.sample[row])
        return 0

    def _unreadable(self, row: int) -> bool:
        return int(self._marks.subtype[row]) & UNREADABLE == UNREADABLE
