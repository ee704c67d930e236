"""Columns that look like a time and that none is read from: why. Pure."""

from collections.abc import Sequence
from typing import Any, Final

import pyarrow.types as pt

from ecgstream.storage.carriers import is_text
from ecgstream.storage.foreign.column_names import moment_of, plain_word
from ecgstream.storage.foreign.mapping import quoted
from ecgstream.storage.foreign.plan import SignalColumn
from ecgstream.storage.foreign.seen import Seen, is_list, is_number
from ecgstream.storage.foreign.times.time_names import counts_rows, is_no_time, like_time

DAYS: Final = frozenset({"datenum", "matlab_datenum", "time_days", "time_d", "days", "excel_time"})


def no_time(seen: Seen, signals: Sequence[SignalColumn]) -> tuple[str, str]:
    """Return words for a file of which no time column is read, and the keys that would take one.

    The keys are "" where none does.
    """
    if seen.said.time == "none":
        return "has no time column", ""
    shown = {one.column for one in signals}
    why: list[str] = []
    keys = ""
    for field in seen.schema:
        name = str(field.name)
        if name in shown:
            continue
        reason = _why(name, field.type)
        if reason:
            why.append(f"{name} {reason}")
        keys = keys or _key(seen, name, field.type)
    if not why:
        return "has no time column", ""
    return f"has no time column that is read ({'; '.join(why)})", keys


def _key(seen: Seen, name: str, kind: Any) -> str:
    if is_no_time(name) or plain_word(name) in DAYS:
        return ""
    if is_number(kind) and like_time(name):
        return f'time = {{ column = {quoted(name)}, unit = "UNIT" }}'
    lists = any(is_list(field.type) for field in seen.schema)
    return f"time = {{ column = {quoted(name)} }}" if pt.is_time(kind) and not lists else ""


def _why(name: str, kind: Any) -> str:
    dated = pt.is_timestamp(kind) or pt.is_duration(kind) or pt.is_time(kind) or pt.is_date(kind)
    if is_no_time(name):
        return "is called as dates of something else are" if dated else ""
    if is_list(kind):
        called = moment_of(name) is not None or like_time(name)
        return f"is {kind}, and one time a row is read" if called else ""
    if dated:
        read = "Arrow timestamps, durations and numbers with a unit are read"
        daily = "a time of no day, which is one where none is past midnight"
        return f"is {kind}, {daily}" if pt.is_time(kind) else f"is {kind}; {read}"
    if plain_word(name) in DAYS:
        return "counts days; store it in s, or as Arrow timestamps"
    if like_time(name) and (is_number(kind) or is_text(kind)):
        return "is not known for a time by its name; in s, ms, us, ns, min or h it may be"
    return "counts, and not time" if counts_rows(name) and is_number(kind) else ""
