"""What is known of the way to one viewer."""

import pytest

from ecgstream.viewer.line import ROOM_BYTES, SLOW_S, TELLING_BYTES, Line
from tests.doubles import FakeOutlet, HandClock

PATIENCE_S = 15.0


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def outlet(clock):
    return FakeOutlet(clock.monotonic)


@pytest.fixture
def line(outlet, clock):
    return Line(outlet, clock.monotonic, PATIENCE_S)


def test_a_viewer_who_takes_all_is_never_slow(line, outlet, clock):
    for _ in range(100):
        clock.now += 0.2
        line.write(bytes(1000), clock.now)
        assert not line.congested(clock.now)
        assert line.stalled_s(clock.now, lambda: 600.0) == 0
    assert line.clear()
    assert line.last == clock.now


def test_what_was_handed_over_long_ago_and_is_not_taken_means_slow(line, outlet, clock):
    outlet.stuck = True
    line.write(bytes(100), clock.now)
    for _ in range(4):
        assert not line.congested(clock.now)
        clock.now += SLOW_S / 4 - 0.001
    assert not line.congested(clock.now)
    clock.now += 0.1
    assert line.congested(clock.now)
    assert not line.clear()
    outlet.take()
    assert not line.congested(clock.now)


def test_a_line_that_is_well_used_but_flows_is_not_slow(line, outlet, clock):
    outlet.stuck = True
    for _ in range(50):
        line.write(bytes(1000), clock.now)
        assert not line.congested(clock.now), "what is left is always newer than a moment"
        clock.now += 0.2
        outlet.take(1000 if outlet.left > 1000 else 0)
        assert not line.clear()


def test_looks_that_are_far_apart_do_not_make_a_viewer_slow(line, outlet, clock):
    outlet.stuck = True
    for _ in range(5):
        line.write(bytes(100), clock.now)
        assert not line.congested(clock.now)
        clock.now += 2.0  # a frame at a tenth of the speed
        outlet.take(100)


def test_with_so_much_left_there_is_no_room_but_nobody_is_slow_for_that(line, outlet, clock):
    outlet.stuck = True
    line.write(bytes(ROOM_BYTES), clock.now)
    assert not line.full()
    line.write(b"x", clock.now)
    assert line.full()
    assert not line.congested(clock.now)
    assert line.pending() == ROOM_BYTES + 1
    outlet.take(1)
    assert not line.full()


def test_a_viewer_is_stalled_from_when_it_last_took_something(line, outlet, clock):
    outlet.stuck = True
    line.write(bytes(1000), clock.now)
    assert line.stalled_s(clock.now, lambda: 600.0) == 0
    clock.now += 10
    assert line.stalled_s(clock.now, lambda: 600.0) == 10
    line.write(bytes(1000), clock.now)
    assert line.stalled_s(clock.now, lambda: 600.0) == 10, (
        "to be sent more is not to take something"
    )
    outlet.take(1)
    assert line.stalled_s(clock.now, lambda: 600.0) == 0
    clock.now += 3
    assert line.stalled_s(clock.now, lambda: 600.0) == 3
    outlet.take()
    assert line.stalled_s(clock.now, lambda: 600.0) == 0


def test_pongs_that_pile_up_are_not_taken_for_a_viewer_who_takes(line, outlet, clock):
    outlet.stuck = True
    line.write(bytes(1000), clock.now)
    for _ in range(20):
        line.stalled_s(clock.now, lambda: 600.0)
        clock.now += 1
        outlet.left += 125  # written by the socket itself
    assert line.stalled_s(clock.now, lambda: 600.0) == 20
    outlet.take(500)
    assert line.stalled_s(clock.now, lambda: 600.0) == 0


def test_closing_closes_the_socket(line, outlet):
    line.close(4400, "why")
    assert outlet.closed == (4400, "why")


def watched(line, outlet, clock, seconds, *, bytes_per_s=600, answers=True):
    """Send at a pace to a viewer whose system takes everything; return how long it was silent."""
    for _ in range(seconds):
        clock.now += 1.0
        line.write(bytes(bytes_per_s), clock.now)
        silent = line.stalled_s(clock.now, lambda: bytes_per_s)
        if answers:
            outlet.pongs = outlet.pings
    return silent


