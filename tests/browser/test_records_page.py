"""The pages around the viewer, in a real Chromium against a real server."""

import asyncio
import json
import re
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from ecgstream.config import Settings
from ecgstream.model.record import Lead, Record
from ecgstream.storage.index.changes import Progress
from ecgstream.storage.memory import MemorySource
from ecgstream.web.tokens import make_token
from tests.browser.complaints import Complaints
from tests.browser.pages import used
from tests.serving import DATA, ServerProcess, serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WIDE = {"width": 1920, "height": 1080}
PHONE = {"width": 390, "height": 844}


@asynccontextmanager
async def browsing(chromium: Browser, **options: Any) -> AsyncIterator[tuple[Page, Complaints]]:
    """Open a page with nothing stored. A console error or a broken CSP fails at the end."""
    async with used(chromium, **({"viewport": WIDE} | options)) as page:
        watched = Complaints(page)
        yield page, watched
    watched.check()


@pytest_asyncio.fixture(loop_scope="session")
async def tab(chromium: Browser) -> AsyncIterator[Page]:
    async with browsing(chromium) as (page, _):
        yield page


def row(page: Page, record: str) -> Any:
    return page.locator(f'.record[data-record="{record}"]')


async def shown(page: Page) -> list[str]:
    return await page.locator(".record").evaluate_all("all => all.map(one => one.dataset.record)")


async def test_records_stand_under_their_patients_with_what_is_known_of_them(tab, server):
    await tab.goto(server.url)
    await expect(tab.locator("#count")).to_have_text("17 records of 15 patients")
    one = row(tab, "100-pq")
    await expect(one).to_contain_text("30 min 06 s")
    await expect(one).to_contain_text("360 Hz")
    await expect(one).to_contain_text("2 ECG, mV")
    await expect(one).to_contain_text("ODC-By 1.0")
    await expect(one).to_contain_text("MIT-BIH Arrhythmia Database")
    title = tab.locator("section.patient", has=one).locator("h2")
    await expect(title).to_contain_text("mitdb-100")
    await expect(title).to_contain_text("2 records")
    await expect(row(tab, "mitdb-100")).to_contain_text("inferred from 108000 timestamps")
    await expect(row(tab, "a103l-pq").locator(".lead")).to_have_text(["II", "V", "PLETH pleth, NU"])


async def test_what_is_left_out_is_counted_with_the_reasons_to_be_read(tab, tmp_path):
    root = tmp_path / "archive"
    shutil.copytree(DATA / "cpsc2018", root / "good")
    (root / "late<b>.parquet").write_bytes(b"junk")
    with ServerProcess([root]) as server:
        await tab.goto(server.url)
        summary = tab.locator("#left-out summary")
        await expect(summary).to_have_text("1 file or folder is left out, wholly or in part")
        await expect(tab.locator("#left-out li")).to_be_hidden()
        await summary.click()
        said = tab.locator("#left-out li")
        await expect(said).to_contain_text("late<b>.parquet")
        await expect(said).not_to_contain_text(str(tmp_path))


async def test_a_date_in_2704_and_its_gaps_are_said(tab, server):
    await tab.goto(server.url)
    one = row(tab, "s25047-2704-05-04-10-44-pq")
    await expect(one).to_contain_text("2704-05-04 10:44:18.529 (zone unknown)")
    await one.scroll_into_view_if_needed()
    await expect(one).to_contain_text("38 gaps in II")


async def test_every_page_says_what_it_is_not(tab, server):
    for path in ("/", "/login", "/docs"):
        await tab.goto(server.url + path)
        notice = tab.get_by_text("not a medical device, not an alarm system", exact=False).first
        await expect(notice).to_be_in_viewport()


PAINTED = """canvas => {
    const { width, height } = canvas;
    const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    const probe = document.createElement("canvas").getContext("2d");
    probe.fillStyle = getComputedStyle(canvas).getPropertyValue("--trace");
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
    const tops = [];
    for (let x = 0; x < width; x++) {
        let top = null;
        for (let y = 0; y < height - 6 && top === null; y++) {
            const at = (y * width + x) * 4;
            const far = Math.max(
                Math.abs(data[at] - r), Math.abs(data[at + 1] - g), Math.abs(data[at + 2] - b));
            if (data[at + 3] > 90 && far < 150) top = y;
        }
        tops.push(top);
    }
    return { width, height, tops };
}"""
"""For each pixel column the highest pixel in the colour of the trace; null: there is none.

The bar below the strip is left out."""


