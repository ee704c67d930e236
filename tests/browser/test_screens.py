"""What fits on a screen, and what keeps its place on it: the picture, and the line that says what this is not."""

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Page, Route, expect

from ecgstream.cli import main
from tests.browser.pages import used
from tests.browser.places import page_of
from tests.serving import DATA, ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SCREENS: Final = ((1920, 1080), (1366, 768), (1280, 720), (1024, 768), (820, 1180), (390, 844))

PANELS: Final = {
    "a": "notes",
    "r": "rhythm",
    "o": "sessions",
    "z": "checks",
    "u": "agree",
    "d": "measure",
}
"""The panels under the picture, by their keys."""

LEAST_PX: Final = 200
"""How high the picture is at the least, whatever is open: less shows no waves of two leads."""

PLACED = """() => {
    const box = (id) => document.querySelector(id).getBoundingClientRect();
    const { scrollHeight, scrollWidth } = document.scrollingElement;
    const hit = document.elementFromPoint(innerWidth / 2, box(".notice").bottom - 4);
    return { over: [scrollWidth - innerWidth, scrollHeight - innerHeight], picture: box("#stage").height,
             notice: box(".notice").bottom - innerHeight, seen: hit?.className ?? "" };
}"""


@pytest.fixture(scope="module")
def server():
    with ServerProcess([DATA]) as process:
        yield process


CROWDED = """() => {
    const all = [...document.querySelectorAll(".stage__names .row-name")].map((one) => {
        const letters = document.createRange();
        letters.selectNodeContents(one);
        return { text: one.textContent, box: letters.getBoundingClientRect() };
    });
    return all.flatMap(({ text, box }, i) => all.slice(i + 1).filter((other) =>
        box.left < other.box.right && other.box.left < box.right &&
        box.top < other.box.bottom - 1 && other.box.top < box.bottom - 1,
    ).map((other) => `${text} / ${other.text}`));
}"""
"""The names of leads that stand on one another."""


async def fits(page: Page, what: str) -> None:
    """Assert that the page does not scroll, shows the picture and what this is not, and each lead's name."""
    now: dict[str, Any] = await page.evaluate(PLACED)
    told = f"{what}: {json.dumps(now)}"
    assert max(now["over"]) <= 0, told
    assert now["picture"] >= LEAST_PX, told
    assert now["notice"] <= 0, told
    assert now["seen"] == "notice", told
    # The names are put where the picture says, a moment after it.
    await page.wait_for_function(f"() => ({CROWDED})().length === 0")


@pytest.mark.parametrize("record", ["100-pq", "00001_lr-pq&layout=12x1"])
async def test_no_panel_makes_the_page_higher_than_the_screen(chromium, server, record):
    async with page_of(chromium) as (page, _):
        await page.goto(f"{server.url}/review?record={record}&at=900&paused=1")
        await expect(
            page.locator("html[data-state=paused] .stage__names span").first
        ).to_be_visible()
        await expect(page.locator("html")).to_have_attribute("data-analysis", "there")
        for width, height in SCREENS:
            await page.set_viewport_size({"width": width, "height": height})
            await fits(page, f"{width} x {height}")
            for key, panel in PANELS.items():
                await page.keyboard.press(key)
                await expect(page.locator(f"#{panel}")).to_be_visible()
                await fits(page, f"{width} x {height}, {panel}")
                await page.locator(f"#{panel}-close").click()
            await page.keyboard.press("g")
            await expect(page.locator("#jump-to")).to_be_focused()
            await fits(page, f"{width} x {height}, jumps")
            before = await page.locator("#stage").bounding_box()
            await page.locator("#jump-to").fill("nowhere")
            await page.keyboard.press("Enter")
            await expect(page.locator("#jump-error")).to_be_in_viewport(ratio=1)
            assert await page.locator("#stage").bounding_box() == before
            await page.locator("#jump-to").fill("")
            await expect(page.locator("#jump-error")).to_be_hidden()
            await page.locator("#play").focus()
            if await page.locator("html[data-jumps=open]").count():
                await page.locator("#jumps-toggle").click()


WATCHED = """
    window.boxes = [];
    const look = () => {
        const stage = document.querySelector("#stage");
        // From the first picture on, and whatever is told of it later.
        if (stage && document.documentElement.dataset.drawn) {
            const { left, top, width, height } = stage.getBoundingClientRect();
            const box = [left, top, width, height, scrollY].join(" ");
            const rows = [...document.body.children].map((one) => `${one.className} ${one.getBoundingClientRect().height}`);
            if (window.boxes.at(-1)?.box !== box) window.boxes.push({ box, rows });
        }
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
"""


