"""Tables with a row a sample whose rows say whose they are: a record, a lead, or both.

Where the rows of each lead lie is in `long_rows`, their times in `long_timing`; here records are
made of them, and laid out: where each sample of a lead lies.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from ecgstream.errors import LayoutError, SourceError
from ecgstream.model.block import NUMPY
from ecgstream.storage.foreign.plan import Said
from ecgstream.storage.foreign.scales.row_scales import by_rows
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
from ecgstream.storage.foreign.tables.laying import cuts, laid
from ecgstream.storage.foreign.tables.long_rows import (
    LeadRows,
    LongLead,
    RecordRows,
    Spans,
    file_of,
    keys_of,
    read_rows,
    rows_within,
    spans_of,
    table_of,
    where_of,
)
from ecgstream.storage.foreign.times.long_timing import (
    Placed,
    Timing,
    numbered_at,
    rate_of_rows,
    timing_of,
)
from ecgstream.storage.foreign.times.stamps import Rows
from ecgstream.storage.foreign.whose.identities import told_apart
from ecgstream.storage.foreign.whose.keyed import Coded
from ecgstream.storage.reading import values_of
from ecgstream.storage.stored import ByTime, Placement, StoredLead, Track
from ecgstream.storage.survey import Found


def build(context: Context, parts: Sequence[int]) -> None:
    """Add to `context` the records in its files `parts`, which say the same things alike. Blocks.

    What cannot be understood becomes a problem: a file, or a lead.
    """
    records: dict[tuple[str, str | None], RecordRows] = {}
    for part in parts:
        try:
            # Of a file that fails half-way nothing counts.
            found: dict[tuple[str, str | None], RecordRows] = {}
            read_rows(context, part, found)
        except SourceError as error:
            context.problems.append(error)
            continue
        for key, leads in found.items():
            for lead, rows in leads.items():
                held = records.setdefault(key, {}).setdefault(lead, LeadRows())
                held.whose += [one for one in rows.whose if one not in held.whose]
                held.stretches += rows.stretches
                held.digest.update(rows.digest.digest())
    for leads in records.values():
        _record(context, leads)


def _record(context: Context, leads: RecordRows) -> None:
    """Put one record together; what fails is a problem."""
    spans = spans_of(leads)
    timings: dict[bytes, Timing] = {}
    chosen: list[LongLead] = []
    for lead in _leads(context, leads):
        try:
            if lead.timed_as not in timings:
                timings[lead.timed_as] = timing_of(context, lead, spans)
            chosen.append(lead)
        except SourceError as error:
            context.problems.append(error)
    if not chosen:
        return
    zero = min(timings[one.timed_as].base for one in chosen)
    found = context.parts[chosen[0].rows.stretches[0].part]
    stored = _stored_all(context, chosen, timings, zero, spans)
    if not stored:
        return
    first = timings[chosen[0].timed_as]
    context.records.append(
        finished(context, found, chosen[0].whose, stored, (first.rows, zero, first.unit))
    )


def _leads(context: Context, leads: RecordRows) -> Iterator[LongLead]:
    """Yield the leads of a record: a signal column each, or what the rows say."""
    taken: set[str] = set()
    for rows in leads.values():
        found = context.parts[rows.stretches[0].part]
        for signal in found.planned.signals:
            try:
                name = name_of(found, signal, rows.whose[0], taken)
                whose = one_value(found, rows.whose, name)
                signal = by_rows(found.planned, whose, signal)  # noqa: PLW2901 - the same
                yield LongLead(name, signal, rows, whose, rate_said(found, whose, signal))
            except LayoutError as error:
                context.problems.append(error)


def _stored_all(
    context: Context,
    leads: Sequence[LongLead],
    timings: Mapping[bytes, Timing],
    zero: Fraction,
    spans: Spans,
) -> list[Shown]:
    """Number the samples of each lead, and say where they lie; what fails is a problem."""
    rates: dict[str, Said[Fraction]] = {}
    by_timing: dict[tuple[bytes, Fraction | None], Said[Fraction]] = {}
    # The longest first: a short one alone would leave the rate less certain.
    for lead in sorted(leads, key=lambda one: -one.rows.count):
        key = (lead.timed_as, lead.said.value if lead.said else None)
        try:
            if key not in by_timing:
                known = [one.value for one in by_timing.values()]
                by_timing[key] = rate_of_rows(context, lead, timings[lead.timed_as], known)
            rates[lead.name] = by_timing[key]
        except SourceError as error:
            context.problems.append(error)
    placed: dict[tuple[bytes, Fraction], Placed] = {}
    origins: dict[Fraction, float] = {}
    tracks: dict[tuple[Any, ...], Track] = {}
    stored: list[Shown] = []
    for lead in sorted(leads, key=lambda one: timings[one.timed_as].base):
        rate = rates.get(lead.name)
        if rate is None:
            continue
        timing = timings[lead.timed_as]
        try:
            known_as = (lead.timed_as, rate.value)
            if known_as not in placed:
                placed[known_as] = numbered_at(context, lead, timing, rate, zero, origins)
            found = placed[known_as]
            shown = _stored(context, lead, timing, found, tracks, spans)
            stored.append((shown, lead.signal))
        except SourceError as error:
            context.problems.append(error)
    return stored


def _stored(  # noqa: PLR0917 - what all of it goes by
    context: Context,
    lead: LongLead,
    timing: Timing,
    placed: Placed,
    tracks: dict[tuple[Any, ...], Track],
    spans: Spans,
) -> StoredLead:
    """Say where each sample of a lead lies. Raises LayoutError, and SourceError from reading."""
    found = file_of(context, lead)
    plan = found.planned
    keys = keys_of(plan, lead, spans)
    rows, numbered, signal = timing.rows, placed.numbered, lead.signal
    parts = list(dict.fromkeys(one.part for one in lead.rows.stretches))
    carrier = context.carrier(parts, signal, lists=False)
    unique = timing.count if rows is None else len(rows.times)
    samples = None
    if rows is not None and (rows.order is not None or len(rows.doubles)):
        samples = np.full(rows.count, -1, np.int64)
        at = np.arange(unique) if rows.order is None else rows.order
        samples[at] = numbered.expand(unique)
    by_time = None if samples is None else _by_time(found, rows, placed)
    ends = cuts(numbered, unique, max(one.count for one in lead.rows.stretches))
    pieces: list[tuple[int, int, int, int, Placement | None]] = []
    row = 0
    for one in lead.rows.stretches:
        within = rows_within(context, one, keys, spans)
        for start, stop, placement in laid(numbered, samples, ends, range(row, row + one.count)):
            if by_time is not None and placement is not None:
                # Where each row belongs its time says: nothing of it is kept.
                nothing = np.zeros(0, np.int64)
                placement = Placement(nothing, nothing, placement.shared)  # noqa: PLW2901
            if within is not None:
                placement = (  # noqa: PLW2901 - the same, of some rows
                    replace(placement, within=within)
                    if placement is not None
                    else Placement(np.zeros(1, np.int64), np.array([start]), within=within)
                )
            pieces.append((parts.index(one.part), one.group, start, stop, placement))
        row += one.count
    known_as = (
        lead.timed_as,
        placed.rate.value,
        *parts,
        *((*p[:4], p[4] and p[4].within) for p in pieces),
    )
    if known_as not in tracks:
        files = [context.parts[part].file for part in parts]
        tracks[known_as] = Track.of(files, pieces, placed.length)
    track = tracks[known_as]
    surveys = {index: context.over(part, signal, lists=False) for index, part in enumerate(parts)}
    extremes, empty = context.extremes(track, surveys, carrier.dtypes[0], alone=not keys)
    told = described(found, lead.whose, signal, lead.name, placed.rate, placed.length, carrier)
    stored = StoredLead(
        told,
        signal.column,
        track,
        empty,
        extremes,
        keys=keys,
        missing=signal.missing,
        by_time=by_time,
    )
    if rows is not None and len(rows.doubles):
        _check_doubles(context, lead, rows, stored, spans)
    return stored


def _by_time(found: Found, rows: Rows | None, placed: Placed) -> ByTime | None:
    """Return what makes sample numbers of the times of rows out of order, if anything does."""
    time = found.planned.time
    if rows is None or time is None:
        return None
    tick = rows.clock.tick
    base = rows.base / tick
    per_ms = 1.0 if time.counts == "sample" else float(placed.rate.value / 1000)
    raw_base = int(base) if rows.clock.whole else float(base)
    return ByTime.of(time.column, raw_base, float(tick), rows.times, placed.numbered, per_ms)


def _check_doubles(
    context: Context, lead: LongLead, rows: Rows, stored: StoredLead, spans: Spans
) -> None:
    """Note rows that repeat a time with the same bits. Raises LayoutError where bits differ."""
    dtype = stored.lead.dtypes[0]
    values = np.zeros(rows.doubles.shape, NUMPY[dtype])
    edges = np.cumsum([0, *(one.count for one in lead.rows.stretches)])
    where = np.searchsorted(edges, rows.doubles, "right") - 1
    for index in np.unique(where).tolist():
        one = lead.rows.stretches[index]
        table, _ = table_of(context, one, stored.keys, spans, [stored.column])
        held = values_of(Coded(table), stored)
        inside = where == index
        values[inside] = held[rows.doubles[inside] - edges[index]]
    bits = np.ascontiguousarray(values).view(f"u{values.itemsize}").reshape(values.shape)
    unlike = np.flatnonzero(bits[:, 0] != bits[:, 1])
    plan = file_of(context, lead).planned
    if len(unlike):
        first = rows.doubles[unlike[0]]
        found, row = where_of(context, lead, spans, int(first[1]))
        _, other = where_of(context, lead, spans, int(first[0]))
        raise LayoutError(
            f"row {row} repeats the time of row {other} of lead {lead.name!r} of record "
            f"{lead.whose.record!r} with another value ({values[unlike[0], 1]:g} after "
            f"{values[unlike[0], 0]:g}); {len(unlike)} such rows in all; keep one of each"
            + told_apart(found, context.files),
            path=found.shown,
            column=plan.time.column if plan.time else None,
        )
    context.notes.append(
        f"record {lead.whose.id}: {file_of(context, lead).folder}, lead {lead.name!r}: "
        f"{counted(len(rows.doubles))} a timestamp with the same value, and left out"
    )
