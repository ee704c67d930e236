"""When the rows of a file were, and how fast: which column says it, or what else does. Pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, Final

import pyarrow.types as pt

from ecgstream.model.timebase import rate_of
from ecgstream.storage.carriers import is_text
from ecgstream.storage.foreign import column_names as words
from ecgstream.storage.foreign.column_names import Moment, moment_of
from ecgstream.storage.foreign.mapping import moment, quoted
from ecgstream.storage.foreign.plan import Said, TimeColumn
from ecgstream.storage.foreign.seen import Field, Seen, holds_samples, is_list, is_number
from ecgstream.storage.foreign.telling import told_by_field
from ecgstream.storage.foreign.times import text_times
from ecgstream.storage.foreign.times.time_names import is_no_time, is_start

START_WORDS: Final = ("start_time", "base_datetime", "start_datetime", "recording_start")
ZONE_WORDS: Final = ("zone", "timezone", "tz")
ZERO: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - what a clock showed, in whichever zone


def time_of(seen: Seen) -> TimeColumn | None:
    """Return the column that says when a row was; None where rows are but counted.

    Raises LayoutError for a column that is called a time and is none.
    """
    said = seen.said.time
    if said == "none":
        return None
    if said is not None:
        found = Moment(said.counts, said.unit, said.dated)
        return _column(seen, seen.schema.field(said.column), found, "mapping")
    index = _index_columns(seen)
    lists = _rows_are_lists(seen)
    ranked = [
        (one.rank, number, one)
        for number, field in enumerate(seen.schema)
        if (one := _candidate(field, index, lists=lists)) is not None
        and not (lists and one.rank == UNSURE and field.name not in index)
    ]
    if not ranked:
        return None
    *_, best = min(ranked, key=lambda one: one[:2])
    return _column(seen, best.field, best.moment, f"column {best.field.name}")


def starts_of(seen: Seen, time: TimeColumn | None) -> tuple[str, ...]:
    """Return the columns of dates that may say as well when a row of many samples began.

    Beside `time` those that are called so; without, those of which no name says what they date.
    """
    by_mapping = seen.said.time is not None or seen.said.start_time is not None
    if by_mapping or not _rows_are_lists(seen):
        return ()
    if time is not None and not time.dated:
        return ()
    return tuple(
        str(field.name)
        for field in seen.schema
        if (time is None or field.name != time.column)
        and (pt.is_timestamp(field.type) or (time is not None and pt.is_date(field.type)))
        and not is_no_time(field.name)
        and (time is None or is_start(field.name))
    )


def _rows_are_lists(seen: Seen) -> bool:
    """Return whether a row holds many samples: what a date beside them says is of all of these."""
    said = seen.said.signals
    fields = [field for field in seen.schema if said is None or field.name in said]
    return any(is_list(field.type) and holds_samples(field.type) for field in fields)


UNSURE: Final = 4
"""The rank of a date that by its type alone is a time: of a sample, but not of a whole row."""


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A column that may say the time; the lower its `rank`, the more its name and type say."""

    rank: int
    field: Field
    moment: Moment


def _candidate(field: Field, index: set[str], *, lists: bool) -> _Candidate | None:
    named = moment_of(field.name)
    dated = pt.is_timestamp(field.type) or pt.is_duration(field.type)
    if is_list(field.type) or is_no_time(field.name):
        return None
    if named is not None and named.unit in {"min", "h"} and lists:
        # Of a window it is the lowest time.
        return None
    if named is not None:
        rank = 0 if dated else 1 if named.unit else 2 if named.counts == "time" else UNSURE + 1
        return _Candidate(rank, field, named)
    if dated:
        return _Candidate(3 if is_start(field.name) else UNSURE, field, Moment("time"))
    if field.name in index and is_number(field.type):
        # An index without a name counts rows where it is whole, and time where it is not.
        whole = pt.is_integer(field.type)
        return _Candidate(UNSURE + 2, field, Moment("sample" if whole else "time"))
    return None


def _index_columns(seen: Seen) -> set[str]:
    """Return the columns that were a pandas index. One that counts rows is kept as no column."""
    try:
        said = json.loads((seen.schema.metadata or {}).get(b"pandas", b"{}"))
        return {one for one in said.get("index_columns", ()) if isinstance(one, str)}
    except (ValueError, AttributeError, TypeError, RecursionError):
        return set()


