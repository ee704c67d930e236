"""The controls of the viewer page in a real Chromium: keys, labels, small screens."""

import re

import numpy as np
import pytest
from playwright.async_api import expect

from ecgstream.storage.memory import MemorySource
from tests.browser.test_viewer_page import BEATS, PHONE, looking, memory, triangles
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# A telephone on its side.
LOW = {"width": 844, "height": 390}


async def test_a_speed_key_pressed_quickly_is_not_lost(chromium, server):
    async with looking(chromium, server.url) as look:
        await look.open(f"record={BEATS}&at=7200")
        await look.until("playing")
        # In one turn of the page: no answer can come in between.
        await look.page.evaluate(
            "() => { for (let i = 0; i < 4; i++)"
            " document.dispatchEvent(new KeyboardEvent('keydown', { key: ']' })); }"
        )
        await expect(look.page.locator("#fact-replay")).to_have_text("Replay 16\u00d7")
        await expect(look.page.locator("#speed")).to_have_value("16")


async def test_a_select_gives_the_keys_back(chromium, server):
    async with looking(chromium, server.url) as look:
        press = look.page.keyboard.press
        speed = look.page.locator("#speed")
        await look.open(f"record={BEATS}&at=36000&paused=1&window=10")
        await look.until("paused")
        await speed.select_option("2")
        await look.page.wait_for_function("() => document.activeElement === document.body")
        await expect(look.page.locator("#fact-replay")).to_have_text("Replay 2\u00d7")
        # Focused by the Tab key it keeps its arrows, and nothing that is the viewer's alone.
        await speed.focus()
        await press("PageUp")
        await look.page.wait_for_function(
            "() => Number(document.documentElement.dataset.playhead) === 32399"
        )
        await expect(speed).to_have_value("2")
        await press("ArrowDown")
        await expect(look.page.locator("#fact-replay")).to_have_text("Replay 4\u00d7")
        await expect(speed).to_be_focused()
        await press("Space")
        await look.until("playing")


async def test_what_an_address_says_in_vain_is_told(chromium, server):
    async with looking(chromium, server.url) as look:
        await look.open("record=100-pq&leads=MLII,V9&at=soon&gian=20&paused=1")
        toast = look.page.locator("#toast")
        await expect(toast).to_contain_text("Not in this record: V9")
        await expect(toast).to_contain_text("left out: at=soon, gian=20")
        await look.until("paused")
        # Nothing was played, and the paper says so.
        await expect(look.page.locator("#unplayed")).to_be_visible()
        await look.open("record=100-pq&leads=MLII,V9&at=36000&paused=1&look=7200&span=10")
        span = look.page.locator("#in-sight")
        await expect(span).to_be_visible()
        await expect(toast).to_contain_text("Not in this record: V9")
        told, picture = await toast.bounding_box(), await look.page.locator("#stage").bounding_box()
        assert told
        assert picture
        assert told["y"] >= picture["y"] + picture["height"], (
            "a remark covers neither a trace nor the span in sight"
        )
        await expect(look.page.locator("#unplayed")).to_be_hidden()
        await look.open("record=100-pq&at=999999999&paused=1")
        await expect(toast).to_contain_text("999999999 lies beyond the end of the record (650000)")
        await look.until("paused")
        # On the leads themselves they stay.
        calipers = "t_MLII_10_100*t_V5_10_100*t_XX_10_100*t_MLII_10_650001"
        await look.open(f"record=100-pq&at=3600&paused=1&calipers={calipers}")
        await expect(toast).to_contain_text("2 calipers of the link left out")
        await look.page.wait_for_function(
            "() => location.search.includes('t_MLII_10_100*t_V5_10_100') && !location.search.includes('XX')"
        )
        await look.open("record=100-pq&at=999999999&paused=1")
        await look.until("paused")
        # Before the first sample.
        assert await look.number("playhead") == -1


NUMERICS = {"HR": {"unit": "bpm", "gain": 1.0, "kind": "numeric"}}


async def test_one_moment_on_every_clock_and_it_moves_between_two_samples(chromium):
    source = memory({"HR": np.arange(600, dtype=np.int16)}, fs=1 / 60, **NUMERICS)
    async with serving(source) as served, looking(chromium, served.url) as look:
        await look.open("record=r&at=40&paused=1")
        await look.until("paused")
        await expect(look.page.locator("#elapsed")).to_have_text("0:40:00.0")
        await expect(look.page.locator("#seek-now")).to_have_text("0:40:00")
        await look.page.keyboard.press("Space")
        # Less than a sample later.
        await expect(look.page.locator("#elapsed")).to_have_text(re.compile(r"^0:40:0[1-9]"))


