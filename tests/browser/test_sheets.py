"""The layouts of a page, pixel for pixel against geometry that is worked out here."""

import math
import re

import numpy as np
import pytest
from playwright.async_api import expect

from tests.browser.test_look import seen
from tests.browser.test_viewer_page import Looking, looking, memory, triangles
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TALL = {"width": 1280, "height": 1100}
FS = 500
COUNT = 20 * FS
EVERY = 250
HIGH = {"I": 0.3, "II": 1.1, "III": 0.8, "aVR": -0.7, "aVL": -0.25, "aVF": 0.95}
HIGH |= {f"V{k}": 0.2 * k for k in range(1, 7)}
"""Millivolts of the peaks: the limb leads agree with Einthoven and Goldberger."""

THREE = [
    ["I", "aVR", "V1", "V4"],
    ["II", "aVL", "V2", "V5"],
    ["III", "aVF", "V3", "V6"],
]
SHEETS = {
    "rhythm1": [["II"]],
    "rhythm2": [["II"], ["V1"]],
    "rhythm3": [["II"], ["V1"], ["V5"]],
    "3x4+1R": [*THREE, ["II"]],
    "3x4+3R": [*THREE, ["II"], ["V1"], ["V5"]],
    "6x2": [[a, b] for a, b in zip(list(HIGH)[:6], list(HIGH)[6:], strict=True)],
    "12x1": [[name] for name in HIGH],
    "cabrera": [
        ["aVL", "V1"],
        ["I", "V2"],
        ["-aVR", "V3"],
        ["II", "V4"],
        ["aVF", "V5"],
        ["III", "V6"],
    ],
}


def wave(name: str) -> np.ndarray:
    """Return a lead in 1/1000 mV: a peak each half second, a line in between."""
    return np.rint(1000 * triangles(COUNT, EVERY, 12, HIGH[name], 0)).astype(np.int16)


def millivolts(name: str) -> np.ndarray:
    """Return what is to be drawn of a lead of a sheet."""
    return -wave(name[1:]) / 1000 if name.startswith("-") else wave(name) / 1000


