"""A file of another's making as it is seen before any row is read: what recognition goes by."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import pyarrow as pa
import pyarrow.types as pt

from ecgstream.errors import LayoutError
from ecgstream.storage.carriers import is_carried, is_text
from ecgstream.storage.foreign import column_names as words
from ecgstream.storage.foreign.column_names import plain_word
from ecgstream.storage.foreign.mapping import Table
from ecgstream.storage.foreign.proposing import mapped_by, that_would_do
from ecgstream.storage.foreign.scales.scaling import COUNTS_A_UNIT, UNITS_A_COUNT, exact
from ecgstream.storage.foreign.telling import Told, told_by_footer
from ecgstream.storage.foreign.whose.identifying import Place

SCALES: Final = (*words.GAIN_WORDS, *COUNTS_A_UNIT, *words.SCALE_WORDS, *UNITS_A_COUNT)
"""Words that say a gain beyond doubt, one way or the other."""

Field = Any
"""A `pyarrow.Field`; its published type wants a parameter that says nothing here."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What is known of a file before any row is read.

    `constants` are the columns that footers show to have one value in all rows. `table` is what
    the mapping says of it, `fs` the rate of the flag `--fs`; `told` is what the footer says,
    `by_word` are the columns by their plain words.
    """

    schema: pa.Schema
    place: Place
    constants: Mapping[str, Any]
    told: Told
    by_word: Mapping[str, Field]
    table: Table | None = None
    fs: Fraction | None = None

    @classmethod
    def of(
        cls, schema: pa.Schema, place: Place, table: Table | None, fs: Fraction | None
    ) -> "Seen":
        """Look at a file of which no column's values are known."""
        by_word = {plain_word(field.name): field for field in schema}
        return cls(schema, place, {}, told_by_footer(schema.metadata), by_word, table, fs)

    @property
    def said(self) -> Table:
        """What the mapping says; nothing where there is none."""
        return self.table or Table(files="**")

    def refused(self, message: str, column: str | None = None, say: str = "") -> LayoutError:
        """Return the error, with the mapping that would do."""
        remedy = that_would_do(self.place.path, say, mapped_by(self.table)) if say else ""
        return LayoutError(message + remedy, path=self.place.shown, column=column)

    def column(self, said: str | None, keys: tuple[str, ...], *, text: bool = False) -> str | None:
        """Return the column that says something of each row: `said`, else by its name."""
        if said is not None:
            return said
        right = is_text if text else says_number
        found = (self.by_word[key] for key in keys if key in self.by_word)
        return next((str(field.name) for field in found if right(field.type)), None)

    @property
    def fs_column(self) -> str | None:
        """The column that says the rate of each row."""
        if self.said.fs is not None and self.said.fs_column is None:
            # Who says a rate of the whole file says it against what its rows say.
            return None
        return self.column(self.said.fs_column, words.RATE_WORDS)

    @property
    def unit_column(self) -> str | None:
        """The column that says the unit of each row."""
        if self.said.unit is not None and self.said.unit_column is None:
            return None
        return self.column(self.said.unit_column, words.UNIT_WORDS, text=True)

    @property
    def gain_column(self) -> str | None:
        """The column that says the gain of each row, or units in a count (`turns`)."""
        if self.said.gain is not None and self.said.gain_column is None:
            return None
        if self.said.gain_column is not None:
            return self.said.gain_column
        for word in SCALES:
            column = self.column(None, (word,))
            if column is None:
                continue
            plain = word in words.GAIN_WORDS and is_number(self.by_word[word].type)
            # Another one with one value says what an entry of metadata would (`scale_columns`).
            if plain or column not in self.constants:
                return column
        return None

    @property
    def baseline_column(self) -> str | None:
        """The column that says the baseline of each row."""
        if self.said.baseline is not None and self.said.baseline_column is None:
            return None
        column = self.column(self.said.baseline_column, words.BASELINE_WORDS)
        if column is None or self.said.baseline_column is not None:
            return column
        # `baseline = sinus rhythm` is a label.
        number = not is_text(self.schema.field(column).type)
        return column if number or exact(self.constants.get(column)) is not None else None


def is_number(kind: pa.DataType) -> bool:
    """Return whether a column of this type holds integers or floats."""
    return bool(pt.is_integer(kind) or pt.is_floating(kind))


def says_number(kind: pa.DataType) -> bool:
    """Return whether a column of this type may say a number in each row, or one for each lead."""
    one = sample_type(kind)
    return is_number(one) or pt.is_decimal(one) or is_text(one)


def is_list(kind: pa.DataType) -> bool:
    """Return whether a column of this type holds a list in each row."""
    return bool(pt.is_list(kind) or pt.is_large_list(kind) or pt.is_fixed_size_list(kind))


def sample_type(kind: Any) -> pa.DataType:
    """Return the type of one sample of a column, in a list or not."""
    found: pa.DataType = kind.value_type if is_list(kind) else kind
    return found


def holds_samples(kind: pa.DataType) -> bool:
    """Return whether a column of this type can hold samples, one a row or a list of them."""
    return is_carried(sample_type(kind))
