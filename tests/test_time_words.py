"""What is said of times that are not read, or that repeat: the column, its own unit, what mends it."""

from datetime import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import Reading, parsed
from ecgstream.storage.foreign.proposing import proposed

FS, N = 360, 7_200
ROWS = np.arange(N)
WAVE = np.sin(ROWS / 40)
TAKEN = datetime(2020, 5, 1, 10, 30)  # noqa: DTZ001 - a clock without a zone


def refused(folder, columns, **metadata):
    table = pa.table(columns, metadata={"unit": "mV"} | metadata)
    pq.write_table(table, folder / "t.parquet")
    source = scan([folder])
    assert source.records() == ()
    (problem,) = source.problems
    return problem


def mended(folder, *lines):
    text = "\n".join(['[[table]]\nfiles = "t.parquet"', *lines])
    source = scan([folder], reading=Reading(parsed(text.encode(), "m.toml")))
    assert [str(one) for one in source.problems] == []
    (record,) = source.records()
    return record


def test_the_grid_of_float32_is_no_rate(tmp_path):
    times = (100_000 + ROWS / FS).astype(np.float32)
    problem = refused(tmp_path, {"time_s": times, "II": WAVE}, fs="360")
    assert problem.detail.startswith("float32 has too few digits for such times")
    assert proposed(problem.detail) == ('time = "none"',)


def test_times_of_float32_that_repeat_are_told_in_their_unit_and_cost_no_row(tmp_path):
    times = (100_000 + ROWS / FS).astype(np.float32)
    problem = refused(tmp_path, {"time_s": times, "II": WAVE})
    assert "repeats timestamp 100000 s of lead" in problem.detail
    assert "float32 has too few digits for such times, and no row is one too" in problem.detail
    assert "keep one of each" not in problem.detail
    none, rate = proposed(problem.detail)
    assert (none, rate) == ('time = "none"', "fs = RATE")
    assert mended(tmp_path, none, "fs = 360").length == N


def test_two_recordings_one_after_the_other_in_float32_are_no_rounding(tmp_path):
    times = np.tile((ROWS / 64).astype(np.float32), 2)
    problem = refused(tmp_path, {"time_s": times, "II": np.concatenate([WAVE, -WAVE - 1])})
    assert "keep one of each" in problem.detail


def test_one_time_in_all_rows_is_told_as_a_date_and_not_as_a_clock_set_back(tmp_path):
    problem = refused(
        tmp_path, {"visit": pa.array([TAKEN] * N, pa.timestamp("us")), "II": WAVE}, fs="360"
    )
    assert "repeats timestamp 2020-05-01T10:30:00 of lead" in problem.detail
    assert "one time in all rows is none of theirs" in problem.detail
    assert "set back" not in problem.detail
    assert mended(tmp_path, *proposed(problem.detail)).length == N


def test_a_rate_that_no_ecg_has_is_not_proposed(tmp_path):
    when = pa.array(ROWS * 1_000_000, pa.timestamp("us"))
    problem = refused(tmp_path, {"got": when, "II": WAVE}, fs="360")
    assert "its timestamps make 1 Hz" in problem.detail
    assert proposed(problem.detail) == ('time = "none"', "fs = RATE")


UNTAKEN = {
    "time": ([[0.0, 1.0]] * N, "is list<element: double>, and one time a row is read", "fs = RATE"),
    "Uhrzeit": (pa.array(ROWS, pa.time64("us")), "is time64[us], a time of no day", "time = {"),
    "datenum": (ROWS / 1e6, "counts days; store it in s", "fs = RATE"),
    "Zeit": (ROWS / FS, "is not known for a time by its name", "time = {"),
    "created_at": (
        pa.array(ROWS, pa.timestamp("us")),
        "is called as dates of something else are",
        "fs = RATE",
    ),
    "seq": (ROWS, "counts, and not time", "fs = RATE"),
}


