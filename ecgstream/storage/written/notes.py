"""Annotations in the store: read, made, changed, with all the versions they ever had."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, Table, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ecgstream.errors import NoteNotFound
from ecgstream.model.annotation import AnnotationHead
from ecgstream.model.note import Note
from ecgstream.storage.written.tables import GIVEN_SETS, NOTE_HISTORY, NOTES

AT_ONCE: Final = 100
"""Rows that become values in one go: a millisecond or two in which nothing else runs."""


FIELDS: Final = tuple(one.name for one in fields(Note))
TAGS: Final = FIELDS.index("tags")


@dataclass(frozen=True, slots=True)
class Span:
    """What is asked for of a record: whatever touches [start, stop), of one set or (None) all."""

    record: str
    start: int
    stop: int
    set_name: str | None = None

    def where(self) -> ColumnElement[bool]:
        """Return it as a condition."""
        at = NOTES.c
        within = and_(
            at.record == self.record,
            at.deleted.is_(False),
            at.sample < self.stop,
            or_(at.sample >= self.start, at.stop > self.start),
        )
        return within if self.set_name is None else and_(within, at.set_name == self.set_name)


def _selected(table: Table) -> Select[Any]:
    """Select the columns in the order of the fields."""
    return select(*(table.c[name] for name in FIELDS))


def _note(row: Row[Any]) -> Note:
    said = list(row)
    said[TAGS] = tuple(said[TAGS])
    return Note(*said)


def _row(note: Note) -> dict[str, Any]:
    said = {name: getattr(note, name) for name in FIELDS}
    said["tags"] = list(note.tags)
    return said


async def set_names(connection: AsyncConnection, record: str) -> list[str]:
    """Return the sets of a record that have an annotation, or had one; sorted."""
    found = await connection.execute(
        select(NOTES.c.set_name).where(NOTES.c.record == record).distinct()
    )
    return sorted(found.scalars())


async def counts(connection: AsyncConnection, span: Span) -> dict[str, int]:
    """Return by set how many annotations a span has; a set without one is left out."""
    found = await connection.execute(
        select(NOTES.c.set_name, func.count()).where(span.where()).group_by(NOTES.c.set_name)
    )
    return {str(name): int(count) for name, count in found}


async def each(
    connection: AsyncConnection, span: Span, row: int = 0, limit: int | None = None
) -> AsyncIterator[list[Note]]:
    """Yield annotations of a span by their samples, from number `row` on, some at a time."""
    asked = _selected(NOTES).where(span.where()).order_by(NOTES.c.sample, NOTES.c.time, NOTES.c.id)
    found = await connection.stream(asked.offset(row).limit(limit))
    async for part in found.partitions(AT_ONCE):
        yield [_note(one) for one in part]


async def listed(
    connection: AsyncConnection, span: Span, row: int = 0, limit: int | None = None
) -> list[Note]:
    """Return annotations of a span by their samples, from number `row` on."""
    return [one async for part in each(connection, span, row, limit) for one in part]


async def find(connection: AsyncConnection, record: str, id_: str, *, lock: bool = False) -> Note:
    """Return an annotation as it is, a deleted one too; `lock`: nobody else may change it.

    Raises NoteNotFound.
    """
    asked = _selected(NOTES).where(NOTES.c.id == id_)
    found = (await connection.execute(asked.with_for_update() if lock else asked)).first()
    # One of another record is told of to nobody.
    if found is None or found.record != record:
        raise NoteNotFound(record, id_)
    return _note(found)


async def add(connection: AsyncConnection, note: Note) -> Note:
    """Keep a new one; return what is kept: of an id that is known that, and nothing is changed.

    Raises NoteNotFound where another record has that id; IntegrityError where somebody else adds
    it at this moment.
    """
    found = (await connection.execute(_selected(NOTES).where(NOTES.c.id == note.id))).first()
    if found is None:
        await connection.execute(insert(NOTES).values(_row(note)))
        return note
    if found.record != note.record:
        raise NoteNotFound(note.record, note.id)
    return _note(found)


async def add_all(connection: AsyncConnection, notes: Sequence[Note]) -> None:
    """Keep many new ones."""
    for low in range(0, len(notes), AT_ONCE):
        await connection.execute(insert(NOTES), [_row(one) for one in notes[low : low + AT_ONCE]])


async def places(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return of those ids that are known the record and the set."""
    at = NOTES.c
    found: dict[str, tuple[str, str]] = {}
    for low in range(0, len(ids), AT_ONCE):
        asked = select(at.id, at.record, at.set_name).where(at.id.in_(ids[low : low + AT_ONCE]))
        found |= {one.id: (one.record, one.set_name) for one in await connection.execute(asked)}
    return found


async def replace_with(connection: AsyncConnection, old: Note, new: Note) -> None:
    """Keep the next version of one that this transaction has locked; the old one is history."""
    await connection.execute(insert(NOTE_HISTORY).values(_row(old)))
    await connection.execute(update(NOTES).where(NOTES.c.id == old.id).values(**_row(new)))


async def history(connection: AsyncConnection, record: str, id_: str) -> list[Note]:
    """Return all versions, the first one first. Raises NoteNotFound."""
    newest = await find(connection, record, id_)
    found = await connection.execute(
        _selected(NOTE_HISTORY).where(NOTE_HISTORY.c.id == id_).order_by(NOTE_HISTORY.c.version)
    )
    return [*(_note(one) for one in found), newest]


# Sets that were given as a whole, and are read-only.


async def given_heads(connection: AsyncConnection, record: str) -> list[AnnotationHead]:
    """Return what is known of the read-only sets of a record, sorted by name."""
    at = GIVEN_SETS.c
    found = await connection.execute(
        select(at.name, at.fs, at.count, at.source).where(at.record == record).order_by(at.name)
    )
    return [AnnotationHead(*one) for one in found]


async def given_marks(connection: AsyncConnection, record: str, name: str) -> bytes | None:
    """Return the Parquet file that a read-only set is kept as; None where there is none."""
    at = GIVEN_SETS.c
    found = await connection.execute(select(at.marks).where(at.record == record, at.name == name))
    return found.scalar()


async def give(
    connection: AsyncConnection, record: str, head: AnnotationHead, marks: bytes, by: dict[str, Any]
) -> None:
    """Keep a read-only set; `by` are its `author`, `time` and `content`.

    Raises IntegrityError where there is one of that name.
    """
    said = {"name": head.name, "fs": head.fs, "count": head.count, "source": head.source}
    await connection.execute(insert(GIVEN_SETS).values(record=record, **said, marks=marks, **by))
