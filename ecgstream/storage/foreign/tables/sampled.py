"""Records of tables with a row a sample, the plain layout among them: rows to their places."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import SourceError
from ecgstream.model.record import ECG, Lead, Record
from ecgstream.model.timebase import Numbered, Unsteady
from ecgstream.storage.carriers import Carrier
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.finding import found_of, used_columns
from ecgstream.storage.foreign.likely import likely, unfit_in
from ecgstream.storage.foreign.plan import SignalColumn
from ecgstream.storage.foreign.scales.suspected import suspected
from ecgstream.storage.foreign.spellings import of_one_spelling
from ecgstream.storage.foreign.tables.laying import cuts, laid
from ecgstream.storage.foreign.tables.unlike import check_alike, with_files
from ecgstream.storage.foreign.times.doubled import check_doubles
from ecgstream.storage.foreign.times.slower import step_of
from ecgstream.storage.foreign.times.stamps import began
from ecgstream.storage.foreign.times.timed import (
    Numbering,
    Table,
    aligned,
    column_of,
    load_table,
    rates_of,
    runs_of,
    tables_of,
    unsteady,
)
from ecgstream.storage.foreign.times.unread_clocks import unread
from ecgstream.storage.stored import Placement, StoredLead, StoredRecord, Track, extremes_of
from ecgstream.storage.survey import Found, Surveyed, common_carrier, survey

ORDER: Final = ("I", "II", "III", "AVR", "AVL", "AVF", "V1", "V2", "V3", "V4", "V5", "V6")
"""The usual order of the twelve leads; folders come in the alphabet's."""


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """A record of this shape, None where no lead of it could be understood."""

    record: StoredRecord | None
    problems: tuple[SourceError, ...]
    notes: tuple[str, ...]


