"""What can be said of a signal's quality from its stored values alone, exactly.

No measure of noise and no judgement: where nothing is there or what is there is no number, where a
value stands still, and where a lead stays at the lowest or highest value that it ever has.
"""

import math
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ecgstream.analysis.farness import Far, Outliers
from ecgstream.model.block import MISSING, Column, is_missing
from ecgstream.model.record import ECG, Lead

Kind = Literal["missing", "unreadable", "infinite", "flat", "saturated"]
Runs = NDArray[np.int64]
"""Shape (n, 2): [start, stop) each, in order."""

FLAT_S: Final = 2.0
"""A value that stands for so long is no heart: at 30 beats a minute there is one in it."""

SLOWEST_HZ: Final = 10.0
"""Below this a value may stand still and mean it: a heart rate, a temperature."""

RAIL_S: Final = 0.02
RAIL_SAMPLES: Final = 4
"""Shorter stays at the extreme are the top of one wave."""

RAILS_S: Final = 0.1
"""The tallest wave of a record has a top too: only a lead that is at its extreme for so long in
all, in stays that count, was held there."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Samples [start, stop) of a lead are `kind`; `value` is the stored one that they all have."""

    start: int
    stop: int
    kind: Kind
    value: float | None = None


class Survey:
    """Looks over one lead, handed to it column by column in order, in bounded memory."""

    def __init__(self, lead: Lead) -> None:
        self._lead = lead
        self._least = math.ceil(FLAT_S * lead.fs)
        self._next = 0
        self._runs: dict[Kind, list[Runs]] = {"missing": [], "unreadable": [], "infinite": []}
        self._flats: list[tuple[int, int, float]] = []
        # The run of one value that the signal so far ends with.
        self._since = 0
        self._value: float | None = None
        self._rails = (_Rail(-1), _Rail(1))
        self._outliers = Outliers()

    def add(self, column: Column) -> None:
        """Take the next samples: `column.start` is where the last one stopped, or later."""
        start, samples = column.start, column.samples
        if start >= column.stop:
            return
        if start != self._next:
            self._close(self._next)
        self._next = column.stop
        if samples is None:
            self._close(start)
            kind: Kind = "unreadable" if column.reason == "corrupt" else "missing"
            self._runs[kind].append(np.array([[start, column.stop]], np.int64))
            return
        there = None
        if not column.complete:
            missing = is_missing(samples, column.dtype)
            self._runs["missing"].append(runs(missing, start))
            there = ~missing
        infinite = np.isinf(samples) if samples.dtype.kind == "f" else None
        if infinite is not None and infinite.any():
            self._runs["infinite"].append(runs(infinite, start))
            # It is no value: nothing is flat or saturated at it, and nothing is far from it.
            samples = np.where(infinite, np.nan, samples)
            there = ~infinite if there is None else there & ~infinite
        held = samples if there is None else samples[there]
        if self._lead.fs < SLOWEST_HZ:
            return
        self._flat(start, samples, MISSING[column.dtype])
        if self._lead.kind == ECG and len(held):
            for rail in self._rails:
                rail.add(start, samples, held)
            self._outliers.add(start, samples, there)

    def findings(self) -> list[Finding]:
        """Return what was found, in order of `start`. Ends the looking."""
        self._close(self._next)
        found = [
            Finding(start, stop, kind)
            for kind, parts in self._runs.items()
            for start, stop in joined(parts).tolist()
        ]
        saturated = self._saturated()
        # A long stay at the extreme is one finding, not two.
        known = {(one.start, one.stop) for one in saturated}
        flat = [Finding(a, b, "flat", v) for a, b, v in self._flats if (a, b) not in known]
        return sorted(found + saturated + flat, key=lambda one: (one.start, one.stop, one.kind))

    @property
    def constant(self) -> float | None:
        """The one stored value that every sample so far has; None where there are more, or none.

        Of ECG leads alone, as `saturated` is.
        """
        low, high = self._rails
        return low.value if low.value == high.value else None

    @property
    def far(self) -> list[Far]:
        """The values so far, of an ECG lead, that stand far outside all others."""
        return self._outliers.far()

    def _saturated(self) -> list[Finding]:
        low, high = self._rails
        if low.value == high.value:
            return []
        found: list[Finding] = []
        for rail in self._rails:
            stays = rail.stays(max(RAIL_SAMPLES, math.ceil(RAIL_S * self._lead.fs)))
            if int((stays[:, 1] - stays[:, 0]).sum()) >= RAILS_S * self._lead.fs:
                found += [Finding(a, b, "saturated", rail.value) for a, b in stays.tolist()]
        return found

    def _flat(self, start: int, samples: NDArray[Any], gone: float) -> None:
        count = len(samples)
        first, last = samples[0], samples[-1]
        if self._value != first:
            self._close(start)
            self._open(start, first, gone)
        leading = _first(samples != first, count) or 1
        if leading == count:
            return
        self._close(start + leading)
        trailing = _first(samples[::-1] != last, count) or 1
        inside = samples[leading : count - trailing]
        for low, high in stretches(inside, self._least).tolist():
            if inside[low] != gone:
                at = start + leading
                self._flats.append((at + low, at + high, float(inside[low])))
        self._open(start + count - trailing, last, gone)

    def _open(self, start: int, value: float, gone: float) -> None:
        self._since = start
        self._value = None if value == gone or math.isnan(value) else value

    def _close(self, stop: int) -> None:
        if self._value is not None and stop - self._since >= self._least:
            self._flats.append((self._since, stop, float(self._value)))
        self._value = None


