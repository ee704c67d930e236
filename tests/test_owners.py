"""Two patients never become one record, whatever the files say alike; each remedy is tried."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import Reading, parsed
from ecgstream.storage.index.index import Index

N = 200
DAY = 86_400_000
TIMES = 1_600_000_000_000 + np.arange(N) * 4


def wide(patient, day, lead="II", **other):
    columns = {"patient_id": [patient] * N, "record_id": ["1"] * N} | other
    columns = {name: held for name, held in columns.items() if held[0] is not None}
    return columns | {"timestamp": TIMES + day * DAY, f"{lead}_mV": np.sin(np.arange(N) / 9) + day}


def long(patient, day, leads=("I", "II")):
    tables = [pa.table({"lead": [lead] * N} | wide(patient, day, "value")) for lead in leads]
    return pa.concat_tables(tables)


def packets(patient, day):
    columns = {"patient_id": [patient] * 4, "record_id": ["1"] * 4, "lead": ["II"] * 4}
    lists = list(np.split(np.sin(np.arange(N) / 9) + day, 4))
    return pa.table(columns | {"timestamp": TIMES[::50] + day * DAY, "mV": lists})


def both(make):
    return pa.concat_tables([make("A", 0), make("B", 1)])


def footed(patient):
    table = pa.table(wide(None, "AB".index(patient), record_id=[None]))
    return table.replace_schema_metadata({"record": "1", "patient": patient})


TWO = {
    "wide, in folders": {"P1/e": wide("A", 0), "P2/e": wide("B", 1)},
    "wide, in one folder": {"a": wide("A", 0), "b": wide("B", 1)},
    "wide, at one time with other values": {"a": wide("A", 0), "b": wide("B", 0, x=[1.0] * N)},
    "wide, of other leads": {"a": wide("A", 0), "b": wide("B", 1, "V1")},
    "a footer": {"a": footed("A"), "b": footed("B")},
    "long, of one lead": {"a": long("A", 0, ["II"]), "b": long("B", 1, ["II"])},
    "long": {"a": long("A", 0), "b": long("B", 1)},
    "long, in one file": {"all": both(long)},
    "wide, in one file": {"all": both(lambda patient, day: pa.table(wide(patient, day)))},
    "packets": {"a": packets("A", 0), "b": packets("B", 1)},
    "packets in one file": {"all": both(packets)},
}


def save(root, files):
    for name, table in files.items():
        path = root / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table if isinstance(table, pa.Table) else pa.table(table), path)


def remedied(root, problem):
    words = str(problem).split("say in a mapping: ")[-1]
    return scan([root], reading=Reading(parsed(words.encode(), "m.toml")))


@pytest.mark.parametrize("name", TWO)
def test_two_patients_of_one_record_id_are_told_apart_and_the_remedy_serves_both(tmp_path, name):
    save(tmp_path, TWO[name])
    source = scan([tmp_path])
    (record,) = source.records()
    assert (record.record, record.patient, record.leads[0].length) == ("1", "A", N)
    (problem,) = source.problems
    assert "record '1' of patient 'B' is left out here" in str(problem)
    assert "of patient 'A' already, and two patients are never one record" in str(problem)
    assert problem.path == str(tmp_path / f"{list(TWO[name])[-1]}.parquet")
    source = remedied(tmp_path, problem)
    assert source.problems == ()
    lengths = {one.patient: [lead.length for lead in one.leads] for one in source.records()}
    leads = len(record.leads)
    assert lengths == {"A": [N] * leads, "B": [N] * leads}
    index = Index([tmp_path], None)
    index.update()
    assert [one.patient for one in index.source().records()] == ["A"]
    assert [str(one) for one in index.source().problems] == [str(problem)]
    index.close()


def test_files_of_one_id_in_two_folders_are_of_one_patient_only_where_they_say_so(tmp_path):
    save(tmp_path, {"A/e": wide(None, 0), "A/f": wide(None, 0, "V1"), "B/e": wide(None, 1)})
    source = scan([tmp_path])
    (record,) = source.records()
    assert [lead.name for lead in record.leads] == ["II", "V1"]
    (problem,) = source.problems
    assert "nothing says that both are one patient's" in str(problem)
    source = remedied(tmp_path, problem)
    assert {one.record for one in source.records()} == {"1", "B.1"}
    one = '[[table]]\nfiles = "**"\npatient = "P"\n'
    source = scan([tmp_path], reading=Reading(parsed(one.encode(), "m.toml")))
    assert source.problems == ()
    assert [(one.record, one.patient) for one in source.records()] == [("1", "P")]


def test_one_patient_in_two_folders_is_one_record_and_a_file_that_says_none_is_its_folders(
    tmp_path,
):
    days = {"day1/e": wide("A", 0), "day2/e": wide("A", 1)}
    save(tmp_path, days | {"day1/r": wide(None, 0, "V5")})
    source = scan([tmp_path])
    assert source.problems == ()
    (record,) = source.records()
    assert {lead.name: lead.length for lead in record.leads} == {"II": 21_600_200, "V5": N}


def test_patients_of_several_records_are_not_told_to_make_one_of_each(tmp_path):
    some = [long("A", 0), long("B", 1)]
    other = long("B", 2).set_column(2, "record_id", pa.array(["2"] * 2 * N))
    save(tmp_path, {"all": pa.concat_tables([*some, other])})
    source = scan([tmp_path])
    assert {(one.record, one.patient) for one in source.records()} == {("1", "A"), ("2", "B")}
    (problem,) = source.problems
    assert str(problem).endswith("give the rows of each patient record ids of their own")


def test_unlike_tables_of_two_patients_name_both_patients_and_both_files(tmp_path):
    save(tmp_path, {"l": long("A", 0), "w": wide("B", 1)})
    index = Index([tmp_path], None)
    index.update()
    for source in (scan([tmp_path]), index.source()):
        (record,) = source.records()
        (problem,) = source.problems
        other = {"A": "B", "B": "A"}[record.patient]
        files = {"A": tmp_path / "l.parquet", "B": tmp_path / "w.parquet"}
        assert problem.path == str(files[other])
        assert f"record '1' of patient '{other}' is left out here" in str(problem)
        assert f"is in {files[record.patient]} of patient '{record.patient}' already" in str(
            problem
        )
    index.close()


def test_nobody_is_called_a_patient_whom_no_file_names(tmp_path):
    save(tmp_path, {"l": long("A", 0), "x/w": wide(None, 1), "z/w": wide(None, 2)})
    index = Index([tmp_path], None)
    index.update()
    for source in (scan([tmp_path]), index.source()):
        words = " ".join(map(str, source.problems))
        assert "patient '1'" not in words
        assert 'record = "' in words
    index.close()


def test_a_folder_s_file_is_given_an_id_that_no_other_folder_of_its_name_has(tmp_path):
    save(tmp_path, {"a": wide(None, 0), "u/e": wide(None, 1), "v/u/e": wide(None, 2)})
    problems = map(str, scan([tmp_path]).problems)
    assert [one.split('record = "')[1].split('"')[0] for one in problems] == ["u.1", "v.u.1"]


def some(values, column="patient_id", count=N):
    """Return rows of a lead without times, `count` of each of `values` in a column."""
    held = [one for value in values for one in [value] * count]
    return pa.table(
        {column: held, "II_mV": np.sin(np.arange(len(held)) / 9), "fs": [250] * len(held)}
    )


def lists(values, column="patient_id", **other):
    wave = [np.sin(np.arange(N) / 9 + k) for k in range(len(values))]
    return pa.table({column: values, "II_mV": wave, "fs": [250] * len(values)} | other)


def whose(root, mapping=""):
    reading = Reading(parsed(mapping.encode(), "m.toml")) if mapping else Reading()
    source = scan([root], reading=reading)
    records = sorted((one.record, one.patient) for one in source.records())
    return records, [*map(str, source.problems)]


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.decimal128(12, 2)])
def test_whole_numbers_in_another_type_are_the_names_that_they_hold(tmp_path, kind):
    numbers = pa.array([15709, 13243, 15709], pa.int32()).cast(kind)
    save(
        tmp_path,
        {"r": lists(numbers).append_column("ecg_id", pa.array([1, 2, 3], pa.int32()).cast(kind))},
    )
    both = [("1", "15709"), ("2", "13243"), ("3", "15709")]
    assert whose(tmp_path) == (both, [])
    said = '[[table]]\nfiles = "**"\npatient_column = "patient_id"\nrecord_column = "ecg_id"\n'
    assert whose(tmp_path, said) == (both, [])


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([1.0, 1.0, np.nan], "column 'ecg_id': row 2 says no record"),
        ([1.0, 2.5, 3.0], "column 'ecg_id': row 1 says 2.5; expected a name"),
        ([1.0, 2.0**53, 3.0], "column 'ecg_id': row 1 says 9007199254740992.0; expected a name"),
        ([1.0, np.inf, 3.0], "column 'ecg_id': row 1 says inf; expected a name"),
    ],
)
def test_a_number_that_is_no_name_is_refused_and_never_told_by_its_row(tmp_path, numbers, told):
    save(tmp_path, {"r": lists(pa.array(numbers), "ecg_id")})
    records, (problem,) = whose(tmp_path)
    assert records == []
    assert told in problem


def test_one_number_in_all_rows_is_a_name_as_well_whether_a_float_or_not(tmp_path):
    save(tmp_path, {"a": some([7.0]), "b": some([8])})
    assert whose(tmp_path) == ([("a", "7"), ("b", "8")], [])
    save(tmp_path, {"patient=9/c": some([8.0])})
    _, (problem,) = whose(tmp_path)
    assert "says two patients: '9' (partition patient) and '8' (column patient_id)" in problem


@pytest.mark.parametrize(
    "column", ["patient_id", "Patient ID", "patientid", "MRN", "pid", "subject", "filename"]
)
def test_a_known_column_makes_a_record_of_each_that_it_names(tmp_path, column):
    values = ["a.hea", "b.hea"] if column == "filename" else [1.0, 2.0]
    names = ["a.hea", "b.hea"] if column == "filename" else ["1", "2"]
    save(tmp_path, {"wide": some(values, column)})
    assert whose(tmp_path) == ([(one, one) for one in names], [])
    source = scan([tmp_path])
    assert [one.leads[0].length for one in source.records()] == [N, N]
    time = np.tile(np.arange(N) * 4, 2)
    (tmp_path / "wide.parquet").unlink()
    long = some(values, column).rename_columns([column, "value", "fs"]).drop_columns("fs")
    long = long.append_column("lead", pa.array(["II"] * 2 * N)).append_column(
        "time_ms", pa.array(time)
    )
    save(tmp_path, {"long": long})
    assert whose(tmp_path) == ([(one, one) for one in names], [])


def dated(values, column, days=2):
    when = np.datetime64("2019-01-01", "us") + np.arange(len(values)) * np.timedelta64(days, "D")
    return lists(values, column, recorded_at=when)


UNKNOWN = {
    "wide": (some(["Meier", "Huber"], "name"), "name", N),
    "wide, sorted otherwise": (
        some(["Meier", "Huber"], "Person").take(np.arange(2 * N).reshape(2, N).T.ravel()),
        "Person",
        1,
    ),
    "wide, with floats": (some([3.0, 4.0], "SubjectKey"), "SubjectKey", N),
    "wide, with times": (
        some([1, 2], "case").append_column("time_ms", pa.array(np.tile(np.arange(N) * 4, 2))),
        "case",
        N,
    ),
    "long": (
        some(["a", "b"], "source_file")
        .rename_columns(["source_file", "value", "fs"])
        .append_column("lead", pa.array(["II"] * 2 * N)),
        "source_file",
        N,
    ),
    "packets": (lists(["a", "b"], "name", start_s=[0.0, 0.8]), "name", 1),
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_rows_of_two_by_a_column_that_is_called_as_names_are_never_make_one_record(tmp_path, kind):
    table, column, row = UNKNOWN[kind]
    save(tmp_path, {"r": table})
    records, (problem,) = whose(tmp_path)
    assert records == []
    assert f"column '{column}': is called as names are, and row {row} has another one" in problem
    assert "Meier" not in problem
    said = problem.split("say in a mapping: ")[-1]
    records, problems = whose(tmp_path, said.replace("SubjectKey", column))
    assert (len(records), problems) == (2, [])
    one = '[[table]]\nfiles = "**"\nrecord = "one"\n'
    if kind != "wide, with times":
        assert whose(tmp_path, one)[0] == [("one", "one")]


def test_a_column_that_counts_rows_or_has_one_value_is_no_second_person(tmp_path):
    table = some(["x"], "device_id").append_column("id", pa.array(range(N)))
    table = table.append_column("name", pa.array(["Meier"] * N))
    table = table.append_column("segment_id", pa.array(np.arange(N) // 50))
    packets = lists([1, 2], "id", start_s=[0.0, 0.8])
    save(tmp_path, {"a": table, "b": packets})
    assert whose(tmp_path) == ([("a", "a"), ("b", "b")], [])


@pytest.mark.parametrize("shape", ["wide", "long"])
def test_rows_that_repeat_a_time_are_told_with_the_column_that_tells_them_apart(tmp_path, shape):
    table = some([1, 2], "grp").append_column("time_ms", pa.array(np.tile(np.arange(N) * 4, 2)))
    table = table.append_column("n", pa.array(range(2 * N)))
    if shape == "long":
        table = table.append_column("lead", pa.array(["II"] * 2 * N))
        table = table.rename_columns(["grp", "value", "fs", "time_ms", "n", "lead"])
    save(tmp_path, {"r": table})
    records, (problem,) = whose(tmp_path)
    assert records == []
    assert f"{N} such rows in all; keep one of each; or, if column 'grp' says that they" in problem
    assert whose(tmp_path, problem.split("say in a mapping: ")[-1]) == (
        [("1", "1"), ("2", "2")],
        [],
    )


def test_a_file_of_the_plain_layout_with_two_people_in_it_is_refused_too(tmp_path):
    held = {"timestamp": TIMES, "voltage": np.sin(np.arange(N)), "MRN": [1] * 100 + [2] * 100}
    save(tmp_path, {"patient=7/lead=II/part-0": held})
    records, (problem,) = whose(tmp_path)
    assert records == []
    assert "column 'MRN': is called as names are, and row 100 has another one" in problem


def test_parts_of_a_record_that_another_person_stands_in_are_not_one_record(tmp_path):
    parts = [pa.table(wide(None, day, record_id=[None], person=["AB"[day]] * N)) for day in (0, 1)]
    save(tmp_path, {f"rec=5/part-{day}": part for day, part in enumerate(parts)})
    records, (problem,) = whose(tmp_path)
    assert records == [("5", "5")]
    assert "record '5' is left out here, for it is in" in problem
    assert "nothing says that both are one patient's" in problem
    assert len(whose(tmp_path, problem.split("say in a mapping: ")[-1])[0]) == 2
    parts[1] = parts[1].set_column(0, "person", pa.array(["A"] * N))
    save(tmp_path, {"rec=5/part-1": parts[1]})
    assert whose(tmp_path) == ([("5", "5")], [])
