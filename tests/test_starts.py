"""When a recording began: only what is called so says it, and what may say it too is told."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream import cli
from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading, parsed
from ecgstream.storage.foreign.proposing import proposed
from ecgstream.storage.foreign.times.disorder import Remarks
from ecgstream.storage.foreign.times.time_names import is_no_time, is_start

N = 3_600
WAVE = np.sin(np.arange(N) / 40)
BORN, TAKEN, LATER = (datetime(1950, 5, 1), datetime(2020, 5, 1, 10), datetime(2024, 5, 2))  # noqa: DTZ001
STARTED = 1_588_327_200.0

STARTS = [
    "start", "Start_Time", "time", "timestamp", "DateTime", "date", "recorded_at", "recordedAt",
    "Recording Date", "acquired", "acquisition_time", "AcquisitionDateTime", "study_date",
    "StudyDate", "exam-date", "ecg_time", "ECGDate", "charttime", "recording_start", "ts",
    "measured_on", "Untersuchungsdatum", "Aufzeichnungsbeginn", "Zeitstempel", "date_of_recording",
]  # fmt: skip
NEVER = [
    "birth_date", "BirthDate", "date_of_birth", "dob", "DOB", "Geburtsdatum", "death_date", "dod",
    "deathtime", "export_time", "exported", "created_at", "CreationDate", "last_modified",
    "updated_at", "ingested_at", "load_ts", "loaded", "report_date", "printed_at", "dischtime",
    "discharge_time", "admission_time", "admittime", "end_time", "Entlassdatum",
]  # fmt: skip


@pytest.mark.parametrize("name", STARTS)
def test_a_name_that_says_so_is_a_start(name):
    assert is_start(name)
    assert not is_no_time(name)


@pytest.mark.parametrize("name", NEVER)
def test_what_dates_something_else_is_never_a_time(name):
    assert is_no_time(name)
    assert not is_start(name)


@pytest.mark.parametrize("name", ["visit_date", "event_time", "symptom_onset", "mi_date", "label"])
def test_what_no_name_says_is_neither(name):
    assert not is_start(name)
    assert not is_no_time(name)


def rows(folder, kind="us", **dates):
    """Write two records, a row each; each of `dates` is the one of the first (a year on: second)."""
    columns = {
        name: pa.array([when, when.replace(year=when.year + 1)], pa.timestamp(kind))
        for name, when in dates.items()
    }
    table = pa.table({"ecg_id": ["a", "b"], **columns, "II": [WAVE, WAVE]})
    pq.write_table(table.replace_schema_metadata({"fs": "360", "unit": "mV"}), folder / "t.parquet")


def read(folder, mapping=""):
    said = Reading(parsed(mapping.encode(), "m.toml")) if mapping else AS_IT_IS
    source = scan([folder], reading=said)
    assert [str(one) for one in source.problems] == []
    return source


def findings(source, record="a"):
    return [one for one in Remarks(source).of(record) if one.kind == "start"]


@pytest.mark.parametrize("name", ["birth_date", "Geburtsdatum", "created_at", "death_date"])
def test_a_date_of_birth_is_no_start_and_its_day_stands_nowhere(tmp_path, name):
    rows(tmp_path, **{name: BORN})
    source = read(tmp_path)
    for one in source.records():
        assert one.start_time is None
        assert ("not shown", f"columns {name}") in one.found
        assert "1950" not in repr(one)
        assert findings(source, one.record) == []


@pytest.mark.parametrize("others", [{"birth_date": BORN}, {"exported": LATER}])
def test_beside_such_a_date_the_time_of_the_recording_is_found(tmp_path, others):
    rows(tmp_path, **others, recorded_at=TAKEN)
    source = read(tmp_path)
    assert source.record("a").start_time == STARTED
    assert findings(source) == []


def test_a_table_of_samples_takes_no_such_date_for_its_clock(tmp_path):
    born = pa.array([BORN] * N, pa.timestamp("us"))
    table = pa.table({"dob": born, "II": WAVE}, metadata={"fs": "360", "unit": "mV"})
    pq.write_table(table, tmp_path / "r.parquet")
    (record,) = read(tmp_path).records()
    assert (record.start_time, record.fs, record.length) == (None, 360, N)


def test_two_starts_that_differ_are_told_until_a_mapping_names_one(tmp_path):
    rows(tmp_path, acquired_at=LATER, study_date=TAKEN)
    source = read(tmp_path)
    (one,) = findings(source)
    assert (one.level, one.leads) == ("warning", ())
    assert one.detail.startswith("its start is that of column acquired_at, and study_date says")
    assert proposed(one.detail) == ('time = { column = "COLUMN" }',)
    assert cli.main(["check", str(tmp_path)]) == 1
    said = '[[table]]\nfiles = "**/t.parquet"\ntime = { column = "study_date" }\n'
    told = read(tmp_path, said)
    assert told.record("a").start_time == STARTED
    assert findings(told) == []


@pytest.mark.parametrize(
    "other",
    [{"study_date": TAKEN.replace(hour=0)}, {"ecg_time": TAKEN}, {"visit_date": LATER}],
    ids=["a day alone", "the same", "not called a start"],
)
def test_starts_that_agree_are_no_matter(tmp_path, other):
    rows(tmp_path, recorded_at=TAKEN, **other)
    source = read(tmp_path)
    assert source.record("a").start_time == STARTED
    assert findings(source) == []


def test_days_that_differ_in_a_column_of_dates_are_told(tmp_path):
    rows(tmp_path, recorded_at=TAKEN)
    table = pq.read_table(tmp_path / "t.parquet")
    table = table.append_column("study_date", pa.array([LATER.date()] * 2))
    pq.write_table(table, tmp_path / "t.parquet")
    (one,) = findings(read(tmp_path))
    assert "column recorded_at, and study_date says another time" in one.detail


def test_the_start_of_packets_is_that_of_their_recording(tmp_path):
    when = np.datetime64(TAKEN, "us") + np.arange(4) * np.timedelta64(10, "s")
    columns = {"record_id": ["a"] * 4, "timestamp": when, "recorded_at": [TAKEN] * 4}
    table = pa.table(columns | {"II": [WAVE] * 4}, metadata={"fs": "360", "unit": "mV"})
    pq.write_table(table, tmp_path / "t.parquet")
    source = read(tmp_path)
    assert source.record("a").start_time == STARTED
    assert findings(source) == []


def test_a_date_that_no_name_explains_is_asked_for(tmp_path):
    rows(tmp_path, visit_date=TAKEN)
    source = read(tmp_path)
    assert source.record("a").start_time is None
    (one,) = findings(source)
    assert one.detail.startswith("nobody says when it began: column visit_date holds dates")
    (line,) = proposed(one.detail)
    assert line == 'time = { column = "visit_date" }'
    table = '[[table]]\nfiles = "**/t.parquet"\n'
    told = read(tmp_path, table + line)
    assert told.record("a").start_time == STARTED
    assert findings(told) == []
    none = read(tmp_path, f'{table}time = "none"\n')
    assert none.record("a").start_time is None
    assert findings(none) == []


def test_a_mapping_that_says_something_else_is_told_where_the_line_goes(tmp_path):
    rows(tmp_path, visit_date=TAKEN)
    (one,) = findings(read(tmp_path, '[[table]]\nfiles = "*.parquet"\nsource = "here"\n'))
    assert 'say in the mapping right below files = "*.parquet": time = { column' in one.detail
