"""Mains hum, baseline wander and size, on made signals whose noise is known."""

import numpy as np
import pytest

from ecgstream.analysis.noise import filled, hum, size, wander
from tests.made_ecg import made, regular

SECONDS = 10.0


def heart(fs, **noise):
    return made(fs, SECONDS, regular(72, SECONDS), **noise)[None]


@pytest.mark.parametrize("fs", [250.0, 360.0, 500.0, 1000.0])
@pytest.mark.parametrize("line", [0, 1])
def test_a_line_of_the_mains_is_measured_in_the_midst_of_a_heart(fs, line):
    hz = (50.0, 60.0)[line] + 0.13
    trace = heart(fs, noise=0.01)
    trace += 0.04 * np.sin(2 * np.pi * hz * np.arange(trace.shape[1]) / fs + 1)
    found = hum(trace, fs)[0]
    assert found[line] == pytest.approx(0.04, rel=0.1)
    assert found[1 - line] < 0.003


@pytest.mark.parametrize("noise", [0.0, 0.02, 0.1])
def test_a_heart_and_its_muscles_are_no_hum(noise):
    assert hum(heart(500.0, noise=noise), 500.0).max() < 0.01


def test_hum_is_not_told_at_a_rate_that_cannot_carry_it():
    told = hum(heart(100.0, hum=0.1), 100.0)
    assert np.isnan(told).all()
    told = hum(heart(125.0, hum=0.1), 125.0)
    assert np.isnan(told[0, 1])
    assert told[0, 0] == pytest.approx(0.1, rel=0.1)


def test_each_lead_has_its_own_hum():
    both = np.concatenate([heart(250.0), heart(250.0, hum=0.2)])
    found = hum(both, 250.0)[:, 0]
    assert found[0] < 0.005
    assert found[1] == pytest.approx(0.2, rel=0.05)


@pytest.mark.parametrize("fs", [100.0, 250.0, 1000.0])
def test_a_baseline_that_goes_is_told_and_a_heart_is_not(fs):
    time = np.arange(round(SECONDS * fs)) / fs
    assert wander(heart(fs), fs)[0] < 0.15
    slow = heart(fs) + 0.5 * np.sin(2 * np.pi * 0.2 * time)
    assert wander(slow, fs)[0] == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("shape", ["narrow", "inverted", "wide", "tall t", "paced"])
@pytest.mark.parametrize("rate", [45, 70, 120])
def test_no_rhythm_of_usual_waves_is_a_wander(shape, rate):
    trace = made(250.0, SECONDS, regular(rate, SECONDS), shape=shape)[None]
    assert wander(trace, 250.0)[0] < 0.3


def test_the_size_is_that_of_a_beat_and_no_spike_counts():
    trace = heart(500.0)
    usual = size(trace, 500.0)[0]
    assert usual == pytest.approx(1.2, abs=0.15)
    trace[0, 777] = 400
    assert size(trace, 500.0)[0] == pytest.approx(usual, abs=0.01)


def test_what_is_missing_is_crossed_on_a_straight_line_and_nothing_is_changed():
    values = np.array([[np.nan, 1.0, np.nan, np.nan, 4.0], [np.nan] * 5, [1, 2, 3, 4, 5]])
    before = values.copy()
    assert filled(values).tolist() == [[1, 1, 2, 3, 4], [0] * 5, [1, 2, 3, 4, 5]]
    assert np.array_equal(values, before, equal_nan=True)
