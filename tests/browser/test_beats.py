"""Beats and rate on the viewer's page: what it says is what the server found, and nothing where that is off."""

import httpx2
import pytest
from playwright.async_api import expect

from tests.browser.test_viewer_page import looking
from tests.serving import DATA, ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

RECORD = "100-pq"
FS = 360
AT = 36_000


async def found(server: ServerProcess) -> dict:
    """Return what the server says of the beats before and behind the place."""
    async with httpx2.AsyncClient(timeout=30) as http:
        query = {"start": AT - 20 * FS, "stop": AT + 20 * FS}
        answer = await http.get(f"{server.url}/api/v1/records/{RECORD}/beats", params=query)
        return answer.json()


async def test_the_page_says_what_the_server_found_and_who_found_it(chromium, server):
    said = await found(server)
    assert said["complete"]
    rate = next(bpm for at, bpm, _ in reversed(said["rate"]) if at <= AT)
    async with looking(chromium, server.url, marks=True) as look:
        page = look.page
        await look.open(f"record={RECORD}&at={AT}&paused=1&window=10")
        await look.until("paused")
        await expect(page.locator("html")).to_have_attribute("data-analysis", "there")
        await expect(page.locator("#rate-value")).to_have_text(str(round(rate)))
        await expect(page.locator("#rate")).to_contain_text("for research and education")
        by = f"{said['detector']} in {said['leads'][0][2]} \u00b7 for research and education"
        await expect(page.locator("#beats-says")).to_have_text(by)
        await expect(page.locator("#rate-says")).to_contain_text("for research and education")

        # No rate, and no mark of a pause at the strip's edge, lies under its caption.
        await expect(page.locator("#rate-caption")).to_contain_text("Heart rate /min")
        caption = await page.locator("#rate-caption").bounding_box()
        strip = await page.locator("#rate-trend").bounding_box()
        assert caption
        assert strip
        assert strip["height"] > 20
        assert caption["y"] + caption["height"] <= strip["y"] + 0.5

        # The intervals of what is in sight are those between the beats that the server found in it.
        await page.keyboard.press("r")
        await expect(page.locator("#rhythm")).to_be_visible()
        inside = [at for at in said["samples"] if AT - 10 * FS <= at < AT]
        await expect(page.locator("#rhythm")).to_have_attribute("data-pairs", str(len(inside) - 2))
        facts = page.locator("#rhythm-facts")
        mean = round(1000 * (inside[-1] - inside[0]) / FS / (len(inside) - 1))
        await expect(facts).to_contain_text(f"{mean} (")
        await expect(page.locator("#rhythm-by")).to_have_text(by)

        # By keys to a beat, and there.
        await page.locator("#tachogram").focus()
        await page.keyboard.press("Home")
        rr = round(1000 * (inside[1] - inside[0]) / FS)
        await expect(page.locator("#rhythm-chosen")).to_contain_text(f"RR {rr} ms")
        await page.keyboard.press("Enter")
        await expect(page.locator("html")).to_have_attribute("data-looking", "true")
        await page.keyboard.press("Escape")
        await expect(page.locator("#rhythm")).to_be_hidden()
        await expect(page.locator("#rhythm-open")).to_be_focused()


async def test_a_window_follows_the_beats_until_another_one_is_chosen_and_a_link_keeps_it(
    chromium, server
):
    said = await found(server)
    async with looking(chromium, server.url, marks=True) as look:
        page = look.page
        await look.open(f"record={RECORD}&at={AT}&paused=1&window=30&follow=1")
        await look.until("paused")
        # Thirty seconds hold twice as many beats as one takes in.
        await page.wait_for_function(
            "() => Number(document.querySelector('#window-value').textContent.split(' ')[0]) < 20"
        )
        seconds = await page.locator("#window-value").inner_text()
        span = float(seconds.split(" ")[0]) * FS
        inside = [at for at in said["samples"] if AT - span <= at < AT]
        assert 15 <= len(inside) <= 20, seconds
        await page.wait_for_function("() => location.search.includes('follow=1')")
        await page.keyboard.press("-")
        await expect(page.locator("html")).to_have_attribute("data-follow", "false")
        await page.wait_for_function("() => !location.search.includes('follow=1')")


async def test_beats_are_switched_off_and_stay_so(chromium, server):
    async with looking(chromium, server.url, marks=True) as look:
        page = look.page
        await look.open(f"record={RECORD}&at={AT}&paused=1")
        drawn = page.locator("html[data-marks*=beats]")
        await expect(drawn).to_have_count(1)
        await look.until("paused")
        blue = await look.exactly("--mark-beat")
        assert sum(blue) > 100
        await page.keyboard.press("v")
        # Thirty minutes, of which ten are asked for.
        await expect(page.locator("#marks-list")).to_contain_text("marks so far")
        await page.locator("#marks-list input[value=beats]").uncheck()
        await expect(drawn).to_have_count(0)
        await page.wait_for_function("() => location.search.includes('marks=beats:0')")
        await page.wait_for_function(
            "async () => (await exactly('--mark-beat')).every((n) => n === 0)"
        )
        await page.reload()
        await look.until("paused")
        await expect(page.locator("html")).to_have_attribute("data-analysis", "there")
        await expect(page.locator("#fact-beats")).to_be_hidden()
        await expect(drawn).to_have_count(0)


async def test_of_a_server_without_analysis_nothing_of_it_is_there(chromium):
    with ServerProcess((DATA,), "--no-analysis") as server:
        async with looking(chromium, server.url, marks=True) as look:
            look.expected = ["status of 404"]
            await look.open(f"record={RECORD}&at={AT}&paused=1")
            await look.until("paused")
            await expect(look.page.locator("html")).to_have_attribute("data-analysis", "off")
            for part in ("#rate", "#fact-beats", "#rate-trend", "#rate-caption", "#rhythm-open"):
                await expect(look.page.locator(part)).to_be_hidden()
            await look.page.keyboard.press("r")
            await expect(look.page.locator("#rhythm")).to_be_hidden()
