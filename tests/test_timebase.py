"""Rates and sample numbers out of timestamps."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgstream.model.timebase import (
    Stamps,
    Unsteady,
    doubt,
    fits,
    infer,
    number,
    origin,
    simplest,
)

RATES = [128, 200, 250, 257, 360, 500, 512, 1000]


def rounded(samples, fs, how="down", offset=0):
    """Whole milliseconds of sample numbers, `offset` in thousandths of one; exact integers."""
    fs = Fraction(fs)
    thousandths = np.asarray(samples, np.int64) * 1_000_000 * fs.denominator + offset * fs.numerator
    step = 1000 * fs.numerator
    up = step // 2 if how == "nearest" else 0
    return ((thousandths + up) // step).astype(float)


def stamps_of(times, quantum=1.0):
    return Stamps(np.asarray(times, float) - times[0], quantum)


def numbered(stamps, rate):
    return number(stamps, rate, origin(stamps, rate)).expand(len(stamps.times))


@st.composite
def samples_with_gaps(draw, least=10.0):
    """Sample numbers of a recording with gaps: runs of a second and more, `least` s in all."""
    fs = draw(st.sampled_from(RATES))
    runs = draw(st.lists(st.floats(1.0, 8.0), min_size=1, max_size=6))
    runs[0] = max(runs[0], least)
    gaps = draw(st.lists(st.floats(0.02, 30.0), min_size=len(runs), max_size=len(runs)))
    at, kept = 0, []
    for run, gap in zip(runs, gaps, strict=True):
        count = round(run * fs)
        kept.append(np.arange(at, at + count))
        at += count + max(3, round(gap * fs))
    return fs, np.concatenate(kept)


@settings(max_examples=60, deadline=None)
@given(samples_with_gaps(), st.sampled_from(["down", "nearest"]), st.integers(0, 999))
def test_whole_milliseconds_give_the_rate_and_the_sample_numbers_whatever_the_gaps(
    made, how, offset
):
    fs, samples = made
    stamps = stamps_of(rounded(samples, fs, how, offset))
    rate = infer(stamps)
    assert rate == fs
    assert (numbered(stamps, rate) == samples).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(10, 120))
def test_a_rate_that_is_no_whole_number_keeps_every_sample_in_its_place(seed, seconds):
    fs = Fraction("62.4725")
    count = int(seconds * float(fs))
    gap_at = np.random.default_rng(seed).integers(100, count - 100)
    samples = np.concatenate([np.arange(gap_at), np.arange(gap_at + 50, count + 50)])
    stamps = stamps_of(rounded(samples, fs))
    rate = infer(stamps)
    # No rounding step can tell it from its neighbours, but at the end they are not half a sample
    # apart.
    assert abs(float(rate - fs)) * seconds < 0.2
    assert (numbered(stamps, rate) == samples).all()


def test_half_an_hour_in_whole_milliseconds_gives_an_odd_rate_closely():
    fs = Fraction("62.4725")
    stamps = stamps_of(rounded(np.arange(112_450), fs))
    assert float(infer(stamps)) == pytest.approx(62.4725, abs=5e-6)


@pytest.mark.parametrize("fs", ["360", "250", "62.4725", "1000/3", "257", "1/60"])
def test_exact_float_timestamps_give_the_exact_rate(fs):
    rate = Fraction(fs)
    times = np.arange(20_000) * float(1000 / rate)
    quantum = max(1e-6, 2 * float(np.spacing(times[-1])))
    assert infer(stamps_of(times, quantum)) == rate


@pytest.mark.parametrize("fs", [250, 360, 500])
def test_one_lost_sample_is_a_gap_where_the_rounding_lets_it_be_seen(fs):
    samples = np.delete(np.arange(fs * 20), [fs * 7])
    stamps = stamps_of(rounded(samples, fs))
    rate = infer(stamps)
    assert rate == fs
    assert (numbered(stamps, rate) == samples).all()


def test_samples_lost_at_1000_hz_are_seen_though_a_step_of_two_could_be_rounding():
    samples = np.delete(np.arange(20_000), [3_000, 3_500, 16_000, 16_001])
    stamps = stamps_of(samples.astype(float))
    assert infer(stamps) == 1000
    assert (numbered(stamps, Fraction(1000)) == samples).all()


def test_a_step_that_is_always_the_same_is_the_step():
    # Simpler fractions than 1000/23 are within the rounding too.
    stamps = stamps_of(np.arange(400) * 23.0)
    assert infer(stamps) == Fraction(1000, 23)


def test_990_hz_in_whole_milliseconds_is_not_1000_hz_with_losses():
    stamps = stamps_of(rounded(np.arange(20_000), 990))
    assert infer(stamps) == 990
    assert (numbered(stamps, Fraction(990)) == np.arange(20_000)).all()


def test_jitter_of_less_than_a_sample_is_no_gap():
    rng = np.random.default_rng(3)
    times = np.arange(7_200) * 1000 / 360 + rng.uniform(-1.1, 1.1, 7_200)
    stamps = stamps_of(np.sort(times), 1e-6)
    rate = infer(stamps)
    assert float(rate) == pytest.approx(360, abs=0.1)
    assert (numbered(stamps, rate) == np.arange(7_200)).all()


def test_a_rate_that_changes_is_named_with_its_place():
    times = np.concatenate([np.arange(5_000) * 4.0, 20_000 + np.arange(5_000) * 5.0])
    with pytest.raises(Unsteady, match="no one rate") as caught:
        infer(stamps_of(times))
    assert 0 <= caught.value.index < 10_000


def test_a_rate_that_falls_is_no_row_of_gaps():
    times = np.concatenate([np.arange(2_000) * 4.0, 8_000 + np.arange(1_500) * 7.0])
    with pytest.raises(Unsteady):
        infer(stamps_of(times))
    with pytest.raises(Unsteady, match=r"of 3499 steps 1499 are longer than a sample at 250 Hz"):
        number(stamps_of(times), Fraction(250), 0.0)


def test_a_rate_said_wrongly_does_not_bend_the_time():
    stamps = stamps_of(rounded(np.arange(36_000), 360))
    with pytest.raises(Unsteady, match="leave 250 Hz"):
        number(stamps, Fraction(250), 0.0)


def test_seconds_in_place_of_milliseconds_are_refused():
    with pytest.raises(Unsteady, match="expected milliseconds"):
        infer(stamps_of(np.arange(1000) / 360, 1e-9))


def test_one_timestamp_alone_has_no_rate_but_fits_any():
    stamps = stamps_of([5.0])
    with pytest.raises(Unsteady, match="one timestamp alone"):
        infer(stamps)
    assert fits(stamps, Fraction(360))
    assert numbered(stamps, Fraction(360)).tolist() == [0]


def test_another_rate_does_not_fit():
    stamps = stamps_of(rounded(np.arange(3_600), 360))
    assert fits(stamps, Fraction(360))
    assert not fits(stamps, Fraction(361))
    assert not fits(stamps, Fraction(180))
    # At 1000 Hz every one of them would be a run of its own, which explains anything.
    assert not fits(stamps, Fraction(1000))


@given(st.fractions("1/500", 5000, max_denominator=500), st.fractions("1/1000000", "2/5"))
def test_the_simplest_fraction_lies_within_and_has_the_least_denominator(middle, width):
    low, high = middle * (1 - width), middle * (1 + width)
    found = simplest(low, high)
    assert low <= found <= high
    for denominator in range(1, min(found.denominator, 60)):
        assert (high * denominator).__floor__() < (low * denominator).__ceil__()


def test_a_gap_never_makes_sample_numbers_go_back():
    times = np.array([0, 4, 8, 11.9, 18.2, 22, 26, 30, 34, 38.0])
    found = number(Stamps(times, 0.1), Fraction(250), 0.0).expand(10)
    assert (np.diff(found) >= 1).all()


CLOCKS = [(1000, 1), (500, 1), (360, 1), (257, 1), (512, 1), (800, 1), (128, Fraction(1, 1000))]
"""Rates in Hz, and the rounding of their times in ms."""


def on_clock(samples, fs, quantum, offset=0.0):
    """The times of samples in ms, counted in whole steps of `quantum`."""
    step = 1000 / (Fraction(fs) * Fraction(quantum))
    ticks = np.floor(np.asarray(samples) * float(step) + offset + 1e-9)
    return stamps_of(ticks * float(quantum), float(quantum))


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(CLOCKS),
    st.sampled_from([600, 1_000, 3_000, 20_000]),
    st.integers(0, 20),
    st.integers(0, 2**32 - 1),
    st.floats(0, 0.99),
)
def test_single_samples_lost_anywhere_change_no_rate_and_leave_gaps_where_they_were(
    clock, count, lost, seed, offset
):
    fs, quantum = clock
    gone = np.random.default_rng(seed).choice(np.arange(1, count - 1), lost, replace=False)
    samples = np.delete(np.arange(count), gone)
    stamps = on_clock(samples, fs, quantum, offset)
    rate = infer(stamps)
    assert rate == fs
    assert (numbered(stamps, rate) == samples).all()


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(1, 2_998), min_size=1, max_size=2))
def test_one_or_two_samples_lost_anywhere_at_1000_hz_are_gaps_and_what_else_fits_is_told(gone):
    samples = np.delete(np.arange(3_000), sorted(gone))
    stamps = on_clock(samples, 1000, 1)
    assert infer(stamps) == 1000
    assert (numbered(stamps, Fraction(1000)) == samples).all()
    said = doubt(stamps, Fraction(1000))
    assert not said or f"1000 Hz with {len(gone)} sample" in said


def test_two_losses_that_another_rate_would_explain_are_told_with_it():
    stamps = on_clock(np.delete(np.arange(3_000), [1_000, 2_100]), 1000, 1)
    assert infer(stamps) == 1000
    said = doubt(stamps, Fraction(1000))
    assert "Hz with no samples lost would make the same" in said
    assert "1000 Hz with 2 samples lost is the likelier" in said


@pytest.mark.parametrize("fs", ["999.98", "999.9", "999", "990"])
def test_a_clock_that_runs_slow_is_no_row_of_losses_at_equal_distances(fs):
    seconds = 400
    samples = np.arange(int(seconds * float(fs)))
    stamps = on_clock(samples, fs, 1)
    rate = infer(stamps)
    assert float(rate) == pytest.approx(float(fs), rel=3e-6)
    assert (numbered(stamps, rate) == samples).all()
    # What looks like the usual rate, with losses, is told as that.
    assert ("1000 Hz with" in doubt(stamps, rate)) == (rate.denominator > 1)


def test_a_rate_that_is_said_keeps_losses_that_hide_in_the_rounding():
    samples = np.delete(np.arange(2_000), [400, 401, 950, 1_300])
    stamps = on_clock(samples, 800, 1)
    assert fits(stamps, Fraction(800))
    assert not fits(stamps, Fraction(790))
    assert (numbered(stamps, Fraction(800)) == samples).all()


def test_of_rates_that_fit_a_short_record_alike_a_usual_one_is_meant():
    # 359 Hz is as near to these.
    stamps = on_clock(np.arange(100), 360, 1)
    assert infer(stamps) == 360
    assert doubt(stamps, Fraction(360)) == ""
