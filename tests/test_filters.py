"""The filters of the review desk, against scipy used by hand."""

import math
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy import signal

from ecgstream.analysis import filters
from ecgstream.analysis.filters import Preset
from ecgstream.errors import BadField, ExtraMissing
from tests.serving import DATA

EVERY = [Preset(name, notch) for name in filters.PRESETS for notch in (None, 50, 60)]
ON = [preset for preset in EVERY if preset.on]


def beats(seconds: float, fs: float, *, offset: float = 0.0) -> np.ndarray:
    """Return a trace in mV: an R peak of 1 mV and a T wave each 0.8 s, and a wandering baseline."""
    t = np.arange(round(seconds * fs)) / fs
    phase = t % 0.8
    qrs = np.exp(-(((phase - 0.3) / 0.012) ** 2))
    t_wave = 0.3 * np.exp(-(((phase - 0.55) / 0.05) ** 2))
    return qrs + t_wave + 0.2 * np.sin(2 * np.pi * 0.11 * t) + offset


def gain_at(preset: Preset, fs: float, hz: float) -> float:
    """Return the amplitude that forward and backward leave of a sine."""
    _, h = signal.sosfreqz(filters.sections(preset, fs), worN=[hz], fs=fs)
    return float(np.abs(h[0]) ** 2)


def test_nothing_is_filtered_unless_asked_for():
    x = beats(2, 250)
    x[40:60] = np.nan
    out, settled = filters.apply(x, 250, Preset())
    np.testing.assert_array_equal(out, x)
    np.testing.assert_array_equal(settled, ~np.isnan(x))
    assert not Preset().on
    assert filters.label(Preset(), 250) == "no filter"


def test_only_an_ecg_is_filtered():
    assert filters.preset_for("monitor", "ecg") == Preset("monitor")
    assert filters.preset_for(Preset("monitor", 50), "abp") == Preset()


@pytest.mark.parametrize("fs", [500, 1000, 360])
def test_the_corners_are_down_by_3_db_as_drawn(fs):
    half = 10 ** (-3.0103 / 20)
    if fs >= 375:
        assert gain_at(Preset("diagnostic"), fs, 0.05) == pytest.approx(half, abs=1e-4)
        assert gain_at(Preset("diagnostic"), fs, 150) == pytest.approx(half, abs=1e-4)
    assert gain_at(Preset("monitor"), fs, 0.5) == pytest.approx(half, abs=1e-4)
    assert gain_at(Preset("monitor"), fs, 40) == pytest.approx(half, abs=1e-4)
    assert gain_at(Preset("monitor"), fs, 8) == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("notch", [50, 60])
def test_a_notch_takes_its_own_frequency_and_leaves_the_rest(notch):
    t = np.arange(20 * 500) / 500
    hum, x = 0.3 * np.sin(2 * np.pi * notch * t), beats(20, 500)
    out, _ = filters.apply(x + hum, 500, Preset(notch=notch), record_ends=(True, True))
    middle = slice(2000, -2000)
    assert np.abs(out[middle] - x[middle]).max() < 0.02
    assert gain_at(Preset(notch=notch), 500, notch) < 1e-9


@pytest.mark.parametrize("preset", ON, ids=str)
@pytest.mark.parametrize("fs", [250, 500])
def test_each_run_between_gaps_is_what_scipy_makes_of_it_alone(preset, fs):
    x = beats(30, fs, offset=300)
    x[10 * fs : 11 * fs] = np.nan
    out, _ = filters.apply(x, fs, preset)
    sos = filters.sections(preset, fs)
    for part in (slice(0, 10 * fs), slice(11 * fs, None)):
        np.testing.assert_allclose(out[part], signal.sosfiltfilt(sos, x[part]), atol=1e-6)
    assert np.isnan(out[10 * fs : 11 * fs]).all()


def test_a_run_too_short_for_the_usual_padding_is_filtered_all_the_same_and_never_settled():
    x = np.full(300, np.nan)
    x[100:105] = [1.0, 1.2, 1.5, 1.1, 1.0]
    x[200] = 7.0
    out, settled = filters.apply(x, 250, Preset("monitor"), record_ends=(True, True))
    sos = filters.sections(Preset("monitor"), 250)
    np.testing.assert_allclose(
        out[100:105], signal.sosfiltfilt(sos, x[100:105], padlen=4), atol=1e-9
    )
    assert out[200] == pytest.approx(0)
    assert not settled.any()


def test_a_high_pass_leaves_the_trace_around_the_baseline_and_a_notch_leaves_its_level():
    x = beats(30, 250) * 200 + 1024 + 5000
    ends = (True, True)
    out, _ = filters.apply(x, 250, Preset("monitor"), baseline=1024, record_ends=ends)
    assert np.median(out) == pytest.approx(1024, abs=20)
    alike, _ = filters.apply((x - 1024) / 200, 250, Preset("monitor"), record_ends=ends)
    np.testing.assert_allclose((out - 1024) / 200, alike, atol=1e-9)
    notched, _ = filters.apply(x, 250, Preset(notch=50), baseline=1024, record_ends=ends)
    assert np.median(notched) == pytest.approx(np.median(x), abs=20)


def test_what_is_not_finite_is_a_gap():
    x = beats(10, 250)
    x[1200] = np.inf
    out, settled = filters.apply(x, 250, Preset("monitor"), record_ends=(True, True))
    assert np.isnan(out[1200])
    assert np.isfinite(np.delete(out, 1200)).all()
    assert not settled[1200]


