"""A wall left alone, and its server anything but: does it grow, and does it ever lie?

A screen of sixteen beds hangs at a line that is cut five times a minute, once swallowing everything
for some seconds; its wall is changed three times a minute; it is led to another server, as an
upgrade does, which is killed or stopped and started again; its own one is frozen, or the page
hidden. At the end of each minute all is well again for some seconds, and what is held is counted,
after a forced collection. All the while what stands on the tiles is held against what was done.

Nothing is played faster: a wall shows the present, on a clock that has one speed. What weeks are
made of comes faster instead. The records have 32 times the samples a second, so that as many go
through as would at 32x; they are 11 to 26 seconds long and begin anew a hundred times as often as
those of half an hour; and no line is lost five times a minute. That positions grow needs no time:
they are counted from 1970.

`BENCH_WALL_HOURS` (`make soak HOURS=24`) instead of a third of an hour.
"""

import asyncio
import os
import random
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from tests.browser.lines import Line, line

from bench.chrome import Chrome, chrome
from bench.figures import verdict
from bench.make_day import FS
from bench.make_day import ward as made
from bench.screens import Screen, screen
from bench.sides import CLIENT_CORE
from bench.wall import toml
from bench.wall_truth import Truth
from tests.serving import ServerProcess

MINUTES: Final = max(3, round(60 * float(os.environ.get("BENCH_WALL_HOURS") or 1 / 3)))
WARM: Final = min(10, max(1, MINUTES // 4))
"""Minutes of warm-up: until every branch was taken some times and compiled."""
FEW: Final = min(3, (MINUTES - WARM) // 2 or 1)
"""Minutes whose median is `after warm-up`, and as many `at the end`."""
BEDS: Final = 16
TIMES: Final = 32
RATE: Final = TIMES * FS
LAYOUTS: Final = (6, 12, BEDS)
"""Beds of a changed wall. The browser keeps letters of each size: few are soon all known."""
COUNTED_S: Final = 54.0
"""Second of each minute at which all is well again."""
TAKEN_S: Final = 8.0
"""More seconds for a screen to have taken the last change of its wall."""
LOOK_S: Final = 0.1
GROWS: Final = 5.0
COUNTING: Final = Path(__file__).with_name("counting.js").read_text(encoding="utf-8")
HELD: Final = "(() => Object.fromEntries(Object.entries(held).map(([k, v]) => [k, v.size])))()"
ESTABLISHED: Final = "01"


@dataclass(frozen=True, slots=True)
class Ward:
    """What a wall is made of: a line, its `own` server and the `other` one, the file of walls."""

    laid: Line
    own: ServerProcess
    other: ServerProcess
    file: Path
    records: list[str]


@dataclass(frozen=True, slots=True)
class Held:
    """What there is at the end of a minute. Memory in MB, all else counted."""

    heap: float
    page: float
    worker: float
    buffers: float
    browser: float
    server: float
    nodes: int
    listeners: int
    timers: int
    workers: int
    sockets: int
    line: int
    files: int


GROW: Final = ("heap", "server")
STAY: Final = ("nodes", "listeners", "timers", "workers", "sockets", "line", "files")


class Soak:
    """One screen, and all that is done to it."""

    def __init__(self, browser: Chrome, page: Screen, ward: Ward) -> None:
        self.truth = Truth(RATE)
        self._browser = browser
        self._page = page
        self._ward = ward
        self._place = random.Random(4)

    async def minute(self, number: int) -> Held:
        """Let a minute of trouble go by; return what is held after it."""
        began = time.monotonic()
        for second, do in self._plan(number):
            await asyncio.sleep(began + second - time.monotonic())
            await do()
        await asyncio.sleep(began + COUNTED_S - time.monotonic())
        await self._taken()
        return await self._held()

    def _plan(self, number: int) -> list[tuple[float, Callable[[], Awaitable[None]]]]:
        return [
            (0, self._cut),
            (2, self._change),
            (12, self._hole),
            (20, self._change),
            (28, self._upgrade),
            (30, self._kill if number % 2 else self._stop),
            (37, self._back),
            (38, self._restore),
            (42, self._hide if number % 2 else self._freeze),
        ]

    async def watch(self) -> None:
        """Look at the tiles, over and over."""
        while True:
            # Between two pages there is none to look at.
            with suppress(RuntimeError):
                self.truth.judge(await self._page.told())
            await asyncio.sleep(LOOK_S)

    # What is done.

    async def _cut(self) -> None:
        self._ward.laid.cut()
        self.truth.up(time.time())

    async def _hole(self) -> None:
        self._ward.laid.swallow()
        self.truth.down(time.time())
        await asyncio.sleep(7)
        self._ward.laid.mend()
        self.truth.up(time.time())

    async def _lead(self, to: ServerProcess) -> None:
        self._ward.laid.to = to.port
        self._ward.laid.cut()
        self.truth.up(time.time(), anew=True)

    async def _upgrade(self) -> None:
        await self._lead(self._ward.other)

    async def _back(self) -> None:
        await self._lead(self._ward.own)

    async def _kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def _stop(self) -> None:
        await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> None:
        # It still sends while it drains: until it is gone nobody can say which is so.
        await asyncio.to_thread(self._ward.other.stop, how)
        self.truth.down(time.time())
        await asyncio.sleep(3)
        self.truth.unsure()
        await asyncio.to_thread(self._ward.other.start)
        self.truth.up(time.time(), anew=True)

    async def _freeze(self) -> None:
        self._ward.own.signal(signal.SIGSTOP)
        self.truth.down(time.time())
        await asyncio.sleep(6)
        self._ward.own.signal(signal.SIGCONT)
        self.truth.up(time.time())

    async def _hide(self) -> None:
        window = await self._browser.ask("Browser.getWindowForTarget", targetId=self._page.target)
        for state in ("minimized", "normal"):
            await self._browser.ask(
                "Browser.setWindowBounds",
                windowId=window["windowId"],
                bounds={"windowState": state},
            )
            await asyncio.sleep(5)

    # The wall.

    async def _change(self) -> None:
        beds = self._place.sample(self._ward.records, self._place.choice(LAYOUTS))
        self.hang(beds, title=f"Ward {self._place.random():.6f}")

    async def _restore(self) -> None:
        self.hang(self._ward.records)

    def hang(self, beds: list[str], title: str = "Ward") -> None:
        """Write the wall, in one piece."""
        beside = self._ward.file.with_suffix(".new")
        beside.write_text(toml(beds, title), encoding="utf-8")
        beside.replace(self._ward.file)

    async def _taken(self) -> None:
        """Wait until the screen shows the wall as it was last written."""
        until = time.monotonic() + TAKEN_S
        while await self._page.evaluate("document.getElementById('title').textContent") != "Ward":
            if time.monotonic() > until:
                self.truth.note("a change of the wall not taken", time.time(), "")
                return
            await asyncio.sleep(0.1)

    # What is held.

    async def _held(self) -> Held:
        heap = await self._page.heap()
        counts = [await self._page.evaluate(HELD)]
        counts += [await self._page.evaluate(HELD, worker) for worker in self._page.workers]
        dom = await self._page.ask("Memory.getDOMCounters")
        browser = (await self._browser.ask("SystemInfo.getProcessInfo"))["processInfo"]
        # The wall is asked for on connections of a few seconds: what is there all the time counts.
        files, lines = [], []
        for _ in range(30):
            files.append(len(os.listdir(f"/proc/{self._ward.own.pid}/fd")))  # noqa: PTH208 - to be counted
            lines.append(connections(self._ward.laid.port))
            await asyncio.sleep(0.2)
        return Held(
            heap=heap.mb,
            page=heap.page / 1e6,
            worker=heap.worker / 1e6,
            buffers=heap.buffers / 1e6,
            browser=sum(megabytes(one["id"], "smaps_rollup", "Pss:") for one in browser),
            server=megabytes(self._ward.own.pid, "status", "VmRSS:"),
            nodes=dom["nodes"],
            listeners=dom["jsEventListeners"],
            timers=sum(c[kind] for c in counts for kind in ("timeouts", "intervals", "frames")),
            workers=len(self._page.workers),
            sockets=sum(c["sockets"] for c in counts),
            line=min(lines),
            files=min(files),
        )


def connections(port: int) -> int:
    """Return how many connections stand that came to `port` of this machine."""
    rows = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    ends = (row.split()[1:4] for row in rows)
    return sum(here.endswith(f":{port:04X}") and how == ESTABLISHED for here, _, how in ends)


def megabytes(pid: int, file: str, field: str) -> float:
    """Return a figure of /proc/PID/FILE, which is in kB; 0 for a process that is gone."""
    with suppress(OSError):
        text = Path(f"/proc/{pid}/{file}").read_text(encoding="ascii")
        return int(text.split(field)[1].split()[0]) / 1024
    return 0.0


async def soaked(own: ServerProcess, other: ServerProcess, file: Path, records: list[str]) -> bool:
    """Run all minutes; print what was held at the end of each, and return whether that is well."""
    print("  minute: " + ", ".join(Held.__slots__), flush=True)
    minutes: list[Held] = []
    async with (
        line(own.port) as laid,
        chrome(CLIENT_CORE) as browser,
        screen(browser, f"{laid.url}/wall/ward", COUNTING) as page,
    ):
        await page.until_all_replay()
        soak = Soak(browser, page, Ward(laid, own, other, file, records))
        soak.truth.up(time.time())
        watching = asyncio.create_task(soak.watch())
        try:
            for number in range(1, MINUTES + 1):
                minutes.append(await soak.minute(number))
                if watching.done():
                    watching.result()
                told(number, minutes[-1], soak.truth)
        finally:
            watching.cancel()
    return judged(minutes, soak.truth)


def told(number: int, held: Held, truth: Truth) -> None:
    """Print a minute."""
    values = [getattr(held, name) for name in Held.__slots__]
    words = "  ".join(f"{v:.2f}" if isinstance(v, float) else str(v) for v in values)
    warm = " (warming up)" if number <= WARM else ""
    print(f"  {number:4}: {words}; {truth.wrong.total()} wrong{warm}", flush=True)


def judged(minutes: list[Held], truth: Truth) -> bool:
    """Print the figures against their targets; return whether all are met."""
    warm, last = minutes[WARM : WARM + FEW], minutes[-FEW:]
    print(f"  after warm-up: median of minutes {WARM + 1} to {WARM + FEW}; end: of the last {FEW}")
    met = True
    for name in GROW:
        before, after = (float(np.median([getattr(m, name) for m in of])) for of in (warm, last))
        print(f"  {name}: {before:.2f} MB after warm-up, {after:.2f} MB at the end")
        met &= verdict(f"{name} grew by", 100 * (after - before) / before, GROWS, "%")
    at = np.arange(WARM, MINUTES)
    for name in ("heap", "page", "worker", "browser", "server"):
        slope = np.polyfit(at, [getattr(m, name) for m in minutes[WARM:]], 1)[0]
        print(f"  {name}, a line through all minutes after warm-up: {60 * slope:+.2f} MB/h")
    for name in STAY:
        before, after = (float(np.median([getattr(m, name) for m in of])) for of in (warm, last))
        spread = sorted({getattr(m, name) for m in minutes[WARM:]})
        print(f"  {name}: {before:g} after warm-up, {after:g} at the end, seen {spread}")
        met &= verdict(f"{name} more or less", abs(after - before), 0, "")
    print(f"  {truth.tiles:,} tiles looked at; {truth.longest_s:.1f} s between two looks at most")
    for what, count in truth.wrong.items():
        print(f"    {count} x {what}")
    met &= verdict("times that the page was loaded", truth.loads, 1, "")
    return verdict("tiles that were wrong", truth.wrong.total(), 0, "") and met


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    print(f"  {MINUTES} minutes, {BEDS} beds of one lead at {RATE:,} Hz", flush=True)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        archive, file = Path(folder) / "archive", Path(folder) / "walls.toml"
        records = made(archive, [11 + number for number in range(BEDS)], TIMES)
        file.write_text(toml(records), encoding="utf-8")
        own, other = (
            servers.enter_context(
                ServerProcess([archive], f"--walls={file}", log=Path(folder) / f"{name}.log")
            )
            for name in ("own", "other")
        )
        return asyncio.run(soaked(own, other, file, records))
