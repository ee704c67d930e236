"""Two annotation sets compared in a real Chromium: figures, errors by key and click, answers, links."""

import json
import re
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from ecgstream.storage.catalog import scan
from tests.browser.axe import grave
from tests.browser.places import DESK, PHONE, TOUCHED, page_of
from tests.serving import DATA, ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

RECORD = "100-pq"
FS = 360


def rows() -> Iterator[str]:
    """Beats of 100 as a model might have them: one missed, one made up, one of another class."""
    yield "sample,label,score"
    beats = [mark for mark in scan([DATA]).annotations(RECORD, "atr").listed() if mark.is_beat]
    for number, beat in enumerate(beats):
        if number == 20:
            continue
        label = "V" if number == 40 else beat.symbol
        yield f"{beat.sample + 2},{label},{0.2 if number == 60 else 0.9}"
    yield f"{(beats[10].sample + beats[11].sample) // 2},N,0.8"


OLDER = "203-pq"
"""On it a set was published as `adjudicated`, when that was not refused yet."""


def predictions(server: ServerProcess, name: str, method: str, body: list[str]) -> int:
    request = urllib.request.Request(
        f"{server.url}/api/v1/records/{RECORD}/predictions/{name}",
        "\n".join([*body, ""]).encode(),
        {"Content-Type": "text/csv"},
        method=method,
    )
    with urllib.request.urlopen(request) as answer:
        return answer.status


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("predictions")


@pytest.fixture(scope="module")
def compared(folder) -> Iterator[ServerProcess]:
    (folder / "adjudicated").mkdir()
    beats = pa.table({"sample": [99, 400], "label": ["N", "V"]})
    pq.write_table(beats, folder / "adjudicated" / f"{OLDER}.parquet")
    with ServerProcess([DATA], "--predictions", str(folder)) as server:
        assert predictions(server, "model", "PUT", [*rows()]) == 201
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Browser) -> AsyncIterator[Page]:
    async with page_of(chromium) as (page, watched):
        # Beats that are still looked for on a busy machine: the panel asks again by itself.
        watched.expected.append("status of 503")
        yield page


def written(server: ServerProcess) -> list[dict]:
    url = f"{server.url}/api/v1/records/{RECORD}/annotations?set=adjudicated"
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)["sets"][0]["annotations"]


async def test_errors_are_counted_looked_at_and_answered(compared, page):
    await page.goto(f"{compared.url}/review?record={RECORD}&paused=1")
    await expect(page.locator("html[data-state=paused]")).to_be_attached()
    await page.keyboard.press("u")
    await expect(page.locator("#agree-test")).to_have_value("model")
    await expect(page.locator("#agree-reference")).to_have_value("atr")
    all_beats = page.locator("#agree-figures tr").first
    await expect(all_beats).to_contain_text("All beats99.96 %99.96 %99.96 %11")
    # Called V, one N is an error of class in both rows; it is neither missed nor made up.
    figures = page.locator("#agree-figures tr")
    await expect(figures.nth(1)).to_have_text("missed, called otherwisecalled so wrongly")
    await expect(figures.filter(has_text=re.compile("^N"))).to_contain_text("%21")
    await expect(figures.filter(has_text=re.compile("^V"))).to_contain_text("%01")
    times = page.locator("#agree-rows button")
    await expect(times).to_have_count(3)
    assert await grave(page) == []

    # By key, from where one stands to the next error: beat 10 and a half, at 0:00:08.7.
    await page.keyboard.press("x")
    place = page.locator("#agree-place")
    await expect(place).to_have_text(re.compile(r"[12] of 3"))
    await page.keyboard.press("Shift+X")
    await page.keyboard.press("Shift+X")
    await expect(place).to_have_text("1 of 3")
    chosen = page.locator("#agree-rows tr[aria-current]")
    await expect(chosen).to_contain_text("made up")
    await expect(page.locator("html")).to_have_attribute("data-marks", re.compile("compare"))

    # A cell chooses errors; the address says all of it.
    await page.locator('[data-cell="N/V"]').click()
    await expect(times).to_have_count(1)
    await times.click()
    await expect(place).to_have_text("1 of 1")
    await expect(page).to_have_url(re.compile("compare=atr,model,,N%2FV"))

    await page.locator("#agree-right-reference").click()
    await expect(page.locator("#agree-rows tr")).to_contain_text("decided N")
    (mark,) = written(compared)
    assert (mark["symbol"], mark["version"]) == ("N", 1)
    await page.locator("#agree-right-test").click()
    await expect(page.locator("#agree-rows tr")).to_contain_text("decided V")
    (mark,) = written(compared)
    assert (mark["symbol"], mark["version"]) == ("V", 2)

    # Less sure marks do not count: the beat of 0.2 is missed now.
    await page.locator("#agree-threshold").fill("0.5")
    await expect(page).to_have_url(re.compile("compare=atr,model,0.5,N%2FV"))
    await expect(all_beats).to_contain_text("99.91 %")
    await page.locator("#agree-close").click()
    await expect(page.locator("#agree")).to_be_hidden()
    await expect(page).not_to_have_url(re.compile("compare="))


