"""Annotation sets as JSON, a mark an object, or msgpack, a field a column (PROTOCOL 3)."""

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgpack
import msgspec
import numpy as np
from numpy.typing import NDArray

from ecgstream.model.annotation import ANYWHERE, POINT, AnnotationHead, Annotations, Extras
from ecgstream.wire.notes import Written
from ecgstream.wire.window import JSON, MSGPACK

PART: Final = 500
"""Marks worded in one go: some 0.5 ms in which no other thread runs."""

PART_BYTES: Final = 1 << 16

MARK_BYTES: Final = 8 * 8
"""What a mark holds in memory until it is sent."""
NOTE_BYTES: Final = 1_500
"""What one that a person wrote holds."""


class Mark(msgspec.Struct, frozen=True):
    """One annotation; `sample` counts at the record's rate.

    `lead` is the name of signal `chan`, where that can be said. `stop` and `score` are those of an
    overlay: the sample after the last of a stretch, and how sure it is; left out where unsaid.
    """

    sample: int
    symbol: str
    subtype: int
    chan: int
    num: int
    aux_note: str
    lead: str | msgspec.UnsetType = msgspec.UNSET
    stop: int | msgspec.UnsetType = msgspec.UNSET
    score: float | msgspec.UnsetType = msgspec.UNSET


class MarkSet(msgspec.Struct, frozen=True):
    """A set: `fs` is its own rate, `count` what it has in the span asked for, on all pages."""

    name: str
    fs: float
    source: str | None
    read_only: bool
    count: int
    annotations: list[Mark]


