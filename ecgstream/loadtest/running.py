"""The parent: starts the processes, says when it counts, watches the server, merges the results."""

import contextlib
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Final

from ecgstream.errors import CannotLoad
from ecgstream.loadtest.client import CLOSING_S
from ecgstream.loadtest.driver import MEASURE, STOP, Driver
from ecgstream.loadtest.figures import Result, Snapshot
from ecgstream.loadtest.limits import raise_descriptors
from ecgstream.loadtest.plan import Plan
from ecgstream.loadtest.watched import Usage

READY: Final = "ready"
PATIENCE_S: Final = 30.0
"""After the ramp, so long is waited for all to stream; then it is measured who does."""
SLOWEST: Final = 300.0
"""Handshakes a second that a server manages at least, where all come at once."""
TICK_S: Final = 0.25
RESULT_S: Final = 60.0
ENDS: Final = (signal.SIGINT, signal.SIGTERM)
"""What ends a test early, with the report so far."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How it goes, of all processes together. `left_s` is None until it is measured."""

    viewers: int
    streaming: int
    given_up: int
    frames: int
    p99_s: float | None
    left_s: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What all processes saw, and what the server took: before it, and while it was measured."""

    results: list[Result]
    interrupted: bool
    before: Usage | None
    first: Usage | None
    last: Usage | None


def work(plan: Plan, control: Connection) -> None:
    """Be one process of the test."""
    # These go to the parent too, which then says when to stop.
    for number in ENDS:
        signal.signal(number, signal.SIG_IGN)
    raise_descriptors(plan.viewers)
    driver = Driver(plan, control)
    control.send(READY)
    control.recv()
    result = driver.run()
    with contextlib.suppress(OSError):  # the parent was killed: nobody wants to know
        control.send(result)
    control.close()


class LoadTest:
    """One load test. `show` is told how it goes; `server` says what the server takes by now."""

    def __init__(
        self,
        plan: Plan,
        *,
        processes: int,
        duration_s: float,
        show: Callable[[Progress], None],
        server: Callable[[], Usage] | None,
    ) -> None:
        self._plan = plan
        self._processes = processes
        self._duration_s = duration_s
        self._show = show
        self._server = server
        self._snapshots: dict[Connection, Snapshot] = {}
        self._results: dict[Connection, Result] = {}
        self._controls: list[Connection] = []
        self._interrupted = False

    def run(self) -> Outcome:
        """Run it to its end, or to Ctrl+C or SIGTERM. Raises CannotLoad."""
        usual = {number: signal.signal(number, self._interrupt) for number in ENDS}
        try:
            return self._run()
        finally:
            for number, handler in usual.items():
                signal.signal(number, handler)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """Have it end early; a time limit of CI, too, is to leave a report.

        Only noted: raised in the middle of a message from a process, the rest of that would be
        taken for the next one. Who asks a second time does not want to wait for the report.
        """
        if self._interrupted:
            raise KeyboardInterrupt
        self._interrupted = True

    def _run(self) -> Outcome:
        before = self._server() if self._server is not None else None
        with self._started():
            first, last = self._measured()
        results = [self._results[control] for control in self._controls]
        return Outcome(results, self._interrupted, before, first, last if first else None)

    def _measured(self) -> tuple[Usage | None, Usage | None]:
        """Have it done; return what the server took when counting began, and at the end."""
        first = None
        self._say(READY)
        self._ramp()
        if not self._interrupted:
            first = self._usage()
            self._say(MEASURE)
            self._measure()
        last = self._usage()
        self._say(STOP)
        deadline = time.monotonic() + CLOSING_S + RESULT_S
        while len(self._results) < len(self._controls):
            if time.monotonic() > deadline:
                raise CannotLoad("a process of the load test does not end")
            self._hear()
        return first, last

    @contextlib.contextmanager
    def _started(self) -> Iterator[None]:
        spawn = multiprocessing.get_context("spawn")
        started: list[SpawnProcess] = []
        # Whoever presses Ctrl+C while Python starts in a child is not shown its traceback.
        usual = {number: signal.signal(number, signal.SIG_IGN) for number in ENDS}
        try:
            for index in range(self._processes):
                ours, theirs = spawn.Pipe()
                share = self._plan.share(index, self._processes)
                process = spawn.Process(target=work, args=(share, theirs), daemon=True)
                process.start()
                theirs.close()
                started.append(process)
                self._controls.append(ours)
        finally:
            for number, handler in usual.items():
                signal.signal(number, handler)
        try:
            for control in self._controls:
                self._receive(control)
            yield
            for process in started:
                process.join(RESULT_S)
        finally:
            for process in started:
                if process.is_alive():
                    process.kill()
            for control in self._controls:
                control.close()

    def _ramp(self) -> None:
        """Wait until all stream, or for as long as that may take."""
        ramp = self._plan.ramp or SLOWEST
        deadline = time.monotonic() + self._plan.viewers / ramp + PATIENCE_S
        while not self._interrupted and time.monotonic() < deadline:
            self._hear()
            progress = self._progress(None)
            self._show(progress)
            if progress.streaming + progress.given_up >= self._plan.viewers:
                return

    def _measure(self) -> None:
        end = time.monotonic() + self._duration_s
        while not self._interrupted and (left := end - time.monotonic()) > 0:
            self._hear(min(TICK_S, left))
            self._show(self._progress(left))

    def _say(self, word: str) -> None:
        for control in self._controls:
            with contextlib.suppress(OSError):
                control.send(word)

    def _hear(self, timeout_s: float = TICK_S) -> None:
        for control in wait([one for one in self._controls if one not in self._results], timeout_s):
            assert isinstance(control, Connection)
            self._receive(control)

    def _receive(self, control: Connection) -> None:
        try:
            said = control.recv()
        except (EOFError, OSError):
            raise CannotLoad("a process of the load test failed; see above") from None
        if isinstance(said, Snapshot):
            self._snapshots[control] = said
        elif isinstance(said, Result):
            self._results[control] = said

    def _usage(self) -> Usage | None:
        """Return what the server takes by now; None where it is gone, as after a restart."""
        with contextlib.suppress(CannotLoad):
            return self._server() if self._server is not None else None
        return None

    def _progress(self, left_s: float | None) -> Progress:
        known = self._snapshots.values()
        return Progress(
            viewers=self._plan.viewers,
            streaming=sum(one.streaming for one in known),
            given_up=sum(one.given_up for one in known),
            frames=sum(one.frames for one in known),
            p99_s=max((one.p99_s for one in known if one.p99_s is not None), default=None),
            left_s=left_s,
        )
