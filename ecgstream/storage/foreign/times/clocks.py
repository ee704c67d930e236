"""The column of times or sample numbers of a table, read row by row."""

from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from ecgstream.errors import LayoutError
from ecgstream.storage.foreign.plan import Said, TimeColumn, Unit
from ecgstream.storage.foreign.times import stamps, text_times
from ecgstream.storage.foreign.times.stamps import Clock
from ecgstream.storage.foreign.whose.keyed import raw_times
from ecgstream.storage.survey import Found

COUNTED: Final = Clock(Fraction(1), dated=False, whole=True)
"""Sample numbers, as if each were a millisecond."""


def clock_of(found: Found, time: TimeColumn) -> Clock:
    """Return what a time column counts. Raises LayoutError for a type that is none.

    Where nobody says its unit it is taken to be milliseconds; see `told`.
    """
    kind = found.schema.field(time.column).type
    if time.counts == "time":
        return stamps.clock_of(found, time)
    if pt.is_integer(kind):
        return COUNTED
    raise LayoutError(
        f"is {kind}; expected whole numbers, of samples: convert it, or name another column in a "
        "mapping",
        path=found.shown,
        column=time.column,
    )


def told(
    found: Found,
    clock: Clock,
    raw: NDArray[Any],
    rate: Fraction | None,
    per_row: float = 1.0,
) -> tuple[Clock, Said[Unit] | None]:
    """Return the clock with its unit, and how that was found; None where the type says it.

    `raw` are the times of one lead, `per_row` the samples of a row. Raises LayoutError where no one
    unit makes an ECG of them.
    """
    time = found.planned.time
    if time is None or time.counts == "sample":
        return clock, None
    if time.unit is not None:
        return clock, Said(time.unit, time.how)
    unit = stamps.unit_of(raw, found.planned, rate, found, per_row)
    return replace(clock, tick=stamps.UNITS[unit.value]), unit


def times_in(
    found: Found, time: TimeColumn, clock: Clock, table: pa.Table, row: int
) -> NDArray[Any]:
    """Return the times of the rows of `table`, int64 where `clock` is whole, else float64.

    `row` is the number of its first row in the file. Raises LayoutError for one without.
    """
    column = table[time.column]
    bad: NDArray[np.bool_] | None = None
    if column.null_count:
        bad = np.asarray(column.is_null())
    else:
        try:
            values = raw_times(column, time.zoned)
        except text_times.Unread as error:
            raise text_times.refused(found, time, row, error) from error
        if clock.whole or np.isfinite(values).all():
            return values
        bad = ~np.isfinite(values)
    raise LayoutError(
        f"row {row + int(bad.argmax())} has no time; give every row one, or take it out",
        path=found.shown,
        column=time.column,
    )


def times_known(
    found: Found, time: TimeColumn, clock: Clock, table: pa.Table, row: int
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return what `times_in` does, 0 for a row without a time, and which rows have none."""
    column = table[time.column]
    none = np.asarray(column.is_null())
    if pt.is_floating(column.type):
        none |= ~np.isfinite(column.to_numpy())
    if not none.any():
        return times_in(found, time, clock, table, row), none
    values = np.zeros(table.num_rows, np.int64 if clock.whole else np.float64)
    there = np.flatnonzero(~none)
    try:
        values[there] = raw_times(column.filter(pa.array(~none)), time.zoned)
    except text_times.Unread as error:
        in_file = text_times.Unread(int(there[error.index]), error.text)
        raise text_times.refused(found, time, row, in_file) from error
    return values, none


def is_single(found: Found, time: TimeColumn) -> bool:
    """Return whether times are float32, which rounds them more than they are written."""
    return bool(pt.is_float32(found.schema.field(time.column).type))
