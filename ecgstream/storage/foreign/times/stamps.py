"""The times of rows: milliseconds out of any column that says them, and what is wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC as UTC_ZONE
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Final, NoReturn
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow.types as pt
from numpy.typing import NDArray

from ecgstream.errors import LayoutError
from ecgstream.model.figures import plain
from ecgstream.model.record import ECG
from ecgstream.storage.carriers import is_text
from ecgstream.storage.foreign.mapping import quoted
from ecgstream.storage.foreign.plan import Plan, Said, TimeColumn, Unit
from ecgstream.storage.foreign.proposing import that_would_do
from ecgstream.storage.foreign.times import text_times
from ecgstream.storage.survey import Found

UNITS: Final[dict[Unit, Fraction]] = {
    "s": Fraction(1000),
    "ms": Fraction(1),
    "us": Fraction(1, 1000),
    "ns": Fraction(1, 1_000_000),
    "min": Fraction(60_000),
    "h": Fraction(3_600_000),
}
"""Milliseconds in one unit of time."""

GUESSED: Final[tuple[Unit, ...]] = ("s", "ms", "us", "ns")
"""The units that times may be in of which nobody says it."""

SLOWEST: Final = 50.0
FASTEST: Final = 10_000.0
"""Hz of an ECG. Wide enough for every device, and narrower than the step from one unit of time to
the next: so of steps that no one says the unit of, at most one unit makes an ECG."""

EPOCH: Final = 10**11
"""Whole milliseconds from here on (March 1973) are counted from 1970; a record is not as long."""

FAR: Final = 10**14
"""Milliseconds from here on (the year 5138) are no date: they are microseconds or finer."""


LONGEST: Final = 10 * 366 * 86_400_000
"""Milliseconds from the first timestamp of a record to its last: ten years. No recording is as
long, but one stray timestamp (0 among dates, say) would make it so."""


UTC: Final = frozenset({"UTC", "Z", "GMT", "ETC/UTC", "+00:00"})
"""What Arrow time zones that are UTC are called, in capitals."""


Where = Callable[[int], tuple[Found, int]]
"""Which file a row of a lead is in, and which row of it."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What timestamps count: `tick` ms; `dated` = from 1970; `tz` as Arrow has it.

    `fine`: numbers that are no whole milliseconds may be dates too, if they are as large. `daily`:
    times of a day that nobody says.
    """

    tick: Fraction
    dated: bool
    whole: bool
    tz: str | None = None
    fine: bool = False
    daily: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Steady:
    """Timestamps in runs without a gap: run k begins at number `first[k]`, and of it number i was
    taken at `phases[k]` + 1000 i / `rate`, in ms since the first of all, but for its rounding.

    `doubt` says which other rate may be theirs.
    """

    rate: Fraction
    first: NDArray[np.int64]
    phases: NDArray[np.float64]
    doubt: str = ""

    def same(self, other: "Steady | None") -> bool:
        """Return whether other timestamps are the same runs."""
        return (
            other is not None
            and self.rate == other.rate
            and np.array_equal(self.first, other.first)
            and np.array_equal(self.phases, other.phases)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The timestamps of one lead, over the rows of all its files in order.

    `times` (float64 ms since `base`) are sorted and unique; `order` are their rows, None where
    that is simply 0, 1, 2, ...; `count` rows in all. `doubles` (shape (n, 2)) are pairs of rows
    with one timestamp: the one kept, and one that is left out if its voltage is the same.
    `steady`: they are so many and so even that only the first and the last of `times` are kept.
    """

    clock: Clock
    base: Fraction
    times: NDArray[np.float64]
    quantum: float
    order: NDArray[np.int64] | None
    count: int
    doubles: NDArray[np.int64]
    steady: Steady | None = None

    @property
    def kept(self) -> int:
        """How many different timestamps there are."""
        return len(self.times) if self.steady is None else self.count

    def place(self, index: int) -> int:
        """Return the row of timestamp `index`."""
        return index if self.order is None else int(self.order[index])


