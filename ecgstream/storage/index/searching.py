"""Which records somebody means: words and filters over a list of any length, by columns.

Pure. A `Roster` of 100,000 records takes some 30 MB and answers in milliseconds; what takes the
time is numpy's, which lets the other threads run.
"""

import threading
from bisect import bisect_right
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.record import Record
from ecgstream.storage.index.left_out import NOTHING, LeftOut
from ecgstream.storage.index.texts import Texts

MOST_FACETS: Final = 200
"""Values of a facet that are told, the most frequent ones: more is no choice for a person."""

ANSWERS: Final = 16
"""Selections kept, so that the next page of one is not looked for anew: 0.4 MB each at most."""

BETWEEN: Final = "\n"
"""Between the names of a record's leads: no word that is looked for has it in it."""

UNCHECKED: Final = "unknown"
"""The quality of a record that nobody has looked at."""

Mask = NDArray[np.bool_]
Key = tuple[str, str]
"""Patient and record: what a list is sorted by."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a record must have, all of it; bounds are inclusive, None = any.

    Each of `words` is part of its id, patient, dataset, source or a lead's name, whatever the
    case. Each of `leads` is the whole name of one of its leads, whatever the case. `fs_low` and
    `fs_high` are of its rate in Hz, `s_low` and `s_high` of its length in seconds. `annotated`:
    whether there is an annotation set beside its signals. `quality` is one of `Facets.qualities`.
    """

    words: tuple[str, ...] = ()
    patient: str | None = None
    leads: tuple[str, ...] = ()
    fs_low: float | None = None
    fs_high: float | None = None
    s_low: float | None = None
    s_high: float | None = None
    dataset: str | None = None
    annotated: bool | None = None
    quality: str | None = None


