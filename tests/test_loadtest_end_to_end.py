"""`ecgstream load` as its users run it: against our server, and against servers that do wrong."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.request import urlopen

import msgpack
import numpy as np
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ecgstream.cli import main
from ecgstream.config import Settings
from ecgstream.model.record import Lead, Record
from ecgstream.storage.memory import MemorySource
from ecgstream.web.tokens import make_token
from tests.serving import HANGS_S, ROOT, ServerProcess, serving

pytestmark = pytest.mark.end_to_end


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def figures(self) -> dict:
        return json.loads(self.out)


async def started(*arguments: str, **environ: str) -> asyncio.subprocess.Process:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ECG")}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ecgstream", "load", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=ROOT,
        env=clean | environ,
    )  # fmt: skip


async def ended(process: asyncio.subprocess.Process) -> Ended:
    async with asyncio.timeout(HANGS_S):
        out, err = await process.communicate()
    return Ended(process.returncode, out.decode(), err.decode())


async def load(*arguments: str, **environ: str) -> Ended:
    return await ended(await started(*arguments, **environ))


async def watched(url: str, viewers: int) -> None:
    """Return when so many viewers are open and each was sent something."""

    def look() -> dict[str, float]:
        lines = urlopen(f"{url}/metrics").read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    before = (await asyncio.to_thread(look))["ecgstream_frames_total"]
    async with asyncio.timeout(HANGS_S):
        while True:
            now = await asyncio.to_thread(look)
            sent = now["ecgstream_frames_total"] - before
            # Two seconds of it: it has come, too.
            if now["ecgstream_viewers"] == viewers and sent > 10 * viewers:
                return
            await asyncio.sleep(0.05)


# Our own server.


def test_all_that_our_server_sends_is_accounted_for_and_verified(
    server: ServerProcess, capsys: pytest.CaptureFixture[str]
):
    code = main(
        ["load", server.url, "--viewers=24", "--duration=1.5", "--verify", "--json",
         "--processes=2", f"--pid={server.pid}"]
    )  # fmt: skip
    out, err = capsys.readouterr()
    figures = json.loads(out)  # one object and nothing else
    assert (code, err, figures["failed"]) == (0, "", [])
    assert (figures["streaming"], figures["processes"]) == (24, 2)
    account = figures["account"]
    assert account["delivered"] + account["declared"] == account["expected"] > 0
    assert figures["verified"] >= figures["frames"] > 24
    assert figures["lateness_ms"]["count"] == figures["frames"]
    assert figures["connect_ms"]["count"] == figures["first_frame_ms"]["count"] == 24
    assert figures["server"]["cpu_us_per_frame"] > 0
    assert figures["earliest_ms"] > -1


def test_everybody_at_the_shared_place_is_in_time(
    server: ServerProcess, capsys: pytest.CaptureFixture[str]
):
    assert main(["load", server.url, "--viewers=5", "--duration=1", "--at=shared", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert 0 < figures["lateness_ms"]["max"] < 5_000


async def test_reviewers_jump_about_and_nothing_is_lost(server: ServerProcess):
    test = await load(
        server.url, "--viewers=40", "--duration=4", "--profile=review", "--verify", "--json"
    )
    figures = test.figures
    assert (test.code, figures["failed"], figures["errors"]) == (0, [], {})
    assert figures["seek_ms"]["count"] > 5


async def test_viewers_who_come_and_go_leave_nothing_behind(server: ServerProcess):
    test = await load(
        server.url, "--viewers=20", "--duration=2", "--profile=churn", "--churn=20", "--json"
    )
    figures = test.figures
    assert (test.code, figures["failed"], figures["closes"]) == (0, [], {})
    assert figures["connect_ms"]["count"] > 30


def test_a_limit_that_is_passed_fails_the_run_and_says_which(
    server: ServerProcess, capsys: pytest.CaptureFixture[str]
):
    code = main(["load", server.url, "--viewers=5", "--duration=1", "--max-p99-ms=0.001"])
    assert code == 1
    assert "FAILED: p99 lateness" in capsys.readouterr().out


async def test_ctrl_c_ends_early_with_the_report_so_far(server: ServerProcess):
    process = await started(server.url, "--viewers=5", "--duration=300", "--json")
    await watched(server.url, 5)
    process.send_signal(signal.SIGINT)
    test = await ended(process)
    assert (test.code, test.err, test.figures["interrupted"]) == (0, "", True)
    assert test.figures["account"]["delivered"] > 0


async def test_a_herd_comes_back_after_a_restart_without_loss():
    with ServerProcess() as process:
        test = await started(
            process.url, "--viewers=10", "--duration=300", "--profile=herd", "--json", "--leads=1"
        )
        await watched(process.url, 10)
        await asyncio.to_thread(process.stop)
        await asyncio.to_thread(process.start)
        await watched(process.url, 10)
        test.send_signal(signal.SIGINT)
        figures = (await ended(test)).figures
    assert (figures["failed"], figures["streaming"]) == ([], 10)
    assert figures["closes"] == {"1001": 10}
    (outage,) = figures["outages"]
    assert outage["seconds"] > 0.5
    assert figures["outage_ms"]["count"] == 10


async def test_a_token_opens_the_door_and_none_is_said_to_be_missing(tmp_path):
    source = MemorySource()
    lead = Lead("II", "mV", 200.0, 0.0, "ecg", 360.0, 3_600, ("i2", "i4", "f4", "f8"))
    samples = {"II": np.arange(3_600, dtype="<i2")}
    source.add(Record("a", "p", (lead,), None, None, None, None), samples)
    token = make_token(tmp_path / "tokens", "load")
    async with serving(source, settings=Settings(token_file=tmp_path / "tokens")) as served:
        without = await load(served.url, "--viewers=1", "--duration=0.5")
        by_flag = await load(served.url, "--viewers=1", "--duration=0.5", f"--token={token}")
        by_environment = await load(
            served.url, "--viewers=1", "--duration=0.5", ECGLOAD_TOKEN=token
        )
    assert without.code == 2
    assert "--token" in without.err
    assert (by_flag.code, by_environment.code) == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["https://127.0.0.1"], "TLS"),
        (["http://127.0.0.1:9"], "refused"),
        (["{url}", "--records=nobody"], "404"),
        (["{url}", "--leads=99"], "--leads 99"),
        (["{url}", "--pid=999999999"], "--pid 999999999"),
        (["{url}", "--at=shared", "--speed=2"], "--at shared"),
        (["{url}", "--viewers=0"], "above 0"),
        (["{url}", "--leads=0"], "--leads 0"),
        (["{url}", "--max-lost=-1"], "--max-lost"),
        (["{url}", "--records="], "an empty name"),
        (["{url}", "--records=,"], "an empty name"),
        (["{url}", "--speed=33"], "0.1 to 32"),
    ],
)
def test_what_cannot_begin_ends_with_2_and_the_reason(
    server: ServerProcess, capsys: pytest.CaptureFixture[str], arguments, why
):
    try:
        code = main(["load", *(one.format(url=server.url) for one in arguments), "--json"])
    except SystemExit as done:  # a wrong option
        code = done.code
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert why in err


# Servers that are not ours: other widths of integers, a clock of their own, and faults.

FS, CELL, LENGTH, AHEAD = 250.0, 50, 2_500, 5_000.0
STORED = np.arange(LENGTH, dtype="<i2")


@dataclass
class Stranger:
    """A server by the protocol, but for one `fault`; `denied` handshakes are denied first."""

    fault: str = ""
    denied: int = 0
    closes_at: float | None = None
    port: int = 0
    visits: list[dict] = field(default_factory=list)

    def clock(self) -> float:
        return time.monotonic() - AHEAD

    async def records(self, _: Request) -> Response:
        lead = {"name": "II", "unit": "mV", "gain": 1.0, "baseline": 0.0, "kind": "ecg", "fs": FS}
        record = {"record": "a", "length": LENGTH, "leads": [lead]}
        return JSONResponse({"records": [record], "next": None})

    async def window(self, request: Request) -> Response:
        low, high = (int(request.query_params[name]) for name in ("start", "stop"))
        said = {"dtype": "i2", "leads": [{"name": "II"}], "samples": STORED[low:high].tobytes()}
        return Response(msgpack.packb(said), media_type="application/msgpack")

    async def stream(self, websocket: WebSocket) -> None:
        # The first is the pilot, who sees whether anybody gets in.
        self.visits.append({})
        if 1 < len(self.visits) <= 1 + self.denied:
            await websocket.send_denial_response(
                JSONResponse({"retry_after_ms": 150}, 503, {"Retry-After": "1"})
            )
            return
        await websocket.accept("ecgstream.v1")
        with suppress(WebSocketDisconnect):
            await self.serve(websocket)

    async def serve(self, websocket: WebSocket) -> None:
        await self.say(websocket, type="welcome", boot="stranger", time=self.clock())
        while True:
            said = msgpack.unpackb(await websocket.receive_bytes())
            if said["op"] == "subscribe":
                break
            await self.say(
                websocket, type="pong", id=said["id"], time=said["time"], server_time=self.clock()
            )
        at = said["at"]["sample"]
        began = self.clock()
        await self.say(
            websocket, type="subscribed", id=said["id"], sid=1, length=LENGTH, next=at,
            leads=[{"name": "II"}], dtype="i2", frame=CELL, playing=True, speed=1,
            clock={"sample": at, "time": began, "rate": FS},
        )  # fmt: skip
        leaving = asyncio.create_task(self.read(websocket))
        for frame in self.frames(at):
            due = began + (frame[1] - at) / FS
            await asyncio.wait([leaving], timeout=max(0.0, due - self.clock()))
            if leaving.done():
                return
            if self.closes_at is not None and self.clock() + AHEAD > self.closes_at:
                self.closes_at = None
                await self.say(websocket, type="bye", code=1012, reason="", retry_after_ms=100)
                await websocket.close(1012)
                return
            await websocket.send_bytes(msgpack.packb(frame))
        # Nothing more comes, and nobody is told.
        await asyncio.wait([leaving])

    async def read(self, websocket: WebSocket) -> None:
        while (await websocket.receive())["type"] == "websocket.receive":
            pass

    async def say(self, websocket: WebSocket, **event) -> None:
        await websocket.send_bytes(msgpack.packb(event))

    def frames(self, at: int) -> list[list]:
        edges = [at, *range((at // CELL + 1) * CELL, LENGTH + 1, CELL)]
        cut = [[1, low, high - low, STORED[low:high].tobytes()] for low, high in pairwise(edges)]
        if self.fault == "holes":
            del cut[2]
        elif self.fault == "doubles":
            cut.insert(2, cut[1])
        elif self.fault == "disorder":
            cut[2], cut[3] = cut[3], cut[2]
        elif self.fault == "wrong_digest":
            cut[2][3] = bytes(len(cut[2][3]))
        elif self.fault == "malformed":
            cut[2][3] = cut[2][3][:-1]
        elif self.fault == "overdue":
            del cut[2:]
        return cut


@asynccontextmanager
async def running(stranger: Stranger) -> AsyncIterator[str]:
    routes = [
        Route("/api/v1/records", stranger.records),
        Route("/api/v1/records/a/window", stranger.window),
        WebSocketRoute("/api/v1/stream", stranger.stream),
    ]
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        Starlette(routes=routes), ws="websockets-sansio", ws_per_message_deflate=False,
        log_config=None, log_level="error",
    )  # fmt: skip
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([listening]))
    while not server.started:
        await asyncio.sleep(0)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listening.close()


async def test_a_stranger_who_keeps_to_the_protocol_passes_and_its_clock_is_found():
    async with running(Stranger()) as url:
        test = await load(url, "--viewers=3", "--duration=1.5", "--at=start", "--verify", "--json")
    figures = test.figures
    assert (test.code, figures["failed"]) == (0, [])
    assert figures["verified"] >= 18
    # Its monotonic clock is 5,000 s behind ours; lateness is what it is all the same.
    assert figures["lateness_ms"]["max"] < 1_000
    assert figures["earliest_ms"] > -50
    assert 0 < figures["client"]["clock_error_ms"] < 50


@pytest.mark.parametrize(
    "fault", ["holes", "doubles", "disorder", "wrong_digest", "malformed", "overdue"]
)
async def test_a_server_that_does_wrong_is_found_out(fault: str):
    # What is late is missed only once it is so late that a picture would be stale.
    seconds = 2.5 if fault == "overdue" else 1.0
    async with running(Stranger(fault)) as url:
        test = await load(
            url, "--viewers=2", f"--duration={seconds}", "--at=start", "--verify", "--json"
        )
    figures = test.figures
    assert test.code == 1
    assert figures["account"][fault] >= 2
    # Beside it may stand that one who was cut off for what it sent was not back yet.
    assert figures["failed"][0].startswith("the account is broken")
    if fault in {"holes", "overdue"}:
        assert figures["account"]["lost"] >= 2 * CELL


async def test_who_is_denied_comes_back_when_it_was_told_to():
    async with running(Stranger(denied=4)) as url:
        test = await load(url, "--viewers=3", "--duration=1", "--at=start", "--json")
    figures = test.figures
    assert (test.code, figures["failed"], figures["refused"]) == (0, [], {"503": 4})
    assert figures["streaming"] == 3
    # Told 150 ms, not the second that the header says, nor a time of its own.
    assert figures["all_streaming_s"] < 1.0


async def test_who_is_sent_away_is_back_after_what_bye_said_and_loses_nothing():
    stranger = Stranger(closes_at=time.monotonic() + 3)
    async with running(stranger) as url:
        test = await load(url, "--viewers=1", "--duration=4", "--at=start", "--json")
    figures = test.figures
    assert (test.code, figures["failed"], figures["closes"]) == (0, [], {"1012": 1})
    (outage,) = figures["outages"]
    assert 0.1 <= outage["seconds"] < 1.0
