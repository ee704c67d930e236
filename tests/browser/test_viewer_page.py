"""The viewer page in a real Chromium against a real server, measured in pixels."""

import asyncio
import base64
import re
import signal
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import numpy as np
import pytest
from playwright.async_api import Browser, Page, expect

from ecgstream.model.record import Lead, Record
from ecgstream.storage.catalog import scan
from ecgstream.storage.memory import MemorySource
from tests.browser.complaints import Complaints
from tests.browser.pages import fresh, used
from tests.serving import ServerProcess, serving
from tests.stored import footer, write_own, write_plain

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WIDE = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 844}
BEATS = "100-pq"

# What runs in the page. `picture()` is what stands on the canvas, whoever painted it;
# `settled()` is that picture once it stands still.
READING = """
window.colour = name => {
    const probe = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name);
    probe.fillRect(0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data];
};
window.frame = () => new Promise(requestAnimationFrame);
window.picture = () => {
    const paper = document.querySelector("#paper");
    const { width, height } = paper;
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(paper, 0, 0);
    return { width, height, data: copy.getImageData(0, 0, width, height).data };
};
window.same = (one, other) => {
    if (one === null || one.width !== other.width || one.height !== other.height) return false;
    const [a, b] = [one, other].map(({ data }) => new Uint32Array(data.buffer));
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
    return true;
};
// Whether the picture is laid out for the room that it has now: words around it come, and take some of that.
window.laid = () => {
    const { width, height } = document.querySelector("#paper").getBoundingClientRect();
    const [wide, high] = document.documentElement.dataset.paper.split(" ").map(Number);
    return Math.abs(wide - width * devicePixelRatio) < 2 && Math.abs(high - height * devicePixelRatio) < 2;
};
window.settled = async () => {
    // A worker's picture comes to the page a frame or two after it was painted.
    for (let last = null, alike = 0; ; ) {
        const now = picture();
        alike = same(last, now) ? alike + 1 : 0;
        if (alike === 4) return now;
        last = now;
        await frame();
    }
};
// Packed: as it is, a picture is megabytes of text on its way through four processes.
window.bytes = async () => {
    const { width, data } = await settled();
    const packed = new Blob([data]).stream().pipeThrough(new CompressionStream("deflate"));
    const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
    let text = "";
    for (let i = 0; i < bytes.length; i += 32768) {
        text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    }
    return [width, btoa(text)];
};
// How many pixels of each column are of exactly that colour.
window.exactly = async name => {
    const { width, data } = await settled();
    const ink = colour(name);
    const columns = new Array(width).fill(0);
    for (let i = 0; i < data.length; i += 4) {
        if (ink.every((part, k) => data[i + k] === part)) columns[(i / 4) % width]++;
    }
    return columns;
};
// For each column the rows whose pixel is nearer to the ink than to the paper.
window.inked = async (name, top, bottom) => {
    const { width, data } = await settled();
    const ink = colour(name), paper = colour("--paper"), head = colour("--playhead");
    const far = (at, of) => Math.abs(data[at] - of[0]) + Math.abs(data[at + 1] - of[1])
        + Math.abs(data[at + 2] - of[2]);
    const columns = [];
    for (let x = 0; x < width; x++) {
        const rows = [];
        for (let y = top; y < bottom; y++) {
            const at = (y * width + x) * 4;
            // The line at the head of the blank bar is no signal.
            if (far(at, head) > 0 && far(at, ink) < far(at, paper) * 0.75) rows.push(y);
        }
        columns.push(rows);
    }
    return columns;
};
"""


UNMARKED = """if (location.protocol !== "about:") {
    localStorage.getItem("ecgstream.marks") ?? localStorage.setItem("ecgstream.marks", '{"beats":false}');
}"""
"""Where there is no address, what is stored cannot be reached."""


