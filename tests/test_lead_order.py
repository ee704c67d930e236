"""A list of gains in the footer goes to the leads that it names, or to none."""

import numpy as np
import pytest

from ecgstream.storage.catalog import scan
from ecgstream.storage.derived.examining import examined
from ecgstream.storage.foreign.mapping import Reading, parsed
from ecgstream.storage.foreign.scales.lead_order import names_in
from ecgstream.storage.foreign.times.disorder import Remarks
from tests.archives.kit import ecg, save

N = 3_000
KNOWN = [
    "sig_name", "leads", "lead_names", "channels", "channel_names", "columns", "names", "signals",
]  # fmt: skip


def stored(tmp_path, said, *, gains="[200, 400]", names=("V5", "II")):
    """The record of a file whose columns are V5, at 400 counts in a mV, and II, at 200."""
    held = {name: np.rint(ecg(N) * 400 / k).astype(np.int16) for k, name in enumerate(names, 1)}
    metadata = {"fs": "250"} | ({"adc_gain": gains} if gains else {}) | said
    metadata |= {} if "units" in said else {"unit": "mV"}
    save(tmp_path / "r.parquet", held, metadata=metadata)
    source = scan([tmp_path])
    assert source.problems == ()
    (record,) = source.records()
    return source, record


def gains_of(record):
    return {lead.name: (lead.unit, lead.gain) for lead in record.leads}


@pytest.mark.parametrize("key", KNOWN)
@pytest.mark.parametrize(
    "said", ['["II", "V5"]', "II,V5", "II; V5", "II V5", "('II', 'V5')", '[{"name": "ii"}, "v5"]']
)
def test_names_in_the_footer_say_whose_each_gain_is(tmp_path, key, said):
    _, record = stored(tmp_path, {key: said})
    assert gains_of(record) == {"II": ("mV", 200), "V5": ("mV", 400)}
    assert dict(record.found)["gain"] == f"footer metadata adc_gain, in the order of {key}"


def test_names_of_all_columns_say_it_too(tmp_path):
    _, record = stored(tmp_path, {"columns": '["time", "lead_II", "lead_V5"]'})
    assert gains_of(record) == {"II": ("mV", 200), "V5": ("mV", 400)}


def test_without_names_a_list_goes_by_the_columns_and_says_so(tmp_path):
    _, record = stored(tmp_path, {}, gains="[400, 200]")
    assert gains_of(record) == {"II": ("mV", 200), "V5": ("mV", 400)}
    assert dict(record.found)["gain"] == "footer metadata adc_gain, in the order of the columns"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"sig_name": '["I", "V1"]'}, "sig_name = ['I', 'V1'] names none of the columns"),
        ({"columns": "ch1,ch2"}, "columns = ch1,ch2 names none of the columns"),
        (
            {"sig_name": '["II", "V5"]', "columns": '["V5", "II"]'},
            "are in another order each",
        ),
        # Nobody knows that word, and it has the leads in another order.
        ({"ableitungen": "II,V5"}, "ableitungen = II,V5 has them in another order"),
        ({"sig_name": '["I", "II", "V5"]'}, "sig_name = ['I', 'II', 'V5'] names 3 leads"),
        # Two columns of one name, in any case, are not told apart by a third spelling.
        ({"leads": "v5, x"}, "names 2 leads without 'II'"),
    ],
)
def test_a_list_that_cannot_be_matched_is_not_applied_and_the_reason_is_a_finding(
    tmp_path, said, words
):
    source, record = stored(tmp_path, said)
    assert gains_of(record)["II"] == (None, 1)
    verdict = examined(source, "r", Remarks(source).of("r"))
    (finding,) = [one for one in verdict.findings if one.kind == "no_unit"]
    assert "II" in finding.leads
    assert "footer metadata adc_gain = [200, 400]" in finding.detail
    assert words in finding.detail


def test_a_list_of_one_value_needs_no_order(tmp_path):
    _, record = stored(tmp_path, {"sig_name": '["I", "V1"]'}, gains="[200, 200]")
    assert gains_of(record) == {"II": ("mV", 200), "V5": ("mV", 200)}
    assert dict(record.found)["gain"] == "footer metadata adc_gain"