def test_who_gets_too_little_to_fill_any_buffer_is_asked_whether_it_reads(line, outlet, clock):
    assert watched(line, outlet, clock, 60) == 0
    assert 18 <= outlet.pings <= 20
    assert not line.congested(clock.now)


def test_one_who_answered_and_stops_is_slow_within_the_patience_and_stalled_after_it(
    line, outlet, clock
):
    watched(line, outlet, clock, 12)
    stopped = clock.now
    while not line.congested(clock.now):
        watched(line, outlet, clock, 1, answers=False)
    assert clock.now - stopped < PATIENCE_S
    assert not line.clear()
    while watched(line, outlet, clock, 1, answers=False) <= PATIENCE_S:
        assert clock.now - stopped < 2 * PATIENCE_S
    outlet.pongs += 1
    assert line.stalled_s(clock.now, lambda: 600.0) == 0
    assert not line.congested(clock.now)
    assert line.clear()


def test_one_ping_at_a_time_is_out(line, outlet, clock):
    watched(line, outlet, clock, 5)
    assert (outlet.pings, outlet.pongs) == (1, 1)
    watched(line, outlet, clock, 40, answers=False)
    assert outlet.pings == 2


def test_a_tool_that_never_answers_a_ping_is_judged_by_its_buffers_alone(line, outlet, clock):
    assert watched(line, outlet, clock, 60, answers=False) == 0
    assert outlet.pings == 1
    assert not line.congested(clock.now)


def test_who_is_sent_enough_to_fill_every_buffer_is_not_asked(line, outlet, clock):
    watched(line, outlet, clock, 60, bytes_per_s=int(TELLING_BYTES / PATIENCE_S) + 1)
    assert outlet.pings == 0


RATE = 12_000.0
"""Bytes a second of twelve leads at 500 Hz."""


def minutes(line, clock, seconds, rate=RATE):
    """Look once a second; return the longest time that nothing was taken."""
    longest = 0.0
    for _ in range(seconds):
        clock.now += 1.0
        longest = max(longest, line.stalled_s(clock.now, lambda: rate))
    return longest


def test_what_the_kernel_swallowed_for_a_viewer_who_reads_nothing_is_noticed(line, outlet, clock):
    outlet.swallowed = int(1.9 * RATE)
    assert minutes(line, clock, 60) == 0
    assert line.free, "two seconds may be on their way"
    outlet.swallowed = int(2.1 * RATE)
    minutes(line, clock, 2)
    assert not line.free
    assert line.congested(clock.now)
    assert not line.clear()
    assert outlet.pings == 0


def test_who_acknowledges_a_little_is_slow_and_not_gone(line, outlet, clock):
    outlet.swallowed = int(5 * RATE)
    minutes(line, clock, 4)
    assert not line.free, "looked at every four seconds while nothing is doubtful"
    for _ in range(30):
        outlet.swallowed -= 100
        assert minutes(line, clock, 1, rate=0.0) <= 1
        assert not line.free
    assert minutes(line, clock, 20, rate=0.0) > PATIENCE_S
    outlet.swallowed = 0
    assert minutes(line, clock, 2, rate=0.0) == 0
    assert line.free
    assert line.clear()


def test_what_is_on_its_way_to_one_who_is_sent_no_frames_says_nothing(line, outlet, clock):
    outlet.swallowed = 100
    assert minutes(line, clock, 60, rate=0.0) == 0
    assert line.free


def test_what_was_on_its_way_when_less_began_to_be_sent_says_nothing(line, outlet, clock):
    minutes(line, clock, 2)
    outlet.swallowed = int(0.5 * RATE)
    minutes(line, clock, 1, rate=RATE / 32)
    assert line.free
    outlet.swallowed = 0
    minutes(line, clock, 30, rate=RATE / 32)
    assert line.free


def test_what_is_sent_early_all_at_once_is_no_backlog(line, outlet, clock):
    # Three seconds early: after a seek all of that is on its way, for a moment.
    rate = 720.0
    line.early_s = 3.0
    clock.now = line.probe_at
    outlet.swallowed = int(3.5 * rate)
    assert line.stalled_s(clock.now, lambda: rate) == 0
    assert not line.congested(clock.now)
    clock.now = line.probe_at
    outlet.swallowed = int(5.5 * rate)
    line.stalled_s(clock.now, lambda: rate)
    assert line.congested(clock.now)
