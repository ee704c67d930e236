"""Beats and heart rate in the frames' own bytes."""

import asyncio

import msgpack
import numpy as np
import pytest

from ecgstream.storage.blocks import BlockCache
from ecgstream.storage.derived.beat_book import BeatBook, Key
from ecgstream.storage.memory import MemorySource
from ecgstream.viewer.pulse import Pulse
from ecgstream.viewer.reel import Reel, Reels, Tile
from ecgstream.wire.frames import payloads_of
from tests.doubles import InlineReaders
from tests.ecg_made import FS, record, regular, wave

pytestmark = pytest.mark.looptime

SECONDS = 150.0
CELL = 50
KEY = ("made", None)


@pytest.fixture(scope="module")
def source() -> MemorySource:
    times = np.concatenate([regular(60, 75), 64 + regular(SECONDS - 64, 100)])
    mv = wave(times, SECONDS)
    mv[round(100 * FS) : round(110 * FS)] = np.nan
    other = mv.copy()
    other[round(20 * FS) : round(22 * FS)] = np.nan
    return record("made", {"II": mv, "V1": other})


class Studio:
    def __init__(self, source: MemorySource) -> None:
        self.source = source
        self.book = BeatBook(source)
        self.wishes: list[tuple[Key, int]] = []
        pulse = Pulse(self.book, lambda key, k: self.wishes.append((key, k)))
        self.reels = Reels(BlockCache(source, InlineReaders(), 1 << 30), pulse)

    def reel(self, *leads: str) -> Reel:
        found = self.source.record("made")
        return self.reels.reel(found, found.choose(leads or ["II"]))

    def look(self) -> None:
        for k in range(self.book.about(KEY)[2]):
            for _ in self.book.find(KEY, k):
                pass

    async def tile(
        self, start: int, *, sid: int = 1, reel: Reel | None = None, frame: int = CELL
    ) -> Tile:
        reel = reel or self.reel()
        cursor = reel.cursor(lambda: None)
        for _ in range(10):
            tile = reel.tile(cursor, sid, start, frame, 0)
            if tile is not None:
                return tile
            await asyncio.sleep(0)
        raise AssertionError("no tile came")

    async def played(
        self, start: int, stop: int, reel: Reel, *, frame: int = CELL, sid: int = 1
    ) -> list:
        """Return all messages of the tiles of [start, stop)."""
        said = []
        while start < stop:
            tile = await self.tile(start, reel=reel, frame=frame, sid=sid)
            said += [(start, tile.stop, msgpack.unpackb(one)) for one in payloads_of(tile.message)]
            start = tile.stop
        return said


def events(said: list, kind: str) -> list:
    return [
        message for _, _, message in said if isinstance(message, dict) and message["type"] == kind
    ]


@pytest.fixture
def studio(source: MemorySource) -> Studio:
    studio = Studio(source)
    studio.look()
    return studio


async def test_every_beat_comes_once_with_the_frame_that_has_it(studio: Studio) -> None:
    reel = studio.reel()
    said = await studio.played(0, reel.length, reel)
    beats = events(said, "beats")
    assert [one for told in beats for one in told["samples"]] == [
        one for part in studio.book.over(KEY, 0, reel.length) for one in part.sample.tolist()
    ]
    assert {tuple(told) for told in beats} == {("type", "sid", "samples", "symbols", "source")}
    assert {told["source"] for told in beats} == {"ecgstream-1 II"}
    assert all(told["symbols"] == ["Q"] * len(told["samples"]) for told in beats)
    for start, stop, message in said:
        if isinstance(message, dict) and message["type"] == "beats":
            assert all(start <= one < stop for one in message["samples"])


async def test_the_rate_comes_with_each_beat_and_says_how_it_is_found(studio: Studio) -> None:
    reel = studio.reel()
    rates = [
        one
        for one in events(await studio.played(0, 15_000, reel), "numeric")
        if one["name"] == "hr"
    ]
    assert [one["value"] for one in rates[:5]] == [None] * 5
    assert {one["reason"] for one in rates[:5]} == {"too_few_beats"}
    assert {one["value"] for one in rates[6:]} == {75.0}
    assert {one["unit"] for one in rates} == {"/min"}
    assert {one["method"] for one in rates} == {"mean of last 8 RR; ecgstream-1, lead II"}
    assert rates[-1]["reason"] is None


async def test_a_pause_is_told_with_its_length_each_second_until_the_next_beat(
    studio: Studio,
) -> None:
    reel = studio.reel()
    said = events(await studio.played(14_500, 17_000, reel), "numeric")
    pauses = [one for one in said if one["name"] == "pause"]
    assert [one["value"] for one in pauses] == [2.5, 3.5, 4.5, 5.5]
    begin = {one["sample"] - round(one["value"] * FS) for one in pauses}
    assert len(begin) == 1
    [at] = [one for one in said if one["reason"] == "pause"]
    assert at["sample"] == pauses[0]["sample"]
    assert (at["name"], at["value"]) == ("hr", None)


async def test_where_nothing_is_the_rate_is_null_and_says_so(studio: Studio) -> None:
    reel = studio.reel()
    said = await studio.played(24_500, 28_000, reel)
    [gap] = events(said, "gap")
    after = [one for _, _, one in said[said.index((25_000, 27_500, gap)) :]]
    assert (after[1]["value"], after[1]["reason"], after[1]["sample"]) == (
        None,
        "gap",
        gap["start"],
    )


