"""Rows of many samples as pieces of a lead: where each begins is known, and they may overlap.

Of samples that several rows have, the row that begins first is shown; the others are compared with
it, bit by bit, once at the scan.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import LayoutError
from ecgstream.model.record import Record
from ecgstream.storage import reading
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.whose.keyed import Coded
from ecgstream.storage.places import StoredFile
from ecgstream.storage.stored import HOLE, Placement, StoredLead, StoredRecord, Track
from ecgstream.storage.survey import Found

PIECE: Final = 1 << 16
"""Samples of a piece at most, a row more or less: two minutes at 500 Hz. A row group of lists may
hold a day, and what is played is in memory by the piece."""

Piece = tuple[int, int, int, int, Placement | None]


@dataclass(frozen=True, slots=True, eq=False)
class Chunks:
    """Row k of a lead, in stored order: row `row[k]` of row group `group[k]` of file `part[k]`
    holds `count[k]` samples from sample `start[k]` on. In its column chunk it begins at value
    `level[k]` (`pages.Levels`).
    """

    part: NDArray[np.int64]
    group: NDArray[np.int64]
    row: NDArray[np.int64]
    start: NDArray[np.int64]
    count: NDArray[np.int64]
    level: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.row)

    @property
    def length(self) -> int:
        """Samples of the lead."""
        return int((self.start + self.count)[self.count > 0].max(initial=0))

    def skipped(self) -> NDArray[np.int64]:
        """Return how many samples of each row, from its first on, rows that begin sooner have."""
        if len(self) == 1:
            return np.zeros(1, np.int64)
        order = np.lexsort((np.arange(len(self)), self.start))
        stop = (self.start + self.count)[order]
        reach = np.append(np.iinfo(np.int64).min // 2, np.maximum.accumulate(stop)[:-1])
        skipped = np.empty(len(self), np.int64)
        skipped[order] = np.clip(reach - self.start[order], 0, self.count[order])
        return skipped

    def runs(self) -> Iterator[slice]:
        """Yield the rows of each piece: of one row group, not too many, and near each other."""
        if len(self) == 1:
            yield slice(0, 1)
            return
        stop = self.start + self.count
        apart = (np.diff(self.part) != 0) | (np.diff(self.group) != 0)
        apart |= np.abs(self.start[1:] - stop[:-1]) > HOLE
        begins = np.append(0, np.flatnonzero(apart) + 1)
        before = np.cumsum(self.count) - self.count
        of_run = np.repeat(before[begins], np.diff(np.append(begins, len(self))))
        full = np.flatnonzero(np.diff((before - of_run) // PIECE)) + 1
        edges = np.unique(np.concatenate([begins, full, [len(self)]])).tolist()
        yield from (slice(low, high) for low, high in pairwise(edges))


def track_of(chunks: Chunks, files: Sequence[StoredFile], numbers: Sequence[int]) -> Track:
    """Return the pieces of a lead; file number `numbers[i]` is `files[i]`."""
    skipped = chunks.skipped()
    places = {number: place for place, number in enumerate(numbers)}
    pieces: list[Piece] = []
    for some in chunks.runs():
        place, group = places[int(chunks.part[some.start])], int(chunks.group[some.start])
        within: tuple[int, int] | None
        within = int(chunks.row[some.start]), int(chunks.row[some.stop - 1]) + 1
        edges = files[place].groups
        if within == (0, int(edges[group + 1] - edges[group])):
            within = None
        placed = _placed(chunks.start[some], chunks.count[some], skipped[some], within)
        if placed is None:
            continue
        low, high, placement = placed
        if placement is not None and within is not None:
            placement = replace(placement, levels=_levels(chunks, some))
        pieces.append((place, group, low, high, placement))
    return Track.of(files, pieces, chunks.length)


def _levels(chunks: Chunks, some: slice) -> tuple[int, int] | None:
    """Return where some rows lie among the values of their column chunk; None if not together."""
    last = some.stop - 1
    if int(chunks.row[last] - chunks.row[some.start]) != last - some.start:
        return None
    return int(chunks.level[some.start]), int(chunks.level[last] + max(1, chunks.count[last]))


def _placed(
    start: NDArray[np.int64],
    count: NDArray[np.int64],
    skipped: NDArray[np.int64],
    within: tuple[int, int] | None,
) -> tuple[int, int, Placement | None] | None:
    """Return (start, stop, placement) of a piece; None where all of it is left out."""
    before = np.cumsum(count) - count
    # Each row is a run that is left out, and one that is kept; either may be of no samples.
    rows = np.column_stack([before, before + skipped]).ravel()
    samples = np.column_stack([np.full(len(start), -1), start + skipped]).ravel()
    lengths = np.column_stack([skipped, count - skipped]).ravel()
    there = lengths > 0
    rows, samples, lengths = rows[there], samples[there], lengths[there]
    kept = samples >= 0
    if not kept.any():
        return None
    low = int(samples[kept].min())
    high = int((samples + lengths)[kept].max())
    joined = np.where(kept[1:], kept[:-1] & (samples[1:] == (samples + lengths)[:-1]), ~kept[:-1])
    first = np.append(True, ~joined)
    rows, samples = rows[first], samples[first]
    if len(rows) == 1 and within is None:
        return low, high, None
    return low, high, Placement(rows, samples, within=within)


def checked(  # noqa: PLR0917 - what all of it goes by
    chunks: Chunks,
    stored: StoredLead,
    found: Sequence[Found],
    files: OpenFiles,
    where: Callable[[int], tuple[Found, int]],
    otherwise: str,
) -> int:
    """Compare what several rows have of one sample; return how many rows are there twice. Blocks.

    `found` are the files by number, `where` names a row of the lead. Raises LayoutError where a
    bit differs, with `otherwise` what is to be done; SourceError from reading.
    """
    skipped = chunks.skipped()
    if not skipped.any():
        return 0
    name, dtype = stored.lead.name, stored.lead.dtypes[0]
    record = StoredRecord(
        Record("", "", (stored.lead,), None, None, None, None), "", {name: stored}
    )
    columns = [stored.column, *(key for key, _ in stored.keys)]
    for some in chunks.runs():
        if not skipped[some].any():
            continue
        file = found[int(chunks.part[some.start])].file
        group = int(chunks.group[some.start])
        rows = int(chunks.row[some.start]), int(chunks.row[some.stop - 1]) + 1
        table, first = files.latest(file, group, columns, rows)
        values = reading.values_of(Coded(table.slice(rows[0] - first, rows[1] - rows[0])), stored)
        at = 0
        for k in range(some.start, some.stop):
            start, count = int(chunks.start[k]), int(skipped[k])
            own = values[at : at + count]
            at += int(chunks.count[k])
            if not count:
                continue
            (column,) = reading.read(record, [name], start, start + count, files)
            shown = column.cut(start, start + count, dtype)
            unlike = _unlike(own, shown)
            if unlike is not None:
                in_file, row = where(k)
                raise LayoutError(
                    f"row {row} and another have sample {start + unlike} of lead {name!r}, and not "
                    f"the same of it ({own[unlike]:g}, and {shown[unlike]:g} in the row that "
                    f"begins sooner){otherwise}",
                    path=in_file.shown,
                    column=stored.column,
                )
    return int(((skipped == chunks.count) & (chunks.count > 0)).sum())


def _unlike(one: NDArray[Any], other: NDArray[Any]) -> int | None:
    """Return the first place at which two arrays differ in a bit; None for none."""
    bits = f"u{one.dtype.itemsize}"
    unlike = np.ascontiguousarray(one).view(bits) != np.ascontiguousarray(other).view(bits)
    return int(unlike.argmax()) if unlike.any() else None
