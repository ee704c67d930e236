"""Two stretches one above the other, in a real Chromium: at one scale, locked or free."""

import numpy as np
import pytest
from playwright.async_api import Page, expect

from tests.browser.test_viewer_page import BEATS, PHONE, looking, memory, triangles
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def begins(page: Page, one: float, other: float) -> None:
    """Wait until both stretches are drawn from samples, and begin at these, to the column."""
    await page.wait_for_function(
        """(wanted) => ["one", "other"].every((side, i) => {
            const { drawn, start } = document.getElementById(`${side}-paper`).dataset;
            return drawn === "samples" && Math.abs(Number(start) - wanted[i]) <= 1;
        })""",
        arg=[one, other],
    )


QUERY = f"record={BEATS}&leads=MLII&start=3600&leads2=V5&start2=36000&span=5"


async def test_locked_both_move_by_the_same_time_and_free_only_one(chromium, server):
    async with looking(chromium, server.url) as look:
        page = look.page
        await page.goto(f"{server.url}/compare?{QUERY}")
        await begins(page, 3600, 36000)
        await expect(page.locator("#window-value")).to_have_text("5 s")
        await expect(page.locator("#apart")).to_have_text("Second 0:01:30.0 after the first")
        await page.locator("#one-paper").focus()
        await page.keyboard.press("PageDown")
        await expect(page.locator("#one-time")).to_have_value("0:00:15.0")
        await begins(page, 5400, 37800)
        await page.locator("#lock").click()
        await page.locator("#other-paper").focus()
        await page.keyboard.press("PageUp")
        await expect(page.locator("#other-time")).to_have_value("0:01:40.0")
        await begins(page, 5400, 36000)
        # The address leads back here.
        await page.wait_for_function("() => location.search.includes('locked=0')")
        await page.reload()
        await begins(page, 5400, 36000)
        await expect(page.locator("#lock")).to_have_attribute("aria-pressed", "false")


async def test_both_are_drawn_at_one_scale_and_to_the_right_height(chromium):
    """Two leads of 200 Hz: 1 mV each half second, and 0.5 mV a quarter of a second later."""
    one = np.rint(triangles(8000, 100, 5, 1000, 0)).astype(np.int16)
    other = np.rint(np.roll(triangles(8000, 100, 5, 500, 0), 50)).astype(np.int16)
    source = memory({"A": one, "B": other}, fs=200.0)
    async with serving(source) as served, looking(chromium, served.url) as look:
        page = look.page
        await page.goto(
            f"{served.url}/compare?record=r&leads=A&start=400&leads2=B&start2=1000&span=4"
        )
        await begins(page, 400, 1000)
        await page.mouse.move(700, 200)
        await page.mouse.wheel(0, -300)
        await expect(page.locator("#window-value")).not_to_have_text("4 s")
        for side, high, shift in (("one", 1.0, 0), ("other", 0.5, 50)):
            paper = page.locator(f"#{side}-paper")
            found = await page.evaluate(
                """async (id) => {
                    const paper = document.getElementById(id);
                    await frame();
                    await frame();
                    const ctx = paper.getContext("2d");
                    const { data } = ctx.getImageData(0, 0, paper.width, paper.height);
                    const ink = colour("--trace");
                    const tops = [];
                    for (let x = 0; x < paper.width; x++) {
                        let top = -1;
                        for (let y = 0; y < paper.height && top < 0; y++) {
                            const at = (y * paper.width + x) * 4;
                            if (ink.every((part, k) => Math.abs(data[at + k] - part) < 60)) top = y;
                        }
                        tops.push(top);
                    }
                    return { tops, ...paper.dataset };
                }""",
                f"{side}-paper",
            )
            px = float(found["pxPerSample"])
            start, gutter = float(found["start"]), int(found["gutter"])
            baseline = int(found["baselines"])
            peaks = [s for s in range(shift, 8000, 100) if start + 20 < s < start + 150]
            assert peaks
            for sample in peaks:
                x = round(gutter + (sample - start) * px)
                top = min(t for t in found["tops"][x - 2 : x + 3] if t >= 0)
                assert top == pytest.approx(baseline - high * float(found["pxPerMv"]), abs=2)
            assert await paper.get_attribute("aria-label")
        scales = [
            await page.locator(f"#{side}-paper").get_attribute("data-px-per-sample")
            for side in ("one", "other")
        ]
        assert scales[0] == scales[1]


async def test_two_records_a_bad_time_and_one_that_is_not_there(chromium, server):
    async with looking(chromium, server.url, viewport=PHONE) as look:
        page = look.page
        await page.goto(f"{server.url}/compare?record={BEATS}&leads=MLII&record2=nowhere")
        await expect(page.locator("#other-trouble")).to_have_text(
            "nowhere is not here, or you may not see it."
        )
        look.expected.append("404")
        field = page.locator("#one-time")
        await field.fill("1:xx")
        await field.press("Enter")
        assert not await field.evaluate("field => field.checkValidity()")
        await field.fill("9:59:59")
        await field.press("Enter")
        said = await field.evaluate("field => field.validationMessage")
        assert said == "That is not in the record: it is 0:30:05 long."
        await field.fill("1:00")
        await field.press("Enter")
        await expect(page.locator("#one-paper")).to_have_attribute("data-start", "21600")
        # Within the record, but its window is not.
        await field.fill("30:01")
        await field.press("Enter")
        await expect(page.locator("#one-told")).to_contain_text("30:01: the window would reach")
        await expect(page.locator("#one-told")).to_contain_text("moved to 0:29:55.5")


async def test_what_an_address_says_in_vain_is_told(chromium, server):
    async with looking(chromium, server.url) as look:
        page = look.page
        await page.goto(
            f"{server.url}/compare?record=119-pq&leads=II&start=99999999&span=foo"
            f"&record2={BEATS}&leads2=V1&start2=-5&spna=3"
        )
        await expect(page.locator("#stray")).to_contain_text(
            "left out: span=foo, start2=-5, spna=3"
        )
        for side, lead in (("one", "II"), ("other", "V1")):
            told = page.locator(f"#{side}-told")
            await expect(told).to_contain_text(f"Not in this record: {lead} ")
            await expect(told).to_contain_text("start=99999999")
            await expect(told).to_contain_text("moved to 0:29:55.5")
            await expect(page.locator(f"#{side}-time")).to_have_value("0:29:55.5")
        # A lead that there is has nothing said of it.
        await page.locator("#one-lead").select_option("V1")
        await expect(page.locator("#one-told")).to_be_hidden()
        await page.goto(f"{server.url}/compare?{QUERY}")
        await begins(page, 3600, 36000)
        for quiet in ("#stray", "#one-told", "#other-told"):
            await expect(page.locator(quiet)).to_be_hidden()
