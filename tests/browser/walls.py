"""Walls for the tests: what the page asks for, and lines that can be cut."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, Route

from ecgstream.model.record import Record

SCREEN = {"width": 1920, "height": 1080}

PAGE = re.compile(r"^http://[^/]+/wall(/[^/]+)?(\?.*)?$")


def bed(record: Record, label: str, leads: int = 1) -> dict[str, Any]:
    """Return a bed as the server defines it: the first ECG leads of a record."""
    ecg = [lead for lead in record.leads if lead.kind == "ecg"]
    shown = [lead for lead in ecg if lead.fs == ecg[0].fs][:leads]
    return {
        "label": label,
        "pseudonym": f"PX-{label.split()[-1]}",
        "record": record.record,
        "kind": "stored",
        "at": "shared",
        "fs": shown[0].fs,
        "leads": [
            {
                "name": lead.name,
                "unit": lead.unit,
                "gain": lead.gain,
                "baseline": lead.baseline,
                "kind": lead.kind,
            }
            for lead in shown
        ],
    }


def wall(records: Iterable[Record], count: int = 8, leads: int = 1, **said: Any) -> dict[str, Any]:
    """Return a wall of `count` beds over records with ECG, over and over."""
    usable = [r for r in records if any(lead.kind == "ecg" for lead in r.leads)]
    beds = [bed(usable[i % len(usable)], f"Bed {i + 1}", leads) for i in range(count)]
    usual = {
        "name": "ward",
        "title": "Ward",
        "version": "0" * 16,
        "mm_per_s": 25,
        "mm_per_mv": 10,
        "privacy": False,
        "dim": None,
        "beds": beds,
        "toml": "[walls.ward]\n",
    }
    return usual | said


# Every 50 ms what stands on each tile, from the moment that a test says.
NOTING = """
window.noted = [];
window.note = () => {
    window.noted = [];
    window.noting ??= setInterval(() => window.noted.push([
        performance.now() / 1000,
        [...document.querySelectorAll(".tile")].map(({ dataset }) => ({ ...dataset })),
    ]), 50);
    return performance.now() / 1000;
};
"""


class WallPage:
    """A wall on a screen, and what it complained about."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.expected: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: (
                said.type in {"error", "warning"}
                and self.complaints.append(f"{said.text} {said.location.get('url', '')}")
            ),
        )

    async def open(self, query: str = "", path: str = "/wall/ward") -> None:
        await self.page.goto(f"{self.url}{path}{query}")

    async def until(self, state: str, tile: int | None = None) -> None:
        """Wait until all tiles, or one, stand so."""
        await self.page.wait_for_function(
            """([state, tile]) => {
                const tiles = [...document.querySelectorAll(".tile")];
                const asked = tile === null ? tiles : [tiles[tile]];
                return tiles.length > 0 && asked.every(one => one?.dataset.state === state);
            }""",
            arg=[state, tile],
            timeout=60_000,
        )

    async def tiles(self) -> list[dict[str, str]]:
        return await self.page.evaluate(
            "() => [...document.querySelectorAll('.tile')].map(({ dataset }) => ({ ...dataset }))"
        )

    async def root(self, name: str) -> str:
        return await self.page.evaluate("name => document.documentElement.dataset[name]", name)

    async def note(self) -> float:
        """Begin to note what stands on the tiles; return the page's time (s)."""
        return await self.page.evaluate("() => window.note()")

    async def noted(self) -> list[tuple[float, list[dict[str, str]]]]:
        return [(at, tiles) for at, tiles in await self.page.evaluate("() => window.noted")]


async def define(context: BrowserContext, walls: dict[str, Any]) -> None:
    """Answer for the server what it says of walls; `walls` may be changed while pages are open."""

    async def api(route: Route) -> None:
        tag = f'"{walls["version"]}"'
        if route.request.headers.get("if-none-match") == tag:
            await route.fulfill(status=304, headers={"ETag": tag})
        else:
            await route.fulfill(json=walls, headers={"ETag": tag})

    async def page(route: Route) -> None:
        # From the server, with its headers: a page made up here is of no address, and a browser
        # lets such a one open no socket.
        origin = re.match(r"^http://[^/]+", route.request.url)
        assert origin
        await route.continue_(url=f"{origin[0]}/static/wall.html")

    await context.route(re.compile(r".*/api/v1/walls?([/?].*)?$"), api)
    await context.route(PAGE, page)


@asynccontextmanager
async def screen(
    chromium: Browser, url: str, definition: dict[str, Any], **options: Any
) -> AsyncIterator[WallPage]:
    """Open a screen with nothing stored. A console error or a broken CSP fails at the end."""
    context = await chromium.new_context(**({"viewport": SCREEN} | options))
    await context.add_init_script(NOTING)
    await define(context, definition)
    look = WallPage(await context.new_page(), url)
    try:
        yield look
    finally:
        await context.close()
    left = [c for c in look.complaints if not any(e in c for e in look.expected)]
    assert left == []


class Line:
    """A line between screen and server that can swallow everything, and be led elsewhere."""

    def __init__(self, port: int) -> None:
        self.to = port
        self.hole = False
        self.port = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._passing = asyncio.Event()
        self._passing.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def swallow(self) -> None:
        """From now on nothing comes through, and nobody is told."""
        self.hole = True
        self._passing.clear()

    def mend(self) -> None:
        """Let new connections through; what was swallowed is gone, with its connections."""
        self.hole = False
        self.cut()
        self._passing.set()

    def cut(self) -> None:
        """Close every connection."""
        for writer in list(self._open):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            await self._passing.wait()
            there, onward = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            writer.close()
            self._open.discard(writer)
            return
        self._open.add(onward)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carry(reader, onward))
                group.create_task(self._carry(there, writer))
        finally:
            for one in (writer, onward):
                one.close()
                self._open.discard(one)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                if self.hole:
                    # Swallowed, and the connection is never of use again.
                    await self._passing.wait()
                    return
                writer.write(data)
                await writer.drain()
        except (OSError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def line(port: int) -> AsyncIterator[Line]:
    """Lay a line to that port."""
    laid = Line(port)
    server = await asyncio.start_server(laid._serve, "127.0.0.1", 0)
    laid.port = server.sockets[0].getsockname()[1]
    try:
        yield laid
    finally:
        server.close()
        laid._passing.set()
        laid.cut()
        await asyncio.sleep(0.05)
