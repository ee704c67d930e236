"""What is known of the way to one viewer."""

import pytest

from ecgstream.viewer.line import FULL_BYTES, SLOW_S, Line
from tests.doubles import FakeOutlet, HandClock


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def outlet(clock):
    return FakeOutlet(clock.monotonic)


@pytest.fixture
def line(outlet, clock):
    return Line(outlet, clock.now)


def test_a_viewer_who_takes_all_is_never_slow(line, outlet, clock):
    for _ in range(100):
        clock.now += 0.2
        line.write(bytes(1000), clock.now)
        assert not line.congested(clock.now)
        assert line.stalled_s(clock.now) == 0
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


def test_more_than_a_message_left_means_slow_at_once(line, outlet, clock):
    outlet.stuck = True
    line.write(bytes(FULL_BYTES), clock.now)
    assert not line.congested(clock.now)
    line.write(b"x", clock.now)
    assert line.congested(clock.now)
    assert line.waiting() == FULL_BYTES + 1


def test_a_viewer_is_stalled_from_when_it_last_took_something(line, outlet, clock):
    outlet.stuck = True
    line.write(bytes(1000), clock.now)
    assert line.stalled_s(clock.now) == 0
    clock.now += 10
    assert line.stalled_s(clock.now) == 10
    line.write(bytes(1000), clock.now)
    assert line.stalled_s(clock.now) == 10, "to be sent more is not to take something"
    outlet.take(1)
    assert line.stalled_s(clock.now) == 0
    clock.now += 3
    assert line.stalled_s(clock.now) == 3
    outlet.take()
    assert line.stalled_s(clock.now) == 0


def test_pongs_that_pile_up_are_not_taken_for_a_viewer_who_takes(line, outlet, clock):
    outlet.stuck = True
    line.write(bytes(1000), clock.now)
    for _ in range(20):
        line.stalled_s(clock.now)
        clock.now += 1
        outlet.left += 125  # written by the socket itself
    assert line.stalled_s(clock.now) == 20
    outlet.take(500)
    assert line.stalled_s(clock.now) == 0


def test_closing_closes_the_socket(line, outlet):
    line.close(4400, "why")
    assert outlet.closed == (4400, "why")
