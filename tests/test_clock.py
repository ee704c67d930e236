"""The server's time."""

import time

from ecgstream.viewer.clock import SystemClock, measured_utc_ahead


def test_processes_that_are_given_the_same_lead_of_utc_have_the_very_same_clock(monkeypatch):
    ahead = measured_utc_ahead()
    one = SystemClock(utc_ahead=ahead)
    # The other starts later, when the wall clock has been stepped by an hour.
    monkeypatch.setattr(time, "time", lambda: 1.7e9 + 3_600)
    moment = time.monotonic() + 5
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    other = SystemClock(utc_ahead=ahead)
    assert one.utc() == other.utc()
    assert one.monotonic() == other.monotonic()


def test_alone_it_begins_at_utc_and_steps_change_nothing(monkeypatch):
    monkeypatch.setattr(time, "monotonic", lambda: 50.0)
    monkeypatch.setattr(time, "time", lambda: 1_000.0)
    clock = SystemClock(factor=10.0)
    assert (clock.monotonic(), clock.utc()) == (50.0, 1_000.0)
    monkeypatch.setattr(time, "time", lambda: 9_000.0)
    monkeypatch.setattr(time, "monotonic", lambda: 52.0)
    assert (clock.monotonic(), clock.utc()) == (70.0, 1_020.0)