def expected(name: str, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return lowest and highest mV of the line between each two neighbours of `edges`, samples."""
    values = millivolts(name)
    at = np.arange(COUNT)
    ends = np.interp(edges, at, values)
    low = np.minimum(ends[:-1], ends[1:])
    high = np.maximum(ends[:-1], ends[1:])
    inside = np.clip(np.searchsorted(edges, at, "right") - 1, 0, len(edges) - 2)
    within = (at >= edges[0]) & (at < edges[-1])
    np.minimum.at(low, inside[within], values[within])
    np.maximum.at(high, inside[within], values[within])
    return low, high


async def check(look: Looking, rows: list[list[str]]) -> None:
    """Compare the canvas with the rows, column by column."""
    # The labels have their height only once they say all, and the canvas what they leave of it.
    picture = await look.picture()
    height, width, _ = picture.shape
    colours = "names => names.map(colour)"
    ink, paper, head = np.array(
        await look.page.evaluate(colours, ["--trace", "--paper", "--playhead"])
    )
    near = np.abs(picture - ink)[..., :3].sum(axis=2)
    dark = near < 0.75 * np.abs(picture - paper)[..., :3].sum(axis=2)
    dark &= np.abs(picture - head)[..., :3].sum(axis=2) > 0
    gutter = int(await look.number("gutter"))
    px_per_mv = await look.number("pxPerMv")
    px = await look.number("pxPerS") / FS
    start = await look.number("look")
    baselines = await look.numbers("baselines")
    assert len(baselines) == len(rows)
    page = width - gutter
    each = height / len(rows)
    px_per_mm = 96 / 25.4
    for row, (names, baseline) in enumerate(zip(rows, baselines, strict=True)):
        # A little below the middle of its row, on a line of the paper.
        assert abs(baseline - (row + 0.58) * each) <= 2.5 * px_per_mm + 1
        top = round(row * each)
        own = dark[top : round((row + 1) * each)]
        for k, name in enumerate(names):
            first = round(page * k / len(names))
            last = round(page * (k + 1) / len(names))
            x = np.arange(first, last + 1)
            low, high = expected(name, start + x / px)
            tops = baseline - high * px_per_mv
            feet = baseline - low * px_per_mv
            for i in range(3, last - first - 3):
                inked = top + np.flatnonzero(own[:, gutter + first + i])
                assert len(inked), f"{name}: no ink in column {i}"
                # A line 1.6 px wide on both sides of where the signal is, and its slope.
                assert tops[i - 1 : i + 2].min() - 2.5 <= inked[0] <= tops[i] + 1.5, f"{name} {i}"
                assert feet[i] - 1.5 <= inked[-1] <= feet[i - 1 : i + 2].max() + 2.5, f"{name} {i}"


@pytest.mark.parametrize("sheet", SHEETS)
async def test_each_layout_has_its_leads_where_they_belong(chromium, sheet):
    source = memory({name: wave(name) for name in HIGH}, fs=FS)
    async with (
        serving(source) as served,
        looking(chromium, served.url, viewport=TALL) as look,
    ):
        query = "record=r&at=6000&paused=1&gain=2.5&window=10&look=1000&span=10"
        await look.open(f"{query}&layout={sheet.replace('+', '%2B')}")
        await look.until("paused")
        await seen(look)
        await expect(look.page.locator("#sheet")).to_have_value(sheet)
        await check(look, SHEETS[sheet])


async def test_calibrated_a_page_in_columns_is_ten_seconds_and_there_is_no_paper_beside_it(
    chromium,
):
    source = memory({name: wave(name) for name in HIGH}, fs=FS)
    wide = {"width": 1600, "height": 1000}
    async with (
        serving(source) as served,
        looking(chromium, served.url, viewport=wide) as look,
    ):
        query = "record=r&at=6000&paused=1&gain=2.5&mode=calibrated&paper=25&layout=3x4%2B1R"
        page = round(10 * 25 * 96 / 25.4)
        for place in ("", "&look=1000&span=10"):
            await look.open(query + place)
            await look.until("paused")
            if place:
                await seen(look)
            else:
                await look.filled(6000 - 9 * FS)
            picture = await look.picture()
            gutter = int(await look.number("gutter"))
            paper = np.array(await look.page.evaluate("name => colour(name)", "--paper"))
            bare = np.abs(picture - paper).sum(axis=(0, 2)) == 0
            assert gutter + page < picture.shape[1] - 300
            assert bare[gutter + page :].all(), "something is drawn beside the page"
            assert not bare[gutter + page - 25 : gutter + page].all(), "the page ends too early"
        # Every lead has its 2.5 s: the last column of the page is V4 from 7.5 s on.
        px = await look.number("pxPerS")
        assert page == round(10 * px)
        (last,) = await look.page.locator(".row-name", has_text=re.compile("^V4$")).all()
        box = await last.bounding_box()
        assert abs(box["x"] - (gutter + 0.75 * page)) < 12


async def test_calibrated_on_a_narrow_screen_less_is_in_sight_and_it_says_so(chromium):
    source = memory({name: wave(name) for name in HIGH}, fs=FS)
    async with (
        serving(source) as served,
        looking(chromium, served.url, viewport={"width": 390, "height": 844}) as look,
    ):
        query = "record=r&at=6000&paused=1&mode=calibrated&paper=25&layout=3x4%2B1R"
        await look.open(f"{query}&look=1000&span=10")
        await look.until("paused")
        await seen(look)
        width = (await look.picture()).shape[1] - int(await look.number("gutter"))
        stop = 2 + width / (25 * 96 / 25.4)
        assert 4 < stop < 7
        await expect(look.page.locator("#fact-sight")).to_contain_text(
            f"0:00:02.0 to 0:00:0{math.floor(10 * stop) / 10}"
        )


async def test_limb_leads_that_were_not_recorded_follow_from_two_and_say_so(chromium):
    stored = ["I", "II", *(f"V{k}" for k in range(1, 7))]
    source = memory({name: wave(name) for name in stored}, fs=FS)
    async with (
        serving(source) as served,
        looking(chromium, served.url, viewport=TALL) as look,
    ):
        await look.open("record=r&at=6000&paused=1&gain=2.5&look=1000&span=10&layout=12x1")
        await look.until("paused")
        await seen(look)
        await check(look, SHEETS["12x1"])
        derived = look.page.locator(".row-name", has_text="derived")
        assert [text.removesuffix("derived") for text in await derived.all_text_contents()] == [
            "III",
            "aVR",
            "aVL",
            "aVF",
        ]


async def test_a_lead_that_nothing_gives_is_named_and_its_place_is_empty(chromium):
    source = memory({name: wave(name) for name in ["I", "II"]}, fs=FS)
    async with (
        serving(source) as served,
        looking(chromium, served.url, viewport=TALL) as look,
    ):
        await look.open("record=r&at=6000&paused=1&gain=2.5&look=1000&span=10&layout=3x4%2B1R")
        await look.until("paused")
        none = look.page.locator(".row-name--none")
        await expect(none).to_have_count(6)
        await expect(none.first).to_have_text("V1: not in this record")
        await seen(look)
        gutter = int(await look.number("gutter"))
        columns = (await look.inked(0, 200))[gutter:]
        assert all(not rows for rows in columns[len(columns) // 2 + 4 :])


async def test_a_lead_is_turned_over_and_drawn_larger_and_says_so(chromium):
    source = memory({"II": wave("II")}, fs=FS)
    async with (
        serving(source) as served,
        looking(chromium, served.url, viewport=TALL) as look,
    ):
        await look.open("record=r&at=6000&paused=1&gain=5&look=1000&span=10")
        await look.until("paused")
        await look.page.keyboard.press("l")
        await look.page.get_by_role("button", name="Invert II").click()
        await look.page.get_by_label("II: times the gain").select_option("2")
        await look.page.keyboard.press("Escape")
        await expect(look.page.locator(".row-name")).to_have_text("II\u00d72, inverted")
        await seen(look)
        (baseline,) = await look.numbers("baselines")
        gutter = int(await look.number("gutter"))
        inked = [row for rows in (await look.inked(0, 2000))[gutter + 4 :] for row in rows]
        deep = 2 * 1.1 * await look.number("pxPerMv")
        assert max(inked) == pytest.approx(baseline + deep, abs=1.5)
        assert min(inked) == pytest.approx(baseline, abs=1.5)