async def test_a_preview_is_the_records_own_signal(tab, server):
    await tab.goto(server.url)
    one = row(tab, "100-pq")
    await one.scroll_into_view_if_needed()
    await expect(one).to_have_attribute("data-preview", "shown")
    painted = await one.locator("canvas").evaluate(PAINTED)
    tops, width = painted["tops"], painted["width"]
    assert sum(top is not None for top in tops) > 0.95 * width
    answer = await tab.request.get(
        f"{server.url}/api/v1/records/100-pq/window?leads=MLII&start=0&stop=3600"
    )
    window = await answer.json()
    stored = np.array(window["samples"]["MLII"], float)
    lead = window["leads"][0]
    mv = (stored - lead["baseline"]) / lead["gain"]
    # 75 px a second and 30 px a mV: where the record has its R peaks, so has the picture.
    seen = int(width / 75 * 360)
    peaks = [i for i in range(30, seen - 30) if mv[i] > 0.5 and mv[i] == mv[i - 30 : i + 31].max()]
    assert len(peaks) >= 5
    lowest_r = height_of = None
    middle = (mv[:seen].max() + mv[:seen].min()) / 2
    for peak in peaks:
        x = peak / 360 * 75
        near = [top for top in tops[round(x) - 1 : round(x) + 2] if top is not None]
        height_of = min(near)
        expected = (painted["height"] - 6) / 2 - (mv[peak] - middle) * 30
        assert abs(height_of - expected) <= 1.5, (peak, height_of, expected)
        lowest_r = max(lowest_r or 0, height_of)
    between = [tops[round((a + b) / 2 / 360 * 75)] for a, b in pairwise(peaks)]
    assert all(top is not None and top > lowest_r for top in between)


async def test_a_gap_is_left_blank_in_a_preview(chromium):
    lead = Lead("II", "mV", 1000.0, 0.0, "ecg", 250.0, 2500, ("i2",))
    samples = np.zeros(2500, np.int16)
    samples[:] = 300 * np.sin(np.arange(2500) / 20)
    samples[1000:1250] = -32768
    source = MemorySource()
    source.add(Record("holes", "p", (lead,), None, None, None, None), {"II": samples})
    async with serving(source) as served, browsing(chromium) as (page, _):
        await page.goto(served.url)
        one = row(page, "holes")
        await expect(one).to_have_attribute("data-preview", "shown")
        await expect(one).to_contain_text("1 gap in II (10 % missing)")
        await expect(one).to_contain_text("Source not stated")
        tops = (await one.locator("canvas").evaluate(PAINTED))["tops"]
        # 4 s to 5 s are missing: 75 px, less the round ends of the pen.
        assert all(top is None for top in tops[302:373])
        assert [x for x in [*range(1, 298), *range(377, 500)] if tops[x] is None] == []


async def test_search_goes_to_the_server_and_says_what_it_found(tab, server):
    await tab.goto(server.url)
    await expect(tab.locator("#count")).to_have_text("17 records of 15 patients")
    await tab.keyboard.press("/")
    await tab.keyboard.type("mitdb-20")
    await expect(tab.locator("#count")).to_have_text("2 records of 2 patients")
    assert await shown(tab) == ["203-pq", "207-pq"]
    await tab.wait_for_url("**/?query=mitdb-20")
    await tab.keyboard.type("x")
    await expect(tab.get_by_text("Nothing matches")).to_be_visible()
    await expect(tab.locator("#nothing-text")).to_contain_text("“mitdb-20x”")
    await tab.keyboard.press("Escape")
    await expect(tab.locator("#count")).to_have_text("17 records of 15 patients")
    await tab.goto(server.url + "/?query=PLETH")
    await expect(tab.locator("#count")).to_have_text("1 record of 1 patient")
    await expect(tab.locator("#query")).to_have_value("PLETH")


