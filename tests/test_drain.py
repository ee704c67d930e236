"""SIGTERM to a real server: everybody is told, nobody holds it up, and it ends in good order."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
from contextlib import AsyncExitStack, suppress
from urllib.error import HTTPError
from urllib.request import urlopen

import msgpack
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ecgstream.viewer.registry import RETURN_MS
from tests.serving import HANGS_S, ROOT, ServerProcess

pytestmark = pytest.mark.end_to_end

VIEWERS = 200
BOUND_S = 10.0
"""From the signal to the end of the process, whatever its viewers do."""


def viewer(port: int, **options):
    return connect(
        f"ws://127.0.0.1:{port}/api/v1/stream?record=100-pq&loop=1",
        subprotocols=["ecgstream.v1"],
        compression=None,
        max_queue=None,
        close_timeout=0,
        **options,
    )


async def last_words(connection) -> tuple[dict, int | None]:
    """Return the `bye` and the close code."""
    bye = {}
    with suppress(ConnectionClosed):
        while True:
            said = msgpack.unpackb(await connection.recv(decode=False))
            if isinstance(said, dict) and said["type"] == "bye":
                bye = said
    return bye, connection.close_code


class Stopped:
    """A viewer that asks for all there is and reads nothing, ever."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(
            b"GET /api/v1/stream?record=a103l-pq&loop=1&speed=32 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )


def half_a_request(port: int, text: bytes) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port))
    sock.sendall(text)
    return sock


def idle(port: int) -> socket.socket:
    """Return a kept-alive connection whose one request was answered."""
    sock = half_a_request(port, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert b"200 OK" in sock.recv(4_096)
    return sock


async def readiness(port: int) -> int:
    def ask() -> int:
        try:
            return urlopen(f"http://127.0.0.1:{port}/readyz").status
        except HTTPError as error:
            error.close()
            return error.code

    return await asyncio.to_thread(ask)


async def test_all_are_told_when_to_come_back_and_nobody_holds_it_up():
    with ServerProcess(()) as process:
        port = process.port
        async with AsyncExitStack() as stack:
            viewers = [await stack.enter_async_context(viewer(port)) for _ in range(VIEWERS)]
            others = [
                Stopped(port).socket,
                idle(port),
                half_a_request(port, b"GET /healthz HTTP/1.1\r\nHo"),
                half_a_request(
                    port,
                    b"POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
                ),
                half_a_request(
                    port,
                    b"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n",
                ),
                half_a_request(port, b""),
            ]
            # Long enough for the one that reads nothing to fill what the kernel takes.
            await asyncio.sleep(1)
            listening = [asyncio.create_task(last_words(one)) for one in viewers]
            began = time.monotonic()
            process.signal(signal.SIGTERM)
            while await readiness(port) != 503:
                await asyncio.sleep(0)
            with pytest.raises(InvalidStatus) as refused:
                await viewer(port)
            assert refused.value.response.status_code == 503
            assert not any(task.done() for task in listening), "sent away before it was announced"
            words = await asyncio.gather(*listening)
            code = await asyncio.to_thread(process.stop, signal.SIGCONT)
            took = time.monotonic() - began
            for sock in others:
                sock.close()
    assert took < BOUND_S
    assert code == 0
    assert {closed for _, closed in words} == {1001}
    spread = sorted(bye["retry_after_ms"] for bye, _ in words)
    assert RETURN_MS[0] <= spread[0]
    assert spread[-1] <= RETURN_MS[1]
    # 200 of a uniform spread: each quarter has its share, but for odds of less than 1e-9.
    width = (RETURN_MS[1] - RETURN_MS[0]) / 4
    quarters = [int((ms - RETURN_MS[0]) // width) for ms in spread]
    assert all(quarters.count(quarter) > 15 for quarter in range(4))


def test_a_thread_that_never_ends_does_not_keep_a_process_from_ending():
    hanging = (
        "import logging, threading; from concurrent.futures import ThreadPoolExecutor\n"
        "from ecgstream.web.server import end_within\n"
        "logging.basicConfig(); ThreadPoolExecutor(1).submit(threading.Event().wait)\n"
        "end_within(0.1)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", hanging],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=HANGS_S,
    )
    assert ended.returncode == 1
    assert "a read from a disk that hangs" in ended.stderr


def test_a_person_at_a_terminal_does_not_wait_for_a_load_balancer():
    with ServerProcess((), "--drain-s=3") as process:
        began = time.monotonic()
        assert process.stop(signal.SIGINT) == 0
        assert time.monotonic() - began < 3
