"""Values that are none, and values far beyond all others, on the pages: the beats are still to be seen."""

import re

import numpy as np
import pytest
from playwright.async_api import expect

from ecgstream.model.record import Lead, Record
from ecgstream.storage.memory import MemorySource
from tests.browser.test_records_page import browsing, row
from tests.browser.test_viewer_page import looking, serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

COUNT = 4_000


def without_a_unit() -> MemorySource:
    """Waves of -1 to 1 in a lead of no unit: `inf` has an infinite sample, `far` -9999 too."""
    source = MemorySource()
    for name in ("inf", "far"):
        lead = Lead("II", None, 1.0, 0.0, "ecg", 250.0, COUNT, ("f8",))
        values = np.sin(np.arange(COUNT) / 30)
        values[100] = np.inf
        if name == "far":
            values[3_000:3_050] = -9999.0
        source.add(Record(name, "p", (lead,), None, None, None, None), {"II": values})
    return source


async def test_neither_an_infinite_sample_nor_a_sentinel_hides_the_beats(chromium):
    async with serving(without_a_unit()) as served:
        async with browsing(chromium) as (page, complaints):
            # As JSON first, which the server refuses.
            complaints.expected.append("/window?")
            await page.goto(served.url)
            # Asked for another way: the preview is there, and no message for a program.
            await expect(row(page, "inf")).to_contain_text("-1 to 1 units, NOT CALIBRATED")
            await expect(row(page, "inf")).not_to_contain_text("msgpack")
        async with looking(chromium, served.url) as look:
            for record, said in (("inf", ""), ("far", "; II goes beyond its row: -9999 to 1")):
                await look.open(f"record={record}&at=1500&paused=1")
                await look.until("paused")
                gain = f"NOT CALIBRATED: unit unknown{said}"
                await expect(look.page.locator("#fact-gain")).to_have_text(gain)
                await expect(look.page.locator("#names")).to_contain_text(
                    re.compile("-1 to 1 units")
                )
                cut = "; values far beyond are cut off" if said else ""
                caption = look.page.locator("#seek-caption")
                await expect(caption).to_have_text(f"II, lowest and highest{cut}")
                await look.filled(0)
                columns = await look.inked(0, 10_000)
                gutter = int(await look.number("gutter"))
                rows = [place for column in columns[gutter + 2 :] for place in column]
                assert max(rows) - min(rows) > 200
