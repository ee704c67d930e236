"""MFER's definitions, tag by tag: what is in force when a frame of samples comes.

MFER Part 1 (ISO 22077-1): tag, length, value, in an order that matters. A definition holds until
another comes; one for a channel (`MWF_ATT`) goes before that for all. The samples themselves are
passed over: only their place is noted.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import BinaryIO, Final

from ecgstream.errors import ImportFailed

VALUE_MOST: Final = 1 << 20
"""Bytes of a definition's value; samples may have more."""
CHANNELS_MOST: Final = 4_096
FRAMES_MOST: Final = 1_000_000
DEEPEST: Final = 8
ENTRIES_MOST: Final = 500_000

ZERO, ORDER, TEXT_CODE, BLOCK, CHANNELS, SEQUENCES, POINTER, WAVEFORM, LEAD, TYPE = (
    *(0x00, 0x01, 0x03, 0x04, 0x05),
    *(0x06, 0x07, 0x08, 0x09, 0x0A),
)
INTERVAL, RESOLUTION, OFFSET, COMPRESSION, FILTER, NULL, INFORMATION, NOTE, MACHINE = (
    *(0x0B, 0x0C, 0x0D, 0x0E),
    *(0x11, 0x12, 0x15, 0x16, 0x17),
)
SAMPLES, ATTRIBUTES, EVENT, VALUE, SKEW, GROUP, END = 0x1E, 0x3F, 0x41, 0x42, 0x43, 0x67, 0x80
NAME, PATIENT, AGE, TIME = 0x81, 0x82, 0x83, 0x85

OF_CHANNEL: Final = frozenset(
    {BLOCK, SEQUENCES, WAVEFORM, LEAD, TYPE, INTERVAL, RESOLUTION, OFFSET, NULL, SKEW}
)
"""Definitions that a channel may have of its own."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A value as it stands in the file, and in which order its bytes are."""

    data: bytes
    little: bool

    @property
    def unsigned(self) -> int:
        """The value as a whole number."""
        return int.from_bytes(self.data, "little" if self.little else "big")

    @property
    def signed(self) -> int:
        """The value as a whole number with a sign."""
        return int.from_bytes(self.data, "little" if self.little else "big", signed=True)

    def part(self, start: int, stop: int | None = None) -> "Raw":
        """Return some of its bytes."""
        return Raw(self.data[start:stop], self.little)

    @property
    def scaled(self) -> tuple[int, Fraction]:
        """A unit's code and a decimal: one byte, an exponent and a mantissa. ImportFailed."""
        if not 3 <= len(self.data) <= 6:
            raise ImportFailed(f"an interval or a resolution of {len(self.data)} bytes: 3 to 6")
        exponent = int.from_bytes(self.data[1:2], signed=True)
        return self.data[0], self.part(2).signed * Fraction(10) ** exponent