class Looking(Complaints):
    """A viewer page, and what it complained about."""

    def __init__(self, page: Page, url: str) -> None:
        super().__init__(page)
        self.page = page
        self.url = url

    async def open(self, query: str) -> None:
        await self.page.goto(f"{self.url}/review?{query}")

    async def until(self, state: str) -> None:
        """Wait until it stands so; where there is a picture, it is laid out for the room that it has."""
        await expect(self.page.locator("html")).to_have_attribute("data-state", state)
        if await self.page.evaluate("() => 'paper' in document.documentElement.dataset"):
            await self.page.wait_for_function("() => laid()")

    async def press_at(self, sample: int, key: str) -> None:
        """Press a key as soon as that sample is on the screen: in the page, whatever else is at work here."""
        await self.page.evaluate(
            """([sample, key]) => new Promise(resolve => {
                const look = () => {
                    if (Number(document.documentElement.dataset.playhead) < sample) return;
                    watcher.disconnect();
                    document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
                    resolve();
                };
                const watcher = new MutationObserver(look);
                watcher.observe(document.documentElement, { attributes: true, attributeFilter: ["data-playhead"] });
                look();
            })""",
            [sample, key],
        )

    async def number(self, name: str) -> float:
        return float(await self.page.evaluate(f"() => document.documentElement.dataset.{name}"))

    async def numbers(self, name: str) -> list[int]:
        text = await self.page.evaluate(f"() => document.documentElement.dataset.{name}")
        return [int(part) for part in text.split()]

    async def filled(self, oldest: int) -> None:
        """Wait until the picture was painted from sample `oldest` or an earlier one."""
        await self.page.wait_for_function(
            "(oldest) => document.documentElement.dataset.oldest !== ''"
            " && Number(document.documentElement.dataset.oldest) <= oldest",
            arg=oldest,
        )

    async def marked(self, name: str) -> None:
        """Wait until the annotations of that set are drawn: they come by themselves, beside the samples."""
        await expect(self.page.locator("html")).to_have_attribute("data-marks", re.compile(name))

    async def drawn(self, seconds: float) -> None:
        """Wait until the picture is as wide as that: keys are taken at once, and drawn with the next frame."""
        await self.page.wait_for_function(
            """(seconds) => {
                const told = document.documentElement.dataset;
                const columns = document.querySelector("#paper").width - Number(told.gutter);
                return Math.abs(columns / Number(told.pxPerS) - seconds) < 0.05;
            }""",
            arg=seconds,
        )

    async def reached(self, sample: int) -> None:
        """Wait until that sample is on the screen."""
        await self.page.wait_for_function(
            "(sample) => Number(document.documentElement.dataset.playhead) >= sample", arg=sample
        )

    async def inked(self, top: int, bottom: int) -> list[list[int]]:
        """Return for each column of the canvas the rows in [top, bottom) that have ink."""
        return await self.page.evaluate(f"() => inked('--trace', {top}, {bottom})")

    async def exactly(self, name: str) -> list[int]:
        """Return for each column of the canvas how many pixels are of that very colour."""
        return await self.page.evaluate(f"() => exactly('{name}')")

    async def picture(self) -> np.ndarray:
        """Return the canvas, once it stands still, shape (height, width, 4)."""
        width, data = await self.page.evaluate("() => bytes()")
        flat = np.frombuffer(zlib.decompress(base64.b64decode(data)), np.uint8).astype(int)
        return flat.reshape(-1, width, 4)

    async def head(self) -> int:
        """Return the column of the canvas, in the sweep, at which the picture ends."""
        search = await self.page.evaluate("() => location.search")
        at = int(search.split("at=")[1].split("&")[0])
        width = await self.page.evaluate("() => document.querySelector('#paper').width")
        gutter = int(await self.number("gutter"))
        px = at / 360 * await self.number("pxPerS")
        return gutter + int(px) % (width - gutter)


def unlike(one: np.ndarray, other: np.ndarray) -> list[int]:
    """Return the columns in which two pictures differ by more than the rounding of edges.

    How the edge of a line is smoothed depends on how long a line is painted at once.
    """
    assert one.shape == other.shape
    return np.flatnonzero(np.abs(one - other).max(axis=(0, 2)) > 64).tolist()


Look = TypeVar("Look", bound=Looking)


@asynccontextmanager
async def looking(
    chromium: Browser,
    url: str,
    *,
    kind: type[Look] = Looking,
    marks: bool = False,
    anew: bool = False,
    **options: Any,
) -> AsyncIterator[Look]:
    """Open a page with nothing stored. A console error or a broken CSP fails at the end.

    Without `marks` beats are not drawn, as for somebody who switched them off: a tick is ink too.
    `anew`: nobody has used it, and nobody will, as one at the other end of a line that is laid for a test.
    """
    scripts = (READING,) if marks else (READING, UNMARKED)
    options = {"viewport": WIDE} | options
    async with (fresh if anew else used)(chromium, *scripts, **options) as page:
        look = kind(page, url)
        yield look
    look.check()


def ecg(name: str, length: int, *, fs: float = 100.0, **said: Any) -> Lead:
    """Return a lead of int16 in 1/1000 mV."""
    told = {"unit": "mV", "gain": 1000.0, "baseline": 0.0, "kind": "ecg"} | said
    return Lead(name, fs=fs, length=length, dtypes=("i2",), **told)


def memory(samples: dict[str, Any], *, fs: float = 100.0, **said: dict[str, Any]) -> MemorySource:
    """Return a source of one record `r`: {lead: int16 samples}, `said` of each lead."""
    leads = tuple(
        ecg(name, len(values), fs=fs, **said.get(name, {})) for name, values in samples.items()
    )
    source = MemorySource()
    source.add(Record("r", "p", leads, None, None, None, None), samples)
    return source


WHERE = pytest.mark.parametrize("where", ["worker", "page"])


