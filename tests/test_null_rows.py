"""A row of which something is null harms its own record, and none of the others of its file."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.storage.catalog import scan
from tests.archives.kit import ecg

N = 1_000
STARTS = np.array(["2021-05-01T10:00:00", "NaT", "2021-05-03T11:00:00"], "datetime64[us]")
SECONDS = [1_619_863_200.0, None, 1_620_039_600.0]
METADATA = {"fs": "250", "unit": "mV"}


def read(folder, metadata=METADATA, **columns):
    lists = pa.array([ecg(N, k).tolist() for k in range(len(next(iter(columns.values()))))])
    table = pa.table({**columns, "II": columns.pop("II", lists)}, metadata=metadata)
    pq.write_table(table, folder / "a.parquet")
    return scan([folder])


TIMES = {
    "timestamps": pa.array(STARTS),
    "texts": pa.array(["2021-05-01T10:00:00", None, "2021-05-03T11:00:00"]),
    "floats": pa.array([SECONDS[0], np.nan, SECONDS[2]]),
    "numbers": pa.array([1_619_863_200_000, None, 1_620_039_600_000]),
}


@pytest.mark.parametrize("kind", TIMES)
def test_of_a_record_whose_start_is_null_no_start_is_told_and_the_others_keep_theirs(
    tmp_path, kind
):
    named = {"floats": "time_s", "numbers": "time_ms", "texts": "start_time"}.get(
        kind, "recorded_at"
    )
    source = read(tmp_path, ecg_id=["a", "b", "c"], **{named: TIMES[kind]})
    assert not source.problems
    assert {one.record: one.start_time for one in source.records()} == dict(
        zip("abc", SECONDS, strict=True)
    )
    (column,) = source.read("b", ["II"], 0, N)
    assert np.array_equal(column.samples, ecg(N, 1))
    how = dict(source.record("b").found)
    assert how["start"] == f"nobody says: column {named} is null in its row"
    assert "start" not in dict(source.record("a").found)


def test_visits_of_a_patient_stay_records_where_one_has_no_date(tmp_path):
    source = read(tmp_path, patient_id=["p", "p", "p"], recorded_at=TIMES["timestamps"])
    assert not source.problems
    assert [(one.patient, one.start_time) for one in source.records()] == [
        ("p", one) for one in SECONDS
    ]


def test_packets_of_a_record_of_which_one_has_no_time_are_left_out_and_the_others_are_not(
    tmp_path,
):
    time = pa.array([0.0, 4.0, 0.0, None])
    source = read(tmp_path, record_id=["a", "a", "b", "b"], time_s=time)
    assert [one.record for one in source.records()] == ["a"]
    (problem,) = source.problems
    assert "column 'time_s': row 3 has no time, and nothing else says where it lies" in str(problem)


def test_a_record_without_a_rate_or_without_samples_is_left_out_alone(tmp_path):
    fs = pa.array([250, None, 250])
    source = read(tmp_path, {"unit": "mV"}, ecg_id=["a", "b", "c"], fs=fs)
    assert [one.record for one in source.records()] == ["a", "c"]
    assert "nothing says the sampling rate of lead 'II' of record 'b'" in str(source.problems[0])
    lists = pa.array([ecg(N).tolist(), None, ecg(N, 2).tolist()])
    source = read(tmp_path, ecg_id=["a", "b", "c"], recorded_at=TIMES["timestamps"], II=lists)
    assert [one.record for one in source.records()] == ["a", "c"]
    assert source.notes == ("record b: has no samples, and is left out",)
    assert not source.problems


NAMES = {
    "texts": pa.array(["a", None, "c", " "]),
    "floats, as pandas has them": pa.array([1.0, np.nan, 3.0, np.nan]),
    "numbers": pa.array([1, None, 3, None]),
}


@pytest.mark.parametrize("kind", NAMES)
def test_a_row_that_names_no_record_is_left_out_and_told_and_the_others_are_served(tmp_path, kind):
    source = read(tmp_path, ecg_id=NAMES[kind])
    first, last = source.records()
    assert (first.record, last.record) == (("a", "c") if kind == "texts" else ("1", "3"))
    for one, seed in ((first, 0), (last, 2)):
        (column,) = source.read(one.record, ["II"], 0, N)
        assert np.array_equal(column.samples, ecg(N, seed))
    (problem,) = source.problems
    assert str(problem).endswith(
        "a.parquet, column 'ecg_id': rows 1, 3 say no record, and are left out; give every row "
        "one, or take them out"
    )


def test_a_row_of_one_lead_that_names_no_record_is_of_no_other(tmp_path):
    lists = pa.array([ecg(N, k).tolist() for k in range(5)])
    leads = ["I", "II", "I", "I", "II"]
    columns = {"ecg_id": ["a", "a", None, "b", "b"], "lead": leads, "signal": lists}
    pq.write_table(pa.table(columns, metadata=METADATA), tmp_path / "a.parquet")
    source = scan([tmp_path])
    assert "row 2 says no record, and is left out; give it one" in str(source.problems[0])
    for record, begin in (("a", 0), ("b", 3)):
        of_i, of_ii = source.read(record, ["I", "II"], 0, N)
        assert np.array_equal(of_i.samples, ecg(N, begin))
        assert np.array_equal(of_ii.samples, ecg(N, begin + 1))


def test_a_row_of_no_record_among_windows_may_be_one_of_any_and_its_file_is_refused(tmp_path):
    time = pa.array([0.0, 4.0, 8.0, 0.0])
    source = read(tmp_path, record_id=["a", "a", None, "b"], time_s=time)
    assert not source.records()
    (problem,) = source.problems
    assert (
        "row 2 says no record, and others have several rows of a record, of which it may be one; "
        "give it one, or take it out" in str(problem)
    )
    # Windows of it may lie in other files.
    for name, record in (("a", ["a", "b"]), ("b", ["a", None])):
        lists = pa.array([ecg(N, k).tolist() for k in range(2)])
        start = pa.array([0.0 if name == "a" else 4.0, 0.0])
        table = pa.table({"record_id": record, "time_s": start, "II": lists}, metadata=METADATA)
        pq.write_table(table, tmp_path / f"{name}.parquet")
    source = scan([tmp_path])
    assert [(one.record, one.leads[0].length) for one in source.records()] == [("a", N), ("b", N)]
    assert [one.path for one in source.problems] == [str(tmp_path / "b.parquet")]
