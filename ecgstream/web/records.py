"""Records and their windows (PROTOCOL section 3)."""

import base64
import binascii
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import Any, Final

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ecgstream.errors import QueryError, SourceError, TooLarge
from ecgstream.model.block import MISSING, NUMPY, Column, Samples
from ecgstream.model.record import Lead, Record
from ecgstream.storage import pieces
from ecgstream.storage.derived.pyramids import Pyramids
from ecgstream.storage.derived.verdicts import Verdicts
from ecgstream.storage.index.changes import Progress
from ecgstream.storage.index.searching import Selection
from ecgstream.storage.pieces import Runs
from ecgstream.storage.source import SignalSource
from ecgstream.storage.written.overlays import Overlays
from ecgstream.web import negotiation
from ecgstream.web.agreements import agreement_routes
from ecgstream.web.annotation_sets import Detected, Marks, Overlaid
from ecgstream.web.annotations import Imported, Sets, annotation_routes
from ecgstream.web.asking import asked
from ecgstream.web.building import Building
from ecgstream.web.envelopes import envelope_routes
from ecgstream.web.filtering import FILTERS, filters_of
from ecgstream.web.notes import Announce
from ecgstream.web.predictions import Publishing, prediction_routes
from ecgstream.web.quality import quality_routes
from ecgstream.web.queries import Query
from ecgstream.web.reading import Body, Lane, Reading, steady
from ecgstream.web.tiles import tile_routes
from ecgstream.wire.window import ARROW, JSON, MSGPACK, Head, Window

MAX_VALUES: Final = 4_000_000
"""Values of the largest window (PROTOCOL section 3)."""

PAGE: Final = 100
MAX_PAGE: Final = 1_000
MOST_RECORDS: Final = 2**31 - 1


class RecordLead(msgspec.Struct, frozen=True):
    """One lead of a listed record: `physical = (value - baseline) / gain` in `unit`, `fs` in Hz."""

    name: str
    unit: str | None
    gain: float
    baseline: float
    kind: str
    fs: float


class Listed(msgspec.Struct, frozen=True):
    """A record as the list shows it; `found` as in `Record`, what and how."""

    record: str
    patient: str
    leads: list[RecordLead]
    fs: float
    length: int
    start_time: float | None
    zone: str | None
    fs_source: str
    source: str | None
    licence: str | None
    dates_shifted: bool
    found: dict[str, str]
    dataset: str


class Quality(msgspec.Struct, frozen=True):
    """`missing` is the part of a lead's samples that is not there, 0 to 1."""

    missing: float


class Detailed(Listed, frozen=True):
    """A record with its holes: by lead its runs of missing samples [start, stop), in order.

    None for a lead whose samples cannot be read. `version` as in `subscribed`.
    """

    gaps: dict[str, list[tuple[int, int]] | None]
    quality: dict[str, Quality | None]
    version: str


class Page(msgspec.Struct, frozen=True):
    """Some records, and the cursor of the next ones.

    `first` is the place of the first of them among all `total` that were asked for. `indexing`
    says how far the server is that still looks at its files; null = these are all records.
    """

    records: list[Listed]
    next: str | None
    first: int
    total: int
    indexing: Progress | None


def record_routes(
    source: SignalSource,
    readers: Executor,
    building: Building | None = None,
    sets: Sets | None = None,
    *,
    overlays: Overlays | None = None,
    detected: Detected | None = None,
    announce: Announce = lambda _record, _message: None,
    verdicts: Verdicts | None = None,
) -> list[Route]:
    """Return the routes under /api/v1/records; all reading is done on `readers`.

    Without `building` no pyramid is ever made; without `sets` there are those beside the signals.
    `announce` tells who watches a record that a set was published or withdrawn. What is found out
    about records is kept in `verdicts`.
    """
    reading = Reading(source, readers)
    building = building or Building(Pyramids(source), readers)
    sets = stored = sets or Sets(source, [Imported(source)])
    if overlays is not None:
        sets = replace(sets, read_only=[*sets.read_only, Overlaid(overlays, reading.quick)])
    one = "/api/v1/records/{record}"
    return [
        Route("/api/v1/records", partial(_records, reading), name="records"),
        Route("/api/v1/facets", partial(_facets, reading), name="facets"),
        Route(one, steady(source, partial(_record, reading)), name="record"),
        Route(one + "/window", steady(source, partial(_window, reading)), name="window"),
        *envelope_routes(reading, building),
        *tile_routes(reading, building),
        *annotation_routes(reading, sets),
        *agreement_routes(reading, Marks(sets, reading, [detected] if detected else [])),
        *prediction_routes(
            Publishing(reading, overlays or Overlays(source, (), None), stored, announce)
        ),
        *quality_routes(reading, verdicts),
    ]


def _cursor(record: Record) -> str:
    """Return where a list goes on behind `record`: a place, so that it outlives additions."""
    key = msgspec.json.encode((record.patient, record.record))
    return base64.urlsafe_b64encode(key).decode().rstrip("=")


