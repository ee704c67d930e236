"""Tables with many samples in each row: packets, windows that may overlap, or whole records.

At the scan the keys, the times and the lengths of the lists are read; of each row stays where it
begins. What two rows have of one sample must be the same bits; it is shown once.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ecgstream.errors import LayoutError, SourceError
from ecgstream.model import packets
from ecgstream.model.timebase import Unsteady
from ecgstream.storage import carriers
from ecgstream.storage.foreign import stamps
from ecgstream.storage.foreign.chunks import Chunks, checked, track_of
from ecgstream.storage.foreign.clocks import clock_of, is_single, times_in, told
from ecgstream.storage.foreign.describing import (
    Context,
    Shown,
    counted,
    described,
    finished,
    in_no_order,
    name_of,
    one_value,
    rate_said,
    rows_alone,
)
from ecgstream.storage.foreign.labels import Labels, with_labels
from ecgstream.storage.foreign.plan import Plan, Said, SignalColumn, Unit
from ecgstream.storage.foreign.proposing import that_would_do
from ecgstream.storage.foreign.splitting import Whose, check_columns, said_columns, split
from ecgstream.storage.foreign.stamps import Rows, rows_of
from ecgstream.storage.stored import StoredLead, Track
from ecgstream.storage.survey import Found


@dataclass(frozen=True, slots=True, eq=False)
class Some:
    """Rows of one lead in one block of a row group of file number `part`.

    `row` counts from the first of the row group; `counts` are by column of samples. `among`:
    rows of others lie between them. `times` and `starts` are as stored; None = no such column.
    """

    part: int
    group: int
    row: NDArray[np.int64]
    counts: dict[str, NDArray[np.int64]]
    times: NDArray[Any] | None
    starts: NDArray[np.int64] | None
    labels: dict[str, list[Any]]


@dataclass(slots=True, eq=False)
class LeadRows:
    """The rows of one lead (or of all, where each is a column) of one record."""

    whose: list[Whose] = field(default_factory=list)
    some: list[Some] = field(default_factory=list)


RecordRows = dict[str | None, LeadRows]
Records = dict[tuple[str, str | None], RecordRows]


def build(context: Context, parts: Sequence[int]) -> None:
    """Add to `context` the records in its files `parts`, which say the same things alike. Blocks.

    What cannot be understood becomes a problem: a file, or a lead.
    """
    records: Records = {}
    for part in parts:
        try:
            # Of a file that fails half-way nothing counts.
            found: Records = {}
            _rows(context, part, found)
        except SourceError as error:
            context.problems.append(error)
            continue
        for key, leads in found.items():
            for lead, rows in leads.items():
                held = records.setdefault(key, {}).setdefault(lead, LeadRows())
                held.whose += [one for one in rows.whose if one not in held.whose]
                held.some += rows.some
    for leads in records.values():
        _record(context, leads)


def _rows(context: Context, part: int, records: Records) -> None:
    """Read keys, times and lengths of a file. Raises LayoutError, and SourceError from reading."""
    found = context.parts[part]
    plan = found.planned
    check_columns(found, plan)
    time, stride = plan.time, plan.stride
    clock = None if time is None else clock_of(found, time)
    start = None if stride is None else stride.column
    lists = [signal.column for signal in plan.signals]
    columns = [*said_columns(plan).values(), *lists, *plan.labels]
    columns += [time.column] if time is not None else []
    columns += [start] if start is not None else []
    wanted = list(dict.fromkeys(columns))
    for group in range(len(found.file.groups) - 1):
        for first, table in context.files.blocks(found.file, group, wanted):
            row = int(found.file.groups[group]) + first
            counts = {column: _lengths(found, column, table) for column in lists}
            times = (
                None if time is None or clock is None else times_in(found, time, clock, table, row)
            )
            starts = None if start is None else _starts(found, start, table, row)
            labels = {name: table[name].to_pylist() for name in plan.labels}
            by_row = _apart(found, table, row)
            for whose, some in by_row:
                leads = records.setdefault((whose.record, whose.patient), {})
                lead = leads.setdefault(whose.lead, LeadRows())
                if whose not in lead.whose:
                    lead.whose.append(whose)
                lead.some.append(
                    Some(
                        part,
                        group,
                        some + first,
                        {column: of_all[some] for column, of_all in counts.items()},
                        None if times is None else times[some],
                        None if starts is None else starts[some],
                        {name: [of[i] for i in some.tolist()] for name, of in labels.items()},
                    )
                )


def _apart(found: Found, table: pa.Table, row: int) -> Iterator[tuple[Whose, NDArray[np.int64]]]:
    """Yield whose rows there are, and which. Rows that say nothing are records of their own."""
    if not rows_alone(found):
        yield from split(found, found.planned, table, row)
        return
    digits = len(str(int(found.file.groups[-1]) - 1))
    for whose, some in split(found, found.planned, table, row):
        for one in some.tolist():
            name = f"{whose.record}.{row + one:0{digits}d}"
            yield whose._replace(record=name), np.array([one])


def _lengths(found: Found, column: str, table: pa.Table) -> NDArray[np.int64]:
    if not carriers.is_list(found.schema.field(column).type):
        raise LayoutError(
            f"is {found.schema.field(column).type}; expected lists of samples",
            path=found.shown,
            column=column,
        )
    lengths: Any = pc.fill_null(pc.list_value_length(table[column]).cast(pa.int64()), 0)
    held: NDArray[np.int64] = lengths.to_numpy()
    return held


def _starts(found: Found, column: str, table: pa.Table, row: int) -> NDArray[np.int64]:
    kind = found.schema.field(column).type
    if not pa.types.is_integer(kind):
        raise LayoutError(
            f"is {kind}; expected the sample number of each window's start as whole numbers",
            path=found.shown,
            column=column,
        )
    if table[column].null_count:
        first = int(np.asarray(table[column].is_null()).argmax())
        raise LayoutError(
            f"row {row + first} says no start; give every row one, or take it out",
            path=found.shown,
            column=column,
        )
    held: NDArray[np.int64] = table[column].cast(pa.int64(), safe=False).to_numpy()
    return held


@dataclass(frozen=True, slots=True, eq=False)
class _Lead:
    """A lead on its way: its rows in stored order, and what they say."""

    name: str
    signal: SignalColumn
    whose: Whose
    said: Said[Fraction] | None
    some: Sequence[Some]
    keys: tuple[tuple[str, str], ...]

    def all(self, name: str) -> Any:
        """Return a field of all its rows."""
        return np.concatenate([getattr(one, name) for one in self.some])

    @property
    def counts(self) -> NDArray[np.int64]:
        """Return the samples of each row."""
        return np.concatenate([one.counts[self.signal.column] for one in self.some])

    def where(self, context: Context, row: int) -> tuple[Found, int]:
        """Return the file of row number `row` of the lead, and its number in it."""
        for one in self.some:
            if row < len(one.row):
                found = context.parts[one.part]
                return found, int(found.file.groups[one.group]) + int(one.row[row])
            row -= len(one.row)
        raise IndexError(row)


def _record(context: Context, leads: RecordRows) -> None:
    """Put one record together; what fails is a problem."""
    told = len(context.problems)
    chosen = list(_leads(context, leads))
    if not chosen:
        if len(context.problems) == told:
            whose = next(iter(leads.values())).whose[0]
            context.notes.append(f"record {whose.id}: has no samples, and is left out")
        return
    timed: list[tuple[_Lead, Rows | None]] = []
    units: list[Said[Unit] | None] = []
    for lead in chosen:
        try:
            rows, unit = _timed(context, lead)
            timed.append((lead, rows))
            units.append(unit)
        except SourceError as error:
            context.problems.append(error)
    bases = [rows.base for _, rows in timed if rows is not None]
    zero = min(bases) if bases else Fraction(0)
    lowest = _lowest(timed)
    timed = _of_one_rate(context, timed)
    stored: list[Shown] = []
    labels: list[Labels] = []
    tracks: dict[tuple[Any, ...], Track] = {}
    origins: dict[Fraction, float] = {}
    for lead, rows in sorted(timed, key=lambda one: Fraction(0) if one[1] is None else one[1].base):
        try:
            chunks, rate = _chunks(context, lead, rows, zero, lowest, origins)
            stored.append((_stored(context, lead, chunks, rate, tracks), lead.signal))
            labels += _labels(context, lead, chunks, rate)
        except SourceError as error:
            context.problems.append(error)
    if not stored:
        return
    first = chosen[0]
    found = context.parts[first.some[0].part]
    rows = timed[0][1]
    record = finished(context, found, first.whose, stored, (rows, zero, units[0]))
    # Each lead has the labels of its rows; those of the first rate are told.
    same = [one for one in labels if one.fs == record.record.fs]
    by_name = {one.name: [other for other in same if other.name == one.name] for one in same}
    context.records.append(with_labels(record, (_joined(of) for of in by_name.values())))


def _leads(context: Context, leads: RecordRows) -> Iterator[_Lead]:
    """Yield the leads of a record that have any samples: a column each, or what the rows say."""
    taken: set[str] = set()
    of_record = _among([some for rows in leads.values() for some in rows.some])
    for rows in leads.values():
        found = context.parts[rows.some[0].part]
        keys = _keys(found.planned, rows.whose[0], of_record) if _among(rows.some) else ()
        for signal in found.planned.signals:
            try:
                name = name_of(found, signal, rows.whose[0], taken)
                whose = one_value(found, rows.whose, name)
                some = [one for one in rows.some if signal.column in one.counts]
                if any(one.counts[signal.column].any() for one in some):
                    yield _Lead(name, signal, whose, rate_said(found, whose, signal), some, keys)
            except LayoutError as error:
                context.problems.append(error)


def _keys(plan: Plan, whose: Whose, of_record: bool) -> tuple[tuple[str, str], ...]:  # noqa: FBT001
    """Return the columns that tell the rows of a lead from others between them."""
    keys = [(plan.lead_column, whose.lead)]
    if of_record:
        keys += [(plan.record_column, whose.record), (plan.patient_column, whose.patient)]
    return tuple((key, text) for key, text in keys if key is not None and text is not None)


def _among(some: Sequence[Some]) -> bool:
    """Return whether rows of others lie between these, in any row group."""
    spans: dict[tuple[int, int], tuple[int, int, int]] = {}
    for one in some:
        low, high = int(one.row[0]), int(one.row[-1]) + 1
        least, most, count = spans.get((one.part, one.group), (low, high, 0))
        spans[one.part, one.group] = min(least, low), max(most, high), count + len(one.row)
    return any(count < high - low for low, high, count in spans.values())


def _timed(context: Context, lead: _Lead) -> tuple[Rows | None, Said[Unit] | None]:
    """Return the times of a lead's rows in order, and their unit; None where they have none."""
    found = context.parts[lead.some[0].part]
    plan = found.planned
    if plan.time is None or lead.some[0].times is None:
        return None, None
    clock = clock_of(found, plan.time)
    single = is_single(found, plan.time)
    raw: NDArray[Any] = lead.all("times")
    usual = float(max(1, np.median(lead.counts)))
    clock, unit = told(found, clock, raw, lead.said.value if lead.said else None, usual)
    where = partial(lead.where, context)
    return rows_of(raw, clock, plan.time.column, where, single=single), unit


