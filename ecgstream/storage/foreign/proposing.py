"""The lines of a mapping that would mend a refusal: in a message, and as they are pasted. Pure.

A message is one line, for logs; `spelled` makes of it what may be pasted, one below the other.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from typing import Final

from ecgstream.storage.foreign.mapping import Table, quoted

NEW: Final = "; say in a mapping: table = [{ "
END: Final = " }]"
BELOW: Final = "; say in the mapping right below files = "
_BELOW: Final = re.compile(
    re.escape(BELOW) + r'(?P<files>"(?:[^"\\]|\\.)*")(?P<instead>[^:"]*): (?P<keys>.*)'
)

_FRONT: Final = "; in front of files = "
_TABLE: Final = "; in a mapping: files = "

MOST: Final = 32
"""Tables that are written out, one for each file."""

IN_TABLE: Final = (
    ", say in the mapping's table of its file (or in one of its own in front of that, with what "
    "that one says too, where it counts for other files)"
)
"""Of a record that a mapping says something of, where it is not known which table that is."""

Mapped = tuple[str, ...]
"""Of the table of a mapping that counts for a file: its `files`, and the keys that it has."""


def mapped_by(table: Table | None) -> Mapped | None:
    """Return which table counts for a file; None where the mapping has none for it."""
    if table is None:
        return None
    said = (key for key in table.__struct_fields__ if key != "files")
    return table.files, *(key for key in said if getattr(table, key) is not None)


def that_would_do(path: str, keys: str, mapped: Mapped | None = None) -> str:
    """Return words with what to say in a mapping of the file at `path`, or of a pattern of files.

    `keys` as an inline table has them. Only the first table that matches counts: so where one does
    already (`mapped`), they are to be put there.
    """
    if mapped is None:
        return f"{NEW}files = {quoted(path)}, {keys}{END}"
    files, *said = mapped
    there = [key for key in (line.partition(" = ")[0] for line in _lines(keys)) if key in said]
    instead = f" in place of its {', '.join(there)}" if there else ""
    return f"{BELOW}{quoted(files)}{instead}: {keys}"


def that_would_do_alone(path: str, keys: str, mapped: Mapped | None) -> str:
    """Return the same of `keys` that are right for the one file at `path`, and for no other.

    A table of a pattern of files is no place for them: theirs goes in front of that.
    """
    if mapped is None or mapped[0] == path:
        return that_would_do(path, keys, mapped)
    front = f"{_FRONT}{quoted(mapped[0])}, with what that one says too"
    return front + that_would_do(path, keys)


def with_table(how: str, mapped: Mapped | None) -> str:
    """Return how something was found, with the table of a mapping that counts there, if one does.

    For `settling`, which is asked when no more than that is known.
    """
    return how if mapped is None else f"{how}{_TABLE}{quoted(mapped[0])}"


def without_table(how: str) -> str:
    """Return how something was found, as `with_table` was given it."""
    return how.partition(_TABLE)[0]


def settling(how: str, path: str, keys: str) -> str:
    """Return words with what to say in a mapping of the file at `path`, for what was found so."""
    _, table, files = how.partition(_TABLE)
    return f"{BELOW}{files}: {keys}" if table else that_would_do(path, keys)


def placed(detail: str, files: Sequence[str]) -> str:
    """Return a finding whose table is for `files`, paths or patterns: one table for each.

    What is right for these would change others of their name.
    """
    said, mark, rest = detail.partition(NEW)
    if not mark:
        return detail
    keys = ", ".join(list(_lines(_tables(rest)[0]))[1:])
    if len(files) > MOST:
        return f"{said}; say in a mapping, in a table for each of its {len(files):,} files: {keys}"
    tables = " }, { ".join(f"files = {quoted(one)}, {keys}" for one in files)
    return f"{said}{NEW}{tables}{END}"


def rate_key(rate: Fraction | None) -> str:
    """Return the key `fs` with a rate that is known, or left open."""
    if rate is None:
        return "fs = RATE"
    return f"fs = {rate}" if rate.denominator == 1 else f"fs = {quoted(str(rate))}"


def proposed(detail: str) -> tuple[str, ...]:
    """Return the lines `key = value` that a refusal proposes, without `files`; () for none."""
    _, mark, rest = detail.partition(NEW)
    if mark:
        return tuple(_lines(_tables(rest)[0]))[1:]
    found = _BELOW.search(detail)
    return tuple(_lines(found["keys"])) if found else ()


def with_others(detail: str, more: int) -> str:
    """Return a refusal that holds of `more` leads or records of its file as well."""
    return with_more(detail, f"; the same holds of {more:,} more leads or records of it")


def with_more(detail: str, more: str) -> str:
    """Return a refusal with `more` said of it, before what it proposes."""
    ends = [place for mark in (_FRONT, NEW, BELOW) if (place := detail.find(mark)) >= 0]
    end = min(ends, default=len(detail))
    return f"{detail[:end]}{more}{detail[end:]}"


def spelled(text: str) -> str:
    """Return a refusal with what it proposes in lines of their own, that may be pasted."""
    said, mark, rest = text.partition(NEW)
    if mark:
        told = [line for one in _tables(rest) for line in blocks(list(_lines(one)))]
        return "\n".join([f"{said}; say in a mapping:", *told])
    found = _BELOW.search(text)
    if found is None:
        return text
    return "\n".join([text[: found.start("keys")].rstrip(), *_lines(found["keys"])])


def blocks(lines: Collection[str]) -> list[str]:
    """Return the lines of a table that says `lines`, each of its signals below the rest."""
    plain = [line for line in lines if not line.startswith("signals = ")]
    told = ["[[table]]", *plain]
    for line in lines:
        if line.startswith("signals = "):
            for signal in _lines(_inside(line.partition(" = ")[2])):
                told += signal_lines(signal)
    return told


def signal_lines(signal: str) -> list[str]:
    """Return the table of a signal, `"II" = { unit = "mV" }`, in lines."""
    found = re.match(r'("(?:[^"\\]|\\.)*") = ', signal)
    assert found, "as `signals_said` has it"
    return [f"[table.signals.{found[1]}]", *_lines(_inside(signal[found.end() :]))]


def signals_said(signals: dict[str, str]) -> str:
    """Return the key `signals` of columns, each with what is said of it (`name = "II"`)."""
    each = (
        f"{quoted(column)} = {{ {said} }}" if said else f"{quoted(column)} = {{}}"
        for column, said in signals.items()
    )
    return f"signals = {{ {', '.join(each)} }}"


def _tables(rest: str) -> list[str]:
    """Return what is in each of the inline tables that follow NEW."""
    return [_inside(one) for one in _lines(f"{{ {rest.removesuffix(END)} }}")]


def _inside(table: str) -> str:
    return table.strip()[1:-1].strip()


def _lines(keys: str) -> Iterator[str]:
    """Yield the `key = value`s of an inline table: what is between its outer commas."""
    depth, quote, begin, place = 0, False, 0, 0
    while place < len(keys):
        one = keys[place]
        if quote:
            place += one == "\\"
            quote = one != '"'
        elif one == '"':
            quote = True
        elif one in "{[":
            depth += 1
        elif one in "}]":
            depth -= 1
        elif one == "," and not depth:
            yield keys[begin:place].strip()
            begin = place + 1
        place += 1
    if keys[begin:].strip():
        yield keys[begin:].strip()
