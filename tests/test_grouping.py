"""Files put together: each record once, whatever its files are."""

import numpy as np
import pyarrow as pa

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.layouts import record_id
from ecgstream.storage.foreign.times.disorder import Remarks
from ecgstream.storage.index.index import Index
from tests.archives.kit import ecg, save
from tests.contracts.source import physical, same

N = 200
ROWS = {"record_id": ["r"] * N + ["s"] * N, "time_ms": np.tile(np.arange(N) * 4, 2)}


def test_rows_of_unlike_tables_that_name_one_record_are_its_leads(tmp_path):
    long = ROWS | {"lead": ["II"] * 2 * N, "voltage": np.tile(ecg(N), 2)}
    save(tmp_path / "a.parquet", long)
    save(tmp_path / "b.parquet", ROWS | {"V5": np.tile(ecg(N, 1), 2)})
    source = scan([tmp_path])
    assert source.problems == ()
    assert [record.record for record in source.records()] == ["r", "s"]
    (column,) = source.read("s", ["V5"], 0, N)
    assert same(physical(column), ecg(N, 1))


def test_a_record_that_unlike_shapes_name_is_served_once_and_both_files_are_named(tmp_path):
    first = save(
        tmp_path / "a.parquet", ROWS | {"lead": ["II"] * 2 * N, "voltage": np.tile(ecg(N), 2)}
    )
    lists = pa.array([ecg(N)[:100], ecg(N)[100:]])
    packets = {"record_id": ["r"] * 2, "time_ms": [0, 400], "II": lists, "fs": [250] * 2}
    second = save(tmp_path / "b.parquet", packets)
    source = scan([tmp_path])
    assert [record.record for record in source.records()] == ["r", "s"]
    (problem,) = source.problems
    assert problem.path == str(second)
    assert f"is in {first} already" in str(problem)
    index = Index([tmp_path], None)
    index.update()
    assert [record.record for record in index.source().records()] == ["r", "s"]
    index.close()


def test_what_is_said_of_one_record_s_times_is_told_of_no_other_of_its_folder(tmp_path):
    wide = {"record_id": ["1"] * N, "time_ms": np.arange(N) * 4, "II_mV": ecg(N)}
    for name in ("a", "b"):
        save(tmp_path / f"{name}.parquet", wide)
    other = wide | {"record_id": ["a/b"] * N + ["other"] * N, "lead": ["II"] * 2 * N}
    other |= {"time_ms": np.tile(np.arange(N) * 4, 2), "II_mV": np.tile(ecg(N), 2)}
    save(tmp_path / "long.parquet", {n: [*held, *held[:9]] for n, held in other.items()})
    source = scan([tmp_path])
    remarks = Remarks(source)
    names = [record.record for record in source.records()]
    told = {name: [one.detail for one in remarks.of(name)] for name in names}
    slashed = record_id(["a/b"])
    assert told == {
        "1": ["200 rows repeat a timestamp with the same voltage and are left out"],
        slashed: ["9 rows repeat a timestamp with the same value, and left out"],
        "other": [],
    }


def test_rows_are_of_the_data_set_whose_folder_their_files_are_in(tmp_path):
    lists = pa.array([ecg(N), ecg(N, 1)])
    for name, records in (("one", ["a", "b"]), ("other", ["c", "d"])):
        (tmp_path / name).mkdir()
        save(tmp_path / name / "rows.parquet", {"ecg_id": records, "II": lists, "fs": [250] * 2})
    long = {"record_id": ["both"] * N, "patient_id": ["p"] * N}
    long |= {"time_ms": np.arange(N) * 4, "II_mV": ecg(N)}
    save(tmp_path / "one" / "long.parquet", {n: held[: N // 2] for n, held in long.items()})
    save(tmp_path / "other" / "long.parquet", {n: held[N // 2 :] for n, held in long.items()})
    source = scan([tmp_path])
    index = Index([tmp_path], None)
    index.update()
    for records in (source.records(), index.source().records()):
        assert {record.record: record.dataset for record in records} == {
            "a": "one",
            "b": "one",
            "c": "other",
            "d": "other",
            # Its two halves are in either: it is of none.
            "both": "",
        }
    index.close()
