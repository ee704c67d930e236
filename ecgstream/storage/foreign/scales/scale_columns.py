"""Columns that say how stored values are scaled, beside those of samples. Pure.

A column with one value in all rows that is called as metadata would be (`scale_factor`,
`uV_per_lsb`, `II_gain`) says what an entry of metadata would say. One that is called so and cannot
be read leaves the leads not calibrated: counts under a unit look like a heart of another size.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow.types as pt

from ecgstream.storage.carriers import is_text
from ecgstream.storage.foreign.column_names import plain_word
from ecgstream.storage.foreign.mapping import quoted
from ecgstream.storage.foreign.plan import Said
from ecgstream.storage.foreign.scales.lead_order import Order
from ecgstream.storage.foreign.scales.scaling import LIMITS, SCALES_UNCLEAR, ZERO_WORDS, Tells
from ecgstream.storage.foreign.seen import SCALES, Field, Seen, is_number, sample_type
from ecgstream.storage.foreign.telling import gain_of

_UNCLEAR: Final = (*SCALES_UNCLEAR, *(key for keys in LIMITS for key in keys), *ZERO_WORDS)
"""Of floats these say nothing: they are of the file that values were taken from."""
_SPEAK: Final = frozenset({"gain", "gains", "lsb"})
_BESIDE: Final = frozenset(
    {
        "ecg", "ekg", "adc", "amp", "amplifier", "ch", "channel", "channels", "lead", "leads",
        "signal", "digital", "analog", "factor", "value", "values", "per", "unit", "units", "count",
        "counts", "mv", "uv", "v", "bit", "raw", "scale", "scaling",
    }
)  # fmt: skip
"""Words beside `gain` that leave it one of samples; a `weight_gain` is something else."""


@dataclass(frozen=True, slots=True)
class Scales:
    """What columns say of the scale of each column of leads: by key the column, or a doubt."""

    said: Mapping[str, Mapping[str, Said[Any]]]
    doubts: Mapping[str, str]

    def with_metadata(self, column: str, tells: Tells) -> Tells:
        """Return what asks metadata, then these columns, of a column of samples."""
        own = self.said.get(column, {})

        def both(keys: tuple[str, ...]) -> Said[Any] | None:
            found = tells(keys)
            return found or next((own[key] for key in keys if key in own), None)

        return both


def wanted(seen: Seen) -> list[str]:
    """Return the columns that may say a scale, whose one value is to be looked for."""
    words = {*SCALES, *_UNCLEAR}
    return [
        field.name
        for field in seen.schema
        if _plain(field) and any(word in plain_word(field.name) for word in words)
    ]


def scales_of(seen: Seen, order: Order, taken: frozenset[str | None]) -> Scales:
    """Return what the columns that are no samples, and not `taken`, say of the scale of leads."""
    said: dict[str, dict[str, Said[Any]]] = {}
    doubts: dict[str, str] = {}
    for field in seen.schema:
        if field.name in taken or field.name in order.called or pt.is_null(field.type):
            continue
        for key, lead in _speaks(field.name, order):
            for column in order.leads if lead is None else (lead,):
                floats = pt.is_floating(sample_type(seen.schema.field(column).type))
                if key in _UNCLEAR and (floats or not _numeric(seen, field)):
                    continue
                if key == "resolution" and seen.gain_column is not None:
                    # That of the ADC, in bits.
                    continue
                value = seen.constants.get(field.name)
                if key and value is not None and (key in _UNCLEAR or gain_of(value) is not None):
                    said.setdefault(column, {}).setdefault(key, Said(value, f"column {field.name}"))
                else:
                    doubts.setdefault(column, _doubt(field))
            break
    return Scales(said, doubts)


def _speaks(name: str, order: Order) -> Iterator[tuple[str, str | None]]:
    """Yield under which key a column says a scale, "" for none that is known; and of which lead."""
    word = plain_word(name)
    keys = {*SCALES, *_UNCLEAR}
    if word in keys:
        yield word, None
    for column, called in order.called.items():
        for lead in {plain_word(one) for one in called}:
            rest = word.removeprefix(f"{lead}_").removesuffix(f"_{lead}").removesuffix("_lead")
            if lead and rest != word and rest in keys and column in order.leads:
                yield rest, column
    tokens = set(re.findall(r"[a-z]+", word))
    leads = {one for called in order.called.values() for name in called for one in _letters(name)}
    if tokens & _SPEAK and not tokens - _SPEAK - _BESIDE - leads:
        yield "", None


def _letters(name: str) -> list[str]:
    return re.findall(r"[a-z]+", name.lower())


def _plain(field: Field) -> bool:
    return is_number(field.type) or pt.is_decimal(field.type) or is_text(field.type)


def _numeric(seen: Seen, field: Field) -> bool:
    return is_number(sample_type(field.type)) or field.name in seen.constants


def _doubt(field: Field) -> str:
    column = f"gain_column = {quoted(field.name)} where it is counts in one unit, else "
    say = column if is_number(field.type) or is_text(field.type) else ""
    return (
        f"column {field.name} ({field.type}) is called as a scale is and not understood; say "
        f"{say}unit, gain and baseline"
    )
