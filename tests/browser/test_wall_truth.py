"""What a wall says while its server is frozen, cut off, restarted or late: never that all is well.

How soon it shows the present again is measured by `make soak`.
"""

import asyncio
import signal
from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.async_api import expect

from ecgstream.viewer.clock import SystemClock
from tests.browser.walls import SMALL, WallPage, beats, hang, house, screen, source, wall
from tests.lines import line
from tests.serving import DATA, ServerProcess, serving, workers

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

OUTAGE_S = 10.0
LEFT_WITHIN_S = 2.0
NO_DATA_WITHIN_S = 5.0
NUMBERS_WITHIN_S = 3.0
NOTED_S = 0.1
"""How late a test sees what stands on the screen."""
NEAR_S = 0.6
"""How much longer or shorter a hole may be: what is on its way, and what is kept against its jitter."""

Tile = dict[str, str]
Noted = list[tuple[float, list[Tile]]]


@pytest.fixture
def walls(tmp_path, records):
    return hang(tmp_path / "walls.toml", wall(records, 8))


def first(noted: Noted, begun: float, holds: Callable[[Tile], bool]) -> float:
    """Return how long after `begun` (s) all tiles first held so."""
    return next(at - begun for at, tiles in noted if at >= begun and all(map(holds, tiles)))


def outage_was_told(noted: Noted, gone: float) -> None:
    """Check the first row of the table of truth; `gone`: when the last of it came."""
    assert first(noted, gone, lambda t: t["state"] != "REPLAY") <= LEFT_WITHIN_S + NOTED_S
    assert first(noted, gone, lambda t: t["state"] == "NO DATA") <= NO_DATA_WITHIN_S + NOTED_S
    assert first(noted, gone, lambda t: t["rate"] == "---") <= NUMBERS_WITHIN_S
    ages = [float(tiles[0]["age"]) for at, tiles in noted if at >= gone + NO_DATA_WITHIN_S]
    assert ages == sorted(ages)
    assert ages[-1] - ages[0] > 2


def nothing_went_back(noted: Noted) -> None:
    """Check that no picture ever stood earlier than before: nothing was shown twice."""
    for tile in range(len(noted[0][1])):
        places = [float(tiles[tile]["position"]) for _, tiles in noted]
        assert all(b >= a for a, b in pairwise(places))


class Outage:
    """What a screen shows from before an outage until after it, all by the screen's own clock (s)."""

    def __init__(self, look: WallPage) -> None:
        self.look = look
        self.wrong = 0.0
        """Since when at the latest nothing came."""
        self.back = 0.0
        """When what was wrong began to be made right."""
        self.noted: Noted = []

    async def begin(self, path: str = "/wall/ward") -> None:
        await self.look.begin(path)
        await self.look.page.evaluate("() => { window.same = true; }")
        await asyncio.sleep(1)
        await self.look.note()

    async def begun(self) -> None:
        """What was right is wrong now."""
        self.wrong = await self.look.now()

    async def ends(self) -> None:
        """What was wrong is about to be made right."""
        self.back = await self.look.now()

    async def over(self) -> None:
        """What was wrong is right again: check what has to be so after every outage."""
        await self.look.page.wait_for_timeout(500)
        # A line that was cut a moment ago leaves tiles REPLAY for two seconds: it has to stand again.
        await expect(self.look.page.locator("html")).to_have_attribute(
            "data-up", "true", timeout=10_000
        )
        await self.look.until("REPLAY")
        await asyncio.sleep(1)
        self.noted = await self.look.noted()
        nothing_went_back(self.noted)
        assert await self.look.page.evaluate("() => window.same"), "without a reload"
        await self.look.page.wait_for_function(
            "() => [...document.querySelectorAll('.tile')].every(({ dataset }) => Number(dataset.age) < 1)"
        )

    @property
    def before(self) -> Noted:
        return [one for one in self.noted if one[0] < self.back]

    @property
    def gone(self) -> float:
        """When the last sample before it came: the age that is told counts from there."""
        away = [(at, tiles) for at, tiles in self.before if tiles[0]["state"] != "REPLAY"]
        return min(at - float(tiles[0]["age"]) for at, tiles in away)

    async def left_a_hole(self) -> None:
        """Check that each is as wide as the time nothing came, and no wider than that seemed here.

        A busy machine shows late that there is a signal again: only the longest is known from that.
        """
        for number, tile in enumerate(await self.look.tiles()):
            stands = [(at, tiles[number]["state"] == "REPLAY") for at, tiles in self.noted]
            away = min(at for at, up in stands if not up)
            # Of its own return: a busy machine may be late again soon after it.
            returned = min(at for at, up in stands if up and at > away)
            longest = returned - self.gone
            assert self.back - self.wrong - NEAR_S <= float(tile["hole"]) <= longest + NEAR_S


