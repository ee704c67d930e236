"""Times as a wall clock showed them, in a zone that somebody names: to instants.

In spring such a clock skips an hour that is no gap; in autumn it shows an hour twice, and only the
order of the rows tells which is which. Times are whole ticks from 1970-01-01T00:00. Pure.
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

HALF_DAY: Final = 43_200
"""Seconds. No zone has changed its offset twice in as short a time since there are clocks."""

ZERO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Untold(ValueError):
    """A time that a clock in the zone did not show, or shows twice, at row `index`."""

    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.index = index


class Stretch(NamedTuple):
    """From second `start` (UTC) on, a clock in the zone is `ahead` seconds before UTC."""

    start: int
    ahead: int


def zone_of(name: str) -> ZoneInfo | timedelta | None:
    """Return a zone by its IANA name, or an offset (`+02:00`, `UTC`); None where it is neither."""
    try:
        at = datetime.fromisoformat(f"2000-01-01T00:00:00{'Z' if name == 'UTC' else name}")
        if at.utcoffset() is not None:
            return at.utcoffset()
    except ValueError:
        pass
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _ahead(zone: ZoneInfo | timedelta, second: int) -> int:
    if isinstance(zone, timedelta):
        return int(zone.total_seconds())
    offset = (ZERO + timedelta(seconds=second)).astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def stretches(zone: ZoneInfo | timedelta, low: int, high: int) -> list[Stretch]:
    """Return the offsets of a zone from second `low` to `high` of its clock, a day about them."""
    at, last = low - 4 * HALF_DAY, high + 4 * HALF_DAY
    found = [Stretch(at, _ahead(zone, at))]
    while at < last:
        after = at + HALF_DAY
        ahead = _ahead(zone, after)
        if ahead != found[-1].ahead:
            before, changed = at, after
            while changed - before > 1:
                middle = (before + changed) // 2
                if _ahead(zone, middle) == found[-1].ahead:
                    before = middle
                else:
                    changed = middle
            found.append(Stretch(changed, ahead))
        at = after
    return found


def instants(raw: NDArray[np.int64], per_s: int, zone: ZoneInfo | timedelta) -> NDArray[np.int64]:
    """Return the instants of times `raw`, shape (rows,), in the order of the rows.

    `per_s` ticks are a second. Raises Untold.
    """
    low, high = int(raw.min()) // per_s, -(-int(raw.max()) // per_s)
    known = stretches(zone, low, high)
    ahead = np.array([one.ahead for one in known], np.int64)
    # Where each stretch begins and ends on the clock itself.
    begins = np.array([one.start + one.ahead for one in known], np.int64) * per_s
    ends = np.array([b.start + a.ahead for a, b in pairwise(known)], np.int64)
    earlier = np.searchsorted(ends * per_s, raw, "right")
    later = np.searchsorted(begins, raw, "right") - 1
    if (later < earlier).any():
        raise Untold("is a time that clocks there skipped", int((later < earlier).argmax()))
    which = earlier.copy()
    twice = np.flatnonzero(later > earlier)
    for run in np.split(twice, np.flatnonzero(np.diff(twice) > 1) + 1):
        if len(run):
            first = _second_time(raw, int(run[0]), int(run[-1]) + 1)
            which[first : run[-1] + 1] = later[first : run[-1] + 1]
    return raw - ahead[which] * per_s


def _second_time(raw: NDArray[np.int64], start: int, stop: int) -> int:
    """Return from which of the rows [start, stop), of an hour shown twice, on it is the second."""
    back = np.flatnonzero(np.diff(raw[start:stop]) < 0)
    if len(back) > 1:
        raise Untold("is in an hour that clocks there show twice, rows in no order", start)
    if len(back):
        return start + int(back[0]) + 1
    # Once only: it goes with what it adjoins.
    before = raw[start] - raw[start - 1] if start else np.inf
    after = raw[stop] - raw[stop - 1] if stop < len(raw) else np.inf
    return start if 0 <= after < before else stop
