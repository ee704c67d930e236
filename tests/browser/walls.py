"""Walls for the tests, in files that a real server reads, and screens that they hang on."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.async_api import Browser, Page

from ecgstream.config import Settings
from ecgstream.model.record import Lead, Record
from ecgstream.model.wall import Bed, Wall, to_toml
from ecgstream.storage.memory import MemorySource
from tests.browser.complaints import Complaints
from tests.browser.pages import fresh, used

SCREEN = {"width": 1920, "height": 1080}
SMALL = {"width": 800, "height": 450}
"""Of a screen that is looked at for what it says: the less it has to paint, the more can hang."""


def wall(
    records: Sequence[Record],
    count: int,
    leads: int = 1,
    name: str = "ward",
    title: str = "Ward",
    **said: Any,
) -> Wall:
    """Return a wall of `count` beds over records with ECG, over and over."""
    usable = [record for record in records if record.first.kind == "ecg"]
    beds = []
    for i in range(count):
        record = usable[i % len(usable)]
        shown = [x.name for x in record.leads if x.kind == "ecg" and x.fs == record.fs][:leads]
        beds.append(Bed(f"Bed {i + 1}", record.record, tuple(shown), f"PX-{i + 1}"))
    return Wall(name, title, tuple(beds), **said)


def hang(file: Path, *walls: Wall) -> Path:
    """Write the walls into their file, at once, as an editor does."""
    beside = file.with_suffix(".new")
    beside.write_text("\n".join(map(to_toml, walls)))
    return beside.replace(file)


def house(file: Path, **said: Any) -> Settings:
    """Return the settings of a server of the walls in `file`."""
    return Settings(max_lateness_ms=0, walls=file, **said)


def source(**samples: np.ndarray) -> MemorySource:
    """Return a source of one-lead records at 100 Hz, int16 in 1/1000 mV; -32768 = missing."""
    made = MemorySource()
    for name, values in samples.items():
        lead = Lead(
            "II", unit="mV", gain=1000.0, baseline=0.0, fs=100.0, length=len(values),
            dtypes=("i2",), kind="ecg",
        )  # fmt: skip
        made.add(Record(name, "p", (lead,), None, None, None, None), {"II": values})
    return made


def beats(seconds: int) -> np.ndarray:
    """Return a peak of 1 mV a second, at 100 Hz."""
    at = np.arange(seconds * 100) % 100
    return (1000 * np.clip(1 - np.abs(at - 50) / 5, 0, 1)).astype(np.int16)


# Every 50 ms what stands on each tile, from the moment that a test says.
NOTING = """
window.noted = [];
window.note = () => {
    window.noted = [];
    window.noting ??= setInterval(() => window.noted.push([
        performance.now() / 1000,
        [...document.querySelectorAll(".tile")].map(({ dataset }) => ({ ...dataset })),
    ]), 50);
    return performance.now() / 1000;
};
"""

NOW = "() => performance.now() / 1000"


class WallPage(Complaints):
    """A wall on a screen, and what it complained about."""

    def __init__(self, page: Page, url: str) -> None:
        super().__init__(page)
        self.page = page
        self.url = url
        self.loads = 0
        page.on("load", self._loaded)

    def _loaded(self, _page: Page) -> None:
        self.loads += 1

    def check(self) -> None:
        self.page.remove_listener("load", self._loaded)
        super().check()

    async def open(self, path: str = "/wall/ward") -> None:
        await self.page.goto(f"{self.url}{path}")

    async def begin(self, path: str = "/wall/ward") -> None:
        """Open it, and wait until all its tiles show the present."""
        await self.open(path)
        await self.until("REPLAY")

    async def until(self, state: str, tile: int | None = None) -> None:
        """Wait until all tiles, or one, stand so."""
        await self.page.wait_for_function(
            """([state, tile]) => {
                const tiles = [...document.querySelectorAll(".tile")];
                const asked = tile === null ? tiles : [tiles[tile]];
                return tiles.length > 0 && asked.every(one => one?.dataset.state === state);
            }""",
            arg=[state, tile],
            timeout=60_000,
        )

    async def counted(self, tiles: int) -> None:
        """Wait until there are that many."""
        await self.page.wait_for_function(
            "count => document.querySelectorAll('.tile').length === count", arg=tiles
        )

    async def painted(self) -> None:
        """Wait until what is told now is on the screen: a worker's picture comes to the page a frame later."""
        told = int(await self.root("frames"))
        await self.page.wait_for_function(
            "told => Number(document.documentElement.dataset.frames) >= told + 2", arg=told
        )

    async def moved(self, samples: int, tile: int = 0) -> None:
        """Wait until so many samples more were on the screen."""
        begun = float((await self.tiles())[tile]["position"])
        await self.page.wait_for_function(
            "([tile, until]) => Number(document.querySelectorAll('.tile')[tile].dataset.position) >= until",
            arg=[tile, begun + samples],
        )

    async def tiles(self) -> list[dict[str, str]]:
        return await self.page.evaluate(
            "() => [...document.querySelectorAll('.tile')].map(({ dataset }) => ({ ...dataset }))"
        )

    async def root(self, name: str) -> str:
        return await self.page.evaluate("name => document.documentElement.dataset[name]", name)

    async def now(self) -> float:
        """Return the page's time (s)."""
        return await self.page.evaluate(NOW)

    async def note(self) -> float:
        """Begin to note what stands on the tiles; return the page's time (s)."""
        return await self.page.evaluate("() => window.note()")

    async def noted(self) -> list[tuple[float, list[dict[str, str]]]]:
        return [(at, tiles) for at, tiles in await self.page.evaluate("() => window.noted")]

    async def words(self) -> str:
        """Return all that a person could read or have read out."""
        return await self.page.evaluate("() => document.body.innerText")


@asynccontextmanager
async def screen(
    chromium: Browser,
    url: str,
    *,
    scripts: Sequence[str] = (),
    anew: bool = False,
    **options: Any,
) -> AsyncIterator[WallPage]:
    """Open a screen with nothing stored. A console error or a broken CSP fails at the end.

    `scripts` run before those of the page, which then is used for nothing else; nor is one that is opened `anew`:
    it has no history, and may stand at the end of a line that is laid for a test.
    """
    options = {"viewport": SCREEN} | options
    async with (fresh if scripts or anew else used)(chromium, NOTING, *scripts, **options) as page:
        look = WallPage(page, url)
        yield look
    look.check()
