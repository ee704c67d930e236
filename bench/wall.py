"""Sixteen beds of one lead at 500 Hz on one screen: script a frame, heap; and two screens, apart.

Chromium has one core. Script is counted by the browser's own trace, in the thread that draws: what
runs in the callback of an animation frame, and all that runs from one frame to the next, with the
messages of the socket, which are taken in there too.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.chrome import HEIGHT, WIDTH, Chrome, chrome
from bench.figures import verdict
from bench.make_day import FS, ward
from bench.screens import Screen, screen
from bench.sides import CLIENT_CORE, SHORT
from tests.serving import ServerProcess

BEDS: Final = 16
RECORD_S: Final = 120
WARM_S: Final = 5.0 if SHORT else 20.0
TRACED_S: Final = 10.0 if SHORT else 60.0
LOOKS: Final = 40 if SHORT else 200
SCRIPT: Final = {
    "FunctionCall",
    "FireAnimationFrame",
    "TimerFire",
    "RunMicrotasks",
    "v8.callFunction",
}
"""What the trace calls script; the outermost of nested ones counts."""


def toml(records: Sequence[str], title: str = "Ward") -> str:
    """Return a file with one wall, `ward`, of these records."""
    lines = [f'[walls.ward]\ntitle = "{title}"\n']
    lines += [f'[[walls.ward.beds]]\nlabel = "{one}"\nrecord = "{one}"\n' for one in records]
    return "\n".join(lines)


async def traced(browser: Chrome, seconds: float) -> list[dict[str, Any]]:
    """Return what the browser's own trace says of that time."""
    events: list[dict[str, Any]] = []
    ended = asyncio.Event()
    browser.on(None, "Tracing.dataCollected", lambda said: events.extend(said["value"]))
    browser.on(None, "Tracing.tracingComplete", lambda _: ended.set())
    await browser.ask(
        "Tracing.start",
        transferMode="ReportEvents",
        traceConfig={"includedCategories": ["devtools.timeline", "v8"]},
    )
    await asyncio.sleep(seconds)
    await browser.ask("Tracing.end")
    await ended.wait()
    return events


async def cpu_seconds(browser: Chrome) -> float:
    """Return what all processes of the browser have used."""
    processes = (await browser.ask("SystemInfo.getProcessInfo"))["processInfo"]
    return sum(float(one["cpuTime"]) for one in processes)


def frames(events: list[dict[str, Any]]) -> tuple[list[float], list[float], list[float]]:
    """Return of the thread that draws, in ms: callbacks, all script a frame, distances."""
    fired = [e for e in events if e["name"] == "FireAnimationFrame" and e["ph"] == "X"]
    threads = [(e["pid"], e["tid"]) for e in fired]
    drawing = max(set(threads), key=threads.count)
    own = sorted(
        (e for e in events if (e["pid"], e["tid"]) == drawing and e["ph"] == "X"),
        key=lambda e: (e["ts"], -e.get("dur", 0)),
    )
    callbacks: list[float] = []
    script: list[float] = []
    begun: list[float] = []
    until = 0.0
    for event in own:
        if event["name"] not in SCRIPT:
            continue
        if event["name"] == "FireAnimationFrame":
            callbacks.append(event["dur"] / 1000)
            begun.append(event["ts"] / 1000)
            script.append(0.0)
        if event["ts"] < until or not script:
            continue
        until = event["ts"] + event["dur"]
        script[-1] += event["dur"] / 1000
    return callbacks, script, np.diff(begun).tolist()


def said(what: str, values: list[float]) -> None:
    """Print quantiles of `values`, in ms."""
    p50, p95, p99 = np.percentile(values, [50, 95, 99])
    print(f"  {what}: p50 {p50:.2f}, p95 {p95:.2f}, p99 {p99:.2f}, worst {max(values):.2f} ms")


async def apart(one: Screen, other: Screen) -> list[float]:
    """Return by how many seconds two screens differ, of all tiles, over and over."""
    found = []
    for _ in range(LOOKS):
        here, there = await asyncio.gather(one.told(), other.told())
        passed = there["heard"] - here["heard"]
        found += [
            abs((float(b["position"]) - float(a["position"])) / FS - passed)
            for a, b in zip(here["tiles"], there["tiles"], strict=True)
        ]
        await asyncio.sleep(0.07)
    return found


async def measure(url: str) -> bool:
    """Print the figures of one browser; return whether the targets are met."""
    async with chrome(CLIENT_CORE) as browser:
        version = (await browser.ask("Browser.getVersion"))["product"]
        async with screen(browser, f"{url}/wall/ward") as one:
            print(f"  {version}, one core, {WIDTH}x{HEIGHT}", flush=True)
            took = await one.until_all_replay()
            print(f"  all tiles stand {took:.1f} s after the address was opened", flush=True)
            await asyncio.sleep(WARM_S)
            before = await cpu_seconds(browser)
            events = await traced(browser, TRACED_S)
            used = await cpu_seconds(browser) - before
            callbacks, script, distances = frames(events)
            print(
                f"  {len(callbacks)} frames in {TRACED_S:.0f} s; the whole browser, its trace and "
                f"its painting without a graphics card: {100 * used / TRACED_S:.0f} % of a core"
            )
            said("from frame to frame", distances)
            said("script of the frame's callback", callbacks)
            said("all script of a frame, messages of the socket with it", script)
            p95 = float(np.percentile(script, 95))
            met = verdict("script a frame, all of it, p95", p95, 8, "ms")
            heap = await one.heap()
            print(
                f"  heap: page {heap.page / 1e6:.1f}, worker {heap.worker / 1e6:.1f}, "
                f"buffers {heap.buffers / 1e6:.1f} MB"
            )
            met &= verdict("heap after a forced collection, all of it", heap.mb, 60, "MB")
            async with screen(browser, f"{url}/wall/ward") as other:
                await other.until_all_replay()
                await asyncio.sleep(WARM_S)
                skew = [1000 * s for s in await apart(one, other)]
            said(f"two screens apart, {LOOKS} looks at {BEDS} tiles", skew)
            return (
                verdict("two screens apart, p95", float(np.percentile(skew, 95)), 200, "ms") and met
            )


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    with tempfile.TemporaryDirectory() as folder:
        archive, file = Path(folder) / "archive", Path(folder) / "walls.toml"
        names = ward(archive, [RECORD_S] * BEDS)
        file.write_text(toml(names), encoding="utf-8")
        print(f"  {BEDS} records of {RECORD_S} s, one lead at {FS} Hz, made of real beats")
        with ServerProcess([archive], f"--walls={file}") as server:
            return asyncio.run(measure(server.url))
