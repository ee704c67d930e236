"""Annotation sets as files to take away, and files that become sets (PROTOCOL section 3)."""

import asyncio
import dataclasses
import math
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import msgspec
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ecgstream.errors import (
    AnnotationsNotFound,
    BadField,
    EcgstreamError,
    IllegalState,
    ImportFailed,
    QueryError,
    TooLarge,
)
from ecgstream.formats import set_files
from ecgstream.formats.set_files import FORMATS, SetFile, SetRow
from ecgstream.model.annotation import (
    ANYWHERE,
    POINT,
    SYMBOLS,
    Annotation,
    AnnotationHead,
    Annotations,
)
from ecgstream.model.note import (
    SET,
    SYMBOL_LETTERS,
    Note,
    checked_fields,
    checked_place,
    checked_set,
)
from ecgstream.model.record import Record
from ecgstream.storage.annotations import FARTHEST, MOST, kept_as
from ecgstream.storage.source import content_of
from ecgstream.storage.written import notes
from ecgstream.storage.written.reserved import reserved
from ecgstream.storage.written.store import Store
from ecgstream.web.annotations import Sets, read_only_sets, written_names
from ecgstream.web.notes import Announce, chan_of, check_writable, user_of
from ecgstream.web.queries import Query
from ecgstream.web.reading import BREATH_S, Body, Reading
from ecgstream.wire import events
from ecgstream.wire.annotations import NOTE_BYTES
from ecgstream.wire.window import JSON

BODY: Final = 32 << 20
"""Bytes of a file that is read in."""
MOST_NOTES: Final = 200_000
"""Annotations that become a set to be written in: a day of beats is 150,000."""
PART: Final = 500
"""Rows looked at in one go: some ms in which no other thread runs."""
FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
"""What a form of another site may send without being asked first."""
NAMES: Final = uuid.UUID("0d3c1a52-5f3e-4c1b-9a37-6f0f6f5c2b11")
"""Of ids that are made from what a file says: read in twice, it is there once."""