@dataclass(slots=True, eq=False)
class _Made:
    """What comes of a record while it is put together."""

    files: OpenFiles
    problems: list[SourceError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    leads: list[tuple[StoredLead, SignalColumn]] = field(default_factory=list)

    def refuse(self, table: Table, error: SourceError, name: str | None = None) -> None:
        """Leave a lead of a table out, or all of them, of all of its files that have it."""
        held = [one for one in table.parts if name is None or column_of(one, name) is not None]
        self.problems.append(with_files(error, held))


def build(parts: Sequence[Found], files: OpenFiles) -> Sampled:
    """Put together a record out of its files, in path order. Reads all times.

    A lead that cannot be understood is left out, and is one of the problems.
    """
    made = _Made(files)
    parts = of_one_spelling(parts, made.problems)
    tables: list[Table] = []
    for held in tables_of(parts):
        try:
            tables.append(load_table(held, tables, files))
        except SourceError as error:
            made.problems.append(with_files(error, held))
    record = _record(parts, tables, made) if tables else None
    return Sampled(record, tuple(made.problems), tuple(made.notes))


def _record(parts: Sequence[Found], loaded: Sequence[Table], made: _Made) -> StoredRecord | None:
    zero = min(table.rows.base for table in loaded)
    tables = aligned(loaded, zero)
    refused: list[tuple[Table, SourceError]] = []
    rates = rates_of(tables, refused)
    for table, error in refused:
        made.refuse(table, error)
    numbering = Numbering(zero)
    for place, table in sorted(enumerate(tables), key=lambda one: one[1].rows.base):
        if place in rates:
            _place(table, rates[place], numbering, made)
    if not made.leads:
        return None
    names = list(dict.fromkeys(name for table in loaded for name in table.names))
    ecg = {one.lead.name.upper() for one, _ in made.leads if one.lead.kind == ECG}
    usual = loaded[0].plain or ecg <= set(ORDER)
    made.leads.sort(key=lambda one: _rank(one[0].lead, names, loaded[0].plain, usual))
    start_time, zone, plan = began(loaded[0].rows, zero, parts[0].planned)
    leads = [(stored.lead, column) for stored, column in made.leads]
    used = {name for found in parts for name in used_columns(found.planned)}
    unused = dict.fromkeys(n for found in parts for n in found.schema.names if n not in used)
    assert plan.record is not None, "records that rows say are put together elsewhere"
    record = Record(
        record=plan.record.value,
        patient=plan.record.value if plan.patient is None else plan.patient.value,
        leads=tuple(lead for lead, _ in leads),
        start_time=start_time,
        zone=zone,
        source=plan.source,
        licence=plan.licence,
        dates_shifted=plan.dates_shifted,
        found=found_of(
            plan,
            leads,
            unit_of_time=loaded[0].unit,
            unused=list(unused),
            likely=[
                *likely(parts[0].schema, plan, unused),
                *unfit_in(parts),
                *unread(parts[0].schema, plan, unused),
            ],
            suspects=suspected(stored for stored, _ in made.leads),
        ),
    )
    return StoredRecord(record, parts[0].folder, {one.lead.name: one for one, _ in made.leads})


def _rank(
    lead: Lead,
    names: Sequence[str],
    plain: bool,  # noqa: FBT001
    usual: bool,  # noqa: FBT001
) -> tuple[bool, float, int, int]:
    """Return where a lead comes: `usual`, the twelve in their order, else as the files have it."""
    upper = lead.name.upper()
    place = ORDER.index(upper) if usual and upper in ORDER else len(ORDER)
    # The highest rate first: the leads that a viewer is shown are among them.
    faster = 0.0 if plain else -lead.fs
    return (not plain and lead.kind != ECG, faster, place, names.index(lead.name))


def _place(table: Table, rate: tuple[Fraction, str], numbering: Numbering, made: _Made) -> None:
    """Number the samples of a table, and say where they lie; what fails is a problem."""
    try:
        rows = _Rows.of(table, numbering.of(table, rate[0]))
    except Unsteady as error:
        made.refuse(table, unsteady(table, error))
        return
    for name in table.names:
        try:
            stored, column = _stored(rows, name, rate, made)
        except SourceError as error:
            made.refuse(table, error, name)
            continue
        made.leads.append((stored, column))
        if len(table.rows.doubles):
            # Several records may lie in one folder: what is said of one begins with its id.
            whose = table.plan.record
            made.notes.append(
                f"record {'' if whose is None else whose.value}: {table.parts[0].folder}, "
                f"lead {name!r}: {len(table.rows.doubles)} rows "
                "repeat a timestamp with the same voltage and are left out"
            )


@dataclass(slots=True, eq=False)
class _Rows:
    """A table whose rows have their sample numbers; leads side by side share one track."""

    table: Table
    numbered: Numbered
    track: Track
    length: int

    @classmethod
    def of(cls, table: Table, numbered: Numbered) -> "_Rows":
        """Lay the rows out."""
        rows = table.rows
        length = int(numbered.sample[-1]) + rows.kept - int(numbered.first[-1])
        shuffled = rows.order is not None or len(rows.doubles) > 0
        samples = _samples(table, numbered) if shuffled else None
        track = _track(table, numbered, samples, rows.kept, length)
        return cls(table, numbered, track, length)

    def samples(self) -> NDArray[np.int64]:
        """Return the sample number of each row, shape (rows,); -1 = left out."""
        return _samples(self.table, self.numbered)


def _samples(table: Table, numbered: Numbered) -> NDArray[np.int64]:
    rows = table.rows
    samples = np.full(rows.count, -1, np.int64)
    at = np.arange(rows.kept) if rows.order is None else rows.order
    samples[at] = numbered.expand(rows.kept)
    return samples


def _track(
    table: Table,
    numbered: Numbered,
    samples: NDArray[np.int64] | None,
    count: int,
    length: int,
) -> Track:
    """Return where rows lie; `samples` are the numbers of all rows where these are shuffled."""
    longest = max(int(np.diff(found.file.groups).max(initial=0)) for found in table.parts)
    ends = cuts(numbered, count, longest)
    pieces: list[tuple[int, int, int, int, Placement | None]] = []
    row = 0
    for index, found in enumerate(table.parts):
        for group, held in enumerate(np.diff(found.file.groups).tolist()):
            if held:
                placed = laid(numbered, samples, ends, range(row, row + held))
                pieces.extend((index, group, *piece) for piece in placed)
            row += held
    return Track.of([found.file for found in table.parts], pieces, length)


def _stored(
    rows: _Rows, name: str, rate: tuple[Fraction, str], made: _Made
) -> tuple[StoredLead, SignalColumn]:
    """Say where each sample of a lead lies. Raises LayoutError, and SourceError from reading."""
    table, files = rows.table, made.files
    over: dict[int, Surveyed] = {}
    columns: dict[int, SignalColumn] = {}
    for index, found in enumerate(table.parts):
        column = column_of(found, name)
        if column is not None:
            columns[index] = column
            over[index] = survey(found, column.column, files, column.missing)
    check_alike(table.parts, name, columns)
    first = next(iter(columns.values()))
    carrier = common_carrier([(table.parts[index], over[index]) for index in over], first.column)
    check_doubles(table, name, carrier, files)
    track, length, fs, source = rows.track, rows.length, *rate
    slow = None if table.plain else step_of(table, name, rows.samples, rate[0], files)
    if slow is not None:
        step, held = slow
        track, length = _slower(rows, step, held)
        fs, source = rate[0] / step, f"{rate[1]}, a value in every {step} rows"
    lead = Lead(
        name=name,
        unit=None if first.unit is None else first.unit.value,
        gain=first.gain.value * carrier.gain,
        baseline=_baseline(first, carrier),
        kind=first.kind,
        fs=float(fs),
        length=length,
        dtypes=carrier.dtypes,
        fs_source=source,
    )
    # A file that lacks the column holds nothing of the lead.
    empty = [
        file not in over or bool(over[file].empty[group])
        for file, group in zip(track.file.tolist(), track.group.tolist(), strict=True)
    ]
    extremes = extremes_of(track, over, carrier.dtypes[0])
    stored = StoredLead(
        lead, first.column, track, np.array(empty, np.bool_), extremes, missing=first.missing
    )
    return stored, first


def _baseline(column: SignalColumn, carrier: Carrier) -> float:
    # A decimal goes as its digits, and so does what stands for 0 in it.
    return column.baseline.value * carrier.gain


def _slower(rows: _Rows, step: int, held: NDArray[np.bool_]) -> tuple[Track, int]:
    """Return where the values of a lead lie that has one in every `step` samples at most."""
    samples = rows.samples()
    samples = np.where(held, np.rint(samples / step).astype(np.int64), -1)
    numbers = np.sort(samples[samples >= 0])
    if not len(numbers):
        return rows.track, rows.length
    length = int(numbers[-1]) + 1
    numbered = runs_of(numbers)
    return _track(rows.table, numbered, samples, len(numbers), length), length
