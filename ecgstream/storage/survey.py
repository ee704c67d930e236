"""What footers say of a column over all its row groups, and a look inside where they do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from numpy.typing import NDArray

from ecgstream.errors import LayoutError
from ecgstream.model.block import DTYPES, NUMPY, Dtype, Samples
from ecgstream.storage.carriers import (
    Bounds,
    Carrier,
    carrier,
    element,
    flat,
    is_carried,
    is_list,
    marks,
    needs_bounds,
    unscaled,
)
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.plan import Plan
from ecgstream.storage.hive import Footer
from ecgstream.storage.places import Fragment, StoredFile


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A Parquet file of the scan with its footer. `keys` are its folders' `key=value` parts.

    `folder` is where its record lies, for a person and to tell records apart; `root` counts the
    data roots. `footer` is what our own footer says, None in a file that is not ours;
    `dataset` as in `Record`. `plan` is what a file that is not ours holds, `path` where it lies
    below its data root.
    """

    file: StoredFile
    fragment: Fragment
    schema: pa.Schema
    keys: tuple[tuple[str, str], ...]
    folder: str
    root: int
    footer: Footer | None = None
    dataset: str = ""
    plan: Plan | None = None
    path: str = ""

    @property
    def shown(self) -> str:
        """Where it is, for a person."""
        return self.file.shown

    @property
    def planned(self) -> Plan:
        """The plan of a file that is not ours."""
        assert self.plan is not None, "ours has a footer, every other file a plan"
        return self.plan


@dataclass(frozen=True, slots=True, eq=False)
class Surveyed:
    """A column of one file: how it goes to the wire, and which row groups hold nothing but null.

    `empty` has shape (row groups,). `bounds` are the lowest and highest value of each row group,
    unscaled; None where nobody says.
    """

    carrier: Carrier
    empty: NDArray[np.bool_]
    bounds: tuple[tuple[float, float] | None, ...]

    def extremes(self, dtype: Dtype) -> Samples:
        """Return `bounds` as `dtype`, shape (2, row groups); `unknown` where there are none."""
        low, high = unknown(1, dtype).ravel().tolist()
        pairs = [(low, high) if said is None else said for said in self.bounds]
        return np.array(pairs, NUMPY[dtype]).reshape(-1, 2).T


def _limits(kind: np.dtype[Any]) -> tuple[float, float]:
    return (np.inf, -np.inf) if kind.kind == "f" else (np.iinfo(kind).max, np.iinfo(kind).min)


UNKNOWN: Final = {dtype: _limits(kind) for dtype, kind in NUMPY.items()}


def unknown(count: int, dtype: Dtype) -> Samples:
    """Return extremes that are not known, shape (2, count): the lowest is above the highest."""
    found: Samples = np.empty((2, count), NUMPY[dtype])
    found[0], found[1] = UNKNOWN[dtype]
    return found


def survey(
    found: Found,
    column: str,
    files: OpenFiles,
    missing: Sequence[float] = (),
    *,
    lists: bool = False,
) -> Surveyed:
    """Look over `column` in every row group; `lists`: each row of it is a list of values.

    `missing` are stored values that stand for a missing sample, and count for nothing. Blocks
    where statistics are missing.

    Raises LayoutError for a column that no wire type carries, SourceError from reading.
    """
    stored = found.schema.field(column).type
    kind = element(stored)
    if not is_carried(kind) or is_list(stored) != lists:
        what = "lists of integers, floats or decimals" if lists else "integers, floats or decimals"
        raise LayoutError(
            f"is {stored}; expected {what}: convert it to one", path=found.shown, column=column
        )
    metadata = found.fragment.metadata
    empty = np.zeros(metadata.num_row_groups, np.bool_)
    bounds: list[tuple[float, float] | None] = [None] * metadata.num_row_groups
    place = leaf(found.schema, column)
    try:
        for group in range(metadata.num_row_groups):
            chunk = metadata.row_group(group).column(place)
            said = chunk.statistics if chunk.is_stats_set else None
            # Of a list column as many as there are values, and lists that are null or empty.
            count = chunk.num_values
            empty[group] = said is not None and said.has_null_count and said.null_count == count
            if empty[group]:
                continue
            if said is not None and said.has_min_max:
                low, high = said.min, said.max
            elif not needs_bounds(kind):
                continue
            else:
                # Guessing low would put real samples where MISSING stands: read it once.
                values = flat(files.table(found.file, group, [column])[column])
                low, high = pc.min(values).as_py(), pc.max(values).as_py()
            if low is not None and high is not None:
                bounds[group] = _said(low, high, kind)
        gone = marks(kind, missing)
        over = carrier(kind, _around(bounds, gone) if needs_bounds(kind) else None)
        for group, (low, high) in ((g, b) for g, b in enumerate(bounds) if b is not None):
            if low in gone or high in gone:
                bounds[group] = None
                empty[group] = low == high
        return Surveyed(over, empty, tuple(bounds))
    except ValueError as error:
        raise LayoutError(str(error), path=found.shown, column=column) from error


def _around(bounds: Sequence[tuple[float, float] | None], gone: Sequence[float]) -> Bounds | None:
    """Return bounds of all row groups; one that stands for nothing bounds what is beside it."""
    there = [one for one in bounds if one is not None]
    if not there:
        return None
    lowest = int(min(low + (low in gone) for low, _ in there))
    return lowest, max(lowest, int(max(high - (high in gone) for _, high in there)))


def leaf(schema: pa.Schema, column: str) -> int:
    """Return which of the file's own columns, numbered over all lists and structs, it is."""
    before = 0
    for name, kind in zip(schema.names, schema.types, strict=True):
        if name == column:
            return before
        before += _leaves(kind)
    raise KeyError(column)


def _leaves(kind: pa.DataType) -> int:
    if pt.is_map(kind):
        return _leaves(kind.key_type) + _leaves(kind.item_type)
    if is_list(kind):
        return _leaves(element(kind))
    if pt.is_struct(kind):
        return sum(_leaves(kind.field(i).type) for i in range(kind.num_fields))
    return 1


def _said(low: Any, high: Any, kind: pa.DataType) -> tuple[float, float] | None:
    """Return what a footer says, None where that is no number, or not in order."""
    if not pt.is_floating(kind):
        return unscaled(low, kind), unscaled(high, kind)
    # Writers are to leave NaN out of account; what one put there says nothing of the rest.
    numbers = isinstance(low, float) and isinstance(high, float) and low <= high
    return (low, high) if numbers else None


def common_carrier(parts: Sequence[tuple[Found, Surveyed]], column: str) -> Carrier:
    """Return the one way to the wire for a column that is spread over several files.

    Raises LayoutError where no wire type carries all of it exactly.
    """
    scales = {surveyed.carrier.scale for _, surveyed in parts}
    dtypes = tuple(d for d in DTYPES if all(d in s.carrier.dtypes for _, s in parts))
    if len(scales) > 1 or not dtypes:
        kinds = sorted({str(found.schema.field(column).type) for found, _ in parts})
        raise LayoutError(
            f"its files have types that no one sample type carries ({', '.join(kinds)}); "
            "store them in one type",
            path=parts[0][0].shown,
            column=column,
        )
    return Carrier(dtypes, scales.pop())
