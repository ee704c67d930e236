"""Each page in a browser that has seen none before: bytes of script, and time to its first view.

On loopback, in a new profile for each look; what came over the line is counted by the browser.
"""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
from playwright.async_api import Browser, async_playwright

from bench.figures import verdict
from bench.sides import SHORT
from bench.wall import toml
from tests.browser.chromium import find
from tests.serving import DATA, ServerProcess

LOOKS: Final = 3 if SHORT else 10
PLAYING: Final = """() => {
    const { state, oldest } = document.documentElement.dataset;
    return state === "playing" && oldest !== "";
}"""
PAGES: Final = {
    "records": ("/", "() => document.querySelectorAll('#records canvas').length > 0"),
    "viewer": ("/review?record=100-pq", PLAYING),
    "wall": ("/wall/ward", "() => document.querySelector('#message').hidden"),
    "docs": ("/docs", "() => document.querySelectorAll('main h2, main h3').length > 3"),
    "login": ("/login", "() => document.querySelector('form') !== null"),
}
"""Where each is, and what is there once there is something to see."""
MOST_KB: Final = 200
MOST_S: Final = 1.0


async def look(chromium: Browser, address: str, there: str) -> tuple[float, float, float, float]:
    """Return seconds, kB of script over the line, kB of it once unpacked, kB of its heads."""
    context = await chromium.new_context(viewport={"width": 1280, "height": 720})
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    await session.send("Network.enable")
    scripts: dict[str, float] = {}
    sizes = [0.0, 0.0, 0.0]

    def answered(said: dict[str, Any]) -> None:
        if said["type"] == "Script" or said["response"]["mimeType"] == "text/javascript":
            scripts[said["requestId"]] = said["response"]["encodedDataLength"]

    def data(said: dict[str, Any]) -> None:
        if said["requestId"] in scripts:
            sizes[1] += said["dataLength"]

    def finished(said: dict[str, Any]) -> None:
        if said["requestId"] in scripts:
            head = scripts[said["requestId"]]
            sizes[0] += said["encodedDataLength"] - head
            sizes[2] += head

    session.on("Network.responseReceived", answered)
    session.on("Network.dataReceived", data)
    session.on("Network.loadingFinished", finished)
    began = time.monotonic()
    await page.goto(address, wait_until="commit")
    await page.wait_for_function(there)
    took = time.monotonic() - began
    await page.wait_for_load_state("networkidle")
    await context.close()
    return took, sizes[0] / 1000, sizes[1] / 1000, sizes[2] / 1000


async def measure(url: str) -> bool:
    """Print the figures of each page; return whether the targets are met."""
    met = True
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=find(), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, (path, there) in PAGES.items():
            looks = [await look(chromium, url + path, there) for _ in range(LOOKS)]
            took, line, plain, heads = (np.array(column) for column in zip(*looks, strict=True))
            print(
                f"  {name}: script unpacked {plain.max():.0f} kB; heads of its answers "
                f"{heads.max():.0f} kB; worst {took.max():.2f} s"
            )
            met &= verdict(
                f"{name}: script over the line, heads aside", float(line.max()), MOST_KB, "kB"
            )
            met &= verdict(f"{name}: first view, p50", float(np.median(took)), MOST_S, "s")
        await chromium.close()
    return met


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    with tempfile.TemporaryDirectory() as folder:
        walls = Path(folder) / "walls.toml"
        walls.write_text(toml(["100-pq", "105-pq", "119-pq", "203-pq"]), encoding="utf-8")
        with ServerProcess([DATA], f"--walls={walls}") as server:
            return asyncio.run(measure(server.url))
