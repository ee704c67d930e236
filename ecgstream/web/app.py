"""All parts wired together."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import FileResponse
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from ecgstream.config import Settings, load
from ecgstream.storage.blocks import BlockCache
from ecgstream.storage.source import SignalSource
from ecgstream.viewer.clock import Clock, SystemClock
from ecgstream.viewer.reel import Reels
from ecgstream.viewer.registry import Registry
from ecgstream.viewer.session import Greeting
from ecgstream.viewer.subscription import Surroundings
from ecgstream.viewer.wheel import Wheel
from ecgstream.web.ecg import ecg_routes
from ecgstream.web.faults import HANDLERS, LastResort
from ecgstream.web.records import record_routes
from ecgstream.web.stream import Stream, Visitor

PATIENCE_S: Final = 15.0
"""How long data is waited for, and a viewer who takes nothing (PROTOCOL, rule 4)."""
PAGES: Final = {"/": "index", "/review": "review", "/login": "login", "/docs": "docs"}


def static_folder() -> Path:
    """Return where the client's files are: in the package, or beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "static"
    return inside if inside.is_dir() else package.parent / "static"


def create_app(
    settings: Settings,
    source: SignalSource,
    *,
    clock: Clock | None = None,
    patience_s: float = PATIENCE_S,
) -> Starlette:
    """Return the application that serves `source`. Nothing runs until its lifespan begins."""
    clock = clock or SystemClock()
    readers = ThreadPoolExecutor(settings.readers, "reader")
    requests = ThreadPoolExecutor(2, "request")
    wheel = Wheel(clock)
    cache = BlockCache(source, readers, settings.cache_mb << 20)
    registry = Registry()
    stream = Stream(
        source=source,
        reels=Reels(cache),
        around=Surroundings(wheel, clock, patience_s),
        registry=registry,
        greeting=Greeting(f"ecgstream {version('ecgstream')}", secrets.token_hex(8)),
        admit=lambda _scope: Visitor("anonymous"),
    )
    static = static_folder()
    routes: list[BaseRoute] = [
        WebSocketRoute("/api/v1/stream", stream.endpoint),
        Route("/api/v1/stream", stream.plain),
        *record_routes(source, requests),
        *ecg_routes(source, requests),
        *(Route(path, _page(static / f"{name}.html")) for path, name in PAGES.items()),
        Mount("/static", StaticFiles(directory=static)),
    ]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        wheel.start()
        yield
        wheel.stop()
        readers.shutdown(wait=False, cancel_futures=True)
        requests.shutdown(wait=False, cancel_futures=True)

    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(LastResort)],
        exception_handlers=HANDLERS,
    )
    app.state.registry = registry
    return app


def create_app_from_environment() -> Starlette:
    """Return the application of a server that reloads: its settings are in the environment."""
    from ecgstream.storage.catalog import scan  # noqa: PLC0415

    settings = load([])
    return create_app(settings, scan(settings.data))


def _page(path: Path) -> Callable[[object], Awaitable[FileResponse]]:
    async def page(_request: object) -> FileResponse:
        return FileResponse(path)

    return page
