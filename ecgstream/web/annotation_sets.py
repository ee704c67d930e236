"""Any annotation set of a record, wherever it is from: who compares sets asks here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from ecgstream.errors import AnnotationsNotFound, StoreUnavailable
from ecgstream.model.annotation import Annotation, AnnotationHead, Annotations, resampled
from ecgstream.model.record import Record
from ecgstream.storage import notes
from ecgstream.storage.overlays import Overlays
from ecgstream.storage.store import Store
from ecgstream.web.annotations import Sets
from ecgstream.web.reading import Lane, Reading

MOST_WRITTEN: Final = 100_000
"""Marks of a set that people write, as many as are compared."""


@dataclass(frozen=True, slots=True)
class Overlaid:
    """Overlays and published predictions among the read-only sets; `lane` is where they wait."""

    overlays: Overlays
    lane: Lane

    async def heads(self, record: Record) -> Sequence[AnnotationHead]:
        """Return the overlays of a record."""
        return await self.lane.run(self.overlays.heads, record.record)

    async def reader(self, record: Record, name: str) -> Callable[[], Annotations]:
        """Return what reads one of them."""
        return partial(self.overlays.annotations, record.record, name)


class Marks:
    """The marks of any set, whole and at the record's rate."""

    def __init__(self, sets: Sets, reading: Reading) -> None:
        self._sets = sets
        self._reading = reading

    async def of(self, record: Record, name: str) -> Annotations:
        """Return a set. Raises AnnotationsNotFound, StoreUnavailable, SourceError."""
        known: list[str] = []
        why: StoreUnavailable | None = None
        for offer in self._sets.read_only:
            try:
                heads = await offer.heads(record)
            except StoreUnavailable as error:
                why = error
                continue
            for head in heads:
                if head.name == name:
                    read = await offer.reader(record, name)
                    with self._reading.lane(head.count) as lane:
                        return await lane.run(_read, read, head, record)
                known.append(head.name)
        if self._sets.store is not None and why is None:
            written = await self._written(self._sets.store, record, name)
            if isinstance(written, Annotations):
                return written
            known += written
        raise why or AnnotationsNotFound(record.record, name, known)

    async def _written(self, store: Store, record: Record, name: str) -> Annotations | list[str]:
        """Return what people wrote under that name, or the names that there are."""
        async with store.reading() as connection:
            names = await notes.set_names(connection, record.record)
            if name not in names:
                return names
            span = notes.Span(record.record, 0, record.length + 1, name)
            found = await notes.listed(connection, span, 0, MOST_WRITTEN)
        return Annotations.of(
            Annotation(one.sample, one.symbol, one.subtype, one.chan, one.num, one.aux_note)
            for one in found
        )


def _read(read: Callable[[], Annotations], head: AnnotationHead, record: Record) -> Annotations:
    found = read()
    if head.fs == record.fs:
        return found
    return replace(found, sample=resampled(found.sample, head.fs, record.fs))
