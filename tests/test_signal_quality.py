"""The quality index: which lead beats are to be found in."""

import numpy as np
import pytest

from ecgstream.analysis.signal_quality import quality, window_edge, window_of
from tests.made_ecg import made, regular


@pytest.mark.parametrize("fs", [100.0, 128.0, 360.0, 1000.0])
def test_clean_beats_are_near_one_and_mere_noise_near_nought(fs):
    clean = made(fs, 60, regular(75, 60), noise=0.01)
    noise = made(fs, 60, [], noise=0.3)
    assert quality(clean, fs, 0).min() > 0.9
    assert np.median(quality(noise, fs, 0)) < 0.1


def test_the_more_noise_the_lower_the_index():
    index = [
        float(quality(made(250, 60, regular(75, 60), noise=noise), 250.0, 0).mean())
        for noise in (0.0, 0.05, 0.1, 0.2, 0.4)
    ]
    assert index == sorted(index, reverse=True)
    assert index[0] - index[-1] > 0.6


def test_a_tachycardia_is_no_noise():
    assert quality(made(250, 60, regular(210, 60), noise=0.01), 250.0, 0).min() > 0.6


def test_a_lead_without_a_qrs_in_it_is_useless():
    assert quality(np.zeros(7200), 360.0, 0).max() == 0
    small = made(360, 20, regular(75, 20), height=0.05)
    assert quality(small, 360.0, 0).max() == 0


def test_what_is_missing_counts_against_a_window_and_half_of_it_is_the_end():
    fs = 250.0
    signal = made(fs, 20, regular(120, 20), noise=0.01)
    whole = quality(signal, fs, 0)
    signal[500:600] = np.nan
    signal[1500:1760] = np.nan
    index = quality(signal, fs, 0)
    assert 0.6 < index[1] / whole[1] < 0.85
    assert np.isnan(index).tolist() == [i == 3 for i in range(10)]


@pytest.mark.parametrize("fs", [100.0, 181.81, 360.0])
def test_windows_lie_at_the_same_samples_wherever_reading_begins(fs):
    signal = made(fs, 60, regular(75, 60), noise=0.1)
    whole = quality(signal, fs, 0)
    for first in (1, 777, 3001):
        part = quality(signal[first:], fs, first)
        window = window_of(first, fs)
        assert len(part) == len(whole) - window
        # The first may be cut, and the filter of the second has less before it.
        np.testing.assert_array_equal(part[2:], whole[window + 2 :])


def test_an_index_is_there_for_every_window_that_has_a_sample():
    for count in (1, 2, 719, 720, 721, 1500):
        assert len(quality(np.zeros(count), 360.0, 0)) == -(-count // 720)
    assert not len(quality(np.empty(0), 360.0, 5))


def test_the_edges_of_windows_hold_every_sample_once():
    for fs in (100.0, 128.0, 181.81, 1000 / 3):
        for sample in (0, 1, 5999, 6000, 123_456, 10_000_000):
            window = window_of(sample, fs)
            assert window_edge(window, fs) <= sample < window_edge(window + 1, fs)
