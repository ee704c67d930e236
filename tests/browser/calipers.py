"""The calipers over a picture that stands still, in the real page of a real server: see calipers_desk.js."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.async_api import Browser, CDPSession, Locator, Page, Route, expect

from tests.browser.complaints import Complaints
from tests.browser.test_viewer_page import PHONE, WIDE, memory
from tests.serving import serving

HERE = Path(__file__).parent
SCRIPTS = {
    "**/js/main.js": HERE / "calipers_desk.js",
    "**/js/beat.js": HERE.parent / "js" / "measure_beat.mjs",
}


class Desk(Complaints):
    """A page with calipers."""

    def __init__(self, page: Page, cdp: CDPSession) -> None:
        super().__init__(page)
        self.page = page
        self._cdp = cdp

    async def at(self, sample: float, mv: float = 0, cell: int = 0) -> tuple[float, float]:
        """Return where that is in the window."""
        place = await self.page.evaluate("(where) => desk.at(...where)", [sample, mv, cell])
        return place["x"], place["y"]

    async def look(self, **change: Any) -> None:
        """Show another picture."""
        await self.page.evaluate("(change) => desk.look(change)", change)

    async def tool(self, name: str) -> None:
        await self.page.locator(f"#measure-{name}").click()

    async def drag(self, start: tuple[float, float], stop: tuple[float, float]) -> None:
        """Drag by mouse."""
        await self.page.mouse.move(*start)
        await self.page.mouse.down()
        await self.page.mouse.move(*stop, steps=4)
        await self.page.mouse.up()

    async def touch(self, kind: str, *place: float) -> None:
        """`touchStart`, `touchMove` or `touchEnd` of one finger."""
        points = [{"x": place[0], "y": place[1]}] if place else []
        await self._cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    async def swipe(self, start: tuple[float, float], stop: tuple[float, float]) -> None:
        """Drag by one finger."""
        await self.touch("touchStart", *start)
        for part in (0.3, 0.7, 1.0):
            await self.touch(
                "touchMove", *(a + (b - a) * part for a, b in zip(start, stop, strict=True))
            )
        await self.touch("touchEnd")

    async def marks(self, number: int = 1) -> list[Any]:
        """Return the marks of a caliper: [sample, mV], or nothing where one is not set."""
        return await self.page.evaluate(
            "(i) => desk.measure.measured[i].caliper.marks.map(m => m && [m.sample, m.mv])",
            number - 1,
        )

    async def handle(self, name: str) -> tuple[float, float, float]:
        """Return the middle of a handle, and how wide it is."""
        disc = self.page.get_by_role("slider", name=name, exact=True).locator("circle")
        box = await disc.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"]

    @property
    def label(self) -> Locator:
        return self.page.locator(".caliper__label text")

    async def says(self, words: str) -> None:
        """Expect that of the label of the one caliper."""
        await expect(self.label).to_have_text(words)

    async def notices(self) -> list[str]:
        return await self.page.evaluate("() => desk.notices")


def _answering(path: Path) -> Callable[[Route], Awaitable[None]]:
    async def answer(route: Route) -> None:
        await route.fulfill(content_type="text/javascript", path=path)

    return answer


@asynccontextmanager
async def measuring(
    chromium: Browser, *, phone: bool = False, closed: bool = False, **wished: Any
) -> AsyncIterator[Desk]:
    """Open the page with the panel open. `wished`: what stands in the picture."""
    source = memory({"II": np.zeros(100, dtype=np.int16)})
    options: dict[str, Any] = {"viewport": WIDE, "color_scheme": "light"}
    if phone:
        options |= {"viewport": PHONE, "has_touch": True, "is_mobile": True}
        options |= {"device_scale_factor": 2}
    context = await chromium.new_context(**options)
    await context.add_init_script(f"window.wished = {json.dumps(wished)}")
    page = await context.new_page()
    for pattern, path in SCRIPTS.items():
        await page.route(pattern, _answering(path))
    desk = Desk(page, await context.new_cdp_session(page))
    async with serving(source) as served:
        try:
            await page.goto(f"{served.url}/review?record=r")
            await expect(page.locator("html")).to_have_attribute("data-desk", "ready")
            if not closed:
                await page.locator("#measure-open").click()
                await expect(page.locator("#measure")).to_be_visible()
            yield desk
        finally:
            await context.close()
    desk.check()
