"""A wall shows the present, whatever its screen was busy with and whatever its clocks say."""

import asyncio

import numpy as np
import pytest
from playwright.async_api import expect

from tests.browser.tabs import tabs
from tests.browser.walls import NOTING, SMALL, WallPage, beats, hang, house, screen, source, wall
from tests.serving import DATA, ServerProcess, serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


SKEW_S = 0.2
PRESENT_S = 0.6
"""How far behind another screen one may be that was just held up: the jitter buffer's most, and what
is told late."""


@pytest.fixture(scope="module")
def server(tmp_path_factory, records):
    walls = hang(tmp_path_factory.mktemp("walls") / "walls.toml", wall(records, 4))
    with ServerProcess([DATA], f"--walls={walls}") as process:
        yield process


@pytest.fixture(scope="module")
def rates(records) -> list[float]:
    """The sampling rate of each bed."""
    of = {record.record: record.fs for record in records}
    return [of[bed.record] for bed in wall(records, 4).beds]


def seconds(noted, tile: int, fs: float) -> np.ndarray:
    """Return what a tile showed: rows of when (s) and up to which moment of its record (s)."""
    return np.array([(at, float(tiles[tile]["position"]) / fs) for at, tiles in noted])


async def test_one_source_that_stops_is_told_on_its_tile_alone(chromium, tmp_path):
    stops = beats(12)
    stops[600:] = -32768
    made = source(goes=beats(12), stops=stops)
    file = hang(tmp_path / "walls.toml", wall(made.records(), 2))
    async with (
        serving(made, settings=house(file)) as served,
        screen(chromium, served.url, viewport=SMALL) as look,
    ):
        await look.open()
        await look.until("REPLAY", 0)
        await look.note()
        await look.until("NO DATA", 1)
        tiles = await look.tiles()
        assert tiles[1]["detail"] == "no signal"
        assert tiles[1]["rate"] == "---"
        await look.until("REPLAY", 1)
        noted = await look.noted()
        assert {tiles[0]["state"] for _, tiles in noted} == {"REPLAY"}
        for tile in (0, 1):
            assert (np.diff(seconds(noted, tile, 100)[:, 1]) >= 0).all()


async def apart(one: WallPage, other: WallPage, rates: list[float]) -> float:
    """Return by how much (s) two screens differ in what they show, in the tile that does most."""
    for look in (one, other):
        await look.note()
    await asyncio.sleep(2)
    ahead = []
    for look in (one, other):
        origin = await look.page.evaluate("() => performance.timeOrigin / 1000")
        noted = await look.noted()
        # What is told is up to a quarter of a second old: the newest that was told counts.
        told = [seconds(noted, tile, fs) for tile, fs in enumerate(rates)]
        ahead.append([(one[:, 1] - one[:, 0]).max() - origin for one in told])
    return float(np.abs(np.subtract(*ahead)).max())


async def test_two_screens_show_the_same_beat_at_the_same_moment(chromium, server, rates):
    async with (
        screen(chromium, server.url) as one,
        screen(chromium, server.url, viewport=SMALL) as other,
    ):
        for look in (one, other):
            await look.begin()
        await asyncio.sleep(2)
        assert await apart(one, other, rates) <= SKEW_S


PLACED = """[...document.querySelectorAll(".tile")].length > 0
    && [...document.querySelectorAll(".tile")].every(tile => tile.dataset.state === "REPLAY")"""


async def test_a_tab_that_was_hidden_or_frozen_shows_the_present_and_no_old_wave(
    chromium, server, rates
):
    async with (
        tabs(chromium, 3) as (hidden, frozen, beside),
        screen(chromium, server.url, viewport=SMALL) as other,
    ):
        await other.begin()
        for tab in (hidden, frozen):
            await tab.show()
            await tab.go(f"{server.url}/wall/ward", NOTING)
            await tab.until(PLACED)
            await tab.evaluate("note()")
        await beside.show()
        for tab in (hidden, frozen):
            await tab.until("document.visibilityState === 'hidden'")
        # A browser hides a tab long before it freezes it; at once, only a part of it would be.
        await asyncio.sleep(1)
        await frozen.freeze(frozen=True)
        await asyncio.sleep(8)
        await frozen.freeze(frozen=False)
        for tab in (hidden, frozen):
            await tab.show()
            await tab.until("document.visibilityState === 'visible'")
            back = await tab.evaluate("performance.now() / 1000")
            await tab.until(PLACED)
            await asyncio.sleep(1.5)
            told = seconds(await tab.evaluate("noted"), 0, rates[0])
            assert (np.diff(told[:, 1]) >= 0).all(), "nothing twice"
            if tab is frozen:
                assert np.diff(told[:, 0]).max() > 7, "it did nothing meanwhile"
            # What came meanwhile is passed over at once, and not played in haste.
            late = told[:, 0] - told[:, 1]
            # Where something else was told than just before: it gets older until then.
            fresh = np.r_[False, np.diff(told[:, 1]) > 0] & (told[:, 0] > back + 0.7)
            assert (late - late.min())[fresh].max() <= PRESENT_S
            await other.note()
            await asyncio.sleep(1)
            there = seconds(await other.noted(), 0, rates[0])
            origin = await tab.evaluate("performance.timeOrigin / 1000")
            theirs = await other.page.evaluate("() => performance.timeOrigin / 1000")
            ahead = (told[:, 1] - told[:, 0]).max() - origin
            assert abs(ahead - (there[:, 1] - there[:, 0]).max() + theirs) <= PRESENT_S