def clock_of(found: Found, time: TimeColumn, unit: Unit | None = None) -> Clock:
    """Return what the times of a file count; `unit` where the column alone does not say it.

    Raises LayoutError for a type that is no time.
    """
    kind = found.schema.field(time.column).type
    tick = UNITS[unit or time.unit or "ms"]
    fine = time.how != "convention"
    if pt.is_timestamp(kind):
        return Clock(UNITS[kind.unit], dated=True, whole=True, tz=kind.tz)
    if is_text(kind):
        return Clock(
            UNITS[text_times.UNIT], dated=True, whole=True, tz="UTC" if time.zoned else None
        )
    if pt.is_time(kind):
        return Clock(UNITS[kind.unit], dated=False, whole=True, daily=True)
    if pt.is_duration(kind):
        return Clock(UNITS[kind.unit], dated=False, whole=True, fine=fine)
    if pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind):
        dated = bool(time.dated)
        # What is called an epoch counts from 1970 in UTC; of a mapping's, its `zone` tells.
        tz = "UTC" if dated and time.how != "mapping" else None
        return Clock(tick, dated, pt.is_integer(kind), tz, fine)
    raise LayoutError(
        f"is {kind}; expected milliseconds as integers or floats, an Arrow timestamp, or texts in "
        "ISO 8601",
        path=found.shown,
        column=time.column,
    )


def unit_of(
    raw: NDArray[Any],
    plan: Plan,
    rate: Fraction | None,
    found: Found,
    per_row: float = 1.0,
) -> Said[Unit]:
    """Return the unit of times that nobody says it of, by the only one that makes sense.

    `raw` (one or more) in any order, `per_row` samples in each row. `rate` is what is said of the
    file: one unit makes it. Else the leads are ECGs, and one unit makes a rate that an ECG has.
    Raises LayoutError for neither, and for what may as well be numbers of samples.
    """
    assert plan.time is not None
    column = plan.time.column
    some = np.unique(raw[: 1 << 20])
    reach = min(32, len(some) - 1)
    apart = float(np.median((some[reach:] - some[:-reach]).astype(float))) if reach else 0.0
    step = apart / reach / per_row if reach else 0.0
    if not step and plan.time.how != "convention" and some[0] >= EPOCH and some[-1] < FAR:
        # As in the plain layout: such numbers are dates, and no steps say otherwise.
        return Said("ms", f"convention: dates from {EPOCH:.0e} ms on")
    if step == 1 and rate != 1000 and _counts(some):
        # Floats may count rows as well, but a mapping takes whole numbers alone for that.
        whole, fs = raw.dtype.kind in "iu", ", fs = RATE" if rate is None else ""
        keys = f'counts = "sample" }}{fs}' if whole else 'unit = "UNIT" }'
        raise LayoutError(
            "counts on by 1, as numbers of samples do, and milliseconds at 1000 Hz"
            + ("" if rate is None else f" ({float(rate):g} Hz is said)")
            + '; expected somebody to say which: `unit = "ms"` in its `time`, or `counts`'
            + that_would_do(
                found.path, f"time = {{ column = {quoted(column)}, {keys}", plan.mapped
            ),
            path=found.shown,
            column=column,
        )
    rates = {one: 1000 / (step * float(UNITS[one])) if step else 0.0 for one in GUESSED}
    if rate is not None:
        # Gaps and rounding make a step longer or shorter, but never as much as another unit does.
        fits = [unit for unit, hz in rates.items() if 0.1 < hz / float(rate) < 10]
    elif any(one.kind == ECG for one in plan.signals):
        fits = [unit for unit, hz in rates.items() if SLOWEST <= hz <= FASTEST]
    else:
        fits = []
    if len(fits) != 1:
        if not step and plan.shape == "samples" and len(raw) > 1:
            raise LayoutError(
                f"says one time in all of {len(raw)} rows, as numbers of too few digits do: store "
                "it finer, or take the rows as they come"
                + that_would_do(found.path, 'time = "none", fs = RATE', plan.mapped),
                path=found.shown,
                column=column,
            )
        made = "its signals say no rate"
        if rate is not None:
            made = f"no unit makes {float(rate):g} Hz of it"
        on = f"goes on by {plain(step * per_row)} from row to row"
        if not step:
            on = f"says {some[0]:.15g} and nothing else"
        raise LayoutError(
            f"{on}, nothing says of which unit, and {made}; expected s, ms, us or ns"
            + that_would_do(
                found.path,
                f'time = {{ column = {quoted(column)}, unit = "UNIT" }}',
                found.planned.mapped,
            ),
            path=found.shown,
            column=column,
        )
    return Said(_unit(fits[0]), f"inferred from {len(raw)} timestamps")


