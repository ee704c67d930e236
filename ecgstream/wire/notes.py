"""Annotations that people write, as JSON and in events (PROTOCOL 3)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from ecgstream.model.annotation import Annotation, Annotations
from ecgstream.model.note import Note

PART: Final = 200
"""Marks worded in one go: some 0.3 ms in which no other thread runs."""

BESIDE: Final = (
    *("id", "version", "stop", "lead", "tags", "author", "time", "changed_by", "changed"),
    "other_samples",
)
"""Fields of a mark that only people's have; lists in msgpack."""


class NoteMark(msgspec.Struct, frozen=True):
    """One version. `sample` and `stop` (null: a point) count at the record's rate.

    `lead` null: of all leads. `author` made it at `time`, `changed_by` this version at `changed`,
    in seconds since 1970. `other_samples`: it was made when the record had other samples.
    """

    id: str
    version: int
    set: str
    sample: int
    stop: int | None
    lead: str | None
    symbol: str
    subtype: int
    chan: int
    num: int
    aux_note: str
    tags: tuple[str, ...]
    author: str
    time: float
    changed_by: str
    changed: float
    deleted: bool
    other_samples: bool

    @classmethod
    def of(cls, note: Note, content: str) -> "NoteMark":
        """Return what is said of a version; `content` names the samples of today."""
        return cls(
            note.id, note.version, note.set_name, note.sample, note.stop, note.lead, note.symbol,
            note.subtype, note.chan, note.num, note.aux_note, note.tags, note.author, note.time,
            note.changed_by, note.changed, note.deleted, note.content != content,
        )  # fmt: skip


class NoteSet(msgspec.Struct, frozen=True):
    """A set that people write; `count` is what it has in the span asked for, on all pages."""

    name: str
    fs: float
    source: str | None
    read_only: bool
    count: int
    annotations: list[NoteMark]


class NoteVersions(msgspec.Struct, frozen=True):
    """All versions of an annotation, the first one first."""

    versions: list[NoteMark]


class NewNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be made; with an `id` of one's own it may be sent again, and is made once."""

    sample: int
    id: str | None = None
    set: str = "notes"
    stop: int | None = None
    lead: str | None = None
    chan: int | None = None
    symbol: str = '"'
    subtype: int = 0
    num: int = 0
    aux_note: str = ""
    tags: list[str] = []


class ChangedNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be another: fields left out stay. `version` is the one that was seen."""

    version: int
    sample: int | msgspec.UnsetType = msgspec.UNSET
    stop: int | msgspec.UnsetType | None = msgspec.UNSET
    lead: str | msgspec.UnsetType | None = msgspec.UNSET
    chan: int | msgspec.UnsetType = msgspec.UNSET
    symbol: str | msgspec.UnsetType = msgspec.UNSET
    subtype: int | msgspec.UnsetType = msgspec.UNSET
    num: int | msgspec.UnsetType = msgspec.UNSET
    aux_note: str | msgspec.UnsetType = msgspec.UNSET
    tags: list[str] | msgspec.UnsetType = msgspec.UNSET
    deleted: bool | msgspec.UnsetType = msgspec.UNSET

    def fields(self) -> dict[str, Any]:
        """Return what was said beside the version."""
        return {
            name: value
            for name in self.__struct_fields__
            if name != "version" and (value := getattr(self, name)) is not msgspec.UNSET
        }


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """What of a set that people write is on a page: `marks` of the `count` that the span has."""

    name: str
    fs: float
    count: int
    marks: Sequence[NoteMark]

    def json(self) -> Iterator[bytes]:
        """Yield it as a `NoteSet`, some marks at a time."""
        head = msgspec.json.encode(
            NoteSet(self.name, self.fs, None, read_only=False, count=self.count, annotations=[])
        )
        yield head[:-2]
        for low in range(0, len(self.marks), PART):
            listed = msgspec.json.encode(self.marks[low : low + PART])
            yield (b"," if low else b"") + listed[1:-1]
        yield b"]}"

    def columns(self) -> tuple[Annotations, dict[str, list[Any]]]:
        """Return what the marks of other sets have too, and lists of what these have beside it."""
        plain = Annotations.of(
            Annotation(one.sample, one.symbol, one.subtype, one.chan, one.num, one.aux_note)
            for one in self.marks
        )
        return plain, {name: [getattr(one, name) for one in self.marks] for name in BESIDE}
