"""What a number says that stands beside a row of many samples: samples, a time, or which row it is.

A window of 10 s that begins at 36000 may begin after 100 s (samples at 360 Hz), 36 s (ms) or ten
hours (s). Rows that follow each other show it, and so do rows that overlap, for what they share is
compared; between chosen windows any distance may lie, so that a person has to say it.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pyarrow.types as pt
from numpy.typing import NDArray

from ecgstream.errors import LayoutError
from ecgstream.model.figures import plain
from ecgstream.storage.foreign.column_names import moment_of, plain_word, time_unit
from ecgstream.storage.foreign.finding import used_columns
from ecgstream.storage.foreign.mapping import quoted
from ecgstream.storage.foreign.plan import Plan, Said, Unit
from ecgstream.storage.foreign.proposing import that_would_do
from ecgstream.storage.foreign.times.stamps import EPOCH, FAR, GUESSED, UNITS
from ecgstream.storage.survey import Found

UNSURE: Final = frozenset({"start"})
"""Names of time columns that are given to sample numbers as well."""

DENSE: Final = 0.1
"""Of a row's length: windows that begin nearer to each other than this are none that people cut."""

_BEGINS: Final = frozenset(
    {"start", "starts", "onset", "begin", "begins", "offset", "first", "from"}
)
_NUMBERS: Final = frozenset(
    {
        "window", "windows", "win", "segment", "seg", "chunk", "strip", "part", "index", "idx",
        "number", "num", "no", "nr",
    }
)  # fmt: skip
_SAMPLES: Final = frozenset({"sample", "samples", "idx", "index", "pos", "position"})

APART: Final = 'stride = "none"'
"""The key of a mapping by which each row is a record of its own."""


def unplaced(plan: Plan, raw: NDArray[Any]) -> bool:
    """Return whether the numbers of its time column place no row: a mapping says what does.

    Dates among them say when the record began, so they are no such numbers.
    """
    if plan.time is None or (plan.stride is None and not plan.apart):
        return False
    if plan.time.counts == "sample" or (
        plan.stride is not None and plan.stride.column == plan.time.column
    ):
        return True
    return plan.time.unit is None and bool(raw.max() < EPOCH)


def alone(plan: Plan, raws: Sequence[NDArray[Any]]) -> bool:
    """Return whether the times of a record's leads are one number that is no date.

    Whatever its unit is, it says of no row where it is beside another.
    """
    time = plan.time
    if time is None or time.unit is not None or time.counts == "sample":
        return False
    values = {value for raw in raws if len(raw) for value in (raw[0].item(), raw[-1].item())}
    return all(len(raw) == 1 for raw in raws) and len(values) == 1 and max(values) < EPOCH


def unit_of(
    found: Found, raw: NDArray[Any], counts: NDArray[np.int64], rate: Fraction | None
) -> Said[Unit] | None:
    """Return the unit of the times `raw` of rows that have `counts` samples each at `rate`.

    None where nobody has to ask: it is said, there is one time alone, or rows are samples; or
    where no rate is said, and the steps tell (`stamps.unit_of`). Raises LayoutError where several
    units are possible, and where the numbers but count the rows.
    """
    time = found.planned.time
    some, first = np.unique(raw, return_index=True)
    usual = float(np.median(counts))
    if time is None or time.unit is not None or len(some) < 2 or usual <= 1:
        return None
    steps = (some[1:] - some[:-1]).astype(np.float64)
    if time.counts == "sample":
        _not_of_rows(found, raw, steps, usual)
        return None
    whole = raw.dtype.kind in "iu"
    sure = time.how == "mapping" or plain_word(time.column) not in UNSURE or not whole
    dated = bool(some[0] >= EPOCH and some[-1] < FAR)
    if rate is None:
        if sure or dated:
            return None
        raise _asked(found, raw, steps, usual, None)
    unit = _following(some, steps, counts[first][:-1], rate)
    if unit is None and dated:
        return Said("ms", f"convention: dates from {EPOCH:.0e} ms on")
    if unit is None and sure:
        unit = _overlapping(steps, usual, rate)
    if unit is None:
        raise _asked(found, raw, steps, usual, rate)
    return Said(unit, f"inferred from {len(raw)} timestamps")


def _following(
    some: NDArray[Any], steps: NDArray[np.float64], counts: NDArray[np.int64], rate: Fraction
) -> Unit | None:
    """Return the unit in which half of the rows or more begin where the one before ends."""
    for unit in GUESSED:
        ms = UNITS[unit]
        # Whole seconds from 1970 are rounded to a second; those of a record mostly are not.
        whole = some.dtype.kind in "iu"
        rounded = float(ms) if whole and (ms <= 1 or some[0] * ms >= EPOCH) else 0.0
        away = np.abs(steps * float(ms) - counts * float(1000 / rate))
        if 2 * int((away <= 500 / float(rate) + rounded).sum()) >= len(steps):
            return _unit(unit)
    return None


def _overlapping(steps: NDArray[np.float64], usual: float, rate: Fraction) -> Unit | None:
    """Return the only unit in which rows overlap as people cut them.

    What they share is compared, bit by bit: a wrong unit does not pass.
    """
    share = float(np.median(steps)) / (usual * float(1000 / rate))
    found = [unit for unit in GUESSED if DENSE < share * float(UNITS[unit]) < 1]
    return _unit(found[0]) if len(found) == 1 else None


def _unit(text: str) -> Unit:
    unit = time_unit(text)
    assert unit is not None, text
    return unit


