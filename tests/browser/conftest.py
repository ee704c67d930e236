"""What the tests of pages share: one browser for each worker, whose start is what takes longest."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from ecgstream.model.record import Record
from ecgstream.storage.catalog import scan
from tests import serving
from tests.browser.chromium import FLAGS, find
from tests.serving import DATA


@pytest.fixture(scope="session", autouse=True)
def usual_port() -> Iterator[None]:
    """Have the servers of this process follow each other on one port."""
    with serving.listen() as free:
        serving.usual_port = free.getsockname()[1]
    yield
    serving.usual_port = 0


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find(), args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def records() -> list[Record]:
    """The records served that have a signal all the time, the longest first.

    On the shared clock, what the others show when a test looks at them depends on the hour.
    """
    catalog = scan([str(DATA)])
    whole = [
        record
        for record in catalog.records()
        if not any(len(catalog.gaps(record.record, lead.name)) for lead in record.leads)
    ]
    return sorted(whole, key=lambda record: -record.length / record.fs)
