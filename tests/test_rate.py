import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.analysis.rate import AVERAGED, HISTORY_S, LEAST, PAUSE_S, Rate, rate
from ecgstream.analysis.trend import trend

FS = 250.0
NONE = np.empty((0, 2), np.int64)


def beats_of(*rr_s: float, start: float = 0.5) -> np.ndarray:
    return np.round(FS * np.cumsum([start, *rr_s])).astype(np.int64)


def runs(*spans: tuple[float, float]) -> np.ndarray:
    return np.round(np.array(spans, float).reshape(-1, 2) * FS).astype(np.int64)


def told(
    beats: np.ndarray, blind: np.ndarray = NONE, why: tuple[str, ...] = (), stop: float = 60
) -> Rate:
    return rate(beats, blind, why, FS, (0, round(stop * FS)))


def at(found: Rate, second: float) -> tuple[float | None, str]:
    return found.at(round(second * FS))


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


@given(
    st.lists(st.floats(0.25, 4), min_size=1, max_size=80),
    st.lists(st.tuples(st.integers(1, 100), st.integers(1, 5)), max_size=3),
    st.integers(20, 60),
)
def test_a_part_with_its_history_says_what_the_whole_says(
    rr: list[float], holes: list[tuple[int, int]], cut: int
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
    whole = rate(beats, spans, why, FS, (0, stop))
    low = round(cut * FS)
    since = low - round(HISTORY_S * FS)
    inside = spans[:, 1] > since
    part = rate(beats[beats >= since], spans[inside], why[: int(inside.sum())], FS, (since, stop))
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
