"""Recorded sessions over HTTP: begun, written as they go, listed, read, named and deleted."""

import base64
import binascii
import struct
import uuid
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ecgstream.errors import QueryError, RecordNotFound
from ecgstream.model.session import BATCH, MOST_MS, NOTICE, TITLE_MOST, Event, check_order
from ecgstream.storage.source import SignalSource
from ecgstream.storage.written.sessions import Batch, Head, Sessions
from ecgstream.web.bodies import json_body
from ecgstream.web.notes import user_of
from ecgstream.web.queries import Query
from ecgstream.wire.window import JSON

PAGE: Final = 50
MAX_PAGE: Final = 200
MAX_EVENTS_BODY: Final = 1 << 20
"""Bytes of a batch: two thousand events, each of a few hundred."""
LINES: Final = "application/x-ndjson"


_CURSOR: Final = struct.Struct(">d36s")


class Session(msgspec.Struct, frozen=True):
    """A session. `started` in seconds since 1970; `recording`: it goes on; `ended`: by its author.

    `other_samples`: what is stored of the record is not what its author saw.
    """

    session: str
    record: str
    title: str
    author: str
    started: float
    lasted_ms: int
    events: int
    bytes: int
    recording: bool
    ended: bool
    other_samples: bool
    mine: bool


class SessionPage(msgspec.Struct, frozen=True):
    """Sessions, the youngest first. `next`: the cursor of those after them."""

    sessions: list[Session]
    next: str | None
    notice: str = NOTICE


class Kept(msgspec.Struct, frozen=True):
    """How many events of a session are kept."""

    events: int


class _Begin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    session: str
    record: str
    title: str = ""