def place(where: str) -> str:
    return "" if where == "worker" else "&worker=0"


PACE = """async ([least, gutter]) => {
    // The line at the head of the blank bar, read after the viewer painted its frame.
    const ink = colour("--playhead");
    const paper = document.querySelector("#paper");
    const strip = new OffscreenCanvas(paper.width, 1).getContext("2d", { willReadFrequently: true });
    const points = [];
    let turns = 0, before = -1;
    while (points.length < 2 || points.at(-1)[0] - points[0][0] < least) {
        await frame();
        const now = performance.now() / 1000;
        strip.drawImage(paper, 0, -3);
        const { data } = strip.getImageData(0, 0, paper.width, 1);
        let x = -1;
        for (let i = gutter; i < paper.width && x < 0; i++) {
            if (ink.every((part, k) => data[4 * i + k] === part)) x = i;
        }
        if (x < 0) continue;
        if (x < before) turns++;
        before = x;
        points.push([now, x + turns * (paper.width - gutter)]);
    }
    return points;
}"""


@pytest.mark.parametrize(("speed", "paper"), [(1, "25"), (0.5, "50"), (4, "25")])
async def test_the_trace_moves_at_the_set_speed(chromium, server, speed, paper):
    async with looking(chromium, server.url) as look:
        # On the main thread, where a picture can be read in the frame that painted it.
        query = f"record={BEATS}&speed={speed}&mode=calibrated&paper={paper}&worker=0"
        await look.open(query)
        await look.until("playing")
        gutter = int(await look.number("gutter"))
        points = np.array(await look.page.evaluate(PACE, [3.0, gutter]))
        measured = np.polyfit(points[:, 0], points[:, 1], 1)[0]
        wanted = float(paper) * 96 / 25.4 * speed
        assert await look.number("pxPerS") == pytest.approx(wanted / speed)
        assert measured == pytest.approx(wanted, rel=0.01)


