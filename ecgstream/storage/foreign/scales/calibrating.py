"""What a column of samples is measured in: unit, gain, baseline, and what stands for missing. Pure.

Who says it, first to last: a mapping, the column's own metadata, the footer (for all, by name or
by place), the column's name, a column with one value in all rows. A unit that nobody says is None.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isclose
from typing import Any, Final

import pyarrow.types as pt

from ecgstream.model.unit import spelled
from ecgstream.storage.foreign import column_names as words
from ecgstream.storage.foreign.column_names import Signal, plain_word
from ecgstream.storage.foreign.mapping import SignalSaid
from ecgstream.storage.foreign.plan import WITHHELD, Said
from ecgstream.storage.foreign.scales.lead_order import Order
from ecgstream.storage.foreign.scales.scale_columns import Scales
from ecgstream.storage.foreign.scales.scaling import (
    CLOSE,
    PASSED_OVER,
    ZEROS_PASSED_OVER,
    NoNumber,
    Tells,
    scaling,
)
from ecgstream.storage.foreign.seen import Field, Seen, sample_type
from ecgstream.storage.foreign.telling import Told

SENTINEL: Final = -32768.0
"""What WFDB writes in int16 for a sample that is missing."""

NO_UNITS: Final = frozenset(
    {"", "adu", "adc", "count", "counts", "digital", "raw", "lsb", "unknown", "none", "-", "nu"}
)
"""Units that say that there is none."""
_MISSING_WORDS: Final = ("missing", "missing_value", "fill_value", "fillvalue", "nodata")
# A footer's `missing` may count them.
_BY_FOOTER: Final = _MISSING_WORDS[1:]


Missing = tuple[tuple[float, ...], str]
"""Stored values that stand for a missing sample, and how that was found."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How stored values come to be a physical one; see `plan.SignalColumn`."""

    unit: Said[str | None] | None
    gain: Said[float]
    baseline: Said[float]


def telling(seen: Seen, own: Told, column: str, order: Order) -> Tells:
    """Return what asks a column's metadata, then the footer: for all, by name or by place.

    An entry for all says nothing of another signal than an ECG's.
    """

    def tells(keys: tuple[str, ...]) -> Said[Any] | None:
        found = own.first(keys)
        if found is not None:
            return found
        said = seen.told.first(keys)
        if said is None:
            return None
        if isinstance(said.value, Mapping):
            names = (name for name in order.called[column] if name in said.value)
            return next((Said(said.value[name], said.how) for name in names), None)
        if isinstance(said.value, list):
            if column in order.leads and order.alike(said.value):
                return Said(said.value[0], said.how)
            place = order.place(column, len(said.value))
            return None if place is None else Said(said.value[place[0]], f"{said.how}, {place[1]}")
        return said if column in order.leads else None

    return tells


def measured(  # noqa: PLR0917 - what all of it goes by
    seen: Seen,
    column: str,
    named: Signal | None,
    said: SignalSaid,
    tells: Tells,
    order: Order,
    scales: Scales,
) -> Measured:
    """Return unit, gain and baseline of a column. Raises LayoutError for what is no number.

    Where what is said of them is contradictory or unclear, stored values stay as they are and the
    unit is withheld: its `how` then says why.
    """
    gain = _mapped(said.gain, seen.said.gain, seen.said.gain_column)
    zero = _mapped(said.baseline, seen.said.baseline, seen.said.baseline_column)
    by_row = _by_row(seen, seen.gain_column), _by_row(seen, seen.baseline_column)
    # Who names a column says it against what metadata says.
    scaled = 1.0 if seen.said.gain_column is not None else None
    scaled = scaled if gain is None else gain.value
    zeroed = zero is not None or seen.said.baseline_column is not None
    whole = not pt.is_floating(sample_type(seen.schema.field(column).type))
    try:
        by_metadata = scaling(tells, scaled, whole=whole, zero_known=zeroed)
    except NoNumber as error:
        raise seen.refused(str(error), column) from None
    unit = _unit(seen, column, named, said, tells, by_metadata.unit)
    withheld = by_metadata.withheld or _unlike(
        ("gain", by_metadata.gain, by_row[0]), ("baseline", by_metadata.baseline, by_row[1])
    )
    if unit is not None and unit.how.startswith(WITHHELD):
        withheld = unit.how
    elif unit is not None and scaled is None and _of_another(unit, by_metadata.unit):
        # A gain of 0.2 counts in a µV is none in a mV.
        both = f"unit = {unit.value} ({unit.how}) and {_told(by_metadata.unit)}"
        withheld = f"{WITHHELD}{both} contradict each other; say unit, gain and baseline"
    if column in order.leads and not withheld:
        asked = () if scaled is not None else PASSED_OVER
        zeros = () if zeroed else ZEROS_PASSED_OVER
        over = [*_passed_over(seen, column, tells, order, (*asked, *zeros))]
        # A unit that stands in the column's name is known, whatever a list says of others.
        over += _passed_over(seen, column, tells, order, words.UNIT_WORDS) if unit is None else []
        if over:
            withheld = f"{WITHHELD}{over[0]}; say unit, gain and baseline"
    if not withheld and scaled is None and by_row[0] is None and by_metadata.gain is None:
        doubt = scales.doubts.get(column)
        withheld = "" if doubt is None else f"{WITHHELD}{doubt}"
    if withheld:
        return Measured(Said(None, withheld), Said(1.0, "convention"), Said(0.0, "convention"))
    plain = (Said(1.0, "convention"), Said(0.0, "convention"))
    return Measured(
        unit,
        gain or by_metadata.gain or by_row[0] or plain[0],
        zero or by_metadata.baseline or by_row[1] or plain[1],
    )