async def test_a_slow_signal_on_calibrated_paper_says_why_there_is_no_line(chromium):
    source = memory({"HR": np.arange(600, dtype=np.int16)}, fs=1 / 60, **NUMERICS)
    async with serving(source) as served, looking(chromium, served.url) as look:
        await look.open("record=r&at=40&paused=1")
        await look.until("paused")
        sparse = look.page.locator("#sparse")
        await expect(sparse).to_be_hidden()
        await look.page.keyboard.press("c")
        await expect(sparse).to_contain_text("1 sample in 60 s")
        await expect(look.page.locator("#gain")).to_be_disabled()
        await expect(look.page.locator("#fact-gain")).to_have_text("no mV scale")


async def test_the_gain_of_a_screen_that_nobody_measured_says_so(chromium, server):
    async with looking(chromium, server.url) as look:
        await look.open(f"record={BEATS}&at=7200&paused=1&gain=10")
        await look.until("paused")
        gain = look.page.locator("#fact-gain")
        await expect(gain).to_have_text("10 mm/mV, not calibrated")
        await look.page.keyboard.press("c")
        await expect(gain).to_have_text("10 mm/mV (screen not calibrated)")
        await expect(look.page.locator("#gain")).to_be_enabled()


async def test_a_card_is_measured_upright_on_a_telephone(chromium, server):
    async with looking(chromium, server.url, viewport=PHONE) as look:
        await look.open(f"record={BEATS}&paused=1&mode=calibrated")
        await look.until("paused")
        await look.page.keyboard.press("b")
        # A telephone of 6 px a millimetre.
        await look.page.locator("#card-width").fill("513.5")
        box = await look.page.locator("#card-outline").bounding_box()
        assert box is not None
        assert box["width"] == pytest.approx(513.5 * 53.98 / 85.6, abs=0.5)
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        room = look.page.locator("#card-room")
        assert await room.evaluate("room => room.scrollWidth <= room.clientWidth")
        await expect(look.page.locator("#card-dialog")).to_contain_text("short side: 53.98 mm")
        await look.page.locator("#card-keep").click()
        await expect(look.page.locator("#fact-speed")).to_have_text("25 mm/s")
        # The words change at once; the worker that paints tells its scale with its next picture.
        await look.page.wait_for_function(
            "(scale) => Math.abs(document.documentElement.dataset.pxPerS - scale) < 1e-6",
            arg=25 * 513.5 / 85.6,
        )


TWELVE = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")


def twelve() -> MemorySource:
    wave = np.rint(1000 * triangles(3000, 80, 8, 1.2, -0.4)).astype(np.int16)
    return memory(dict.fromkeys(TWELVE, wave))


@pytest.mark.parametrize("viewport", [LOW, PHONE])
async def test_twelve_leads_have_room_on_a_small_screen(chromium, viewport):
    async with (
        serving(twelve()) as served,
        looking(chromium, served.url, viewport=viewport) as look,
    ):
        await look.open("record=r&at=1000&paused=1")
        await look.until("paused")
        height = await look.page.locator("#stage").evaluate("stage => stage.clientHeight")
        if viewport is LOW:
            assert height >= 0.6 * viewport["height"]
        # A beat does not reach into the beat of the row above it.
        assert 1.6 * await look.number("pxPerMv") <= height / 12
        for selector in ("#fact-speed", "#fact-gain", "#fact-rate", "#time", "#state", "#seek"):
            await expect(look.page.locator(selector)).to_be_in_viewport(ratio=1)
        over = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await look.page.evaluate(over) <= 0


async def test_a_low_screen_keeps_its_controls_behind_one_button(chromium, server):
    async with looking(chromium, server.url, viewport=LOW) as look:
        await look.open(f"record={BEATS}&paused=1")
        await look.until("paused")
        await expect(look.page.locator("#play")).to_be_in_viewport(ratio=1)
        await expect(look.page.locator("#gain")).to_be_hidden()
        await look.page.locator("#more").click()
        for control in ("#gain", "#speed", "#mode-calibrated", "#leads", "#help", "#seek"):
            await expect(look.page.locator(control)).to_be_in_viewport(ratio=1)
        await look.page.locator("#more").click()
        await expect(look.page.locator("#gain")).to_be_hidden()
