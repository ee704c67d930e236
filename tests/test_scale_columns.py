"""Columns that say a gain or a rate in lists, texts or names of their own: read, or told."""

import numpy as np
import pyarrow as pa
import pytest

from ecgstream.storage.catalog import scan
from ecgstream.storage.derived.examining import examined
from ecgstream.storage.foreign.mapping import Reading, parsed
from ecgstream.storage.foreign.times.disorder import Remarks
from tests.archives.kit import ecg, save

N = 2_500


def counts(gain, seed=0):
    return np.rint(ecg(N, seed) * gain).astype(np.int16)


def saved(tmp_path, columns, *, footer=None, two=False, rows=1, mapping=""):
    """A table of a row a record: II at 200 counts in a mV, and V5 at 400."""
    held = {"ecg_id": [f"r{k}" for k in range(rows)], "II": [counts(200)] * rows}
    held |= {"V5": [counts(400)] * rows} if two else {}
    held |= {name: pa.array(one) for name, one in columns.items()}
    held |= {"unit": ["mV"] * rows} if "unit" not in columns else {}
    save(tmp_path / "t.parquet", held, metadata={"fs": "250"} | (footer or {}))
    reading = Reading(parsed(mapping.encode(), "m")) if mapping else Reading()
    return scan([tmp_path], reading=reading)


def leads_of(source, record="r0"):
    return {one.name: (one.unit, one.gain) for one in source.record(record).leads}


@pytest.mark.parametrize(
    "columns",
    [
        {"gain": [[200.0]]},
        {"gain": [[200]]},
        {"gain": ["200"]},
        {"gain": ["200/mV"]},
        {"adc_gain": [[200.0]]},
        {"II_gain": [200.0]},
        {"gain_II": ["200"]},
        {"ii_adc_gain": [200]},
        {"scale_factor": [0.005]},
        {"mV_per_lsb": [0.005]},
        {"counts_per_mV": [200]},
        {"II_lsb": [0.005]},
        {"uV_per_lsb": [5.0], "unit": [None]},
    ],
)
def test_a_gain_is_read_from_a_list_a_text_or_a_name_that_has_one_meaning(tmp_path, columns):
    source = saved(tmp_path, columns)
    assert source.problems == ()
    unit, gain = leads_of(source)["II"]
    assert gain == pytest.approx(0.2 if "uV_per_lsb" in columns else 200)
    assert unit == ("uV" if "uV_per_lsb" in columns else "mV")
    assert any(
        next(iter(columns)) in how for what, how in source.record("r0").found if "gain" in what
    )


@pytest.mark.parametrize(
    ("columns", "footer"),
    [
        ({"gain": [[200, 400]]}, {}),
        ({"gain": [[400, 200]]}, {"leads": "V5,II"}),
        ({"II_gain": [200], "V5_gain": [400]}, {}),
    ],
)
def test_a_list_in_a_row_goes_by_the_leads_of_it(tmp_path, columns, footer):
    assert leads_of(saved(tmp_path, columns, two=True, footer=footer)) == {
        "II": ("mV", 200),
        "V5": ("mV", 400),
    }


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"gain": [[200.0, 400.0]]}, "column gain = [200.0, 400.0] is not understood as its gain"),
        ({"gain": ["high"]}, "column gain (string) is called as a scale is and not understood"),
        ({"gain": [{"II": 200}]}, "column gain (struct<II: int64>) is called as a scale is"),
        ({"uV_per_lsb": [5.0]}, "unit = mV and column uV_per_lsb = uV contradict each other"),
        ({"resolution": [5.0]}, "column resolution = 5.0 may mean several things"),
        ({"ecg_gain": [200]}, 'gain_column = "ecg_gain" where it is counts in one unit'),
        ({"gain": [200], "lsb": [0.1]}, "column lsb = 10 and column gain = 200 contradict"),
    ],
)
def test_a_gain_that_is_not_understood_leaves_the_lead_uncalibrated_and_is_told(
    tmp_path, columns, words
):
    source = saved(tmp_path, columns)
    assert leads_of(source) == {"II": (None, 1)}
    verdict = examined(source, "r0", Remarks(source).of("r0"))
    (finding,) = [one for one in verdict.findings if one.kind == "no_unit"]
    assert finding.leads == ("II",)
    assert words in finding.detail
    # Who says it settles it.
    said = 'table = [{ files = "**", unit = "mV", gain = 200, baseline = 0 }]'
    assert leads_of(saved(tmp_path, columns, mapping=said)) == {"II": ("mV", 200)}


def test_each_row_has_the_gain_that_it_says_and_one_without_has_none(tmp_path):
    source = saved(tmp_path, {"gain": [[200.0], [1000.0], None, ["x"][:0]]}, rows=4)
    assert [leads_of(source, f"r{k}")["II"] for k in range(4)] == [
        ("mV", 200), ("mV", 1000), (None, 1), (None, 1),
    ]  # fmt: skip
    assert "column gain says no gain in its rows" in dict(source.record("r2").found)["unit of II"]


def test_units_in_a_count_are_read_row_by_row_too(tmp_path):
    source = saved(tmp_path, {"scale_factor": [0.005, 0.001]}, rows=2)
    assert [leads_of(source, f"r{k}")["II"] for k in range(2)] == [("mV", 200), ("mV", 1000)]
    source = saved(tmp_path, {"uV_per_lsb": [5.0, 1.0]}, rows=2)
    assert leads_of(source)["II"] == (None, 1)
    assert "column uV_per_lsb is of uV, and the unit is mV" in str(source.record("r0").found)


@pytest.mark.parametrize(
    "columns",
    [
        {"weight_gain": [3.5]},
        {"baseline": ["sinus rhythm"]},
        {"pain_scale": [4]},
        {"scale": ["linear"]},
        {"time_resolution": [4]},
        {"gain": pa.array([None], pa.null())},
        {"gain": [200], "resolution": [16]},
    ],
)
def test_columns_that_speak_of_something_else_are_no_doubt(tmp_path, columns):
    source = saved(tmp_path, columns, footer={"gain": "200"})
    assert leads_of(source) == {"II": ("mV", 200)}


@pytest.mark.parametrize("fs", [[[250.0]], ["250"], [[250, 250]]])
def test_a_rate_in_a_list_or_a_text_is_held_against_the_footer(tmp_path, fs):
    two = fs == [[250, 250]]
    assert saved(tmp_path, {"fs": fs}, two=two).record("r0").fs == 250
    (problem, *_) = saved(tmp_path, {"fs": fs}, two=two, footer={"fs": "360"}).problems
    assert "250 Hz" in str(problem)
    assert "360 Hz" in str(problem)


@pytest.mark.parametrize(
    ("fs", "words"),
    [([{"hz": 250}], "is struct<hz: int64>; expected the sampling rate"), ([[250, 500]], "says")],
)
def test_a_rate_that_cannot_be_read_is_refused(tmp_path, fs, words):
    (problem,) = saved(tmp_path, {"fs": fs}).problems
    assert problem.column == "fs"
    assert words in str(problem)


def test_a_table_of_samples_has_its_gains_in_columns_too(tmp_path):
    held = {"time_ms": np.arange(N) * 4, "II": counts(200), "II_gain": np.full(N, 200)}
    held |= {"V5": counts(400), "V5_gain": np.where(np.arange(N) < 9, 1, 400)}
    save(tmp_path / "w.parquet", held, metadata={"unit": "mV"})
    source = scan([tmp_path])
    assert leads_of(source, "w") == {"II": ("mV", 200), "V5": (None, 1)}
    assert "column V5_gain (int64) is called" in dict(source.record("w").found)["unit of V5"]
