"""The panel of quality in a real Chromium: what was found, by lead, each place of it, and the strip."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Browser, expect

from tests.altered import troubled
from tests.archives.kit import save
from tests.browser.axe import grave
from tests.browser.places import page_of
from tests.serving import DATA, ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture(scope="module")
def checked(tmp_path_factory) -> Iterator[ServerProcess]:
    folder: Path = tmp_path_factory.mktemp("checked")
    doubtful = folder / "doubtful" / "flat.parquet"
    # Twelve leads in one list, and nothing says so; windows at an even distance without a rate.
    twelve = [np.sin(np.arange(12 * 2_500) / 9) + k for k in range(8)]
    save(doubtful, {"record_id": ["flat"] * 8, "time_s": np.arange(8) * 100.0, "ecg": twelve})
    roots = [DATA, troubled(folder / "troubled"), doubtful.parent]
    with ServerProcess(roots, "--cache", str(folder / "cache"), "--no-analysis") as server:
        yield server


async def test_what_contradicts_is_found_told_and_jumped_to(chromium: Browser, checked):
    async with page_of(chromium) as (page, _):
        await page.goto(f"{checked.url}/review?record=limbs&paused=1")
        track = page.locator("#seek-track")
        # Nobody has looked it over: the strip has exact findings alone.
        await expect(track).to_have_attribute("data-findings", "0")
        await page.keyboard.press("z")
        panel = page.locator("#checks")
        await expect(panel).to_have_attribute("data-state", "known")
        await expect(page.locator("#checks-level")).to_have_text("Error")
        await expect(panel).to_contain_text("For research and education.")
        row = page.locator("#checks-rows tr")
        await expect(row).to_have_count(1)
        await expect(row).to_contain_text("Limb leads disagree")
        await expect(row).to_contain_text("swapped electrodes do not do this")
        await expect(row).to_contain_text("it holds if aVL is upside down")
        await expect(page.locator("#checks-figures tr")).to_have_count(12)
        await expect(page.locator("#checks-figures tr").nth(4)).to_contain_text("aVLError")
        # The strip has it too, and the place is in the middle of the picture.
        await expect(track).to_have_attribute("data-findings", "1")
        place = row.get_by_role("button", name=re.compile("show this place"))
        await expect(place).to_have_text("0:00:30.0 \u2013 0:01:00.0")
        await place.click()
        await expect(page.locator("html")).to_have_attribute("data-looking", "true")
        await expect(page.locator("#fact-sight")).to_contain_text("0:00:22.5 to 0:00:37.5")
        await expect(page.locator("#toast")).to_contain_text("Limb leads disagree")
        # Of one lead alone; of one in which nothing was found, that is said.
        await page.locator("#checks-lead").select_option("V1")
        await expect(page.locator("#checks-said")).to_have_text("Nothing was found in V1.")
        await page.locator("#checks-lead").select_option("aVL")
        await expect(row).to_have_count(1)
        assert await grave(page) == []
        await page.locator("#checks-lead").press("Escape")
        await expect(panel).to_be_hidden()
        await expect(page.locator("#checks-open")).to_be_focused()
        # Who opens the record anew, or is another one, has the marks at once: the verdict is kept.
        await page.reload()
        await expect(track).to_have_attribute("data-findings", "1")


async def test_places_are_gone_through_one_after_the_other_and_a_hint_is_no_error(
    chromium: Browser, checked
):
    async with page_of(chromium) as (page, _):
        await page.goto(f"{checked.url}/review?record=203-pq&paused=1")
        await page.locator("#checks-open").click()
        row = page.locator("#checks-rows tr")
        await expect(row).to_contain_text("Baseline wander")
        await expect(row).to_contain_text("1 of 27")
        await row.get_by_role("button", name=re.compile("the next place")).dblclick()
        await expect(row).to_contain_text("2 of 27")
        await expect(row).to_contain_text("0:01:09.8")
        await expect(page.locator("#fact-sight")).to_contain_text("0:01:02")
        # Another panel takes its place.
        await page.locator("#sessions-open").click()
        await expect(page.locator("#checks")).to_be_hidden()

        await page.goto(f"{checked.url}/review?record=arms&paused=1")
        await page.locator("#checks-open").click()
        await expect(page.locator("#checks-level")).to_have_text("Hint")
        await expect(row).to_contain_text("a hint, for a person to look at")
        await page.goto(f"{checked.url}/review?record=A0001-pq&paused=1")
        await page.locator("#checks-open").click()
        await expect(page.locator("#checks-level")).to_have_text("Nothing found")
        await expect(page.locator("#checks-said")).to_contain_text("not said to be absent")


async def test_what_is_only_taken_to_be_so_is_told_beside_the_record_and_in_the_panel(
    chromium: Browser, checked
):
    async with page_of(chromium) as (page, _):
        await page.goto(f"{checked.url}/?words=flat")
        one = page.locator(".record").filter(has_text="flat").first
        await one.get_by_text("How it was found").click()
        told = one.locator(".record__found")
        await expect(told).to_contain_text("column ecg: each list is taken for one lead")
        await expect(told).to_contain_text("each row is taken to begin where the one before ends")
        await page.goto(f"{checked.url}/review?record=flat&paused=1")
        # Before that nobody hears the keys.
        await expect(page.locator("#seek-track")).to_have_attribute(
            "data-findings", re.compile(r"\d")
        )
        await page.keyboard.press("z")
        await expect(page.locator("#checks")).to_have_attribute("data-state", "known")
        row = page.locator("#checks-rows tr")
        lead, rate = row.filter(has_text="One lead?"), row.filter(has_text="Rate?")
        await expect(lead).to_contain_text('signals = { "ecg" = { name = "LEAD" } }')
        await expect(rate).to_contain_text("at 300 Hz, and nothing shows it")
        await expect(rate).to_contain_text("fs = RATE")
