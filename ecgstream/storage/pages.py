"""Rows out of the middle of a large row group, by the pages that hold them alone.

Parquet as it is mostly written has no page index: which rows a page holds is not said. But the
headers of its pages say how many values they have, and of a list column the scan counted where
among these each row begins. The pages wanted are put together as a small file with a footer of its
own, and Arrow decodes that, checksums and all. What cannot be done so is left to who asked.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ecgstream.storage import thrift
from ecgstream.storage.thrift import I32, I64, LIST, STRUCT, Malformed, Struct

CHUNKS: Final = 512
"""Column chunks of which one remembers where their pages are: some 10 KB each."""

FOOTERS: Final = 2
"""Footers that are held as they were understood: those of 1,000 row groups are some 10 MB."""

HEAD: Final = 512
"""Bytes of a page read for its header, which is about 50, or longer with what it says of values."""
HEAD_MOST: Final = 1 << 16

CODECS: Final = {0: None, 1: "snappy", 2: "gzip", 4: "brotli", 6: "zstd", 7: "lz4_raw"}
MAGIC: Final = b"PAR1"
FILE_PATH: Final = 1
CRYPTO: Final = 8
ENCRYPTED: Final = 9
DATA: Final = 0
DICTIONARY: Final = 2
DATA_V2: Final = 3
RLE: Final = 3

Levels = tuple[int, int]
"""Values [low, high) of a column chunk, where a list that is empty or null counts for one."""


class NotByPages(Exception):
    """These rows cannot be had by their pages alone: they are to be read in another way."""


@dataclass(frozen=True, slots=True, eq=False)
class Pages:
    """The data pages of a column chunk: page k is the bytes [offset[k], offset[k] + size[k]).

    `head[k]` of them are its header, `unpacked[k]` is its size when decompressed; it holds
    `Levels` [level[k], level[k + 1]). `version[k]` is 1 or 2. `dictionary` are the offset and size
    of the page that comes first, or None. `footer` and `said` are what stays the same in a footer
    of some of them: of the file, and of the chunk.
    """

    offset: NDArray[np.int64]
    size: NDArray[np.int64]
    head: NDArray[np.int64]
    unpacked: NDArray[np.int64]
    level: NDArray[np.int64]
    version: NDArray[np.int64]
    dictionary: tuple[int, int] | None
    codec: int
    footer: Struct
    said: Struct


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """A column chunk: that of leaf number `column` in a row group of an open file. `of` is what the
    file is known by: it has to be another one when its bytes are.
    """

    of: Hashable
    file: pa.NativeFile
    metadata: pq.FileMetaData
    group: int
    column: int

    @property
    def key(self) -> Hashable:
        """Return what it is known by."""
        return self.of, self.group, self.column


class PageReader:
    """Knows where the pages of some column chunks are. Safe on several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[Hashable, Pages] = OrderedDict()
        self._footers: OrderedDict[Hashable, Struct] = OrderedDict()

    def rows(self, chunk: Chunk, levels: Levels, rows: int) -> "pa.ChunkedArray[Any]":
        """Return the `rows` lists at `levels` of a column chunk. Blocks.

        Raises NotByPages, and as Arrow and the system do.
        """
        try:
            pages = self._pages(chunk)
            first, last = _wanted(pages, chunk.file, levels)
            small = _small(pages, chunk.file, first, last)
        except (Malformed, KeyError, IndexError, TypeError) as error:
            raise NotByPages(str(error)) from error
        return _rows(small, int(pages.level[first]), levels, rows)

    def _pages(self, chunk: Chunk) -> Pages:
        with self._lock:
            known = self._held.get(chunk.key)
            if known is not None:
                self._held.move_to_end(chunk.key)
                return known
        found = _found(chunk, self._footer(chunk))
        with self._lock:
            self._held[chunk.key] = found
            if len(self._held) > CHUNKS:
                self._held.popitem(last=False)
        return found

    def _footer(self, chunk: Chunk) -> Struct:
        """Return a file's footer: all leads of a record are looked for in the same one."""
        with self._lock:
            known = self._footers.get(chunk.of)
        if known is not None:
            return known
        footer = _footer(chunk.file)
        with self._lock:
            self._footers[chunk.of] = footer
            if len(self._footers) > FOOTERS:
                self._footers.popitem(last=False)
        return footer


