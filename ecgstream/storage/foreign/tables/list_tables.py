"""Tables with many samples in each row: packets, windows that may overlap, or whole records.

At the scan the keys, the times and the lengths of the lists are read (`list_rows`); of each row
stays where it begins (`row_starts`). What two rows have of one sample must be the same bits; it is
shown once.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import LayoutError, SourceError
from ecgstream.storage.foreign.plan import Plan, Said, Unit
from ecgstream.storage.foreign.proposing import proposed, that_would_do, with_others
from ecgstream.storage.foreign.scales.row_scales import by_rows
from ecgstream.storage.foreign.tables.abutting import abutting_pair
from ecgstream.storage.foreign.tables.alike import Model, Models
from ecgstream.storage.foreign.tables.chunks import Chunks, checked, track_of
from ecgstream.storage.foreign.tables.describing import (
    Context,
    Shown,
    counted,
    described,
    finished,
    name_of,
    one_value,
    rate_said,
)
from ecgstream.storage.foreign.tables.labels import Labels, with_labels
from ecgstream.storage.foreign.tables.list_rows import (
    LeadRows,
    RecordRows,
    Records,
    Some,
    read_rows,
)
from ecgstream.storage.foreign.times import window_starts
from ecgstream.storage.foreign.times.clocks import clock_of, is_single, told
from ecgstream.storage.foreign.times.row_starts import RowsOfLead, abuts, chunks_of
from ecgstream.storage.foreign.times.stamps import UNITS, Rows, rows_of
from ecgstream.storage.foreign.whose.splitting import Whose, saying_none
from ecgstream.storage.foreign.whose.visits import check_days
from ecgstream.storage.stored import StoredLead, StoredRecord, Track


def build(context: Context, parts: Sequence[int]) -> None:
    """Add to `context` the records in its files `parts`, which say the same things alike. Blocks.

    What cannot be understood becomes a problem: a file, or a lead.
    """
    records: Records = {}
    for found in _read(context, parts):
        for key, leads in found.items():
            for lead, rows in leads.items():
                held = records.setdefault(key, {}).setdefault(lead, LeadRows())
                held.whose += [one for one in rows.whose if one not in held.whose]
                held.some += rows.some
    models = Models()
    told = len(context.problems)
    # What is done with makes room for what comes of it.
    for key in list(records):
        _record(context, records.pop(key), models)
    context.problems[told:] = _gathered(context.problems[told:])


def _read(context: Context, parts: Sequence[int]) -> Iterator[Records]:
    """Yield the rows of each file. A file that fails is a problem, and so are rows of no record."""
    read: dict[int, Records] = {}
    nameless: dict[int, list[int]] = {}
    for part in parts:
        try:
            # Of a file that fails half-way nothing counts.
            found: Records = {}
            rows = read_rows(context, part, found)
        except SourceError as error:
            context.problems.append(error)
            continue
        read[part] = found
        if rows:
            nameless[part] = rows
    # Where records are of one row each, such a row is one more: it harms no other.
    several = bool(nameless) and _several(read.values())
    for part, rows in nameless.items():
        more = ", and is left out" if len(rows) == 1 else ", and are left out"
        if several:
            del read[part]
            more = ", and others have several rows of a record, of which it may be one"
            if len(rows) > 1:
                more = ", and others have several rows of a record, of which they may be some"
        context.problems.append(saying_none(context.parts[part], "record", rows, more))
    yield from read.values()


def _several(read: Iterable[Records]) -> bool:
    """Return whether a lead of any record is in several rows."""
    count: Counter[tuple[object, str | None]] = Counter()
    for found in read:
        for key, leads in found.items():
            for lead, rows in leads.items():
                count[key, lead] += sum(map(len, rows.some))
    return any(rows > 1 for rows in count.values())


def _gathered(problems: Sequence[SourceError]) -> list[SourceError]:
    """Return problems without those that one answer for their file mends as well as the first."""
    alike: dict[tuple[object, ...], list[SourceError]] = {}
    for number, one in enumerate(problems):
        asked = proposed(one.detail)
        known = (one.path, one.column, asked) if asked else (number,)
        alike.setdefault(known, []).append(one)
    return [
        first
        if not others
        else LayoutError(
            with_others(first.detail, len(others)), path=first.path, column=first.column
        )
        for first, *others in alike.values()
    ]


def _record(context: Context, leads: RecordRows, models: Models) -> None:
    """Put one record together, or make it like another; what fails is a problem."""
    kind = models.kind(context, leads)
    model = None if kind is None else models.get(kind)
    if model is not None:
        (rows,) = leads.values()
        context.records.append(model.record(context, rows.whose[0], rows.some[0]))
        return
    told = len(context.problems) + len(context.notes)
    made = _made(context, leads)
    if made is not None:
        context.records.append(with_labels(*made))
    if kind is not None and kind not in models:
        plain = made is not None and told == len(context.problems) + len(context.notes)
        models.keep(kind, Model(*made) if plain and made is not None else None)


def _made(context: Context, leads: RecordRows) -> tuple[StoredRecord, tuple[Labels, ...]] | None:
    """Return a record without its labels, and these; None for none. What fails is a problem."""
    told = len(context.problems)
    chosen = list(_leads(context, leads))
    if not chosen:
        if len(context.problems) == told:
            whose = next(iter(leads.values())).whose[0]
            context.notes.append(f"record {whose.id}: has no samples, and is left out")
        return None
    timed: list[tuple[RowsOfLead, Rows | None]] = []
    units: list[Said[Unit] | None] = []
    undated = _undated(chosen)
    alone = undated or _alone(context, chosen)
    for lead in chosen:
        try:
            rows, unit = (None, None) if alone else _timed(context, lead)
            timed.append((lead, rows))
            units.append(unit)
        except SourceError as error:
            context.problems.append(error)
    bases = [rows.base for _, rows in timed if rows is not None]
    zero = min(bases) if bases else Fraction(0)
    lowest = _lowest(timed)
    timed = _of_one_rate(context, timed)
    stored: list[Shown] = []
    abutting: list[str] = []
    labels: list[Labels] = []
    tracks: dict[tuple[Any, ...], Track] = {}
    origins: dict[Fraction, float] = {}
    for lead, rows in sorted(timed, key=lambda one: Fraction(0) if one[1] is None else one[1].base):
        try:
            chunks, rate = chunks_of(context, lead, rows, zero, lowest, origins)
            stored.append((_stored(context, lead, chunks, rate, tracks), lead.signal))
            abutting += [lead.name] if abuts(lead, rows, rate.value) else []
            labels += _labels(context, lead, chunks, rate)
        except SourceError as error:
            context.problems.append(error)
    if not stored:
        return None
    first = chosen[0]
    found = first.found(context)
    rows = timed[0][1]
    more = abutting_pair(found.planned, abutting)
    time = found.planned.time
    if undated and time is not None and found.planned.start_time is None:
        more.append(("start", f"nobody says: column {time.column} is null in its row"))
    record = finished(context, found, first.whose, stored, (rows, zero, units[0]), more=more)
    # Each lead has the labels of its rows; those of the first rate are told.
    same = [one for one in labels if one.fs == record.record.fs]
    by_name = {one.name: [other for other in same if other.name == one.name] for one in same}
    return record, tuple(_joined(of) for of in by_name.values())


def _leads(context: Context, leads: RecordRows) -> Iterator[RowsOfLead]:
    """Yield the leads of a record that have any samples: a column each, or what the rows say."""
    taken: set[str] = set()
    of_record = _among([some for rows in leads.values() for some in rows.some])
    for rows in leads.values():
        found = context.parts[rows.some[0].block.part]
        keys = _keys(found.planned, rows.whose[0], of_record) if _among(rows.some) else ()
        for signal in found.planned.signals:
            try:
                name = name_of(found, signal, rows.whose[0], taken)
                whose = one_value(found, rows.whose, name)
                signal = by_rows(found.planned, whose, signal)  # noqa: PLW2901 - the same
                some = [one for one in rows.some if signal.column in one.block.counts]
                if any(one.counts(signal.column).any() for one in some):
                    yield RowsOfLead(
                        name, signal, whose, rate_said(found, whose, signal), some, keys
                    )
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
        known = one.block.part, one.block.group
        least, most, count = spans.get(known, (low, high, 0))
        spans[known] = min(least, low), max(most, high), count + len(one)
    return any(count < high - low for low, high, count in spans.values())


def _undated(leads: Sequence[RowsOfLead]) -> bool:
    """Return whether a record is one row whose time is null: it has no start."""
    return all(len(lead.counts) == 1 and bool(lead.all("untimed").all()) for lead in leads)


def _alone(context: Context, leads: Sequence[RowsOfLead]) -> bool:
    """Return whether one time of no matter is all that the rows of a record say."""
    if any(lead.some[0].block.times is None or len(lead.counts) > 1 for lead in leads):
        return False
    times = [lead.all("times") for lead in leads]
    return all(window_starts.alone(lead.found(context).planned, times) for lead in leads)


def _timed(context: Context, lead: RowsOfLead) -> tuple[Rows | None, Said[Unit] | None]:
    """Return the times of a lead's rows in order, and their unit; None where they have none."""
    found = lead.found(context)
    plan = found.planned
    if plan.time is None or lead.some[0].block.times is None:
        return None, None
    untimed = lead.all("untimed")
    if untimed.any():
        in_file, row = lead.where(context, int(untimed.argmax()))
        raise LayoutError(
            f"row {row} has no time, and nothing else says where it lies among the other rows of "
            f"record {lead.whose.record!r}, which is left out; give every row one, or take it out",
            path=in_file.shown,
            column=plan.time.column,
        )
    clock = clock_of(found, plan.time)
    single = is_single(found, plan.time)
    raw: NDArray[Any] = lead.all("times")
    if window_starts.unplaced(plan, raw):
        return None, None
    # No step says how long the last one is.
    before = lead.counts[raw < raw.max()]
    usual = float(max(1, np.median(before if len(before) else lead.counts)))
    rate = lead.said.value if lead.said else None
    unit = window_starts.unit_of(found, raw, lead.counts, rate)
    if unit is None:
        clock, unit = told(found, clock, raw, rate, usual)
    else:
        clock = replace(clock, tick=UNITS[unit.value])
    where = partial(lead.where, context)
    rows = rows_of(raw, clock, plan.time.column, where, single=single)
    check_days(found, lead.whose.record, rows)
    return rows, unit