@dataclass(frozen=True, slots=True)
class Frame:
    """Samples: `size` bytes at `offset`, little endian or not, and the definitions of each channel.

    `time`: which value of MWF_TIM was in force, None before the first. `pointer`: None, not said.
    """

    offset: int
    size: int
    little: bool
    channels: tuple[Mapping[int, Raw], ...]
    pointer: int | None
    time: Raw | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A definition of something that is no frame: an event, a note, a name."""

    tag: int
    value: Raw
    channel: int | None
    charset: str


@dataclass(slots=True)
class Read:
    """What a file defines, in its order. `interval`: that of all channels at the end."""

    frames: list[Frame] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    interval: Raw | None = None
    remarks: list[str] = field(default_factory=list)


def read(file: BinaryIO, size: int) -> Read:
    """Return what an open file of `size` bytes defines. Raises ImportFailed."""
    walk = _Walk(file, size)
    walk.go(0, size, None, 0)
    walk.out.interval = walk.common.get(INTERVAL)
    return walk.out


class _Walk:
    """Goes over the definitions, and knows which are in force."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self.out = Read()
        self.common: dict[int, Raw] = {}
        self._own: dict[int, dict[int, Raw]] = {}
        self._channels = 1
        self._little = False
        self._charset = ""
        self._pointer: int | None = None
        self._time: Raw | None = None
        self._settings: Mapping[int, Callable[[Raw], None]] = {
            ORDER: self._set_order,
            CHANNELS: self._set_channels,
            POINTER: self._set_pointer,
            TEXT_CODE: self._set_charset,
            COMPRESSION: self._refuse_compressed,
        }

    def go(self, at: int, stop: int, channel: int | None, depth: int) -> bool:
        """Take up the definitions in [at, stop); return whether the file has ended in between."""
        if depth > DEEPEST:
            raise ImportFailed(f"definitions more than {DEEPEST} deep")
        while at < stop:
            tag, of, at = self._tag(at, stop)
            if tag == ZERO:
                at = self._past_zeros(at, stop)
                continue
            if tag == END:
                return True
            length, at = self._length(at, stop)
            # Of undefined length: up to two bytes of zero.
            inside = self._undefined(at, stop, depth) if length is None else at + length
            if inside > stop:
                raise ImportFailed(
                    f"cut short: tag {tag:#04x} at byte {at} has {inside - at} bytes, "
                    f"{stop - at} are there"
                )
            if tag in {ATTRIBUTES, GROUP}:
                if tag == ATTRIBUTES and of >= self._channels:
                    self._remark(f"attributes of channel {of + 1} of {self._channels}: left out")
                elif self.go(at, inside, of if tag == ATTRIBUTES else channel, depth + 1):
                    return True
            elif tag == SAMPLES:
                self._frame(at, inside - at)
            else:
                self._define(tag, at, inside - at, channel)
            at = inside + (2 if length is None else 0)
        return False

    def _past_zeros(self, at: int, stop: int) -> int:
        while at < stop:
            raw = self._bytes(at, min(1 << 16, stop - at))
            if left := raw.lstrip(b"\0"):
                return at + len(raw) - len(left)
            at += len(raw)
        return at

    def _tag(self, at: int, stop: int) -> tuple[int, int, int]:
        """Return a tag, the channel it is for, and what follows."""
        tag, at, channel = self._bytes(at, 1)[0], at + 1, 0
        if tag == ATTRIBUTES:
            more = True
            while more and at < stop and channel < CHANNELS_MOST:
                byte, at = self._bytes(at, 1)[0], at + 1
                channel, more = channel << 7 | byte & 0x7F, bool(byte & 0x80)
        return tag, channel, at

    def _length(self, at: int, stop: int) -> tuple[int | None, int]:
        if at >= stop:
            raise ImportFailed(f"cut short: a length at byte {at} is not there")
        first = self._bytes(at, 1)[0]
        if first < 0x80:
            return first, at + 1
        if first == 0x80:
            return None, at + 1
        if first > 0x84:
            raise ImportFailed(f"a length of {first & 0x7F} bytes at byte {at}: at most 4")
        return int.from_bytes(self._bytes(at + 1, first & 0x7F)), at + 1 + (first & 0x7F)

    def _undefined(self, at: int, stop: int, depth: int) -> int:
        """Return where the two bytes of zero stand that end a value of undefined length."""
        if depth > DEEPEST:
            raise ImportFailed(f"definitions more than {DEEPEST} deep")
        while at + 1 < stop:
            if self._bytes(at, 2) == b"\0\0":
                return at
            tag, _, at = self._tag(at, stop)
            if tag != ZERO:
                length, at = self._length(at, stop)
                at = self._undefined(at, stop, depth + 1) + 2 if length is None else at + length
        raise ImportFailed("cut short: a value of undefined length has no end")

    def _bytes(self, at: int, size: int) -> bytes:
        self._file.seek(at)
        raw = self._file.read(size)
        if len(raw) != size:
            raise ImportFailed(f"cut short at byte {at + len(raw)}")
        return raw

    def _define(self, tag: int, at: int, size: int, channel: int | None) -> None:
        if size > VALUE_MOST:
            raise ImportFailed(f"tag {tag:#04x} has {size} bytes: expected {VALUE_MOST} at most")
        value = Raw(self._bytes(at, size), self._little)
        if tag in OF_CHANNEL:
            there = self.common if channel is None else self._own.setdefault(channel, {})
            if size:
                there[tag] = value
            else:
                there.pop(tag, None)  # back to what is usual
        elif tag in self._settings:
            self._settings[tag](value)
        else:
            if tag == TIME:
                self._time = value
            self._entry(tag, value, channel)

    def _set_order(self, value: Raw) -> None:
        if value.data not in {b"", b"\0", b"\1"}:
            raise ImportFailed(f"byte order: expected 0 or 1, found {value.unsigned}")
        self._little = value.data == b"\1"

    def _set_channels(self, value: Raw) -> None:
        count = value.unsigned if value.data else 1
        if not 0 < count <= CHANNELS_MOST:
            raise ImportFailed(f"number of channels: expected 1 to {CHANNELS_MOST}, found {count}")
        self._channels, self._own = count, {}

    def _set_pointer(self, value: Raw) -> None:
        self._pointer = value.signed if value.data else None

    def _set_charset(self, value: Raw) -> None:
        self._charset = value.data.decode("latin-1").strip("\0 ").lower()

    def _refuse_compressed(self, value: Raw) -> None:
        if value.part(0, 2).unsigned:
            raise ImportFailed("its samples are compressed (MWF_CMP), which is not read")

    def _entry(self, tag: int, value: Raw, channel: int | None) -> None:
        self.out.entries.append(Entry(tag, value, channel, self._charset))
        if len(self.out.entries) > ENTRIES_MOST:
            raise ImportFailed(f"more than {ENTRIES_MOST} definitions cannot be right")

    def _frame(self, at: int, size: int) -> None:
        if len(self.out.frames) >= FRAMES_MOST:
            raise ImportFailed(f"more than {FRAMES_MOST} frames of samples cannot be right")
        self.out.frames.append(
            Frame(
                offset=at,
                size=size,
                little=self._little,
                channels=tuple(self._in_force(k) for k in range(self._channels)),
                pointer=self._pointer,
                time=self._time,
            )
        )
        self._pointer = None

    def _in_force(self, channel: int) -> Mapping[int, Raw]:
        # A lead that is named for all is that of the first.
        common = {tag: one for tag, one in self.common.items() if tag != LEAD or not channel}
        return {**common, **self._own.get(channel, {})}

    def _remark(self, said: str) -> None:
        if said not in self.out.remarks:
            self.out.remarks.append(said)


_CODECS: Final = (
    ("jis x 0208", "iso2022_jp"),
    ("jis x 0212", "iso2022_jp_1"),
    ("jis x 0201", "shift_jis"),
    ("iso 2022", "iso2022_jp"),
    ("rfc 1468", "iso2022_jp"),
    ("iso-2022-jp", "iso2022_jp"),
    ("ascii", "latin-1"),
    ("iso 8859-1", "latin-1"),
)


def text_of(data: bytes, charset: str) -> str:
    """Return bytes as text in a character set of MWF_TXC; UTF-8, else Latin-1, where it is none."""
    for codec in _codecs(charset):
        with contextlib.suppress(UnicodeDecodeError, LookupError):
            return data.decode(codec).strip("\0 ")
    return data.decode("latin-1").strip("\0 ")


def _codecs(charset: str) -> Iterator[str]:
    yield from (codec for named, codec in _CODECS if charset.startswith(named))
    if charset.replace("-", "").replace("_", "").isalnum():
        yield charset
    yield "utf-8"
