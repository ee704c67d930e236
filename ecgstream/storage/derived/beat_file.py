"""The beats of a whole record as bytes, to be kept.

    head    8 bytes, `MAGIC`, and the CRC-32 of the rest
    rest    a msgpack map, see `packed`

What was cut short or altered, or is of another detector or other samples, is `Damaged`: made anew.
"""

import struct
import zlib
from typing import Any, Final

import msgpack
import numpy as np

from ecgstream.analysis.beats import DETECTOR, PIECE_S
from ecgstream.analysis.rate import rate
from ecgstream.storage.derived.beat_set import Stretch

MAGIC: Final = b"ECGBTS2\n"
_HEAD: Final = struct.Struct("<8sI")


class Damaged(Exception):
    """No beats of those samples by this detector."""


def packed(of: Stretch, made_of: str, lead: str | None, fs: float) -> bytes:
    """Return the beats of a whole record; `made_of` is what `SignalSource.version` says."""
    rest = msgpack.packb(
        {
            "made_of": made_of,
            "detector": DETECTOR,
            "piece_s": PIECE_S,
            "lead": lead,
            "fs": fs,
            "length": of.stop,
            "leads": [list(one) for one in of.leads],
            "sample": of.sample.astype("<i8").tobytes(),
            "blind": of.blind.astype("<i8").tobytes(),
            "why": list(of.why),
            "doubt": of.doubt.astype("<i8").tobytes(),
        }
    )
    return _HEAD.pack(MAGIC, zlib.crc32(rest)) + bytes(rest)


def unpacked(held: bytes, made_of: str, lead: str | None, fs: float, length: int) -> Stretch:
    """Return what `packed` wrote, the rate worked out anew. Raises Damaged."""
    if len(held) < _HEAD.size:
        raise Damaged("cut short")
    magic, crc = _HEAD.unpack_from(held)
    rest = memoryview(held)[_HEAD.size :]
    if magic != MAGIC or zlib.crc32(rest) != crc:
        raise Damaged("not what was written")
    said = msgpack.unpackb(rest)
    wanted = (made_of, DETECTOR, PIECE_S, lead, fs, length)
    names = ("made_of", "detector", "piece_s", "lead", "fs", "length")
    if tuple(said.get(name) for name in names) != wanted:
        raise Damaged("of other samples, or by another detector")
    return _stretch(said, fs, length)


def _stretch(said: dict[str, Any], fs: float, length: int) -> Stretch:
    sample = np.frombuffer(said["sample"], "<i8").astype(np.int64)
    blind = np.frombuffer(said["blind"], "<i8").astype(np.int64).reshape(-1, 2)
    why = tuple(said["why"])
    leads = tuple((low, high, name) for low, high, name in said["leads"])
    doubt = np.frombuffer(said["doubt"], "<i8").astype(np.int64)
    found = rate(sample, blind, why, fs, (0, length), doubt=doubt)
    return Stretch(0, length, sample, blind, why, leads, doubt, found)
