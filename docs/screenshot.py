"""Make the pictures in the README: `python docs/screenshot.py`, in a checkout."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from playwright.async_api import Browser, async_playwright

from tests.browser.chromium import find
from tests.serving import ServerProcess

HERE = Path(__file__).parent
VIEW = "record=119-pq&at=17400&mode=calibrated&paper=25&gain=10"

DESK = (
    "record=A0001-pq&at=6000&paused=1&layout=3x4%2B1R&window=10&look=500&span=10&gain=10"
    "&calipers=t_II_1719_2015"
)


async def viewer(browser: Browser, url: str) -> None:
    page = await browser.new_page(
        viewport={"width": 1280, "height": 720}, color_scheme="light", device_scale_factor=1.5
    )
    await page.goto(f"{url}/review?{VIEW}")
    await page.wait_for_function("() => Number(document.documentElement.dataset.playhead) > 19200")
    await page.screenshot(path=HERE / "viewer.png")


async def desk(browser: Browser, url: str) -> None:
    page = await browser.new_page(
        viewport={"width": 1280, "height": 800}, color_scheme="light", device_scale_factor=1.5
    )
    await page.goto(f"{url}/review?{DESK}")
    await page.wait_for_function("() => document.documentElement.dataset.look !== ''")
    await page.locator(".caliper").first.wait_for(state="attached")
    await asyncio.sleep(2)
    await page.screenshot(path=HERE / "desk.png")


async def wall(browser: Browser, url: str) -> None:
    page = await browser.new_page(viewport={"width": 1920, "height": 1080})
    await page.goto(f"{url}/wall/demo")
    # Until the sweep has been everywhere once.
    await asyncio.sleep(15)
    await page.screenshot(path=HERE / "wall.png")


async def shoot(url: str) -> None:
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
        browser = await playwright.chromium.launch(executable_path=find(), args=arguments)
        await asyncio.gather(viewer(browser, url), desk(browser, url), wall(browser, url))
        await browser.close()


if __name__ == "__main__":
    with ServerProcess() as server:
        asyncio.run(shoot(server.url))