# At work on something else, again and again.
BUSY = """() => {
    const until = performance.now() + 3500;
    const work = () => {
        const end = performance.now() + 1400;
        while (performance.now() < end);
        if (performance.now() < until) setTimeout(work, 20);
    };
    work();
}"""


@pytest.mark.parametrize("where", ["worker", "page"])
async def test_a_screen_that_was_too_slow_drops_to_the_present_and_says_so(
    chromium, server, rates, where
):
    async with (
        screen(chromium, server.url, viewport=SMALL) as look,
        screen(chromium, server.url, viewport=SMALL) as other,
    ):
        await look.begin("/wall/ward" if where == "worker" else "/wall/ward?worker=0")
        await other.begin()
        await expect(look.page.locator("#slow")).to_be_hidden()
        await look.note()
        await (look.page.workers[0] if where == "worker" else look.page).evaluate(BUSY)
        await expect(look.page.locator("#slow")).to_be_visible()
        await asyncio.sleep(4)
        await look.until("REPLAY")
        assert (np.diff(seconds(await look.noted(), 0, 1)[:, 1]) >= 0).all()
        assert await apart(look, other, rates) <= PRESENT_S
        assert look.loads == 1


# The clock on the wall can be led on or back; it is asked nowhere but here.
STEPPED = """() => {
    const Real = Date;
    globalThis.ahead = 0;
    globalThis.Date = class extends Real {
        constructor(...said) { if (said.length) super(...said); else super(Real.now() + globalThis.ahead); }
        static now() { return Real.now() + globalThis.ahead; }
    };
}"""


@pytest.mark.parametrize("where", ["worker", "page"])
async def test_steps_of_the_wall_clock_and_summer_time_change_nothing(
    chromium, server, rates, where
):
    async with screen(chromium, server.url, viewport=SMALL) as look:
        await look.begin("/wall/ward" if where == "worker" else "/wall/ward?worker=0")
        assert await look.root("where") == where
        threads = [look.page, *look.page.workers]
        assert len(threads) == (2 if where == "worker" else 1)
        for thread in threads:
            await thread.evaluate(STEPPED)
        session = await look.page.context.new_cdp_session(look.page)
        await session.send("Emulation.setTimezoneOverride", {"timezoneId": "Europe/Berlin"})
        begun = await look.note()
        for step in (3_600_000, -3_600_000, 0):
            for thread in threads:
                await thread.evaluate(f"() => {{ globalThis.ahead = {step}; }}")
            await asyncio.sleep(1)
        # As summer time begins and ends: the same moment is another hour.
        for zone in ("Europe/London", "Europe/Berlin"):
            before = await look.page.evaluate("() => new Date().getHours()")
            await session.send("Emulation.setTimezoneOverride", {"timezoneId": zone})
            assert await look.page.evaluate("() => new Date().getHours()") != before
            await asyncio.sleep(1)
        noted = await look.noted()
        assert noted[-1][0] - begun > 4
        assert {tile["state"] for _, tiles in noted for tile in tiles} == {"REPLAY"}
        assert {tile["hole"] for _, tiles in noted for tile in tiles} == {"0.00"}
        for tile, fs in enumerate(rates):
            went = np.diff(seconds(noted, tile, fs), axis=0)
            assert (went[:, 1] >= 0).all()
            # Told four times a second, and never a jump.
            assert (went[:, 1] - went[:, 0]).max() <= 0.5
        # The time zone is the page's own again.
        await session.detach()
