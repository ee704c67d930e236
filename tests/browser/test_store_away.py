"""A store that goes away: what plays says for how long it stands, what opens says why it cannot."""

import re

import pytest
from playwright.async_api import expect

from ecgstream.errors import SourceUnavailable
from tests.browser.test_viewer_page import looking
from tests.doubles import FaultySource, one_lead
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

DOWN = SourceUnavailable("the store is down", path="/srv/secret")
WHY = "The data cannot be had at the moment: the store is down."


async def test_a_store_that_is_away_is_said_with_the_reason_and_never_played(chromium):
    source = FaultySource(one_lead(length=60_000, fs=100.0, piece=1_000))
    away = {("II", 3_000): DOWN, ("II", 4_000): DOWN}
    source.faults = {("II", 2_000): DOWN, **away}
    async with serving(source) as served, looking(chromium, served.url) as look:
        look.expected = ["503"]
        await look.open("record=r&at=2500")
        banner = look.page.locator("#banner")
        await expect(banner).to_contain_text(WHY)
        await expect(look.page.locator("#state")).to_contain_text("LOADING")
        await expect(look.page.locator("#seek-says")).to_contain_text("gaps not known")
        source.faults = away
        await expect(look.page.locator("#seek-says")).to_contain_text("no gaps")
        # Five seconds on nothing comes any more.
        await expect(look.page.locator("#state")).to_have_text(re.compile(r"LOADING \d+\.\d s"))
        await expect(banner).to_contain_text(WHY)
        await expect(look.page.locator("html")).to_have_attribute("data-playhead", "2999")
        opacity = "() => Number(getComputedStyle(document.querySelector('#paper')).opacity)"
        assert await look.page.evaluate(opacity) < 0.5, "what is old is dimmed"
        source.faults = {}
        await look.until("playing")
        await expect(banner).to_be_hidden()
