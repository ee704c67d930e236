"""Both sides of a push bench: a server on the first core, the sink on the second."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.request import urlopen

from bench.compiled import compiled
from bench.pinned import fifo_permitted
from bench.workload import Workload

ROOT = Path(__file__).parent.parent
SERVER_CORE, CLIENT_CORE = 0, 1
SCRAPE_S = 5.0

SHORT = "BENCH_SHORT" in os.environ
"""Try a bench in less than a minute: its figures say little then."""
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "1" if SHORT else "5"))

# The measured limit is the machine's, not what an operator has set.
NO_LIMITS = {
    "max-viewers-per-address": "0",
    "handshakes-per-s": "0",
    "max-lateness-ms": "0",
}

WRONG = ("refused", "lost", "holes", "doubles", "held", "errors")
"""What the sink counts and must not see."""

Figures = dict[str, Any]


def pinned(core: int) -> list[str]:
    """Return what begins the command of a process that has `core` to itself."""
    return [sys.executable, "-m", "bench.pinned", str(core)]


def say_how() -> None:
    """Print how this machine let us measure."""
    cores = os.cpu_count() or 1
    runtime = Path("/proc/sys/kernel/sched_rt_runtime_us").read_text(encoding="ascii").strip()
    fifo = (
        f"SCHED_FIFO 1 (at most {runtime} us of a second)" if fifo_permitted() else "no SCHED_FIFO"
    )
    apart = "a core each" if cores > 1 else "ONE core for both"
    print(f"  server and client: {apart}, {fifo}; loopback; one client for all servers", flush=True)


class Server:
    """A server process that says on its standard output at which port it is."""

    def __init__(self, command: list[str], *, core: int = SERVER_CORE) -> None:
        self._command = [*pinned(core), *command]
        self.log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the server
        self.port = 0
        self.process: subprocess.Popen[str]

    def __enter__(self) -> Self:
        return self.start()

    def start(self) -> Self:
        """Start it, and return when it listens."""
        environ = {k: v for k, v in os.environ.items() if not k.startswith("ECGSTREAM_")}
        self.process = subprocess.Popen(
            [word.replace("PORT", str(self.port)) for word in self._command],
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            cwd=ROOT,
            env=environ,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"(?:listening |http://127\.0\.0\.1:)(\d+)", line):
                self.port = int(found[1])
                return self
        raise RuntimeError(f"{self._command} did not start: {self.logged()}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it: at once unless `how` says otherwise."""
        self.process.send_signal(how)
        self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    def rss(self) -> int:
        """Return its resident memory, in bytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGESIZE")

    def descriptors(self) -> int:
        """Return how many descriptors it holds."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def logged(self) -> list[str]:
        """Return the lines it has logged."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace").splitlines()

    def metrics(self, names: list[str]) -> dict[str, float]:
        """Ask the product for its metrics; return those, 0 where one is not there (yet)."""
        with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        said = dict(line.rsplit(" ", 1) for line in lines)
        return {name: float(said.get(name, 0)) for name in names}


@cache
def _options() -> list[str]:
    """Return the limits that this version of the product has, lifted."""
    command = [sys.executable, "-m", "ecgstream", "serve", "--help"]
    said = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout
    return [f"--{name}={value}" for name, value in NO_LIMITS.items() if f"--{name} " in said]


def product(load: Workload, *options: str) -> Server:
    """Return the whole product, serving the archive of `load`."""
    command = [sys.executable, "-m", "ecgstream", "serve", "--port=PORT", f"--data={load.archive}"]
    return Server([*command, *_options(), *options])


def floor(load: Workload, *, at_random: bool = False) -> Server:
    """Return the floor, sending the frames of `load`."""
    command = [compiled("floor"), str(load.frames), str(load.frame_bytes)]
    return Server([*command, str(load.frames_a_record), *(["random"] if at_random else [])])


def naive(load: Workload) -> Server:
    """Return the plain server of a task per viewer, sending the frames of `load`."""
    words = [str(load.frames), str(load.frame_bytes), str(load.frames_a_record)]
    return Server([sys.executable, "-m", "bench.naive", *words])


class Sink:
    """The client process."""

    def __init__(
        self, server: Server, messages: Path, *flags: str, core: int = CLIENT_CORE, **options: float
    ) -> None:
        command = [*pinned(core), compiled("sink"), "--port", str(server.port)]
        command += ["--messages", str(messages), "--pid", str(server.pid), *flags]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def events(self) -> Iterator[Figures]:
        """Yield what it says until it ends; `us` is the server's CPU a frame, `cpu` of its core."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            seen = json.loads(line)
            if "cpu_ns" in seen:
                seen["us"] = seen["cpu_ns"] / 1000 / max(1, seen["frames"])
                seen["cpu"] = seen["cpu_ns"] / 1e9 / max(1e-9, seen["seconds"])
            yield seen
        self.process.wait()

    def wait_for(self, event: str) -> Figures:
        """Return the next event of that name."""
        for said in self.events():
            if said["event"] == event:
                return said
        raise RuntimeError(f"the sink ended with {self.process.wait()} before {event!r}")

    def end(self) -> Figures:
        """Return its last figures."""
        return self.wait_for("end")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextlib.contextmanager
def scraped(server: Server) -> Iterator[None]:
    """Ask for the metrics all the while, three times as often as Prometheus does by default."""
    over = threading.Event()

    def scrape() -> None:
        while not over.wait(SCRAPE_S):
            with contextlib.suppress(OSError):
                server.metrics([])

    thread = threading.Thread(target=scrape, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def measured(server: Server, messages: Path, *, scrape: bool = False, **options: float) -> Figures:
    """Run one server and one sink to the end; return the sink's figures."""
    with (
        server,
        scraped(server) if scrape else contextlib.nullcontext(),
        Sink(server, messages, **options) as sink,
    ):
        return sink.end()


def whole(seen: Figures, viewers: int) -> bool:
    """Say whether all viewers had all on time: nobody refused or lost, no hole, no clock held."""
    return seen["streaming"] == viewers and not any(seen[kind] for kind in WRONG)


def in_words(name: str, seen: Figures) -> str:
    """Return one line about one run."""
    late = seen["late_ms"]
    wrong = [f"{seen[kind]} {kind}" for kind in WRONG if seen[kind]]
    client = f"client {seen['own_cpu']:.0%}"
    if seen["own_cpu"] > 0.9:
        client += " (the CLIENT is the bottleneck)"
    return (
        f"  {name:8} {seen['streaming']:6,} viewers, {seen['frames']:9,} frames in "
        f"{seen['seconds']:.1f} s, {seen['us']:6.2f} us a frame, core {seen['cpu']:.0%}, {client}; "
        f"late p50 {late['p50']:.1f} p99 {late['p99']:.1f} p99.9 {late['p99.9']:.1f} "
        f"max {late['max']:.1f} ms{''.join('; ' + word for word in wrong)}"
    )
