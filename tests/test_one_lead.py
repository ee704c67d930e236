"""Lists that may hold several leads: refused where anything says so, else told to be one."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ecgstream import cli
from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import Reading, parsed
from ecgstream.storage.foreign.proposing import proposed
from ecgstream.storage.foreign.times.disorder import Remarks
from ecgstream.web import faults, records

LEADS, SAMPLES = 12, 500
X = np.random.default_rng(0).normal(size=(2, LEADS, SAMPLES)).astype("f4")
FLAT = pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), LEADS * SAMPLES)


def stored(folder, column, **said):
    metadata = {"fs": "100", "unit": "mV"} | said
    pq.write_table(
        pa.table({"ecg_id": ["a", "b"], "ecg": column}, metadata=metadata), folder / "t.parquet"
    )
    return scan([folder])


def tensor():
    kind = pa.fixed_shape_tensor(pa.float32(), (LEADS, SAMPLES))
    return pa.ExtensionArray.from_storage(kind, FLAT)


def nested(*axes):
    inner = np.ascontiguousarray(X.transpose(0, *axes))
    lists = pa.FixedSizeListArray.from_arrays(pa.array(inner.ravel()), inner.shape[2])
    return pa.FixedSizeListArray.from_arrays(lists, inner.shape[1])


@pytest.mark.parametrize(
    "column",
    [tensor(), nested(1, 2), nested(2, 1), pa.array(X.tolist(), pa.list_(pa.list_(pa.float32())))],
    ids=["tensor", "leads first", "samples first", "lists of lists"],
)
def test_lists_of_leads_are_refused_in_either_order_and_what_to_store_is_said(tmp_path, column):
    source = stored(tmp_path, column)
    assert not source.records()
    (problem,) = source.problems
    assert problem.column == "ecg"
    assert "store each lead as a list in a column of its own, called after it" in str(problem)


@pytest.mark.parametrize("shape", ["[12, 500]", "(500, 12)", "12x500"])
def test_a_flat_list_that_is_said_to_be_an_array_is_refused(tmp_path, shape):
    source = stored(tmp_path, FLAT, shape=shape)
    (problem,) = source.problems
    assert f"its shape is said to be {shape}" in str(problem).replace("'", "")
    assert "store a column a lead" in str(problem)
    assert not source.records()


def test_the_shape_of_one_lead_is_none_of_several(tmp_path):
    assert len(stored(tmp_path, FLAT, shape="[1, 6000]").records()) == 2


def test_lists_that_name_no_lead_are_found_fault_with_until_a_mapping_names_it(tmp_path):
    source = stored(tmp_path, FLAT)
    found = list(Remarks(source).of("a"))
    assert [(one.kind, one.level, one.leads) for one in found] == [
        ("one_lead", "warning", ("ecg",))
    ]
    assert "column ecg: each list is taken for one lead; where several" in found[0].detail
    assert "no mapping parts them: store a column a lead" in found[0].detail
    (line,) = proposed(found[0].detail)
    said = f'[[table]]\nfiles = "**/t.parquet"\n{line.replace("LEAD", "II")}'
    named = scan([tmp_path], reading=Reading(parsed(said.encode(), "m")))
    assert not list(Remarks(named).of("a"))
    assert [lead.name for lead in named.record("a").leads] == ["II"]


def test_it_is_told_beside_the_record_in_the_panel_and_by_check(tmp_path):
    source = stored(tmp_path, FLAT)
    assert cli.main(["check", str(tmp_path)]) == 1
    with ThreadPoolExecutor(2) as readers:
        routes = records.record_routes(source, readers)
        with TestClient(Starlette(routes=routes, exception_handlers=faults.HANDLERS)) as client:
            told = client.get("/api/v1/records").json()["records"][0]["found"]
            checks = client.get("/api/v1/records/a/quality?checks=1").json()["checks"]
    assert told["leads"] == "column ecg: each list is taken for one lead"
    (one,) = [one for one in checks["findings"] if one["kind"] == "one_lead"]
    assert 'signals = { "ecg" = { name = "LEAD" } }' in one["detail"]


def test_in_a_mapping_that_says_other_things_the_line_has_its_place(tmp_path):
    stored(tmp_path, FLAT)
    said = Reading(parsed(b'table = [{ files = "*.parquet", source = "here" }]', "m"))
    (one,) = Remarks(scan([tmp_path], reading=said)).of("a")
    assert 'say in the mapping right below files = "*.parquet": signals = { "ecg"' in one.detail


def beside(folder, **columns):
    columns = {"ecg_id": ["a", "b"], "ecg": FLAT} | columns
    table = pa.table(columns, metadata={"fs": "100", "unit": "mV"})
    pq.write_table(table, folder / "t.parquet")
    return scan([folder])


@pytest.mark.parametrize(
    "said",
    [{"n_leads": [12, 12]}, {"channels": [1, 12]}, {"leads": ["I,II", "I,II"]},
     {"lead_names": [["I", "II"]] * 2}, {"shape": ["(12, 500)"] * 2}],
    ids=lambda said: next(iter(said)),
)  # fmt: skip
def test_a_column_that_says_several_leads_is_believed_as_the_metadata_is(tmp_path, said):
    source = beside(tmp_path, **said)
    assert not source.records()
    (problem,) = source.problems
    assert problem.column == "ecg"
    assert f"its column {next(iter(said))} says how several leads lie in it" in str(problem)
    (line,) = proposed(problem.detail)
    mapping = f'[[table]]\nfiles = "**"\n{line.replace("LEAD", "II")}'
    named = scan([tmp_path], reading=Reading(parsed(mapping.encode(), "m")))
    assert [lead.name for lead in named.record("a").leads] == ["II"]


@pytest.mark.parametrize(
    "said", [{"n_leads": [1, 1]}, {"n_leads": [1.0, 1.0]}, {"leads": ["II", "II"]},
             {"shape": ["(6000,)", "(6000,)"]}, {"leads": [True, False]}],
    ids=["1", "1.0", "II", "shape", "no count"],
)  # fmt: skip
def test_a_column_that_says_one_lead_is_none_of_several(tmp_path, said):
    source = beside(tmp_path, **said)
    assert [one.record for one in source.records()] == ["a", "b"]
