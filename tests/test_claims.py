"""What a lead is said to be and cannot be is told of every record, however short."""

import numpy as np
import pytest

from ecgstream.analysis.claims import claims
from ecgstream.model.record import Lead
from ecgstream.storage.catalog import scan
from ecgstream.storage.derived.examining import examined
from tests.archives.kit import ecg, save


def lead(name="II", unit="mV", fs=250.0, kind="ecg", length=250):
    return Lead(name=name, unit=unit, gain=1.0, baseline=0.0, kind=kind, fs=fs, length=length,
                dtypes=("f8",), fs_source="said")  # fmt: skip


def told(*leads):
    return [(one.kind, one.level, one.leads) for one in claims(leads, leads[0].fs)]


@pytest.mark.parametrize(
    ("fs", "meant"),
    [
        (0.36, "360 Hz if it is in kHz"),
        (0.5, "500 Hz if it is in kHz"),
        (0.004, "250 Hz if it is an interval in s"),
        (4.0, "4000 Hz if it is in kHz, 250 Hz if it is an interval in ms"),
        (1e6, "1000 Hz if it is in mHz, 1000 Hz if it is an interval in ns"),
        (1e9, "expected 20 Hz to 100 kHz; every time"),
        (19.9, "expected 20 Hz to 100 kHz"),
    ],
)
def test_a_rate_that_no_ecg_has_is_an_error_with_what_it_may_mean(fs, meant):
    (found,) = claims([lead(fs=fs), lead("SpO2", "%", fs, "numeric")], fs)
    assert (found.kind, found.level, found.leads) == ("rate", "error", ("II",))
    assert meant in found.detail


@pytest.mark.parametrize("fs", [20.0, 50.0, 128.0, 32_000.0, 100_000.0])
def test_a_rate_that_an_ecg_may_have_is_none(fs):
    assert told(lead(fs=fs)) == []


def test_what_is_no_ecg_may_be_as_slow_as_it_likes():
    assert told(lead("SpO2", "%", 0.1, "numeric"), lead("II", "mV", 0.1, length=0)) == []


@pytest.mark.parametrize("unit", [None, "NU", "MV", "mmHg"])
def test_units_that_are_no_voltage_are_told_of_all_leads_at_once(unit):
    both = lead(unit=unit), lead("V5", unit), lead("V6")
    assert told(*both) == [("no_unit", "warning", ("II", "V5"))]


@pytest.mark.parametrize(
    ("name", "unit", "words"),
    [("I", "mmHg", "'mmHg', which is no voltage: one of the two is wrong"),
     ("uV", None, "called as a unit is, and of which lead it is nobody says")],
)  # fmt: skip
def test_a_lead_that_was_not_taken_for_an_ecg_though_it_may_be_one_is_told(name, unit, words):
    (found,) = claims([lead(name, unit, kind="other")], 250.0)
    assert (found.kind, found.leads) == ("no_unit", (name,))
    assert words in found.detail
    assert told(lead("Marker", "mmHg", kind="other")) == []


@pytest.mark.parametrize(
    ("said", "rows", "kind"),
    [({"fs": "0.36", "unit": "mV"}, 3_600, "rate"), ({"fs": "250"}, 250, "no_unit")],
)
def test_a_record_without_windows_is_judged_by_what_it_claims(tmp_path, said, rows, kind):
    save(tmp_path / "r.parquet", {"II": ecg(rows), "V5": ecg(rows, 3) + np.arange(rows) % 7},
         metadata=said)  # fmt: skip
    verdict = examined(scan([tmp_path]), "r")
    assert verdict.windows == 0
    assert [(one.kind, one.leads) for one in verdict.findings] == [(kind, ("II", "V5"))]
