"""Columns that may hold samples where no name says so: what a refusal proposes. Pure.

Nothing here is taken for anything: a person reads it, fills in what is open, and says it.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.types as pt

from ecgstream.storage.carriers import is_text
from ecgstream.storage.foreign import column_names as words
from ecgstream.storage.foreign.column_names import moment_of, plain_word, signals_among
from ecgstream.storage.foreign.mapping import quoted
from ecgstream.storage.foreign.seen import Seen, holds_samples, is_list, is_number

_LIKE_TIMES: Final = frozenset(
    {
        "zeit", "zeitpunkt", "zeitstempel", "uhrzeit", "datum", "temps", "heure", "horodatage",
        "tiempo", "hora", "fecha", "tempo", "ora", "tijd", "tid", "czas", "date", "when", "clock",
        "seconds", "secs", "sec",
    }
)  # fmt: skip
_OTHERS: Final = frozenset(
    {
        *words.LEAD_COLUMNS, *words.RECORD_NAMERS, *words.PATIENT_NAMERS, *words.RATE_WORDS,
        *words.UNIT_WORDS, *words.GAIN_WORDS, *words.BASELINE_WORDS, *words.LABEL_COLUMNS,
        *words.SCALE_WORDS, "id", "age", "sex", "gender", "height", "weight", "bmi",
    }
)  # fmt: skip
"""Names that say something of samples, and hold none."""


def candidates(seen: Seen, free: Sequence[str]) -> list[str]:
    """Return the columns among `free` that may hold samples: the lists, where there are any."""
    may = [
        column
        for column in free
        if holds_samples(seen.schema.field(column).type)
        and plain_word(column) not in _OTHERS
        and not plain_word(column).endswith("_id")
        and not _tells_time(column)
    ]
    return [column for column in may if is_list(seen.schema.field(column).type)] or may


def clock_among(seen: Seen, free: Sequence[str]) -> str | None:
    """Return the key `time` of the first column among `free` that is called as times are."""
    for column in free:
        if _tells_time(column) and is_number(seen.schema.field(column).type):
            unit = words.time_unit(plain_word(column).rpartition("_")[2]) or "UNIT"
            return f'time = {{ column = {quoted(column)}, unit = "{unit}" }}'
    return None


def as_signal(column: str) -> str:
    """Return what is proposed to say of a column of samples: a lead's name that it ends in."""
    bare, unit = words.unit_apart(column)
    last = re.split(r"[ _.:-]", bare)[-1]
    # As a person would read it: `Abl_I`, `kanal.V5`.
    known = signals_among([last]).get(last)
    name = known.name if known is not None else "LEAD"
    return f"name = {quoted(name)}, unit = {quoted(unit or 'UNIT')}"


def unfit(seen: Seen, taken: frozenset[str | None], among: Sequence[str]) -> tuple[str, str] | None:
    """Return the column that is samples by its name in a type that holds none, and why; or, where
    there is no candidate (`among`), that is samples by what is in it. None where there is none.
    """
    left = [f for f in seen.schema if f.name not in taken and not holds_samples(f.type)]
    named = set(signals_among([f.name for f in left]))
    for field in left:
        if field.name in named or plain_word(field.name) in words.VALUE_COLUMNS:
            return field.name, _why(field.type)
    for field in () if among else left:
        if _holds_numbers(field.type):
            return field.name, _why(field.type)
    return None


def _why(kind: Any) -> str:
    nested = is_list(kind) and is_list(kind.value_type)
    if nested or isinstance(kind, pa.FixedShapeTensorType):
        say = "store each lead as a list in a column of its own, called after it"
    elif pt.is_struct(kind):
        say = "store each of its fields as a column of its own"
    elif is_text(kind):
        say = "store its values as numbers"
    else:
        say = "store it so"
    return f"is {kind}; expected integers, floats or decimals, or lists of them: {say}"


def _holds_numbers(kind: Any) -> bool:
    if is_list(kind):
        return _holds_numbers(kind.value_type)
    if pt.is_struct(kind):
        return any(_holds_numbers(kind.field(k).type) for k in range(kind.num_fields))
    return is_number(kind)


def _tells_time(column: str) -> bool:
    word = plain_word(column)
    stem, _, last = word.rpartition("_")
    return moment_of(column) is not None or (
        (stem if stem and words.time_unit(last) else word) in _LIKE_TIMES
    )
