"""How far two annotators agree on the beats of a record, as WFDB's `bxb` counts it.

For research and education. The counts are those of `bxb -S FILE -f 0` where `start` is 0 and the
length of the record is given, and of plain `bxb -S FILE` where `start` is five minutes; `matching`
and `tracks` have the rules. Classes are bxb's, after ANSI/AAMI EC57: paced beats are Q, escape
beats of the atria and the node are S. Sensitivity and positive predictivity of QRS, V and S are
bxb's too (an F or Q called V is no false V, a Q called S no false S); those of N, F and Q, which
bxb does not give, count everything else as false.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ecgstream.analysis.matching import match
from ecgstream.analysis.tracks import NEVER, Ints, Track
from ecgstream.model.annotation import Annotations

WINDOW_S: Final = 0.15
LEARNING_S: Final = 300.0
"""What EC57 lets a detector learn from uncounted, in seconds; `start` of bxb without `-f`."""

BEAT_CLASSES: Final = ("N", "S", "V", "F", "Q")
CLASSES: Final = (*BEAT_CLASSES, "O", "X")
"""Rows (reference) and columns (test) of the counts; O: no beat there, X: none, in a shutdown."""

CLASS_OF: Final = {
    symbol: name
    for name, symbols in {"N": "NLRB", "S": "jAaSJen", "V": "VrE", "F": "F", "Q": "Q/f?"}.items()
    for symbol in symbols
}
"""The class of each symbol that marks a beat."""

NO_BEAT: Final = CLASSES.index("O")
SHUT_DOWN: Final = CLASSES.index("X")

_NOT_FALSE: Final = {"V": ("F", "Q"), "S": ("Q",)}
"""What may be called V or S without being counted against it: nobody can tell them for sure."""


@dataclass(frozen=True, slots=True)
class Score:
    """Beats found, missed and made up; ratios are None where there is nothing to divide by."""

    found: int
    missed: int
    extra: int

    @property
    def sensitivity(self) -> float | None:
        """Part of what the reference has that was found."""
        return _part(self.found, self.missed)

    @property
    def predictivity(self) -> float | None:
        """Part of what was marked that the reference has."""
        return _part(self.found, self.extra)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both."""
        return _part(2 * self.found, self.missed + self.extra)


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """The beats of two annotators beside each other, shape (events,) each, in order of time.

    `reference` and `test` are rows of their sets, -1 where it has none; `of_reference` and
    `of_test` are places in CLASSES. `sample` is the reference's where it has one. `excused` tells
    how many beats of the test lie in ventricular flutter of the reference: they are not counted.
    """

    sample: Ints
    reference: Ints
    test: Ints
    of_reference: Ints
    of_test: Ints
    excused: int

    @property
    def counts(self) -> Ints:
        """The table of bxb, shape (7, 7): reference in rows, test in columns."""
        cells = self.of_reference * len(CLASSES) + self.of_test
        return np.bincount(cells, minlength=len(CLASSES) ** 2).reshape(len(CLASSES), -1)

    @property
    def errors(self) -> Ints:
        """The events in which both do not say the same."""
        return np.flatnonzero(self.of_reference != self.of_test)


