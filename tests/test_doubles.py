"""Data sets whose records have the same ids: told once, both places named, and the remedy tried."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import Reading, parsed
from ecgstream.storage.foreign.proposing import spelled
from ecgstream.storage.index.index import Index

IDS = np.arange(1, 41)
X = np.sin(np.arange(500) / 9)


def dataset(folder, ids=IDS, name="train", **columns):
    folder.mkdir(parents=True, exist_ok=True)
    columns = {"ecg_id": ids, "II": [X] * len(ids)} | columns
    table = pa.table(columns, metadata={"fs": "100", "unit": "mV"})
    pq.write_table(table, folder / f"{name}.parquet")
    return folder / f"{name}.parquet"


def scanned(*roots, mapping=""):
    return scan(roots, reading=Reading(parsed(mapping.encode(), "m")) if mapping else Reading())


def indexed(*roots):
    index = Index(list(roots), None)
    index.update()
    source = index.source()
    problems, ids = source.problems, [one.record for one in source.records()]
    index.close()
    return problems, ids


def test_two_data_sets_of_the_same_ids_are_one_word_with_the_mapping_that_serves_both(tmp_path):
    first, second = dataset(tmp_path / "chapman"), dataset(tmp_path / "ptb")
    problems = scanned(tmp_path).problems
    assert [str(one) for one in indexed(tmp_path)[0]] == [str(one) for one in problems]
    (problem,) = problems
    assert problem.path == str(second)
    assert "40 records ('1', '2', '3' and 37 more) are left out here" in str(problem)
    assert f"are in {first} already" in str(problem)
    pasted = spelled(str(problem)).partition("\n")[2]
    both = scanned(tmp_path, mapping=pasted)
    assert not both.problems
    ids = {str(one) for one in IDS}
    assert {one.record for one in both.records()} == ids | {f"ptb.{one}" for one in ids}
    mapped = both.record("ptb.7")
    assert mapped.patient == "ptb.7"
    assert dict(mapped.found)["record"] == "mapping and row column ecg_id"


def test_a_path_s_group_and_a_column_make_the_id_together(tmp_path):
    dataset(tmp_path / "chapman")
    dataset(tmp_path / "ptb")
    mapping = (
        '[[table]]\nfiles = "*/train.parquet"\n'
        "path = '(?P<record>\\w+)/train\\.parquet'\nrecord_column = \"ecg_id\"\n"
    )
    source = scanned(tmp_path, mapping=mapping)
    assert not source.problems
    assert {one.record for one in source.records()} == {
        f"{name}.{one}" for name in ("chapman", "ptb") for one in IDS
    }


def test_rows_a_sample_of_several_records_keep_their_own_samples_in_such_ids(tmp_path):
    ids = np.tile(["1", "2"], 500)
    for number, name in enumerate(("a", "b")):
        (tmp_path / name).mkdir()
        table = pa.table({"record_id": ids, "II_mV": np.arange(1000.0) + 5000 * number})
        pq.write_table(table, tmp_path / name / "t.parquet")
    mapping = (
        '[[table]]\nfiles = "b/t.parquet"\nfs = 100\nrecord = "b"\nrecord_column = "record_id"\n'
        '[[table]]\nfiles = "**"\nfs = 100\n'
    )
    source = scanned(tmp_path, mapping=mapping)
    assert [one.record for one in source.records()] == ["1", "2", "b.1", "b.2"]
    (column,) = source.read("b.2", ["II"], 0, 3)
    assert column.samples.tolist() == [5001, 5003, 5005]


def test_one_record_twice_names_both_files_in_the_folder_and_says_record(tmp_path):
    samples = dataset(tmp_path, ids=[7] * 500, name="wide", II=X)
    rows = dataset(tmp_path, ids=[7, 8], name="rows")
    dataset(tmp_path, ids=[9, 10], name="others")
    for problems in (scanned(tmp_path).problems, indexed(tmp_path)[0]):
        (problem,) = problems
        assert {problem.path, *str(problem).split()} >= {str(samples), str(rows)}
        pasted = spelled(str(problem)).partition("\n")[2]
        both = scanned(tmp_path, mapping=pasted)
        assert not both.problems
        assert len(both.records()) == 5


@pytest.mark.parametrize("look", [lambda *r: scanned(*r).problems, lambda *r: indexed(*r)[0]])
def test_two_roots_of_one_layout_are_told_to_be_named_as_one(tmp_path, look):
    dataset(tmp_path / "chapman")
    second = dataset(tmp_path / "ptb")
    (problem,) = look(tmp_path / "chapman", tmp_path / "ptb")
    assert problem.path == str(second)
    assert "name the folder above them as the one data root" in str(problem)
