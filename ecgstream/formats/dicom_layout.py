"""Where in a DICOM file the samples lie, and the rest of it without them.

The samples of a day are one element deep inside a sequence, which pydicom reads into memory whole.
So the elements are walked here, only by their tags and lengths: what pydicom is then given is the
same data set, byte for byte, but for the samples (DICOM PS3.5, 7.1 and 7.5) and for anything else
of more than `ELEMENT_MOST` bytes.
"""

import io
import zlib
from dataclasses import dataclass
from typing import BinaryIO, Final

from ecgstream.errors import ImportFailed

ELEMENT_MOST: Final = 1 << 20
"""Bytes of an element that is kept: no attribute of a waveform needs as many."""
KEPT_MOST: Final = 32 << 20
INFLATED_MOST: Final = 128 << 20
"""Bytes of a deflated data set, which can only be had whole."""
DEEPEST: Final = 16
"""Sequences inside sequences."""

IMPLICIT: Final = "1.2.840.10008.1.2"
BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
DEFLATED: Final = "1.2.840.10008.1.2.1.99"

_WAVEFORMS: Final = (0x5400, 0x0100)
_DATA: Final = (0x5400, 0x1010)
_ITEM, _ITEM_END, _SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)
_UNDEFINED: Final = 0xFFFFFFFF
_LONG: Final = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
"""Value representations whose length has four bytes, after two that are reserved."""


@dataclass(frozen=True, slots=True)
class Data:
    """The samples of one multiplex group: `size` bytes at `offset`; `bytewise`: VR OB."""

    offset: int
    size: int
    bytewise: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """A data set without its samples, and where those are.

    `data`: a group each, None where it has none. `source`: the inflated data set, where the file
    is deflated: offsets count in that, else in the file.
    """

    rest: bytes
    implicit: bool
    little: bool
    data: tuple[Data | None, ...]
    source: bytes | None


@dataclass(frozen=True, slots=True)
class _Element:
    tag: tuple[int, int]
    vr: bytes
    start: int
    value: int
    size: int


def layout_of(file: BinaryIO, size: int) -> Layout:
    """Return the layout of an open file of `size` bytes. Raises ImportFailed."""
    file.seek(128)
    at = 132 if file.read(4) == b"DICM" else 0
    syntax, at = _meta(_Walk(file, size, implicit=False, little=True), at)
    source = None
    if syntax == DEFLATED:
        file.seek(at)
        source = _inflated(file)
        file, size, at = io.BytesIO(source), len(source), 0
    little = syntax != BIG_ENDIAN
    implicit = syntax == IMPLICIT if syntax else not _explicit(file, at)
    walk = _Walk(file, size, implicit=implicit, little=little)
    while at < size:
        element = walk.element(at)
        if element.tag == _WAVEFORMS:
            at = walk.waveforms(element)
        else:
            at = walk.after(element)
            walk.keep(element, at)
    return Layout(b"".join(walk.kept), implicit, little, tuple(walk.data), source)


def _meta(walk: "_Walk", at: int) -> tuple[str, int]:
    """Return the transfer syntax, empty where none is said, and where the data set begins."""
    syntax = ""
    while at < walk.size and walk.tag(at)[0] == 2:
        element = walk.element(at)
        if element.tag == (2, 0x10):
            syntax = walk.read(element.value, min(element.size, 64)).decode("latin-1").strip("\0 ")
        at = walk.after(element)
    return syntax, at


def _explicit(file: BinaryIO, at: int) -> bool:
    file.seek(at + 4)
    letters = file.read(2)
    return letters.isalpha() and letters.isupper()


def _inflated(file: BinaryIO) -> bytes:
    try:
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        out = inflate.decompress(file.read(INFLATED_MOST), INFLATED_MOST)
    except zlib.error as error:
        raise ImportFailed(f"its deflated data set cannot be inflated: {error}") from error
    if inflate.unconsumed_tail:
        raise ImportFailed(f"its data set inflates to more than {INFLATED_MOST >> 20} MiB")
    if not inflate.eof:
        raise ImportFailed("cut short: its deflated data set has no end")
    return out


