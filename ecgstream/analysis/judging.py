"""Judges the ECG leads of one rate by windows: their size, noise, and how they agree.

What is told of a whole lead is told of the windows that were looked at: `Windows.share` says which
part of the record they are. For research and education.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.analysis import noise
from ecgstream.analysis.judgement import Judgement, Kind, Spans
from ecgstream.analysis.limb_judging import LimbJudge
from ecgstream.analysis.medians import median
from ecgstream.analysis.windows import OFTEN, TWICE, Windows, of_windows
from ecgstream.model.record import Lead
from ecgstream.model.unit import millivolts

MOST_MV: Final = 20.0
"""The usual extent of 2 s of a heart on the skin is 0.1 to 10 mV. More than this is no heart's."""

LEAST_MV: Final = 0.03
"""Less has no QRS complex in it (IEC 60601-2-27: 0.15 mV), and next to no noise."""

HUM_MV: Final = 0.05
"""From trough to crest: half a mm on paper, which is what a printed line is wide."""

WANDER_MV: Final = 0.5
"""In 10 s: 5 mm on paper, the size of a small complex."""

NAMED: Final = 3
"""Copies that are named in words; all are in `leads`."""

HELD: Final = 0.5
"""Of the samples of a window have to be there."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured in `windows` of a lead, medians over them; None = not measured.

    `size_mv`: the extent of 2 s. `hum_mv`: of the stronger of 50 and 60 Hz (`hum_hz`), from trough
    to crest. `wander_mv`: of the baseline in 10 s.
    """

    windows: int
    size_mv: float | None = None
    hum_mv: float | None = None
    hum_hz: float | None = None
    wander_mv: float | None = None


