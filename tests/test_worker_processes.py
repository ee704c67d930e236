"""Several workers as processes: one address, one clock, one logout, and nobody left behind."""

import asyncio
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import msgpack
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from ecgstream.web.codes import CodeFile
from ecgstream.web.tokens import make_token, screen_token
from tests.serving import HANGS_S, ROOT, ServerProcess, workers

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("workers")]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@contextmanager
def only(process: ServerProcess, number: int) -> Iterator[None]:
    """Let one worker alone run, so that it takes what comes."""
    others = [pid for k, pid in enumerate(workers(process.pid)) if k != number]
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)


class Fleet:
    """Two workers behind a door."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log"
        self.tokens = folder / "tokens"
        self.token = make_token(self.tokens, "ward-3")
        self.process = ServerProcess(
            (), "--workers=2", "--metrics-port=0", f"--token-file={self.tokens}", log=self.log
        )

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def ask(self, path: str, method: str = "GET", body=None, **headers: str):
        """Return status and answer of a request to whichever worker takes it."""
        url = path if path.startswith("http") else self.process.url + path
        data = None if body is None else json.dumps(body).encode()
        said = {"Content-Type": "application/json", **headers}
        try:
            with urlopen(Request(url, data, said, method=method), timeout=HANGS_S) as answer:
                return answer.status, answer
        except HTTPError as error:
            with error:
                return error.code, error

    def log_in(self) -> str:
        status, answer = self.ask("/api/v1/session", "POST", {"token": self.token})
        assert status == 200
        return answer.headers["Set-Cookie"].partition(";")[0]

    def viewer(self, query: str = "", **headers: str) -> "connect":
        return connect(
            f"ws://127.0.0.1:{self.process.port}/api/v1/stream{query}",
            subprotocols=["ecgstream.v1"],
            compression=None,
            close_timeout=0,
            # Of one that nobody reads for a while no pong is heard either.
            ping_interval=None,
            max_queue=None,
            additional_headers=headers or self.bearer,
        )


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path_factory.mktemp("fleet"))
    with fleet.process:
        yield fleet


async def event(connection, kind: str) -> dict:
    async with asyncio.timeout(HANGS_S):
        while True:
            said = msgpack.unpackb(await connection.recv(decode=False))
            if isinstance(said, dict) and said["type"] == kind:
                return said


async def eventually(true) -> None:
    async with asyncio.timeout(HANGS_S):
        while not true():
            await asyncio.sleep(0.02)


def test_each_worker_has_a_port_where_it_tells_of_itself(fleet: Fleet):
    assert len(set(fleet.process.metrics)) == 2
    for metrics in fleet.process.metrics:
        with urlopen(metrics) as answer:
            assert "ecgstream_viewers 0.0" in answer.read().decode()
        for path in ("healthz", "readyz"):
            assert urlopen(metrics.replace("metrics", path)).status == 200
    assert fleet.ask("/readyz", **fleet.bearer)[0] == 200
    # Which worker answers here is left to chance: no numbers are better than some.
    assert fleet.ask("/metrics", **fleet.bearer)[0] == 404


async def test_all_workers_have_the_same_shared_clock(fleet: Fleet):
    playheads, boots = [], set()
    for number in (0, 1):
        with only(fleet.process, number):
            async with fleet.viewer("?record=100-pq&at=shared") as connection:
                boots.add((await event(connection, "welcome"))["boot"])
                said = await event(connection, "subscribed")
                clock = said["clock"]
                # When sample 0 was due: the same for all, whatever lap they joined in.
                began = clock["time"] - clock["sample"] / clock["rate"]
                playheads.append((began, said["length"] / said["fs"]))
    assert len(boots) == 2
    (one, lap), (other, _) = playheads
    laps = (other - one) / lap
    assert abs(laps - round(laps)) * lap < 1e-5


async def test_a_logout_closes_the_sockets_of_every_worker_and_lasts(fleet: Fleet):
    cookie = fleet.log_in()
    connections, stays = [], []
    for number in (0, 1):
        with only(fleet.process, number):
            connections.append(await fleet.viewer(Cookie=cookie))
            stays.append(await fleet.viewer())
            await event(stays[-1], "welcome")
    with only(fleet.process, 1):
        assert fleet.ask("/api/v1/session", "DELETE", Cookie=cookie)[0] == 204
    for connection in connections:
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(HANGS_S):
                while True:
                    await connection.recv()
        assert connection.close_code == 4401
    for number in (0, 1):
        with only(fleet.process, number):
            status = await asyncio.to_thread(fleet.ask, "/api/v1/records", Cookie=cookie)
            assert status[0] == 401
            await event(stays[number], "heartbeat")
    ended = fleet.tokens.with_name("tokens.ended")
    assert stat.S_IMODE(ended.stat().st_mode) == 0o600
    for connection in stays:
        await connection.close()


async def test_whichever_worker_is_asked_screens_of_all_show_their_names(fleet: Fleet):
    screens = []
    for number in (0, 1):
        with only(fleet.process, number):
            screens.append(await fleet.viewer("?wall=demo"))
            await event(screens[-1], "welcome")

    def told() -> int:
        url = f"{fleet.process.url}/api/v1/walls/demo/identify"
        said = {"Content-Type": "application/json", **fleet.bearer}
        with urlopen(Request(url, b'{"screen": null}', said), timeout=HANGS_S) as answer:
            return json.load(answer)["screens"]

    for _ in range(2):
        assert await asyncio.to_thread(told) == 2
        for screen in screens:
            assert (await event(screen, "identify"))["name"] == "ward-3"
    # One that hangs is not waited for.
    with only(fleet.process, 0):
        assert await asyncio.to_thread(told) == 1
    for screen in screens:
        await screen.close()


async def test_a_code_is_good_once_in_all_workers_and_its_session_in_each(fleet: Fleet):
    code = CodeFile(fleet.tokens).add(screen_token(fleet.tokens, "screen-3", "demo"), time.time())
    with only(fleet.process, 0):
        status, answer = fleet.ask("/api/v1/session", "POST", {"code": code})
        assert status == 200
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    with only(fleet.process, 1):
        assert fleet.ask("/api/v1/session", "POST", {"code": code})[0] == 401
        # The token is newer than this worker's last look, which is a second away at most.
        await eventually(lambda: fleet.ask("/api/v1/walls/demo", Cookie=cookie)[0] == 200)
        assert fleet.ask("/api/v1/records", Cookie=cookie)[0] == 403
    assert code not in fleet.log.read_text()


async def test_a_worker_that_is_killed_is_named_and_another_takes_its_place(fleet: Fleet):
    with only(fleet.process, 0):
        stays = await fleet.viewer()
    before = workers(fleet.process.pid)
    os.kill(before[1], signal.SIGKILL)
    await eventually(lambda: len(set(workers(fleet.process.pid)) - set(before)) == 1)
    with urlopen(fleet.process.metrics[1], timeout=HANGS_S) as answer:
        assert b"ecgstream_viewers" in answer.read()
    await event(stays, "heartbeat")
    await stays.close()
    assert f"(process {before[1]}) died: killed by SIGKILL" in fleet.log.read_text()


async def test_a_rolling_restart_replaces_all_and_viewers_always_find_a_server(fleet: Fleet):
    before = workers(fleet.process.pid)
    async with fleet.viewer() as stays:
        fleet.process.signal(signal.SIGHUP)
        while "rolling restart done" not in fleet.log.read_text():
            # Who is taken by a worker in its last moment can come back at once.
            for _ in range(2):
                with suppress(InvalidHandshake, ConnectionClosed, ConnectionError):
                    async with fleet.viewer() as connection:
                        assert (await event(connection, "welcome"))["type"] == "welcome"
                        break
            else:
                pytest.fail("twice in a row there was no server")
        bye = await event(stays, "bye")
    assert (bye["code"], bye["retry_after_ms"] > 0) == (1001, True)
    assert not set(before) & set(workers(fleet.process.pid))


def started(*options: str, log: Path | None = None) -> ServerProcess:
    return ServerProcess((), "--workers=2", "--metrics-port=0", *options, log=log).start()


async def test_no_worker_outlives_a_supervisor_that_was_killed():
    process = started()
    pids = workers(process.pid)
    url = f"ws://127.0.0.1:{process.port}/api/v1/stream"
    async with connect(url, subprotocols=["ecgstream.v1"], close_timeout=0) as viewer:
        process.stop(signal.SIGKILL)
        began = time.monotonic()
        assert (await event(viewer, "bye"))["code"] == 1001
    await eventually(lambda: not any(map(alive, pids)))
    assert time.monotonic() - began < 10


async def test_what_a_terminal_sends_to_all_processes_is_the_supervisors_to_decide(tmp_path: Path):
    log = tmp_path / "log"
    options = ("--workers=2", "--metrics-port=0", "--drain-s=0")
    with ServerProcess((), *options, log=log, terminal=True) as process:
        os.killpg(process.pid, signal.SIGHUP)
        await eventually(lambda: "rolling restart done" in log.read_text())
        os.killpg(process.pid, signal.SIGINT)
        assert await asyncio.to_thread(process.stop, signal.SIGCONT) == 0
    assert "died" not in log.read_text()
    assert "Traceback" not in log.read_text()


def test_a_worker_that_hangs_is_killed_and_named_and_all_are_gone_in_ten_seconds(tmp_path: Path):
    process = started(log=tmp_path / "log")
    pids = workers(process.pid)
    os.kill(pids[1], signal.SIGSTOP)
    began = time.monotonic()
    assert process.stop() == 0
    assert time.monotonic() - began < 10
    assert not any(map(alive, pids))
    said = (tmp_path / "log").read_text()
    assert re.findall(r"process (\d+)\) hangs: killed", said) == [str(pids[1])]


def refused(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ecgstream", "serve", "--port=0", *options],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=HANGS_S,
    )


def test_workers_that_cannot_serve_end_it_with_code_2_and_the_reason(tmp_path: Path):
    nowhere = tmp_path / "nowhere"
    ended = refused("--workers=2", "--metrics-port=0", f"--token-file={nowhere}")
    assert ended.returncode == 2
    assert "giving up" in ended.stderr
    assert f"{nowhere}: No such file" in ended.stderr.splitlines()[-1]
    assert not ended.stdout


def test_a_metrics_port_in_use_is_named_at_once(fleet: Fleet):
    taken = fleet.process.metrics[0].split(":")[2].partition("/")[0]
    ended = refused("--workers=2", f"--metrics-port={taken}")
    assert ended.returncode == 2
    assert f"127.0.0.1:{taken}: Address already in use" in ended.stderr


def test_workers_share_a_unix_socket_that_goes_with_them(tmp_path: Path):
    path = tmp_path / "ecgstream.sock"
    left_behind = socket.socket(socket.AF_UNIX)
    left_behind.bind(str(path))
    left_behind.close()
    process = started(f"--uds={path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in client.recv(4_096)
    assert process.stop() == 0
    assert not path.exists()
