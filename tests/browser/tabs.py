"""Tabs that can be hidden and frozen. What Playwright drives never is: it has them count as seen."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

from playwright.async_api import Browser, CDPSession

LOOK_S = 0.05
HANGS_S = 30.0


class Tab:
    """A tab of the browser's first window."""

    def __init__(self, browser: CDPSession, target: str, session: str) -> None:
        self._browser = browser
        self._target = target
        self._session = session
        self._number = 0
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        browser.on("Target.receivedMessageFromTarget", self._received)

    @classmethod
    async def open(cls, browser: CDPSession) -> Self:
        target = (await browser.send("Target.createTarget", {"url": "about:blank"}))["targetId"]
        attached = {"targetId": target, "flatten": False}
        session = (await browser.send("Target.attachToTarget", attached))["sessionId"]
        return cls(browser, target, session)

    def _received(self, said: dict[str, Any]) -> None:
        if said["sessionId"] == self._session:
            message = json.loads(said["message"])
            if "id" in message:
                self._asked.pop(message["id"]).set_result(message)

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command of the DevTools protocol; return its result."""
        self._number += 1
        number = self._number
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        message = json.dumps({"id": number, "method": method, "params": params})
        sent = {"sessionId": self._session, "message": message}
        await self._browser.send("Target.sendMessageToTarget", sent)
        async with asyncio.timeout(HANGS_S):
            return (await answer)["result"]

    async def go(self, url: str, script: str = "") -> None:
        """Open `url`, with `script` run before those of the page."""
        await self.send("Page.enable")
        await self.send("Page.addScriptToEvaluateOnNewDocument", source=script)
        await self.send("Page.navigate", url=url)

    async def evaluate(self, expression: str) -> Any:
        said = await self.send("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until it is true."""
        async with asyncio.timeout(HANGS_S):
            while not await self.evaluate(expression):
                await asyncio.sleep(LOOK_S)

    async def show(self) -> None:
        """Bring it to the front; whatever else is in the window is hidden then."""
        await self._browser.send("Target.activateTarget", {"targetId": self._target})

    async def freeze(self, *, frozen: bool) -> None:
        """Stop all that runs in it, or let it go on. One that is shown cannot be stopped."""
        state = "frozen" if frozen else "active"
        await self.send("Page.setWebLifecycleState", state=state)

    async def close(self) -> None:
        await self._browser.send("Target.closeTarget", {"targetId": self._target})


@asynccontextmanager
async def tabs(chromium: Browser, count: int) -> AsyncIterator[list[Tab]]:
    """Open tabs in one window; the last one is shown."""
    browser = await chromium.new_browser_cdp_session()
    opened = [await Tab.open(browser) for _ in range(count)]
    try:
        yield opened
    finally:
        for tab in opened:
            await tab.close()
        await browser.detach()
