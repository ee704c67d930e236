"""What a column of samples is measured in: unit, gain, baseline, and what stands for missing. Pure.

Who says it, first to last: a mapping, the column's own metadata, the footer (for all, by name or
by place), the column's name, a column with one value in all rows. A unit that nobody says is None.
"""

from dataclasses import dataclass
from math import isclose
from typing import Any, Final

import pyarrow.types as pt

from ecgstream.model.unit import spelled
from ecgstream.storage.foreign import column_names as words
from ecgstream.storage.foreign.column_names import Signal, plain_word
from ecgstream.storage.foreign.mapping import SignalSaid
from ecgstream.storage.foreign.plan import WITHHELD, Said
from ecgstream.storage.foreign.scaling import (
    CLOSE,
    COUNTS_A_UNIT,
    UNITS_A_COUNT,
    NoNumber,
    Tells,
    scaling,
)
from ecgstream.storage.foreign.seen import Field, Seen, sample_type
from ecgstream.storage.foreign.telling import Told, of_lead

SENTINEL: Final = -32768.0
"""What WFDB writes in int16 for a sample that is missing."""

GAINS: Final = (*words.GAIN_WORDS, *COUNTS_A_UNIT, *words.SCALE_WORDS, *UNITS_A_COUNT)
"""Keys of metadata that say a gain, one way or the other."""

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
    seen: Seen, column: str, named: Signal | None, said: SignalSaid, tells: Tells, *, ecg: bool
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
    if ecg and not withheld:
        asked = () if scaled is not None else GAINS
        withheld = _passed_over(seen, tells, asked, () if zeroed else words.BASELINE_WORDS)
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


def _passed_over(seen: Seen, tells: Tells, *asked: tuple[str, ...]) -> str:
    """Return that the footer says `asked` of other columns, and nothing of one; empty where not.

    A list of another length than there are leads, or a table of leads that this is none of.
    """
    for keys in asked:
        said = seen.told.first(keys)
        if said is not None and isinstance(said.value, list | dict) and tells(keys) is None:
            told = f"{said.how} = {str(said.value)[:40]}"
            return f"{WITHHELD}{told} says nothing of it; say unit, gain and baseline"
    return ""


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
        return Said(None, f"{WITHHELD}{both} contradict each other; say unit")
    return Said(said_unit(str(found[0].value)), found[0].how) if found else None


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