def compare(
    reference: Annotations,
    test: Annotations,
    fs: float,
    *,
    length: int | None = None,
    start: int = 0,
    window_s: float = WINDOW_S,
    breathe: Callable[[], None] = lambda: None,
) -> Agreement:
    """Return how a test agrees with a reference; samples of both count at `fs` Hz.

    Beats of [start, length] are compared, with the partners that they have outside; with `length`
    None all that there are, as with a `-t` of bxb behind the last of them.
    """
    # Rounded as strtim(3) does it.
    window = math.floor(window_s * fs + 0.5)
    of_reference = Track.of(reference, window, reference=True)
    of_test = Track.of(test, window, reference=False)
    of_reference, of_test, first = _begun(of_reference, of_test, start, window)
    matches = match(of_reference.sample, of_test.sample, window, breathe)

    rows = np.concatenate([first, _rows(matches.pairs, of_reference, of_test)])
    missed, current_test = matches.missed.T
    extra, current_reference = matches.extra.T
    missed_at, extra_at = of_reference.sample[missed], of_test.sample[extra]
    shut = of_test.shutdown.hold(missed_at, current_test)
    fluttering = of_reference.flutter.hold(extra_at, current_reference)
    off = of_reference.shutdown.hold(extra_at, current_reference)

    all_reference = np.concatenate([
        rows[:, 0], of_reference.row[missed], np.full(len(extra), -1)
    ])  # fmt: skip
    all_test = np.concatenate([rows[:, 1], np.full(len(missed), -1), of_test.row[extra]])
    in_reference = np.concatenate([
        _classes(reference)[rows[:, 0]],
        _classes(reference)[of_reference.row[missed]],
        np.where(off, SHUT_DOWN, NO_BEAT),
    ])  # fmt: skip
    in_test = np.concatenate([
        _classes(test)[rows[:, 1]],
        np.where(shut, SHUT_DOWN, NO_BEAT),
        _classes(test)[of_test.row[extra]],
    ])  # fmt: skip
    sample = np.concatenate([reference.sample[rows[:, 0]], missed_at, extra_at])
    earliest = np.concatenate([
        np.minimum(reference.sample[rows[:, 0]], test.sample[rows[:, 1]]), missed_at, extra_at
    ])  # fmt: skip
    inside = np.ones(len(sample), np.bool_) if length is None else earliest <= length
    excused = np.concatenate([np.zeros(len(rows) + len(missed), np.bool_), fluttering])
    kept = np.flatnonzero(inside & ~excused)
    kept = kept[np.argsort(sample[kept], kind="stable")]
    return Agreement(
        sample[kept],
        all_reference[kept],
        all_test[kept],
        in_reference[kept],
        in_test[kept],
        int((inside & excused).sum()),
    )


def _begun(reference: Track, test: Track, start: int, window: int) -> tuple[Track, Track, Ints]:
    """Leave out what lies before `start`, as bxb does; return also a pair that begins before.

    Both begin, for bxb, with something at sample 0 that is no beat.
    """
    skipped = int(np.searchsorted(reference.sample, start)) if start > 0 else 0
    passed = int(np.searchsorted(test.sample, start)) if start > 0 else 0
    none = np.zeros((0, 2), np.int64)
    at = [*reference.sample[skipped : skipped + 1].tolist(), NEVER][0]
    following = [*test.sample[passed : passed + 2].tolist(), NEVER, NEVER]
    if start <= 0:
        # A beat of the test at sample 0 is taken for the partner of that something.
        lost = int(following[0] == 0 and at != 0)
        return reference, test.without(lost), none
    last = int(test.sample[passed - 1]) if passed else 0
    if at - last <= window and at - last < abs(at - following[0]):
        pair = np.array([[reference.row[skipped], test.row[passed - 1]]]) if passed else none
        return reference.without(skipped + 1), test.without(passed), pair
    near = following[0] - start <= window and abs(at - following[1]) < abs(at - following[0])
    return reference.without(skipped), test.without(passed + int(near)), none


def _rows(pairs: Ints, reference: Track, test: Track) -> Ints:
    return np.stack([reference.row[pairs[:, 0]], test.row[pairs[:, 1]]], axis=1)


def _classes(marks: Annotations) -> Ints:
    """Return the class of each row of a set, as a place in CLASSES."""
    classes = [CLASSES.index(CLASS_OF.get(symbol, "O")) for symbol in marks.symbols]
    return np.array([*classes, NO_BEAT], np.int64)[marks.symbol]


def qrs(counts: Ints) -> Score:
    """Return how well beats were found, whatever they were called."""
    found = int(counts[:NO_BEAT, :NO_BEAT].sum())
    return Score(found, int(counts[:NO_BEAT, NO_BEAT:].sum()), int(counts[NO_BEAT:].sum()))


def of_class(counts: Ints, name: str) -> Score:
    """Return how well the beats of one class were found and called so."""
    at = CLASSES.index(name)
    others = [
        row for row, other in enumerate(CLASSES)
        if row != at and other not in _NOT_FALSE.get(name, ())
    ]  # fmt: skip
    found = int(counts[at, at])
    return Score(found, int(counts[at].sum()) - found, int(counts[others, at].sum()))


def gross(tables: Iterable[Ints]) -> Ints:
    """Return the counts of all records together, a beat a vote."""
    return sum(tables, np.zeros((len(CLASSES), len(CLASSES)), np.int64))


def average(values: Sequence[float | None]) -> float | None:
    """Return the mean over the records that have a value, a record a vote."""
    said = [value for value in values if value is not None]
    return sum(said) / len(said) if said else None


def _part(found: int, lost: int) -> float | None:
    return found / (found + lost) if found + lost else None
