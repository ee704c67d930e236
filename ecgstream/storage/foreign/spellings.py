"""Leads whose names differ in case alone: one lead that is spelled in two ways, for nobody knows.

Shown as two, each would have half of the samples. Who says both in a mapping means both.
"""

from collections.abc import Iterable, Sequence

from ecgstream.errors import LayoutError, SourceError
from ecgstream.storage.foreign.mapping import quoted
from ecgstream.storage.foreign.plan import SignalColumn
from ecgstream.storage.foreign.proposing import signals_said, that_would_do_alone
from ecgstream.storage.survey import Found


def otherwise_spelled(name: str, others: Iterable[str]) -> str | None:
    """Return which of `others` is `name` but for its case; None where there is none, or itself."""
    known = {one.casefold(): one for one in others}
    found = known.get(name.casefold())
    return None if found == name else found


def is_said(signal: SignalColumn) -> bool:
    """Return whether a person says what a lead is called."""
    return signal.name is not None and signal.name.how == "mapping"


def of_one_spelling(parts: Sequence[Found], problems: list[SourceError]) -> list[Found]:
    """Return the files of a record that spell its leads as the first of them does.

    The others become problems.
    """
    first: dict[str, tuple[str, Found]] = {}
    kept: list[Found] = []
    for found in parts:
        other = next((one for one in _spelled(found) if _differs(one, first)), None)
        if other is None:
            kept.append(found)
            first |= {
                n.casefold(): (n, found) for n in _spelled(found) if n.casefold() not in first
            }
            continue
        before, there = first[other.casefold()]
        problems.append(_refused(found, other, before, there))
    return kept


def _spelled(found: Found) -> list[str]:
    signals = found.planned.signals
    return [one.name.value for one in signals if one.name is not None and not is_said(one)]


def _differs(name: str, first: dict[str, tuple[str, Found]]) -> bool:
    return first.get(name.casefold(), (name,))[0] != name


def _refused(found: Found, name: str, before: str, there: Found) -> LayoutError:
    signals = {
        one.column: 'name = "LEAD"' if one.name is not None and one.name.value == name else ""
        for one in found.planned.signals
    }
    return LayoutError(
        f"calls a lead {name!r} that {there.shown} calls {before!r}: whether they are one lead "
        f"nobody says. Where they are, store both as {quoted(before)}; where they are two"
        + that_would_do_alone(found.path, signals_said(signals), found.planned.mapped),
        path=found.shown,
        column=next((one for one, said in signals.items() if said), None),
    )
