"""Columns of labels beside the samples of a row: annotation sets of stretches, read only."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.annotation import AnnotationHead
from ecgstream.storage.annotations import Marks, StoredSet
from ecgstream.storage.places import StoredFile
from ecgstream.storage.stored import StoredRecord
from ecgstream.storage.written.reserved import reserved


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What rows say in column `name`, each of the samples [start, stop) at `fs` Hz.

    A text, a number or a truth value a row, a list of them, or None.
    """

    name: str
    file: StoredFile
    fs: float
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    said: Sequence[Any]


def with_labels(stored: StoredRecord, labels: Iterable[Labels]) -> StoredRecord:
    """Return a record with an annotation set for each column of labels that says anything."""
    sets = dict(stored.annotations)
    for one in labels:
        name = _name(one.name, sets)
        made = _set(name, one, stored.record.source)
        if made is not None:
            sets[name] = made
    return replace(stored, annotations=sets) if sets else stored


def _name(column: str, taken: Iterable[str]) -> str:
    """Return a column's name as a set may be called: it stands in addresses."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", column)[:48].lstrip("._-") or "labels"
    if reserved(name) is not None or name in taken:
        name = f"{name}-column"
    return name


def _set(name: str, labels: Labels, source: str | None) -> StoredSet | None:
    marks: dict[tuple[int, str], int] = {}
    for start, stop, said in zip(
        labels.start.tolist(), labels.stop.tolist(), labels.said, strict=True
    ):
        for one in said if isinstance(said, list) else [said]:
            text = _text(one)
            if text and stop > start:
                # It is said of a row, whose leads may be of other lengths.
                marks[start, text] = max(stop, marks.get((start, text), stop))
    if not marks:
        return None
    ordered = sorted(marks.items(), key=lambda one: (one[0][0], one[1]))
    texts: dict[str, int] = {}
    codes = np.array([texts.setdefault(text, len(texts)) for (_, text), _ in ordered], np.int64)
    starts = np.array([start for (start, _), _ in ordered], np.int64)
    stops = np.array([stop for _, stop in ordered], np.int64)
    kept = Marks(starts, stops, codes, tuple(texts))
    return StoredSet(AnnotationHead(name, labels.fs, len(ordered), source), labels.file, kept)


def _text(value: Any) -> str:
    """Return a label as it is written; empty for none."""
    if value is None or value != value:  # noqa: PLR0124 - NaN is nothing that is said
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).strip()
