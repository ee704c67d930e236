from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.analysis.rate import AVERAGED, HISTORY_S, LEAST, PAUSE_S, REASONS, Rate, rate
from ecgstream.analysis.trend import trend

STATIC = Path(__file__).parent.parent / "static"
FS = 250.0
NONE = np.empty((0, 2), np.int64)


def beats_of(*rr_s: float, start: float = 0.5) -> np.ndarray:
    return np.round(FS * np.cumsum([start, *rr_s])).astype(np.int64)


def runs(*spans: tuple[float, float]) -> np.ndarray:
    return np.round(np.array(spans, float).reshape(-1, 2) * FS).astype(np.int64)


def told(
    beats: np.ndarray,
    blind: np.ndarray = NONE,
    why: tuple[str, ...] = (),
    stop: float = 60,
    doubt: tuple[int, ...] = (),
) -> Rate:
    span = (0, round(stop * FS))
    return rate(beats, blind, why, FS, span, doubt=np.array(sorted(doubt), np.int64))


def at(found: Rate, second: float) -> tuple[float | None, str]:
    return found.at(round(second * FS))


def test_the_browser_has_words_for_every_reason() -> None:
    words = (STATIC / "js" / "texts" / "beats.js").read_text()
    assert [why for why in REASONS[1:] if f'\n    {why}: "' not in words] == []


def test_the_rate_is_the_mean_of_the_last_eight_intervals() -> None:
    rr = [0.8, 1.0, 1.2, 0.9, 1.1, 0.7, 1.3, 1.0, 0.5, 0.6]
    beats = beats_of(*rr)
    found = told(beats, stop=12)
    expected = 60 / np.mean(rr[-AVERAGED:])
    assert at(found, beats[-1] / FS)[0] == pytest.approx(expected, rel=1e-3)


def test_there_is_a_rate_as_soon_as_there_are_four_intervals() -> None:
    beats = beats_of(*[1.0] * 6)
    found = told(beats, stop=8)
    assert at(found, beats[LEAST - 1] / FS) == (None, "too_few_beats")
    assert at(found, beats[LEAST] / FS) == (60.0, "")


def test_no_interval_reaches_across_what_was_not_looked_at() -> None:
    before, after = beats_of(*[1.0] * 9), beats_of(*[0.5] * 9, start=13.0)
    found = told(np.concatenate([before, after]), runs((10, 12.5)), ("noise",), stop=20)
    assert at(found, 9.9) == (60.0, "")
    assert at(found, 10) == (None, "noise")
    assert at(found, 12.5) == (None, "too_few_beats")
    assert at(found, 13 + 3 * 0.5) == (None, "too_few_beats")
    assert at(found, 13 + 4 * 0.5) == (120.0, "")
    assert not len(found.pauses)


def test_missing_samples_are_a_gap() -> None:
    assert at(told(beats_of()[:0], runs((3, 9)), ("missing",)), 5) == (None, "gap")


def test_a_pause_is_told_with_its_length_and_not_averaged_away() -> None:
    beats = np.concatenate([beats_of(*[1.0] * 9), beats_of(*[1.0] * 9, start=13.0)])
    found = told(beats, stop=23)
    assert at(found, 9.5 + PAUSE_S - 0.01) == (60.0, "")
    assert at(found, 9.5 + PAUSE_S + 0.01) == (None, "pause")
    assert found.pauses.tolist() == [[round(9.5 * FS), round(13.0 * FS)]]
    assert at(found, 13.0) == (None, "too_few_beats")
    assert at(found, 17.0) == (60.0, "")


def test_silence_from_the_start_and_to_the_end_is_a_pause_too() -> None:
    found = told(beats_of(*[1.0] * 5, start=4.0), stop=20)
    assert (found.pauses / FS).tolist() == [[0, 4], [9, 20]]
    assert at(found, 2.6)[1] == at(found, 11.6)[1] == "pause"
    assert at(found, 2.4)[1] == "too_few_beats"


def test_a_pause_ends_where_nobody_can_look_any_more() -> None:
    found = told(beats_of(*[1.0] * 5), runs((10, 15)), ("flat",), stop=16)
    assert (found.pauses / FS).tolist() == [[5.5, 10]]
    assert at(found, 12) == (None, "flat")


def test_a_run_at_once_behind_another_takes_its_reason_over() -> None:
    found = told(beats_of()[:0], runs((0, 2), (2, 4)), ("flat", "noise"), stop=5)
    assert [at(found, second)[1] for second in (1, 2, 4)] == ["flat", "noise", "too_few_beats"]


