"""What is found in a signal, against a plain loop over every sample."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.analysis.quality import Finding, Survey, detail, joined, runs, stretches
from ecgstream.model.block import MISSING, NUMPY, Column
from ecgstream.model.record import Lead
from tests.doubles import STEADY

FS = 50.0
FLAT = 100
"""Samples of 2 s."""


def lead(kind="ecg", fs=FS, dtype="i2", **said):
    told = {"unit": "mV", "gain": 200.0, "baseline": 24.0} | said
    return Lead("II", kind=kind, fs=fs, length=0, dtypes=(dtype,), **told)


def surveyed(samples, cuts=(), of=None, dtype="i2"):
    """Return the findings of `samples`, handed over in pieces that end at `cuts`."""
    survey = Survey(of or lead(dtype=dtype))
    edges = [0, *sorted(cuts), len(samples)]
    for start, stop in pairwise(edges):
        survey.add(Column.of(start, samples[start:stop], dtype))
    return survey.findings()


def moving(count, dtype="i2"):
    """Values of which no two neighbours are equal, and no extreme is held."""
    return (np.arange(count) % 7 * 3).astype(NUMPY[dtype])


def of_kind(found, kind):
    return [(one.start, one.stop) for one in found if one.kind == kind]


def plain_runs(samples, least):
    """The runs of one value, sample by sample."""
    found, start = [], 0
    for at in range(1, len(samples) + 1):
        if at == len(samples) or samples[at] != samples[start]:
            if at - start >= least:
                found.append((start, at))
            start = at
    return found


steps = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 260)), max_size=12)


@STEADY
@given(steps, st.integers(1, 120))
def test_every_stretch_is_found_whole(parts, least):
    samples = np.repeat([v for v, _ in parts], [n for _, n in parts]).astype(np.int16)
    found = [tuple(run) for run in stretches(samples, least).tolist()]
    assert found == plain_runs(samples, least)


@STEADY
@given(steps, st.lists(st.integers(0, 3_000), max_size=6), st.sampled_from(["i2", "f8"]))
def test_where_the_pieces_end_changes_nothing(parts, cuts, dtype):
    values = np.array([MISSING[dtype] if v == 3 else v for v, _ in parts], NUMPY[dtype])
    samples = np.repeat(values, [n for _, n in parts])
    cuts = [cut for cut in set(cuts) if cut < len(samples)]
    found = surveyed(samples, cuts, dtype=dtype)
    assert found == surveyed(samples, dtype=dtype)
    gone = np.isnan(samples) if dtype == "f8" else samples == MISSING["i2"]
    assert of_kind(found, "missing") == [tuple(run) for run in runs(gone).tolist()]
    flat = [run for run in plain_runs(samples, FLAT) if not gone[run[0]]]
    assert set(flat) <= set(of_kind(found, "flat") + of_kind(found, "saturated"))


def test_a_signal_that_moves_has_no_finding():
    assert surveyed(moving(5_000)) == []


@pytest.mark.parametrize(("count", "there"), [(FLAT - 1, False), (FLAT, True)])
def test_a_value_that_stands_for_two_seconds_is_flat(count, there):
    samples = moving(1_000)
    samples[300 : 300 + count] = 100
    # Above it, so that it is no end of the range.
    samples[900] = 300
    found = surveyed(samples)
    assert found == ([Finding(300, 300 + count, "flat", 100.0)] if there else [])


def test_a_flat_run_over_many_pieces_is_one():
    samples = moving(1_000)
    samples[250:750] = 9
    assert of_kind(surveyed(samples, range(100, 1_000, 100)), "flat") == [(250, 750)]


def test_a_gap_ends_a_flat_run():
    samples = moving(1_000)
    samples[200:500] = 10
    samples[350] = MISSING["i2"]
    found = surveyed(samples)
    assert of_kind(found, "flat") == [(200, 350), (351, 500)]
    assert of_kind(found, "missing") == [(350, 351)]


def test_a_lead_that_is_held_at_an_end_of_its_range_is_saturated():
    samples = moving(1_000)
    samples[100:105] = 511
    samples[400:420] = 511
    samples[600:602] = 511
    found = surveyed(samples)
    assert of_kind(found, "saturated") == [(100, 105), (400, 420)]
    assert {one.value for one in found} == {511.0}


def test_the_top_of_the_tallest_wave_is_no_saturation():
    samples = moving(1_000)
    samples[100:104] = 511
    assert surveyed(samples) == []


def test_a_higher_value_later_takes_back_what_looked_like_the_rail():
    samples = moving(1_000)
    samples[100:150] = 500
    samples[800] = 501
    assert surveyed(samples, [400]) == []


def test_the_lowest_end_is_found_as_the_highest():
    samples = moving(1_000)
    samples[100:150] = -512
    assert surveyed(samples, [120]) == [Finding(100, 150, "saturated", -512.0)]


def test_a_long_stay_at_the_end_of_the_range_is_one_finding():
    samples = moving(1_000)
    samples[100:400] = 511
    assert surveyed(samples) == [Finding(100, 400, "saturated", 511.0)]


def test_a_lead_of_one_value_is_flat_and_has_no_rails():
    assert surveyed(np.full(500, 7, "<i2"), [123]) == [Finding(0, 500, "flat", 7.0)]


def test_a_round_pulse_is_not_called_saturated_and_a_heart_rate_not_flat():
    samples = moving(1_000)
    samples[100:400] = 511
    assert of_kind(surveyed(samples, of=lead("abp")), "saturated") == []
    assert of_kind(surveyed(samples, of=lead("abp")), "flat") == [(100, 400)]
    assert surveyed(samples, of=lead("numeric", fs=1.0)) == []


def test_what_cannot_be_read_is_told_apart_from_what_is_not_there():
    survey = Survey(lead())
    survey.add(Column(0, 100, "i2", None))
    survey.add(Column(100, 300, "i2", None, reason="corrupt"))
    survey.add(Column(300, 400, "i2", None))
    survey.add(Column.of(400, moving(50), "i2"))
    assert survey.findings() == [
        Finding(0, 100, "missing"),
        Finding(100, 300, "unreadable"),
        Finding(300, 400, "missing"),
    ]


def test_runs_that_touch_are_joined():
    parts = [np.array([[0, 5]]), np.array([[5, 9], [11, 12]]), np.array([[12, 13]])]
    assert joined(parts).tolist() == [[0, 9], [11, 13]]
    assert joined([]).shape == (0, 2)


def test_a_finding_says_how_long_and_at_which_value():
    assert detail(Finding(0, 105, "flat", 224.0), lead()) == "2.1 s at 1 mV"
    assert detail(Finding(0, 25, "missing"), lead()) == "0.5 s"
    words = detail(Finding(0, 25, "saturated", -176.0), lead(unit=None))
    assert words == "0.5 s at -1 (unit unknown), an end of the lead's range"


def test_an_infinite_sample_is_no_value_so_nothing_is_held_at_it():
    samples = moving(1_000, "f8")
    samples[[40, 41, 500]] = np.inf
    samples[600:800] = -np.inf
    samples[900] = np.nan
    for cuts in ((), (500, 700, 901)):
        found = surveyed(samples, cuts, dtype="f8")
        assert of_kind(found, "infinite") == [(40, 42), (500, 501), (600, 800)]
        assert of_kind(found, "missing") == [(900, 901)]
        assert of_kind(found, "saturated") == of_kind(found, "flat") == []
    whole = Survey(lead(dtype="f8"))
    whole.add(Column.of(0, np.full(500, np.inf), "f8"))
    assert whole.constant is None
    assert [(one.start, one.stop, one.kind) for one in whole.findings()] == [(0, 500, "infinite")]
