"""The viewer by keyboard alone, and for those who cannot look at the picture."""

import re

import numpy as np
import pytest
from playwright.async_api import expect

from tests.browser.places import BEATS, STILL, page_of
from tests.browser.test_viewer_page import looking, memory
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# What can be used, as a person sees it: in the page, shown, not switched off. Each gets a name.
CONTROLS = """() => [...document.querySelectorAll('a[href], button, input, select, summary')]
    .filter(one => one.checkVisibility({ visibilityProperty: true }) && !one.disabled && one.tabIndex >= 0)
    .map((one, i) => one.dataset.walked = `${i} ${one.id || one.className || one.textContent}`)"""

# What has the focus, and whether a ring is seen around it, within the screen.
FOCUSED = """() => {
    const one = document.activeElement;
    if (one === document.body) return [null, true];
    const style = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    const inSight = box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight;
    return [one.dataset.walked ?? one.id, ring && inSight && box.width > 0];
}"""


async def walk(page, controls):
    """Press Tab until it has come round; return what had the focus, and whether it was seen.

    Beside the controls there are regions that are scrolled by keys.
    """
    walked = {}
    for _ in range(2 * len(controls) + 20):
        await page.keyboard.press("Tab")
        name, seen = await page.evaluate(FOCUSED)
        if name in walked:
            del walked[None]
            return walked
        walked[name] = seen
    raise AssertionError(f"Tab never comes round: {list(walked)}")


@pytest.mark.parametrize("address", [STILL, "/compare?record=100-pq&start=7200", "/login", "/docs"])
async def test_tab_reaches_every_control_and_shows_where_it_is(chromium, server, address):
    async with page_of(chromium) as (page, _):
        await page.goto(server.url + address)
        if address == STILL:
            await expect(page.locator("html")).to_have_attribute("data-state", "paused")
        elif address == "/docs":
            await expect(page.locator(".operation").first).to_be_visible()
        controls = set(await page.evaluate(CONTROLS))
        assert len(controls) > 4
        walked = await walk(page, controls)
        assert controls <= set(walked)
        assert [name for name, seen in walked.items() if not seen] == []


async def test_what_a_dialog_holds_is_reached_and_left_by_keys(chromium, server):
    async with page_of(chromium) as (page, _):
        await page.goto(server.url + STILL)
        await expect(page.locator("html")).to_have_attribute("data-state", "paused")
        for key, name in (("l", "leads"), ("b", "card"), ("?", "help")):
            await page.keyboard.press(key)
            dialog = page.locator(f"#{name}-dialog")
            await expect(dialog).to_be_visible()
            held = await dialog.locator("button, input, select").count()
            reached = set()
            for _ in range(held + 3):
                at = await page.evaluate(
                    "() => [document.activeElement.parentElement.closest('dialog')?.id, document.activeElement.outerHTML]"
                )
                # A dialog longer than the screen is reached itself, to be scrolled by keys, or its heading.
                inside = at[0] == f"{name}-dialog" and not at[1].startswith(("<dialog", "<h2"))
                reached |= {at[1]} if inside else set()
                await page.keyboard.press("Tab")
            assert len(reached) == held
            await page.keyboard.press("Escape")
            await expect(dialog).to_be_hidden()
            # A list that had the focus gives it up with the next frame, and the next key is the page's.
            await page.wait_for_function("() => document.activeElement === document.body")


async def test_the_sheet_of_keys_names_every_key(chromium, server):
    async with page_of(chromium) as (page, _):
        await page.goto(server.url + STILL)
        await expect(page.locator("html")).to_have_attribute("data-state", "paused")
        await page.set_viewport_size({"width": 1366, "height": 600})
        await page.keyboard.press("?")
        sheet = page.locator("#help-dialog")
        await expect(sheet).to_be_visible()
        # It is longer than a low screen, and is read from its beginning.
        assert await sheet.evaluate("one => one.scrollHeight > one.clientHeight")
        assert await sheet.evaluate("one => one.scrollTop") == 0
        bound = await page.evaluate(
            "async () => { const { BINDINGS } = await import('/static/js/ui/keys.js');"
            " const { toldOf, WHILE_ANNOTATING } = await import('/static/js/ui/keyhelp.js');"
            " const told = [...BINDINGS.map(toldOf), ...WHILE_ANNOTATING];"
            " return told.map(({ shown, words }) => [shown, words]); }"
        )
        rows = await sheet.locator("dt").evaluate_all(
            "all => all.map(one => [[...one.querySelectorAll('kbd')].map(key => key.textContent),"
            " one.nextElementSibling.textContent])"
        )
        assert rows == bound
        assert len(rows) > 20
        # Those that a button of the page names in its title are on the sheet.
        titles = await page.locator("[title]").evaluate_all("all => all.map(one => one.title)")
        named = {found[1] for one in titles if (found := re.search(r"\(([^)]+)\)$", one))}
        assert named <= {" ".join(keys) for keys, _ in bound}
        assert len(named) > 8


async def test_the_picture_is_told_in_words(chromium):
    wave = (np.arange(6000) % 100).astype(np.int16)
    wave[1100:1160] = wave[1300:1360] = -32768
    async with (
        serving(memory({"II": wave, "V5": wave})) as served,
        looking(chromium, served.url) as look,
    ):
        await look.open("record=r&at=1500&paused=1&window=5")
        await look.until("paused")
        told = "r: leads II, V5. 0:00:10.0 to 0:00:15.0, 5 s in sight. Sampled at 100 Hz."
        paper, said = look.page.locator("#paper"), look.page.locator("#said")
        await expect(paper).to_have_accessible_description(
            f"{told} 2 gaps in sight, 1.2 s in all. paused."
        )
        await expect(said).to_have_text(f"{told} 2 gaps in sight, 1.2 s in all. paused.")
        await look.page.keyboard.press("s")
        await look.page.keyboard.press("ArrowRight")
        await look.page.keyboard.press("ArrowRight")
        await expect(said).to_have_text(re.compile("looking elsewhere than at what is played"))
        await look.page.keyboard.press("Escape")
        await expect(said).to_have_text(f"{told} 2 gaps in sight, 1.2 s in all. paused.")


async def test_what_is_told_is_no_stream(chromium, server):
    async with page_of(chromium) as (page, _):
        await page.goto(f"{server.url}/review?{BEATS}")
        said = page.locator("#said")
        await expect(said).to_have_text(re.compile(r"playing\.$"))
        await page.evaluate(
            """() => {
                window.changes = 0;
                new MutationObserver(() => window.changes++).observe(document.querySelector("#said"),
                    { childList: true, characterData: true, subtree: true });
            }"""
        )
        at = "() => Number(document.documentElement.dataset.playhead)"
        begun = await page.evaluate(at)
        # Five seconds of signal.
        await page.wait_for_function(f"begun => ({at})() > begun + 1800", arg=begun)
        assert await page.evaluate("() => window.changes") == 0
        await page.keyboard.press("Space")
        await expect(said).to_have_text(re.compile(r"paused\.$"))
        assert await page.evaluate("() => window.changes") == 1
