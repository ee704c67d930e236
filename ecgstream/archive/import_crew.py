"""The processes that read for an import: kept busy, watched, ended when a file holds them up."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self, cast

from ecgstream.archive import import_messages as messages
from ecgstream.archive.import_messages import (
    Begin,
    Done,
    Failed,
    Limits,
    Options,
    Ready,
    Step,
    Task,
)
from ecgstream.archive.import_process import ALONE, MODULE, NO_MEMORY
from ecgstream.errors import ImportFailed
from ecgstream.storage.staging import clear_stage

LOOK_S: Final = 0.1
"""How often it is seen after the clock and the memory of each process."""

WORN: Final = 0.75
"""A process that still has so much of its memory when a file is done is replaced."""

BEGIN_S: Final = 60.0
"""Until it must have begun, on a busy machine."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer about the task of that number, in the order they were given."""

    number: int
    answer: Step | Done | Failed


class Crew:
    """`workers` processes that carry out tasks below `out`. A context: it ends them.

    `held` is the descriptor by which they, too, hold the archive.
    """

    def __init__(
        self, workers: int, out: Path, options: Options, limits: Limits, held: int | None
    ) -> None:
        self._limits = limits
        self._told: queue.SimpleQueue[Told | BaseException | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._workers = [
            _Worker(Begin(str(out), f"{number}-", options, limits), held)
            for number in range(workers)
        ]
        self._threads: list[threading.Thread] = []
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended = True
        for worker in self._workers:
            worker.end()
        for thread in self._threads:
            thread.join()
        for worker in self._workers:
            worker.stop()

    def run(self, tasks: Iterator[Task], first: int = 0) -> Iterator[Told]:
        """Carry out `tasks`, numbered from `first`, and yield what becomes of them, as it comes.

        Raises ImportFailed where the processes do not even begin.
        """
        numbered = enumerate(tasks, first)
        self._threads = [
            threading.Thread(target=self._serve, args=(worker, numbered), daemon=True)
            for worker in self._workers
        ]
        for thread in self._threads:
            thread.start()
        busy, looked = len(self._threads), time.monotonic()
        while busy:
            # By the clock, not when nothing is told: many processes tell something all the time.
            if (now := time.monotonic()) - looked >= LOOK_S:
                looked = now
                for worker in self._workers:
                    worker.look()
            try:
                told = self._told.get(timeout=LOOK_S)
            except queue.Empty:
                continue
            if told is None:
                busy -= 1
            elif isinstance(told, BaseException):
                raise told
            else:
                yield told

    def _serve(self, worker: "_Worker", numbered: "enumerate[Task]") -> None:
        """Give one process tasks as long as there are any. The body of a thread."""
        try:
            while not self._ended:
                with self._lock:
                    number, task = next(numbered, (0, None))
                if task is None:
                    break
                for answer in worker.carry_out(task, self._limits.seconds_for(task.size)):
                    self._told.put(Told(number, answer))
        except BaseException as error:  # noqa: BLE001 - raised again where the import is
            self._told.put(error)
        self._told.put(None)


class _Worker:
    """One process, replaced when it is ended. Used by one thread, watched by another."""

    def __init__(self, begin: Begin, held: int | None) -> None:
        self._begin = begin
        self._held = held
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._done = 0
        # What the watcher looks at, and changes: only with the lock, or it might end the process
        # over the file that comes after the one it looked at.
        self._lock = threading.Lock()
        self._until: float | None = None
        self._allowed = 0.0
        self._ended: str | None = None
        self._too_late = False
        self._gone = False

    def carry_out(self, task: Task, seconds: float) -> Iterator[Step | Done | Failed]:
        """Yield the answers to a task; the last is Done or Failed. Raises ImportFailed."""
        used = self._process is not None and self._done > 0
        answer, innocent = yield from self._attempt(task, seconds)
        if not innocent and used and not self._too_late and not self._gone:
            # It may have been what was read before: whether a file fails hangs on that file alone.
            answer, _ = yield from self._attempt(task, seconds)
        yield answer

    def look(self) -> None:
        """End the process where its time is over or its memory too large. From another thread."""
        most = self._begin.limits.memory_mb
        with self._lock:
            process, until = self._process, self._until
            if process is None or until is None or self._ended is not None:
                return
            if time.monotonic() > until:
                self._too_late = True
                self._kill(process, f"not done after {self._allowed:g} s: ended (see --time-limit)")
            elif _resident_mb(process.pid) > most:
                self._kill(process, NO_MEMORY)

    def end(self) -> None:
        """End the process; what it does is lost. From another thread."""
        with self._lock:
            self._gone = True
            if self._process is not None:
                self._kill(self._process, "the import was ended")

    def _attempt(
        self, task: Task, seconds: float
    ) -> Generator[Step, None, tuple[Done | Failed, bool]]:
        """Yield the steps of a task; return its end, and whether the process is none the worse."""
        process = self._process or self._start()
        self._watch(seconds)
        answer: messages.Answer | None = None
        with contextlib.suppress(OSError):
            messages.send(cast("Any", process.stdin), task)
            while isinstance(answer := messages.answer(cast("Any", process.stdout)), Step):
                yield answer
        ended = self._unwatch()
        self._done += 1
        if not isinstance(answer, Done | Failed):
            death = self._death(self.stop())
            return Failed(ended or death), False
        last = isinstance(answer, Failed) and answer.last
        worn = _resident_mb(process.pid) > WORN * self._begin.limits.memory_mb
        if last or worn or ended is not None:
            self.stop()
        return answer, not last

    def _watch(self, seconds: float) -> None:
        with self._lock:
            self._ended, self._too_late = None, False
            self._allowed, self._until = seconds, time.monotonic() + seconds

    def _unwatch(self) -> str | None:
        """Return why the process was ended meanwhile; None: it was not."""
        with self._lock:
            self._until = None
            return self._ended

    def _start(self) -> "subprocess.Popen[bytes]":
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        process = subprocess.Popen(  # noqa: S603 - this interpreter, a module of ours
            [sys.executable, "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, **ALONE},
            pass_fds=() if self._held is None else (self._held,),
        )
        with self._lock:
            self._process, self._done = process, 0
        self._watch(BEGIN_S)
        answer = None
        with contextlib.suppress(OSError):
            messages.send(cast("Any", process.stdin), self._begin)
            answer = messages.answer(cast("Any", process.stdout))
        self._unwatch()
        if isinstance(answer, Ready):
            if self._gone:
                self.end()
            return process
        said = self._said()
        self.stop()
        raise ImportFailed(f"a process that reads for the import did not begin: {said}")

    def _said(self) -> str:
        """Return the last line of what the process complained of."""
        if self._errors is None:
            return ""
        self._errors.seek(0)
        lines = self._errors.read(1 << 20).decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def stop(self) -> int:
        """Have the process gone, and what it left; return its exit code."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return 0
        # It is mostly gone by itself; what has ended already keeps its exit code.
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        code = process.wait()
        if self._errors is not None:
            self._errors.close()
        clear_stage(Path(self._begin.out), self._begin.mark)
        return code

    def _kill(self, process: "subprocess.Popen[bytes]", why: str) -> None:
        """End the process; with the lock."""
        self._ended = why
        with contextlib.suppress(OSError):
            process.kill()

    def _death(self, code: int) -> str:
        """Return why a process went that nobody ended."""
        if sys.platform != "win32" and code == -signal.SIGXCPU:
            self._too_late = True
            return f"not done after {self._allowed:g} s of a processor: ended (see --time-limit)"
        if code < 0:
            return f"the process that read it was killed by signal {-code}"
        return f"the process that read it ended (exit code {code})"


def _resident_mb(pid: int) -> float:
    """Return the memory of a process in MB; 0 where this system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
