"""Samples of several signals interleaved in frames, as they lie in a file: bytes to stretches."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed
from ecgstream.formats.recording import Samples
from ecgstream.formats.stretches import Stretch

FRAME_MOST: Final = 16 << 20
"""Bytes of a frame that is read whole. Some put a whole recording in one."""

UNSIGNED: Final = 2**31
"""What `signed` takes off."""

EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - of wall clocks whose zone nobody said


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Offer the open file; what goes wrong inside becomes an ImportFailed that names it."""
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise ImportFailed(f"{path.name}: could not be read: {error.strerror}") from error
    except ImportFailed as error:
        if str(error).startswith(f"{path.name}: "):
            raise
        raise ImportFailed(f"{path.name}: {error}") from error


@dataclass(frozen=True, slots=True)
class Stored:
    """The bytes of a file."""

    path: Path

    def read(self, offset: int, size: int) -> bytes:
        """Return `size` bytes from `offset`. Raises ImportFailed."""
        with opened(self.path) as file:
            file.seek(offset)
            raw = file.read(size)
        if len(raw) != size:
            raise ImportFailed(f"{self.path.name}: was cut short while it was read")
        return raw


@dataclass(frozen=True, slots=True)
class Held:
    """The same of bytes in memory."""

    raw: bytes

    def read(self, offset: int, size: int) -> bytes:
        """Return `size` bytes from `offset`."""
        return self.raw[offset : offset + size]


@dataclass(frozen=True, slots=True)
class Block:
    """`count` samples of `size` bytes each in every frame, those of `signal`; None: not wanted.

    `decode` makes samples, shape (n * count,), of their bytes, shape (n, count * size).
    """

    signal: int | None
    count: int
    size: int
    decode: Callable[[NDArray[np.uint8]], Samples]


def interleaved(
    source: Stored | Held,
    offset: int,
    blocks: Sequence[Block],
    place: tuple[Fraction, int, Fraction],
) -> list[Stretch]:
    """Return the stretches of frames that lie one after the other from `offset`.

    A frame is its `blocks` in order. `place`: when the first begins, how many there are, and how
    long each is, in seconds.
    """
    at, frames, seconds = place
    edges = [0]
    for block in blocks:
        edges.append(edges[-1] + block.count * block.size)
    wanted = [
        (low, high, block)
        for low, high, block in zip(edges, edges[1:], blocks, strict=False)
        if block.signal is not None and block.count
    ]
    signals = tuple(block.signal for _, _, block in wanted if block.signal is not None)
    if edges[-1] <= FRAME_MOST:
        counts = tuple(block.count for _, _, block in wanted)
        read = partial(_whole, source, (offset, edges[-1]), wanted)
        return [Stretch(at, frames, signals, counts, read)]
    return [
        Stretch(
            at + number * seconds,
            block.count,
            (signal,),
            (1,),
            partial(_one, source, offset + number * edges[-1] + low, block),
        )
        for number in range(frames)
        for signal, (low, _, block) in zip(signals, wanted, strict=True)
    ]


def _whole(
    source: Stored | Held,
    place: tuple[int, int],
    wanted: Sequence[tuple[int, int, Block]],
    start: int,
    stop: int,
) -> list[Samples]:
    """Return the samples of frames [start, stop); `place`: offset and width in bytes."""
    offset, width = place
    raw = source.read(offset + start * width, (stop - start) * width)
    frames = np.frombuffer(raw, np.uint8).reshape(stop - start, width)
    return [block.decode(frames[:, low:high]) for low, high, block in wanted]


def _one(source: Stored | Held, offset: int, block: Block, start: int, stop: int) -> list[Samples]:
    """Return samples [start, stop) of one block."""
    raw = source.read(offset + start * block.size, (stop - start) * block.size)
    return [block.decode(np.frombuffer(raw, np.uint8).reshape(stop - start, block.size))]


def numbers(dtype: str, missing: bytes | None, raw: NDArray[np.uint8]) -> Samples:
    """Return bytes as the numbers of numpy's `dtype`; those equal to the bytes `missing` are none.

    Unsigned ones of 32 bits become signed, less `UNSIGNED`.
    """
    kind = np.dtype(dtype)
    values = np.ascontiguousarray(raw).view(kind).reshape(-1)
    none = None
    if missing is not None and len(missing) == kind.itemsize:
        none = values == np.frombuffer(missing, kind)[0]
    if kind.kind == "f":
        lost = ~np.isfinite(values)
        none = lost if none is None else none | lost
    return Samples(signed(values), none)


def signed(values: NDArray[Any]) -> NDArray[Any]:
    """Return unsigned values of 32 bits less `UNSIGNED`, which fit 32 with a sign; others as is."""
    if values.dtype.kind != "u" or values.dtype.itemsize != 4:
        return values
    return (values.astype(np.uint32) ^ np.uint32(UNSIGNED)).view(np.int32)
