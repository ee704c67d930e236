"""What is said of leads by windows: each finding where it is, and none where it is not."""

import numpy as np
import pytest

from ecgstream.analysis.judging import Judge
from ecgstream.analysis.windows import Windows
from ecgstream.model.record import Lead
from tests.limb_leads import arms_swapped, limb_leads, rounded
from tests.made_ecg import made, regular

FS = 250.0
SECONDS = 60.0
SIZE = 2500


def judged(leads, *, fs=FS, said=None):
    """Return the judge of these leads, by name, in mV unless `said` has fields of a lead's own."""
    length = max(map(len, leads.values()))
    fields = {"unit": "mV", "gain": 200.0, "baseline": 0.0, "dtypes": ("i2",)}
    told = [
        Lead(name, kind="ecg", fs=fs, length=length, **(fields | (said or {}).get(name, {})))
        for name in leads
    ]
    windows = Windows.of(length, fs)
    judge = Judge(told, windows)
    stacked = np.stack(list(leads.values()))
    for k, start in enumerate(windows.starts.tolist()):
        judge.add(k, stacked[:, start : start + windows.size])
    return judge


def heart(seconds=SECONDS, **how):
    return made(FS, seconds, regular(72, seconds), noise=0.01, **how)


def kinds(judge):
    return [(one.kind, *one.leads) for one in judge.findings()]


def test_windows_are_spread_from_the_begin_to_the_end_and_say_their_share():
    day = Windows.of(86_400 * 500, 500.0)
    assert len(day) == 240
    assert (int(day.starts[0]), int(day.starts[-1]) + day.size) == (0, 86_400 * 500)
    assert np.ptp(np.diff(day.starts)) <= 1
    assert day.share == pytest.approx(1 / 36)
    whole = Windows.of(15_001, FS)
    assert whole.share == 1.0
    assert int(whole.starts[-1]) + whole.size == 15_001
    assert (len(Windows.of(999, FS)), len(Windows.of(1000, FS)), Windows.of(1000, FS).size) == (
        0,
        1,
        1000,
    )


def test_spans_join_where_windows_touch_and_only_there():
    windows = Windows.of(86_400 * 500, 500.0)
    chosen = np.zeros(240, np.bool_)
    chosen[[0, 1]] = True
    assert len(windows.spans(chosen)) == 2
    near = Windows.of(15_000, FS)
    assert near.spans(np.array([1, 1, 0, 1, 1, 1], np.bool_)) == ((0, 5_000), (7_500, 15_000))


def test_twelve_good_leads_have_no_finding():
    assert kinds(judged(rounded(limb_leads(seconds=SECONDS)))) == []


def test_hum_is_found_where_it_is():
    trace = heart()
    noisy = slice(2 * SIZE, 4 * SIZE)
    trace[noisy] += 0.1 * np.sin(2 * np.pi * 50 * np.arange(2 * SIZE) / FS)
    (found,) = judged({"II": trace, "V1": heart(seed=5)}).findings()
    assert (found.kind, found.leads, found.level) == ("hum", ("II",), "warning")
    assert found.spans == ((2 * SIZE, 4 * SIZE),)
    assert found.detail.startswith("50 Hz of 199 µV from trough to crest in 2 of 6 windows")


def test_a_wandering_baseline_is_found_where_it_is():
    trace = heart()
    trace[:SIZE] += np.sin(2 * np.pi * 0.2 * np.arange(SIZE) / FS)
    (found,) = judged({"II": trace}).findings()
    assert (found.kind, found.spans) == ("wander", ((0, SIZE),))


@pytest.mark.parametrize(("by", "kind"), [(1000.0, "unit"), (0.001, "unit"), (1.0, None)])
def test_a_unit_that_no_heart_fits_is_an_error(by, kind):
    found = judged({"II": heart() * by, "V5": heart(seed=2) * by}).findings()
    assert {one.kind for one in found} == ({kind} if kind else set())
    assert {one.level for one in found} <= {"error"}


def test_microvolts_declared_as_such_are_no_finding():
    said = {"II": {"unit": "µV", "gain": 0.2}}
    assert kinds(judged({"II": heart() * 1000}, said=said)) == []


