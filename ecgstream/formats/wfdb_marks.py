"""WFDB annotation files (annot(5), the MIT format), to the bit and without the package.

A word a mark, little-endian: a code of 6 bits and how many samples after the one before it is, in
10. Before it a SKIP where 10 bits are too few; behind it SUB, CHN, NUM, AUX where they are not what
a reader takes for granted: SUB 0, no AUX, CHN and NUM as they were. A word of zeros is the end.

`rdann` and `wrann` of WFDB read and write the same; a rate stands in a comment at sample 0, symbols
of one's own in comments behind it.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from typing import Final

from ecgstream.errors import ExportFailed, ImportFailed
from ecgstream.model.annotation import Annotation

CODES: Final[dict[str, int]] = {
    "N": 1,
    "L": 2,
    "R": 3,
    "a": 4,
    "V": 5,
    "F": 6,
    "J": 7,
    "A": 8,
    "S": 9,
    "E": 10,
    "j": 11,
    "/": 12,
    "Q": 13,
    "~": 14,
    "|": 16,
    "s": 18,
    "T": 19,
    "*": 20,
    "D": 21,
    '"': 22,
    "=": 23,
    "p": 24,
    "B": 25,
    "^": 26,
    "t": 27,
    "+": 28,
    "u": 29,
    "?": 30,
    "!": 31,
    "[": 32,
    "]": 33,
    "e": 34,
    "n": 35,
    "@": 36,
    "x": 37,
    "f": 38,
    "(": 39,
    ")": 40,
    "r": 41,
}
"""The code of each symbol (ecgcodes.h)."""
SYMBOLS: Final = {code: symbol for symbol, code in CODES.items()}
OWN: Final = range(42, 50)
"""Codes that a file defines itself."""
NOTE: Final = CODES['"']
SKIP, NUM, SUB, CHN, AUX = 59, 60, 61, 62, 63
STEP: Final = 1023
"""The longest way that fits beside a code."""
FARTHEST: Final = 2**31 - 1
"""The longest way of a SKIP."""

RATE: Final = "## time resolution: "
BEGIN: Final = "## annotation type definitions"
END: Final = "## end of definitions"
_OWN: Final = re.compile(r"(\d+) (\S+)(?: .*)?")
_BARE: Final = re.compile(r"\[(\d+)\]")


def encoded(marks: Sequence[Annotation], fs: float) -> bytes:
    """Return a file of marks, sorted by `sample`; `fs` is their rate.

    Raises ExportFailed for more than eight symbols of one's own, and what has no place in a file.
    """
    own = _own_codes(marks)
    out = bytearray()
    _put(out, 0, NOTE, f"{RATE}{fs:.12g}".encode())
    if own:
        for words in (BEGIN, *(f"{code} {symbol} {symbol}" for symbol, code in own.items()), END):
            _put(out, 0, NOTE, words.encode())
    at = chan = num = 0
    codes = CODES | own
    for one in sorted(marks, key=lambda mark: mark.sample):
        if not (0 <= one.chan < 256 and all(-128 <= n < 128 for n in (one.subtype, one.num))):
            raise ExportFailed(
                f"WFDB: sample {one.sample}: subtype {one.subtype}, chan {one.chan}, num "
                f"{one.num}: a byte each has room; take another format"
            )
        aux = one.aux_note.encode()
        if len(aux) > 255:
            raise ExportFailed(
                f"WFDB: sample {one.sample}: aux_note has {len(aux)} bytes, more than 255; take "
                "another format"
            )
        code = codes.get(one.symbol) or int(one.symbol[1:-1])
        _put(out, one.sample - at, code)
        at = one.sample
        for kind, value, before in (
            (SUB, one.subtype, 0), (CHN, one.chan, chan), (NUM, one.num, num),
        ):  # fmt: skip
            if value != before:
                out += _word(kind, value & 0xFF)
        chan, num = one.chan, one.num
        _put_aux(out, aux)
    return bytes(out + b"\0\0")


def _own_codes(marks: Sequence[Annotation]) -> dict[str, int]:
    """Return the codes of symbols that WFDB has not. `[15]` is what has a code and no symbol."""
    symbols = dict.fromkeys(one.symbol for one in marks)
    own = [one for one in symbols if one not in CODES and not _is_bare(one)]
    taken = {int(one[1:-1]) for one in symbols if one not in CODES and _is_bare(one)}
    free = [code for code in OWN if code not in taken]
    if len(own) > len(free):
        raise ExportFailed(
            f"WFDB: a file may define {len(free)} symbols of its own, and here are {len(own)}: "
            f"{' '.join(own)}; take another format"
        )
    if any(not symbol or re.search(r"\s", symbol) for symbol in own):
        raise ExportFailed("WFDB: a symbol is empty or has a blank in it; take another format")
    return dict(zip(own, free, strict=False))


def _is_bare(symbol: str) -> bool:
    found = _BARE.fullmatch(symbol)
    return found is not None and 0 < int(found[1]) < 50 and int(found[1]) not in SYMBOLS


def _word(code: int, value: int) -> bytes:
    return struct.pack("<H", code << 10 | value)


def _put(out: bytearray, way: int, code: int, aux: bytes = b"") -> None:
    while way > STEP:
        step = min(way, FARTHEST)
        out += _word(SKIP, 0) + struct.pack("<HH", step >> 16, step & 0xFFFF)
        way -= step
    out += _word(code, way)
    _put_aux(out, aux)


def _put_aux(out: bytearray, aux: bytes) -> None:
    if aux:
        out += _word(AUX, len(aux)) + aux + b"\0" * (len(aux) % 2)


def decoded(data: bytes, name: str) -> tuple[float | None, list[Annotation]]:
    """Return the rate that a file tells, None: it does not, and its marks in their order.

    Raises ImportFailed, which has `name` in it, for what is no annotation file.
    """
    fs: float | None = None
    own: dict[int, str] = {}
    marks: list[Annotation] = []
    defining = False
    for code, one in _read(data, name):
        # What comes before the marks tells of the file; what only looks like it later is a mark.
        if code == NOTE and one.sample == 0 and not marks:
            if one.aux_note.startswith(RATE):
                fs = _rate(one.aux_note, name)
                continue
            if one.aux_note in {BEGIN, END}:
                defining = one.aux_note == BEGIN
                continue
            if defining and (found := _OWN.fullmatch(one.aux_note)):
                own[int(found[1])] = found[2]
                continue
        symbol = own.get(code) or SYMBOLS.get(code) or f"[{code}]"
        marks.append(Annotation(one.sample, symbol, one.subtype, one.chan, one.num, one.aux_note))
    return fs, marks


def _rate(text: str, name: str) -> float:
    try:
        fs = float(text.removeprefix(RATE).split()[0])
    except (ValueError, IndexError):
        fs = 0.0
    if not 0 < fs < 1e6:
        raise ImportFailed(f"{name}: {text[:60]!r} names no rate")
    return fs


class _Words:
    """The words of a file, one after the other."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.at = 0
        self.name = name

    def next(self) -> int:
        """Return the next one."""
        self.at += 2
        if self.at > len(self.data):
            raise ImportFailed(f"{self.name}: ends in the middle: no annotation file, or cut off")
        return self.data[self.at - 2] | self.data[self.at - 1] << 8

    def peek(self) -> int:
        """Return the code of the next one, and stay before it."""
        said = self.next()
        self.at -= 2
        return said >> 10

    def text(self, count: int) -> bytes:
        """Return as many bytes; behind an odd number there is one more."""
        begin = self.at
        self.at += count + count % 2
        if begin + count > len(self.data):
            raise ImportFailed(f"{self.name}: a note goes beyond its end: cut off?")
        return self.data[begin : begin + count]