def test_a_beat_that_may_be_none_leaves_no_rate_until_it_is_out_of_the_mean() -> None:
    # An extra wave after 10 s of 60 a minute, and the detector was not sure of it.
    beats = np.sort(np.append(beats_of(*[1.0] * 30), round(10.9 * FS)))
    unsure = told(beats, stop=31, doubt=(round(10.9 * FS),))
    assert at(told(beats, stop=31), 11.5)[0] == pytest.approx(60 * 8 / 7)
    assert at(unsure, 10.8) == (60.0, "")
    assert [at(unsure, second)[1] for second in (10.95, 11.5, 14.5, 17.5)] == ["uncertain"] * 4
    # The last interval that it touches, of 0.6 s, ends at 11.5 s, and has left the mean at 19.5 s.
    assert at(unsure, 19.5) == (60.0, "")


def test_a_wave_that_may_be_a_beat_leaves_no_rate_either() -> None:
    beats = np.delete(beats_of(*[1.0] * 30), 10)
    unsure = told(beats, stop=31, doubt=(round(10.5 * FS),))
    assert at(unsure, 11.5) == (None, "uncertain")
    assert at(unsure, 18.5) == (None, "uncertain")
    assert at(unsure, 19.5) == (60.0, "")


def test_a_doubt_that_changes_nothing_in_a_steady_rhythm_leaves_the_mean_of_all_eight() -> None:
    rr = [1.0, 1.02, 0.98, 1.01, 0.99, 1.0, 1.03, 0.97, 1.02, 1.0]
    beats = beats_of(*rr)
    for doubt in (int(beats[6]), int(beats[6]) + 90):
        found = told(beats, stop=12, doubt=(doubt,))
        assert at(found, beats[-1] / FS) == at(told(beats, stop=12), beats[-1] / FS)
        assert at(found, beats[-1] / FS)[0] == pytest.approx(60 / np.mean(rr[-8:]), rel=1e-3)


def test_a_doubt_in_an_irregular_rhythm_is_one_whatever_the_mean() -> None:
    beats = beats_of(*[0.6, 1.0, 0.7, 0.9, 0.8, 0.8, 0.6, 1.0, 0.7, 0.9])
    assert at(told(beats, stop=12), 8.6)[1] == ""
    assert at(told(beats, stop=12, doubt=(int(beats[7]),)), 8.6) == (None, "uncertain")


def test_with_fewer_than_four_intervals_in_no_doubt_there_is_no_rate() -> None:
    beats = beats_of(*[1.0] * 8)
    three, two = (int(beats[1]), int(beats[3]), int(beats[5]) + 9), (int(beats[1]), int(beats[3]))
    assert at(told(beats, stop=10, doubt=three), 8.5) == (None, "uncertain")
    assert at(told(beats, stop=10, doubt=two), 8.5) == (60.0, "")


@given(
    st.lists(st.floats(0.25, 4), min_size=1, max_size=80),
    st.lists(st.tuples(st.integers(1, 100), st.integers(1, 5)), max_size=3),
    st.integers(20, 60),
    st.lists(st.integers(0, 30_000), max_size=12),
)
def test_a_part_with_its_history_says_what_the_whole_says(
    rr: list[float], holes: list[tuple[int, int]], cut: int, doubts: list[int]
) -> None:
    blind: list[tuple[float, float]] = []
    for low, length in sorted(holes):
        if not blind or low > blind[-1][1]:
            blind.append((low, low + length))
    spans, why = runs(*blind), ("noise",) * len(blind)
    beats = beats_of(*rr)
    for low, high in spans.tolist():
        beats = beats[(beats < low) | (beats >= high)]
    stop = round(130 * FS)
    doubt = np.array(sorted(doubts), np.int64)
    whole = rate(beats, spans, why, FS, (0, stop), doubt=doubt)
    low = round(cut * FS)
    since = low - round(HISTORY_S * FS)
    inside = spans[:, 1] > since
    reasons, doubt = why[: int(inside.sum())], doubt[doubt >= since]
    part = rate(beats[beats >= since], spans[inside], reasons, FS, (since, stop), doubt=doubt)
    # A step at which nothing changes may be there in one of them alone.
    samples = np.unique(
        np.concatenate([whole.cut(low, stop).sample, [low], part.cut(low, stop).sample])
    )
    for sample in samples.tolist():
        assert part.at(sample) == whole.at(sample)


def test_a_trend_has_the_extremes_of_each_column_and_the_mean_over_time() -> None:
    steps = Rate(
        np.array([0, 100, 150, 300]),
        np.array([60.0, 120.0, np.nan, 80.0]),
        np.array([0, 0, 1, 0], np.int8),
        NONE,
    )
    found = trend(steps, 0, 400, 2)
    assert found.low.tolist() == [60, 80]
    assert found.high.tolist() == [120, 80]
    assert found.mean.tolist() == [pytest.approx((60 * 100 + 120 * 50) / 150), 80]
    assert np.isnan(trend(steps, 150, 300, 1).mean).all()


def test_a_column_without_a_change_has_the_rate_that_stands_there() -> None:
    steps = Rate(np.array([10]), np.array([70.0]), np.array([0], np.int8), NONE)
    found = trend(steps, 0, 40, 4)
    assert np.isnan(found.mean[0])
    assert found.mean[1:].tolist() == found.low[1:].tolist() == [70, 70, 70]