@pytest.mark.parametrize("preset", ON, ids=str)
def test_both_sides_of_a_gap_and_of_what_is_known_are_unsettled_but_not_the_ends_of_a_record(
    preset,
):
    fs = 250
    time = filters.settling(filters.sections(preset, fs))
    n = 8 * time
    x = beats(n / fs, fs)[:n]
    x[4 * time : 4 * time + 10] = np.nan
    _, settled = filters.apply(x, fs, preset, record_ends=(True, False))
    expected = np.ones(n, bool)
    expected[3 * time : 5 * time + 10] = False
    expected[7 * time :] = False
    np.testing.assert_array_equal(settled, expected)


@pytest.mark.parametrize(
    ("preset", "seconds"), [("diagnostic", 25.9), ("monitor", 2.59), ("notch50", 0.88)]
)
def test_the_settling_time_is_that_of_the_slowest_pole(preset, seconds):
    assert filters.settling(filters.sections(preset, 500)) / 500 == pytest.approx(seconds, rel=0.01)


@pytest.mark.parametrize("preset", ON, ids=str)
@pytest.mark.parametrize("jump", [0.0, 300.0])
def test_a_strip_with_its_pads_is_the_whole_record_to_a_microvolt(preset, jump):
    fs, whole_s = 250, 300
    x = beats(whole_s, fs, offset=300)
    x += 0.5 * np.sin(2 * np.pi * 0.02 * np.arange(len(x)) / fs)
    pad = round(filters.pad_s(preset) * fs)
    start, stop = 150 * fs, 160 * fs
    # The worst that can be: an electrode comes off and on again just where the strip cannot see it.
    x[: start - pad] -= jump
    x[stop + pad :] += jump
    whole, _ = filters.apply(x, fs, preset, record_ends=(True, True))
    strip, settled = filters.apply(x[start - pad : stop + pad], fs, preset)
    assert np.abs(strip[pad:-pad] - whole[start:stop]).max() < 1e-3
    assert settled[pad:-pad].all()


@pytest.mark.parametrize("preset", ["diagnostic", "monitor", "notch60"])
def test_strips_of_a_real_record_full_of_artefact_are_that_record_to_a_microvolt(preset):
    table = pq.read_table(DATA / "mitdb/patient=mitdb-203/record=203-pq/360Hz-0000.parquet")
    x = (table.column("MLII").to_numpy() - 1024) / 200
    pad, fs = math.ceil(filters.pad_s(preset) * 360), 360
    whole, _ = filters.apply(x, fs, preset, record_ends=(True, True))
    for at in range(0, len(x), 10 * fs):
        first, last = max(0, at - pad), min(len(x), at + 10 * fs + pad)
        ends = (first == 0, last == len(x))
        strip, settled = filters.apply(x[first:last], fs, preset, record_ends=ends)
        here = slice(at - first, at - first + 10 * fs)
        assert np.abs(strip[here] - whole[at : at + 10 * fs]).max() < 1e-3
        assert settled[here].all()


def test_a_corner_above_two_fifths_of_the_rate_is_left_out_and_said_so():
    assert filters.label("monitor", 100) == "0.5-40 Hz, zero phase; ST not reliable"
    assert filters.label("monitor", 75) == (
        "0.5 Hz high pass, zero phase; 40 Hz low pass left out at 75 Hz; ST not reliable"
    )
    assert filters.label("diagnostic+notch50", 128) == (
        "0.05 Hz high pass, 50 Hz notch, zero phase; 150 Hz low pass left out at 128 Hz"
    )
    assert filters.label("notch60", 128) == "no filter; 60 Hz notch left out at 128 Hz"
    assert filters.label("diagnostic+notch60", 500) == "0.05-150 Hz, 60 Hz notch, zero phase"
    assert filters.sections("monitor", 75).shape == (1, 6)
    assert filters.sections("monitor", 100).shape == (2, 6)


def test_at_a_sample_a_minute_nothing_is_left_of_any_filter():
    x = np.array([60.0, np.nan, 62.0])
    out, settled = filters.apply(x, 1 / 60, Preset("monitor", 50))
    np.testing.assert_array_equal(out, x)
    assert settled.tolist() == [True, False, True]
    assert filters.label("monitor+notch50", 1 / 60) == (
        "no filter; 0.5 Hz high pass, 40 Hz low pass, 50 Hz notch left out at 0.0166667 Hz"
    )


def test_a_preset_is_written_and_read_again():
    assert [str(preset) for preset in EVERY] == [
        *("none", "notch50", "notch60", "diagnostic", "diagnostic+notch50", "diagnostic+notch60"),
        *("monitor", "monitor+notch50", "monitor+notch60"),
    ]
    for preset in EVERY:
        assert filters.parsed(str(preset)) == preset


def test_a_preset_that_is_none_is_refused():
    for text in ("", "muscle", "monitor+notch55", "notch50+monitor"):
        with pytest.raises(BadField, match="diagnostic"):
            filters.parsed(text)
    with pytest.raises(BadField, match="55"):
        Preset("monitor", 55)
    with pytest.raises(BadField, match="muscle"):
        Preset("muscle")


def test_without_scipy_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(
        ExtraMissing, match=r"scipy package: .+ -m pip install 'ecgstream\[filter\]'"
    ):
        filters.apply(np.zeros(10), 250, "monitor")
    # What it would be called needs no scipy, nor does doing nothing.
    assert filters.label("monitor", 250)
    np.testing.assert_array_equal(filters.apply(np.zeros(10), 250, "none")[0], np.zeros(10))
