"""The stream endpoint on a real server: handshakes, order, pace, ends."""

import asyncio
import struct
from urllib.request import urlopen

import msgpack
import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ecgstream.model.record import Lead, Record
from ecgstream.storage.memory import MemorySource
from ecgstream.viewer.clock import SystemClock
from ecgstream.wire.frames import Frame
from tests.serving import Served, Viewer, serving, viewing

LENGTH = 3600
FACTOR = 50.0


def ecg(name: str, length: int = LENGTH, fs: float = 360.0) -> Lead:
    return Lead(name, "mV", 200.0, 1024.0, "ecg", fs, length, ("i2", "i4", "f4", "f8"))


@pytest.fixture
def source() -> MemorySource:
    samples = np.random.default_rng(1).integers(-2000, 2000, LENGTH).astype("<i2")
    samples[720:1440] = -32768
    source = MemorySource(piece=500)
    source.add(
        Record("a", "p", (ecg("MLII"), ecg("V5")), 100.0, None, None, None),
        {"MLII": samples, "V5": samples[::-1].copy()},
    )
    source.add(
        Record("b", "p", (ecg("II"),), None, None, None, None),
        {"II": samples},
    )
    return source


@pytest.fixture(params=[{}, {"ws": "websockets-sansio"}], ids=["push", "send_bytes"])
async def served(source, request):
    """Serve twice: by the push extension, and by the fall-back that every ASGI server has."""
    clock = SystemClock(FACTOR)
    async with serving(source, clock=clock, patience_s=15 * FACTOR, **request.param) as served:
        yield served


async def closing(connection: ClientConnection) -> tuple[int, list]:
    """Return the close code, and all that came before it."""
    said = []
    with pytest.raises(ConnectionClosed):
        while True:
            said.append(msgpack.unpackb(await connection.recv(decode=False)))
    return connection.close_code, said


async def test_a_record_arrives_bit_for_bit_with_its_gap(served: Served, source: MemorySource):
    async with viewing(served) as viewer:
        answer = await viewer.ask("subscribe", sid=3, record="b", speed=8)
        assert answer["frame"] == 8 * 72
        got = np.full(LENGTH, -32768, "<i2")
        gaps = []
        while (message := await viewer.receive()) is not None:
            if isinstance(message, Frame):
                got[message.start : message.start + message.count] = message.samples[0]
            elif message["type"] == "gap":
                gaps.append((message["start"], message["stop"], message["reason"]))
            elif message["type"] == "end":
                break
        assert gaps == [(720, 1440, "missing")]
        assert got.tobytes() == source.read("b", ["II"], 0, LENGTH)[0].samples.tobytes()


async def test_equal_subscriptions_get_equal_bytes(served: Served):
    async def frames(viewer: Viewer) -> list[bytes]:
        await viewer.send("subscribe", sid=1, record="a", speed=8)
        raw = []
        while True:
            message = await viewer.connection.recv(decode=False)
            if message[0] == 0x94:
                raw.append(message)
            elif msgpack.unpackb(message)["type"] == "end":
                return raw

    async with viewing(served) as one, viewing(served) as other:
        first, second = await asyncio.gather(frames(one), frames(other))
    assert first == second
    assert len(first) == -(-LENGTH // 576)


async def test_an_address_alone_is_a_subscription(served: Served):
    async with viewing(served, "?record=a&leads=V5,MLII&at=720&speed=4&loop=1") as viewer:
        answer = await viewer.event("subscribed")
        assert answer["id"] is None
        assert (answer["sid"], answer["next"], answer["speed"]) == (1, 720, 4.0)
        assert [lead["name"] for lead in answer["leads"]] == ["V5", "MLII"]
        assert (await viewer.event("state"))["why"] == "looped"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?leads=II", "bad_field"),
        ("?record=b&at=x", "bad_field"),
        ("?record=b&at=99999", "out_of_range"),
        ("?record=b&speed=nan", "bad_field"),
        ("?record=b&speed=64", "out_of_range"),
        ("?record=b&loop=yes", "bad_field"),
        ("?record=b&token=x", "bad_field"),
        ("?wall=demo&leads=II", "bad_field"),
        ("?record=nobody", "not_found"),
        ("?record=b&leads=X", "lead_not_found"),
        ("?record=b&at=live", "not_live"),
    ],
)
async def test_a_bad_address_is_answered_by_an_error(served: Served, query: str, code: str):
    async with viewing(served, query) as viewer:
        error = await viewer.event("error")
        assert (error["code"], error["id"], error["sid"]) == (code, None, 1)
        assert (await viewer.ask("ping", time=1))["type"] == "pong"


async def test_a_wall_in_the_address_is_no_subscription_and_may_stand_beside_one(served: Served):
    async with viewing(served, "?wall=demo") as viewer:
        assert (await viewer.ask("ping", time=1))["type"] == "pong"
        assert (await viewer.ask("subscribe", sid=1, record="b"))["type"] == "subscribed"
    async with viewing(served, "?wall=demo&record=b&at=shared") as viewer:
        assert (await viewer.event("subscribed"))["record"] == "b"


