"""Windows of any length: asked for in pieces that a server gives, and put together. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import numpy as np

from ecgstream.client.errors import BadAnswer
from ecgstream.client.signal import Window
from ecgstream.model.block import NUMPY, Dtype
from ecgstream.wire.events import LeadInfo

MSGPACK: Final = "application/msgpack"
Runs = dict[str, list[tuple[int, int]]]
"""By lead the runs [start, stop) that could not be read."""

PIECE_VALUES: Final = 1_000_000
"""Values asked for at once: a quarter of what a server gives, so that others have their turn."""


class Piece(msgspec.Struct, frozen=True):
    """A window as it is sent: `samples` lead after lead."""

    record: str
    fs: float
    start: int
    stop: int
    dtype: Dtype
    leads: tuple[LeadInfo, ...]
    samples: memoryview
    corrupt: Runs = {}


_DECODER: Final = msgspec.msgpack.Decoder(Piece)


def spans(start: int, stop: int, leads: int) -> Iterator[tuple[int, int]]:
    """Yield the pieces [low, high) that [start, stop) of so many leads is asked for in.

    At least one, so that an empty window has its leads and a refusal its words.
    """
    step = max(1, PIECE_VALUES // max(1, leads))
    yield start, min(stop, start + step)
    for low in range(start + step, stop, step):
        yield low, min(stop, low + step)


def piece(body: bytes) -> Piece:
    """Return one answer. Raises BadAnswer."""
    try:
        found = _DECODER.decode(body)
    except (msgspec.DecodeError, ValueError) as error:
        raise BadAnswer(f"not a window: {error}") from None
    count = (found.stop - found.start) * len(found.leads)
    if len(found.samples) != count * NUMPY[found.dtype].itemsize:
        raise BadAnswer("a window of another size than its head says")
    return found


class Joining:
    """A window that comes in pieces, from [start, stop) of a record."""

    def __init__(self, start: int, stop: int) -> None:
        self._start = start
        self._stop = stop
        self._next = start
        self._head: Piece | None = None
        self._samples = np.empty((0, 0))
        self._corrupt: Runs = {}

    def add(self, found: Piece) -> None:
        """Add the next piece. Raises BadAnswer for one that is not the next, or of other leads."""
        if self._head is None:
            self._head = found
            shape = (len(found.leads), self._stop - self._start)
            self._samples = np.empty(shape, NUMPY[found.dtype])
        head = self._head
        alike = (found.leads, found.dtype, found.fs) == (head.leads, head.dtype, head.fs)
        if found.start != self._next or found.stop > self._stop or not alike:
            raise BadAnswer("a window whose pieces do not fit: was the record changed meanwhile?")
        values = np.frombuffer(found.samples, NUMPY[found.dtype]).reshape(len(found.leads), -1)
        self._samples[:, found.start - self._start : found.stop - self._start] = values
        for name, runs in found.corrupt.items():
            self._corrupt[name] = merged(self._corrupt.get(name, []), runs)
        self._next = found.stop

    def window(self) -> Window:
        """Return the whole. Raises BadAnswer where a piece is not there."""
        head = self._head
        if head is None or self._next != self._stop:
            raise BadAnswer("a window that ends before its end")
        return Window(
            head.record,
            self._start,
            self._stop,
            head.fs,
            head.dtype,
            head.leads,
            self._samples,
            {name: tuple(runs) for name, runs in self._corrupt.items()},
        )


def merged(
    runs: Sequence[tuple[int, int]], more: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Return `runs` and then `more`; a run that was cut in two at the seam is one again."""
    if runs and more and runs[-1][1] == more[0][0]:
        return [*runs[:-1], (runs[-1][0], more[0][1]), *more[1:]]
    return [*runs, *more]
