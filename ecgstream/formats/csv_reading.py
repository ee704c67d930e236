"""CSV and other tables of numbers as text, a row a sample, with a mapping or without.

Two passes, each block by block, so that a day fits as well as a minute. The first checks every
cell and finds the rate, the gaps, and for each signal the decimals that make whole numbers of it:
`0.125` is stored as 125 with gain 1000, to the very value that was read. What has no such decimals
within 32 bits is kept as float64. Our own exports say their scales and come back as they were.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed
from ecgstream.formats.csv_layout import Column, Layout, Told, layout_of
from ecgstream.formats.csv_lines import encoding_of
from ecgstream.formats.csv_own import Own, own_of
from ecgstream.formats.csv_table import Table
from ecgstream.formats.csv_timing import ByNumber, ByTime, InOrder, Rows
from ecgstream.formats.device_times import moment_of, told_start
from ecgstream.formats.guarding import naming
from ecgstream.formats.numbers_text import Decimals, narrowest
from ecgstream.formats.recording import (
    LONGEST_S,
    Annotated,
    Recorded,
    Samples,
    Signal,
    unique,
)
from ecgstream.formats.registry import stem
from ecgstream.model.kinds import kind_of
from ecgstream.model.timebase import rate_of

__all__ = ["Told", "open_file"]

HEAD: Final = 1 << 16
"""Bytes of the file in which its layout is seen."""

HOLE: Final = 1 << 20
"""Values of all signals in one piece of a gap."""

SINCE_1970_S: Final = 10**8
"""Seconds from here on (March 1973) are counted from 1970: no recording is three years long."""


def open_file(path: Path, told: Told | None = None) -> Recorded:
    """Return the recording in the table `path`. Raises ImportFailed, naming it."""
    with naming(path):
        return _opened(path, told or Told())


def _opened(path: Path, told: Told) -> Recorded:
    with path.open("rb") as opened:
        head = opened.read(HEAD)
        more = len(head) == HEAD
    encoding = told.encoding or encoding_of(head)
    if b"\n" not in head and b"\r" in head:
        raise ImportFailed("its lines end in CR alone; save it with LF or CR LF")
    try:
        lines = head.decode(encoding, "replace").removeprefix("\ufeff").split("\n")
    except LookupError:
        raise ImportFailed(f"mapping: encoding: {encoding!r} is not known") from None
    layout = layout_of(lines[:-1] if more and len(lines) > 1 else lines, told)
    own = own_of(layout)
    table = Table(path, layout, encoding)
    survey = _surveyed(table, told, own)
    scales = [_scaled(column, survey, own) for column in layout.signals]
    names = unique([column.name for column in layout.signals])
    signals = tuple(
        Signal(
            name=name,
            unit=column.unit,
            gain=scale.gain,
            baseline=scale.baseline,
            kind=column.kind or kind_of(name, column.unit, survey.fs),
            fs=survey.fs,
            length=survey.rows.length,
            type=scale.type,
        )
        for name, column, scale in zip(names, layout.signals, scales, strict=True)
    )
    return Recorded(
        name=stem(path),
        signals=signals,
        fs_source=survey.fs_source,
        files=(path,),
        pieces=lambda: _pieces(table, scales, survey.rows),
        start_time=survey.start_time,
        zone=survey.zone,
        identity=layout.preamble.identity,
        comments=() if own else layout.comments,
        remarks=(*layout.remarks, *survey.remarks),
        annotated=Annotated(own.sets(survey.fs) if own else ()),
    )


@dataclass(slots=True)
class _Survey:
    """What the first pass found."""

    fs: float
    fs_source: str
    rows: Rows
    scales: dict[int, Decimals]
    as_stored: dict[int, bool]
    start_time: float | None = None
    zone: str | None = None
    remarks: list[str] = field(default_factory=list)


def _surveyed(table: Table, told: Told, own: Own | None) -> _Survey:
    layout = table.layout
    rate = rate_of(told.fs) if told.fs is not None else own.fs if own else layout.preamble.fs
    numbered = next((one for one in layout.times if one.counts == "sample"), None)
    timed = next((one for one in layout.times if one.counts == "time"), None)
    numbers = ByNumber(numbered.heading) if numbered else None
    unit = None if timed is None else "s" if timed.form != "number" else timed.unit
    # The rate of numbered rows comes from their times, where nobody says it.
    times = ByTime(timed.heading, unit, rate) if timed and not (numbered and rate) else None
    if rate is None and times is None:
        raise ImportFailed(
            "neither a sampling rate nor a column of times; say in a mapping: "
            f'[[import]] files = "{table.path.name}", format = "csv", fs = 360'
        )
    in_order = InOrder()
    scales = {column.at: Decimals() for column in layout.signals}
    as_stored = {column.at: own is not None for column in layout.signals}
    for block in table.blocks():
        for column in layout.signals:
            values = _known(column, block[column.at])
            scales[column.at].take(values)
            if own and as_stored[column.at]:
                as_stored[column.at] = own.holds(column, values)
        if numbers and numbered:
            numbers.add(block[numbered.at])
        if times and timed:
            times.add(block[timed.at])
        in_order.add(next(iter(block.values())))
    rows = (numbers or times or in_order).rows
    rate = _checked(rate or (times.fs if times else None), rows)
    source = _rate_source(told, own, layout, rows) + (times.doubt if times else "")
    survey = _Survey(float(rate), source, rows, scales, as_stored)
    _started(survey, told, table, times)
    if times and timed and timed.unit is None and timed.form == "number":
        tick = {1000.0: "s", 1.0: "ms", 1e-3: "us", 1e-6: "ns"}[times.tick_ms or 1.0]
        survey.remarks.append(
            f"column {timed.heading!r} is taken to be in {tick}: in no other unit do its steps "
            "make the rate of an ECG"
        )
    return survey


def _checked(rate: Fraction | None, rows: Rows) -> Fraction:
    if not rows.count or rate is None:
        raise ImportFailed("it holds no rows")
    if rows.length > LONGEST_S * rate:
        raise ImportFailed(f"its times span {rows.length / float(rate):.6g} s: cannot be right")
    return rate


def _rate_source(told: Told, own: Own | None, layout: Layout, rows: Rows) -> str:
    if told.fs is not None:
        return "mapping"
    if own is not None and own.fs is not None:
        return "fs in the head of the file"
    if layout.preamble.fs is not None:
        return f"{layout.preamble.rate_key} in the head of the file"
    return f"inferred from {rows.count} timestamps"


def zone_ahead(seconds: int | None) -> str | None:
    """Return the zone so far ahead of UTC, as `+01:00`; None where nothing says it."""
    if not seconds:
        return None if seconds is None else "UTC"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02d}:{minutes:02d}"


def _started(survey: _Survey, told: Told, table: Table, times: ByTime | None) -> None:
    """Put down when the recording began: as told, as said before the table, as its times say."""
    layout = table.layout
    survey.zone = told.zone
    timed = next((one for one in layout.times if one.counts == "time"), None)
    if told.start_time is not None:
        survey.start_time, zone = told_start(told.start_time)
        survey.zone = told.zone or zone
        return
    if layout.preamble.start and (found := moment_of(layout.preamble.start)):
        survey.start_time, zone = found
        survey.zone = told.zone or zone
        return
    if times is None or timed is None or times.first is None or times.tick_ms is None:
        return
    first_s = times.first * times.tick_ms / 1000
    if timed.form == "date":
        survey.start_time = first_s
        survey.zone = told.zone or zone_ahead(table.ahead.get(timed.at))
    elif timed.form == "number" and first_s >= SINCE_1970_S:
        survey.start_time = first_s
        survey.zone = told.zone or "UTC"
        survey.remarks.append(f"column {timed.heading!r} counts from 1970, which is in UTC")


@dataclass(frozen=True, slots=True)
class _Stored:
    """How a column is stored: `rint(value * times + plus)`; as it is read where `times` is 0."""

    column: Column
    gain: float
    baseline: float
    type: Any
    times: float
    plus: float = 0.0


def _scaled(column: Column, survey: _Survey, own: Own | None) -> _Stored:
    scale = survey.scales[column.at]
    if own and survey.as_stored[column.at] and (lead := own.leads.get(column.heading)):
        low, high = (end * lead.gain + lead.baseline for end in (scale.low, scale.high))
        return _Stored(
            column,
            lead.gain,
            lead.baseline,
            narrowest(min(low, high), max(low, high)),
            lead.gain,
            lead.baseline,
        )
    if not scale.power:
        return _Stored(column, 1.0, 0.0, "float64", 0.0)
    return _Stored(
        column,
        column.gain * scale.power,
        column.baseline * scale.power,
        scale.type,
        scale.power,
    )


def _pieces(table: Table, scales: Sequence[_Stored], rows: Rows) -> Iterator[Sequence[Samples]]:
    """Yield the samples of all rows, and nothing where there is a gap between them."""
    done = row = 0
    for block in table.blocks():
        stored = [_stored(one, block[one.column.at]) for one in scales]
        count = len(stored[0].values)
        if row + count > rows.count:
            break
        for first, many, sample in rows.placed(row, count):
            yield from _nothing(scales, sample - done)
            cut = slice(first - row, first - row + many)
            yield [
                Samples(one.values[cut], None if one.missing is None else one.missing[cut])
                for one in stored
            ]
            done = sample + many
        row += count
    if row != rows.count:
        raise ImportFailed(f"{table.path.name}: it changed while it was read")


def _nothing(scales: Sequence[_Stored], count: int) -> Iterator[Sequence[Samples]]:
    step = max(1, HOLE // len(scales))
    for low in range(0, count, step):
        some = min(step, count - low)
        yield [Samples(np.zeros(some, one.type), np.ones(some, np.bool_)) for one in scales]


def _stored(one: _Stored, values: NDArray[np.float64]) -> Samples:
    missing = _missing(one.column, values)
    held = np.where(missing, 0.0, values) if missing.any() else values
    if one.times:
        whole = np.rint(held * one.times + one.plus)
        return Samples(whole.astype(one.type), missing if missing.any() else None)
    physical = (held - one.column.baseline) / one.column.gain
    return Samples(physical, missing if missing.any() else None)


def _missing(column: Column, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    missing = np.isnan(values)
    for sentinel in column.missing:
        missing |= values == sentinel
    return missing


def _known(column: Column, values: NDArray[np.float64]) -> NDArray[np.float64]:
    known = values[~_missing(column, values)]
    if not np.isfinite(known).all():
        raise ImportFailed(f"column {column.heading!r}: an infinite value; it is no sample")
    return known