def _read(data: bytes, name: str) -> Iterator[tuple[int, Annotation]]:
    """Yield the code and the fields of each mark; its symbol is not known yet."""
    words = _Words(data, name)
    chan = num = sample = 0
    while said := words.next():
        while said >> 10 == SKIP:
            way = words.next() << 16 | words.next()
            sample += way - (1 << 32) if way > FARTHEST else way
            said = words.next()
        code = said >> 10
        sample += said & STEP
        if code > 49 or sample < 0:
            raise ImportFailed(f"{name}: byte {words.at - 2} begins no annotation: no such file")
        fields = {CHN: chan, NUM: num, SUB: 0}
        aux = b""
        while (kind := words.peek()) >= NUM:
            value = words.next() & STEP
            if kind == AUX:
                aux = words.text(value)
            else:
                fields[kind] = value & 0xFF
        chan, num = fields[CHN], fields[NUM]
        if code:
            subtype, signed = _signed(fields[SUB]), _signed(num)
            yield code, Annotation(sample, "", subtype, chan, signed, _text(aux))


def _signed(value: int) -> int:
    return value - 256 if value & 0x80 else value


def _text(aux: bytes) -> str:
    """Return a note; files of before UTF-8 have Latin-1. They pad with NUL."""
    aux = aux.rstrip(b"\0")
    try:
        return aux.decode()
    except UnicodeDecodeError:
        return aux.decode("latin-1")
