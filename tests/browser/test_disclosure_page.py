"""The full-disclosure page in a real Chromium against a real server, measured in pixels."""

import base64
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.async_api import Browser, Page, Request, expect
from pypdf import PdfReader
from pypdf.generic import EncodedStreamObject

from ecgstream.model.record import Lead, Record
from ecgstream.storage.memory import MemorySource
from tests.browser.complaints import Complaints
from tests.browser.pages import used
from tests.browser.pictures import COLOUR, runs
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
FS = 500
MINUTE = 60 * FS
MISSING = -(2**15)

LINES = re.compile(r"/records/r/(window|tiles)")
"""What lines are fetched from."""

TAKEN = """line => {
    const { width, height } = document.querySelector(`#line-${line} canvas`);
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(document.querySelector(`#line-${line} canvas`), 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    let text = "";
    for (let i = 0; i < data.length; i += 32768) text += String.fromCharCode(...data.subarray(i, i + 32768));
    return [width, btoa(text)];
}"""


# What would ask a person for a printer.
NO_PRINTER = "window.prints = 0; window.print = () => { window.prints++; };"


class Disclosed(Complaints):
    """A full-disclosure page, and what it complained about."""

    def __init__(self, page: Page, url: str) -> None:
        super().__init__(page)
        self.page = page
        self.url = url
        self.asked: list[str] = []
        page.on("request", self._asked)

    def _asked(self, request: Request) -> None:
        self.asked.append(request.url)

    def check(self) -> None:
        self.page.remove_listener("request", self._asked)
        super().check()

    async def open(self, query: str) -> None:
        await self.page.goto(f"{self.url}/disclosure?{query}")
        await self.until("ready")

    async def until(self, state: str) -> None:
        await expect(self.page.locator("html")).to_have_attribute("data-state", state)

    async def painted(self, line: int) -> None:
        one = self.page.locator(f"#line-{line}")
        await expect(one).to_have_attribute("data-state", "ready")

    async def drawn(self, line: int) -> str | None:
        """Return what a line is drawn from, once it is."""
        await self.painted(line)
        return await self.page.locator(f"#line-{line}").get_attribute("data-drawn")

    async def number(self, name: str) -> float:
        return float(await self.page.evaluate(f"() => document.documentElement.dataset.{name}"))

    async def column(self, sample: int) -> float:
        """Return the pixel of its line's canvas at which a sample stands."""
        gutter = await self.number("gutter")
        return gutter + (sample % MINUTE) * await self.number("pxPerSample")

    async def picture(self, line: int) -> NDArray[np.int16]:
        await self.painted(line)
        width, data = await self.page.evaluate(TAKEN, line)
        pixels = np.frombuffer(base64.b64decode(data), np.uint8).reshape(-1, width, 4)
        return pixels.astype(np.int16)

    async def ink(self, line: int, name: str, off: int = 40) -> NDArray[np.bool_]:
        """Say of each pixel of a line whether it is of that colour of the theme."""
        colour = np.array(await self.page.evaluate(COLOUR, name), np.int16)
        picture = await self.picture(line)
        return (abs(picture[:, :, :3] - colour) <= off).all(axis=2) & (picture[:, :, 3] > 0)

    async def place(self, line: int, column: float) -> tuple[float, float]:
        """Return where on the screen a pixel of a line's canvas is."""
        canvas = self.page.locator(f"#line-{line} canvas")
        await canvas.scroll_into_view_if_needed()
        box = await canvas.bounding_box()
        assert box
        return box["x"] + column, box["y"] + box["height"] / 2


@asynccontextmanager
async def disclosed(chromium: Browser, url: str, **options: Any) -> AsyncIterator[Disclosed]:
    async with used(chromium, NO_PRINTER, **({"viewport": WIDE} | options)) as page:
        disclosed = Disclosed(page, url)
        yield disclosed
    disclosed.check()


