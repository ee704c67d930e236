"""WebSocket messages as a client reads and writes them (RFC 6455, section 5). Pure."""

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgpack

from ecgstream.wire.frames import HEAD_BYTES, MAX_MESSAGE, ws_header
from ecgstream.wire.messages import BadMessage

SID: Final = 1
"""Every viewer's one subscription: with equal `sid`s they share the very bytes of a frame."""

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

_U16: Final = struct.Struct(">H")
_U64: Final = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class Whole:
    """How our own server writes a whole frame (wire/frames.py), WebSocket header included.

    All whole frames of a subscription are alike but for `start` and the samples, so that a frame
    is known by two comparisons. `unpack` gives (prefix, start, tail) of what lies in a buffer.
    """

    unpack: Callable[[bytearray | bytes, int], tuple[bytes, int, bytes]]
    prefix: bytes
    tail: bytes
    count: int
    samples: int
    """Where the samples begin."""
    size: int
    """Bytes in all."""


def whole(count: int, width: int) -> Whole:
    """Return the whole frame of `count` samples, each of `width` bytes for all leads."""
    size = count * width
    header = ws_header(HEAD_BYTES + size)
    prefix = header + bytes((0x94, SID, 0xCF))  # array of 4, sid, uint64 follows
    tail = struct.pack(">BIBI", 0xCE, count, 0xC6, size)  # uint32, bin32
    head = struct.Struct(f">{len(prefix)}sQ{len(tail)}s")
    return Whole(head.unpack_from, prefix, tail, count, head.size, head.size + size)


@dataclass(frozen=True, slots=True)
class Piece:
    """One WebSocket frame: `payload` is a view of the buffer, `stop` where the next one begins."""

    opcode: int
    last: bool
    payload: memoryview
    stop: int


def piece(data: memoryview, at: int) -> Piece | None:
    """Return the WebSocket frame at `at`, or None while it is not whole. Raises BadMessage."""
    have = len(data) - at
    if have < 2:
        return None
    first, second = data[at], data[at + 1]
    if first & 0x70 or second & 0x80:
        raise BadMessage("a reserved bit, or a server that masks")
    opcode, length, begin = first & 0x0F, second, at + 2
    if length >= 126:
        width = _U16 if length == 126 else _U64
        if have < 2 + width.size:
            return None
        (length,) = width.unpack_from(data, begin)
        begin += width.size
    if length > MAX_MESSAGE:
        raise BadMessage(f"a message of {length:,} bytes, more than {MAX_MESSAGE:,}")
    if opcode not in {CONT, BINARY, CLOSE, PING, PONG}:
        raise BadMessage(f"opcode {opcode}: all messages are binary")
    if opcode >= CLOSE and (length > 125 or not first & 0x80):
        raise BadMessage("a control frame that is long or in parts")
    if len(data) - begin < length:
        return None
    return Piece(opcode, bool(first & 0x80), data[begin : begin + length], begin + length)


def masked(opcode: int, payload: bytes) -> bytes:
    """Return a client's final WebSocket frame of fewer than 64 KiB."""
    key = os.urandom(4)
    length = len(payload)
    head = bytes((0x80 | opcode, 0x80 | length)) if length < 126 else (
        bytes((0x80 | opcode, 0xFE)) + _U16.pack(length)
    )  # fmt: skip
    mask = int.from_bytes((key * (length // 4 + 1))[:length], "big")
    body = (int.from_bytes(payload, "big") ^ mask).to_bytes(length, "big")
    return head + key + body


def command(op: str, **fields: Any) -> bytes:
    """Return a command as a message."""
    return masked(BINARY, msgpack.packb({"op": op, **fields}))


def closing(code: int) -> bytes:
    """Return a close frame."""
    return masked(CLOSE, _U16.pack(code))


def close_code(payload: memoryview) -> int:
    """Return the code of a close frame; 1005 where it has none (RFC 6455, 7.1.5)."""
    return int(_U16.unpack_from(payload)[0]) if len(payload) >= 2 else 1005
