"""Columns that say whose a row is: as texts, for a file may hold many records and leads."""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from ecgstream.model.block import Dtype
from ecgstream.storage import carriers
from ecgstream.storage.carriers import is_text
from ecgstream.storage.foreign.times import text_times

Keys = tuple[tuple[str, str], ...]
"""Columns, and the text that rows have there."""

NOBODY: Final = -1
"""In place of a text: the row says none."""


def is_key(kind: pa.DataType) -> bool:
    """Return whether a column of this type may say whose a row is."""
    if pt.is_dictionary(kind):
        kind = kind.value_type
    return bool(pt.is_string(kind) or pt.is_large_string(kind) or pt.is_integer(kind))


def is_loose_key(kind: pa.DataType) -> bool:
    """Return whether a column of this type may hold whole numbers, though it need not.

    What pandas makes of whole numbers of which one is missing.
    """
    return bool(pt.is_floating(kind) or pt.is_decimal(kind))


def named(value: Any, kind: pa.DataType) -> str | None:
    """Return the name that a value of an `is_loose_key` type is: 15709.0 is `15709`.

    None for what is no whole number, or one so large that it may have been another.
    """
    if not math.isfinite(value) or value != int(value):
        return None
    # Beyond these not every whole number is there, and those of two people may be one.
    bits = {16: 11, 32: 24, 64: 53}[kind.bit_width] if pt.is_floating(kind) else 1_000
    return str(int(value)) if abs(value) < 1 << bits else None


def _text(value: Any) -> str:
    whole = isinstance(value, float | Decimal) and math.isfinite(value) and value == int(value)
    return str(int(value)) if whole else str(value)


def coded(
    column: "pa.ChunkedArray[Any]", *, names: bool = True
) -> tuple[list[str], NDArray[np.int32]]:
    """Return the different texts of a column (`is_key`), and which of them each row has.

    Integers are texts as they are written, and as `names` whole floats too. A null row has NOBODY.
    """
    if not pt.is_dictionary(column.type):
        column = column.dictionary_encode()
    array: Any = column.unify_dictionaries().combine_chunks()
    codes: NDArray[np.int32] = array.indices.cast(pa.int32()).fill_null(NOBODY).to_numpy()
    return [_text(value) if names else str(value) for value in array.dictionary.to_pylist()], codes


def raw_times(
    column: "pa.ChunkedArray[Any]",
    zoned: bool | None = None,  # noqa: FBT001 - as in TimeColumn
) -> NDArray[Any]:
    """Return a column of times without nulls: int64 as it counts, or float64.

    Raises text_times.Unread for a text that is none.
    """
    if is_text(column.type):
        return text_times.micros(column, zoned)
    if pt.is_floating(column.type):
        values: NDArray[Any] = column.to_numpy().astype(np.float64)
        return values
    if pt.is_decimal(column.type):
        nearest: NDArray[Any] = column.cast(pa.float64()).to_numpy()
        return nearest
    if pt.is_time32(column.type):
        column = column.cast(pa.int32())
    whole: NDArray[Any] = column.cast(pa.int64(), safe=False).to_numpy()
    return whole


class Coded:
    """A table, with what its key columns say, made out once however many leads ask."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self._codes: dict[str, tuple[list[str], NDArray[np.int32]]] = {}
        self._mine: dict[Keys, NDArray[np.bool_]] = {}
        self._values: dict[tuple[str, Dtype], NDArray[Any]] = {}

    def mine(self, keys: Keys) -> NDArray[np.bool_]:
        """Return which rows have, in each column of `keys`, the text beside it."""
        if keys not in self._mine:
            found = np.ones(self.table.num_rows, np.bool_)
            for column, text in keys:
                if column not in self._codes:
                    self._codes[column] = coded(self.table[column])
                texts, codes = self._codes[column]
                found &= codes == (texts.index(text) if text in texts else NOBODY - 1)
            self._mine[keys] = found
        return self._mine[keys]

    def values(
        self, column: str, dtype: Dtype, keys: Keys = (), missing: Sequence[float] = ()
    ) -> NDArray[Any]:
        """Return the values of a lead, as `carriers.samples` does: of its own rows alone."""
        held = self.table[column]
        if not keys:
            return carriers.samples(held, dtype, missing)
        if carriers.is_list(held.type):
            return carriers.samples(held.filter(pa.array(self.mine(keys))), dtype, missing)
        # The values first: to choose among numbers costs less than among what Arrow holds.
        if (column, dtype) not in self._values:
            self._values[column, dtype] = carriers.samples(held, dtype)
        part = self._values[column, dtype][self.mine(keys)]
        return carriers.marked(part, dtype, carriers.marks(held.type, missing))
