"""The annotations of a record (PROTOCOL section 3)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ecgstream.errors import AnnotationsNotFound, QueryError, StoreUnavailable
from ecgstream.model.annotation import AnnotationHead, Annotations
from ecgstream.model.record import Record
from ecgstream.storage.annotations import MOST, read_kept
from ecgstream.storage.source import SignalSource, content_of
from ecgstream.storage.written import notes
from ecgstream.storage.written.store import Store
from ecgstream.web import negotiation
from ecgstream.web.queries import Query
from ecgstream.web.reading import Body, Reading
from ecgstream.wire.annotations import MARK_BYTES, Sheet, Shown
from ecgstream.wire.notes import NoteMark, Written
from ecgstream.wire.window import JSON, MSGPACK

PAGE: Final = 1_000
MAX_PAGE: Final = 10_000
QUICK: Final = 1_000
"""Of a longer page, what people write is read on a thread of its own."""
MAX_COLUMNS: Final = 1_000_000
"""Annotations of a page in columns: a day of beats is 150,000, and 1.2 MB."""

FIELDS: Final = 5
"""Values of an annotation, as the cost of a window is counted in values."""

FARTHEST: Final = 2**53

_CURSOR: Final = re.compile(r"([0-9]{1,3})-([0-9]{1,7})")


@dataclass(frozen=True, slots=True)
class _Wish:
    """Which annotations: of [start, stop) at the record's rate, from row `row` of set `at` on."""

    start: int
    stop: int
    at: int
    row: int
    limit: int


class ReadOnlySets(Protocol):
    """Where annotation sets come from that nobody writes here."""

    async def heads(self, record: Record) -> Sequence[AnnotationHead]:
        """Return what is known of the sets of a record, sorted by name."""
        ...

    async def reader(self, record: Record, name: str) -> Callable[[], Annotations]:
        """Return what reads one of them; it may block, and is called on a reader's thread."""
        ...


@dataclass(frozen=True, slots=True)
class Imported:
    """Those that lie beside the signals."""

    source: SignalSource

    async def heads(self, record: Record) -> Sequence[AnnotationHead]:
        """Return them."""
        return self.source.annotation_sets(record.record)

    async def reader(self, record: Record, name: str) -> Callable[[], Annotations]:
        """Return what reads one."""
        return partial(self.source.annotations, record.record, name)


@dataclass(frozen=True, slots=True)
class Given:
    """Those that were given over HTTP, and are in the store."""

    store: Store

    async def heads(self, record: Record) -> Sequence[AnnotationHead]:
        """Return them. Raises StoreUnavailable."""
        async with self.store.reading() as connection:
            return await notes.given_heads(connection, record.record)

    async def reader(self, record: Record, name: str) -> Callable[[], Annotations]:
        """Return what reads one. Raises StoreUnavailable, AnnotationsNotFound."""
        async with self.store.reading() as connection:
            kept = await notes.given_marks(connection, record.record, name)
        if kept is None:  # taken away a moment ago
            raise AnnotationsNotFound(record.record, name, ())
        return partial(read_kept, kept, name)


@dataclass(frozen=True, slots=True)
class Sets:
    """All annotation sets of records: those of `read_only`, and what people write in `store`."""

    source: SignalSource
    read_only: Sequence[ReadOnlySets]
    store: Store | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A read-only set, and where it comes from."""

    head: AnnotationHead
    at: ReadOnlySets


def annotation_routes(reading: Reading, sets: Sets) -> list[Route]:
    """Return the route of a record's annotations."""
    path = "/api/v1/records/{record}/annotations"
    return [Route(path, partial(_annotations, reading, sets), name="annotations")]


async def _annotations(reading: Reading, sets: Sets, request: Request) -> Response:
    """`GET /api/v1/records/{record}/annotations`."""
    media_type = negotiation.chosen(request.headers.get("accept"), (JSON, MSGPACK))
    query = Query(request, ("set", "start", "stop", "cursor", "limit"))
    record = sets.source.record(request.path_params["record"])
    page, most = (PAGE, MAX_PAGE) if media_type == JSON else (MAX_COLUMNS, MAX_COLUMNS)
    start = query.whole("start", -FARTHEST, 0, record.length)
    stop = query.whole("stop", FARTHEST, 0, record.length)
    if stop < start:
        raise QueryError("stop", f"{stop} lies before start {start}")
    at, row = _place(query.text("cursor"))
    wish = _Wish(start, stop, at, row, query.whole("limit", page, 1, most))
    name = query.text("set")
    found, why = await read_only_sets(sets, record)
    written, why = await written_names(sets, record, why)
    if name is not None:
        # Of the sets that are not asked for none is read; one that is not there is said so.
        known = [*(one.head.name for one in found), *written]
        found = [one for one in found if one.head.name == name]
        written = [one for one in written if one == name]
        if not found and not written:
            raise why or AnnotationsNotFound(record.record, name, known)
    readers = [await one.at.reader(record, one.head.name) for one in found]
    # A set of more than that is refused, and named, by whoever would read it.
    total = sum(min(one.head.count, MOST) for one in found)
    with reading.lane(total * FIELDS) as lane, reading.holding(total * MARK_BYTES):
        heads = [one.head for one in found]
        sheet = await lane.run(_sheet, readers, record, heads, wish)
    if sets.store is not None and written:
        content = content_of(sets.source, record.record)
        filled = partial(_with_written, sheet, written, wish, content)
        whole: Sheet | None = None
        async with sets.store.reading() as connection:
            span = notes.Span(record.record, wish.start, wish.stop, name)
            rows = sum((await notes.counts(connection, span)).values())
            if min(rows, wish.limit) <= QUICK:
                whole = await filled(connection)
        sheet = await sets.store.apart(filled) if whole is None else whole
    if why is not None:
        sheet = replace(sheet, store=why.told)
    return Body(
        reading, lane, sheet.parts(media_type), sheet.nbytes,
        headers={"vary": "accept"}, media_type=media_type,
    )  # fmt: skip


