"""Rows out of the middle of a row group by their pages alone: to the bit, or read another way."""

import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import fs

from ecgstream.errors import SourceCorrupt
from ecgstream.storage import files, thrift
from ecgstream.storage.catalog import scan
from ecgstream.storage.pages import Chunk, NotByPages, PageReader

CODECS = ("none", "snappy", "gzip", "brotli", "zstd", "lz4")


def lists(rng, kind, rows):
    """Rows of 0 to 40 values, some of them null, with values that are null."""
    made = []
    for length in rng.integers(0, 40, rows):
        values = [None if rng.random() < 0.1 else int(v) for v in rng.integers(-99, 99, length)]
        made.append(None if rng.random() < 0.1 else values)
    return pa.array(made, pa.list_(pa.int64())).cast(pa.list_(kind))


def begins(column):
    """Where each row begins among the values of its chunk, and the end of the last."""
    return np.cumsum([0, *(max(1, len(row or [])) for row in column.to_pylist())]).tolist()


def read(path, column, rows, levels, group=0):
    metadata = pq.read_metadata(path)
    names = [metadata.schema.column(k).path.split(".")[0] for k in range(metadata.num_columns)]
    with fs.LocalFileSystem().open_input_file(str(path)) as held:
        chunk = Chunk("file", held, metadata, group, names.index(column))
        return PageReader().rows(chunk, (levels[rows[0]], levels[rows[1]]), rows[1] - rows[0])


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    kind=st.sampled_from([pa.int16(), pa.float32(), pa.float64(), pa.decimal128(21, 2)]),
    codec=st.sampled_from(CODECS),
    version=st.sampled_from(["1.0", "2.0"]),
    words=st.booleans(),
    index=st.booleans(),
)
def test_any_rows_come_back_as_from_the_whole(  # noqa: PLR0917 - drawn
    tmp_path_factory, seed, kind, codec, version, words, index
):
    rng = np.random.default_rng(seed)
    path = tmp_path_factory.mktemp("pages") / "a.parquet"
    table = pa.table(
        {"id": np.arange(120), "I": lists(rng, kind, 120), "II": lists(rng, pa.int32(), 120)}
    )
    pq.write_table(
        table,
        path,
        row_group_size=60,
        compression=codec,
        data_page_version=version,
        data_page_size=256,
        write_batch_size=8,
        use_dictionary=words,
        write_page_index=index,
        write_page_checksum=True,
    )
    for name in ("I", "II"):
        of_group = table[name].slice(60, 60)
        levels = begins(of_group)
        for low, high in [(0, 1), (59, 60), (31, 32), (17, 44), (0, 60)]:
            found = read(path, name, (low, high), levels, group=1)
            assert found.to_pylist() == of_group.slice(low, high - low).to_pylist()


def test_rows_of_other_lengths_than_were_counted_are_not_read_so(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"I": [[1, 2], [3, 4], [5, 6]]}), path)
    for levels in ([0, 1, 4, 6], [0, 2, 5, 6], [0, 2, 9, 9]):
        with pytest.raises(NotByPages):
            read(path, "I", (1, 2), levels)
    pq.write_table(pa.table({"I": [[[1, 2]], [[3]]]}), path)
    with pytest.raises(NotByPages, match="no lists"):
        read(path, "I", (0, 1), [0, 2, 3])


def record_rows(path, rows=400, samples=500):
    """A row a record in one row group, each of other values; return the values."""
    values = np.random.default_rng(1).integers(-900, 900, (rows, samples)).astype(np.int16)
    ids = [f"r{row:03d}" for row in range(rows)]
    columns = {"record_id": ids, "I": list(values), "II": list(-values)}
    table = pa.table(columns).replace_schema_metadata({"fs": "100", "unit": "uV"})
    pq.write_table(table, path, data_page_size=4096, write_page_checksum=True)
    return values


def test_one_row_of_a_large_row_group_is_read_without_those_before_it(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGE", 1 << 12)
    monkeypatch.setattr(files, "BLOCK", 1 << 14)
    values = record_rows(tmp_path / "a.parquet")
    source = scan([tmp_path])
    monkeypatch.setattr(files.OpenFiles, "_block", None)
    for row in (399, 123, 250):
        both = source.read(f"r{row:03d}", ["I", "II"], 0, 500)
        assert (both[0].cut(0, 500, "i2") == values[row]).all()
        assert (both[1].cut(0, 500, "i2") == -values[row]).all()


def test_who_reads_row_after_row_has_the_row_group_decoded_once(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGE", 1 << 12)
    monkeypatch.setattr(files, "BLOCK", 1 << 14)
    values = record_rows(tmp_path / "a.parquet")
    source = scan([tmp_path])
    by_pages, opened = [], []
    rows, streamed = PageReader.rows, files.OpenFiles._streamed

    def paged(self, chunk, *of):
        by_pages.append(chunk.key)
        return rows(self, chunk, *of)

    def begun(self, *of):
        opened.append(of)
        return streamed(self, *of)

    monkeypatch.setattr(PageReader, "rows", paged)
    monkeypatch.setattr(files.OpenFiles, "_streamed", begun)
    for row in range(400):
        (read,) = source.read(f"r{row:03d}", ["I"], 0, 500)
        assert (read.cut(0, 500, "i2") == values[row]).all()
    assert len(by_pages) == len(opened) == 1


def test_a_damaged_page_is_told_with_its_column(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGE", 1 << 12)
    monkeypatch.setattr(files, "BLOCK", 1 << 14)
    path = tmp_path / "a.parquet"
    record_rows(path)
    source = scan([tmp_path])
    chunk = pq.read_metadata(path).row_group(0).column(2)
    damaged = bytearray(path.read_bytes())
    begin = chunk.dictionary_page_offset or chunk.data_page_offset
    damaged[begin + chunk.total_compressed_size - 40] ^= 0xFF
    kept = path.stat()
    path.write_bytes(damaged)
    os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    with pytest.raises(SourceCorrupt) as told:
        source.read("r399", ["I", "II"], 0, 500)
    assert told.value.column == "II"
    assert source.read("r399", ["I"], 0, 500)[0].stop == 500


def footer_of(path):
    raw = path.read_bytes()
    return raw[-8 - int.from_bytes(raw[-8:-4], "little") : -8]


def test_a_footer_is_written_as_it_was_read(tmp_path):
    record_rows(tmp_path / "a.parquet", rows=3)
    raw = footer_of(tmp_path / "a.parquet")
    fields, stop = thrift.decoded(raw)
    assert stop == len(raw)
    assert thrift.decoded(thrift.encoded(fields)) == (fields, len(thrift.encoded(fields)))


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_whatever_the_bytes_they_are_read_or_malformed(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp() / "thrift"
    if not folder.exists():
        folder.mkdir()
        record_rows(folder / "a.parquet", rows=3)
    raw = bytearray(footer_of(folder / "a.parquet"))
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(raw[: data.draw(st.integers(0, len(raw)))])
    try:
        fields, _ = thrift.decoded(cut)
    except thrift.Malformed:
        return
    assert thrift.decoded(thrift.encoded(fields))[0] == fields