@pytest.mark.xdist_group("workers")
async def test_a_server_that_is_frozen_or_cut_off_is_told_on_all_tiles_and_its_return_too(
    chromium, walls
):
    async def frozen(server: ServerProcess) -> None:
        async with screen(chromium, server.url, viewport=SMALL) as look:
            look.expected = ["WebSocket", "ERR_"]
            outage = Outage(look)
            await outage.begin()
            server.signal(signal.SIGSTOP)
            await asyncio.sleep(OUTAGE_S)
            await outage.ends()
            server.signal(signal.SIGCONT)
            await outage.over()
            outage_was_told(outage.before, outage.gone)

    async def swallowed(server: ServerProcess) -> None:
        async with (
            line(server.port) as laid,
            screen(chromium, laid.url, anew=True, viewport=SMALL) as look,
        ):
            look.expected = ["WebSocket", "ERR_"]
            outage = Outage(look)
            await outage.begin()
            laid.swallow()
            await outage.begun()
            await asyncio.sleep(OUTAGE_S)
            await outage.ends()
            laid.mend()
            await outage.over()
            outage_was_told(outage.before, outage.gone)
            await outage.left_a_hole()

    # Each with a server of its own; most of it is waiting, so both at once.
    options = f"--walls={walls}"
    with ServerProcess([DATA], options) as one, ServerProcess([DATA], options) as other:
        async with asyncio.TaskGroup() as group:
            group.create_task(frozen(one))
            group.create_task(swallowed(other))


@pytest.mark.xdist_group("workers")
async def test_after_a_restart_and_a_rolling_one_it_shows_the_present_without_a_reload(
    chromium, walls
):
    async def killed(server: ServerProcess) -> None:
        async with screen(chromium, server.url, viewport=SMALL) as look:
            look.expected = ["WebSocket", "ERR_CONNECTION_REFUSED"]
            outage = Outage(look)
            await outage.begin()
            boot = await look.root("boot")
            server.stop(signal.SIGKILL)
            await outage.begun()
            await asyncio.sleep(3)
            await outage.ends()
            await asyncio.to_thread(server.start)
            await outage.over()
            assert await look.root("boot") != boot
            await outage.left_a_hole()

    async def rolled(server: ServerProcess) -> None:
        async with screen(chromium, server.url, viewport=SMALL) as look:
            look.expected = ["WebSocket", "ERR_"]
            outage = Outage(look)
            await outage.begin()
            boot = await look.root("boot")
            before = workers(server.pid)
            server.signal(signal.SIGHUP)
            while set(before) & set(workers(server.pid)):
                await asyncio.sleep(0.1)
            await outage.ends()
            await outage.over()
            assert await look.root("boot") != boot

    options = f"--walls={walls}"
    several = (options, "--workers=2", "--metrics-port=0")
    with ServerProcess([DATA], options) as one, ServerProcess([DATA], *several) as other:
        async with asyncio.TaskGroup() as group:
            group.create_task(killed(one))
            group.create_task(rolled(other))


# Time goes on by an hour, on the screen as on the server, while the line is dead.
AN_HOUR_LATER = """
globalThis.skipped = 0;
const real = performance.now.bind(performance);
performance.now = () => real() + globalThis.skipped * 1000;
"""
HOUR_S = 3600.0


class SkippingClock(SystemClock):
    """A clock of the machine that can be led on."""

    skipped = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.skipped


async def test_after_an_hour_the_present_is_shown_and_the_hour_is_a_hole(chromium, tmp_path):
    made = source(a=beats(60), b=beats(47))
    file = hang(tmp_path / "walls.toml", wall(made.records(), 2))
    clock = SkippingClock()
    async with (
        serving(made, clock=clock, settings=house(file)) as served,
        line(served.port) as laid,
        screen(chromium, laid.url, scripts=[AN_HOUR_LATER], viewport=SMALL) as look,
    ):
        look.expected = ["WebSocket", "ERR_"]
        outage = Outage(look)
        # Without a worker, so that there is one clock for all that runs there.
        await outage.begin("/wall/ward?worker=0")
        laid.swallow()
        await outage.begun()
        await look.until("NO DATA")
        await look.page.evaluate(f"() => {{ globalThis.skipped = {HOUR_S}; }}")
        clock.skipped = HOUR_S
        await outage.ends()
        laid.mend()
        await outage.over()
        await outage.left_a_hole()
