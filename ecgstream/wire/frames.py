"""Signal frames as framed bytes that all viewers share, and back.

A frame leaves as one WebSocket binary message, RFC 6455 header included, so that the very same
`bytes` object goes to everybody. Integers in it have a fixed width (the protocol allows any), so
that a frame is one `struct.pack` and one join.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgpack
import numpy as np

from ecgstream.model.block import NUMPY, Dtype, Samples

MAX_MESSAGE: Final = 1 << 20
"""Bytes of the largest server message (PROTOCOL section 1)."""

# array of 4, sid as a fixint, start as uint64, count as uint32, samples as bin32
_HEAD: Final = struct.Struct(">BBBQBIBI")
HEAD_BYTES: Final = _HEAD.size


def framed(payload: bytes) -> bytes:
    """Return `payload` as one unmasked, final WebSocket binary message (RFC 6455, 5.2)."""
    return ws_header(len(payload)) + payload


def ws_header(length: int) -> bytes:
    """Return the header of such a message of `length` bytes."""
    if length < 126:
        return bytes((0x82, length))
    if length < 1 << 16:
        return struct.pack(">BBH", 0x82, 126, length)
    return struct.pack(">BBQ", 0x82, 127, length)


def payload_of(message: bytes) -> memoryview:
    """Return what `framed` wrapped, for a way of sending that makes its own header."""
    return memoryview(message)[{126: 4, 127: 10}.get(message[1], 2) :]


def encode_frame(sid: int, start: int, count: int, leads: Iterable[Samples | memoryview]) -> bytes:
    """Return the framed message `[sid, start, count, samples]`.

    `leads` holds for each lead, in order, `count` little-endian values as a contiguous array or
    as their bytes.
    """
    samples = b"".join(leads)  # type: ignore[arg-type]  # numpy's arrays are buffers too
    size = len(samples)
    head = _HEAD.pack(0x94, sid, 0xCF, start, 0xCE, count, 0xC6, size)
    return b"".join((ws_header(HEAD_BYTES + size), head, samples))


def encode_frames(
    sid: int, start: int, count: int, leads: Sequence[memoryview], dtype: Dtype
) -> list[bytes]:
    """Return the frames of `count` samples each that follow one another from `start` on.

    `leads` holds for each lead, in order, the bytes of as many whole frames of `dtype`. What
    `encode_frame` would give for each, at a fraction of the cost: a lead is gone through once.
    """
    number = len(leads[0]) // (count * NUMPY[dtype].itemsize)
    by_lead = np.frombuffer(b"".join(leads), NUMPY[dtype]).reshape(len(leads), number, count)
    by_frame = memoryview(by_lead.transpose(1, 0, 2).tobytes())
    size = len(by_frame) // number
    header = ws_header(HEAD_BYTES + size)
    messages = []
    for k in range(number):
        head = _HEAD.pack(0x94, sid, 0xCF, start + k * count, 0xCE, count, 0xC6, size)
        messages.append(b"".join((header, head, by_frame[k * size : (k + 1) * size])))
    return messages


def payloads_of(messages: bytes) -> Iterator[memoryview]:
    """Yield what `framed` wrapped, of one message after the other in the same bytes."""
    at = 0
    while at < len(messages):
        length = messages[at + 1]
        begin = at + {126: 4, 127: 10}.get(length, 2)
        if length >= 126:
            length = int.from_bytes(messages[at + 2 : begin], "big")
        at = begin + length
        yield memoryview(messages)[begin:at]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A frame as a client sees it: `samples` has shape (leads, count)."""

    sid: int
    start: int
    count: int
    samples: Samples


def decode(payload: bytes | memoryview, dtypes: dict[int, Dtype]) -> Frame | dict[str, Any]:
    """Return a message of the server: a Frame, its samples of type `dtypes[sid]`, or an event.

    Raises ValueError for a message that is neither.
    """
    value = msgpack.unpackb(payload)
    if isinstance(value, dict):
        return value
    if not isinstance(value, list) or len(value) != 4:
        raise ValueError("neither an event nor a signal frame")
    sid, start, count, samples = value
    return Frame(sid, start, count, np.frombuffer(samples, NUMPY[dtypes[sid]]).reshape(-1, count))
