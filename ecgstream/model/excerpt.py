"""Stored samples of some leads over a span, with all that is known of them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.annotation import Annotation
from ecgstream.model.block import NUMPY, Samples, is_missing
from ecgstream.model.record import Lead, Record

Run = tuple[int, int]
"""Samples [start, stop)."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A run of samples [start, stop) that a lead has not, and why: as in the `gap` event, or
    infinite, which can be no value.
    """

    start: int
    stop: int
    reason: Literal["missing", "corrupt", "infinite"]


@dataclass(frozen=True, slots=True, eq=False)
class Excerpt:
    """Samples [start, stop) of `leads`, all of one rate.

    `samples[k]`, shape (stop - start,), is lead k in its first dtype with `MISSING` where there is
    none. `corrupt` names by lead the runs that could not be read: missing too. `annotations` are
    those in the span by the name of their set, their `sample` at the rate of the leads.
    """

    record: Record
    leads: tuple[Lead, ...]
    start: int
    stop: int
    samples: tuple[Samples, ...]
    corrupt: Mapping[str, Sequence[Run]] = field(default_factory=dict)
    annotations: Mapping[str, Sequence[Annotation]] = field(default_factory=dict)

    @property
    def fs(self) -> float:
        """The rate of the leads, in Hz."""
        return self.leads[0].fs

    @property
    def count(self) -> int:
        """Samples of a lead."""
        return self.stop - self.start

    def digest(self) -> str:
        """Return the sha256 of the stored samples, in hexadecimal.

        Of their bytes, lead after lead in the order of `leads`, little-endian, each in its first
        dtype, missing as on the wire: where all leads are of one dtype, of the `samples` that
        `GET .../window` gives as msgpack.
        """
        total = hashlib.sha256()
        for lead, part in zip(self.leads, self.samples, strict=True):
            total.update(np.ascontiguousarray(part, NUMPY[lead.dtypes[0]]).data)
        return total.hexdigest()

    def missing(self, k: int) -> NDArray[np.bool_]:
        """Return a mask of shape (count,): True where lead `k` has no sample."""
        return is_missing(self.samples[k], self.leads[k].dtypes[0])

    def physical(self, k: int) -> NDArray[np.float64]:
        """Return lead `k` in its unit, shape (count,), NaN where missing."""
        lead = self.leads[k]
        values = (self.samples[k].astype(np.float64) - lead.baseline) / lead.gain
        values[self.missing(k)] = np.nan
        return values

    def gaps(self, k: int) -> list[Gap]:
        """Return what lead `k` has not, in order; what could not be read is a run of its own."""
        missing = self.missing(k)
        unread = np.zeros(self.count, np.bool_)
        for low, high in self.corrupt.get(self.leads[k].name, ()):
            unread[max(low - self.start, 0) : max(high - self.start, 0)] = True
        found = [Gap(*run, "missing") for run in _runs(missing & ~unread, self.start)]
        found += [Gap(*run, "corrupt") for run in _runs(missing & unread, self.start)]
        infinite = np.isinf(self.samples[k])
        found += [Gap(*run, "infinite") for run in _runs(infinite, self.start)]
        return sorted(found, key=lambda gap: gap.start)

    def cut(self, start: int, stop: int) -> Self:
        """Return samples [start, stop) of this, which has them."""
        low, high = start - self.start, stop - self.start
        return replace(
            self,
            start=start,
            stop=stop,
            samples=tuple(part[low:high] for part in self.samples),
            corrupt={
                name: [(max(a, start), min(b, stop)) for a, b in runs if a < stop and b > start]
                for name, runs in self.corrupt.items()
            },
            annotations={
                name: [one for one in marks if start <= one.sample < stop]
                for name, marks in self.annotations.items()
            },
        )


def _runs(mask: NDArray[np.bool_], start: int) -> list[Run]:
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False)) + start
    return [(int(low), int(high)) for low, high in edges.reshape(-1, 2)]