def _found(chunk: Chunk, footer: Struct) -> Pages:
    """Return the pages of a column chunk of the file of this footer."""
    if chunk.metadata.schema.column(chunk.column).max_repetition_level != 1:
        raise NotByPages("its values are no lists")
    _, groups = footer[4][1]
    _, chunks = groups[chunk.group][1][1]
    of_chunk: Struct = chunks[chunk.column]
    if {FILE_PATH, CRYPTO, ENCRYPTED} & of_chunk.keys():
        raise NotByPages("it is encrypted, or in another file")
    said: Struct = of_chunk[3][1]
    codec = said[4][1]
    if codec not in CODECS:
        raise NotByPages("it is compressed in a way of its own")
    begin = said[9][1]
    if 11 in said and 0 < said[11][1] < begin:
        begin = said[11][1]
    rows, dictionary = _walked(chunk.file, begin, begin + said[7][1])
    offset, size, head, unpacked, count, version = np.array(rows, np.int64).reshape(-1, 6).T
    level = np.append(0, np.cumsum(count))
    if level[-1] != said[5][1]:
        raise NotByPages("its pages hold other numbers of values than its footer says")
    own: Struct = {number: footer[number] for number in (1, 6) if number in footer}
    own[2] = _schema(footer, chunk)
    kept = {number: said[number] for number in (1, 2, 3, 4)}
    places = (offset, size, head, unpacked)
    return Pages(*places, level, version, dictionary, codec, own, kept)


def _walked(
    file: pa.NativeFile, at: int, end: int
) -> tuple[list[tuple[int, ...]], tuple[int, int] | None]:
    """Return of each data page between two places its offset, size, header's size, size when
    decompressed, count of levels and version; and the offset and size of the dictionary.
    """
    dictionary = None
    rows: list[tuple[int, ...]] = []
    while at < end:
        header, head = _header(file, at)
        size = head + header[3][1]
        kind = header[1][1]
        if size < head or at + size > end:
            raise NotByPages("its pages are of odd sizes")
        if kind == DICTIONARY:
            dictionary = at, size
        elif kind in {DATA, DATA_V2}:
            data = header[5 if kind == DATA else 8][1]
            if kind == DATA and data[4][1] != RLE:
                raise NotByPages("its levels are written in an old way")
            version = 1 if kind == DATA else 2
            rows.append((at, size, head, header[2][1], data[1][1], version))
        at += size
    return rows, dictionary


def _read(file: Any, at: int, size: int) -> bytes:
    """Return so many bytes of a `pa.NativeFile`, whose published types know no `read_at`."""
    data: bytes = file.read_at(size, at)
    return data


def _footer(file: pa.NativeFile) -> Struct:
    tail = _read(file, file.size() - 8, 8)
    if tail[4:] != MAGIC:
        raise NotByPages("its footer is encrypted")
    size = int.from_bytes(tail[:4], "little")
    return thrift.decoded(_read(file, file.size() - 8 - size, size))[0]


def _schema(footer: Struct, chunk: Chunk) -> tuple[int, Any]:
    """Return the schema of one column alone, out of the tree that is written depth first."""
    _, elements = footer[2][1]
    column = chunk.column
    root = chunk.metadata.schema.column(column).path.split(".")[0].encode()
    at, leaves = 1, 0
    while at < len(elements):
        stop, inside = _subtree(elements, at)
        if leaves <= column < leaves + inside:
            if inside != 1 or elements[at][4][1] != root:
                raise NotByPages("its lists hold more than numbers")
            whole = dict(elements[0])
            whole[5] = I32, 1
            return LIST, (STRUCT, [whole, *elements[at:stop]])
        leaves += inside
        at = stop
    raise NotByPages("its schema does not name it")


def _subtree(elements: list[Struct], at: int) -> tuple[int, int]:
    """Return where the subtree of an element ends, and how many leaves it has."""
    waiting, leaves = 1, 0
    while waiting:
        children = elements[at].get(5, (I32, 0))[1]
        waiting += children - 1
        leaves += children == 0
        at += 1
    return at, leaves


