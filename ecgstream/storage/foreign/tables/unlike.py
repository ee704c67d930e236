"""Files of one record that do not fit together: what differs, and which of them go with it. Pure.

A lead is one thing in all files of its record: stored in one column, in one unit and scale, at one
rate. Where a file has it otherwise the lead is shown of none of them, and each file says so.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Final

import numpy as np

from ecgstream.errors import LayoutError, SourceError, SourceUnavailable
from ecgstream.model.timebase import Stamps, Unsteady, infer
from ecgstream.storage.foreign.mapping import quoted
from ecgstream.storage.foreign.plan import SignalColumn
from ecgstream.storage.foreign.proposing import signals_said, that_would_do_alone, with_more
from ecgstream.storage.foreign.times.stamps import Rows
from ecgstream.storage.foreign.whose.identifying import stem_of
from ecgstream.storage.survey import Found

ENOUGH: Final = 16
"""Timestamps of a file that tell its rate."""

MOST: Final = 12
"""Files that are named one by one; `SourceError.also` has all."""


def check_alike(parts: Sequence[Found], name: str, columns: Mapping[int, SignalColumn]) -> None:
    """Raise LayoutError unless lead `name` is stored alike in all files that have a column of it.

    `columns` are by the place of the file in `parts`.
    """
    (place, first), *others = columns.items()
    wanted = _facts(first)
    for index, column in others:
        facts = _facts(column)
        unlike = [what for what in facts if facts[what] != wanted[what]]
        if unlike:
            told = ", ".join(f"its {what} is {facts[what]}, not {wanted[what]}" for what in unlike)
            raise LayoutError(
                f"lead {name!r} is another one than in {parts[place].shown}: {told}; expected one "
                f"in all files of a record{_instead(parts[index], column, first, unlike)}",
                path=parts[index].shown,
                column=column.column,
            )


def _facts(column: SignalColumn) -> dict[str, str]:
    unit = None if column.unit is None else column.unit.value
    missing = ", ".join(f"{value:g}" for value in column.missing)
    return {
        "column": repr(column.column),
        "unit": "not known" if unit is None else repr(unit),
        "gain": f"{column.gain.value:g}",
        "baseline": f"{column.baseline.value:g}",
        "kind": repr(column.kind),
        "value of what is missing": missing or "none",
    }


def _instead(found: Found, one: SignalColumn, first: SignalColumn, unlike: Sequence[str]) -> str:
    """Return what to do about a file that has a lead otherwise than the first one."""
    known = None if first.unit is None else first.unit.value
    unsaid = one.unit is None and known is not None
    if unlike == ["unit"] and unsaid:
        said = signals_said({one.column: f"unit = {quoted(str(known))}"})
        chosen = found.planned.mapped is not None and "signals" in found.planned.mapped[1:]
        keys = said if chosen else f"unit = {quoted(str(known))}"
        return f"; where it is {known} here too" + _paste(found, keys)
    return ": write it alike, or make this file a record of its own" + apart(found)


def apart(found: Found) -> str:
    """Return the mapping that makes one of the files of a record another one."""
    record = found.planned.record
    name = f"{'' if record is None else record.value + '.'}{stem_of(found.path.rpartition('/')[2])}"
    return _paste(found, f"record = {quoted(name)}")


def _paste(found: Found, keys: str) -> str:
    return that_would_do_alone(found.path, keys, found.planned.mapped)


def rates_apart(parts: Sequence[Found], rows: Rows) -> dict[Fraction, list[Found]]:
    """Return the files by their rates, the most of one rate first, where rows are steady in each.

    `rows` are those of all `parts`.
    """
    if rows.steady is not None:
        return {}
    order = np.arange(rows.kept) if rows.order is None else rows.order
    edges = np.cumsum([0, *(int(found.file.groups[-1]) for found in parts)])
    rates: dict[Fraction, list[Found]] = {}
    for found, low, high in zip(parts, edges, edges[1:], strict=False):
        times = rows.times[(order >= low) & (order < high)]
        with suppress(Unsteady):
            if len(times) >= ENOUGH:
                stamps = Stamps(times - times[0], rows.quantum)
                rates.setdefault(infer(stamps), []).append(found)
    return dict(sorted(rates.items(), key=lambda one: -len(one[1])))


def with_files(error: SourceError, parts: Sequence[Found]) -> SourceError:
    """Return what is wrong with one file, with the others of `parts` that are left out with it."""
    others = [found.shown for found in parts if found.shown != error.path]
    if not others or isinstance(error, SourceUnavailable):
        return error
    folder = f"{(error.path or '').rpartition('/')[0]}/"
    named = ", ".join(one.removeprefix(folder) for one in others[:MOST])
    more = f" and {len(others) - MOST:,} more" if len(others) > MOST else ""
    detail = with_more(error.detail, f"; left out with it, of the same record: {named}{more}")
    made = type(error)(detail, path=error.path, column=error.column)
    made.also = tuple(others)
    return made
