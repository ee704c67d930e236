"""EDF+'s time-stamped annotation lists (TALs): bytes of an annotation signal to onsets and texts.

`+12.5 0x15 3 0x14 text 0x14 text 0x14 0x00`: onset and duration in seconds from the start in the
header. The first list of each data record has an empty first text: it says when the record begins.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO, Final

from ecgstream.errors import ImportFailed, printable
from ecgstream.formats.edf_header import Header

MOST: Final = 500_000
"""Annotations of a file: a day has 150,000 beats."""

_TAL: Final = re.compile(
    rb"([+-]\d{1,12}(?:\.\d{0,12})?)(?:\x15(\d{1,12}(?:\.\d{0,12})?))?\x14(.*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Tal:
    """One list: `onset` and `duration` in seconds, `step` the last decimal place of the onset.

    `texts` are in order; the first is empty where the list says when a data record begins.
    """

    onset: Fraction
    step: Fraction
    duration: Fraction | None
    texts: tuple[str, ...]


def lists(raw: bytes) -> Iterator[Tal | None]:
    """Yield the lists in the annotation signal of one data record; None for one that is none."""
    for piece in raw.split(b"\0"):
        if not piece:
            continue
        found = _TAL.fullmatch(piece)
        if found is None or not piece.endswith(b"\x14"):
            yield None
            continue
        onset, duration, rest = found.groups()
        decimals = len(onset.partition(b".")[2])
        yield Tal(
            onset=Fraction(onset.decode()),
            step=Fraction(1, 10**decimals) if decimals else Fraction(0),
            duration=None if duration is None else Fraction(duration.decode()),
            texts=tuple(_text(one) for one in rest[:-1].split(b"\x14")),
        )


@dataclass(frozen=True, slots=True)
class Said:
    """What the annotation signals of a file say.

    `begins`: of each data record the list that says when it begins, None where it has none; empty
    where there is no annotation signal. `others`: all lists with words. `unreadable` counts the
    entries that are no lists.
    """

    begins: tuple[Tal | None, ...]
    others: tuple[Tal, ...]
    unreadable: int


def read_lists(file: BinaryIO, header: Header, records: int) -> Said:
    """Return what is in the annotation signals, read from each data record. Raises ImportFailed."""
    places, at = [], 0
    for channel in header.channels:
        size = channel.count * header.sample_bytes
        if channel.annotations and size:
            places.append((at, size))
        at += size
    begins: list[Tal | None] = []
    others: list[Tal] = []
    unreadable = 0
    for number in range(records if places else 0):
        for offset, size in places:
            file.seek(header.size + number * header.record_bytes + offset)
            found = list(lists(file.read(size)))
            if offset == places[0][0]:
                begins.append(found[0] if found and found[0] and not found[0].texts[0] else None)
            unreadable += found.count(None)
            others += [one for one in found if one and any(one.texts)]
        if len(others) > MOST:
            raise ImportFailed(f"more than {MOST} annotations cannot be right")
    return Said(tuple(begins), tuple(others), unreadable)


@dataclass(frozen=True, slots=True)
class Run:
    """Data records [first, first + count) without a break, the first of them at `at` seconds."""

    at: Fraction
    first: int
    count: int


def runs_of(
    said: Said, header: Header, records: int, fastest: Fraction, remarks: list[str]
) -> list[Run]:
    """Return where the data records are in time; what was assumed goes to `remarks`.

    `fastest`: the rate of the fastest signal, in Hz. Raises ImportFailed where a file with breaks
    (`+D`) does not say it of each record, or says that two of them overlap.
    """
    known = [one for one in said.begins if one is not None]
    broken = header.plus == "D"
    if len(known) < records:
        if broken:
            number = said.begins.index(None) + 1 if said.begins else 1
            raise ImportFailed(
                f"data record {number} does not say when it begins: {header.kind}+D asks it of all"
            )
        if known:
            remarks.append("not every data record says when it begins: taken one after the other")
        first = said.begins[0] if said.begins else None
        return [Run(first.onset if first else Fraction(0), 0, records)]
    if not known:
        return [Run(Fraction(0), 0, 0)]
    found, doubled = _breaks(known, header.duration, 1 / fastest)
    if doubled is not None:
        wrong = (
            f"data record {doubled + 1} begins at {float(known[doubled].onset):.10g} s, "
            "before the one before has ended"
        )
        if broken:
            raise ImportFailed(wrong)
        remarks.append(f"{wrong}: all are taken one after the other")
        return [Run(known[0].onset, 0, records)]
    if len(found) > 1 and not broken:
        remarks.append(
            f"{len(found) - 1} breaks by the times of its data records, of which its header says "
            "nothing: what is between is missing"
        )
    return found


def _breaks(
    begins: Sequence[Tal], duration: Fraction, sample: Fraction
) -> tuple[list[Run], int | None]:
    """Return the runs, and the first record that begins before the one before has ended, or None.

    `duration` of a record and `sample`, of the fastest signal, in seconds. Less than half a sample,
    or than half the last decimal place of a time, is no break.
    """
    found: list[Run] = []
    at, first = begins[0].onset, 0
    for number, begin in enumerate(begins[1:], 1):
        off = begin.onset - (at + (number - first) * duration)
        if abs(off) <= (sample + begin.step + begins[first].step) / 2:
            continue
        if off < 0:
            return found, number
        found.append(Run(at, first, number - first))
        at, first = begin.onset, number
    found.append(Run(at, first, len(begins) - first))
    return found, None


def _text(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        # EDF+ wants UTF-8; older writers put their own letters there.
        text = raw.decode("latin-1")
    return printable(text.strip())
