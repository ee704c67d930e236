"""Calipers placed and moved by mouse, finger and key in a real Chromium.

The beat of tests/js/measure_beat.mjs at 500 Hz: the first one begins at sample 100; R at 195, then every 400.
"""

import pytest
from playwright.async_api import expect

from tests.browser.calipers import measuring

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

R = 195
EVERY = 400


async def test_a_time_is_dragged_by_mouse_to_the_sample(chromium):
    async with measuring(chromium, windowS=1.9) as desk:
        await desk.tool("time")
        await desk.drag(await desk.at(R + 0.3, 0.5), await desk.at(R + EVERY - 0.3, -1))
        (start, _), (stop, _) = await desk.marks()
        assert (start, stop) == (R, R + EVERY)
        await desk.says("1  800 ms \u00b7 75 bpm")
        await expect(desk.page.locator("#measure-said")).to_have_text(
            "Caliper 1, lead II: 800 ms, 75 bpm"
        )


async def test_a_height_snaps_to_the_peak_within_its_pixel(chromium):
    async with measuring(chromium, windowS=10) as desk:
        await desk.tool("both")
        # Four samples a pixel. A pointer is at whole pixels: beside the peak.
        foot, peak = await desk.at(R - 10, -0.1), await desk.at(R, 1.25)
        await desk.drag(foot, (round(peak[0]), peak[1]))
        (start, low), (stop, high) = await desk.marks()
        assert abs(start - (R - 10)) <= 4
        assert abs(stop - R) <= 4
        assert low == pytest.approx(-0.1, abs=0.02)
        assert high == pytest.approx(1.2, abs=0.02)


async def test_a_click_places_one_of_the_usual_width(chromium):
    async with measuring(chromium) as desk:
        await desk.tool("time")
        await desk.page.mouse.click(*await desk.at(1000))
        (start, _), (stop, _) = await desk.marks()
        assert abs(start - 1000) <= 1
        # A fifth of 4 s.
        assert stop - start == pytest.approx(400, abs=1)
        await expect(desk.page.get_by_role("slider", name="Caliper 1, end")).to_be_focused()


async def test_a_handle_and_a_line_are_dragged_by_mouse(chromium):
    async with measuring(chromium, windowS=1.9) as desk:
        await desk.tool("time")
        await desk.drag(await desk.at(300), await desk.at(500))
        # Put away: a line is taken hold of too.
        await desk.tool("time")
        x, y, _ = await desk.handle("Caliper 1, end")
        to, _ = await desk.at(600)
        await desk.drag((x, y), (to, y))
        assert [sample for sample, _ in await desk.marks()] == [300, 600]
        await desk.drag(await desk.at(300, 1), await desk.at(340, 1))
        assert [sample for sample, _ in await desk.marks()] == [340, 600]


async def test_a_caliper_that_is_begun_where_another_ends_is_a_new_one(chromium):
    async with measuring(chromium) as desk:
        await desk.tool("time")
        await desk.drag(await desk.at(300, 1), await desk.at(700, 1))
        await desk.drag(await desk.at(700, 1), await desk.at(1100, 1))
        assert [sample for sample, _ in await desk.marks(1)] == [300, 700]
        assert [sample for sample, _ in await desk.marks(2)] == [700, 1100]


async def test_an_end_is_never_dragged_out_of_sight(chromium):
    async with measuring(chromium) as desk:
        await desk.tool("time")
        await desk.drag(await desk.at(1500), (5000, 300))
        (_, _), (stop, _) = await desk.marks()
        assert stop == pytest.approx(2000, abs=2)


async def test_a_finger_drags_a_handle_that_it_does_not_cover_the_mark_with(chromium):
    async with measuring(chromium, phone=True) as desk:
        await desk.page.locator("#measure-time").tap()
        start, stop = await desk.at(500), await desk.at(900)
        await desk.swipe(start, stop)
        await desk.says("1  800 ms \u00b7 75 bpm")
        for name in ("start", "end"):
            x, y, width = await desk.handle(f"Caliper 1, {name}")
            assert width >= 44
            mark = await desk.at(500 if name == "start" else 900)
            assert abs(y - mark[1]) - width / 2 >= 22
        x, y, _ = await desk.handle("Caliper 1, end")
        loupe = desk.page.locator(".loupe")
        await expect(loupe).to_be_hidden()
        # As far as 100 samples are, from a place on the handle beside its middle.
        by = (await desk.at(1000))[0] - (await desk.at(900))[0]
        await desk.touch("touchStart", x + 8, y - 8)
        await desk.touch("touchMove", x + 8 + by / 2, y)
        await desk.touch("touchMove", x + 8 + by, y)
        await expect(loupe).to_be_visible()
        await desk.touch("touchEnd")
        await expect(loupe).to_be_hidden()
        (first, _), (second, _) = await desk.marks()
        assert first == pytest.approx(500, abs=1)
        assert second == pytest.approx(1000, abs=3)