async def test_an_older_answer_never_replaces_a_newer_one(tab, server):
    hold = asyncio.Event()
    late = asyncio.Event()

    async def slow(route: Route) -> None:
        answer = await route.fetch()
        await hold.wait()
        # The page has called it off, or will not look at it.
        try:
            await route.fulfill(response=answer)
        finally:
            late.set()

    await tab.route(re.compile(r"query=mitdb-2(&|$)"), slow)
    await tab.goto(server.url)
    query = tab.locator("#query")
    async with tab.expect_request(re.compile(r"query=mitdb-2(&|$)")):
        await query.fill("mitdb-2")
    await query.fill("mitdb-207")
    await expect(tab.locator("#count")).to_have_text("1 record of 1 patient")
    hold.set()
    await late.wait()
    await tab.evaluate("() => new Promise(requestAnimationFrame)")
    assert await shown(tab) == ["207-pq"]


async def test_the_keyboard_alone_reaches_a_lead_of_a_record(tab, server):
    await tab.goto(server.url)
    await expect(tab.locator("#count")).to_have_text("17 records of 15 patients")
    focused = tab.locator(":focus")
    await tab.keyboard.press("/")
    await tab.keyboard.type("mitdb-10")
    await expect(tab.locator("#count")).to_have_text("4 records of 3 patients")
    await tab.keyboard.press("ArrowDown")
    await expect(focused).to_have_text("100-pq")
    await tab.keyboard.press("j")
    await expect(focused).to_have_text("mitdb-100")
    await tab.keyboard.press("ArrowDown")
    await tab.keyboard.press("k")
    await tab.keyboard.press("ArrowUp")
    await expect(focused).to_have_text("100-pq")
    await tab.keyboard.press("ArrowRight")
    await tab.keyboard.press("ArrowRight")
    await expect(focused).to_have_text("V5")
    await tab.keyboard.press("Space")
    await expect(focused).to_have_attribute("aria-pressed", "true")
    await expect(row(tab, "100-pq").locator(".record__open")).to_have_text("Open V5")
    await tab.keyboard.press("ArrowLeft")
    await tab.keyboard.press("Space")
    await expect(row(tab, "100-pq").locator(".record__open")).to_have_text("Open 2 leads")
    await tab.keyboard.press("Space")
    await tab.route("**/review?*", lambda route: route.fulfill(body="viewer"))
    await tab.keyboard.press("Enter")
    await tab.wait_for_url("**/review?record=100-pq&leads=V5")


async def test_enter_opens_what_alone_was_found(tab, server):
    await tab.route("**/review?*", lambda route: route.fulfill(body="viewer"))
    await tab.goto(server.url)
    await expect(row(tab, "100-pq")).to_be_visible()
    search = tab.locator("#query")
    # Two records and more: the keyboard goes to the first of them.
    await search.fill("pq")
    await search.press("Enter")
    await expect(tab.locator(":focus")).to_have_class(re.compile("record__"))
    await search.fill("100-pq")
    await search.press("Enter")
    await tab.wait_for_url("**/review?record=100-pq")


async def test_enter_opens_what_is_called_just_so_beside_others_of_which_it_is_a_part(tab):
    source = many(1)
    lead = source.records()[0].leads[0]
    # Of other patients, so that what is called just so is neither the first nor the last.
    for number, name in enumerate(("15wrong.a", "a15wrong.lost", "15wrong.lost", "15wrong.lost2")):
        record = Record(name, f"p{number}", (lead,), None, None, None, None)
        source.add(record, {lead.name: np.zeros(lead.length, np.int16)})
    async with serving(source) as served:
        await tab.route("**/review?*", lambda route: route.fulfill(body="viewer"))
        await tab.goto(served.url)
        await tab.locator("#query").fill("15wrong.lost")
        await tab.locator("#query").press("Enter")
        await tab.wait_for_url("**/review?record=15wrong.lost")


async def test_a_click_anywhere_on_a_row_opens_it_and_a_lead_is_only_chosen(tab, server):
    await tab.route("**/review?*", lambda route: route.fulfill(body="viewer"))
    await tab.goto(server.url)
    one = row(tab, "E07500-pq")
    await one.get_by_role("button", name="V2").click()
    await expect(one.get_by_role("button", name="V2")).to_have_attribute("aria-pressed", "true")
    # The link lies over the whole row, so that what is clicked is the place, not the canvas.
    box = await one.locator("canvas").bounding_box()
    await tab.mouse.click(box["x"] + 50, box["y"] + 50)
    await tab.wait_for_url("**/review?record=E07500-pq&leads=V2")
    await tab.go_back()
    await expect(row(tab, "E07500-pq")).to_have_class(re.compile("record--selected"))


