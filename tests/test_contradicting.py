"""What a file says twice, and not the same; and times that may be numbers of samples."""

import numpy as np
import pyarrow as pa
import pytest

from ecgstream.model.unit import millivolts, no_voltage
from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import Reading, parsed
from tests.archives.kit import ecg, save

N = 1_000
MV = {"II": ecg(N)}
T = np.arange(N) * 2


def by(text):
    return Reading(parsed(text.encode(), "m"))


@pytest.mark.parametrize(
    ("held", "footer", "words"),
    [
        ({}, {"fs": "500", "sampling_rate": "250"}, "500 Hz (footer metadata fs) and 250 Hz"),
        ({"fs": np.full(N, 250)}, {"fs": "500"}, "500 Hz (footer metadata fs) and 250 Hz (column"),
        ({}, {"fs": "500", "attrs": '{"sfreq": 9}'}, "and 9 Hz (footer metadata attrs.sfreq)"),
    ],
)
def test_two_rates_are_both_named_and_a_mapping_settles_it(tmp_path, held, footer, words):
    save(tmp_path / "r.parquet", MV | held, metadata=footer)
    (problem,) = scan([tmp_path]).problems
    assert "says two rates: " in str(problem)
    assert words in str(problem)
    text = str(problem).partition("say in a mapping: ")[2].replace("RATE", "250")
    (record,) = scan([tmp_path], reading=by(text)).records()
    assert record.fs == 250


def test_one_rate_in_two_words_is_one(tmp_path):
    save(tmp_path / "r.parquet", MV, metadata={"fs": "500", "sampling_rate": "500.0"})
    assert [record.fs for record in scan([tmp_path]).records()] == [500]


def test_folders_and_a_column_that_say_two_patients_are_refused(tmp_path):
    held = {"time_ms": T, "patient_id": ["OTHER"] * N} | MV
    save(tmp_path / "patient=007/a.parquet", held)
    source = scan([tmp_path])
    (problem,) = source.problems
    assert "two patients: '007' (partition patient) and 'OTHER' (column patient_id)" in str(problem)
    text = str(problem).partition("say in a mapping: ")[2]
    (record,) = scan([tmp_path], reading=by(text)).records()
    assert record.patient == "007"


def test_a_number_of_a_patient_may_have_lost_its_zeros(tmp_path):
    save(tmp_path / "patient=007/a.parquet", {"time_ms": T, "patient_id": np.full(N, 7)} | MV)
    assert [record.patient for record in scan([tmp_path]).records()] == ["007"]


def test_where_the_start_was_found_is_where_it_was_taken(tmp_path):
    held = {"timestamp": 1_600_000_000_000 + T} | MV
    save(tmp_path / "r.parquet", held, metadata={"start_time": "2001-01-01T00:00:00"})
    (record,) = scan([tmp_path]).records()
    assert record.start_time == 1_600_000_000
    assert dict(record.found)["start"] == (
        "column timestamp; footer metadata start_time says 2001-01-01T00:00:00, which is not taken"
    )


def test_a_start_that_is_said_twice_alike_is_no_contradiction(tmp_path):
    held = {"timestamp": 1_600_000_000_000 + T} | MV
    save(tmp_path / "r.parquet", held, metadata={"start_time": "2020-09-13T12:26:40"})
    (record,) = scan([tmp_path]).records()
    assert dict(record.found)["start"] == "column timestamp"


@pytest.mark.parametrize("first", [0, 1, 5_000])
def test_a_time_that_counts_rows_is_a_question(tmp_path, first):
    save(tmp_path / "r.parquet", {"time": first + np.arange(N)} | MV)
    (problem,) = scan([tmp_path]).problems
    assert "counts on by 1, as numbers of samples do, and milliseconds at 1000 Hz" in str(problem)
    text = str(problem).partition("say in a mapping: ")[2]
    (record,) = scan([tmp_path], reading=by(text.replace("RATE", "500"))).records()
    assert record.fs == 500
    text = text.replace('counts = "sample"', 'unit = "ms"').replace(", fs = RATE", "")
    (record,) = scan([tmp_path], reading=by(text)).records()
    assert record.fs == 1000


def test_a_time_that_counts_rows_at_another_rate_than_is_said_is_a_question_too(tmp_path):
    save(tmp_path / "r.parquet", {"time": np.arange(N)} | MV, metadata={"fs": "500"})
    (problem,) = scan([tmp_path]).problems
    assert "(500 Hz is said)" in str(problem)


