"""A pyramid as bytes: tiles one after the other, then where each is, then how to read that.

    head       8 bytes, `MAGIC`
    tiles      each: the lowest of its columns, then the highest, little-endian
    directory  a msgpack map, see `PyramidWriter.close`
    tail       `_TAIL`: where the directory begins, its bytes, its CRC-32; `MAGIC` again

Every tile and the directory have a CRC-32, and the tail says how long the file is: what was cut
short or altered is `Damaged`, never shown. Docs: `docs/tiles.md`.
"""

import errno
import os
import stat
import struct
import weakref
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

import msgpack
import numpy as np
from numpy.typing import NDArray

from ecgstream.model.block import DTYPES, MISSING, NUMPY, Dtype, Samples
from ecgstream.model.record import Lead
from ecgstream.storage.derived.pyramid import FIRST, TILE, columns, top

MAGIC: Final = b"ECGPYR1\n"
_TAIL: Final = struct.Struct("<QQI8s")
_ENTRY: Final = np.dtype([("number", "<i8"), ("offset", "<i8"), ("crc", "<u4")])

Corrupt = Mapping[str, Sequence[tuple[int, int]]]
Tile = tuple[Samples, Samples]


class Damaged(Exception):
    """A pyramid that is not what was written: to be made anew."""


class Bytes(Protocol):
    """Where a pyramid is."""

    size: int

    def read(self, offset: int, count: int) -> bytes:
        """Return these bytes, fewer where there are no more; on several threads at once."""
        ...


class FileBytes:
    """A file that stays open, so that it can be read when its name is gone."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, also for what is no plain file: a FIFO would be waited on for ever."""
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError(errno.EINVAL, "is no plain file")
        self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        weakref.finalize(self, os.close, self._descriptor)
        self.size = os.fstat(self._descriptor).st_size

    def read(self, offset: int, count: int) -> bytes:
        """Return these bytes. Raises OSError."""
        return os.pread(self._descriptor, count, offset)


class MemoryBytes:
    """A pyramid that is kept in memory."""

    def __init__(self, held: bytes | bytearray) -> None:
        self._held = held
        self.size = len(held)

    def read(self, offset: int, count: int) -> bytes:
        """Return these bytes."""
        return bytes(self._held[offset : offset + count])


@dataclass(frozen=True, slots=True)
class About:
    """What a pyramid says of itself: what it was made of (`made_of`), and the leads at one rate.

    `corrupt` names by lead the runs [start, stop) that could not be read.
    """

    made_of: str
    fs: float
    length: int
    leads: Mapping[str, Dtype]
    corrupt: Corrupt

    def fits(self, made_of: str, fs: float, length: int, leads: Sequence[Lead]) -> bool:
        """Return whether it is the pyramid of these leads."""
        wanted = {one.name: one.dtypes[0] for one in leads}
        said = (self.made_of, self.fs, self.length, self.leads)
        return said == (made_of, fs, length, wanted)


class PyramidWriter:
    """Writes the tiles of leads to `out`, as they come."""

    def __init__(self, out: BinaryIO, most: int) -> None:
        """`most` are the bytes that it may become: then it raises TooMuch."""
        self._out = out
        self._most = most
        self._entries: dict[tuple[str, int], list[tuple[int, int, int]]] = {}
        out.write(MAGIC)
        self.size = len(MAGIC)

    def add(self, lead: str, level: int, number: int, low: Samples, high: Samples) -> None:
        """Append a tile. Raises TooMuch, OSError."""
        held = low.tobytes() + high.tobytes()
        entry = (number, self.size, zlib.crc32(held))
        self._entries.setdefault((lead, level), []).append(entry)
        self._put(held)

    def close(self, about: About) -> None:
        """Append directory and tail; `out` stays open. Raises TooMuch, OSError."""
        directory = {
            "made_of": about.made_of,
            "fs": about.fs,
            "length": about.length,
            "first": FIRST,
            "corrupt": {name: [list(run) for run in runs] for name, runs in about.corrupt.items()},
            "leads": [
                {
                    "name": name,
                    "dtype": dtype,
                    "levels": {
                        level: np.array(self._entries[name, level], _ENTRY).tobytes()
                        for level in range(FIRST, top(about.length) + 1)
                        if (name, level) in self._entries
                    },
                }
                for name, dtype in about.leads.items()
            ],
        }
        held = msgpack.packb(directory)
        begins = self.size
        self._put(held)
        self._put(_TAIL.pack(begins, len(held), zlib.crc32(held), MAGIC))

    def _put(self, held: bytes) -> None:
        if self.size + len(held) > self._most:
            raise TooMuch(self._most)
        self._out.write(held)
        self.size += len(held)