class _Rail:
    """One end of a lead's range so far, and where the lead is at it."""

    def __init__(self, sign: Literal[-1, 1]) -> None:
        self._sign = sign
        self._at: list[Runs] = []
        self.value: float | None = None

    def add(self, start: int, samples: NDArray[Any], held: NDArray[Any]) -> None:
        """Take samples; `held` (one or more) are those of them that are there."""
        extreme = float(held.max() if self._sign > 0 else held.min())
        if self.value is None or (extreme - self.value) * self._sign > 0:
            self.value = extreme
            self._at = []
        if extreme == self.value:
            self._at.append(runs(samples == extreme, start))

    def stays(self, least: int) -> Runs:
        """Return the runs at it of at least so many samples."""
        found = joined(self._at)
        return found[found[:, 1] - found[:, 0] >= least]


def runs(mask: NDArray[np.bool_], start: int = 0) -> Runs:
    """Return the runs of True in `mask`, whose first place is sample `start`."""
    if not len(mask):
        return np.zeros((0, 2), np.int64)
    edges = np.flatnonzero(mask[1:] != mask[:-1]) + 1
    begins, ends = [0] if mask[0] else [], [len(mask)] if mask[-1] else []
    if begins or ends:
        edges = np.concatenate([begins, edges, ends])
    return (edges.reshape(-1, 2) + start).astype(np.int64)


def joined(parts: list[Runs]) -> Runs:
    """Return runs that follow each other as one list, those that touch as one run."""
    parts = [one for one in parts if len(one)]
    if not parts:
        return np.zeros((0, 2), np.int64)
    if len(parts) == 1 and len(parts[0]) == 1:
        return parts[0]
    found = np.concatenate(parts)
    apart = found[1:, 0] > found[:-1, 1]
    starts = found[np.concatenate([[True], apart]), 0]
    stops = found[np.concatenate([apart, [True]]), 1]
    return np.column_stack([starts, stops])


def stretches(samples: NDArray[Any], least: int) -> Runs:
    """Return the runs of one value of at least `least` (>= 1) samples.

    Where there is none it costs three looks a block: a run so long has a whole block of half its
    length in it, whose first, middle and last sample are equal.
    """
    size = (least + 1) // 2
    blocks = samples[: len(samples) // size * size].reshape(-1, size)
    ends = (blocks[:, 0] == blocks[:, -1]) & (blocks[:, 0] == blocks[:, size // 2])
    candidates = np.flatnonzero(ends)
    constant = candidates[(blocks[candidates] == blocks[candidates, :1]).all(axis=1)]
    found: list[tuple[int, int]] = []
    reach = 0
    for place in (constant * size).tolist():
        if place < reach:
            continue
        value = samples[place]
        before = samples[max(reach, place - size) : place][::-1]
        low = place - _first(before != value, len(before))
        reach = place + size
        more = True
        while more and reach < len(samples):
            ahead = samples[reach : reach + 8 * size]
            alike = _first(ahead != value, len(ahead))
            reach += alike
            more = alike == len(ahead)
        if reach - low >= least:
            found.append((low, reach))
    return np.array(found, np.int64).reshape(-1, 2)


def _first(mask: NDArray[np.bool_], otherwise: int) -> int:
    """Return the first place of True; `otherwise` where there is none."""
    place = int(mask.argmax()) if len(mask) else 0
    return place if len(mask) and mask[place] else otherwise


def detail(finding: Finding, lead: Lead) -> str:
    """Return a finding in words: how long, and at which value in the lead's unit."""
    long = f"{(finding.stop - finding.start) / lead.fs:.3g} s"
    if finding.value is None:
        return long
    value = f"{(finding.value - lead.baseline) / lead.gain:.5g} {lead.unit or '(unit unknown)'}"
    if finding.kind == "flat":
        return f"{long} at {value}"
    return f"{long} at {value}, an end of the lead's range"
