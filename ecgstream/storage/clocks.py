"""The column of times or sample numbers of a table, read row by row."""

from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from ecgstream.errors import LayoutError
from ecgstream.storage.plan import TimeColumn
from ecgstream.storage.stamps import EPOCH, UNITS, Clock, Rows, start_of
from ecgstream.storage.survey import Found

COUNTED: Final = Clock(Fraction(1), dated=False, whole=True)
"""Sample numbers, as if each were a millisecond."""


def clock_of(found: Found, time: TimeColumn) -> Clock:
    """Return what a time column counts. Raises LayoutError for a type that is none."""
    kind = found.schema.field(time.column).type
    if time.counts == "sample" and pt.is_integer(kind):
        return COUNTED
    if pt.is_timestamp(kind) or pt.is_duration(kind):
        tz = kind.tz if pt.is_timestamp(kind) else None
        return Clock(UNITS[kind.unit], dated=pt.is_timestamp(kind), whole=True, tz=tz)
    if time.counts == "time" and (pt.is_integer(kind) or pt.is_floating(kind)):
        if time.unit is None:
            raise LayoutError(
                "says no unit of its times; say it in a mapping: "
                f'time = {{ column = "{time.column}", unit = "ms" }}',
                path=found.shown,
                column=time.column,
            )
        whole = pt.is_integer(kind)
        return Clock(UNITS[time.unit], dated=bool(time.dated), whole=whole)
    raise LayoutError(
        f"is {kind}; expected {'whole numbers' if time.counts == 'sample' else 'times'}: convert "
        "it, or name another column in a mapping",
        path=found.shown,
        column=time.column,
    )


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
    elif clock.whole:
        held: NDArray[np.int64] = column.cast(pa.int64(), safe=False).to_numpy()
        return held
    else:
        values: NDArray[np.float64] = column.to_numpy().astype(np.float64)
        if np.isfinite(values).all():
            return values
        bad = ~np.isfinite(values)
    raise LayoutError(
        f"row {row + int(bad.argmax())} has no time; give every row one, or take it out",
        path=found.shown,
        column=time.column,
    )


def is_single(found: Found, time: TimeColumn) -> bool:
    """Return whether times are float32, which rounds them more than they are written."""
    return bool(pt.is_float32(found.schema.field(time.column).type))


def started(rows: Rows, time: TimeColumn, zero: Fraction) -> tuple[float | None, str | None]:
    """Return (start_time, zone) of a record whose sample 0 was at `zero` ms; see `start_of`.

    Where nobody says whether times count from 1970, those from 1973 on are taken to.
    """
    if time.counts == "sample":
        return None, None
    if time.dated is None and zero >= EPOCH:
        rows = replace(rows, clock=replace(rows.clock, dated=True))
    return start_of(rows, zero)
