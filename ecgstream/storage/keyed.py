"""Columns that say whose a row is: as texts, for a file may hold many records and leads."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

NOBODY: Final = -1
"""In place of a text: the row says none."""


def is_key(kind: pa.DataType) -> bool:
    """Return whether a column of this type may say whose a row is."""
    if pt.is_dictionary(kind):
        kind = kind.value_type
    return bool(pt.is_string(kind) or pt.is_large_string(kind) or pt.is_integer(kind))


def coded(column: "pa.ChunkedArray[Any]") -> tuple[list[str], NDArray[np.int32]]:
    """Return the different texts of a column (`is_key`), and which of them each row has.

    Integers are texts as they are written. A null row has NOBODY.
    """
    if not pt.is_dictionary(column.type):
        column = column.dictionary_encode()
    array: Any = column.unify_dictionaries().combine_chunks()
    codes: NDArray[np.int32] = array.indices.cast(pa.int32()).fill_null(NOBODY).to_numpy()
    return [str(value) for value in array.dictionary.to_pylist()], codes


def raw_times(column: "pa.ChunkedArray[Any]") -> NDArray[Any]:
    """Return a column of times without nulls: int64 as it counts, or float64."""
    if pt.is_floating(column.type):
        values: NDArray[Any] = column.to_numpy().astype(np.float64)
        return values
    whole: NDArray[Any] = column.cast(pa.int64(), safe=False).to_numpy()
    return whole


def mine(table: pa.Table, keys: Sequence[tuple[str, str]]) -> NDArray[np.bool_]:
    """Return which rows of `table` have, in each column of `keys`, the text beside it."""
    found = np.ones(table.num_rows, np.bool_)
    for column, text in keys:
        texts, codes = coded(table[column])
        found &= codes == (texts.index(text) if text in texts else NOBODY - 1)
    return found
