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
