"""Tables of text that look as if they held samples, and are not read as a table of numbers. Pure.

A cohort has other tables too: of people, of diagnoses. One with samples has a lead in its heading,
or numbers in most of its cells: such a file is not passed over, and what is in the way is told.
"""

import csv
import re
from typing import Final

from ecgstream.formats.sniffing import Head, is_number

ENDINGS: Final = frozenset({".csv", ".tsv"})

_LINES: Final = 200
_ENOUGH: Final = 4
_DELIMITERS: Final = ",;\t|"
_MINUS: Final = "\N{MINUS SIGN}\N{EN DASH}"
_LEAD: Final = re.compile(
    r"(?:(?:ecg|ekg|lead)[ _.-]?)?(?:i{1,3}|av[rlf]|v[1-9]|ml(?:i{1,3}|[1-6])|ecg|ekg)"
    r"(?:[ _(\[.-]*[munµμ]?v[)\]]?)?",
    re.IGNORECASE,
)
_TOLD: Final = 24
"""Letters of a cell that are told."""


def unread(head: Head) -> str | None:
    """Return what is in the way of a table of samples; None: it does not look like one."""
    text = head.text
    if text is None:
        return None
    lines = [line for line in text.splitlines()[:_LINES] if line.strip()]
    lines = lines[: -1 if head.size > len(head.data) and len(lines) > 1 else None]
    if len(lines) < _ENOUGH:
        return None
    delimiter = max(_DELIMITERS, key=lines[0].count)
    try:
        rows = list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return None
    heading, body = rows[0], rows[1:]
    cells = [cell for row in body for cell in row if cell.strip()]
    numbers = sum(is_number(_plain(cell)) for cell in cells)
    named = any(_LEAD.fullmatch(cell.strip()) for cell in heading)
    if not cells or not (named or 2 * numbers > len(cells)):
        return None
    return _why(lines[1:], heading, body, delimiter)


def _why(lines: list[str], heading: list[str], body: list[list[str]], delimiter: str) -> str:
    for number, (line, row) in enumerate(zip(lines, body, strict=False), 2):
        for place, cell in enumerate(row):
            bare = cell.strip()
            if not bare or (is_number(bare) and f'"{cell}"' not in line):
                continue
            column = heading[place].strip() if place < len(heading) else str(place + 1)
            return (
                f"line {number}, column {column[:_TOLD]!r}: {_what(bare, line)}; expected rows of "
                "plain numbers (0.5, -0.5), in front of them a time by the clock at most: write "
                "them so, and leave columns of words out"
            )
    return (
        f"its rows are not of numbers with {delimiter!r} between them, as far as can be seen; "
        "write a row a sample, of plain numbers"
    )


def _what(cell: str, line: str) -> str:
    shown = repr(cell[:_TOLD])
    if any(one in cell for one in _MINUS) and is_number(_plain(cell)):
        return f"{shown} has a typographic minus, and is no number"
    if is_number(cell) and f'"{cell}"' in line:
        return f"{shown} is in quotes"
    return f"{shown} is no number"


def _plain(cell: str) -> str:
    return cell.strip().translate(dict.fromkeys(map(ord, _MINUS), "-"))
