"""Annotating in a real Chromium: by mouse, finger and key, refused, in conflict, by two at once.

Each test has a record of its own: what it writes stays on the server.
"""

import re
import time

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import grave
from tests.browser.noting import noting, swept
from tests.browser.places import SIZES
from tests.serving import DATA, ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PAUSED = "&at=36000&paused=1"


@pytest.fixture(scope="module")
def server():
    with ServerProcess([DATA]) as process:
        yield process


async def fill(page: Page, field: str, words: str) -> None:
    await page.locator(field).fill(words)
    await page.locator(field).press("Enter")


async def test_by_mouse_an_annotation_is_made_moved_worded_undone_and_found_again(chromium, server):
    async with noting(chromium, server, "100-pq", PAUSED) as desk:
        page = desk.page
        await page.locator("#notes-open").click()
        await expect(page.locator("#notes")).to_be_visible()
        await desk.stands()
        # A click is a point, at that sample of that lead, with the symbol of the palette.
        await page.get_by_role("button", name="Premature ventricular contraction").click()
        x, y = await desk.spot(0.4, 0.2)
        await page.mouse.click(x, y)
        [point] = await desk.saved("V")
        assert point["sample"] == pytest.approx(await desk.sample(x), abs=1)
        assert (point["lead"], point["stop"], point["version"]) == ("MLII", None, 1)
        await expect(page.locator("html")).to_have_attribute(
            "data-marks", re.compile("notes notes")
        )
        # A click on it chooses it, and makes no second one.
        await page.keyboard.press("Escape")
        await expect(page.locator("#note-form")).to_be_hidden()
        await page.mouse.click(x + 2, y)
        await expect(page.locator("#note-form")).to_be_visible()
        await expect(page.locator("#note-what")).to_contain_text("lead MLII")
        # A drag is an interval; what is typed is its text at once.
        await page.locator("#notes-interval").click()
        await page.get_by_role("button", name="Comment").click()
        left, right = await desk.spot(0.55, 0.7), await desk.spot(0.7, 0.75)
        await desk.drag(left, right)
        await expect(page.locator("#note-text")).to_be_focused()
        # Changes that wait for an answer go together: a version each has what is saved before the next.
        await desk.saved("V", '"')
        await page.keyboard.type("two in a row")
        await page.keyboard.press("Enter")
        await desk.saved("V", '"')
        await fill(page, "#note-tags", "check, AF")
        _, stretch = await desk.saved("V", '"')
        assert stretch["sample"] == pytest.approx(await desk.sample(left[0]), abs=1)
        assert stretch["stop"] == pytest.approx(await desk.sample(right[0]), abs=1)
        assert (stretch["lead"], stretch["aux_note"]) == ("V5", "two in a row")
        assert stretch["tags"] == ["check", "AF"]
        # Its end is moved by its handle, and back by undo: each is a version.
        end = await desk.handle("End of the annotation")
        there = (end[0] + 80, end[1] + 3)
        await desk.drag(end, there)
        await expect(page.locator("#note-by")).to_contain_text("version 4")
        _, moved = await desk.kept()
        assert moved["stop"] == pytest.approx(await desk.sample(there[0]), abs=1)
        await page.locator("#notes-undo").click()
        await expect(page.locator("#note-stop")).to_have_value(str(stretch["stop"]))
        await page.locator("#note-delete").click()
        await desk.saved("V")
        await page.locator("#notes-undo").click()
        _, back = await desk.saved("V", '"')
        assert [back[name] for name in ("stop", "tags")] == [stretch["stop"], ["check", "AF"]]
        assert len(await desk.versions(back["id"])) == back["version"] == 7
        await page.locator("#note-versions-open").click()
        await expect(page.locator("#note-versions li")).to_have_count(7)
        # The list finds it by its words, and goes there; the address brings it back.
        await page.locator("#notes-find").fill("row check")
        await expect(page.locator("#notes-count")).to_have_text("1 of 2")
        await page.locator("#seek").focus()
        await page.keyboard.press("End")
        await page.locator("#notes-rows button").click()
        await expect(page).to_have_url(re.compile(f"notes={back['id']}"))
        await desk.handle("Begin of the annotation")
        await page.reload()
        await expect(page.locator("#note-text")).to_have_value("two in a row")
        await desk.handle("Begin of the annotation")
        # With all of it shown, axe has nothing to say.
        await page.locator("#notes-files-open").click()
        for viewport in SIZES.values():
            await page.set_viewport_size(viewport)
            for scheme in ("light", "dark"):
                await page.emulate_media(color_scheme=scheme)
                assert await grave(page, colours=scheme == "dark") == []


