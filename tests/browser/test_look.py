"""Looking about in a record while it plays or stands: mouse, touch and keyboard, in a real Chromium."""

import re

import numpy as np
import pytest
from playwright.async_api import Route, expect

from tests.browser.test_viewer_page import BEATS, PHONE, Looking, looking, memory, triangles
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FS = 360


async def box(look: Looking) -> tuple[float, float, float, float]:
    """Return left, top, width and height of the signal's part of the canvas."""
    found = await look.page.locator("#paper").bounding_box()
    assert found
    gutter = await look.number("gutter")
    return found["x"] + gutter, found["y"], found["width"] - gutter, found["height"]


async def start(look: Looking) -> float:
    return float(await look.number("look"))


async def span(look: Looking) -> float:
    """Return the seconds in sight."""
    *_, width, _ = await box(look)
    return width / await look.number("pxPerS")


async def elsewhere(look: Looking, than: float) -> None:
    """Wait until the picture begins at another sample."""
    await look.page.wait_for_function(
        "(than) => document.documentElement.dataset.look !== ''"
        " && Number(document.documentElement.dataset.look) !== than",
        arg=than,
    )


async def seen(look: Looking) -> None:
    """Wait until the picture stands still and is sharp, in the room that is left for it now."""
    await look.page.wait_for_function(
        "() => document.documentElement.dataset.look !== ''"
        " && ['samples', 'envelope'].includes(document.documentElement.dataset.drawn) && laid()"
    )


async def opened(look: Looking, query: str = "") -> None:
    await look.open(f"record={BEATS}&at=72000&paused=1&window=10&look=36000&span=10{query}")
    await look.until("paused")
    await elsewhere(look, -1)


async def test_the_wheel_zooms_about_the_pointer(chromium, server):
    async with looking(chromium, server.url) as look:
        await opened(look)
        left, top, width, height = await box(look)
        before, was = await start(look), await span(look)
        assert was == pytest.approx(10, abs=0.01)
        await look.page.mouse.move(left + 0.25 * width, top + height / 2)
        await look.page.mouse.wheel(0, -400)
        await elsewhere(look, before)
        now, is_ = await start(look), await span(look)
        assert is_ == pytest.approx(10 * np.exp(-400 * 0.0022), rel=0.01)
        anchor = before + 0.25 * was * FS
        assert now + 0.25 * is_ * FS == pytest.approx(anchor, abs=is_ * FS / width)


async def test_what_draws_still_pages_comes_when_it_is_wanted_and_without_it_the_picture_plays_on(
    chromium, server
):
    async with looking(chromium, server.url) as look:
        look.expected.append("ERR_FAILED")
        asked: list[str] = []

        async def gone(route: Route) -> None:
            asked.append(route.request.url)
            await route.abort()

        await look.page.route("**/look/still.js", gone)
        # In the page's own thread: not every browser has another.
        await look.open(f"record={BEATS}&at=72000&worker=0")
        await look.until("playing")
        await expect(look.page.locator("html")).to_have_attribute("data-drawn", "samples")
        assert not asked
        left, top, width, height = await box(look)
        await look.page.mouse.move(left + 0.25 * width, top + height / 2)
        await look.page.mouse.wheel(0, -400)
        await expect(look.page.locator("#toast")).to_contain_text("could not be loaded")
        assert len(asked) == 1
        at = await look.number("playhead")
        await look.page.wait_for_function(
            "(at) => Number(document.documentElement.dataset.playhead) > at", arg=at
        )
        assert await look.page.evaluate("() => document.documentElement.dataset.look") == ""


async def test_a_drag_moves_the_paper_with_the_pointer(chromium, server):
    async with looking(chromium, server.url) as look:
        await opened(look)
        left, top, _, height = await box(look)
        before = await start(look)
        mouse = look.page.mouse
        await mouse.move(left + 600, top + height / 2)
        await mouse.down()
        await mouse.move(left + 300, top + height / 2, steps=5)
        await mouse.up()
        await elsewhere(look, before)
        px = await look.number("pxPerS") / FS
        await look.page.wait_for_function(
            "(want) => Math.abs(Number(document.documentElement.dataset.look) - want) < 3",
            arg=before + 300 / px,
        )


async def test_two_fingers_zoom_and_one_moves(chromium, server):
    async with looking(
        chromium, server.url, viewport=PHONE, has_touch=True, is_mobile=True
    ) as look:
        await opened(look)
        left, top, width, height = await box(look)
        y = top + height / 2
        session = await look.page.context.new_cdp_session(look.page)

        async def touch(kind: str, *xs: float) -> None:
            points = [{"x": x, "y": y, "id": k} for k, x in enumerate(xs)]
            await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        before, was = await start(look), await span(look)
        await touch("touchStart", left + 100, left + 150)
        for k in range(1, 6):
            await touch("touchMove", left + 100 - 10 * k, left + 150 + 10 * k)
        await touch("touchEnd")
        await elsewhere(look, before)
        # Where the fingers were lifted, and not where they were with the frame before.
        await look.page.wait_for_function(
            "(want) => Math.abs(Number(document.documentElement.dataset.pxPerS) / want - 1) < 0.1",
            arg=3 * width / was,
        )
        before = await start(look)
        px = await look.number("pxPerS") / FS
        await touch("touchStart", left + 200)
        for k in range(1, 6):
            await touch("touchMove", left + 200 - 20 * k)
        await touch("touchEnd")
        await elsewhere(look, before)
        await look.page.wait_for_function(
            "(want) => Math.abs(Number(document.documentElement.dataset.look) - want) < 8",
            arg=before + 100 / px,
        )