def test_one_faint_lead_among_good_ones_is_an_electrode_and_no_unit():
    assert kinds(judged({"II": heart(), "V6": heart() * 0.005})) == [("faint", "V6")]


@pytest.mark.parametrize("unit", [None, "NU", "MV"])
def test_of_a_unit_that_is_no_voltage_nothing_is_guessed(unit):
    judge = judged({"II": heart() * 900}, said={"II": {"unit": unit}})
    assert kinds(judge) == []
    assert judge.figures()["II"].size_mv is None


def test_leads_with_the_same_samples_are_found():
    leads = {"V1": heart(seed=4), "V2": heart(seed=5), "V3": heart(seed=4)}
    (found,) = judged(leads).findings()
    assert (found.kind, found.leads, found.level) == ("duplicate", ("V1", "V3"), "error")
    assert found.spans == ((0, 6 * SIZE),)


def test_copies_of_one_lead_are_one_finding_however_many_they_are():
    leads = {f"V{k}": heart(seed=4) for k in range(1, 7)} | {
        "I": heart(seed=5),
        "II": heart(seed=5),
    }
    first, second = judged(leads).findings()
    assert first.leads == ("V1", "V2", "V3", "V4", "V5", "V6")
    assert first.detail.startswith("V1, V2, V3 and 3 others have the same samples in all")
    assert second.leads == ("I", "II")
    assert second.detail.startswith("I and II have the same samples")


def test_the_same_samples_under_another_gain_are_the_same():
    trace = heart(seed=4)
    leads = {"V1": np.rint(trace * 200) / 200, "V2": np.rint(trace * 1000) / 1000}
    said = {"V2": {"gain": 1000.0}}
    assert kinds(judged(leads, said=said)) == [("duplicate", "V1", "V2")]


def test_floats_of_a_gain_of_one_are_no_coarse_steps():
    said = {name: {"gain": 1.0, "dtypes": ("f4",)} for name in ("V1", "V2")}
    leads = {"V1": heart(seed=4), "V2": heart(seed=4) + np.sin(np.arange(15_000)) * 0.01}
    assert kinds(judged(leads, said=said)) == []


def test_limb_leads_that_contradict_each_other_are_an_error_that_says_what_would_mend_it():
    leads = limb_leads(seconds=SECONDS)
    leads["aVL"] = np.concatenate([leads["aVL"][: 3 * SIZE], -leads["aVL"][3 * SIZE :]])
    (found,) = judged(leads).findings()
    assert (found.kind, found.level) == ("limb", "error")
    assert found.spans == ((3 * SIZE, 6 * SIZE),)
    assert "swapped electrodes do not do this" in found.detail
    assert found.detail.endswith("it holds if aVL is upside down")


def test_limb_leads_of_no_voltage_but_one_unit_are_held_against_each_other():
    leads = {name: 700 * mv for name, mv in limb_leads(seconds=SECONDS).items()}
    said = {name: {"unit": None, "gain": 1.0} for name in leads}
    assert kinds(judged(leads, said=said)) == []
    leads["III"] = -leads["III"]
    assert "limb" in {kind for kind, *_ in kinds(judged(leads, said=said))}


def test_swapped_arms_are_a_hint_and_no_more():
    (found,) = judged(arms_swapped(limb_leads(seconds=SECONDS))).findings()
    assert (found.kind, found.level, found.leads) == ("arms", "hint", ("I", "aVR"))
    assert "a hint, for a person to look at" in found.detail


def test_i_and_ii_alone_are_enough_for_the_hint():
    leads = arms_swapped(limb_leads(seconds=SECONDS))
    found = judged({name: leads[name] for name in ("I", "II")}).findings()
    assert [one.kind for one in found] == ["arms"]


def test_windows_that_are_mostly_missing_are_not_judged():
    trace = heart()
    trace[SIZE : 2 * SIZE] = np.nan
    trace[2 * SIZE + 100 : 3 * SIZE - 100] = np.nan
    judge = judged({"II": trace})
    assert judge.figures()["II"].windows == 4
    assert judge.findings() == []
