"""Whose the rows of a table are: records, patients and leads, and what a row says of them."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from ecgstream.errors import LayoutError
from ecgstream.storage.foreign.keyed import NOBODY, coded, is_key
from ecgstream.storage.foreign.layouts import record_id
from ecgstream.storage.foreign.plan import Plan
from ecgstream.storage.foreign.proposing import that_would_do
from ecgstream.storage.survey import Found

MANY: Final = 1 << 16
"""Combinations of what rows say from which only those that there are get a number."""


class Whose(NamedTuple):
    """What a row says, as texts; None where the table has no such column, or the row says nothing.

    `record`, `patient` and `lead` may be said of the whole file.
    """

    record: str
    patient: str | None = None
    lead: str | None = None
    fs: str | None = None
    unit: str | None = None
    gain: str | None = None
    baseline: str | None = None

    @property
    def id(self) -> str:
        """The record's id, as it is served."""
        return record_id([self.record])


def said_columns(plan: Plan) -> dict[str, str]:
    """Return the columns that rows say something in, by the field of `Whose`."""
    columns = {
        "record": plan.record_column,
        "patient": plan.patient_column,
        "lead": plan.lead_column,
        "fs": plan.fs_column,
        "unit": plan.unit_column,
        "gain": plan.gain_column,
        "baseline": plan.baseline_column,
    }
    return {name: column for name, column in columns.items() if column is not None}


def check_columns(found: Found, plan: Plan) -> None:
    """Raise LayoutError for a column that cannot say whose a row is."""
    for name, column in said_columns(plan).items():
        kind = found.schema.field(column).type
        number = pt.is_floating(kind) or pt.is_decimal(kind)
        if not is_key(kind) and not (number and name in {"fs", "gain", "baseline"}):
            raise LayoutError(
                f"is {kind}; expected texts or whole numbers that say the {name} of each row: "
                "convert it, or name another column in a mapping",
                path=found.shown,
                column=column,
            )


def split(
    found: Found, plan: Plan, table: pa.Table, row: int
) -> Iterator[tuple[Whose, NDArray[np.int64]]]:
    """Yield whose rows there are in `table`, and which: in order, counted from its first.

    `row` is that first row's number in the file. Raises LayoutError for a row of no record.
    """
    rows = table.num_rows
    columns = said_columns(plan)
    texts: dict[str, list[str]] = {}
    codes: dict[str, NDArray[np.int32]] = {}
    for name, column in columns.items():
        texts[name], codes[name] = _without_empty(*coded(table[column]))
        if name in {"record", "lead"} and rows and codes[name].min() < 0:
            raise LayoutError(
                f"row {row + int(codes[name].argmin())} says no {name}; give every row one, or "
                "take it out",
                path=found.shown,
                column=column,
            )
    said = {"record": plan.record, "patient": plan.patient, "lead": plan.lead}
    whole = {name: one.value for name, one in said.items() if one is not None}
    for of_one in _apart([(codes[name], len(texts[name])) for name in columns], rows):
        first = of_one[0]
        told = {
            name: texts[name][codes[name][first]] for name in columns if codes[name][first] >= 0
        }
        both = {**whole, **told}
        if "record" not in both:
            raise LayoutError(
                "says nowhere which record its rows are of"
                + that_would_do(found.path, 'record_column = "COLUMN"', found.planned.mapped),
                path=found.shown,
            )
        yield Whose(**both), of_one


def _without_empty(
    texts: list[str], codes: NDArray[np.int32]
) -> tuple[list[str], NDArray[np.int32]]:
    """Return `coded` texts of which those that are empty, or but spaces, say nothing."""
    empty = [number for number, text in enumerate(texts) if not text.strip()]
    if empty:
        codes = np.where(np.isin(codes, empty), np.int32(NOBODY), codes)
    return texts, codes


def _apart(
    coded_columns: Sequence[tuple[NDArray[np.int32], int]], rows: int
) -> Iterator[NDArray[np.int64]]:
    """Yield the rows of each combination of codes that there is, each in ascending order."""
    if not rows:
        return
    combined = np.zeros(rows, np.int64)
    most = 1
    for codes, count in coded_columns:
        if count == 1 and codes.min() == 0:
            continue
        combined = combined * (count + 1) + codes + 1
        most *= count + 1
        if most > MANY:
            there, combined = np.unique(combined, return_inverse=True)
            most = len(there)
    if most == 1:
        yield np.arange(rows)
        return
    # Few numbers are put in order by counting them.
    narrow = combined.astype(np.uint16) if most <= MANY else combined
    order = np.argsort(narrow, kind="stable")
    ends = np.flatnonzero(np.diff(narrow[order])) + 1
    yield from np.split(order, ends)
