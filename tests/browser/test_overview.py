"""The overview and the jumps of the viewer page in a real Chromium against a real server."""

import re
from typing import Any

import numpy as np
import pytest
from playwright.async_api import expect

from ecgstream.model.annotation import Annotation
from ecgstream.model.record import Record
from ecgstream.storage.memory import MemorySource
from tests.browser.test_viewer_page import PHONE, Looking, ecg, looking
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LARGE = {"width": 1920, "height": 1080}
FS = 100
LENGTH = 60_000
START = 1_769_897_700.0
"""2026-01-31T22:15:00."""

INK = """async ([name]) => {
    const strip = document.querySelector("#seek-strip");
    await new Promise(requestAnimationFrame);
    const { width, height } = strip;
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(strip, 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    const probe = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name);
    probe.fillRect(0, 0, 1, 1);
    const ink = [...probe.getImageData(0, 0, 1, 1).data];
    const found = [];
    for (let x = 0; x < width; x++) {
        let count = 0;
        for (let y = 0; y < height; y++) {
            const at = (y * width + x) * 4;
            if (ink.every((part, k) => data[at + k] === part)) count++;
        }
        found.push(count);
    }
    return found;
}"""


def strange() -> MemorySource:
    """A record of 10 min: a gap, a flat stretch, annotations, one peak; it says when it was taken."""
    wave = (np.arange(LENGTH) % 13 * 4).astype(np.int16)
    wave[20_000:26_000] = -(2**15)
    wave[40_000:41_000] = 8
    wave[50_003] = 900
    source = MemorySource()
    record = Record("r", "p", (ecg("II", LENGTH),), START, "+02:00", None, None)
    source.add(record, {"II": wave})
    marks = [
        Annotation(0, "+", aux_note="(N"),
        *(Annotation(at, "N") for at in range(50, LENGTH, 100)),
        Annotation(10_000, "V"),
        Annotation(30_000, "+", aux_note="(AFIB"),
        Annotation(45_000, '"', aux_note="patient moved"),
    ]
    source.annotate("r", "atr", marks)
    return source


class Overviewing(Looking):
    """A viewer page whose overview is complete."""

    async def begin(
        self, query: str = "record=r&at=12000&paused=1&window=10", *, marked: bool = True
    ) -> None:
        """Open it, and wait until all is on the strip; `marked`: the annotations too."""
        await self.open(query)
        await self.until("paused" if "paused=1" in query else "playing")
        track = self.page.locator("#seek-track")
        for what in ("findings", *(["rhythms"] if marked else [])):
            await expect(track).to_have_attribute(f"data-{what}", re.compile(r"\d"))
        await expect(track).to_have_attribute("data-drawn", "sharp")

    async def track(self) -> dict[str, float]:
        box = await self.page.locator("#seek-track").bounding_box()
        assert box is not None
        return box

    async def point(self, sample: float, length: int = LENGTH) -> tuple[float, float]:
        """Return where a sample is on the overview."""
        box = await self.track()
        return box["x"] + box["width"] * sample / length, box["y"] + box["height"] / 2

    async def sight(self) -> tuple[float, float]:
        """Return the box of what is in sight, in samples."""
        box = await self.track()
        seen = await self.page.locator("#seek-sight").bounding_box()
        assert seen is not None
        left = (seen["x"] - box["x"]) / box["width"] * LENGTH
        return left, left + seen["width"] / box["width"] * LENGTH

    async def at(self, sample: int, off: float = 0) -> None:
        """Wait until the picture stands there."""
        await self.page.wait_for_function(
            "([sample, off]) => Math.abs(Number(document.documentElement.dataset.playhead) + 1 - sample) <= off",
            arg=[sample, off],
        )

    async def notice(self, words: str) -> None:
        await expect(self.page.locator("#toast")).to_have_text(words)


def overview(chromium: Any, url: str, **options: Any) -> Any:
    options = {"viewport": LARGE} | options
    return looking(chromium, url, kind=Overviewing, **options)


