"""What cannot be understood of tables with keys or lists names file, column, and what would do."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading, parsed

N = 500
X = np.arange(N) / 100
T = np.repeat(np.arange(N // 2) * 4, 2)
BOTH = ["II", "V1"] * (N // 2)
WINDOWS = [np.arange(k * 2, k * 2 + 4.0) for k in range(3)]
PACKETS = [np.arange(360) + 360 * k for k in range(50)]


def mapped(keys):
    return f'[[table]]\nfiles = "*"\nfs = 100\n{keys}\n'


def long_rows(**other):
    return {"record": ["a"] * N, "lead": BOTH, "time_ms": T, "value": X} | other


def packet_rows(**other):
    return {"record": ["a"] * 50, "t_s": np.arange(50.0), "fs": [360] * 50, "ecg": PACKETS} | other


REFUSED = {
    "a row without a lead": (
        long_rows(lead=[*BOTH[:-1], None]),
        "lead",
        "row 499 says no lead; give every row one",
    ),
    "a row without a record": (
        long_rows(record=["a"] * 499 + [None]),
        "record",
        "row 499 says no record",
    ),
    "a row with an empty record": (
        long_rows(record=["a"] * 498 + ["", "a"]),
        "record",
        "row 498 says no record; give every row one",
    ),
    "a row with a lead of spaces": (
        long_rows(lead=[" ", *BOTH[1:]]),
        "lead",
        "row 0 says no lead; give every row one",
    ),
    "windows of one record in a column, and no place": (
        {"record": ["r"] * 9, "fs": [100] * 9, "II": WINDOWS * 3},
        "II",
        "has 9 rows of lead 'II' of record 'r', and nothing says where each begins.*stride",
    ),
    "a row without a time": (
        long_rows(time_ms=[None, *T[1:].tolist()]),
        "time_ms",
        "row 0 has no time",
    ),
    "two gains of one lead": (
        long_rows(gain=[200.0, 200.0] * 125 + [100.0, 200.0] * 125),
        "gain",
        "says '200.0' and '100.0' for lead 'II' of record 'a'; expected one gain",
    ),
    "two values of one time": (
        long_rows(time_ms=[*T[:-2].tolist(), 0, 0]),
        "time_ms",
        "row 498 repeats the time of row 0 of lead 'II' of record 'a' with another value",
    ),
    "a rate that the times deny": (
        long_rows(fs=[500] * N),
        "time_ms",
        r"says fs 500 \(column fs\), but its timestamps make 250 Hz.*fs = 250 }",
    ),
    "a rate that packets deny": (
        packet_rows(fs=[250] * 50),
        "t_s",
        r"says fs 250 \(column fs\), but its timestamps make 360 Hz",
    ),
    "packets that contradict each other": (
        packet_rows(t_s=[*range(49), 7.0]),
        "ecg",
        "row 49 and another have sample 2520 of lead 'ecg', and not the same of it",
    ),
    "one packet and no rate": (
        {"t_s": [0.0], "ecg": [X]},
        "t_s",
        "one packet alone has no rate; say in a mapping: .*fs = RATE",
    ),
    "packets that are years apart": (
        packet_rows(t_s=[*range(49), 2e9]),
        "t_s",
        "no record is longer than ten years",
    ),
    "windows that were normalised": (
        {"record": ["a"] * 3, "II": [WINDOWS[0], WINDOWS[1] * 2, WINDOWS[2]]},
        "II",
        "row 1 and another have sample 2 of lead 'II'",
        mapped("stride = { samples = 2 }"),
    ),
    "windows of no whole stride": (
        {"record": ["a"] * 3, "II": WINDOWS},
        "II",
        "the stride of 0.015 s is 1.5 samples",
        mapped("stride = { seconds = 0.015 }"),
    ),
    "windows that say no start": (
        {"record": ["a", "a", "b"], "II": WINDOWS},
        "record",
        "has 2 rows of lead 'II' of record 'a', and nothing says where each begins.*stride = ",
        mapped(""),
    ),
    "a window far away": (
        {"record": ["a"] * 3, "II": WINDOWS, "at": [0, 2, 2**60]},
        "at",
        "row 2 begins at sample 1152921504606846976 of lead 'II'",
        mapped('stride = { column = "at" }'),
    ),
    "a file of nothing": (
        {"record": pa.array([], pa.string()), "II": pa.array([], pa.list_(pa.float32()))},
        None,
        "has no rows",
        mapped(""),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_understood_names_file_column_and_remedy(tmp_path, name):
    columns, column, words, *mapping = REFUSED[name]
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(columns), path)
    reading = Reading(parsed(mapping[0].encode(), "m.toml")) if mapping else AS_IT_IS
    source = scan([tmp_path], reading=reading)
    problem = source.problems[0]
    assert (problem.path, problem.column) == (str(path), column)
    with pytest.raises(type(problem), match=words):
        raise problem
    # What is wrong with one lead or record takes no other along.
    assert len(source.records()) == (name in {"two gains of one lead", "windows that say no start"})


def test_rows_of_one_record_in_two_files_without_a_time_need_an_order(tmp_path):
    for number in range(2):
        columns = {"record": ["a"] * 100, "lead": ["II"] * 99 + ["V1"], "value": X[:100] + number}
        table = pa.table(columns, metadata={"fs": "100"})
        pq.write_table(table, tmp_path / f"{number}.parquet")
    source = scan([tmp_path])
    assert 'order = "file name"' in str(source.problems[0])
    reading = Reading(parsed(mapped('order = "file name"').encode(), "m.toml"))
    source = scan([tmp_path], reading=reading)
    assert source.problems == ()
    (column,) = source.read("a", ["II"], 0, 198)
    assert column.samples.tolist() == [*X[:99], *(X[:99] + 1)]


def test_a_record_of_no_samples_is_left_out_and_noted(tmp_path):
    columns = {"record": ["a", "b"], "II": pa.array([None, [1.0, 2.0]], pa.list_(pa.float32()))}
    pq.write_table(pa.table(columns, metadata={"fs": "100"}), tmp_path / "a.parquet")
    source = scan([tmp_path])
    assert source.notes == ("record a: has no samples, and is left out",)
    assert [one.record for one in source.records()] == ["b"]


def test_rows_of_one_name_in_two_folders_are_not_put_together(tmp_path):
    for folder in ("bonn/date=2020-01-01", "kiel", "bonn/date=2020-01-02"):
        (tmp_path / folder).mkdir(parents=True)
        begin = 1_000 if folder.endswith("02") else 0
        columns = {"record": ["7"] * 200, "lead": ["I", "II"] * 100, "value": np.arange(200.0)}
        columns["time_ms"] = begin + np.repeat(np.arange(100) * 10, 2)
        pq.write_table(pa.table(columns), tmp_path / folder / "a.parquet")
    mapping = '[[table]]\nfiles = "**"\nrecord_column = "record"\n'
    source = scan([tmp_path], reading=Reading(parsed(mapping.encode(), "m.toml")))
    (problem,) = source.problems
    assert "record '7' is left out here" in str(problem)
    # Days of one folder are one record.
    assert source.record("7").lead("I").length == 200


def test_packets_that_share_samples_are_of_the_rate_that_is_said(tmp_path):
    whole = np.random.default_rng(9).normal(size=4_340).astype(np.float32)
    starts = np.arange(9) * 480
    rows = {"time_ms": starts * 2, "lead": ["II"] * 9, "fs": [500] * 9}
    rows["samples"] = [whole[k : k + 500] for k in starts]
    pq.write_table(pa.table(rows), tmp_path / "p.parquet")
    source = scan([tmp_path])
    assert (source.problems, source.notes) == ((), ())
    (column,) = source.read("p", ["II"], 0, 4_340)
    assert np.array_equal(column.samples, whole)
    assert source.record("p").fs == 500


def test_a_patient_that_is_empty_is_none(tmp_path):
    table = long_rows(record=["a"] * 250 + ["b"] * 250, patient_id=[""] * 250 + ["P"] * 250)
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    assert {one.record: one.patient for one in scan([tmp_path]).records()} == {"a": "a", "b": "P"}