class Marks(msgspec.Struct, frozen=True):
    """All sets, those asked for; `next` is the cursor of what the page had no room for."""

    record: str
    fs: float
    length: int
    sets: list[MarkSet]
    next: str | None
    store: str | msgspec.UnsetType = msgspec.UNSET
    """Why what people write is not among them; only there where it is not."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What of a set is on the page: `marks` of the `count` that the span has."""

    head: AnnotationHead
    count: int
    marks: Annotations


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A page of the annotations of a record, `fs` and `length` of which are the record's.

    `leads` are the names of the signals that `chan` counts; empty where that cannot be said.
    """

    record: str
    fs: float
    length: int
    shown: Sequence[Shown]
    next: str | None
    leads: Sequence[str]
    written: Sequence[Written] = ()
    store: str | None = None

    @property
    def nbytes(self) -> int:
        """What it holds in memory."""
        written = sum(len(one.marks) for one in self.written) * NOTE_BYTES
        return sum(len(one.marks) for one in self.shown) * MARK_BYTES + written

    def parts(self, media_type: str) -> Iterator[bytes | memoryview]:
        """Yield the body as `media_type`, JSON or msgpack."""
        return {JSON: as_json, MSGPACK: as_msgpack}[media_type](self)

    def lead(self, chan: int) -> str | msgspec.UnsetType:
        """Return the name of a signal."""
        return self.leads[chan] if 0 <= chan < len(self.leads) else msgspec.UNSET


def as_json(sheet: Sheet) -> Iterator[bytes]:
    """Yield a `Marks`, some marks at a time; its `sets` are of `MarkSet` and `NoteSet`."""
    bare = msgspec.json.encode(Marks(sheet.record, sheet.fs, sheet.length, [], None))
    yield bare.removesuffix(b'],"next":null}')
    for number, one in enumerate(sheet.shown):
        head = msgspec.json.encode(MarkSet(**_said(one), annotations=[]))
        yield (b"," if number else b"") + head[:-2]
        for low in range(0, len(one.marks), PART):
            listed = msgspec.json.encode(marks(one.marks.take(slice(low, low + PART)), sheet))
            yield (b"," if low else b"") + listed[1:-1]
        yield b"]}"
    for number, written in enumerate(sheet.written):
        yield b"," if number or sheet.shown else b""
        yield from written.json()
    why = b"" if sheet.store is None else b',"store":' + msgspec.json.encode(sheet.store)
    yield b'],"next":' + msgspec.json.encode(sheet.next) + why + b"}"


def marks(of: Annotations, sheet: Sheet) -> list[Mark]:
    """Return annotations as objects."""
    if of.extras is not None:
        return _overlay_marks(of, of.extras)
    rows = zip(
        of.sample.tolist(), of.symbol.tolist(), of.subtype.tolist(), of.chan.tolist(),
        of.num.tolist(), of.aux_note.tolist(), strict=True,
    )  # fmt: skip
    return [
        Mark(sample, of.symbols[symbol], subtype, chan, num, of.aux_notes[note], sheet.lead(chan))
        for sample, symbol, subtype, chan, num, note in rows
    ]


def _overlay_marks(of: Annotations, extras: Extras) -> list[Mark]:
    """Return the marks of an overlay: `lead` is its own, and no guess."""
    rows = zip(
        of.listed(), extras.lead.tolist(), extras.stop.tolist(), extras.score.tolist(), strict=True
    )
    return [
        Mark(
            one.sample,
            one.symbol,
            one.subtype,
            one.chan,
            one.num,
            one.aux_note,
            msgspec.UNSET if lead == ANYWHERE else extras.leads[lead],
            msgspec.UNSET if stop == POINT else stop,
            msgspec.UNSET if math.isnan(score) else score,
        )
        for one, lead, stop, score in rows
    ]


def as_msgpack(sheet: Sheet) -> Iterator[bytes | memoryview]:
    """Yield the same with columns instead of `annotations`.

    `sample` is a bin of `sample_dtype` (`i4`, or `f8` where that is too narrow), little-endian;
    `symbol`, `subtype`, `chan`, `num`, `aux_note` are bins of `i4`, or the one number that all rows
    have. `symbol` and `aux_note` are places in `symbols` and `aux_notes`. A set that people write
    has lists, too, of the fields in `notes.BESIDE`; an overlay has `stop` (as `sample`; -1: a mark
    at one sample), `score` (`f8`, NaN: none) and `lead` (`i4`, places in its `leads`; -1: the whole
    record), all bins.
    """
    packer = msgpack.Packer(autoreset=False)
    head = {"record": sheet.record, "fs": sheet.fs, "length": sheet.length, "next": sheet.next}
    if sheet.store is not None:
        head["store"] = sheet.store
    packer.pack_map_header(len(head) + 2)
    _pack(packer, {**head, "leads": list(sheet.leads)})
    packer.pack("sets")
    packer.pack_array_header(len(sheet.shown) + len(sheet.written))
    for one in sheet.shown:
        yield from _columns(packer, _said(one), one.marks, {})
    for written in sheet.written:
        plain, beside = written.columns()
        head = {"name": written.name, "fs": written.fs, "source": None, "read_only": False}
        yield from _columns(packer, {**head, "count": written.count}, plain, beside)
    yield packer.bytes()


def _columns(
    packer: msgpack.Packer, head: dict[str, Any], of: Annotations, beside: dict[str, list[Any]]
) -> Iterator[bytes | memoryview]:
    """Yield a set, a field a column; those of `beside` are lists."""
    extras = of.extras
    last = 0 if extras is None or not len(of) else int(extras.stop.max())
    wide = len(of) > 0 and max(abs(int(of.sample[0])), abs(int(of.sample[-1])), last) >= 2**31
    if extras is not None:
        head = {**head, "leads": list(extras.leads)}
    said: dict[str, Any] = {
        **head,
        "sample_dtype": "f8" if wide else "i4",
        "symbols": list(of.symbols),
        "aux_notes": list(of.aux_notes),
        **beside,
    }
    columns = {name: getattr(of, name) for name in ("symbol", "subtype", "chan", "num")}
    columns["aux_note"] = of.aux_note
    packer.pack_map_header(len(said) + 1 + len(columns) + (0 if extras is None else 3))
    _pack(packer, said)
    packer.pack("sample")
    yield from _bin(packer, of.sample.astype("<f8" if wide else "<i4"))
    for name, column in columns.items():
        packer.pack(name)
        # A field of no use to its annotator is 0 throughout: a day of zeros is 600 KB.
        if len(column) and (column == column[0]).all():
            packer.pack(int(column[0]))
        else:
            yield from _bin(packer, column.astype("<i4"))
    if extras is not None:
        packer.pack("stop")
        yield from _bin(packer, extras.stop.astype("<f8" if wide else "<i4"))
        packer.pack("score")
        yield from _bin(packer, extras.score.astype("<f8"))
        packer.pack("lead")
        yield from _bin(packer, extras.lead.astype("<i4"))


def _pack(packer: msgpack.Packer, said: dict[str, Any]) -> None:
    for name, value in said.items():
        packer.pack(name)
        packer.pack(value)


def _bin(packer: msgpack.Packer, column: NDArray[Any]) -> Iterator[bytes | memoryview]:
    """Yield what was packed so far, and a bin32."""
    data = np.ascontiguousarray(column).data.cast("B")
    yield packer.bytes() + struct.pack(">BI", 0xC6, data.nbytes)
    packer.reset()
    for low in range(0, data.nbytes, PART_BYTES):
        yield data[low : low + PART_BYTES]


def _said(one: Shown) -> dict[str, Any]:
    head = one.head
    return {
        "name": head.name,
        "fs": head.fs,
        "source": head.source,
        "read_only": True,
        "count": one.count,
    }
