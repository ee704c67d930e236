"""Which files are put together, and what comes of them.

A `Group` is the smallest set of files that can be built alone, so that a change in one file makes
no other group be built anew: as small as what paths and footers say allows.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

from ecgstream.errors import SourceError
from ecgstream.storage import wide
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.tables import sampled, shapes
from ecgstream.storage.foreign.tables.describing import name_of_rows, rows_alone
from ecgstream.storage.foreign.whose.owners import apart, others_refused
from ecgstream.storage.index.doubles import Double, Side, how_found, told
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
        if not others:
            return replace(built, records=tuple(_in(dataset, one) for one in built.records))
        # The rows of a root are one group, whatever folders they lie in.
        parted = {found.file.place.path: found.dataset for found in parts}
        return replace(built, records=tuple(_in(_only(parted, one), one) for one in built.records))

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


def _only(parted: Mapping[str, str], stored: StoredRecord) -> str:
    """Return what all files of a record are in; "" where they are in several data sets."""
    (dataset, *others) = {parted.get(file.place.path, "") for file in stored.files()} or {""}
    return "" if others else dataset


def _in(dataset: str, stored: StoredRecord) -> StoredRecord:
    """Return a record that says what it belongs to, unless who built it knew better."""
    if stored.record.dataset:
        return stored
    return replace(stored, record=replace(stored.record, dataset=dataset))


def unique(candidates: Iterable[StoredRecord], problems: list[SourceError]) -> list[StoredRecord]:
    """Return the first record of each id; the others are problems naming both places."""
    kept: dict[str, StoredRecord] = {}
    doubles: list[Double] = []
    for stored in candidates:
        first = kept.setdefault(stored.record.record, stored)
        if first is not stored:
            how = partial(how_found, stored.record)
            doubles.append(Double(stored.record.record, _side(stored), _side(first), how))
    problems.extend(told(doubles))
    return list(kept.values())


def _side(stored: StoredRecord) -> Side:
    files = dict.fromkeys(one.shown for one in stored.files())
    return Side(stored.record.patient, stored.folder, tuple(files))
