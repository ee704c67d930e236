"""The detector: pieces that join, and beats where they were put."""

import numpy as np

from ecgstream.analysis.beats import Beats, context, detect, edge, piece, piece_of
from ecgstream.analysis.signal_quality import quality, window_edge, window_of


def trace(fs: float, seconds: float, rate: float = 72.0) -> np.ndarray:
    time = np.arange(int(seconds * fs)) / fs
    phase = (time * rate / 60) % 1 * 60 / rate
    return np.exp(-(((phase - 0.4) / 0.012) ** 2)) + 0.2 * np.exp(-(((phase - 0.7) / 0.05) ** 2))


def test_every_beat_of_a_clean_trace_is_found_at_its_peak() -> None:
    found = detect(trace(360.0, 130.0), 360.0)
    wanted = (0.4 + 60 / 72 * np.arange(156)) * 360
    assert len(found.sample) == len(wanted)
    assert np.abs(found.sample - wanted).max() <= 1


def test_a_piece_has_the_same_beats_wherever_reading_began() -> None:
    signal = trace(250.0, 200.0)
    whole = detect(signal, 250.0)
    for k in (1, 2):
        low, high = context(k, 250.0, len(signal))
        found = piece(signal[low:high], 250.0, low, k)
        inside = (whole.sample >= edge(k, 250.0)) & (whole.sample < edge(k + 1, 250.0))
        assert found.sample.tolist() == whole.sample[inside].tolist()


def test_the_edges_of_pieces_and_windows_hold_every_sample_once() -> None:
    for fs in (100.0, 128.0, 181.81, 1000 / 3):
        for sample in (0, 1, 5999, 6000, 123_456, 10_000_000):
            assert edge(piece_of(sample, fs), fs) <= sample < edge(piece_of(sample, fs) + 1, fs)
            window = window_of(sample, fs)
            assert window_edge(window, fs) <= sample < window_edge(window + 1, fs)


def test_what_is_missing_is_blind_and_nothing_is_found_in_it() -> None:
    signal = trace(200.0, 100.0)
    signal[4000:13000] = np.nan
    found = detect(signal, 200.0)
    assert found.blind.tolist() == [[4000, 13000]]
    assert found.why == ("missing",)
    assert not ((found.sample >= 4000) & (found.sample < 13000)).any()


def test_nothing_is_found_in_nothing() -> None:
    found = detect(np.empty(0), 360.0)
    assert isinstance(found, Beats)
    assert not len(found.sample)
    assert not len(found.blind)


def test_quality_tells_clean_from_noise_and_from_nothing() -> None:
    clean = trace(360.0, 20.0)
    noise = np.random.default_rng(1).normal(0, 0.3, len(clean))
    gone = np.full(len(clean), np.nan)
    assert quality(clean, 360.0, 0).min() > 0.8
    assert quality(noise, 360.0, 0).max() < 0.4
    assert np.isnan(quality(gone, 360.0, 0)).all()
    assert quality(np.zeros(7200), 360.0, 0).max() == 0