async def test_a_second_finger_changes_nothing(chromium):
    async with measuring(chromium, phone=True) as desk:
        await desk.page.locator("#measure-time").tap()
        (x1, y), (x2, _) = await desk.at(500), await desk.at(900)
        send = desk._cdp.send
        finger = {"x": x1, "y": y, "id": 0}
        await send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
        two = [finger, {"x": x2 + 60, "y": y, "id": 1}]
        await send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": two})
        two[0] = finger | {"x": x2}
        await send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": two})
        await send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        await expect(desk.label).to_have_count(1)
        assert [round(sample / 10) for sample, _ in await desk.marks()] == [50, 90]


async def test_a_caliper_is_placed_moved_and_removed_by_key_alone(chromium):
    async with measuring(chromium) as desk:
        press = desk.page.keyboard.press
        await desk.page.locator("#measure-both").focus()
        await press("Enter")
        await desk.page.locator("#measure-place").focus()
        await press("Enter")
        start = desk.page.get_by_role("slider", name="Caliper 1, start")
        await expect(start).to_be_focused()
        (before, _), (stop, _) = await desk.marks()
        await press("ArrowLeft")
        await press("Shift+ArrowLeft")
        (now, height), _ = await desk.marks()
        assert now == before - 11
        # By 0.01 mV, and ten times as far, off the sample's value; back on it with the next sample.
        await press("ArrowUp")
        await press("Shift+ArrowDown")
        (_, lifted), _ = await desk.marks()
        assert lifted == pytest.approx(height - 0.09)
        await press("ArrowRight")
        (now, height), _ = await desk.marks()
        assert now == before - 10
        assert height != pytest.approx(lifted)
        await expect(start).to_have_attribute("aria-valuenow", str(now))
        ms = round((stop - now) * 2)
        told = await start.get_attribute("aria-valuetext")
        assert told is not None
        assert told.startswith(f"lead II, 0:00:0{now / 500:.3f}, ")
        assert f"; {ms} ms, {60000 / ms:.0f} bpm, " in told
        await press("Tab")
        await expect(desk.page.get_by_role("slider", name="Caliper 1, end")).to_be_focused()
        await press("Delete")
        await expect(desk.label).to_have_count(0)
        await expect(desk.page.locator("#measure-said")).to_have_text("Caliper 1 removed")
        # The keys do not begin at the top of the page again.
        await expect(desk.page.locator("#measure-both")).to_be_focused()
        await press("Escape")
        await expect(desk.page.locator("#measure-both")).to_have_attribute("aria-pressed", "false")
        await press("Escape")
        await expect(desk.page.locator("#measure")).to_be_hidden()
        await expect(desk.page.locator("#measure-open")).to_be_focused()


async def test_keys_of_a_handle_are_not_the_viewers_too(chromium):
    async with measuring(chromium) as desk:
        await desk.page.evaluate(
            "() => { window.heard = [];"
            " document.addEventListener('keydown', e => heard.push([e.key, e.defaultPrevented])); }"
        )
        await desk.tool("time")
        await desk.page.locator("#measure-place").click()
        await desk.page.keyboard.press("ArrowUp")
        await desk.page.keyboard.press("ArrowLeft")
        await desk.page.keyboard.press("PageUp")
        assert await desk.page.evaluate("() => heard") == [["PageUp", False]]


async def test_the_page_pans_under_the_calipers_but_not_while_one_is_placed(chromium):
    async with measuring(chromium) as desk:
        await desk.page.evaluate(
            "() => { window.downs = 0;"
            " document.querySelector('#stage').addEventListener('pointerdown', () => downs++); }"
        )
        await desk.tool("time")
        await desk.drag(await desk.at(300), await desk.at(700))
        assert await desk.page.evaluate("() => downs") == 0
        await desk.tool("time")
        await desk.page.mouse.click(*await desk.at(1500))
        assert await desk.page.evaluate("() => downs") == 1
        x, y, _ = await desk.handle("Caliper 1, start")
        await desk.page.mouse.click(x, y)
        assert await desk.page.evaluate("() => downs") == 1


