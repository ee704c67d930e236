"""Samples of a window as JSON, msgpack or an Arrow stream, made piece by piece (PROTOCOL 3)."""

import hashlib
import io
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgpack
import msgspec
import numpy as np
import pyarrow as pa

from ecgstream.errors import QueryError
from ecgstream.model.block import NUMPY, Column, Dtype, Samples, is_missing
from ecgstream.model.record import Lead
from ecgstream.wire.events import LeadInfo

JSON: Final = "application/json"
MSGPACK: Final = "application/msgpack"
ARROW: Final = "application/vnd.apache.arrow.stream"

FLOATS: Final = frozenset({"f4", "f8"})

INFINITE: Final = (
    "a sample is infinite, which JSON cannot carry: ask for application/msgpack, or for a window "
    "as an Arrow stream, by the header Accept; or for a span without it"
)

PART_VALUES: Final = 1 << 13
"""Values encoded in one go: as JSON some 0.3 ms in which no other thread runs."""

BATCH_VALUES: Final = 1 << 16
"""Values of a batch of the Arrow stream: its head and padding come once for each."""


class Head(msgspec.Struct, frozen=True):
    """What a window or envelope says before its samples. `leads` as in `subscribed`."""

    record: str
    fs: float
    start: int
    stop: int
    dtype: Dtype
    leads: list[LeadInfo]


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Samples [head.start, head.stop) of `leads`, an array of each lead's own first dtype.

    `corrupt` names by lead the runs [start, stop) that could not be read: missing too, but not
    because nothing was recorded. It is sent only where there is one.
    """

    head: Head
    leads: Sequence[Lead]
    samples: Sequence[Samples]
    corrupt: Mapping[str, Sequence[tuple[int, int]]]

    @property
    def nbytes(self) -> int:
        """What the samples hold in memory."""
        return sum(part.nbytes for part in self.samples)

    def etag(self, media_type: str) -> str:
        """Return the strong entity tag of its representation as `media_type`: of its content.

        Of the samples themselves, not of a file's time or size, so that it is equal on every
        server and after a restart, and never equal for other samples.
        """
        digest = hashlib.blake2b(digest_size=16)
        digest.update(media_type.encode())
        digest.update(msgspec.json.encode((self.head, self.corrupt)))
        for lead, part in zip(self.leads, self.samples, strict=True):
            digest.update(lead.dtypes[0].encode())
            digest.update(np.ascontiguousarray(part).data)
        return f'"{digest.hexdigest()}"'

    def carried(self) -> None:
        """Raise QueryError where JSON cannot carry the samples, before the first is sent."""
        for lead, part in zip(self.leads, self.samples, strict=True):
            if lead.dtypes[0] in FLOATS and np.isinf(part).any():
                raise QueryError("leads", f"{lead.name}: {INFINITE}")

    def parts(self, media_type: str) -> Iterator[bytes | memoryview]:
        """Yield the body as `media_type`, which is one of the three."""
        return {JSON: as_json, MSGPACK: as_msgpack, ARROW: as_arrow}[media_type](self)


def values(samples: Samples, dtype: Dtype) -> list[int | float | None]:
    """Return stored values for JSON, None where missing. Doubles come back to the bit.

    Raises QueryError for infinity, which JSON cannot carry: null would say that nothing is there.
    """
    out: list[int | float | None] = samples.tolist()
    if dtype in FLOATS and np.isinf(samples).any():
        raise QueryError("leads", INFINITE)
    for index in np.flatnonzero(is_missing(samples, dtype)).tolist():
        out[index] = None
    return out


def as_json(window: Window) -> Iterator[bytes]:
    """Yield {..., `samples`: {lead: [values as stored, null = missing]}}."""
    text = msgspec.json.encode(window.head)[:-1] + b',"samples":{'
    for number, (lead, part) in enumerate(zip(window.leads, window.samples, strict=True)):
        text += (b"," if number else b"") + msgspec.json.encode(lead.name) + b":["
        for low in range(0, len(part), PART_VALUES):
            piece = values(part[low : low + PART_VALUES], lead.dtypes[0])
            text += (b"," if low else b"") + msgspec.json.encode(piece)[1:-1]
            if len(text) > PART_VALUES:
                yield text
                text = b""
        text += b"]"
    text += b"}"
    if window.corrupt:
        text += b',"corrupt":' + msgspec.json.encode(window.corrupt)
    yield text + b"}"


def as_msgpack(window: Window) -> Iterator[bytes | memoryview]:
    """Yield the head and `samples`, one bin as in a frame: lead after lead, of one dtype."""
    head = msgspec.to_builtins(window.head)
    if window.corrupt:
        head["corrupt"] = msgspec.to_builtins(window.corrupt)
    dtype = window.head.dtype
    packer = msgpack.Packer(autoreset=False)
    packer.pack_map_header(len(head) + 1)
    for name, said in head.items():
        packer.pack(name)
        packer.pack(said)
    packer.pack("samples")
    count = window.head.stop - window.head.start
    size = count * len(window.leads) * NUMPY[dtype].itemsize
    yield packer.bytes() + struct.pack(">BI", 0xC6, size)  # the head of a bin32
    for lead, part in zip(window.leads, window.samples, strict=True):
        column = Column(0, count, lead.dtypes[0], part)
        for low in range(0, count, PART_VALUES):
            piece = column.cut(low, min(low + PART_VALUES, count), dtype)
            yield np.ascontiguousarray(piece).data.cast("B")


class _Sink(io.RawIOBase):
    """Takes what Arrow writes, to be handed on."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, data: Any) -> int:
        """Take a copy."""
        self._parts.append(bytes(data))
        self._written += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        """Return how many bytes were written in all: Arrow aligns by it."""
        return self._written

    def take(self) -> bytes:
        """Return what was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def as_arrow(window: Window) -> Iterator[bytes]:
    """Yield an Arrow stream: a column a lead in its stored type, null where missing."""
    fields = []
    for lead in window.leads:
        said = {"gain": repr(float(lead.gain)), "baseline": repr(float(lead.baseline))}
        if lead.unit is not None:
            said["unit"] = lead.unit
        kind = pa.from_numpy_dtype(NUMPY[lead.dtypes[0]])
        fields.append(pa.field(lead.name, kind, metadata=said))
    head = msgspec.to_builtins(window.head)
    about: dict[str | bytes, str | bytes] = {
        name: str(head[name]) for name in ("record", "fs", "start", "stop", "dtype")
    }
    if window.corrupt:
        about["corrupt"] = msgspec.json.encode(window.corrupt).decode()
    schema = pa.schema(fields, metadata=about)
    sink = _Sink()
    rows = max(1, BATCH_VALUES // len(window.leads))
    with pa.ipc.new_stream(sink, schema) as writer:
        for low in range(0, window.head.stop - window.head.start, rows):
            arrays = []
            for lead, part in zip(window.leads, window.samples, strict=True):
                piece = part[low : low + rows]
                arrays.append(pa.array(piece, mask=is_missing(piece, lead.dtypes[0])))
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
            yield sink.take()
    yield sink.take()
