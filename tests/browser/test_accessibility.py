"""axe-core finds nothing serious, on any page, at both sizes, light and dark."""

import pytest

from ecgstream.web.app import PAGES
from tests.browser.axe import grave
from tests.browser.places import PLACES, SIZES, Place, go, page_of
from tests.browser.walls import hang, wall
from tests.serving import DATA, ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture(scope="module")
def server(tmp_path_factory, records):
    file = hang(tmp_path_factory.mktemp("walls") / "walls.toml", wall(records, 4))
    with ServerProcess([DATA], f"--walls={file}") as process:
        yield process


async def test_no_page_is_left_out():
    assert {place.route for place in PLACES} == set(PAGES)


@pytest.mark.parametrize("place", PLACES, ids=str)
async def test_axe_finds_nothing_serious(chromium, server, place: Place):
    found = []
    async with page_of(chromium) as (page, watched):
        watched.expected = list(place.expected)
        await go(page, server.url, place)
        for size, viewport in SIZES.items():
            await page.set_viewport_size(viewport)
            for scheme in ("light", "dark"):
                await page.emulate_media(color_scheme=scheme)
                serious = await grave(page, colours=scheme == "dark")
                found += [f"{size}, {scheme}: {one}" for one in serious]
    assert not found, "\n".join(found)


async def test_what_axe_would_call_serious_is_seen(chromium, server):
    async with page_of(chromium) as (page, _):
        await page.goto(f"{server.url}/login")
        assert await grave(page) == []
        await page.evaluate(
            "() => document.querySelector('#token').closest('.field').replaceChildren("
            "document.createElement('select'), document.createElement('button'))"
        )
        assert {one.split()[0] for one in await grave(page)} >= {"select-name", "button-name"}