async def moved(page: Page) -> list[str]:
    """Return what else had another height whenever the picture was elsewhere."""
    boxes = await page.evaluate("boxes")
    assert boxes
    first = boxes[0]
    return [
        f"{first['box']} -> {later['box']}: {sorted(set(later['rows']) ^ set(first['rows']))}"
        for later in boxes[1:]
    ]


@pytest.mark.parametrize(
    ("width", "height", "query"),
    [
        (1366, 768, "record=100-pq&at=36000"),
        (1280, 720, "record=00001_lr-pq&at=900&paused=1"),
        (820, 1180, "record=100-pq&at=300"),
        (390, 844, "record=00001_lr-pq&at=500"),
    ],
)
async def test_nothing_that_comes_late_moves_the_picture(chromium, server, width, height, query):
    drawn = asyncio.Event()

    async def late(route: Route) -> None:
        await drawn.wait()
        await route.continue_()

    async with used(chromium, WATCHED, viewport={"width": width, "height": height}) as page:
        # Whatever is asked beside the record itself: beats, rate, quality, overview, gaps, annotations.
        await page.route("**/api/v1/records/*/*", late)
        await page.goto(f"{server.url}/review?{query}&of-no-use=1")
        html = page.locator("html")
        await expect(html).to_have_attribute("data-drawn", "samples")
        await expect(page.locator("#toast")).to_be_visible()
        await expect(html).not_to_have_attribute("data-analysis", "there")
        drawn.set()
        await expect(html).to_have_attribute("data-analysis", "there")
        await expect(page.locator("#beats-says")).to_contain_text("ecgstream")
        await expect(page.locator("#rate-caption")).to_contain_text("Heart rate")
        await expect(page.locator("#seek-caption")).not_to_be_empty()
        # The wheel changes what is said of the scale, while a hand is over the picture.
        await page.mouse.move(width * 0.6, height * 0.4)
        for way in (-500, -500, 900):
            told = await html.get_attribute("data-looks") or ""
            await page.mouse.wheel(0, way)
            await expect(html).not_to_have_attribute("data-looks", told)
        # A reason of many words, and the offer that is made where the line is too narrow; read before the page hears more.
        over, under = await page.evaluate(
            """() => {
                const top = () => JSON.stringify(document.querySelector("#stage").getBoundingClientRect());
                const before = top();
                const text = (id, words) => (document.getElementById(id).textContent = words);
                text("rate-why", "no ECG lead in volts");
                text("thrift-what", "The line brings 20 kbit/s, these 12 leads need 40 kbit/s");
                document.getElementById("thrift").hidden = false;
                const offer = document.querySelector("#thrift").getBoundingClientRect();
                return [top() !== before, offer.bottom - innerHeight];
            }"""
        )
        assert not over
        assert under < 0
        assert await moved(page) == []


async def test_a_server_without_analysis_moves_nothing_and_gets_no_room_the_next_time(chromium):
    with ServerProcess((DATA,), "--no-analysis") as server:
        async with used(chromium, WATCHED, viewport={"width": 390, "height": 844}) as page:
            heights = []
            for _ in range(2):
                await page.goto(f"{server.url}/review?record=100-pq&at=36000&paused=1")
                await expect(page.locator("html")).to_have_attribute("data-analysis", "off")
                await expect(page.locator("html")).to_have_attribute("data-drawn", "samples")
                await expect(page.locator("#rate-trend")).to_be_hidden()
                assert await moved(page) == []
                heights.append(await page.locator("#stage").evaluate("one => one.clientHeight"))
            assert heights[1] > heights[0]


async def test_statements_of_a_device_are_a_line_that_opens(chromium, tmp_path):
    sierra = Path(__file__).parents[1] / "data" / "formats" / "philips_sierra_1_03.xml"
    assert main(["import", str(sierra), "--out", str(tmp_path), "--workers", "1"]) == 0
    with ServerProcess([tmp_path]) as server:
        async with used(chromium, viewport={"width": 390, "height": 844}) as page:
            await page.goto(f"{server.url}/review?record=philips_sierra_1_03-pq&at=5000&paused=1")
            line = page.get_by_text("4 statements")
            await expect(line).to_be_visible()
            stage = await page.locator("#stage").bounding_box()
            box = await page.locator("#statements").bounding_box()
            assert box
            assert stage
            # No higher than a line, and the leads to be read beside it.
            assert box["height"] < 40
            assert box["width"] < 0.5 * stage["width"]
            await line.click()
            await expect(page.get_by_text(">>> Acute MI <<<")).to_be_in_viewport(ratio=1)
            assert await page.locator("#stage").bounding_box() == stage
            await page.keyboard.press("Enter")
            await expect(page.get_by_text(">>> Acute MI <<<")).to_be_hidden()
