"""The arithmetic of the limb leads: what breaks it, what does not, and what would mend it."""

import numpy as np
import pytest

from ecgstream.analysis.limbs import LAWS, applying, broken, explained
from tests.limb_leads import arms_swapped, limb_leads, rounded

FS = 250.0
STEP = 0.005
SIX = ("I", "II", "III", "aVR", "aVL", "aVF")


def judged(leads, step=STEP):
    laws = applying(list(leads))
    found = broken(leads, laws, step)
    return found, explained(leads, laws, found.laws, step, fs=FS)


def test_leads_as_they_are_recorded_break_no_law():
    assert len(applying(SIX)) == len(LAWS)
    assert not broken(rounded(limb_leads()), applying(SIX), STEP).laws


def test_levels_of_amplifiers_and_missing_samples_break_no_law():
    leads = {name: mv + k for k, (name, mv) in enumerate(limb_leads().items())}
    leads["II"][100:900] = np.nan
    assert not broken(leads, applying(SIX), STEP).laws


def test_swapped_electrodes_break_no_law():
    assert not broken(arms_swapped(limb_leads()), applying(SIX), STEP).laws


@pytest.mark.parametrize("name", SIX)
def test_a_lead_upside_down_is_named(name):
    leads = limb_leads()
    found, why = judged(leads | {name: -leads[name]})
    assert found.laws == {k for k, (_, terms) in enumerate(LAWS) if name in terms}
    assert why == [f"{name} is upside down"]


@pytest.mark.parametrize(("one", "other"), [("I", "III"), ("II", "aVF"), ("aVR", "aVL")])
def test_leads_with_each_others_names_are_named(one, other):
    leads = limb_leads()
    _, why = judged(leads | {one: leads[other], other: leads[one]})
    assert why == [f"{one} and {other} have each other's name"]


@pytest.mark.parametrize("late", [-6, 3, 10])
def test_a_shifted_lead_is_named_with_how_much(late):
    leads = limb_leads()
    _, why = judged(leads | {"aVL": np.roll(leads["aVL"], late)})
    assert why == [f"aVL is {abs(late) * 4} ms {'late' if late > 0 else 'early'}"]


def test_a_lead_of_another_gain_is_named_with_how_much():
    leads = limb_leads()
    _, why = judged(leads | {"II": 2 * leads["II"]})
    assert why == ["II is 2 times what it should be"]


def test_a_lead_that_is_another_signal_is_named():
    leads = limb_leads()
    other = limb_leads(rate=91, seed=9)["II"]
    _, why = judged(leads | {"III": other})
    assert why == ["III is altered or another signal, the others agree"]


def test_of_three_leads_all_that_would_mend_it_is_told():
    leads = {name: limb_leads()[name] for name in ("I", "II", "III")}
    assert not judged(leads)[0].laws
    found, why = judged(leads | {"III": -leads["III"]})
    assert found.laws == {0}
    # III = I - II instead of II - I: nobody can tell the two apart.
    assert why == ["III is upside down", "I and II have each other's name"]


def test_two_leads_have_no_law():
    assert applying(["I", "II"]) == []
    assert applying(["MLII", "V5"]) == []


def test_what_holds_is_not_told_of_too_few_samples():
    short = {name: mv[:150] for name, mv in limb_leads().items()} | {"I": np.zeros(150)}
    assert not broken(short, applying(SIX), STEP).laws