def _of_one_rate(
    context: Context, timed: list[tuple[RowsOfLead, Rows | None]]
) -> list[tuple[RowsOfLead, Rows | None]]:
    """Return the leads whose windows begin where a number of samples says: all of one rate."""
    kept: list[tuple[RowsOfLead, Rows | None]] = []
    for lead, rows in timed:
        found = lead.found(context)
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


def _lowest(timed: Sequence[tuple[RowsOfLead, Rows | None]]) -> int:
    """Return the lowest window start that is said in a column: sample 0 of the record."""
    starts = [lead.all("starts") for lead, _ in timed if lead.some[0].block.starts is not None]
    return int(min((of.min() for of in starts), default=0))


def _stored(
    context: Context,
    lead: RowsOfLead,
    chunks: Chunks,
    rate: Said[Fraction],
    tracks: dict[tuple[Any, ...], Track],
) -> StoredLead:
    """Say where each sample of a lead lies. Raises LayoutError, and SourceError from reading."""
    found = lead.found(context)
    parts = lead.parts
    carrier = context.carrier(parts, lead.signal, lists=True)
    arrays = (chunks.part, chunks.group, chunks.row, chunks.start, chunks.count, chunks.level)
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
    doubled = checked(
        *(chunks, stored, context.parts, context.files, partial(lead.where, context)),
        window_starts.disagreeing(found),
    )
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
    context: Context, lead: RowsOfLead, chunks: Chunks, rate: Said[Fraction]
) -> Iterator[Labels]:
    """Yield what the rows of a lead say in each column of labels."""
    for name in dict.fromkeys(name for one in lead.some for name in one.block.labels):
        said = [text for one in lead.some for text in one.said(name)]
        file = lead.found(context).file
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
