"""Parquet files opened once, and what was read of them last: row groups, by index (`decoding`)."""

import threading
from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ecgstream.errors import SourceCorrupt, SourceError, SourceReplaced, SourceUnavailable
from ecgstream.storage.decoding import (
    as_asked,
    culprit_of,
    decoded,
    leaves_of,
    real_name,
    size_of,
    texts_of,
    to_read,
)
from ecgstream.storage.pages import Chunk, Levels, NotByPages, PageReader
from ecgstream.storage.places import (
    DECODING,
    Fragment,
    StoredFile,
    check,
    fault,
    group_edges,
    is_local,
    opened,
)
from ecgstream.storage.recent import RecentRows
from ecgstream.storage.streaming import RowStream, RowStreams

OPEN_FILES: Final = 1024
"""Footers kept at once: about 0.7 MB for an hour of twelve leads, some KB for a short record."""

LARGE: Final = 32 << 20
"""Bytes of a row group of which only the wanted rows are decoded, where these are known."""

BLOCK: Final = 8 << 20
"""Bytes of such rows in one go."""

ASKED: Final = 64
"""Large row groups of which one remembers what was read last."""

SUSPECTS: Final = 1024
"""Files that may wait to be looked at anew; the others are when their turn comes."""


class OpenFiles:
    """Fragments with their footers, the latest `limit` of them, safe on several threads.

    What was replaced is another file here: a footer is never used for other bytes than its own.
    """

    def __init__(self, limit: int = OPEN_FILES) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._open: OrderedDict[_Key, Fragment] = OrderedDict()
        self._recent = RecentRows()
        self._streams = RowStreams()
        self._pages = PageReader()
        self._asked: OrderedDict[Hashable, int] = OrderedDict()
        self.suspects: deque[str] = deque(maxlen=SUSPECTS)
        """Paths of files that turned out to be other ones than at the scan, for who looks for
        changes: so what somebody plays is taken up sooner than its turn would come."""

    def keep(self, file: StoredFile, fragment: Fragment) -> None:
        """Remember a fragment that was opened already; the oldest one goes at the limit."""
        with self._lock:
            self._open[_key(file)] = fragment
            self._open.move_to_end(_key(file))
            if len(self._open) > self._limit:
                self._open.popitem(last=False)

    def _check(self, file: StoredFile) -> None:
        try:
            check(file)
        except SourceReplaced:
            self.suspects.append(file.place.path)
            raise

    def _fragment(self, file: StoredFile) -> Fragment:
        with self._lock:
            fragment = self._open.get(_key(file))
            if fragment is not None:
                self._open.move_to_end(_key(file))
                return fragment
        # Outside the lock: two threads may read one footer at once, and the second one stays.
        fragment = opened(file.place, file.size)
        if not np.array_equal(group_edges(fragment), file.groups):
            raise SourceReplaced(path=file.shown)
        # Else the footer of a file that was replaced since would be kept for the one before.
        self._check(file)
        self.keep(file, fragment)
        return fragment

    def schema(self, file: StoredFile) -> pa.Schema:
        """Return the columns of a file. Blocks. Raises as `table` does."""
        try:
            schema: pa.Schema = self._fragment(file).physical_schema
        except DECODING as error:
            raise fault(error, file.shown) from error
        return schema

    def footer(self, file: StoredFile) -> pq.FileMetaData:
        """Return the footer of a file. Blocks. Raises SourceError."""
        metadata: pq.FileMetaData = self._fragment(file).metadata
        return metadata

    def table(
        self,
        file: StoredFile,
        group: int,
        columns: Sequence[str],
        rows: tuple[int, int] | None = None,
        *,
        coded: bool = False,
    ) -> pa.Table:
        """Return row group `group` of `file` with `columns`, in the file's order.

        All of it, or `rows` [low, high) of it: then what comes before them is decoded and let go,
        and what comes after is not. And all of the file that was scanned: nothing is returned of
        one that was replaced, or written to, at any moment until all was read. Blocks. Raises
        SourceCorrupt, naming the one column that cannot be decoded where it is one,
        SourceReplaced and SourceUnavailable.
        """
        if is_local(file.place):
            # Elsewhere it is a round trip, and what counts is asked at the end.
            self._check(file)
        try:
            metadata = self._fragment(file).metadata
            low, high = rows or (0, int(file.groups[group + 1] - file.groups[group]))
            table = decoded(file.place, metadata, group, columns, rows, coded=coded)
        except DECODING as error:
            said = fault(error, file.shown)
            if isinstance(said, SourceUnavailable):
                raise said from error
            self._check(file)
            culprit = culprit_of(file.place, metadata, group, columns)
            raise fault(error, file.shown, culprit) from error
        self._check(file)
        if table.num_rows != high - low:
            raise SourceCorrupt(
                f"row group {group} holds {low + table.num_rows} rows, but its footer says {high}",
                path=file.shown,
            )
        return table

    def blocks(
        self, file: StoredFile, group: int, columns: Sequence[str]
    ) -> Iterator[tuple[int, pa.Table]]:
        """Yield a row group in parts that fit into memory, each with the number of its first row.

        Blocks. Raises as `table` does.
        """
        count = int(file.groups[group + 1] - file.groups[group])
        metadata = self._fragment(file).metadata
        size = size_of(metadata.row_group(group), columns)
        if size <= LARGE:
            yield 0, self.table(file, group, columns, coded=True)
            return
        check(file)
        at = 0
        try:
            texts = texts_of(metadata, group, columns)
            with to_read(file.place, metadata, texts, streamed=True) as reader:
                step = max(1, count * BLOCK // size)
                names = [real_name(metadata, name) for name in columns]
                for part in reader.iter_batches(step, [group], names, use_threads=False):
                    yield at, as_asked(pa.Table.from_batches([part]), columns)
                    at += part.num_rows
        except DECODING as error:
            check(file)
            culprit = culprit_of(file.place, metadata, group, columns)
            raise fault(error, file.shown, culprit) from error
        check(file)
        if at != count:
            raise SourceCorrupt(
                f"row group {group} holds {at} rows, but its footer says {count}", path=file.shown
            )

    def latest(
        self,
        file: StoredFile,
        group: int,
        columns: Sequence[str],
        rows: tuple[int, int] | None = None,
        levels: Mapping[str, Levels] | None = None,
    ) -> tuple[pa.Table, int]:
        """Return what `table` does, for a row group of several pieces, and its first row's number.

        Those are mostly read one after the other: the rows read last are kept. Where `rows` of a
        large row group are wanted, these and some around them are what is decoded; where it is
        said at which `levels` of each column they lie, their pages alone.
        """
        known = (*_key(file), group, tuple(columns))
        count = int(file.groups[group + 1] - file.groups[group])
        block = count
        if rows is not None:
            size = size_of(self._fragment(file).metadata.row_group(group), columns)
            if size > LARGE:
                block = max(1, count * BLOCK // size)
        if rows is None or block >= count:
            read = partial(self.table, file, group, columns, coded=True)
            return self._recent.get((known, 0), read), 0
        first, last = rows[0] // block, (rows[1] - 1) // block
        # Who goes on reading where somebody stopped has nothing to pass over; nor has who reads on
        # from the beginning. To begin so for one row would be to hold pages that nobody wants.
        span = first * block, min((first + 1) * block, count)
        near = self._streams.at(known) == span[0] or self._recent.has((known, span))
        near = (self._goes_on(known, rows) and first == 0) or near
        if levels is not None and not near and is_local(file.place):
            found = self._by_pages(file, group, levels, rows[1] - rows[0])
            if found is not None:
                return found, rows[0]
        parts = []
        for number in range(first, last + 1):
            span = number * block, min((number + 1) * block, count)
            read = partial(self._block, file, group, columns, span)
            parts.append(self._recent.get((known, span), read))
        return (pa.concat_tables(parts) if len(parts) > 1 else parts[0]), first * block

    def _goes_on(self, known: Hashable, rows: tuple[int, int]) -> bool:
        """Return whether these rows follow those that were asked for last."""
        with self._lock:
            last = self._asked.pop(known, None)
            self._asked[known] = rows[1]
            if len(self._asked) > ASKED:
                self._asked.popitem(last=False)
        return last == rows[0]

    def _by_pages(
        self, file: StoredFile, group: int, levels: Mapping[str, Levels], rows: int
    ) -> pa.Table | None:
        """Return so many `rows` by the pages they are in; None where that cannot be done."""
        check(file)
        try:
            metadata = self._fragment(file).metadata
            leaves = leaves_of(metadata)
            with file.place.filesystem.open_input_file(file.place.path) as held:
                columns = []
                for name, at in levels.items():
                    chunk = Chunk(_key(file), held, metadata, group, leaves[name])
                    # Who plays a record has its beats be found too, out of some of its leads.
                    read = partial(self._column, chunk, name, at, rows)
                    columns.append(self._recent.get((chunk.key, at), read))
        except (*DECODING, NotByPages, KeyError):
            # To read it another way says in words what is wrong, and with which column.
            return None
        check(file)
        return pa.table({one.column_names[0]: one.column(0) for one in columns})

    def _column(self, chunk: Chunk, name: str, levels: Levels, rows: int) -> pa.Table:
        column = self._pages.rows(chunk, levels, rows)
        # A slice would hold all that was decoded beside it.
        return pa.table({name: column.take(pa.array(range(rows)))})

    def _block(
        self, file: StoredFile, group: int, columns: Sequence[str], span: tuple[int, int]
    ) -> pa.Table:
        """Return what `table` does for rows `span`, on from where a read stopped before them."""
        key = (*_key(file), group, tuple(columns))
        stream = self._streams.take(key, span[0])
        try:
            check(file)
            if stream is None:
                stream = self._streamed(file, group, columns, span[1] - span[0])
            parts = stream.rows(*span)
            check(file)
        except (*DECODING, SourceError):
            if stream is not None:
                stream.close()
            # Which says in words what is wrong, and of which column.
            return self.table(file, group, columns, span, coded=True)
        self._streams.give(key, stream)
        table = pa.Table.from_batches(parts) if parts else pa.table({})
        if table.num_rows != span[1] - span[0]:
            return self.table(file, group, columns, span, coded=True)
        return as_asked(table, columns)

    def _streamed(
        self, file: StoredFile, group: int, columns: Sequence[str], rows: int
    ) -> RowStream:
        """Open a row group to be read front to back, so many `rows` at a time."""
        metadata = self._fragment(file).metadata
        names = [real_name(metadata, name) for name in columns]
        texts = texts_of(metadata, group, columns)
        held = ExitStack()
        try:
            reader = held.enter_context(to_read(file.place, metadata, texts, streamed=True))
            batches = reader.iter_batches(rows, [group], names, use_threads=False)
        except BaseException:
            held.close()
            raise
        return RowStream(batches, held.close)


_Key = tuple[str, int, int]
"""A file's name, size and time."""


def _key(file: StoredFile) -> _Key:
    return file.shown, file.size, file.mtime_ns
