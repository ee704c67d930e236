"""Records read in place: both layouts under one contract, row groups by index, bad files."""

import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from ecgstream.errors import SourceCorrupt, SourceReplaced, SourceUnavailable
from ecgstream.storage import files
from ecgstream.storage.catalog import scan
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.places import fault
from tests.contracts.archives import own_archive, plain_archive
from tests.contracts.source import SourceContract
from tests.stored import footer, write_own


class TestOwnLayout(SourceContract):
    padded = True

    @pytest.fixture(scope="class", params=["gaps in the footer", "gaps not counted"])
    @classmethod
    def source(cls, request, tmp_path_factory):
        gaps = request.param == "gaps in the footer"
        return scan([own_archive(tmp_path_factory.mktemp("own"), gaps=gaps)])


class TestPlainLayout(SourceContract):
    @pytest.fixture(scope="class", params=["a file a lead", "files and rows in any order"])
    @classmethod
    def source(cls, request, tmp_path_factory):
        ordered = request.param == "a file a lead"
        return scan([plain_archive(tmp_path_factory.mktemp("plain"), ordered=ordered)])


@pytest.fixture
def record(tmp_path):
    """One record of our own: 12 leads at 500 Hz, two minutes; ParquetSource and the file."""
    rng = np.random.default_rng(2)
    leads = {
        f"L{number}": (
            rng.integers(-900, 900, 60_000).astype(np.int16),
            np.zeros(60_000, bool),
            {"gain": "200.0", "baseline": "1024"},
        )
        for number in range(12)
    }
    path = write_own(
        tmp_path / "patient=p1/record=r1",
        footer(fs=500.0, length=60_000),
        leads,
        group=15_000,
        column_encoding="DELTA_BINARY_PACKED",
    )
    return scan([tmp_path]), path, leads


def read_groups(monkeypatch, files=OpenFiles):
    """Note every row group that is decoded, and its columns."""
    seen = []
    table = files.table

    def noted(self, file, group, columns):
        seen.append((group, tuple(columns)))
        return table(self, file, group, columns)

    monkeypatch.setattr(files, "table", noted)
    return seen


def test_a_read_touches_only_the_row_groups_it_needs_and_each_once(record, monkeypatch):
    source, _, leads = record
    seen = read_groups(monkeypatch)
    columns = source.read("r1", list(leads), 20_000, 25_000)
    assert seen == [(1, tuple(leads))]
    for name, column in zip(leads, columns, strict=True):
        assert (column.samples == leads[name][0][20_000:25_000]).all()
    source.read("r1", ["L3"], 14_999, 30_001)
    assert seen[1:] == [(0, ("L3",)), (1, ("L3",)), (2, ("L3",))]


def test_a_small_read_does_not_hold_the_row_group_in_memory(record):
    (column,) = record[0].read("r1", ["L0"], 100, 200)
    assert column.samples.base is None
    assert column.nbytes == 200


def test_a_row_group_of_nulls_is_not_decoded(tmp_path, monkeypatch):
    missing = np.zeros(5_000, bool)
    missing[1_000:3_000] = True
    lead = {"I": (np.arange(5_000, dtype=np.int16), missing, {})}
    write_own(tmp_path, footer(length=5_000), lead)
    source = scan([tmp_path])
    seen = read_groups(monkeypatch)
    (column,) = source.read("r1", ["I"], 1_100, 2_900)
    assert column.samples is None
    assert seen == []
    source.read("r1", ["I"], 900, 3_100)
    assert [group for group, _ in seen] == [0, 3]


def test_a_footer_that_was_let_go_is_read_again(record):
    source, _, leads = record
    source._files._limit = 0
    source._files._open.clear()
    for start in (0, 30_000):
        (column,) = source.read("r1", ["L1"], start, start + 10)
        assert column.samples.tolist() == leads["L1"][0][start : start + 10].tolist()
    assert not source._files._open


# Bad files, before and during play.


def damaged(path, at, count=60):
    held = bytearray(path.read_bytes())
    for place in range(at, at + count):
        held[place] ^= 0x5A
    rot(path, held)