async def test_a_handle_is_taken_again_after_it_went_in_the_hand_and_under_a_remark(
    chromium, server
):
    async with noting(chromium, server, "105-pq", PAUSED) as desk:
        page = desk.page
        await desk.open()
        await desk.stands()
        await page.locator("#notes-interval").click()
        await desk.drag(await desk.spot(0.4, 0.7), await desk.spot(0.6, 0.7))
        await desk.saved('"')
        end = await desk.handle("End of the annotation")
        await page.mouse.move(*end)
        await page.mouse.down()
        # Deleted while it is held, and brought back.
        await page.keyboard.press("Delete")
        await desk.saved()
        await page.mouse.up()
        await page.locator("#notes-undo").click()
        await desk.saved('"')
        end = await desk.handle("End of the annotation")
        await desk.drag(end, (end[0] + 60, end[1]))
        await expect(page.locator("#note-by")).to_contain_text("version 4")
        [moved] = await desk.saved('"')
        assert moved["stop"] == pytest.approx(await desk.sample(end[0] + 60), abs=1)
        # A remark lies over a handle, and does not keep a hand from it.
        end = await desk.handle("End of the annotation")
        await page.locator("#toast").evaluate(
            """(toast, [x, y]) => {
                toast.hidden = false;
                const { left, top } = toast.parentElement.getBoundingClientRect();
                Object.entries({ left: `${x - left - 9}px`, top: `${y - top - 9}px`, right: "auto", bottom: "auto", width: "9rem" })
                    .forEach(([name, value]) => toast.style.setProperty(name, value));
            }""",
            end,
        )
        await desk.drag(end, (end[0] - 40, end[1]))
        await expect(page.locator("#note-by")).to_contain_text("version 5")


async def test_by_key_alone_everything_is_done_standing_and_playing(chromium, server):
    async with noting(chromium, server, "119-pq", PAUSED) as desk:
        page, press = desk.page, desk.keys.press
        await desk.open()
        await desk.stands()
        # A key that is a symbol is the next one's; Enter places it in the middle, the focus on it.
        await press("A")
        await expect(page.locator("#notes-symbol")).to_have_value("A")
        await press("Enter")
        handle = page.get_by_role("slider", name="Place of the annotation")
        await expect(handle).to_be_focused()
        [made] = await desk.saved("A")
        for key in ("ArrowRight", "ArrowRight", "Shift+ArrowLeft"):
            await press(key)
        await expect(handle).to_have_attribute("aria-valuenow", str(made["sample"] - 8))
        # On the annotation a symbol is its own. Enter goes to its text, and from there back.
        await press("V")
        await expect(page.locator("#note-what")).to_contain_text("Premature ventricular")
        await press("Enter")
        await expect(page.locator("#note-text")).to_be_focused()
        await desk.keys.type("no N here")
        await press("Enter")
        await expect(page.locator("#notes")).to_be_focused()
        [now] = await desk.saved("V")
        assert (now["sample"], now["aux_note"]) == (made["sample"] - 8, "no N here")
        # The three steps are undone as one.
        for _ in range(3):
            await press("Control+z")
        await expect(page.locator("#note-sample")).to_have_value(str(made["sample"]))
        await press("Control+Shift+z")
        await expect(page.locator("#note-sample")).to_have_value(str(made["sample"] - 8))
        await press("Delete")
        await desk.saved()
        # Playing: at the newest sample, and an interval from one to another.
        await press(".")
        await press("k")
        await expect(page.locator("html")).to_have_attribute("data-state", "playing")
        await press("V")
        before = await desk.told("playhead")
        await press("Enter")
        [newest] = await desk.saved("V")
        assert newest["sample"] >= before
        await desk.played(newest["sample"])
        await page.locator("#notes-interval").click()
        await page.locator("#notes").focus()
        await press("Enter")
        await expect(page.locator("#notes-hint")).to_contain_text("Begun at")
        await press("Enter")
        _, stretch = await desk.saved("V", "V")
        assert stretch["stop"] > stretch["sample"] > newest["sample"]
        # Under the pointer, in a sweep: the sample that is drawn there.
        await page.locator("#notes-point").click()
        x, y = await desk.spot(0.3, 0.2)
        await page.mouse.click(x, y)
        kept = {one["id"]: one for one in await desk.saved("V", "V", "V")}
        pointed = kept[await page.locator("html").get_attribute("data-note") or ""]
        box = await page.locator("#paper").bounding_box()
        gutter = await desk.told("gutter")
        row = box["width"] - gutter
        column = swept(pointed["sample"], row, await desk.told("px-per-s") / 360)
        assert column == pytest.approx(x - box["x"] - gutter, abs=2)
        await desk.played(pointed["sample"])
        # Escape leaves the annotation, then the panel, and the keys are the viewer's again.
        await page.locator("#notes").focus()
        await press("Escape")
        await expect(page.locator("#note-form")).to_be_hidden()
        await press("Escape")
        await expect(page.locator("#notes")).to_be_hidden()
        await expect(page.locator("#notes-open")).to_be_focused()
        await press("l")
        await expect(page.locator("#leads-dialog")).to_be_visible()


