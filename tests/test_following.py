"""A real server over an archive that changes: what comes, is replaced and goes is served within seconds."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from websockets.asyncio.client import connect

from tests.object_stores import BUCKET, env_for, s3
from tests.serving import ServerProcess, Viewer
from tests.test_renewal import PATH, put

# Some processes each: beside the others of the group, and beside a wall's, there would be no core for any.
pytestmark = pytest.mark.xdist_group("workers")

LOCAL_S = 10.0
FAR_S = 60.0


async def until(ask: Callable[[], Any], wanted: Callable[[Any], bool], within_s: float) -> Any:
    """Ask until the answer is what is wanted; fail where that takes too long."""
    async with asyncio.timeout(within_s):
        while not wanted(found := await ask()):
            await asyncio.sleep(0.1)
    return found


def listing(client: httpx.AsyncClient) -> Callable[[], Any]:
    async def ask() -> list[tuple[str, int]]:
        answer = (await client.get("/api/v1/records")).json()
        return [(one["record"], one["length"]) for one in answer["records"]]

    return ask


def socket_of(server: ServerProcess) -> connect:
    address = server.url.replace("http", "ws") + "/api/v1/stream"
    return connect(address, subprotocols=["ecgstream.v1"], compression=None, max_queue=None)


async def test_all_workers_of_a_server_follow_its_folder(tmp_path: Path):
    root = tmp_path / "archive"
    put(root, 1)
    options = [f"--cache={tmp_path / 'cache'}", "--workers=2"]
    with ServerProcess([root], *options) as server:
        async with (
            socket_of(server) as socket,
            httpx.AsyncClient(base_url=server.url) as client,
        ):
            viewer = Viewer(socket)
            await viewer.event("welcome")
            await viewer.ask("subscribe", sid=1, record="r1")
            ask = listing(client)
            put(root, 5, record="r2")
            await until(ask, lambda found: len(found) == 2, LOCAL_S)
            put(root, 2, length=9_000)
            began = time.monotonic()
            said = await viewer.event("error")
            assert time.monotonic() - began < LOCAL_S
            assert (said["id"], said["code"], said["replaced"]) == (None, "unavailable", True)
            again = await viewer.ask("subscribe", sid=1, record="r1", speed=8)
            assert again["length"] == 9_000
            assert set((await viewer.frame()).samples[0].tolist()) == {2}
            (root / PATH).unlink()
            said = await viewer.event("error")
            assert (said["code"], said["retryable"]) == ("not_found", False)
            assert await until(ask, lambda found: len(found) == 1, LOCAL_S) == [("r2", 12_000)]


async def test_a_server_follows_its_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    put(tmp_path, 1)
    with s3() as store:
        env_for(store, monkeypatch)
        store.put(PATH, tmp_path / PATH)
        options = [f"--cache={tmp_path / 'cache'}"]
        with ServerProcess([f"s3://{BUCKET}"], *options) as server:
            async with (
                socket_of(server) as socket,
                httpx.AsyncClient(base_url=server.url) as client,
            ):
                viewer = Viewer(socket)
                await viewer.event("welcome")
                await viewer.ask("subscribe", sid=1, record="r1", loop=True, speed=8)
                put(tmp_path, 2, length=9_000)
                store.put(PATH, tmp_path / PATH)
                async with asyncio.timeout(FAR_S):
                    assert (await viewer.event("error"))["replaced"]
                await viewer.ask("subscribe", sid=1, record="r1")
                assert set((await viewer.frame()).samples[0].tolist()) == {2}
                assert await listing(client)() == [("r1", 9_000)]
