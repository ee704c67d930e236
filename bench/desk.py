"""The viewer over a day of twelve leads: script a frame, playing and zoomed; any first picture.

Chromium has one core and no graphics card. Script is counted by the browser's own trace, in the
thread that draws. A place is gone to by the wheel, as a person would; a picture is there when the
page has been told what it is drawn from.
"""

import asyncio
import json
import random
import tempfile
from typing import Any, Final

import numpy as np

from bench.chrome import HEIGHT, WIDTH, chrome
from bench.figures import verdict
from bench.make_day import FS, HOURS, LEADS, LENGTH, RECORD, day
from bench.screens import Screen, screen
from bench.sides import CLIENT_CORE, SHORT
from bench.wall import frames, said, traced
from tests.serving import ServerProcess

PLACES: Final = 20 if SHORT else 120
TRACED_S: Final = 10.0 if SHORT else 30.0
SETTLE_S: Final = 3.0
STANDS_S: Final = 60.0

ZOOMING: Final = """(() => {
    const paper = document.querySelector("#paper");
    const { left, top, width, height } = paper.getBoundingClientRect();
    let way = 1;
    // From a fifth of a second to the whole day and back, in some four seconds each way.
    const zoom = () => {
        const seconds = (paper.width - Number(document.documentElement.dataset.gutter))
            / Number(document.documentElement.dataset.pxPerS);
        if (seconds > 80000) way = -1;
        if (seconds < 0.21) way = 1;
        paper.dispatchEvent(new WheelEvent("wheel", {
            deltaY: way * 24, clientX: left + width / 3, clientY: top + height / 2,
            bubbles: true, cancelable: true,
        }));
        globalThis.zooming = requestAnimationFrame(zoom);
    };
    zoom();
})()"""

GOING: Final = """((zoom, pan) => new Promise((resolve) => {
    const paper = document.querySelector("#paper");
    const root = document.documentElement;
    const { left, width } = paper.getBoundingClientRect();
    const gutter = Number(root.dataset.gutter);
    const began = performance.now();
    const times = { first: null, sharp: null };
    const span = paper.width - gutter;
    const look = () => {
        const { drawn } = root.dataset;
        if (Number(root.dataset.looks) <= before) return;
        const now = performance.now() - began;
        if (drawn !== "nothing") times.first ??= now;
        if (drawn === "samples" || drawn === "envelope") times.sharp ??= now;
        if (times.sharp === null && now < 5000) return;
        seen.disconnect();
        resolve(times);
    };
    const before = Number(root.dataset.looks);
    const seen = new MutationObserver(look);
    seen.observe(root, { attributeFilter: ["data-looks"] });
    const at = { clientX: left + gutter, bubbles: true, cancelable: true };
    paper.dispatchEvent(new WheelEvent("wheel", { ...at, deltaY: zoom }));
    paper.dispatchEvent(new WheelEvent("wheel", { ...at, deltaX: pan * span, deltaY: 0 }));
    setTimeout(() => { seen.disconnect(); resolve(times); }, 6000);
}))"""


async def until(page: Screen, condition: str) -> None:
    """Wait until the page says so. Raises TimeoutError."""
    async with asyncio.timeout(STANDS_S):
        while not await page.evaluate(f"(() => {condition})()"):
            await asyncio.sleep(0.05)


async def built(page: Screen) -> float:
    """Return the seconds until the pyramid of the day was built."""
    began = asyncio.get_running_loop().time()
    leads = "&".join(f"leads={name}" for name in LEADS)
    asked = f"fetch('/api/v1/records/{RECORD}/outline?{leads}').then(a => a.arrayBuffer())"
    search = f"{asked}.then(b => new TextDecoder('latin1').decode(b))"
    async with asyncio.timeout(STANDS_S):
        # msgpack: the key, and true behind it.
        while "built\u00c3" not in await page.evaluate(search):
            await asyncio.sleep(0.2)
    return asyncio.get_running_loop().time() - began


async def places(page: Screen) -> tuple[list[float], list[float]]:
    """Return ms to the first picture, and to the sharp one, of windows of all lengths anywhere."""
    place = random.Random(7)
    first: list[float] = []
    sharp: list[float] = []
    windows = np.geomspace(0.2, HOURS * 3600, PLACES)
    place.shuffle(windows)
    for window in windows:
        told = json.loads(await page.evaluate("JSON.stringify(document.documentElement.dataset)"))
        columns = WIDTH - float(told["gutter"])
        now = columns / float(told["pxPerS"])
        start = place.uniform(0, max(0.0, LENGTH / FS - window))
        here = float(told["look"] or 0) / FS
        # Zoomed at its left edge it begins where it began, but for the end of the record.
        here = min(here, max(0.0, LENGTH / FS - window))
        zoom = float(np.log(window / now) / 0.0022)
        times = await page.evaluate(f"{GOING}({zoom}, {(start - here) / window})")
        if times["first"] is None:
            print(f"  no picture of {window:.1f} s at {start:.0f} s within 6 s")
        first.append(times["first"] if times["first"] is not None else 6000.0)
        sharp.append(times["sharp"] if times["sharp"] is not None else 6000.0)
        await asyncio.sleep(0.05)
    return first, sharp


def script(events: list[dict[str, Any]], what: str, most: float) -> bool:
    """Print the figures of a trace; return whether the target is met."""
    callbacks, everything, distances = frames(events)
    print(f"  {what}: {len(callbacks)} frames")
    said("from frame to frame", distances)
    said("script of the frame's callback, by the clock", callbacks)
    said("all script of a frame, by the clock", everything)
    # The browser's painting shares the core, and what the thread waits for it is no script.
    own = [event | {"dur": event.get("tdur", event.get("dur", 0))} for event in events]
    ran = frames(own)[1]
    said("all script of a frame, by the thread's own time", ran)
    p95 = float(np.percentile(ran, 95))
    return verdict(f"{what}, script a frame in the thread that draws, p95", p95, most, "ms")


async def measure(url: str) -> bool:
    """Print the figures of one browser; return whether the targets are met."""
    leads = ",".join(LEADS)
    query = f"record={RECORD}&leads={leads}&at={LENGTH // 2}&window=10"
    async with chrome(CLIENT_CORE) as browser:
        async with screen(browser, f"{url}/review?{query}") as page:
            await until(page, "document.documentElement?.dataset.state === 'playing'")
            await page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: 's'}))")
            await until(page, "document.documentElement?.dataset.look")
            print(f"  {WIDTH}x{HEIGHT}, one core; nothing built yet:", flush=True)
            first, _ = await places(page)
            said("first picture of any span", first)
            met = verdict(
                "first picture, not built, p95", float(np.percentile(first, 95)), 150, "ms"
            )
            took = await built(page)
            print(f"  built {took:.1f} s after that")
            first, sharp = await places(page)
            said("first picture of any span, built", first)
            said("the sharp one", sharp)
            p95 = float(np.percentile(sharp, 95))
            met &= verdict("sharp picture of any span, built, p95", p95, 150, "ms")
            await page.evaluate(ZOOMING)
            await asyncio.sleep(SETTLE_S)
            met &= script(await traced(browser, TRACED_S), "zooming", 10)
        async with screen(browser, f"{url}/review?{query}") as page:
            await until(page, "document.documentElement?.dataset.state === 'playing'")
            await asyncio.sleep(12)
            met &= script(await traced(browser, TRACED_S), "playing 12 leads x 10 s", 6)
        return met


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    archive = day()
    with (
        tempfile.TemporaryDirectory() as cache,
        ServerProcess([archive], f"--cache={cache}") as server,
    ):
        return asyncio.run(measure(server.url))