async def test_by_finger_a_tap_is_a_point_and_a_swipe_an_interval(chromium, server):
    async with noting(chromium, server, "203-pq", PAUSED, phone=True) as desk:
        page = desk.page
        await page.locator("#notes-open").tap()
        await expect(page.locator("#notes")).to_be_visible()
        await desk.stands()
        await page.get_by_role("button", name="Normal beat (key N)", exact=True).tap()
        x, y = await desk.spot(0.6, 0.12)
        await page.touchscreen.tap(x, y)
        [point] = await desk.saved("N")
        assert point["sample"] == pytest.approx(await desk.sample(x), abs=3)
        # A finger that moves the paper makes nothing.
        look = await desk.told("look")
        await desk.swipe(await desk.spot(0.5, 0.12), await desk.spot(0.8, 0.12))
        await expect(page.locator("html")).not_to_have_attribute("data-look", f"{look:.0f}")
        # A tap at once after a fling is its end, says the browser.
        await page.locator("#notes-interval").click()
        await expect(page.locator("#notes-interval")).to_have_attribute("aria-pressed", "true")
        left, right = await desk.spot(0.4, 0.7), await desk.spot(0.7, 0.7)
        wanted = [await desk.sample(x) for x, _ in (left, right)]
        await desk.swipe(left, right)
        kept = await desk.saved("N", "N")
        stretch = next(one for one in kept if one["stop"] is not None)
        assert [stretch["sample"], stretch["stop"]] == pytest.approx(wanted, abs=3)
        begin = await desk.handle("Begin of the annotation")
        await desk.swipe(begin, (begin[0] - 30, begin[1]))
        await expect(page.locator("#note-sample")).not_to_have_value(str(stretch["sample"]))
        moved = next(one for one in await desk.saved("N", "N") if one["stop"] is not None)
        assert moved["sample"] == pytest.approx(await desk.sample(begin[0] - 30), abs=6)
        assert moved["version"] == 2


async def test_a_set_is_saved_as_a_file_and_read_again_to_be_written_or_read_only(
    chromium, server, tmp_path
):
    async with noting(chromium, server, "102-pq", PAUSED) as desk:
        desk.expected = ["status of 422"]
        page = desk.page
        await desk.open()
        await desk.stands()
        for symbol, key in {"V": "Shift+ArrowLeft", "A": "Shift+ArrowRight"}.items():
            await page.locator("#notes").focus()
            await desk.keys.press(symbol)
            await desk.keys.press("Enter")
            await expect(page.get_by_role("slider", name="Place of the annotation")).to_be_focused()
            await desk.keys.press(key)
        made = await desk.saved("V", "A")
        await page.locator("#notes-files-open").click()
        for kind in ("csv", "wfdb"):
            await page.locator("#notes-from").select_option("notes")
            await page.locator("#notes-format").select_option(kind)
            async with page.expect_download() as download:
                await page.locator("#notes-save").click()
            file = tmp_path / (await download.value).suggested_filename
            await (await download.value).save_as(file)
            await page.locator("#notes-file").set_input_files(file)
            await page.locator("#notes-into").fill(f"from-{kind}")
            await page.locator("#notes-read-only").set_checked(kind == "wfdb")
            await page.locator("#notes-read").click()
            said = page.locator("#notes-read-said")
            await expect(said).to_have_text(f"2 annotations read into set from-{kind}")
        # The one to be written is in the list; the other one on the picture, as those that came with the record.
        await expect(page.locator("#notes-count")).to_have_text("4")
        await expect(page.locator("html")).to_have_attribute(
            "data-marks", re.compile("set from-wfdb")
        )
        await page.locator("#notes-find").fill("from-csv")
        await expect(page.locator("#notes-rows .notes__letter")).to_have_text(["V", "A"])
        await page.locator("#notes-rows button").first.click()
        await expect(page.locator("#note-sample")).to_have_value(str(made[0]["sample"]))
        # What is no such file is refused with the reason, and nothing is read.
        (tmp_path / "no.csv").write_text("nothing,of the kind\n1,2\n")
        await page.locator("#notes-file").set_input_files(tmp_path / "no.csv")
        await page.locator("#notes-read").click()
        await expect(page.locator("#notes-read-said")).to_contain_text("Nothing was read: ")
        await expect(page.locator("#notes-count")).to_have_text("2 of 4")