@pytest.mark.parametrize("name", UNTAKEN)
def test_a_column_that_looks_like_a_time_is_named_with_why_it_is_not_read(tmp_path, name):
    values, why, key = UNTAKEN[name]
    problem = refused(
        tmp_path, {name: values, "II": WAVE} | ({"II": [WAVE[:2]] * N} if name == "time" else {})
    )
    assert f"has no time column that is read ({name} {why}" in problem.detail
    assert proposed(problem.detail)[0].startswith(key)


def test_a_time_that_is_named_with_its_unit_is_read(tmp_path):
    problem = refused(tmp_path, {"Zeit": ROWS / FS, "II": WAVE})
    (line,) = proposed(problem.detail)
    record = mended(tmp_path, line.replace("UNIT", "s"))
    assert (record.fs, record.length) == (FS, N)


def test_of_a_file_without_any_such_column_nothing_more_is_said(tmp_path):
    problem = refused(tmp_path, {"II": WAVE, "age": ROWS})
    assert problem.detail.startswith("has no time column, and nothing says its sampling rate")


KEPT = np.delete(ROWS, np.r_[1_000:1_500])
DECIMALS = {
    "a column a lead": {"II": WAVE[KEPT]},
    "long": {"lead": ["II"] * len(KEPT), "value": WAVE[KEPT]},
    "packets": {"II": [WAVE[[k]] for k in KEPT]},
}


@pytest.mark.parametrize("kind", [pa.decimal128(12, 3), pa.decimal256(40, 6)])
@pytest.mark.parametrize("name", DECIMALS)
def test_times_that_are_decimals_are_read(tmp_path, name, kind):
    times = pa.array([Decimal(int(k) * 4) / 1000 for k in KEPT], kind)
    table = pa.table({"time_s": times, **DECIMALS[name]}, metadata={"unit": "mV", "fs": "250"})
    pq.write_table(table, tmp_path / "t.parquet")
    source = scan([tmp_path])
    assert [str(one) for one in source.problems] == []
    (record,) = source.records()
    (column,) = source.read(record.record, ["II"], 0, record.length)
    expected = np.full(N, np.nan)
    expected[KEPT] = WAVE[KEPT]
    assert np.array_equal(column.samples, expected, equal_nan=True)


@pytest.mark.parametrize("kind", [pa.time64("ns"), pa.time64("us"), pa.time32("ms")])
def test_times_of_a_day_that_are_called_a_time_are_read(tmp_path, kind):
    per = {"ns": 10**6, "us": 1_000, "ms": 1}[kind.unit]
    begins = 10 * 3_600_000
    counts = pa.array((begins + KEPT * 4) * per, pa.int64())
    counts = counts.cast(pa.int32()) if pa.types.is_time32(kind) else counts
    table = pa.table({"time": counts.cast(kind), "II": WAVE[KEPT]}, metadata={"unit": "mV"})
    pq.write_table(table, tmp_path / "t.parquet")
    source = scan([tmp_path])
    assert [str(one) for one in source.problems] == []
    (record,) = source.records()
    assert (record.fs, record.length, record.start_time) == (250, N, None)
    assert dict(record.found)["time"] == "column time, times of day"
    assert np.array_equal(source.gaps("t", "II"), [[1_000, 1_500]])


def test_times_of_a_day_that_go_past_midnight_are_refused_with_the_row(tmp_path):
    of_day = (86_390_000 + ROWS * 4) % 86_400_000
    problem = refused(
        tmp_path, {"time": pa.array(of_day.astype(np.int32), pa.time32("ms")), "II": WAVE}
    )
    assert problem.detail.startswith("row 2500 is earlier in the day than the row before")
    none, rate = proposed(problem.detail)
    assert mended(tmp_path, none, rate.replace("RATE", "250")).length == N


def test_times_of_a_day_in_seconds_cost_no_row(tmp_path):
    of_day = pa.array((ROWS // FS).astype(np.int32), pa.time32("s"))
    problem = refused(tmp_path, {"time": of_day, "II": WAVE}, fs="360")
    assert "they have too few digits for such times, and no row is one too many" in problem.detail
    assert mended(tmp_path, *proposed(problem.detail)).length == N
