"""What fits on a screen, and what keeps its place on it: the picture, and the line that says what this is not."""

import json
from typing import Any, Final

import pytest
from playwright.async_api import Page, expect

from tests.browser.places import page_of
from tests.serving import DATA, ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SCREENS: Final = ((1920, 1080), (1366, 768), (1280, 720), (1024, 768), (820, 1180), (390, 844))

PANELS: Final = {
    "a": "notes",
    "r": "rhythm",
    "o": "sessions",
    "z": "checks",
    "u": "agree",
    "d": "measure",
}
"""The panels under the picture, by their keys."""

LEAST_PX: Final = 200
"""How high the picture is at the least, whatever is open: less shows no waves of two leads."""

PLACED = """() => {
    const box = (id) => document.querySelector(id).getBoundingClientRect();
    const { scrollHeight, scrollWidth } = document.scrollingElement;
    const hit = document.elementFromPoint(innerWidth / 2, box(".notice").bottom - 4);
    return { over: [scrollWidth - innerWidth, scrollHeight - innerHeight], picture: box("#stage").height,
             notice: box(".notice").bottom - innerHeight, seen: hit?.className ?? "" };
}"""


@pytest.fixture(scope="module")
def server():
    with ServerProcess([DATA]) as process:
        yield process


async def fits(page: Page, what: str) -> None:
    """Assert that the page does not scroll, and shows the picture and what this is not."""
    now: dict[str, Any] = await page.evaluate(PLACED)
    told = f"{what}: {json.dumps(now)}"
    assert max(now["over"]) <= 0, told
    assert now["picture"] >= LEAST_PX, told
    assert now["notice"] <= 0, told
    assert now["seen"] == "notice", told


@pytest.mark.parametrize("record", ["100-pq", "00001_lr-pq"])
async def test_no_panel_makes_the_page_higher_than_the_screen(chromium, server, record):
    async with page_of(chromium) as (page, _):
        await page.goto(f"{server.url}/review?record={record}&at=900&paused=1")
        await expect(page.locator("html[data-state=paused] .stage__names span").first).to_be_visible()
        await expect(page.locator("html")).to_have_attribute("data-analysis", "there")
        for width, height in SCREENS:
            await page.set_viewport_size({"width": width, "height": height})
            await fits(page, f"{width} x {height}")
            for key, panel in PANELS.items():
                await page.keyboard.press(key)
                await expect(page.locator(f"#{panel}")).to_be_visible()
                await fits(page, f"{width} x {height}, {panel}")
                await page.locator(f"#{panel}-close").click()
            await page.keyboard.press("g")
            await expect(page.locator("#jump-to")).to_be_focused()
            await fits(page, f"{width} x {height}, jumps")
            await page.locator("#play").focus()
            if await page.locator("html[data-jumps=open]").count():
                await page.locator("#jumps-toggle").click()