async def test_names_are_text_never_markup(chromium):
    lead = Lead("<b>I</b>", "<i>", 1.0, 0.0, "<u>", 100.0, 200, ("i2",))
    name = '<img src=x onerror="document.title=1">'
    record = Record("r", name, (lead,), None, "<s>zone</s>", name, "<script>1</script>")
    source = MemorySource()
    source.add(record, {lead.name: np.arange(200, dtype=np.int16)})
    async with serving(source) as served, browsing(chromium) as (page, _):
        await page.goto(served.url)
        await expect(row(page, "r")).to_have_attribute("data-preview", "shown")
        assert await page.locator(".record :is(b, i, u, s, img, script)").count() == 0
        await expect(page.locator(".patient__title")).to_contain_text(name)
        assert await page.title() == "Records · ecgstream"


def many(count: int) -> MemorySource:
    """Return `count` records of two leads, three a patient; every tenth has V1 instead of V5."""
    samples = (100 * np.sin(np.arange(1000) / 9)).astype(np.int16)
    source = MemorySource()
    for number in range(count):
        names = ("II", "V1" if number % 10 == 0 else "V5")
        leads = tuple(Lead(name, "mV", 200.0, 0.0, "ecg", 100.0, 1000, ("i2",)) for name in names)
        record = Record(f"r{number:04}", f"p{number // 3:04}", leads, None, None, None, None)
        source.add(record, dict.fromkeys(names, samples))
    return source


async def test_of_two_thousand_records_those_in_sight_are_asked_for_and_all_are_reached(chromium):
    async with serving(many(2000)) as served, browsing(chromium) as (page, _):
        asked: list[str] = []
        page.on("request", lambda one: "/records?" in one.url and asked.append(one.url))
        await page.goto(served.url)
        await expect(page.locator("#count")).to_have_text("2,000 records")
        await expect(row(page, "r0000")).to_have_attribute("data-preview", "shown")
        assert len(asked) == 1, "more was asked for than is near the screen"
        # A canvas that nobody has painted is as wide as canvases are without saying.
        canvases = page.locator(".record canvas")
        painted = await canvases.evaluate_all("all => all.filter(one => one.width !== 300).length")
        assert painted < 20 < await canvases.count(), "more was painted than is near the screen"
        await page.keyboard.press("End")
        await expect(page.locator(":focus")).to_have_text("r1999")
        await expect(page.locator(":focus")).to_be_in_viewport()
        await expect(row(page, "r1999")).to_have_attribute("data-preview", "shown")
        assert len(asked) < 8, "what lies between was not asked for"
        # From the end upwards: what was never there comes as it is reached.
        for number in range(1998, 1940, -1):
            await page.keyboard.press("ArrowUp")
            await expect(page.locator(":focus")).to_have_text(f"r{number:04}")
        rows = len(await shown(page))
        assert rows <= 250
        seen = await shown(page)
        assert seen == sorted(seen)
        # A patient whose records are in two pages has one title.
        titles = await page.locator(".patient__title").all_text_contents()
        assert len(titles) == len(set(titles))
        await page.keyboard.press("Home")
        await expect(page.locator(":focus")).to_have_text("r0000")
        await expect(row(page, "r0000")).to_have_attribute("data-preview", "shown")
        # The scroll bar reaches the middle of all of them.
        await page.evaluate("() => scrollTo(0, document.documentElement.scrollHeight / 2)")
        await expect(row(page, "r1000")).to_be_attached()
        await what_comes_above_moves_nothing(page)
        await page.keyboard.press("/")
        await page.keyboard.type("r1999")
        await expect(page.locator("#count")).to_have_text("1 record of 1 patient")


