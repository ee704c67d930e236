"""Who may watch, on a real server: tokens, sessions, foreign pages, and what ends them."""

import asyncio
import json
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import msgpack
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ecgstream.config import Settings
from ecgstream.model.record import Lead, Record
from ecgstream.storage.memory import MemorySource
from ecgstream.web.tokens import make_token
from tests.serving import Served, serving


@pytest.fixture
def source() -> MemorySource:
    source = MemorySource()
    lead = Lead("II", "mV", 200.0, 0.0, "ecg", 360.0, 360, ("i2", "i4", "f4", "f8"))
    samples = np.arange(360, dtype="<i2")
    source.add(Record("a", "p", (lead,), None, None, None, None), {"II": samples})
    return source


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


@pytest.fixture
def token(tokens: Path) -> str:
    return make_token(tokens, "ward-3")


@pytest.fixture
async def guarded(source: MemorySource, tokens: Path, token: str):
    async with serving(source, settings=Settings(token_file=tokens)) as served:
        yield served


async def log_in(served: Served, token: str) -> str:
    """Return the session's cookie."""

    def post() -> str:
        asked = Request(
            f"{served.url}/api/v1/session",
            json.dumps({"token": token}).encode(),
            {"Content-Type": "application/json"},
        )
        return urlopen(asked).headers["Set-Cookie"].partition(";")[0]

    return await asyncio.to_thread(post)


async def status(served: Served, path: str, **headers: str) -> int:
    def get() -> int:
        try:
            return urlopen(Request(served.url + path, headers=headers)).status
        except HTTPError as error:
            return error.code

    return await asyncio.to_thread(get)


async def test_a_bearer_token_watches_and_is_named(guarded: Served, token: str):
    headers = {"Authorization": f"Bearer {token}"}
    async with guarded.viewer(additional_headers=headers) as connection:
        assert msgpack.unpackb(await connection.recv())["user"] == "ward-3"


async def test_a_session_watches(guarded: Served, token: str):
    cookie = await log_in(guarded, token)
    async with guarded.viewer(additional_headers={"Cookie": cookie}) as connection:
        assert msgpack.unpackb(await connection.recv())["user"] == "ward-3"


async def test_a_program_without_token_is_denied_with_401(guarded: Served):
    with pytest.raises(InvalidStatus) as refused:
        async with guarded.viewer():
            pass
    assert refused.value.response.status_code == 401
    assert "Bearer" in refused.value.response.headers["WWW-Authenticate"]


async def test_a_token_in_the_address_is_no_token(guarded: Served, token: str):
    with pytest.raises(InvalidStatus) as refused:
        async with guarded.viewer(f"?record=a&token={token}"):
            pass
    assert refused.value.response.status_code == 401


async def test_a_browser_without_session_is_accepted_and_closed_with_4401(guarded: Served):
    async with guarded.viewer(origin=guarded.url) as connection:
        assert connection.subprotocol == "ecgstream.v1"
        with pytest.raises(ConnectionClosed):
            await connection.recv()
        assert connection.close_code == 4401


@pytest.mark.parametrize(
    "options",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"additional_headers": {"Host": "elsewhere.example"}},
    ],
    ids=["origin", "null", "host"],
)
async def test_a_foreign_page_or_name_is_403_even_with_a_token(guarded: Served, token, options):
    options.setdefault("additional_headers", {})["Authorization"] = f"Bearer {token}"
    with pytest.raises((InvalidStatus, ConnectionClosed)) as refused:
        async with guarded.viewer(**options):
            pass
    assert refused.value.response.status_code == 403


async def test_ending_a_session_closes_its_sockets_and_no_other(guarded: Served, token: str):
    mine, other = await log_in(guarded, token), await log_in(guarded, token)
    async with (
        guarded.viewer(additional_headers={"Cookie": mine}) as closed,
        guarded.viewer(additional_headers={"Cookie": other}) as stays,
    ):
        await closed.recv()
        await stays.recv()

        def end() -> int:
            asked = Request(
                f"{guarded.url}/api/v1/session", headers={"Cookie": mine}, method="DELETE"
            )
            return urlopen(asked).status

        assert await asyncio.to_thread(end) == 204
        with pytest.raises(ConnectionClosed):
            while True:
                await closed.recv()
        assert closed.close_code == 4401
        await stays.send(msgpack.packb({"op": "ping", "id": 1, "time": 1}))
        while msgpack.unpackb(await stays.recv())["type"] != "pong":
            pass


async def test_a_token_taken_out_of_the_file_closes_its_sockets(
    guarded: Served, tokens: Path, token: str
):
    headers = {"Authorization": f"Bearer {token}"}
    async with guarded.viewer(additional_headers=headers) as connection:
        await connection.recv()
        tokens.write_text("# nobody\n")
        with pytest.raises(ConnectionClosed):
            while True:
                await connection.recv()
        assert connection.close_code == 4401
    assert await status(guarded, "/api/v1/records", Authorization=f"Bearer {token}") == 401


async def test_only_health_and_the_way_to_log_in_are_open(guarded: Served, token: str):
    for path in ("/healthz", "/login", "/static/style.css"):
        assert await status(guarded, path) == 200, path
    for path in ("/api/v1/records", "/api/ecg?record=a&lead=II", "/metrics", "/openapi.json"):
        assert await status(guarded, path) == 401, path
        assert await status(guarded, path, Authorization=f"Bearer {token}") == 200, path


async def test_a_server_that_drains_is_not_ready_and_takes_nobody(source: MemorySource):
    async with serving(source) as served:
        assert await status(served, "/readyz") == 200
        served.app.state.registry.drain()
        assert await status(served, "/readyz") == 503
        with pytest.raises(InvalidStatus) as refused:
            async with served.viewer():
                pass
        assert refused.value.response.status_code == 503
