"""The controls of the viewer page in a real Chromium: keys, labels, small screens."""

import pytest
from playwright.async_api import expect

from tests.browser.test_viewer_page import BEATS, chromium, looking

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_a_speed_key_pressed_quickly_is_not_lost(chromium, server):
    async with looking(chromium, server.url) as look:
        await look.open(f"record={BEATS}&at=7200")
        await look.until("playing")
        # In one turn of the page: no answer can come in between.
        await look.page.evaluate(
            "() => { for (let i = 0; i < 4; i++)"
            " document.dispatchEvent(new KeyboardEvent('keydown', { key: ']' })); }"
        )
        await expect(look.page.locator("#fact-replay")).to_have_text("Replay 16\u00d7")
        await expect(look.page.locator("#speed")).to_have_value("16")


async def test_a_select_gives_the_keys_back(chromium, server):
    async with looking(chromium, server.url) as look:
        press = look.page.keyboard.press
        speed = look.page.locator("#speed")
        await look.open(f"record={BEATS}&at=36000&paused=1&window=10")
        await look.until("paused")
        await speed.select_option("2")
        assert await look.page.evaluate("() => document.activeElement === document.body")
        await expect(look.page.locator("#fact-replay")).to_have_text("Replay 2\u00d7")
        # Focused by the Tab key it keeps its arrows, and nothing that is the viewer's alone.
        await speed.focus()
        await press("PageUp")
        await look.page.wait_for_function(
            "() => Number(document.documentElement.dataset.playhead) === 32399"
        )
        await expect(speed).to_have_value("2")
        await press("ArrowDown")
        await expect(look.page.locator("#fact-replay")).to_have_text("Replay 4\u00d7")
        await expect(speed).to_be_focused()
        await press("Space")
        await look.until("playing")
