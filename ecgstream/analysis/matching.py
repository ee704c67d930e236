"""Which beat of one annotator is which beat of another, by the rules of WFDB's `bxb`.

In the order of time, the earliest beat left, of either annotator, is paired with the earliest left
of the other one if that lies within the window, and if the next beat of that other one is not as
near, or nearer to somebody else. Otherwise it stays alone. (WFDB Applications Guide, bxb(1), with
the change of 24 November 2002; ANSI/AAMI EC57.)

Beats further apart than the window have no say in each other's lot: all marks fall into clusters,
and only a cluster that is more than one beat of each goes through the rules beat by beat.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ecgstream.analysis.tracks import NEVER, Ints

BREATH: Final = 1_000
"""Beats that go through the rules from one breath to the next: about 1 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Beats as places in their tracks, shape (pairs, 2) and (alone, 2), in order of time.

    `pairs`: a beat of the reference, and its beat of the test. `missed`: one that the reference
    has alone, and the beat of the test that was current then. `extra`: one that the test has
    alone, and the beat of the reference that was current.
    """

    pairs: Ints
    missed: Ints
    extra: Ints


def match(
    reference: Ints, test: Ints, window: int, breathe: Callable[[], None] = lambda: None
) -> Matches:
    """Pair beats given by their sorted samples; `window` in samples, itself within.

    `breathe` is called every millisecond or so, for who has to let others run.
    """
    merged = np.concatenate([reference, test])
    # Stable: at one sample the reference comes first, as in bxb.
    order = np.argsort(merged, kind="stable")
    ours = order < len(reference)
    breaks = np.flatnonzero(np.diff(merged[order]) > window) + 1
    starts = np.concatenate([[0], breaks]) if len(merged) else np.zeros(0, np.int64)
    stops = np.append(breaks, len(merged))[: len(starts)]
    before = np.concatenate([[0], np.cumsum(ours)])
    i = before[starts]
    refs = before[stops] - i
    j = starts - i
    tests = stops - starts - refs

    simple = (refs == 1) & (tests == 1)
    one_ref = (refs == 1) & (tests == 0)
    one_test = (refs == 0) & (tests == 1)
    pairs = [_columns(i[simple], j[simple])]
    missed = [_columns(i[one_ref], j[one_ref])]
    extra = [_columns(j[one_test], i[one_test])]
    rules = _Rules(reference, test, window)
    since = 0
    for place in np.flatnonzero(~(simple | one_ref | one_test)).tolist():
        rules.cluster(int(i[place]), int(refs[place]), int(j[place]), int(tests[place]))
        since += int(refs[place] + tests[place])
        if since >= BREATH:
            breathe()
            since = 0
    pairs.append(_table(rules.pairs))
    missed.append(_table(rules.missed))
    extra.append(_table(rules.extra))
    return Matches(_ordered(pairs), _ordered(missed), _ordered(extra))


class _Rules:
    """bxb's four cases, over one cluster after the other."""

    def __init__(self, reference: Ints, test: Ints, window: int) -> None:
        # Two past the end: the rules look at the next beat of each.
        self._reference = [*reference.tolist(), NEVER, NEVER]
        self._test = [*test.tolist(), NEVER, NEVER]
        self._window = window
        self.pairs: list[tuple[int, int]] = []
        self.missed: list[tuple[int, int]] = []
        self.extra: list[tuple[int, int]] = []

    def cluster(self, i: int, refs: int, j: int, tests: int) -> None:
        """Pair `refs` beats of the reference from `i` on with `tests` of the test from `j` on."""
        reference, test, window = self._reference, self._test, self._window
        last_ref, last_test = i + refs, j + tests
        while i < last_ref or j < last_test:
            ours, theirs = reference[i], test[j]
            ours_next, theirs_next = reference[i + 1], test[j + 1]
            # What the nearer beat could be paired with instead.
            other = abs(ours - theirs_next) if theirs < ours else abs(theirs - ours_next)
            far = abs(ours - theirs)
            if far <= window and (far < other or abs(ours_next - theirs_next) < other):
                self.pairs.append((i, j))
                i += 1
                j += 1
            elif theirs < ours:
                self.extra.append((j, i))
                j += 1
            else:
                self.missed.append((i, j))
                i += 1


def _columns(left: Ints, right: Ints) -> Ints:
    return np.stack([left, right], axis=1).astype(np.int64)


def _table(rows: list[tuple[int, int]]) -> Ints:
    return np.array(rows, np.int64).reshape(-1, 2)


def _ordered(parts: list[Ints]) -> Ints:
    whole = np.concatenate(parts)
    return whole[np.argsort(whole[:, 0], kind="stable")]