def _counts(some: NDArray[Any]) -> bool:
    """Return whether times (sorted) are whole, and too small for dates."""
    return bool(some[-1] < EPOCH and (some == np.rint(some)).all())


def _unit(text: str) -> Unit:
    units: dict[str, Unit] = {"s": "s", "ms": "ms", "us": "us", "ns": "ns"}
    return units[text]


def rows_of(
    raw: NDArray[Any], clock: Clock, column: str, place: Where, *, single: bool = False
) -> Rows:
    """Put the times of a lead in order: `raw`, shape (rows,), one or more, as they are stored.

    int64 where `clock` is whole, else float64; `single`: they were float32. `place` says which
    file a row is in, and which row of it. Raises LayoutError for what is no one recording.
    """
    whole = clock.whole
    count = len(raw)
    if clock.daily:
        _within_a_day(raw, column, place)
    order: NDArray[np.int64] | None = None
    doubles = np.zeros((0, 2), np.int64)
    if not (raw[1:] > raw[:-1]).all():
        rows = np.argsort(raw, kind="stable").astype(np.int64)
        raw = raw[rows]
        first = np.concatenate([[True], raw[1:] != raw[:-1]])
        kept = rows[first]
        again = np.flatnonzero(~first)
        doubles = np.column_stack([kept[np.cumsum(first)[again] - 1], rows[again]])
        raw = raw[first]
        order = None if np.array_equal(kept, np.arange(count)) else kept
    # As Python's numbers: the difference of two int64 may be none.
    if Fraction(raw[-1].item() - raw[0].item()) * clock.tick > LONGEST:
        _too_long(place, raw, order, clock, column)
    base = raw[0]
    quantum = (
        whole_quantum(raw, clock)
        if whole
        else float_quantum(raw, single=single) * float(clock.tick)
    )
    times = (raw - base).astype(np.float64) * float(clock.tick)
    # Fraction(float64) is exact, and so is int(int64).
    start = (Fraction(int(base)) if whole else Fraction(float(base))) * clock.tick
    return Rows(clock, start, times, quantum, order, count, doubles)


def _within_a_day(raw: NDArray[Any], column: str, place: Where) -> None:
    """Raise LayoutError for times of day that fall from row to row, as past midnight."""
    back = np.flatnonzero(raw[1:] < raw[:-1])
    if not len(back):
        return
    found, row = place(int(back[0]) + 1)
    raise LayoutError(
        f"row {row} is earlier in the day than the row before, and a time of day says no day: "
        "store Arrow timestamps, or take the rows as they come"
        + that_would_do(found.path, 'time = "none", fs = RATE', found.planned.mapped),
        path=found.shown,
        column=column,
    )


def _too_long(
    place: Where,
    raw: NDArray[Any],
    order: NDArray[np.int64] | None,
    clock: Clock,
    column: str,
) -> NoReturn:
    """Raise LayoutError that names the two timestamps (`raw` is sorted) furthest apart."""
    with np.errstate(over="ignore"):
        after = int(np.diff(raw.astype(np.float64)).argmax()) + 1
    odd = after if after > len(raw) // 2 else after - 1
    found, row = place(odd if order is None else int(order[odd]))
    earlier, later = (float(clock.tick) * float(raw[i]) for i in (after - 1, after))
    raise LayoutError(
        f"goes from {earlier:.15g} to {later:.15g} ms in one step (one of them is in row {row}), "
        "and no record is longer than ten years; expected milliseconds throughout: take out what "
        "is stray",
        path=found.shown,
        column=column,
    )


