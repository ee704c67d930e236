"""Tables with a row a sample whose rows say whose they are: a record, a lead, or both.

The key columns and the times are read once, at the scan, and of them no more stays than where each
lead's rows lie: from the first to the last in each row group, and how many. Rows of one lead among
others are told apart when they are read.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ecgstream.errors import LayoutError, SourceError
from ecgstream.model.block import NUMPY
from ecgstream.model.timebase import Numbered, Stamps, Unsteady, doubt, fits, infer, number, origin
from ecgstream.storage.foreign.clocks import clock_of, is_single, times_in, told
from ecgstream.storage.foreign.describing import (
    Context,
    Shown,
    counted,
    described,
    finished,
    in_no_order,
    name_of,
    no_rate,
    one_value,
    rate_said,
)
from ecgstream.storage.foreign.identities import told_apart
from ecgstream.storage.foreign.keyed import Coded, Keys
from ecgstream.storage.foreign.laying import cuts, laid
from ecgstream.storage.foreign.plan import Plan, Said, SignalColumn, Unit
from ecgstream.storage.foreign.proposing import rate_key, that_would_do
from ecgstream.storage.foreign.splitting import Whose, check_columns, said_columns, split
from ecgstream.storage.foreign.stamps import Rows, rows_of
from ecgstream.storage.reading import values_of
from ecgstream.storage.stored import ByTime, Placement, StoredLead, Track
from ecgstream.storage.survey import Found

SPLIT: Final = 1 << 20
"""Rows of a row group in one piece at most. Some writers make them of ten million rows: an hour of
twelve leads, which is too much to be in memory at once for a viewer."""


@dataclass(slots=True)
class Stretch:
    """Rows of a lead in one row group of file number `part`: `count` of those in [low, high).

    All in the same `SPLIT` rows of it, the `block`th.
    """

    part: int
    group: int
    block: int
    low: int
    high: int
    count: int


@dataclass(slots=True, eq=False)
class LeadRows:
    """The rows of one lead of one record, in stored order, and what they say.

    `digest` is of their times: leads that have the same ones share what is made of them.
    """

    whose: list[Whose] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    digest: Any = field(default_factory=lambda: hashlib.blake2b(digest_size=16))

    @property
    def count(self) -> int:
        """How many rows."""
        return sum(one.count for one in self.stretches)

    def add(self, part: int, group: int, rows: NDArray[np.int64]) -> None:
        """Note `rows`, in order, of a row group; it may come in several parts."""
        first, last = int(rows[0]) // SPLIT, int(rows[-1]) // SPLIT
        edges = np.searchsorted(rows, np.arange(first, last + 2) * SPLIT).tolist()
        for block, (a, b) in enumerate(pairwise(edges), first):
            if a < b:
                self._add(Stretch(part, group, block, int(rows[a]), int(rows[b - 1]) + 1, b - a))

    def _add(self, new: Stretch) -> None:
        last = self.stretches[-1] if self.stretches else None
        place = new.part, new.group, new.block
        if last is not None and (last.part, last.group, last.block) == place:
            last.high = new.high
            last.count += new.count
        else:
            self.stretches.append(new)


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """The times of a lead's rows in order; None where these are but counted."""

    rows: Rows | None
    count: int
    unit: Said[Unit] | None = None

    @property
    def base(self) -> Fraction:
        """The first of them, in ms."""
        return Fraction(0) if self.rows is None else self.rows.base


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Rows of a lead with their sample numbers, at `rate`."""

    numbered: Numbered
    rate: Said[Fraction]
    length: int


RecordRows = dict[str | None, LeadRows]


def build(context: Context, parts: Sequence[int]) -> None:
    """Add to `context` the records in its files `parts`, which say the same things alike. Blocks.

    What cannot be understood becomes a problem: a file, or a lead.
    """
    records: dict[tuple[str, str | None], RecordRows] = {}
    for part in parts:
        try:
            # Of a file that fails half-way nothing counts.
            found: dict[tuple[str, str | None], RecordRows] = {}
            _rows(context, part, found)
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


def _rows(context: Context, part: int, records: dict[tuple[str, str | None], RecordRows]) -> None:
    """Read the keys and times of a file. Raises LayoutError, and SourceError from reading."""
    found = context.parts[part]
    plan = found.planned
    check_columns(found, plan)
    columns = list(dict.fromkeys(said_columns(plan).values()))
    clock = None if plan.time is None else clock_of(found, plan.time)
    if plan.time is not None:
        columns.append(plan.time.column)
    for group in range(len(found.file.groups) - 1):
        for first, table in context.files.blocks(found.file, group, columns):
            row = int(found.file.groups[group]) + first
            times = None
            if plan.time is not None and clock is not None:
                times = times_in(found, plan.time, clock, table, row)
            for whose, some in split(found, plan, table, row):
                leads = records.setdefault((whose.record, whose.patient), {})
                lead = leads.setdefault(whose.lead, LeadRows())
                if whose not in lead.whose:
                    lead.whose.append(whose)
                lead.add(part, group, some + first)
                if times is not None:
                    lead.digest.update(times[some].tobytes())


@dataclass(frozen=True, slots=True, eq=False)
class _Lead:
    """A lead on its way: which signal of which rows, at which rate if that is said."""

    name: str
    signal: SignalColumn
    rows: LeadRows
    whose: Whose
    said: Said[Fraction] | None

    @property
    def timed_as(self) -> bytes:
        """The same for leads whose rows have the same times in the same order."""
        return bytes(self.rows.digest.digest()) + self.rows.count.to_bytes(8, "little")


def _record(context: Context, leads: RecordRows) -> None:
    """Put one record together; what fails is a problem."""
    spans = _spans(leads)
    timings: dict[bytes, Timing] = {}
    chosen: list[_Lead] = []
    for lead in _leads(context, leads):
        try:
            if lead.timed_as not in timings:
                timings[lead.timed_as] = _timing(context, lead, spans)
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


def _leads(context: Context, leads: RecordRows) -> Iterator[_Lead]:
    """Yield the leads of a record: a signal column each, or what the rows say."""
    taken: set[str] = set()
    for rows in leads.values():
        found = context.parts[rows.stretches[0].part]
        for signal in found.planned.signals:
            try:
                name = name_of(found, signal, rows.whose[0], taken)
                whose = one_value(found, rows.whose, name)
                yield _Lead(name, signal, rows, whose, rate_said(found, whose, signal))
            except LayoutError as error:
                context.problems.append(error)


Spans = dict[tuple[int, int, int], tuple[int, int, int]]


def _spans(leads: RecordRows) -> Spans:
    """Return of each (file, row group, block) the rows from a record's first to its last, and how
    many of them are its own.
    """
    spans: Spans = {}
    for rows in leads.values():
        for one in rows.stretches:
            place = one.part, one.group, one.block
            low, high, count = spans.get(place, (one.low, one.high, 0))
            spans[place] = min(low, one.low), max(high, one.high), count + one.count
    return spans


def _keys(plan: Plan, lead: _Lead, spans: Spans) -> Keys:
    """Return the columns that tell the rows of a lead from others between them."""
    if all(one.count == one.high - one.low for one in lead.rows.stretches):
        return ()
    among = [spans[one.part, one.group, one.block] for one in lead.rows.stretches]
    keys: list[tuple[str, str]] = []
    if plan.record_column is not None and any(count < high - low for low, high, count in among):
        keys.append((plan.record_column, lead.whose.record))
        if plan.patient_column is not None and lead.whose.patient is not None:
            keys.append((plan.patient_column, lead.whose.patient))
    if plan.lead_column is not None and lead.whose.lead is not None:
        keys.append((plan.lead_column, lead.whose.lead))
    return tuple(keys)


def _within(context: Context, one: Stretch, keys: Keys, spans: Spans) -> tuple[int, int] | None:
    """Return which rows of a row group to look at; None for all."""
    # Leads between each other look at the same rows: what is decoded is cut once.
    low, high = spans[one.part, one.group, one.block][:2] if keys else (one.low, one.high)
    groups = context.parts[one.part].file.groups
    return None if high - low == int(groups[one.group + 1] - groups[one.group]) else (low, high)


def _table(
    context: Context, one: Stretch, keys: Keys, spans: Spans, columns: Sequence[str]
) -> tuple[pa.Table, int]:
    """Return the rows of a row group that hold a lead's, and the number of the first."""
    file = context.parts[one.part].file
    wanted = [*dict.fromkeys([*columns, *(key for key, _ in keys)])]
    within = _within(context, one, keys, spans)
    table, first = context.files.latest(file, one.group, wanted, within)
    if within is None:
        return table, first
    return table.slice(within[0] - first, within[1] - within[0]), within[0]