async def test_two_who_watch_see_each_other_and_neither_overwrites_the_other(chromium, server):
    async with (
        noting(chromium, server, "207-pq", PAUSED) as ann,
        noting(chromium, server, "207-pq", "&at=36000") as bob,
    ):
        ann.expected = ["status of 409"]
        await ann.open()
        await ann.stands()
        await ann.keys.press("V")
        start = time.monotonic()
        await ann.keys.press("Enter")
        # Bob has not even opened the panel.
        html = bob.page.locator("html")
        await expect(html).to_have_attribute("data-marks", re.compile("notes notes"))
        print(f"seen by another after {time.monotonic() - start:.3f} s")
        await bob.open()
        [note] = await bob.saved("V")
        await bob.page.locator("#notes-rows button").click()
        # Ann types; Bob is quicker.
        await ann.page.locator("#note-text").fill("mine")
        await fill(bob.page, "#note-text", "his")
        await bob.saved("V")
        await expect(ann.page.locator("#notes-rows")).to_contain_text("his")
        await expect(ann.page.locator("#note-text")).to_have_value("mine")
        await ann.page.locator("#note-text").press("Enter")
        conflict = ann.page.locator("#note-conflict")
        await expect(conflict).to_contain_text("text: none \u2192 his")
        await expect(conflict).to_contain_text("Yours was not taken: text mine")
        assert (await ann.kept())[0]["aux_note"] == "his"
        await ann.page.locator("#note-mine").click()
        await expect(conflict).to_be_hidden()
        await expect(bob.page.locator("#notes-rows")).to_contain_text("mine")
        # Bob cannot undo what is not any more as he left it; Ann's deletion takes it away at once.
        await bob.page.locator("#notes-undo").click()
        await expect(bob.page.locator("#toast")).to_contain_text("Not undone")
        await ann.page.locator("#note-delete").click()
        await bob.saved()
        await expect(bob.page.locator("#note-form")).to_be_hidden()
        assert [one["aux_note"] for one in await ann.versions(note["id"])] == [
            "",
            "his",
            "mine",
            "mine",
        ]


async def test_what_is_refused_is_turned_back_and_what_nobody_answers_waits(chromium):
    with ServerProcess([DATA]) as server:
        async with noting(chromium, server, "105-pq", PAUSED) as desk:
            desk.expected = ["status of 422", "ERR_CONNECTION_REFUSED", "WebSocket"]
            page = desk.page
            await desk.open()
            await desk.stands()
            await page.locator("#notes-files-open").click()
            await page.locator("#notes-set").fill("atr")
            await page.locator("#notes").focus()
            await desk.keys.press("Enter")
            await expect(page.locator("#toast")).to_contain_text("'atr' is read-only")
            await desk.saved()
            await expect(page.locator("#notes-undo")).to_be_disabled()
            await page.locator("#notes-set").fill("notes")
            server.stop()
            await page.locator("#notes").focus()
            await desk.keys.press("Enter")
            await expect(page.locator("#notes-unsaved")).to_have_text("1 change is not saved yet")
            await expect(page.locator("#notes-rows .notes__letter")).to_have_text(['"'])
            await page.keyboard.press("V")
            server.start()
            [kept] = await desk.saved("V")
            assert kept["symbol"] == "V"
            await expect(page.locator("#notes-unsaved")).to_be_hidden()
