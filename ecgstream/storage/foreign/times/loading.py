"""The times of a table's files, read: whole, or in passing where they are many and even."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from ecgstream.errors import LayoutError
from ecgstream.model.timebase import WINDOW, Stamps, Unsteady, doubt, infer
from ecgstream.storage.carriers import is_text
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.plan import Said, TimeColumn, Unit
from ecgstream.storage.foreign.times.clocks import times_in
from ecgstream.storage.foreign.times.local_time import Untold, instants, zone_of
from ecgstream.storage.foreign.times.stamps import (
    LONGEST,
    UNITS,
    Clock,
    Rows,
    Steady,
    clock_of,
    float_quantum,
    part_of,
    rows_of,
    unit_of,
    whole_quantum,
)
from ecgstream.storage.survey import Found

MANY: Final = 1 << 20
"""Rows from which on it is tried to go over them in passing: held, each takes some 80 bytes until
a record is put together."""

MORE: Final = 8
"""Times as many are looked at where two rates may be those of the first ones."""

FEW: Final = 10_000
"""Runs without a gap of such times: of more, it is another rate that is there."""


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """The rows of a table in time; `unit` is the unit of time, and how it was found."""

    rows: Rows
    unit: Said[Unit] | None


def load(parts: Sequence[Found], files: OpenFiles, rate: Fraction | None = None) -> Times | None:
    """Read the times of a table's files; None where they have no rows. Blocks.

    All have a time column. `rate` is what is said of it. Raises LayoutError for nulls, NaN and
    mixed types; SourceError from reading.
    """
    times = [time for found in parts if (time := found.planned.time) is not None]
    time = times[0]
    if len({(one.column, one.counts) for one in times}) > 1 or len(times) < len(parts):
        listed = sorted({one.column for one in times})
        raise LayoutError(
            f"the files of this record do not say the time alike ({', '.join(listed)}); expected "
            "one column in all of them",
            path=parts[-1].shown,
        )
    clocks = [clock_of(found, own) for found, own in zip(parts, times, strict=True)]
    if len({(c.tick, c.dated, c.tz) for c in clocks} | {(t.unit,) for t in times}) > 2:
        kinds = sorted({_kind(found, time.column) for found in parts})
        raise LayoutError(
            f"the files of this lead disagree on its type ({', '.join(kinds)}); store one",
            path=parts[-1].shown,
            column=time.column,
        )
    clock = next((c for c in clocks if not c.whole), clocks[0])
    types = [found.schema.field(time.column).type for found in parts]
    single = any(pt.is_float32(kind) for kind in types)
    column = _Column(tuple(parts), time.column, files, clock.whole, single)
    head = column.head()
    if not len(head):
        return None
    unit: Said[Unit] | None = None
    if time.counts == "sample":
        # A sample is as long as the rate says, exactly.
        assert rate is not None, "recognised only with a rate"
        clock = replace(clock, tick=1000 / rate, dated=False)
    else:
        unit = _unit(parts, time, head, rate)
        clock = replace(clock, tick=clock.tick if time.unit else UNITS[unit.value])
    zone = parts[0].planned.zone
    if clock.dated and clock.tz is None and zone is not None:
        return Times(_in_zone(column, head, clock, zone, kind=types[0]), unit)
    rows = _in_passing(column, head, clock, rate) if column.count >= MANY else None
    if rows is None:
        place = partial(part_of, parts)
        rows = rows_of(column.whole_of(head), clock, time.column, place, single=single)
    return Times(rows, unit)


def _kind(found: Found, column: str) -> str:
    kind, time = str(found.schema.field(column).type), found.planned.time
    return f"{kind} with a zone" if time is not None and time.zoned else kind


def _unit(
    parts: Sequence[Found], time: TimeColumn, head: NDArray[Any], rate: Fraction | None
) -> Said[Unit]:
    if time.unit is not None:
        return Said(time.unit, time.how)
    return unit_of(head, parts[0].planned, rate, parts[0])


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """A column of times over the files of a table. `single`: some of it is float32."""

    parts: tuple[Found, ...]
    name: str
    files: OpenFiles
    whole: bool
    single: bool

    @property
    def count(self) -> int:
        """Its rows."""
        return sum(int(found.file.groups[-1]) for found in self.parts)

    def chunks(self) -> Iterator[NDArray[Any]]:
        """Yield the values of each row group that has some."""
        for found in self.parts:
            for group, rows in enumerate(np.diff(found.file.groups).tolist()):
                if rows:
                    yield _values(found, self.name, group, self.files, whole=self.whole)

    def head(self) -> NDArray[Any]:
        """Return the values of the first row groups, as many as hold MANY rows."""
        return self.first(MANY)

    def whole_of(self, head: NDArray[Any]) -> NDArray[Any]:
        """Return all values; `head` are the first of them."""
        return head if len(head) == self.count else self.first(self.count)

    def first(self, least: int) -> NDArray[Any]:
        """Return the values of the first row groups, as many as hold `least` rows."""
        read: list[NDArray[Any]] = []
        held = 0
        for chunk in self.chunks():
            read.append(chunk)
            held += len(chunk)
            if held >= least:
                break
        return np.concatenate(read) if read else np.zeros(0)


def _in_zone(
    column: _Column, head: NDArray[Any], clock: Clock, zone: Said[str], *, kind: pa.DataType
) -> Rows:
    """Return the rows of dates that say no zone, in the one that somebody says.

    A number counts from 1970 in UTC; an Arrow timestamp or a text is what a clock there showed.
    """
    raw, place = column.whole_of(head), partial(part_of, column.parts)
    where = zone_of(zone.value)
    if where is None:
        raise LayoutError(
            f"its times are in zone {zone.value!r} ({zone.how}), which is not known here; expected "
            "such as Europe/Berlin, +02:00 or UTC",
            path=column.parts[0].shown,
            column=column.name,
        )
    if pt.is_timestamp(kind) or is_text(kind):
        try:
            raw = instants(raw, int(1000 / clock.tick), where)
        except Untold as error:
            found, row = place(error.index)
            raise LayoutError(
                f"row {row} {error} ({zone.value}, {zone.how}); expected times as they were shown "
                "there, in order: store instants, or say no zone",
                path=found.shown,
                column=column.name,
            ) from error
    return rows_of(raw, replace(clock, tz=zone.value), column.name, place, single=column.single)


def _in_passing(
    column: _Column, head: NDArray[Any], clock: Clock, said: Fraction | None
) -> Rows | None:
    """Return the rows of times that are a few unbroken runs, at the rate that the first ones make.

    That rate is the simplest one for all, if it is one for all: it was found between wider bounds.
    None where there is a step back, or jitter: then all have to be looked at together.
    """
    if not (head[1:] > head[:-1]).all():
        return None
    rate, other = said, ""
    if rate is None:
        try:
            rate, other = _told(column, head, clock)
            if other:
                # What the first rows leave open, more of them mostly settle.
                rate, other = _told(column, column.first(MORE * MANY), clock)
        except Unsteady:
            return None
    line = _Line(column, clock, rate, head[0], other)
    del head
    if not all(line.takes(chunk) for chunk in column.chunks()):
        return None
    return line.rows()


def _told(column: _Column, raw: NDArray[Any], clock: Clock) -> tuple[Fraction, str]:
    """Return the rate that times make, and what else may be theirs. Raises Unsteady."""
    times = (raw - raw[0]).astype(np.float64) * float(clock.tick)
    stamps = Stamps(times, _quantum(raw, clock, column))
    rate = infer(stamps)
    return rate, doubt(stamps, rate)


def _quantum(raw: NDArray[Any], clock: Clock, column: _Column) -> float:
    if column.whole:
        return whole_quantum(raw, clock)
    return float_quantum(raw, single=column.single) * float(clock.tick)


class _Line:
    """Times that are held against lines, one row group after the other."""

    def __init__(
        self, column: _Column, clock: Clock, rate: Fraction, base: Any, other: str
    ) -> None:
        self._column, self._clock, self._rate, self._base = column, clock, rate, base
        self._doubt = other
        self._step = float(1000 / rate)
        self._count = self._place = 0
        self._last: Any = None
        self._ms = 0.0
        self._first: list[int] = []
        self._low: list[float] = []
        self._high: list[float] = []
        self._quantum = np.inf

    def takes(self, raw: NDArray[Any]) -> bool:
        """Take the next times up; return whether they go on forwards, in a few long runs."""
        if self._last is not None and raw[0] <= self._last:
            return False
        if not (raw[1:] > raw[:-1]).all():
            return False
        # Counted from the first time of all, as the rounding of all is.
        from_first = np.append(self._base, raw)
        quantum = _quantum(from_first, self._clock, self._column)
        times = (raw - self._base).astype(np.float64) * float(self._clock.tick)
        steps = np.diff(times, prepend=times[0] if self._last is None else self._ms)
        holes = np.flatnonzero(steps > 1.5 * self._step)
        # A hole that rounding may have made is for who looks at all of them.
        unsure = self._step * (1 + 1e-9) + quantum * (1 + 2 / WINDOW) + 1e-3
        if len(holes) and steps[holes].min() <= max(unsure, 1.5 * self._step):
            return False
        self._hold(times, holes)
        self._quantum = min(self._quantum, quantum)
        self._count += len(raw)
        self._last, self._ms = raw[-1], float(times[-1])
        return len(self._first) <= FEW

    def _hold(self, times: NDArray[np.float64], holes: NDArray[np.int64]) -> None:
        """Take up times of which those at `holes` begin a run, and the first goes on, or begins."""
        begins = np.unique(np.append(0, holes))
        lengths = np.diff(np.append(begins, len(times)))
        goes_on = self._count > 0 and not (len(holes) and holes[0] == 0)
        places = np.arange(len(times)) - np.repeat(begins, lengths)
        if goes_on:
            places[: lengths[0]] += self._place
        left = times - places * self._step
        low, high = np.minimum.reduceat(left, begins), np.maximum.reduceat(left, begins)
        if goes_on:
            self._low[-1] = min(self._low[-1], float(low[0]))
            self._high[-1] = max(self._high[-1], float(high[0]))
        self._low += low[int(goes_on) :].tolist()
        self._high += high[int(goes_on) :].tolist()
        self._first += (self._count + begins[int(goes_on) :]).tolist()
        self._place = int(places[-1]) + 1

    def rows(self) -> Rows | None:
        """Return the rows, None where some are further from a line than rounding puts them."""
        clock = self._clock
        last = Fraction(self._last.item() - self._base.item()) * clock.tick
        ends = Stamps(np.array([0.0, float(last)]), self._quantum)
        low, high = np.array(self._low), np.array(self._high)
        if last > LONGEST or (high - low).max() > ends.slack * (1 + 1e-9):
            return None
        whole = self._column.whole
        start = Fraction(int(self._base)) if whole else Fraction(float(self._base))
        return Rows(
            clock,
            start * clock.tick,
            ends.times,
            self._quantum,
            None,
            self._count,
            np.zeros((0, 2), np.int64),
            Steady(self._rate, np.array(self._first, np.int64), (low + high) / 2, self._doubt),
        )


def _values(found: Found, name: str, group: int, files: OpenFiles, *, whole: bool) -> NDArray[Any]:
    time = found.planned.time
    if time is not None and is_text(found.schema.field(name).type):
        # Texts are three times as large as what is made of them.
        clock, row = clock_of(found, time), int(found.file.groups[group])
        parts = files.blocks(found.file, group, [name])
        return np.concatenate([times_in(found, time, clock, part, row + k) for k, part in parts])
    column = files.table(found.file, group, [name])[name]
    if column.null_count:
        row = int(found.file.groups[group]) + _first(np.asarray(column.is_null()))
        raise LayoutError(
            f"row {row} has no timestamp; give every row one, or take it out",
            path=found.shown,
            column=name,
        )
    if not whole:
        as_float = column.cast(pa.float64()) if pt.is_decimal(column.type) else column
        values: NDArray[Any] = as_float.to_numpy().astype(np.float64)
        if not np.isfinite(values).all():
            row = int(found.file.groups[group]) + _first(~np.isfinite(values))
            raise LayoutError(
                f"row {row} has no finite timestamp; give every row one, or take it out",
                path=found.shown,
                column=name,
            )
        return values
    if pt.is_time32(column.type):
        column = column.cast(pa.int32())
    try:
        return column.cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid as error:
        raise LayoutError(str(error), path=found.shown, column=name) from error


def _first(mask: NDArray[np.bool_]) -> int:
    return int(mask.argmax())