def _timing(context: Context, lead: _Lead, spans: Spans) -> Timing:
    """Read the times of a lead. Raises LayoutError, and SourceError from reading."""
    stretches, count = lead.rows.stretches, lead.rows.count
    found = context.parts[stretches[0].part]
    plan = found.planned
    if plan.time is None:
        files = list(dict.fromkeys(one.part for one in stretches))
        if len(files) > 1 and not plan.in_order:
            raise in_no_order(found, context.parts[files[1]], lead.whose.record)
        return Timing(None, count)
    clock = clock_of(found, plan.time)
    keys = _keys(plan, lead, spans)
    read: list[NDArray[Any]] = []
    for one in stretches:
        table, first = _table(context, one, keys, spans, [plan.time.column])
        part = context.parts[one.part]
        times = times_in(part, plan.time, clock, table, int(part.file.groups[one.group]) + first)
        read.append(times[Coded(table).mine(keys)] if keys else times)
    raw: NDArray[Any] = np.concatenate(read)
    del read
    clock, unit = told(found, clock, raw, lead.said.value if lead.said else None)
    single = is_single(found, plan.time)
    where = partial(_where, context, lead, spans)
    return Timing(rows_of(raw, clock, plan.time.column, where, single=single), count, unit)


def _where(context: Context, lead: _Lead, spans: Spans, row: int) -> tuple[Found, int]:
    """Return the file that holds a row of a lead, and the row in it."""
    for one in lead.rows.stretches:
        if row < one.count:
            found = context.parts[one.part]
            before = int(found.file.groups[one.group])
            keys = _keys(found.planned, lead, spans)
            if not keys:
                return found, before + one.low + row
            table, first = _table(context, one, keys, spans, [])
            return found, before + first + int(np.flatnonzero(Coded(table).mine(keys))[row])
        row -= one.count
    raise IndexError(row)


