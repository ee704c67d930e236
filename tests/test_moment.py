"""When a sample was taken: with its zone, or with what is not known."""

import dataclasses

import pytest

from ecgstream.model.moment import clock_at, exact_rate, told
from ecgstream.model.record import Lead, Record

LEAD = Lead("I", "mV", 1.0, 0.0, "ecg", 500.0, 10, ("i2",))


def record(start_time, zone=None):
    return Record("r", "p", (LEAD,), start_time, zone, None, None)


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        (None, "1970-01-01T00:00:10.500 (zone unknown)"),
        ("UTC", "1970-01-01T00:00:10.500Z"),
        ("+02:00", "1970-01-01T00:00:10.500+02:00"),
        ("Europe/Berlin", "1970-01-01T00:00:10.500 (Europe/Berlin)"),
    ],
)
def test_a_time_has_its_zone_or_says_that_it_is_unknown(zone, said):
    assert told(record(10.0, zone), 250, 500.0) == said


def test_a_time_is_rounded_to_the_millisecond_not_cut():
    assert told(record(23173469058.529), 0, 125.0).startswith("2704-05-04T10:44:18.529")


def test_a_time_before_1970_is_one_too():
    assert told(record(-0.5), 0, 500.0).startswith("1969-12-31T23:59:59.500")


def test_without_a_start_nothing_is_made_up():
    assert told(record(None), 100, 500.0) == "unknown"
    assert clock_at(record(None), 100, 500.0) is None


def test_a_start_beyond_the_calendar_is_told_as_it_is():
    assert told(record(1e15), 0, 500.0) == "1000000000000000.0 s after 1970"


def test_a_day_at_a_third_of_a_hertz_does_not_drift():
    assert clock_at(record(0.0), 200 * 28_800, 200 / 3).isoformat() == "1970-01-02T00:00:00"
    assert exact_rate(200 / 3) * 3 == 200


def test_a_record_whose_dates_were_moved_says_so_wherever_its_time_is_told():
    moved = dataclasses.replace(record(0.0, "UTC"), dates_shifted=True)
    assert told(moved, 0, 500.0) == "1970-01-01T00:00:00.000Z (dates shifted)"
