"""Who may come in, asked before any endpoint; and how one logs in and out."""

import asyncio
import ipaddress
import logging
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, Final
from urllib.parse import quote

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ecgstream.errors import (
    EcgstreamError,
    Forbidden,
    NotLoggedIn,
    QueryError,
    RecordNotFound,
    WallNotFound,
)
from ecgstream.web.auth import COOKIE, Attempts, Gate, Logins, Opened
from ecgstream.web.bodies import json_body
from ecgstream.web.faults import problem_of
from ecgstream.web.origins import is_loopback

OPEN: Final = frozenset({"/healthz", "/login", "/api/v1/session", "/favicon.ico"})
"""Paths that need no login: to see whether the server lives, and to log in."""
OPEN_UNDER: Final = ("/static/", "/wall/")
"""Folders of what the login page is made of; the rest in them is no secret either. A wall's page is
the same for all, and must be there to trade the code behind the `#` of its address."""

_log = logging.getLogger("ecgstream.auth")


class Access:
    """ASGI middleware: refuses foreign hosts and origins, and who is not logged in.

    What passes has its `Identity` in `scope["identity"]`. Of a WebSocket handshake only host and
    origin are checked: the endpoint words every other refusal so that a browser can see it.
    """

    def __init__(
        self,
        app: ASGIApp,
        gate: Gate,
        open_paths: Collection[str] = OPEN,
        open_under: tuple[str, ...] = OPEN_UNDER,
    ) -> None:
        self._app = app
        self._gate = gate
        self._open_paths = open_paths
        self._open_under = open_under

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer instead."""
        refusal = self._refusal(scope) if scope["type"] in {"http", "websocket"} else None
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http" or "websocket.http.response" in scope.get("extensions", {}):
            await refusal(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, scope: Scope) -> Response | None:
        try:
            self._gate.hosts.check(scope)
        except Forbidden as error:
            return problem_of(error)
        path: str = scope["path"]
        if scope["type"] == "websocket" or self._is_open(path):
            return None
        try:
            identity = scope["identity"] = self._gate.identify(scope)
            if identity.wall is not None:
                check_screen(identity.wall, scope["method"], path)
        except NotLoggedIn as error:
            return _to_login(scope) if _is_page(scope) else problem_of(error)
        except EcgstreamError as error:
            return problem_of(error)
        return None

    def _is_open(self, path: str) -> bool:
        return path in self._open_paths or path.startswith(self._open_under)


def check_screen(wall: str, method: str, path: str) -> None:
    """Raise where a screen that shows `wall` asks for something else.

    Forbidden; or, whether there is one or not, RecordNotFound and WallNotFound.
    """
    if method in {"GET", "HEAD"} and path in {f"/api/v1/walls/{wall}", "/api/v1/stream"}:
        return
    parts = path.split("/")
    match parts:
        case ["", "api", "v1", "records", record, *_] if record and method in {"GET", "HEAD"}:
            raise RecordNotFound(record)
        case ["", "api", "v1", "walls", other, *_] if other not in {"", wall}:
            raise WallNotFound(other)
    raise Forbidden(f"this is a screen: it may show wall {wall!r}, and nothing else")


def _is_page(scope: Scope) -> bool:
    """Say whether a person looks at the answer."""
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept")
    asked = scope["method"] in {"GET", "HEAD"} and b"text/html" in accept.lower()
    return asked and not scope["path"].startswith("/api/")


def _to_login(scope: Scope) -> Response:
    """Send a browser to the login page, which leads back."""
    query = scope["query_string"].decode("latin-1")
    there = local_path(scope["path"] + (f"?{query}" if query else ""))
    return RedirectResponse(f"/login?next={quote(there, safe='/')}", 303)


def local_path(path: str) -> str:
    """Return `path` if a browser takes it for one on this server, else `/`."""
    # Browsers read a backslash as a slash, and drop tabs and newlines before they look.
    plain = path.replace("\\", "/")
    local = plain.startswith("/") and not plain.startswith("//") and path.isprintable()
    return path if local else "/"


def session_routes(gate: Gate, ended: Callable[[str], None], attempts: Attempts) -> list[Route]:
    """Return `POST` and `DELETE /api/v1/session`.

    `ended` is told the login of a session that was ended, to close its sockets (4401).
    """
    path = "/api/v1/session"
    return [
        Route(path, partial(_log_in, gate, attempts), methods=["POST"], name="log_in"),
        Route(path, partial(_log_out, gate, ended), methods=["DELETE"], name="log_out"),
    ]


class _LogIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of both."""

    token: str | None = None
    code: str | None = None


