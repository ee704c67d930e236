"""Records in Parquet files, read in place: row groups by index, never a filter.

A lead is a `Track` of pieces: which row group of which file holds which samples. Both layouts
(`hive`, `layouts`) come down to that; from here on nobody knows which one it was.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ecgstream.errors import AnnotationsNotFound, LeadNotFound, RecordNotFound, SourceError
from ecgstream.model.annotation import AnnotationHead, Annotations
from ecgstream.model.block import MISSING, NUMPY, Column, Dtype, Samples
from ecgstream.model.record import Lead, Record
from ecgstream.storage import annotations, carriers
from ecgstream.storage.annotations import StoredSet
from ecgstream.storage.files import DECODING, OpenFiles, StoredFile, fault
from ecgstream.storage.identity import Identity, as_scanned, folder_of, identity_of
from ecgstream.storage.missing import missing_runs
from ecgstream.storage.source import Beside, Extremes
from ecgstream.storage.survey import Surveyed, unknown

HOLE: Final = 4096
"""Samples without a row that are no matter: 32 KB at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Where the rows of one row group belong, if they do not lie one after the other.

    Runs of rows: run k begins at row `rows[k]` of the group, at sample `samples[k]` of the lead;
    a negative sample means that the run (always one row then) is left out.
    """

    rows: NDArray[np.int64]
    samples: NDArray[np.int64]
    shared: bool = False
    """Whether several pieces are of this row group."""

    @classmethod
    def of(cls, samples: NDArray[np.int64], *, shared: bool = False) -> "Placement":
        """Wrap the sample number of each row; -1 = left out."""
        breaks = np.flatnonzero((np.diff(samples) != 1) | (samples[1:] <= 0)) + 1
        rows = np.concatenate([[0], breaks]).astype(np.int64)
        return cls(rows, samples[rows], shared)

    def expand(self, count: int) -> NDArray[np.int64]:
        """Return the sample number of each of `count` rows; negative = left out."""
        lengths = np.diff(np.append(self.rows, count))
        return np.repeat(self.samples - self.rows, lengths) + np.arange(count)


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


@dataclass(frozen=True, slots=True, eq=False)
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


@dataclass(slots=True)
class _Kept:
    """Gaps that were counted by reading, and the latest row group of several pieces."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    identities: dict[str, Identity] = field(default_factory=dict)
    gaps: dict[tuple[str, str], NDArray[np.int64]] = field(default_factory=dict)
    latest: tuple[tuple[str, int, tuple[str, ...]], pa.Table] | None = None


