"""The client over real sockets: lost lines, restarted servers, slow readers, refusals."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from random import Random

import numpy as np
import pytest

from ecgstream.client import (
    BadRequest,
    Beats,
    Busy,
    Client,
    ClientError,
    Frame,
    Gap,
    NotFound,
    NotLoggedIn,
    Numeric,
    State,
    Stream,
    Unreachable,
    Window,
    connect,
)
from ecgstream.client import windows as client_windows
from ecgstream.config import Settings
from ecgstream.model.block import MISSING
from ecgstream.model.record import Lead, Record
from ecgstream.storage.memory import MemorySource
from ecgstream.viewer.clock import SystemClock
from ecgstream.web.tokens import make_token
from tests import ecg_made
from tests.lines import line
from tests.serving import HANGS_S, ServerProcess, serving

pytestmark = pytest.mark.end_to_end

FACTOR = 100.0
LENGTH = 400_000
LEADS = [f"L{n}" for n in range(12)]
HOLE = (10_000, 20_000)
LINE = {"lost", "resumed", "stale"}
"""States of the line; `behind` and `loading` come as they will on a busy machine."""


@pytest.fixture(scope="module")
def source() -> MemorySource:
    """800 s of 12 leads at 500 Hz with a hole of 20 s, and a slow lead beside them."""
    source = MemorySource(piece=15_000)
    random = np.random.default_rng(3)
    samples = {name: random.integers(-2000, 2000, LENGTH).astype("<i2") for name in LEADS}
    for values in samples.values():
        values[slice(*HOLE)] = MISSING["i2"]
    types = ("i2", "i4", "f4", "f8")
    leads = [Lead(name, "mV", 200.0, 5.0, "ecg", 500.0, LENGTH, types) for name in LEADS]
    leads.append(Lead("SpO2, finger", "%", 10.0, 0.0, "spo2", 1.0, 900, types))
    samples["SpO2, finger"] = np.arange(900, dtype="<i2")
    source.add(Record("long", "p", tuple(leads), None, None, None, None), samples)
    return source


@pytest.fixture
async def served(source: MemorySource):
    async with serving(source, clock=SystemClock(FACTOR), patience_s=15 * FACTOR) as served:
        yield served


@pytest.fixture
async def client(served):
    async with connect(served.url) as client:
        yield client


def stored(source: MemorySource, names: Sequence[str], start: int, stop: int) -> np.ndarray:
    return np.stack([column.samples for column in source.read("long", names, start, stop)])


async def read_to(
    stream: Stream, stop: int, at: int = 0, *, past: str | None = None
) -> tuple[np.ndarray, list[str]]:
    """Read up to sample `stop`; return the samples, gaps as missing, and the states' reasons.

    `past`: and on until there was a state for this reason.
    """
    parts, whys = [], []
    async with asyncio.timeout(HANGS_S):
        while at < stop or (past is not None and past not in whys):
            item = await anext(stream)
            if isinstance(item, State):
                whys.append(item.why)
                assert item.next == at
                continue
            assert item.start == at, "a hole, or something twice"
            at = item.stop
            if isinstance(item, Frame):
                parts.append(item.samples)
            elif isinstance(item, Gap):
                rows = len(stream.about.leads)
                parts.append(np.full((rows, item.stop - item.start), MISSING["i2"], "<i2"))
    return np.concatenate(parts, axis=1), whys


# Lost lines.


@pytest.mark.parametrize("after", [2_001, 3_001, 100_003, 250_000])
async def test_a_line_cut_in_the_middle_of_a_frame_loses_nothing(served, source, after):
    async with line(served.port) as between, connect(between.url) as client:
        between.cut_after = [after]
        async with client.stream("long", speed=32) as stream:
            got, whys = await read_to(stream, 60_000)
        assert (got == stored(source, LEADS, 0, got.shape[1])).all()
        assert [why for why in whys if why in LINE] == ["lost", "resumed"]
        assert between.connections == 2


async def test_a_line_that_is_cut_time_and_again_gets_to_the_end(served, source):
    async with line(served.port) as between, connect(between.url) as client:
        between.cut_after = Random(5).sample(range(5_000, 60_000), 12)
        async with client.stream("long", leads=["L3"], speed=32) as stream:
            got, whys = await read_to(stream, LENGTH)
        assert (got == stored(source, ["L3"], 0, LENGTH)).all()
        assert whys.count("lost") == whys.count("resumed") == 12


async def test_a_server_that_is_killed_and_started_again_is_gone_on_with():
    with ServerProcess() as process:
        async with connect(process.url) as client:
            expected = await client.window("100-pq")
            async with client.stream("100-pq", speed=32, ahead=10) as stream:
                first, _ = await read_to(stream, 2_000)
                await asyncio.to_thread(process.stop, signal.SIGKILL)
                starting = asyncio.create_task(asyncio.to_thread(process.start))
                rest, whys = await read_to(stream, 20_000, first.shape[1], past="resumed")
                await starting
            got = np.concatenate([first, rest], axis=1)
            assert (got == expected.samples[:, : got.shape[1]]).all()
            assert whys[0] == "lost"
            assert "resumed" in whys


async def test_a_server_that_goes_away_says_when_to_come_back_and_is_obeyed(source):
    async with serving(source) as served, connect(served.url) as client:
        async with client.stream("long", leads=["L0"]) as stream:
            await anext(stream)
            served.app.state.registry.drain()
            states = []
            async with asyncio.timeout(HANGS_S):
                while len(states) < 2:
                    item = await anext(stream)
                    states += [item] if isinstance(item, State) else []
        first, second = states
        assert "1001" in first.detail or "1012" in first.detail
        # As its `bye` says, not as chance would have it below half a second.
        assert 0.5 <= first.retry_in_s <= 5
        # It still drains: the handshake is denied, and that is no reason to give up.
        assert (second.why, second.detail.split(":")[0]) == ("lost", "503")
        with pytest.raises(Busy) as refused:
            await anext(client.stream("long"))
    assert refused.value.retryable


async def test_a_frozen_server_is_stale_within_2_s():
    with ServerProcess() as process:
        async with connect(process.url) as client, client.stream("100-pq") as stream:
            await anext(stream)
            process.signal(signal.SIGSTOP)
            loop = asyncio.get_running_loop()
            frozen = loop.time()
            item = await anext(stream)
            while not isinstance(item, State):
                item = await anext(stream)
            assert item.why == "stale"
            assert 1.5 < loop.time() - frozen < 2.5
            assert stream.stale
            process.signal(signal.SIGCONT)
            item = await anext(stream)
            assert isinstance(item, Frame)


# Slow readers.


async def test_who_does_not_read_holds_the_clock_and_loses_nothing(served, client, source):
    async with client.stream("long", speed=32) as stream:
        first, _ = await read_to(stream, 1_000)
        session = next(s for s in served.app.state.registry if s.subscriptions)
        async with asyncio.timeout(HANGS_S):
            while not any(subscription.slow for subscription in session):
                await client.record("long")
        held_at = max(subscription.next for subscription in session)
        # 9.6 MB in all: it was not simply all sent.
        assert held_at < LENGTH
        rest, whys = await read_to(stream, LENGTH, first.shape[1])
    assert {"behind", "caught_up"} <= set(whys)
    got = np.concatenate([first, rest], axis=1)
    assert (got == stored(source, LEADS, 0, LENGTH)).all()


async def test_what_is_kept_for_who_does_not_read_is_bounded(served, client):
    async with client.stream("long", speed=32) as stream:
        await anext(stream)
        session = next(s for s in served.app.state.registry if s.subscriptions)
        async with asyncio.timeout(HANGS_S):
            while not any(subscription.slow for subscription in session):
                await client.record("long")
        kept = stream._line._socket.recv_messages.frames.queue
        # Some 16 frames, or what one read of the socket (256 KiB) brought beyond.
        assert len(kept) < 100
        assert sum(len(one.data) for one in kept) < 1 << 20
        loop = asyncio.get_running_loop()
        closing = loop.time()
    assert loop.time() - closing < 1, "the close frame waited behind what nobody read"


async def test_one_slow_stream_holds_no_other(client):
    async with (
        client.stream("long", speed=32) as slow,
        client.stream("long", leads=["L1"]) as other,
    ):
        await anext(slow)
        got, whys = await read_to(other, 30_000)
    assert got.shape == (1, 30_000)
    assert not set(whys) & {"behind", "lost"}


async def test_a_viewer_cut_off_for_taking_nothing_goes_on_where_it_was(source):
    async with (
        serving(source, clock=SystemClock(FACTOR), patience_s=FACTOR) as served,
        connect(served.url) as client,
        client.stream("long", speed=32) as stream,
    ):
        first, _ = await read_to(stream, 1_000)
        registry = served.app.state.registry
        async with asyncio.timeout(HANGS_S):
            while len(registry):
                await client.record("long")
        rest, whys = await read_to(stream, LENGTH, first.shape[1])
        got = np.concatenate([first, rest], axis=1)
        assert (got == stored(source, LEADS, 0, LENGTH)).all()
        assert "lost" in whys


# Control.


async def test_a_hole_is_a_gap_with_its_reason(client):
    async with client.stream("long", at=9_000, speed=32) as stream:
        gaps = []
        async with asyncio.timeout(HANGS_S):
            while stream.next < 21_000:
                item = await anext(stream)
                gaps += [item] if isinstance(item, Gap) else []
    assert gaps == [Gap(*HOLE, "missing")]


async def test_seek_speed_leads_and_pause_while_it_plays(client, source):
    async with client.stream("long", leads=["L0", "L1"]) as stream:
        await anext(stream)
        await stream.seek({"seconds": 100})
        assert await anext(stream) == State("seek", 50_000)
        await stream.speed(32)
        await stream.leads(["L5"])
        items = []
        async with asyncio.timeout(HANGS_S):
            while not (items and isinstance(items[-1], Frame) and items[-1].names == ("L5",)):
                items.append(await anext(stream))
        last = items[-1]
        assert (last.samples == stored(source, ["L5"], last.start, last.stop)).all()
        await stream.pause()
        assert not stream.about.playing
        await stream.play()
        with pytest.raises(BadRequest, match="not in record"):
            await stream.seek(LENGTH + 1)
        after = [await anext(stream) for _ in range(10)]
        tiles = [item for item in after if isinstance(item, Frame)]
        assert all(a.stop == b.start for a, b in pairwise(tiles))


async def test_everybody_sees_the_same_place(served):
    async with connect(served.url) as one, connect(served.url) as other:
        first = await anext(one.stream("long", leads=["L0"], at="shared"))
        second = await anext(other.stream("long", leads=["L0"], at="shared"))
        # The server's clock runs 100 times as fast: 10 s of real time are 1,000 of it.
        assert 0 <= (second.start - first.start) % LENGTH < 10 * FACTOR * 500


async def test_a_screen_reports_what_it_shows(served, client):
    async with client.stream("long", leads=["L0"]) as stream:
        stream._report_at = 0.0
        stream.report(77)
        session = next(s for s in served.app.state.registry if s.subscriptions)
        async with asyncio.timeout(HANGS_S):
            while next(iter(session)).shown != 77:
                await anext(stream)


# Windows.


async def test_a_long_window_comes_in_pieces_that_nobody_sees(client, source, monkeypatch):
    whole = await client.window("long", start=5, stop=30_005)
    monkeypatch.setattr(client_windows, "PIECE_VALUES", 77_777)
    pieces = await client.window("long", start=5, stop=30_005)
    assert isinstance(whole, Window)
    assert (pieces.samples == whole.samples).all()
    assert (whole.samples == stored(source, LEADS, 5, 30_005)).all()
    assert (pieces.start, pieces.stop, pieces.names) == (5, 30_005, tuple(LEADS))
    table = await client.arrow("long", start=5, stop=30_005)
    monkeypatch.undo()
    assert (
        table.schema.metadata == (await client.arrow("long", start=5, stop=30_005)).schema.metadata
    )
    for name in LEADS:
        column = table.column(name)
        assert column.null_count == HOLE[1] - HOLE[0]
        assert column.to_numpy()[0] == whole.lead(name)[0]
    assert table.schema.field("L0").metadata == {
        b"unit": b"mV",
        b"gain": b"200.0",
        b"baseline": b"5.0",
    }


async def test_physical_values_are_in_the_leads_units_and_nan_where_missing(client, source):
    window = await client.window("long", ["L2", "L4"], 9_990, 10_010)
    physical = window.physical()
    assert physical.dtype == np.float64
    assert (physical[:, :10] == (stored(source, ["L2", "L4"], 9_990, 10_000) - 5.0) / 200).all()
    assert np.isnan(physical[:, 10:]).all()
    assert (window.physical("L4")[:10] == physical[1, :10]).all()
    assert window.time[10] == 20.0
    with pytest.raises(KeyError, match="L9"):
        window.lead("L9")


async def test_a_lead_of_another_rate_has_its_own_length_and_a_comma_in_its_name(client):
    window = await client.window("long", "SpO2, finger")
    assert (window.fs, window.start, window.stop) == (1.0, 0, 900)
    assert window.samples.tolist() == [list(range(900))]


async def test_an_empty_window_has_leads_and_no_samples(client):
    window = await client.window("long", start=7, stop=7)
    assert window.samples.shape == (12, 0)
    assert (await client.arrow("long", start=7, stop=7)).num_rows == 0


async def test_records_come_page_after_page(client, served, source, monkeypatch):
    monkeypatch.setattr("ecgstream.web.records.PAGE", 5)
    several = MemorySource()
    lead = Lead("II", "mV", 200.0, 0.0, "ecg", 360.0, 100, ("i2", "i4", "f4", "f8"))
    for n in range(12):
        record = Record(f"r{n:02}", f"p{n % 2}", (lead,), None, None, None, None)
        several.add(record, {"II": np.arange(100, dtype="<i2")})
    async with serving(several) as other, connect(other.url) as asking:
        assert len([one async for one in asking.records()]) == 12
        assert [one.record async for one in asking.records(query="r07")] == ["r07"]
        assert {one.patient async for one in asking.records(patient="p1")} == {"p1"}
    one = await client.record("long")
    assert one.gaps["L0"] == [HOLE]
    assert one.quality["L0"].missing == 10_000 / LENGTH
    assert one.leads[-1].kind == "spo2"


# Refusals.


async def test_what_is_not_there_is_not_found(client):
    for asked in (client.record("nobody"), client.window("nobody"), anext(client.stream("a/b?"))):
        with pytest.raises(NotFound) as refused:
            await asked
        assert refused.value.code == "not_found"
    for asked in (client.window("long", ["aVF"]), anext(client.stream("long", leads=["aVF"]))):
        with pytest.raises(NotFound, match="has no lead 'aVF'"):
            await asked


async def test_what_cannot_be_is_a_bad_request(client):
    for asked in (
        client.window("long", start=5, stop=4),
        client.window("long", start=-1, stop=4),
        client.window("long", ["L0", "L0"]),
        anext(client.stream("long", speed=1_000)),
        anext(client.stream("long", at="live")),
        anext(client.stream("long", at="shared", speed=2)),
    ):
        with pytest.raises(BadRequest):
            await asked
    with pytest.raises(ValueError, match="at least one"):
        await client.window("long", [])


async def test_a_token_opens_the_door_and_none_is_told_so(source, tmp_path):
    token = make_token(tmp_path / "tokens", "model")
    async with serving(source, settings=Settings(token_file=tmp_path / "tokens")) as served:
        async with connect(served.url, token=token) as client:
            assert (await client.record("long")).length == LENGTH
            assert isinstance(await anext(client.stream("long")), Frame)
            assert token not in repr(client._address)
        for wrong in (None, "ecgs_nonsense"):
            async with connect(served.url, token=wrong) as client:
                for asked in (client.record("long"), anext(client.stream("long"))):
                    with pytest.raises(NotLoggedIn, match="401: ") as refused:
                        await asked
                    assert not refused.value.retryable


async def test_a_token_that_is_taken_away_ends_the_stream(source, tmp_path):
    file = tmp_path / "tokens"
    token = make_token(file, "model")
    async with (
        serving(source, settings=Settings(token_file=file)) as served,
        connect(served.url, token=token) as client,
        client.stream("long", leads=["L0"]) as stream,
    ):
        await anext(stream)
        file.write_text("")
        with pytest.raises(NotLoggedIn):
            await read_to(stream, LENGTH, stream.next)


async def test_one_too_many_is_told_when_to_come_back(source):
    settings = Settings(max_lateness_ms=0, max_viewers_per_address=1)
    async with serving(source, settings=settings) as served, connect(served.url) as client:
        async with client.stream("long"):
            with pytest.raises(Busy) as refused:
                await anext(client.stream("long"))
        assert refused.value.retryable
        assert refused.value.retry_after_ms


async def test_nobody_there_is_unreachable():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        async with connect(url) as client:
            with pytest.raises(Unreachable, match="is the server running"):
                await anext(client.stream("long"))


# Its ends.


async def test_to_close_the_client_closes_its_streams(served):
    async with connect(served.url) as client:
        streams = [client.stream("long") for _ in range(3)]
        for stream in streams:
            await anext(stream)
        assert len(served.app.state.registry) == 3
    assert [item async for item in streams[0]] == []
    async with asyncio.timeout(HANGS_S):
        while len(served.app.state.registry):
            await asyncio.sleep(0)
    with pytest.raises(ClientError, match="closed"):
        await client.record("long")
    with pytest.raises(ClientError, match="closed"):
        client.stream("long")


async def test_a_loop_that_is_left_keeps_no_socket_open(served, client: Client):
    async with client.stream("long") as stream:
        async for _ in stream:
            break
    async with asyncio.timeout(HANGS_S):
        while len(served.app.state.registry):
            await asyncio.sleep(0)


def test_nothing_of_the_server_is_loaded():
    code = (
        "import sys, ecgstream.client; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert {"websockets", "msgpack", "numpy"} <= loaded
    assert not loaded & {
        "starlette",
        "uvicorn",
        "uvloop",
        "pyarrow",
        "pydantic",
        "prometheus_client",
    }


async def test_beats_come_over_both_ways_and_agree() -> None:
    made = ecg_made.record("made", {"II": ecg_made.wave(ecg_made.regular(60, 75), 60)})
    async with (
        serving(made, settings=Settings(max_lateness_ms=0)) as served,
        connect(served.url) as client,
    ):
        sheet = await client.beats("made")
        trend = (await client.beats("made", columns=2)).trend
        streamed = []
        async with client.stream("made", speed=32, beats=True) as stream:
            async for item in stream:
                if isinstance(item, Beats):
                    streamed += item.samples
                elif isinstance(item, Numeric) and item.value is not None:
                    assert (item.name, round(item.value)) == ("hr", 75)
        with pytest.raises(NotFound):
            await client.beats("made", lead="aVR")
    assert streamed == sheet.samples
    assert len(streamed) == 74
    assert [round(mean) for mean in trend.mean] == [75, 75]
