"""The heart rate on a wall, as a real server finds it."""

import re

import numpy as np
import pytest
from playwright.async_api import expect

from tests import ecg_made
from tests.browser.walls import SMALL, hang, house, screen, wall
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SECONDS = 600


async def test_a_wall_shows_rates_a_pause_and_for_whom_that_is(chromium, tmp_path):
    regular = ecg_made.wave(ecg_made.regular(SECONDS, 75), SECONDS)
    # Wherever everybody is: ten beats, and then none for 4 s.
    times = np.concatenate([ecg_made.regular(10, 75) + start for start in range(0, SECONDS, 14)])
    made = ecg_made.record("regular", {"II": regular})
    ecg_made.record("pausing", {"II": ecg_made.wave(times, SECONDS)}, source=made)
    file = hang(tmp_path / "walls.toml", wall(made.records(), 2))
    labels = [record.record for record in made.records()]
    steady, pausing = labels.index("regular"), labels.index("pausing")
    async with (
        serving(made, settings=house(file)) as served,
        screen(chromium, served.url, viewport=SMALL) as look,
    ):
        await look.open()
        tiles = look.page.locator(".tile")
        await expect(tiles.nth(steady)).to_have_attribute("data-rate", "75")
        said = re.compile(r"^PAUSE [2-5]\.[0-9] s$")
        await expect(tiles.nth(pausing)).to_have_attribute("data-pause", said, timeout=30_000)
        await expect(tiles.nth(pausing)).to_have_attribute("data-rate", "---")
        await expect(look.page.locator("#research")).to_have_text(
            "Heart rate: for research and education"
        )
        await expect(tiles.nth(pausing)).to_have_attribute("data-pause", "", timeout=30_000)
        await expect(tiles.nth(steady)).to_have_attribute("data-pause", "")
