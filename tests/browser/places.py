"""Every page in every state that a person meets it in: what is asked of all of them is asked here.

A page that `PAGES` serves and this table lacks fails `test_accessibility.py`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from playwright.async_api import Browser, Page, expect

from tests.browser.complaints import Complaints
from tests.browser.pages import used

DESK: Final = {"width": 1920, "height": 1080}
PHONE: Final = {"width": 390, "height": 844}
SIZES: Final = {"desk": DESK, "phone": PHONE}
TOUCHED: Final = {"has_touch": True, "is_mobile": True}


@dataclass(frozen=True)
class Place:
    """How to get somewhere."""

    name: str
    route: str
    """A key of `ecgstream.web.app.PAGES`."""
    address: str
    """Its path and query; `{wall}` is a wall that hangs."""
    ready: str
    """A selector of what is seen once it stands."""
    press: tuple[str, ...] = ()
    """Keys after that."""
    then: str = ""
    """A selector of what is seen after the keys."""
    expected: tuple[str, ...] = ()
    """Parts of what the page may complain about."""

    def __str__(self) -> str:
        return self.name


BEATS: Final = "record=100-pq&at=36000"
STILL: Final = f"/review?{BEATS}&paused=1"
STANDS: Final = "html[data-state=paused] .stage__names :first-child"


def _viewer(name: str, *press: str, then: str = "") -> Place:
    return Place(f"viewer, {name}", "/review", STILL, STANDS, press, then)


PLACES: Final = (
    Place("records", "/", "/", ".record[data-preview=shown]"),
    Place("records, one chosen", "/", "/", ".record[data-preview=shown]", ("ArrowDown",), ".record--selected"),
    Place("records, nothing found", "/", "/?query=nobody-of-that-name", "#nothing"),
    Place("viewer, playing", "/review", f"/review?{BEATS}", "html[data-state=playing]"),
    _viewer("paused"),
    _viewer("leads", "l", then="#leads-dialog[open]"),
    _viewer("screen", "b", then="#card-dialog[open]"),
    _viewer("keyboard", "?", then="#help-dialog[open]"),
    _viewer("measuring", "d", then="#measure"),
    _viewer("annotating", "a", then="#notes"),
    _viewer("rhythm", "r", then="#rhythm"),
    _viewer("marks", "v", then="#marks-dialog[open]"),
    _viewer("sessions", "o", then="#sessions"),
    _viewer("jump", "g", then="#jump-to"),
    _viewer("comparing sets", "u", then="#agree-parts:not([aria-busy]) #agree-scores tbody tr:first-child"),
    _viewer("quality", "z", then="#checks-figures tr"),
    _viewer("calibrated", "c", then="#paper-pick"),
    Place("viewer, twelve leads", "/review", "/review?record=00001_lr-pq&paused=1", STANDS),
    Place("viewer, elsewhere", "/review", f"/review?{BEATS}&paused=1", STANDS, ("s",), "#follow"),
    Place("viewer, no such record", "/review", "/review?record=nobody", "#banner", expected=("status of 404",)),
    Place("compare", "/compare", "/compare?record=100-pq&start=7200&start2=36000", "#one-drawn:not(:empty)"),
    Place("disclosure", "/disclosure", "/disclosure?record=100-pq", "#roll .line"),
    Place("disclosure, print", "/disclosure", "/disclosure?record=100-pq", "#roll .line", ("p",), "#print-dialog[open]"),
    Place("disclosure, keyboard", "/disclosure", "/disclosure?record=100-pq", "#roll .line", ("?",), "#help-dialog[open]"),
    Place("disclosure, no such record", "/disclosure", "/disclosure?record=nobody", "#all", expected=("status of 404",)),
    Place("login", "/login", "/login", "#token"),
    Place("login, refused", "/login", "/login", "#token", ("x", "Enter"), "#said", ("status of 404",)),
    Place("api", "/docs", "/docs", ".operation"),
    Place("wall, tried out", "/wall", "/wall?beds=100-pq:MLII;207-pq&title=Mine", "#toml-dialog[open]"),
    Place("wall, none", "/wall", "/wall", "#message:not(:empty)"),
    Place("wall", "/wall/{name}", "/wall/ward", ".tile[data-state=REPLAY]"),
    Place("wall, screen", "/wall/{name}", "/wall/ward", ".tile[data-state=REPLAY]", ("b",), "#card-dialog[open]"),
)  # fmt: skip


@asynccontextmanager
async def page_of(chromium: Browser, **options: Any) -> AsyncIterator[tuple[Page, Complaints]]:
    """Open a page with nothing stored. A console error or a broken CSP fails at the end."""
    async with used(chromium, **({"viewport": DESK} | options)) as page:
        watched = Complaints(page)
        yield page, watched
    watched.check()


async def go(page: Page, url: str, place: Place) -> None:
    """Open that place, and wait until it stands."""
    await page.goto(url + place.address)
    await expect(page.locator(place.ready).first).to_be_visible()
    for key in place.press:
        await page.keyboard.press(key)
    if place.then:
        await expect(page.locator(place.then).first).to_be_visible()
