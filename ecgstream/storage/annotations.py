"""Annotation sets beside the signals of our own layout (`hive`), read whole."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ecgstream.errors import SourceCorrupt, SourceError
from ecgstream.model.annotation import AnnotationHead, Annotations
from ecgstream.storage.files import DECODING, OpenFiles, StoredFile, fault

MOST: Final = 1_000_000
"""Annotations of a set that are read: a week of beats, some 50 MB."""

FARTHEST: Final = 2**53
"""Sample numbers are below this, for every client."""

NEEDED: Final = ("sample", "symbol")
NUMBERS: Final = ("subtype", "chan", "num")
COLUMNS: Final = (*NEEDED, *NUMBERS, "aux_note")


@dataclass(frozen=True, slots=True, eq=False)
class StoredSet:
    """An annotation set, and the file it is in."""

    head: AnnotationHead
    file: StoredFile


def read(stored: StoredSet, files: OpenFiles) -> Annotations:
    """Return the annotations of a set. Blocks.

    Raises SourceCorrupt and SourceUnavailable, which name the set and its file.
    """
    try:
        return _read(stored.file, files)
    except SourceError as error:
        message = f"annotation set {stored.head.name!r}: {error.detail}"
        raise type(error)(message, path=error.path, column=error.column) from error


def _read(file: StoredFile, files: OpenFiles) -> Annotations:
    count = int(file.groups[-1])
    if count > MOST:
        raise SourceCorrupt(f"holds {count} annotations; expected at most {MOST}", path=file.shown)
    groups = [files.table(file, group, COLUMNS) for group in range(len(file.groups) - 1)]
    if not groups:
        return Annotations.of(())
    table = pa.concat_tables(groups)
    numbers = {name: _numbers(table, name, file) for name in ("sample", *NUMBERS)}
    symbols, symbol = _texts(table, "symbol", file)
    notes, note = _texts(table, "aux_note", file)
    sample = numbers.pop("sample")
    if len(sample) and not -FARTHEST < int(sample.min()) <= int(sample.max()) < FARTHEST:
        raise SourceCorrupt("holds a sample number beyond 2^53", path=file.shown, column="sample")
    subtype, chan, num = (numbers[name] for name in NUMBERS)
    found = Annotations(sample, symbol, subtype, chan, num, note, symbols, notes)
    if (np.diff(sample) >= 0).all():
        return found
    return found.take(np.argsort(sample, kind="stable"))


def _numbers(table: pa.Table, name: str, file: StoredFile) -> NDArray[np.int64]:
    """Return a column of whole numbers; zeros for one that need not be there and is not."""
    if name not in table.column_names and name not in NEEDED:
        return np.zeros(table.num_rows, np.int64)
    column = _column(table, name, file, pa.types.is_integer, "whole numbers")
    try:
        filled = column if name in NEEDED else pc.fill_null(column, 0)
        values: NDArray[np.int64] = filled.cast(pa.int64()).to_numpy()
    except DECODING as error:
        raise fault(error, file.shown, name) from error
    return values


def _texts(table: pa.Table, name: str, file: StoredFile) -> tuple[list[str], NDArray[np.int64]]:
    """Return the different texts of a column, and of each row which of them it has."""
    if name not in table.column_names and name not in NEEDED:
        return [""], np.zeros(table.num_rows, np.int64)
    column = _column(table, name, file, _is_text, "text")
    try:
        coded = pc.fill_null(column.cast(pa.string()), "").combine_chunks().dictionary_encode()
        return coded.dictionary.to_pylist(), coded.indices.cast(pa.int64()).to_numpy()
    except DECODING as error:
        raise fault(error, file.shown, name) from error


def _column(table: pa.Table, name: str, file: StoredFile, fits: Any, expected: str) -> Any:
    """Return a column of the type expected, without nulls where it is needed."""
    if name not in table.column_names:
        raise SourceCorrupt("is not there", path=file.shown, column=name)
    column = table[name]
    if not fits(column.type):
        raise SourceCorrupt(
            f"is {column.type}; expected {expected}: import the record anew",
            path=file.shown,
            column=name,
        )
    if name in NEEDED and column.null_count:
        raise SourceCorrupt(
            f"is empty in {column.null_count} rows: import the record anew",
            path=file.shown,
            column=name,
        )
    return column


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(value) or pa.types.is_large_string(value)