async def test_keys_move_zoom_and_come_back(chromium, server):
    async with looking(chromium, server.url) as look:
        await look.open(f"record={BEATS}&at=72000&paused=1&window=10")
        await look.until("paused")
        press = look.page.keyboard.press
        await press("s")
        await elsewhere(look, -1)
        # What was in sight stays in sight.
        before = await start(look)
        assert before == pytest.approx(72000 - 10 * FS, abs=4)
        await press("ArrowLeft")
        await elsewhere(look, before)
        assert await start(look) == pytest.approx(before - FS, abs=4)
        left = await start(look)
        await press("PageDown")
        await elsewhere(look, left)
        assert await start(look) == pytest.approx(before + 9 * FS, abs=4)
        await press("-")
        await expect(look.page.locator("#window-value")).to_have_text("15 s")
        await press("w")
        await expect(look.page.locator("#window-value")).to_have_text("30.1 min")
        assert await look.number("playhead") == 71999
        await expect(look.page.locator("#follow")).to_be_visible()
        await press("Escape")
        await expect(look.page.locator("html")).to_have_attribute("data-look", "")
        await expect(look.page.locator("#follow")).to_be_hidden()
        await look.drawn(10)


async def test_what_plays_goes_on_while_one_looks_elsewhere(chromium, server):
    async with looking(chromium, server.url) as look:
        await look.open(f"record={BEATS}&at=72000&window=10")
        await look.until("playing")
        await look.page.keyboard.press("s")
        await elsewhere(look, -1)
        stood = await start(look)
        await look.reached(int(await look.number("playhead")) + 2 * FS)
        assert await start(look) == stood
        await expect(look.page.locator("html")).to_have_attribute("data-state", "playing")
        words = await look.page.locator("#fact-sight").text_content()
        assert words
        assert re.fullmatch(r"0:03:\d\d\.\d to 0:03:\d\d\.\d, 10 s", words)


async def test_the_address_leads_back_to_the_very_picture(chromium, server):
    async with looking(chromium, server.url) as look:
        await opened(look, "&layout=rhythm1")
        await look.page.keyboard.press("ArrowRight")
        await look.page.keyboard.press("+")
        await look.page.wait_for_function("() => location.search.includes('span=8')")
        await seen(look)
        one = await look.picture()
        await look.page.reload()
        await look.until("paused")
        await seen(look)
        two = await look.picture()
        # But for the part of a column that an address in whole samples leaves out.
        shift = abs(one[:, 60:].astype(int) - two[:, 60:]).max(axis=2) > 64
        assert shift.mean() < 0.02


async def test_a_gap_looked_at_is_hatched_to_scale_and_joined_by_nothing(chromium):
    samples = np.full(6000, 1000, np.int16)
    samples[3000:] = -1000
    samples[2900:3100] = -32768
    async with serving(memory({"II": samples})) as served, looking(chromium, served.url) as look:
        await look.open("record=r&at=5900&paused=1&window=10&look=2500&span=10")
        await look.until("paused")
        await seen(look)
        columns = await look.inked(0, 10_000)
        hatched = await look.exactly("--gap")
        gutter = int(await look.number("gutter"))
        px = await look.number("pxPerS") / 100
        first = gutter + (2900 - await start(look)) * px
        last = gutter + (3100 - await start(look)) * px
        empty = [x for x in range(gutter + 2, len(columns)) if not columns[x]]
        # The last sample before it and the first one behind have no line to the other side.
        assert min(empty) == pytest.approx(first, abs=1 + px)
        assert max(empty) == pytest.approx(last, abs=1 + px)
        marked = np.flatnonzero(np.array(hatched) > 50)
        assert marked[0] == pytest.approx(first, abs=1.5)
        assert marked[-1] == pytest.approx(last, abs=1.5)


@pytest.mark.parametrize("seconds", [0.2, 2, 20, 60, 180, 600])
async def test_no_peak_is_lost_at_any_zoom(chromium, seconds):
    """One sample in 300,000, a millivolt high, seen to its height from a fifth of a second on."""
    samples = np.zeros(300_000, np.int16)
    samples[150_050] = 1000
    source = memory({"II": samples}, fs=500.0)
    async with serving(source) as served, looking(chromium, served.url) as look:
        place = max(0, 150_050 - seconds * 500 / 3)
        await look.open(f"record=r&at=10&paused=1&gain=10&look={place:.0f}&span={seconds}")
        await look.until("paused")
        await seen(look)
        (baseline,) = await look.numbers("baselines")
        gutter = int(await look.number("gutter"))
        columns = await look.inked(0, baseline + 10)
        high = {x: rows[0] for x, rows in enumerate(columns) if x > gutter + 2 and rows}
        x = min(high, key=lambda column: high[column])
        assert high[x] == pytest.approx(baseline - await look.number("pxPerMv"), abs=1.5)
        there = gutter + (150_050 - await start(look)) * await look.number("pxPerS") / 500
        assert abs(x - there) <= 2 + await look.number("pxPerS") / 500
        drawn = await look.page.locator("#fact-drawn").text_content()
        assert drawn
        assert drawn.startswith("Envelope: lowest and highest of" if seconds > 180 else "Samples")


async def test_a_long_window_is_a_page_that_is_turned_by_what_plays(chromium):
    wave = np.rint(triangles(40_000, 200, 10, 1000, 0)).astype(np.int16)
    async with serving(memory({"II": wave})) as served, looking(chromium, served.url) as look:
        await look.open("record=r&at=11900&speed=32&window=120")
        await look.until("playing")
        await look.page.wait_for_function(
            "() => Number(document.documentElement.dataset.look) === 12000"
        )
        await look.reached(11_999)
