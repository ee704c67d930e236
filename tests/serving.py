"""Real servers for tests: in this process with a clock of its own, or a process to be stopped."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import weakref
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgpack
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect

from ecgstream.config import Settings
from ecgstream.model.block import Dtype
from ecgstream.storage.source import SignalSource
from ecgstream.viewer.clock import Clock
from ecgstream.web.app import create_app
from ecgstream.web.server import DrainingServer, server_config
from ecgstream.wire.frames import Frame, decode

HANGS_S = 60.0
"""What has not come by then never will: a test fails instead of hanging."""

ROOT = Path(__file__).parent.parent
DATA = ROOT / "data"
AS_INSTALLED = Path(__file__).parent / "as_installed"
"""What hides from a server a package that only tests bring along, and that takes it long to load."""


@dataclass(frozen=True)
class Served:
    """A server in this event loop."""

    port: int
    app: Starlette
    server: DrainingServer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def viewer(self, query: str = "", **options: Any) -> "connect":
        options.setdefault("subprotocols", ["ecgstream.v1"])
        # A test that does not read for a while must not look like a slow viewer.
        options.setdefault("max_queue", None)
        return connect(
            f"ws://127.0.0.1:{self.port}/api/v1/stream{query}", compression=None, **options
        )


usual_port = 0
"""Where a server of this process listens if it can, 0 = anywhere: a browser keeps the files of a page by address."""


def listen() -> socket.socket:
    """Return a socket on the usual port, or on a free one where that is taken."""
    listening = socket.socket()
    # What an earlier server was told lingers there for a while.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", usual_port))
    except OSError:
        listening.bind(("127.0.0.1", 0))
    return listening


@asynccontextmanager
async def serving(
    source: SignalSource,
    *,
    clock: Clock | None = None,
    settings: Settings | None = None,
    patience_s: float = 15.0,
    **options: Any,
) -> AsyncIterator[Served]:
    """Serve `source` on a free port of the running loop; `options` are uvicorn's."""
    # Not to be refused by a server that shares a busy loop with the test's own work. Beats come when
    # they are found, and a picture is measured to the pixel here: who tests them asks for them.
    settings = settings or Settings(max_lateness_ms=0, analysis=False)
    if settings.store is None:
        # Two servers at a time must not have what is written in common.
        with tempfile.TemporaryDirectory(prefix="ecgstream-store-") as folder:
            settings = settings.model_copy(update={"store": f"{folder}/store.db"})
            async with _serving(source, clock, settings, patience_s, **options) as served:
                yield served
    else:
        async with _serving(source, clock, settings, patience_s, **options) as served:
            yield served


@asynccontextmanager
async def _serving(
    source: SignalSource,
    clock: Clock | None,
    settings: Settings,
    patience_s: float,
    **options: Any,
) -> AsyncIterator[Served]:
    app = create_app(settings, source, clock=clock, patience_s=patience_s)
    listening = listen()
    config = server_config(app, log_config=None, log_level="error", **options)
    server = DrainingServer(config, app.state.registry.drain)
    # Signals are the test runner's business.
    task = asyncio.create_task(server._serve([listening]))
    while not server.started:
        assert not task.done(), task.exception()
        await asyncio.sleep(0)
    try:
        yield Served(listening.getsockname()[1], app, server)
    finally:
        server.should_exit = True
        await task
        listening.close()


def workers(supervisor: int) -> list[int]:
    """Return the processes of the workers of a supervisor."""
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    return [int(pid) for pid in children if "spawn_main" in _command(pid)]