class Judge:
    """Takes one window after the other, and says at the end what is to be said."""

    def __init__(self, leads: Sequence[Lead], windows: Windows) -> None:
        """`leads`: ECG leads of the rate of `windows`."""
        self._leads = leads
        self._windows = windows
        scale = [millivolts(lead.unit) for lead in leads]
        self._known = np.array([one is not None for one in scale], np.bool_)
        self._scale = np.array([float(one or 1) for one in scale])
        self._step = np.array([_step(lead) for lead in leads]) * self._scale
        shape = (len(windows), len(leads))
        self._seen = np.zeros(shape, np.bool_)
        self._size = np.full(shape, np.nan)
        self._wander = np.full(shape, np.nan)
        self._hum = np.full((*shape, len(noise.MAINS)), np.nan)
        self._limbs = LimbJudge(leads, windows)
        self._same: dict[tuple[int, int], list[int]] = {}
        self._moving = np.zeros(shape, np.bool_)

    def add(self, k: int, physical: NDArray[np.float64]) -> None:
        """Take window `k`: shape (leads, samples), each in its own unit, NaN = missing.

        What cannot be a heart's (held at an end of the range, or standing still) is missing too.
        """
        values = physical * self._scale[:, None]
        self._seen[k] = np.isfinite(values).mean(axis=1) >= HELD
        seen = np.flatnonzero(self._seen[k])
        if not len(seen):
            return
        whole = noise.filled(values[seen])
        fs = self._windows.fs
        self._size[k, seen] = noise.size(whole, fs)
        self._wander[k, seen] = noise.wander(whole, fs)
        self._hum[k, seen] = 2 * noise.hum(whole, fs)
        self._moving[k, seen] = np.ptp(whole, axis=1) > 4 * self._step[seen]
        self._alike(k, values)
        self._limbs.add(k, values, self._seen[k], self._step)

    def _alike(self, k: int, values: NDArray[np.float64]) -> None:
        """Note the pairs of leads that have the very same samples in window `k`."""
        moving, size = np.flatnonzero(self._moving[k]), self._size[k]
        if len(moving) < 2:
            return
        one, other = (moving[side] for side in np.triu_indices(len(moving), 1))
        step = np.maximum(self._step[one], self._step[other])
        slack = np.maximum(0.51 * step, 1e-6 * size[one])
        # Of all pairs at once by a few samples: hardly any are left to be compared whole.
        probe = values[:, :: max(1, values.shape[1] // 64)]
        apart = np.abs(probe[one] - probe[other])
        gone = np.isnan(probe)
        alike = ((apart <= slack[:, None]) | (gone[one] & gone[other])).all(axis=1)
        alike &= self._known[one] == self._known[other]
        for pair in np.flatnonzero(alike).tolist():
            both = int(one[pair]), int(other[pair])
            if _equal(values[both[0]], values[both[1]], float(slack[pair])):
                self._same.setdefault(both, []).append(k)

    def figures(self) -> dict[str, Figures]:
        """Return what was measured, by lead."""
        found = {}
        for place, lead in enumerate(self._leads):
            count = int(self._seen[:, place].sum())
            if not count or not self._known[place]:
                found[lead.name] = Figures(count)
                continue
            hums = [_median(self._hum[:, place, line]) for line in range(len(noise.MAINS))]
            told = [
                (value, hz)
                for value, hz in zip(hums, noise.MAINS, strict=True)
                if value is not None
            ]
            hum, hz = max(told, default=(None, None), key=lambda one: one[0])
            found[lead.name] = Figures(
                count, _median(self._size[:, place]), hum, hz, _median(self._wander[:, place])
            )
        return found

    def findings(self) -> list[Judgement]:
        """Return what is to be said, the leads in their order."""
        found = list(self._sizes())
        hum, wander = np.nan_to_num(self._hum), np.nan_to_num(self._wander)
        for place, lead in enumerate(self._leads):
            found += self._noises(place, lead, hum[:, place], wander[:, place])
        return [*found, *self._duplicates(), *self._limbs.findings(self._step)]

    def _sizes(self) -> Iterator[Judgement]:
        usual = [self._usual(place) for place in range(len(self._leads))]
        known = [one for one in usual if one is not None]
        quiet = [one < LEAST_MV for one in known]
        for lead, size in zip(self._leads, usual, strict=True):
            if size is None:
                continue
            elif size > MOST_MV:
                yield self._of(
                    "unit", lead,
                    f"2 s of it extend over {size:,.4g} mV; a heart makes 0.1 to 10 mV: its unit "
                    f"({lead.unit}) or its gain ({lead.gain:g}) is wrong",
                )  # fmt: skip
            elif size < LEAST_MV and all(quiet):
                yield self._of(
                    "unit", lead,
                    f"2 s of it extend over {size * 1000:.3g} µV, and no lead of the record over "
                    f"{LEAST_MV * 1000:g} µV; a heart makes 100 to 10,000 µV: its unit "
                    f"({lead.unit}) or its gain ({lead.gain:g}) is wrong",
                )  # fmt: skip
            elif size < LEAST_MV:
                yield self._of(
                    "faint", lead,
                    f"2 s of it extend over {size * 1000:.3g} µV, which has no QRS complex in it: "
                    "an electrode that is off, or a wrong gain",
                )  # fmt: skip

    def _usual(self, place: int) -> float | None:
        """Return the usual size of a lead in mV, None where it is in no voltage or not there."""
        return _median(self._size[:, place]) if self._known[place] else None

    def _noises(
        self, place: int, lead: Lead, hum: NDArray[np.float64], far: NDArray[np.float64]
    ) -> Iterator[Judgement]:
        usual = self._usual(place)
        # Of a lead that is not in its unit no noise can be told in it.
        if usual is None or not LEAST_MV <= usual <= MOST_MV:
            return
        seen = int(self._seen[:, place].sum())
        for line, hz in enumerate(noise.MAINS):
            much = hum[:, line]
            loud = (much >= HUM_MV) & (much < MOST_MV)
            count = int(np.count_nonzero(loud))
            if count and count >= OFTEN * seen:
                yield self._of(
                    "hum", lead,
                    f"{hz:g} Hz of {np.median(much[loud]) * 1000:.3g} µV from trough to crest in "
                    f"{of_windows(count, seen)}",
                    self._windows.spans(loud),
                )  # fmt: skip
        wide = (far >= WANDER_MV) & (far < MOST_MV)
        count = int(np.count_nonzero(wide))
        if count and count >= OFTEN * seen:
            yield self._of(
                "wander", lead,
                f"its baseline goes over {np.median(far[wide]):.2g} mV within 10 s in "
                f"{of_windows(count, seen)}",
                self._windows.spans(wide),
            )  # fmt: skip

    def _duplicates(self) -> Iterator[Judgement]:
        for places in self._copies():
            mask = np.zeros(len(self._windows), np.bool_)
            moving = np.zeros(len(self._windows), np.bool_)
            for pair in combinations(places, 2):
                mask[self._same.get(pair, [])] = True
                moving |= self._moving[:, pair[0]] & self._moving[:, pair[1]]
            names = tuple(self._leads[place].name for place in places)
            windows = of_windows(int(mask.sum()), int(moving.sum()))
            yield Judgement(
                "duplicate", names,
                f"{_listed(names)} have the same samples in {windows}",
                self._windows.fs, self._windows.spans(mask),
            )  # fmt: skip

    def _copies(self) -> list[list[int]]:
        """Return the places of leads that are copies of each other, a list for each signal."""
        groups: list[list[int]] = []
        for (one, other), where in sorted(self._same.items()):
            both = int((self._moving[:, one] & self._moving[:, other]).sum())
            if len(where) < min(TWICE, both):
                continue
            touched = [group for group in groups if one in group or other in group]
            rest = [group for group in groups if group not in touched]
            groups = [*rest, sorted({one, other}.union(*touched))]
        return sorted(groups)

    def _of(self, kind: Kind, lead: Lead, detail: str, spans: Spans = ()) -> Judgement:
        return Judgement(kind, (lead.name,), detail, self._windows.fs, spans)


def _equal(one: NDArray[np.float64], other: NDArray[np.float64], slack: float) -> bool:
    """Return whether two traces are the same wherever both are there, and are there together."""
    gone = np.isnan(one)
    if (gone != np.isnan(other)).any():
        return False
    return bool((np.abs(one - other)[~gone] <= slack).all())


def _median(values: NDArray[np.float64]) -> float | None:
    there = values[np.isfinite(values)]
    if len(there) < 2:
        return float(there[0]) if len(there) else None
    return median(there)


def _step(lead: Lead) -> float:
    """Return the step between two values of a lead; 0 where floats have none of their own."""
    return abs(1 / lead.gain) if lead.dtypes[0] in {"i2", "i4"} else 0.0


def _listed(names: Sequence[str]) -> str:
    """Return names in words, the first ones of many."""
    if len(names) <= NAMED + 1:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} others"
