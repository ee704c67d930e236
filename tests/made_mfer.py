"""Writes MFER files by the standard (ISO 22077-1): tag, length, value."""

from dataclasses import dataclass, field

import numpy as np

TYPES = {"i2": 0, "u2": 1, "i4": 2, "u1": 3, "i1": 5, "u4": 6, "f4": 7, "f8": 8}


def tag(number: int, value: bytes, channel: int | None = None, undefined: bool = False) -> bytes:
    head = bytes([number])
    if channel is not None:
        head += bytes([channel]) if channel < 128 else bytes([0x80 | channel >> 7, channel & 0x7F])
    if undefined:
        return head + b"\x80" + value + b"\0\0"
    size = len(value)
    if size < 0x80:
        return head + bytes([size]) + value
    width = (size.bit_length() + 7) // 8
    return head + bytes([0x80 | width]) + size.to_bytes(width, "big") + value


def decimal(unit: int, exponent: int, mantissa: int, order: str, width: int = 2) -> bytes:
    return (
        bytes([unit])
        + exponent.to_bytes(1, "big", signed=True)
        + mantissa.to_bytes(width, order, signed=True)
    )


@dataclass
class Channel:
    """`samples`: shape (sequences, samples of a block)."""

    samples: np.ndarray
    lead: int | str | None = 1
    resolution: tuple[int, int, int] | None = (0, -6, 5)
    interval: tuple[int, int, int] | None = None
    offset: float | None = None
    null: float | None = None


@dataclass
class Frame:
    channels: list[Channel]
    before: bytes = b""
    pointer: int | None = None
    sequences: int | None = None
    """What is announced; None: nothing."""


@dataclass
class File:
    frames: list[Frame]
    little: bool = True
    interval: tuple[int, int, int] | None = (1, -3, 2)
    head: bytes = b""
    time: bytes = bytes([*(2012).to_bytes(2, "little"), 2, 29, 23, 59, 58, 0xF4, 1, 0, 0])
    undefined: bool = False
    tail: bytes = b"\x80"
    extra: list[bytes] = field(default_factory=list)

    def encode(self) -> bytes:
        order = "little" if self.little else "big"
        end = "<" if self.little else ">"
        out = tag(0x40, b"MFR Standard 12 leads ECG".ljust(32))
        out += tag(0x01, bytes([self.little])) + tag(0x02, b"\1\2\3") + self.head
        if self.interval is not None:
            out += tag(0x0B, decimal(*self.interval, order))
        if self.time:
            out += tag(0x85, self.time)
        for frame in self.frames:
            out += frame.before
            out += tag(0x05, len(frame.channels).to_bytes(2, order))
            if frame.sequences is not None:
                out += tag(0x06, frame.sequences.to_bytes(4, order))
            for k, one in enumerate(frame.channels):
                dtype = one.samples.dtype
                kind = dtype.str[1:]
                own = tag(0x04, one.samples.shape[1].to_bytes(4, order))
                own += tag(0x0A, bytes([TYPES[kind]]))
                if one.lead is not None:
                    code = one.lead if isinstance(one.lead, int) else 0
                    text = b"" if isinstance(one.lead, int) else one.lead.encode()
                    own += tag(0x09, code.to_bytes(2, order) + text)
                if one.resolution is not None:
                    own += tag(0x0C, decimal(*one.resolution, order))
                if one.interval is not None:
                    own += tag(0x0B, decimal(*one.interval, order))
                for number, value in ((0x0D, one.offset), (0x12, one.null)):
                    if value is not None:
                        own += tag(number, np.array([value]).astype(end + kind).tobytes())
                out += tag(0x3F, own, channel=k, undefined=self.undefined)
            if frame.pointer is not None:
                out += tag(0x07, frame.pointer.to_bytes(4, order, signed=True))
            body = b""
            for number in range(len(frame.channels[0].samples)):
                for one in frame.channels:
                    body += one.samples[number].astype(end + one.samples.dtype.str[1:]).tobytes()
            out += tag(0x1E, body)
        return out + b"".join(self.extra) + self.tail
