"""The ward wall in a real Chromium against a real server that is really stopped."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from ecgstream.model.record import Lead, Record
from ecgstream.storage.catalog import scan
from ecgstream.storage.memory import MemorySource
from tests.browser.chromium import find
from tests.browser.walls import WallPage, line, screen, wall
from tests.serving import DATA, ServerProcess, serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

OUTAGE_S = 10.0
LEFT_WITHIN_S = 2.0
NO_DATA_WITHIN_S = 5.0
NUMBERS_WITHIN_S = 3.0
BACK_WITHIN_S = 5.0
NOTED_S = 0.1
"""How late a test sees what stands on the screen."""


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """The records served, those with a long signal first."""
    return sorted(scan([str(DATA)]).records(), key=lambda r: -r.leads[0].length / r.leads[0].fs)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        yield browser
        await browser.close()


def first(noted: list[Any], begun: float, holds: Any) -> float:
    """Return how long after `begun` (s) all tiles first held so."""
    return next(at - begun for at, tiles in noted if at >= begun and all(map(holds, tiles)))


def outage_was_told(noted: list[Any], begun: float) -> None:
    """Check the first row of the table of truth."""
    assert first(noted, begun, lambda t: t["state"] != "REPLAY") <= LEFT_WITHIN_S + NOTED_S
    assert first(noted, begun, lambda t: t["state"] == "NO DATA") <= NO_DATA_WITHIN_S + NOTED_S
    assert first(noted, begun, lambda t: t["rate"] == "---") <= NUMBERS_WITHIN_S
    ages = [float(tiles[0]["age"]) for at, tiles in noted if at >= begun + NO_DATA_WITHIN_S]
    assert ages == sorted(ages)
    assert ages[-1] - ages[0] > 2


def nothing_went_back(noted: list[Any]) -> None:
    """Check that no picture ever stood earlier than before: nothing was shown twice."""
    for tile in range(len(noted[0][1])):
        places = [float(tiles[tile]["position"]) for _, tiles in noted]
        assert all(b >= a for a, b in zip(places, places[1:], strict=False))


async def test_a_frozen_server_is_told_on_all_tiles_and_its_return_too(chromium, records):
    with ServerProcess() as server:
        async with screen(chromium, server.url, wall(records)) as look:
            await look.open()
            await look.until("REPLAY")
            await look.page.evaluate("() => { window.same = true; }")
            await asyncio.sleep(1)
            begun = await look.note()
            server.signal(signal.SIGSTOP)
            await asyncio.sleep(OUTAGE_S)
            server.signal(signal.SIGCONT)
            back = await look.page.evaluate("() => performance.now() / 1000")
            await look.until("REPLAY")
            await asyncio.sleep(1)
            noted = await look.noted()
            outage_was_told([one for one in noted if one[0] < back], begun)
            assert first(noted, back, lambda t: t["state"] == "REPLAY") <= BACK_WITHIN_S
            nothing_went_back(noted)
            assert await look.page.evaluate("() => window.same")


async def test_a_line_that_swallows_everything_leaves_a_hole_of_its_true_length(chromium, records):
    with ServerProcess() as server:
        async with (
            line(server.port) as laid,
            screen(chromium, laid.url, wall(records)) as look,
        ):
            look.expected = ["WebSocket", "ERR_"]
            await look.open()
            await look.until("REPLAY")
            await asyncio.sleep(1)
            begun = await look.note()
            laid.swallow()
            await asyncio.sleep(OUTAGE_S)
            laid.mend()
            back = await look.page.evaluate("() => performance.now() / 1000")
            await look.until("REPLAY")
            await asyncio.sleep(1)
            noted = await look.noted()
            outage_was_told([one for one in noted if one[0] < back], begun)
            took = first(noted, back, lambda t: t["state"] == "REPLAY")
            assert took <= BACK_WITHIN_S
            nothing_went_back(noted)
            for tile in await look.tiles():
                # From the last sample that came to the first after it.
                assert float(tile["hole"]) == pytest.approx(back - begun + took, abs=0.6)


async def test_after_a_restart_it_shows_the_present_without_a_reload(chromium, records):
    with ServerProcess() as server:
        async with screen(chromium, server.url, wall(records)) as look:
            look.expected = ["WebSocket", "ERR_CONNECTION_REFUSED"]
            await look.open()
            await look.until("REPLAY")
            await look.page.evaluate("() => { window.same = true; }")
            boot = await look.root("boot")
            begun = await look.note()
            server.stop(signal.SIGKILL)
            await asyncio.sleep(3)
            server.start()
            back = await look.page.evaluate("() => performance.now() / 1000")
            await look.until("REPLAY")
            await asyncio.sleep(1)
            noted = await look.noted()
            took = first(noted, back, lambda t: t["state"] == "REPLAY")
            assert took <= BACK_WITHIN_S
            nothing_went_back(noted)
            assert await look.root("boot") != boot
            assert await look.page.evaluate("() => window.same")
            for tile in await look.tiles():
                assert float(tile["hole"]) == pytest.approx(back - begun + took, abs=0.6)


def source(**samples: np.ndarray) -> MemorySource:
    """Return a source of one-lead records at 100 Hz, int16 in 1/1000 mV; -32768 = missing."""
    made = MemorySource()
    for name, values in samples.items():
        lead = Lead(
            "II", unit="mV", gain=1000.0, baseline=0.0, fs=100.0, length=len(values),
            dtypes=("i2",), kind="ecg",
        )  # fmt: skip
        made.add(Record(name, "p", (lead,), None, None, None, None), {"II": values})
    return made


def beats(seconds: int) -> np.ndarray:
    """Return a peak of 1 mV a second, at 100 Hz."""
    at = np.arange(seconds * 100) % 100
    return (1000 * np.clip(1 - np.abs(at - 50) / 5, 0, 1)).astype(np.int16)


async def test_one_source_that_stops_is_told_on_its_tile_alone(chromium):
    stops = beats(24)
    stops[1200:] = -32768
    made = source(goes=beats(24), stops=stops)
    async with serving(made) as served:
        plan = wall(made.records(), 2)
        async with screen(chromium, served.url, plan) as look:
            await look.open()
            await look.until("REPLAY")
            await look.note()
            await look.until("NO DATA", 1)
            tiles = await look.tiles()
            assert tiles[0]["state"] == "REPLAY"
            assert tiles[1]["detail"] == "no signal"
            assert tiles[1]["rate"] == "---"
            await look.until("REPLAY", 1)
            assert {tiles[0]["state"] for _, tiles in await look.noted()} == {"REPLAY"}
            nothing_went_back(await look.noted())


async def test_two_screens_show_the_same_beat_at_the_same_moment(chromium, records, server):
    plan = wall(records)
    async with (
        screen(chromium, server.url, plan) as one,
        screen(chromium, server.url, plan, viewport={"width": 1280, "height": 720}) as other,
    ):
        for look in (one, other):
            await look.open()
        for look in (one, other):
            await look.until("REPLAY")
        await asyncio.sleep(3)
        # The two pages' own clocks, on one scale.
        read = """() => [performance.timeOrigin + performance.now(),
            [...document.querySelectorAll(".tile")].map(one => [Number(one.dataset.position)])]"""
        apart = []
        for _ in range(20):
            (at, here), (later, there) = await asyncio.gather(
                one.page.evaluate(read), other.page.evaluate(read)
            )
            apart += [
                abs((b[0] - a[0]) / bed["fs"] - (later - at) / 1000)
                for a, b, bed in zip(here, there, plan["beds"], strict=True)
            ]
            await asyncio.sleep(0.1)
        # What is told is up to a quarter of a second old: told apart, shown together.
        assert np.median(apart) <= 0.2
        assert np.percentile(apart, 95) <= 0.45


async def test_a_page_that_was_frozen_shows_the_present_and_no_old_wave(chromium, records, server):
    async with screen(chromium, server.url, wall(records, 4)) as look:
        look.expected = ["WebSocket"]
        await look.open()
        await look.until("REPLAY")
        session = await look.page.context.new_cdp_session(look.page)
        await look.note()
        await session.send("Page.setWebLifecycleState", {"state": "frozen"})
        await asyncio.sleep(8)
        await session.send("Page.setWebLifecycleState", {"state": "active"})
        await asyncio.sleep(3)
        await look.until("REPLAY")
        nothing_went_back(await look.noted())
        for tile in await look.tiles():
            assert float(tile["age"]) < 1


async def test_a_hanging_worker_is_told_and_the_page_loaded_again_once(chromium, records, server):
    async with screen(chromium, server.url, wall(records, 4)) as look:
        await look.open()
        await look.until("REPLAY")
        await asyncio.sleep(1)
        loads = 0

        def loaded(_: Any) -> None:
            nonlocal loads
            loads += 1

        look.page.on("load", loaded)
        begun = asyncio.get_running_loop().time()
        hanging = asyncio.ensure_future(look.page.workers[0].evaluate("() => { for (;;); }"))
        await expect(look.page.locator("#still")).to_be_visible()
        assert asyncio.get_running_loop().time() - begun <= 2.2
        await expect(look.page.locator("#still")).to_contain_text("STANDS STILL")
        await expect(look.page.locator("#again")).to_be_visible()
        await look.until("REPLAY")
        assert loads == 1
        await expect(look.page.locator("#again")).to_contain_text("the picture stood still")
        await asyncio.gather(hanging, return_exceptions=True)
        await asyncio.sleep(1)
        hanging = asyncio.ensure_future(look.page.workers[0].evaluate("() => { for (;;); }"))
        await expect(look.page.locator("#still")).to_be_visible()
        await asyncio.sleep(7)
        assert loads == 1
        await expect(look.page.locator("#still")).to_be_visible()
        hanging.cancel()
        await look.page.goto("about:blank")


async def test_a_newer_version_loads_the_page_again_once_at_a_quiet_moment(
    chromium, monkeypatch, records
):
    made = source(a=beats(60))
    async with serving(made) as old:
        monkeypatch.setattr("ecgstream.web.app.version", lambda _: "9.9.9")
        async with (
            serving(made) as new,
            line(old.port) as laid,
            screen(chromium, laid.url, wall(made.records(), 1)) as look,
        ):
            look.expected = ["WebSocket", "ERR_"]
            await look.open()
            await look.until("REPLAY")
            await look.page.evaluate("() => { window.same = true; }")
            laid.to = new.port
            laid.cut()
            await asyncio.sleep(15)
            assert await look.root("server") == "ecgstream 9.9.9"
            assert await look.page.evaluate("() => window.same === true")
            await look.page.wait_for_function("() => window.same !== true", timeout=60_000)
            await look.until("REPLAY")
            await look.page.evaluate("() => { window.same = true; }")
            laid.to = old.port
            laid.cut()
            await asyncio.sleep(3)
            laid.to = new.port
            laid.cut()
            await asyncio.sleep(35)
            assert await look.page.evaluate("() => window.same")


async def test_a_change_of_the_wall_is_taken_over_without_a_reload(chromium, records, server):
    plan = wall(records, 4)
    async with screen(chromium, server.url, plan) as look:
        await look.open()
        await look.until("REPLAY")
        await look.page.evaluate("() => { window.same = true; }")
        places = [float(tile["position"]) for tile in await look.tiles()]
        plan |= wall(records, 6, title="Other", version="1" * 16)
        await look.page.wait_for_function(
            "() => document.querySelectorAll('.tile').length === 6", timeout=20_000
        )
        await look.until("REPLAY")
        await expect(look.page.locator("#title")).to_have_text("Other")
        assert await look.page.evaluate("() => window.same")
        after = [float(tile["position"]) for tile in await look.tiles()]
        assert all(b > a for a, b in zip(places, after, strict=False))


@pytest.mark.parametrize("where", ["worker", "page"])
@pytest.mark.parametrize("count", [1, 8, 36])
async def test_every_wall_says_what_it_is_not(chromium, records, server, where, count):
    async with screen(chromium, server.url, wall(records, count)) as look:
        await look.open("" if where == "worker" else "?worker=0")
        await look.until("REPLAY")
        assert await look.root("where") == where
        notice = look.page.get_by_text("not a medical device, not an alarm system")
        await expect(notice).to_be_in_viewport(ratio=1)
        assert len(await look.tiles()) == count


MEASURED = """() => localStorage.setItem("ecgstream.screen", JSON.stringify({
    pxPerMm: 1920 / 531, width: screen.width * devicePixelRatio, height: screen.height * devicePixelRatio,
}))"""


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 8])
async def test_numerals_are_large_enough_for_four_metres(chromium, records, server, count):
    async with screen(chromium, server.url, wall(records, count), screen=SCREEN_24) as look:
        await look.page.goto(server.url)
        await look.page.evaluate(MEASURED)
        await look.open()
        await look.until("REPLAY")
        assert float(await look.root("numeral")) >= 23


SCREEN_24 = {"width": 1920, "height": 1080}


async def test_enter_and_a_double_click_open_the_viewer_and_back_leads_here(
    chromium, records, server
):
    plan = wall(records, 4)
    async with screen(chromium, server.url, plan) as look:
        await look.open()
        await look.until("REPLAY")
        await look.page.keyboard.press("ArrowRight")
        await look.page.keyboard.press("ArrowRight")
        await look.page.keyboard.press("ArrowDown")
        sample = int((await look.tiles())[3]["sample"])
        await look.page.keyboard.press("Enter")
        await look.page.wait_for_url("**/review?**")
        wanted = plan["beds"][3]["record"]
        found = re.search(r"record=([^&]+).*&at=(\d+)", look.page.url)
        assert found
        assert found[1] == wanted
        assert 0 <= int(found[2]) - sample < 20 * plan["beds"][3]["fs"]
        await look.page.go_back()
        await look.until("REPLAY")
        await look.page.locator(".tile").first.dblclick()
        await look.page.wait_for_url(f"**/review?record={plan['beds'][0]['record']}**")


async def test_a_screen_that_may_only_show_its_wall_stays_there(chromium, records, server):
    async with screen(chromium, server.url, wall(records, 4)) as look:
        look.expected = ["403"]
        await look.page.context.route(
            "**/api/v1/records/*", lambda route: route.fulfill(status=403, json={})
        )
        await look.open()
        await look.until("REPLAY")
        await look.page.locator(".tile").first.dblclick()
        await expect(look.page.locator("#said")).to_contain_text("cannot be opened")
        assert "/wall/" in look.page.url


async def test_a_wall_tried_out_shows_its_toml(chromium, records, server):
    plan = wall(records, 2, name=None, toml='[walls.NAME]\ntitle = "<b>"\n')
    async with screen(chromium, server.url, plan) as look:
        await look.open("?beds=100-pq;207-pq", path="/wall")
        await expect(look.page.locator("#toml")).to_contain_text('title = "<b>"')
        await look.page.keyboard.press("Escape")
        await look.until("REPLAY")


async def test_a_wall_that_is_not_there_is_said_and_asked_for_again(chromium, records, server):
    async with screen(chromium, server.url, wall(records, 1)) as look:
        look.expected = ["404"]
        missing = re.compile(r".*/api/v1/walls/ward$")
        await look.page.route(missing, lambda route: route.fulfill(status=404, json={}))
        await look.open()
        await expect(look.page.locator("#message")).to_contain_text("There is no wall ward")
        await look.page.unroute(missing)
        await look.until("REPLAY")
        await expect(look.page.locator("#message")).to_be_hidden()


async def texts(look: WallPage) -> str:
    return await look.page.evaluate("() => document.body.innerText")


async def test_private_a_wall_names_beds_alone(chromium, records, server):
    async with screen(chromium, server.url, wall(records, 4, privacy=True)) as look:
        await look.open()
        await look.until("REPLAY")
        said = await texts(look)
        assert "PX-" not in said
        assert all(one.record not in said for one in records)
