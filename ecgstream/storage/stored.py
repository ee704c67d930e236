"""Where the samples of a record are stored: row groups of Parquet files, whatever their layout.

A lead is a `Track` of pieces: which row group of which file holds which samples. All layouts
(`hive`, `layouts`) come down to that; from here on nobody knows which one it was.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import LeadNotFound, SourceError
from ecgstream.model.block import MISSING, Dtype, Samples
from ecgstream.model.record import Lead, Record
from ecgstream.model.timebase import Numbered
from ecgstream.storage.annotations import StoredSet
from ecgstream.storage.places import StoredFile
from ecgstream.storage.source import Extremes
from ecgstream.storage.survey import Surveyed, unknown

HOLE: Final = 4096
"""Samples without a row that are no matter: 32 KB at most."""

SURE: Final = 0.9
"""Of a sample: so far times may spread about a line, and still be rounded to the right one."""


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Where the values of one row group belong, if they do not lie one after the other.

    Runs of values (of those that are the lead's: a row is one, or a list of them): run k begins at
    value `rows[k]`, at sample `samples[k]` of the lead; a negative sample means that the run is
    left out, however long.
    """

    rows: NDArray[np.int64]
    samples: NDArray[np.int64]
    shared: bool = False
    """Whether several pieces are of this row group."""
    within: tuple[int, int] | None = None
    """The rows [low, high) of the row group that hold all of them; None = all its rows."""
    levels: tuple[int, int] | None = None
    """Where these rows lie in their column chunk (`pages.Levels`), of lists without others between;
    None = not known."""

    @classmethod
    def of(cls, samples: NDArray[np.int64], *, shared: bool = False) -> "Placement":
        """Wrap the sample number of each row; -1 = left out."""
        out = samples < 0
        # Whatever number is left out, it is one run with the next that is.
        goes_on = np.where(out[1:], out[:-1], ~out[:-1] & (np.diff(samples) == 1))
        rows = np.concatenate([[0], np.flatnonzero(~goes_on) + 1]).astype(np.int64)
        return cls(rows, samples[rows], shared)

    def expand(self, count: int) -> NDArray[np.int64]:
        """Return the sample number of each of `count` values; negative = left out."""
        lengths = np.diff(np.append(self.rows, count))
        numbers = np.repeat(self.samples - self.rows, lengths) + np.arange(count)
        out = self.samples < 0
        if out.any():
            numbers[np.repeat(out, lengths)] = -1
        return numbers


@dataclass(frozen=True, slots=True, eq=False)
class ByTime:
    """Sample numbers by the time of a row, for rows out of order: nothing is kept of each of them.

    Times are those of `column` less `base` (the record's first), in `tick` ms: runs without a gap,
    run k from `at[k]` ms on, which is sample `sample[k]`; `shift[k]` of a sample, and `per_ms`
    samples a millisecond, make every other one of it.
    """

    column: str
    base: int | float
    tick: float
    at: NDArray[np.float64]
    sample: NDArray[np.int64]
    shift: NDArray[np.float64]
    per_ms: float

    def numbers(self, times: NDArray[Any]) -> NDArray[np.int64]:
        """Return the sample numbers of rows with these times, as stored."""
        since = (times - self.base).astype(np.float64) * self.tick
        run = np.searchsorted(self.at, since, "right") - 1
        inside = np.rint((since - self.at[run]) * self.per_ms + self.shift[run])
        found: NDArray[np.int64] = self.sample[run] + inside.astype(np.int64)
        return found

    @classmethod
    def of(  # noqa: PLR0917 - a time as it is stored
        cls,
        column: str,
        base: float,
        tick: float,
        times: NDArray[np.float64],
        numbered: Numbered,
        per_ms: float,
    ) -> "ByTime | None":
        """Return what makes the numbers that `times` (ms since `base`, sorted) have.

        None where no line through each run does: times with jitter.
        """
        first = numbered.first
        lengths = np.diff(np.append(first, len(times)))
        place = np.arange(len(times)) - np.repeat(first, lengths)
        off = place - (times - np.repeat(times[first], lengths)) * per_ms
        low, high = np.minimum.reduceat(off, first), np.maximum.reduceat(off, first)
        # Numbers are rounded: what strays by less than half a sample is the right one.
        if (high - low).max() > SURE:
            return None
        return cls(column, base, tick, times[first], numbered.sample, (low + high) / 2, per_ms)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """The pieces of a lead in the order of `start`; leads stored side by side share one.

    Piece k is in row group `group[k]` of `files[file[k]]` and spans samples [start[k], stop[k]);
    all have shape (pieces,). A row group with long gaps is several pieces, of one placement.
    `placements` knows the pieces whose rows are out of order or have gaps in time between them.
    `edges` are `SignalSource.edges`.
    """

    files: tuple[StoredFile, ...]
    file: NDArray[np.int32]
    group: NDArray[np.int32]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    placements: Mapping[int, Placement]
    edges: NDArray[np.int64]
    reach: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        files: Sequence[StoredFile],
        pieces: Iterable[tuple[int, int, int, int, Placement | None]],
        length: int,
    ) -> "Track":
        """Lay out `pieces` (file, group, start, stop, placement) of a lead of `length` samples."""
        laid = sorted((p for p in pieces if p[2] < p[3]), key=lambda p: (p[2], p[3]))
        file = np.array([p[0] for p in laid], np.int32)
        group = np.array([p[1] for p in laid], np.int32)
        start = np.array([p[2] for p in laid], np.int64)
        stop = np.array([p[3] for p in laid], np.int64)
        reach = np.maximum.accumulate(stop) if len(stop) else stop
        # Pieces that overlap in time are decoded together: an edge only where none reaches over.
        alone = np.append(True, reach[:-1] <= start[1:])[: len(start)]
        begins = start[alone]
        ends = reach[np.append(alone[1:], True)] if len(start) else start
        # What is read takes memory for its whole span: a hole that would more than double a
        # piece is one of its own.
        holes = np.append(begins[1:], length)[: len(ends)] - ends
        # Those inside a row group were weighed against its rows already.
        parted = np.array([p[4] is not None and p[4].shared for p in laid], np.bool_)[alone]
        long = holes > np.maximum(ends - begins, np.where(parted, 0, HOLE))
        edges = np.unique(np.concatenate([[0], begins, ends[long], [length]]))
        return cls(
            tuple(files),
            file,
            group,
            start,
            stop,
            {k: p[4] for k, p in enumerate(laid) if p[4] is not None},
            edges.astype(np.int64),
            reach,
        )

    def between(self, start: int, stop: int) -> list[int]:
        """Return the pieces that hold samples of [start, stop), in order."""
        first = int(np.searchsorted(self.reach, start, "right"))
        last = int(np.searchsorted(self.start, stop, "left"))
        return [k for k in range(first, last) if self.stop[k] > start]


