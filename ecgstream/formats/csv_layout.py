"""What a table of text looks like: its delimiter, its heading, which columns mean what. Pure.

Found in its first lines and in what a mapping says. What a heading does not say is not guessed:
a unit stays unknown, a rate is inferred from times or asked for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import msgspec

from ecgstream.errors import ImportFailed
from ecgstream.formats.csv_preamble import Preamble, preamble_of
from ecgstream.model.kinds import kind_of
from ecgstream.model.record import ECG
from ecgstream.model.timebase import rate_of
from ecgstream.model.unit import millivolts

Counts = Literal["time", "sample"]
TimeUnit = Literal["s", "ms", "us", "ns"]


class SignalSaid(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a mapping says of one column of samples."""

    name: str | None = None
    unit: str | None = None
    gain: float | None = None
    baseline: float | None = None
    missing: tuple[float, ...] | None = None
    kind: str | None = None


class TimeSaid(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Which column says when a row was, and what it counts."""

    column: str
    counts: Counts = "time"
    unit: TimeUnit | None = None


class Told(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a mapping says of tables of text; None: they say it themselves, or it is not known.

    Keys that a mapping of Parquet has too mean the same. Columns are called as their heading has
    them, without one by number from 1.
    """

    fs: float | str | None = None
    unit: str | None = None
    gain: float | None = None
    baseline: float | None = None
    missing: tuple[float, ...] | None = None
    signals: dict[str, SignalSaid] | None = None
    time: TimeSaid | Literal["none"] | None = None
    start_time: str | None = None
    zone: str | None = None
    delimiter: Literal[",", ";", "|", "tab", "blanks"] | None = None
    decimal: Literal[".", ","] | None = None
    header: bool | None = None
    skip: int = 0
    encoding: str | None = None

    def __post_init__(self) -> None:
        if self.fs is not None and rate_of(self.fs) is None:
            message = f"fs: {self.fs!r} is no rate; expected Hz above 0, such as 360 or '1000/3'"
            raise ValueError(message)
        gains = [self.gain, *(one.gain for one in (self.signals or {}).values())]
        if 0 in gains or self.skip < 0:
            message = "gain: is 0" if 0 in gains else "skip: is below 0"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is read: `at` its place; `name` that of the signal; `unit` as it is spelled."""

    at: int
    heading: str
    name: str
    unit: str | None
    gain: float = 1.0
    baseline: float = 0.0
    missing: tuple[float, ...] = ()
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """The column that says when a row was.

    `unit` None: only the values can tell. `form` "clock": `1:02:03.456`, "date": ISO 8601 with a
    day; both say their unit.
    """

    at: int
    heading: str
    counts: Counts
    unit: TimeUnit | None
    form: Literal["number", "clock", "date"] = "number"


@dataclass(frozen=True, slots=True)
class Layout:
    """A table of text. `skip`: lines before the first row; `width`: columns of a row.

    `times`: the columns that say when a row was, one of numbers and one of time at most.
    """

    delimiter: str
    decimal: str
    skip: int
    width: int
    signals: tuple[Column, ...]
    times: tuple[Timing, ...] = ()
    comments: tuple[str, ...] = ()
    preamble: Preamble = field(default_factory=Preamble)
    remarks: tuple[str, ...] = ()


_NUMBER: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_COMMA: Final = re.compile(r"[-+]?\d*,\d+([eE][-+]?\d+)?")
MISSING: Final = ("", "nan", "NaN", "NAN", "null", "NULL", "NA", "N/A", "n/a", "-", "None")
"""Cells without a value."""

_CLOCK: Final = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2}(?:\.\d*)?)")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?")

_SAMPLES: Final = frozenset(
    {"sample", "samples", "sample #", "sample_number", "sample number", "sample_index", "sampleno"}
)
_TIMES: Final = frozenset(
    {"time", "t", "timestamp", "timestamps", "elapsed time", "elapsed", "seconds", "second", "secs"}
    | {"milliseconds", "millis", "datetime", "date_time", "zeit", "temps", "tiempo", "tempo"}
)
_UNITS: Final[dict[str, TimeUnit]] = {
    "s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s", "ms": "ms", "msec": "ms",
    "millis": "ms", "milliseconds": "ms", "us": "us", "\N{MICRO SIGN}s": "us", "usec": "us",
    "microseconds": "us", "ns": "ns", "nanoseconds": "ns",
}  # fmt: skip
_LONGEST_NUMBER: Final = 64
_LONGEST_NAME: Final = 200
"""Letters. Longer cells are no numbers, and no names of columns."""


def layout_of(lines: Sequence[str], told: Told) -> Layout:
    """Return the layout of a table that begins with `lines` (of a long one, only the first).

    Raises ImportFailed that says what was seen and what in a mapping would help.
    """
    body = [n for n, line in enumerate(lines) if n >= told.skip and _is_row(line)]
    if len(body) < 2:
        raise ImportFailed("fewer than two rows: no table of text")
    delimiter = _delimiter([lines[n] for n in body], told.delimiter)
    rows = [_cells(lines[n], delimiter) for n in body]
    decimal = told.decimal or _decimal(rows, delimiter)
    before = 0 if told.header is False else _before(rows, decimal)
    said_before = preamble_of(rows[:before])
    body, rows = body[before:], rows[before:]
    heading, units, first = _heading(rows, decimal, told.header)
    data = rows[first:]
    if not data:
        raise ImportFailed("a heading, and no rows")
    width = len(data[-1])
    if any(len(row) != width for row in data):
        raise ImportFailed(_ragged(data, [line + 1 for line in body[first:]]))
    if not heading and told.header is not False:
        heading = _remarked(lines[: body[first]], delimiter, width)
    if heading and len(heading) != width:
        raise ImportFailed(f"a heading of {len(heading)} columns over rows of {width}")
    if any(len(name) > _LONGEST_NAME for name in heading):
        raise ImportFailed(f"a heading with a name of more than {_LONGEST_NAME} letters")
    names = heading or [str(at + 1) for at in range(width)]
    forms = [_form([row[at] for row in data], decimal) for at in range(width)]
    times = _timings(names, units, forms, told)
    said = _said(names, told)
    left = [at for at in range(width) if at not in {one.at for one in times}]
    left = [at for at in left if at in said] if said else left
    signals = [
        _signal(at, names[at], units[at] if units else None, said.get(at), told)
        for at in left
        if at in said or forms[at] == "number"
    ]
    if len(signals) == 1 and not heading and said_before.lead and not (said and said[left[0]].name):
        signals = [replace(signals[0], name=said_before.lead)]
    worded = [at for at in left if at not in said and forms[at] not in {"number", "empty"}]
    # A lead that is left out for one cell is missed by nobody who does not look for it.
    for at in (at for at in worded if not signals or _is_lead(names[at])):
        _whole(names[at], [row[at] for row in data], body[first:], decimal)
    remarks = tuple(f"column {names[at]!r} is left out: it holds no numbers" for at in worded)
    if not signals:
        raise ImportFailed(f"no column of samples; the columns are {', '.join(names)[:300]}")
    head = lines[: body[first]]
    return Layout(
        delimiter=delimiter,
        decimal=decimal,
        skip=body[first],
        width=width,
        signals=tuple(one if one.unit else replace(one, unit=said_before.unit) for one in signals),
        times=times,
        comments=tuple(line.strip(" \t#%\r") for line in head if line.strip(" \t#%\r")),
        preamble=said_before,
        remarks=remarks,
    )


def _is_comment(line: str) -> bool:
    return line.lstrip()[:1] in {"#", "%"}


def _is_row(line: str) -> bool:
    return bool(line.strip()) and not _is_comment(line)


def _delimiter(rows: Sequence[str], said: str | None) -> str:
    """Return the delimiter: the one that cuts the last rows into equally many, and most, cells."""
    if said is not None:
        return "\t" if said == "tab" else said
    some = rows[-50:]
    found = {}
    for one in ("\t", ";", ",", "|", "blanks"):
        widths = {len(_cells(row, one)) for row in some}
        if len(widths) == 1 and (width := widths.pop()) > 1:
            found[one] = width
    # `1,5;2,5` has as many commas as numbers, and `1, 2, 3` blanks after its commas.
    for one in ("\t", ";", "|"):
        if one in found:
            return one
    return "," if "," in found else "blanks" if "blanks" in found else ","


def _cells(line: str, delimiter: str) -> list[str]:
    line = line.rstrip("\r\n")
    parts = line.split() if delimiter == "blanks" else line.split(delimiter)
    return [part.strip().strip("'\"").strip() for part in parts]


def _decimal(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    if delimiter == ",":
        return "."
    cells = [cell for row in rows[-50:] for cell in row]
    commas = sum(
        _COMMA.fullmatch(cell) is not None for cell in cells if len(cell) <= _LONGEST_NUMBER
    )
    return "," if commas and not any("." in cell for cell in cells) else "."


def _form(cells: Sequence[str], decimal: str) -> str:
    """Return what the cells of a column are: "number", "clock", "date", "empty" or "text"."""
    known = [cell for cell in cells if cell not in MISSING]
    if not known:
        return "empty"
    if all(_is_number(cell, decimal) for cell in known):
        return "number"
    if all(_CLOCK.fullmatch(cell) for cell in known):
        return "clock"
    return "date" if all(_DATE.fullmatch(cell) for cell in known) else "text"


def _whole(heading: str, cells: Sequence[str], lines: Sequence[int], decimal: str) -> None:
    """Raise ImportFailed for the first cell of a column that is no number, where most are one."""
    known = [at for at, cell in enumerate(cells) if cell not in MISSING]
    wrong = [at for at in known if not _is_number(cells[at], decimal)]
    if not wrong or 2 * len(wrong) >= len(known):
        return
    raise ImportFailed(
        f"column {heading!r}, row {wrong[0] + 1} (line {lines[wrong[0]] + 1}): "
        f"{cells[wrong[0]][:40]!r} is no number, and most other rows have one; mend it, or empty "
        "it where there is no sample. Where the column is none of samples, say in a mapping which "
        "are: signals"
    )


def _is_lead(heading: str) -> bool:
    name, unit = _parted(heading)
    return millivolts(unit) is not None or kind_of(name, unit, 100) == ECG


def _ragged(data: Sequence[Sequence[str]], lines: Sequence[int]) -> str:
    """Return which row has another number of columns than most; `lines` are the rows' own."""
    widths = [len(row) for row in data]
    usual = max(sorted(set(widths)), key=widths.count)
    odd = next(at for at, width in enumerate(widths) if width != usual)
    return (
        f"rows of different widths: row {odd + 1} (line {lines[odd]}) has {widths[odd]} columns, "
        f"{','.join(data[odd])[:60]!r}, and most have {usual}; mend it, or say in a mapping: skip "
        "= lines before the table, delimiter"
    )


def _is_number(cell: str, decimal: str) -> bool:
    return (
        len(cell) <= _LONGEST_NUMBER
        and _NUMBER.fullmatch(cell.replace(",", ".") if decimal == "," else cell) is not None
    )


def _remarked(before: Sequence[str], delimiter: str, width: int) -> list[str]:
    """Return the heading in the remark right above the rows, as `numpy.savetxt` writes it; or none.

    Words that happen to be as many as the columns are none: one has to be a time or an ECG lead.
    """
    last = before[-1] if before else ""
    if not _is_comment(last) or len(last) > _LONGEST_NAME * width:
        return []
    names = _cells(last.strip().lstrip("#%").strip(), delimiter)
    known = any(
        _parted(name)[0].lower() in _TIMES | _SAMPLES or kind_of(_parted(name)[0], None, 100) == ECG
        for name in names
    )
    return names if len(names) == width and known else []


MOST_BEFORE: Final = 80
"""Lines of words before a table."""


def _before(rows: Sequence[Sequence[str]], decimal: str) -> int:
    """Return how many rows stand before the table and its heading: a thing said in each."""
    width = len(rows[-1])
    if _form(rows[-1][:1], decimal) == "text":
        return 0
    some = rows[:MOST_BEFORE]
    words = [
        n
        for n, row in enumerate(some)
        if _form(row[:1], decimal) == "text" or _worded(row, decimal)
    ]
    last = max(words, default=-1)
    if last < 0 or any(len(row) != width for row in rows[last + 1 :]):
        return 0
    if len(some[last]) != width or not _worded(some[last], decimal):
        return last + 1
    return last - 1 if last and len(some[last - 1]) == width and _units_row(some[last]) else last


def _worded(row: Sequence[str], decimal: str) -> bool:
    """Return whether a row is of words: a heading, or the units below one."""
    forms = {_form([cell], decimal) for cell in row}
    return "text" in forms and not forms & {"number", "date"}


def _units_row(row: Sequence[str]) -> bool:
    return any(
        millivolts(cell) is not None or cell.lower() in _UNITS or cell.startswith("hh:mm")
        for cell in row
    )


def _heading(
    rows: Sequence[Sequence[str]],
    decimal: str,
    said: bool | None,  # noqa: FBT001
) -> tuple[list[str], list[str | None], int]:
    """Return the heading, the units in a row below it, and how many rows that is."""
    last = rows[-1]
    # A column of words (labels) makes no heading of its first row.
    texts = {at for at, cell in enumerate(last) if _form([cell], decimal) == "text"}
    first = [cell for at, cell in enumerate(rows[0]) if at not in texts]
    if said is False or (said is None and not (first and _worded(first, decimal))):
        return [], [], 0
    heading = [cell or str(at + 1) for at, cell in enumerate(rows[0])]
    below = rows[1] if len(rows) > 1 else []
    if (
        len(below) == len(heading)
        and _units_row(below)
        and _worded([cell for at, cell in enumerate(below) if at not in texts], decimal)
    ):
        return heading, [cell or None for cell in below], 2
    return heading, [], 1


_BEHIND: Final = re.compile(
    r"(?P<name>.*[^ _.-])[ _.-]+(?P<unit>[mun\N{MICRO SIGN}\N{GREEK SMALL LETTER MU}][vV]"
    r"|(?i:(?:milli|micro|nano)volts?))"
)


def _parted(heading: str) -> tuple[str, str | None]:
    """Return a heading's name and the unit behind it: `II [mV]`, `time (s)`, `II_mV`."""
    for opening, closing in ("[]", "()"):
        before, found, unit = heading.rpartition(opening)
        if not found or not unit.endswith(closing):
            continue
        unit = unit[:-1].strip()
        if opening == "(" and millivolts(unit) is None and unit.lower() not in _UNITS:
            continue
        return before.strip(" _"), None if unit in {"", "unit unknown"} else unit
    behind = _BEHIND.fullmatch(heading)
    return (behind["name"], behind["unit"]) if behind else (heading, None)


def _timings(
    names: Sequence[str], units: Sequence[str | None], forms: Sequence[str], told: Told
) -> tuple[Timing, ...]:
    if told.time == "none":
        return ()
    if told.time is not None:
        at = _found(names, told.time.column, "time.column")
        form = forms[at] if forms[at] in {"clock", "date"} else "number"
        return (Timing(at, names[at], told.time.counts, told.time.unit, form),)  # type: ignore[arg-type]
    listed = set(told.signals or {})
    found: dict[str, Timing] = {}
    for at, heading in enumerate(names):
        if heading in listed:
            continue
        name, unit = _parted(heading)
        if units and units[at]:
            unit = units[at]
        plain, _, suffix = name.lower().rpartition("_")
        by_suffix = _UNITS.get(suffix) if plain in _TIMES else None
        if name.lower() in _SAMPLES and forms[at] == "number":
            found.setdefault("sample", Timing(at, heading, "sample", None))
        elif (
            name.lower() in _TIMES
            or name.lower() in _UNITS
            or by_suffix
            or forms[at] in {"clock", "date"}
        ) and forms[at] in {"number", "clock", "date"}:
            said = _UNITS.get((unit or "").lower()) or by_suffix or _UNITS.get(name.lower())
            found.setdefault("time", Timing(at, heading, "time", said, forms[at]))  # type: ignore[arg-type]
    return tuple(found.values())


def _found(names: Sequence[str], wanted: str, key: str) -> int:
    for at, name in enumerate(names):
        if wanted in {name, _parted(name)[0]}:
            return at
    raise ImportFailed(f"mapping: {key}: no column {wanted!r}; there are {', '.join(names)[:300]}")


def _said(names: Sequence[str], told: Told) -> dict[int, SignalSaid]:
    if told.signals is None:
        return {}
    return {_found(names, key, "signals"): one for key, one in told.signals.items()}


def _signal(
    at: int, heading: str, below: str | None, said: SignalSaid | None, told: Told
) -> Column:
    """Return a column of samples; `below` is its unit in a row of units."""
    one = said or SignalSaid()
    name, unit = _parted(heading)
    gain = told.gain if one.gain is None else one.gain
    baseline = told.baseline if one.baseline is None else one.baseline
    missing = told.missing if one.missing is None else one.missing
    return Column(
        at=at,
        heading=heading,
        name=one.name or (name if name != str(at + 1) else f"column {name}"),
        # A column that is called `uV` says its unit, and no name.
        unit=one.unit or told.unit or below or unit or (name if millivolts(name) else None),
        gain=1.0 if gain is None else gain,
        baseline=0.0 if baseline is None else baseline,
        missing=missing or (),
        kind=one.kind,
    )
