"""All parts wired together."""

import asyncio
import logging
import os
import secrets
import socket
import time
from asyncio import TaskGroup
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from ecgstream.config import Settings, load
from ecgstream.metrics import Metrics
from ecgstream.storage.blocks import GATHER_S, BlockCache
from ecgstream.storage.derived.beat_book import BeatBook, Key, beat_folder
from ecgstream.storage.derived.cache_folder import CacheFolder, default_folder
from ecgstream.storage.derived.pyramids import SUFFIX, Pyramids
from ecgstream.storage.derived.verdicts import Verdicts
from ecgstream.storage.source import SignalSource
from ecgstream.storage.written import overlays
from ecgstream.storage.written.sessions import Sessions
from ecgstream.storage.written.store import Store, default_store
from ecgstream.viewer.admission import Admission, Limits, Strain
from ecgstream.viewer.clock import Clock, SystemClock
from ecgstream.viewer.pulse import Pulse
from ecgstream.viewer.reel import Reels
from ecgstream.viewer.registry import Registry
from ecgstream.viewer.session import Greeting
from ecgstream.viewer.surroundings import Surroundings
from ecgstream.viewer.wheel import Wheel
from ecgstream.web.access import Access, session_routes
from ecgstream.web.analysing import Analysing
from ecgstream.web.annotation_sets import Detected, Overlaid
from ecgstream.web.annotations import Given, Imported, Sets
from ecgstream.web.auth import Attempts, Gate, Logins
from ecgstream.web.beats import beat_routes
from ecgstream.web.building import Building
from ecgstream.web.codes import CodeFile
from ecgstream.web.counting import count
from ecgstream.web.detected import KnownBeats
from ecgstream.web.ecg import ecg_routes
from ecgstream.web.endings import EndedFile
from ecgstream.web.exports import Exports, export_routes
from ecgstream.web.faults import HANDLERS, LastResort
from ecgstream.web.fellows import Fellows
from ecgstream.web.headers import Headers
from ecgstream.web.lag import LoopLag
from ecgstream.web.monitoring import monitored
from ecgstream.web.note_files import NoteFiles
from ecgstream.web.notes import Announce, Notes
from ecgstream.web.openapi import document
from ecgstream.web.operations import Measured, monitoring_routes, operation_routes
from ecgstream.web.origins import Hosts
from ecgstream.web.reading import Reading
from ecgstream.web.records import record_routes
from ecgstream.web.renewal import Renewal
from ecgstream.web.resources import viewer_descriptors
from ecgstream.web.session_exports import recorded_routes
from ecgstream.web.static_files import StaticFiles
from ecgstream.web.stream import Stream
from ecgstream.web.tokens import TokenFile
from ecgstream.web.wall_routes import wall_routes
from ecgstream.web.walls import Walls

LOGINS_S: Final = 1.0
"""How often the token file is looked at."""
WALLS_S: Final = 2.0
"""How often the file of walls is."""
PATIENCE_S: Final = 15.0
"""How long data is waited for, and a viewer who takes nothing (PROTOCOL, rule 4)."""
FEW_VIEWERS: Final = 100
"""Descriptors for fewer than these are a limit that nobody meant."""
PAGES: Final = {
    "/": "index.html",
    "/review": "review.html",
    "/compare": "compare.html",
    "/disclosure": "disclosure.html",
    "/login": "login.html",
    "/docs": "docs.html",
    "/wall": "wall.html",
    "/wall/{name}": "wall.html",
}