@dataclass(frozen=True, slots=True, eq=False)
class StoredLead:
    """A lead, and where it is stored: `column` of the pieces of `track`.

    Where rows of other leads or records lie between its own, `keys` are the columns that tell them
    apart, each with the text that its own rows have there. A list column is as many values as its
    lists hold, one after the other; `missing` are stored values that stand for a missing sample.
    `by_time` says where each row belongs, in place of placements.

    `empty` (shape (pieces,)) marks the pieces known to hold nothing. `extremes` (shape (2,
    pieces), of the lead's first dtype) are the lowest and highest value of each as the footers say
    them; the lowest is above the highest where they do not. `gaps` as in `SignalSource.gaps`, where
    the footer says them.
    """

    lead: Lead
    column: str
    track: Track
    empty: NDArray[np.bool_]
    extremes: Samples
    gaps: NDArray[np.int64] | None = None
    keys: tuple[tuple[str, str], ...] = ()
    missing: tuple[float, ...] = ()
    by_time: ByTime | None = None

    def bare(self) -> NDArray[np.bool_]:
        """Return what `SignalSource.empty` does."""
        edges, track = self.track.edges, self.track
        held = ~self.empty
        # How many pieces that hold something have begun, or ended, by each edge.
        begun = np.searchsorted(np.sort(track.start[held]), edges[1:], "left")
        ended = np.searchsorted(np.sort(track.stop[held]), edges[:-1], "right")
        return np.asarray(begun == ended)

    def between_edges(self) -> Extremes:
        """Return what `SignalSource.extremes` does."""
        track, dtype = self.track, self.lead.dtypes[0]
        low, high = unknown(len(track.edges) - 1, dtype)
        known = np.ones(len(low), np.bool_)
        held = ~self.empty
        at = np.searchsorted(track.edges, track.start[held], "right") - 1
        np.minimum.at(low, at, self.extremes[0, held])
        np.maximum.at(high, at, self.extremes[1, held])
        silent = self.extremes[0, held] > self.extremes[1, held]
        known[at[silent]] = False
        nothing = low > high
        low[nothing | ~known] = high[nothing | ~known] = MISSING[dtype]
        return Extremes(low, high, known)


def extremes_of(track: Track, over: Mapping[int, Surveyed], dtype: Dtype) -> Samples:
    """Return the extremes of the pieces of `track` by those of row groups, `over` each file.

    Not known for a piece that is a part of its row group: what is said may be of another part.
    """
    by_file = {index: one.extremes(dtype) for index, one in over.items()}
    found = unknown(len(track.start), dtype)
    for index, said in by_file.items():
        here = track.file == index
        found[:, here] = said[:, track.group[here]]
    parts = [k for k, placement in track.placements.items() if placement.shared]
    found[:, parts] = unknown(1, dtype)
    return found


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class StoredRecord:
    """A record with its stored leads and, by name, its annotation sets.

    `folder` is where it lies, for a person.
    """

    record: Record
    folder: str
    leads: Mapping[str, StoredLead]
    annotations: Mapping[str, StoredSet] = field(default_factory=dict)

    def files(self) -> list[StoredFile]:
        """Return the files of its signals, each once, by their places."""
        tracks = {id(one.track): one.track for one in self.leads.values()}
        found = {file.place.path: file for track in tracks.values() for file in track.files}
        return [found[path] for path in sorted(found)]

    def lead(self, name: str) -> StoredLead:
        """Return the stored lead of that name. Raises LeadNotFound."""
        try:
            return self.leads[name]
        except KeyError:
            raise LeadNotFound(self.record.record, name, self.leads) from None


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """What came of some files: records, what was left out of them, and what was put right."""

    records: tuple[StoredRecord, ...] = ()
    problems: tuple[SourceError, ...] = ()
    notes: tuple[str, ...] = ()
