"""A wall that is left open for weeks: faults of the page, new versions, other beds."""

import asyncio
from dataclasses import replace

import pytest
from playwright.async_api import expect

from tests.browser.walls import SMALL, WallPage, beats, hang, house, screen, source, wall
from tests.lines import line
from tests.serving import DATA, ServerProcess, serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SAID_WITHIN_S = 2.0
"""How soon it is said that the picture stands still; the brief of a wall."""

HANGS = "() => { for (;;); }"
THROWS = "() => { setTimeout(() => { throw new Error('broken'); }); }"
ENDS = "() => { self.close(); }"


@pytest.fixture(scope="module")
def server(tmp_path_factory, records):
    walls = hang(tmp_path_factory.mktemp("walls") / "walls.toml", wall(records, 2))
    with ServerProcess([DATA], f"--walls={walls}") as process:
        yield process


async def loaded_again_once(look: WallPage, fault, why: str) -> None:
    """Check that the page begins again after `fault`, says so, and does not a second time."""
    await look.begin()
    await asyncio.sleep(1)
    doing = asyncio.ensure_future(fault(look))
    await expect(look.page.locator("#again")).to_contain_text(why, timeout=20_000)
    await look.until("REPLAY")
    assert look.loads == 2
    await asyncio.gather(doing, return_exceptions=True)
    await asyncio.sleep(1)
    doing = asyncio.ensure_future(fault(look))
    # Longer than it took the first time.
    await asyncio.sleep(8)
    assert look.loads == 2
    doing.cancel()
    await look.page.goto("about:blank")


async def test_a_page_that_fails_is_loaded_again_once_and_says_so(chromium, server):
    async def in_worker(look: WallPage, script: str) -> None:
        await look.page.workers[0].evaluate(script)

    async def hangs(look: WallPage) -> None:
        if look.loads == 1:
            begun = asyncio.get_running_loop().time()
            task = asyncio.ensure_future(in_worker(look, HANGS))
            still = look.page.locator("#still")
            await expect(still).to_contain_text("THE PICTURE STANDS STILL")
            assert asyncio.get_running_loop().time() - begun <= SAID_WITHIN_S + 0.2
            await task
        else:
            await in_worker(look, HANGS)

    async def throws(look: WallPage) -> None:
        await in_worker(look, THROWS)

    async def ends(look: WallPage) -> None:
        await in_worker(look, ENDS)

    async def page_throws(look: WallPage) -> None:
        await look.page.evaluate(THROWS)

    async def one(fault, why: str) -> None:
        async with screen(chromium, server.url, viewport=SMALL) as look:
            look.expected = ["broken"]
            await loaded_again_once(look, fault, why)

    async with asyncio.TaskGroup() as group:
        for fault, why in (
            (hangs, "the picture stood still"),
            (ends, "the picture stood still"),
            (throws, "the page failed: Uncaught Error: broken"),
            (page_throws, "the page failed: Uncaught Error: broken"),
        ):
            group.create_task(one(fault, why))


async def test_a_newer_version_loads_the_page_again_once_at_a_quiet_moment(
    chromium, monkeypatch, tmp_path
):
    made = source(a=beats(60))
    settings = house(hang(tmp_path / "walls.toml", wall(made.records(), 1)))
    async with serving(made, settings=settings) as old:
        monkeypatch.setattr("ecgstream.web.app.version", lambda _: "9.9.9")
        async with (
            serving(made, settings=settings) as new,
            line(old.port) as laid,
            screen(chromium, laid.url, anew=True, viewport=SMALL) as look,
        ):
            look.expected = ["WebSocket", "ERR_"]
            await look.begin()
            laid.to = new.port
            laid.cut()
            await look.page.wait_for_function(
                "() => document.documentElement.dataset.server === 'ecgstream 9.9.9'"
            )
            came = await look.now()
            async with look.page.expect_event("load", timeout=60_000):
                await look.page.evaluate(
                    "addEventListener('pagehide', () => sessionStorage.left = performance.now() / 1000)"
                )
            left = await look.page.evaluate("() => Number(sessionStorage.left)")
            # Half a minute in which all is well.
            assert left - came > 25
            await look.until("REPLAY")
            # As in a rolling upgrade, where both answer by turns.
            for to in (old, new):
                laid.to = to.port
                laid.cut()
                await asyncio.sleep(3)
            await look.until("REPLAY")
            # Longer than it took the first time.
            await asyncio.sleep(33)
            assert look.loads == 2


async def test_a_change_of_the_wall_is_taken_over_without_a_reload(chromium, records, tmp_path):
    before = wall(records, 4)
    file = hang(tmp_path / "walls.toml", before)
    with ServerProcess([DATA], f"--walls={file}") as server:
        async with screen(chromium, server.url, viewport=SMALL) as look:
            await look.begin()
            places = [float(tile["position"]) for tile in await look.tiles()]
            # One is where it was, two change places, one is gone, and two come.
            kept, one, other, _, *new = wall(records, 6).beds
            hang(file, replace(before, title="Other", beds=(kept, other, one, *new)))
            await look.counted(5)
            await look.until("REPLAY")
            await expect(look.page.locator("#title")).to_have_text("Other")
            said = [await tile.text_content() for tile in await look.page.locator(".tile").all()]
            labels = [words.split(",")[0] for words in said]
            assert labels == ["Bed 1", "Bed 3", "Bed 2", "Bed 5", "Bed 6"]
            assert float((await look.tiles())[0]["position"]) > places[0]
            # Taken down, it shows nothing that could be taken for it.
            hang(file, replace(before, name="other"))
            look.expected = ["status of 404", "WebSocket"]
            message = look.page.locator("#message")
            await expect(message).to_contain_text("There is no wall ward", timeout=15_000)
            assert await look.tiles() == []
            hang(file, before)
            await look.until("REPLAY")
            await expect(message).to_be_hidden()
            assert look.loads == 1
