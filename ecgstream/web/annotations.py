"""The annotations of a record (PROTOCOL section 3)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ecgstream.errors import QueryError
from ecgstream.model.annotation import AnnotationHead, resampled
from ecgstream.model.record import Record
from ecgstream.storage.annotations import MOST
from ecgstream.storage.source import SignalSource
from ecgstream.web import negotiation
from ecgstream.web.queries import Query
from ecgstream.web.reading import Body, Reading
from ecgstream.wire.annotations import MARK_BYTES, Sheet, Shown
from ecgstream.wire.window import JSON, MSGPACK

PAGE: Final = 1_000
MAX_PAGE: Final = 10_000
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


def annotation_routes(reading: Reading) -> list[Route]:
    """Return the route of a record's annotations."""
    path = "/api/v1/records/{record}/annotations"
    return [Route(path, partial(_annotations, reading), name="annotations")]


async def _annotations(reading: Reading, request: Request) -> Response:
    """`GET /api/v1/records/{record}/annotations`."""
    media_type = negotiation.chosen(request.headers.get("accept"), (JSON, MSGPACK))
    query = Query(request, ("set", "start", "stop", "cursor", "limit"))
    record = reading.source.record(request.path_params["record"])
    page, most = (PAGE, MAX_PAGE) if media_type == JSON else (MAX_COLUMNS, MAX_COLUMNS)
    start = query.whole("start", -FARTHEST, 0, record.length)
    stop = query.whole("stop", FARTHEST, 0, record.length)
    if stop < start:
        raise QueryError("stop", f"{stop} lies before start {start}")
    at, row = _place(query.text("cursor"))
    wish = _Wish(start, stop, at, row, query.whole("limit", page, 1, most))
    heads = list(reading.source.annotation_sets(record.record))
    if (name := query.text("set")) is not None:
        # Of the sets that are not asked for none is read; one that is not there is said so.
        heads = [head for head in heads if head.name == name]
        if not heads:
            reading.source.annotations(record.record, name)
    # A set of more than that is refused, and named, by whoever would read it.
    total = sum(min(head.count, MOST) for head in heads)
    with reading.lane(total * FIELDS) as lane, reading.holding(total * MARK_BYTES):
        sheet = await lane.run(_sheet, reading.source, record, heads, wish)
    return Body(
        reading, lane, sheet.parts(media_type), sheet.nbytes,
        headers={"vary": "accept"}, media_type=media_type,
    )  # fmt: skip


def _place(cursor: str | None) -> tuple[int, int]:
    """Return the set and row of it that a cursor says. Raises QueryError."""
    if cursor is None:
        return 0, 0
    found = _CURSOR.fullmatch(cursor)
    if not found:
        raise QueryError("cursor", "not one that a page of annotations gave as `next`")
    return int(found[1]), int(found[2])


def _sheet(
    source: SignalSource, record: Record, heads: Sequence[AnnotationHead], wish: _Wish
) -> Sheet:
    """Read the sets, and return the page of them. Blocks."""
    shown: list[Shown] = []
    room = wish.limit
    after: str | None = None
    for number, head in enumerate(heads):
        found = source.annotations(record.record, head.name)
        found = replace(found, sample=resampled(found.sample, head.fs, record.fs))
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