async def read_only_sets(sets: Sets, record: Record) -> tuple[list[Found], StoreUnavailable | None]:
    """Return the read-only sets by name; and why those in the store are not among them."""
    found: list[Found] = []
    why: StoreUnavailable | None = None
    for at in sets.read_only:
        try:
            found += [Found(head, at) for head in await at.heads(record)]
        except StoreUnavailable as error:
            why = error
    return sorted(found, key=lambda one: one.head.name), why


async def written_names(
    sets: Sets, record: Record, why: StoreUnavailable | None
) -> tuple[list[str], StoreUnavailable | None]:
    """Return the sets that people write; and why they are not to be had."""
    if sets.store is None or why is not None:
        return [], why
    try:
        async with sets.store.reading() as connection:
            return await notes.set_names(connection, record.record), None
    except StoreUnavailable as error:
        return [], error


async def taken(sets: Sets, record: Record, name: str) -> str | None:
    """Return in words what has that name among `sets`; None: nothing. Raises StoreUnavailable."""
    found, why = await read_only_sets(sets, record)
    if name in {one.head.name for one in found}:
        return "a stored set"
    written, why = await written_names(sets, record, why)
    if why is not None and sets.store is not None and not sets.store.is_nowhere:
        raise why
    return "a set that people write in" if name in written else None


async def _with_written(
    sheet: Sheet, names: Sequence[str], wish: _Wish, content: str, connection: AsyncConnection
) -> Sheet:
    """Return the page with what there is room for of the sets that people write."""
    first = len(sheet.shown)
    room = wish.limit - sum(len(one.marks) for one in sheet.shown)
    after = sheet.next
    written: list[Written] = []
    whole = notes.Span(sheet.record, wish.start, wish.stop)
    counts = await notes.counts(connection, whole)
    for number, name in enumerate(names, first):
        begin = wish.row if number == wish.at else 0
        count = counts.get(name, 0)
        asked = number >= wish.at and room > 0 and begin < count
        span = replace(whole, set_name=name)
        rows = await notes.listed(connection, span, begin, room) if asked else []
        room -= len(rows)
        if number >= wish.at and begin + len(rows) < count and after is None:
            after = f"{number}-{begin + len(rows)}"
        marks = [NoteMark.of(one, content) for one in rows]
        written.append(Written(name, sheet.fs, count, marks))
    return replace(sheet, written=written, next=after)


def _place(cursor: str | None) -> tuple[int, int]:
    """Return the set and row of it that a cursor says. Raises QueryError."""
    if cursor is None:
        return 0, 0
    found = _CURSOR.fullmatch(cursor)
    if not found:
        raise QueryError("cursor", "not one that a page of annotations gave as `next`")
    return int(found[1]), int(found[2])


def _sheet(
    readers: Sequence[Callable[[], Annotations]],
    record: Record,
    heads: Sequence[AnnotationHead],
    wish: _Wish,
) -> Sheet:
    """Read the sets, and return the page of them. Blocks."""
    shown: list[Shown] = []
    room = wish.limit
    after: str | None = None
    for number, (head, read) in enumerate(zip(heads, readers, strict=True)):
        found = read().at(head.fs, record.fs)
        low, high = np.searchsorted(found.sample, [wish.start, wish.stop])
        begin = wish.row if number == wish.at else 0
        first = min(int(low) + begin, int(high))
        last = first if number < wish.at else min(first + room, int(high))
        room -= last - first
        if last < high and number >= wish.at and after is None:
            after = f"{number}-{begin + last - first}"
        shown.append(Shown(head, int(high - low), found.take(slice(first, last))))
    # Across rates nobody knows any more which signal was the how manieth in its source.
    rates = {lead.fs for lead in record.leads}
    leads = [lead.name for lead in record.leads] if len(rates) == 1 else []
    return Sheet(record.record, record.fs, record.length, shown, after, leads)
