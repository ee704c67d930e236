"""Records that are replaced while they are watched: never a sample of the one beside the other."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2 as httpx
import numpy as np
import pytest

from ecgstream.config import Settings
from ecgstream.errors import SourceReplaced
from ecgstream.storage.blocks import BlockCache
from ecgstream.storage.catalog import scan
from ecgstream.storage.parquet import ParquetSource
from ecgstream.storage.shelf import Shelf
from ecgstream.storage.source import one_version
from ecgstream.viewer.clock import SystemClock
from ecgstream.wire.frames import Frame
from tests.serving import Viewer, serving, viewing
from tests.stored import footer, write_own

FACTOR = 20.0
LENGTH = 12_000  # 120 s at 100 Hz, in twelve row groups
PATH = "patient=p1/record=r1/100Hz-0000.parquet"


def put(root: Path, value: int, length: int = LENGTH, record: str = "r1") -> None:
    """Write a record of which every sample has one value: it tells of which version it is."""
    folder = root / f"patient=p1/record={record}"
    folder.mkdir(parents=True, exist_ok=True)
    values = np.full(length, value, np.int16)
    aside = write_own(
        folder,
        footer(record=record, length=length),
        {"L0": (values, np.zeros(length, bool), {})},
        name=".part",
    )
    aside.rename(folder / "100Hz-0000.parquet")


def take_up(source: ParquetSource, root: Path) -> None:
    """Have the source serve what is there now."""
    now = scan([root])
    gone = [one.record for one in source.records() if one.record not in now._records]
    source.replace([now.stored(one.record) for one in now.records()], gone)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path, 1)
    put(tmp_path, 7, record="other")
    return tmp_path


def serve(source: ParquetSource, *, analysis: bool = False):
    settings = Settings(max_lateness_ms=0, analysis=analysis)
    return serving(source, clock=SystemClock(FACTOR), settings=settings)


async def test_a_subscription_of_what_was_replaced_ends_and_a_new_one_has_only_the_new(root: Path):
    source = scan([root])
    async with serve(source) as served, viewing(served) as viewer, viewing(served) as other:
        await other.ask("subscribe", sid=1, record="other", loop=True)
        await viewer.ask("subscribe", sid=1, record="r1")
        assert set((await viewer.frame()).samples[0].tolist()) == {1}
        put(root, 2, length=9_000)
        take_up(source, root)
        error = await viewer.event("error")
        said = (error["id"], error["sid"], error["code"], error["retryable"])
        assert said == (None, 1, "unavailable", True)
        assert "record 'r1' was replaced" in error["message"]
        # At the place where it was, with the length, the frames and the cache of the new one.
        again = await viewer.ask("subscribe", sid=1, record="r1", at={"sample": viewer.next[1]})
        assert again["length"] == 9_000
        for _ in range(20):
            assert set((await viewer.frame()).samples[0].tolist()) == {2}
        assert set((await other.frame()).samples[0].tolist()) == {7}


async def test_a_record_that_is_gone_is_not_found_any_more(root: Path):
    source = scan([root])
    async with serve(source) as served, viewing(served) as viewer:
        await viewer.ask("subscribe", sid=1, record="r1")
        (root / PATH).unlink()
        take_up(source, root)
        error = await viewer.event("error")
        assert (error["sid"], error["code"], error["retryable"]) == (1, "not_found", False)
        assert (await viewer.ask("subscribe", sid=1, record="r1"))["code"] == "not_found"


async def test_a_read_that_began_before_arrives_in_nothing_that_began_after(
    root: Path, monkeypatch: pytest.MonkeyPatch
):
    source = scan([root])
    begun, go_on = threading.Event(), threading.Event()
    read = ParquetSource.read

    def held(self: ParquetSource, record: str, leads: list[str], start: int, stop: int):
        columns = read(self, record, leads, start, stop)
        if record == "r1" and not begun.is_set():
            begun.set()
            go_on.wait(20)
        return columns

    monkeypatch.setattr(ParquetSource, "read", held)
    async with serve(source) as served, viewing(served) as viewer:
        await viewer.send("subscribe", sid=1, record="r1")
        await asyncio.to_thread(begun.wait, 20)
        put(root, 2)
        take_up(source, root)
        go_on.set()
        error = await viewer.event("error")
        assert (error["id"], error["code"]) == (1, "unavailable")
        await viewer.ask("subscribe", sid=1, record="r1")
        assert set((await viewer.frame()).samples[0].tolist()) == {2}


async def watched(viewer: Viewer, until: asyncio.Event) -> set[frozenset[int]]:
    """Watch, beginning anew whenever it ends; return the values of each subscription."""
    seen: set[frozenset[int]] = set()
    here: set[int] = set()
    await viewer.send("subscribe", sid=1, record="r1", loop=True, speed=8)
    while not until.is_set():
        message = await viewer.receive()
        if isinstance(message, Frame):
            here |= set(message.samples[0].tolist())
        elif message["type"] == "error":
            seen.add(frozenset(here))
            here = set()
            await viewer.send("subscribe", sid=1, record="r1", loop=True, speed=8)
    return seen | {frozenset(here)}


async def test_however_often_it_is_replaced_nobody_is_shown_two_versions_at_once(root: Path):
    source = scan([root])
    over = asyncio.Event()
    answers: list[set[int]] = []
    async with (
        serve(source, analysis=True) as served,
        viewing(served) as one,
        viewing(served) as two,
    ):

        async def ask() -> None:
            async with httpx.AsyncClient(base_url=served.url) as client:
                while not over.is_set():
                    answer = await client.get("/api/v1/records/r1/window")
                    assert answer.status_code in {200, 503}, answer.text
                    if answer.status_code == 200:
                        answers.append(set(answer.json()["samples"]["L0"]))

        async with asyncio.TaskGroup() as group:
            watching = [group.create_task(watched(viewer, over)) for viewer in (one, two)]
            group.create_task(ask())
            for value in range(2, 12):
                await asyncio.to_thread(put, root, value)
                before = len(answers)
                await asyncio.to_thread(take_up, source, root)
                while len(answers) == before:
                    await asyncio.sleep(0)
            over.set()
        seen = [values for task in watching for values in task.result()]
    assert [values for values in seen if len(values) > 1] == []
    assert len(set().union(*seen)) > 5
    assert {len(values) for values in answers} == {1}
    assert {11} in answers


async def test_a_cursor_of_before_has_nothing_read_after(root: Path):
    source = scan([root])
    with ThreadPoolExecutor(1) as readers:
        cache = BlockCache(source, readers, 1 << 20)
        woken = asyncio.Event()
        cursor = Shelf(cache, "r1", ["L0"]).cursor(woken.set)
        put(root, 2)
        take_up(source, root)
        assert not cursor.covers(0, 100, 100)
        await woken.wait()
        assert not cursor.covers(0, 100, 100)
        assert isinstance(cursor.failed, SourceReplaced)
        now = Shelf(cache, "r1", ["L0"]).cursor(woken.set)
        while (columns := now.columns(0, 100)) is None:
            woken.clear()
            await woken.wait()
    assert set(columns[0][0].samples.tolist()) == {2}


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("window", "edges"),
        ("window?start=10&stop=20", "read"),
        ("envelope", "edges"),
        ("outline", "edges"),
        ("quality", "edges"),
        ("tiles/{version}/L0/1/0", "edges"),
        ("export?format=csv", "edges"),
        ("", "gaps"),
    ],
)
async def test_nothing_is_answered_of_a_record_that_is_replaced_meanwhile(
    root: Path, path: str, first: str, monkeypatch: pytest.MonkeyPatch
):
    source = scan([root])
    version = source.version("r1")
    ask = getattr(ParquetSource, first)

    def ask_then_replace(self: ParquetSource, *what: Any):
        found = ask(self, *what)
        if self.version("r1") == version:
            put(root, 2, length=9_000)
            take_up(self, root)
        return found

    monkeypatch.setattr(ParquetSource, first, ask_then_replace)
    async with serve(source) as served, httpx.AsyncClient(base_url=served.url) as client:
        address = f"/api/v1/records/r1/{path.format(version=version)}".rstrip("/")
        answer = await client.get(address)
        assert source.version("r1") != version
        assert answer.status_code == 503, answer.text
        assert answer.json()["code"] == "unavailable"
        assert "was replaced" in answer.json()["detail"]


def test_an_answer_of_two_versions_is_none(root: Path):
    source = scan([root])
    with pytest.raises(SourceReplaced), one_version(source, "r1"):
        put(root, 2)
        take_up(source, root)
    with pytest.raises(SourceReplaced), one_version(source, "r1"):
        (root / PATH).unlink()
        take_up(source, root)
        # Whatever is made of the halves is not what is told.
        raise ValueError("shapes do not fit")
