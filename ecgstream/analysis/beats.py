"""R peaks of one lead: where the beats are, and where nobody can say.

A beat is found from the samples around it alone: from `BEFORE_S` before the piece of `PIECE_S` that
it lies in to `AFTER_S` after it. So it is the same wherever playing begins, and whoever finds it.
What it does in words, what it refuses and its figures: docs/beats.md.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.analysis.qrs import scan
from ecgstream.analysis.quality import Runs, runs

DETECTOR: Final = "ecgstream-1"
"""Name and version: another one whenever a beat could change, so that nothing kept is mistaken."""

NOTICE: Final = "for research and education"

PIECE_S: Final = 60.0
"""Piece k is the samples from `edge(k, fs)` to `edge(k + 1, fs)`, counted from sample 0."""

BEFORE_S: Final = 12.0
"""Seconds before a piece from which it learns how large beats are: 8 beats at 40 a minute."""

AFTER_S: Final = 1.0
"""Seconds after a beat that are looked at; with them the streaming form's delay."""


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """The beats of one lead in samples [start, stop), for research and education.

    `sample`: R peaks, sorted, numbered from the record's first sample. `blind`: shape (n, 2), runs
    [start, stop) that were not analysed, sorted and disjoint; `why`, one for each of them: missing,
    flat, saturated, flutter, noise or lead_off.
    """

    start: int
    stop: int
    sample: NDArray[np.int64]
    blind: Runs
    why: tuple[str, ...]


def edge(k: int, fs: float) -> int:
    """Return the first sample of piece `k` at `fs` Hz."""
    return round(k * PIECE_S * fs)


def piece_of(sample: int, fs: float) -> int:
    """Return the piece that `sample` lies in."""
    k = int(sample / (PIECE_S * fs))
    while edge(k + 1, fs) <= sample:
        k += 1
    while edge(k, fs) > sample:
        k -= 1
    return k


def context(k: int, fs: float, length: int) -> tuple[int, int]:
    """Return the samples [start, stop) that piece `k` of a record of `length` is found from."""
    start, stop = edge(k, fs) - round(BEFORE_S * fs), edge(k + 1, fs) + round(AFTER_S * fs)
    return max(0, start), min(length, stop)


def piece(physical: NDArray[Any], fs: float, first_sample: int, k: int) -> Beats:
    """Return the beats of piece `k`.

    `physical`: shape (n,), mV, NaN = missing, at `fs` Hz; its first value is sample `first_sample`
    of the record. It should hold `context(k, fs, length)`; what it lacks counts as not recorded.
    """
    low, high = context(k, fs, first_sample + len(physical))
    low, high = max(low, first_sample), max(low, high)
    start, stop = max(edge(k, fs), low), min(edge(k + 1, fs), high)
    if start >= stop:
        return Beats(start, start, np.empty(0, np.int64), np.empty((0, 2), np.int64), ())
    values = physical[low - first_sample : high - first_sample]
    found = scan(values, fs, low)
    missing = runs(~np.isfinite(values), low)
    missing = np.clip(missing[(missing[:, 1] > start) & (missing[:, 0] < stop)], start, stop)
    inside = found[(found >= start) & (found < stop)]
    return Beats(start, stop, inside, missing, ("missing",) * len(missing))


def detect(physical: NDArray[Any], fs: float, *, start: int = 0) -> Beats:
    """Return the beats of all of `physical`, as its pieces one by one give them.

    `physical`: shape (n,), mV, NaN = missing; its first value is sample `start` of the record.
    """
    stop = start + len(physical)
    if not len(physical):
        return joined([])
    parts = [
        piece(physical, fs, start, k)
        for k in range(piece_of(start, fs), piece_of(stop - 1, fs) + 1)
    ]
    return joined(parts)


def joined(parts: list[Beats]) -> Beats:
    """Return pieces that follow each other as one; a run across their seam is one run."""
    if not parts:
        return Beats(0, 0, np.empty(0, np.int64), np.empty((0, 2), np.int64), ())
    blind: list[list[int]] = []
    why: list[str] = []
    for part in parts:
        for (low, high), reason in zip(part.blind.tolist(), part.why, strict=True):
            if blind and blind[-1][1] == low and why[-1] == reason:
                blind[-1][1] = high
            else:
                blind.append([low, high])
                why.append(reason)
    return Beats(
        parts[0].start,
        parts[-1].stop,
        np.concatenate([part.sample for part in parts]),
        np.array(blind, np.int64).reshape(-1, 2),
        tuple(why),
    )