async def test_the_strip_shows_the_signal_its_peak_its_gap_and_its_findings(chromium):
    async with serving(strange()) as served, overview(chromium, served.url) as look:
        await look.begin()
        trace = np.array(await look.page.evaluate(INK, ["--gap"]))
        gap = np.flatnonzero(trace > 10) / len(trace) * LENGTH
        assert gap.min() == pytest.approx(20_000, abs=200)
        assert gap.max() == pytest.approx(26_000, abs=200)
        warn = np.flatnonzero(await look.page.evaluate(INK, ["--warn"])) / len(trace) * LENGTH
        assert warn.min() == pytest.approx(40_000, abs=200)
        assert warn.max() == pytest.approx(41_000, abs=200)
        says = look.page.locator("#seek-says")
        await expect(says).to_have_text(
            "The whole record, 1 gap, 604 annotations, 2 rhythm changes among them, 1 quality finding"
        )
        await expect(look.page.locator("#seek-caption")).to_have_text("II, lowest and highest")


async def test_a_peak_of_one_sample_is_seen_in_the_strip_of_ten_minutes(chromium):
    async with serving(strange()) as served, overview(chromium, served.url) as look:
        await look.begin()
        rows = await look.page.evaluate(
            """([from, to]) => {
                const strip = document.querySelector("#seek-strip");
                const { width, height } = strip;
                const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
                copy.drawImage(strip, 0, 0);
                const pixels = copy.getImageData(0, 0, width, height).data;
                const first = Math.floor(from * width), last = Math.ceil(to * width);
                const paper = [...pixels.slice((20 * width + Math.floor(0.2 * width)) * 4).slice(0, 3)];
                let best = 0;
                for (let x = first; x < last; x++) {
                    let ink = 0;
                    for (let y = 16; y < height - 18; y++) {
                        const at = (y * width + x) * 4;
                        if (paper.some((part, k) => Math.abs(part - pixels[at + k]) > 40)) ink++;
                    }
                    best = Math.max(best, ink);
                }
                return [best, height - 34];
            }""",
            [50_003 / LENGTH - 0.002, 50_003 / LENGTH + 0.002],
        )
        ink, room = rows
        assert ink >= 0.8 * room


async def test_a_click_goes_there_and_the_box_follows(chromium):
    async with serving(strange()) as served, overview(chromium, served.url) as look:
        await look.begin()
        await look.page.mouse.click(*await look.point(36_000))
        await look.at(36_000, 60)
        await expect(look.page.locator("#seek-now")).to_have_text(re.compile(r"0:0(5:59|6:00)"))
        start, stop = await look.sight()
        assert stop == pytest.approx(36_000, abs=150)
        assert stop - start == pytest.approx(1_000, abs=150)
        assert (
            await look.page.evaluate("() => document.documentElement.dataset.looking ?? 'false'")
            == "false"
        )


async def test_a_drag_outside_the_box_goes_along(chromium):
    async with serving(strange()) as served, overview(chromium, served.url) as look:
        await look.begin()
        mouse = look.page.mouse
        await mouse.move(*await look.point(30_000))
        await mouse.down()
        await mouse.move(*await look.point(33_000))
        await mouse.move(*await look.point(48_000))
        await mouse.up()
        await look.at(48_000, 60)


async def test_the_box_is_dragged_while_it_plays_on(chromium):
    async with serving(strange()) as served, overview(chromium, served.url) as look:
        await look.begin("record=r&at=30000&window=20")
        start, stop = await look.sight()
        mouse = look.page.mouse
        await mouse.move(*await look.point((start + stop) / 2))
        await mouse.down()
        await mouse.move(*await look.point((start + stop) / 2 - 3_000))
        await mouse.move(*await look.point((start + stop) / 2 - 6_000), steps=3)
        await mouse.up()
        await expect(look.page.locator("html")).to_have_attribute("data-looking", "true")
        moved, _ = await look.sight()
        assert moved == pytest.approx(start - 6_000, abs=400)
        assert await look.number("playhead") > 29_000
        await look.until("playing")
        behind = look.page.locator("#behind")
        await expect(behind).to_have_text(re.compile(r"^1:0\d behind the playhead$"))
        # A click moves the look now, not what is played.
        await look.page.mouse.click(*await look.point(50_000))
        await expect(behind).to_have_text(re.compile(r"ahead of the playhead$"))
        assert await look.number("playhead") < 40_000
        await look.page.keyboard.press("Escape")
        await expect(behind).to_be_hidden()


