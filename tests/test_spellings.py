"""Names of leads that differ in case alone: never two leads of half of the samples each."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import Reading, parsed
from ecgstream.storage.foreign.proposing import spelled
from tests.archives.kit import ecg

N = 1_000
FS = 250


def save(folder, path, **columns):
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(columns, metadata={"fs": str(FS), "unit": "mV"})
    pq.write_table(table, folder / path)


def leads(folder, mapping=None):
    source = scan([folder], reading=Reading(mapping and parsed(mapping.encode(), "m")))
    told = {one.record: [lead.name for lead in one.leads] for one in source.records()}
    return told, source.problems


@pytest.fixture
def parts(tmp_path):
    for part, name in enumerate(("II", "ii")):
        time = np.arange(N) / FS + part * N / FS
        save(tmp_path, f"rec=1/part-{part}.parquet", time_s=time, V5=ecg(N), **{name: ecg(N, part)})
    return tmp_path


def test_a_part_that_spells_a_lead_otherwise_is_left_out_and_named(parts):
    told, (problem,) = leads(parts)
    assert told == {"1": ["II", "V5"]}
    assert "part-1.parquet, column 'ii': calls a lead 'ii' that " in str(problem)
    assert "part-0.parquet calls 'II': whether they are one lead nobody says" in str(problem)


def test_who_says_that_they_are_two_leads_has_two(parts):
    _, (problem,) = leads(parts)
    pasted = spelled(problem.detail).partition("say in a mapping:\n")[2]
    assert '\nfiles = "rec=1/part-1.parquet"\n' in pasted
    told, problems = leads(parts, pasted.replace("LEAD", "II filtered"))
    assert not problems
    assert {record: set(names) for record, names in told.items()} == {
        "1": {"II", "V5", "II filtered"}
    }


def test_of_columns_of_one_file_the_second_has_a_number(tmp_path):
    save(tmp_path, "r.parquet", aVR=ecg(N), AVR=ecg(N, 1), avr=ecg(N, 2), AVR_mV=ecg(N, 3))
    assert leads(tmp_path) == ({"r": ["aVR", "AVR#2", "avr#3", "AVR#4"]}, ())


@pytest.mark.parametrize("shape", ["long", "packets"])
def test_in_rows_the_second_spelling_is_left_out_and_named(tmp_path, shape):
    names = ["II", "ii"]
    if shape == "long":
        time = np.tile(np.arange(N) / FS, 2)
        held = {"time_s": time, "lead": np.repeat(names, N), "value": ecg(2 * N)}
    else:
        lists = [ecg(N).tolist(), ecg(N, 1).tolist()]
        held = {"time_s": [0.0, N / FS], "lead": names, "value": lists}
    save(tmp_path, "r.parquet", **held)
    told, (problem,) = leads(tmp_path)
    assert told == {"r": ["II"]}
    assert "column 'lead': calls a lead of record 'r' 'ii' and 'II'" in str(problem)
