"""Columns that nobody understands and that may name two people: told, with both answers."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.archive.checking import Summary, check
from ecgstream.archive.whole import Whole
from ecgstream.storage.catalog import scan
from ecgstream.storage.derived.verdicts import Verdicts
from ecgstream.storage.foreign.mapping import Reading, parsed
from ecgstream.storage.foreign.proposing import spelled
from ecgstream.storage.foreign.times.disorder import Remarks
from ecgstream.storage.foreign.whose.known_words import names_nobody

N = 1_000
FS = 100
X = np.sin(np.arange(2 * N) / 40)
HALVES = {"A1": N, "B2": N}


def runs(values):
    return [value for value, rows in values.items() for _ in range(rows)]


def save(folder, path="r.parquet", group=None, **columns):
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    rows = len(next(iter(columns.values())))
    table = pa.table({**columns, "II": X[:rows]}, metadata={"fs": str(FS), "unit": "mV"})
    pq.write_table(table, folder / path, row_group_size=group)


def told(folder, mapping=None):
    """Return the records with what is said of each of names that nobody knows."""
    reading = Reading(None if mapping is None else parsed(mapping.encode(), "m"))
    source = scan([folder], reading=reading)
    assert not source.problems
    remarks = Remarks(source)
    return {
        one.record: [said for said in remarks.of(one.record) if said.kind == "whose"]
        for one in source.records()
    }


def answers(detail):
    """Return the two mappings that a finding proposes: that it names records, and nobody."""
    yes = spelled(detail).partition("say in a mapping:\n")[2]
    files = yes.splitlines()[1]
    return yes, f"[[table]]\n{files}\n{detail.split('`')[1]}\n"


@pytest.mark.parametrize("kind", ["text", "coded", "whole", "floats", "groups", "nulls", "late"])
def test_several_values_in_one_run_each_are_told_with_both_answers(tmp_path, kind):
    values = np.array(runs(HALVES), object)
    if kind == "nulls":
        values[::3] = None
    column = pa.array(values)
    if kind == "coded":
        column = column.dictionary_encode()
    if kind in {"whole", "floats"}:
        column = np.repeat([3, 7], N).astype("f8" if kind == "floats" else "i8")
    beside = {f"c{k}": np.zeros(2 * N) for k in range(20)} if kind == "late" else {}
    save(tmp_path, group=N if kind == "groups" else None, **beside, grp=column)
    ((record, (found,)),) = told(tmp_path).items()
    assert record == "r"
    assert found.level == "warning"
    assert found.detail.startswith("column 'grp' has 2 values here, each in one run of rows")
    assert "A1" not in found.detail
    names, nobody = answers(found.detail)
    if kind != "nulls":
        ids = ["r.3", "r.7"] if kind in {"whole", "floats"} else ["r.A1", "r.B2"]
        assert told(tmp_path, names) == {one: [] for one in ids}
    assert told(tmp_path, nobody) == {"r": []}


@pytest.mark.parametrize("name", ["foo", "device_id"])
def test_part_files_of_a_record_that_differ_are_told_too(tmp_path, name):
    for part, value in enumerate(HALVES):
        time = np.arange(N) / FS + 10 * part
        path = f"session=1/part-{part}.parquet"
        save(tmp_path, path, time_s=time, **{name: [value] * N})
    ((record, (found,)),) = told(tmp_path).items()
    assert record == "1"
    assert f"column '{name}' has 2 values here" in found.detail
    names, nobody = answers(found.detail)
    assert told(tmp_path, names) == {"1.A1": [], "1.B2": []}
    assert told(tmp_path, nobody) == {"1": []}


def test_of_the_rows_of_a_patient_those_of_others_are_no_matter(tmp_path):
    save(tmp_path, patient_id=np.repeat(["P", "Q"], N), foo=np.repeat(["a", "b"], N))
    assert told(tmp_path) == {"P": [], "Q": []}
    four = np.repeat(["a", "b", "c", "d"], N // 2)
    save(tmp_path, patient_id=np.repeat(["P", "Q"], N), foo=four)
    found = told(tmp_path)
    assert [len(one) for one in found.values()] == [1, 1]
    names, nobody = answers(found["P"][0].detail)
    assert told(tmp_path, names) == {one: [] for one in "abcd"}
    assert told(tmp_path, nobody) == {"P": [], "Q": []}


def test_beside_a_mapping_it_is_said_where_its_lines_go(tmp_path):
    save(tmp_path, grp=runs(HALVES))
    table = '[[table]]\nfiles = "*.parquet"\nunit = "uV"\n'
    ((found,),) = told(tmp_path, table).values()
    line = (
        "in front of that, with what that one says too, where it counts for other files): record = "
    )
    assert f'{line}"r", record_column = "grp"' in found.detail
    more = f'{table}record = "r"\nrecord_column = "grp"\n'
    assert told(tmp_path, more) == {"r.A1": [], "r.B2": []}
    assert told(tmp_path, f'{table}labels = ["grp"]\n') == {"r": []}


def test_packets_of_two_are_told(tmp_path):
    samples = [X[k : k + 100] for k in range(0, 2_000, 100)]
    held = {"time_s": np.arange(20) * 1.0, "foo": [*"a" * 10, *"b" * 10], "II": samples}
    pq.write_table(pa.table(held, metadata={"fs": "100"}), tmp_path / "p.parquet")
    ((_, (found,)),) = told(tmp_path).items()
    assert told(tmp_path, answers(found.detail)[1]) == {"p": []}


LABELS = {
    "rhythm": HALVES,
    "signal_quality": HALVES,
    "sleepStage": HALVES,
    "Qualität": HALVES,
    "window_id": HALVES,
    "source_file_part": HALVES,
    "rhythm value": {"(N": N, "(AFIB": N},
    "of beats": {"N": N, "V": N},
    "a flag": {0: N, 1: N},
    "true": {False: N, True: N},
    "to and fro": {"a": 500, "b": 500},
    "one": {"a": 2 * N},
    "short": dict.fromkeys(range(200), 10),
    "as long as beats": dict.fromkeys(range(20), 100),
    "measured": {36.5: N, 37.0: N},
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_flags_counters_and_measures_are_not_asked_about(tmp_path, name):
    values = runs(LABELS[name])
    if name == "to and fro":
        values *= 2
    named = name if name in {*list(LABELS)[:6]} else "foo"
    save(tmp_path, **{named: values})
    assert told(tmp_path) == {"r": []}


def test_a_record_that_rows_or_a_mapping_name_is_not_asked_about(tmp_path):
    save(tmp_path, record_id=["x"] * 2 * N, grp=runs(HALVES))
    assert told(tmp_path) == {"x": []}
    save(tmp_path, grp=runs(HALVES))
    assert told(tmp_path, '[[table]]\nfiles = "r.parquet"\nrecord = "one"\n') == {"one": []}


@pytest.mark.parametrize("name", ["grp", "who", "code", "device", "run_index", "trial_number"])
def test_words_that_say_nothing_or_name_something_are_asked_about(name):
    assert not names_nobody(name)


def test_check_ends_with_one_and_a_mapping_that_answers_asks_for_no_kept_verdict(tmp_path):
    save(tmp_path, grp=runs(HALVES))
    kept = Verdicts(None)
    *_, one, last = check(Whole((str(tmp_path),)), kept=kept)
    assert isinstance(last, Summary)
    assert last.exit_code("warning") == 1
    (found,) = (said for said in one.verdict.findings if said.kind == "whose")
    mapping = parsed(answers(found.detail)[1].encode(), "m")
    *_, one, last = check(Whole((str(tmp_path),), reading=Reading(mapping)), kept=kept)
    assert not [said for said in one.verdict.findings if said.kind == "whose"]
    assert dict(one.record.found)["labels"] == "mapping: columns grp"
