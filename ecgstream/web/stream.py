"""`/api/v1/stream`: a WebSocket becomes a viewer's session."""

import asyncio
import logging
from asyncio import TaskGroup
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from ecgstream.errors import BadField, Draining, EcgstreamError, WallNotFound
from ecgstream.storage.source import SignalSource
from ecgstream.viewer.admission import Admission
from ecgstream.viewer.outlet import Outlet
from ecgstream.viewer.reel import Reels
from ecgstream.viewer.registry import Registry
from ecgstream.viewer.session import Greeting, ViewerSession, everything
from ecgstream.viewer.surroundings import Surroundings
from ecgstream.web.access import visitor_address
from ecgstream.web.auth import Gate, Identity
from ecgstream.web.faults import close_of, problem, problem_of
from ecgstream.web.push import CLOSE_S, PushProtocol, SendOutlet, pushed
from ecgstream.web.walls import Walls
from ecgstream.wire import commands, events
from ecgstream.wire.frames import payload_of

SUBPROTOCOL: Final = "ecgstream.v1"
NO_VERSION: Final = 4409
OUR_FAULT: Final = 1011
DONE: Final = 1000
QUERY: Final = frozenset({"record", "leads", "at", "speed", "loop"})
WALL: Final = "wall"
"""Beside a subscription or alone: whose screen that is."""

N = TypeVar("N", int, float)

_log = logging.getLogger("ecgstream.stream")


@dataclass(frozen=True, slots=True)
class Stream:
    """The endpoint: it translates, and decides nothing."""

    source: SignalSource
    reels: Reels
    around: Surroundings
    registry: Registry
    admission: Admission
    greeting: Greeting
    gate: Gate
    walls: Walls

    async def endpoint(self, websocket: WebSocket) -> None:
        """Serve one viewer until either side closes."""
        address = visitor_address(websocket.scope)
        try:
            visitor = self.gate.identify(websocket.scope)
            wall = self._wall(websocket, visitor)
            if self.registry.draining:
                raise Draining
            self.admission.enter(address, self.around.clock.monotonic())
        except EcgstreamError as error:
            self.around.counts.refused[getattr(error, "reason", error.code)] += 1
            await _refuse(websocket, error)
            return
        try:
            await self._admitted(websocket, visitor, wall)
        finally:
            self.admission.leave(address)

    def _wall(self, websocket: WebSocket, visitor: Identity) -> str | None:
        """Return the wall that the socket is a screen of, if it is one. Raises WallNotFound."""
        said = websocket.query_params.getlist(WALL)
        for name in said:
            if visitor.wall not in {None, name}:
                raise WallNotFound(name)
        for name in said if visitor.wall is None else [visitor.wall]:
            self.walls.named(name)
        if said:
            return said[0]
        # A program with the token of a screen has nothing to show a name on.
        return visitor.wall if "origin" in websocket.headers else None

    async def _admitted(self, websocket: WebSocket, visitor: Identity, wall: str | None) -> None:
        offered = websocket.scope["subprotocols"]
        if offered and SUBPROTOCOL not in offered:
            await websocket.accept(offered[0])
            await websocket.close(NO_VERSION, f"only {SUBPROTOCOL} is spoken here")
            return
        await websocket.accept(SUBPROTOCOL if offered else None)
        outlet = pushed(websocket)
        if outlet is not None:
            await self._serve(websocket, outlet, visitor, wall)
            return
        slow = SendOutlet(websocket)
        async with TaskGroup() as group:
            sending = group.create_task(slow.run())
            await self._serve(websocket, slow, visitor, wall)
            # What was said last, such as `bye`, still goes out; who is gone takes nothing more.
            slow.close(DONE, "")
            await asyncio.wait([sending], timeout=CLOSE_S)
            sending.cancel()

    async def plain(self, _request: Request) -> Response:
        """Answer plain HTTP: this address is for WebSockets."""
        return problem(
            426,
            "bad_field",
            "this address speaks WebSocket: connect with subprotocol ecgstream.v1",
            headers={"upgrade": "websocket", "connection": "upgrade"},
        )

    async def _serve(
        self, websocket: WebSocket, outlet: Outlet, visitor: Identity, wall: str | None
    ) -> None:
        bound = visitor.wall
        session = ViewerSession(
            outlet,
            self.source,
            self.reels,
            self.around,
            user=visitor.user,
            login=visitor.login,
            wall=wall,
            permits=everything if bound is None else partial(self.walls.permits, bound),
        )
        self.registry.add(session)
        if isinstance(outlet, PushProtocol):
            outlet.hear = session.note
        try:
            session.open(self.greeting)
            if websocket.query_params.keys() - {WALL}:
                await _ask_by_address(session, websocket.query_params)
            while (message := await websocket.receive())["type"] == "websocket.receive":
                await session.handle(message.get("bytes"))
        except Exception:  # noqa: BLE001 - at the top, once: everybody else goes on
            _log.exception("a viewer's session failed; it is closed with %d", OUR_FAULT)
            session.close(OUR_FAULT, "the server failed")
        finally:
            if isinstance(outlet, PushProtocol) and outlet.timed_out:
                session.timed_out()
            session.gone()
            self.registry.remove(session)


async def _refuse(websocket: WebSocket, error: EcgstreamError) -> None:
    """Say no so that it is understood: a browser cannot see the status of a denial."""
    if "origin" not in websocket.headers:
        await websocket.send_denial_response(problem_of(error))
        return
    offered = websocket.scope["subprotocols"]
    await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else next(iter(offered), None))
    code, reason = close_of(error), error.told[:120]
    if error.retryable:
        # A close frame has no room for when to come back.
        bye = events.Bye(code=code, reason=reason, retry_after_ms=error.retry_after_ms)
        await websocket.send_bytes(bytes(payload_of(bye.encode())))
    await websocket.close(code, reason)


async def _ask_by_address(session: ViewerSession, query: QueryParams) -> None:
    """Subscribe as the address says, for tools that can only open one and count."""
    try:
        command = _command(query)
    except EcgstreamError as error:
        session.refuse(error, None, 1)
        return
    await session.open_with(command)


def _command(query: QueryParams) -> commands.Subscribe:
    """Return the `subscribe` that an address asks for. Raises BadField, OutOfRange."""
    unknown = sorted(set(query) - QUERY - {WALL})
    if unknown:
        raise BadField(f"{unknown[0]}: not known; known are {', '.join(sorted(QUERY | {WALL}))}")
    if "record" not in query:
        raise BadField("record: missing")
    at = query.get("at")
    speed = query.get("speed")
    loop = query.get("loop", "0")
    if loop not in {"0", "1"}:
        raise BadField("loop: expected 1 or 0")
    leads = query.get("leads")
    command = commands.Subscribe(
        id=0,
        sid=1,
        record=query["record"],
        leads=leads.split(",") if leads else None,
        at=at if at in {None, "live", "shared"} else {"sample": _number(at, int, "at")},
        speed=None if speed is None else _number(speed, float, "speed"),
        loop=loop == "1",
    )
    commands.check(command)
    return command


def _number(text: str | None, kind: type[N], name: str) -> N:
    try:
        return kind(text or "")
    except ValueError:
        raise BadField(f"{name}: {(text or '')[:40]!r} is not a number") from None
