"""Columns called nearly as leads are: not shown, found fault with, and shown by the mapping told."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.archive.check_words import lines
from ecgstream.archive.checking import Summary, check
from ecgstream.archive.whole import Whole
from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.likely import like_a_lead
from ecgstream.storage.foreign.mapping import Reading, parsed
from ecgstream.storage.foreign.proposing import proposed, spelled
from ecgstream.storage.foreign.times.disorder import Remarks

X = np.round(np.sin(np.arange(3600) / 40), 3)
METADATA = {"fs": "360", "unit": "mV"}
ODD = ["lead_II_filtered", "II_raw", "LII", "L2", "V10"]


def stored(folder, *names, **columns):
    columns |= {name: X + number for number, name in enumerate(names)}
    pq.write_table(pa.table(columns, metadata=METADATA), folder / "t.parquet")
    return scan([folder])


def remark(source, record="t"):
    return next((one for one in Remarks(source).of(record) if one.kind == "not_shown"), None)


@pytest.mark.parametrize("name", [*ODD, "ECG_MV", "aVR raw", "ECG-V10", "DII_clean", "ekg2_uV"])
def test_what_is_called_nearly_as_a_lead_is_known(name):
    assert like_a_lead(name)


@pytest.mark.parametrize(
    "name",
    ["ECG_Rate", "ECG_Quality", "ECG_R_Peaks", "II_mean", "V1_amplitude", "i", "class", "l2", "x",
     "acc", "age", "PLETH", "raw", "I_II_diff", "heart_rate", "index", "value", "sample_id"],
)  # fmt: skip
def test_numbers_of_an_ecg_and_other_words_are_none(name):
    assert not like_a_lead(name)


def test_the_finding_names_them_and_its_mapping_shows_them_beside_the_others(tmp_path):
    source = stored(tmp_path, "MLII", *ODD, "age")
    assert [lead.name for lead in source.record("t").leads] == ["MLII"]
    found = remark(source)
    assert found.level == "warning"
    assert found.detail.startswith(f"columns {', '.join(ODD)} may be leads by their names, and are")
    pasted = spelled(found.detail).partition("\n")[2]
    mapping = f"{pasted}\n"
    named = scan([tmp_path], reading=Reading(parsed(mapping.encode(), "m")))
    assert not named.problems
    leads = named.record("t").leads
    assert {lead.name for lead in leads} == {"MLII", *ODD}
    assert {lead.kind for lead in leads} == {"ecg"}
    assert remark(named) is None


def test_beside_a_mapping_it_is_said_what_to_put_there(tmp_path):
    stored(tmp_path, "MLII", "LII")
    mapping = b'[[table]]\nfiles = "*.parquet"\nunit = "mV"\n'
    found = remark(scan([tmp_path], reading=Reading(parsed(mapping, "m"))))
    assert 'right below files = "*.parquet": signals = { "MLII" = {}, "LII" = {' in found.detail
    (line,) = proposed(found.detail)
    more = mapping.decode() + line
    named = scan([tmp_path], reading=Reading(parsed(more.encode(), "m")))
    assert [lead.name for lead in named.record("t").leads] == ["MLII", "LII"]


def test_of_lists_and_numbers_those_of_the_kind_that_is_shown_are_meant(tmp_path):
    source = stored(tmp_path, II=[X[:900]] * 4, LII=[X[:900]] * 4, V10=[1.0] * 4, ecg_id=[*"abcd"])
    assert remark(source, "a").detail.startswith("column LII may be a lead by its name, and is not")


def test_a_person_is_told_once_what_columns_are_not_shown(tmp_path):
    stored(tmp_path, II=[X[:900]] * 4, LII=[X[:900]] * 4, age=[1] * 4, ecg_id=[*"abcd"])
    *records, last = check(Whole((str(tmp_path),)), workers=1)
    assert isinstance(last, Summary)
    told = "\n".join(line for one in records for line in lines(one))
    assert told.count('say in a mapping:\n    [[table]]\n    files = "t.parquet"\n') == 4
    told, counted = lines(last)
    assert told == "not shown in 4 records: columns LII, age"
    assert counted.startswith("4 records: ")


def test_what_is_said_of_a_person_is_proposed_as_no_lead(tmp_path):
    people = {"patient": ["a", "b"], "age": [60, 61], "height": [170, 180], "sex": [0, 1]}
    pq.write_table(pa.table(people), tmp_path / "people.parquet")
    (problem,) = scan([tmp_path]).problems
    assert "has the columns patient, age, height, sex" in str(problem)
    assert not proposed(problem.detail)


def test_a_lead_that_holds_no_numbers_is_found_fault_with_and_a_mapping_that_chooses_settles_it(
    tmp_path,
):
    texts, nothing = [f"{x:.3f}" for x in X], pa.nulls(len(X))
    odd = {"II": pa.array(texts, pa.large_string()), "V4": pa.array(X > 0), "aVF_mV": nothing}
    # What is called an ECG may be a path, and what is called otherwise is no lead.
    others = {"ecg": texts, "rhythm": texts, "good": pa.array(X > 0)}
    source = stored(tmp_path, "I", "V5", **odd, **others)
    assert [lead.name for lead in source.record("t").leads] == ["I", "V5"]
    found = remark(source)
    assert found.level == "warning"
    listed = "columns II (large_string), V4 (bool), aVF_mV (null) have leads' names and"
    assert found.detail.startswith(listed)
    pasted = spelled(found.detail).partition("\n")[2] + "\n"
    chosen = scan([tmp_path], reading=Reading(parsed(pasted.encode(), "m")))
    assert [lead.name for lead in chosen.record("t").leads] == ["I", "V5"]
    assert remark(chosen) is None


def test_a_lead_that_holds_no_numbers_is_told_of_rows_and_of_one_of_several_files(tmp_path):
    rows = {"II": [X[:900]] * 2, "V1": ["a", "b"], "ecg_id": ["a", "b"]}
    assert "column V1 (string) has a lead's name" in remark(stored(tmp_path, **rows), "a").detail
    parts = tmp_path / "case=1"
    parts.mkdir()
    for part, values in enumerate([X, [f"{x:.3f}" for x in X]]):
        table = pa.table({"time_s": np.arange(3600) / 360 + 10 * part, "I": X, "II": values})
        pq.write_table(table, parts / f"part-{part}.parquet")
    assert "column II (string) has a lead's name" in remark(scan([tmp_path]), "1").detail
