"""The viewer page on a narrow line: what is at hand, the offer of fewer leads, and its first view."""

import asyncio
import re
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import numpy as np
import pytest
from playwright.async_api import expect

from ecgstream.storage.memory import MemorySource
from ecgstream.web.app import static_folder
from ecgstream.web.static_files import StaticFiles
from tests.browser.pages import fresh
from tests.browser.test_viewer_controls import LOW, TWELVE
from tests.browser.test_viewer_page import BEATS, PHONE, WIDE, looking, memory, triangles
from tests.lines import line
from tests.serving import Served, serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FS = 500.0
NEEDED = 12_000
"""Bytes a second of twelve leads."""
OFFERED_MS = 30_000


@pytest.fixture(scope="module")
def twelve() -> MemorySource:
    wave = np.rint(1000 * triangles(100_000, 400, 40, 1.2, -0.4)).astype(np.int16)
    return memory(dict.fromkeys(TWELVE, wave), fs=FS)


async def test_what_is_at_hand_is_on_the_screen_while_it_plays(chromium, server):
    async with looking(chromium, server.url) as look:
        await look.open(f"record={BEATS}&at=7200")
        await look.until("playing")
        ahead = look.page.locator("#fact-ahead")
        # Three seconds are asked for.
        await expect(ahead).to_have_text(re.compile(r"^(2\.\d|3\.[0-2]) s$"))
        await expect(ahead).to_be_in_viewport(ratio=1)
        await look.page.keyboard.press("Space")
        await expect(ahead).to_have_text("\u2013")


async def at_once(*several: Coroutine[Any, Any, None]) -> None:
    """Do what is waiting for most of its time beside each other."""
    async with asyncio.TaskGroup() as group:
        for one in several:
            group.create_task(one)


async def test_a_line_too_narrow_brings_an_offer_that_every_hand_can_take(chromium, twelve):
    async with serving(twelve) as served:
        await at_once(*(taken(chromium, served, hand) for hand in ("keyboard", "touch")))


async def taken(chromium, served: Served, hand: str) -> None:
    viewport = PHONE if hand == "touch" else WIDE
    options = {"viewport": viewport, "has_touch": hand == "touch"}
    async with (
        line(served.port) as way,
        looking(chromium, way.url, anew=True, **options) as look,
    ):
        await look.open("record=r&window=5")
        await look.until("playing")
        page = look.page
        way.narrow(0.6 * NEEDED)
        offer = page.locator("#thrift")
        await expect(offer).to_be_visible(timeout=OFFERED_MS)
        # Never by itself.
        await expect(page.locator("#fact-leads")).to_have_text(", ".join(TWELVE))
        await expect(page.locator("#thrift-what")).to_have_text(
            re.compile(r"^The line brings \d+ kbit/s, these 12 leads need \d+ kbit/s")
        )
        await expect(offer).to_be_in_viewport(ratio=1)
        await expect(page.locator("#thrift-said")).to_have_text(re.compile("every sample"))
        kept = (await page.locator("#thrift-keep").inner_text()).split(": ")[1].split(".")[0]
        take = page.locator("#thrift-take")
        if hand == "keyboard":
            for _ in range(40):
                await page.keyboard.press("Tab")
                if await take.evaluate("button => button === document.activeElement"):
                    break
            await page.keyboard.press("Enter")
        else:
            await take.tap()
        await expect(offer).to_be_hidden()
        await expect(page.locator("#fact-leads")).to_have_text(kept)
        assert set(kept.split(", ")) <= set(TWELVE)
        assert "II" in kept.split(", ")
        # With them something is at hand again.
        await page.wait_for_function("() => Number(document.documentElement.dataset.depth) > 1.5")
        await expect(offer).to_be_hidden()


async def test_an_offer_put_aside_is_gone_and_all_leads_stay(chromium, twelve):
    async with serving(twelve) as served:
        await at_once(*(put_aside(chromium, served, how) for how in ("button", "escape")))


async def put_aside(chromium, served: Served, how: str) -> None:
    async with (
        line(served.port) as way,
        looking(chromium, way.url, anew=True, viewport=LOW) as look,
    ):
        await look.open("record=r&window=5")
        await look.until("playing")
        way.narrow(0.6 * NEEDED)
        offer, later = look.page.locator("#thrift"), look.page.locator("#thrift-later")
        await expect(offer).to_be_visible(timeout=OFFERED_MS)
        await expect(offer).to_be_in_viewport(ratio=1)
        # The picture keeps its place, on a telephone on its side too.
        height = await look.page.locator("#stage").evaluate("stage => stage.clientHeight")
        assert height >= 0.6 * LOW["height"]
        if how == "button":
            await later.click()
        else:
            await later.focus()
            await look.page.keyboard.press("Escape")
        await expect(offer).to_be_hidden()
        # The keys are the viewer's again.
        await look.page.wait_for_function("() => document.activeElement === document.body")
        # Longer than it took to come the first time.
        await look.reached(int(await look.number("playhead") + 5 * FS))
        await expect(offer).to_be_hidden()
        await expect(look.page.locator("#fact-leads")).to_have_text(", ".join(TWELVE))


@pytest.mark.parametrize(("path", "page"), [("/", "index"), ("/review?record=r", "review")])
async def test_a_page_asks_for_each_of_its_modules_once_and_never_again(
    chromium, twelve, monkeypatch, path, page
):
    asked: Counter[str] = Counter()
    answer = StaticFiles._file

    async def counted(self, request):
        asked[request.path_params["path"].split("/", 1)[1]] += 1
        return await answer(self, request)

    monkeypatch.setattr(StaticFiles, "_file", counted)
    async with serving(twelve) as served, fresh(chromium) as tab:
        for _ in range(2):
            await tab.goto(served.url + path)
            await tab.wait_for_load_state("networkidle")
            if page == "review":
                await expect(tab.locator("html")).to_have_attribute("data-state", "playing")
        files = StaticFiles(static_folder())
        modules = files.modules(files.read(f"{page}.html").body.decode())
        loaded = {name: count for name, count in asked.items() if name.endswith(("js", "mjs"))}
        # The worker takes what the page has asked for.
        assert loaded == dict.fromkeys(modules, 1)