def _where(entries: bytes) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return number, offset and checksum of the tiles of a level, by number."""
    read = np.frombuffer(entries, _ENTRY)
    number, offset, crc = (np.ascontiguousarray(read[name]) for name in ("number", "offset", "crc"))
    return number, offset, crc


class TooMuch(Exception):
    """A pyramid larger than it may be."""


class Pyramid:
    """A pyramid that is there, safe on several threads. Every tile is checked when it is read."""

    def __init__(self, held: Bytes) -> None:
        """Raises Damaged, OSError."""
        self._held = held
        self.nbytes = held.size
        try:
            said = self._directory()
            self.about = About(
                said["made_of"],
                said["fs"],
                said["length"],
                {one["name"]: one["dtype"] for one in said["leads"]},
                {name: [(a, b) for a, b in runs] for name, runs in said["corrupt"].items()},
            )
            self._entries = {
                (one["name"], level): _where(entries)
                for one in said["leads"]
                for level, entries in one["levels"].items()
            }
            known = all(dtype in DTYPES for dtype in self.about.leads.values())
            if not known or said["first"] != FIRST:
                raise Damaged("of another kind")
        except (KeyError, TypeError, ValueError, struct.error) as error:
            raise Damaged(str(error)) from error
        self.top = top(self.about.length)

    def _directory(self) -> Any:
        held = self._held
        tail = held.read(max(0, held.size - _TAIL.size), _TAIL.size)
        if len(tail) < _TAIL.size or held.read(0, len(MAGIC)) != MAGIC:
            raise Damaged("no pyramid, or cut short")
        begins, size, crc, magic = _TAIL.unpack(tail)
        if magic != MAGIC or begins + size + _TAIL.size != held.size:
            raise Damaged("cut short")
        directory = held.read(begins, size)
        if zlib.crc32(directory) != crc:
            raise Damaged("its directory is not what was written")
        return msgpack.unpackb(directory, strict_map_key=False)

    def tile(self, lead: str, level: int, number: int) -> Tile | None:
        """Return lowest and highest of a tile's columns; None where it holds nothing.

        `level` is from FIRST to `top`. Raises Damaged, OSError.
        """
        entries = self._entries.get((lead, level))
        if entries is None:
            return None
        numbers, offsets, crcs = entries
        at = int(numbers.searchsorted(number))
        if at == len(numbers) or numbers[at] != number:
            return None
        dtype = NUMPY[self.about.leads[lead]]
        count = min(TILE, columns(self.about.length, level) - number * TILE)
        size = 2 * count * dtype.itemsize
        held = self._held.read(int(offsets[at]), size)
        if len(held) != size or zlib.crc32(held) != crcs[at]:
            raise Damaged(f"tile {number} of level {level} is not what was written")
        both = np.frombuffer(held, dtype)
        return both[:count], both[count:]

    def columns(self, lead: str, level: int, at: NDArray[np.int64]) -> Tile:
        """Return lowest and highest of the columns `at`, ascending; MISSING where nothing is.

        Reads each of their tiles once. Raises Damaged, OSError.
        """
        dtype = self.about.leads[lead]
        low = np.full(len(at), MISSING[dtype], NUMPY[dtype])
        high = low.copy()
        numbers = at // TILE
        begins = np.flatnonzero(np.diff(numbers, prepend=-1))
        for first, last in pairwise(np.append(begins, len(at)).tolist()):
            held = self.tile(lead, level, int(numbers[first]))
            if held is not None:
                inside = at[first:last] % TILE
                low[first:last], high[first:last] = held[0][inside], held[1][inside]
        return low, high