async def test_equal_subscriptions_get_the_very_same_bytes_and_another_sid_its_own(
    studio: Studio,
) -> None:
    one, other = (
        await studio.tile(5_000, reel=studio.reel()),
        await studio.tile(5_000, reel=studio.reel()),
    )
    assert one.message == other.message
    reel = studio.reel()
    first = await studio.tile(5_000, reel=reel)
    assert await studio.tile(5_000, reel=reel) is first
    said = events(await studio.played(5_000, 6_000, reel, sid=7), "beats")
    assert {told["sid"] for told in said} == {7}


async def test_frames_of_eight_cells_say_the_same_beats(studio: Studio) -> None:
    reel = studio.reel()
    slow, fast = [
        events(await studio.played(0, 20_000, reel, frame=frame), "beats")
        for frame in (CELL, 8 * CELL)
    ]
    assert [s for one in slow for s in one["samples"]] == [
        s for one in fast for s in one["samples"]
    ]
    assert len(fast) < len(slow)


async def test_a_frame_waits_for_nothing_and_is_made_anew_when_more_is_known(
    source: MemorySource,
) -> None:
    studio = Studio(source)
    reel = studio.reel()
    early = await studio.tile(5_000, reel=reel)
    before = await studio.tile(4_950, reel=reel)
    assert len(list(payloads_of(early.message))) == 1
    assert (KEY, 0) in studio.wishes
    studio.look()
    assert before.after is early
    studio.reels.forget("made", 5_000, 15_000)
    # Who goes from one to the next comes to those made anew.
    assert before.after is None
    said = events(await studio.played(5_000, 6_000, reel), "beats")
    assert len(said) == 5


async def test_what_is_in_no_frame_of_the_span_is_not_forgotten(studio: Studio) -> None:
    reel = studio.reel()
    kept, gone = await studio.tile(4_000, reel=reel), await studio.tile(10_000, reel=reel)
    studio.reels.forget("made", 9_000, 11_000)
    studio.reels.forget("another", 0, 11_000)
    assert await studio.tile(4_000, reel=reel) is kept
    assert await studio.tile(10_000, reel=reel) is not gone


async def test_frames_that_were_forgotten_do_not_upset_the_memory_they_are_in(
    studio: Studio,
) -> None:
    reel = studio.reel()
    studio.reels.tiles._budget = 3 * 20 * 250
    for start in range(0, 9_000, CELL):
        await studio.tile(start, reel=reel)
        if start % 2_000 == 0:
            studio.reels.forget("made", 0, start + CELL)
    assert studio.reels.tiles.held <= studio.reels.tiles._budget


async def test_who_comes_is_told_the_rate_there(studio: Studio) -> None:
    reel = studio.reel()

    def now(at: int) -> list:
        return [msgpack.unpackb(one) for one in payloads_of(reel.rate_at(3, at))]

    [said] = now(10_000)
    assert (said["sid"], said["sample"], said["value"]) == (3, 10_000, 75.0)
    rate, pause = now(15_800)
    assert (rate["value"], rate["reason"]) == (None, "pause")
    assert (pause["name"], pause["unit"]) == ("pause", "s")
    assert pause["value"] == pytest.approx((15_800 - 14_750) / FS, abs=0.05)
    assert now(26_000)[0]["reason"] == "gap"
    assert now(reel.length) == []


async def test_who_comes_before_anybody_has_looked_is_told_that(source: MemorySource) -> None:
    studio = Studio(source)
    [said] = [msgpack.unpackb(one) for one in payloads_of(studio.reel().rate_at(1, 0))]
    assert (said["value"], said["reason"]) == (None, "analysing")
    assert (KEY, 0) in studio.wishes


async def test_a_stream_of_another_rate_counts_beats_at_its_own() -> None:
    source = record("made", {"II": wave(regular(30, 75), 30)})
    about = source.record("made")
    lead = about.leads[0]
    said = {name: getattr(lead, name) for name in lead.__slots__}
    slow = type(lead)(
        **said | {"name": "ABP", "kind": "abp", "unit": "mmHg", "fs": 125.0, "length": 3_750}
    )
    samples = {"II": source._samples["made", "II"], "ABP": np.zeros(3_750, np.int16)}
    source.add(type(about)("made", "made", (lead, slow), None, None, None, None), samples)
    studio = Studio(source)
    studio.look()
    reel = studio.reel("ABP")
    beats = events(await studio.played(0, reel.length, reel, frame=25), "beats")
    own = studio.book.over(KEY, 0, 7_500)[0].sample
    assert [s for one in beats for s in one["samples"]] == (np.floor(own / 2 + 0.5)).astype(
        int
    ).tolist()


async def test_a_record_without_an_ecg_says_nothing_but_why() -> None:
    source = record("made", {"II": wave([], 30)})
    about = source.record("made")
    lead = about.leads[0]
    changed = type(lead)(**{name: getattr(lead, name) for name in lead.__slots__} | {"unit": None})
    source.add(
        type(about)("made", "made", (changed,), None, None, None, None),
        {"II": source._samples["made", "II"]},
    )
    studio = Studio(source)
    reel = studio.reel()
    assert {type(one) for _, _, one in await studio.played(0, reel.length, reel)} == {list}
    [said] = [msgpack.unpackb(one) for one in payloads_of(reel.rate_at(1, 0))]
    assert said["reason"] == "no_lead"
    assert not studio.wishes
