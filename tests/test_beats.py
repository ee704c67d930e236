"""The detector on traces whose beats are known, and on real ones: what it finds, what it refuses."""

import numpy as np
import pytest

from ecgstream.analysis.beats import Beats, detect, edge, piece_of
from ecgstream.analysis.matching import match
from ecgstream.storage.catalog import scan
from tests.made_ecg import SHAPES, irregular, made, regular
from tests.serving import DATA

RATES = (100.0, 125.0, 128.0, 181.81, 250.0, 360.0, 500.0, 1000.0)
BEATS = frozenset("NLRBAaJSVrFejnE/fQ?")


def lost_and_false(times: np.ndarray, found: np.ndarray, fs: float) -> tuple[int, int]:
    """Return how many beats (s) were not found within 50 ms, and how many were made up."""
    wanted = np.rint(np.asarray(times) * fs).astype(np.int64)
    pairs = len(match(wanted, found, round(0.05 * fs)).pairs)
    return len(wanted) - pairs, len(found) - pairs


def held(found: Beats, fs: float) -> dict[str, float]:
    """Return the seconds that were not analysed, by reason."""
    seconds = (found.blind[:, 1] - found.blind[:, 0]) / fs
    return {why: float(seconds[[w == why for w in found.why]].sum()) for why in found.why}


@pytest.mark.parametrize("fs", RATES)
@pytest.mark.parametrize("rate", [30, 60, 80, 90, 120, 180, 220])
def test_every_beat_of_a_steady_rhythm_is_found_and_no_other(rate, fs):
    times = regular(rate, 70)
    found = detect(made(fs, 70, times, noise=0.02), fs)
    assert lost_and_false(times, found.sample, fs) == (0, 0)
    assert not len(found.blind)


