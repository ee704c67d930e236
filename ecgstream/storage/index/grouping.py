"""Which files are put together, and what comes of them.

A `Group` is the smallest set of files that can be built alone, so that a change in one file makes
no other group be built anew: as small as what paths and footers say allows.
"""

import threading
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Final, NamedTuple

from ecgstream.errors import LayoutError, SourceError
from ecgstream.storage import wide
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign import sampled, shapes
from ecgstream.storage.foreign.describing import name_of_rows, rows_alone
from ecgstream.storage.foreign.owners import apart, others_refused
from ecgstream.storage.stored import Built, StoredRecord
from ecgstream.storage.survey import Found

LARGE: Final = 5_000_000
"""Rows of a plain record from which one is put together at a time: each such row takes some 40
bytes until that is done."""

OURS: Final = "ours"
TABLES: Final = "tables"
SHAPES: Final = "shapes"


class Group(NamedTuple):
    """What tells groups apart, in the order in which the records of one win over another's.

    `root` is the number of the data root, `folder` where the record lies, for a person, `layout`
    says who builds it, `name` is the record; "" where its rows say that.
    """

    root: int
    folder: str
    layout: str
    name: str = ""


def group_of(found: Found) -> Group:
    """Return the group that a file belongs to."""
    if found.footer is not None:
        return Group(found.root, found.folder, OURS, found.footer.record)
    plan = found.planned
    if plan.shape == "samples" and not plan.by_row() and plan.record is not None:
        return Group(found.root, found.folder, TABLES, plan.record.value)
    if plan.record is not None and rows_alone(found):
        return Group(found.root, found.folder, SHAPES, name_of_rows(found))
    # Where rows say the record, its others may be in any file of the root.
    name = "" if plan.record is None or plan.record_column is not None else plan.record.value
    return Group(found.root, found.folder, SHAPES, name)


class Builder:
    """Makes records of groups; safe on several threads."""

    def __init__(self, files: OpenFiles) -> None:
        self._files = files
        self._one_at_a_time = threading.Lock()

    def build(self, group: Group, parts: Sequence[Found]) -> Built:
        """Return what the files of a group hold, given in path order. Blocks."""
        built = self._build(group, parts)
        problems = list(built.problems)
        records = tuple(unique(built.records, problems))
        built = replace(built, records=records, problems=tuple(problems))
        (dataset, *others) = dict.fromkeys(found.dataset for found in parts)
        if others:
            return built
        return replace(built, records=tuple(_in(dataset, one) for one in built.records))

    def _build(self, group: Group, parts: Sequence[Found]) -> Built:
        if group.layout == OURS:
            own = [(found, found.footer) for found in parts if found.footer is not None]
            stored, left_out = wide.build(own, self._files)
            return Built(() if stored is None else (stored,), tuple(left_out))
        rows = sum(int(found.file.groups[-1]) for found in parts)
        with self._one_at_a_time if rows >= LARGE else nullcontext():
            if group.layout == SHAPES:
                return shapes.build(parts, self._files)
            owners = apart(parts)
            made = sampled.build(owners[0], self._files)
        problems = (*made.problems, *others_refused(owners))
        return Built(() if made.record is None else (made.record,), problems, made.notes)


def _in(dataset: str, stored: StoredRecord) -> StoredRecord:
    """Return a record that says what it belongs to, unless who built it knew better."""
    if stored.record.dataset:
        return stored
    return replace(stored, record=replace(stored.record, dataset=dataset))


def unique(candidates: Iterable[StoredRecord], problems: list[SourceError]) -> list[StoredRecord]:
    """Return the first record of each id; the others are problems naming both folders."""
    kept: dict[str, StoredRecord] = {}
    for stored in candidates:
        name = stored.record.record
        first = kept.setdefault(name, stored)
        if first is not stored:
            patients = stored.record.patient, first.record.patient
            where = _where(stored, first), _where(first, stored)
            problems.append(doubled_id(name, patients[0], where[0], patients[1], where[1]))
    return list(kept.values())


def doubled_id(record: str, patient: str, path: str, other: str, before: str) -> LayoutError:
    """Return the error of a record of `patient` at `path`: one of `other` has its id, `before`."""
    # Where nobody says the patient the record's id stands in for one: that is not told.
    told = [one if patient != other and one != record else "" for one in (patient, other)]
    of, of_other = (f" of patient {one!r}" if one else "" for one in told)
    return LayoutError(
        f"record {record!r}{of} is left out here, for it is in {before}{of_other} already and ids "
        "are unique over all data roots; rename one of the two or take it out",
        path=path,
    )


def _where(stored: StoredRecord, other: StoredRecord) -> str:
    """Return where a record lies, for a person: its file where the other is in the same folder."""
    if stored.folder != other.folder or not stored.files():
        return stored.folder
    return stored.files()[0].shown