_log = logging.getLogger("ecgstream.app")


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
    metrics_at: socket.socket | None = None,
    fellows: Fellows | None = None,
) -> Starlette:
    """Return the application that serves `source`. Nothing runs until its lifespan begins.

    On the listening socket `metrics_at` it answers operators alone; without one they are answered
    among all others. `fellows` are the other workers that share its address.
    Raises ConfigError for a token file or file of walls that is not there or not understood, for
    names of hosts or origins that cannot be any, and for an address of no store.
    """
    clock = clock or SystemClock()
    release = version("ecgstream")
    metrics = Metrics()
    registry = Registry()
    readers = ThreadPoolExecutor(settings.readers, "reader")
    requests = ThreadPoolExecutor(2, "request")
    maker = ThreadPoolExecutor(1, "pyramid")
    analyst = ThreadPoolExecutor(1, "beats")
    strain = Strain()

    wheel = Wheel(clock, strain.observe)
    lag = LoopLag(metrics.loop_lag.observe)
    cache = BlockCache(
        source,
        readers,
        settings.cache_mb << 20,
        metrics.read.observe,
        gather_s=clock.real(GATHER_S),
    )
    store = Store(settings.store or default_store(os.environ))
    logins = _logins(settings.token_file)
    bind = None if settings.uds else settings.host
    gate = Gate(Hosts(bind, settings.allowed_hosts, settings.allowed_origins), logins)
    around = Surroundings(wheel, clock, patience_s)
    admission = Admission(_limits(settings), strain)
    walls = Walls(source, settings.walls)
    building = Building(Pyramids(source, _cache_folder(settings, os.environ)), maker)
    analysing = Analysing(_beat_book(settings, source), analyst) if settings.analysis else None
    exports = Exports(source, requests, release)
    sets = _sets(source, store, analysing)
    laid = _overlays(settings, source, os.environ)
    stream = Stream(
        source=source,
        reels=_reels(cache, analysing),
        around=around,
        registry=registry,
        admission=admission,
        greeting=Greeting(f"ecgstream {release}", secrets.token_hex(8)),
        gate=gate,
        walls=walls,
    )
    count(metrics, registry, cache, around, strain)
    hindrances = partial(_hindrances, registry, admission, clock, source)
    operations = monitoring_routes(metrics, hindrances)
    routes: list[BaseRoute] = [
        WebSocketRoute("/api/v1/stream", stream.endpoint),
        Route("/api/v1/stream", stream.plain),
        *beat_routes(source, requests, analysing),
        *export_routes(exports),
        *recorded_routes(Sessions(store), source, exports),
        *record_routes(
            source,
            requests,
            building,
            sets,
            overlays=laid,
            detected=None if analysing is None else Detected(analysing),
            announce=partial(_tell, registry, fellows),
            verdicts=Verdicts(settings.cache or default_folder(os.environ)),
        ),
        *_note_routes(sets, store, laid, requests, partial(_tell, registry, fellows)),
        *ecg_routes(source, requests),
        *session_routes(gate, lambda login: registry.log_out(login.__eq__), Attempts()),
        *wall_routes(walls, gate, partial(_identify, registry, fellows)),
        *operation_routes(None if metrics_at else metrics, hindrances, document(release)),
        *StaticFiles(static_folder()).routes(PAGES),
    ]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        wheel.start()
        lag.start()
        async with monitored(operations, metrics_at), TaskGroup() as group:
            watching = [
                group.create_task(_watch_logins(gate, registry)),
                group.create_task(_watch_walls(walls, registry)),
                group.create_task(building.run()),
                group.create_task(store.opened()),
            ]
            if analysing is not None:
                watching.append(group.create_task(analysing.run()))
            with Renewal(registry, cache, building, analysing, walls, laid).listening(source):
                yield
            for one in watching:
                one.cancel()
        await store.close()
        wheel.stop()
        lag.stop()
        readers.shutdown(wait=False, cancel_futures=True)
        requests.shutdown(wait=False, cancel_futures=True)
        maker.shutdown(wait=False, cancel_futures=True)
        analyst.shutdown(wait=False, cancel_futures=True)

    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[
            Middleware(Headers),
            Middleware(Measured, metrics),
            Middleware(LastResort),
            Middleware(Access, gate),
        ],
        exception_handlers=HANDLERS,
    )
    app.state.registry = registry
    app.state.behind = lambda: clock.real(wheel.behind())
    return app


def _logins(file: Path | None) -> Logins | None:
    """Return who may log in; None: everybody is let in. Raises ConfigError."""
    if file is None:
        return None
    return Logins(TokenFile(file), ended=EndedFile(file), codes=CodeFile(file))


def _cache_folder(settings: Settings, environ: Mapping[str, str]) -> CacheFolder | None:
    """Return where pyramids are kept; None: in memory only, and the log says so."""
    path = settings.cache or default_folder(environ)
    if path is None:
        _log.warning("no home and no --cache: envelope pyramids are kept in memory only")
        return None
    return CacheFolder(path, SUFFIX, settings.cache_disk_mb << 20)


def _beat_book(settings: Settings, source: SignalSource) -> BeatBook:
    """Return what is known of the beats of `source`, kept beside the pyramids."""
    folder = beat_folder(settings.cache or default_folder(os.environ), settings.cache_disk_mb)
    return BeatBook(source, folder)


