"""Beats found beside everything else."""

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from ecgstream.config import Settings
from ecgstream.errors import SourceUnavailable
from ecgstream.storage.derived.beat_book import BeatBook, Key
from ecgstream.storage.memory import MemorySource
from ecgstream.web import analysing as module
from ecgstream.web.analysing import Analysing
from tests.ecg_made import FS, record, regular, wave
from tests.serving import Viewer, serving, viewing

KEY: Key = ("made", None)
SECONDS = 300.0


@pytest.fixture(scope="module")
def source() -> MemorySource:
    return record("made", {"II": wave(regular(SECONDS, 75), SECONDS)})


@asynccontextmanager
async def running(source: MemorySource) -> AsyncIterator[tuple[Analysing, list[int]]]:
    """Offer one that runs, and the pieces that it has told of."""
    told: list[int] = []
    with ThreadPoolExecutor(1) as maker:
        analysing = Analysing(BeatBook(source), maker, rest=0)
        analysing.listen(lambda _key, start, _stop: told.append(round(start / FS / 60)))
        task = asyncio.create_task(analysing.run())
        yield analysing, told
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_was_wished_last_is_found_first_with_what_it_depends_on(
    source: MemorySource,
) -> None:
    async with running(source) as (analysing, told):
        analysing.wish(KEY, 0)
        analysing.wish(KEY, 3)
        assert await analysing.until(lambda: {0, 3} <= set(told), 60)
        # 3 needs 2, which is known as soon as 1 is: nobody has asked for that.
        assert told == [3, 0]


async def test_a_whole_record_is_found_from_the_place_that_is_near(source: MemorySource) -> None:
    async with running(source) as (analysing, told):
        analysing.wish_whole(KEY, 3)
        assert await analysing.until(lambda: analysing.book.whole(KEY) is not None, 60)
        assert told[:2] == [3, 4]
        assert set(told) >= {0, 1, 2, 3, 4}
        before = len(told)
        analysing.wish_whole(KEY, 0)
        analysing.wish(KEY, 1)
        await asyncio.sleep(0)
        assert len(told) == before, "all is known"


async def test_who_plays_comes_before_a_whole_record(source: MemorySource) -> None:
    other = record("other", {"II": wave(regular(SECONDS, 60), SECONDS)}, source=source)
    async with running(other) as (analysing, _):
        analysing.wish_whole(KEY, 0)
        analysing.wish(("other", None), 2)
        assert await analysing.until(lambda: analysing.book.part(("other", None), 40_000), 60)
        assert analysing.book.whole(KEY) is None


async def test_a_record_that_cannot_be_read_is_left_alone_for_a_while(
    source: MemorySource, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = []

    def gone(*span: object) -> None:
        asked.append(span)
        raise SourceUnavailable("the disk is gone")

    monkeypatch.setattr(source, "read", gone)
    caplog.set_level(logging.WARNING)
    async with running(source) as (analysing, told):
        analysing.wish(KEY, 0)
        assert await analysing.until(lambda: analysing.hopeless(KEY), 60)
        analysing.wish(KEY, 1)
        analysing.wish_whole(KEY, 1)
        assert (len(asked), told) == (1, [])
        assert "no beats of made: " in caplog.text
        # And then it is looked at again.
        monkeypatch.undo()
        monkeypatch.setattr(module, "RETRY_S", 0.0)
        analysing.wish(KEY, 0)
        assert await analysing.until(lambda: analysing.book.part(KEY, 0) is not None, 60)


async def test_a_mistake_of_ours_over_one_record_leaves_the_others(
    source: MemorySource, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    good = record("other", {"II": wave(regular(70, 60), 70)}, source=source)
    read = good.read

    def broken(name: str, *span: object) -> object:
        if name == "made":
            raise ZeroDivisionError
        return read(name, *span)

    monkeypatch.setattr(good, "read", broken)
    async with running(good) as (analysing, _):
        analysing.wish(KEY, 0)
        analysing.wish_whole(("other", None), 0)
        assert await analysing.until(lambda: analysing.book.whole(("other", None)), 60)
        assert analysing.hopeless(KEY)
    assert "ZeroDivisionError" in caplog.text


async def test_waiting_ends_when_the_time_is_over(source: MemorySource) -> None:
    async with running(source) as (analysing, _):
        assert not await analysing.until(lambda: False, 0.0)


async def said(viewer: Viewer, frames: int) -> list[dict]:
    """Return the events that came with so many frames."""
    events = []
    while frames:
        message = await viewer.receive()
        if isinstance(message, dict):
            events.append(message)
        else:
            frames -= 1
    return events


async def test_a_stream_has_beats_and_the_rate_as_the_record_has_them(source: MemorySource) -> None:
    async with serving(source, settings=Settings(max_lateness_ms=0)) as served:
        async with viewing(served) as viewer:
            await viewer.ask("subscribe", sid=5, record="made", speed=32)
            first = await viewer.receive()
            assert (first["type"], first["name"], first["reason"]) == ("numeric", "hr", "analysing")
            events = await said(viewer, 120)
        async with viewing(served) as viewer:
            await viewer.ask("subscribe", sid=1, record="made", at={"seconds": 30.0}, paused=True)
            there = await viewer.receive()
            await viewer.ask("seek", sid=1, at={"seconds": 60.0})
            then = await viewer.receive()
    assert (there["value"], there["sample"], there["sid"]) == (75.0, round(30 * FS), 1)
    assert (then["value"], then["sample"]) == (75.0, round(60 * FS))
    rates = [one["value"] for one in events if one["type"] == "numeric"]
    assert rates[-1] == 75.0
    samples = [at for one in events if one["type"] == "beats" for at in one["samples"]]
    assert samples
    assert {one["sid"] for one in events if one["type"] != "heartbeat"} == {5}
    assert all(80 < b - a < 220 for a, b in pairwise(samples))


async def test_where_analysis_is_off_nothing_is_said(source: MemorySource) -> None:
    settings = Settings(max_lateness_ms=0, analysis=False)
    async with serving(source, settings=settings) as served, viewing(served) as viewer:
        await viewer.ask("subscribe", sid=1, record="made", speed=32)
        events = await said(viewer, 60)
    assert {one["type"] for one in events} <= {"heartbeat"}
