"""The calipers over a picture that stands still, in the real page of a real server: see calipers_desk.js."""

import atexit
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import numpy as np
from playwright.async_api import Browser, CDPSession, Locator, Page, expect

from ecgstream.web.app import static_folder
from tests.browser.complaints import Complaints
from tests.browser.pages import fresh, used
from tests.browser.test_viewer_page import PHONE, WIDE, memory
from tests.serving import serving

HERE = Path(__file__).parent
SCRIPTS = {
    "main.js": HERE / "calipers_desk.js",
    "beat.js": HERE.parent / "js" / "measure_beat.mjs",
}


@cache
def desk_files() -> Path:
    """Return a folder of the product's files, with the desk where the viewer is."""
    folder = Path(mkdtemp(prefix="desk-"))
    atexit.register(shutil.rmtree, folder)
    shutil.copytree(static_folder(), folder, dirs_exist_ok=True)
    for name, script in SCRIPTS.items():
        shutil.copy(script, folder / "js" / name)
    return folder


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


@asynccontextmanager
async def measuring(
    chromium: Browser,
    *,
    phone: bool = False,
    closed: bool = False,
    anew: bool = False,
    **wished: Any,
) -> AsyncIterator[Desk]:
    """Open the page with the panel open; `anew`: nothing is kept of it. `wished`: what stands in the picture."""
    source = memory({"II": np.zeros(100, dtype=np.int16)})
    options: dict[str, Any] = {"viewport": WIDE, "color_scheme": "light"}
    if phone:
        options |= {"viewport": PHONE, "has_touch": True, "is_mobile": True}
        options |= {"device_scale_factor": 2}
    with patch("ecgstream.web.app.static_folder", desk_files):
        server = serving(source)
        async with server as served, (fresh if anew else used)(chromium, **options) as page:
            cdp = await page.context.new_cdp_session(page)
            desk = Desk(page, cdp)
            await page.goto(f"{served.url}/review?record=r&wished={quote(json.dumps(wished))}")
            await expect(page.locator("html")).to_have_attribute("data-desk", "ready")
            if not closed:
                await page.locator("#measure-open").click()
                await expect(page.locator("#measure")).to_be_visible()
            yield desk
            await cdp.detach()
    desk.check()
