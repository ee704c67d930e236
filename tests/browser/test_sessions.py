"""A session recorded in one browser by a real hand, its page killed, and replayed in another."""

import asyncio
import bisect
import itertools
import json
import re
import time
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.axe import grave
from tests.browser.pages import fresh
from tests.browser.test_screens import WATCHED, moved
from tests.browser.test_viewer_page import BEATS, READING, WIDE, Looking, looking
from tests.serving import DATA, HANGS_S, ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FS = 360
PACE = 4
LOST_MS = 2_000
"""What a crash may cost."""

# What really was, as the page had it: the places of the hand, and how the viewer stood each time it was told.
TRUTH = """() => {
    window.truth = { hand: [], stood: [] };
    const { dataset } = document.documentElement;
    document.addEventListener("pointermove", ({ timeStamp, clientX, clientY, target }) => {
        if (target.closest("#stage")) truth.hand.push([performance.timeOrigin + timeStamp, clientX, clientY]);
    }, { capture: true, passive: true });
    new MutationObserver(() => {
        const { told, playhead, pxPerMv, leads, look, mode } = dataset;
        truth.stood.push({ at: Number(told), playhead: Number(playhead), pxPerMv, leads, look, mode });
    }).observe(document.documentElement, { attributeFilter: ["data-told"] });
}"""

# Each frame of a replay: when it was of, what of the log it drew, and when a frame like it was on its way to the screen.
FRAMES = """() => {
    window.frames_ = [];
    const { dataset } = document.documentElement;
    const pointer = document.querySelector("#replay-pointer");
    const next = () => {
        const { session, sessionAt, replaying } = dataset;
        frames_.push({ t: Number(session), at: Number(sessionAt), replaying, hidden: pointer.hidden, drawn: Number(pointer.dataset.t) });
        requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
}"""

PIXELS = """async () => {
    const { width, height, data } = await settled();
    const digest = await crypto.subtle.digest("SHA-256", data);
    return [width, height, ...new Uint8Array(digest)];
}"""


async def size_of_stage(page: Page) -> list[int]:
    """Return the size of the picture as it is laid out, in device pixels."""
    await page.wait_for_function("() => laid()")
    said = await page.evaluate("() => document.documentElement.dataset.paper")
    return [int(part) for part in said.split()]


async def fit(page: Page, stage: list[int]) -> None:
    """Give the page such a size that its picture is as large as that."""
    size = page.viewport_size
    assert size
    width, height = size["width"], size["height"]
    async with asyncio.timeout(HANGS_S):
        while (now := await size_of_stage(page)) != stage:
            # How broad it is says how high the lines around it are.
            width += stage[0] - now[0]
            height += stage[1] - now[1] if stage[0] == now[0] else 0
            await page.set_viewport_size({"width": width, "height": height})


async def crash(page: Page) -> None:
    """Kill the process of a page: nothing of it runs any more, not even what says goodbye."""
    crashed = asyncio.Event()
    page.on("crash", lambda _: crashed.set())
    debugger = await page.context.new_cdp_session(page)
    killing = asyncio.ensure_future(debugger.send("Page.crash"))
    async with asyncio.timeout(HANGS_S):
        await crashed.wait()
    killing.cancel()