async def test_a_finger_taps_and_drags(chromium):
    options = {"viewport": PHONE, "has_touch": True}
    async with serving(strange()) as served, overview(chromium, served.url, **options) as look:
        await look.begin()
        x, y = await look.point(36_000)
        await look.page.touchscreen.tap(x, y)
        await look.at(36_000, 200)
        start, stop = await look.sight()
        cdp = await look.page.context.new_cdp_session(look.page)
        x, y = await look.point((start + stop) / 2)
        for kind, way in [
            ("touchStart", 0),
            ("touchMove", -20),
            ("touchMove", -60),
            ("touchEnd", None),
        ]:
            points = [] if way is None else [{"x": x + way, "y": y}]
            await cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        await expect(look.page.locator("html")).to_have_attribute("data-looking", "true")
        width = (await look.track())["width"]
        moved, _ = await look.sight()
        assert moved == pytest.approx(start - 60 / width * LENGTH, abs=300)
        # Nothing of the page lies beside the screen.
        over = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await look.page.evaluate(over) <= 0


async def test_the_slider_is_there_for_keys_and_assistive_technology(chromium):
    async with serving(strange()) as served, overview(chromium, served.url) as look:
        await look.begin()
        seek = look.page.get_by_role("slider", name="Place in the record")
        await seek.focus()
        await expect(seek).to_have_attribute("aria-valuetext", "0:02:00 of 0:10:00")
        await expect(seek).to_have_accessible_description(re.compile("The whole record, 1 gap"))
        await look.page.keyboard.press("ArrowRight")
        await look.at(12_100)
        await seek.evaluate(
            "seek => { seek.value = 5000; seek.dispatchEvent(new Event('input')); }"
        )
        await look.at(5_000)


async def test_keys_jump_to_annotations_of_the_kind_chosen_and_say_when_there_is_none(chromium):
    async with serving(strange()) as served, overview(chromium, served.url) as look:
        press = look.page.keyboard.press
        await look.begin()
        await look.page.locator("#jump-filter").select_option("rhythm")
        await press("n")
        await look.notice("Rhythm change AFIB at 0:05:00.0 (atr, II)")
        # In the middle of what is in sight.
        await look.at(30_500)
        await press("n")
        await look.notice("Rhythm changes: none after this place")
        await press("Shift+N")
        await look.notice("Rhythm change N at 0:00:00.0 (atr, II)")
        await press("Shift+N")
        await look.notice("Rhythm changes: none before this place")
        await look.page.locator("#jump-filter").select_option("beats")
        await press("n")
        await look.notice("Premature ventricular contraction at 0:01:40.0 (atr, II)")
        await look.page.locator("#jump-filter").select_option("comments")
        await look.page.locator("#mark-on").click()
        await look.notice("Comment patient moved at 0:07:30.0 (atr, II)")


async def test_a_key_pressed_quickly_goes_on_from_where_it_leads(chromium):
    async with serving(strange()) as served, overview(chromium, served.url) as look:
        await look.begin()
        # In one turn of the page: no answer can come in between.
        await look.page.evaluate(
            "() => { for (let i = 0; i < 5; i++)"
            " document.dispatchEvent(new KeyboardEvent('keydown', { key: 'n' })); }"
        )
        await look.notice("Normal beat at 0:02:04.5 (atr, II)")
        await look.at(12_450 + 500)


async def test_keys_and_buttons_jump_to_gaps_and_findings(chromium):
    async with serving(strange()) as served, overview(chromium, served.url) as look:
        press = look.page.keyboard.press
        await look.begin()
        await press("j")
        await look.notice("Gap at 0:03:20.0, 60 s long")
        await look.at(20_500)
        await press("j")
        await look.notice("Gap: none after this place")
        await look.page.locator("#finding-on").click()
        await look.notice("II flat at 0:06:40.0: 10 s at 0.008 mV")
        await look.page.locator("#finding-back").click()
        await look.notice("Quality finding: none before this place")
        await look.page.locator("#gap-back").click()
        await look.notice("Gap at 0:03:20.0, 60 s long")


async def test_while_one_looks_elsewhere_a_jump_moves_the_look(chromium):
    async with serving(strange()) as served, overview(chromium, served.url) as look:
        press = look.page.keyboard.press
        await look.begin()
        await press("s")
        await press("j")
        await look.notice("Gap at 0:03:20.0, 60 s long")
        await look.page.wait_for_function(
            "() => Math.abs(Number(document.documentElement.dataset.look) - 19500) < 2"
        )
        assert await look.number("playhead") + 1 == 12_000


