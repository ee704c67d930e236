"""A wall on a screen: one page in a real Chromium, and what it holds."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Self

from bench.chrome import HEIGHT, WIDTH, Chrome, Params

HEARD: Final = """
if (globalThis.document) addEventListener("DOMContentLoaded", () => {
    const seen = new MutationObserver(() => { globalThis.heardAt = performance.now(); });
    seen.observe(document.documentElement, { attributeFilter: ["data-frames"] });
});
"""
"""Notes when the page heard of its tiles: what stands there is of that moment."""

TOLD: Final = """(() => ({
    at: (performance.timeOrigin + performance.now()) / 1000,
    heard: (performance.timeOrigin + globalThis.heardAt) / 1000,
    origin: performance.timeOrigin,
    root: {...document.documentElement?.dataset},
    still: document.getElementById("still")?.hidden === false,
    tiles: [...document.querySelectorAll(".tile")].map(one => ({...one.dataset})),
}))()"""
"""What the page says of its tiles to those who cannot look at them: read `at`, `heard` before that;
both are UTC seconds."""

STANDS_S: Final = 30.0
COLLECTIONS: Final = 8


@dataclass(frozen=True)
class Heap:
    """Bytes after a forced collection: of script, and of the arrays and buffers beside it."""

    page: int
    worker: int
    buffers: int

    @property
    def mb(self) -> float:
        return (self.page + self.worker + self.buffers) / 1e6


class Screen:
    """One page. Its workers are in `workers`, by the session that speaks to each."""

    def __init__(self, browser: Chrome, target: str, session: str, first: str) -> None:
        self.browser = browser
        self.target = target
        self.session = session
        self.workers: list[str] = []
        self._first = first
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self) -> Self:
        """Have `first` run in the page before anything else does, and early in each worker."""
        on = self.browser.on
        on(self.session, "Target.attachedToTarget", self._came)
        on(self.session, "Target.detachedFromTarget", self._went)
        await self.ask("Page.enable")
        await self.ask("Page.addScriptToEvaluateOnNewDocument", source=self._first)
        await self.ask(
            "Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=True, flatten=True
        )
        size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        await self.ask("Emulation.setDeviceMetricsOverride", **size)
        return self

    def _came(self, said: Params) -> None:
        task = asyncio.create_task(self._meet(said["sessionId"], said["targetInfo"]["type"]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _meet(self, session: str, kind: str) -> None:
        await self.browser.ask("Runtime.runIfWaitingForDebugger", session)
        if kind == "worker":
            # A worker gets its timers only when it begins. It is early all the same: its modules
            # are still to come.
            while not await self.evaluate("typeof setTimeout === 'function'", session):
                await asyncio.sleep(0.005)
            await self.evaluate(self._first, session)
            self.workers.append(session)

    def _went(self, said: Params) -> None:
        if said["sessionId"] in self.workers:
            self.workers.remove(said["sessionId"])

    async def ask(self, method: str, **params: Any) -> Params:
        return await self.browser.ask(method, self.session, **params)

    async def evaluate(self, expression: str, session: str | None = None) -> Any:
        """Return the value of an expression in the page, or in that worker."""
        said = await self.browser.ask(
            "Runtime.evaluate",
            session or self.session,
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
        )
        if "exceptionDetails" in said:
            raise RuntimeError(json.dumps(said["exceptionDetails"])[:500])
        return said["result"].get("value")

    async def told(self) -> Any:
        """Return what the page says of its tiles now."""
        return await self.evaluate(TOLD)

    async def until_all_replay(self) -> float:
        """Wait for it; return the seconds that it took. Raises TimeoutError."""
        began = time.monotonic()
        async with asyncio.timeout(STANDS_S):
            while True:
                tiles = (await self.told())["tiles"]
                if tiles and all(tile["state"] == "REPLAY" for tile in tiles):
                    return time.monotonic() - began
                await asyncio.sleep(0.1)

    async def heap(self) -> Heap:
        """Return what is held after forced collections, of the page and all of its workers."""
        page = await self._held(self.session)
        workers = [await self._held(one) for one in self.workers]
        return Heap(page[0], sum(w[0] for w in workers), page[1] + sum(w[1] for w in workers))

    async def _held(self, session: str) -> tuple[int, int]:
        """Return the least that one collection of some has left: script goes on in between."""
        left = []
        for _ in range(COLLECTIONS):
            await self.browser.ask("HeapProfiler.collectGarbage", session)
            said = await self.browser.ask("Runtime.getHeapUsage", session)
            buffers = int(said["embedderHeapUsedSize"] + said["backingStorageSize"])
            left.append((int(said["usedSize"]), buffers))
            await asyncio.sleep(0.1)
        return min(left, key=sum)


@asynccontextmanager
async def screen(browser: Chrome, url: str, first: str = "") -> AsyncIterator[Screen]:
    """Open `url` in a window and a profile of its own."""
    context = (await browser.ask("Target.createBrowserContext"))["browserContextId"]
    target = (
        await browser.ask(
            "Target.createTarget",
            url="about:blank",
            browserContextId=context,
            newWindow=True,
            width=WIDTH,
            height=HEIGHT,
        )
    )["targetId"]
    attached = await browser.ask("Target.attachToTarget", targetId=target, flatten=True)
    opened = await Screen(browser, target, attached["sessionId"], HEARD + first).begin()
    await opened.ask("Page.navigate", url=url)
    try:
        yield opened
    finally:
        await browser.ask("Target.disposeBrowserContext", browserContextId=context)
