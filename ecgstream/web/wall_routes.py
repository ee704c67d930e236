"""Walls over HTTP: what hangs there, one to try out, and which screen is which."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ecgstream.errors import BadWall, QueryError
from ecgstream.web import negotiation
from ecgstream.web.access import give_cookie
from ecgstream.web.auth import Gate, Identity
from ecgstream.web.bodies import json_body
from ecgstream.web.queries import Query
from ecgstream.web.walls import ListedWall, Walls
from ecgstream.wire.window import JSON

TITLE: Final = "Wall"
"""Of one that is tried out and given none."""

Tell = Callable[[str, str | None], Awaitable[int]]
"""Have the screens of a wall, or the one of that name, show their names; return how many."""


class WallList(msgspec.Struct, frozen=True):
    """All walls."""

    walls: list[ListedWall]


class Told(msgspec.Struct, frozen=True):
    """How many screens were told."""

    screens: int


class _Whom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    screen: str | None = None


def wall_routes(walls: Walls, gate: Gate, tell: Tell) -> list[Route]:
    """Return the routes of walls. `tell` reaches the screens."""
    one = "/api/v1/walls/{name}"
    return [
        Route("/api/v1/walls", partial(_walls, walls), name="walls"),
        Route(one, partial(_wall, walls, gate), name="wall"),
        Route(f"{one}/identify", partial(_identify, walls, tell), methods=["POST"]),
        Route("/api/v1/wall", partial(_tried, walls), name="tried_wall"),
    ]


async def _walls(walls: Walls, request: Request) -> Response:
    """`GET /api/v1/walls`: in the order of their file."""
    Query(request, ())
    return Response(msgspec.json.encode(WallList(walls.listed())), media_type=JSON)


async def _wall(walls: Walls, gate: Gate, request: Request) -> Response:
    """`GET /api/v1/walls/{name}`; renews the session of the screen that asks."""
    Query(request, ())
    hung = walls.named(request.path_params["name"])
    headers = {"etag": hung.etag, "cache-control": "private, no-cache"}
    if negotiation.matches(request.headers.get("if-none-match"), hung.etag):
        answer = Response(status_code=304, headers=headers)
    else:
        answer = Response(hung.body, headers=headers, media_type=JSON)
    identity: Identity | None = request.scope.get("identity")
    if gate.logins is not None and identity is not None:
        renewed = gate.logins.renewed(identity)
        if renewed is not None:
            give_cookie(answer, renewed, request)
    return answer


async def _tried(walls: Walls, request: Request) -> Response:
    """`GET /api/v1/wall`: what `beds` would look like, and stand in a file as."""
    query = Query(request, ("beds", "title"))
    try:
        hung = walls.tried(query.required("beds"), query.text("title") or TITLE)
    except BadWall as error:
        field = "title" if str(error).startswith("title: ") else "beds"
        raise QueryError(field, str(error).removeprefix("title: ")) from None
    return Response(hung.body, media_type=JSON)


async def _identify(walls: Walls, tell: Tell, request: Request) -> Response:
    """`POST /api/v1/walls/{name}/identify`: have screens show their names."""
    Query(request, ())
    name = request.path_params["name"]
    walls.named(name)
    whom = await json_body(request, _Whom, '{"screen": name or null}')
    return Response(msgspec.json.encode(Told(await tell(name, whom.screen))), media_type=JSON)
