"""Rows of lists of which only a patient is said, or nothing: one recording, or one in each row.

Packets of one recording follow each other; two visits do not. So where nothing says a record, rows
with a date are one recording only if at least half of them begin about where another ends, and none
more than a day later; else each is a record of its own. The first is decided here, at the scan.
"""

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from numpy.typing import NDArray

from ecgstream.errors import LayoutError
from ecgstream.storage.carriers import is_text
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.layouts import PATIENT_KEYS
from ecgstream.storage.foreign.mapping import quoted
from ecgstream.storage.foreign.plan import Plan, TimeColumn
from ecgstream.storage.foreign.proposing import that_would_do, that_would_do_alone
from ecgstream.storage.foreign.seen import is_number
from ecgstream.storage.foreign.times import text_times
from ecgstream.storage.foreign.times.stamps import Rows, start_of
from ecgstream.storage.foreign.whose.identifying import GROUP_KEYS, Place, by_name
from ecgstream.storage.foreign.whose.keyed import coded
from ecgstream.storage.survey import Found, leaf

DAY_MS: Final = 86_400_000
"""No recording pauses for longer, unless somebody says that it is one."""

_NO_RECORD: Final = {*PATIENT_KEYS, *GROUP_KEYS, "file name"}


def is_said(plan: Plan) -> bool:
    """Return whether anybody says which rows are one record, and not only of which patient."""
    mapped = set(plan.mapped[1:] if plan.mapped else ())
    if mapped & {"record", "record_column", "path", "shape", "stride"}:
        return True
    if plan.record_column is not None:
        return plan.record_column != plan.patient_column
    how = "" if plan.record is None else plan.record.how
    keys = {key.lower() for key in how.removeprefix("partition ").split(", ")}
    return not keys <= _NO_RECORD


def with_visits(found: Found, place: Place, files: OpenFiles) -> Found:
    """Return a file whose rows are each a record where they do not follow each other. Blocks.

    Raises SourceError from reading.
    """
    plan = found.planned
    if is_said(plan) or plan.lead_column is not None or not _apart(found, files):
        return found
    named = plan.record if plan.record_column is None else by_name(place)
    if named is not None and named.how.startswith("partition ") and "file name" not in named.how:
        # The folder is the patient's; records are named after the file, too.
        named = replace(named, how=f"{named.how}, file name")
    return replace(found, plan=replace(plan, shape="records", record=named, record_column=None))


def check_days(found: Found, record: str, rows: Rows) -> None:
    """Raise LayoutError for packets of a record, days apart, of which only a patient is said."""
    plan = found.planned
    longest = float(np.diff(rows.times).max(initial=0))
    if plan.shape != "packets" or longest <= DAY_MS or is_said(plan):
        return
    if start_of(rows, rows.base)[0] is None:
        return
    column = plan.record_column
    if plan.fs is None and plan.fs_column is None and all(one.fs is None for one in plan.signals):
        settled = "; where each row is one, its rate tells so" + that_would_do(
            found.path, "fs = RATE", plan.mapped
        )
    elif column is not None:
        keys = f"record_column = {quoted(column)}"
        settled = "; or, where they are" + that_would_do(found.path, keys, plan.mapped)
    else:
        keys = f"record = {quoted(record)}"
        settled = "; or, where they are" + that_would_do_alone(found.path, keys, plan.mapped)
    raise LayoutError(
        f"rows of record {record!r} are {longest / DAY_MS:.0f} days apart, and nothing says that "
        "they are of one recording: name the column that says of which each is" + settled,
        path=found.shown,
        column=None if plan.time is None else plan.time.column,
    )


def _apart(found: Found, files: OpenFiles) -> bool:
    plan = found.planned
    rows = int(found.file.groups[-1])
    if plan.shape == "samples" or rows < 2:
        return False
    if plan.shape == "records" and plan.record_column is None:
        return False
    owners = np.zeros(rows, np.int64)
    if plan.patient_column is not None:
        owners = coded(_column(found, plan.patient_column, files))[1].astype(np.int64)
    if plan.shape == "records":
        return len(np.unique(owners)) < rows
    if plan.time is None or not _is_dated(found, plan.time):
        return False
    lasting = _seconds_a_row(found, rows, files)
    times = _seconds(_column(found, plan.time.column, files))
    if lasting is None or times is None:
        return False
    known = np.isfinite(times)
    times, owners = times[known], owners[known]
    order = np.lexsort((times, owners))
    steps = np.diff(times[order])[np.diff(owners[order]) == 0]
    return len(steps) > 0 and 2 * int((steps <= 2 * lasting).sum()) < len(steps)


def _is_dated(found: Found, time: TimeColumn) -> bool:
    kind = found.schema.field(time.column).type
    return pt.is_timestamp(kind) or is_text(kind)


def _column(found: Found, name: str, files: OpenFiles) -> "pa.ChunkedArray[Any]":
    groups = range(len(found.file.groups) - 1)
    return pa.concat_tables([files.table(found.file, group, [name]) for group in groups])[name]


def _seconds(times: "pa.ChunkedArray[Any]") -> NDArray[np.float64] | None:
    """Return times in seconds, NaN for a null; None where one is none, which is refused later."""
    held = np.full(len(times), np.nan)
    there, known = times.is_valid().to_numpy(), times.drop_null()
    if is_text(times.type):
        try:
            held[there] = text_times.micros(known) / 1e6
        except text_times.Unread:
            return None
        return held
    whole = known.cast(pa.timestamp("us", times.type.tz), safe=False).cast(pa.int64())
    held[there] = whole.to_numpy() / 1e6
    return held


def _seconds_a_row(found: Found, rows: int, files: OpenFiles) -> float | None:
    """Return how long a row lasts, on average; None where nobody says how fast samples are."""
    plan = found.planned
    signal = plan.signals[0]
    said = signal.fs or plan.fs
    rate = None if said is None else float(said.value)
    numbers = plan.fs_column is not None and is_number(found.schema.field(plan.fs_column).type)
    if rate is None and plan.fs_column is not None and numbers:
        mean = pc.mean(_column(found, plan.fs_column, files)).as_py()
        rate = None if mean is None else float(mean)
    metadata = found.fragment.metadata
    place = leaf(found.schema, signal.column)
    values = sum(
        metadata.row_group(group).column(place).num_values
        for group in range(metadata.num_row_groups)
    )
    return values / rows / rate if rate else None