def part_of(parts: Sequence[Found], row: int) -> tuple[Found, int]:
    """Return the file that holds a row of a lead, and the row in it."""
    for found in parts:
        count = int(found.file.groups[-1])
        if row < count:
            return found, row
        row -= count
    raise IndexError(row)


def whole_quantum(raw: NDArray[np.int64], clock: Clock) -> float:
    """Return the rounding of whole timestamps, in ms: nanoseconds often hold milliseconds."""
    tick, step = clock.tick, 1
    while tick * step < 1 and not ((raw - raw[0]) % (step * 10)).any():
        step *= 10
    return float(tick * step)


def float_quantum(raw: NDArray[np.float64], *, single: bool) -> float:
    """Return the rounding of float timestamps, in ms: a power of ten, or the float's own."""
    furthest = float(np.abs(raw).max())
    own = float(np.spacing(np.float32(furthest))) if single else float(np.spacing(furthest))
    for places in range(7):
        quantum = 10.0**-places
        if quantum < 2 * own:
            break
        scaled = raw * 10**places
        off = 4 * float(np.spacing(furthest * 10**places)) + (own * 10**places if single else 0)
        if (np.abs(scaled - np.rint(scaled)) <= off).all():
            return quantum
    return max(1e-6, 2 * own)


def start_of(rows: Rows, zero: Fraction) -> tuple[float | None, str | None]:
    """Return (start_time, zone) of a record whose sample 0 was taken at `zero` ms.

    Only an Arrow time zone gives a zone; the start is then what a clock in it showed.
    """
    clock = rows.clock
    if not clock.dated and not (zero >= EPOCH and (clock.fine or rows.quantum >= 1)):
        return None, None
    seconds = zero / 1000
    if clock.tz is None:
        return float(seconds), None
    if clock.tz.upper() in UTC:
        return float(seconds), "UTC"
    offset = _offset(clock.tz, float(seconds))
    if offset is None:
        # A zone that this machine does not know: the instant is certain, so it is told as such.
        return float(seconds), "UTC"
    return float(seconds + offset), clock.tz


def began(rows: Rows | None, zero: Fraction, plan: Plan) -> tuple[float | None, str | None, Plan]:
    """Return (start_time, zone) of a record, and the plan with how these were found.

    What its timestamps say wins over what the file says of it; another start than theirs is told.
    """
    start, zone = (None, None) if rows is None else start_of(rows, zero)
    if start is None:
        start = None if plan.start_time is None else plan.start_time.value
    elif plan.start_time is not None:
        said, column = plan.start_time, f"column {'' if plan.time is None else plan.time.column}"
        how = f"{column}; {said.how} says {iso_of(said.value)}, which is not taken"
        differs = abs(said.value - start) >= 1
        plan = replace(plan, start_time=Said(start, how if differs else column))
    if zone is not None and plan.zone is not None and zone != plan.zone.value:
        plan = replace(plan, zone=None)
    elif start is not None and plan.zone is not None:
        zone = plan.zone.value
    return start, zone, plan


def iso_of(seconds: float) -> str:
    """Return what a clock showed so many seconds after it showed 1970-01-01, in ISO 8601."""
    # Not fromtimestamp(seconds): it refuses what is far from 1970 on some systems.
    there = datetime.fromtimestamp(0, UTC_ZONE) + timedelta(seconds=seconds)
    return there.replace(tzinfo=None).isoformat()


def _offset(tz: str, seconds: float) -> Fraction | None:
    """Return the seconds that zone `tz` is ahead of UTC at `seconds`; None where not known."""
    if tz[0] in "+-" and len(tz) == 6:
        ahead = int(tz[1:3]) * 3600 + int(tz[4:6]) * 60
        return Fraction(-ahead if tz[0] == "-" else ahead)
    try:
        # Not fromtimestamp(seconds): it refuses what is far from 1970 on some systems.
        there = datetime.fromtimestamp(0, UTC_ZONE) + timedelta(seconds=seconds)
        ahead_of = there.astimezone(ZoneInfo(tz)).utcoffset()
    except (KeyError, ValueError, OverflowError):
        return None
    return None if ahead_of is None else Fraction(int(ahead_of.total_seconds()))
