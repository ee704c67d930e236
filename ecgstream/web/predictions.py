"""Predictions that are published as a set of a record (PROTOCOL section 3)."""

import io
from datetime import UTC, datetime
from functools import partial
from typing import Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ecgstream.errors import IllegalState, QueryError, SourceCorrupt, TooLarge
from ecgstream.storage.overlay_files import About, parse
from ecgstream.storage.overlays import NAME, Overlays
from ecgstream.web.reading import Reading
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


def prediction_routes(reading: Reading, overlays: Overlays) -> list[Route]:
    """Return the routes by which a set is published and withdrawn."""
    path = "/api/v1/records/{record}/predictions/{set}"
    return [
        Route(path, partial(_put, reading, overlays), methods=["PUT"], name="publish"),
        Route(path, partial(_delete, reading, overlays), methods=["DELETE"], name="withdraw"),
    ]


async def _put(reading: Reading, overlays: Overlays, request: Request) -> Response:
    """`PUT /api/v1/records/{record}/predictions/{set}`."""
    record = reading.source.record(request.path_params["record"])
    name = _name(request)
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

        def work() -> Published:
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
            if (taken := overlays.taken(record.record, name)) is not None:
                raise IllegalState(
                    f"record {record.record!r} has {taken} of the name {name!r}: publish under "
                    "another one"
                )
            marks = found.of[record.record]
            at = datetime.now(UTC).isoformat(timespec="seconds")
            fresh = overlays.publish(record.record, name, marks, by, at)
            return Published(record.record, name, len(marks), not fresh)

        try:
            with reading.lane(len(body)) as lane:
                said = await lane.run(work)
        except SourceCorrupt as error:
            where = f"body, column {error.column}" if error.column else "body"
            raise QueryError(where, error.detail) from error
    status = 200 if said.replaced else 201
    return Response(msgspec.json.encode(said), status, media_type=JSON)


async def _delete(reading: Reading, overlays: Overlays, request: Request) -> Response:
    """`DELETE /api/v1/records/{record}/predictions/{set}`."""
    record = reading.source.record(request.path_params["record"])
    await reading.quick.run(overlays.withdraw, record.record, _name(request))
    return Response(status_code=204)


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