def _mapped(own: float | None, of_all: float | None, column: str | None) -> Said[float] | None:
    """Return what a mapping says of a column of samples, or else of all of them."""
    if own is not None:
        return Said(own, "mapping")
    how = "mapping" if column is None else "mapping, for rows that say none"
    return None if of_all is None else Said(of_all, how)


def _passed_over(
    seen: Seen, column: str, tells: Tells, order: Order, asked: tuple[str, ...]
) -> Iterator[str]:
    """Yield which entries of the footer among `asked` are of other columns, or of nobody knows.

    A list of another length than there are leads, or in an order that is not known; or a table of
    leads that this is none of.
    """
    for key in asked:
        said = seen.told.entries.get(key)
        if said is None or tells((key,)) is not None:
            continue
        if isinstance(said.value, list):
            why = order.why(column, len(said.value))
        elif isinstance(said.value, dict) and said.value:
            why = "says nothing of it"
        else:
            continue
        # A unit in words, a number, or a text of one: lists of anything else are no scale.
        if key in words.UNIT_WORDS or _numeric(said.value):
            yield f"{said.how} = {str(said.value)[:40]} {why}"


def _numeric(value: Any) -> bool:
    listed = value.values() if isinstance(value, dict) else value
    return all(one is None or any(c.isdigit() for c in str(one)) for one in listed)


def _unlike(*said: tuple[str, Said[float] | None, Said[float] | None]) -> str:
    """Return that metadata and a column with one value contradict each other; empty where not."""
    for what, one, other in said:
        if one and other and not isclose(one.value, other.value, rel_tol=float(CLOSE)):
            both = f"{one.how} = {one.value:g} and {other.how} = {other.value:g}"
            return (
                f"{WITHHELD}of the {what} {both} contradict each other; say unit, gain and baseline"
            )
    return ""


def _by_row(seen: Seen, column: str | None) -> Said[float] | None:
    """Return what a column says that has one value in all rows."""
    if column is None or column not in seen.constants:
        return None
    value = _constant(seen, column)
    if not value and column == seen.gain_column:
        raise seen.refused("is 0; expected stored units in one unit", column)
    return Said(value, f"column {column}")


def _unit(  # noqa: PLR0917 - all who may say it
    seen: Seen,
    column: str,
    named: Signal | None,
    said: SignalSaid,
    tells: Tells,
    by_gain: Said[str | None] | None,
) -> Said[str | None] | None:
    """Return the unit; withheld where two say one, and not the same."""
    by_name = named.unit if named else words.unit_apart(column)[1]
    if plain_word(column) in {"mv", "uv"}:
        by_name = column
    if said.unit is not None:
        return Said(said_unit(said.unit), "mapping")
    by_row = seen.unit_column
    if seen.said.unit is not None:
        how = "mapping" if by_row is None else "mapping, for rows that say none"
        return Said(said_unit(seen.said.unit), how)
    if seen.said.unit_column is not None:
        one = seen.constants.get(seen.said.unit_column)
        return None if one is None else Said(said_unit(str(one)), f"column {by_row}")
    known: list[Said[Any] | None] = [
        tells(words.UNIT_WORDS),
        None if by_name is None else Said(by_name, f"column {column}"),
        None
        if by_row is None or by_row not in seen.constants
        else Said(seen.constants[by_row], f"column {by_row}"),
        by_gain,
    ]
    found = [one for one in known if one is not None]
    # Counts beside a unit: the one is of what is stored, the other of what is meant by it.
    units = [one for one in found if said_unit(str(one.value)) is not None]
    if len({said_unit(str(one.value)) for one in units}) > 1:
        both = " and ".join(f"{one.how} = {one.value}" for one in units)
        say = "unit" if by_gain is None else "unit, gain and baseline"
        return Said(None, f"{WITHHELD}{both} contradict each other; say {say}")
    return Said(said_unit(str(found[0].value)), found[0].how) if found else None


def _of_another(unit: Said[str | None], by_gain: Said[str | None] | None) -> bool:
    """Return whether a gain is counted in another unit than the one that a person says."""
    of_gain = said_unit(by_gain.value or "") if by_gain is not None else None
    return None not in {of_gain, unit.value} and of_gain != unit.value


def _told(said: Said[str | None] | None) -> str:
    return "" if said is None else f"{said.how} = {said.value}"


def said_unit(text: str) -> str | None:
    """Return a unit as it is written here, None for a text that says that there is none."""
    return None if text.strip().lower() in NO_UNITS else spelled(text)


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


def missing(seen: Seen, field: Field, said: SignalSaid, own: Told, tells: Tells) -> Missing:
    """Return the stored values that stand for a missing sample, and how that was found."""
    for by_mapping in (said.missing, seen.said.missing):
        if by_mapping is not None:
            return by_mapping, "mapping"
    # Of all columns where the footer says one value, or a list of them that is no list by lead.
    told = own.first(_MISSING_WORDS) or tells(_BY_FOOTER) or seen.told.first(_BY_FOOTER)
    if told is not None and not isinstance(told.value, dict):
        listed = told.value if isinstance(told.value, list) else [told.value]
        numbers = [found for one in listed if (found := number(one)) is not None]
        return tuple(numbers), told.how
    if pt.is_int16(sample_type(field.type)):
        return (SENTINEL,), "convention"
    return (), ""