def _stored_all(
    context: Context,
    leads: Sequence[_Lead],
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
                by_timing[key] = _rate(context, lead, timings[lead.timed_as], known)
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
                placed[known_as] = _numbered(context, lead, timing, rate, zero, origins)
            found = placed[known_as]
            shown = _stored(context, lead, timing, found, tracks, spans)
            stored.append((shown, lead.signal))
        except SourceError as error:
            context.problems.append(error)
    return stored


def _file(context: Context, lead: _Lead) -> Found:
    return context.parts[lead.rows.stretches[0].part]


def _rate(
    context: Context, lead: _Lead, timing: Timing, known: Sequence[Fraction]
) -> Said[Fraction]:
    """Return the rate of a lead's rows, inferred where it is not said. Raises LayoutError."""
    found = _file(context, lead)
    plan = found.planned
    if lead.said is not None:
        if lead.signal.fs is not None and plan.fs is not None and lead.signal.fs != plan.fs:
            raise LayoutError(
                f"says {float(lead.signal.fs.value):g} Hz, and its rows are at "
                f"{float(plan.fs.value):g} Hz; expected one rate in a table of several records: "
                "store it in a table of its own",
                path=found.shown,
                column=lead.signal.column,
            )
        return lead.said
    if timing.rows is None or plan.time is None or plan.time.counts == "sample":
        raise no_rate(found, lead.name, lead.whose.record, lead.signal.column)
    rows = timing.rows
    stamps = Stamps(rows.times, rows.quantum)
    how = f"inferred from {rows.count} timestamps"
    if len(rows.doubles):
        how += f", {len(rows.doubles)} of them doubled"
    try:
        fitting = next((rate for rate in known if fits(stamps, rate)), None)
        if fitting is None:
            fitting = infer(stamps)
            how += doubt(stamps, fitting)
        elif len(rows.times) < 2:
            how = "the record's other leads"
        return Said(fitting, how)
    except Unsteady as error:
        raise _unsteady(context, lead, timing, error, None) from error


def _numbered(  # noqa: PLR0917 - what all of it goes by
    context: Context,
    lead: _Lead,
    timing: Timing,
    rate: Said[Fraction],
    zero: Fraction,
    origins: dict[Fraction, float],
) -> Placed:
    """Return the sample numbers of a lead's rows; sample 0 is at `zero` ms. Raises LayoutError."""
    rows, time = timing.rows, _file(context, lead).planned.time
    if rows is None or time is None:
        one = np.zeros(1, np.int64)
        return Placed(Numbered(one, one), rate, timing.count)
    late = float(rows.base - zero)
    if time.counts == "sample":
        first = np.append(0, np.flatnonzero(np.diff(rows.times) != 1) + 1)
        numbered = Numbered(first, (rows.times[first] + late).astype(np.int64))
    else:
        stamps = Stamps(rows.times + late, rows.quantum)
        try:
            if rate.value not in origins:
                # The earliest lead at this rate says when its sample 0 was taken; for another
                # rate that begins later, that is the time of the record's.
                far = late > float(1000 / rate.value)
                origins[rate.value] = 0.0 if far else origin(stamps, rate.value)
            numbered = number(stamps, rate.value, origins[rate.value])
        except Unsteady as error:
            raise _unsteady(context, lead, timing, error, rate) from error
    length = int(numbered.sample[-1]) + len(rows.times) - int(numbered.first[-1])
    return Placed(numbered, rate, length)


def _unsteady(
    context: Context, lead: _Lead, timing: Timing, error: Unsteady, said: Said[Fraction] | None
) -> LayoutError:
    found = _file(context, lead)
    time = found.planned.time
    message = f"the times of lead {lead.name!r} of record {lead.whose.record!r} are not steady"
    rate = None
    if said is not None and lead.said is not None and timing.rows is not None:
        made = ""
        with suppress(Unsteady):
            rate = infer(Stamps(timing.rows.times, timing.rows.quantum))
            made = f", but its timestamps make {float(rate):g} Hz"
        message = f"says fs {float(said.value):g} ({said.how}){made}: {message}"
    at = (
        ""
        if timing.rows is None
        else f"; near time {float(timing.rows.times[error.index]):.15g} ms after the first"
    )
    return LayoutError(
        f"{message}: {error}{at}; mend them"
        + that_would_do(found.path, rate_key(rate), found.planned.mapped),
        path=found.shown,
        column=time.column if time else None,
    )


def _stored(  # noqa: PLR0917 - what all of it goes by
    context: Context,
    lead: _Lead,
    timing: Timing,
    placed: Placed,
    tracks: dict[tuple[Any, ...], Track],
    spans: Spans,
) -> StoredLead:
    """Say where each sample of a lead lies. Raises LayoutError, and SourceError from reading."""
    found = _file(context, lead)
    plan = found.planned
    keys = _keys(plan, lead, spans)
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
        within = _within(context, one, keys, spans)
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
    context: Context, lead: _Lead, rows: Rows, stored: StoredLead, spans: Spans
) -> None:
    """Note rows that repeat a time with the same bits. Raises LayoutError where bits differ."""
    dtype = stored.lead.dtypes[0]
    values = np.zeros(rows.doubles.shape, NUMPY[dtype])
    edges = np.cumsum([0, *(one.count for one in lead.rows.stretches)])
    where = np.searchsorted(edges, rows.doubles, "right") - 1
    for index in np.unique(where).tolist():
        one = lead.rows.stretches[index]
        table, _ = _table(context, one, stored.keys, spans, [stored.column])
        held = values_of(Coded(table), stored)
        inside = where == index
        values[inside] = held[rows.doubles[inside] - edges[index]]
    bits = np.ascontiguousarray(values).view(f"u{values.itemsize}").reshape(values.shape)
    unlike = np.flatnonzero(bits[:, 0] != bits[:, 1])
    plan = _file(context, lead).planned
    if len(unlike):
        first = rows.doubles[unlike[0]]
        found, row = _where(context, lead, spans, int(first[1]))
        _, other = _where(context, lead, spans, int(first[0]))
        raise LayoutError(
            f"row {row} repeats the time of row {other} of lead {lead.name!r} of record "
            f"{lead.whose.record!r} with another value ({values[unlike[0], 1]:g} after "
            f"{values[unlike[0], 0]:g}); {len(unlike)} such rows in all; keep one of each"
            + told_apart(found, context.files),
            path=found.shown,
            column=plan.time.column if plan.time else None,
        )
    context.notes.append(
        f"record {lead.whose.id}: {_file(context, lead).folder}, lead {lead.name!r}: "
        f"{counted(len(rows.doubles))} a timestamp with the same value, and left out"
    )
