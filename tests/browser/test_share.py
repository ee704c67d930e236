"""Taking a view away by mouse, finger and key: its link, and files of what is in sight, from a real server."""

import base64
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pypdf
import pytest
from playwright.async_api import Locator, expect

from tests.browser.test_viewer_page import BEATS, PHONE, Looking, looking, memory
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

STILL = f"record={BEATS}&at=72000&paused=1&window=10&look=36000&span=10"


DECODED = """async text => {
    const bytes = Uint8Array.from(atob(text), one => one.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const { width, height } = bitmap;
    const ctx = new OffscreenCanvas(width, height).getContext("2d");
    ctx.drawImage(bitmap, 0, 0);
    const { data } = ctx.getImageData(0, 0, width, height);
    let said = "";
    for (let i = 0; i < data.length; i += 32768) said += String.fromCharCode(...data.subarray(i, i + 32768));
    return [width, btoa(said)];
}"""


class Sharing(Looking):
    """A viewer page whose view is taken away."""

    @property
    def dialog(self) -> Locator:
        return self.page.locator("#share-dialog")

    async def stands(self, query: str) -> None:
        """Open it, and wait until the picture that is looked at is there."""
        await self.open(query)
        await self.until("paused")
        html = self.page.locator("html")
        await expect(html).to_have_attribute("data-look", re.compile(r"\d"))
        await expect(html).to_have_attribute("data-drawn", re.compile("samples|envelope"))
        await self.page.wait_for_function("() => laid()")

    async def choose(self, kind: str) -> None:
        await self.page.get_by_role("radio", name=kind, exact=True).check()

    async def file(self) -> tuple[str, bytes]:
        """Press the button that has the focus or is clicked; return the name and the bytes."""
        async with self.page.expect_download() as download:
            await self.page.locator("#share-make").click()
        return await taken(download)

    async def tab_to(self, name: str) -> None:
        """Press Tab until that has the focus."""
        for _ in range(30):
            if await self.page.evaluate("() => document.activeElement.id") == name:
                return
            await self.page.keyboard.press("Tab")
        raise AssertionError(f"the Tab key does not come to {name}")


async def taken(download: Any) -> tuple[str, bytes]:
    """Return the name of a download, and its bytes."""
    done = await download.value
    return done.suggested_filename, Path(await done.path()).read_bytes()


async def test_the_link_is_the_address_and_all_that_it_contains_is_listed(chromium, server):
    async with looking(chromium, server.url, kind=Sharing) as look:
        await look.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await look.stands(f"{STILL}&times=V5:-1&filter=monitor&calipers=t_MLII_36200_36500")
        await look.page.locator("#share").click()
        await look.page.get_by_role("button", name="Copy", exact=True).click()
        await expect(look.page.locator("#share-copied")).to_have_text("Copied.")
        copied = await look.page.evaluate("() => navigator.clipboard.readText()")
        assert copied == await look.page.evaluate("() => location.href")
        said = parse_qs(urlsplit(copied).query)
        assert said["look"] == ["36000"]
        listed = look.page.locator("#share-contents dd")
        assert await listed.all_inner_texts() == [
            urlsplit(copied).netloc,
            BEATS,
            "MLII, V5",
            "from 0:01:40.0 (sample 36000) on, 10 s",
            "0:03:20.0 (sample 72000), at 1\u00d7, paused",
            f"fit to the window, window 10 s, {said['gain'][0]} mm/mV, sweep",
            "Leads in rows",
            "V5 inverted",
            "0.5\u201340 Hz",
            "1, in MLII",
        ]
        compare = await look.page.locator("#share-compare").get_attribute("href")
        assert compare is not None
        assert parse_qs(urlsplit(compare).query) | {"gain": []} == {
            "record": [BEATS], "leads": ["MLII,V5"], "start": ["36000"],
            "record2": [BEATS], "leads2": ["MLII,V5"], "start2": ["68400"],
            "span": ["10"], "gain": [],
        }  # fmt: skip
        await expect(look.page.locator("#share-disclosure")).to_have_attribute(
            "href", f"/disclosure?record={BEATS}&lead=MLII&at=36000"
        )


