"""Columns that have a value in every so many rows only: a rate of their own, and no holes.

An SpO2 at 1 Hz beside an ECG at 500 Hz stands in every 500th row of a wide table. Found where all
its values lie on one grid of sample numbers; or said, by the column's own rate.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from ecgstream.errors import LayoutError
from ecgstream.model.record import ECG
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.plan import Said, SignalColumn
from ecgstream.storage.foreign.times.timed import Table, column_of
from ecgstream.storage.survey import Found, leaf

MOSTLY: Final = 0.4
"""Of the rows of a row group. Where less of a column is null, it is no slower signal: every second
row would be half of them, and the first and the last group may be short."""

FILLED: Final = 0.5
"""Of the places of the grid that hold a value. Fewer, and the grid may be chance."""


def step_of(
    table: Table,
    lead: str,
    samples: Callable[[], NDArray[np.int64]],
    rate: Fraction,
    files: OpenFiles,
) -> tuple[int, NDArray[np.bool_]] | None:
    """Return every how many samples a lead has its values, and which rows have one; else None.

    `samples` gives the sample number of each row, shape (rows,), negative = left out. Blocks where
    a column may be a slower one. Raises LayoutError where a rate that is said of it cannot be.
    """
    columns = [column_of(found, lead) for found in table.parts]
    said = next((one.fs for one in columns if one is not None and one.fs is not None), None)
    declared = None if said is None else _declared(table, lead, said, rate)
    if declared == 1 or (declared is None and not _may_be(table, lead, files)):
        return None
    numbers = samples()
    held = _held(table, lead, files) & (numbers >= 0)
    at = np.sort(numbers[held])
    if len(at) < 2:
        return (declared, held) if declared else None
    grid = int(np.gcd.reduce(np.diff(at)))
    if declared is not None:
        if grid % declared:
            raise LayoutError(
                f"has a value every {grid} samples, but its rate ({said and said.how}) makes it "
                f"every {declared}; say the right one in a mapping, or none",
                path=table.parts[0].shown,
                column=next(one.column for one in columns if one is not None),
            )
        return declared, held
    if grid < 2 or len(at) * grid < FILLED * (int(at[-1]) - int(at[0]) + grid):
        return None
    return grid, held


def _declared(table: Table, lead: str, said: Said[Fraction], rate: Fraction) -> int:
    step = rate / said.value
    if step.denominator != 1:
        raise LayoutError(
            f"lead {lead!r} has {float(said.value):g} Hz ({said.how}), and its rows {float(rate):g}"
            " Hz; expected a whole number of rows to one of its samples",
            path=table.parts[0].shown,
        )
    return int(step)


def _may_be(table: Table, lead: str, files: OpenFiles) -> bool:
    """Return whether a column has so much missing that it may be a slower one: by footers, and for
    NaN, of which they say nothing, by a look at the first row group of what is no ECG.
    """
    for found in table.parts:
        column = column_of(found, lead)
        if column is None or found.fragment.metadata.num_row_groups == 0:
            continue
        chunk = found.fragment.metadata.row_group(0).column(leaf(found.schema, column.column))
        said = chunk.statistics if chunk.is_stats_set else None
        if said is not None and said.has_null_count and said.null_count:
            return bool(said.null_count >= MOSTLY * chunk.num_values)
        floats = pt.is_floating(found.schema.field(column.column).type)
        if column.kind == ECG or not floats:
            return False
        return float(np.mean(~_values_held(found, column, 0, files))) >= MOSTLY
    return False


def _held(table: Table, lead: str, files: OpenFiles) -> NDArray[np.bool_]:
    """Return which rows of a table hold a value of a lead, shape (rows,)."""
    held: list[NDArray[np.bool_]] = []
    for found in table.parts:
        column = column_of(found, lead)
        if column is None:
            held.append(np.zeros(int(found.file.groups[-1]), np.bool_))
            continue
        groups = range(len(found.file.groups) - 1)
        held.extend(_values_held(found, column, group, files) for group in groups)
    return np.concatenate(held)


def _values_held(
    found: Found, column: SignalColumn, group: int, files: OpenFiles
) -> NDArray[np.bool_]:
    read = files.table(found.file, group, [column.column])[column.column]
    there: NDArray[np.bool_] = np.asarray(read.is_valid())
    if pt.is_floating(read.type):
        values: NDArray[Any] = read.to_numpy()
        there &= ~np.isnan(values)
    elif not column.missing:
        return there
    else:
        values = read.cast(pa.float64()).to_numpy()
    for gone in column.missing:
        there &= values != gone
    return there