class _Walk:
    """Goes over the elements of a data set, and gathers what is kept of it."""

    def __init__(self, file: BinaryIO, size: int, *, implicit: bool, little: bool) -> None:
        self._file = file
        self.size = size
        self._implicit = implicit
        self._order = "little" if little else "big"
        self.kept: list[bytes] = []
        self.data: list[Data | None] = []
        self._held = 0

    def read(self, at: int, size: int) -> bytes:
        if size < 0 or at + size > self.size:
            raise ImportFailed(
                f"cut short: an element at byte {at} goes on to byte {at + size} of {self.size}"
            )
        self._file.seek(at)
        return self._file.read(size)

    def tag(self, at: int) -> tuple[int, int]:
        raw = self.read(at, 4)
        return self._number(raw[:2]), self._number(raw[2:])

    def element(self, at: int) -> _Element:
        """Return the element that begins at `at`; its value may go beyond the end."""
        tag = self.tag(at)
        if self._implicit or tag[0] == 0xFFFE:
            return _Element(tag, b"", at, at + 8, self._number(self.read(at + 4, 4)))
        vr = self.read(at + 4, 2)
        if not (vr.isalpha() and vr.isupper()):
            raise ImportFailed(f"at byte {at} no data element begins")
        if vr in _LONG:
            return _Element(tag, vr, at, at + 12, self._number(self.read(at + 8, 4)))
        return _Element(tag, vr, at, at + 8, self._number(self.read(at + 6, 2)))

    def after(self, element: _Element, depth: int = 0) -> int:
        """Return where the next element begins."""
        if element.size != _UNDEFINED:
            if element.value + element.size > self.size:
                raise ImportFailed(
                    f"cut short: the element at byte {element.start} has {element.size} bytes, "
                    f"{self.size - element.value} are there"
                )
            return element.value + element.size
        if depth > DEEPEST:
            raise ImportFailed(f"sequences more than {DEEPEST} deep")
        walk = self
        if element.vr == b"UN":
            # A sequence that a writer did not know: always implicit, little endian (PS3.5 6.2.2).
            walk = _Walk(self._file, self.size, implicit=True, little=True)
        at = element.value
        while (tag := walk.tag(at)) != _SEQUENCE_END:
            if tag != _ITEM:
                raise ImportFailed(f"at byte {at} an item or the end of a sequence should be")
            at = walk._after_item(at, depth)
        return at + 8

    def _after_item(self, at: int, depth: int) -> int:
        item = self.element(at)
        if item.size != _UNDEFINED:
            return self.after(item)
        at = item.value
        while self.tag(at) != _ITEM_END:
            at = self.after(self.element(at), depth + 1)
        return at + 8

    def keep(self, element: _Element, stop: int) -> None:
        if stop - element.start <= ELEMENT_MOST:
            self._put(self.read(element.start, stop - element.start))

    def waveforms(self, sequence: _Element) -> int:
        """Keep the groups without their samples, whose places are noted; return what is next."""
        defined = sequence.size != _UNDEFINED
        stop = self.after(sequence) if defined else self.size
        self._put(self._open(_WAVEFORMS))
        at, ended = sequence.value, defined
        while at < stop:
            item = self.element(at)
            if item.tag == _SEQUENCE_END and not defined:
                stop = at = item.value
                ended = True
                break
            if item.tag != _ITEM:
                raise ImportFailed(f"at byte {at} a multiplex group should begin")
            self.data.append(None)
            self._put(self._open(_ITEM))
            at = self._group(item)
            self._put(self._close(_ITEM_END))
        if at != stop or not ended:
            raise ImportFailed("cut short: the sequence of waveforms does not end where it says")
        self._put(self._close(_SEQUENCE_END))
        return at

    def _group(self, item: _Element) -> int:
        defined = item.size != _UNDEFINED
        stop = self.after(item) if defined else self.size
        at = item.value
        while at < stop:
            element = self.element(at)
            if element.tag == _ITEM_END and not defined:
                return element.value
            following = self.after(element)
            if element.tag == _DATA:
                if element.size == _UNDEFINED:
                    raise ImportFailed("samples of undefined length: they are encapsulated")
                self.data[-1] = Data(element.value, element.size, element.vr == b"OB")
            else:
                self.keep(element, following)
            at = following
        if at != stop or not defined:
            raise ImportFailed("cut short: a multiplex group does not end where it says")
        return at

    def _put(self, raw: bytes) -> None:
        self._held += len(raw)
        if self._held > KEPT_MOST:
            raise ImportFailed(f"more than {KEPT_MOST >> 20} MiB of attributes cannot be right")
        self.kept.append(raw)

    def _open(self, tag: tuple[int, int]) -> bytes:
        """Return the head of a sequence or an item of undefined length."""
        long = b"" if self._implicit or tag == _ITEM else b"SQ\0\0"
        return self._encoded(tag) + long + b"\xff\xff\xff\xff"

    def _close(self, tag: tuple[int, int]) -> bytes:
        return self._encoded(tag) + b"\0\0\0\0"

    def _encoded(self, tag: tuple[int, int]) -> bytes:
        return b"".join(part.to_bytes(2, self._order) for part in tag)  # type: ignore[arg-type]

    def _number(self, raw: bytes) -> int:
        return int.from_bytes(raw, self._order)  # type: ignore[arg-type]
