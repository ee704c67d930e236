"""What a hostile or broken HTTP client gets, before any login: a bound, and nobody else harmed."""

import asyncio
import logging

import pytest

from ecgstream.storage.memory import MemorySource
from ecgstream.web import http
from tests.serving import HANGS_S, Served, serving

GET = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture
async def served():
    async with serving(MemorySource()) as served:
        yield served


async def answered(served: Served, *parts: bytes) -> bytes:
    """Send and return all that comes until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    said = b""
    try:
        async with asyncio.timeout(HANGS_S):
            for part in parts:
                writer.write(part)
                await writer.drain()
            said = await reader.read()
    except ConnectionError:
        pass
    finally:
        writer.close()
    return said


async def test_a_head_without_end_is_refused(served: Served):
    said = await answered(served, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ", b"a" * 100_000)
    assert said.startswith(b"HTTP/1.1 431 ") or not said


async def test_many_small_headers_are_refused(served: Served):
    said = await answered(served, b"GET / HTTP/1.1\r\n", b"X: y\r\n" * 10_000)
    assert said.startswith(b"HTTP/1.1 431 ") or not said


async def test_requests_that_pile_up_unanswered_end_the_connection(served: Served):
    connections = served.server.server_state.connections
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    with pytest.raises(ConnectionError):
        async with asyncio.timeout(HANGS_S):
            for _ in range(1_000):
                writer.write(GET * 1_000)
                await writer.drain()
    writer.close()
    assert reader.exception() is not None or reader.at_eof()
    async with asyncio.timeout(HANGS_S):
        while connections:
            await asyncio.sleep(0)


async def test_a_request_after_the_other_is_answered_on_one_connection(served: Served):
    last = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    said = await answered(served, GET, GET, last)
    assert said.count(b"HTTP/1.1 200 ") == 3


async def test_a_slow_sender_is_cut_off(served: Served, monkeypatch):
    monkeypatch.setattr(http, "REQUEST_S", 0.05)
    said = await answered(served, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    assert said.startswith(b"HTTP/1.1 408 ")


async def test_who_connects_and_says_nothing_is_cut_off(served: Served, monkeypatch):
    monkeypatch.setattr(http, "REQUEST_S", 0.05)
    assert (await answered(served)).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("size", [9_000, 20_000])
async def test_a_handshake_with_a_huge_header_is_refused_and_does_not_hang(served: Served, size):
    said = await answered(
        served,
        b"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
        b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nX: " + b"a" * size + b"\r\n\r\n",
    )
    assert said.startswith(b"HTTP/1.1 431 ")


async def test_a_refused_handshake_is_not_logged_as_our_mistake(served: Served, caplog):
    with caplog.at_level(logging.ERROR):
        said = await answered(
            served,
            b"GET /api/v1/stream HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        )
    assert said.startswith(b"HTTP/1.1 403 ")
    assert not caplog.records