def _header(file: pa.NativeFile, at: int) -> tuple[Struct, int]:
    """Return the header of the page at `at`, and its size."""
    size = HEAD
    while True:
        data = _read(file, at, size)
        try:
            return thrift.decoded(data)
        except Malformed:
            if size >= HEAD_MOST or len(data) < size:
                raise
            size *= 16


def _wanted(pages: Pages, file: pa.NativeFile, levels: Levels) -> tuple[int, int]:
    """Return the pages [first, last) that hold `levels`, the first of which begins with a row."""
    low, high = levels
    if not 0 <= low < high <= pages.level[-1]:
        raise NotByPages("it has not so many values")
    first = int(np.searchsorted(pages.level, low, "right")) - 1
    last = int(np.searchsorted(pages.level, high, "left"))
    # Where a row we know begins nobody has to look; a row may go on from one page to the next.
    while pages.level[first] != low and first and not _begins(pages, file, first):
        first -= 1
    return first, last


def _begins(pages: Pages, file: pa.NativeFile, k: int) -> bool:
    """Return whether page `k` begins with a row: whether its first level repeats nothing."""
    head = int(pages.head[k])
    data = _read(file, int(pages.offset[k]) + head, int(pages.size[k]) - head)
    if pages.version[k] == 1:
        name: Any = CODECS[pages.codec]
        if name is not None:
            data = pa.decompress(
                data, decompressed_size=int(pages.unpacked[k]), codec=name, asbytes=True
            )
        data = data[4:]
    # A run: its length, with a bit that says whether its values are packed; then the first one.
    at = 0
    packed = data[0] & 1
    while data[at] >= 0x80:
        at += 1
    return data[at + 1] & 1 == 0 if packed else data[at + 1] == 0


def _small(pages: Pages, file: pa.NativeFile, first: int, last: int) -> bytes:
    """Return a file of one column chunk: pages [first, last) of a larger one."""
    begin = int(pages.offset[first])
    stop = int(pages.offset[last - 1] + pages.size[last - 1])
    if (pages.offset[first + 1 : last] != (pages.offset + pages.size)[first : last - 1]).any():
        raise NotByPages("its pages do not lie one after the other")
    held = _read(file, begin, stop - begin)
    words = b"" if pages.dictionary is None else _read(file, *pages.dictionary)
    count = int(pages.level[last] - pages.level[first])
    unpacked = int((pages.unpacked + pages.head)[first:last].sum()) + len(words)
    said = pages.said | {
        5: (I64, count),
        6: (I64, unpacked),
        7: (I64, len(words) + len(held)),
        9: (I64, len(MAGIC) + len(words)),
    }
    if words:
        said[11] = I64, len(MAGIC)
    group: Struct = {
        1: (LIST, (STRUCT, [{2: (I64, 0), 3: (STRUCT, said)}])),
        2: (I64, unpacked),
        3: (I64, count),
    }
    # Not fewer rows than there are; Arrow stops where the pages do.
    own = pages.footer | {3: (I64, count), 4: (LIST, (STRUCT, [group]))}
    footer = thrift.encoded(own)
    return b"".join((MAGIC, words, held, footer, len(footer).to_bytes(4, "little"), MAGIC))


def _rows(data: bytes, level: int, levels: Levels, rows: int) -> "pa.ChunkedArray[Any]":
    """Return the lists at `levels` of a file that begins at `level`; they have to be `rows`."""
    file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
    column = file.read_row_group(0, use_threads=False).column(0)
    lengths: Any = pc.fill_null(pc.list_value_length(column).cast(pa.int64()), 0)
    ends = np.cumsum(np.maximum(lengths.to_numpy(), 1)) + level
    begins = np.append(level, ends[:-1])
    row = int(np.searchsorted(begins, levels[0]))
    last = row + rows - 1
    # Whatever was understood of the pages: these are the very rows that the scan counted.
    if last >= len(ends) or begins[row] != levels[0] or ends[last] != levels[1]:
        raise NotByPages("its rows are of other lengths than at the scan")
    return column.slice(row, rows)
