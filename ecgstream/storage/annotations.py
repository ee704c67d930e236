"""Annotation sets beside the signals of our own layout (`hive`), read whole."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ecgstream.errors import SourceCorrupt, SourceError, SourceReplaced
from ecgstream.model.annotation import (
    ANYWHERE,
    COMMENT,
    POINT,
    Annotation,
    AnnotationHead,
    Annotations,
    Extras,
)
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.places import DECODING, StoredFile, fault

MOST: Final = 1_000_000
"""Annotations of a set that are read: a week of beats, some 50 MB."""

FARTHEST: Final = 2**53
"""Sample numbers are below this, for every client."""

NEEDED: Final = ("sample", "symbol")
NUMBERS: Final = ("subtype", "chan", "num")
COLUMNS: Final = (*NEEDED, *NUMBERS, "aux_note")
LASTING: Final = ("stop", "lead")
"""Of sets with stretches alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Stretches [start, stop) in samples, in order, each with one of `texts` (by `text`)."""

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    text: NDArray[np.int64]
    texts: tuple[str, ...]

    def annotations(self) -> Annotations:
        """Return them as comments that last."""
        nothing = np.zeros(len(self.start), np.int64)
        extras = Extras(
            self.stop, np.full(len(self.start), np.nan), np.full(len(self.start), ANYWHERE), ()
        )
        return Annotations(
            *(self.start, nothing, nothing, nothing, nothing, self.text),
            [COMMENT],
            self.texts,
            extras,
        )


@dataclass(frozen=True, slots=True, eq=False)
class StoredSet:
    """An annotation set, and the file it is in; `marks` where it was read with the signals."""

    head: AnnotationHead
    file: StoredFile
    marks: Marks | None = None


def read(stored: StoredSet, files: OpenFiles) -> Annotations:
    """Return the annotations of a set. Blocks.

    Raises SourceCorrupt and SourceUnavailable, which name the set and its file.
    """
    if stored.marks is not None:
        return stored.marks.annotations()
    try:
        return _read(stored.file, files)
    except SourceReplaced:
        raise
    except SourceError as error:
        message = f"annotation set {stored.head.name!r}: {error.detail}"
        raise type(error)(message, path=error.path, column=error.column) from error


def read_kept(kept: bytes, name: str) -> Annotations:
    """Return the annotations of a set that is kept as a Parquet file in the store. Blocks.

    Raises SourceCorrupt, which names the set.
    """
    try:
        return of_table(pq.read_table(pa.BufferReader(kept)), None)
    except SourceError as error:
        message = f"annotation set {name!r}: {error.detail}"
        raise type(error)(message, column=error.column) from error
    except DECODING as error:
        raise SourceCorrupt(f"annotation set {name!r}: {error}") from error


def kept_as(rows: Sequence[Annotation]) -> bytes:
    """Return the Parquet file that a set is kept as in the store. Blocks."""
    table = pa.table(
        {
            "sample": pa.array([one.sample for one in rows], pa.int64()),
            "symbol": pa.array([one.symbol for one in rows], pa.string()),
            "subtype": pa.array([one.subtype for one in rows], pa.int32()),
            "chan": pa.array([one.chan for one in rows], pa.int32()),
            "num": pa.array([one.num for one in rows], pa.int32()),
            "aux_note": pa.array([one.aux_note for one in rows], pa.string()),
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def _read(file: StoredFile, files: OpenFiles) -> Annotations:
    count = int(file.groups[-1])
    if count > MOST:
        raise SourceCorrupt(f"holds {count} annotations; expected at most {MOST}", path=file.shown)
    columns = (*COLUMNS, *LASTING)
    groups = [files.table(file, group, columns) for group in range(len(file.groups) - 1)]
    return of_table(pa.concat_tables(groups), file.shown) if groups else Annotations.of(())


def of_table(table: pa.Table, path: str | None) -> Annotations:
    """Return a table as annotations; `path` is the file it was read from.

    Raises SourceCorrupt for a column that is missing or of another type.
    """
    numbers = {name: _numbers(table, name, path) for name in ("sample", *NUMBERS)}
    symbols, symbol = _texts(table, "symbol", path)
    notes, note = _texts(table, "aux_note", path)
    sample = numbers.pop("sample")
    if len(sample) and not -FARTHEST < int(sample.min()) <= int(sample.max()) < FARTHEST:
        raise SourceCorrupt("holds a sample number beyond 2^53", path=path, column="sample")
    subtype, chan, num = (numbers[name] for name in NUMBERS)
    found = Annotations(
        sample, symbol, subtype, chan, num, note, symbols, notes, _extras(table, path)
    )
    if (np.diff(sample) >= 0).all():
        return found
    return found.take(np.argsort(sample, kind="stable"))


def _extras(table: pa.Table, path: str | None) -> Extras | None:
    """Return the stretches and leads of a table that has them."""
    if "stop" not in table.column_names:
        return None
    column = _column(table, "stop", path, pa.types.is_integer, "whole numbers")
    stop: NDArray[np.int64] = pc.fill_null(column.cast(pa.int64()), POINT).to_numpy()
    leads, lead = _texts(table, "lead", path)
    nowhere = np.array([not one for one in leads], np.bool_)
    lead = np.where(nowhere[lead], ANYWHERE, lead)
    return Extras(stop, np.full(len(stop), np.nan), lead, leads)


def _numbers(table: pa.Table, name: str, path: str | None) -> NDArray[np.int64]:
    """Return a column of whole numbers; zeros for one that need not be there and is not."""
    if name not in table.column_names and name not in NEEDED:
        return np.zeros(table.num_rows, np.int64)
    column = _column(table, name, path, pa.types.is_integer, "whole numbers")
    try:
        filled = column if name in NEEDED else pc.fill_null(column, 0)
        values: NDArray[np.int64] = filled.cast(pa.int64()).to_numpy()
    except DECODING as error:
        raise fault(error, path or "the store", name) from error
    return values


def _texts(table: pa.Table, name: str, path: str | None) -> tuple[list[str], NDArray[np.int64]]:
    """Return the different texts of a column, and of each row which of them it has."""
    if name not in table.column_names and name not in NEEDED:
        return [""], np.zeros(table.num_rows, np.int64)
    column = _column(table, name, path, _is_text, "text")
    try:
        coded = pc.fill_null(column.cast(pa.string()), "").combine_chunks().dictionary_encode()
        return coded.dictionary.to_pylist(), coded.indices.cast(pa.int64()).to_numpy()
    except DECODING as error:
        raise fault(error, path or "the store", name) from error


def _column(table: pa.Table, name: str, path: str | None, fits: Any, expected: str) -> Any:
    """Return a column of the type expected, without nulls where it is needed."""
    if name not in table.column_names:
        raise SourceCorrupt("is not there", path=path, column=name)
    column = table[name]
    if not fits(column.type):
        raise SourceCorrupt(
            f"is {column.type}; expected {expected}: import the record anew",
            path=path,
            column=name,
        )
    if name in NEEDED and column.null_count:
        raise SourceCorrupt(
            f"is empty in {column.null_count} rows: import the record anew",
            path=path,
            column=name,
        )
    return column


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(value) or pa.types.is_large_string(value)
