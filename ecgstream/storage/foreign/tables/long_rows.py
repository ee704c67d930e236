"""The rows of tables with a row a sample that say whose they are: where each lead's lie. Read.

The key columns and the times are read once, at the scan, and of them no more stays than where each
lead's rows lie: from the first to the last in each row group, and how many. Rows of one lead among
others are told apart when they are read.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ecgstream.storage.foreign.plan import Plan, Said, SignalColumn
from ecgstream.storage.foreign.tables.describing import Context
from ecgstream.storage.foreign.times.clocks import clock_of, times_in
from ecgstream.storage.foreign.whose.keyed import Coded, Keys
from ecgstream.storage.foreign.whose.splitting import Whose, check_columns, said_columns, split
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


RecordRows = dict[str | None, LeadRows]


def read_rows(
    context: Context, part: int, records: dict[tuple[str, str | None], RecordRows]
) -> None:
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
class LongLead:
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


Spans = dict[tuple[int, int, int], tuple[int, int, int]]


def spans_of(leads: RecordRows) -> Spans:
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


def keys_of(plan: Plan, lead: LongLead, spans: Spans) -> Keys:
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


def rows_within(context: Context, one: Stretch, keys: Keys, spans: Spans) -> tuple[int, int] | None:
    """Return which rows of a row group to look at; None for all."""
    # Leads between each other look at the same rows: what is decoded is cut once.
    low, high = spans[one.part, one.group, one.block][:2] if keys else (one.low, one.high)
    groups = context.parts[one.part].file.groups
    return None if high - low == int(groups[one.group + 1] - groups[one.group]) else (low, high)


def table_of(
    context: Context, one: Stretch, keys: Keys, spans: Spans, columns: Sequence[str]
) -> tuple[pa.Table, int]:
    """Return the rows of a row group that hold a lead's, and the number of the first."""
    file = context.parts[one.part].file
    wanted = [*dict.fromkeys([*columns, *(key for key, _ in keys)])]
    within = rows_within(context, one, keys, spans)
    table, first = context.files.latest(file, one.group, wanted, within)
    if within is None:
        return table, first
    return table.slice(within[0] - first, within[1] - within[0]), within[0]


def where_of(context: Context, lead: LongLead, spans: Spans, row: int) -> tuple[Found, int]:
    """Return the file that holds a row of a lead, and the row in it."""
    for one in lead.rows.stretches:
        if row < one.count:
            found = context.parts[one.part]
            before = int(found.file.groups[one.group])
            keys = keys_of(found.planned, lead, spans)
            if not keys:
                return found, before + one.low + row
            table, first = table_of(context, one, keys, spans, [])
            return found, before + first + int(np.flatnonzero(Coded(table).mine(keys))[row])
        row -= one.count
    raise IndexError(row)


def file_of(context: Context, lead: LongLead) -> Found:
    """Return the first of the files that have rows of a lead."""
    return context.parts[lead.rows.stretches[0].part]
