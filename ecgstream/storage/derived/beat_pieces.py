"""Beats of a record, piece by piece: in one lead, or in the best of its leads."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.analysis.beats import Beats, context, edge, piece, piece_of
from ecgstream.analysis.signal_quality import quality
from ecgstream.errors import LeadNotFound
from ecgstream.model.block import Column, is_missing
from ecgstream.model.record import ECG, Lead, Record
from ecgstream.model.unit import millivolts
from ecgstream.storage import pieces
from ecgstream.storage.source import SignalSource

Physical = NDArray[np.float32]
"""Samples in mV, NaN = missing."""

PREFERRED: Final = ("II", "MLII")
"""Where it is as good as any the lead that monitors take: its QRS is upright and large."""

MARGIN: Final = 0.2
"""By so much of the quality index another lead has to be better: beats are not to wander from lead
to lead, whose R peaks lie some milliseconds apart."""

JOIN_S: Final = 0.15
"""Peaks of two leads within this are one beat: the window of the comparisons (ANSI/AAMI EC57)."""

AHEAD_VALUES: Final = 4 << 20
"""Values that may be held to read a stored piece to its end instead of once for each of ours."""

NO_LEAD: Final = "no_lead"


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What one piece of a record has.

    `lead` is the one that was looked at, None where there is none. `after` are its beats in the
    first `JOIN_S` of the next piece, which may be looked at in another lead.
    """

    lead: str | None
    beats: Beats
    after: NDArray[np.int64]


def candidates(record: Record, lead: str | None) -> tuple[Lead, ...]:
    """Return the leads in which beats may be looked for: `lead`, or all that the best is one of.

    Those are the ECG leads at the record's rate in a unit of voltage, the preferred one first.
    Raises LeadNotFound.
    """
    if lead is not None:
        chosen = record.lead(lead)
        return (chosen,) if _fit(chosen) else ()
    fit = [one for one in record.leads if _fit(one) and one.fs == record.fs]
    return tuple(sorted(fit, key=lambda one: one.name not in PREFERRED))


def _fit(lead: Lead) -> bool:
    return lead.kind == ECG and millivolts(lead.unit) is not None


def rate_of(record: Record, lead: str | None) -> float:
    """Return the rate at which beats of `lead`, or of the best one, are numbered."""
    return record.fs if lead is None else record.lead(lead).fs


def piece_count(length: int, fs: float) -> int:
    """Return how many pieces `length` samples have."""
    return piece_of(length - 1, fs) + 1 if length > 0 else 0


class Window:
    """Leads of a record over a span that moves on: what two pieces share is read once. Blocks."""

    def __init__(self, source: SignalSource, record: str, leads: Sequence[Lead]) -> None:
        self._source = source
        self._record = record
        self.leads = leads
        self.length = source.record(record).length_at(leads[0].fs) if leads else 0
        self._start = self._stop = 0
        self._held: list[Physical] = [np.empty(0, np.float32)] * len(leads)
        self._names = [lead.name for lead in leads]

    def over(self, start: int, stop: int) -> list[Physical]:
        """Return each lead over [start, stop), shape (stop - start,). Raises SourceUnavailable."""
        if start < self._start or start > self._stop:
            self._start = self._stop = start
            self._held = [np.empty(0, np.float32)] * len(self.leads)
        self._held = [held[start - self._start :] for held in self._held]
        self._start = start
        if stop > self._stop:
            reach = self._reach(stop)
            read = self._read(self._stop, reach)
            self._held = [np.concatenate(both) for both in zip(self._held, read, strict=True)]
            self._stop = reach
        return [held[: stop - start] for held in self._held]

    def _reach(self, stop: int) -> int:
        """Return where the stored pieces that hold sample `stop` - 1 end, if that is near."""
        edges = [self._source.edges(self._record, name) for name in self._names]
        ends = [int(one[one.searchsorted(stop)]) for one in edges if one[-1] >= stop]
        far = max(ends, default=stop)
        fits = (far - self._start) * len(self.leads) <= AHEAD_VALUES
        return far if fits else stop

    def _read(self, start: int, stop: int) -> list[Physical]:
        out = [np.full(stop - start, np.nan, np.float32) for _ in self.leads]
        many = (stop - start) * len(self.leads) <= AHEAD_VALUES
        for some in [self._names] if many else [[name] for name in self._names]:
            read = pieces.read(self._source, self._record, some, start, stop)
            for name, columns in zip(some, read, strict=True):
                place = self._names.index(name)
                for column in columns:
                    _put(out[place], start, column, self.leads[place])
        return out


def _put(out: Physical, start: int, column: Column, lead: Lead) -> None:
    if column.samples is None:
        return
    scale = millivolts(lead.unit)
    assert scale is not None
    part = out[column.start - start : column.stop - start]
    np.subtract(column.samples, lead.baseline, out=part, dtype=np.float32, casting="unsafe")
    part *= np.float32(float(scale) / lead.gain)
    if not column.complete:
        part[is_missing(column.samples, column.dtype)] = np.nan


def analyse(window: Window, k: int) -> Generator[None, None, Found]:
    """Return what piece `k` has, after steps of some milliseconds. Raises SourceUnavailable."""
    leads = window.leads
    if not leads:
        raise LeadNotFound("", "", [])
    fs = leads[0].fs
    low, high = context(k, fs, window.length)
    start, stop = edge(k, fs), min(edge(k + 1, fs), window.length)
    held = window.over(low, high)
    yield
    scores = []
    for physical in held if len(held) > 1 else []:
        index = quality(physical[start - low : stop - low], fs, start)
        scores.append(float(np.nan_to_num(index).mean()))
        yield
    chosen = best(scores) if scores else 0
    physical = held[chosen]
    beats = piece(physical, fs, low, k)
    yield
    after = np.empty(0, np.int64)
    if len(held) > 1 and stop < window.length:
        follows, _ = context(k + 1, fs, window.length)
        seen = piece(physical[follows - low :], fs, follows, k + 1).sample
        after = seen[seen < stop + round(JOIN_S * fs)]
    return Found(leads[chosen].name, beats, after)


def best(scores: Sequence[float]) -> int:
    """Return which lead to take: the first whose score is the best, or next to it."""
    enough = max(scores) - MARGIN
    return next(place for place, score in enumerate(scores) if score >= enough)


def nothing(k: int, fs: float, length: int, why: str) -> Found:
    """Return a piece in which nobody could look, `why` not."""
    start, stop = edge(k, fs), min(edge(k + 1, fs), length)
    blind = np.array([[start, stop]], np.int64)
    none = np.empty(0, np.int64)
    return Found(None, Beats(start, stop, none, blind, (why,)), none)


def seam(before: Found | None, found: Found, fs: float) -> NDArray[np.int64]:
    """Return the beats of a piece whose piece before may have been looked at in another lead.

    A beat at the seam is seen a little earlier in one lead than in the other: it counts once, where
    the lead of the piece it lies in has it, or else where the lead before has it.
    """
    sample = found.beats.sample
    if before is None or before.lead in {None, found.lead}:
        return sample
    near = round(JOIN_S * fs)
    if len(before.beats.sample):
        sample = sample[sample > int(before.beats.sample[-1]) + near]
    for one in before.after.tolist():
        if not len(sample) or int(np.abs(sample - one).min()) > near:
            sample = np.sort(np.append(sample, one))
    return sample
