"""Long spans, read in pieces along what is stored: bounded memory, a bad piece stays alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from ecgstream.errors import SourceCorrupt
from ecgstream.model.block import Column
from ecgstream.model.record import Lead
from ecgstream.storage.source import SignalSource

PIECE_VALUES: Final = 1 << 20
"""Values read in one go: some 10 to 30 ms of a reader thread, so that a viewer who plays waits no
longer than that behind somebody's overview of a day; at most 8 MB."""

Runs = dict[str, list[tuple[int, int]]]
"""By lead, runs of samples [start, stop) in order."""


def spans(
    source: SignalSource,
    record: str,
    leads: Sequence[str],
    start: int,
    stop: int,
    *,
    most: int = PIECE_VALUES,
) -> Iterator[tuple[int, int]]:
    """Cut [start, stop) at the stored edges of `leads` into spans of at most `most` values.

    Values count over all leads. A stored piece that alone is more stays whole: in parts it would
    be decoded again for each. Raises RecordNotFound, LeadNotFound.
    """
    edges = np.unique(np.concatenate([source.edges(record, lead) for lead in leads]))
    cuts = [*edges[(edges > start) & (edges < stop)].tolist(), stop]
    low = reach = start
    for cut in cuts:
        if (cut - low) * len(leads) > most and reach > low:
            yield low, reach
            low = reach
        reach = cut
    if reach > low:
        yield low, reach


def read(
    source: SignalSource, record: str, leads: Sequence[str], start: int, stop: int
) -> list[list[Column]]:
    """Return for each of `leads` the columns that cover [start, stop) up to its length.

    What cannot be read is a column without samples and with the reason `corrupt`, no larger than
    the stored piece. Blocks. Raises RecordNotFound, LeadNotFound, SourceUnavailable.
    """
    try:
        return [[column] for column in source.read(record, leads, start, stop)]
    except SourceCorrupt:
        return [_one_by_one(source, record, lead, start, stop) for lead in leads]


def together(source: SignalSource, record: str, leads: Sequence[Lead]) -> Iterator[Sequence[Lead]]:
    """Yield `leads` in runs of as many as are read in one go: all of them in our own layout.

    Read together they are decoded in a fraction of the time; but a stored piece stays whole, and
    large ones of many leads would not fit into memory. Leads of unlike pieces would cut each
    other's into parts, and each part be decoded anew.
    """
    alike: dict[bytes, list[Lead]] = {}
    for one in leads:
        alike.setdefault(source.edges(record, one.name).tobytes(), []).append(one)
    for some in alike.values():
        edges = source.edges(record, some[0].name)
        largest = int(np.diff(edges).max(initial=1))
        at_once = max(1, PIECE_VALUES // largest)
        for first in range(0, len(some), at_once):
            yield some[first : first + at_once]


def note(corrupt: Runs, lead: str, column: Column) -> None:
    """Note a column that could not be read; one that adjoins the last makes that run longer."""
    if column.reason != "corrupt":
        return
    runs = corrupt.setdefault(lead, [])
    run = (column.start, column.stop)
    if runs and runs[-1][1] == run[0]:
        run = (runs.pop()[0], run[1])
    runs.append(run)


def clipped(
    corrupt: Mapping[str, Sequence[tuple[int, int]]], names: Iterable[str], start: int, stop: int
) -> Runs:
    """Return of the runs of the leads `names` what is within [start, stop)."""
    found: Runs = {}
    for name in names:
        for low, high in corrupt.get(name, ()):
            if low < stop and start < high:
                found.setdefault(name, []).append((max(low, start), min(high, stop)))
    return found


def _one_by_one(
    source: SignalSource, record: str, lead: str, start: int, stop: int
) -> list[Column]:
    """Read a lead piece by piece, so that a bad one takes no other along."""
    columns = []
    for low, high in spans(source, record, [lead], start, stop, most=0):
        try:
            columns += source.read(record, [lead], low, high)
        except SourceCorrupt:
            one = source.record(record).lead(lead)
            end = min(high, one.length)
            if low < end:
                columns.append(Column(low, end, one.dtypes[0], None, reason="corrupt"))
    return columns
