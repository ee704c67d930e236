"""A screen with a token of its own: how it comes in, what it may, what it says when it may no more."""

import asyncio
import time
from pathlib import Path
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import expect

from ecgstream.web.codes import CodeFile
from ecgstream.web.tokens import make_token, screen_token
from tests.browser.walls import SMALL, WallPage, beats, hang, house, screen, source, wall
from tests.serving import Served, serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

REFUSED = ["status of 401", "status of 403", "status of 404", "WebSocket"]


class House:
    """A server with tokens and walls, and their files."""

    def __init__(self, folder: Path) -> None:
        made = source(a=beats(60), b=beats(47))
        self.source = made
        self.plan = wall(made.records(), 2)
        self.walls = hang(folder / "walls.toml", self.plan)
        self.tokens = folder / "tokens"
        self.person = make_token(self.tokens, "ward-3")
        self.served: Served

    def code(self, name: str) -> str:
        """Return an address with a one-time code for a screen of that name."""
        code = CodeFile(self.tokens).add(screen_token(self.tokens, name, "ward"), time.time())
        return f"/wall/ward#code={code}"

    def withdraw(self, name: str) -> None:
        """Take the token of that name back."""
        lines = self.tokens.read_text().splitlines(keepends=True)
        self.tokens.write_text("".join(line for line in lines if not line.startswith(name)))

    async def identify(self, look: WallPage, name: str | None) -> int:
        """Have the screens of that name show it, asked by a person; return how many were told."""
        answer = await look.page.context.request.post(
            f"{self.served.url}/api/v1/walls/ward/identify",
            data={"screen": name},
            headers={"Authorization": f"Bearer {self.person}", "Cookie": ""},
        )
        return (await answer.json())["screens"]


@pytest_asyncio.fixture(loop_scope="session")
async def home(tmp_path):
    home = House(tmp_path)
    settings = house(home.walls, token_file=home.tokens)
    async with serving(home.source, settings=settings) as home.served:
        yield home


def watched(look: WallPage) -> WallPage:
    look.expected = REFUSED
    return look


async def test_without_a_login_a_wall_leads_to_it_and_the_login_back(chromium, home):
    async with screen(chromium, home.served.url, viewport=SMALL) as look:
        watched(look)
        await look.open("/wall/ward?privacy=1")
        await look.page.wait_for_url("**/login?next=*")
        assert look.page.url.endswith(f"?next={quote('/wall/ward?privacy=1', safe='')}")
        await look.page.locator("#token").fill(home.person)
        await look.page.locator("#go").click()
        await look.until("REPLAY")
        assert look.page.url.endswith("/wall/ward?privacy=1")


async def test_a_code_is_traded_once_and_leaves_nothing_in_the_address(chromium, home):
    address = home.code("screen-3")
    async with screen(chromium, home.served.url, anew=True, viewport=SMALL) as look:
        await look.begin(address)
        assert look.page.url == f"{home.served.url}/wall/ward"
        cookies = await look.page.context.cookies()
        assert [cookie["httpOnly"] for cookie in cookies] == [True]
        await look.page.go_back()
        assert "code" not in look.page.url
        # With its cookie it comes back by itself, for weeks.
        await look.begin()
        # A code that is used up does not harm who is in.
        watched(look)
        async with look.page.expect_event("load"):
            await look.open(address)
        await look.until("REPLAY")
        assert "code" not in look.page.url
    async with screen(chromium, home.served.url, viewport=SMALL) as look:
        watched(look)
        await look.open(address)
        message = look.page.locator("#message")
        await expect(message).to_contain_text("The code was used before, or is too old")
        assert look.page.url == f"{home.served.url}/wall/ward"
        assert await look.tiles() == []


async def test_a_screen_shows_its_wall_and_does_not_lead_to_the_viewer(chromium, home):
    async with screen(chromium, home.served.url, viewport=SMALL) as look:
        watched(look)
        await look.begin(home.code("screen-3"))
        await look.page.locator(".tile").first.dblclick()
        await expect(look.page.locator("#said")).to_contain_text("cannot be opened")
        await look.page.locator(".tile").first.press("Enter")
        await asyncio.sleep(1)
        assert look.page.url == f"{home.served.url}/wall/ward"
        await look.until("REPLAY")


async def test_one_screen_shows_its_name_for_ten_seconds_and_the_others_do_not(chromium, home):
    async with (
        screen(chromium, home.served.url, viewport=SMALL) as one,
        screen(chromium, home.served.url, viewport=SMALL) as other,
    ):
        await one.begin(home.code("screen-1"))
        await other.begin(home.code("screen-2"))
        # When it comes and goes, by the page's own clock.
        await one.page.evaluate(
            """() => {
                window.turns = [];
                const shown = document.querySelector("#identify");
                new MutationObserver(() => window.turns.push([shown.hidden, performance.now() / 1000]))
                    .observe(shown, { attributes: true, attributeFilter: ["hidden"] });
            }"""
        )
        assert await home.identify(one, "screen-1") == 1
        shown = one.page.locator("#identify")
        await expect(shown).to_have_text("screen-1")
        await expect(shown).to_be_in_viewport(ratio=1)
        await expect(other.page.locator("#identify")).to_be_hidden()
        await expect(shown).to_be_hidden(timeout=12_000)
        (came, begun), (gone, ended) = await one.page.evaluate("() => window.turns")
        assert (came, gone) == (False, True)
        assert ended - begun == pytest.approx(10, abs=0.7)
        assert await home.identify(one, None) == 2
        for look, name in ((one, "screen-1"), (other, "screen-2")):
            await expect(look.page.locator("#identify")).to_have_text(name)


async def test_a_token_that_is_taken_back_ends_its_screen_with_words(chromium, home):
    async with (
        screen(chromium, home.served.url, viewport=SMALL) as gone,
        screen(chromium, home.served.url, viewport=SMALL) as stays,
    ):
        watched(gone)
        await gone.begin(home.code("screen-1"))
        await stays.begin(home.code("screen-2"))
        home.withdraw("screen-1")
        line = gone.page.locator("#line")
        await expect(line).to_contain_text("You are not logged in", timeout=10_000)
        await gone.until("NO DATA")
        assert {tile["detail"] for tile in await gone.tiles()} == {"You are not logged in"}
        assert {tile["state"] for tile in await stays.tiles()} == {"REPLAY"}
        # A new code, opened on the same screen, and it is in again.
        await gone.begin(home.code("screen-1"))


async def test_a_wall_that_is_gone_is_said_on_its_screen_and_asked_for_until_it_is_back(
    chromium, home
):
    async with (
        screen(chromium, home.served.url, viewport=SMALL) as bound,
        screen(chromium, home.served.url, viewport=SMALL) as late,
    ):
        for look in (bound, late):
            watched(look)
        await bound.begin(home.code("screen-1"))
        hang(home.walls, wall(home.source.records(), 2, name="other"))
        down = bound.page.locator("#message")
        await expect(down).to_contain_text("There is no wall ward", timeout=15_000)
        assert await bound.tiles() == []
        # One that begins meanwhile, and one whose line breaks.
        await late.open(home.code("screen-2"))
        message = late.page.locator("#message")
        await expect(message).to_contain_text("There is no wall ward")
        hang(home.walls, home.plan)
        await late.until("REPLAY")
        await expect(message).to_be_hidden()
        await bound.until("REPLAY")
        await expect(down).to_be_hidden(timeout=15_000)
        assert bound.loads == 1