def test_milliseconds_that_the_rate_confirms_are_no_question(tmp_path):
    save(tmp_path / "r.parquet", {"time": np.arange(N)} | MV, metadata={"fs": "1000"})
    assert [record.fs for record in scan([tmp_path]).records()] == [1000]


def test_the_date_of_one_row_is_in_milliseconds(tmp_path):
    for name, at in (("A", 1_600_000_000_000), ("B", 1_600_000_060_000)):
        held = {"record_id": [name], "timestamp": [at], "fs": [500], "II": [ecg(N)]}
        save(tmp_path / f"{name}.parquet", held)
    source = scan([tmp_path])
    assert source.problems == ()
    starts = [record.start_time for record in source.records()]
    assert starts == [1_600_000_000, 1_600_000_060]


def test_units_in_words_are_known_behind_a_lead(tmp_path):
    columns = {"time_ms": T, "V5 (millivolt)": ecg(N), "V6_microvolts": ecg(N), "V1_Volt": ecg(N)}
    save(tmp_path / "r.parquet", columns | {"__index_level_0__": T, "other": T})
    (record,) = scan([tmp_path]).records()
    units = {lead.name: lead.unit for lead in record.leads}
    assert units == {"V5": "mV", "V6": "uV", "V1": "V"}
    assert dict(record.found)["not shown"] == "columns other"


@pytest.mark.parametrize("unit", ["MV", "Mv", "UV"])
def test_a_careless_unit_is_called_that_and_no_other_quantity(unit):
    assert millivolts(unit) is None
    assert "is not guessed" in no_voltage(unit)
    assert no_voltage("mmHg") == "is no voltage"


@pytest.mark.parametrize("said", [{"n_leads": "12"}, {"sig_name": '["I", "II"]'}])
def test_a_list_that_is_said_to_hold_several_leads_is_not_taken_for_one(tmp_path, said):
    held = {"study_id": ["017"], "ecg": [ecg(N)]}
    save(tmp_path / "r.parquet", held, metadata=said | {"fs": "500"})
    (problem,) = scan([tmp_path]).problems
    assert "leads are said to be in it" in str(problem)
    save(tmp_path / "r.parquet", held, metadata={"fs": "500"})
    (record,) = scan([tmp_path]).records()
    assert dict(record.found)["leads"] == "column ecg: each list is taken for one lead"


def packets(**rows):
    """Two records of two packets each; of what rows say there is one value a record."""
    samples = [list(range(k * 250, k * 250 + 250)) for k in (0, 1, 0, 1)]
    held = {"record_id": ["a", "a", "b", "b"], "time": [0.0, 1.0, 0.0, 1.0], "samples": samples}
    return held | {name: [one, one, two, two] for name, (one, two) in rows.items()}


def long(**rows):
    held = {"record_id": ["a"] * N + ["b"] * N, "time_ms": [*range(0, 4 * N, 4)] * 2}
    held |= {"lead": ["II"] * 2 * N, "value": [*range(2 * N)]}
    return held | {name: [one] * N + [two] * N for name, (one, two) in rows.items()}


@pytest.mark.parametrize("held", [packets, long])
@pytest.mark.parametrize(
    ("said", "rows", "words"),
    [
        (
            {"fs": "250", "unit": "mV"},
            {"fs": (250, 500)},
            "says 500 Hz in rows of record 'b', and the file 250 Hz (footer metadata fs)",
        ),
        (
            {"unit": "mV"},
            {"unit": ("mV", "uV"), "fs": (250, 250)},
            "says uV in rows of record 'b', and the file mV (footer metadata unit)",
        ),
        (
            {"unit": "mV", "gain": "200"},
            {"gain": (200, 1000), "fs": (250, 250)},
            "says gain 1000 in rows of record 'b', and the file 200 (footer metadata gain)",
        ),
        (
            {"unit": "mV", "gain": "200", "baseline": "0"},
            {"baseline": (0, 1024), "fs": (250, 250)},
            "says baseline 1024 in rows of record 'b', and the file 0 (footer metadata baseline)",
        ),
    ],
)
def test_what_rows_say_against_the_footer_is_refused_and_a_mapping_believes_the_rows(
    tmp_path, held, said, rows, words
):
    save(tmp_path / "r.parquet", held(**rows), metadata=said)
    source = scan([tmp_path])
    # What agrees with the footer is served.
    assert [record.record for record in source.records()] == ["a"]
    (problem,) = source.problems
    (column,) = rows if "fs" in said else rows.keys() - {"fs"}
    assert (problem.path, problem.column) == (str(tmp_path / "r.parquet"), column)
    assert words in str(problem)
    text = str(problem).partition("say in a mapping: ")[2]
    believed = {record.record: record for record in scan([tmp_path], reading=by(text)).records()}
    # At 500 Hz the times would be wrong: that is for the next refusal.
    if column != "fs":
        (lead,) = believed["b"].leads
        assert lead.unit == rows.get("unit", ("mV", "mV"))[1]
        assert lead.gain == rows.get("gain", (200, float(said.get("gain", 1))))[1]
        assert lead.baseline == rows.get("baseline", (0, 0))[1]


