"""The viewer page over 256 kbit/s with 200 ms of round trip that loses 2 %: what a person gets.

A real server and a real Chromium, each in a network namespace of its own. Counts in the page itself
what the page says: a moment counts as played where it says PLAYING and there is signal at hand, or
the picture has moved on in the last quarter of a second.
"""

import asyncio
import os
import random
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from playwright.async_api import Browser, Page, async_playwright
from playwright.async_api import TimeoutError as PlaywrightTimeout

from bench.figures import at_least, verdict
from bench.sides import SHORT
from bench.weak_line import SERVER, Sides, Weakness, weak_line
from tests.browser.chromium import find
from tests.serving import DATA, ROOT

PORT: Final = 8077
URL: Final = f"http://{SERVER}:{PORT}"
MINUTES: Final = float(os.environ.get("BENCH_MINUTES", "0.3" if SHORT else "3"))
SEEKS: Final = 8 if SHORT else 40
ONE_LEAD: Final = "record=100-pq&leads=MLII"
TWELVE: Final = "record=s0010_re-pq&leads=i,ii,iii,avr,avl,avf,v1,v2,v3,v4,v5,v6"
"""1 kHz, 16 bits: 24 kB a second and what carries them, of the line's 32."""
MANY: Final = (
    (TWELVE, "12 leads at 1 kHz"),
    (f"{TWELVE},vx,vy,vz", "15 leads at 1 kHz"),
    ("record=100-pq&speed=32", "2 leads at 360 Hz, 32 times as fast"),
)
START_S: Final = 60.0
OFFER_S: Final = 18.0
AFTER_S: Final = 8.0

WATCH: Final = """
(() => {
    const seen = { states: {}, depths: [], seeks: [], first: null };
    window.reset = () => {
        seen.played = seen.busy = seen.watched = 0;
        seen.depths = [];
        seen.states = {};
    };
    window.reset();
    window.seen = seen;
    let last = performance.now(), moved = last, before = "", seeking = null;
    const pressed = () => {
        seeking = { at: performance.now(), from: Number(before), there: null };
    };
    window.beginSeek = by => addEventListener(by, pressed, { capture: true, once: true });
    window.seekDone = () => seeking === null;
    const look = () => {
        const now = performance.now();
        // Asked for each time: what stands there when this begins is not the page's yet.
        const { state, playhead, depth } = document.documentElement?.dataset ?? {};
        if (playhead !== before) moved = now;
        if (state === "playing" && seen.first === null) seen.first = now;
        // Nothing drawn though it is at hand is the machine's fault: told apart.
        const still = now - moved >= 250, there = Number(depth) > 0.1;
        if (state === "playing" && (!still || there)) seen.played += now - last;
        if (state === "playing" && still && there) seen.busy += now - last;
        seen.watched += now - last;
        seen.states[state] = (seen.states[state] ?? 0) + now - last;
        if (depth) seen.depths.push(Number(depth));
        last = now;
        before = playhead ?? "";
        if (seeking === null || state !== "playing") return;
        const place = Number(playhead);
        if (seeking.there === null) {
            if (Math.abs(place - seeking.from) > 2000) seeking.there = place;
        } else if (place > seeking.there) {
            seen.seeks.push(now - seeking.at);
            seeking = null;
        }
    };
    setInterval(look, 20);
})()
"""