ALL: Final = Filters()


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of the records that a search found: `first` is the place of the first one among all
    `total` of them.
    """

    records: tuple[Record, ...]
    first: int
    total: int

    @property
    def more(self) -> bool:
        """Whether others follow."""
        return self.first + len(self.records) < self.total


@dataclass(frozen=True, slots=True)
class Facets:
    """What there is to choose from, of all records: (value, records that have it).

    A lead is spelt as most records do, and counted in any case.

    Leads, datasets and qualities are sorted by that number, the highest first, rates by the rate.
    The `MOST_FACETS` most frequent of each. `seconds` are the shortest and the longest record.
    `left_out` is what is not among them.
    """

    total: int
    annotated: int
    seconds: tuple[float, float] | None
    leads: tuple[tuple[str, int], ...]
    rates: tuple[tuple[float, int], ...]
    datasets: tuple[tuple[str, int], ...]
    qualities: tuple[tuple[str, int], ...]
    left_out: LeftOut = NOTHING


class Row(NamedTuple):
    """What a search goes by of one record."""

    patient: str
    record: str
    dataset: str
    source: str
    leads: tuple[str, ...]
    fs: float
    seconds: float
    annotated: bool
    quality: str = UNCHECKED


def row_of(record: Record, *, annotated: bool, quality: str = UNCHECKED) -> Row:
    """Return the row of a record."""
    return Row(
        record.patient,
        record.record,
        record.dataset,
        record.source or "",
        tuple(lead.name for lead in record.leads),
        record.fs,
        record.seconds,
        annotated,
        quality,
    )


class Columns(NamedTuple):
    """Rows, column by column; `leads` has all names of a record with BETWEEN between them.

    Lists to be added to; what is there as a whole may be `Texts` and arrays.
    """

    patients: Any
    records: Any
    datasets: Any
    sources: Any
    leads: Any
    fs: Any
    seconds: Any
    annotated: Any
    qualities: Any

    @classmethod
    def empty(cls) -> "Columns":
        """Return columns of no rows."""
        return cls(*([] for _ in cls._fields))


class Roster:
    """Rows in the order of their keys, as columns. Immutable; safe on several threads."""

    def __init__(self, columns: Columns) -> None:
        """Take columns whose rows are in that order; no two have the same id."""
        self.records = tuple(columns.records)
        self._patients = _texts(columns.patients)
        self._datasets = _texts(columns.datasets)
        self._leads = _texts(columns.leads)
        self._qualities = _texts(columns.qualities)
        self._searched = (
            Texts.of(self.records, np.arange(len(self.records), dtype=np.int32)),
            self._patients,
            self._datasets,
            _texts(columns.sources),
            self._leads,
        )
        self._fs = np.array(columns.fs, np.float64)
        self._seconds = np.array(columns.seconds, np.float64)
        self._annotated = np.array(columns.annotated, np.bool_)
        # Not an lru_cache of a method: the roster would hold itself, and stay until garbage is
        # looked for, which a server seldom does.
        self._found: OrderedDict[Filters, NDArray[np.int32]] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Roster":
        """Return the roster of some rows, in whatever order."""
        columns = Columns.empty()
        for row in sorted(rows, key=lambda row: row[:2]):
            for column, value in zip(columns, row, strict=True):
                column.append(value)
        return cls(columns._replace(leads=[BETWEEN.join(names) for names in columns.leads]))

    def __len__(self) -> int:
        return len(self.records)

    def find(self, filters: Filters) -> NDArray[np.int32]:
        """Return the numbers of the rows that `filters` let through, in order."""
        with self._lock:
            found = self._found.get(filters)
        if found is None:
            found = self._look_for(filters)
        with self._lock:
            self._found[filters] = found
            self._found.move_to_end(filters)
            if len(self._found) > ANSWERS:
                self._found.popitem(last=False)
        return found

    def page(
        self, filters: Filters, after: Key | None, offset: int, limit: int
    ) -> tuple[list[int], int, int]:
        """Return up to `limit` row numbers, the place of the first, and how many there are in all.

        From `offset` on, counted from behind `after`, which need not be there.
        """
        found = self.find(filters)
        first = 0 if after is None else int(np.searchsorted(found, self._behind(after)))
        first = min(first + offset, len(found))
        return found[first : first + limit].tolist(), first, len(found)

    def select(
        self,
        records: Sequence[Record],
        filters: Filters,
        *,
        after: Key | None,
        offset: int,
        limit: int,
    ) -> Selection:
        """Return a page of `records`, which are in the order of the roster."""
        rows, first, total = self.page(filters, after, offset, limit)
        return Selection(tuple(records[row] for row in rows), first, total)

    def facets(self) -> Facets:
        """Return what there is to choose from."""
        rates, counts = np.unique(self._fs, return_counts=True)
        most = np.sort(np.argsort(-counts, kind="stable")[:MOST_FACETS])
        leads: dict[str, Counter[str]] = {}
        for names, count in self._leads.counts():
            # Once a record, and as a search takes them: whatever the case.
            for folded, name in {name.casefold(): name for name in names.split(BETWEEN)}.items():
                leads.setdefault(folded, Counter())[name] += count
        seconds = self._seconds
        return Facets(
            total=len(self),
            annotated=int(self._annotated.sum()),
            seconds=(float(seconds.min()), float(seconds.max())) if len(seconds) else None,
            leads=_most(
                (max(sorted(one), key=one.__getitem__), one.total()) for one in leads.values()
            ),
            rates=tuple(zip(rates[most].tolist(), counts[most].tolist(), strict=True)),
            datasets=_most(self._datasets.counts()),
            qualities=_most(self._qualities.counts()),
        )

    def _behind(self, key: Key) -> int:
        """Return the number of the first row behind `key`."""
        return bisect_right(
            range(len(self)), key, key=lambda row: (self._patients[row], self.records[row])
        )

    def _look_for(self, filters: Filters) -> NDArray[np.int32]:
        held = np.ones(len(self), np.bool_)
        for word in filters.words:
            having = [column.having(word) for column in self._searched]
            held &= np.logical_or.reduce(having)
        if filters.patient is not None:
            held &= self._patients.equal(filters.patient)
        if filters.dataset is not None:
            held &= self._datasets.equal(filters.dataset)
        if filters.quality is not None:
            held &= self._qualities.equal(filters.quality)
        for lead in filters.leads:
            held &= self._leads.that(partial(_has, lead.casefold()))
        if filters.annotated is not None:
            held &= self._annotated == filters.annotated
        bounds = (
            (self._fs, filters.fs_low, filters.fs_high),
            (self._seconds, filters.s_low, filters.s_high),
        )
        for values, low, high in bounds:
            if low is not None:
                held &= values >= low
            if high is not None:
                held &= values <= high
        return np.flatnonzero(held).astype(np.int32)


def _texts(column: Texts | Sequence[str]) -> Texts:
    return column if isinstance(column, Texts) else Texts(column)


def _has(lead: str, leads: str) -> bool:
    return lead in leads.casefold().split(BETWEEN)


def _most(counted: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Return the most frequent ones first; those as frequent by name."""
    return tuple(sorted(counted, key=lambda one: (-one[1], one[0]))[:MOST_FACETS])