def _after(cursor: str | None) -> tuple[str, str] | None:
    """Return the place that a cursor says. Raises QueryError."""
    if cursor is None:
        return None
    try:
        key = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(key, type=tuple[str, str])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise QueryError("cursor", "not one that a list of records gave as `next`") from None


def listed(record: Record) -> Listed:
    """Return what the list says of a record."""
    return Listed(
        record.record,
        record.patient,
        [
            RecordLead(lead.name, lead.unit, lead.gain, lead.baseline, lead.kind, lead.fs)
            for lead in record.leads
        ],
        record.fs,
        record.length,
        record.start_time,
        record.zone,
        record.fs_source,
        record.source,
        record.licence,
        record.dates_shifted,
        dict(record.found),
        record.dataset,
    )


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type=JSON)


async def _records(reading: Reading, request: Request) -> Response:
    """`GET /api/v1/records`: sorted by patient, then record."""
    query = Query(request, (*FILTERS, "cursor", "offset", "limit"))
    filters = filters_of(query)
    limit = query.whole("limit", PAGE, 1, MAX_PAGE)
    offset = query.whole("offset", 0, 0, MOST_RECORDS)
    after = _after(query.text("cursor"))
    search = partial(reading.source.search, filters, after=after, offset=offset, limit=limit)
    return await reading.quick.run(lambda: _json(_page(search(), reading.source.indexing)))


def _page(found: Selection, indexing: Progress | None) -> Page:
    shown = [listed(record) for record in found.records]
    following = _cursor(found.records[-1]) if found.more and found.records else None
    return Page(shown, following, found.first, found.total, indexing)


async def _facets(reading: Reading, request: Request) -> Response:
    """`GET /api/v1/facets`: what the list can be narrowed down to."""
    Query(request, ())
    return await reading.quick.run(lambda: _json(reading.source.facets()))


async def _record(reading: Reading, request: Request) -> Response:
    """`GET /api/v1/records/{record}`."""
    Query(request, ())
    record = reading.source.record(request.path_params["record"])
    return await reading.quick.run(lambda: _json(_detailed(reading.source, record)))


def _detailed(source: SignalSource, record: Record) -> Detailed:
    """Return a record with its gaps. Blocks."""
    gaps: dict[str, list[tuple[int, int]] | None] = {}
    quality: dict[str, Quality | None] = {}
    for lead in record.leads:
        try:
            runs = source.gaps(record.record, lead.name)
        except SourceError:
            # A bad file must not hide what is known of the rest.
            gaps[lead.name] = quality[lead.name] = None
            continue
        gaps[lead.name] = [(start, stop) for start, stop in runs.tolist()]
        missing = int((runs[:, 1] - runs[:, 0]).sum())
        quality[lead.name] = Quality(missing / lead.length if lead.length else 0.0)
    shown = listed(record)
    said = {name: getattr(shown, name) for name in shown.__struct_fields__}
    return Detailed(**said, gaps=gaps, quality=quality, version=source.version(record.record))


async def _window(reading: Reading, request: Request) -> Response:
    """`GET /api/v1/records/{record}/window`."""
    media_type = negotiation.chosen(request.headers.get("accept"), (JSON, MSGPACK, ARROW))
    query = Query(request, ("leads", "start", "stop"))
    leads, head = asked(query, reading.source.record(request.path_params["record"]))
    count = head.stop - head.start
    if count * len(leads) > MAX_VALUES:
        raise TooLarge(
            f"{len(leads)} leads of {count} samples are more than {MAX_VALUES} values: "
            f"ask for at most {MAX_VALUES // len(leads)} samples at once, or for fewer leads"
        )
    with (
        reading.lane(count * len(leads)) as lane,
        reading.holding(sum(count * NUMPY[one.dtypes[0]].itemsize for one in leads)),
    ):
        window = await _filled(reading, lane, request, leads, head)
        if media_type == JSON:
            await lane.run(window.carried)
        etag = await lane.run(window.etag, media_type)
    headers = {"etag": etag, "cache-control": "private, no-cache", "vary": "accept"}
    if negotiation.matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    parts = window.parts(media_type)
    return Body(reading, lane, parts, window.nbytes, headers=headers, media_type=media_type)


async def _filled(
    reading: Reading, lane: Lane, request: Request, leads: Sequence[Lead], head: Head
) -> Window:
    """Read the samples of a window."""
    samples = await lane.run(_blank, leads, head.stop - head.start)
    corrupt: Runs = {}

    def take(span: list[list[Column]]) -> None:
        for lead, out, columns in zip(leads, samples, span, strict=True):
            for column in columns:
                low, high = column.start - head.start, column.stop - head.start
                out[low:high] = column.cut(column.start, column.stop, lead.dtypes[0])
                pieces.note(corrupt, lead.name, column)

    names = [one.name for one in leads]
    await reading.each(lane, request, (head.record, names, head.start, head.stop), take)
    return Window(head, leads, samples, corrupt)


def _blank(leads: Sequence[Lead], count: int) -> list[Samples]:
    """Return `count` missing samples of each lead. Takes some ms where that is megabytes."""
    return [np.full(count, MISSING[one.dtypes[0]], NUMPY[one.dtypes[0]]) for one in leads]
