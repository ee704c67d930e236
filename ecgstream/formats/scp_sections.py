"""The sections of an SCP-ECG file: found, checked, and what they say of the recording. Pure."""

import binascii
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ecgstream.errors import ImportFailed
from ecgstream.formats.device_times import seconds_at
from ecgstream.formats.recording import Identity
from ecgstream.formats.scp_codes import DEFAULT_TABLE, Code, Table, default_codes, table_of

HEADER: Final = 16
"""Bytes before a section's own: CRC, number, length, versions, reserved."""

SIGNALS: Final = frozenset({2, 3, 4, 5, 6})
"""Sections that samples are made of: one that is damaged is no small matter."""

_MOST_TABLES: Final = 64

_CODECS: Final = {
    0x03: "iso8859_2", 0x0B: "iso8859_4", 0x13: "iso8859_5", 0x1B: "iso8859_6",
    0x23: "iso8859_7", 0x2B: "iso8859_8", 0x33: "iso8859_11", 0x3B: "iso8859_15",
    0x07: "utf-16-le", 0x0F: "shift_jis", 0x17: "euc_jp", 0x1F: "euc_jp",
    0x27: "gb2312", 0x2F: "cp949", 0x37: "utf-8",
}  # fmt: skip
"""Language support codes (section 1, tag 14); an even one is ISO 8859-1."""

_PERSONS: Final = (3, 20, 21, 22, 31)
"""Tags of section 1 that name somebody else, or the recording: second name, physicians, who
recorded it, its number."""

_FREE: Final = (13, 30, 35)
"""Tags of free text: diagnosis or indication, remarks, history."""


