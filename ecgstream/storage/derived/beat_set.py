"""Beats of a stretch of a record with all that follows from them."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgstream.analysis.beats import joined
from ecgstream.analysis.quality import Runs
from ecgstream.analysis.rate import Rate, rate
from ecgstream.storage.derived.beat_pieces import Found, seam

LeadRun = tuple[int, int, str | None]
"""Samples [start, stop) and the lead that was looked at there."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Samples [start, stop) of a record, analysed.

    `sample`: R peaks, sorted; `blind`, `why` and `doubt` as of `Beats`. `rate` may begin before
    `start`.
    """

    start: int
    stop: int
    sample: NDArray[np.int64]
    blind: Runs
    why: tuple[str, ...]
    leads: tuple[LeadRun, ...]
    doubt: NDArray[np.int64]
    rate: Rate

    def lead_at(self, sample: int) -> str | None:
        """Return the lead that was looked at there."""
        place = bisect_right(self.leads, sample, key=lambda run: run[0]) - 1
        return self.leads[place][2] if place >= 0 else None

    @property
    def nbytes(self) -> int:
        """What it holds in memory, in bytes."""
        held = self.sample.nbytes + self.doubt.nbytes + self.blind.nbytes
        return held + 24 * len(self.rate.sample)


def stretch(parts: Sequence[Found], before: Found | None, fs: float, first: int = 0) -> Stretch:
    """Return adjoining pieces as one, from piece `first` of them on.

    `before` is the piece before them. Those up to `first` are the history of the rate.
    """
    seams = [before, *parts[:-1]]
    samples = [seam(a, b, fs) for a, b in zip(seams, parts, strict=True)]
    whole = joined([found.beats for found in parts])
    said = rate(
        np.concatenate(samples),
        whole.blind,
        whole.why,
        fs,
        (whole.start, whole.stop),
        doubt=whole.doubt,
    )
    shown = joined([found.beats for found in parts[first:]])
    return Stretch(
        shown.start,
        shown.stop,
        np.concatenate(samples[first:]),
        shown.blind,
        shown.why,
        _lead_runs(parts[first:]),
        shown.doubt,
        said,
    )


def _lead_runs(parts: Sequence[Found]) -> tuple[LeadRun, ...]:
    runs: list[LeadRun] = []
    for found in parts:
        start, stop = found.beats.start, found.beats.stop
        if runs and runs[-1][2] == found.lead:
            start = runs.pop()[0]
        runs.append((start, stop, found.lead))
    return tuple(runs)


def history(found: Mapping[int, Found], k: int) -> tuple[int, int | None]:
    """Return the piece from which on piece `k` has to be known, and the last one that is missing.

    That is back to one with a beat or a run that was not looked at: the length of a pause depends
    on it. None: nothing is missing.
    """
    at = k
    while True:
        part = found.get(at)
        if part is None:
            return at, at
        settled = len(part.beats.sample) or len(part.beats.blind)
        if at == 0 or (at < k and settled):
            return at, None
        at -= 1
