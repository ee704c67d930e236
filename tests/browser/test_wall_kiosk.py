"""A screen that nobody sits at: full, awake, dark at night, without a cursor, and never burnt in."""

import asyncio
from datetime import UTC, datetime

import pytest
from playwright.async_api import expect

from ecgstream.model.wall import Dim
from tests.browser.tabs import tabs
from tests.browser.walls import SMALL, hang, screen, wall
from tests.serving import DATA, ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SHOWN = "document.querySelector('.tile')?.dataset.state === 'REPLAY'"
TENDED_S = 12
"""A little more than the time between two looks at the clock."""


@pytest.fixture(scope="module")
def server(tmp_path_factory, records):
    file = hang(
        tmp_path_factory.mktemp("walls") / "walls.toml",
        wall(records, 2),
        wall(records, 1, name="night", dim=Dim("22:00", "06:00", 0.4)),
        wall(records, 1, name="small-hours", dim=Dim("02:00", "02:30", 0.4)),
    )
    with ServerProcess([DATA], f"--walls={file}") as process:
        yield process


async def test_a_click_or_f_makes_it_full_and_f_takes_it_back(chromium, server):
    full = "() => document.fullscreenElement === document.documentElement"
    async with screen(chromium, server.url, viewport=SMALL) as look:
        await look.begin()
        await look.page.locator(".tile").first.click()
        await look.page.wait_for_function(full)
        await look.page.keyboard.press("f")
        await look.page.wait_for_function("() => document.fullscreenElement === null")
        await look.page.keyboard.press("f")
        await look.page.wait_for_function(full)
        await look.until("REPLAY")


async def test_the_lock_on_sleep_is_taken_again_after_the_tab_was_hidden(chromium, server):
    taken = "document.documentElement.dataset.awake"
    async with tabs(chromium, 2) as (tab, beside):
        await tab.show()
        await tab.go(f"{server.url}/wall/ward")
        await tab.until(SHOWN)
        await tab.until(f"{taken} === '1'")
        await beside.show()
        await tab.until("document.visibilityState === 'hidden'")
        assert await tab.evaluate(taken) == "1"
        await tab.show()
        await tab.until(f"{taken} === '2'")


async def test_the_cursor_goes_and_comes_back_with_the_mouse(chromium, server):
    cursor = "() => getComputedStyle(document.querySelector('.tile')).cursor"
    async with screen(chromium, server.url, viewport=SMALL) as look:
        await look.begin()
        await look.page.mouse.move(100, 100)
        assert await look.page.evaluate(cursor) != "none"
        await look.page.wait_for_function(f"() => ({cursor})() === 'none'")
        await look.page.mouse.move(120, 100)
        assert await look.page.evaluate(cursor) != "none"


# The clock on the wall stands where a test says, and goes on.
AT = """
const Real = Date;
globalThis.ahead = %d - Real.now();
globalThis.Date = class extends Real {
    constructor(...said) { if (said.length) super(...said); else super(Real.now() + globalThis.ahead); }
    static now() { return Real.now() + globalThis.ahead; }
};
"""
SUMMER_ENDS, SUMMER_BEGINS = (2026, 10, 25), (2026, 3, 29)


@pytest.mark.parametrize(
    ("name", "moments"),
    [
        # In Berlin, an hour or two ahead of UTC. Through midnight:
        ("night", [((2026, 11, 25, 20, 59), 1), ((2026, 11, 25, 23, 30), 0.4), ((2026, 11, 26, 5, 0), 1)]),
        # The hour that is there twice is dark twice.
        ("small-hours", [((*SUMMER_ENDS, 0, 15), 0.4), ((*SUMMER_ENDS, 0, 45), 1), ((*SUMMER_ENDS, 1, 15), 0.4)]),
        # Of the one that is left out no night stays behind.
        ("small-hours", [((*SUMMER_BEGINS, 0, 59), 1), ((*SUMMER_BEGINS, 1, 0), 1)]),
    ],
)  # fmt: skip
async def test_night_goes_by_the_clock_of_the_screen(chromium, server, name, moments):
    async def looked_at(moment: tuple[int, ...], brightness: float) -> None:
        at = datetime(*moment, tzinfo=UTC).timestamp() * 1000
        berlin = {"viewport": SMALL, "timezone_id": "Europe/Berlin"}
        async with screen(chromium, server.url, scripts=[AT % (at + 1000)], **berlin) as look:
            await look.open(f"/wall/{name}")
            await look.counted(1)
            await expect(look.page.locator("#screen")).to_have_css("opacity", str(brightness))

    async with asyncio.TaskGroup() as group:
        for moment, brightness in moments:
            group.create_task(looked_at(moment, brightness))


async def test_a_screen_that_is_left_alone_dims_in_time_and_moves_a_little(chromium, server):
    at = datetime(2026, 11, 25, 20, 59, 58, tzinfo=UTC).timestamp() * 1000
    later = """const real = performance.now.bind(performance);
        globalThis.skipped = 0;
        performance.now = () => real() + globalThis.skipped;"""
    berlin = {"viewport": SMALL, "timezone_id": "Europe/Berlin"}
    async with screen(chromium, server.url, scripts=[AT % at, later], **berlin) as look:
        await look.begin("/wall/night")
        shown = look.page.locator("#screen")
        box = "() => document.querySelector('#screen').getBoundingClientRect().x"
        before = await look.page.evaluate(box)
        await look.page.evaluate("() => { globalThis.skipped = 3 * 60_000; }")
        await expect(shown).to_have_css("opacity", "0.4", timeout=TENDED_S * 1000)
        # The night may have begun before the clock was moved on: the next look sees that.
        await look.page.wait_for_function(
            f"before => ({box})() !== before", arg=before, timeout=TENDED_S * 1000
        )
        moved = abs(await look.page.evaluate(box) - before)
        assert 0 < moved <= 4
        # Nothing of it has left the glass.
        for part in (".tile", ".wall__notice", "#title"):
            await expect(look.page.locator(part).first).to_be_in_viewport(ratio=1)
        await expect(look.page.locator("#still")).to_be_hidden()
        assert look.loads == 1
