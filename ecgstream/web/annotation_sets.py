"""Any annotation set of a record, wherever it is from: who compares sets asks here."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.analysis.beats import DETECTOR, NOTICE
from ecgstream.errors import AnnotationsNotFound, NotMadeYet, StoreUnavailable
from ecgstream.model.annotation import Annotation, AnnotationHead, Annotations
from ecgstream.model.record import Record
from ecgstream.storage.derived.beat_pieces import candidates
from ecgstream.storage.written import notes
from ecgstream.storage.written.overlays import Overlays
from ecgstream.storage.written.store import Store
from ecgstream.web.analysing import Analysing
from ecgstream.web.annotations import ReadOnlySets, Sets
from ecgstream.web.reading import Lane, Reading

MOST_WRITTEN: Final = 100_000
"""Marks of a set that people write, as many as are compared."""

WAIT_S: Final = 10.0
"""How long an answer waits for beats that are not known yet: those of half an hour take one second,
those of a day some more than this."""
AGAIN_MS: Final = 1_000


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


@dataclass(frozen=True, slots=True)
class Detected:
    """What the detector finds, for who compares: `beats <detector>`, in one lead with its name."""

    analysing: Analysing

    async def heads(self, record: Record) -> Sequence[AnnotationHead]:
        """Return the best lead, and each lead that it may be; what is in them need not be known."""
        leads = candidates(record, None)
        names = [None, *(lead.name for lead in leads)] if leads else []
        return [
            AnnotationHead(
                _beats_of(name),
                record.fs,
                0,
                f"found in {name or 'the best lead of each minute'}, {NOTICE}",
            )
            for name in names
        ]

    async def reader(self, record: Record, name: str) -> Callable[[], Annotations]:
        """Return what reads one; it is looked for first. Raises NotMadeYet."""
        lead = name.removeprefix(_beats_of(None)).strip() or None
        key = (record.record, lead)
        book = self.analysing.book
        if book.whole(key) is None:
            self.analysing.wish_whole(key, 0)
            await self.analysing.until(
                lambda: book.whole(key) is not None or self.analysing.hopeless(key), WAIT_S
            )
        whole = book.whole(key)
        if whole is None:
            later = None if self.analysing.hopeless(key) else AGAIN_MS
            raise NotMadeYet(f"the beats of {record.record!r} are being looked for", later)
        return partial(_found, whole.sample)


def _beats_of(lead: str | None) -> str:
    return f"beats {DETECTOR}" + ("" if lead is None else f" {lead}")


def _found(sample: NDArray[np.int64]) -> Annotations:
    """Return beats as marks that nobody has classified."""
    zero = np.zeros(len(sample), np.int64)
    return Annotations(sample, zero, zero, zero, zero, zero, ["Q"], [""])


class Marks:
    """The marks of any set, whole and at the record's rate; `more` are sets only for comparing."""

    def __init__(self, sets: Sets, reading: Reading, more: Sequence[ReadOnlySets] = ()) -> None:
        self._sets = sets
        self._reading = reading
        self._offers = [*sets.read_only, *more]

    async def heads(self, record: Record) -> list[AnnotationHead]:
        """Return all that can be compared, those that people write last.

        Those in the store are left out where it cannot be had.
        """
        found: dict[str, AnnotationHead] = {}
        with suppress(StoreUnavailable):
            for offer in self._offers:
                for head in await offer.heads(record):
                    found.setdefault(head.name, head)
            if self._sets.store is not None:
                async with self._sets.store.reading() as connection:
                    counts = await notes.counts(
                        connection, notes.Span(record.record, 0, record.length + 1)
                    )
                for name, count in sorted(counts.items()):
                    found.setdefault(name, AnnotationHead(name, record.fs, count, None))
        return list(found.values())

    async def of(self, record: Record, name: str) -> Annotations:
        """Return a set. Raises AnnotationsNotFound, StoreUnavailable, SourceError."""
        known: list[str] = []
        why: StoreUnavailable | None = None
        for offer in self._offers:
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
    return found.at(head.fs, record.fs)