def rot(path, held):
    """Have other bytes in a file without its time having changed, as on a disk that goes bad."""
    before = path.stat()
    path.write_bytes(held)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_page_with_flipped_bytes_is_corrupt_and_names_its_column(record):
    source, path, _ = record
    chunk = pq.read_metadata(path).row_group(1).column(7)
    damaged(path, chunk.data_page_offset + chunk.total_compressed_size // 2)
    with pytest.raises(
        SourceCorrupt, match=r"100Hz-0000\.parquet, column 'L7': could not be decoded"
    ):
        source.read("r1", ["L6", "L7", "L8"], 16_000, 17_000)
    # The others, and the other groups, are as they were.
    source.read("r1", ["L6", "L8"], 16_000, 17_000)
    source.read("r1", ["L7"], 0, 15_000)


def test_a_flipped_bit_alone_is_seen(record):
    source, path, _ = record
    chunk = pq.read_metadata(path).row_group(0).column(0)
    held = bytearray(path.read_bytes())
    held[chunk.data_page_offset + chunk.total_compressed_size - 5] ^= 1
    rot(path, held)
    with pytest.raises(SourceCorrupt, match="'L0'"):
        source.read("r1", ["L0"], 0, 10)


def test_any_damage_is_an_error_of_ours_and_never_ends_the_process(record):
    source, path, leads = record
    whole = path.read_bytes()
    rng = np.random.default_rng(9)
    for _ in range(60):
        held = bytearray(whole)
        at = int(rng.integers(4, len(whole) - 50_000))
        held[at : at + 40] = rng.bytes(40)
        rot(path, held)
        with pytest.raises(SourceCorrupt) as caught:
            source.read("r1", list(leads), 0, 60_000)
        assert caught.value.path == str(path)


@pytest.mark.parametrize("how", ["cut short", "the same size", "while it is read"])
def test_nothing_is_returned_of_a_file_that_was_replaced(record, how, monkeypatch):
    source, path, leads = record
    held = path.read_bytes()
    assert source.read("r1", ["L0"], 0, 10)[0].samples.tolist() == leads["L0"][0][:10].tolist()
    if how == "cut short":
        path.write_bytes(held[:50_000])
    elif how == "the same size":
        path.write_bytes(held)
    else:
        decode = files.decoded

        def decode_and_write(*given, **how):
            table = decode(*given, **how)
            path.write_bytes(held)
            return table

        monkeypatch.setattr(files, "decoded", decode_and_write)
    with pytest.raises(SourceReplaced, match="was replaced, or written to"):
        source.read("r1", ["L0"], 0, 10)


def test_a_file_that_vanished_is_unavailable_and_a_retry_may_help(record):
    source, path, _ = record
    moved = path.rename(path.with_suffix(".away"))
    with pytest.raises(SourceUnavailable, match="not there") as caught:
        source.read("r1", ["L0"], 0, 10)
    assert caught.value.path == str(path)
    assert caught.value.retryable
    moved.rename(path)
    assert len(source.read("r1", ["L0"], 0, 10)[0].samples) == 10


@pytest.mark.parametrize("odd", ["FIFO", "folder"])
def test_a_fifo_or_folder_in_place_of_the_file_is_never_opened(record, odd):
    source, path, _ = record
    path.unlink()
    os.mkfifo(path) if odd == "FIFO" else path.mkdir()
    with pytest.raises(SourceCorrupt, match=f"is a {odd}"):
        source.read("r1", ["L0"], 0, 10)


def test_another_file_in_its_place_is_named(record):
    source, path, _ = record
    source._files._open.clear()
    size = path.stat().st_size
    write_own(
        path.parent,
        footer(length=100),
        {"L0": (np.zeros(100, np.int16), np.zeros(100, bool), {})},
        name=path.name,
    )
    held = path.read_bytes()
    # As many bytes as before: free space inside a Parquet file is allowed, between data and footer.
    tail = int.from_bytes(held[-8:-4], "little") + 8
    path.write_bytes(held[:-tail] + bytes(size - len(held)) + held[-tail:])
    assert path.stat().st_size == size
    with pytest.raises(SourceReplaced, match="was replaced, or written to"):
        source.read("r1", ["L0"], 0, 10)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (FileNotFoundError(2, "x"), SourceUnavailable, "moved or deleted"),
        (PermissionError(13, "x"), SourceUnavailable, "may not read it"),
        (OSError(5, "x"), SourceUnavailable, "Input/output error"),
        (OSError("AWS Error NETWORK_CONNECTION during GetObject"), SourceUnavailable, "fetched"),
        (OSError("Could not connect to server"), SourceUnavailable, "fetched"),
        (OSError("CRC checksum verification failed"), SourceCorrupt, "CRC"),
        (pa.ArrowInvalid("Unexpected end of stream."), SourceCorrupt, "end of stream; expected"),
        (pa.ArrowNotImplementedError("codec 99"), SourceCorrupt, "codec 99"),
        (MemoryError("malloc of 12345 failed"), SourceCorrupt, "malloc"),
    ],
)
def test_faults_say_whether_a_retry_may_help(error, kind, words):
    found = fault(error, "a.parquet", "II")
    assert type(found) is kind
    assert words in str(found)
    assert (found.path, found.column) == ("a.parquet", "II")


def test_any_pyarrow_file_system_serves(tmp_path, record):
    *_, leads = record
    folder = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())
    source = scan([(folder, "")])
    assert source.problems == ()
    (column,) = source.read("r1", ["L2"], 29_990, 30_010)
    assert column.samples.tolist() == leads["L2"][0][29_990:30_010].tolist()
    source = scan([tmp_path.as_uri()])
    (column,) = source.read("r1", ["L2"], 29_990, 30_010)
    assert column.samples.tolist() == leads["L2"][0][29_990:30_010].tolist()


def test_a_file_in_memory_of_an_object_store_serves(tmp_path, record):
    _, path, leads = record
    store = fs._MockFileSystem()
    store.create_dir("bucket/patient=p1/record=r1")
    with store.open_output_stream("bucket/patient=p1/record=r1/500Hz-0000.parquet") as out:
        out.write(path.read_bytes())
    source = scan([(store, "bucket")])
    assert source.problems == ()
    (column,) = source.read("r1", ["L11"], 5, 9)
    assert column.samples.tolist() == leads["L11"][0][5:9].tolist()
    store.delete_file("bucket/patient=p1/record=r1/500Hz-0000.parquet")
    with pytest.raises(SourceUnavailable):
        source.read("r1", ["L11"], 5, 9)
