"""Predictions that are published as a set of a record (PROTOCOL section 3)."""

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ecgstream.errors import IllegalState, QueryError, SourceCorrupt, TooLarge
from ecgstream.model.annotation import Annotations
from ecgstream.storage.written.overlay_files import About, parse
from ecgstream.storage.written.overlays import NAME, Overlays
from ecgstream.storage.written.reserved import reserved
from ecgstream.web.annotations import Sets, taken
from ecgstream.web.notes import Announce
from ecgstream.web.reading import Reading
from ecgstream.wire import events
from ecgstream.wire.window import JSON

MAX_BODY: Final = 64 << 20
"""Bytes of a body: a million rows are some 25 MB of CSV, and a few of Parquet."""

KINDS: Final = {"text/csv": ".csv", "application/vnd.apache.parquet": ".parquet"}


class Published(msgspec.Struct, frozen=True):
    """What was taken: `count` marks, in place of a set of that name or not."""

    record: str
    set: str
    count: int
    replaced: bool


@dataclass(frozen=True, slots=True)
class Publishing:
    """Where sets are published: `stored` are all others, whose names are taken."""

    reading: Reading
    overlays: Overlays
    stored: Sets
    announce: Announce

    def tell(self, record: str, name: str) -> None:
        """Tell who watches a record that a set of it is another one now, or gone."""
        event = events.Annotation(record=record, change="set", set=name, annotation=None)
        self.announce(record, event.encode())


def prediction_routes(at: Publishing) -> list[Route]:
    """Return the routes by which a set is published and withdrawn."""
    path = "/api/v1/records/{record}/predictions/{set}"
    return [
        Route(path, partial(_put, at), methods=["PUT"], name="publish"),
        Route(path, partial(_delete, at), methods=["DELETE"], name="withdraw"),
    ]


async def _put(at: Publishing, request: Request) -> Response:
    """`PUT /api/v1/records/{record}/predictions/{set}`."""
    reading, overlays = at.reading, at.overlays
    record = reading.source.record(request.path_params["record"])
    name = _name(request)
    if (what := reserved(name)) is not None:
        raise QueryError("set", f"{name!r} is kept for {what}: publish under another name")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in KINDS:
        raise HTTPException(415, f"Content-Type: expected {' or '.join(KINDS)}")
    about = About(record.fs, record.length, tuple(lead.name for lead in record.leads))
    by = request.scope["identity"].user
    announced = request.headers.get("content-length", "")
    size = min(int(announced), MAX_BODY) if announced.isdecimal() else MAX_BODY
    # As much again as it becomes in memory: some 50 bytes a row.
    with reading.holding(2 * size):
        body = await _body(request)

        def read() -> Annotations:
            # A column `record`, where there is one, may name this one only.
            found = parse(
                io.BytesIO(body),
                KINDS[kind],
                lambda other: about if other == record.record else None,
                record.record,
                "body",
            )
            if found.unknown:
                strange = next(iter(found.unknown))
                raise QueryError(
                    "body", f"has rows of record {strange[:64]!r}; expected {record.record!r} only"
                )
            return found.of[record.record]

        def publish(marks: Annotations) -> Published:
            if (file := overlays.taken(record.record, name)) is not None:
                raise _taken(record.record, name, file)
            when = datetime.now(UTC).isoformat(timespec="seconds")
            fresh = overlays.publish(record.record, name, marks, by, when)
            return Published(record.record, name, len(marks), not fresh)

        try:
            with reading.lane(len(body)) as lane:
                marks = await lane.run(read)
                # Asked last: people may have begun such a set while this one came in.
                other = await taken(at.stored, record, name)
                if other is not None:
                    raise _taken(record.record, name, other)
                said = await lane.run(publish, marks)
        except SourceCorrupt as error:
            where = f"body, column {error.column}" if error.column else "body"
            raise QueryError(where, error.detail) from error
    at.tell(record.record, name)
    status = 200 if said.replaced else 201
    return Response(msgspec.json.encode(said), status, media_type=JSON)


async def _delete(at: Publishing, request: Request) -> Response:
    """`DELETE /api/v1/records/{record}/predictions/{set}`."""
    record = at.reading.source.record(request.path_params["record"])
    name = _name(request)
    await at.reading.quick.run(at.overlays.withdraw, record.record, name)
    at.tell(record.record, name)
    return Response(status_code=204)


def _taken(record: str, name: str, what: str) -> IllegalState:
    return IllegalState(
        f"record {record!r} has {what} of the name {name!r}: publish under another one"
    )


def _name(request: Request) -> str:
    name: str = request.path_params["set"]
    if not NAME.fullmatch(name):
        raise QueryError("set", f"expected 1 to 64 of A-Z a-z 0-9 . _ -, got {name[:64]!r}")
    return name


async def _body(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            raise TooLarge(
                f"the body is larger than {MAX_BODY >> 20} MiB: publish it as Parquet, or in parts "
                "under several names"
            )
        parts.append(part)
    return b"".join(parts)