@dataclass(frozen=True, slots=True)
class Sections:
    """The sections by number, without their headers; `protocol` as 20 for 2.0, 0 where not said."""

    bodies: dict[int, bytes]
    protocol: int
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead: samples [start, end], counted from 1, and the code of its name."""

    start: int
    end: int
    code: int


@dataclass(frozen=True, slots=True)
class Complex:
    """A QRS complex of section 4: its type, and where its reference beat was taken away."""

    kind: int
    start: int
    fiducial: int
    end: int


def sections_of(data: bytes) -> Sections:
    """Return the sections of a file. Raises ImportFailed where they are not where they should be.

    A checksum that does not hold is refused in the sections of the signals, and elsewhere told;
    one of 0 was not worked out.
    """
    if len(data) < 6 + HEADER:
        raise ImportFailed(f"{len(data)} bytes: too short for SCP-ECG")
    size = unsigned(data, 2, 4)
    if not 6 + HEADER <= size <= len(data):
        raise ImportFailed(f"it says that it has {size} bytes, and has {len(data)}")
    data = data[:size]
    remarks: list[str] = []
    if not _holds(data):
        remarks.append("the checksum of the whole file does not hold")
    pointers = unsigned(data, 10, 4)
    if unsigned(data, 8, 2) != 0 or not HEADER <= pointers <= len(data) - 6:
        raise ImportFailed("section 0 is not at byte 7: it begins as no SCP-ECG file does")
    bodies = {}
    for at in range(6 + HEADER, 6 + pointers - 9, 10):
        number, length, index = (unsigned(data, at + d, n) for d, n in ((0, 2), (2, 4), (6, 4)))
        if 0 < number <= 12 and length > HEADER:
            bodies[number] = _body(data, number, length, index, remarks)
    return Sections(bodies, data[15], tuple(remarks))


def _body(data: bytes, number: int, length: int, index: int, remarks: list[str]) -> bytes:
    section = data[index - 1 : index - 1 + length]
    if index < 1 or len(section) < length:
        raise ImportFailed(f"section {number}: {length} bytes at {index} lie outside the file")
    if unsigned(section, 2, 2) != number:
        raise ImportFailed(f"section {number} is announced where there is another")
    if not _holds(section):
        if number in SIGNALS:
            raise ImportFailed(f"section {number}: its checksum does not hold")
        remarks.append(f"the checksum of section {number} does not hold")
    return section[HEADER:]


def unsigned(data: bytes, at: int, count: int) -> int:
    """Return a little-endian number of `count` bytes. Raises ImportFailed past the end."""
    if at + count > len(data):
        raise ImportFailed("a section is cut short")
    return int.from_bytes(data[at : at + count], "little")


def leads_of(body: bytes) -> tuple[list[Lead], int]:
    """Return the leads of section 3, and its flags. Raises ImportFailed."""
    count, flags = unsigned(body, 0, 1), unsigned(body, 1, 1)
    if not count:
        raise ImportFailed("section 3: no leads")
    leads = [
        Lead(unsigned(body, at, 4), unsigned(body, at + 4, 4), unsigned(body, at + 8, 1))
        for at in range(2, 2 + 9 * count, 9)
    ]
    for number, lead in enumerate(leads):
        if not 1 <= lead.start <= lead.end:
            raise ImportFailed(
                f"section 3: lead {number + 1} from sample {lead.start} to {lead.end} cannot be"
            )
    return leads, flags


def tables_of(body: bytes | None) -> list[Table] | None:
    """Return the Huffman tables of section 2; None: samples are not packed. Raises ImportFailed."""
    if body is None:
        return None
    count = unsigned(body, 0, 2)
    if count == DEFAULT_TABLE:
        return [table_of(default_codes())]
    if not 1 <= count <= _MOST_TABLES:
        raise ImportFailed(f"section 2: {count} Huffman tables cannot be")
    tables, at = [], 2
    for _ in range(count):
        codes = unsigned(body, at, 2)
        at += 2
        tables.append(table_of([_code(body, at + 9 * n) for n in range(codes)]))
        at += 9 * codes
    return tables


def _code(body: bytes, at: int) -> Code:
    bits, whole, mode = (unsigned(body, at + n, 1) for n in range(3))
    bits, whole = min(bits, whole), max(bits, whole)
    value = int.from_bytes(body[at + 3 : at + 5], "little", signed=True)
    # The first bit of the stream is the lowest here.
    mirrored = unsigned(body, at + 5, 4) & ((1 << bits) - 1)
    prefix = int(f"{mirrored:0{bits}b}"[::-1], 2) if bits else 0
    if mode:
        return Code(bits, prefix, whole - bits, value)
    if value < 1:
        raise ImportFailed(f"section 2: a switch to Huffman table {value}")
    return Code(bits, prefix, 0, 0, table=value)


def complexes_of(body: bytes) -> tuple[int, int, list[Complex], list[tuple[int, int]]]:
    """Return of section 4 the reference beat's length in ms and fiducial point, complexes, zones.

    The zones are those around the complexes that are not decimated. Raises ImportFailed.
    """
    length_ms, fiducial, count = (unsigned(body, at, 2) for at in (0, 2, 4))
    found = []
    for at in range(6, 6 + 14 * count, 14):
        kind, start, middle, end = (
            unsigned(body, at + d, n) for d, n in ((0, 2), (2, 4), (6, 4), (10, 4))
        )
        found.append(Complex(kind, start, middle, end))
    at = 6 + 14 * count
    zones = []
    if at + 8 * count <= len(body):
        zones = [
            (unsigned(body, at + 8 * n, 4), unsigned(body, at + 8 * n + 4, 4)) for n in range(count)
        ]
    return length_ms, fiducial, found, zones


@dataclass(frozen=True, slots=True)
class Said:
    """What section 1 says: when, whose, in which letters, and in free text."""

    identity: Identity
    start_time: float | None
    zone: str | None
    comments: tuple[str, ...]
    codec: str


def said_in(body: bytes | None) -> Said:
    """Return what section 1 says; what it says beyond its end counts as not said."""
    tags: dict[int, list[bytes]] = {}
    for tag, value in _tags(body or b""):
        tags.setdefault(tag, []).append(value)

    def first(tag: int, least: int = 0) -> bytes:
        return next((one for one in tags.get(tag, []) if len(one) >= least), b"")

    machine = first(14, 17)
    language = machine[16] if machine else 0
    codec = _CODECS.get(language, "latin-1") if language & 1 else "latin-1"
    at = _moment(first(25, 4), first(26, 3))
    texts = {tag: [text_in(one, codec) for one in values] for tag, values in tags.items()}
    name = [part for tag in (1, 0) for part in texts.get(tag, [])[:1] if part]
    offset = first(34, 2)
    minutes = int.from_bytes(offset[:2], "little", signed=True) if offset else 0x7FFF
    born = first(5, 4)
    return Said(
        Identity(
            patient=next(iter(texts.get(2, [])), "") or None,
            name=" ".join(name) or None,
            birth_date=f"{unsigned(born, 0, 2):04d}-{born[2]:02d}-{born[3]:02d}" if born else None,
            others=tuple(
                dict.fromkeys(one for tag in _PERSONS for one in texts.get(tag, []) if one)
            ),
        ),
        at,
        _zone(minutes) if at is not None else None,
        tuple(one for tag in _FREE for one in texts.get(tag, []) if one),
        codec,
    )


def _tags(body: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 3 <= len(body) and body[at] != 255:
        length = int.from_bytes(body[at + 1 : at + 3], "little")
        value = body[at + 3 : at + 3 + length]
        if len(value) < length:
            return
        yield body[at], value
        at += 3 + length


def _moment(day: bytes, clock: bytes) -> float | None:
    if not day or not clock:
        return None
    return seconds_at((unsigned(day, 0, 2), day[2], day[3]), (clock[0], clock[1], clock[2]))


def _zone(minutes: int) -> str | None:
    if abs(minutes) > 14 * 60:
        return None
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"


def text_in(value: bytes, codec: str) -> str:
    """Return a text up to its NUL."""
    if codec == "utf-16-le":
        return value.decode(codec, "replace").split("\0", 1)[0].strip()
    return value.split(b"\0", 1)[0].decode(codec, "replace").strip()


def statements_in(body: bytes | None, codec: str, *, coded: bool) -> list[str]:
    """Return the statements of section 8, or the `coded` ones of 11; what is cut short is not."""
    if body is None or len(body) < 9:
        return []
    found, at = [], 9
    for _ in range(body[8]):
        if at + 3 > len(body):
            break
        length = int.from_bytes(body[at + 1 : at + 3], "little")
        value = body[at + 3 : at + 3 + length]
        at += 3 + length
        parts: list[Any] = [value] if codec == "utf-16-le" else value[int(coded) :].split(b"\0")
        found.append(" ".join(text for part in parts if (text := text_in(part, codec))))
    return [one for one in found if one]


def _holds(part: bytes) -> bool:
    """Return whether a checksum (CRC-CCITT of all that follows it) holds; 0 was not worked out."""
    (said,) = struct.unpack_from("<H", part)
    return said in {0, binascii.crc_hqx(part[2:], 0xFFFF)}