async def test_across_a_gap_there_is_no_number(chromium):
    async with measuring(chromium, holes=[[400, 420]]) as desk:
        await desk.tool("both")
        await desk.drag(await desk.at(R), await desk.at(R + EVERY))
        await desk.says("1  gap between")
        await expect(desk.page.locator("#measure-rows")).to_contain_text("gap between")
        assert "800" not in await desk.page.locator("#measure-rows").inner_text()


async def test_a_lead_without_millivolts_has_times_only(chromium):
    async with measuring(chromium, leads=["II", "Resp"]) as desk:
        await desk.tool("amplitude")
        await desk.drag(await desk.at(300, 0, 1), await desk.at(700, 0, 1))
        await expect(desk.label).to_have_count(0)
        assert (await desk.notices())[-1].startswith("Lead Resp has no mV scale")
        await desk.tool("both")
        await desk.drag(await desk.at(300, 0, 1), await desk.at(700, 0, 1))
        assert [mv for _, mv in await desk.marks()] == [None, None]
        await expect(desk.label).to_contain_text("ms")
        await expect(desk.label).not_to_contain_text("mV")


async def test_a_mark_set_before_its_samples_came_gets_its_height(chromium):
    async with measuring(chromium, slow=True) as desk:
        await desk.tool("amplitude")
        await desk.drag(await desk.at(R - 10), await desk.at(R))
        await desk.says("1  reading the samples")
        # Those in sight, and those between the marks.
        await desk.page.evaluate("() => desk.answer()")
        await expect(desk.label).to_contain_text("mV")


async def test_envelopes_are_not_measured(chromium):
    async with measuring(chromium) as desk:
        await desk.tool("time")
        await desk.drag(await desk.at(300), await desk.at(700))
        await desk.look(drawn="envelope")
        await expect(desk.page.locator(".grip:not([hidden])")).to_have_count(0)
        # What was measured in samples stays.
        await desk.says("1  800 ms \u00b7 75 bpm")
        zoom_in = "zoom in to measure"
        await expect(desk.page.locator("#measure-hint")).to_contain_text(zoom_in)
        await desk.drag(await desk.at(900), await desk.at(1200))
        await desk.page.locator("#measure-place").click()
        await expect(desk.label).to_have_count(1)
        assert zoom_in in (await desk.notices())[-1]


async def test_a_picture_that_moves_is_asked_to_stand(chromium):
    async with measuring(chromium, moving=True) as desk:
        assert await desk.page.evaluate("() => desk.stood") == 1
        await desk.tool("time")
        await desk.page.locator("#measure-place").click()
        assert "pause" in (await desk.notices())[-1]
        await expect(desk.label).to_have_count(0)


async def test_a_lead_that_is_turned_over_and_drawn_larger_is_measured_as_it_is(chromium):
    async with measuring(chromium, times=-2, pxPerMvCss=20, windowS=10) as desk:
        await desk.tool("amplitude")
        await desk.drag(await desk.at(R - 10, -0.1), await desk.at(R, 1.2))
        (_, low), (_, high) = await desk.marks()
        assert low == pytest.approx(-0.1, abs=0.02)
        assert high == pytest.approx(1.2, abs=0.02)
        dot = desk.page.locator(".caliper__dot").nth(1)
        box = await dot.bounding_box()
        assert box is not None
        _, y = await desk.at(R, 1.2)
        assert box["y"] + box["height"] / 2 == pytest.approx(y, abs=1)


async def test_the_wheel_is_the_pictures_while_a_tool_is_chosen(chromium):
    async with measuring(chromium) as desk:
        await desk.page.evaluate(
            "() => { window.turned = []; document.querySelector('#paper').addEventListener('wheel',"
            " e => { e.preventDefault(); turned.push([e.deltaY, e.clientX]); }, { passive: false }); }"
        )
        await desk.tool("time")
        x, y = await desk.at(1000)
        await desk.page.mouse.move(round(x), y)
        await desk.page.mouse.wheel(0, 120)
        await desk.page.wait_for_function("() => turned.length > 0")
        assert await desk.page.evaluate("() => turned") == [[120, round(x)]]
