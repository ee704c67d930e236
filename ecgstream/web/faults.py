"""Errors to HTTP status and close code: nothing else knows these numbers (PROTOCOL 3 and 4).

Every error answer over HTTP is `application/problem+json` (RFC 9457): `type`, `title`, `status`,
`detail`, and `code`, which is the name of the error on the socket too.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from ecgstream.errors import (
    AnalysisOff,
    AnnotationsNotFound,
    BadField,
    Draining,
    EcgstreamError,
    ExportFailed,
    ExtraMissing,
    Forbidden,
    IllegalState,
    LeadNotFound,
    LimitReached,
    NotAcceptable,
    NoteChanged,
    NoteNotFound,
    NotLive,
    NotLoggedIn,
    NotMadeYet,
    OutOfRange,
    RateLimited,
    RecordNotFound,
    SessionNotFound,
    SourceError,
    SourceUnavailable,
    StoreUnavailable,
    SubscriptionNotFound,
    TileNotFound,
    TooLarge,
    TooManyFromAddress,
    TooManyLogins,
    UnknownOp,
    WallNotFound,
)
from ecgstream.wire.commands import Unreadable

MEDIA_TYPE: Final = "application/problem+json"

STATUS: Final[Mapping[type[EcgstreamError], int]] = {
    BadField: 422,
    OutOfRange: 422,
    UnknownOp: 400,
    RecordNotFound: 404,
    LeadNotFound: 404,
    AnnotationsNotFound: 404,
    NoteNotFound: 404,
    WallNotFound: 404,
    AnalysisOff: 404,
    SessionNotFound: 404,
    SubscriptionNotFound: 404,
    TileNotFound: 404,
    IllegalState: 409,
    NotLive: 409,
    NoteChanged: 409,
    TooLarge: 413,
    ExportFailed: 422,
    ExtraMissing: 501,
    NotAcceptable: 406,
    NotLoggedIn: 401,
    Forbidden: 403,
    RateLimited: 429,
    TooManyLogins: 429,
    TooManyFromAddress: 429,
    LimitReached: 503,
    Draining: 503,
    NotMadeYet: 503,
    SourceUnavailable: 503,
    StoreUnavailable: 503,
    # SourceCorrupt, LayoutError and all else is the server's side: 500.
}

CLOSE: Final[Mapping[type[Exception], int]] = {
    NotLoggedIn: 4401,
    Forbidden: 4403,
    WallNotFound: 4403,
    LimitReached: 4429,
    Draining: 1012,
    Unreadable: 4400,
    RateLimited: 4400,
    # What is not listed is our own fault: 1011.
}

_CODES: Final[Mapping[int, str]] = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "limit",
    429: "rate_limited",
    503: "unavailable",
}
"""Codes of errors that are Starlette's own."""

_log = logging.getLogger("ecgstream.web")


def status_of(error: EcgstreamError) -> int:
    """Return the HTTP status that `error` answers with."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def close_of(error: Exception) -> int:
    """Return the WebSocket close code that `error` ends a socket with."""
    return next((CLOSE[kind] for kind in type(error).__mro__ if kind in CLOSE), 1011)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Response:
    """Return a problem document; `members` that are None are left out."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    document |= {name: member for name, member in members.items() if member is not None}
    return Response(
        msgspec.json.encode(document), status, {"cache-control": "no-store"} | dict(headers or {}),
        media_type=MEDIA_TYPE,
    )  # fmt: skip


def problem_of(error: EcgstreamError, **members: Any) -> Response:
    """Return the problem document of one of our errors, with more `members`."""
    status = status_of(error)
    headers = {}
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="ecgstream"'
    if error.retry_after_ms is not None:
        headers["retry-after"] = str(-(-error.retry_after_ms // 1000))
    return problem(
        status,
        error.code,
        error.told,
        headers=headers,
        field=getattr(error, "field", None),
        retryable=error.retryable or None,
        retry_after_ms=error.retry_after_ms,
        **members,
    )


def http_problem(error: HTTPException) -> Response:
    """Return the problem document of one of Starlette's: an unknown path, a wrong method."""
    if error.status_code in {204, 304}:
        return Response(status_code=error.status_code, headers=error.headers)
    code = _CODES.get(error.status_code, "internal" if error.status_code >= 500 else "bad_field")
    return problem(error.status_code, code, error.detail, headers=error.headers)


async def _on_ours(connection: Request | WebSocket, error: Exception) -> Response:
    """Answer one of our errors that an endpoint raised."""
    if isinstance(connection, WebSocket) or not isinstance(error, EcgstreamError):
        raise error
    if isinstance(error, SourceError):
        _log.warning("%s %s: %s", connection.method, connection.url.path, error)
    return problem_of(error)


async def _on_http(connection: Request | WebSocket, error: Exception) -> Response:
    """Answer what Starlette raised."""
    if isinstance(connection, WebSocket) or not isinstance(error, HTTPException):
        raise error
    return http_problem(error)


async def _on_gone(_: Request | WebSocket, __: Exception) -> Response:
    """Nobody is there to read this."""
    return Response(status_code=400)


HANDLERS: Final[dict[Any, Callable[[Any, Exception], Awaitable[Response]]]] = {
    EcgstreamError: _on_ours,
    HTTPException: _on_http,
    ClientDisconnect: _on_gone,
}
"""For `Starlette(exception_handlers=...)`."""


class LastResort:
    """ASGI middleware: what nobody caught is logged once, with traceback, and leaks nothing.

    The first of `Starlette(middleware=...)`: Starlette's own handler, which stands around these,
    would answer with text and raise on, and the server would log the same traceback again.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and answer what comes back as an exception."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:  # noqa: BLE001 - the last resort is for everything
            _log.exception("%s %s failed", scope["method"], scope["path"])
            # Where the answer had begun, the server sees that it never ends and cuts the line,
            # so that half an answer is not taken for a whole one.
            if not started:
                answer = problem(500, "internal", "the server made a mistake; its log says more")
                await answer(scope, receive, send)
