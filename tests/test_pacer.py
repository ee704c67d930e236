"""Which sample is due: counted from the anchor, without drift."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.playback.pacer import Pacer, shared_sample
from tests.doubles import STEADY

HOUR = 3600


@pytest.mark.parametrize("speed", [0.1, 1.0, 32.0])
@pytest.mark.parametrize("fs", [360.0, 128.0, 1000 / 3, 250.5])
def test_an_hour_of_playing_does_not_drift(fs, speed):
    expected = math.floor(Fraction(fs) * Fraction(speed) * HOUR + Fraction(1, 10**6))
    assert Pacer(fs, 0, 100.0, speed).due(100.0 + HOUR) == expected
    assert Pacer(360.0, 7, 1e6, speed).due(1e6 + HOUR) == 7 + round(360 * speed * HOUR)


@STEADY
@given(
    fs=st.floats(1, 10_000),
    anchor=st.integers(0, 10**10),
    time=st.floats(0, 1e7),
    speed=st.floats(0.1, 32),
    ahead=st.integers(0, 10**7),
)
def test_a_sample_is_due_at_its_moment(fs, anchor, time, speed, ahead):
    pacer = Pacer(fs, anchor, time, speed)
    moment = pacer.time_of(anchor + ahead)
    # Rounding of a moment on the scale of weeks may be worth a sample of 320 kHz, never more.
    assert abs(pacer.due(moment) - (anchor + ahead)) <= 1
    assert moment - time == pytest.approx(ahead / (fs * speed), abs=1e-8)


def test_a_sample_is_not_due_before_its_moment():
    pacer = Pacer(360.0, 100, 50.0)
    assert pacer.due(50.0) == 100
    assert pacer.due(50.0 + 0.99 / 360) == 100
    assert pacer.due(50.0 + 1.01 / 360) == 101
    assert pacer.due(49.0) == 100 - 360


def test_a_new_anchor_stands_at_the_whole_sample_at_or_before_the_playhead():
    again = Pacer(360.0, 0, 0.0).again(1.0 + 0.7 / 360, speed=2.0)
    assert (again.anchor, again.anchor_time, again.speed) == (360, 1.0 + 0.7 / 360, 2.0)
    assert again.again(5.0).speed == 2.0


@STEADY
@given(st.floats(0, 4e9), st.sampled_from([250.0, 360.0, 500.0, 1000 / 3]), st.integers(1, 10**8))
def test_everybody_who_asks_for_shared_is_at_the_same_sample(utc, fs, length):
    sample, past = shared_sample(utc, fs, length)
    assert 0 <= sample < length
    assert sample == math.floor(utc * fs) % length
    assert 0 <= past < 1 / fs
