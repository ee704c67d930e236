"""Records in memory: the same promises as `storage.parquet`, for tests and small things."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import AnnotationsNotFound, RecordNotFound
from ecgstream.model.annotation import Annotation, AnnotationHead, Annotations
from ecgstream.model.block import MISSING, NUMPY, Column, Samples
from ecgstream.model.record import Record
from ecgstream.storage.index.changes import Changes
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
from ecgstream.storage.source import Beside, Extremes

PIECE: int = 3_600
"""Samples of a piece, as a row group would be: 10 s at 360 Hz."""


class MemorySource:
    """A `SignalSource` over arrays."""

    indexing = None

    def __init__(self, piece: int = PIECE) -> None:
        self._piece = piece
        self._records: dict[str, Record] = {}
        self._listening: list[Callable[[Changes], None]] = []
        self._samples: dict[tuple[str, str], Samples] = {}
        self._versions: dict[str, str] = {}
        self._annotations: dict[str, dict[str, tuple[AnnotationHead, Annotations]]] = {}

    def add(self, record: Record, samples: Mapping[str, Samples]) -> None:
        """Take a record with the samples of each of its leads, shape (lead.length,).

        They are of the lead's first dtype, with MISSING where there is none. Raises ValueError
        for a lead without samples, or with more or fewer than its length.
        """
        for lead in record.leads:
            given = samples.get(lead.name)
            if given is None or given.shape != (lead.length,):
                shape = None if given is None else given.shape
                raise ValueError(f"lead {lead.name!r}: expected ({lead.length},), got {shape}")
            self._samples[record.record, lead.name] = np.ascontiguousarray(
                given, dtype=NUMPY[lead.dtypes[0]]
            )
        name = record.record
        changes = Changes(changed=(name,)) if name in self._records else Changes(added=(name,))
        self._records[name] = record
        self._versions.pop(name, None)
        self._tell(changes)

    def remove(self, record: str) -> None:
        """Have a record no more. Raises RecordNotFound."""
        for lead in self.record(record).leads:
            del self._samples[record, lead.name]
        del self._records[record]
        self._versions.pop(record, None)
        self._tell(Changes(gone=(record,)))

    def listen(self, told: Callable[[Changes], None]) -> None:
        """Have `told` be called whenever records change."""
        self._listening.append(told)

    def _tell(self, changes: Changes) -> None:
        for told in self._listening:
            told(changes)

    def annotate(
        self,
        record: str,
        name: str,
        annotations: Sequence[Annotation],
        *,
        fs: float | None = None,
        source: str | None = None,
    ) -> None:
        """Take an annotation set of a record, at the record's own rate where `fs` is left out."""
        rate = self.record(record).fs if fs is None else fs
        head = AnnotationHead(name, rate, len(annotations), source)
        self._annotations.setdefault(record, {})[name] = (head, Annotations.of(annotations))

    def records(self) -> Sequence[Record]:
        """Return all records, sorted by patient, then record."""
        return sorted(self._records.values(), key=lambda r: (r.patient, r.record))

    def record(self, record: str) -> Record:
        """Return one record. Raises RecordNotFound."""
        try:
            return self._records[record]
        except KeyError:
            raise RecordNotFound(record) from None

    def search(
        self, filters: Filters = ALL, *, after: Key | None = None, offset: int = 0, limit: int = 100
    ) -> Selection:
        """Return some of the records that `filters` let through; see `SignalSource.search`."""
        records = self.records()
        return self._roster().select(records, filters, after=after, offset=offset, limit=limit)

    def facets(self) -> Facets:
        """Return what there is to choose from."""
        return self._roster().facets()

    def _roster(self) -> Roster:
        # Made anew each time: there are few, and they change.
        return Roster.of(
            row_of(record, annotated=bool(self._annotations.get(record.record)))
            for record in self._records.values()
        )

    def edges(self, record: str, lead: str) -> NDArray[np.int64]:
        """Return every `piece` samples, and the length last."""
        length = self.record(record).lead(lead).length
        return np.append(np.arange(0, length, self._piece), length).astype(np.int64)

    def empty(self, record: str, lead: str) -> NDArray[np.bool_]:
        """Return that no piece is known to hold nothing."""
        return np.zeros(len(self.edges(record, lead)) - 1, np.bool_)

    def extremes(self, record: str, lead: str) -> Extremes:
        """Return that nobody has said what a piece holds."""
        dtype = self.record(record).lead(lead).dtypes[0]
        pieces = len(self.edges(record, lead)) - 1
        nothing = np.full(pieces, MISSING[dtype], NUMPY[dtype])
        return Extremes(nothing, nothing.copy(), np.zeros(pieces, np.bool_))

    def version(self, record: str) -> str:
        """Return the digest of a record's samples."""
        leads = self.record(record).leads
        if record not in self._versions:
            digest = hashlib.blake2b(digest_size=12)
            for lead in leads:
                digest.update(repr((lead.name, lead.fs)).encode())
                digest.update(self._samples[record, lead.name].data)
            self._versions[record] = digest.hexdigest()
        return self._versions[record]

    def beside(self, record: str) -> Beside | None:
        """Return that there is no folder."""
        self.record(record)
        return None

    def unchanged(self, record: str) -> bool:
        """Return that nothing changes."""
        self.record(record)
        return True

    def read(self, record: str, leads: Sequence[str], start: int, stop: int) -> list[Column]:
        """Return samples [start, stop) of `leads`; see `SignalSource.read`."""
        columns = []
        for name in leads:
            lead = self.record(record).lead(name)
            part = self._samples[record, name][start : max(start, stop)]
            columns.append(Column.of(start, part, lead.dtypes[0]))
        return columns

    def gaps(self, record: str, lead: str) -> NDArray[np.int64]:
        """Return the runs of missing samples of a lead."""
        return missing_runs(self, record, lead)

    def annotation_sets(self, record: str) -> Sequence[AnnotationHead]:
        """Return the annotation sets of a record, sorted by name."""
        self.record(record)
        return [head for _, (head, _) in sorted(self._annotations.get(record, {}).items())]

    def annotations(self, record: str, name: str) -> Annotations:
        """Return the annotations of that set."""
        self.record(record)
        held = self._annotations.get(record, {})
        try:
            return held[name][1]
        except KeyError:
            raise AnnotationsNotFound(record, name, sorted(held)) from None