def _of_one_rate(
    context: Context, timed: list[tuple[_Lead, Rows | None]]
) -> list[tuple[_Lead, Rows | None]]:
    """Return the leads whose windows begin where a number of samples says: all of one rate."""
    kept: list[tuple[_Lead, Rows | None]] = []
    for lead, rows in timed:
        found = context.parts[lead.some[0].part]
        stride = found.planned.stride
        rates = [one.said.value for one, _ in kept if one.said is not None]
        other = lead.said is not None and rates and lead.said.value != rates[0]
        if stride is not None and stride.seconds is None and other:
            context.problems.append(
                LayoutError(
                    f"is at another rate than lead {kept[0][0].name!r}, and windows begin where a "
                    "number of samples says, of which rate is not said"
                    + that_would_do(
                        found.path, "stride = { seconds = SECONDS }", found.planned.mapped
                    ),
                    path=found.shown,
                    column=lead.signal.column,
                )
            )
        else:
            kept.append((lead, rows))
    return kept


def _lowest(timed: Sequence[tuple[_Lead, Rows | None]]) -> int:
    """Return the lowest window start that is said in a column: sample 0 of the record."""
    starts = [lead.all("starts") for lead, _ in timed if lead.some[0].starts is not None]
    return int(min((of.min() for of in starts), default=0))