async def what_comes_above_moves_nothing(page: Page) -> None:
    """Scroll to where two pages meet, and let the upper one come later than the lower one."""
    gate = asyncio.Event()

    async def wait(route: Route) -> None:
        await gate.wait()
        await route.continue_()

    await page.route("**/records?offset=249&*", wait)
    await page.locator(".page").nth(6).evaluate("one => scrollTo(0, one.offsetTop - 700)")
    await expect(row(page, "r0300")).to_be_in_viewport()
    before = await row(page, "r0300").bounding_box()
    gate.set()
    await expect(row(page, "r0299")).to_be_in_viewport()
    after = await row(page, "r0300").bounding_box()
    assert abs(after["y"] - before["y"]) < 1, "what was in sight moved"


async def test_the_list_is_narrowed_down_and_the_address_keeps_it(chromium):
    async with serving(many(200)) as served, browsing(chromium) as (page, _):
        await page.goto(served.url)
        await expect(page.locator("#count")).to_have_text("200 records")
        await page.locator("summary", has_text="Leads").click()
        await expect(page.locator(".filters__lead", has_text="V1")).to_contain_text("20")
        await page.get_by_role("checkbox", name="V1").check()
        await expect(page.locator("#count")).to_have_text("20 records of 20 patients")
        await page.wait_for_url("**/?leads=V1")
        await what_is_shown_is_not_mixed_with_what_is_asked(page)
        await page.locator("#query").fill("r01")
        await expect(page.locator("#count")).to_have_text("10 records of 10 patients")
        await page.reload()
        await expect(page.locator("#count")).to_have_text("10 records of 10 patients")
        await expect(page.locator("summary", has_text="Leads: V1")).to_be_visible()
        await page.get_by_role("button", name="Clear filters").click()
        await expect(page.locator("#count")).to_have_text("100 records")
        await page.goto(f"{served.url}/?span=over-24h")
        await expect(page.locator("#nothing-text")).to_have_text(
            "No record has all that is chosen."
        )


async def what_is_shown_is_not_mixed_with_what_is_asked(page: Page) -> None:
    """Scroll in a list whose successor is asked for, and has not come."""
    gate = asyncio.Event()

    async def wait(route: Route) -> None:
        await gate.wait()
        await route.continue_()

    await page.get_by_role("checkbox", name="V1").uncheck()
    await expect(page.locator("#count")).to_have_text("200 records")
    await page.route("**/records?leads=V1&*", wait)
    await page.get_by_role("checkbox", name="V1").check()
    listed = page.locator("#records")
    await expect(listed).to_have_attribute("aria-busy", "true")
    await page.evaluate("() => scrollTo(0, document.documentElement.scrollHeight)")
    await expect(row(page, "r0199")).to_be_in_viewport()
    gate.set()
    await expect(page.locator("#count")).to_have_text("20 records of 20 patients")
    await expect(listed).not_to_have_attribute("aria-busy", "true")
    assert await shown(page) == [f"r{number:04}" for number in range(0, 200, 10)]


async def test_a_record_says_how_it_was_found_and_that_its_dates_are_no_dates(chromium):
    lead = Lead("ECG", None, 1.0, 0.0, "ecg", 250.0, 2500, ("i2",))
    found = (("fs", "mapping"), ("record", "file name"))
    record = Record("r", "p", (lead,), 1e9, None, None, None, dates_shifted=True, found=found)
    source = MemorySource()
    source.add(record, {"ECG": np.arange(2500, dtype=np.int16) % 100})
    async with serving(source) as served, browsing(chromium) as (page, _):
        await page.goto(served.url)
        one = row(page, "r")
        await expect(one).to_contain_text("2001-09-09 01:46:40 (zone unknown, dates shifted)")
        await expect(one).to_contain_text("unit unknown, NOT CALIBRATED")
        await expect(one).to_contain_text("0 to 99 units, NOT CALIBRATED")
        await one.get_by_text("How it was found").click()
        await expect(one.locator(".record__found")).to_contain_text("mapping")
        assert "/review" not in page.url
        await page.goto(f"{served.url}/review?record=r")
        await expect(page.locator("#picture-host, body").last).to_contain_text("dates shifted")
        await expect(page.locator("body")).to_contain_text("NOT CALIBRATED")


