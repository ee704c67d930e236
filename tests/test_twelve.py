"""The twelve leads: found under other names, derived, turned around, never invented."""

import pytest

from ecgstream.model.twelve import CHEST, LIMB, recipe, standard


@pytest.mark.parametrize(
    ("name", "lead"),
    [("AVR", "aVR"), ("avf", "aVF"), ("ii", "II"), ("D3", "III"), ("Lead I", "I"), ("ECG V1", "V1")]
    + [(name, name) for name in (*LIMB, *CHEST)]
    + [(name, None) for name in ("MLII", "V7", "vx", "ABP", "", "IIII", "aV")],
)
def test_a_name_is_one_of_the_twelve_or_none(name, lead):
    assert standard(name) == lead


def test_a_stored_lead_comes_before_a_derived_one():
    found = recipe("III", ["I", "II", "iii"])
    assert found.terms == ((2, 1.0),)
    assert found.note == "stored as iii"


@pytest.mark.parametrize(
    ("lead", "value"), [("III", 0.6), ("aVR", -0.7), ("aVL", -0.1), ("aVF", 0.8)]
)
def test_limb_leads_follow_from_the_first_two(lead, value):
    stored = {"V1": 9.0, "II": 1.0, "I": 0.4}
    found = recipe(lead, list(stored))
    assert found.note == "derived"
    made = sum(factor * list(stored.values())[k] for k, factor in found.terms)
    assert made == pytest.approx(value)


def test_minus_avr_is_avr_upside_down_stored_or_derived():
    assert recipe("-aVR", ["aVR"]).terms == ((0, -1.0),)
    assert recipe("-aVR", ["I", "II"]).terms == ((0, 0.5), (1, 0.5))
    assert recipe("-aVR", ["-aVR", "aVR"]).terms == ((0, 1.0),)
    assert recipe("-aVR", ["I"]) is None


def test_a_modified_lead_stands_in_the_place_of_its_lead_under_its_own_name():
    found = recipe("II", ["V5", "MLII"])
    assert (found.name, found.terms) == ("MLII", ((1, 1.0),))
    assert found.note == "in the place of II"


def test_nothing_is_derived_from_a_modified_lead():
    assert recipe("III", ["MLI", "I", "MLII"]) is None


def test_chest_leads_are_never_made_up():
    assert recipe("V4", ["I", "II", "V3", "V5"]) is None