async def _log_in(gate: Gate, attempts: Attempts, request: Request) -> Response:
    """Trade {`token`} or {`code`} for a session cookie; answer {`user`, `expires`}.

    `expires` is in seconds since 1970.
    """
    if gate.logins is None:
        raise HTTPException(404, "nobody has to log in here: the server has no token file")
    address = visitor_address(request.scope)
    said = await json_body(request, _LogIn, '{"token": "..."} or {"code": "..."}')
    try:
        if said.token is not None and said.code is None:
            opened = _of_token(gate.logins, said.token, attempts, address)
        elif said.code is not None and said.token is None:
            opened = await _of_code(gate.logins, said.code, attempts, address)
        else:
            raise QueryError("body", 'expected one of {"token": "..."} and {"code": "..."}')
    except NotLoggedIn:
        _log.warning("a login from %s failed", address)
        raise
    _log.info("%s logged in from %s", opened.identity.user, address)
    answer = Response(
        msgspec.json.encode({"user": opened.identity.user, "expires": opened.expiry}),
        media_type="application/json",
    )
    give_cookie(answer, opened, request)
    return answer


def _of_token(logins: Logins, token: str, attempts: Attempts, address: str) -> Opened:
    try:
        return logins.open(token)
    except NotLoggedIn:
        # Only who is wrong waits: behind one address there may be a whole ward.
        attempts.check(address)
        attempts.failed(address)
        raise


async def _of_code(logins: Logins, code: str, attempts: Attempts, address: str) -> Opened:
    # A code is short: here who guesses is not even heard. And it counts before it is known to be
    # wrong, or a thousand guesses could be made while the disk is asked about the first.
    attempts.check(address)
    attempts.failed(address)
    try:
        opened = await asyncio.to_thread(logins.redeem, code)
    except OSError as error:
        attempts.succeeded(address)
        _log.error("%s: %s; a code cannot be used", error.filename, error.strerror)
        raise HTTPException(503, "the server cannot take codes now; its log says why") from None
    attempts.succeeded(address)
    return opened


def give_cookie(answer: Response, opened: Opened, request: Request) -> None:
    """Have `answer` give the browser the session."""
    answer.set_cookie(COOKIE, opened.cookie, max_age=opened.lasts_s, **_attributes(request))


async def _log_out(gate: Gate, ended: Callable[[str], None], request: Request) -> Response:
    """End the session of the cookie, and take the cookie back; fine where there is none."""
    try:
        identity = gate.identify(request.scope)
    except EcgstreamError:
        identity = None
    if gate.logins is not None and identity is not None and identity.login is not None:
        gate.logins.end(identity.login)
        if not gate.logins.stands(identity.login):
            ended(identity.login)
            await asyncio.to_thread(gate.logins.spread, identity.login)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, **_attributes(request))
    return answer


def _attributes(request: Request) -> dict[str, Any]:
    """Return the cookie's attributes: `Secure` but on loopback, where there is no TLS."""
    secure = not is_loopback(request.headers["host"])
    return {"path": "/", "httponly": True, "samesite": "strict", "secure": secure}


def visitor_address(scope: Scope) -> str:
    """Return where a request comes from, to be counted: an IPv6 network counts as one."""
    client = scope.get("client")
    if client is None:
        return "local socket"
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return str(client[0])[:64]
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