class _Rename(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str


class _Events(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    events: list[Event]
    until: int = 0
    ended: bool = False


class SessionRoutes:
    """Answers for the sessions of a store about the records of a source."""

    def __init__(self, sessions: Sessions, source: SignalSource) -> None:
        self._sessions = sessions
        self._source = source

    def routes(self) -> list[Route]:
        """Return the routes."""
        path = "/api/v1/sessions"
        one = f"{path}/{{session}}"
        return [
            Route(path, self._list, name="sessions"),
            Route(path, self._begin, methods=["POST"], name="begin_session"),
            Route(one, self._head, name="session"),
            Route(one, self._rename, methods=["PUT"], name="rename_session"),
            Route(one, self._delete, methods=["DELETE"], name="delete_session"),
            Route(f"{one}/events", self._append, methods=["POST"], name="session_events"),
            Route(f"{one}/log", self._log, name="session_log"),
        ]

    def _shown(self, head: Head, request: Request) -> Session:
        return shown(head, self._sessions.now(), self._source, user_of(request))

    async def _list(self, request: Request) -> Response:
        """`GET /api/v1/sessions`."""
        query = Query(request, ("record", "cursor", "limit"))
        record = query.text("record")
        if record is not None:
            self._source.record(record)
        limit = query.whole("limit", PAGE, 1, MAX_PAGE)
        heads = await self._sessions.heads(record, _place(query.text("cursor")), limit + 1)
        more = _cursor(heads[limit - 1]) if len(heads) > limit else None
        return _json(SessionPage([self._shown(head, request) for head in heads[:limit]], more))

    async def _begin(self, request: Request) -> Response:
        """`POST /api/v1/sessions`."""
        expected = '{"session": a UUID, "record": ..., "title": ...}'
        said = await json_body(request, _Begin, expected)
        try:
            id_ = str(uuid.UUID(said.session))
        except ValueError:
            raise QueryError("session", f"expected a UUID, got {said.session[:40]!r}") from None
        record = self._source.record(said.record).record
        content = content_of(self._source, record) or ""
        title = _title(said.title)
        head = await self._sessions.begin(id_, record, title, user_of(request), content)
        return _json(self._shown(head, request), 201)

    async def _head(self, request: Request) -> Response:
        """`GET /api/v1/sessions/{session}`."""
        Query(request, ())
        head = await self._sessions.head(request.path_params["session"])
        return _json(self._shown(head, request))

    async def _rename(self, request: Request) -> Response:
        """`PUT /api/v1/sessions/{session}`."""
        Query(request, ())
        said = await json_body(request, _Rename, '{"title": ...}')
        id_ = request.path_params["session"]
        head = await self._sessions.rename(id_, user_of(request), _title(said.title))
        return _json(self._shown(head, request))

    async def _delete(self, request: Request) -> Response:
        """`DELETE /api/v1/sessions/{session}`."""
        Query(request, ())
        await self._sessions.delete(request.path_params["session"], user_of(request))
        return Response(status_code=204)

    async def _append(self, request: Request) -> Response:
        """`POST /api/v1/sessions/{session}/events`."""
        query = Query(request, ("after",))
        query.required("after")
        after = query.whole("after", 0, 0, 2**31)
        expected = '{"events": [...], "until": ms, "ended": true or false}'
        said = await json_body(request, _Events, expected, MAX_EVENTS_BODY)
        if len(said.events) > BATCH:
            raise QueryError("events", f"at most {BATCH} at once, got {len(said.events)}")
        if not 0 <= said.until <= MOST_MS:
            raise QueryError("until", f"{said.until} is not within 0 to {MOST_MS}")
        last = said.events[-1].t if said.events else 0
        lines = [msgspec.json.encode(event) + b"\n" for event in said.events]
        batch = Batch(after, lines, last, said.until, said.ended)
        id_ = request.path_params["session"]
        check = partial(_check, said.events)
        return _json(Kept(await self._sessions.append(id_, user_of(request), batch, check)))

    async def _log(self, request: Request) -> Response:
        """`GET /api/v1/sessions/{session}/log`: a line on the session, then one for each event."""
        query = Query(request, ("after",))
        after = query.whole("after", 0, 0, 2**31)
        head = await self._sessions.head(request.path_params["session"])
        parts = await self._sessions.log(head.id, after)
        top = first_line(self._shown(head, request))
        name = f"session_{head.record}_{head.id[:8]}.jsonl"
        return StreamingResponse(
            iter([top, *parts]),
            headers={"content-disposition": f'attachment; filename="{name}"'},
            media_type=LINES,
        )


def shown(head: Head, now: float, source: SignalSource, to: str) -> Session:
    """Return what the user `to` is told of a session at `now`."""
    return Session(
        head.id,
        head.record,
        head.title,
        head.author,
        head.started,
        head.lasted_ms,
        head.events,
        head.nbytes,
        head.recording(now),
        head.ended,
        content_of(source, head.record) not in {None, head.content},
        head.author == to,
    )


def first_line(session: Session) -> bytes:
    """Return what a log begins with: of which session it is."""
    said = {"kind": "session", **msgspec.to_builtins(session), "notice": NOTICE}
    del said["mine"]
    return msgspec.json.encode(said) + b"\n"


def content_of(source: SignalSource, record: str) -> str | None:
    """Return a name for what is stored of a record; None where it is not here."""
    try:
        beside = source.beside(record)
        return source.version(record) if beside is None else beside.content
    except RecordNotFound:
        return None


def _check(events: Sequence[Event], head: Head, there: int) -> None:
    """Raise BadField where what is new of `events` cannot follow the log. Raises BadField."""
    check_order(events[there:], head.last_ms, first=head.events == 0)


def _title(said: str) -> str:
    title = " ".join(said.split())
    if len(title) > TITLE_MOST or not title.isprintable():
        raise QueryError("title", f"expected at most {TITLE_MOST} printable letters")
    return title


def _cursor(head: Head) -> str:
    packed = _CURSOR.pack(head.started, head.id.encode())
    return base64.urlsafe_b64encode(packed).decode()


def _place(cursor: str | None) -> tuple[float, str] | None:
    """Return what a cursor says. Raises QueryError."""
    if cursor is None:
        return None
    try:
        started, id_ = _CURSOR.unpack(base64.urlsafe_b64decode(cursor))
        return started, id_.decode()
    except (binascii.Error, struct.error, UnicodeError, ValueError):
        raise QueryError("cursor", "not one that a page of sessions gave as `next`") from None


def _json(said: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(said), status, media_type=JSON)
