"""Letters twice as large, by the browser's own size and by its zoom; less motion; colours of the system."""

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from tests.browser.chromium import FLAGS, find
from tests.browser.legible import illegible
from tests.browser.places import PHONE, PLACES, SIZES, STILL, Place, go, page_of

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TWICE = "--blink-settings=defaultFontSize=32,defaultFixedFontSize=26"
# A wall is read from four metres: its letters are as large as the screen lets them be.
READ = [place for place in PLACES if not place.route.startswith("/wall")]
# Zoom is as a smaller window, of which each page's own tests have theirs: each page once.
FIRST = list({place.route: place for place in reversed(READ)}.values())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def large():
    """A browser whose letters somebody made twice as large."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find(), args=[*FLAGS, TWICE])
        yield browser
        await browser.close()


@pytest.mark.parametrize("place", READ, ids=str)
async def test_with_letters_twice_as_large_all_is_read_and_reached(large, server, place: Place):
    async with page_of(large, viewport=PHONE) as (page, watched):
        watched.expected = list(place.expected)
        await go(page, server.url, place)
        assert await page.evaluate("() => getComputedStyle(document.body).fontSize") == "30px"
        for size, viewport in reversed(SIZES.items()):
            await page.set_viewport_size(viewport)
            assert await illegible(page) == {}, size


@pytest.mark.parametrize("place", FIRST, ids=str)
async def test_zoomed_to_twice_the_size_all_is_read_and_reached(chromium, server, place: Place):
    half = {size: {name: px // 2 for name, px in of.items()} for size, of in SIZES.items()}
    async with page_of(chromium, viewport=half["phone"], device_scale_factor=2) as (page, watched):
        watched.expected = list(place.expected)
        await go(page, server.url, place)
        for size, viewport in reversed(half.items()):
            await page.set_viewport_size(viewport)
            assert await illegible(page) == {}, size


async def test_words_that_are_cut_off_or_covered_are_found(chromium, server):
    async with page_of(chromium) as (page, _):
        await page.goto(f"{server.url}/login")
        await page.evaluate(
            """() => {
                const set = (one, styles) =>
                    Object.entries(styles).forEach(([name, value]) => one.style.setProperty(name, value));
                set(document.querySelector("h1"), { overflow: "hidden", width: "1rem", "white-space": "nowrap" });
                const [why, hint] = [".login__why", "#hint"].map(one => document.querySelector(one));
                const up = why.getBoundingClientRect().top - hint.getBoundingClientRect().top;
                set(hint, { position: "relative", top: `${up}px` });
                set(document.querySelector("#go"), { position: "fixed", left: "-5000px" });
            }"""
        )
        found = await illegible(page)
        assert any(one.startswith("H1") for one in found["cut"])
        assert any("#hint" in one for one in found["over"])
        assert any(one.startswith("#go") for one in found["away"])


@pytest.mark.parametrize("place", PLACES[:1] + PLACES[3:4], ids=str)
async def test_who_wants_less_motion_sees_no_animation(chromium, server, place: Place):
    async with page_of(chromium, reduced_motion="reduce") as (page, _):
        await go(page, server.url, place)
        moving = await page.evaluate(
            """() => [...document.querySelectorAll('*')].flatMap(one => [null, '::before', '::after']
                .map(part => getComputedStyle(one, part)))
                .filter(style => [style.transitionDuration, style.animationDuration]
                    .some(times => times.split(',').some(time => parseFloat(time) > 0))
                    || style.scrollBehavior === 'smooth').length"""
        )
        assert moving == 0
        if "playing" in place.name:
            # The trace is no decoration: it goes on.
            shown = "() => Number(document.documentElement.dataset.playhead)"
            begun = await page.evaluate(shown)
            await page.wait_for_function(f"begun => ({shown})() > begun + 360", arg=begun)


async def test_in_colours_of_the_system_states_and_focus_are_still_told_apart(chromium, server):
    async with page_of(chromium, forced_colors="active") as (page, _):
        await page.goto(server.url + STILL)
        await expect(page.locator("html")).to_have_attribute("data-state", "paused")
        look = """one => { const { color, backgroundColor, outlineStyle, borderTopColor } = getComputedStyle(one);
            return { color, backgroundColor, outlineStyle, borderTopColor }; }"""
        pressed = await page.locator("#mode-fit").evaluate(look)
        other = await page.locator("#mode-calibrated").evaluate(look)
        assert (pressed["backgroundColor"], pressed["color"]) != (
            other["backgroundColor"],
            other["color"],
        )
        await page.locator("#play").focus()
        await page.keyboard.press("Tab")
        assert (await page.locator("#on").evaluate(look))["outlineStyle"] == "solid"
        # The paper keeps its own colours: the trace is read against them.
        assert await page.locator("#paper").is_visible()