async def test_a_wall_that_is_not_there_is_404_and_in_a_browser_4403(served: Served):
    for query in ("?wall=er", "?wall=", "?wall=demo&wall=er"):
        with pytest.raises(InvalidStatus) as refused:
            async with served.viewer(query):
                pass
        assert refused.value.response.status_code == 404
        assert b'"code":"not_found"' in refused.value.response.body
        async with served.viewer(query, origin=served.url) as connection:
            assert await closing(connection) == (4403, [])


async def test_who_offers_no_subprotocol_gets_version_1(served: Served):
    async with served.viewer(subprotocols=None) as connection:
        assert connection.subprotocol is None
        assert msgpack.unpackb(await connection.recv())["protocol"] == 1


async def test_who_offers_other_subprotocols_only_is_closed_with_4409(served: Served):
    async with served.viewer(subprotocols=["ecgstream.v9"]) as connection:
        assert await closing(connection) == (4409, [])


async def test_deflate_is_never_agreed_on(served: Served):
    async with served.viewer(extensions=None) as connection:
        assert not connection.protocol.extensions
        assert "Sec-WebSocket-Extensions" not in connection.response.headers


@pytest.mark.parametrize(
    "message",
    [
        "text",
        b"",
        b"\x81",
        b"\xc1",
        msgpack.packb([1, 2]),
        msgpack.packb({"op": "ping", "id": 1, "time": 1}) * 2,
        b"\x91" * 60_000,
        b"\x81\xa1a" * 20_000,
    ],
    ids=["text", "empty", "cut", "reserved", "array", "two", "deep arrays", "deep maps"],
)
async def test_a_message_that_is_not_one_map_closes_with_4400_and_harms_nobody(served, message):
    async with viewing(served) as other, served.viewer() as connection:
        await connection.recv()
        await connection.send(message)
        code, said = await closing(connection)
        assert code == 4400
        assert said[-1]["type"] == "bye"
        assert (await other.ask("ping", time=0.5))["time"] == 0.5


async def test_a_message_over_64_kib_closes_with_1009(served: Served):
    async with served.viewer() as connection:
        await connection.recv()
        await connection.send(bytes(64 * 1024 + 1))
        assert (await closing(connection))[0] == 1009


async def test_answers_keep_the_order_of_the_commands(served: Served):
    async with viewing(served) as viewer:
        ids = [await viewer.send("subscribe", sid=1, record="a")]
        ids += [await viewer.send("ping", time=k) for k in range(5)]
        ids.append(await viewer.send("subscribe", sid=2, record="nobody"))
        ids.append(await viewer.send("pause", sid=1))
        ids.append(await viewer.send("unsubscribe", sid=1))
        answers = []
        while len(answers) < len(ids):
            message = await viewer.receive()
            if not isinstance(message, Frame) and message.get("id") is not None:
                answers.append(message)
        assert [answer["id"] for answer in answers] == ids
        assert answers[-3]["code"] == "not_found"


async def test_draining_says_bye_with_a_time_to_come_back(served: Served):
    async with viewing(served) as viewer:
        served.app.state.registry.drain()
        code, said = await closing(viewer.connection)
        assert code == 1001
        assert said[-1]["type"] == "bye"
        assert 0 < said[-1]["retry_after_ms"] <= 5000


async def test_a_viewer_that_vanishes_leaves_nothing_behind(served: Served):
    registry = served.app.state.registry
    async with viewing(served) as stays:
        async with viewing(served) as viewer:
            await viewer.ask("subscribe", sid=1, record="a")
            assert len(registry) == 2
            viewer.connection.transport.abort()
        while len(registry) > 1:
            # Each answer is a turn of the server's loop: no waiting by the clock.
            await stays.ask("ping", time=0)
        assert registry.subscriptions == 0


async def test_what_is_sent_is_counted(served: Served):
    async with viewing(served) as viewer:
        await viewer.ask("play", sid=9)
        await viewer.ask("subscribe", sid=1, record="b", speed=8)
        await viewer.event("end")
        said = await asyncio.to_thread(lambda: urlopen(f"{served.url}/metrics").read().decode())
    lines = dict(line.rsplit(" ", 1) for line in said.splitlines() if not line.startswith("#"))
    # 0 576 720 (gap) 1440 1728 2304 2880 3456 3600: cut at multiples of 576, and at the gap.
    assert float(lines["ecgstream_frames_total"]) == 7
    assert float(lines['ecgstream_gaps_total{reason="missing"}']) == 1
    assert float(lines['ecgstream_errors_total{code="not_found"}']) == 1
    assert float(lines["ecgstream_viewers"]) == 1
    assert float(lines["ecgstream_wheel_lateness_seconds_count"]) > 0


async def test_plain_http_is_told_to_upgrade(served: Served):
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 426 ")
    assert b"application/problem+json" in answer


async def test_a_foreign_page_never_gets_a_101(served: Served):
    with pytest.raises(InvalidStatus) as refused:
        async with served.viewer(origin="https://elsewhere.example"):
            pass
    assert refused.value.response.status_code == 403


def test_a_frame_is_the_documented_bytes():
    from ecgstream.wire.frames import encode_frame, payload_of

    framed = encode_frame(1, 360, 2, [np.array([1, -2], "<i2")])
    assert bytes(payload_of(framed)) == (
        b"\x94\x01\xcf" + struct.pack(">Q", 360) + b"\xce\0\0\0\x02\xc6\0\0\0\x04\x01\x00\xfe\xff"
    )
