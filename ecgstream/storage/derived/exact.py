"""The envelope of any span out of a pyramid, exact to the sample, with few samples read.

Inside a column whole columns of the pyramid are taken. At its two ends one of them reaches over: if
that one is not lower or higher than what was found inside, none of its samples can be, and it is
left alone; else a finer level is asked, and below the finest the samples themselves.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.block import Column, Samples, is_missing
from ecgstream.storage import pieces
from ecgstream.storage.derived.pyramid import FIRST, width
from ecgstream.storage.derived.pyramid_file import Pyramid
from ecgstream.storage.source import SignalSource
from ecgstream.wire.envelope import Envelope, neutral, opened

Ints = NDArray[np.int64]

WORTH: int = 16
"""Finest columns of the pyramid in a column of the answer from which on it saves reading."""
CELLS: int = 4
"""Columns of the pyramid that a column of the answer has inside at least, where it can."""


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """Spans [start, stop) of samples, in order, and the column that each is a part of."""

    column: Ints
    start: Ints
    stop: Ints

    def __len__(self) -> int:
        return len(self.column)

    def where(self, chosen: NDArray[np.bool_]) -> "Segments":
        """Return those that are chosen."""
        return Segments(self.column[chosen], self.start[chosen], self.stop[chosen])

    def spread(self, by: int) -> tuple[Ints, Ints]:
        """Return all multiples of `by` in them, divided by it, and where those of each begin."""
        counts = (self.stop - self.start) // by
        begins = np.cumsum(counts) - counts
        return np.arange(int(counts.sum())) + np.repeat(self.start // by - begins, counts), begins

    def split(self, by: int) -> tuple["Segments", "Segments"]:
        """Return what of them is whole multiples of `by`, and the ends, none over a multiple."""
        first, last = -(-self.start // by) * by, self.stop // by * by
        whole = Segments(self.column, first, last).where(first < last)
        inside = first > last
        parts = [
            self.where(inside & (self.start < self.stop)),
            Segments(self.column, self.start, first).where(~inside & (self.start < first)),
            Segments(self.column, last, self.stop).where(~inside & (last < self.stop)),
        ]
        column, start, stop = (
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("column", "start", "stop")
        )
        order = np.argsort(start, kind="stable")
        return whole, Segments(column[order], start[order], stop[order])


def narrowed(pyramid: Pyramid, lead: str, bounds: Ints, envelope: Envelope) -> Segments:
    """Take what the pyramid says into `envelope`; return the samples that are still to be added.

    `bounds` are the envelope's. Blocks. Raises Damaged, OSError.
    """
    level = FIRST
    step = int(bounds[-1] - bounds[0]) // (len(bounds) - 1)
    while level < pyramid.top and CELLS * width(level + 1) <= step:
        level += 1
    left = Segments(np.arange(len(bounds) - 1), bounds[:-1], bounds[1:])
    while True:
        whole, ends = left.split(width(level))
        _take(pyramid, lead, level, whole, envelope)
        low, high = _columns(pyramid, lead, level, ends.start // width(level))
        column = ends.column
        left = ends.where((low < envelope.low[column]) | (high > envelope.high[column]))
        if level == FIRST or not len(left):
            return left
        level -= 1


def _columns(pyramid: Pyramid, lead: str, level: int, at: Ints) -> tuple[Samples, Samples]:
    low, high = pyramid.columns(lead, level, at)
    return opened(low, high, pyramid.about.leads[lead])


def _take(pyramid: Pyramid, lead: str, level: int, whole: Segments, envelope: Envelope) -> None:
    if not len(whole):
        return
    at, begins = whole.spread(width(level))
    low, high = _columns(pyramid, lead, level, at)
    low, high = np.minimum.reduceat(low, begins), np.maximum.reduceat(high, begins)
    _merge(envelope, whole.column, low, high)


Wanted = list[tuple[int, int, dict[str, Segments]]]
"""Stored pieces [start, stop), and which samples of which leads are wanted of each."""


def wanted(source: SignalSource, record: str, left: Mapping[str, Segments]) -> Wanted:
    """Return which pieces hold the segments of each lead, in order: each is read once."""
    found: dict[tuple[int, int], dict[str, Segments]] = {}
    for lead, pending in left.items():
        edges = source.edges(record, lead)
        # A shorter lead has no samples behind its end.
        segments = pending.where(pending.start < edges[-1])
        cuts = np.unique(np.concatenate([segments.start, edges]))
        first = np.searchsorted(cuts, segments.start, "left")
        last = np.searchsorted(cuts, np.minimum(segments.stop, edges[-1]), "left")
        counts = np.maximum(last - first, 0)
        begins = np.cumsum(counts) - counts
        at = np.arange(int(counts.sum())) + np.repeat(first - begins, counts)
        column = np.repeat(segments.column, counts)
        stop = np.minimum(cuts[at + 1], np.repeat(segments.stop, counts))
        parts = Segments(column, cuts[at], stop)
        piece = np.searchsorted(edges, parts.start, "right") - 1
        for number in np.unique(piece).tolist():
            span = (int(edges[number]), int(edges[number + 1]))
            found.setdefault(span, {})[lead] = parts.where(piece == number)
    return [(*span, found[span]) for span in sorted(found)]


def steps(found: Wanted, most: int = pieces.PIECE_VALUES) -> Iterator[Wanted]:
    """Cut what is wanted into steps of at most `most` values, but for a piece that is more alone.

    Leads of one piece that together are more are read one after the other.
    """
    step: Wanted = []
    held = 0
    for start, stop, leads in found:
        alone = (stop - start) * len(leads) > most
        for some in [{name: leads[name]} for name in leads] if alone else [leads]:
            count = (stop - start) * len(some)
            if step and held + count > most:
                yield step
                step, held = [], 0
            step.append((start, stop, some))
            held += count
    if step:
        yield step


def add(source: SignalSource, record: str, step: Wanted, envelopes: Mapping[str, Envelope]) -> None:
    """Read the pieces of a step and take what is wanted of them. Blocks.

    Raises as `pieces.read` does; what is corrupt is left out.
    """
    for start, stop, leads in step:
        read = pieces.read(source, record, list(leads), start, stop)
        for (name, segments), columns in zip(leads.items(), read, strict=True):
            for column in columns:
                _add(column, segments, envelopes[name])


def _add(column: Column, segments: Segments, envelope: Envelope) -> None:
    """Take `segments` of `column`, which begins before the first and ends behind the last."""
    if column.samples is None:
        return
    segments = segments.where((column.start <= segments.start) & (segments.stop <= column.stop))
    if not len(segments):
        return
    # Only these: a piece is 30 s, and a segment some samples of it.
    at, begins = segments.spread(1)
    lows = highs = column.samples[at - column.start]
    if not column.complete:
        above, below = neutral(column.dtype)
        missing = is_missing(lows, column.dtype)
        lows, highs = np.where(missing, above, lows), np.where(missing, below, highs)
    _merge(
        envelope,
        segments.column,
        np.minimum.reduceat(lows, begins),
        np.maximum.reduceat(highs, begins),
    )


def _merge(envelope: Envelope, column: Ints, low: Samples, high: Samples) -> None:
    """Take extremes into columns, in order; one may come more than once."""
    np.minimum.at(envelope.low, column, low)
    np.maximum.at(envelope.high, column, high)


def worth_it(bounds: Ints) -> bool:
    """Return whether a pyramid saves anything: else most pieces would be read all the same."""
    return int(bounds[-1] - bounds[0]) >= WORTH * width(FIRST) * (len(bounds) - 1)
