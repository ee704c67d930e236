"""What stands on a wall, for whoever passes by: what it is, how large, whose, and where it leads."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.browser.pictures import inked, picture
from tests.browser.walls import SCREEN, SMALL, hang, screen, wall
from tests.serving import DATA, HANGS_S, ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

COUNTS = (1, 2, 3, 4, 5, 6, 7, 8, 16, 36)
NUMERAL_MM = 23
"""What is read at 4 m."""

# A screen of 24 inches, measured as a person does with a card.
MEASURED = """localStorage.setItem("ecgstream.screen", JSON.stringify({
    pxPerMm: 1920 / 531, width: screen.width * devicePixelRatio, height: screen.height * devicePixelRatio,
}))"""


@pytest.fixture(scope="module")
def server(tmp_path_factory, records):
    walls = [wall(records, count, name=f"ward-{count}") for count in COUNTS]
    walls.append(wall(records, 4, name="private", privacy=True))
    file = hang(tmp_path_factory.mktemp("walls") / "walls.toml", *walls)
    with ServerProcess([DATA], f"--walls={file}") as process:
        yield process


@pytest.mark.parametrize("where", ["worker", "page"])
@pytest.mark.parametrize("count", [1, 8, 36])
async def test_every_wall_says_what_it_is_not(chromium, server, where, count):
    async with screen(chromium, server.url) as look:
        await look.begin(f"/wall/ward-{count}" + ("" if where == "worker" else "?worker=0"))
        assert await look.root("where") == where
        notice = look.page.get_by_text("not a medical device, not an alarm system")
        await expect(notice).to_be_in_viewport(ratio=1)
        assert len(await look.tiles()) == count


async def test_numerals_are_large_enough_for_four_metres(chromium, server):
    async with screen(chromium, server.url, scripts=[MEASURED], screen=SCREEN) as look:
        for count in range(1, 9):
            await look.open(f"/wall/ward-{count}")
            await look.counted(count)
            await look.page.wait_for_function(
                "least => Number(document.documentElement.dataset.numeral) >= least", arg=NUMERAL_MM
            )


async def test_enter_and_a_double_click_open_the_viewer_and_back_leads_here(
    chromium, records, server
):
    beds = wall(records, 4).beds
    async with screen(chromium, server.url, viewport=SMALL) as look:
        await look.begin("/wall/ward-4")
        for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
            await look.page.keyboard.press(key)
        sample = int((await look.tiles())[3]["sample"])
        await look.page.keyboard.press("Enter")
        await look.page.wait_for_url("**/review?**")
        found = re.search(r"record=([^&]+).*&at=(\d+)", look.page.url)
        assert found
        assert found[1] == beds[3].record
        fs = next(record.fs for record in records if record.record == beds[3].record)
        assert 0 <= int(found[2]) - sample < 20 * fs
        await look.page.go_back()
        await look.until("REPLAY")
        await look.page.locator(".tile").first.dblclick()
        await look.page.wait_for_url(f"**/review?record={beds[0].record}**")
        # On the same paper.
        assert look.page.url.endswith("&mode=calibrated&paper=25&gain=10")


async def test_a_wall_tried_out_shows_its_toml_and_one_that_cannot_be_says_why(chromium, server):
    async with screen(chromium, server.url, viewport=SMALL) as look:
        await look.open("/wall?beds=100-pq:MLII;207-pq&title=<b>Mine")
        await expect(look.page.locator("#toml")).to_contain_text('title = "<b>Mine"')
        await expect(look.page.locator("#toml")).to_be_visible()
        await look.page.keyboard.press("Escape")
        await look.until("REPLAY")
        look.expected = ["status of 422"]
        await look.open("/wall?beds=100-pq;nobody")
        await expect(look.page.locator("#message")).to_contain_text("no record 'nobody'")


async def test_private_a_wall_names_beds_alone(chromium, records, server):
    async with screen(chromium, server.url, viewport=SMALL) as look:
        await look.begin("/wall/private")
        said = await look.words() + await look.page.content()
        assert "Bed 4" in said
        assert "PX-" not in said
        assert all(one.record not in said for one in records)
        await look.page.locator(".tile").first.dblclick()
        await expect(look.page.locator("#said")).to_contain_text("Names are hidden here")
        assert look.page.url.endswith("/wall/private")


async def test_names_can_be_hidden_by_a_key_and_by_the_address(chromium, server):
    async with screen(chromium, server.url, viewport=SMALL) as look:

        async def names() -> int:
            """Return how much lettering there is at the left of a tile, in pixels."""
            taken = await picture(look.page)
            quiet = await inked(look.page, taken, "--quiet", 40)
            return int(quiet[:, : quiet.shape[1] // 2].sum())

        async def comes_to(fits) -> int:
            """Wait until what is written fits."""
            async with asyncio.timeout(HANGS_S):
                while not fits(written := await names()):
                    await asyncio.sleep(0.1)
            return written

        await look.begin("/wall/ward-4")
        await look.painted()
        named = await names()
        await look.page.keyboard.press("p")
        await expect(look.page.locator("#said")).to_have_text("Names are hidden")
        hidden = await comes_to(lambda written: written < named * 0.85)
        await look.page.keyboard.press("p")
        await expect(look.page.locator("#said")).to_contain_text("Names are shown")
        await comes_to(lambda written: written == pytest.approx(named, rel=0.05))
        await look.begin("/wall/ward-4?privacy=1")
        await comes_to(lambda written: written == pytest.approx(hidden, rel=0.05))
