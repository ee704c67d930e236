"""Pyramids made beside everything else: one at a time, the latest wish first."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import numpy as np

from ecgstream.errors import SourceUnavailable
from ecgstream.model.record import Lead, Record
from ecgstream.storage.derived.cache_folder import CacheFolder
from ecgstream.storage.derived.pyramids import SUFFIX, Pyramids
from ecgstream.storage.memory import MemorySource
from ecgstream.web import aside, building
from ecgstream.web.aside import gone_through
from ecgstream.web.building import Building
from tests.doubles import FaultySource

LENGTH = 20_000
FS = 100.0
NAMES = ("a", "b", "c")


def archive(names=NAMES):
    source = FaultySource(MemorySource(1_000))
    for number, name in enumerate(names):
        one = Lead("II", "mV", 1.0, 0.0, "ecg", FS, LENGTH, ("i2",))
        samples = np.arange(number, LENGTH + number, dtype="<i2")
        source._source.add(Record(name, name, (one,), None, None, None, None), {"II": samples})
    return source


class Shelf(Pyramids):
    """Tells in which order pyramids are made, and how many at once at most."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, small=0, **kwargs)
        self.made = []
        self.at_once = self.most = 0
        self.held = threading.Event()
        self.held.set()
        self.failing = None

    def make(self, key):
        self.made.append(key[0])
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            if self.failing:
                raise self.failing
            for step in super().make(key):
                self.held.wait(60)
                yield step
        finally:
            self.at_once -= 1


@asynccontextmanager
async def running(shelf):
    with ThreadPoolExecutor(1) as maker:
        made = Building(shelf, maker, rest=0.0)
        task = asyncio.create_task(made.run())
        try:
            yield made
        finally:
            shelf.held.set()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until(there):
    async with asyncio.timeout(60):
        while not there():
            await asyncio.sleep(0)


async def test_the_latest_wish_comes_first_and_one_at_a_time(tmp_path):
    shelf = Shelf(archive(), CacheFolder(tmp_path, SUFFIX, 1 << 30))
    async with running(shelf) as made:
        for name in NAMES:
            made.wish((name, FS))
        await until(lambda: all(shelf.find((name, FS)) for name in NAMES))
    assert shelf.made == ["c", "b", "a"]
    assert shelf.most == 1


async def test_what_is_being_made_is_not_made_twice(tmp_path):
    shelf = Shelf(archive(), CacheFolder(tmp_path, SUFFIX, 1 << 30))
    async with running(shelf) as made:
        shelf.held.clear()
        made.wish(("a", FS))
        await until(lambda: shelf.made)
        made.wish(("a", FS))
        shelf.held.set()
        await until(lambda: shelf.find(("a", FS)))
        made.wish(("b", FS))
        made.wish(("a", FS))
        await until(lambda: shelf.find(("b", FS)))
    assert shelf.made == ["a", "b"]


async def test_the_loop_goes_on_while_one_is_made(tmp_path):
    shelf = Shelf(archive(), CacheFolder(tmp_path, SUFFIX, 1 << 30))
    async with running(shelf) as made:
        shelf.held.clear()
        made.wish(("a", FS))
        await until(lambda: shelf.made)
        for _ in range(100):
            await asyncio.sleep(0)
        assert shelf.find(("a", FS)) is None


async def test_a_server_that_ends_leaves_no_half_pyramid(tmp_path, monkeypatch):
    monkeypatch.setattr("ecgstream.storage.derived.pyramids.STEP_VALUES", 1_000)
    monkeypatch.setattr(aside, "TURN_S", 0.0)
    shelf = Shelf(archive(), CacheFolder(tmp_path, SUFFIX, 1 << 30))
    async with running(shelf) as made:
        shelf.held.clear()
        made.wish(("a", FS))
        await until(lambda: list(tmp_path.glob("*.part")))
    assert list(tmp_path.glob("*.part")) == list(tmp_path.glob(f"*{SUFFIX}")) == []
    assert shelf.at_once == 0


async def test_what_failed_is_not_tried_again_at_once(tmp_path, monkeypatch, caplog):
    shelf = Shelf(archive(), CacheFolder(tmp_path, SUFFIX, 1 << 30))
    shelf.failing = SourceUnavailable("gone")
    now = 0.0
    monkeypatch.setattr(building, "monotonic", lambda: now)
    async with running(shelf) as made:
        made.wish(("a", FS))
        await until(lambda: ("a", FS) in made._failed)
        made.wish(("a", FS))
        made.wish(("b", FS))
        await until(lambda: ("b", FS) in made._failed)
        assert shelf.made == ["a", "b"]
        shelf.failing = None
        now = building.RETRY_S
        made.wish(("a", FS))
        await until(lambda: shelf.find(("a", FS)))
    assert caplog.text.count("no pyramid of a: gone") == 1


async def test_a_mistake_over_one_record_ends_nothing(tmp_path, caplog):
    shelf = Shelf(archive(), CacheFolder(tmp_path, SUFFIX, 1 << 30))
    shelf.failing = ZeroDivisionError()
    async with running(shelf) as made:
        made.wish(("a", FS))
        await until(lambda: ("a", FS) in made._failed)
        shelf.failing = None
        made.wish(("b", FS))
        await until(lambda: shelf.find(("b", FS)))
    assert "ZeroDivisionError" in caplog.text


async def test_one_that_is_too_large_is_not_tried_again_and_not_said_to_be_made(caplog):
    shelf = Shelf(archive(), memory=100)
    with caplog.at_level("INFO"):
        async with running(shelf) as made:
            made.wish(("a", FS))
            await until(lambda: shelf.hopeless(("a", FS)) and made._now is None)
            made.wish(("a", FS))
            assert not made._wishes
    assert "larger than" in caplog.text
    assert "made the pyramid" not in caplog.text


async def test_another_process_that_makes_it_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(building, "BUSY_S", 0.0)
    folder = CacheFolder(tmp_path, SUFFIX, 1 << 30)
    other = Shelf(archive(), folder)
    theirs = Pyramids.make(other, ("a", FS))
    next(theirs)
    shelf = Shelf(archive(), folder)
    async with running(shelf) as made:
        made.wish(("a", FS))
        await until(lambda: len(shelf.made) > 1)
        for _ in theirs:
            pass
        await until(lambda: shelf.find(("a", FS)))
        await until(lambda: made._now is None)
    assert len(list(tmp_path.glob(f"*{SUFFIX}"))) == 1


def test_wishes_are_bounded(tmp_path):
    with ThreadPoolExecutor(1) as maker:
        made = Building(Shelf(archive()), maker)
        for number in range(building.WISHES + 5):
            made.wish((f"r{number}", FS))
        assert len(made._wishes) == building.WISHES
        assert ("r4", FS) not in made._wishes


async def test_it_rests_as_long_as_a_part_of_what_a_step_took(monkeypatch):
    rests = []
    clock = iter(range(10_000))

    async def noted(seconds):
        rests.append(seconds)

    monkeypatch.setattr(aside.asyncio, "sleep", noted)
    monkeypatch.setattr(aside, "monotonic", lambda: float(next(clock)))
    monkeypatch.setattr("ecgstream.storage.derived.pyramids.STEP_VALUES", 1_000)
    with ThreadPoolExecutor(1) as maker:
        await gone_through(Shelf(archive(("a",))).make(("a", FS)), maker, rest=0.5)
    # A second passes with each look at the clock; a step ends at its second one.
    assert len(rests) >= 20
    assert set(rests) == {0.5 * 3}