def _chunks(  # noqa: PLR0917 - what all of it goes by
    context: Context,
    lead: _Lead,
    rows: Rows | None,
    zero: Fraction,
    lowest: int,
    origins: dict[Fraction, float],
) -> tuple[Chunks, Said[Fraction]]:
    """Return where each row begins, and the rate. Raises LayoutError."""
    found = context.parts[lead.some[0].part]
    plan = found.planned
    counts = lead.counts
    stride, time = plan.stride, plan.time
    by_time = rows is not None and time is not None and stride is None
    rate = lead.said
    if rate is None and by_time and time is not None and time.counts == "time":
        rate = _inferred(context, lead, rows, counts)
    if rate is None:
        raise LayoutError(
            f"nothing says the sampling rate of lead {lead.name!r} of record "
            f"{lead.whose.record!r}" + that_would_do(found.path, "fs = RATE", found.planned.mapped),
            path=found.shown,
            column=lead.signal.column,
        )
    files = list(dict.fromkeys(one.part for one in lead.some))
    counted_on = stride is not None and stride.column is None
    counted_on |= rows is None and plan.shape == "packets"
    if counted_on and len(files) > 1 and not plan.in_order:
        raise in_no_order(found, context.parts[files[1]], lead.whose.record)
    if stride is not None and stride.column is not None:
        start = lead.all("starts") - lowest
    elif stride is not None:
        start = np.arange(len(counts)) * _stride(found, lead, rate)
    elif (by_time and len(counts) > 1) or (by_time and plan.shape == "packets"):
        start = _by_time(context, lead, rows, counts, rate, zero, origins)
    elif len(counts) == 1:
        start = np.zeros(1, np.int64)
    elif plan.shape == "packets":
        start = np.cumsum(counts) - counts
    else:
        raise LayoutError(
            f"has {len(counts)} rows of lead {lead.name!r} of record {lead.whose.record!r}, and "
            "nothing says where each begins; expected one, or windows"
            + that_would_do(found.path, 'stride = { column = "COLUMN" }', found.planned.mapped),
            path=found.shown,
            column=plan.record_column or lead.signal.column,
        )
    most = stamps.LONGEST * rate.value / 1000
    far = int(start.argmax())
    if int(start[far]) > most:
        in_file, row = lead.where(context, far)
        raise LayoutError(
            f"row {row} begins at sample {int(start[far])} of lead {lead.name!r}, and no record is "
            "longer than ten years; expected sample numbers: mend it",
            path=in_file.shown,
            column=None if stride is None else stride.column,
        )
    part = np.concatenate([np.full(len(one.row), one.part) for one in lead.some])
    group = np.concatenate([np.full(len(one.row), one.group) for one in lead.some])
    return Chunks(part, group, lead.all("row"), start, counts), rate


