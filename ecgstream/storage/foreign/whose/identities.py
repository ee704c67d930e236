"""Columns that look like somebody's name, and that nothing is taken from: rows of two people.

A table of which nobody says whose its rows are is one record. Where a column that is called as
names are, such as `person` or `SourceFile`, has several values in it, it may be several: to pass
that over would show two people as one. It is refused, with the mapping that settles it.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow.types as pt

from ecgstream.errors import LayoutError
from ecgstream.storage.carriers import is_text
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.finding import used_columns
from ecgstream.storage.foreign.mapping import Table, quoted
from ecgstream.storage.foreign.plan import Plan
from ecgstream.storage.foreign.proposing import that_would_do
from ecgstream.storage.foreign.tables.describing import rows_alone
from ecgstream.storage.foreign.whose.identity_words import is_anything, looks_like_one
from ecgstream.storage.foreign.whose.keyed import coded
from ecgstream.storage.survey import Found

LONG: Final = 16
"""Rows that a name has at least, on average, in a table with a row a sample: what changes more
often counts rows, or is measured."""


def suspects(found: Found, plan: Plan, table: Table | None) -> list[str]:
    """Return the columns of a file to look at: those of names that nothing is taken from.

    None where a person says whose the rows are, or each row, or a column of recordings, is a
    record of its own.
    """
    said = table or Table(files="**")
    settled = (said.record, said.record_column, said.patient, said.patient_column, said.path)
    if any(one is not None for one in settled) or rows_alone(found):
        return []
    if plan.record_column not in {None, plan.patient_column}:
        return []
    if plan.record is not None and plan.record.how.startswith("column "):
        return []
    used = used_columns(plan)
    return [
        field.name
        for field in found.schema
        if field.name not in used and not pt.is_nested(field.type) and looks_like_one(field.name)
    ]


def check_identities(found: Found, columns: Sequence[str], files: OpenFiles) -> None:
    """Raise LayoutError where one of `columns` has several values in what would be one record.

    Raises SourceError from reading, too. Blocks.
    """
    for column in columns:
        row = _second(found, column, files)
        if row is not None:
            keys = f"record_column = {quoted(column)}"
            raise LayoutError(
                f"is called as names are, and row {row} has another one than the rows before it: "
                "of two people, or of two recordings, one record would be made. Where it does not "
                f'say whose the rows are, say `record = "NAME"` of all of them, or `patient_column`'
                + that_would_do(found.path, keys, found.planned.mapped),
                path=found.shown,
                column=column,
            )


def told_apart(found: Found, files: OpenFiles) -> str:
    """Return words with the mapping that would tell rows of one time apart; "" for none.

    By a column of texts or whole numbers that nothing is taken from, and that has few of them.
    Raises SourceError from reading. Blocks.
    """
    plan = found.planned
    if plan.record_column not in {None, plan.patient_column}:
        return ""
    used = used_columns(plan)
    for field in found.schema:
        whole = is_text(field.type) or pt.is_integer(field.type)
        if whole and field.name not in used and _second(found, field.name, files) is not None:
            keys = f"record_column = {quoted(field.name)}"
            told = f"; or, if column {field.name!r} says that they are of two records"
            return told + that_would_do(found.path, keys, plan.mapped)
    return ""


def _second(found: Found, column: str, files: OpenFiles) -> int | None:
    """Return the first row of a record with a second value of a column; None for none that is
    told apart by it.
    """
    plan = found.planned
    by = plan.record_column
    rows = int(found.file.groups[-1])
    least = LONG if plan.shape == "samples" else 1
    firsts: dict[str, str] = {}
    pairs: set[tuple[str, str]] = set()
    second: int | None = None
    for group in range(len(found.file.groups) - 1):
        wanted = [column] if by is None else [column, by]
        for first, part in files.blocks(found.file, group, wanted):
            texts, codes = coded(part[column])
            whose, owners = (
                ([""], np.zeros(part.num_rows, np.int32)) if by is None else coded(part[by])
            )
            both = owners.astype(np.int64) * (len(texts) + 1) + codes
            told = np.flatnonzero((codes >= 0) & (owners >= 0))
            places = told[np.unique(both[told], return_index=True)[1]]
            for place in np.sort(places).tolist():
                text, owner = texts[codes[place]], whose[owners[place]]
                pairs.add((owner, text))
                if firsts.setdefault(owner, text) != text and second is None:
                    second = int(found.file.groups[group]) + first + place
            # Of what counts rows no more is held than shows that it does.
            if len(pairs) * least > rows:
                return None
    counts_rows = len(pairs) == rows and is_anything(column)
    return None if counts_rows else second