def triangles(count: int, every: int, half: int, top: float, bottom: float) -> np.ndarray:
    """Return peaks of `top` at `every`, 2 * every, ... and of `bottom` in between, lines to 0."""
    at = np.arange(count)
    up = np.clip(1 - np.abs((at + every // 2) % every - every // 2) / half, 0, 1)
    shifted = at + every // 2
    down = np.clip(1 - np.abs((shifted + every // 2) % every - every // 2) / half, 0, 1)
    return top * up + bottom * down


@WHERE
@pytest.mark.parametrize("gain", [2.5, 5, 10])
async def test_peaks_stand_at_the_right_height_for_mv_uv_and_adc(chromium, tmp_path, where, gain):
    """1.2 mV up and 0.6 mV down, stored in mV, in uV and in ADC units with a baseline."""
    wave = triangles(3000, 200, 20, 1.2, -0.6)
    none = np.zeros(3000, bool)
    write_own(
        tmp_path / "patient=p1" / "record=r1",
        footer(length=3000),
        {
            "mv": (wave, none, {"unit": "mV"}),
            "uv": (np.rint(wave * 1000).astype(np.int16), none, {"unit": "uV"}),
            "adc": (
                np.rint(wave * 200 + 1024).astype(np.int16),
                none,
                {"unit": "mV", "gain": "200", "baseline": "1024"},
            ),
        },
    )
    async with serving(scan([str(tmp_path)])) as served, looking(chromium, served.url) as look:
        await look.open(f"record=r1&at=2900&paused=1&window=20&gain={gain}{place(where)}")
        await look.until("paused")
        await look.filled(1000)
        assert await look.page.evaluate("() => document.documentElement.dataset.where") == where
        baselines = await look.numbers("baselines")
        assert len(baselines) == 3
        px_per_mv = await look.number("pxPerMv")
        gutter = int(await look.number("gutter"))
        reach = round(1.4 * px_per_mv)
        for baseline in baselines:
            columns = await look.inked(baseline - reach, baseline + reach)
            rows = [row for column in columns[gutter + 2 :] for row in column]
            # The pen is 1.6 px wide: the middle of its upper edge's pixel is half of that higher.
            assert min(rows) == pytest.approx(baseline - 1.2 * px_per_mv, abs=1)
            assert max(rows) == pytest.approx(baseline + 0.6 * px_per_mv, abs=1)


async def test_a_peak_of_one_sample_is_seen_in_a_window_of_a_minute(chromium):
    """1000 Hz over 60 s: some 50 samples a pixel column, one of them 1 mV high."""
    samples = np.zeros(70_000, np.int16)
    samples[40_321] = 1000
    source = memory({"II": samples}, fs=1000.0)
    async with serving(source) as served, looking(chromium, served.url) as look:
        await look.open("record=r&at=65000&paused=1&window=60")
        await look.until("paused")
        await look.filled(6000)
        (baseline,) = await look.numbers("baselines")
        gutter = int(await look.number("gutter"))
        columns = await look.inked(0, baseline + 10)
        top = min(row for column in columns[gutter + 2 :] for row in column)
        assert top == pytest.approx(baseline - await look.number("pxPerMv"), abs=1.5)


@WHERE
@pytest.mark.parametrize("motion", ["sweep", "scroll"])
async def test_no_pixel_joins_the_two_sides_of_a_gap(chromium, where, motion):
    """+1 mV before it, -1 mV after it, and nothing but hatching in between."""
    samples = np.full(2400, 1000, np.int16)
    samples[1200:] = -1000
    samples[1100:1300] = -32768
    async with serving(memory({"II": samples})) as served, looking(chromium, served.url) as look:
        query = f"record=r&at=1900&paused=1&window=20&motion={motion}{place(where)}"
        await look.open(query)
        await look.until("paused")
        await look.filled(0)
        columns = await look.inked(0, 10_000)
        hatched = await look.exactly("--gap")
        gutter = int(await look.number("gutter"))
        px = await look.number("pxPerS") / 100
        # Scrolled, sample 1900 stands at the right edge.
        zero = gutter if motion == "sweep" else len(columns) - 1 - int(1900 * px)
        (baseline,) = await look.numbers("baselines")
        high = baseline - await look.number("pxPerMv")
        low = baseline + await look.number("pxPerMv")
        first, last = int(zero + 1099 * px) + 2, int(zero + 1300 * px) - 1
        for x in range(first, last):
            assert not any(abs(y - high) < 3 or abs(y - low) < 3 for y in columns[x]), f"{x}"
        for x in range(first + 3, last - 3):
            assert hatched[x], f"column {x} of the gap has no hatching"
        before, after = columns[first - 6], columns[last + 6]
        assert min(before) == pytest.approx(high, abs=1)
        assert max(after) == pytest.approx(low, abs=1)
        # To scale: the hatching ends where the gap does.
        assert not any(
            hatched[x] for x in [*range(gutter + 2, first - 2), *range(last + 4, last + 40)]
        )


def beats_around_a_gap() -> dict[str, np.ndarray]:
    """Return 12.5 s with 1 mV peaks at 200, 400, ... 1200, a gap of 300 s, and 10 s more."""
    samples = np.rint(triangles(32_250, 200, 10, 1000, 0)).astype(np.int16)
    samples[1250:31_250] = -32768
    return {"II": samples}


@pytest.mark.parametrize(("motion", "speed"), [("sweep", 1), ("scroll", 1), ("sweep", 8)])
async def test_every_beat_up_to_a_long_gap_is_drawn_and_nothing_in_it(chromium, motion, speed):
    async with (
        serving(memory(beats_around_a_gap())) as served,
        looking(chromium, served.url) as look,
    ):
        await look.open(f"record=r&at=1100&window=20&gain=10&motion={motion}&speed={speed}")
        await look.until("playing")
        await look.filled(0)
        # Before what was there first is wiped out, at any pace.
        await look.press_at(1330, " ")
        await look.until("paused")
        columns = await look.inked(0, 10_000)
        hatched = await look.exactly("--gap")
        gutter = int(await look.number("gutter"))
        px = await look.number("pxPerS") / 100
        newest = await look.number("playhead")
        assert newest < 2200
        zero = gutter if motion == "sweep" else len(columns) - 1 - int((newest + 1) * px)
        (baseline,) = await look.numbers("baselines")
        for peak in (800, 1000, 1200):
            x = round(zero + peak * px)
            top = min(row for column in columns[x - 2 : x + 3] for row in column)
            assert top == pytest.approx(baseline - await look.number("pxPerMv"), abs=4)
        edge = zero + 1250 * px
        assert not any(hatched[x] for x in range(int(zero + 800 * px), int(edge) - 2))
        for x in range(int(edge) + 2, min(int(zero + newest * px), len(columns)) - 2):
            assert hatched[x], f"column {x} of the gap has no hatching"
            assert not any(abs(y - baseline) < 3 for y in columns[x]), f"{x}"


async def test_a_long_gap_keeps_its_hatching_when_the_window_grows(chromium):
    async with (
        serving(memory(beats_around_a_gap())) as served,
        looking(chromium, served.url) as look,
    ):
        await look.open("record=r&at=12000&window=5")
        await look.until("playing")
        await look.reached(12_100)
        await look.page.keyboard.press("Space")
        await look.until("paused")
        for _ in range(4):
            await look.page.keyboard.press("-")
        await look.drawn(20)
        await look.filled(int(await look.number("playhead") - 2000))
        hatched = (await look.exactly("--gap"))[int(await look.number("gutter")) + 1 :]
        assert sum(1 for count in hatched if count) > 0.94 * len(hatched)


async def test_a_value_alone_between_gaps_is_seen_where_it_is(chromium):
    samples = np.full(1000, -32768, np.int16)
    values = {300: 89, 420: 147, 510: 151, 600: 88}
    for at, value in values.items():
        samples[at] = value
    source = memory({"NBP": samples}, NBP={"unit": "mmHg", "gain": 1.0, "kind": "pressure"})
    async with serving(source) as served, looking(chromium, served.url) as look:
        await look.open("record=r&at=800&paused=1&window=10")
        await look.until("paused")
        await look.filled(0)
        await expect(look.page.locator("#names")).to_contain_text("88 to 151 mmHg")
        gutter = int(await look.number("gutter"))
        px = await look.number("pxPerS") / 100
        columns = await look.exactly("--trace-other")
        found = [x for x in range(gutter + 2, len(columns)) if columns[x]]
        assert sum(columns[gutter + 2 :]) >= 4 * len(values)
        for at in values:
            assert any(abs(x - gutter - at * px) <= 3 for x in found), at
        for x in found:
            assert any(abs(x - gutter - at * px) <= 3 for at in values), x


async def test_a_window_that_grows_while_its_strip_is_on_its_way_is_filled_all_the_same(chromium):
    source = memory({"II": np.zeros(10_000, np.int16)})
    async with serving(source) as served, looking(chromium, served.url) as look:
        held = asyncio.Event()

        async def hold(route):
            await held.wait()
            await route.continue_()

        await look.page.route("**/window?*", hold)
        await look.open("record=r&at=9000&paused=1&window=4")
        # Paused, but not yet all there.
        await look.until("loading")
        for _ in range(8):
            await look.page.keyboard.press("-")
        held.set()
        await look.until("paused")
        await look.drawn(60)
        await look.filled(9000 - 6000)


async def test_a_strip_that_could_not_be_loaded_says_so_and_is_asked_for_again(chromium):
    source = memory({"II": np.zeros(10_000, np.int16)})
    async with serving(source) as served, looking(chromium, served.url) as look:
        look.expected = ["ERR_FAILED"]
        await look.page.route("**/window?*", lambda route: route.abort())
        await look.open("record=r&at=9500&paused=1&window=10")
        await expect(look.page.locator("#toast")).to_contain_text("could not be loaded")
        gutter = int(await look.number("gutter"))
        px = await look.number("pxPerS") / 100
        # No paper that could be taken for a record without a signal, but words.
        head = gutter + int(9500 * px) % (len(await look.exactly("--paper")) - gutter)
        grid = await look.exactly("--grid-minor")
        label = "() => inked('--trace-label', 0, 10_000)"
        words = await look.page.evaluate(label)
        assert not any(grid[gutter + 2 : head - 2])
        assert any(words[head - 120 : head])
        await look.page.unroute("**/window?*")
        await look.filled(8600)
        await look.until("paused")
        grid = await look.exactly("--grid-minor")
        assert any(grid[gutter + 2 : head - 2])


async def test_a_gap_of_one_lead_leaves_the_other_alone_and_names_its_reason(chromium):
    leads = {"I": np.full(2000, 500, np.int16), "II": np.full(2000, 500, np.int16)}
    leads["II"][200:1200] = -32768
    async with serving(memory(leads)) as served, looking(chromium, served.url) as look:
        await look.open("record=r&at=1500&paused=1&window=20")
        await look.until("paused")
        await look.filled(0)
        gutter = int(await look.number("gutter"))
        px = await look.number("pxPerS") / 100
        first, second = await look.numbers("baselines")
        columns = await look.inked(first - 60, first)
        inside = columns[gutter + int(210 * px) : gutter + int(1190 * px)]
        assert all(inside)
        columns = await look.inked(second - 40, second + 10)
        inside = columns[gutter + int(210 * px) : gutter + int(1190 * px)]
        assert not any(inside)


async def test_what_was_painted_frame_by_frame_is_what_is_painted_at_once(chromium, server):
    # With marks too: letters and numbers are uncovered column by column.
    async with looking(chromium, server.url, marks=True) as look:
        for motion in ("sweep", "scroll"):
            query = f"record={BEATS}&at=3000&window=5&speed=4&gain=10&motion={motion}&worker=0"
            await look.open(query)
            await look.until("playing")
            await look.reached(5500)
            await look.page.keyboard.press("Space")
            await look.until("paused")
            piece_by_piece = await look.picture()
            # There and back: everything is laid out and painted anew.
            root = look.page.locator("html")
            px_per_mv = await look.page.evaluate("() => document.documentElement.dataset.pxPerMv")
            await look.page.keyboard.press("ArrowUp")
            await expect(root).not_to_have_attribute("data-px-per-mv", px_per_mv)
            assert unlike(await look.picture(), piece_by_piece)
            await look.page.keyboard.press("ArrowDown")
            await expect(root).to_have_attribute("data-px-per-mv", px_per_mv)
            assert unlike(await look.picture(), piece_by_piece) == []


async def test_the_blank_bar_is_2_to_5_percent_of_the_row(chromium, server):
    async with looking(chromium, server.url) as look:
        await look.open(f"record={BEATS}&at=20000&paused=1")
        await look.until("paused")
        await look.filled(20000 - 5400)
        columns = await look.inked(0, 10_000)
        gutter = int(await look.number("gutter"))
        row = columns[gutter:]
        head = (20000 / 360 * await look.number("pxPerS")) % len(row)
        blank = [x for x, rows in enumerate(row) if not rows]
        assert blank == list(range(blank[0], blank[-1] + 1)), "the bar is one piece"
        assert 0.02 <= len(blank) / len(row) <= 0.05
        assert blank[0] == pytest.approx(head, abs=3)


async def test_after_a_seek_the_strip_before_the_playhead_is_there_playing_or_paused(
    chromium, server
):
    async with looking(chromium, server.url) as look:
        for paused in (1, 0):
            await look.open(f"record={BEATS}&paused={paused}&window=10")
            await look.until("paused" if paused else "playing")
            await look.page.locator("#seek").evaluate(
                "bar => { bar.value = 300000; bar.dispatchEvent(new Event('input')); "
                "bar.dispatchEvent(new Event('change')); }"
            )
            await look.reached(299_999)
            await look.filled(300_000 - 3400)
            # Not played from: it was fetched.
            assert await look.number("oldest") <= 300_000 - 3400
            assert await look.number("playhead") < 300_000 + 3600
            if not paused:
                await look.page.keyboard.press("Space")
                await look.until("paused")
            columns = await look.inked(0, 10_000)
            gutter = int(await look.number("gutter"))
            row = columns[gutter + 1 :]
            assert sum(1 for rows in row if rows) > 0.94 * len(row)


AGES = """() => {
    window.ages = [];
    const root = document.documentElement;
    // Whenever the viewer tells how it stands: its state, how old the picture is, and when that was.
    const note = () => ages.push([root.dataset.state, Number(root.dataset.age), performance.now() / 1000]);
    new MutationObserver(note).observe(root, { attributes: true, attributeFilter: ["data-age"] });
}"""
STALE_AFTER = 1.8
"""Seconds of silence."""


async def test_a_silent_server_makes_it_stale_within_2_s_and_its_return_ends_that(chromium):
    with ServerProcess() as process:
        async with looking(chromium, process.url) as look:
            await look.open(f"record={BEATS}&at=7200")
            await look.until("playing")
            await look.page.evaluate(AGES)
            process.signal(signal.SIGSTOP)
            await look.until("stale")
            await expect(look.page.locator("#banner")).to_contain_text("STALE")
            await expect(look.page.locator("#state")).to_contain_text("STALE")
            opacity = "() => Number(getComputedStyle(document.querySelector('#paper')).opacity)"
            assert await look.page.evaluate(opacity) < 0.5, "what is old is dimmed"
            # Its age counts.
            await look.page.wait_for_function(
                "() => Number(document.documentElement.dataset.age) > 2.5"
            )
            process.signal(signal.SIGCONT)
            await look.until("playing")
            await expect(look.page.locator("#banner")).to_be_hidden()
            ages = await look.page.evaluate("() => ages")
            told = [(state == "stale", age) for state, age, _ in ages]
            assert any(stale for stale, _ in told)
            assert all(stale == (age >= STALE_AFTER) for stale, age in told)
            # So often that it is said within 2 s, one turn of a busy machine or another aside.
            turns = np.diff([when for stale, _, when in ages if stale])
            assert np.median(turns) <= 0.2


async def test_after_the_server_was_stopped_and_started_it_goes_on_exactly_where_it_was(chromium):
    with ServerProcess() as process:
        async with looking(chromium, process.url) as look:
            look.expected = ["ERR_CONNECTION_REFUSED"]
            await look.open(f"record={BEATS}&at=7200&window=30")
            await look.until("playing")
            await look.reached(7300)
            boot = await look.page.evaluate("() => document.documentElement.dataset.boot")
            process.stop()
            await look.until("stale")
            held = await look.number("newest")
            await look.page.evaluate("() => { window.untouched = true; }")
            process.start()
            await look.until("playing")
            await look.reached(int(held) + 700)
            await look.page.keyboard.press("Space")
            await look.until("paused")
            assert await look.page.evaluate("() => window.untouched"), "without a reload"
            now = await look.page.evaluate("() => document.documentElement.dataset.boot")
            assert now != boot
            # Not a sample is missing or doubled: a page that saw no outage shows the same picture.
            await look.filled(0)
            await look.marked("set atr")
            seen = await look.picture()
            link = await look.page.evaluate("() => location.search.slice(1)")
            async with looking(chromium, process.url) as other:
                await other.open(link)
                await other.until("paused")
                await other.filled(0)
                await other.marked("set atr")
                # But for the very head: what comes next is known to the one that was played to it.
                head = await other.head()
                assert all(head - 2 <= x <= head + 2 for x in unlike(await other.picture(), seen))


async def test_a_link_reproduces_the_view(chromium, server):
    async with looking(chromium, server.url) as look:
        await look.open(
            f"record={BEATS}&leads=V5&at=43210&speed=0.5&mode=calibrated&paper=50&gain=20"
            "&motion=scroll&paused=1"
        )
        await look.until("paused")
        assert await look.page.evaluate("() => document.documentElement.dataset.leads") == "V5"
        assert await look.number("playhead") == 43209
        facts = look.page.locator("#facts")
        for words in ("Replay 0.5\u00d7", "50 mm/s (screen not calibrated)", "20 mm/mV", "V5"):
            await expect(facts).to_contain_text(words)
        link = await look.page.evaluate("() => location.search.slice(1)")
        # All of it: a strip comes in portions.
        columns = await look.page.evaluate("() => document.querySelector('#paper').width")
        columns -= await look.number("gutter")
        across = int(columns / await look.number("pxPerS") * 360)
        await look.filled(43210 - across)
        await look.marked("set atr")
        first = await look.picture()
        await look.open(link)
        await look.until("paused")
        await look.filled(43210 - across)
        await look.marked("set atr")
        assert unlike(await look.picture(), first) == []


async def test_everything_is_done_by_keyboard_alone(chromium, server):
    async with looking(chromium, server.url) as look:
        press = look.page.keyboard.press
        facts = look.page.locator("#facts")
        await look.open(f"record={BEATS}&at=36000")
        await look.until("playing")
        await press("Space")
        await look.until("paused")
        before = await look.number("playhead")
        await press("ArrowRight")
        await look.reached(int(before) + 360)
        assert await look.number("playhead") == before + 360
        await press("Shift+ArrowLeft")
        await look.page.wait_for_function(
            "(at) => Number(document.documentElement.dataset.playhead) === at",
            arg=before + 360 - 3600,
        )
        await press("End")
        await look.until("ended")
        assert await look.number("playhead") == 649_999
        await press("Home")
        await look.until("paused")
        assert await look.number("playhead") == -1
        await press("]")
        await expect(facts).to_contain_text("Replay 2\u00d7")
        await press("0")
        await expect(facts).to_contain_text("Replay 1\u00d7")
        await press("c")
        await expect(facts).to_contain_text("25 mm/s (screen not calibrated)")
        await press("+")
        await expect(facts).to_contain_text("50 mm/s (screen not calibrated)")
        await press("ArrowDown")
        await expect(facts).to_contain_text("5 mm/mV")
        await press("m")
        await expect(look.page.locator("#motion-scroll")).to_have_attribute("aria-pressed", "true")
        await press("t")
        await expect(look.page.locator("html")).to_have_attribute("data-theme", "dark")
        await press("?")
        await expect(look.page.locator("#help-dialog")).to_be_visible()
        await press("Escape")
        await expect(look.page.locator("#help-dialog")).to_be_hidden()
        await press("l")
        box = look.page.get_by_role("checkbox", name="V5")
        await expect(box).to_be_checked()
        await box.focus()
        await press("Space")
        await expect(look.page.locator("html")).to_have_attribute("data-leads", "MLII")
        await press("Escape")
        await press("b")
        await expect(look.page.locator("#card-dialog")).to_be_visible()
        await press("ArrowRight")
        await look.page.locator("#card-keep").focus()
        await press("Enter")
        await expect(facts).not_to_contain_text("screen not calibrated")
        await press("Space")
        await look.until("playing")


async def test_the_measured_card_makes_a_millimetre_true_and_is_remembered(chromium, server):
    async with looking(chromium, server.url) as look:
        await look.open(f"record={BEATS}&paused=1")
        await look.until("paused")
        await look.page.keyboard.press("c")
        await look.page.keyboard.press("b")
        await look.page.locator("#card-width").fill("428")
        await look.page.locator("#card-keep").click()
        await expect(look.page.locator("#fact-speed")).to_have_text("25 mm/s")
        # 428 px are 85.6 mm: 5 px a millimetre. The words change at once, the scale with the next picture.
        await look.page.wait_for_function(
            "() => Math.abs(document.documentElement.dataset.pxPerS - 125) < 1e-6"
        )
        assert await look.number("pxPerMv") == pytest.approx(50)
        await look.open(f"record={BEATS}&paused=1")
        await look.until("paused")
        # The last choice was calibrated paper.
        await expect(look.page.locator("#fact-speed")).to_have_text("25 mm/s")


@pytest.mark.parametrize("viewport", [WIDE, PHONE])
async def test_the_labels_are_in_view_and_nothing_runs_over_the_edge(chromium, server, viewport):
    async with looking(chromium, server.url, viewport=viewport) as look:
        await look.open(
            "record=s25047-2704-05-04-10-44-pq&leads=II,V,ABP&paused=1&at=300000&gain=10"
        )
        await look.until("paused")
        page = look.page
        said = {
            "#patient": "mimic2-s25047",
            "#record": "s25047-2704-05-04-10-44-pq",
            "#fact-replay": "Replay 1\u00d7",
            "#facts": "As stored",
            "#fact-leads": "II, V, ABP",
            "#fact-speed": "not calibrated",
            "#fact-gain": "10 mm/mV",
            "#fact-rate": "125 Hz",
            "#time": "2704-05-04 11:24:18 (zone unknown)",
            ".review > .notice": "Not a medical device, not an alarm system.",
            "#names": "mmHg",
        }
        for selector, words in said.items():
            await expect(page.locator(selector)).to_contain_text(words)
            if selector != "#names":
                await expect(page.locator(selector)).to_be_in_viewport(ratio=1)
        over = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(over) <= 0


async def test_a_rate_that_was_inferred_says_so(chromium, tmp_path):
    times = np.arange(2000) * 1000 // 360
    folder = tmp_path / "patient_id=P1" / "lead=II"
    write_plain(folder, times, triangles(2000, 300, 20, 1.0, -0.5))
    async with serving(scan([str(tmp_path)])) as served, looking(chromium, served.url) as look:
        (record,) = scan([str(tmp_path)]).records()
        await look.open(f"record={record.record}&paused=1")
        await look.until("paused")
        await expect(look.page.locator("#fact-rate")).to_have_text("360 Hz (inferred)")
        await expect(look.page.locator("#time")).to_have_text("time of day unknown")


async def test_a_unit_that_is_not_known_makes_no_claim_of_millivolts(chromium):
    samples = {"X": (1000 * np.sin(np.arange(2000) / 30)).astype(np.int16)}
    source = memory(samples, X={"unit": None, "gain": 1.0})
    async with serving(source) as served, looking(chromium, served.url) as look:
        await look.open("record=r&at=1500&paused=1")
        await look.until("paused")
        await expect(look.page.locator("#fact-gain")).to_have_text("NOT CALIBRATED: unit unknown")
        await expect(look.page.locator("#fact-box")).not_to_contain_text("mV")
        # Its range has come.
        await expect(look.page.locator("#names")).to_contain_text(re.compile(r"to \d+ units"))
        await look.filled(0)
        # It is drawn over its whole range all the same.
        columns = await look.inked(0, 10_000)
        gutter = int(await look.number("gutter"))
        rows = [row for column in columns[gutter + 2 :] for row in column]
        assert max(rows) - min(rows) > 200


async def test_a_lead_that_the_record_has_not_is_named(chromium, server):
    async with looking(chromium, server.url) as look:
        await look.open(f"record={BEATS}&leads=V5,V9&paused=1")
        await look.until("paused")
        await expect(look.page.locator("#fact-leads")).to_have_text("V5, V9 (not in this record)")


async def test_a_record_that_is_not_there_is_worded_for_a_person(chromium, server):
    async with looking(chromium, server.url) as look:
        look.expected = ["404"]
        await look.open("record=nothing-here")
        await look.until("offline")
        await expect(look.page.locator("#banner")).to_contain_text("There is no such record")
        await expect(look.page.locator("#banner")).not_to_contain_text("OFFLINE")
        await expect(look.page.get_by_role("link", name="All records")).to_be_visible()


async def test_leads_of_another_rate_take_the_place_of_the_others(chromium, tmp_path):
    none = np.zeros(3000, bool)
    folder = tmp_path / "patient=p1" / "record=r1"
    write_own(folder, footer(length=3000), {"II": (np.zeros(3000, np.int16), none, {})})
    write_own(
        folder,
        footer(length=300, fs=10.0),
        {"RESP": (np.arange(300, dtype=np.int16), none[:300], {"unit": "NU", "kind": "resp"})},
        name="10Hz-0000.parquet",
    )
    async with serving(scan([str(tmp_path)])) as served, looking(chromium, served.url) as look:
        await look.open("record=r1&at=2000&paused=1")
        await look.until("paused")
        await look.page.keyboard.press("l")
        await look.page.get_by_role("checkbox", name="RESP").check()
        await expect(look.page.locator("html")).to_have_attribute("data-leads", "RESP")
        # At the same moment, 20 s from the start, counted in its own samples. Waited for: the leads
        # are told before the new place is, and until then the old state still stands.
        await expect(look.page.locator("html")).to_have_attribute("data-playhead", "199")
        await look.until("paused")
        await expect(look.page.locator("#fact-rate")).to_have_text("10 Hz")
        await expect(look.page.locator("#names")).to_contain_text("0 to 299 NU")
