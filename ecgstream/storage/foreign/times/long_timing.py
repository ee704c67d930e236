"""The times of the rows of long tables: which rate they make, and which sample each row is."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import LayoutError
from ecgstream.model.timebase import Numbered, Stamps, Unsteady, doubt, fits, infer, number, origin
from ecgstream.storage.foreign.plan import Said, Unit
from ecgstream.storage.foreign.proposing import rate_key, that_would_do
from ecgstream.storage.foreign.tables.describing import Context, in_no_order, no_rate
from ecgstream.storage.foreign.tables.long_rows import (
    LongLead,
    Spans,
    file_of,
    keys_of,
    table_of,
    where_of,
)
from ecgstream.storage.foreign.times.clocks import clock_of, is_single, times_in, told
from ecgstream.storage.foreign.times.stamps import Rows, rows_of
from ecgstream.storage.foreign.whose.keyed import Coded


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


def timing_of(context: Context, lead: LongLead, spans: Spans) -> Timing:
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
    keys = keys_of(plan, lead, spans)
    read: list[NDArray[Any]] = []
    for one in stretches:
        table, first = table_of(context, one, keys, spans, [plan.time.column])
        part = context.parts[one.part]
        times = times_in(part, plan.time, clock, table, int(part.file.groups[one.group]) + first)
        read.append(times[Coded(table).mine(keys)] if keys else times)
    raw: NDArray[Any] = np.concatenate(read)
    del read
    clock, unit = told(found, clock, raw, lead.said.value if lead.said else None)
    single = is_single(found, plan.time)
    where = partial(where_of, context, lead, spans)
    return Timing(rows_of(raw, clock, plan.time.column, where, single=single), count, unit)


def rate_of_rows(
    context: Context, lead: LongLead, timing: Timing, known: Sequence[Fraction]
) -> Said[Fraction]:
    """Return the rate of a lead's rows, inferred where it is not said. Raises LayoutError."""
    found = file_of(context, lead)
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


def numbered_at(  # noqa: PLR0917 - what all of it goes by
    context: Context,
    lead: LongLead,
    timing: Timing,
    rate: Said[Fraction],
    zero: Fraction,
    origins: dict[Fraction, float],
) -> Placed:
    """Return the sample numbers of a lead's rows; sample 0 is at `zero` ms. Raises LayoutError."""
    rows, time = timing.rows, file_of(context, lead).planned.time
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
    context: Context, lead: LongLead, timing: Timing, error: Unsteady, said: Said[Fraction] | None
) -> LayoutError:
    found = file_of(context, lead)
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
