"""Writing to viewers without waiting, on uvicorn's own protocol class."""

import asyncio
import gc
import os
import socket
import struct

import msgpack
import numpy as np
import pytest
import uvloop
from starlette.testclient import TestClient
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import ConnectionClosed

from ecgstream.config import Settings
from ecgstream.web.app import create_app
from ecgstream.web.push import (
    DEAD_MS,
    EXTENSION,
    FRAMES_BURST,
    TCP_NOTSENT_LOWAT,
    UNSENT_BYTES,
    PushProtocol,
    SendOutlet,
)
from ecgstream.wire.frames import framed
from tests.doubles import one_lead
from tests.serving import serving, viewing

MASK = bytes(4)
"""A masking key that changes nothing."""


async def closed(connection):
    """Return the close code, and the last event before it."""
    last = None
    with pytest.raises(ConnectionClosed):
        while True:
            last = msgpack.unpackb(await connection.recv(decode=False))
    return connection.close_code, last


def test_what_is_overridden_is_still_there():
    for name in (
        "handle_connect",
        "handle_cont",
        "handle_ping",
        "handle_pong",
        "data_received",
        "shutdown",
    ):
        assert getattr(WebSocketsSansIOProtocol, name) is not getattr(PushProtocol, name)


@pytest.mark.parametrize(
    "frame",
    [b"\x00\x80" + MASK, b"\x89\x80" + MASK, b"\x8a\x80" + MASK],
    ids=["fragments", "pings", "pongs"],
)
async def test_a_flood_of_frames_closes_with_4400_and_harms_nobody(frame, monkeypatch):
    monkeypatch.setattr("ecgstream.web.push.FLOOD_CLOSE_S", 0.01)
    async with serving(one_lead()) as served, viewing(served) as other, served.viewer() as flooder:
        await flooder.recv()
        flooder.transport.write(b"\x02\x80" + MASK + frame * 20_000)
        assert (await closed(flooder))[0] == 4400
        assert (await other.ask("ping", time=1))["type"] == "pong"
        while len(served.app.state.registry) > 1:
            await other.ask("ping", time=1)


async def test_a_server_that_goes_lets_the_closing_handshake_finish():
    async with serving(one_lead()) as served, served.viewer() as viewer:
        await viewer.recv()
        (protocol,) = served.server.server_state.connections
        protocol.close(1001, "going")
        protocol.shutdown()
        # Closed now, the kernel would answer whatever the viewer has under way with a reset.
        assert not protocol.transport.is_closing()
        assert (await closed(viewer))[0] == 1001


