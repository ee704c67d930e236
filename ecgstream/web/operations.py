"""Whether the server lives, whether it is ready, and what it counts."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ecgstream.metrics import CONTENT_TYPE, Metrics
from ecgstream.web.faults import problem

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def operation_routes(
    metrics: Metrics | None, hindrances: Callable[[], Sequence[str]], document: Mapping[str, Any]
) -> list[BaseRoute]:
    """Return `/healthz`, `/readyz`, `/metrics` and `/openapi.json`.

    `hindrances` says why no new viewer should come, in words: draining, nothing to serve, full.
    Empty = ready. `document` is the OpenAPI document. Without `metrics` they are elsewhere.
    """
    encoded = msgspec.json.encode(document)
    return [
        *monitoring_routes(metrics, hindrances),
        Route("/openapi.json", partial(_openapi, encoded), name="openapi"),
    ]


def monitoring_routes(
    metrics: Metrics | None, hindrances: Callable[[], Sequence[str]]
) -> list[BaseRoute]:
    """Return `/healthz`, `/readyz` and `/metrics`, as `operation_routes`."""
    return [
        Route("/healthz", _healthz, name="healthz"),
        Route("/readyz", partial(_readyz, hindrances), name="readyz"),
        Route("/metrics", partial(_metrics, metrics), name="metrics"),
    ]


async def _healthz(_request: Request) -> Response:
    """Answer, on no thread and asking no disk: the event loop turns."""
    return Response(b'{"status":"ok"}', media_type="application/json")


async def _readyz(hindrances: Callable[[], Sequence[str]], _request: Request) -> Response:
    """Say whether new viewers may come; 503 with the reasons where not."""
    reasons = list(hindrances())
    if reasons:
        return problem(503, "unavailable", "; ".join(reasons), reasons=reasons)
    return Response(b'{"status":"ready"}', media_type="application/json")


async def _metrics(metrics: Metrics | None, _request: Request) -> Response:
    if metrics is None:
        # Of several workers this would be any one.
        return problem(404, "not_found", "metrics are served at the metrics port of each worker")
    return Response(metrics.exposition(), headers={"content-type": CONTENT_TYPE})


async def _openapi(encoded: bytes, _request: Request) -> Response:
    return Response(encoded, media_type="application/json")


class Measured:
    """ASGI middleware: times every request by its route, whose parameters are not filled in."""

    def __init__(
        self, app: ASGIApp, metrics: Metrics, now: Callable[[], float] = time.perf_counter
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and note how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = self._now()
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            # Neither may be of the client's making, or it could make metrics without end.
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = getattr(scope.get("route"), "path", "none")
            self._metrics.requests.labels(method, route, str(status)).observe(self._now() - begun)
