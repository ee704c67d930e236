"""The head of our own CSV exports, which says the scale of each lead, the rate and the marks."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.formats.csv_layout import Column, Layout
from ecgstream.formats.recording import AnnotationSet
from ecgstream.model.annotation import POINT, Annotation
from ecgstream.model.timebase import rate_of

LONGEST: Final = 2_000
"""Letters of a line; longer ones are not ours."""

_LEAD: Final = re.compile(
    r"lead (?P<name>.*): unit .*?, gain (?P<gain>\S+), baseline (?P<base>\S+), "
)
_MARK: Final = re.compile(
    r"annotation (?P<set>.*) \d+: sample (?P<sample>\d+)( to (?P<stop>\d{1,15}))?, "
    r"symbol (?P<symbol>\S+?)(, (?P<aux>.*))?"
)
_FIRST: Final = re.compile(r"interval: samples (\d{1,16}) to ")
_RATE: Final = re.compile(r"fs: (\S+) Hz")


@dataclass(frozen=True, slots=True)
class Scale:
    """`stored = value * gain + baseline`, rounded."""

    gain: float
    baseline: float


@dataclass(frozen=True, slots=True)
class Own:
    """What the head says; `leads` by the heading of their column, `first` the first sample."""

    fs: Fraction | None
    leads: dict[str, Scale]
    marks: tuple[tuple[str, Annotation], ...]
    first: int

    def holds(self, column: Column, values: NDArray[np.float64]) -> bool:
        """Return whether the stored values are whole, and give back the very values read."""
        scale = self.leads.get(column.heading)
        if scale is None:
            return False
        stored = np.rint(values * scale.gain + scale.baseline)
        small = bool((np.abs(stored) < 2**31).all())
        return small and np.array_equal((stored - scale.baseline) / scale.gain, values)

    def sets(self, fs: float) -> tuple[AnnotationSet, ...]:
        """Return the annotations, a set for each annotator, counted from the first row."""
        names = dict.fromkeys(name for name, _ in self.marks)
        return tuple(
            AnnotationSet(name, fs, tuple(mark for whose, mark in self.marks if whose == name))
            for name in names
        )


def own_of(layout: Layout) -> Own | None:
    """Return what the head of one of our exports says; None: it is another's table."""
    said = [line for line in layout.comments if len(line) <= LONGEST]
    if not any(line.startswith("made_by: ecgstream ") for line in said):
        return None
    rates = [found for line in said if (found := _RATE.match(line))]
    first = next((int(m[1]) for line in said if (m := _FIRST.match(line))), 0)
    scales = {}
    for line in said:
        if found := _LEAD.match(line):
            try:
                scale = Scale(float(found["gain"]), float(found["base"]))
            except ValueError:
                continue
            if 0 < abs(scale.gain) < 1e300 and abs(scale.baseline) < 2**31:
                scales[found["name"]] = scale
    leads = {one.heading: scales[one.name] for one in layout.signals if one.name in scales}
    marks = [
        (
            re.sub(r"[^\w-]", "-", found["set"])[:16] or "annotations",
            Annotation(
                int(found["sample"]) - first,
                found["symbol"],
                aux_note=found["aux"] or "",
                stop=int(found["stop"]) - first if found["stop"] else POINT,
            ),
        )
        for line in said
        if (found := _MARK.fullmatch(line)) and len(found["sample"]) < 16
    ]
    return Own(
        fs=rate_of(rates[0][1]) if rates else None,
        leads=leads,
        marks=tuple(one for one in marks if one[1].sample >= 0),
        first=first,
    )
