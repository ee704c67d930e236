"""Whether what came is what is stored: every frame against `window`, by digest.

While the test runs a frame is only hashed, and equal frames are kept once, with their number.
The windows are read afterwards, so that they disturb nobody.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

import msgpack
import numpy as np

from ecgstream.model.block import NUMPY, Dtype, Samples, is_missing

DIGEST_BYTES: Final = 16
WINDOW_VALUES: Final = 1_000_000
"""Values asked for at a time; the server gives 4 M at most."""

Strip = tuple[str, tuple[str, ...], Dtype]
"""What frames can be compared: of one record, the same leads, the same type."""
Span = tuple[int, int]
Read = Callable[[str, Sequence[str], int, int], bytes]
"""Reads a window as msgpack: record, leads, start, stop."""


def digest(samples: memoryview | bytes) -> bytes:
    """Return what stands for the samples of a frame."""
    return blake2b(samples, digest_size=DIGEST_BYTES).digest()


@dataclass(slots=True)
class Seen:
    """The frames (start, count, digest) and `missing` gaps (start, stop) by strip, counted."""

    frames: dict[Strip, Counter[tuple[int, int, bytes]]] = field(default_factory=dict)
    gaps: dict[Strip, Counter[Span]] = field(default_factory=dict)

    def of(self, strip: Strip) -> Counter[tuple[int, int, bytes]]:
        """Return where the frames of a strip are counted."""
        return self.frames.setdefault(strip, Counter())

    def gap(self, strip: Strip, start: int, stop: int) -> None:
        """Count a declared gap."""
        self.gaps.setdefault(strip, Counter())[start, stop] += 1

    def add(self, other: "Seen") -> None:
        """Add what another process saw."""
        for strip, frames in other.frames.items():
            self.of(strip).update(frames)
        for strip, gaps in other.gaps.items():
            self.gaps.setdefault(strip, Counter()).update(gaps)

    def __len__(self) -> int:
        """How many frames and gaps were counted in all."""
        return sum(frames.total() for frames in self.frames.values()) + sum(
            gaps.total() for gaps in self.gaps.values()
        )


def compare(seen: Seen, read: Read) -> int:
    """Return how many of the frames and gaps do not hold what the windows hold."""
    wrong = 0
    for strip, frames in seen.frames.items():
        by_span: dict[Span, list[tuple[bytes, int]]] = {}
        for (start, count, found), number in frames.items():
            by_span.setdefault((start, start + count), []).append((found, number))
        for (low, high), samples in _stored(strip, sorted(by_span), read):
            right = digest(samples.tobytes()) if samples is not None else b""
            wrong += sum(number for found, number in by_span[low, high] if found != right)
    for strip, gaps in seen.gaps.items():
        for (low, high), samples in _stored(strip, sorted(gaps), read):
            if samples is None or not is_missing(samples, strip[2]).all():
                wrong += gaps[low, high]
    return wrong


def _stored(
    strip: Strip, spans: Sequence[Span], read: Read
) -> Iterator[tuple[Span, Samples | None]]:
    """Yield each span with its samples, (leads, count); None where the window is of another type.

    Spans that lie close together are read at once; one longer than a window, piece by piece.
    """
    record, leads, dtype = strip
    most = max(1, WINDOW_VALUES // len(leads))
    first = 0
    while first < len(spans):
        low, high = spans[first]
        last = first + 1
        while last < len(spans) and spans[last][1] - low <= most:
            high = max(high, spans[last][1])
            last += 1
        parts = [
            _window(read(record, leads, at, min(at + most, high)), dtype, len(leads))
            for at in range(low, high, most)
        ]
        whole = [part for part in parts if part is not None]
        samples = np.concatenate(whole, axis=1) if len(whole) == len(parts) else None
        for start, stop in spans[first:last]:
            yield (start, stop), None if samples is None else samples[:, start - low : stop - low]
        first = last


def _window(body: bytes, dtype: Dtype, leads: int) -> Samples | None:
    said = msgpack.unpackb(body)
    if said["dtype"] != dtype or len(said["leads"]) != leads:
        return None
    return np.frombuffer(said["samples"], NUMPY[dtype]).reshape(leads, -1)
