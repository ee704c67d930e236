"""The thread that filters, in a real Chromium under the product's own CSP: beside a page and a worker."""

from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route

from ecgstream.analysis import filters
from tests.browser.complaints import Complaints

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FS = 250
WAVE = np.sin(np.arange(40 * FS) / 17) + 0.3 * np.sin(np.arange(40 * FS) * 2 * np.pi * 50 / FS)

TRY = """
export async function tried(values, nested = true) {
    if (!nested) self.Worker = undefined;
    const { hostFilter } = await import("/static/js/filter/host.js");
    const host = await hostFilter();
    const window = Float64Array.from(values);
    const job = {
        preset: { name: "monitor", notch: 50 }, fs: 250, windows: [window], baselines: [0],
        recordEnds: [true, true], from: 0, to: values.length,
    };
    const [lead] = await host.filter(job);
    const where = host.where;
    host.close();
    return { where, values: [...lead.values], settled: lead.settled.every(is => is === 1) };
}
if (typeof document === "undefined") {
    onmessage = async ({ data }) => postMessage(await tried(data.values, data.nested));
}
"""
IN_PAGE = "async values => (await import('/static/js/try.js')).tried(values)"
IN_WORKER = """
([values, nested]) => new Promise((resolve, reject) => {
    const worker = new Worker("/static/js/try.js", { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = event => reject(new Error(event.message));
    worker.postMessage({ values, nested });
})
"""


async def give(route: Route) -> None:
    # Told as every script of the product is: a worker's own policy comes with its answer.
    headers = {"content-security-policy": "default-src 'self'"}
    await route.fulfill(body=TRY, content_type="text/javascript", headers=headers)


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Browser, server) -> AsyncIterator[Page]:
    context = await chromium.new_context()
    await context.route("**/static/js/try.js", give)
    page = await context.new_page()
    watched = Complaints(page)
    await page.goto(server.url)
    yield page
    await context.close()
    watched.check()


def assert_filtered(said, where) -> None:
    expected, _ = filters.apply(WAVE, FS, "monitor+notch50", record_ends=(True, True))
    assert said["where"] == where
    assert said["settled"]
    np.testing.assert_allclose(said["values"], expected, rtol=0, atol=1e-9)


async def test_a_page_has_it_filtered_in_a_thread_of_its_own(page):
    assert_filtered(await page.evaluate(IN_PAGE, WAVE.tolist()), "worker")


async def test_the_thread_that_draws_starts_another_that_filters(page):
    assert_filtered(await page.evaluate(IN_WORKER, [WAVE.tolist(), True]), "worker")


async def test_where_a_worker_may_start_none_it_filters_in_slices(page):
    assert_filtered(await page.evaluate(IN_WORKER, [WAVE.tolist(), False]), "slices")
