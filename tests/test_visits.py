"""Rows with a date and a patient, and no record: two visits are two records, packets are one."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import Reading, parsed
from ecgstream.storage.index.index import Index

N, FS = 500, 250
HOURS = {"days": (0, 400 * 24), "hours": (0, 3)}


def rows(patients, seconds, clock="us", **other):
    """Return rows of 2 s of lead II, each begun so many seconds after the first."""
    when = 1_546_300_800_000 + (np.array(seconds) * 1000).astype(np.int64)
    time = (
        {"timestamp": when} if clock == "number" else {"recorded_at": when.astype("datetime64[ms]")}
    )
    wave = [np.sin(np.arange(N) / 9 + k) for k in range(len(patients))]
    rate = {"fs": [FS] * len(patients)}
    return pa.table({"patient_id": patients} | time | {"II_mV": wave} | rate | other)


def save(root, name, table):
    path = root / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)


def read(root, mapping=""):
    return scan(
        [root], reading=Reading(parsed(mapping.encode(), "m.toml")) if mapping else Reading()
    )


def told(source):
    return sorted((one.record, one.patient, one.leads[0].length) for one in source.records())


@pytest.mark.parametrize("apart", HOURS)
def test_two_visits_of_one_patient_are_two_records_with_their_own_dates_and_say_why(
    tmp_path, apart
):
    hours = HOURS[apart]
    save(tmp_path, "ecgs", rows([18, 18], np.array(hours) * 3600))
    source = read(tmp_path)
    assert source.problems == ()
    assert told(source) == [("ecgs.0", "18", N), ("ecgs.1", "18", N)]
    for one, hour in zip(source.records(), hours, strict=True):
        assert one.start_time == 1_546_300_800 + hour * 3600
        assert ("rows", "a record each: most do not begin where another ends") in one.found
        assert ("patient", "column patient_id") in one.found
    index = Index([tmp_path], None)
    index.update()
    assert told(index.source()) == told(source)
    index.close()


def test_visits_of_several_patients_keep_their_patients(tmp_path):
    save(tmp_path, "ecgs", rows([1.0, 2.0, 1.0], [0, 9, 86_400]))
    assert told(read(tmp_path)) == [("ecgs.0", "1", N), ("ecgs.1", "2", N), ("ecgs.2", "1", N)]


def test_rows_of_several_patients_without_a_date_are_a_record_each_as_those_of_one_are(tmp_path):
    for name, patients in (("one", [1, 1]), ("two", [1, 1, 2])):
        save(tmp_path, name, rows(patients, [0] * len(patients)).drop_columns("recorded_at"))
    assert [one[:2] for one in told(read(tmp_path))] == [
        ("one.0", "1"), ("one.1", "1"), ("two.0", "1"), ("two.1", "1"), ("two.2", "2"),
    ]  # fmt: skip


def test_visits_in_parts_of_a_folder_of_one_patient_are_records_of_their_own(tmp_path):
    for part in range(2):
        table = rows([7, 7], np.array([0, 100]) * 86_400.0).drop_columns("patient_id")
        save(tmp_path, f"patient=7/part-{part}", table)
    source = read(tmp_path)
    assert source.problems == ()
    names = [f"7.part-{part}.{row}" for part in range(2) for row in range(2)]
    assert told(source) == [(name, "7", N) for name in names]


def test_packets_that_follow_each_other_are_one_record_with_the_lost_one_missing(tmp_path):
    save(tmp_path, "p", rows([5] * 5, [0, 2, 4, 8, 10]))
    source = read(tmp_path)
    assert told(source) == [("p", "5", 6 * N)]
    save(tmp_path, "p", rows([5, 6] * 3, [0, 0, 2, 2, 4, 4]))
    assert told(read(tmp_path)) == [("5", "5", 3 * N), ("6", "6", 3 * N)]


@pytest.mark.parametrize("clock", ["us", "number"])
@pytest.mark.parametrize("patients", [[5] * 6, [5] * 6 + [6]])
def test_packets_days_apart_of_which_only_a_patient_is_said_are_refused_with_what_settles_it(
    tmp_path, clock, patients
):
    seconds = np.array([0, 2, 4, 864_000, 864_002, 864_004, 0])[: len(patients)]
    save(
        tmp_path, "p", rows(patients, seconds, clock, night=[1, 1, 1, 2, 2, 2, 3][: len(patients)])
    )
    source = read(tmp_path)
    (problem,) = source.problems
    name = "p" if len(set(patients)) == 1 else "5"
    assert f"rows of record '{name}' are 10 days apart, and nothing says that they" in str(problem)
    assert told(source) == ([] if name == "p" else [("6", "6", N)])
    one = read(tmp_path, str(problem).split("say in a mapping: ")[-1])
    assert one.problems == ()
    assert told(one)[0] == (name, "5", 864_000 * FS + 3 * N)
    apart = read(tmp_path, '[[table]]\nfiles = "**"\nrecord_column = "night"\n')
    assert told(apart)[:2] == [("1", "5", 3 * N), ("2", "5", 3 * N)]


def test_who_says_the_record_of_visits_has_one_record_of_them(tmp_path):
    save(tmp_path, "ecgs", rows([18, 18], [0, 9 * 86_400], record_id=["r", "r"]))
    assert told(read(tmp_path)) == [("r", "18", 9 * 86_400 * FS + N)]


def test_visits_of_which_nobody_says_a_rate_are_never_one_record_and_a_rate_tells_them_apart(
    tmp_path,
):
    save(tmp_path, "ecgs", rows([18, 18], [0, 9 * 86_400]).drop_columns("fs"))
    source = read(tmp_path)
    assert told(source) == []
    words = str(source.problems[0]).split("say in a mapping: ")[-1].replace("RATE", "250")
    assert told(read(tmp_path, words)) == [("ecgs.0", "18", N), ("ecgs.1", "18", N)]