async def test_previews_are_asked_for_three_at_once_and_called_off_when_they_leave_the_screen(
    chromium,
):
    lead = Lead("II", "mV", 200.0, 0.0, "ecg", 100.0, 1000, ("i2",))
    source = MemorySource()
    for number in range(60):
        record = Record(f"r{number:04}", "p", (lead,), None, None, None, None)
        source.add(record, {"II": np.zeros(1000, np.int16)})
    async with serving(source) as served, browsing(chromium) as (page, _):
        gate = asyncio.Event()
        asked: list[str] = []
        called_off: list[str] = []

        async def wait(route: Route) -> None:
            asked.append(route.request.url)
            await gate.wait()
            await route.continue_()

        page.on("requestfailed", lambda request: called_off.append(request.url))
        await page.route(re.compile(r"/records/r000\d$"), wait)
        async with page.expect_request(re.compile(r"/records/r0002$")):
            await page.goto(served.url)
        for _ in range(10):
            await page.evaluate("() => new Promise(requestAnimationFrame)")
        assert [url[-5:] for url in asked] == ["r0000", "r0001", "r0002"]
        await page.keyboard.press("End")
        await expect(row(page, "r0059")).to_have_attribute("data-preview", "shown")
        assert any(url.endswith("/records/r0000") for url in called_off)
        gate.set()
        await page.keyboard.press("Home")
        await expect(row(page, "r0000")).to_have_attribute("data-preview", "shown")


async def test_the_walls_that_hang_here_are_a_click_away(tab, server):
    await tab.goto(server.url)
    await tab.locator("#walls summary").click()
    wall = tab.locator("#walls").get_by_role("link", name="Demo")
    await expect(wall).to_contain_text("8 beds")
    await tab.keyboard.press("Escape")
    await expect(wall).to_be_hidden()
    await tab.keyboard.press("Enter")
    await wall.click()
    await tab.wait_for_url("**/wall/demo")


async def test_without_a_wall_none_is_offered(chromium):
    async with serving(MemorySource()) as served, browsing(chromium) as (page, _):
        await page.goto(served.url)
        await expect(page.locator("#empty")).to_be_visible()
        await expect(page.locator("#walls")).to_be_hidden()


async def test_no_records_say_what_to_do(chromium):
    async with serving(MemorySource()) as served, browsing(chromium) as (page, _):
        await page.goto(served.url)
        await expect(page.get_by_text("No records yet")).to_be_visible()
        await expect(page.locator("#empty")).to_contain_text("ecgstream import")


async def test_a_first_look_at_an_archive_is_said_and_records_come_by_themselves(chromium):
    source, found = MemorySource(), many(2)
    source.indexing = Progress()
    async with serving(source) as served, browsing(chromium) as (page, _):
        await page.clock.install()
        await page.goto(served.url)
        note = page.locator("#indexing")
        await expect(note).to_contain_text("looking over this archive for the first time. Not all")
        await expect(page.locator("#empty")).to_be_hidden()
        source.indexing = Progress(64, 1_100)
        flat = np.zeros(1000, np.int16)
        first, second = found.records()
        source.add(first, {lead.name: flat for lead in first.leads})
        await page.clock.run_for(10_000)
        await expect(note).to_contain_text("64 of 1,100 files. Not all records are here yet.")
        await expect(page.locator("#count")).to_have_text("1 record of 1 patient")
        source.add(second, {lead.name: flat for lead in second.leads})
        source.indexing = None
        await page.clock.run_for(10_000)
        await expect(note).to_be_hidden()
        await page.get_by_role("button", name="Show them").click()
        await expect(page.locator("#count")).to_have_text("2 records of 1 patient")


async def test_a_server_that_went_away_is_said_and_asked_again(chromium):
    with ServerProcess() as server:
        async with browsing(chromium) as (page, watched):
            watched.expected = ["net::ERR_CONNECTION_REFUSED"]
            await page.goto(server.url)
            await expect(page.locator("#count")).to_have_text("17 records of 15 patients")
            await asyncio.to_thread(server.stop, signal.SIGTERM)
            await page.locator("#query").fill("207")
            await expect(page.locator("#trouble")).to_contain_text("The server does not answer.")
            await asyncio.to_thread(server.start)
            count = page.locator("#count")
            await expect(count).to_have_text("1 record of 1 patient", timeout=20_000)
            await expect(page.locator("#trouble")).to_be_hidden()
            assert await shown(page) == ["207-pq"]