class Imported(msgspec.Struct, frozen=True):
    """What became of a file: of `count` annotations `added` are new, the others were there."""

    set: str
    read_only: bool
    count: int
    added: int


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to become of a file."""

    record: Record
    name: str
    kind: str
    fs: float
    author: str
    now: float
    content: str


@dataclass(frozen=True, slots=True)
class NoteFiles:
    """The routes of one server. `now` is in seconds since 1970."""

    reading: Reading
    sets: Sets
    store: Store
    announce: Announce
    now: Callable[[], float] = time.time
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """One file is read in at a time: it may be all in memory."""

    def routes(self) -> list[Route]:
        """Return them."""
        path = "/api/v1/records/{record}/annotations"
        return [
            Route(path + "/export", self.export, name="export_notes"),
            Route(path + "/import", self.import_, methods=["POST"], name="import_notes"),
        ]

    async def export(self, request: Request) -> Response:
        """`GET .../annotations/export`."""
        query = Query(request, ("set", "format"))
        record = self.sets.source.record(request.path_params["record"])
        name, kind = query.text("set") or SET, _kind(query)
        found, why = await read_only_sets(self.sets, record)
        written, why = await written_names(self.sets, record, why)
        one = next((each for each in found if each.head.name == name), None)
        if one is None and name not in written:
            raise why or AnnotationsNotFound(
                record.record, name, [*(each.head.name for each in found), *written]
            )
        fs = record.fs if one is None else one.head.fs
        said = SetFile([], record.record, name, fs, one.head.source if one else record.source)
        if one is None:
            rows = await self.store.apart(
                partial(_rows, notes.Span(record.record, -FARTHEST, FARTHEST, name))
            )
        else:
            read = await one.at.reader(record, name)
            with self.reading.lane(one.head.count * 5) as lane:
                rows = await lane.run(lambda: _listed(read(), record))
        said = msgspec.structs.replace(said, annotations=rows)
        shown = set_files.file_name(record.record, name, kind)
        return Body(
            self.reading, self.reading.quick, set_files.written(kind, said),
            len(rows) * NOTE_BYTES,
            headers={"content-disposition": f'attachment; filename="{shown}"'},
            media_type=FORMATS[kind][1],
        )  # fmt: skip

    async def import_(self, request: Request) -> Response:
        """`POST .../annotations/import`."""
        query = Query(request, ("set", "format", "read_only", "fs"))
        record = self.sets.source.record(request.path_params["record"])
        kind, read_only = _kind(query), bool(query.whole("read_only", 0, 0, 1))
        try:
            name = checked_set(query.text("set") or SET)
        except BadField as error:
            raise QueryError("set", str(error).partition(": ")[2]) from None
        if read_only and (what := reserved(name)) is not None:
            raise QueryError("set", f"{name!r} is kept for {what}: name a read-only set otherwise")
        wish = _Wish(
            record, name, kind, float(query.decimal("fs", 0, 0, 1e6)), user_of(request),
            self.now(), content_of(self.sets.source, record.record),
        )  # fmt: skip
        _check_kind(request)
        async with self.room:
            data = await _body(request)
            try:
                if read_only:
                    answer = await self._given(wish, data)
                else:
                    answer = await self._written(wish, data)
            except ImportFailed as error:
                raise QueryError("body", str(error)) from None
        event = events.Annotation(record=record.record, change="set", set=name, annotation=None)
        self.announce(record.record, event.encode())
        return Response(msgspec.json.encode(answer), 201 if answer.added else 200, media_type=JSON)

    async def _written(self, wish: _Wish, data: bytes) -> Imported:
        """Add what a file says to a set that people write."""
        made = await self.reading.quick.run(_notes, wish, data)
        await check_writable(self.sets, wish.record, wish.name)
        added = await self.store.apart(partial(_added, wish, made), writes=True)
        return Imported(wish.name, read_only=False, count=len(made), added=added)

    async def _given(self, wish: _Wish, data: bytes) -> Imported:
        """Keep what a file says as a read-only set."""
        head, marks = await self.reading.quick.run(_kept, wish, data)
        found, why = await read_only_sets(self.sets, wish.record)
        written, why = await written_names(self.sets, wish.record, why)
        if wish.name in {*(one.head.name for one in found), *written}:
            raise _taken(wish.name)
        by = {"author": wish.author, "time": wish.now, "content": wish.content}
        try:
            async with self.store.writing() as connection:
                await notes.give(connection, wish.record.record, head, marks, by)
        except IntegrityError:
            raise _taken(wish.name) from None
        return Imported(wish.name, read_only=True, count=head.count, added=head.count)


def _taken(name: str) -> IllegalState:
    return IllegalState(f"there is a set {name!r} already: name another, nothing is replaced")


def _kind(query: Query) -> str:
    kind = query.required("format")
    if kind not in FORMATS:
        raise QueryError("format", f"{kind[:64]!r} is none of {', '.join(FORMATS)}")
    return kind


def _check_kind(request: Request) -> None:
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not said or said in FORMS:
        raise HTTPException(415, "Content-Type: expected that of the file, or octet-stream")


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY:
            raise TooLarge(f"the file is larger than {BODY >> 20} MiB: read it in by parts")
    return bytes(body)


def _listed(found: Annotations, record: Record) -> list[SetRow]:
    """Return a read-only set as rows. Blocks."""
    names = [lead.name for lead in record.leads]
    whole = len({lead.fs for lead in record.leads}) == 1
    rows = []
    for number, one in enumerate(found.listed()):
        lead = names[one.chan] if whole and 0 <= one.chan < len(names) else None
        stop, score = None, None
        if (more := found.extras) is not None:
            at, sure, place = int(more.stop[number]), more.score[number], int(more.lead[number])
            stop = None if at == POINT else at
            score = None if math.isnan(sure) else float(sure)
            lead = None if place == ANYWHERE else more.leads[place]
        rows.append(
            SetRow(
                one.sample, stop, lead, one.symbol, one.subtype, one.chan, one.num, one.aux_note,
                score=score,
            )
        )  # fmt: skip
        _breathe(number)
    return rows


def _kept(wish: _Wish, data: bytes) -> tuple[AnnotationHead, bytes]:
    """Return what is kept of a file as a read-only set. Blocks. Raises ImportFailed, TooLarge."""
    said = set_files.read(wish.kind, data, wish.record.record)
    _check_count(said, MOST)
    marks = []
    for number, row in enumerate(said.annotations):
        chan = chan_of(wish.record, row.lead) if row.chan is None else row.chan
        if not 0 <= row.sample < FARTHEST:
            raise ImportFailed(f"annotation {number + 1}: sample {row.sample} cannot be")
        if not all(-(2**31) <= value < 2**31 for value in (row.subtype, chan, row.num)):
            raise ImportFailed(f"annotation {number + 1}: subtype, chan or num is too large")
        symbol = _symbol(row, number)
        marks.append(Annotation(row.sample, symbol, row.subtype, chan, row.num, row.aux_note))
        _breathe(number)
    fs = said.fs or wish.fs or wish.record.fs
    return AnnotationHead(wish.name, fs, len(marks), said.source), kept_as(marks)


def _notes(wish: _Wish, data: bytes) -> list[Note]:
    """Return the annotations that a file makes. Blocks. Raises ImportFailed, TooLarge."""
    said = set_files.read(wish.kind, data, wish.record.record)
    _check_count(said, MOST_NOTES)
    ratio = wish.record.fs / (said.fs or wish.fs or wish.record.fs)
    seen: Counter[SetRow] = Counter()
    made = []
    for number, row in enumerate(said.annotations):
        symbol = _symbol(row, number)
        try:
            made.append(_note(wish, row, symbol, ratio, seen))
        except EcgstreamError as error:
            raise ImportFailed(f"annotation {number + 1}: {error}") from None
        _breathe(number)
    return made


def _note(wish: _Wish, row: SetRow, symbol: str, ratio: float, seen: "Counter[SetRow]") -> Note:
    """Return what a row makes; at another rate at the nearest sample. Raises EcgstreamError."""
    if row.stop is not None and row.stop <= row.sample:
        raise BadField(f"stop: {row.stop} does not lie after sample {row.sample}")
    sample = _scaled(row.sample, ratio)
    stop = None if row.stop is None else max(_scaled(row.stop, ratio), sample + 1)
    leads = wish.record.leads
    lead, chan = row.lead, row.chan
    if wish.kind == "wfdb" and chan and chan < len(leads):
        # The first signal is also that of all who had none in mind.
        lead = leads[chan].name
    checked_place(wish.record, sample, stop, lead)
    chan = chan_of(wish.record, lead) if chan is None else chan
    fields = checked_fields(
        {
            "symbol": symbol,
            "subtype": row.subtype,
            "num": row.num,
            "chan": chan,
            "aux_note": row.aux_note,
            "tags": list(row.tags),
        },
        own_symbol=symbol,
    )
    seen[row] += 1
    name = row.id or f"{msgspec.json.encode(row).decode()}#{seen[row]}"
    return Note(
        id=_id(row.id) or _derived(wish, name),
        version=1,
        record=wish.record.record,
        set_name=wish.name,
        sample=sample,
        stop=stop,
        lead=lead,
        deleted=False,
        author=wish.author,
        time=wish.now,
        changed_by=wish.author,
        changed=wish.now,
        fs=wish.record.fs,
        content=wish.content,
        **fields,
    )


def _id(text: str | None) -> str | None:
    """Return an id of a file, where it is one that may be ours."""
    try:
        return None if text is None else str(uuid.UUID(text))
    except ValueError:
        return None


def _derived(wish: _Wish, name: str) -> str:
    return str(uuid.uuid5(NAMES, f"{wish.record.record}/{wish.name}/{name}"))


async def _rows(span: notes.Span, connection: AsyncConnection) -> list[SetRow]:
    """Return what people wrote as rows."""
    return [
        SetRow(
            one.sample, one.stop, one.lead, one.symbol, one.subtype, one.chan, one.num,
            one.aux_note, one.tags, one.id, one.version, one.author, one.time,
            one.changed_by, one.changed,
        )
        async for part in notes.each(connection, span)
        for one in part
    ]  # fmt: skip


async def _added(wish: _Wish, made: Sequence[Note], connection: AsyncConnection) -> int:
    """Add what is not in the set yet; return how many that were."""
    new = await _unknown(connection, wish, made)
    await notes.add_all(connection, new)
    return len(new)


async def _unknown(connection: AsyncConnection, wish: _Wish, made: Sequence[Note]) -> list[Note]:
    """Return of `made` what is not in the set yet.

    An id that is in another set or record is given anew: one from which the file was copied.
    """
    here = (wish.record.record, wish.name)
    known = await notes.places(connection, [one.id for one in made])
    moved = {id_: _derived(wish, id_) for id_, place in known.items() if place != here}
    known |= await notes.places(connection, list(moved.values()))
    new: dict[str, Note] = {}
    for one in made:
        id_ = moved.get(one.id, one.id)
        if id_ not in known:
            new[id_] = one if id_ == one.id else dataclasses.replace(one, id=id_)
    return list(new.values())


def _scaled(sample: int, ratio: float) -> int:
    return sample if ratio == 1 else int(sample * ratio + 0.5)


def _symbol(row: SetRow, number: int) -> str:
    """Return the symbol of a row: WFDB's, or one of the file's own. Raises ImportFailed."""
    fits = 0 < len(row.symbol) <= SYMBOL_LETTERS and row.symbol.isprintable()
    if row.symbol in SYMBOLS or (fits and " " not in row.symbol):
        return row.symbol
    raise ImportFailed(
        f"annotation {number + 1}: symbol {row.symbol[:SYMBOL_LETTERS]!r}: expected 1 to "
        f"{SYMBOL_LETTERS} letters without a blank"
    )


def _check_count(said: SetFile, most: int) -> None:
    if len(said.annotations) > most:
        raise TooLarge(f"the file has {len(said.annotations)} annotations, more than {most}")


def _breathe(number: int) -> None:
    """Stand aside for the event loop now and then."""
    if number % PART == PART - 1:
        time.sleep(BREATH_S)