def test_the_lines_that_a_finding_proposes_calibrate_its_leads_and_leave_the_others(tmp_path):
    source, _ = stored(tmp_path, {"leads": "v5, x"})
    verdict = examined(source, "r", Remarks(source).of("r"))
    (finding,) = [one for one in verdict.findings if one.kind == "no_unit"]
    assert finding.leads == ("II",)
    said = finding.detail.partition("; say in a mapping: ")[2]
    assert said, finding.detail
    for key, value in (("UNIT", "uV"), ("GAIN", "5"), ("BASELINE", "1")):
        said = said.replace(key, value)
    (record,) = scan([tmp_path], reading=Reading(parsed(said.encode(), "m"))).records()
    assert gains_of(record) == {"II": ("uV", 5), "V5": ("mV", 200)}


def test_names_that_nobody_knows_in_the_order_of_the_columns_are_no_doubt(tmp_path):
    said = {"ableitungen": "V5,II", "channels": "2", "names": "John Doe", "signals": "ECG"}
    _, record = stored(tmp_path, said, gains="[400, 200]")
    assert gains_of(record) == {"II": ("mV", 200), "V5": ("mV", 400)}


def test_units_and_baselines_are_given_by_the_same_names(tmp_path):
    said = {"units": '["mV", "uV"]', "baseline": "[7, 9]", "channel_names": "II,V5"}
    _, record = stored(tmp_path, said)
    leads = {lead.name: (lead.unit, lead.gain, lead.baseline) for lead in record.leads}
    assert leads == {"II": ("mV", 200, 7), "V5": ("uV", 400, 9)}


@pytest.mark.parametrize(
    "said",
    [
        {"channels": '[{"name": "II", "gain": 200}, {"name": "V5", "gain": 400}]'},
        {"leads": '{"II": {"gain": 200, "age": [1]}, "v5": {"adc_gain": "400"}}'},
        {"attrs": '{"signals": {"II": {"lsb": 0.005}, "V5": {"lsb": 0.0025, "missing": 7}}}'},
        {"II": '{"gain": 200}', "any": '{"V5": {"gain": 400}, "II": {"gain": 200}}'},
    ],
)
def test_an_object_for_each_lead_says_its_scale(tmp_path, said):
    _, record = stored(tmp_path, said, gains="")
    assert gains_of(record) == {"II": ("mV", 200), "V5": ("mV", 400)}


def test_an_object_and_a_list_that_say_two_gains_contradict_each_other(tmp_path):
    said = {"leads": '[{"name": "II", "gain": 100}, {"name": "V5", "gain": 400}]'}
    _, record = stored(tmp_path, said)
    assert gains_of(record) == {"II": (None, 1), "V5": ("mV", 400)}
    assert "leads.II.gain = 100 and footer metadata adc_gain" in dict(record.found)["unit of II"]


def test_the_second_of_a_name_has_its_own_gain(tmp_path):
    held = (["ECG", "ECG"], [np.arange(N, dtype=np.int16)] * 2)
    said = {"fs": "250", "unit": "mV", "gain": "[200, 400]", "sig_name": '["ECG", "ECG"]'}
    save(tmp_path / "r.parquet", held, metadata=said)
    (record,) = scan([tmp_path]).records()
    assert gains_of(record) == {"ECG": ("mV", 200), "ECG#2": ("mV", 400)}


def test_units_in_a_list_of_another_length_are_named_with_their_value(tmp_path):
    _, record = stored(tmp_path, {"units": '["mV"]'}, gains="200")
    assert gains_of(record) == {"II": (None, 1), "V5": (None, 1)}
    assert (
        "footer metadata units = ['mV'] says nothing of it: 1 value for 2 columns"
        in (dict(record.found)["unit"])
    )


@pytest.mark.parametrize("said", ["II,V5", "II V5"])
def test_a_list_of_names_is_no_lead_and_no_single_list(tmp_path, said):
    save(tmp_path / "r.parquet", {"study_id": ["1"], "ecg": [ecg(N)]},
         metadata={"leads": said, "fs": "250"})  # fmt: skip
    (problem,) = scan([tmp_path]).problems
    assert "2 leads are said to be in it" in str(problem)


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("12", ()),
        (12, ()),
        ("", ()),
        ("II", ("II",)),
        ("MOD. V2, V5", ("MOD. V2", "V5")),
        ("['II' 'V5']", ("II", "V5")),
        ([1, 2], ()),
        ([{"x": 1}], ()),
        ({"II": 1}, ()),
    ],
)
def test_names_are_read_from_lists_and_texts_alone(said, names):
    assert names_in(said) == names