def _command(pid: str) -> str:
    """Return how a process was called; one that ended a moment ago was called nothing."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    return ""


class Viewer:
    """A client that keeps the account: what is received tiles, or it fails the test."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.dtypes: dict[int, Dtype] = {}
        self.next: dict[int, int] = {}
        self._id = 0

    async def receive(self) -> Frame | dict[str, Any]:
        """Return the next message; frames and whole gaps are checked against the tiling."""
        raw = await self.connection.recv(decode=False)
        message = decode(raw, self.dtypes)
        if isinstance(message, Frame):
            assert message.start == self.next[message.sid], "a hole, or something sent twice"
            self.next[message.sid] = message.start + message.count
        elif message["type"] in {"subscribed", "state"}:
            self.dtypes[message["sid"]] = message["dtype"]
            self.next[message["sid"]] = message["next"]
        elif message["type"] == "gap" and message["leads"] is None:
            assert message["start"] == self.next[message["sid"]], "a hole before a gap"
            self.next[message["sid"]] = message["stop"]
        return message

    async def event(self, kind: str) -> dict[str, Any]:
        """Return the next event of that type; what comes before it is checked and passed over."""
        async with asyncio.timeout(HANGS_S):
            while True:
                message = await self.receive()
                if not isinstance(message, Frame) and message["type"] == kind:
                    return message

    async def frame(self) -> Frame:
        """Return the next frame."""
        async with asyncio.timeout(HANGS_S):
            while True:
                message = await self.receive()
                if isinstance(message, Frame):
                    return message

    async def send(self, op: str, **fields: Any) -> int:
        """Send a command; return its id."""
        self._id += 1
        await self.connection.send(msgpack.packb({"op": op, "id": self._id, **fields}))
        return self._id

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Send a command and return its answer."""
        id_ = await self.send(op, **fields)
        async with asyncio.timeout(HANGS_S):
            while True:
                message = await self.receive()
                if not isinstance(message, Frame) and message.get("id") == id_:
                    return message


@asynccontextmanager
async def viewing(served: Served, query: str = "") -> AsyncIterator[Viewer]:
    """Connect a viewer that was welcomed."""
    async with served.viewer(query) as connection:
        viewer = Viewer(connection)
        welcome = await viewer.receive()
        assert welcome["type"] == "welcome"
        yield viewer


class ServerProcess:
    """`ecgstream serve` as its users run it; can be stopped, frozen, and started on its port."""

    def __init__(
        self,
        data: Sequence[Path | str] = (DATA,),
        *options: str,
        log: Path | None = None,
        terminal: bool = False,
    ) -> None:
        """`log`: a file for what it writes to standard error; `terminal`: in a process group of
        its own, as the one in the foreground of a terminal."""
        self._log = log
        self._terminal = terminal
        self._options = [*(f"--data={folder}" for folder in data), *options]
        self._kept: str | None = None
        self.port = 0
        self.metrics: list[str] = []
        """Where each worker has its metrics, if not at the main address."""
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> Self:
        """Start, on the port it had before, and return when it listens."""
        command = [sys.executable, "-m", "ecgstream", "serve", f"--port={self.port}"]
        command += ["--max-lateness-ms=0"]
        if not any(one.startswith("--store") for one in self._options):
            # What is written outlives a restart, but is no other server's.
            if self._kept is None:
                self._kept = tempfile.mkdtemp(prefix="ecgstream-store-")
                weakref.finalize(self, shutil.rmtree, self._kept, ignore_errors=True)
            command += [f"--store={self._kept}/store.db"]
        environ = {k: v for k, v in os.environ.items() if not k.startswith("ECGSTREAM_")}
        paths = [str(AS_INSTALLED), environ.get("PYTHONPATH", "")]
        environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        with self._log.open("a") if self._log else nullcontext() as log:
            self._process = subprocess.Popen(
                [*command, *self._options],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=ROOT,
                env=environ,
                start_new_session=self._terminal,
            )
        assert self._process.stdout is not None
        self.metrics = []
        for line in self._process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+/metrics", line):
                self.metrics.append(found[0])
            elif found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                self.port = int(found[1])
            elif "Stop it" in line:
                return self
        raise AssertionError(f"the server did not start; it ended with {self._process.wait()}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it and wait for that; return its exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGCONT)
        self._process.send_signal(how)
        code = self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return code

    def signal(self, how: signal.Signals) -> None:
        """Send it a signal, such as SIGSTOP to freeze it."""
        assert self._process is not None
        self._process.send_signal(how)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()
