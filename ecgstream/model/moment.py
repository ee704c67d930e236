"""When a sample was taken, as a person or a file says it."""

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

from ecgstream.model.record import Record

UNKNOWN: Final = "zone unknown"
SHIFTED: Final = "dates shifted"
_BEGIN: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - the zone is the record's


def exact_rate(fs: float) -> Fraction:
    """Return the rate that `fs` stands for: 200/3 is meant by 66.66666666666667, which is above."""
    near = Fraction(fs).limit_denominator(1_000)
    return near if float(near) == fs else Fraction(fs)


def clock_at(record: Record, sample: int, fs: float) -> datetime | None:
    """Return what the clock of the record's zone showed at `sample`, to the microsecond.

    None where the record has no start time, or one beyond the years 1 to 9999.
    """
    if record.start_time is None:
        return None
    seconds = Fraction(record.start_time) + sample / exact_rate(fs)
    try:
        return _BEGIN + timedelta(microseconds=round(seconds * 1_000_000))
    except OverflowError:
        return None


def told(record: Record, sample: int, fs: float) -> str:
    """Return that time as ISO 8601 to the millisecond with its zone, or what is not known of it.

    Says of a record whose dates were moved that they were.
    """
    said = _told(record, sample, fs)
    return f"{said} ({SHIFTED})" if record.dates_shifted else said


def _told(record: Record, sample: int, fs: float) -> str:
    clock = clock_at(record, sample, fs)
    if clock is None:
        return "unknown" if record.start_time is None else f"{record.start_time} s after 1970"
    # Rounded, not cut: a start of .529 s may be a float just below it.
    said = (clock + timedelta(microseconds=500)).isoformat(timespec="milliseconds")
    if record.zone is None:
        return f"{said} ({UNKNOWN})"
    if record.zone == "UTC":
        return f"{said}Z"
    if record.zone[:1] in {"+", "-"}:
        return f"{said}{record.zone}"
    return f"{said} ({record.zone})"