def recorded(samples: NDArray[np.int16], *, fs: float = FS, **said: Any) -> MemorySource:
    """Return a source of one record `r` with lead II in 1/1000 mV."""
    leads = (Lead("II", "mV", 1000.0, 0.0, "ecg", fs, len(samples), ("i2",)),)
    about = {"start_time": None, "zone": None, "source": "made up", "licence": None} | said
    source = MemorySource()
    source.add(Record("r", "p", leads, **about), {"II": samples})
    return source


def beating(minutes: float, beats: list[int], *, mv: float = 1.2) -> NDArray[np.int16]:
    """Return a signal at 0 mV with a peak of a few samples at each of `beats`."""
    samples = np.zeros(round(minutes * MINUTE), np.int16)
    for beat in (one for one in beats if one + 5 < len(samples)):
        for off in range(-4, 5):
            samples[beat + off] = round(mv * 1000 * (1 - abs(off) / 5))
    return samples


BEATS = [700, 5_321, 12_000, 29_000, 30_010, 41_234, 59_900, 60_500, 77_777, 100_003]


async def test_peaks_stand_where_their_samples_are(chromium):
    source = recorded(beating(4, BEATS))
    async with serving(source) as served, disclosed(chromium, served.url) as page:
        await page.open("record=r")
        px_per_mv = await page.number("pxPerMv")
        for line in range(4):
            # A line between two pixels is half the ink in each.
            ink = await page.ink(line, "--trace", 130)
            baseline = round(await page.number("baseline"))
            high = ink[: baseline - round(0.6 * px_per_mv)].any(axis=0)
            found = [(start + stop - 1) / 2 for start, stop in runs(high)]
            wanted = [await page.column(beat) for beat in BEATS if beat // MINUTE == line]
            # The first columns are the strip with the pulse of 1 mV.
            gutter = await page.number("gutter")
            assert [x for x in found if x >= gutter] == pytest.approx(wanted, abs=1)
            top = np.flatnonzero(ink[:, round(wanted[0]) - 1 : round(wanted[0]) + 2].any(axis=1))[0]
            assert top == pytest.approx(baseline - 1.2 * px_per_mv, abs=1.5)


@pytest.mark.parametrize("offset", [-900, 5_000])
async def test_a_lead_far_from_zero_stands_in_its_lines_and_says_around_what(chromium, offset):
    beats = list(range(300, 2 * MINUTE, 400))
    # With noise: what stands still far from 0 mV is a rail.
    noise = np.arange(2 * MINUTE) % 3 * 5
    samples = (beating(2, beats, mv=2.2) + offset + noise).astype(np.int16)
    said = f"{offset / 1000:+g} mV"
    async with serving(recorded(samples)) as served, disclosed(chromium, served.url) as page:
        await page.open("record=r")
        assert await page.number("base") == offset / 1000
        await expect(page.page.locator("#fact-base-line")).to_have_text(f"Base line{said}")
        baseline, px_per_mv = round(await page.number("baseline")), await page.number("pxPerMv")
        ink = await page.ink(0, "--trace", 130)
        # Not cut at the edge, and as high as it is.
        assert not (await page.ink(0, "--warn", 3))[:3].any()
        for beat in beats[1:6]:
            x = round(await page.column(beat))
            top = np.flatnonzero(ink[:, x - 1 : x + 2].any(axis=1))[0]
            assert top == pytest.approx(baseline - 2.2 * px_per_mv, abs=2)
        await printed(page, "0:00:00", "0:02:00")
        assert f"base line {said}" in await page.page.locator(".sheet__head").inner_text()
        assert await page.page.locator(".sheet__trace").count() == 2
        assert await page.page.locator(".sheet__beyond").count() == 0


async def test_a_lead_around_zero_says_nothing_of_a_base(chromium):
    async with (
        serving(recorded(beating(1, BEATS))) as served,
        disclosed(chromium, served.url) as page,
    ):
        await page.open("record=r")
        assert await page.number("base") == 0
        await expect(page.page.locator("#fact-base-line")).to_be_hidden()


async def test_a_pulse_of_one_millivolt_stands_at_every_line(chromium):
    async with (
        serving(recorded(beating(4, BEATS))) as served,
        disclosed(chromium, served.url) as page,
    ):
        await page.open("record=r&gain=10")
        gutter = round(await page.number("gutter"))
        for line in range(4):
            pulse = (await page.ink(line, "--calibration"))[:, : gutter - 1]
            rows = np.flatnonzero(pulse.any(axis=1))
            assert rows[-1] - rows[0] == pytest.approx(await page.number("pxPerMv"), abs=2)


async def test_a_peak_of_one_sample_is_seen_at_five_minutes_a_line(chromium):
    samples = np.zeros(10 * MINUTE, np.int16)
    samples[77_777] = 1000
    async with (
        serving(recorded(samples)) as served,
        disclosed(chromium, served.url, viewport=PHONE) as page,
    ):
        await page.open("record=r&minutes=5")
        ink = await page.ink(0, "--trace", 110)
        gutter = round(await page.number("gutter"))
        middle = round(await page.number("baseline") - 0.5 * await page.number("pxPerMv"))
        columns = np.flatnonzero(ink[middle, gutter:])
        assert columns.mean() == pytest.approx(77_777 * await page.number("pxPerSample"), abs=1)


async def test_a_gap_is_hatched_and_never_a_line(chromium):
    samples = beating(2, [])
    samples[6_000:15_000] = MISSING
    samples[40_000:40_003] = MISSING
    async with serving(recorded(samples)) as served, disclosed(chromium, served.url) as page:
        await page.open("record=r")
        start, stop = round(await page.column(6_000)), round(await page.column(15_000))
        trace = await page.ink(0, "--trace", 60)
        baseline = round(await page.number("baseline"))
        line = trace[baseline - 1 : baseline + 2].any(axis=0)
        assert not line[start + 1 : stop - 1].any()
        assert line[round(await page.number("gutter")) + 1 : start - 1].all()
        assert line[stop + 1 :].all()
        hatch = await page.ink(0, "--gap-hatch", 6)
        assert hatch[:, start : stop + 1].sum() > 0.05 * len(hatch) * (stop - start)
        assert not hatch[:, round(await page.number("gutter")) : start - 1].any()
        # Three samples are less than a pixel, and are seen.
        column = int(await page.column(40_000))
        ground = await page.ink(1, "--gap", 3)
        assert ground[:, column].mean() > 0.3
        await expect(page.page.locator("#line-0 [role=gridcell]")).to_have_accessible_name(
            "Lead II, 0:00:00 to 0:01:00, 1 gap, 18 s without signal"
        )


async def test_behind_the_end_of_the_record_there_is_no_paper(chromium):
    async with (
        serving(recorded(beating(1.5, []))) as served,
        disclosed(chromium, served.url) as page,
    ):
        await page.open("record=r")
        picture = await page.picture(1)
        opaque = picture[:, :, 3].all(axis=0)
        ends = await page.column(MINUTE + MINUTE // 2 - 1)
        assert int(opaque.sum()) == pytest.approx(ends, abs=2)


async def test_a_peak_beyond_its_line_is_marked(chromium):
    samples = beating(1, [12_000], mv=6.0)
    async with serving(recorded(samples)) as served, disclosed(chromium, served.url) as page:
        await page.open("record=r")
        mark = (await page.ink(0, "--warn", 3))[:3]
        assert np.flatnonzero(mark.any(axis=0)).mean() == pytest.approx(
            await page.column(12_000), abs=1.5
        )


async def test_a_click_opens_the_viewer_at_its_sample(chromium):
    async with (
        serving(recorded(beating(40, BEATS))) as served,
        disclosed(chromium, served.url) as page,
    ):
        await page.open("record=r")
        for sample in (41_234, 30 * MINUTE + 17_000):
            # Where it is looked for by its time, as a person would.
            await page.page.locator("#go-to").fill(f"{sample / FS:.3f}")
            await page.page.keyboard.press("Enter")
            await page.painted(sample // MINUTE)
            x, y = await page.place(sample // MINUTE, await page.column(sample))
            px = 1 / await page.number("pxPerSample")
            await page.page.mouse.click(x, y)
            await page.page.wait_for_url("**/review?*at=*")
            query = parse_qs(urlsplit(page.page.url).query)
            assert query["record"] == ["r"]
            assert query["paused"] == ["1"]
            assert abs(int(query["at"][0]) - sample) <= px
            # The way back leads to the place that was left, and marks it.
            await page.page.go_back()
            await page.until("ready")
            mark = page.page.locator(f"#line-{sample // MINUTE} .line__mark--origin")
            await expect(mark).to_be_in_viewport()
            left = float((await mark.evaluate("mark => mark.style.left")).removesuffix("px"))
            assert left == pytest.approx(await page.column(sample), abs=1)


async def test_a_click_with_ctrl_opens_another_tab(chromium):
    async with (
        serving(recorded(beating(4, BEATS))) as served,
        disclosed(chromium, served.url) as page,
    ):
        await page.open("record=r")
        x, y = await page.place(1, 400)
        async with page.page.context.expect_page() as opened:
            await page.page.keyboard.down("Control")
            await page.page.mouse.click(x, y)
            await page.page.keyboard.up("Control")
        other = await opened.value
        await other.wait_for_url("**/review?record=r&*")
        assert await page.page.evaluate("() => location.pathname") == "/disclosure"


async def test_a_tap_opens_the_viewer(chromium):
    async with serving(recorded(beating(4, BEATS))) as served:
        options = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
        async with disclosed(chromium, served.url, **options) as page:
            await page.open("record=r")
            box = await page.page.locator("#line-2 canvas").bounding_box()
            assert box
            await page.page.touchscreen.tap(box["x"] + 200, box["y"] + 20)
            await page.page.wait_for_url("**/review?*")
            at = int(parse_qs(urlsplit(page.page.url).query)["at"][0])
            assert 2 * MINUTE < at < 3 * MINUTE


async def test_the_keyboard_alone_does_everything(chromium):
    async with (
        serving(recorded(beating(90, BEATS))) as served,
        disclosed(chromium, served.url) as page,
    ):
        await page.open(f"record=r&at={10 * MINUTE}")
        press = page.page.keyboard.press
        cursor = page.page.locator("html")
        for key, sample in [
            ("ArrowRight", 10 * MINUTE + FS),
            ("Shift+ArrowLeft", 10 * MINUTE + FS - FS // 10),
            ("ArrowDown", 11 * MINUTE + FS - FS // 10),
            ("ArrowUp", 10 * MINUTE + FS - FS // 10),
            ("End", 90 * MINUTE - 1),
            ("Home", 0),
        ]:
            await press(key)
            await expect(cursor).to_have_attribute("data-cursor", str(sample))
            mark = page.page.locator(".line__mark--cursor")
            await expect(mark).to_be_in_viewport()
        await press("PageDown")
        assert await page.number("cursor") > 8 * MINUTE
        active = await page.page.locator("#roll").get_attribute("aria-activedescendant")
        assert active == f"line-{int(await page.number('cursor')) // MINUTE}"
        await press("o")
        await expect(cursor).to_have_attribute("data-cursor", str(10 * MINUTE))
        await press("g")
        await page.page.keyboard.type("1:20:30")
        await press("Enter")
        await expect(cursor).to_have_attribute("data-cursor", str(80 * MINUTE + 30 * FS))
        await expect(page.page.locator("#place")).to_contain_text("1:20:30.0")
        await expect(page.page.locator("#spoken")).to_contain_text("1:20:30.0")
        await press("?")
        await expect(page.page.locator("#help-dialog")).to_be_visible()
        await press("Escape")
        await press("Enter")
        await page.page.wait_for_url(f"**/review?record=r&at={80 * MINUTE + 30 * FS}&paused=1*")


async def test_the_place_one_came_from_is_in_sight_and_leads_back(chromium):
    async with (
        serving(recorded(beating(90, BEATS))) as served,
        disclosed(chromium, served.url) as page,
    ):
        sample = 70 * MINUTE + 15_000
        await page.open(f"record=r&lead=II&at={sample}")
        mark = page.page.locator("#line-70 .line__mark--origin")
        await expect(mark).to_be_in_viewport()
        back = page.page.get_by_role("link", name="Back to the viewer")
        assert await back.get_attribute("href") == f"/review?record=r&at={sample}&paused=1"
        # Another length of a line changes nothing of it.
        await page.page.locator("#minutes").select_option("5")
        await expect(page.page.locator("#line-14 .line__mark--origin")).to_be_in_viewport()
        await page.page.wait_for_url(f"**at={sample}&minutes=5*")


async def test_of_a_day_only_the_lines_near_the_sight_are_there(chromium):
    source = recorded(np.zeros(24 * 3600 * 100, np.int16), fs=100)
    async with serving(source) as served, disclosed(chromium, served.url) as page:
        await page.open("record=r")
        assert await page.number("lines") == 1440
        await page.page.keyboard.press("End")
        await page.painted(1439)
        await page.page.keyboard.press("Home")
        await page.painted(0)
        assert await page.page.locator(".line").count() < 60
        windows = [url for url in page.asked if "/window" in url]
        assert len(windows) < 120
        # What flies past is not asked for.
        asked = len(windows)
        await page.page.evaluate(
            """async () => {
                const sight = document.querySelector("#sight");
                for (let i = 1; i <= 40; i++) {
                    sight.scrollTop = (i * sight.scrollHeight) / 50;
                    await new Promise(requestAnimationFrame);
                }
            }"""
        )
        await page.until("ready")
        windows = [url for url in page.asked if "/window" in url]
        assert len(windows) - asked < 60
        # The far end is 34,560 of 43,200 lines' pixels away: what is there now is painted.
        assert await page.page.locator(".line[data-state=ready]").count() >= 10


async def test_lines_that_failed_say_so_and_are_tried_again(chromium):
    async with (
        serving(recorded(beating(30, BEATS))) as served,
        disclosed(chromium, served.url) as page,
    ):
        page.expected = ["ERR_INTERNET_DISCONNECTED", "503"]
        await page.open("record=r")
        await page.page.context.set_offline(True)
        await page.page.keyboard.press("End")
        await page.until("failed")
        last = page.page.locator("#line-29")
        await expect(last).to_have_attribute("data-state", "failed")
        await expect(last).to_contain_text("Not loaded: This device is offline")
        await expect(page.page.get_by_role("alert")).to_contain_text("could not be loaded")
        # What was there before stays.
        await page.painted(15)
        # The way back is found by itself.
        await page.page.context.set_offline(False)
        await page.painted(29)
        await expect(page.page.get_by_role("alert")).to_be_hidden()


async def test_a_line_that_is_refused_waits_for_a_person(chromium):
    async with (
        serving(recorded(beating(3, BEATS))) as served,
        disclosed(chromium, served.url) as page,
    ):
        page.expected = ["500"]
        refused = {"status": 500, "content_type": "application/problem+json"}
        body = '{"detail": "the disk is on fire"}'
        await page.page.route(LINES, lambda route: route.fulfill(**refused, body=body))
        await page.page.goto(f"{served.url}/disclosure?record=r")
        await page.until("failed")
        await expect(page.page.locator("#line-1")).to_contain_text("the disk is on fire")
        await page.page.locator("#trouble").get_by_role("button", name="Try again").click()
        await expect(page.page.locator("#trouble")).to_contain_text("3 lines could not be loaded")
        await page.page.unroute(LINES)
        await page.page.locator("#line-1").get_by_role("button", name="Try again").click()
        await page.until("ready")
        await page.painted(1)


async def test_a_record_that_is_not_there_is_said_to_be_so(chromium):
    async with (
        serving(recorded(beating(1, []))) as served,
        disclosed(chromium, served.url) as page,
    ):
        page.expected = ["404"]
        await page.page.goto(f"{served.url}/disclosure?record=nobody")
        await page.until("refused")
        await expect(
            page.page.get_by_role("heading", name="There is no such record")
        ).to_be_visible()
        await page.page.goto(f"{served.url}/disclosure?record=r&lead=V9")
        await page.until("ready")
        await expect(page.page.locator("#absent")).to_contain_text("There is no lead V9")


async def test_what_an_address_says_in_vain_is_told(chromium):
    async with (
        serving(recorded(beating(3, BEATS))) as served,
        disclosed(chromium, served.url) as page,
    ):
        await page.open("record=r&at=999999999&minutes=7&gain=foo")
        told = page.page.locator("#absent")
        await expect(told).to_contain_text("left out: minutes=7, gain=foo")
        await expect(told).to_contain_text("at=999999999 is beyond the end")
        # Nothing leads out of the record.
        await expect(page.page.locator("#origin")).to_have_text("Back to 0:02:59.9")
        last = 3 * MINUTE - 1
        viewer = page.page.locator("#viewer")
        await expect(viewer).to_have_attribute("href", f"/review?record=r&at={last}&paused=1")
        await page.page.wait_for_url(f"**at={last}*")
        await page.open(f"record=r&lead=II&at={last}&minutes=2&gain=10")
        await expect(told).to_be_hidden()


async def test_what_is_shown_is_said(chromium):
    source = recorded(beating(2, BEATS), start_time=18_262_626_258.0, zone=None)
    async with serving(source) as served, disclosed(chromium, served.url) as page:
        await page.open("record=r")
        facts = page.page.locator(".facts")
        for words in ("As stored", "II", "500 Hz", "made up", "zone unknown"):
            await expect(facts).to_contain_text(words)
        await expect(page.page.locator("#patient")).to_have_text("p")
        await expect(page.page.locator("#line-1")).to_contain_text("0:01:00")
        assert re.search(
            r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", await page.page.locator("#line-1").inner_text()
        )
        await expect(page.page.locator("#line-1")).to_contain_text("zone unknown")
        await expect(page.page.locator(".notice")).to_be_in_viewport()
        await expect(page.page.locator(".notice")).to_contain_text("Not a medical device")


async def test_an_envelope_is_said_to_be_one_and_a_line_with_a_gap_is_none(chromium):
    samples = beating(4, BEATS)
    samples[MINUTE + 50 : MINUTE + 55] = MISSING
    async with (
        serving(recorded(samples)) as served,
        disclosed(chromium, served.url) as page,
    ):
        await page.open("record=r")
        await expect(page.page.locator("#fact-drawn")).to_have_text(
            "Envelope: lowest and highest of 16 samples a column"
        )
        kinds = [await page.drawn(line) for line in range(4)]
        assert kinds == ["envelope", "samples", "envelope", "envelope"]
        assert sum("/window" in url for url in page.asked) == 1


async def test_every_sample_is_said_to_be_so(chromium):
    async with (
        serving(recorded(np.zeros(128 * 150, np.int16), fs=128)) as served,
        disclosed(chromium, served.url) as page,
    ):
        await page.open("record=r")
        await expect(page.page.locator("#fact-drawn")).to_have_text("Every sample")
        assert not any("/tiles/" in url for url in page.asked)


@pytest.mark.parametrize("envelope", [True, False])
async def test_a_line_looks_alike_from_tiles_and_from_samples(chromium, envelope):
    """A peak of one sample, in each of many columns, is as high in the one as in the other."""
    samples = np.zeros(2 * MINUTE, np.int16)
    peaks = np.arange(500, 2 * MINUTE, 1_013)
    samples[peaks] = 1_000 - np.arange(len(peaks)) * 5
    if not envelope:
        # With a hole in each they are drawn from their samples.
        samples[[MINUTE - 1, 2 * MINUTE - 1]] = MISSING
    async with (
        serving(recorded(samples)) as served,
        disclosed(chromium, served.url) as page,
    ):
        await page.open("record=r&gain=10")
        assert await page.drawn(0) == ("envelope" if envelope else "samples")
        px_per_mv = await page.number("pxPerMv")
        for line in range(2):
            ink = await page.ink(line, "--trace", 130)
            baseline = round(await page.number("baseline"))
            for peak in peaks[peaks // MINUTE == line]:
                x = int(await page.column(peak))
                top = np.flatnonzero(ink[:, x - 1 : x + 2].any(axis=1))[0]
                assert baseline - top == pytest.approx(samples[peak] / 1000 * px_per_mv, abs=2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_a_phone(chromium, scheme):
    async with serving(recorded(beating(30, BEATS))) as served:
        options = {"viewport": PHONE, "color_scheme": scheme, "device_scale_factor": 3}
        async with disclosed(chromium, served.url, **options) as page:
            await page.open("record=r&at=30000")
            wide = await page.page.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= PHONE["width"]
            seen = page.page.locator(".line[data-state=ready]")
            assert await seen.count() >= 6
            for button in ("#print", "#origin", "#viewer", "#lead", "#gain"):
                await expect(page.page.locator(button)).to_be_in_viewport(ratio=1)


async def printed(page: Disclosed, start: str, end: str, per_page: int = 60) -> None:
    """Have the page prepare a print."""
    await page.page.keyboard.press("p")
    await page.page.locator("#print-from").fill(start)
    await page.page.locator("#print-to").fill(end)
    await page.page.locator("#print-per-page").select_option(str(per_page))
    await page.page.get_by_role("button", name="Print", exact=True).click()
    await expect(page.page.locator("html")).to_have_attribute("data-print", "ready")


PATHS = re.compile(rb"(?m)^[-\d. ]+ [mlcvy]\n")
"""Lines of a page's description that draw: no letter stands in them, and there are tens of thousands."""


def texts_of(pdf: bytes) -> list[str]:
    """Return what is to be read on each page."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    for page in pages:
        contents = page["/Contents"].get_object()
        assert isinstance(contents, EncodedStreamObject)
        contents.set_data(PATHS.sub(b"", contents.get_data()))
    return [page.extract_text() for page in pages]


async def test_a_print_has_every_line_once_on_any_paper_black_on_white(chromium):
    samples = beating(130, BEATS)
    samples[100 * MINUTE : 102 * MINUTE] = MISSING
    source = recorded(samples, start_time=18_262_626_258.0, zone="UTC")
    async with (
        serving(source) as served,
        disclosed(chromium, served.url, color_scheme="dark") as page,
    ):
        await page.open("record=r")
        await printed(page, "0:10:00", "2:10:00")
        assert await page.page.evaluate("() => window.prints") == 1
        for paper in ("A4", "Letter"):
            texts = texts_of(await page.page.pdf(format=paper, print_background=True))
            assert len(texts) == 2
            for number, text in enumerate(texts, 1):
                flat = " ".join(text.split())
                assert f"Page {number} of 2" in flat
                assert "Patient p" in flat
                assert "Full disclosure, lead II" in flat
                assert "Not for diagnosis" in flat
                assert "2 mm/mV" in flat
            hours = [f"{m // 60}:{m % 60:02}:00" for m in range(10, 130)]
            assert re.findall(r"(?m)^\d:\d\d:00\b(?! to)", "\n".join(texts)) == hours
            assert "\n".join(texts).count("no signal") == 2
        # Whatever the screen is.
        shade = "() => getComputedStyle(document.documentElement).backgroundColor"
        assert await page.page.evaluate(shade) != "rgb(255, 255, 255)"
        await page.page.emulate_media(media="print")
        assert await page.page.evaluate(shade) == "rgb(255, 255, 255)"


async def test_a_print_is_to_scale_and_its_peaks_are_where_they_were(chromium):
    async with (
        serving(recorded(beating(4, BEATS))) as served,
        disclosed(chromium, served.url) as page,
    ):
        await page.open("record=r")
        await printed(page, "0:00:00", "0:04:00", 30)
        await page.page.emulate_media(media="print")
        drawn = await page.page.evaluate(
            """() => [...document.querySelectorAll(".sheet__svg")].map((svg) => {
                const box = svg.getBoundingClientRect();
                const units = svg.viewBox.baseVal;
                return [box.width / units.width, units.width + units.x,
                    svg.querySelector(".sheet__trace").getAttribute("d"),
                    svg.querySelector(".sheet__pulse").getAttribute("d")];
            })"""
        )
        assert len(drawn) == 4
        mv = float(await page.page.locator("#print-gain").input_value()) * 100
        for line, (px_per_unit, width, path, pulse) in enumerate(drawn):
            # A unit is a hundredth of a millimetre.
            assert px_per_unit == pytest.approx(96 / 25.4 / 100, rel=0.01)
            top, bottom = (float(v) for v in re.findall(r"V([\d.]+)", pulse))
            assert bottom - top == pytest.approx(mv)
            x = y = 0
            high = []
            for step, across, down in re.findall(r"([Ml])(-?\d+) (-?\d+)", path):
                x = int(across) + (x if step == "l" else 0)
                y = int(down) + (y if step == "l" else 0)
                if y == pytest.approx(bottom - 1.2 * mv, abs=1):
                    high.append(x / width * MINUTE + line * MINUTE)
            wanted = [beat for beat in BEATS if beat // MINUTE == line]
            assert high == pytest.approx(wanted, abs=10 / width * MINUTE)


async def test_a_print_that_cannot_be_says_why_and_one_that_fails_prints_nothing(chromium):
    async with (
        serving(recorded(np.zeros(25 * 3600, np.int16), fs=1)) as served,
        disclosed(chromium, served.url) as page,
    ):
        page.expected = ["ERR_FAILED"]
        await page.open("record=r")
        await page.page.keyboard.press("Control+p")
        plan = page.page.locator("#print-plan")
        go = page.page.get_by_role("button", name="Print", exact=True)
        await page.page.get_by_role("button", name="Whole record").click()
        await expect(plan).to_contain_text("1,500 lines are too many for one print")
        await expect(go).to_be_disabled()
        await page.page.locator("#print-to").fill("soon")
        await expect(plan).to_contain_text("h:mm:ss")
        await expect(go).to_be_disabled()
        await page.page.locator("#print-to").fill("3:00:00")
        await expect(plan).to_have_text("180 lines, 0:00:00 to 3:00:00, on 3 pages.")
        await page.page.route("**/window?*", lambda route: route.abort())
        await go.click()
        await expect(plan).to_contain_text("Nothing is printed")
        assert await page.page.evaluate("() => window.prints") == 0
        assert await page.page.locator(".sheet").count() == 0
        await page.page.unroute("**/window?*")
        await go.click()
        await expect(plan).to_contain_text("3 pages ready to print")
        assert await page.page.evaluate("() => window.prints") == 1
        assert await page.page.locator(".sheet__line").count() == 180
        await page.page.keyboard.press("Escape")
        await expect(page.page.locator(".sheet")).to_have_count(0)
