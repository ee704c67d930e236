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

from ecgstream.errors import EcgstreamError, Forbidden, NotLoggedIn, QueryError, TooLarge
from ecgstream.web.auth import COOKIE, Attempts, Gate
from ecgstream.web.faults import problem_of
from ecgstream.web.origins import is_loopback

OPEN: Final = frozenset({"/healthz", "/login", "/api/v1/session", "/favicon.ico"})
"""Paths that need no login: to see whether the server lives, and to log in."""
OPEN_UNDER: Final = ("/static/",)
"""Folders of what the login page is made of; the rest in them is no secret either."""
MAX_BODY: Final = 4_096

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
            scope["identity"] = self._gate.identify(scope)
        except NotLoggedIn as error:
            return _to_login(scope) if _is_page(scope) else problem_of(error)
        return None

    def _is_open(self, path: str) -> bool:
        return path in self._open_paths or path.startswith(self._open_under)


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


async def _log_in(gate: Gate, attempts: Attempts, request: Request) -> Response:
    """Trade {`token`} for a session cookie; answer {`user`, `expires`} (seconds since 1970)."""
    if gate.logins is None:
        raise HTTPException(404, "nobody has to log in here: the server has no token file")
    address = visitor_address(request.scope)
    token = await _token(request)
    try:
        cookie, identity, expires = gate.logins.open(token)
    except NotLoggedIn:
        # Only who is wrong waits: behind one address there may be a whole ward.
        attempts.check(address)
        attempts.failed(address)
        _log.warning("a login from %s failed", address)
        raise
    _log.info("%s logged in from %s", identity.user, address)
    answer = Response(
        msgspec.json.encode({"user": identity.user, "expires": expires}),
        media_type="application/json",
    )
    answer.set_cookie(COOKIE, cookie, max_age=gate.logins.lifetime_s, **_attributes(request))
    return answer


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


async def _token(request: Request) -> str:
    """Return `token` of the JSON body. Raises QueryError, TooLarge."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        # Not what a form of another site could send, so that its browser asks us first.
        raise HTTPException(415, "Content-Type: expected application/json")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise TooLarge(f"the body is larger than {MAX_BODY} bytes")
    try:
        said = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise QueryError("body", 'expected {"token": "..."}') from None
    token = said.get("token")
    if not isinstance(token, str) or set(said) != {"token"}:
        raise QueryError("token", 'expected {"token": "..."} and nothing else')
    return token


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
