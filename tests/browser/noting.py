"""A page on which somebody annotates, against a real server."""

import asyncio
import json
import math
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError

from playwright.async_api import Browser, CDPSession, Page, expect

from tests.browser.complaints import Complaints
from tests.browser.test_viewer_page import PHONE, WIDE
from tests.serving import ServerProcess


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return json.loads(answer.read())


class Desk(Complaints):
    """A page, and what its server keeps of what is done there."""

    def __init__(self, page: Page, cdp: CDPSession, server: ServerProcess, record: str) -> None:
        super().__init__(page)
        self.page = page
        self.keys = page.keyboard
        self._cdp = cdp
        self._at = f"{server.url}/api/v1/records/{record}/annotations"

    async def open(self) -> None:
        """Open the panel by its key."""
        await self.keys.press("a")
        await expect(self.page.locator("#notes")).to_be_focused()

    async def kept(self) -> list[dict[str, Any]]:
        """Return what the server keeps of the set `notes`."""
        try:
            found = await asyncio.to_thread(get, f"{self._at}?set=notes")
        except HTTPError as error:
            assert error.code == HTTPStatus.NOT_FOUND  # noqa: PT017 - a set that nobody wrote into
            return []
        return found["sets"][0]["annotations"]

    async def versions(self, id_: str) -> list[dict[str, Any]]:
        """Return all versions of one."""
        return (await asyncio.to_thread(get, f"{self._at}/{id_}/history"))["versions"]

    async def saved(self, *symbols: str) -> list[dict[str, Any]]:
        """Wait until the list shows these, in their order and saved; return what is kept."""
        await expect(self.page.locator("#notes-rows .notes__letter")).to_have_text(list(symbols))
        await expect(self.page.locator('#notes-rows tr[data-pending="true"]')).to_have_count(0)
        return await self.kept()

    async def stands(self) -> None:
        """Wait until the picture stands still."""
        await expect(self.page.locator("html")).not_to_have_attribute("data-look", "")

    async def told(self, name: str) -> float:
        """Return a number that the page says of itself."""
        return float(await self.page.locator("html").get_attribute(f"data-{name}") or "nan")

    async def played(self, sample: float) -> None:
        """Wait until the page says that it has drawn that: it tells ten times a second."""
        reached = "(at) => Number(document.documentElement.dataset.playhead) >= at"
        await self.page.wait_for_function(reached, arg=sample)

    async def spot(self, part: float, row: float) -> tuple[float, float]:
        """Return a place in the window: parts of the picture's width and height."""
        box = await self.page.locator("#paper").bounding_box()
        assert box is not None
        return round(box["x"] + part * box["width"]), round(box["y"] + row * box["height"])

    async def sample(self, x: float, fs: float = 360) -> float:
        """Return which sample stands at a place in the window, where the picture stands still."""
        box = await self.page.locator("#paper").bounding_box()
        ratio = await self.page.evaluate("() => devicePixelRatio")
        assert box is not None
        column = (x - box["x"]) * ratio - await self.told("gutter")
        return await self.told("look") + column * fs / await self.told("px-per-s")

    async def touch(self, kind: str, *place: float) -> None:
        """`touchStart`, `touchMove` or `touchEnd` of one finger."""
        points = [{"x": place[0], "y": place[1]}] if place else []
        await self._cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    async def swipe(self, start: tuple[float, float], stop: tuple[float, float]) -> None:
        """Drag by one finger."""
        await self.touch("touchStart", *start)
        for part in (0.3, 0.7, 1.0):
            step = (a + (b - a) * part for a, b in zip(start, stop, strict=True))
            await self.touch("touchMove", *step)
        await self.touch("touchEnd")

    async def drag(self, start: tuple[float, float], stop: tuple[float, float]) -> None:
        """Drag by mouse."""
        await self.page.mouse.move(*start)
        await self.page.mouse.down()
        await self.page.mouse.move(*stop, steps=4)
        await self.page.mouse.up()

    async def handle(self, name: str) -> tuple[float, float]:
        """Return the middle of a handle in the picture."""
        disc = self.page.get_by_role("slider", name=name).locator(".noting__disc")
        await expect(disc).to_be_visible()
        box = await disc.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def swept(sample: float, page: float, px_per_sample: float) -> float:
    """Return the column of the row in which a sweep draws a sample."""
    return math.floor(sample * px_per_sample) % page


@asynccontextmanager
async def noting(
    chromium: Browser, server: ServerProcess, record: str, query: str = "", *, phone: bool = False
) -> AsyncIterator[Desk]:
    """Open the viewer at a record."""
    options: dict[str, Any] = {"viewport": WIDE, "color_scheme": "light"}
    if phone:
        options |= {"viewport": PHONE, "has_touch": True, "is_mobile": True}
        options |= {"device_scale_factor": 2}
    context = await chromium.new_context(**options)
    page = await context.new_page()
    desk = Desk(page, await context.new_cdp_session(page), server, record)
    try:
        await page.goto(f"{server.url}/review?record={record}&window=8&mode=fit{query}")
        await expect(page.locator(".stage__names :first-child").first).to_be_visible()
        state = "paused" if "paused=1" in query else "playing"
        await expect(page.locator("html")).to_have_attribute("data-state", state)
        yield desk
    finally:
        await context.close()
    desk.check()