async def test_fewer_frames_than_a_flood_are_taken():
    async with serving(one_lead()) as served, served.viewer() as viewer:
        await viewer.recv()
        ping = msgpack.packb({"op": "ping", "id": 1, "time": 5})
        parts = [ping[k : k + 1] for k in range(len(ping))]
        await viewer.send(parts)
        while (said := msgpack.unpackb(await viewer.recv()))["type"] != "pong":
            pass
        assert said["time"] == 5
        for _ in range(FRAMES_BURST // 4):
            await (await viewer.ping())


async def test_a_message_that_breaks_the_protocol_closes_and_harms_nobody():
    async with serving(one_lead()) as served, viewing(served) as other:
        for broken, code in [
            (b"\x82\x00", 1002),  # not masked
            (b"\xf2\x80" + MASK, 1002),  # reserved bits
            (b"\x82\xff" + struct.pack(">Q", 1 << 40) + MASK, 1009),
        ]:
            async with served.viewer() as viewer:
                await viewer.recv()
                viewer.transport.write(broken + bytes(100_000))
                assert (await closed(viewer))[0] == code
        assert (await other.ask("ping", time=1))["type"] == "pong"


async def test_bye_comes_before_the_close_frame_and_nothing_after():
    async with serving(one_lead()) as served, served.viewer() as viewer:
        await viewer.recv()
        await viewer.send("text")
        code, last = await closed(viewer)
        assert (code, last["type"], last["code"]) == (4400, "bye", 4400)


class Recorded:
    """A Starlette WebSocket that keeps what is sent."""

    def __init__(self):
        self.sent = []
        self.closed = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def send_bytes(self, data):
        await self.gate.wait()
        self.sent.append(data)

    async def close(self, code, reason):
        self.closed = (code, reason)


async def test_the_fall_back_sends_in_order_and_closes_after_what_was_queued():
    socket = Recorded()
    outlet = SendOutlet(socket)
    socket.gate.clear()
    task = asyncio.create_task(outlet.run())
    outlet.write(framed(b"one"))
    outlet.write(framed(b"x" * 1000))
    await asyncio.sleep(0)
    assert outlet.pending() == len(framed(b"one")) + len(framed(b"x" * 1000))
    outlet.close(4400, "why" * 100)
    outlet.write(framed(b"too late"))
    socket.gate.set()
    await task
    assert socket.sent == [b"one", b"x" * 1000]
    assert outlet.pending() == 0
    assert socket.closed == (4400, ("why" * 100)[:120])


def test_without_the_extension_a_viewer_is_served_all_the_same():
    # Starlette's client is such a server: it has no PushProtocol.
    app = create_app(Settings(), one_lead(length=720))
    with (
        TestClient(app) as client,
        client.websocket_connect(
            "ws://127.0.0.1:8000/api/v1/stream", subprotocols=["ecgstream.v1"]
        ) as socket,
    ):
        assert EXTENSION not in socket.scope.get("extensions", {})
        assert msgpack.unpackb(socket.receive_bytes())["type"] == "welcome"
        socket.send_bytes(
            msgpack.packb({"op": "subscribe", "id": 1, "sid": 1, "record": "r", "speed": 32})
        )
        got = []
        while True:
            said = msgpack.unpackb(socket.receive_bytes())
            if isinstance(said, list):
                got.append(np.frombuffer(said[3], "<i2"))
            elif said["type"] == "end":
                break
        assert np.concatenate(got).tolist() == list(range(720))


@pytest.mark.parametrize("politely", [True, False])
async def test_a_viewer_who_left_leaves_nothing_for_the_collector(politely):
    """Circles of references would stay until a full collection, which stops all viewers."""
    async with serving(one_lead()) as served:

        async def visit():
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            writer.write(
                f"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n"
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
            await reader.readuntil(b"\r\n\r\n")
            ask = msgpack.packb({"op": "subscribe", "id": 1, "sid": 1, "record": "r"})
            writer.write(bytes((0x82, 0x80 | len(ask))) + MASK + ask)
            await reader.readuntil(b"subscribed")
            if politely:
                writer.write(b"\x88\x80" + MASK)
                await reader.read()
            writer.close()
            await writer.wait_closed()
            while len(served.app.state.registry):
                await asyncio.sleep(0)
            # The transports' own ends.
            for _ in range(100):
                await asyncio.sleep(0)

        await visit()
        gc.collect()
        gc.disable()
        try:
            await visit()
            gc.set_debug(gc.DEBUG_SAVEALL)
            gc.collect()
            ours = {
                type(one).__qualname__
                for one in gc.garbage
                if type(one).__module__.startswith(("ecgstream", "uvicorn", "websockets"))
            }
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
        assert ours == set()


class Guest(asyncio.Protocol):
    """Notes that it is lost."""

    lost = False

    def connection_lost(self, exc):
        self.lost = True


@pytest.mark.parametrize("loops", [uvloop.new_event_loop, asyncio.new_event_loop])
@pytest.mark.parametrize("how", ["close", "abort", "reset"])
def test_the_socket_is_let_go_before_its_descriptor_may_be_another_viewers(how, loops):
    """Else a frame handed to the socket itself could go to whoever came next."""

    async def go():
        with socket.create_server(("127.0.0.1", 0)) as listening:
            outside = socket.create_connection(listening.getsockname())
            connection, _ = listening.accept()
            connection.setblocking(False)
            loop = asyncio.get_running_loop()
            transport, guest = await loop.connect_accepted_socket(Guest, connection)
            number = connection.fileno()
            its_own = os.fstat(number).st_ino
            if how == "reset":
                outside.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                outside.close()
            else:
                getattr(transport, how)()
            while not guest.lost or connection.fileno() == number:
                # As long as the object has the number, it is its own and nobody else's.
                if connection.fileno() == number:
                    assert os.fstat(number).st_ino == its_own
                else:
                    assert connection.fileno() == -1
                await asyncio.sleep(0)
            with pytest.raises(OSError, match="Bad file descriptor"):
                connection.send(b"to nobody")
            outside.close()

    with asyncio.Runner(loop_factory=loops) as runner:
        runner.run(go())


async def test_frames_go_through_the_socket_itself_where_it_is_known():
    async with serving(one_lead()) as served, viewing(served) as viewer:
        await viewer.ask("ping", time=1)
        (session,) = served.app.state.registry
        outlet = session._line._outlet
        assert outlet.offer.__self__.fileno() == outlet.transport.get_extra_info("socket").fileno()


async def test_a_viewers_socket_holds_little_unsent_waits_for_nothing_and_notices_the_dead():
    async with serving(one_lead()) as served, viewing(served) as viewer:
        await viewer.ask("ping", time=1)
        (session,) = served.app.state.registry
        sock = session._line._outlet.transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert sock.getsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT) == UNSENT_BYTES <= 16_384
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == DEAD_MS <= 30_000


async def test_what_the_viewers_system_has_not_taken_is_known_before_ours_refuses_anything():
    async with serving(one_lead()) as served, viewing(served) as viewer:
        await viewer.ask("ping", time=1)
        (session,) = served.app.state.registry
        outlet = session._line._outlet
        viewer.connection.transport.pause_reading()
        while not outlet.unacknowledged():
            assert outlet.pending() == 0
            outlet.write(framed(bytes(1_000)))
            await asyncio.sleep(0)
        while served.app.state.registry:
            outlet.transport.abort()
            await asyncio.sleep(0)
        assert outlet.unacknowledged() == 0
