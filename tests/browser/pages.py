"""Pages that are opened once and used again: a new one costs a core more than a second before it shows anything.

What is given back is as new: at an address where nothing runs, with nothing stored, nothing allowed, nothing
routed, of the size and in the colours that were asked for. What a test failed with is thrown away.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from playwright.async_api import Browser, Error, Page

MOST_IDLE = 4
"""Of a browser. Each is a process that holds memory."""


class Pages:
    """Those of one browser that wait to be used, the one that was used last at the end."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: list[tuple[str, Page]] = []

    async def take(self, key: str, scripts: Sequence[str], options: dict[str, Any]) -> Page:
        """Return a page with such options, in which `scripts` run before those of a document."""
        for i, (known, page) in enumerate(self._idle):
            if known == key:
                del self._idle[i]
                return page
        context = await self._browser.new_context(**options)
        for script in scripts:
            await context.add_init_script(script)
        return await context.new_page()

    async def give_back(self, key: str, page: Page, options: dict[str, Any]) -> None:
        """Make it as new, and keep it."""
        context = page.context
        for other in context.pages:
            if other is not page:
                await other.close()
        await page.unroute_all(behavior="ignoreErrors")
        try:
            # Of the same site: for no address at all there would be a new process, and another to come back.
            await page.goto(f"http://{urlsplit(page.url).netloc}/healthz")
        except Error:
            # The server is gone, and what is stored cannot be reached.
            await context.close()
            return
        await page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        await context.clear_cookies()
        await context.clear_permissions()
        await page.set_viewport_size(options["viewport"])
        await page.emulate_media(media="null", color_scheme=options["color_scheme"])
        await page.mouse.move(0, 0)
        self._idle.append((key, page))
        if len(self._idle) > MOST_IDLE:
            _, oldest = self._idle.pop(0)
            await oldest.context.close()


POOLS: WeakKeyDictionary[Browser, Pages] = WeakKeyDictionary()


@asynccontextmanager
async def used(browser: Browser, *scripts: str, **options: Any) -> AsyncIterator[Page]:
    """Open a page with such options of a context, a used one where there is one."""
    options = {"color_scheme": "light"} | options
    key = json.dumps([scripts, options], sort_keys=True)
    pool = POOLS.setdefault(browser, Pages(browser))
    page = await pool.take(key, scripts, options)
    try:
        yield page
    except BaseException:
        await page.context.close()
        raise
    await pool.give_back(key, page, options)


@asynccontextmanager
async def fresh(browser: Browser, *scripts: str, **options: Any) -> AsyncIterator[Page]:
    """Open a page that nobody has used, and throw it away."""
    context = await browser.new_context(**({"color_scheme": "light"} | options))
    for script in scripts:
        await context.add_init_script(script)
    try:
        yield await context.new_page()
    finally:
        await context.close()
