"""Times as texts: ISO 8601 with date, time and seconds, all of them with a zone or all without.

No other form is read: 03/04/2021 is a day in March, or one in April. Parsed by Arrow, which takes
no date that does not exist, to whole microseconds from 1970 on: what stands finer is cut off there.
"""

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ecgstream.errors import LayoutError
from ecgstream.storage.carriers import is_text
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.plan import TimeColumn
from ecgstream.storage.foreign.proposing import that_would_do
from ecgstream.storage.survey import Found

UNIT: Final = "us"
"""What they are counted in: in nanoseconds, a date in 2704 would be another one."""

_MOMENT: Final = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,9})?"
_ZONE: Final = r"(Z|[+-]\d\d(:?\d\d)?)"
_FORMS: Final = {False: f"^{_MOMENT}$", True: f"^{_MOMENT}{_ZONE}$"}
"""By whether they say a zone."""

Texts = Any
"""A column of texts, in chunks; its published type wants a parameter that says nothing here."""


class Unread(pa.ArrowInvalid):
    """Row `index` of some texts is no time, or not of the form of those before it."""

    def __init__(self, index: int, text: str) -> None:
        super().__init__(f"row {index} says {text!r}, which is no time in ISO 8601")
        self.index = index
        self.text = text


def how(column: str) -> str:
    """Return how a column of texts was found to say the time."""
    return f"text column {column}, ISO 8601 to the microsecond"


def zoned(texts: Texts) -> bool | None:
    """Return whether the first of some texts says a zone; None where there is none.

    Raises Unread where it is no time.
    """
    for index, one in enumerate(texts):
        text = one.as_py()
        if text is not None:
            for says, form in _FORMS.items():
                if pc.match_substring_regex(pa.array([text]), form)[0].as_py():
                    return says
            raise Unread(index, text)
    return None


def micros(texts: Texts, says: bool | None = None) -> NDArray[np.int64]:  # noqa: FBT001
    """Return texts without nulls as microseconds from 1970 on: in UTC where they say a zone.

    `says` whether they do; None: as the first does. Without, they are what a clock showed. Raises
    Unread.
    """
    texts = texts.cast(pa.string())
    if says is None:
        says = bool(zoned(texts))
    right = pc.match_substring_regex(texts, _FORMS[says])
    if not pc.all(right).as_py():
        raise _unread(texts, right)
    if pc.any(pc.match_substring_regex(texts, r"\.\d{7}")).as_py():
        texts = pc.replace_substring_regex(texts, r"(\.\d{6})\d+", r"\1")
    kind = pa.timestamp(UNIT, "UTC" if says else None)
    try:
        held: NDArray[np.int64] = texts.cast(kind).cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        # Digits in their places, and no date: 30 February, or the second 60.
        raise _unread(texts, pa.array([_is_date(one, kind) for one in texts])) from None
    return held


def _is_date(text: Any, kind: pa.DataType) -> bool:
    try:
        text.cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


def _unread(texts: Texts, right: Any) -> Unread:
    index = int(np.asarray(right).argmin())
    return Unread(index, texts[index].as_py())


def refused(found: Found, time: TimeColumn, row: int, error: Unread) -> LayoutError:
    """Return what is to be done about a text; `row` is the number of the first in the file."""
    says = f"row {row + error.index} says {error.text[:40]!r}"
    form = "ISO 8601, such as 2021-03-04T05:06:07.008"
    if time.zoned is not None:
        form += f", {'with' if time.zoned else 'without'} a zone as in the rows before"
    if time.how == "convention":
        kind = found.schema.field(time.column).type
        message = f"is {kind}; expected milliseconds, Arrow timestamps, or texts in {form}: {says}"
    else:
        message = (
            f"{says}; expected times in {form}: store them so or as Arrow timestamps, or take the "
            "rows as they come"
            + that_would_do(found.path, 'time = "none", fs = RATE', found.planned.mapped)
        )
    return LayoutError(message, path=found.shown, column=time.column)


def with_texts(found: Found, files: OpenFiles) -> Found:
    """Return a file whose times, if they are texts, are known to say a zone or none. Blocks.

    By the first row; the others have to be like it when they are read. Raises LayoutError where it
    is no time, and SourceError from reading.
    """
    plan = found.planned
    time = plan.time
    if time is None or not is_text(found.schema.field(time.column).type):
        return found
    for group in range(len(found.file.groups) - 1):
        for first, table in files.blocks(found.file, group, [time.column]):
            row = int(found.file.groups[group]) + first
            try:
                says = zoned(table[time.column])
            except Unread as error:
                raise refused(found, time, row, error) from error
            if says is not None:
                return replace(found, plan=replace(plan, time=replace(time, zoned=says)))
    return found
