"""What a column of samples is measured in: unit, gain, baseline, and what stands for missing. Pure.

Who says it, first to last: a mapping, the column's own metadata, the footer (for all, by name or
by place), the column's name, a column with one value in all rows. A unit that nobody says is None.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pyarrow.types as pt

from ecgstream.model.unit import spelled
from ecgstream.storage.foreign import column_names as words
from ecgstream.storage.foreign.column_names import Signal, plain_word
from ecgstream.storage.foreign.mapping import SignalSaid
from ecgstream.storage.foreign.plan import Said
from ecgstream.storage.foreign.seen import Field, Seen, sample_type
from ecgstream.storage.foreign.telling import Told, gain_of, of_lead

SENTINEL: Final = -32768.0
"""What WFDB writes in int16 for a sample that is missing."""

NO_UNITS: Final = frozenset(
    {"", "adu", "adc", "count", "counts", "digital", "raw", "lsb", "unknown", "none", "-", "nu"}
)
"""Units that say that there is none."""
_MISSING_WORDS: Final = ("missing", "missing_value", "fill_value", "fillvalue", "nodata")


@dataclass(frozen=True, slots=True)
class Measured:
    """How stored values come to be a physical one; see `plan.SignalColumn`."""

    unit: Said[str | None] | None
    gain: Said[float]
    baseline: Said[float]


Tells = Callable[[tuple[str, ...]], Said[Any] | None]
"""What the metadata says under the first of some words."""


def telling(seen: Seen, own: Told, called: tuple[str, ...], place: int | None, count: int) -> Tells:
    """Return what asks the column's metadata, then the footer.

    `called` are the column's names, `place` is its place among the `count` ECG columns; None for
    another signal, of which an entry for all says nothing.
    """
    footer = seen.told
    listed = footer.first(("sig_name", "lead_names", "leads", "channels"))
    ecg = place is not None
    if listed is not None and isinstance(listed.value, list):
        place = next((listed.value.index(one) for one in called if one in listed.value), None)
        count = len(listed.value)

    def tells(keys: tuple[str, ...]) -> Said[Any] | None:
        found = own.first(keys)
        if found is not None:
            return found
        said = footer.first(keys)
        by_lead = of_lead(said, called, place, count)
        return None if by_lead is said and not ecg else by_lead

    return tells


def measured(
    seen: Seen, column: str, named: Signal | None, said: SignalSaid, tells: Tells
) -> Measured:
    """Return unit, gain and baseline of a column. Raises LayoutError for what is no number."""
    gain, zero, unit = _gain(seen, column, said, tells)
    by_baseline = _baseline(seen, column, said, tells)
    return Measured(
        _unit(seen, column, named, said, tells) or unit,
        gain,
        by_baseline or zero or Said(0.0, "convention"),
    )


def _unit(
    seen: Seen, column: str, named: Signal | None, said: SignalSaid, tells: Tells
) -> Said[str | None] | None:
    by_name = named.unit if named else words.unit_apart(column)[1]
    if plain_word(column) in {"mv", "uv"}:
        by_name = column
    by_metadata, by_row = tells(words.UNIT_WORDS), seen.unit_column
    found: Said[Any] | None = None
    if said.unit is not None or seen.said.unit is not None:
        found = Said(seen.said.unit if said.unit is None else said.unit, "mapping")
    elif by_metadata is not None:
        found = by_metadata
    elif by_name is not None:
        found = Said(by_name, f"column {column}")
    elif by_row is not None and by_row in seen.constants:
        found = Said(seen.constants[by_row], f"column {by_row}")
    if found is None:
        return None
    return Said(said_unit(str(found.value)), found.how)


def said_unit(text: str) -> str | None:
    """Return a unit as it is written here, None for a text that says that there is none."""
    return None if text.strip().lower() in NO_UNITS else spelled(text)


def _gain(
    seen: Seen, column: str, said: SignalSaid, tells: Tells
) -> tuple[Said[float], Said[float] | None, Said[str | None] | None]:
    """Return the gain, with the baseline and the unit where its text has them."""
    by_mapping = seen.said.gain if said.gain is None else said.gain
    if by_mapping is not None:
        return Said(by_mapping, "mapping"), None, None
    by_gain, by_scale = tells(words.GAIN_WORDS), tells(words.SCALE_WORDS)
    found = by_gain or by_scale
    if found is not None:
        read = gain_of(found.value)
        if read is None:
            raise seen.refused(
                f"its metadata says a gain of {found.value!r}; expected a number other than 0",
                column,
            )
        gain = read.gain if by_gain is not None else 1 / read.gain
        zero = None if read.baseline is None else Said(read.baseline, found.how)
        unit: Said[str | None] | None = None if read.unit is None else Said(read.unit, found.how)
        return Said(gain, found.how), zero, unit
    by_row = seen.gain_column
    if by_row is not None and by_row in seen.constants:
        gain = _constant(seen, by_row)
        if not gain:
            raise seen.refused("is 0; expected stored units in one unit", by_row)
        return Said(gain, f"column {by_row}"), None, None
    return Said(1.0, "convention"), None, None


def _baseline(seen: Seen, column: str, said: SignalSaid, tells: Tells) -> Said[float] | None:
    by_mapping = seen.said.baseline if said.baseline is None else said.baseline
    if by_mapping is not None:
        return Said(by_mapping, "mapping")
    found = tells(words.BASELINE_WORDS)
    if found is not None:
        zero = number(found.value)
        if zero is None:
            raise seen.refused(
                f"its metadata says a baseline of {found.value!r}; expected a number", column
            )
        return Said(zero, found.how)
    by_row = seen.baseline_column
    if by_row is not None and by_row in seen.constants:
        return Said(_constant(seen, by_row), f"column {by_row}")
    return None


def _constant(seen: Seen, column: str) -> float:
    value = number(seen.constants[column])
    if value is None:
        raise seen.refused("holds no number; expected one", column)
    return value


def number(value: Any) -> float | None:
    """Return a number that a value or text is; None for none, NaN and infinity."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if abs(found) < float("inf") else None


def missing(seen: Seen, field: Field, said: SignalSaid, own: Told) -> tuple[tuple[float, ...], str]:
    """Return the stored values that stand for a missing sample, and how that was found."""
    for by_mapping in (said.missing, seen.said.missing):
        if by_mapping is not None:
            return by_mapping, "mapping"
    by_field = own.first(_MISSING_WORDS)
    if by_field is not None:
        listed = by_field.value if isinstance(by_field.value, list) else [by_field.value]
        numbers = [found for one in listed if (found := number(one)) is not None]
        return tuple(numbers), by_field.how
    if pt.is_int16(sample_type(field.type)):
        return (SENTINEL,), "convention"
    return (), ""
