"""Dates beside rows of many samples that may say as well when these began: told, never settled.

`recorded_at` and `study_date` that differ, or a `visit_date` alone: nobody knows which it is but a
person. What is found is in `Record.found`, and a finding of the checks.
"""

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from ecgstream.storage.carriers import is_text
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.likely import pattern_of
from ecgstream.storage.foreign.mapping import quoted
from ecgstream.storage.foreign.plan import Plan
from ecgstream.storage.foreign.proposing import settling, with_table, without_table
from ecgstream.storage.foreign.times import text_times
from ecgstream.storage.foreign.whose.keyed import coded
from ecgstream.storage.stored import StoredRecord
from ecgstream.storage.survey import Found

UNSURE: Final = "when it began"
"""What is found, in `Record.found`."""

_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND
_ZONES: Final = 14 * 3_600 * _SECOND
"""Microseconds; no clock in a zone is further from UTC."""


def with_starts(found: Found, files: OpenFiles) -> Found:
    """Return a file of whose other dates (`Plan.starts`) those stay that say another start. Blocks.

    Raises SourceError from reading.
    """
    plan = found.planned
    if not plan.starts or plan.time is None:
        return found
    taken = _moments(found, plan.time.column, files)
    owners = np.arange(len(taken))
    if plan.record_column is not None:
        owners = coded(_column(found, plan.record_column, files))[1].astype(np.int64) + 1
    elif plan.shape == "packets":
        owners = np.zeros(len(taken), np.int64)
    zoned = _is_zoned(found, plan.time.column)
    others = [
        name
        for name in plan.starts
        if _unlike(
            taken,
            _moments(found, name, files),
            owners,
            _ZONES if zoned != _is_zoned(found, name) else _SECOND,
        )
    ]
    return replace(found, plan=replace(plan, starts=tuple(others)))


def _unlike(
    one: NDArray[np.float64], other: NDArray[np.float64], owners: NDArray[np.int64], near: int
) -> bool:
    """Return whether the first times of a record's rows differ by `near` us or more, in any record.

    A day alone, which is midnight in a timestamp, is as good as any time on it.
    """
    firsts = []
    for times in (one, other):
        first = np.full(int(owners.max(initial=0)) + 1, np.inf)
        said = np.isfinite(times)
        np.minimum.at(first, owners[said], times[said])
        firsts.append(first)
    known = np.isfinite(firsts[0]) & np.isfinite(firsts[1])
    low, high = firsts[0][known], firsts[1][known]
    same_day = (low // _DAY == high // _DAY) & ((low % _DAY == 0) | (high % _DAY == 0))
    return bool((~same_day & (np.abs(low - high) >= near)).any())


def _column(found: Found, name: str, files: OpenFiles) -> "pa.ChunkedArray[Any]":
    groups = range(len(found.file.groups) - 1)
    return pa.concat_tables([files.table(found.file, group, [name]) for group in groups])[name]


def _moments(found: Found, name: str, files: OpenFiles) -> NDArray[np.float64]:
    """Return the dates of a column in microseconds; NaN where one is missing or none."""
    column = _column(found, name, files)
    if is_text(column.type):
        try:
            return _floats(text_times.micros(column)) if not column.null_count else _none(column)
        except text_times.Unread:
            return _none(column)
    if not (pt.is_timestamp(column.type) or pt.is_date(column.type)):
        return _none(column)
    tz = column.type.tz if pt.is_timestamp(column.type) else None
    whole = column.cast(pa.timestamp("us", tz), safe=False).cast(pa.int64())
    held: NDArray[np.float64] = whole.cast(pa.float64(), safe=False).to_numpy()
    return held


def _floats(times: NDArray[np.int64]) -> NDArray[np.float64]:
    return times.astype(np.float64)


def _none(column: "pa.ChunkedArray[Any]") -> NDArray[np.float64]:
    return np.full(len(column), np.nan)


def _is_zoned(found: Found, name: str) -> bool:
    kind = found.schema.field(name).type
    return bool(pt.is_timestamp(kind) and kind.tz is not None)


def start_pair(plan: Plan) -> list[tuple[str, str]]:
    """Return the pair of `Record.found` where columns of dates leave open when a record began."""
    if not plan.starts or (plan.time is None and plan.start_time is not None):
        return []
    listed = ", ".join(plan.starts)
    if plan.time is None:
        one = len(plan.starts) == 1
        said = f"nobody says; column{'' if one else 's'} {listed} may"
    else:
        said = f"column {plan.time.column}, but another time in {listed}"
    return [(UNSURE, with_table(said, plan.mapped))]


def told_of(how: str, stored: StoredRecord) -> str:
    """Return what is to be said of a pair `UNSURE`, with the line that settles it."""
    said = without_table(how)
    if said.startswith("nobody says"):
        _, _, columns = said.removesuffix(" may").partition("; ")
        named = columns.partition(" ")[2]
        one = "," not in named
        message = (
            f"nobody says when it began: {columns} {'holds' if one else 'hold'} dates, and no name "
            'says of what; name the one that is the start, or say time = "none" where none is'
        )
        keys = f"time = {{ column = {quoted(named) if one else quoted('COLUMN')} }}"
    else:
        taken, _, others = said.removeprefix("column ").partition(", but another time in ")
        message = (
            f"its start is that of column {taken}, and {others} says another time; name the column "
            "that is right"
        )
        keys = 'time = { column = "COLUMN" }'
    return message + settling(how, pattern_of(stored), keys)