async def test_a_failed_preview_is_said_and_asked_for_again(chromium, server):
    async with browsing(chromium) as (page, watched):
        watched.expected = ["503 (Service Unavailable)"]
        failures = 2

        async def fail(route: Route) -> None:
            nonlocal failures
            failures -= 1
            if failures < 0:
                await route.continue_()
                return
            body = {"status": 503, "detail": "the disk sleeps", "retry_after_ms": 50}
            await route.fulfill(
                status=503, content_type="application/problem+json", body=json.dumps(body)
            )

        await page.route("**/records/207-pq", fail)
        await page.goto(server.url + "/?query=207")
        await expect(row(page, "207-pq")).to_contain_text("30 min 06 s")
        await expect(row(page, "207-pq")).to_have_attribute("data-preview", "shown")
        assert failures == -1


async def test_who_is_not_logged_in_comes_back_after_the_login(chromium, tmp_path):
    token = make_token(tmp_path / "tokens", "someone")
    settings = Settings(token_file=tmp_path / "tokens")
    async with (
        serving(MemorySource(), settings=settings) as served,
        browsing(chromium) as (page, watched),
    ):
        watched.expected = ["401 (Unauthorized)"]
        await page.goto(served.url + "/?query=x")
        await page.wait_for_url("**/login?next=**")
        await expect(page.locator("#token")).to_be_focused()
        await page.keyboard.type("wrong")
        await page.keyboard.press("Enter")
        await expect(page.locator("#said")).to_contain_text("not valid")
        await page.locator("#token").fill(token)
        await page.keyboard.press("Enter")
        await page.wait_for_url(served.url + "/?query=x")
        await page.get_by_role("button", name="Log out").click()
        await page.wait_for_url("**/login")
        await page.goto(served.url)
        await page.wait_for_url("**/login?next=**")


async def test_too_many_logins_are_held_until_they_are_allowed(chromium, server):
    async with browsing(chromium) as (page, watched):
        watched.expected = ["429 (Too Many Requests)"]
        body = {"status": 429, "detail": "too many", "retry_after_ms": 1500}
        await page.route(
            "**/api/v1/session",
            lambda route: route.fulfill(
                status=429, content_type="application/problem+json", body=json.dumps(body)
            ),
        )
        await page.goto(server.url + "/login")
        await page.locator("#token").fill("x")
        await page.keyboard.press("Enter")
        await expect(page.locator("#said")).to_contain_text("Too many tries. Try again in 2 s.")
        await expect(page.locator("#go")).to_be_disabled()
        await expect(page.locator("#go")).to_be_enabled()


async def test_the_api_page_shows_every_route_of_the_document(tab, server):
    await tab.goto(server.url + "/docs")
    answer = await tab.request.get(server.url + "/openapi.json")
    paths = (await answer.json())["paths"]
    await expect(tab.locator(".operation")).to_have_count(sum(map(len, paths.values())))
    for path in paths:
        await expect(tab.locator(".operation__path", has_text=path).first).to_be_visible()
    await tab.get_by_role("link", name="Envelope", exact=True).first.click()
    await expect(tab.locator("#schema-Envelope")).to_be_in_viewport()


FILLED = {"/": ".record[data-preview=shown]", "/login": "#token", "/docs": ".operation"}


@pytest.mark.parametrize("path", FILLED)
async def test_a_page_fits_a_phone_and_changes_its_theme(chromium, server, path):
    async with browsing(chromium, viewport=PHONE, color_scheme="light") as (page, _):
        await page.goto(server.url + path)
        # All that it shows is there.
        await expect(page.locator(FILLED[path]).first).to_be_visible()
        assert await page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
        ground = "() => getComputedStyle(document.documentElement).backgroundColor"
        light = await page.evaluate(ground)
        await page.get_by_role("button", name="Switch to the dark theme").click()
        dark = await page.evaluate(ground)
        assert dark != light
        await page.reload()
        assert await page.evaluate(ground) == dark
        await expect(page.get_by_role("button", name="Switch to the light theme")).to_be_visible()