async def test_a_link_brings_the_comparison_back_on_a_telephone(compared, chromium):
    async with page_of(chromium, viewport=PHONE, **TOUCHED) as (page, _):
        link = f"/review?record={RECORD}&paused=1&compare=atr,model,0.5,N/O"
        await page.goto(compared.url + link)
        await expect(page.locator("#agree-rows button")).to_have_count(2)
        await expect(page.locator('[data-cell="N/O"]')).to_have_attribute("aria-pressed", "true")
        await expect(page.locator("#agree-threshold")).to_have_value("0.5")
        await page.locator("#agree-on").tap()
        await expect(page.locator("#agree-place")).to_have_text("1 of 2")
        assert await grave(page) == []
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]


async def test_the_beats_that_the_detector_finds_are_compared_where_there_is_nothing_else(
    compared, page
):
    await page.set_viewport_size(DESK)
    await page.goto(f"{compared.url}/review?record=102-pq&paused=1")
    await expect(page.locator("html[data-state=paused]")).to_be_attached()
    await page.keyboard.press("u")
    await expect(page.locator("#agree-test")).to_have_value("beats ecgstream-1")
    await expect(page.locator("#agree-figures")).to_contain_text("All beats", timeout=20_000)
    await expect(page.locator("#agree-pick")).to_be_hidden()
    # It calls all beats Q: what it missed or made up is what one wants to see.
    await expect(page.locator("#agree-found")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("#agree-place")).to_contain_text("missed or made up")
    await page.locator("#agree-all").click()
    await expect(page.locator("#agree-place")).to_contain_text("errors")


async def test_what_is_not_there_is_told_and_nothing_compared_in_its_place(
    compared, folder, chromium
):
    async with page_of(chromium) as (page, watched):
        # The step to an error of a set that is gone.
        watched.expected.append("status of 404")
        trouble, parts = page.locator("#agree-trouble"), page.locator("#agree-parts")
        all_beats = page.locator("#agree-figures tr").first
        await page.goto(f"{compared.url}/review?record={RECORD}&paused=1&compare=atr,nope,0.5")
        await expect(trouble).to_have_text(
            "There is no set nope here: nothing is compared. Choose another."
        )
        await expect(parts).to_be_hidden()
        await expect(page).to_have_url(re.compile("compare=atr,nope,0.5"))
        assert await grave(page) == []
        # It comes, and is what the link meant.
        assert predictions(compared, "nope", "PUT", [*rows()]) == 201
        await expect(all_beats).to_contain_text("99.91 %")
        await expect(page.locator("#agree-test")).to_have_value("nope")
        await expect(page).to_have_url(re.compile("compare=atr,nope,0.5"))

        # It goes while it is looked at.
        await expect(page.locator("html")).to_have_attribute("data-marks", re.compile("set nope"))
        assert predictions(compared, "nope", "DELETE", []) == 204
        await expect(trouble).to_have_text(
            "The set nope is gone: it was taken away. Nothing is compared; choose another."
        )
        await expect(parts).to_be_hidden()
        drawn = page.locator("html[data-marks*=compare], html[data-marks*=nope]")
        await expect(drawn).to_have_count(0)
        await page.locator("#agree-test").select_option("model")
        await expect(all_beats).to_contain_text("99.96 %")
        await expect(trouble).to_be_hidden()

        # It goes, and nobody tells the page: it hears so with the next step.
        assert predictions(compared, "nope", "PUT", [*rows()]) == 201
        await page.locator('#agree-test option[value="nope"]').wait_for(state="attached")
        await page.locator("#agree-test").select_option("nope")
        await expect(page).to_have_url(re.compile("compare=atr,nope"))
        await expect(page.locator("#agree-parts[aria-busy]")).to_have_count(0)
        (folder / "nope" / f"{RECORD}.parquet").unlink()
        await page.locator("#agree-on").click()
        await expect(trouble).to_contain_text("The set nope is gone")
        await expect(parts).to_be_hidden()

        # A set with the name of that of the answers, which nobody can write in, is one like others.
        await page.goto(f"{compared.url}/review?record={OLDER}&paused=1&compare=atr,adjudicated")
        await expect(all_beats).to_contain_text("All beats", timeout=20_000)
        await expect(page.locator("#agree-test")).to_have_value("adjudicated")


async def test_what_cannot_be_compared_is_told(chromium):
    with ServerProcess([DATA], "--no-analysis") as server:
        async with page_of(chromium) as (page, watched):
            # Where no beats are looked for, the page is told so when it asks for them.
            watched.expected.append("status of 404")
            await page.goto(f"{server.url}/review?record=102-pq&paused=1")
            await expect(page.locator("html[data-state=paused]")).to_be_attached()
            await page.keyboard.press("u")
            await expect(page.locator("#agree-trouble")).to_have_text(
                "There is one annotation set here; it takes two to compare.", timeout=20_000
            )