async def logged(author: Looking) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the session of the record, and its log, as the server has them."""
    path = f"{author.url}/api/v1/sessions"
    request = author.page.context.request
    (head,) = (await (await request.get(f"{path}?record={BEATS}")).json())["sessions"]
    lines = (await (await request.get(f"{path}/{head['session']}/log")).text()).splitlines()
    return head, [json.loads(line) for line in lines][1:]


async def kept(author: Looking, look: float) -> None:
    """Wait until the server has it that the author looks there, to a pixel."""
    async with asyncio.timeout(HANGS_S):
        while True:
            _, log = await logged(author)
            place = folded(log)[-1][1]["look"]
            if place and abs(place["start"] - look) < 5:
                return


async def record(author: Looking) -> dict[str, Any]:
    """Do with the record what one does, recorded; return what really was, and when the page died."""
    page = author.page
    html = page.locator("html")
    await author.open(f"record={BEATS}&at=36000&window=10")
    await author.until("playing")
    await page.keyboard.press("o")
    await page.locator("#sessions-title-field").fill("Rounds")
    await page.locator("#sessions-record").click()
    await expect(page.locator("#recording")).to_have_attribute("data-kept", "true")
    await page.locator("#sessions-note-text").fill("wide, no P before it")
    await page.keyboard.press("Enter")
    await expect(page.locator("#sessions-said")).not_to_be_empty()
    await page.locator("#sessions-close").click()
    await page.evaluate(TRUTH)
    for step in range(40):
        await page.mouse.move(200 + 15 * step, 150 + 3 * step)
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("]")
    await expect(page.locator("#speed")).to_have_value("2")
    await page.keyboard.press("Home")
    await page.wait_for_function("() => Number(document.documentElement.dataset.playhead) < 3600")
    await page.keyboard.press("PageDown")
    await author.reached(4_500)
    await page.keyboard.press("k")
    await author.until("paused")
    # A drag: the picture is looked at elsewhere, and stands still.
    await page.mouse.move(900, 250)
    await page.mouse.down()
    for step in range(10):
        await page.mouse.move(900 - 20 * step, 250 + step)
    await page.mouse.up()
    await expect(html).to_have_attribute("data-looking", "true")
    await page.mouse.move(640, 300)
    await page.wait_for_function("() => laid()")
    pixels, stage = await page.evaluate(PIXELS), await size_of_stage(page)
    # What is there now is on the server a second later; the last moves are not waited for.
    await kept(author, float(await page.evaluate("() => document.documentElement.dataset.look")))
    for step in range(10):
        await page.mouse.move(640 + 10 * step, 300)
    truth = await page.evaluate("() => truth")
    gutter = await author.number("gutter")
    await crash(page)
    return {**truth, "died": time.time() * 1000, "pixels": pixels, "stage": stage, "gutter": gutter}


def folded(events: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    """Return how the viewer stood from each view of a log on."""
    stood: dict[str, Any] = {}
    found = []
    for event in events:
        if event["kind"] == "view":
            said = {name: value for name, value in event.items() if name not in {"t", "kind"}}
            if "sample" in said:
                said["penned"] = event["t"]
            stood = stood | said
            found.append((event["t"], stood))
    return found


def astray(views: list[tuple[int, dict[str, Any]]], playhead: int, t: float) -> tuple[float, float]:
    """Return by how many samples the pen of a log is beside a playhead, and what 50 ms are."""
    here = views[bisect.bisect_right([at for at, _ in views], t) - 1][1]
    rate = FS * here["speed"] if here["moving"] else 0
    pen = here["sample"] + (t - here["penned"]) / 1000 * rate
    return abs(pen - 1 - playhead), 0.05 * FS * here["speed"] + 2


async def test_a_session_is_replayed_as_its_author_saw_it_though_the_page_was_killed(
    chromium, tmp_path
):
    # Beats come when they are found, and would stand on one picture and not yet on the other.
    options = ("--no-analysis", f"--store={tmp_path / 'store.db'}")
    with ServerProcess((DATA,), *options) as server:
        async with fresh(chromium, READING, viewport=WIDE) as doomed:
            author = Looking(doomed, server.url)
            author.expected.append("status of 404")
            was = await record(author)
            author.check()
            head, log = await logged(author)

            # Said to be over, or whoever replays it would wait for more for some seconds.
            path = f"{server.url}/api/v1/sessions/{head['session']}/events?after={head['events']}"
            over = await doomed.context.request.post(path, data={"events": [], "ended": True})
            assert over.ok

            # 2 s at most are lost. The clocks of page, server and test are one machine's.
            assert (head["title"], head["ended"], head["mine"]) == ("Rounds", False, True)
            begun = was["died"] - head["lasted_ms"]
            assert head["started"] * 1000 == pytest.approx(begun, abs=LOST_MS)

            # The log is what was: each of its places is the hand's at that very moment, and there is one within 50 ms
            # of every move of the hand.
            start = head["started"] * 1000
            pointers = [event for event in log if event["kind"] == "pointer" and event["place"]]
            width = was["stage"][0] - was["gutter"]
            hand = {round(x): at for at, x, _ in was["hand"][:40]}
            first = next(
                one for one in pointers if round(one["place"]["x"] * width + was["gutter"]) in hand
            )
            offset = hand[round(first["place"]["x"] * width + was["gutter"])] - first["t"]
            assert abs(offset - start) < LOST_MS
            moments = [at - offset for at, _, _ in was["hand"]]
            for one in pointers:
                near = bisect.bisect_left(moments, one["t"] - 2)
                there = [
                    x
                    for t, (_, x, _) in zip(moments[near:], was["hand"][near:], strict=True)
                    if t <= one["t"] + 2
                ]
                if one["t"] >= first["t"] and not one["place"]["down"] and there:
                    assert (
                        min(abs(one["place"]["x"] * width + was["gutter"] - x) for x in there) < 1
                    ), one
            times = [one["t"] for one in pointers]
            kept_moves = [t for t in moments if t <= head["lasted_ms"] - 300]
            assert len(kept_moves) > 40
            for t in kept_moves:
                near = bisect.bisect_left(times, t - 50)
                assert times[min(near, len(times) - 1)] == pytest.approx(t, abs=50)

            # And every place of the pen within 50 ms of signal.
            views = folded(log)
            for one in was["stood"]:
                t = one["at"] - offset
                if t > head["lasted_ms"] - 300:
                    continue
                # A seek is at the very moment at which it was told, which is known here to a millisecond.
                off, tolerance = min(astray(views, one["playhead"], t + ms) for ms in (-2, 0, 2))
                assert off <= tolerance, (t, one, off)

        async with looking(chromium, server.url, viewport={"width": 1500, "height": 800}) as other:
            page = other.page
            other.expected.append("status of 404")
            html = page.locator("html")
            await other.open(f"record={BEATS}&paused=1&session={head['session']}@0")
            # On a machine that is busy it may have played to its end by now.
            await expect(html).to_have_attribute("data-replaying", re.compile("plays|stands"))
            for mark in ("#fact-session", "#replay"):
                await expect(page.locator(mark)).to_contain_text("Replay of a session by anonymous")
            assert await grave(page) == []
            await page.locator("#replay-pace").select_option(str(PACE))
            await page.evaluate(FRAMES)
            await page.locator("#replay-at").evaluate(
                "one => { one.value = '0'; one.dispatchEvent(new Event('input', { bubbles: true })); }"
            )
            await page.wait_for_function(
                "() => frames_.some(({ replaying }) => replaying === 'plays')"
            )
            await expect(html).to_have_attribute("data-replaying", "stands")
            frames = await page.evaluate("() => frames_")
            begun = max(
                i for i, one in enumerate(frames) if i == 0 or one["t"] < frames[i - 1]["t"]
            )
            played = [one for one in frames[begun:] if one["t"] < head["lasted_ms"]]

            # The time of the session is four times that of the watcher (or stands, where samples do not come), and what is
            # drawn is what the log has for it.
            moved = [event["t"] for event in log if event["kind"] == "pointer"]
            steps = 0
            for before, one in itertools.pairwise(played):
                if before["replaying"] != "plays":
                    continue
                assert one["t"] - before["t"] == pytest.approx(
                    PACE * (one["at"] - before["at"]), abs=3
                )
                drawn = bisect.bisect_right(moved, one["t"])
                assert one["drawn"] == (moved[drawn - 1] if drawn else 0)
                steps += 1
            assert steps > 10

            # At its end it stands as the author stood when the page died: the very picture, pixel for pixel.
            last = views[-1][1]
            await expect(html).to_have_attribute("data-playhead", str(int(last["sample"]) - 1))
            await expect(html).to_have_attribute("data-looking", "true")
            await expect(page.locator("#gain")).to_have_value(
                str(last["looks"]["mm_per_mv"]).removesuffix(".0")
            )
            await fit(page, was["stage"])
            await page.wait_for_function("() => laid()")
            assert await page.evaluate(PIXELS) == was["pixels"]

            # Taken over it stays where it is, and is the person's.
            look = await page.evaluate("() => document.documentElement.dataset.look")
            await page.locator("#replay-take").click()
            await expect(html).to_have_attribute("data-replaying", "over")
            await expect(page.locator("#fact-session")).to_be_hidden()
            await expect(page.locator("#replay-pointer")).to_be_hidden()
            await page.wait_for_function("() => laid()")
            await expect(html).to_have_attribute("data-look", look)
            await expect(html).to_have_attribute("data-looking", "true")
            await page.keyboard.press(".")
            await expect(html).to_have_attribute("data-looking", "false")
            await expect(html).to_have_attribute("data-playhead", str(int(last["sample"]) - 1))
            # A hand on the picture is enough.
            await page.locator("#replay-back").click()
            await expect(html).to_have_attribute("data-looking", "true")
            await page.mouse.move(700, 300)
            await page.mouse.wheel(0, -200)
            await expect(html).to_have_attribute("data-replaying", "over")
            await page.locator("#replay-leave").click()
            await expect(page.locator("#replay")).to_be_hidden()


async def test_what_the_server_does_not_keep_is_said_and_sent_when_it_is_back(chromium, tmp_path):
    options = (f"--store={tmp_path / 'store.db'}",)
    with ServerProcess((DATA,), *options) as server:
        async with looking(chromium, server.url) as author:
            page = author.page
            author.expected += ["ERR_", "WebSocket", "Failed to load"]
            await author.open(f"record={BEATS}&at=36000&paused=1")
            await author.until("paused")
            await page.keyboard.press("o")
            await page.locator("#sessions-record").click()
            sign = page.locator("#recording")
            await expect(sign).to_have_attribute("data-events", re.compile("[1-9]"))
            server.stop()
            await page.locator("#sessions-note-text").fill("nobody hears this")
            await page.keyboard.press("Enter")
            await expect(sign).to_have_attribute("data-kept", "false", timeout=10_000)
            await expect(page.locator("#sessions-state")).to_contain_text("does not answer")
            server.start()
            await expect(sign).to_have_attribute("data-kept", "true", timeout=10_000)
            await page.locator("#sessions-record").click()
            await expect(sign).to_be_hidden()
            row = page.locator("#sessions-rows tr")
            await expect(row).to_have_count(1)
            async with page.expect_download() as download:
                await row.get_by_role("button", name="Log").click()
            lines = [
                json.loads(line)
                for line in (await (await download.value).path()).read_text().splitlines()
            ]
            assert [one.get("text") for one in lines if one["kind"] == "note"] == [
                "nobody hears this"
            ]
            assert lines[0]["ended"]
            # Named, and deleted by two presses.
            await row.get_by_role("textbox").fill("Second look")
            await row.get_by_role("textbox").blur()
            await expect(page.locator("#sessions-said")).to_contain_text("name is kept")
            await row.get_by_role("button", name="Delete").click()
            await row.get_by_role("button", name="for good").click()
            await expect(row).to_have_count(0)


MARK = """async (record) => {
    const body = { id: self.crypto.randomUUID(), set: "notes", sample: 35000, symbol: "V", lead: "MLII", aux_note: "couplet" };
    const answer = await fetch(`/api/v1/records/${record}/annotations`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(await answer.text());
}"""


async def test_others_follow_what_is_still_being_recorded_with_its_marks(chromium, tmp_path):
    store = f"--store={tmp_path / 'store.db'}"
    with ServerProcess((DATA,), store) as server:
        async with (
            looking(chromium, server.url) as author,
            looking(chromium, server.url) as other,
        ):
            page = author.page
            await author.open(f"record={BEATS}&at=36000&paused=1&window=10")
            await author.until("paused")
            await page.keyboard.press("o")
            await page.locator("#sessions-record").click()
            sign = page.locator("#recording")
            await expect(sign).to_have_attribute("data-events", re.compile("[1-9]"))
            head, _ = await logged(author)
            assert head["recording"]

            follower = other.page
            html = follower.locator("html")
            drawn = asyncio.Event()

            async def late(route: Route) -> None:
                await drawn.wait()
                await route.continue_()

            await follower.route("**/api/v1/sessions/**", late)
            await other.open(f"record={BEATS}&at=0&paused=1&session={head['session']}@0")
            # There is a picture before there is a word of the session, and none of them moves it.
            await expect(html).to_have_attribute("data-drawn", "samples")
            await expect(html).to_have_attribute("data-analysis", "there")
            await expect(html).to_have_attribute("data-replaying", "linked")
            await follower.evaluate(f"() => {{ {WATCHED} }}")
            drawn.set()
            await expect(html).to_have_attribute("data-playhead", "35999")
            await page.evaluate(MARK, BEATS)
            note = follower.locator("#replay-note")
            await expect(note).to_have_text("Marked V MLII couplet")
            await expect(html).to_have_attribute("data-session-marks", "1")
            await page.locator("#gain").select_option("40")
            await expect(follower.locator("#gain")).to_have_value("40")
            await page.locator("#sessions-record").click()
            await expect(sign).to_be_hidden()
            await expect(html).to_have_attribute("data-replaying", "stands")
            await expect(follower.locator("#replay-remark")).to_have_text("The session ends here.")
            assert await moved(follower) == []
            # What somebody else chose is not what this browser remembers.
            assert await follower.evaluate("() => localStorage.getItem('ecgstream.looks')") is None
