"""Rows of many leads and records in one row group, and lists of samples: read to the bit."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.errors import SourceCorrupt, SourceReplaced
from ecgstream.model.record import ECG, Lead, Record
from ecgstream.storage import carriers, files, reading
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.index.listing import resolved
from ecgstream.storage.places import StoredFile, group_edges, opened
from ecgstream.storage.recent import RecentRows
from ecgstream.storage.stored import Placement, StoredLead, StoredRecord, Track
from ecgstream.storage.survey import Found, survey, unknown


def written(path, table, group=1000, **how):
    """Write a table; return its StoredFile."""
    pq.write_table(table, path, row_group_size=group, **how)
    place = resolved(path)
    fragment = opened(place)
    return StoredFile(place, path.stat().st_size, group_edges(fragment))


def lead_of(name, column, track, dtype="i2", **said):
    described = Lead(name, "mV", 1.0, 0.0, ECG, 100.0, int(track.edges[-1]), (dtype,))
    empty = np.zeros(len(track.start), np.bool_)
    return StoredLead(described, column, track, empty, unknown(len(empty), dtype), **said)


def record_of(*leads):
    named = {one.lead.name: one for one in leads}
    described = Record("r", "p", tuple(one.lead for one in leads), None, None, None, None)
    return StoredRecord(described, "", named)


def whole(record, name, opened_files=None):
    length = record.lead(name).lead.length
    (column,) = reading.read(record, [name], 0, length, opened_files or OpenFiles())
    return column.samples


@pytest.fixture
def long_table(tmp_path):
    """Two leads of two records, a row a sample, interleaved; record by number, lead by text."""
    rows = np.arange(400)
    table = pa.table(
        {
            "record": pa.array(rows // 200 + 7),
            "lead": pa.array(np.where(rows % 2, "II", "I")).dictionary_encode(),
            "value": pa.array(rows.astype(np.int16)),
        }
    )
    return written(tmp_path / "long.parquet", table, group=400), rows


def test_rows_of_other_leads_and_records_are_passed_over(long_table):
    file, rows = long_table
    track = Track.of([file], [(0, 0, 0, 100, None)], 100)
    leads = [
        lead_of(f"{lead} {record}", "value", track, keys=(("record", record), ("lead", lead)))
        for record in ("7", "8")
        for lead in ("I", "II")
    ]
    record = record_of(*leads)
    columns = reading.read(record, [one.lead.name for one in leads], 10, 90, OpenFiles())
    for number, column in enumerate(columns):
        first, odd = divmod(number, 2)
        assert column.samples.tolist() == rows[first * 200 + odd :: 2][10:90].tolist()
        assert column.samples.base is None


def test_rows_of_several_leads_are_decoded_once(long_table, monkeypatch):
    file, _ = long_table
    track = Track.of([file], [(0, 0, 0, 100, None)], 100)
    one, other = (
        lead_of(name, "value", track, keys=(("record", "7"), ("lead", name)))
        for name in ("I", "II")
    )
    seen = []
    table = OpenFiles.table

    def noted(self, file, group, columns, rows=None, **how):
        seen.append(group)
        return table(self, file, group, columns, rows, **how)

    monkeypatch.setattr(OpenFiles, "table", noted)
    opened_files = OpenFiles()
    record = record_of(one, other)
    for name in ("I", "II", "I"):
        reading.read(record, [name], 0, 100, opened_files)
    assert seen == [0]


KINDS = [
    pa.list_(pa.int16()),
    pa.large_list(pa.float32()),
    pa.list_(pa.float64()),
    pa.list_(pa.int32(), 4),
    pa.list_(pa.decimal128(7, 2)),
    pa.list_(pa.decimal128(21, 2), 4),
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_lists_of_any_type_come_back_to_the_bit_where_they_belong(tmp_path, kind):
    rng = np.random.default_rng(3)
    ragged = not pa.types.is_fixed_size_list(kind)
    lists = [rng.integers(-99, 99, rng.integers(1, 9) if ragged else 4) for _ in range(30)]
    decimal = pa.types.is_decimal(kind.value_type)
    made = [[Decimal(int(x)) / 4 if decimal else int(x) for x in one] for one in lists]
    made[5] = None
    file = written(tmp_path / "lists.parquet", pa.table({"ecg": pa.array(made, kind)}), group=10)
    fragment = opened(file.place)
    schema = fragment.metadata.schema.to_arrow_schema()
    found = Found(file, fragment, schema, (), "", 0)
    over = survey(found, "ecg", OpenFiles(), lists=True)
    held = [[] if one is None else one for one in made]
    counts = [sum(map(len, held[g : g + 10])) for g in (0, 10, 20)]
    starts = np.concatenate([[0], np.cumsum(counts)]).tolist()
    # The second row group lies ten samples later, for something is lost before it.
    pieces = [
        (0, g, starts[g] + 10 * (g > 0), starts[g + 1] + 10 * (g > 0), None) for g in range(3)
    ]
    track = Track.of([file], pieces, starts[-1] + 10)
    samples = whole(record_of(lead_of("x", "ecg", track, over.carrier.dtypes[0])), "x")
    flat = np.concatenate([np.asarray(one, float) for one in held]) * over.carrier.gain
    there = np.delete(np.arange(len(samples)), np.arange(starts[1], starts[1] + 10))
    assert samples[there].tolist() == flat.tolist()
    hole = samples[starts[1] : starts[1] + 10]
    assert (np.isnan(hole) if over.carrier.dtypes[0][0] == "f" else hole == -(2**15)).all()


def test_a_row_of_a_large_row_group_is_had_without_the_rest_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGE", 1_000)
    monkeypatch.setattr(files, "BLOCK", 500)
    values = np.arange(200 * 50, dtype=np.float32).reshape(200, 50)
    table = pa.table({"id": np.arange(200), "I": list(values), "II": list(-values)})
    file = written(tmp_path / "rows.parquet", table, group=200, use_dictionary=False)
    opened_files = OpenFiles()
    for row in (0, 1, 77, 199, 3):
        within = Placement(np.array([0]), np.array([0]), within=(row, row + 1))
        track = Track.of([file], [(0, 0, 0, 50, within)], 50)
        record = record_of(lead_of("I", "I", track, "f4"), lead_of("II", "II", track, "f4"))
        first, second = reading.read(record, ["I", "II"], 5, 45, opened_files)
        assert first.samples.tolist() == values[row, 5:45].tolist()
        assert second.samples.tolist() == (-values[row, 5:45]).tolist()
    assert len(opened_files._streams._held) == 1
    tables = opened_files._recent._held.values()
    assert 0 < max(table.num_rows for table in tables) < 20


@pytest.mark.parametrize(
    ("kind", "sentinel"), [(pa.int16(), -(2**15)), (pa.int32(), 9999), (pa.float64(), -1.0)]
)
def test_a_sentinel_is_missing_and_no_bound(tmp_path, kind, sentinel):
    values = np.arange(10)
    values[[3, 9]] = sentinel
    values = np.append(values, [sentinel] * 10)
    file = written(tmp_path / "s.parquet", pa.table({"I": pa.array(values, kind)}), group=10)
    fragment = opened(file.place)
    found = Found(file, fragment, fragment.metadata.schema.to_arrow_schema(), (), "", 0)
    over = survey(found, "I", OpenFiles(), (sentinel,))
    assert over.carrier.dtypes[0] == ("f8" if pa.types.is_floating(kind) else "i2")
    assert over.bounds == (None, None)
    assert over.empty.tolist() == [False, True]
    dtype = over.carrier.dtypes[0]
    track = Track.of([file], [(0, 0, 0, 10, None)], 10)
    samples = whole(record_of(lead_of("I", "I", track, dtype, missing=(sentinel,))), "I")
    gone = np.isnan(samples) if dtype == "f8" else samples == -(2**15)
    assert np.flatnonzero(gone).tolist() == [3, 9]
    assert samples[4:9].tolist() == [4, 5, 6, 7, 8]


def test_a_decimal_sentinel_is_said_as_it_is_stored():
    kind = pa.decimal128(7, 2)
    column = pa.chunked_array([pa.array([Decimal("1.25"), Decimal("-9.99")], kind)])
    assert carriers.samples(column, "i4", (-9.99,)).tolist() == [125, -(2**31)]


def test_runs_of_any_length_are_left_out(tmp_path):
    numbers = np.array([-1, -1, -1, 5, 6, 7, -1, -1, 0, 1, 2, -1])
    placement = Placement.of(numbers)
    assert placement.rows.tolist() == [0, 3, 6, 8, 11]
    assert placement.expand(12).tolist() == numbers.tolist()
    values = np.arange(12, dtype=np.int16)
    file = written(tmp_path / "o.parquet", pa.table({"I": values}))
    track = Track.of([file], [(0, 0, 0, 8, placement)], 8)
    samples = whole(record_of(lead_of("I", "I", track)), "I")
    assert samples.tolist() == [8, 9, 10, -(2**15), -(2**15), 3, 4, 5]


def test_a_list_that_is_damaged_names_its_column(tmp_path):
    table = pa.table({"I": [[1, 2, 3]] * 400}, pa.schema({"I": pa.list_(pa.int16())}))
    path = tmp_path / "d.parquet"
    file = written(path, table, write_page_checksum=True, use_dictionary=False, compression="none")
    chunk = pq.read_metadata(path).row_group(0).column(0)
    held = bytearray(path.read_bytes())
    held[chunk.data_page_offset + chunk.total_compressed_size // 2] ^= 0xFF
    path.write_bytes(held)
    track = Track.of([file], [(0, 0, 0, 1200, None)], 1200)
    with pytest.raises(SourceCorrupt, match="column 'I'"):
        whole(record_of(lead_of("I", "I", track)), "I")


def test_who_reads_on_in_a_large_row_group_does_not_begin_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGE", 1_000)
    monkeypatch.setattr(files, "BLOCK", 3_000)
    values = np.arange(400 * 50, dtype=np.float32).reshape(400, 50)
    table = pa.table({"id": np.arange(400), "I": list(values)})
    file = written(tmp_path / "rows.parquet", table, group=400, use_dictionary=False)
    opened_files = OpenFiles()
    begun = []
    streamed = OpenFiles._streamed

    def noted(self, *asked):
        begun.append(asked[-1])
        return streamed(self, *asked)

    monkeypatch.setattr(OpenFiles, "_streamed", noted)
    rng = np.random.default_rng(1)
    # Forwards in leaps of any length, past the end of blocks; then back once.
    rows = [*np.unique(rng.integers(0, 400, 60)).tolist(), 2]
    for row in rows:
        found, first = opened_files.latest(file, 0, ["I"], (row, row + 1))
        assert found["I"][row - first].as_py() == values[row].tolist()
    assert len(begun) <= 2
    # What was replaced meanwhile is not gone on with.
    written(tmp_path / "rows.parquet", table.slice(1), group=400, use_dictionary=False)
    opened_files._recent = RecentRows()
    with pytest.raises(SourceReplaced):
        opened_files.latest(file, 0, ["I"], (399, 400))