def _asked(
    found: Found,
    raw: NDArray[Any],
    steps: NDArray[np.float64],
    usual: float,
    rate: Fraction | None,
) -> LayoutError:
    """Return what asks a person for what the numbers of a time column count."""
    plan = found.planned
    assert plan.time is not None
    column = plan.time.column
    step = float(np.median(steps))
    samples = raw.dtype.kind in "iu" and plan.time.how != "mapping"
    by_time = f'time = {{ column = {quoted(column)}, unit = "UNIT" }}'
    by_sample = f"stride = {{ column = {quoted(column)} }}"
    if rate is None:
        told = f"each row has {plain(usual, 6)} samples, and nothing says their rate"
        by_sample += ", fs = RATE"
    else:
        seconds = {"ms": step / 1000, "s": step}
        if samples:
            seconds = {f"samples at {float(rate):g} Hz": step / float(rate), **seconds}
        each = ", ".join(f"{plain(apart)} s apart if {what}" for what, apart in seconds.items())
        told = f"rows of {plain(usual / float(rate))} s each would begin {each}"
    likely = samples and plain_word(column) in UNSURE and step > DENSE * usual
    ways = [f"for times {by_time}"]
    if samples:
        ways.append(f"for samples {by_sample}")
    if step == 1:
        ways.append("where it but numbers the rows stride = { samples = SAMPLES }")
    return LayoutError(
        f"says {_first(raw)} where its rows begin, and nothing says of which unit: {told}; "
        f"expected somebody to say it: {', or '.join(ways)}"
        + that_would_do(found.path, by_sample if likely else by_time, plan.mapped),
        path=found.shown,
        column=column,
    )


def _first(raw: NDArray[Any]) -> str:
    shown = ", ".join(f"{value:.15g}" for value in raw[:3].tolist())
    return f"{shown} ..." if len(raw) > 3 else shown


def _not_of_rows(found: Found, raw: NDArray[Any], steps: NDArray[np.float64], usual: float) -> None:
    """Raise LayoutError for an index that counts rows, where rows have many samples."""
    time = found.planned.time
    assert time is not None
    named = "samp" in plain_word(time.column)
    if named or time.how == "mapping" or float(np.median(steps)) != 1:
        return
    raise LayoutError(
        f"says {_first(raw)}, a number more with each row of {plain(usual, 6)} samples: it numbers "
        "the rows, and does not say at which sample one begins; expected somebody to say how many "
        f"samples lie between the starts of two rows, which are taken {_order(raw)}: "
        f"{usual:.0f} where they follow each other"
        + that_would_do(found.path, "stride = { samples = SAMPLES }", found.planned.mapped),
        path=found.shown,
        column=time.column,
    )


def _order(raw: NDArray[Any]) -> str:
    if (raw[1:] > raw[:-1]).all():
        return "in the order of the file"
    return "in the order of the file (it is not that of this column: sort them by it first)"


def remedy(found: Found, counts: NDArray[np.int64]) -> str:
    """Return words with what would say where the rows of a record begin, naming the real column."""
    plan = found.planned
    column, keys = _by_name(found)
    usual = float(np.median(counts))
    words = ""
    if column is not None and keys.startswith("stride = { samples"):
        words = (
            f": {column!r} seems to number the rows; {usual:.0f} samples lie between their starts "
            "where they follow each other"
        )
    elif column is not None and keys.startswith("stride"):
        words = f": {column!r} seems to, in samples; for times it is {_time_key(column, None)}"
    elif column is not None:
        words = f": {column!r} seems to, as a time"
    apart = f"; where each row is a record of its own it is {APART}"
    return f"{words}{apart}{that_would_do(found.path, keys, plan.mapped)}"


def _time_key(column: str, unit: str | None) -> str:
    return f'time = {{ column = {quoted(column)}, unit = "{unit or "UNIT"}" }}'


def _by_name(found: Found) -> tuple[str | None, str]:
    """Return the column whose name says best where rows begin, and the keys that take it so."""
    used = used_columns(found.planned)
    best: tuple[int, str | None, str] = (9, None, 'stride = { column = "COLUMN" }')
    for field in found.schema:
        whole = pt.is_integer(field.type)
        if field.name in used or not (whole or pt.is_floating(field.type)):
            continue
        words = set(plain_word(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", field.name)).split("_"))
        stem, _, last = plain_word(field.name).rpartition("_")
        unit = time_unit(last) if stem else None
        if words & _BEGINS or moment_of(field.name) is not None:
            if whole and unit is None:
                rank = 0 if words & _SAMPLES else 1
                keys = f"stride = {{ column = {quoted(field.name)} }}"
            else:
                rank, keys = 1, _time_key(field.name, unit)
        elif words & _NUMBERS and whole:
            rank, keys = 2, "stride = { samples = SAMPLES }"
        else:
            continue
        if rank < best[0]:
            best = rank, field.name, keys
    return best[1:]


def disagreeing(found: Found) -> str:
    """Return words with what is to be done where rows that overlap do not agree."""
    plan = found.planned
    where = "stride = { samples = SAMPLES }"
    if plan.stride is not None:
        where = f"another {where}" if plan.stride.column is None else where
    elif plan.time is not None and pt.is_integer(found.schema.field(plan.time.column).type):
        where = f"stride = {{ column = {quoted(plan.time.column)} }} for samples, or {where}"
    return (
        "; expected rows that overlap to agree. Where they do not overlap, say where each begins: "
        f"{where}. Where each was changed by itself (normalised, filtered), they are no one "
        "recording, and each is to be a record of its own"
        + that_would_do(found.path, APART, plan.mapped)
    )
