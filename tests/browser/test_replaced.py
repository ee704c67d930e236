"""A record that is replaced while somebody looks at it: the pages begin anew, with nothing of before."""

import re

import numpy as np
import pytest
from playwright.async_api import expect

from ecgstream.storage.memory import MemorySource
from tests.browser.test_viewer_page import looking, memory
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FS = 250.0


def steps(count: int, low: int, high: int) -> np.ndarray:
    """A square wave of two levels, by which one sees which version it is."""
    return np.where(np.arange(count) // 50 % 2, high, low).astype(np.int16)


async def test_a_record_that_is_replaced_is_begun_anew_at_its_place_and_said(chromium):
    source = memory({"II": steps(30_000, 0, 1000)}, fs=FS)
    async with serving(source) as served, looking(chromium, served.url) as look:
        # What the page before is still asking for is refused, as of a version that is no more: the page begins anew.
        look.expected.append("status of 503")
        await look.open("record=r&at=5000&paused=1")
        await look.until("paused")
        page = look.page
        await page.evaluate("() => { window.before = true; }")
        replacement = memory({"II": steps(20_000, -700, 200), "V5": steps(20_000, 0, 300)}, fs=FS)
        take(source, replacement)
        await expect(page.locator("#toast")).to_have_text(re.compile("this is its newer version"))
        await look.until("paused")
        # Nothing of the page of before is there, and the place is the same.
        assert await page.evaluate("() => window.before") is None
        await expect(page.locator("html")).to_have_attribute("data-leads", "II")
        await expect(page.locator("html")).to_have_attribute(
            "data-playhead", re.compile("^(4999|5000)$")
        )
        # And shorter than where it stood: at its start, which is told.
        take(source, memory({"II": steps(1_000, 0, 100)}, fs=FS))
        await expect(page.locator("#toast")).to_have_text(re.compile("newer version.*5,?000"))
        await expect(page.locator("html")).to_have_attribute("data-leads", "II")
        # What the page asks for just then is not there.
        look.expected.append("status of 404")
        source.remove("r")
        await expect(page.locator("#banner")).to_contain_text("There is no such record")
        await expect(page.locator("#banner")).to_contain_text("Should it come back")
        await expect(page.locator("#seek-strip")).to_have_css("opacity", "0.3")
        await page.evaluate("() => { window.before = true; }")
        # Written anew, it comes back by itself.
        take(source, memory({"II": steps(2_000, 0, 500)}, fs=FS))
        await page.wait_for_function("() => window.before === undefined")
        await look.until("paused")
        await expect(page.locator("#seek-strip")).to_have_css("opacity", "1")
        # So does a page that was opened while it was away.
        source.remove("r")
        await page.reload()
        await expect(page.locator("#banner")).to_contain_text("There is no such record")
        take(source, memory({"II": steps(2_000, 0, 500)}, fs=FS))
        await look.until("paused")


def take(source: MemorySource, other: MemorySource) -> None:
    """Have a source hold the record of another one instead."""
    record = other.record("r")
    source.add(record, {lead.name: other._samples["r", lead.name] for lead in record.leads})