@pytest.mark.parametrize("fs", [128.0, 360.0])
def test_where_it_was_a_near_thing_the_beat_is_in_doubt_taken_or_refused(fs):
    # One more beat, early, from hardly there to as tall as the others.
    times = np.sort(np.append(regular(60, 40), 20.1))
    place = round(20.1 * fs)
    taken, doubted = [], []
    for tall in np.linspace(0.05, 1, 39):
        found = detect(made(fs, 40, times, height=np.where(times == 20.1, tall, 1.0)), fs)
        near = [np.abs(some - place) <= 0.05 * fs for some in (found.sample, found.doubt)]
        taken.append(bool(near[0].any()))
        doubted.append(bool(near[1].any()))
        # Of the others there is no doubt, whatever becomes of this one.
        assert near[1].all()
    least = taken.index(True)
    assert least > 0
    assert all(taken[least:])
    assert doubted[least - 1]
    assert doubted[least]
    assert not any(doubted[: least // 2])
    assert not any(doubted[2 * least :])


@pytest.mark.parametrize("fs", RATES)
def test_the_mark_stands_on_the_r_peak(fs):
    times = regular(75, 70)
    found = detect(made(fs, 70, times), fs).sample
    # To the sample before or after, and 2 ms where samples are many.
    assert np.abs(found - times * fs).max() <= max(1.0, 0.002 * fs)


@pytest.mark.parametrize("shape", [name for name in SHAPES if name != "p alone"])
@pytest.mark.parametrize("rate", [60, 80, 90, 120])
def test_each_shape_of_beat_is_found(shape, rate):
    times = regular(rate, 70)
    found = detect(made(250, 70, times, shape=shape, noise=0.02), 250.0)
    assert lost_and_false(times, found.sample, 250) == (0, 0)
    assert not len(found.blind)


@pytest.mark.parametrize("rate", [60, 80, 90, 120])
def test_an_irregular_rhythm_is_followed(rate):
    for seed in range(3):
        times = irregular(rate, 70, seed)
        found = detect(made(360, 70, times, noise=0.03, seed=seed), 360.0)
        assert lost_and_false(times, found.sample, 360) == (0, 0)


@pytest.mark.parametrize(
    "trouble",
    [
        {"noise": 0.1},
        {"hum": 0.3},
        {"wander": 2.0, "noise": 0.03},
        {"spikes": 3.0, "noise": 0.02},
        {"shape": "paced", "spikes": 5.0, "noise": 0.02},
    ],
    ids=str,
)
@pytest.mark.parametrize("fs", [125.0, 360.0, 1000.0])
def test_noise_hum_wander_and_pacing_spikes_make_no_beats_and_hide_none(trouble, fs):
    times = regular(75, 70)
    found = detect(made(fs, 70, times, **trouble), fs)
    assert lost_and_false(times, found.sample, fs) == (0, 0)
    assert not len(found.blind)


@pytest.mark.parametrize("noise", [0.002, 0.02, 0.1])
def test_a_pause_stays_empty_and_is_no_gap(noise):
    times = regular(80, 130)
    times = times[(times % 20) < 15]
    found = detect(made(250, 130, times, noise=noise), 250.0)
    assert lost_and_false(times, found.sample, 250) == (0, 0)
    assert not len(found.blind)


def test_p_waves_that_are_not_conducted_are_no_beats():
    times = regular(75, 130)
    blocked = (times % 20 > 10) & (times % 20 < 15)
    shapes = np.where(blocked, "p alone", "narrow").tolist()
    found = detect(made(250, 130, times, shape=shapes, noise=0.01), 250.0)
    assert lost_and_false(times[~blocked], found.sample, 250) == (0, 0)


@pytest.mark.parametrize("every", [2, 3])
def test_in_av_block_only_the_conducted_p_waves_have_beats(every):
    times = regular(75, 190)
    conducted = np.arange(len(times)) % every == 0
    shapes = np.where(conducted, "narrow", "p alone").tolist()
    found = detect(made(360, 190, times, shape=shapes, noise=0.01), 360.0)
    assert lost_and_false(times[conducted], found.sample, 360) == (0, 0)


def test_beats_that_become_larger_or_smaller_are_followed():
    times = regular(75, 190)
    height = np.where(times < 60, 1.0, np.where(times < 120, 0.35, 1.6))
    found = detect(made(360, 190, times, height=height, noise=0.01), 360.0)
    assert lost_and_false(times, found.sample, 360) == (0, 0)


def test_wide_premature_beats_are_found_among_the_narrow_ones():
    times = regular(75, 130)
    second = np.arange(len(times)) % 2 == 1
    times = times - np.where(second, 0.2, 0)
    found = detect(made(250, 130, times, shape=np.where(second, "wide", "narrow").tolist()), 250.0)
    assert lost_and_false(times, found.sample, 250) == (0, 0)


@pytest.mark.parametrize("shape", ["wide", "wide down"])
def test_a_rare_wide_beat_as_tall_as_the_others_is_found(shape):
    times = regular(75, 190)
    rare = np.arange(len(times)) % 7 == 5
    signal = made(
        250,
        190,
        times - np.where(rare, 0.25, 0),
        shape=np.where(rare, shape, "narrow").tolist(),
        noise=0.02,
    )
    found = detect(signal, 250.0)
    assert lost_and_false(times - np.where(rare, 0.25, 0), found.sample, 250) == (0, 0)


@pytest.mark.parametrize("fs", [100.0, 360.0, 1000.0])
def test_nothing_below_015_mv_is_a_beat(fs):
    times = regular(75, 70)
    # The shape is of 1.25 mV, from R to S.
    small = made(fs, 70, times, height=0.149 / 1.25)
    large = made(fs, 70, times, height=0.25 / 1.25)
    assert not len(detect(small, fs).sample)
    assert lost_and_false(times, detect(large, fs).sample, fs) == (0, 0)


@pytest.mark.parametrize("fs", [100.0, 250.0, 500.0])
def test_ventricular_flutter_is_not_beats_but_not_analysed(fs):
    signal = made(fs, 130, regular(75, 130), noise=0.02)
    time = np.arange(len(signal)) / fs
    inside = (time >= 50) & (time < 80)
    signal[inside] = 0.8 * np.sin(2 * np.pi * 4.2 * time[inside])
    found = detect(signal, fs)
    # The first wave may still be taken for a beat, and the end is seen a second late.
    assert ((found.sample > 51 * fs) & (found.sample < 80 * fs)).sum() == 0
    assert found.why[0] == "flutter"
    assert held(found, fs)["flutter"] == pytest.approx(30, abs=1.5)


def test_a_tachycardia_is_neither_flutter_nor_noise():
    for shape, rate in (("narrow", 220), ("inverted", 200), ("wide", 170), ("tall t", 150)):
        times = regular(rate, 70)
        found = detect(made(250, 70, times, shape=shape, noise=0.02), 250.0)
        assert lost_and_false(times, found.sample, 250) == (0, 0), shape
        assert not len(found.blind), shape


def test_mere_noise_becomes_not_analysed():
    noise = np.random.default_rng(4).normal(0, 0.3, 360 * 120)
    found = detect(noise, 360.0)
    assert held(found, 360)["noise"] > 80
    inside = [((found.sample >= a) & (found.sample < b)).any() for a, b in found.blind]
    assert not any(inside)


def test_what_is_missing_flat_or_at_the_rail_is_not_analysed():
    fs = 200.0
    signal = made(fs, 130, regular(75, 130), noise=0.02)
    signal[4000:8000] = np.nan
    signal[10000:11000] = signal[10000]
    signal[15000:15100] = 5.0
    found = detect(signal, fs)
    assert found.why == ("missing", "flat", "saturated")
    assert found.blind[0].tolist() == [4000, 8000]
    # The first second and a half of a flat stretch might be a pause.
    assert found.blind[1].tolist() == [10280, 11000]
    assert found.blind[2].tolist() == [15000, 15100]
    for low, high in ((4000, 8000), (10000, 11000), (15000, 15100)):
        assert not ((found.sample >= low) & (found.sample < high)).any()


def test_beats_beside_a_gap_are_found_and_the_gap_makes_none():
    fs = 250.0
    times = regular(75, 130)
    signal = made(fs, 130, times, noise=0.02) + 3.0
    for at in (20.2, 61.0, 90.9):
        low = round(at * fs)
        signal[low : low + 60] = np.nan
        signal[low + 60 :] += 7.0
    found = detect(signal, fs)
    gaps = [(20.2, 20.44), (61.0, 61.24), (90.9, 91.14)]
    seen = [t for t in times if not any(a - 0.06 < t < b + 0.06 for a, b in gaps)]
    assert lost_and_false(np.array(seen), found.sample, fs) == (0, 0)


def test_an_electrodes_offset_and_the_sign_of_a_lead_change_no_beat():
    signal = made(360, 70, irregular(90, 70, 5), noise=0.05)
    plain = detect(signal, 360.0).sample
    # 300 mV: what a monitor has to bear (IEC 60601-2-27).
    assert detect(signal + 300, 360.0).sample.tolist() == plain.tolist()
    turned = detect(-signal, 360.0).sample
    assert len(turned) == len(plain)
    assert np.abs(turned - plain).max() <= 0.05 * 360


def test_a_rate_too_low_is_not_analysed():
    found = detect(made(50, 70, regular(75, 70)), 50.0)
    assert not len(found.sample)
    assert found.blind.tolist() == [[0, 3500]]


@pytest.mark.parametrize("count", [0, 1, 2, 50, 400])
def test_a_signal_too_short_for_a_beat_has_none(count):
    found = detect(np.zeros(count), 360.0, start=7)
    assert (found.start, found.stop) == (7, 7 + count)
    assert not len(found.sample)


def test_single_precision_gives_the_same_beats():
    signal = made(360, 70, irregular(80, 70, 3), noise=0.05)
    stored = np.rint(signal * 200) / 200
    both = [detect(stored.astype(kind), 360.0).sample.tolist() for kind in (np.float32, np.float64)]
    assert both[0] == both[1]


def test_the_edges_of_pieces_hold_every_sample_once():
    for fs in (100.0, 128.0, 181.81, 1000 / 3):
        for sample in (0, 1, 5999, 6000, 123_456, 10_000_000):
            assert edge(piece_of(sample, fs), fs) <= sample < edge(piece_of(sample, fs) + 1, fs)


@pytest.mark.parametrize(
    ("archive", "record", "most"),
    [
        ("mitdb", "100-pq", 2),
        ("mitdb", "119-pq", 6),
        ("mitdb", "203-pq", 60),
        # Its rate doubles at once: each second beat stands just where the next one was due.
        ("cpsc2021", "data_101_6-pq", 1),
    ],
)
def test_a_real_record_has_the_beats_that_experts_marked(archive, record, most):
    # The whole table is `make bench ARGS=beats`; here only that it does not get much worse.
    source = scan([DATA / archive])
    found = source.record(record)
    lead = found.leads[0]
    (column,) = source.read(record, [lead.name], 0, lead.length)
    signal = (np.asarray(column.samples, np.float64) - lead.baseline) / lead.gain
    marks = source.annotations(record, "atr").listed()
    wanted = np.array([mark.sample for mark in marks if mark.symbol in BEATS], np.int64)
    said = detect(signal, found.fs).sample
    pairs = len(match(wanted, said, round(0.15 * found.fs)).pairs)
    assert len(wanted) + len(said) - 2 * pairs <= most