@asynccontextmanager
async def server(sides: Sides) -> AsyncIterator[None]:
    """Serve the demo records at the line's far end."""
    command = [sys.executable, "-m", "ecgstream", "serve", f"--host={SERVER}", f"--port={PORT}"]
    command += ["--insecure-no-auth", "--max-lateness-ms=0", f"--data={DATA}"]
    environ = {k: v for k, v in os.environ.items() if not k.startswith("ECGSTREAM_")}
    process = await asyncio.create_subprocess_exec(
        *sides.inside(sides.server),
        *command,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=environ,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_S):
            while b"Stop it" not in await process.stdout.readline():
                pass
        yield
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def browser(sides: Sides) -> AsyncIterator[Browser]:
    """Run a Chromium at the near end. Its driver speaks to it through pipes, not over the line."""
    path = find()
    if path is None:
        raise RuntimeError("no Chromium here: `python -m tests.browser.chromium` installs one")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "chromium"
        inside = shlex.join([*sides.inside(sides.viewer), path])
        script.write_text(f'#!/bin/sh\nexec {inside} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        async with async_playwright() as playwright:
            opened = await playwright.chromium.launch(
                executable_path=str(script), args=["--no-sandbox", "--disable-gpu"]
            )
            try:
                yield opened
            finally:
                await opened.close()


@asynccontextmanager
async def page_at(chromium: Browser, query: str) -> AsyncIterator[tuple[Page, float]]:
    """Open a viewer with nothing stored; also return the seconds to its first moving picture."""
    context = await chromium.new_context(viewport={"width": 1280, "height": 720})
    await context.add_init_script(WATCH)
    page = await context.new_page()
    began = time.monotonic()
    await page.goto(f"{URL}/review?{query}", wait_until="commit")
    await page.wait_for_function("() => seen.first !== null", timeout=1000 * START_S)
    try:
        yield page, time.monotonic() - began
    finally:
        await context.close()


async def watched(page: Page, seconds: float) -> dict[str, Any]:
    """Return what was seen in that time."""
    await page.evaluate("() => reset()")
    await asyncio.sleep(seconds)
    seen: dict[str, Any] = await page.evaluate("() => seen")
    return seen


def share(seen: dict[str, Any]) -> float:
    """Return how much of the time it played, in %."""
    return 100 * float(seen["played"]) / float(seen["watched"])


def said(seen: dict[str, Any]) -> None:
    """Print what the page said of itself, and how much it had at hand."""
    states = ", ".join(f"{name} {ms / 1000:.1f} s" for name, ms in seen["states"].items())
    depths = seen["depths"]
    busy = f"; {seen['busy'] / 1000:.1f} s this machine had no time to draw" if seen["busy"] else ""
    shown = f"; at hand {min(depths):.1f} to {max(depths):.1f} s" if depths else ""
    print(f"  {states}{shown}{busy}", flush=True)


async def seeks(page: Page, count: int) -> list[float]:
    """Seek there and back by key and by mouse; return how long each took, in ms."""
    chance = random.Random(7)
    slider = await page.locator("#seek").bounding_box()
    assert slider is not None
    await page.mouse.click(640, 300)
    for number in range(count):
        if number % 2:
            x = slider["x"] + slider["width"] * chance.uniform(0.1, 0.9)
            await page.evaluate("() => beginSeek('pointerdown')")
            await page.mouse.click(x, slider["y"] + slider["height"] / 2)
            await page.evaluate("() => document.activeElement.blur()")
        else:
            await page.evaluate("() => beginSeek('keydown')")
            await page.keyboard.press(chance.choice(["PageUp", "PageDown"]))
        await page.wait_for_function("() => seekDone()", timeout=1000 * START_S)
        await asyncio.sleep(chance.uniform(0.2, 3.0))
    took: list[float] = await page.evaluate("() => seen.seeks")
    return took


async def one_lead(chromium: Browser) -> bool:
    """Measure what the line has room for."""
    async with page_at(chromium, ONE_LEAD) as (page, first):
        print(f"  first moving picture after {first:.1f} s, nothing stored before", flush=True)
        await asyncio.sleep(AFTER_S)
        seen = await watched(page, 60 * MINUTES)
        said(seen)
        met = at_least(f"one lead plays, of {MINUTES:g} min", share(seen), 99.5, "%")
        took = await seeks(page, SEEKS)
        p50, p95 = np.percentile(took, [50, 95])
        print(f"  {len(took)} seeks: p50 {p50:.0f}, worst {max(took):.0f} ms")
        return verdict("seek to the first moving picture, p95", p95 / 1000, 1.0, "s") and met


async def many_leads(chromium: Browser, query: str, what: str) -> bool:
    """Measure what the line has hardly room for, or none: it plays all the same, or says so."""
    async with page_at(chromium, query) as (page, first):
        print(f"  {what}: first moving picture after {first:.1f} s", flush=True)
        offer = page.locator("#thrift")
        await page.evaluate("() => reset()")
        began = time.monotonic()
        try:
            await offer.wait_for(state="visible", timeout=1000 * OFFER_S)
        except PlaywrightTimeout:
            said(await page.evaluate("() => seen"))
            # At first it has nothing at hand.
            seen = await watched(page, AFTER_S)
            said(seen)
            return at_least(f"no offer in {OFFER_S:.0f} s, then it plays", share(seen), 99.5, "%")
        words = " ".join((await page.locator("#thrift p").first.inner_text()).split())
        keep = " ".join((await page.locator("#thrift-keep").inner_text()).split())
        print(f"  after {time.monotonic() - began:.1f} s it says: {words} {keep}", flush=True)
        said(await page.evaluate("() => seen"))
        await page.locator("#thrift-take").click()
        await offer.wait_for(state="hidden")
        await asyncio.sleep(AFTER_S)
        seen = await watched(page, AFTER_S)
        said(seen)
        return at_least("with fewer leads it plays", share(seen), 95, "%")


async def measure(weakness: Weakness) -> bool:
    """Print the figures; return whether the targets are met."""
    async with weak_line(weakness) as sides, server(sides), browser(sides) as chromium:
        met = await one_lead(chromium)
        for query, what in MANY:
            met = await many_leads(chromium, query, what) and met
        return met


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    if os.geteuid() != 0:
        print("  needs root, for network namespaces: left out")
        return True
    weakness = Weakness()
    print(
        f"  {weakness.bits_per_s / 1000:.0f} kbit/s, {2000 * weakness.delay_s:.0f} ms there and "
        f"back, {100 * weakness.loss:g} % lost each way, TCP {weakness.control}",
        flush=True,
    )
    return asyncio.run(measure(weakness))
