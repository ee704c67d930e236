"""Whose the rows of a table are: records, patients and leads, and what a row says of them."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from numpy.typing import NDArray

from ecgstream.errors import LayoutError
from ecgstream.storage.foreign.layouts import record_id
from ecgstream.storage.foreign.plan import Plan
from ecgstream.storage.foreign.proposing import that_would_do
from ecgstream.storage.foreign.seen import is_list
from ecgstream.storage.foreign.whose.keyed import NOBODY, coded, is_key, is_loose_key, named
from ecgstream.storage.survey import Found

MANY: Final = 1 << 16
"""Combinations of what rows say from which only those that there are get a number."""


FIRST: Final = 5
"""Of the rows that say nothing, named."""

NUMBERS: Final = frozenset({"record", "patient", "fs", "gain", "baseline"})
"""What floats and decimals may say; a float lead would be samples."""
BY_LEAD: Final = frozenset({"fs", "gain", "baseline"})
"""What lists may say, a value for each lead."""


class Whose(NamedTuple):
    """What a row says, as texts; None where the table has no such column, or the row says nothing.

    `record`, `patient` and `lead` may be said of the whole file. `within` is what a mapping says of
    all records of a file beside the column that tells them apart.
    """

    record: str
    patient: str | None = None
    lead: str | None = None
    fs: str | None = None
    unit: str | None = None
    gain: str | None = None
    baseline: str | None = None
    within: str | None = None

    @property
    def name(self) -> str:
        """The record as it is said, all of it."""
        return self.record if self.within is None else f"{self.within}.{self.record}"

    @property
    def id(self) -> str:
        """The record's id, as it is served."""
        return record_id([self.record] if self.within is None else [self.within, self.record])


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
        number = name in NUMBERS and (is_loose_key(kind) or (is_list(kind) and name in BY_LEAD))
        if not is_key(kind) and not number:
            raise LayoutError(
                f"is {kind}; expected texts or whole numbers that say the {name} of each row: "
                "convert it, or name another column in a mapping",
                path=found.shown,
                column=column,
            )


def split(
    found: Found, plan: Plan, table: pa.Table, row: int, nameless: list[int] | None = None
) -> Iterator[tuple[Whose, NDArray[np.int64]]]:
    """Yield whose rows there are in `table`, and which: in order, counted from its first.

    `row` is that first row's number in the file. Rows of no record are passed over, and added to
    `nameless` by their numbers in the file. Raises LayoutError for one where that is None.
    """
    rows = table.num_rows
    columns = said_columns(plan)
    texts: dict[str, list[str]] = {}
    codes: dict[str, NDArray[np.int32]] = {}
    for name, column in columns.items():
        held = table[column]
        if is_list(held.type):
            held = pa.chunked_array([pa.array([*map(_as_json, held.to_pylist())], pa.string())])
        if name in {"record", "patient"} and is_loose_key(held.type):
            held = _whole(found, column, held, row)
        texts[name], codes[name] = _without_empty(
            *coded(held, names=name in {"record", "patient", "lead"})
        )
        needed = name == "lead" or (name == "record" and nameless is None)
        if needed and rows and codes[name].min() < 0:
            raise saying_none(found, name, [row + int(codes[name].argmin())])
    said = {"record": plan.record, "patient": plan.patient, "lead": plan.lead}
    whole = {name: one.value for name, one in said.items() if one is not None}
    for of_one in _apart([(codes[name], len(texts[name])) for name in columns], rows):
        first = of_one[0]
        if nameless is not None and "record" in columns and codes["record"][first] < 0:
            nameless.extend((of_one + row).tolist())
            continue
        told = {
            name: texts[name][codes[name][first]] for name in columns if codes[name][first] >= 0
        }
        both = {**whole, **told}
        if plan.record is not None and "record" in told:
            both["within"] = plan.record.value
        if "record" not in both:
            raise LayoutError(
                "says nowhere which record its rows are of"
                + that_would_do(found.path, 'record_column = "COLUMN"', found.planned.mapped),
                path=found.shown,
            )
        yield Whose(**both), of_one


def saying_none(found: Found, what: str, rows: Sequence[int], more: str = "") -> LayoutError:
    """Return the error of `rows` that say no record or no lead; `more` is what comes of it."""
    first = ", ".join(f"{one}" for one in rows[:FIRST])
    others = f" and {len(rows) - FIRST} more" if len(rows) > FIRST else ""
    said = f"row {first} says" if len(rows) == 1 else f"rows {first}{others} say"
    every = "give it one" if more and len(rows) == 1 else "give every row one"
    return LayoutError(
        f"{said} no {what}{more}; {every}, or take {'it' if len(rows) == 1 else 'them'} out",
        path=found.shown,
        column=said_columns(found.planned)[what],
    )


def _as_json(listed: list[Any] | None) -> str | None:
    return None if listed is None else json.dumps(listed, default=str)


def _whole(
    found: Found, column: str, held: "pa.ChunkedArray[Any]", row: int
) -> "pa.ChunkedArray[Any]":
    """Return a column of names with null in place of NaN. Raises LayoutError for another number."""
    if pt.is_floating(held.type):
        # A NaN is what a missing number was made of.
        held = pc.if_else(pc.is_nan(held), pa.scalar(None, held.type), held)
    for value in pc.unique(held.drop_null()).to_pylist():
        if named(value, held.type) is None:
            at = int(pc.index(held, pa.scalar(value, held.type)).as_py())
            raise LayoutError(
                f"row {row + at} says {value}; expected a name: texts, or whole numbers that a "
                f"{held.type} tells apart. Store it so, or name another column in a mapping",
                path=found.shown,
                column=column,
            )
    return held


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
