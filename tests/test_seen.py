"""Which samples were in sight in a session."""

import msgspec
import pytest

from ecgstream.errors import BadField
from ecgstream.model.session import Seen, check_order, joined, read, seen
from tests.session_logs import FS, note, view, whole


def logged(*events):
    return read(msgspec.json.encode(event) for event in events)


def test_a_picture_that_stands_shows_the_window_before_the_pen():
    assert seen(logged(whole()), 60_000) == [Seen(("MLII",), FS, 32_400, 36_000)]


def test_while_it_plays_all_that_passes_is_seen():
    log = logged(whole(moving=True, speed=2), note(30_000))
    assert seen(log, 60_000) == [Seen(("MLII",), FS, 32_400, 36_000 + 2 * 60 * 360)]


def test_what_a_seek_leaps_over_is_not_seen():
    log = logged(whole(moving=True), view(1_000, sample=180_000, moving=True))
    found = [(one.start, one.stop) for one in seen(log, 2_000)]
    assert found == [(32_400, 36_360), (176_400, 180_360)]


def test_a_pen_that_was_a_little_ahead_was_there():
    # Written at 1 s, 100 samples further than was to be expected, and paused there.
    log = logged(whole(moving=True), view(1_000, sample=36_460, moving=False))
    assert seen(log, 9_000) == [Seen(("MLII",), FS, 32_400, 36_460)]


def test_looking_elsewhere_shows_that_place_and_not_what_is_played():
    sight = {"start": 720.4, "window_s": 2, "drawn": "samples"}
    log = logged(whole(moving=True, sight=sight))
    assert seen(log, 60_000) == [Seen(("MLII",), FS, 720, 1_441)]


def test_envelopes_and_other_leads_are_told_apart():
    log = logged(
        whole(),
        view(1_000, leads=["V5", "MLII"]),
        view(2_000, sight={"start": 0, "window_s": 1_800, "drawn": "envelope"}),
    )
    assert seen(log, 3_000) == [
        Seen(("MLII",), FS, 32_400, 36_000),
        Seen(("V5", "MLII"), FS, 32_400, 36_000),
        Seen(("V5", "MLII"), FS, 0, 648_000, "envelope"),
    ]


def test_a_change_of_the_look_while_it_plays_does_not_set_the_pen_back():
    log = logged(whole(moving=True), view(5_000, filter="monitor"))
    assert seen(log, 10_000) == [Seen(("MLII",), FS, 32_400, 39_600)]


def test_nothing_before_the_record_is_seen():
    assert seen(logged(whole(sample=100)), 10) == [Seen(("MLII",), FS, 0, 100)]


def test_spans_that_touch_are_one():
    assert joined([(5, 9), (0, 2), (2, 3), (8, 12)]) == [(0, 3), (5, 12)]


@pytest.mark.parametrize(
    ("events", "first", "said"),
    [
        ([note(0)], True, "begins with a view"),
        ([view(0, moving=True)], True, "not sample, playing"),
        ([whole(10), note(9)], True, "event 1 is of 9 ms"),
        ([note(4)], False, "event 0 is of 4 ms, the one before 5 ms"),
    ],
)
def test_a_log_that_cannot_be_is_refused(events, first, said):
    with pytest.raises(BadField, match=said):
        check_order(logged(*events), 0 if first else 5, first=first)
