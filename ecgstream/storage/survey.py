"""What footers say of a column over all its row groups, and a look inside where they do not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ecgstream.errors import LayoutError
from ecgstream.model.block import DTYPES
from ecgstream.storage.carriers import Bounds, Carrier, carrier, is_carried, needs_bounds, unscaled
from ecgstream.storage.files import Fragment, OpenFiles, StoredFile


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A Parquet file of the scan with its footer. `keys` are its folders' `key=value` parts.

    `folder` is where its record lies, for a person and to tell records apart; `root` counts the
    data roots.
    """

    file: StoredFile
    fragment: Fragment
    schema: pa.Schema
    keys: tuple[tuple[str, str], ...]
    folder: str
    root: int

    @property
    def shown(self) -> str:
        """Where it is, for a person."""
        return self.file.shown


@dataclass(frozen=True, slots=True, eq=False)
class Surveyed:
    """A column of one file: how it goes to the wire, and which row groups hold nothing but null.

    `empty` has shape (row groups,).
    """

    carrier: Carrier
    empty: NDArray[np.bool_]


def survey(found: Found, column: str, files: OpenFiles) -> Surveyed:
    """Look over `column` in every row group. Blocks where statistics are missing.

    Raises LayoutError for a column that no wire type carries, SourceError from reading.
    """
    kind = found.schema.field(column).type
    if not is_carried(kind):
        raise LayoutError(
            f"is {kind}; expected integers, floats or decimals: convert it to one",
            path=found.shown,
            column=column,
        )
    wanted = needs_bounds(kind)
    metadata = found.fragment.metadata
    empty = np.zeros(metadata.num_row_groups, np.bool_)
    place = {metadata.schema.column(i).path: i for i in range(metadata.num_columns)}.get(column)
    lows: list[int] = []
    highs: list[int] = []
    try:
        for group in range(metadata.num_row_groups):
            chunk = None if place is None else metadata.row_group(group).column(place)
            said = chunk.statistics if chunk is not None and chunk.is_stats_set else None
            rows = metadata.row_group(group).num_rows
            empty[group] = said is not None and said.has_null_count and said.null_count == rows
            if empty[group] or not wanted:
                continue
            if said is not None and said.has_min_max:
                low, high = said.min, said.max
            else:
                # Guessing low would put real samples where MISSING stands: read it once.
                values = files.table(found.file, group, [column])[column]
                low, high = pc.min(values).as_py(), pc.max(values).as_py()
            if low is not None and high is not None:
                lows.append(unscaled(low, kind))
                highs.append(unscaled(high, kind))
        bounds: Bounds | None = (min(lows), max(highs)) if lows else None
        return Surveyed(carrier(kind, bounds), empty)
    except ValueError as error:
        raise LayoutError(str(error), path=found.shown, column=column) from error


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