def _overlays(
    settings: Settings, source: SignalSource, environ: Mapping[str, str]
) -> overlays.Overlays:
    """Return what models say of the records of `source`."""
    folder = settings.predictions or overlays.default_folder(environ, settings.store)
    files = [*settings.overlay, *overlays.beside(settings.data)]
    found = overlays.Overlays(source, files, folder)
    found.load()
    return found


def _sets(source: SignalSource, store: Store, analysing: Analysing | None) -> Sets:
    """Return all annotation sets there are but those of models."""
    found = [KnownBeats(analysing)] if analysing is not None else []
    return Sets(source, [Imported(source), Given(store), *found], store)


def _reels(cache: BlockCache, analysing: Analysing | None) -> Reels:
    """Return what viewers are sent, with beats and rate where they are looked for."""
    if analysing is None:
        return Reels(cache)
    reels = Reels(cache, Pulse(analysing.book, analysing.wish))

    def found(key: Key, start: int, stop: int) -> None:
        record, lead = key
        # Streams say what the best lead has.
        if lead is None:
            reels.forget(record, start, stop)

    analysing.listen(found)
    return reels


async def _identify(
    registry: Registry, fellows: Fellows | None, wall: str, screen: str | None
) -> int:
    """Have the screens of a wall show their names, those of other workers too."""
    told = registry.identify(wall, screen)
    return told if fellows is None else told + await fellows.identify(wall, screen)


def _note_routes(
    sets: Sets, store: Store, laid: overlays.Overlays, readers: ThreadPoolExecutor, tell: Announce
) -> list[Route]:
    """Return the routes of what people write: in no set that a file or a model has the name of."""
    reading = Reading(sets.source, readers)
    known = replace(sets, read_only=[*sets.read_only, Overlaid(laid, reading.quick)])
    return [
        *NoteFiles(reading, known, store, tell).routes(),
        *Notes(known, store, tell).routes(),
    ]


def _tell(registry: Registry, fellows: Fellows | None, record: str, message: bytes) -> None:
    """Send an event to all who watch a record, at other workers too."""
    registry.tell(record, message)
    if fellows is not None:
        fellows.tell(record, message)


def _limits(settings: Settings) -> Limits:
    fit = viewer_descriptors()
    if fit < max(settings.max_viewers, FEW_VIEWERS):
        _log.warning(
            "there are file descriptors for %d viewers only; raise the limit of open files "
            "(ulimit -n, LimitNOFILE)",
            fit,
        )
    return Limits(
        viewers=min(settings.max_viewers or fit, fit),
        per_address=settings.max_viewers_per_address,
        per_s=settings.handshakes_per_s,
        late_s=settings.max_lateness_ms / 1000,
    )


def _hindrances(
    registry: Registry, admission: Admission, clock: Clock, source: SignalSource
) -> list[str]:
    """Return why no new viewer should come."""
    reasons = ["the server is going away"] if registry.draining else []
    if source.indexing is not None:
        at = source.indexing
        reasons.append(f"indexing: {at.done} of {at.total} files were looked at")
    elif not source.records():
        # A folder that is one off must not get a load balancer's viewers.
        reasons.append("there is no record to serve")
    full = admission.hindrance(clock.monotonic())
    return [*reasons, full] if full else reasons


async def _watch_logins(gate: Gate, registry: Registry) -> None:
    """Close the sockets of logins that ended: a token taken out of its file, a session over."""
    while gate.logins is not None:
        await asyncio.sleep(LOGINS_S)
        # Not on the loop: the file may be on a disk that hangs.
        await asyncio.to_thread(gate.logins.refresh)
        registry.log_out(lambda login: not gate.stands(login))


async def _watch_walls(walls: Walls, registry: Registry) -> None:
    """Take over what changes in the file of walls; screens ask for it themselves."""
    while True:
        # All workers look at the same moment, so that no two of them find different files.
        await asyncio.sleep(WALLS_S - time.time() % WALLS_S)
        if await asyncio.to_thread(walls.refresh):
            # What was taken off a wall is not for its screens any more.
            registry.narrow()


def create_app_from_environment() -> Starlette:
    """Return the application of a server that reloads: its settings are in the environment."""
    from ecgstream.storage.catalog import scan  # noqa: PLC0415
    from ecgstream.storage.foreign.mapping import reading_of  # noqa: PLC0415

    settings = load([])
    reading = reading_of(settings.mapping, settings.fs)
    return create_app(settings, scan(settings.data, reading=reading))
