"""Dates and times as the files of devices write them. Pure."""

import re
from datetime import UTC, datetime
from typing import Final

from ecgstream.errors import ImportFailed

_HL7: Final = re.compile(
    r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(?:(\d\d)(?:\.(\d{1,6})\d*)?)?)?([+-]\d{4})?"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def seconds_at(day: tuple[int, int, int], clock: tuple[int, int, float]) -> float | None:
    """Return seconds since 1970-01-01T00:00 on whatever clock this is; None: there is no such time.

    `day` is year, month, day; `clock` hour, minute, second. A second of 60 is the next minute's.
    """
    hour, minute, second = clock
    try:
        midnight = datetime(*day, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 61):
        return None
    return (midnight - _EPOCH).total_seconds() + 3600.0 * hour + 60.0 * minute + second


def hl7_time(text: str) -> tuple[float, str | None] | None:
    """Return seconds since 1970 and the zone of `YYYYMMDDHHMMSS.ssss+ZZzz`; None: it is no time.

    A date alone is midnight only to look at, so it counts as none.
    """
    found = _HL7.fullmatch(text.strip())
    if not found or found[4] is None:
        return None
    year, month, day, hour, minute = (int(found[n]) for n in range(1, 6))
    second = int(found[6] or 0) + (float(f"0.{found[7]}") if found[7] else 0.0)
    at = seconds_at((year, month, day), (hour, minute, second))
    zone = found[8]
    return None if at is None else (at, zone and f"{zone[:3]}:{zone[3:]}")


def day_and_time(day: str, time: str) -> float | None:
    """Return seconds since 1970 of `MM-DD-YYYY` or `YYYY-MM-DD`, and `HH:MM:SS`; None: none.

    No other order is guessed: `03/04/2011` is two days.
    """
    american = re.fullmatch(r"(\d{1,2})-(\d{1,2})-(\d{4})", day.strip())
    iso = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", day.strip())
    clock = re.fullmatch(r"(\d{1,2}):(\d\d)(?::(\d\d(?:\.\d+)?))?", time.strip())
    if clock is None or (american is None and iso is None):
        return None
    if iso:
        year, month, date = int(iso[1]), int(iso[2]), int(iso[3])
    else:
        assert american is not None
        year, month, date = int(american[3]), int(american[1]), int(american[2])
    return seconds_at((year, month, date), (int(clock[1]), int(clock[2]), float(clock[3] or 0)))


def moment_of(text: str) -> tuple[float, str | None] | None:
    """Return seconds since 1970 and the zone of an ISO 8601 date with a time; None: it is none."""
    try:
        # `2020-01-01 10:00:00 +0100`, as watches have it.
        moment = datetime.fromisoformat(re.sub(r"\s+([+-]\d\d:?\d\d|Z)$", r"\1", text.strip()))
    except ValueError:
        return None
    if ":" not in text:
        return None
    offset = moment.strftime("%z")
    return moment.replace(tzinfo=UTC).timestamp(), f"{offset[:3]}:{offset[3:5]}" if offset else None


def told_start(text: str) -> tuple[float, str | None]:
    """Return what a mapping says of the start; see `moment_of`. Raises ImportFailed."""
    found = moment_of(text)
    if found is None:
        raise ImportFailed(
            f"mapping: start_time: {text[:40]!r}; expected such as 2020-05-04T10:44:00"
        )
    return found