def _stride(found: Found, lead: _Lead, rate: Said[Fraction]) -> int:
    """Return the samples from one window to the next. Raises LayoutError for a part of one."""
    stride = found.planned.stride
    if stride is not None and stride.samples is not None:
        return stride.samples
    seconds = Fraction(0) if stride is None or stride.seconds is None else stride.seconds
    samples = seconds * rate.value
    if samples.denominator != 1 or samples <= 0:
        raise LayoutError(
            f"the stride of {float(seconds):g} s is {float(samples):g} samples of lead "
            f"{lead.name!r} at {float(rate.value):g} Hz; expected whole ones: say it in samples, "
            "or name the column that says where each window begins",
            path=found.shown,
            column=lead.signal.column,
        )
    return int(samples)


def _kept(rows: Rows) -> NDArray[np.int64]:
    """Return which row each of the times in order is of."""
    return np.arange(rows.count) if rows.order is None else rows.order


def _times_kept(
    rows: Rows, counts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of the times in order, and how many samples each of them has."""
    kept = _kept(rows)
    if rows.order is None and len(rows.doubles):
        kept = np.setdiff1d(kept, rows.doubles[:, 1])
    return kept, counts[kept]


def _inferred(
    context: Context, lead: _Lead, rows: Rows | None, counts: NDArray[np.int64]
) -> Said[Fraction] | None:
    """Return the rate at which packets follow each other. Raises LayoutError for none."""
    if rows is None:
        return None
    _, samples = _times_kept(rows, counts)
    try:
        rate = packets.infer(packets.Packets(rows.times, samples, rows.quantum))
    except Unsteady as error:
        found = context.parts[lead.some[0].part]
        time = found.planned.time
        raise LayoutError(
            f"does not show the sampling rate of lead {lead.name!r} of record "
            f"{lead.whose.record!r}: {error}"
            + that_would_do(found.path, "fs = RATE", found.planned.mapped),
            path=found.shown,
            column=time.column if time else None,
        ) from error
    return Said(rate, f"inferred from {len(samples)} timestamps")


def _by_time(  # noqa: PLR0917 - what all of it goes by
    context: Context,
    lead: _Lead,
    rows: Rows | None,
    counts: NDArray[np.int64],
    rate: Said[Fraction],
    zero: Fraction,
    origins: dict[Fraction, float],
) -> NDArray[np.int64]:
    """Return the first sample of each row as its time says it. Raises LayoutError."""
    found = context.parts[lead.some[0].part]
    time = found.planned.time
    if rows is None or time is None:
        return np.zeros(len(counts), np.int64)
    kept, samples = _times_kept(rows, counts)
    late = float(rows.base - zero)
    start = np.zeros(len(counts), np.int64)
    if time.counts == "sample":
        start[kept] = (rows.times + late).astype(np.int64)
    else:
        held = packets.Packets(rows.times + late, samples, rows.quantum)
        far = late > float(1000 / rate.value)
        at_zero = 0.0 if far and rate.value not in origins else origins.get(rate.value)
        try:
            numbered = packets.number(held, rate.value, at_zero)
        except Unsteady as error:
            raise _strays(found, lead, rate, held, error) from error
        origins.setdefault(rate.value, numbered.zero)
        start[kept] = numbered.sample
        # Rows that overlap are no gaps: whether they have the same samples is looked at.
        if 2 * numbered.gaps > len(samples):
            _note_rate(context, lead, rate, held)
    # A row of the same time is of the same samples: whether they are is looked at.
    start[rows.doubles[:, 1]] = start[rows.doubles[:, 0]]
    return start


def _strays(
    found: Found, lead: _Lead, rate: Said[Fraction], held: packets.Packets, error: Unsteady
) -> LayoutError:
    time = found.planned.time
    return LayoutError(
        f"says fs {float(rate.value):g} ({rate.how}){_made(held)}: the times of lead "
        f"{lead.name!r} of record {lead.whose.record!r}: {error}; mend them, or say the rate, or "
        "where each row begins, in a mapping",
        path=found.shown,
        column=time.column if time else None,
    )


def _made(held: packets.Packets) -> str:
    with suppress(Unsteady):
        return f", but its timestamps make {float(packets.infer(held)):.6g} Hz"
    return ""


def _note_rate(context: Context, lead: _Lead, rate: Said[Fraction], held: packets.Packets) -> None:
    made = _made(held)
    if made and f"{float(rate.value):.6g} Hz" not in made:
        context.notes.append(
            f"record {lead.whose.id}: lead {lead.name!r} says fs {float(rate.value):g} "
            f"({rate.how}){made}; what is between its packets is shown as gaps"
        )


def _stored(
    context: Context,
    lead: _Lead,
    chunks: Chunks,
    rate: Said[Fraction],
    tracks: dict[tuple[Any, ...], Track],
) -> StoredLead:
    """Say where each sample of a lead lies. Raises LayoutError, and SourceError from reading."""
    found = context.parts[lead.some[0].part]
    parts = list(dict.fromkeys(one.part for one in lead.some))
    carrier = context.carrier(parts, lead.signal, lists=True)
    arrays = (chunks.part, chunks.group, chunks.row, chunks.start, chunks.count)
    known_as = tuple(array.tobytes() for array in arrays)
    if known_as not in tracks:
        tracks[known_as] = track_of(chunks, [context.parts[p].file for p in parts], parts)
    track = tracks[known_as]
    surveys = {
        index: context.over(part, lead.signal, lists=True) for index, part in enumerate(parts)
    }
    dtype = carrier.dtypes[0]
    extremes, empty = context.extremes(track, surveys, dtype, alone=not lead.keys)
    told = described(found, lead.whose, lead.signal, lead.name, rate, chunks.length, carrier)
    stored = StoredLead(
        *(told, lead.signal.column, track, empty, extremes),
        keys=lead.keys,
        missing=lead.signal.missing,
    )
    doubled = checked(chunks, stored, context.parts, context.files, partial(lead.where, context))
    if doubled:
        context.notes.append(
            f"record {lead.whose.id}: {found.folder}, lead {lead.name!r}: "
            f"{counted(doubled)} samples that others have, and left out"
        )
    if (np.diff(chunks.start) < 0).any():
        context.notes.append(
            f"record {lead.whose.id}: {found.folder}, lead {lead.name!r}: rows are out of "
            "order and were put in order"
        )
    return stored


def _labels(
    context: Context, lead: _Lead, chunks: Chunks, rate: Said[Fraction]
) -> Iterator[Labels]:
    """Yield what the rows of a lead say in each column of labels."""
    for name in dict.fromkeys(name for one in lead.some for name in one.labels):
        said = [text for one in lead.some for text in one.labels.get(name, [None] * len(one.row))]
        file = context.parts[lead.some[0].part].file
        stop = chunks.start + chunks.count
        yield Labels(name, file, float(rate.value), chunks.start, stop, said)


def _joined(labels: Sequence[Labels]) -> Labels:
    """Return what rows of several leads say in one column."""
    first = labels[0]
    return Labels(
        first.name,
        first.file,
        first.fs,
        np.concatenate([one.start for one in labels]),
        np.concatenate([one.stop for one in labels]),
        [text for one in labels for text in one.said],
    )
