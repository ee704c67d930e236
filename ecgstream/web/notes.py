"""Annotations that people write: made, changed, deleted, what they were (PROTOCOL section 3)."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, Final

import msgspec
from sqlalchemy.exc import IntegrityError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ecgstream.errors import BadField, IllegalState, NoteChanged, QueryError
from ecgstream.model.note import (
    SET,
    Note,
    checked_fields,
    checked_id,
    checked_place,
    checked_set,
)
from ecgstream.model.record import Record
from ecgstream.storage.source import content_of
from ecgstream.storage.written import notes
from ecgstream.storage.written.store import Store
from ecgstream.web.annotations import Sets, read_only_sets
from ecgstream.web.auth import ANONYMOUS, Identity
from ecgstream.web.bodies import json_body
from ecgstream.web.faults import problem_of
from ecgstream.web.queries import Query
from ecgstream.wire import events
from ecgstream.wire.notes import ChangedNote, NewNote, NoteMark, NoteVersions
from ecgstream.wire.window import JSON

BODY: Final = 1 << 14
"""Bytes: longer than any note with its tags."""

NEW: Final = (
    '{"sample": whole number, and as wanted "id", "set", "stop", "lead", "chan", "symbol", '
    '"subtype", "num", "aux_note", "tags"}'
)
CHANGE: Final = '{"version": the one seen, and what is to be another}'

Announce = Callable[[str, bytes], None]
"""Send an event, framed, to all who watch that record."""


def user_of(request: Request) -> str:
    """Return who asks."""
    identity: Identity = request.scope.get("identity", ANONYMOUS)
    return identity.user


@dataclass(frozen=True, slots=True)
class Notes:
    """The routes of one server. `now` is in seconds since 1970."""

    sets: Sets
    store: Store
    announce: Announce
    now: Callable[[], float] = time.time

    def routes(self) -> list[Route]:
        """Return them."""
        path = "/api/v1/records/{record}/annotations"
        one = path + "/{id}"
        return [
            Route(path, partial(self._answered, self._add), methods=["POST"], name="add_note"),
            Route(one, partial(self._answered, self._change), methods=["PUT"], name="change_note"),
            Route(one, partial(self._answered, self._remove), methods=["DELETE"], name="del_note"),
            Route(one + "/history", self.history, name="note_history"),
        ]

    async def _answered(
        self, change: Callable[[Request, Record, str], Any], request: Request
    ) -> Response:
        """Answer with the mark that a change came to, and tell of it who watches the record."""
        record = self.sets.source.record(request.path_params["record"])
        content = content_of(self.sets.source, record.record)
        try:
            with _fields():
                note, what = await change(request, record, content)
        except NoteChanged as error:
            mark = NoteMark.of(error.current, content)
            return problem_of(error, current=mark, changed_by=mark.changed_by)
        mark = NoteMark.of(note, content)
        if what is not None:
            event = events.Annotation(
                record=record.record, change=what, set=mark.set, annotation=mark
            )
            self.announce(record.record, event.encode())
        status = 201 if what == "added" and note.version == 1 else 200
        return Response(msgspec.json.encode(mark), status, media_type=JSON)

    async def _add(self, request: Request, record: Record, content: str) -> tuple[Note, str | None]:
        """`POST .../annotations`."""
        Query(request, ())
        said = await json_body(request, NewNote, NEW, BODY)
        note = _new(record, said, user_of(request), self.now(), content)
        await check_writable(self.sets, record, note.set_name)
        try:
            kept = await self._kept(note)
        except IntegrityError:
            # The same one came twice at a time: the other was first.
            kept = await self._kept(note)
        return kept, "added" if kept is note else None

    async def _kept(self, note: Note) -> Note:
        async with self.store.writing() as connection:
            return await notes.add(connection, note)

    async def _change(
        self, request: Request, record: Record, _content: str
    ) -> tuple[Note, str | None]:
        """`PUT .../annotations/{id}`."""
        Query(request, ())
        said = await json_body(request, ChangedNote, CHANGE, BODY)
        return await self._changed(request, record, said.version, said.fields())

    async def _remove(
        self, request: Request, record: Record, _content: str
    ) -> tuple[Note, str | None]:
        """`DELETE .../annotations/{id}?version=`."""
        query = Query(request, ("version",))
        query.required("version")
        seen = query.whole("version", 0, 1, 2**31 - 1)
        return await self._changed(request, record, seen, {"deleted": True})

    async def _changed(
        self, request: Request, record: Record, seen: int, said: dict[str, Any]
    ) -> tuple[Note, str | None]:
        """Make the next version; return it, and what was done, None: it was so already."""
        user, content = user_of(request), content_of(self.sets.source, record.record)
        id_ = checked_id(request.path_params["id"])
        async with self.store.writing() as connection:
            old = await notes.find(connection, record.record, id_, lock=True)
            fields = _fit(record, old, said)
            if old.version != seen:
                # One who got no answer asks again: what he wanted is done.
                if old.version == seen + 1 and old.changed_by == user and old.says(fields):
                    return old, None
                raise NoteChanged(old)
            if old.says(fields):
                return old, None
            if old.deleted and fields.get("deleted") is not False:
                raise IllegalState('it is deleted; {"deleted": false} brings it back')
            new = old.succeeded(fields, user, self.now(), content, record.fs)
            await notes.replace_with(connection, old, new)
        return new, "removed" if new.deleted else "added" if old.deleted else "changed"

    async def history(self, request: Request) -> Response:
        """`GET .../annotations/{id}/history`."""
        Query(request, ())
        record = self.sets.source.record(request.path_params["record"])
        with _fields():
            id_ = checked_id(request.path_params["id"])
        async with self.store.reading() as connection:
            versions = await notes.history(connection, record.record, id_)
        content = content_of(self.sets.source, record.record)
        said = NoteVersions([NoteMark.of(one, content) for one in versions])
        return Response(msgspec.json.encode(said), media_type=JSON)


async def check_writable(sets: Sets, record: Record, name: str) -> None:
    """Raise BadField for the name of a set that is read-only, StoreUnavailable without a store."""
    found, why = await read_only_sets(sets, record)
    if why is not None:
        raise why
    names = {one.head.name for one in found}
    if name in names:
        free = next(one for one in _free() if one not in names)
        raise BadField(f"set: {name!r} is read-only: write to another, such as {free!r}")


def _free() -> Iterator[str]:
    """Yield names of sets to write in instead of one that is read-only."""
    yield SET
    yield from (f"{SET}-{number}" for number in count(2))


def chan_of(record: Record, lead: str | None) -> int:
    """Return which signal a lead is, as WFDB counts; 0 where that is not known, or of all."""
    names = [one.name for one in record.leads]
    return min(names.index(lead), 255) if lead in names else 0


def _new(record: Record, said: NewNote, user: str, now: float, content: str) -> Note:
    """Return what is to be kept of a body. Raises EcgstreamError."""
    checked_place(record, said.sample, said.stop, said.lead)
    chan = chan_of(record, said.lead) if said.chan is None else said.chan
    fields = checked_fields(
        {
            "symbol": said.symbol,
            "subtype": said.subtype,
            "num": said.num,
            "chan": chan,
            "aux_note": said.aux_note,
            "tags": said.tags,
        }
    )
    return Note(
        id=str(uuid.uuid4()) if said.id is None else checked_id(said.id),
        version=1,
        record=record.record,
        set_name=checked_set(said.set),
        sample=said.sample,
        stop=said.stop,
        lead=said.lead,
        deleted=False,
        author=user,
        time=now,
        changed_by=user,
        changed=now,
        fs=record.fs,
        content=content,
        **fields,
    )


def _fit(record: Record, old: Note, said: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a change as they are kept. Raises EcgstreamError."""
    fields = checked_fields(said, own_symbol=old.symbol)
    if fields.keys() & {"sample", "stop", "lead"}:
        now = {name: fields.get(name, getattr(old, name)) for name in ("sample", "stop", "lead")}
        checked_place(record, **now)
        if "lead" in fields and "chan" not in fields and fields["lead"] != old.lead:
            fields = {**fields, "chan": chan_of(record, fields["lead"])}
    return fields


@contextmanager
def _fields() -> Iterator[None]:
    """Name the field that an error is about."""
    try:
        yield
    except QueryError:
        raise
    except BadField as error:
        field, _, said = str(error).partition(": ")
        raise QueryError(field, said) from None