async def test_a_page_is_taken_away_by_keyboard_alone(chromium, server):
    async with looking(chromium, server.url, kind=Sharing) as look:
        await look.stands(f"{STILL}&filter=monitor&calipers=t_MLII_36200_36500&times=V5:2")
        await expect(look.page.locator(".caliper__label text")).to_contain_text("833 ms")
        press = look.page.keyboard.press
        await press("e")
        await expect(look.page.locator("#share-copy")).to_be_focused()
        # Of the formats one is chosen, and arrows choose another: back and forth here.
        await expect(look.page.get_by_role("checkbox", name="atr (13 in sight)")).to_be_checked()
        await press("Tab")
        while await look.page.evaluate("() => document.activeElement.type") != "radio":
            await press("Tab")
        await press("ArrowRight")
        await expect(look.page.locator("#share-make")).to_have_text("Download PNG")
        await press("ArrowLeft")
        await expect(look.page.locator("#share-remarks")).to_contain_text("V5 \u00d72")
        await look.tab_to("share-make")
        async with look.page.expect_download() as download:
            await press("Enter")
        name, page = await taken(download)
        assert name == f"{BEATS}_36000-39600.pdf"
        assert page.startswith(b"%PDF")
        (words,) = [one.extract_text() for one in pypdf.PdfReader(io.BytesIO(page)).pages]
        for said in (BEATS, "36000 to 39600", "25 mm/s", "0.5-40 Hz", "833.3 ms", "set atr"):
            assert said in words
        await expect(look.page.locator("#share-said")).to_contain_text(name)
        await press("Escape")
        await expect(look.dialog).to_be_hidden()
        # It stood before, and stands still.
        await expect(look.page.locator("html")).to_have_attribute("data-looking", "true")


