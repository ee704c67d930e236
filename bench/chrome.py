"""A real Chromium on one core, spoken to in its own protocol (CDP): pages, and the workers of each.

Not through a driver of browsers: one that listens to a page holds what the page has said, and what
is looked for here is what is held.
"""

import asyncio
import itertools
import json
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect

from bench.sides import pinned
from tests.browser.chromium import find

WIDTH, HEIGHT = 1920, 1080
START_S: Final = 30.0
ANSWER_S: Final = 60.0

FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Two screens are two windows here, and only one of them is before the other.
    "--disable-backgrounding-occluded-windows",
    "--remote-debugging-port=0",
    f"--window-size={WIDTH},{HEIGHT}",
)
"""`--disable-gpu`: a machine of builds has none, so painting is the processor's work."""

Params = dict[str, Any]


class Chrome:
    """The browser's protocol: commands out, answers and events in."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ids = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Params]] = {}
        self._heard: dict[tuple[str | None, str], Callable[[Params], None]] = {}

    async def ask(self, method: str, session: str | None = None, **params: Any) -> Params:
        """Return the answer to a command. Raises RuntimeError where it is an error."""
        number = next(self._ids)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        said = {"id": number, "method": method, "params": params}
        await self._connection.send(json.dumps(said | ({"sessionId": session} if session else {})))
        async with asyncio.timeout(ANSWER_S):
            return await answer

    def on(self, session: str | None, event: str, then: Callable[[Params], None]) -> None:
        """Have `then` called with each such event of that session."""
        self._heard[session, event] = then

    async def listen(self) -> None:
        """Hand out what comes, until the browser is gone."""
        async for text in self._connection:
            said = json.loads(text)
            if "id" not in said:
                then = self._heard.get((said.get("sessionId"), said["method"]))
                if then:
                    then(said["params"])
                continue
            asked = self._asked.pop(said["id"], None)
            if asked is None or asked.done():
                continue
            if "error" in said:
                asked.set_exception(RuntimeError(said["error"]["message"]))
            else:
                asked.set_result(said["result"])


@asynccontextmanager
async def chrome(core: int) -> AsyncIterator[Chrome]:
    """Run a browser on `core`, all its processes."""
    path = find()
    if path is None:
        raise RuntimeError("no Chromium here: `python -m tests.browser.chromium` installs one")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [*pinned(core, "other"), path, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            address = await _address(Path(profile))
            async with connect(address, max_size=None, ping_interval=None) as connection:
                browser = Chrome(connection)
                listening = asyncio.create_task(browser.listen())
                try:
                    yield browser
                finally:
                    listening.cancel()
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 20)


async def _address(profile: Path) -> str:
    """Return where the browser listens: it writes that into its profile."""
    told = profile / "DevToolsActivePort"
    async with asyncio.timeout(START_S):
        while True:
            lines = told.read_text(encoding="ascii").split() if told.exists() else []
            if len(lines) == 2:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            await asyncio.sleep(0.05)
