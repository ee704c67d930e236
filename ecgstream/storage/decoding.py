"""Row groups of a Parquet file whose footer is known, decoded: all of them, or some rows.

Every page is checked. What Arrow and the system raise is raised.
"""

import errno
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from ecgstream.storage.places import DECODING, Place, is_local

INT96: Final = "us"
"""The unit of time that the oldest type of timestamp is read in: from 290,000 BC on."""

NARROW: Final = frozenset({"BYTE_ARRAY", "FLOAT", "INT32", "BOOLEAN"})
"""Physical types of which a value takes four bytes or fewer, texts as dictionaries."""

ONCE: Final = 8
"""Bytes of a text that is stored where it stands; a place in a dictionary takes fewer."""

TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:")
"""How texts that are times begin (`foreign.text_times`)."""

STREAMED: Final = 1 << 20
"""Bytes read at once on the way to them."""


def size_of(group: pq.RowGroupMetaData, columns: Sequence[str]) -> int:
    """Return the bytes of some columns of a row group in memory, about; texts as dictionaries."""
    # Not by place: what is wanted is of the order of the rest, and a list's path begins so.
    chunks = [group.column(place) for place in range(group.num_columns)]
    roots = set(columns)
    return sum(
        max(
            chunk.total_uncompressed_size,
            chunk.num_values * (4 if chunk.physical_type in NARROW else 8),
        )
        for chunk in chunks
        if chunk.path_in_schema in roots or chunk.path_in_schema.split(".")[0] in roots
    )


def leaves_of(metadata: pq.FileMetaData) -> dict[str, int]:
    """Return the numbers of the columns that are lists of one value, by the lists' names."""
    paths = [metadata.schema.column(place).path for place in range(metadata.num_columns)]
    roots = [path.partition(".")[0] for path in paths]
    return {
        root: place
        for place, (root, path) in enumerate(zip(roots, paths, strict=True))
        if root != path and roots.count(root) == 1
    }


@contextmanager
def to_read(
    place: Place,
    metadata: pq.FileMetaData,
    coded: Sequence[str] = (),
    *,
    streamed: bool = False,
) -> Iterator[pq.ParquetFile]:
    """Open a file whose footer is known; `streamed`: a part of a row group is wanted.

    The columns of texts `coded` are read as dictionaries.
    """
    # Not by the fragment: a scan sets up as much for one row group as for a whole dataset, which
    # costs half as much again as decoding 30 s of twelve leads.
    with place.filesystem.open_input_file(place.path) as opened_file:
        yield pq.ParquetFile(
            opened_file,
            metadata=metadata,
            read_dictionary=list(coded) or None,
            page_checksum_verification=True,
            # One request for all columns where each is a round trip; a disk has nothing of it.
            pre_buffer=not streamed and not is_local(place),
            # All of a row group of which a part is wanted may not fit into memory.
            buffer_size=STREAMED if streamed else 0,
            # As nanoseconds, a date in 2704 would be another one.
            coerce_int96_timestamp_unit=INT96,
        )


def texts_of(metadata: pq.FileMetaData, group: int, columns: Sequence[str]) -> list[str]:
    """Return those of `columns` that hold a text in each row, the same in many of them."""
    leaves = (metadata.schema.column(place) for place in range(metadata.num_columns))
    texts = {
        leaf.path: place for place, leaf in enumerate(leaves) if leaf.physical_type == "BYTE_ARRAY"
    }
    chunks = metadata.row_group(group)
    return [one for one in columns if one in texts and not _are_times(chunks.column(texts[one]))]


def _are_times(chunk: pq.ColumnChunkMetaData) -> bool:
    """Return whether texts are times: each another one, so that a dictionary of them takes ten
    times as long to make as they take to be read, and as much memory.
    """
    said = chunk.statistics if chunk.is_stats_set else None
    first = said.min if said is not None and said.has_min_max else None
    stored_once = chunk.total_uncompressed_size > ONCE * chunk.num_values
    return stored_once and isinstance(first, str) and TIME.match(first) is not None


def decoded(
    place: Place,
    metadata: pq.FileMetaData,
    group: int,
    columns: Sequence[str],
    rows: tuple[int, int] | None = None,
    *,
    coded: bool = False,
) -> pa.Table:
    """Decode a row group, every page of it checked. Raises as Arrow and the system do."""
    texts = texts_of(metadata, group, columns) if coded else ()
    with to_read(place, metadata, texts, streamed=rows is not None) as file:
        names = [real_name(metadata, name) for name in columns]
        if rows is not None:
            table = _streamed(file, group, names, *rows)
        else:
            table = file.read_row_group(group, columns=names, use_threads=False)
        return as_asked(table, columns)


def as_asked(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Return what was read for `columns`: one name of several columns brings them all."""
    if len(set(table.column_names)) == len(table.column_names):
        return table
    apart = table.rename_columns(told_apart(table.column_names))
    return apart.select([name for name in columns if name in apart.column_names])


def told_apart(names: Sequence[str]) -> list[str]:
    """Return names of columns with those that are there twice numbered: `ECG`, `ECG#2`."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return found


def real_name(metadata: pq.FileMetaData, name: str) -> str:
    """Return what the file calls the column that `told_apart` calls `name`."""
    real, sign, number = name.rpartition("#")
    if not (sign and number.isdigit()):
        return name
    paths = (metadata.schema.column(i).path for i in range(metadata.num_columns))
    return name if any(p == name or p.startswith(f"{name}.") for p in paths) else real


def _streamed(
    file: pq.ParquetFile, group: int, columns: Sequence[str], low: int, high: int
) -> pa.Table:
    """Decode rows [low, high) of a row group, and let go of what comes before."""
    batches, at = [], 0
    step = max(1, high - low)
    for batch in file.iter_batches(step, [group], list(columns), use_threads=False):
        part = batch.slice(max(0, low - at), max(0, high - max(at, low)))
        at += batch.num_rows
        if part.num_rows:
            batches.append(part)
        if at >= high:
            break
    return pa.Table.from_batches(batches, batches[0].schema if batches else file.schema_arrow)


def culprit_of(
    place: Place, metadata: pq.FileMetaData, group: int, columns: Sequence[str]
) -> str | None:
    """Return the first of `columns` that cannot be decoded alone, if it is that."""
    for column in columns:
        try:
            decoded(place, metadata, group, [column])
        except OSError as error:
            return None if error.errno in {errno.ENOENT, errno.EACCES} else column
        except DECODING:
            return column
    return None
