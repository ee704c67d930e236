"""XLI, the compression of Philips' Sierra ECG files: LZW of the differences of differences. Pure.

Worked out by C. A. Watford (sierra-ecg-tools, MIT), from whose description this is written anew.
Each lead is a chunk: its size (int32), two bytes unused, a first difference (int16), then an LZW
stream of 10 bit codes. Decompressed, the upper bytes of all differences come first and the lower
ones after them.

`ecgdatakit` decodes the chunks alike, and is the other reader in the tests; where it rebuilds the
limb leads it differs (see `limb_leads`).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed

CODE_BITS: Final = 10
MOST_SAMPLES: Final = 600_000
"""Of a lead: 20 minutes at 500 Hz, where files have 11 s. A kilobyte of LZW can say a megabyte."""

_BIAS: Final = 64
_HEAD: Final = 8


def decode(data: bytes) -> list[NDArray[np.int64]]:
    """Return the leads in `data`, each of shape (n,), as they were encoded.

    Raises ImportFailed where it is cut short, no such stream, or says more than `MOST_SAMPLES`.
    """
    leads: list[NDArray[np.int64]] = []
    at = 0
    while at < len(data):
        where = f"XLI chunk {len(leads) + 1}"
        if len(leads) >= 64:
            raise ImportFailed(f"{where}: more than 64 leads")
        size = int.from_bytes(data[at : at + 4], "little", signed=True)
        first = int.from_bytes(data[at + 6 : at + _HEAD], "little", signed=True)
        stream = data[at + _HEAD : at + _HEAD + max(size, 0)]
        if size <= 0 or len(stream) < size:
            raise ImportFailed(f"{where}: {size} bytes announced, {len(stream)} there")
        leads.append(_integrated(_unpacked(_lzw(stream, where), where), first))
        at += _HEAD + size
    return leads


def limb_leads(leads: Sequence[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Return I, II, III, aVR, aVL, aVF of six leads as encoded, the last four as what is left.

    The halves are cut towards zero, as the device cuts them: with those of negative sums cut
    downwards every third of those comes out more than 1 unit beside what I and II give
    (tests/test_device_files.py has the proof).
    """
    one, two, *rest = leads
    three = two - one - rest[0]
    return [
        one,
        two,
        three,
        -rest[1] - _half(one + two),
        _half(one - three) - rest[2],
        _half(two + three) - rest[3],
    ]


def _half(values: NDArray[np.int64]) -> NDArray[np.int64]:
    halves: NDArray[np.int64] = np.sign(values) * (np.abs(values) // 2)
    return halves


def _lzw(stream: bytes, where: str) -> bytes:
    """Return a decompressed LZW stream: 10 bit codes, upper bits first, no code for clearing."""
    strings: list[bytes] = [bytes([code]) for code in range(256)]
    full = (1 << CODE_BITS) - 2
    out = bytearray()
    previous = b""
    held = bits = 0
    for byte in stream:
        held, bits = ((held << 8) | byte) & 0xFFFFF, bits + 8
        if bits < CODE_BITS:
            continue
        bits -= CODE_BITS
        code = (held >> bits) & ((1 << CODE_BITS) - 1)
        if code > full:
            break  # the end
        if code < len(strings):
            string = strings[code]
        elif previous and code == len(strings):
            string = previous + previous[:1]
        else:
            raise ImportFailed(f"{where}: an LZW code that stands for nothing yet")
        if previous and len(strings) <= full:
            strings.append(previous + string[:1])
        previous = string
        out += string
        if len(out) > 2 * MOST_SAMPLES:
            raise ImportFailed(f"{where}: more than {MOST_SAMPLES} samples")
    return bytes(out)


def _unpacked(packed: bytes, where: str) -> NDArray[np.int64]:
    if len(packed) < 4:
        raise ImportFailed(f"{where}: {len(packed)} bytes, too few for two samples")
    packed += b"\0" * (len(packed) % 2)
    halves = np.frombuffer(packed, np.uint8).reshape(2, -1).astype(np.uint16)
    words: NDArray[np.uint16] = (halves[0] << 8) | halves[1]
    return words.view(np.int16).astype(np.int64)


def _integrated(codes: NDArray[np.int64], first: int) -> NDArray[np.int64]:
    """Undo the differences of differences: x[i] = 2 x[i-1] - x[i-2] - d[i-1], d biased by 64."""
    steps = np.concatenate(([first], codes[2:-1] - _BIAS)) if len(codes) > 2 else codes[:0]
    slopes = (codes[1] - codes[0]) - np.concatenate(([0], np.cumsum(steps)))
    return np.asarray(np.concatenate((codes[:1], codes[0] + np.cumsum(slopes))), np.int64)