class ParquetSource:
    """A `SignalSource` over Parquet files; `storage.catalog.scan` makes it.

    `problems` are the files and folders left out, `notes` what was put right in those served.
    """

    def __init__(
        self,
        records: Iterable[StoredRecord],
        problems: Sequence[SourceError] = (),
        notes: Sequence[str] = (),
        files: OpenFiles | None = None,
    ) -> None:
        ordered = sorted(records, key=lambda r: (r.record.patient, r.record.record))
        self._records = {stored.record.record: stored for stored in ordered}
        self._listed = tuple(stored.record for stored in ordered)
        self._files = files or OpenFiles()
        self._kept = _Kept()
        self.problems = tuple(problems)
        self.notes = tuple(notes)

    def records(self) -> Sequence[Record]:
        """Return all records, sorted by patient, then record."""
        return self._listed

    def record(self, record: str) -> Record:
        """Return one record. Raises RecordNotFound."""
        return self._stored(record).record

    def edges(self, record: str, lead: str) -> NDArray[np.int64]:
        """Return where the row groups of a lead begin, and its length last."""
        return self._lead(record, lead).track.edges

    def empty(self, record: str, lead: str) -> NDArray[np.bool_]:
        """Return which pieces of a lead are known to hold nothing."""
        return self._lead(record, lead).bare()

    def extremes(self, record: str, lead: str) -> Extremes:
        """Return the lowest and highest value of each piece of a lead, as the footers say."""
        return self._lead(record, lead).between_edges()

    def version(self, record: str) -> str:
        """Return what changes with the stored bytes of a record; see `SignalSource.version`."""
        return self._identity(self._stored(record)).version

    def unchanged(self, record: str) -> bool:
        """Return whether the files of a record are those of the scan, as far as one can see."""
        return all(as_scanned(file) for file in self._stored(record).files())

    def beside(self, record: str) -> Beside | None:
        """Return where things made of a record may lie beside it; see `SignalSource.beside`."""
        stored = self._stored(record)
        folder = folder_of(stored.files())
        return None if folder is None else Beside(folder, self._identity(stored).content)

    def _identity(self, stored: StoredRecord) -> Identity:
        name = stored.record.record
        with self._kept.lock:
            if name in self._kept.identities:
                return self._kept.identities[name]
        made = identity_of(stored)
        with self._kept.lock:
            return self._kept.identities.setdefault(name, made)

    def read(self, record: str, leads: Sequence[str], start: int, stop: int) -> list[Column]:
        """Return samples [start, stop) of `leads`; see `SignalSource.read`."""
        chosen = [self._lead(record, name) for name in leads]
        ends = [max(start, min(stop, stored.lead.length)) for stored in chosen]
        held: list[NDArray[Any] | None] = [None] * len(chosen)
        # Which row groups, and of each which leads in it, so that each is decoded once.
        wanted: dict[tuple[int, int, int], dict[int, int]] = {}
        tracks = {id(stored.track): stored.track for stored in chosen}
        between: dict[tuple[int, int], list[int]] = {}
        for place, stored in enumerate(chosen):
            track = stored.track
            within = (id(track), ends[place])
            if within not in between:
                between[within] = track.between(start, ends[place])
            for k in between[within]:
                if not stored.empty[k]:
                    key = (id(track), int(track.file[k]), int(track.group[k]))
                    # Pieces of one row group share a placement: any of them places all rows.
                    wanted.setdefault(key, {})[place] = k
        for (track_id, file_index, group), rows in wanted.items():
            file = tracks[track_id].files[file_index]
            columns = list(dict.fromkeys(chosen[place].column for place in rows))
            (place, k), *_ = rows.items()
            placement = tracks[track_id].placements.get(k)
            shared = placement is not None and placement.shared
            table = (self._shared if shared else self._files.table)(file, group, columns)
            for place, k in rows.items():
                stored = chosen[place]
                dtype = stored.lead.dtypes[0]
                try:
                    values = carriers.samples(table[stored.column], dtype)
                except DECODING as error:
                    raise fault(error, file.shown, stored.column) from error
                out = held[place]
                if out is None:
                    held[place] = out = _whole(values, stored.track, k, start, ends[place])
                    if out is not None:
                        continue
                    out = np.full(ends[place] - start, MISSING[dtype], NUMPY[dtype])
                    held[place] = out
                _place(values, stored.track, k, start, out)
        return [
            Column(start, end, stored.lead.dtypes[0], None)
            if out is None and start < end
            else Column.of(start, np.empty(0) if out is None else out, stored.lead.dtypes[0])
            for stored, end, out in zip(chosen, ends, held, strict=True)
        ]

    def gaps(self, record: str, lead: str) -> NDArray[np.int64]:
        """Return the runs of missing samples of a lead; see `SignalSource.gaps`."""
        stored = self._lead(record, lead)
        if stored.gaps is not None:
            return stored.gaps
        key = (record, lead)
        with self._kept.lock:
            if key in self._kept.gaps:
                return self._kept.gaps[key]
        found = missing_runs(self, record, lead)
        with self._kept.lock:
            return self._kept.gaps.setdefault(key, found)

    def annotation_sets(self, record: str) -> Sequence[AnnotationHead]:
        """Return the annotation sets of a record, sorted by name."""
        return [one.head for _, one in sorted(self._stored(record).annotations.items())]

    def annotations(self, record: str, name: str) -> Annotations:
        """Return the annotations of that set; see `SignalSource.annotations`."""
        held = self._stored(record).annotations
        try:
            stored = held[name]
        except KeyError:
            raise AnnotationsNotFound(record, name, sorted(held)) from None
        return annotations.read(stored, self._files)

    def _shared(self, file: StoredFile, group: int, columns: Sequence[str]) -> pa.Table:
        """Return a row group of several pieces, which are mostly read one after the other."""
        key = (file.shown, group, tuple(columns))
        latest = self._kept.latest
        if latest is None or latest[0] != key:
            latest = self._kept.latest = (key, self._files.table(file, group, columns))
        return latest[1]

    def _stored(self, record: str) -> StoredRecord:
        try:
            return self._records[record]
        except KeyError:
            raise RecordNotFound(record) from None

    def _lead(self, record: str, lead: str) -> StoredLead:
        stored = self._stored(record)
        try:
            return stored.leads[lead]
        except KeyError:
            raise LeadNotFound(record, lead, stored.leads) from None


def _whole(
    values: NDArray[Any], track: Track, k: int, start: int, stop: int
) -> NDArray[Any] | None:
    """Return samples [start, stop) where the rows of piece `k` alone are all of them, else None."""
    first = int(track.start[k])
    if k in track.placements or not first <= start < stop <= first + len(values):
        return None
    part = values[start - first : stop - first]
    # A view would hold what was decoded beside it.
    return part if len(part) == len(values) else part.copy()


def _place(values: NDArray[Any], track: Track, k: int, start: int, out: NDArray[Any]) -> None:
    """Put the rows of piece `k`, shape (rows,), where they belong in `out`, from `start` on."""
    placement = track.placements.get(k)
    if placement is None:
        first = int(track.start[k])
        low, high = max(start, first), min(start + len(out), first + len(values))
        out[low - start : high - start] = values[low - first : high - first]
        return
    at = placement.expand(len(values)) - start
    # A row that is left out has a negative sample number, so it is before any `start`.
    inside = (at >= 0) & (at < len(out))
    out[at[inside]] = values[inside]
