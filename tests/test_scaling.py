"""What metadata says of scale and zero is understood exactly, or named and the unit withheld."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import Reading, parsed
from ecgstream.storage.foreign.scales.scaling import exact
from tests.archives.kit import save
from tests.contracts.source import physical

COUNTS = np.arange(1_000, dtype=np.int16)
FS = {"fs": "250"}
EDF = {"physical_min": "-3.2768", "physical_max": "3.2767"}
EDF |= {"digital_min": "-32768", "digital_max": "32767"}


def lead_of(tmp_path, said, *, counts=COUNTS, name="II", footer=None, mapping=""):
    save(tmp_path / "r.parquet", {name: counts}, metadata=FS | (footer or {}), fields={name: said})
    text = f'[[table]]\nfiles = "**"\n{mapping}'
    source = scan([tmp_path], reading=Reading(parsed(text.encode(), "m")))
    assert source.problems == ()
    (record,) = source.records()
    (lead,) = record.leads
    (column,) = source.read("r", [lead.name], 0, lead.length)
    return lead, dict(record.found), physical(column)


@pytest.mark.parametrize(
    ("said", "gain", "baseline"),
    [
        ({"adc_gain": "200", "adc_zero": "1024"}, 200, 1024),
        ({"adc_gain": "200", "adc_zero": "1024", "baseline": "1000"}, 200, 1000),
        ({"adc_gain": "200(1000)/mV", "adc_zero": "1024"}, 200, 1000),
        ({"scale_factor": "0.005", "add_offset": "-5.12"}, 200, 1024),
        ({"scale_factor": "0.005", "offset": "-5.12"}, 200, 1024),
        ({"units_per_bit": "0.005"}, 200, 0),
        ({"mV_per_LSB": "0.005"}, 200, 0),
        ({"counts_per_mV": "200"}, 200, 0),
        (EDF, 10_000, 0),
        (EDF | {"gain": "10000"}, 10_000, 0),
        ({"gain": "200", "resolution": "12"}, 200, 0),
        ({"gain": "200", "scale": "linear", "offset": "0"}, 200, 0),
        ({"gain": "200", "scale_factor": "0.005"}, 200, 0),
    ],
)
def test_what_has_one_meaning_is_understood_exactly(tmp_path, said, gain, baseline):
    lead, _, shown = lead_of(tmp_path, said | {"unit": "mV"})
    assert (lead.unit, lead.gain, lead.baseline) == ("mV", gain, baseline)
    assert np.array_equal(shown, COUNTS), "what is stored stays as it is"


@pytest.mark.parametrize(
    "said",
    [
        {"resolution": "4.88"},
        {"scale": "4.88"},
        {"scaling": "4.88"},
        {"multiplier": "4.88"},
        {"gain": "200", "offset": "1024"},
        {"gain": "200", "dc_offset": "1.5"},
        {"adc_zero": "1024"},
        {"physical_min": "-5", "physical_max": "5"},
        EDF | {"digital_max": "-32768"},
    ],
)
def test_what_may_mean_several_things_is_named_and_its_unit_withheld(tmp_path, said):
    lead, found, shown = lead_of(tmp_path, said | {"unit": "mV"})
    assert (lead.unit, lead.gain, lead.baseline) == (None, 1, 0)
    assert np.array_equal(shown, COUNTS)
    key, value = list(said.items())[-1]
    assert f"field metadata {key} = {value}" in found["unit of II"]


def test_a_mapping_settles_what_metadata_leaves_unclear(tmp_path):
    said = {"resolution": "4.88", "offset": "7"}
    lead, *_ = lead_of(tmp_path, said, mapping='unit = "uV"\ngain = 2\nbaseline = 3')
    assert (lead.unit, lead.gain, lead.baseline) == ("uV", 2, 3)


def test_a_unit_of_a_mapping_is_none_of_a_gain_that_is_counted_in_another(tmp_path):
    lead, found, _ = lead_of(tmp_path, {"uV_per_lsb": "5"}, mapping='unit = "mV"')
    assert (lead.unit, lead.gain) == (None, 1)
    both = "unit = mV (mapping) and field metadata uV_per_lsb = uV contradict each other"
    assert both in found["unit of II"]
    lead, *_ = lead_of(tmp_path, {"uV_per_lsb": "5"}, mapping='unit = "uV"')
    assert (lead.unit, lead.gain) == ("uV", 0.2)
    lead, *_ = lead_of(tmp_path, {"uV_per_lsb": "5"}, mapping='unit = "mV"\ngain = 200')
    assert (lead.unit, lead.gain) == ("mV", 200)


def test_limits_of_a_file_that_values_were_taken_from_are_no_scale_of_floats(tmp_path):
    lead, found, _ = lead_of(tmp_path, EDF | {"unit": "mV"}, counts=COUNTS / 200)
    assert (lead.unit, lead.gain) == (None, 1)
    assert "digital_min = -32768" in found["unit of II"]


@pytest.mark.parametrize(
    ("said", "name", "both"),
    [
        ({"unit": "mV"}, "II_uV", ("unit = mV", "II_uV = uV")),
        ({"unit": "uV", "gain": "200/mV"}, "II", ("unit = uV", "gain = mV")),
        ({"unit": "mV", "gain": "200", "lsb": "0.05"}, "II", ("gain = 200", "lsb = 0.05")),
        (
            {"unit": "mV", "gain": "2(3)/mV", "baseline": "9"},
            "II",
            ("baseline = 9", "gain = 2(3)/mV"),
        ),
    ],
)
def test_a_contradiction_is_named_with_both_values_and_settled_by_nobody(
    tmp_path, said, name, both
):
    lead, found, shown = lead_of(tmp_path, said, name=name)
    assert lead.unit is None
    assert np.array_equal(shown, COUNTS)
    assert all(one in found["unit of II"] for one in both)


def test_counts_beside_a_unit_are_no_contradiction(tmp_path):
    lead, *_ = lead_of(tmp_path, {"unit": "adu", "gain": "200/mV"})
    assert lead.gain == 200


def test_a_missing_value_of_the_footer_is_missing(tmp_path):
    lead, found, shown = lead_of(tmp_path, {}, footer={"missing_value": "7"})
    assert np.flatnonzero(np.isnan(shown)).tolist() == [7]
    assert found["missing of II"] == "footer metadata missing_value: 7"
    assert lead.length == 1_000


def test_a_footer_may_say_it_by_lead(tmp_path):
    footer = {"adc_gain": "[200, 100]", "adc_zero": "[1024, 0]", "units": '["mV", "mV"]'}
    save(tmp_path / "r.parquet", {"I": COUNTS, "II": COUNTS}, metadata=FS | footer)
    (record,) = scan([tmp_path]).records()
    assert [(one.gain, one.baseline) for one in record.leads] == [(200, 1024), (100, 0)]


@given(st.text("0123456789.e+-/ _naif", max_size=14))
def test_whatever_is_written_as_a_number_is_one_or_none_at_once(text):
    found = exact(text)
    assert found is None or float(found) == float(text)


def test_decimals_are_scaled_as_integers_are(tmp_path):
    counts = pa.array(range(1_000), pa.decimal128(9, 0))
    lead, *_ = lead_of(tmp_path, EDF | {"unit": "mV"}, counts=counts)
    assert (lead.unit, lead.gain) == ("mV", 10_000)
