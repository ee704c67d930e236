"""R peaks of one lead: where the beats are, and where nobody can say.

A beat is found from the samples around it alone: from `BEFORE_S` before the piece of `PIECE_S` that
it lies in to `AFTER_S` after it. So it is the same wherever playing begins, and whoever finds it.
What it does in words, what it refuses and its figures: docs/beats.md.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.analysis.blindness import Mark
from ecgstream.analysis.quality import Runs
from ecgstream.analysis.scanning import Ruler, Scanner, look, painted

DETECTOR: Final = "ecgstream-1"
"""Name and version: another one whenever a beat could change, so that nothing kept is mistaken."""

NOTICE: Final = "for research and education"

PIECE_S: Final = 60.0
"""Piece k is the samples from `edge(k, fs)` to `edge(k + 1, fs)`, counted from sample 0."""

BEFORE_S: Final = 24.0
"""Seconds before a piece from which it learns how large beats are: eight of them at 40 a minute,
and what the widest window wants before that."""

AFTER_S: Final = 1.2
"""Seconds after a piece that are looked at; of a beat it is `streaming.DELAY_S`, and less."""

TOGETHER: Final = 5
"""Pieces of a long signal that are looked at together: more would be too much for a cache."""

SLOWEST_FS: Final = 80.0
"""Hz. A QRS complex in fewer samples has no slope to be told from others."""


_NONE: Final[NDArray[np.int64]] = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """The beats of one lead in samples [start, stop), for research and education.

    `sample`: R peaks, sorted, numbered from the record's first sample. `blind`: shape (n, 2), runs
    [start, stop) that were not analysed, sorted and disjoint; `why`, one for each of them: missing,
    flat, saturated, flutter, noise or lead_off. `doubt`: samples, sorted, at which a beat might be
    none, or a wave that was refused be one: it was a near thing.
    """

    start: int
    stop: int
    sample: NDArray[np.int64]
    blind: Runs
    why: tuple[str, ...]
    doubt: NDArray[np.int64] = field(default_factory=lambda: _NONE)


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
    return max(0, _low(k, fs)), min(length, _high(k, fs))


def piece(physical: NDArray[Any], fs: float, first_sample: int, k: int) -> Beats:
    """Return the beats of piece `k`.

    `physical`: shape (n,), mV, NaN = missing, at `fs` Hz; its first value is sample `first_sample`
    of the record. It holds `context(k, fs, length)`; what it lacks counts as not recorded.
    """
    return _pieces(physical, fs, first_sample, range(k, k + 1))[0]


def _pieces(physical: NDArray[Any], fs: float, first_sample: int, wanted: range) -> list[Beats]:
    """Return pieces that follow each other. What they share is looked at once."""
    end = first_sample + len(physical)
    low = max(context(wanted[0], fs, end)[0], first_sample)
    high = context(wanted[-1], fs, end)[1]
    spans = [(max(edge(k, fs), low), min(edge(k + 1, fs), high)) for k in wanted]
    if spans[0][0] >= spans[0][1] or fs < SLOWEST_FS:
        return [_unseen(start, max(start, stop)) for start, stop in spans]
    ruler = Ruler(fs)
    first = first_cell(wanted[0], ruler, first_sample)
    ends = [min(last_cell(k, ruler), -(-end // ruler.cell_samples)) for k in wanted]
    values = physical[low - first_sample : high - first_sample]
    seen = look(values, ruler, low, first, max(ends))
    parts = []
    for k, span, stop in zip(wanted, spans, ends, strict=True):
        scanner = Scanner(ruler, first_cell(k, ruler, first_sample))
        scanner.take(seen.until(stop, ruler), last=True)
        parts.append(found(scanner, *span))
    return parts


def _unseen(start: int, stop: int) -> Beats:
    blind = [[start, stop]] if stop > start else []
    return Beats(
        start, stop, _NONE, np.array(blind, np.int64).reshape(-1, 2), ("noise",) * len(blind)
    )


def found(scanner: Scanner, start: int, stop: int) -> Beats:
    """Return what `scanner` found in samples [start, stop)."""
    inside = [peak for peak in scanner.beats if start <= peak < stop]
    doubts = [peak for peak in scanner.doubts if start <= peak < stop]
    return told(start, stop, inside, doubts, scanner.marks)


def told(start: int, stop: int, peaks: list[int], doubts: list[int], marks: list[Mark]) -> Beats:
    """Return peaks in samples [start, stop) as beats, but those where nothing was analysed.

    The same of `doubts`.
    """
    blind, why = painted(marks, start, stop)
    return Beats(start, stop, _seen(peaks, blind), blind, why, _seen(doubts, blind))


def _seen(peaks: list[int], blind: Runs) -> NDArray[np.int64]:
    """Return peaks once each, sorted, without those in a run of `blind`."""
    sample = np.array(sorted(set(peaks)), np.int64)
    if not len(blind):
        return sample
    run = np.searchsorted(blind[:, 0], sample, "right") - 1
    seen: NDArray[np.int64] = sample[(run < 0) | (sample >= blind[run, 1])]
    return seen


def first_cell(k: int, ruler: Ruler, first_sample: int) -> int:
    """Return the cell at which the finding of piece `k` begins, in a record from `first_sample`.

    Where there is signal before, so far into it that every filter has it whole.
    """
    low, size = _low(k, ruler.fs), ruler.cell_samples
    if low <= 0 or first_sample > low:
        return max(0, low, first_sample) // size
    return -(-(low + ruler.back) // size)


def last_cell(k: int, ruler: Ruler) -> int:
    """Return the cell at which the finding of piece `k` ends, where the record does not sooner."""
    return (_high(k, ruler.fs) - ruler.ahead) // ruler.cell_samples


def _low(k: int, fs: float) -> int:
    return edge(k, fs) - round(BEFORE_S * fs)


def _high(k: int, fs: float) -> int:
    return edge(k + 1, fs) + round(AFTER_S * fs)


def empty(at: int) -> Beats:
    """Return the beats of no samples at all."""
    return Beats(at, at, _NONE, np.empty((0, 2), np.int64), ())


def detect(physical: NDArray[Any], fs: float, *, start: int = 0) -> Beats:
    """Return the beats of all of `physical`, as its pieces one by one give them.

    `physical`: shape (n,), mV, NaN = missing; its first value is sample `start` of the record.
    """
    if not len(physical):
        return empty(start)
    last = piece_of(start + len(physical) - 1, fs)
    parts: list[Beats] = []
    for k in range(piece_of(start, fs), last + 1, TOGETHER):
        parts += _pieces(physical, fs, start, range(k, min(k + TOGETHER, last + 1)))
    return joined(parts)


def joined(parts: list[Beats]) -> Beats:
    """Return pieces that follow each other as one; a run across their seam is one run."""
    if not parts:
        return empty(0)
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
        np.concatenate([part.doubt for part in parts]),
    )
