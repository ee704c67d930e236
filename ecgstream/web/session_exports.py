"""`GET /api/v1/sessions/{session}/export`: the log of a session and the samples that were seen."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Literal, get_args

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ecgstream.archive.ordering import FORMATS, Order, file_name
from ecgstream.errors import BadField, QueryError, TooLarge
from ecgstream.model.record import Record
from ecgstream.model.session import NOTICE, Seen, read, seen
from ecgstream.storage.source import SignalSource
from ecgstream.storage.written.sessions import Head, Sessions
from ecgstream.web.exports import Exports, Part
from ecgstream.web.notes import user_of
from ecgstream.web.queries import Query
from ecgstream.web.records import MAX_VALUES
from ecgstream.web.sessions import SessionRoutes, first_line, shown

Kind = Literal["parquet", "wfdb"]

PARTS: Final = 64
"""Files of one export: stretches seen that do not touch, or with other leads."""


def recorded_routes(sessions: Sessions, source: SignalSource, exports: Exports) -> list[Route]:
    """Return all routes of recorded sessions."""
    endpoint = partial(_export, sessions, source, exports)
    return [
        *SessionRoutes(sessions, source).routes(),
        Route("/api/v1/sessions/{session}/export", endpoint, name="session_export"),
    ]


async def _export(
    sessions: Sessions, source: SignalSource, exports: Exports, request: Request
) -> Response:
    query = Query(request, ("format",))
    kind = query.required("format")
    if kind not in get_args(Kind):
        raise QueryError("format", f"{kind!r} is none of {', '.join(get_args(Kind))}")
    head = await sessions.head(request.path_params["session"])
    record = source.record(head.record)
    log = b"".join(await sessions.log(head.id))
    found = await asyncio.to_thread(_seen, log, head.lasted_ms)
    time = datetime.now(UTC).isoformat(timespec="seconds")
    parts = _parts(record, found, kind, time)
    told = shown(head, sessions.now(), source, user_of(request))
    beside = {
        "session.jsonl": first_line(told) + log,
        "seen.json": msgspec.json.format(
            msgspec.json.encode(_account(head, found, parts, time, same=not told.other_samples))
        ),
    }
    return await exports.packed(request, parts, beside, f"session_{head.record}_{head.id[:8]}.zip")


def _seen(log: bytes, lasted_ms: int) -> list[Seen]:
    return seen(read(log.splitlines()), lasted_ms)


def _parts(record: Record, found: list[Seen], kind: Any, time: str) -> list[Part]:
    """Return what is to be exported: what was seen sample by sample, and is there.

    Raises BadField where there is nothing, TooLarge where there is too much, LeadNotFound.
    """
    parts: list[Part] = []
    values = 0
    for one in found:
        stop = min(one.stop, record.length_at(one.fs))
        if one.drawn != "samples" or one.start >= stop:
            continue
        order = Order(kind, one.start, stop, one.leads, time=time)
        leads = record.choose(one.leads)
        if {lead.fs for lead in leads} != {one.fs}:
            raise BadField("session: the record has another sampling rate now")
        values += (stop - one.start) * len(leads)
        name = f"{len(parts) + 1:02}_{file_name(record, order)}"
        parts.append(Part(record, order, name.replace(f".{FORMATS[kind][0]}", _suffix(kind))))
    if not parts:
        raise BadField("session: no samples were in sight, or only envelopes of them")
    if len(parts) > PARTS or values > MAX_VALUES:
        raise TooLarge(
            f"{values} values in {len(parts)} stretches were in sight, and one export takes "
            f"{MAX_VALUES} in {PARTS}: take the log, and export what matters of the record"
        )
    return parts


def _suffix(kind: Kind) -> str:
    """A WFDB record lies in a folder."""
    return ".wfdb" if kind == "wfdb" else f".{FORMATS[kind][0]}"


def _account(
    head: Head, found: list[Seen], parts: list[Part], time: str, *, same: bool
) -> dict[str, Any]:
    """Return what the export says of itself: whose session, and where what was seen lies."""
    files = {
        (part.order.leads, part.order.start): part.name.removesuffix(".wfdb") for part in parts
    }
    return {
        "notice": NOTICE,
        "session": head.id,
        "title": head.title,
        "author": head.author,
        "started": datetime.fromtimestamp(head.started, UTC).isoformat(timespec="milliseconds"),
        "lasted_ms": head.lasted_ms,
        "record": head.record,
        "exported": time,
        "same_samples": same,
        "seen": [
            {
                "leads": list(one.leads),
                "fs": one.fs,
                "start": one.start,
                "stop": one.stop,
                "drawn": one.drawn,
                "file": files.get((one.leads, one.start)) if one.drawn == "samples" else None,
            }
            for one in found
        ],
    }