@pytest.mark.parametrize(
    ("kind", "text", "sample"),
    [
        ("elapsed", "3:20.5", 20_050),
        ("elapsed", "0:08:00", 48_000),
        ("clock", "22:20", 30_000),
        ("clock", "2026-01-31T20:16:00Z", 6_000),
        ("sample", "1234", 1_234),
    ],
)
async def test_a_place_is_typed_and_gone_to_exactly(chromium, kind, text, sample):
    async with serving(strange()) as served, overview(chromium, served.url) as look:
        await look.begin()
        await look.page.locator("#jump-kind").select_option(kind)
        await look.page.keyboard.press("g")
        await expect(look.page.locator("#jump-to")).to_be_focused()
        # Letters and brackets typed there are no keys of the viewer.
        await look.page.keyboard.type(text)
        await look.page.keyboard.press("Enter")
        await look.at(sample)
        await expect(look.page.locator("#jump-error")).to_be_hidden()
        # The keys are the viewer's again.
        await look.page.keyboard.press("ArrowRight")
        await look.at(sample + FS)


async def test_a_place_that_is_none_is_refused_in_words_and_nothing_moves(chromium):
    async with serving(strange()) as served, overview(chromium, served.url) as look:
        await look.begin()
        field = look.page.locator("#jump-to")
        await look.page.keyboard.press("g")
        for text, words in [("1:xx", "is no time"), ("1:00:00", "it is 0:10:00 long")]:
            await field.fill(text)
            await field.press("Enter")
            await expect(look.page.get_by_role("alert")).to_contain_text(words)
            await expect(field).to_have_attribute("aria-invalid", "true")
            await expect(field).to_be_focused()
        assert await look.number("playhead") + 1 == 12_000


async def test_a_record_without_a_time_of_day_offers_no_clock(chromium, server):
    async with overview(chromium, server.url) as look:
        await look.begin("record=207-pq&at=250000&paused=1")
        option = look.page.locator("#jump-kind option[value=clock]")
        assert await option.evaluate("option => option.disabled")
        await expect(look.page.locator("#seek-track")).to_have_attribute("data-rhythms", "36")


async def test_annotations_that_cannot_be_read_are_said_so_and_the_record_is_shown(chromium):
    source = strange()
    source.annotations = lambda *_: (_ for _ in ()).throw(OSError("made up"))  # type: ignore[method-assign]
    async with serving(source) as served, overview(chromium, served.url) as look:
        look.expected.append("500")
        await look.begin(marked=False)
        await expect(look.page.locator("#seek-says")).to_contain_text("annotations not to be had")
        await look.page.keyboard.press("n")
        await expect(look.page.locator("#toast")).to_contain_text("All annotations: not to be had")
        await look.page.keyboard.press("j")
        await look.notice("Gap at 0:03:20.0, 60 s long")


async def test_the_jumps_open_by_their_button_where_there_is_little_room(chromium):
    async with serving(strange()) as served, overview(chromium, served.url, viewport=PHONE) as look:
        await look.begin()
        jumps, toggle = look.page.locator("#jumps"), look.page.locator("#jumps-toggle")
        await expect(jumps).to_be_hidden()
        await expect(toggle).to_have_attribute("aria-expanded", "false")
        await toggle.click()
        await expect(toggle).to_have_attribute("aria-expanded", "true")
        for control in (
            "#jump-to",
            "#jump-go",
            "#gap-on",
            "#mark-on",
            "#finding-on",
            "#jump-filter",
        ):
            await expect(look.page.locator(control)).to_be_in_viewport(ratio=1)
        await toggle.click()
        await expect(jumps).to_be_hidden()


async def test_pointing_at_a_mark_names_it(chromium):
    async with serving(strange()) as served, overview(chromium, served.url) as look:
        await look.begin()
        x, y = await look.point(30_000)
        await look.page.mouse.move(x + 2, y)
        tip = look.page.locator("#seek-tip")
        await expect(tip).to_have_text("Rhythm change AFIB 0:05:00")
        await look.page.mouse.move(x + 60, y)
        await expect(tip).to_have_text(re.compile(r"^0:05:\d\d$"))
        # At the very end its words are still on the screen.
        await look.page.mouse.move(*await look.point(LENGTH - 10))
        await expect(tip).to_be_in_viewport(ratio=1)