async def test_a_picture_that_moves_stands_while_its_samples_are_taken_by_touch(chromium):
    fs = 100
    at = np.arange(200 * fs)
    values = {"I": (at % 1000 - 500).astype(np.int16), "II": (at % 77).astype(np.int16)}
    phone = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
    async with (
        serving(memory(values, fs=fs)) as served,
        looking(chromium, served.url, kind=Sharing, **phone) as look,
    ):
        await look.open("record=r&at=5000&window=5&filter=monitor")
        await look.until("playing")
        await look.reached(5100)
        await look.page.locator("#share").tap()
        await expect(look.page.locator("html")).to_have_attribute("data-looking", "true")
        await look.page.locator(".share__format", has_text="CSV").tap()
        remarks = look.page.locator("#share-remarks")
        await expect(remarks).to_contain_text("never filtered")
        async with look.page.expect_download() as download:
            await look.page.locator("#share-make").tap()
        name, text = await taken(download)
        found = re.fullmatch(r"r_(\d+)-(\d+)\.csv", name)
        assert found is not None
        start, stop = int(found[1]), int(found[2])
        address = await look.page.locator("#share-address").input_value()
        assert f"look={start}&" in address
        assert stop - start == 5 * fs
        lines = [line for line in text.decode().splitlines() if not line.startswith("#")]
        assert lines[0] == "sample,time_s,I [mV],II [mV]"
        rows = np.array([[float(part) for part in line.split(",")] for line in lines[1:]])
        np.testing.assert_array_equal(rows[:, 0], np.arange(start, stop))
        for k, lead in enumerate(values):
            np.testing.assert_allclose(rows[:, 2 + k], values[lead][start:stop] / 1000)
        await look.page.locator("#share-close").tap()
        await expect(look.page.locator("html")).to_have_attribute("data-looking", "false")
        assert await look.page.evaluate(
            "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )


async def test_the_picture_has_the_pixels_of_the_screen_its_labels_and_calipers(chromium, server):
    dark = {"color_scheme": "dark", "device_scale_factor": 1.5}
    async with looking(chromium, server.url, kind=Sharing, **dark) as look:
        await look.stands(f"{STILL}&calipers=t_MLII_36200_36500")
        await expect(look.page.locator(".caliper__label text")).to_have_text(re.compile("833 ms"))
        await look.page.keyboard.press("e")
        await look.choose("PNG")
        name, data = await look.file()
        assert name == f"{BEATS}_36000-39600.png"
        assert data.startswith(b"\x89PNG")
        wide, pixels = await look.page.evaluate(DECODED, base64.b64encode(data).decode())
        flat = np.frombuffer(base64.b64decode(pixels), np.uint8).astype(int)
        image = flat.reshape(-1, wide, 4)[:, :, :3]
        paper = (await look.picture())[:, :, :3]
        height, width, _ = paper.shape
        assert image.shape[1] == width
        # Beside names and calipers it is the canvas, pixel for pixel, at one place alone.
        right = slice(width // 2, None)
        places = [
            top
            for top in range(image.shape[0] - height + 1)
            if np.array_equal(image[top, right], paper[0, right])
            and np.array_equal(image[top : top + height, right], paper[:, right])
        ]
        (top,) = places
        assert 30 < top < image.shape[0] - height
        drawn = np.abs(image[top : top + height] - paper).max(axis=2) > 64
        gutter = int(await look.number("gutter"))
        px = await look.number("pxPerS") / 360
        for sample in (36200, 36500):
            x = gutter + (sample - await look.number("look")) * px
            # The line of a caliper: a column of another colour, and not the one beside it.
            columns = drawn[:, round(x) - 2 : round(x) + 3].mean(axis=0)
            assert columns.max() > 0.25
            assert drawn[:, round(x) + 8].mean() < 0.1
        # The names, in the strip at the left; words above and below.
        assert drawn[:, :gutter].any()
        colours = await look.page.evaluate("names => names.map(colour)", ["--surface", "--ink"])
        ground, ink = (np.array(one[:3]) for one in colours)
        for part in (image[:top], image[top + height :]):
            assert (part[0] == ground).all()
            assert (np.abs(part - ink).max(axis=2) < 40).sum() > 200


async def test_a_span_too_long_for_a_file_is_refused_in_words_with_what_to_do(chromium, server):
    async with looking(chromium, server.url, kind=Sharing) as look:
        look.expected.append("status of 413")
        await look.stands(f"record={BEATS}&at=72000&paused=1&look=0&span=1800")
        await look.page.keyboard.press("e")
        await look.page.locator("#share-make").click()
        trouble = look.page.locator("#share-trouble")
        await expect(trouble).to_contain_text("The server says: ")
        await expect(trouble).to_contain_text("60")
        await expect(trouble).to_contain_text("Zoom in to a shorter stretch")
        # Another choice, another chance.
        await look.choose("EDF+")
        await expect(trouble).to_be_hidden()


async def test_a_file_on_its_way_is_cancelled_and_the_button_works_again(chromium, server):
    async with looking(chromium, server.url, kind=Sharing) as look:
        await look.stands(STILL)
        # A server that takes its time.
        await look.page.route("**/export?*", lambda _: None)
        await look.page.keyboard.press("e")
        make, cancel = look.page.locator("#share-make"), look.page.locator("#share-cancel")
        await make.click()
        await expect(look.page.locator("#share-said")).to_contain_text("making the file")
        await expect(look.page.locator("#share-progress")).to_be_visible()
        await cancel.click()
        await expect(look.page.locator("#share-said")).to_contain_text("Cancelled")
        await expect(cancel).to_be_hidden()
        await expect(make).to_be_focused()
        await look.page.unroute("**/export?*")
        await look.choose("Parquet")
        name, data = await look.file()
        assert name == f"{BEATS}_36000-39600.parquet"
        assert data.startswith(b"PAR1")
