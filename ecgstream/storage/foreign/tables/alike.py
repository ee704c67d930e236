"""Records that are a row each, 100,000 of them alike: what was worked out for one holds for all.

Alike are rows of one row group that say the same but for whose they are, their labels and when they
began, and have as many samples in each column.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from ecgstream.storage.annotations import StoredSet
from ecgstream.storage.foreign.tables.describing import Context, patient_of_rows
from ecgstream.storage.foreign.tables.labels import Labels, with_labels
from ecgstream.storage.foreign.tables.list_rows import RecordRows, Some
from ecgstream.storage.foreign.times import window_starts
from ecgstream.storage.foreign.times.clocks import clock_of, is_single
from ecgstream.storage.foreign.times.stamps import began, rows_of
from ecgstream.storage.foreign.whose.splitting import Whose
from ecgstream.storage.stored import StoredLead, StoredRecord, Track
from ecgstream.storage.survey import Found

Kind = tuple[Any, ...]

Time = Literal["none", "alone", "counts", "began"]
"""What the time of a row that is a record says: there is none; one number that says nothing; which
sample it begins with; or when it began."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A record of some kind without its labels, and the labels of its leads, one of each column.

    `sets` are the annotation sets made of labels before, by what these say.
    """

    stored: StoredRecord
    labels: tuple[Labels, ...]
    sets: dict[tuple[Any, ...], dict[str, StoredSet]] = field(default_factory=dict)

    def record(self, context: Context, whose: Whose, row: Some) -> StoredRecord:
        """Return the record of another `row` of this kind."""
        block, at = row.block, int(row.at[0])
        found = context.parts[block.part]
        tracks: dict[tuple[int, int], Track] = {}
        leads: dict[str, StoredLead] = {}
        for name, like in self.stored.leads.items():
            level = int(block.levels[like.column][at])
            known = id(like.track), level
            if known not in tracks:
                tracks[known] = _moved(like.track, block.first + at, level)
            leads[name] = StoredLead(
                *(like.lead, like.column, tracks[known], like.empty, like.extremes, like.gaps),
                *(like.keys, like.missing, like.by_time),
            )
        record = replace(
            self.stored.record,
            record=whose.id,
            patient=patient_of_rows(found, whose),
        )
        if _time_of(found, row) == "began":
            start_time, zone = _start(found, row)
            record = replace(record, start_time=start_time, zone=zone)
        made = StoredRecord(record, self.stored.folder, leads)
        return self._labelled(made, [(one, block.labels[one.name][at]) for one in self.labels])

    def _labelled(self, made: StoredRecord, labels: Sequence[tuple[Labels, Any]]) -> StoredRecord:
        said = [value for _, value in labels]
        if any(isinstance(value, list) for value in said):
            return with_labels(made, [_saying(*one) for one in labels])
        # NaN is not itself: what has it is made anew each time.
        known = tuple((type(value), value) for value in said)
        if known not in self.sets:
            one_like_it = with_labels(made, [_saying(*one) for one in labels])
            if len(self.sets) < MOST:
                self.sets[known] = dict(one_like_it.annotations)
            return one_like_it
        return replace(made, annotations=self.sets[known])


MOST = 10_000
"""Sayings of labels that are remembered: a report's text is another one in each row."""


class Models:
    """The models of the kinds that were met."""

    def __init__(self) -> None:
        self._models: dict[Kind, Model | None] = {}

    def kind(self, context: Context, leads: RecordRows) -> Kind | None:
        """Return what a record of one row is like others in; None for all other records."""
        if len(leads) != 1:
            return None
        ((lead, rows),) = leads.items()
        if len(rows.some) != 1 or len(rows.some[0]) != 1:
            return None
        (row,) = rows.some
        block = row.block
        found = context.parts[block.part]
        plan, edges = found.planned, found.file.groups
        time = _time_of(found, row)
        if time is None or plan.stride is not None or lead is not None:
            return None
        if edges[block.group + 1] - edges[block.group] == 1:
            return None
        at = int(row.at[0])
        whose = rows.whose[0]
        said = whose[2:], whose.patient is None
        counts = (int(one[at]) for one in block.counts.values())
        return (block.part, block.group, said, time, *counts)

    def __contains__(self, kind: Kind) -> bool:
        return kind in self._models

    def get(self, kind: Kind) -> Model | None:
        """Return the model of a kind; None where there is none, or none that others are like."""
        return self._models.get(kind)

    def keep(self, kind: Kind, model: Model | None) -> None:
        """Have a model for others of its kind, or none."""
        self._models[kind] = model


def _time_of(found: Found, row: Some) -> Time | None:
    """Return what the time of a row says, the only one of its record; None: more than its start."""
    plan, time = found.planned, found.planned.time
    if time is None:
        return "none"
    if plan.apart or row.untimed.any():
        return None
    if window_starts.alone(plan, [row.times]):
        return "alone"
    if time.counts == "sample":
        return "counts"
    # Where values tell the unit, or a start or zone is said twice, it is found of each how.
    twice = plan.start_time or (plan.zone and clock_of(found, time).tz)
    return None if time.unit is None or twice else "began"


def _start(found: Found, row: Some) -> tuple[float | None, str | None]:
    """Return when a row began that is a record, as its time says, and in which zone."""
    time = found.planned.time
    assert time is not None, "a row that says when it began has a time"
    number = int(found.file.groups[row.block.group]) + int(row.row[0])
    rows = rows_of(
        row.times, clock_of(found, time), time.column,
        lambda _: (found, number), single=is_single(found, time),
    )  # fmt: skip
    start_time, zone, _ = began(rows, rows.base, found.planned)
    return start_time, zone


def _moved(track: Track, row: int, level: int) -> Track:
    """Return a track of one row, which lies elsewhere in the same row group."""
    if not track.placements:
        return track
    (placement,) = track.placements.values()
    assert placement.levels is not None, "a row alone lies together"
    low, high = placement.levels
    moved = replace(placement, within=(row, row + 1), levels=(level, level + high - low))
    return replace(track, placements={0: moved})


def _saying(labels: Labels, said: Any) -> Labels:
    """Return labels at the same samples that say something else."""
    return replace(labels, said=[said] * len(np.atleast_1d(labels.start)))