def _column(seen: Seen, field: Field, found: Moment, how: str) -> TimeColumn:
    kind, name = field.type, str(field.name)
    if pt.is_timestamp(kind) or pt.is_duration(kind):
        if found.counts == "sample":
            raise seen.refused(
                f"is {kind}, which counts no samples", name, f"time = {{ column = {quoted(name)} }}"
            )
        return TimeColumn(name, "time", kind.unit, how, pt.is_timestamp(kind))
    if pt.is_time(kind) and found.counts == "time" and not _rows_are_lists(seen):
        daily = how if how == "mapping" else f"{how}, times of day"
        return TimeColumn(name, "time", kind.unit, daily, dated=False)
    if is_text(kind) and found.counts == "time":
        told = how if how == "mapping" else text_times.how(name)
        return TimeColumn(name, "time", text_times.UNIT, told, dated=True)
    if not is_number(kind) and not pt.is_decimal(kind):
        raise seen.refused(
            f"is {kind}; expected numbers, Arrow timestamps or texts in ISO 8601: store it so, or "
            "take its rows as they come",
            name,
            'time = "none", fs = RATE',
        )
    if found.counts == "sample":
        if not pt.is_integer(kind):
            raise seen.refused(
                f"is {kind}, and sample numbers are whole",
                name,
                f'time = {{ column = {quoted(name)}, unit = "UNIT" }}',
            )
        return TimeColumn(name, "sample", None, how, dated=False)
    unit = found.unit
    if unit is None:
        said = told_by_field(field.metadata).text(words.UNIT_WORDS)
        unit = None if said is None else words.time_unit(said.value)
    return TimeColumn(name, "time", unit, how, found.dated)


def rate_said(seen: Seen, time: TimeColumn | None) -> Said[Fraction] | None:
    """Return the rate of the file that anybody says. Raises LayoutError for one that is none."""
    by_mapping = seen.said.rate()
    if by_mapping is not None:
        return Said(by_mapping, "mapping")
    # Who names the column says it against what metadata says.
    told = [] if seen.said.fs_column is not None else [*_rates_told(seen)]
    found = [*told, *_rate_of_rows(seen)]
    for other in found[1:]:
        if other.value != found[0].value:
            raise seen.refused(
                f"says two rates: {float(found[0].value):g} Hz ({found[0].how}) and "
                f"{float(other.value):g} Hz ({other.how}); expected one",
                say="fs = RATE",
            )
    if found:
        return found[0]
    if seen.fs is not None and (time is None or time.counts == "sample"):
        return Said(seen.fs, "flag --fs")
    return None


def _rates_told(seen: Seen) -> Iterator[Said[Fraction]]:
    for said in seen.told.all(words.RATE_WORDS):
        if isinstance(said.value, dict | list):
            continue
        rate = rate_of(said.value)
        if rate is None:
            key = said.how.removeprefix("footer metadata ")
            raise seen.refused(
                f"its metadata says {key} = {said.value!r}; expected the sampling rate in Hz, "
                "above 0"
            )
        yield Said(rate, said.how)


def _rate_of_rows(seen: Seen) -> Iterator[Said[Fraction]]:
    column = seen.fs_column
    if column is None:
        for field in (seen.by_word[word] for word in words.RATE_WORDS if word in seen.by_word):
            if not pt.is_null(field.type):
                raise seen.refused(
                    f"is {field.type}; expected the sampling rate in Hz, or a list with that of "
                    "each lead",
                    field.name,
                    "fs = RATE",
                )
    if column is None or column not in seen.constants:
        return
    rate = rate_of(seen.constants[column])
    if rate is None:
        raise seen.refused(
            f"says {seen.constants[column]!r}; expected the sampling rate in Hz, above 0", column
        )
    yield Said(rate, f"column {column}")


def start_said(seen: Seen) -> tuple[Said[float] | None, Said[str] | None]:
    """Return the start and the zone that a mapping or the footer says."""
    said = seen.said
    zone = Said(said.zone, "mapping") if said.zone else seen.told.text(ZONE_WORDS)
    found = Said(said.start_time, "mapping") if said.start_time else seen.told.text(START_WORDS)
    when: Any = None if found is None else moment(found.value)
    if when is None or found is None:
        return None, zone
    if when.utcoffset() is not None:
        text = when.strftime("%z")
        zone = Said(f"{text[:3]}:{text[3:5]}" if when.utcoffset() else "UTC", found.how)
    # What a clock in the zone showed, whichever that is.
    return Said((when.replace(tzinfo=None) - ZERO).total_seconds(), found.how), zone
