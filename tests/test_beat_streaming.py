"""Pieces, the whole and the streaming form: three ways to the same beats, whatever the signal."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgstream.analysis import beats
from ecgstream.analysis.beats import Beats, context, detect, edge, joined, piece, piece_of
from ecgstream.analysis.streaming import DELAY_S, Streaming
from tests.doubles import STEADY
from tests.made_ecg import SHAPES, irregular, made, regular

FEW = settings(STEADY, max_examples=12)
RATES = st.one_of(
    st.sampled_from([100.0, 125.0, 128.0, 181.81, 250.0, 360.0, 500.0]), st.floats(80, 500)
)


@st.composite
def signals(draw: st.DrawFn) -> tuple[np.ndarray, float]:
    """Draw two or three minutes of ECG with troubles, and its rate."""
    fs = draw(RATES)
    seconds = draw(st.integers(70, 150))
    seed = draw(st.integers(0, 2**16))
    random = np.random.default_rng(seed)
    times = irregular(draw(st.sampled_from([50, 80, 130])), seconds, seed)
    signal = made(
        fs,
        seconds,
        times,
        shape=random.choice(sorted(SHAPES), len(times)).tolist(),
        height=random.choice([0.1, 0.5, 1.0, 1.0, 2.0], len(times)),
        noise=draw(st.sampled_from([0.0, 0.03, 0.2])),
        wander=draw(st.sampled_from([0.0, 1.0])),
        seed=seed,
    )
    for _ in range(draw(st.integers(0, 4))):
        low = int(random.integers(0, len(signal)))
        high = low + int(fs * draw(st.sampled_from([0.003, 0.2, 1.7, 12.0, 40.0])))
        kind = draw(st.sampled_from(["missing", "flat", "rail", "flutter", "noise"]))
        span = signal[low:high]
        if kind == "missing":
            span[:] = np.nan
        elif kind == "flat":
            span[:] = signal[low]
        elif kind == "rail":
            span[:] = 6.0
        elif kind == "flutter":
            span[:] = np.sin(np.arange(len(span)) * 2 * np.pi * 4.5 / fs)
        else:
            span += random.normal(0, 1, len(span))
    return np.round(signal, 3), fs


def same(one: Beats, other: Beats) -> None:
    assert (one.start, one.stop) == (other.start, other.stop)
    assert one.sample.tolist() == other.sample.tolist()
    assert one.blind.tolist() == other.blind.tolist()
    assert one.why == other.why
    assert one.doubt.tolist() == other.doubt.tolist()


def streamed(stream: Streaming, signal: np.ndarray, sizes: Iterator[int]) -> Beats:
    parts, at = [], 0
    while at < len(signal):
        size = next(sizes)
        parts.append(stream.add(signal[at : at + size]))
        at += size
    return joined([*parts, stream.finish()])


@FEW
@given(signals())
def test_pieces_equal_the_whole(drawn):
    signal, fs = drawn
    whole = detect(signal, fs)
    parts = []
    for k in range(piece_of(len(signal) - 1, fs) + 1):
        low, high = context(k, fs, len(signal))
        parts.append(piece(signal[low:high], fs, low, k))
    same(joined(parts), whole)


@FEW
@given(signals(), st.integers(0, 2), st.integers(0, 90_000), st.integers(0, 90_000))
def test_a_piece_is_the_same_however_much_more_is_read(drawn, k, before, after):
    signal, fs = drawn
    if edge(k, fs) >= len(signal):
        return
    low, high = context(k, fs, len(signal))
    more = max(0, low - before)
    found = piece(signal[more : high + after], fs, more, k)
    same(found, piece(signal[low:high], fs, low, k))


@FEW
@given(signals(), st.integers(0, 2**16))
def test_the_streaming_form_finds_what_the_pieces_find(drawn, seed):
    signal, fs = drawn
    random = np.random.default_rng(seed)
    sizes = (int(n) for n in random.integers(1, int(8 * fs), 10**4))
    same(streamed(Streaming(fs), signal, sizes), detect(signal, fs))


@FEW
@given(signals(), st.integers(1, 10**7))
def test_a_stream_may_begin_at_any_sample(drawn, first):
    signal, fs = drawn
    sizes = iter(lambda: int(2.3 * fs), 0)
    same(streamed(Streaming(fs, first), signal, sizes), detect(signal, fs, start=first))


@FEW
@given(signals())
def test_beats_are_in_order_apart_and_never_where_nothing_was_analysed(drawn):
    signal, fs = drawn
    found = detect(signal, fs)
    assert found.sample.tolist() == sorted(set(found.sample.tolist()))
    assert ((found.sample >= 0) & (found.sample < len(signal))).all()
    assert (found.blind[:, 0] < found.blind[:, 1]).all()
    assert (found.blind[1:, 0] >= found.blind[:-1, 1]).all()
    for low, high, why in zip(*found.blind.T, found.why, strict=True):
        assert not ((found.sample >= low) & (found.sample < high)).any(), why
        assert not ((found.doubt >= low) & (found.doubt < high)).any(), why


@pytest.mark.parametrize("fs", [100.0, 128.0, 181.81, 360.0, 1000.0])
def test_a_beat_is_told_within_a_second_of_signal(fs):
    # Over the seam of two pieces.
    signal = made(fs, 70, regular(75, 70), noise=0.02)[round(30 * fs) :]
    stream, step = Streaming(fs, round(30 * fs)), max(1, round(0.05 * fs))
    late = []
    for at in range(0, len(signal), step):
        told = stream.add(signal[at : at + step])
        known = round(30 * fs) + min(at + step, len(signal))
        # The last step came at once: what was certain in the midst of it could not be told before.
        late += [(known - step - int(beat)) / fs for beat in told.sample if beat > 36 * fs]
    assert len(late) > 35
    assert max(late) <= DELAY_S


def test_beats_at_the_beginning_wait_until_it_is_known_how_large_they_are():
    fs = 250.0
    stream = Streaming(fs)
    signal = made(fs, 20, regular(75, 20))
    assert not len(stream.add(signal[: 3 * 250]).sample)
    told = stream.add(signal[3 * 250 : 6 * 250])
    assert told.start == stream_start(told)
    assert len(told.sample) >= 5


def stream_start(told: Beats) -> int:
    """Return where an answer may begin that has the record's first beat in it."""
    return min(told.start, int(told.sample[0]))


def test_a_stream_holds_no_more_than_it_needs():
    fs = 250.0
    stream = Streaming(fs)
    signal = made(fs, 200, regular(75, 200), noise=0.02)
    for at in range(0, len(signal), 500):
        stream.add(signal[at : at + 500])
    assert len(stream._values) <= 20 * fs
    assert len(stream._scanners) <= 2


def test_the_rule_of_the_pieces_is_part_of_the_detectors_name():
    # Another rule gives other beats: then this test is changed, and DETECTOR with it.
    rule = (beats.DETECTOR, beats.PIECE_S, beats.BEFORE_S, beats.AFTER_S)
    assert rule == ("ecgstream-1", 60.0, 24.0, 1.2)