def test_a_mapping_says_it_against_the_rows(tmp_path):
    rows = packets(fs=(250, 250), unit=("mV", "uV"), gain=(200, 1000))
    save(tmp_path / "r.parquet", rows)
    for said in ('unit = "V", gain = 5', 'signals = { samples = { unit = "V", gain = 5 } }'):
        source = scan([tmp_path], reading=by(f'table = [{{ files = "**", {said} }}]'))
        leads = [lead for record in source.records() for lead in record.leads]
        assert {(lead.unit, lead.gain) for lead in leads} == {("V", 5.0)}


def test_a_column_with_one_gain_against_that_of_the_footer_is_not_calibrated_and_named(tmp_path):
    held = {"time_ms": T, "II": np.arange(N, dtype=np.int32), "gain": np.full(N, 1000)}
    save(tmp_path / "r.parquet", held, metadata={"unit": "mV", "gain": "200"})
    (record,) = scan([tmp_path]).records()
    assert record.leads[0].unit is None
    how = dict(record.found)["unit of II"]
    assert "footer metadata gain = 200 and column gain = 1000 contradict each other" in how
    reading = by('table = [{ files = "**", gain_column = "gain" }]')
    (record,) = scan([tmp_path], reading=reading).records()
    assert (record.leads[0].unit, record.leads[0].gain) == ("mV", 1000)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ({"gain": "[200, 100]"}, "gain = [200, 100]"),
        ({"gain": '{"I": 200, "V9": 100}'}, "gain = {'I': 200, 'V9': 100}"),
        ({"gain": "200", "baseline": "[1, 2]"}, "baseline = [1, 2]"),
    ],
)
def test_a_scale_of_other_leads_is_none_of_this_one(tmp_path, said, key):
    save(tmp_path / "r.parquet", {"time_ms": T, "I": ecg(N), "II": ecg(N), "V1": ecg(N)},
         metadata={"unit": "mV"} | said)  # fmt: skip
    (record,) = scan([tmp_path]).records()
    (unknown,) = [lead for lead in record.leads if lead.name == "II"]
    assert (unknown.unit, unknown.gain) == (None, 1)
    hows = [how for what, how in record.found if what.startswith("unit") and "says nothing" in how]
    assert hows
    assert key in hows[0]
    text = 'table = [{ files = "**", gain = 5, baseline = 0 }]'
    (record,) = scan([tmp_path], reading=by(text)).records()
    assert {(lead.unit, lead.gain) for lead in record.leads} == {("mV", 5.0)}


@pytest.mark.parametrize(
    ("column", "ids"),
    [
        ("lead", pa.array([1.0] * N + [2.0] * N)),
        *(
            (one, pa.array([b"a"] * N + [b"b"] * N))
            for one in ("record_id", "mrn", "subject", "lead")
        ),
    ],
)
def test_ids_in_bytes_and_leads_in_floats_never_make_one_record_of_two(tmp_path, column, ids):
    held = {"time_ms": np.arange(2 * N) * 4, column: ids, "II": ecg(2 * N)}
    save(tmp_path / "r.parquet", held, metadata={"unit": "mV"})
    source = scan([tmp_path])
    assert not source.records()
    (problem,) = source.problems
    assert problem.column == column
    assert "expected texts or whole numbers" in str(problem)
    what = {"record_id": "record", "lead": "lead"}.get(column, "patient")
    text = f'table = [{{ files = "**", {what} = "x" }}]'
    assert len(scan([tmp_path], reading=by(text)).records()) == 1
