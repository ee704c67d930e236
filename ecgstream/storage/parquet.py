"""Records in Parquet files, read in place, as a `SignalSource`."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import AnnotationsNotFound, RecordNotFound, SourceError
from ecgstream.model.annotation import AnnotationHead, Annotations
from ecgstream.model.block import Column
from ecgstream.model.record import Record
from ecgstream.storage import annotations, reading
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.identity import Identity, as_scanned, folder_of, identity_of
from ecgstream.storage.index.changes import Changes, Progress
from ecgstream.storage.index.searching import (
    ALL,
    Facets,
    Filters,
    Key,
    Roster,
    Selection,
    row_of,
)
from ecgstream.storage.missing import missing_runs
from ecgstream.storage.places import StoredFile
from ecgstream.storage.source import Beside, Extremes, one_version
from ecgstream.storage.stored import StoredLead, StoredRecord


@dataclass(slots=True)
class _Kept:
    """Gaps that were counted by reading, by record, lead and version, and identities.

    An identity is of the very record it was made of: one replaced since has the same name.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    identities: dict[str, tuple[ref[StoredRecord], Identity]] = field(default_factory=dict)
    gaps: dict[tuple[str, str, str], NDArray[np.int64]] = field(default_factory=dict)


class StoredSource(ABC):
    """What all sources of stored records have in common: all but who holds the records.

    `records`, `record`, `search` and `facets` are of the roster, in its order.
    """

    indexing: Progress | None = None

    def __init__(self, files: OpenFiles | None = None, roots: Sequence[str] = ()) -> None:
        self._files = files or OpenFiles()
        self._roots = tuple(roots)
        self._kept = _Kept()
        self._listening: list[Callable[[Changes], None]] = []

    @property
    def open_files(self) -> OpenFiles:
        """What its files are read by."""
        return self._files

    @abstractmethod
    def records(self) -> Sequence[Record]:
        """Return all records, sorted by patient, then record."""

    @abstractmethod
    def record(self, record: str) -> Record:
        """Return one record. Raises RecordNotFound."""

    @abstractmethod
    def _stored(self, record: str) -> StoredRecord:
        """Return a record with its places. From memory. Raises RecordNotFound."""

    @abstractmethod
    def _held(self) -> tuple[Roster, Sequence[Record]]:
        """Return what is searched, and the records in that order."""

    def listen(self, told: Callable[[Changes], None]) -> None:
        """Have `told` be called whenever records change, on the thread that takes it up."""
        self._listening.append(told)

    def _tell(self, changes: Changes) -> None:
        """Drop what is known of records that are others now, and tell who listens."""
        others = {*changes.changed, *changes.gone}
        with self._kept.lock:
            for record in others:
                self._kept.identities.pop(record, None)
            for key in [key for key in self._kept.gaps if key[0] in others]:
                del self._kept.gaps[key]
        for told in self._listening:
            told(changes)

    def below(self, file: StoredFile) -> str | None:
        """Return where a file lies below its data root, as mappings have it; None: nobody knows."""
        for root in self._roots:
            path = file.shown.removeprefix(f"{root.rstrip('/')}/")
            if path != file.shown:
                return path
        # The data root may be the file itself.
        return file.shown.rpartition("/")[2] if file.shown in self._roots else None

    def suspects(self) -> list[str]:
        """Return the paths of files that were found to be others since this was last asked."""
        suspects = self._files.suspects
        return list(dict.fromkeys(suspects.popleft() for _ in range(len(suspects))))

    def stored(self, record: str) -> StoredRecord:
        """Return where a record is stored. Raises RecordNotFound."""
        return self._stored(record)

    def search(
        self, filters: Filters = ALL, *, after: Key | None = None, offset: int = 0, limit: int = 100
    ) -> Selection:
        """Return some of the records that `filters` let through; see `SignalSource.search`."""
        roster, records = self._held()
        return roster.select(records, filters, after=after, offset=offset, limit=limit)

    def facets(self) -> Facets:
        """Return what there is to choose from."""
        return self._held()[0].facets()

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
            kept = self._kept.identities.get(name)
        if kept is not None and kept[0]() is stored:
            return kept[1]
        made = identity_of(stored)
        with self._kept.lock:
            self._kept.identities[name] = ref(stored), made
        return made

    def read(self, record: str, leads: Sequence[str], start: int, stop: int) -> list[Column]:
        """Return samples [start, stop) of `leads`; see `SignalSource.read`."""
        return reading.read(self._stored(record), leads, start, stop, self._files)

    def gaps(self, record: str, lead: str) -> NDArray[np.int64]:
        """Return the runs of missing samples of a lead; see `SignalSource.gaps`."""
        stored = self._lead(record, lead)
        if stored.gaps is not None:
            return stored.gaps
        key = (record, lead, self._identity(self._stored(record)).version)
        with self._kept.lock:
            if key in self._kept.gaps:
                return self._kept.gaps[key]
        with one_version(self, record):
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

    def _lead(self, record: str, lead: str) -> StoredLead:
        return self._stored(record).lead(lead)


class ParquetSource(StoredSource):
    """A `SignalSource` over records in memory; `storage.catalog.scan` makes it.

    `problems` are the files and folders left out, `notes` what was put right in those served.
    """

    def __init__(
        self,
        records: Iterable[StoredRecord],
        problems: Sequence[SourceError] = (),
        notes: Sequence[str] = (),
        files: OpenFiles | None = None,
        roots: Sequence[str] = (),
    ) -> None:
        super().__init__(files, roots)
        self.problems = tuple(problems)
        self.notes = tuple(notes)
        self._hold(records)

    def _hold(self, records: Iterable[StoredRecord]) -> None:
        ordered = sorted(records, key=lambda r: (r.record.patient, r.record.record))
        roster = Roster.of(
            row_of(stored.record, annotated=bool(stored.annotations)) for stored in ordered
        )
        # Taken over whole: who reads while another one replaces sees the one or the other.
        self._records = {stored.record.record: stored for stored in ordered}
        self._shown = roster, tuple(stored.record for stored in ordered)

    def replace(self, changed: Sequence[StoredRecord], gone: Iterable[str] = ()) -> Changes:
        """Take records in the place of those of their ids, or as new ones, and others out."""
        before = self._records
        after = dict(before)
        left = tuple(name for name in gone if after.pop(name, None) is not None)
        after |= {one.record.record: one for one in changed}
        names = list(dict.fromkeys(one.record.record for one in changed))
        changes = Changes(
            tuple(name for name in names if name not in before),
            tuple(name for name in names if name in before),
            tuple(name for name in left if name not in after),
        )
        self._hold(after.values())
        self._tell(changes)
        return changes

    def records(self) -> Sequence[Record]:
        """Return all records, sorted by patient, then record."""
        return self._shown[1]

    def record(self, record: str) -> Record:
        """Return one record. Raises RecordNotFound."""
        return self._stored(record).record

    def _stored(self, record: str) -> StoredRecord:
        try:
            return self._records[record]
        except KeyError:
            raise RecordNotFound(record) from None

    def _held(self) -> tuple[Roster, Sequence[Record]]:
        return self._shown
