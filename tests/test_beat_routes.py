"""Beats and heart rate over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import httpx2 as httpx
import msgpack
import numpy as np
import pytest
from starlette.applications import Starlette

from ecgstream.errors import SourceUnavailable
from ecgstream.storage.derived.beat_book import BeatBook
from ecgstream.storage.memory import MemorySource
from ecgstream.web import beats, faults
from ecgstream.web.analysing import Analysing
from ecgstream.web.annotations import Imported, Sets, annotation_routes
from ecgstream.web.detected import KnownBeats
from ecgstream.web.reading import Reading
from tests.ecg_made import FS, record, regular, wave

SECONDS = 700.0


@pytest.fixture(scope="module")
def source() -> MemorySource:
    times = np.concatenate([regular(300, 60), 304 + regular(SECONDS - 304, 90)])
    mv = wave(times, SECONDS)
    mv[round(500 * FS) : round(520 * FS)] = np.nan
    return record("made", {"II": mv, "V1": wave(times, SECONDS, noise=0.4, mv=0.5)})


@asynccontextmanager
async def serving(source: MemorySource, **options: bool) -> AsyncIterator[httpx.AsyncClient]:
    with ThreadPoolExecutor(1) as readers, ThreadPoolExecutor(1) as maker:
        analysing = Analysing(BeatBook(source), maker, rest=0) if options.get("on", True) else None
        routes = beats.beat_routes(source, readers, analysing)
        app = Starlette(routes=routes, exception_handlers=faults.HANDLERS)
        running = asyncio.create_task(analysing.run()) if analysing else None
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client
        if running:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def asked(client: httpx.AsyncClient, query: str = "", **headers: str) -> httpx.Response:
    """Ask until the answer is complete."""
    while True:
        answer = await client.get("/api/v1/records/made/beats" + query, headers=headers)
        assert answer.status_code == 200, answer.text
        said = answer.json() if "accept" not in headers else msgpack.unpackb(answer.content)
        if said["complete"]:
            return answer


async def test_a_record_has_its_beats_its_rate_and_its_pause(source: MemorySource) -> None:
    async with serving(source) as client:
        said = (await asked(client)).json()
    assert said["notice"] == "for research and education"
    assert said["detector"].startswith("ecgstream-")
    assert (said["lead"], said["fs"], said["unit"]) == (None, FS, "/min")
    assert said["analysed"] == [[0, round(SECONDS * FS)]]
    assert {name for _, _, name in said["leads"]} == {"II"}
    assert len(said["samples"]) == len(said["symbols"]) > 700
    assert set(said["symbols"]) == {"Q"}
    [pause] = [run for run in said["pauses"] if run[1] - run[0] < 10 * FS]
    assert (pause[1] - pause[0]) / FS == pytest.approx(304.6 - 298.6, abs=0.05)
    assert [500 * FS, 520 * FS, "missing"] in said["blind"]
    reasons = {reason for _, _, reason in said["rate"]}
    assert {"too_few_beats", "pause", "gap", None} <= reasons
    rates = {round(bpm) for _, bpm, _ in said["rate"] if bpm}
    assert rates == {60, 90}


async def test_a_part_has_what_the_whole_has_there_and_begins_with_what_holds(
    source: MemorySource,
) -> None:
    start, stop = round(200 * FS), round(330 * FS)
    async with serving(source) as client:
        part = (await asked(client, f"?start={start}&stop={stop}")).json()
        whole = (await asked(client)).json()
    assert part["samples"] == [one for one in whole["samples"] if start <= one < stop]
    assert part["rate"][0] == [start, 60.0, None]
    assert part["rate"][1:] == [one for one in whole["rate"] if start < one[0] < stop]
    assert part["pauses"] == [run for run in whole["pauses"] if run[0] < stop and run[1] > start]


async def test_another_lead_is_looked_at_where_it_is_asked_for(source: MemorySource) -> None:
    async with serving(source) as client:
        said = (await asked(client, f"?lead=V1&stop={round(60 * FS)}")).json()
        wrong = await client.get("/api/v1/records/made/beats?lead=aVR")
    assert said["leads"] == [[0, round(60 * FS), "V1"]]
    assert said["lead"] == "V1"
    assert (wrong.status_code, wrong.json()["code"]) == (404, "lead_not_found")


async def test_msgpack_has_the_same_in_columns(source: MemorySource) -> None:
    async with serving(source) as client:
        plain = (await asked(client)).json()
        answer = await asked(client, accept="application/msgpack")
    said = msgpack.unpackb(answer.content)
    assert np.frombuffer(said["samples"], said["sample_dtype"]).tolist() == plain["samples"]
    assert said["symbols"] == "Q"
    rate = said["rate"]
    assert np.frombuffer(rate["sample"], said["sample_dtype"]).tolist() == [
        one[0] for one in plain["rate"]
    ]
    bpm, reason = np.frombuffer(rate["bpm"], "<f4"), np.frombuffer(rate["reason"], "i1")
    for number, (_, value, why) in enumerate(plain["rate"]):
        assert (value is None) == np.isnan(bpm[number])
        assert value is None or bpm[number] == pytest.approx(value, abs=0.06)
        assert why == (rate["reasons"][reason[number]] or None)
    for name in ("leads", "blind", "pauses", "analysed"):
        assert said[name] == plain[name]


async def test_a_trend_has_the_rate_in_columns(source: MemorySource) -> None:
    async with serving(source) as client:
        said = (await asked(client, "?columns=70")).json()
        packed = msgpack.unpackb(
            (await asked(client, "?columns=70", accept="application/msgpack")).content
        )
    assert "samples" not in said
    assert "rate" not in said
    trend = said["trend"]
    assert trend["mean"][10] == trend["low"][10] == 60
    assert trend["mean"][60] == pytest.approx(90, abs=0.5)
    assert trend["mean"][51] is None
    # The rate before the pause lasts for some seconds of it.
    assert (trend["low"][30], trend["high"][30]) == (60, 90)
    assert np.frombuffer(packed["trend"]["high"], "<f4")[60] == pytest.approx(trend["high"][60])


async def test_what_is_not_known_yet_is_said_not_to_be(
    source: MemorySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beats, "WAIT_S", 0.0)
    async with serving(source) as client:
        first = (await client.get("/api/v1/records/made/beats")).json()
        assert (first["complete"], first["analysed"], first["samples"]) == (False, [], [])
        assert (await asked(client)).json()["samples"]


async def test_without_analysis_there_is_nothing_and_a_reason(source: MemorySource) -> None:
    async with serving(source, on=False) as client:
        answer = await client.get("/api/v1/records/made/beats")
    assert answer.status_code == 404
    assert "switched off" in answer.json()["detail"]


@pytest.mark.parametrize(
    "query", ["?start=9&stop=3", "?columns=9000", "?leads=II", "?stop=999999999"]
)
async def test_what_makes_no_sense_is_refused(source: MemorySource, query: str) -> None:
    async with serving(source) as client:
        assert (await client.get("/api/v1/records/made/beats" + query)).status_code == 422


async def test_a_record_that_cannot_be_read_is_answered_at_once(
    source: MemorySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise SourceUnavailable("the disk is gone")

    monkeypatch.setattr(source, "read", gone)
    monkeypatch.setattr(beats, "WAIT_S", 60.0)
    async with serving(source) as client:
        said = (await client.get("/api/v1/records/made/beats")).json()
    assert (said["complete"], said["analysed"]) == (False, [])


async def test_nothing_of_an_empty_span_is_complete(source: MemorySource) -> None:
    async with serving(source) as client:
        said = (await client.get("/api/v1/records/made/beats?start=5&stop=5&columns=3")).json()
    assert said["complete"]
    assert said["trend"] == {"low": [None] * 3, "mean": [None] * 3, "high": [None] * 3}


async def test_beats_of_a_whole_record_are_annotation_sets_that_nobody_writes(
    source: MemorySource,
) -> None:
    with ThreadPoolExecutor(1) as readers, ThreadPoolExecutor(1) as maker:
        analysing = Analysing(BeatBook(source), maker, rest=0)
        sets = Sets(source, [Imported(source), KnownBeats(analysing)])
        routes = [
            *annotation_routes(Reading(source, readers), sets),
            *beats.beat_routes(source, readers, analysing),
        ]
        app = Starlette(routes=routes, exception_handlers=faults.HANDLERS)
        running = asyncio.create_task(analysing.run())
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            path = "/api/v1/records/made/annotations"
            before = (await client.get(path)).json()
            assert before["sets"] == [], "nobody asked for beats yet"
            found = (await asked(client)).json()
            on_v1 = (await asked(client, "?lead=V1")).json()
            # All pieces may be known a moment before they are one.
            keys = [("made", None), ("made", "V1")]
            whole = analysing.book.whole
            assert await analysing.until(lambda: all(whole(key) for key in keys), 60)
            said = (await client.get(path, params={"limit": 10_000})).json()
            one = await client.get(path, params={"set": "beats ecgstream-1 V1", "limit": 10_000})
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert [one["name"] for one in said["sets"]] == [
        "beats ecgstream-1",
        "beats ecgstream-1 V1",
    ]
    best = said["sets"][0]
    assert (best["read_only"], best["fs"], best["count"]) == (True, FS, len(found["samples"]))
    assert "for research and education" in best["source"]
    assert [mark["sample"] for mark in best["annotations"]] == found["samples"]
    assert {(mark["symbol"], mark["lead"]) for mark in best["annotations"]} == {("Q", "II")}
    [alone] = one.json()["sets"]
    assert [mark["sample"] for mark in alone["annotations"]] == on_v1["samples"]
    assert {mark["lead"] for mark in alone["annotations"]} == {"V1"}
