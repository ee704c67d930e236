"""Filters in the viewer: what is drawn, what is said beside it, and what has not settled."""

import numpy as np
import pytest
from playwright.async_api import expect

from tests.browser.test_look import seen
from tests.browser.test_viewer_page import BEATS, Looking, looking, memory
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FS = 500
COUNT = 60 * FS


def humming(gap: tuple[int, int] | None = None) -> np.ndarray:
    """Return 1/1000 mV: a millivolt of mains hum on half a millivolt of offset."""
    at = np.arange(COUNT)
    wave = np.rint(500 + 1000 * np.sin(2 * np.pi * 50 * at / FS)).astype(np.int16)
    if gap:
        wave[gap[0] : gap[1]] = -32768
    return wave


async def reach(look: Looking) -> tuple[float, float]:
    """Return the highest and lowest mV that is drawn, in the middle of the picture."""
    (baseline,) = await look.numbers("baselines")
    gutter = int(await look.number("gutter"))
    columns = (await look.inked(0, 5000))[gutter + 200 : -200]
    rows = [row for column in columns for row in column]
    px = await look.number("pxPerMv")
    return (baseline - min(rows)) / px, (baseline - max(rows)) / px


async def test_a_notch_takes_the_hum_away_and_says_so_and_none_is_the_default(chromium):
    source = memory({"II": humming()}, fs=FS)
    async with serving(source) as served, looking(chromium, served.url) as look:
        await look.open("record=r&at=20000&paused=1&gain=10&look=15000&span=4")
        await look.until("paused")
        await seen(look)
        high, low = await reach(look)
        assert (high, low) == (pytest.approx(1.5, abs=0.06), pytest.approx(-0.5, abs=0.06))
        await expect(look.page.locator("#fact-processing")).to_have_text("As stored")
        await look.page.locator("#filter").select_option("notch50")
        await expect(look.page.locator("#fact-processing")).to_have_text(
            "Filtered: 50 Hz notch, zero phase"
        )
        await expect(look.page.locator(".row-filter")).to_have_text("50 Hz notch, zero phase")
        # Loading until the filter is done.
        await seen(look)
        high, low = await reach(look)
        assert (high, low) == (pytest.approx(0.5, abs=0.06), pytest.approx(0.5, abs=0.06))
        await look.page.locator("#filter").select_option("none")
        await expect(look.page.locator("#fact-processing")).to_have_text("As stored")


async def test_a_strip_looks_the_same_however_it_was_reached(chromium, server):
    async with looking(chromium, server.url) as look:
        place = f"record={BEATS}&paused=1&look=40000&span=4&filter=monitor"
        await look.open(f"{place}&at=5")
        await look.until("paused")
        await seen(look)
        one = await look.picture()
        await look.open(f"{place.replace('look=40000', 'look=39000')}&at=5")
        await look.until("paused")
        await seen(look)
        for _ in range(2):
            await look.page.keyboard.press("ArrowRight")
        await look.page.keyboard.press("Shift+ArrowLeft")
        await look.page.keyboard.press("Shift+ArrowRight")
        # Keys are drawn with the next frame, and what is left of the way is read off the picture.
        await look.page.wait_for_function(
            "() => Math.abs(Number(document.documentElement.dataset.look) - 39720) < 2"
        )
        await look.page.evaluate(
            "() => document.querySelector('#paper').dispatchEvent(new WheelEvent('wheel',"
            " { deltaX: (40000 - Number(document.documentElement.dataset.look))"
            " * Number(document.documentElement.dataset.pxPerS) / 360, deltaY: 0 }))"
        )
        await look.page.wait_for_function(
            "() => Math.abs(Number(document.documentElement.dataset.look) - 40000) < 1"
        )
        await seen(look)
        two = await look.picture()
        # To the column: an address is in whole samples, and a sample is less than a pixel here.
        unlike = [
            (np.abs(one[:, 70:-8] - np.roll(two, by, axis=1)[:, 70:-8]).max(axis=2) > 64).mean()
            for by in (-1, 0, 1)
        ]
        assert min(unlike) < 0.002
        await expect(look.page.locator("#fact-processing")).to_contain_text("ST not reliable")


async def test_beside_a_gap_it_is_dimmed_until_it_has_settled(chromium):
    source = memory({"II": humming((15_500, 16_000))}, fs=FS)
    async with serving(source) as served, looking(chromium, served.url) as look:
        await look.open("record=r&at=20000&paused=1&gain=5&look=15000&span=20&filter=monitor")
        await look.until("paused")
        await seen(look)
        full = np.array(await look.exactly("--trace"))
        gutter = int(await look.number("gutter"))
        px = await look.number("pxPerS") / FS
        begins = await look.number("look")
        behind = gutter + (16_000 - begins) * px
        # Of the very ink of the trace nothing stands right behind the gap, and some does further on.
        assert not full[int(behind) : int(behind + FS * px)].any()
        assert full[int(behind + 8 * FS * px) :].any()


async def test_an_envelope_is_not_filtered_and_the_screen_says_that(chromium, server):
    async with looking(chromium, server.url) as look:
        await look.open(f"record={BEATS}&at=72000&paused=1&filter=monitor&look=0&span=1800")
        await look.until("paused")
        await seen(look)
        await expect(look.page.locator("#fact-processing")).to_have_text(
            "Filter not applied here: this is drawn as stored"
        )
        await expect(look.page.locator(".row-filter")).to_have_count(0)


async def test_a_caliper_tells_the_height_that_is_drawn_in_whatever_layout(chromium):
    # Peak and trough of the hum: 2 sin(72 degrees) apart.
    source = memory({"ii": humming()}, fs=FS)
    async with serving(source) as served, looking(chromium, served.url) as look:
        label = look.page.locator(".caliper__label text")
        await look.open(
            "record=r&at=20000&paused=1&gain=10&look=15000&span=4&calipers=a_ii_15502_15507__"
        )
        await look.until("paused")
        await expect(label).to_contain_text("\u22121.90 mV")
        await look.page.locator("#filter").select_option("notch50")
        await expect(label).to_contain_text("0.00 mV")
        await look.page.locator("#measure-open").click()
        await look.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await look.page.locator("#measure-copy").click()
        await expect(look.page.locator("#toast")).to_have_text("Copied")
        copied = await look.page.evaluate("() => navigator.clipboard.readText()")
        assert "Filter: 50 Hz notch, zero phase\n   0:00:31.004" in copied
        assert "0.000 mV" in copied
        await look.page.locator("#sheet").select_option("3x4+1R")
        await expect(look.page.locator(".row-name", has_text="II").first).to_be_visible()
        await expect(label).to_contain_text("0.00 mV")
        await look.page.locator("#filter").select_option("none")
        await expect(label).to_contain_text("\u22121.90 mV")
