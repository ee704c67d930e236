"""Heart rate out of beats, by rules that are stated, and pauses told as what they are.

The rate at a beat is the mean of the last `AVERAGED` RR intervals, as soon as there are `LEAST` of
them. An RR counts only where all of it was looked at: the mean begins anew after every run in which
beats could not be looked for, and after a pause. No beat for more than `PAUSE_S` is a pause, from
the beat before it (or from where looking began) to the next one; there is no rate while it lasts.

A beat too much or too few in the mean moves it by an eighth. So where the detector was not sure
of a beat, or of a wave that it refused, the RR intervals that this touches are in doubt. The mean
of all is a rate then only if that does not matter: if those that are in no doubt are `LEAST` or
more, of a steady rhythm, and their mean is the same within `SAME`. In an irregular rhythm nothing
tells: there is no rate, but `uncertain`.
For research and education.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.analysis.quality import Runs

AVERAGED: Final = 8
"""RR intervals in a mean: what most monitors take, and short enough to follow a change."""

LEAST: Final = 4
"""Fewer are no mean: one premature beat of three would move it by a third of its RR."""

PAUSE_S: Final = 2.5
"""Longer without a beat is a pause: at 24 a minute that is every RR, and told as such."""

STEADY: Final = 0.2
"""Of their mean, how far the RR intervals of a steady rhythm lie apart, as for the detector: with
respiratory arrhythmia they are, with atrial fibrillation seldom."""

SAME: Final = 0.05
"""How far a rate may be off, as monitors are tested (IEC 60601-2-27: 10 %; here half of it)."""

HISTORY_S: Final = AVERAGED * PAUSE_S
"""No RR in a mean is longer than a pause, so that a rate depends on no more than so much before."""

METHOD: Final = f"mean of last {AVERAGED} RR"

REASONS: Final = (
    "",
    "too_few_beats",
    "pause",
    "gap",
    "lead_off",
    "flat",
    "saturated",
    "flutter",
    "noise",
    "no_lead",
    "not_readable",
    "uncertain",
)
"""Why there is no rate; the first stands where there is one."""

_BLIND: Final = {"missing": "gap"}
"""What a reason of the detector is called here, where that is not the same."""

_CODES: Final = {reason: code for code, reason in enumerate(REASONS)}


def reason_of(why: str) -> str:
    """Return the reason for no rate where the detector could not look, `why` as it says."""
    return _BLIND.get(why, why)


@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """The rate from each of `sample` on, up to the next of them; shape (n,) each, sorted.

    `bpm` is NaN where there is none; then `reason` is a place in REASONS other than 0. `pauses`:
    shape (m, 2), [last beat or where looking began, next beat or where it ended).
    """

    sample: NDArray[np.int64]
    bpm: NDArray[np.float64]
    reason: NDArray[np.int8]
    pauses: Runs

    def at(self, sample: int) -> tuple[float | None, str]:
        """Return the rate at `sample`, None with its reason where there is none."""
        place = int(self.sample.searchsorted(sample, "right")) - 1
        if place < 0:
            return None, REASONS[_CODES["too_few_beats"]]
        bpm = float(self.bpm[place])
        return (None if np.isnan(bpm) else bpm), REASONS[self.reason[place]]

    def cut(self, start: int, stop: int) -> "Rate":
        """Return what of it is said in [start, stop), and the pauses that reach into that."""
        low, high = self.sample.searchsorted([start, stop])
        reach = (self.pauses[:, 1] > start) & (self.pauses[:, 0] < stop)
        return Rate(
            self.sample[low:high], self.bpm[low:high], self.reason[low:high], self.pauses[reach]
        )


def rate(
    beats: NDArray[np.int64],
    blind: Runs,
    why: tuple[str, ...],
    fs: float,
    span: tuple[int, int],
    *,
    doubt: NDArray[np.int64] | None = None,
) -> Rate:
    """Return the heart rate over samples [start, stop) = `span`.

    `beats`: R peaks, sorted. `blind`: shape (n, 2), runs that were not looked at, sorted and
    disjoint; `why` of each. `doubt`: samples, sorted, at which the detector was not sure. Whoever
    cuts a record needs `HISTORY_S` before the part wanted, and for the length of a pause whatever
    lies before it, back to a beat or a blind run.
    """
    start, stop = span
    quiet = round(PAUSE_S * fs)
    codes = np.array([_CODES[reason_of(one)] for one in why], np.int64)
    blind = np.clip(blind, start, stop)
    codes, blind = codes[blind[:, 0] < blind[:, 1]], blind[blind[:, 0] < blind[:, 1]]
    # Where looking began: at the start, and at the end of each blind run.
    origins = np.concatenate([[start], blind[:, 1]]).astype(np.int64)
    # Of each beat: how many origins lie at or before it; it belongs to that stretch.
    stretch = origins.searchsorted(beats, "right")
    gone = np.diff(beats, prepend=start)
    follows = (np.diff(stretch, prepend=0) == 0) & (gone <= quiet)
    # RR intervals in a row that end at each beat.
    index = np.arange(len(beats))
    first = np.maximum.accumulate(np.where(follows, 0, index)) if len(beats) else index
    taken = np.minimum(index - first, AVERAGED)
    enough = taken >= LEAST
    span_of = beats - beats[index - taken]
    bpm = np.full(len(beats), np.nan)
    np.divide(60.0 * fs * taken, span_of, out=bpm, where=enough)
    beat_reason = np.where(enough, 0, _CODES["too_few_beats"])
    if doubt is not None and len(doubt):
        unsure = _unsure(beats, np.where(enough, taken, 0), doubt)
        bpm[unsure], beat_reason[unsure] = np.nan, _CODES["uncertain"]

    pauses, told = _pauses(beats, origins, blind, (start, stop), quiet)
    sample = np.concatenate([origins, blind[:, 0], told, beats]).astype(np.int64)
    value = np.concatenate([np.full(len(sample) - len(beats), np.nan), bpm])
    reason = np.concatenate(
        [
            np.full(len(origins), _CODES["too_few_beats"]),
            codes,
            np.full(len(told), _CODES["pause"]),
            beat_reason,
        ]
    )
    # Of what is said of one sample the last counts: a blind run that begins where one ends, a beat.
    order = np.argsort(sample, kind="stable")
    sample, value, reason = sample[order], value[order], reason[order]
    last = np.append(sample[1:] != sample[:-1], True) & (sample >= start) & (sample < stop)
    return Rate(sample[last], value[last], reason[last].astype(np.int8), pauses)


def _unsure(
    beats: NDArray[np.int64], taken: NDArray[np.int64], doubt: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the beats (by place) up to which the mean of `taken` RR intervals rests on a doubt."""
    index = np.arange(len(beats))
    before, within = doubt.searchsorted(beats, "left"), doubt.searchsorted(beats, "right")
    touched = np.flatnonzero((taken > 0) & (within > before[index - taken]))
    # Each RR interval of a mean by the beat it ends at; shape (len(touched), AVERAGED).
    ends = touched[:, None] - np.arange(AVERAGED)
    used = np.arange(AVERAGED) < taken[touched, None]
    clear = used & (within[ends] == before[ends - 1])
    lengths = beats[ends] - beats[ends - 1]
    count = clear.sum(axis=1)
    mean = np.where(clear, lengths, 0).sum(axis=1) / np.maximum(count, 1)
    longest = np.where(clear, lengths, 0).max(axis=1)
    shortest = np.where(clear, lengths, longest[:, None]).min(axis=1)
    every = np.where(used, lengths, 0).sum(axis=1) / taken[touched]
    steady = (count >= LEAST) & (longest - shortest < STEADY * mean)
    unsure: NDArray[np.int64] = touched[~(steady & (np.abs(every - mean) <= SAME * mean))]
    return unsure


def _pauses(
    beats: NDArray[np.int64], origins: NDArray[np.int64], blind: Runs, span: tuple[int, int],
    quiet: int,
) -> tuple[Runs, NDArray[np.int64]]:  # fmt: skip
    """Return the pauses, and the sample from which each is one."""
    start, stop = span
    ends = np.append(blind[:, 0], stop)
    # All stretches of silence: from an origin or beat to the next beat, blind run, or the end.
    marks = np.concatenate([origins, beats])
    kinds = np.concatenate([np.zeros(len(origins), np.int64), np.ones(len(beats), np.int64)])
    order = np.lexsort((kinds, marks))
    begins = marks[order]
    follows = np.append(begins[1:], stop)
    # `ends` after each of them: the first blind run that begins behind it.
    blocked = ends[np.minimum(ends.searchsorted(begins, "left"), len(ends) - 1)]
    over = np.minimum(follows, np.maximum(blocked, begins))
    # The origin at a blind run that begins at once is none.
    longer = (over - begins > quiet) & (begins >= start)
    runs = np.stack([begins[longer], over[longer]], axis=1)
    return runs, begins[longer] + quiet
