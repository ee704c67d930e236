"""A process that reads files for an import, one after the other, with little memory and time.

A hostile file may kill it; the import then starts another one and goes on. Orders come on its
standard input, answers go to its standard output. It goes when nobody gives orders any more.
"""

import contextlib
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from ecgstream.archive import import_messages as messages
from ecgstream.archive.import_job import Job
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
from ecgstream.errors import EcgstreamError

MODULE: Final = "ecgstream.archive.import_process"

ALONE: Final = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "MALLOC_ARENA_MAX": "2",
    # Arrow's own one keeps what it once had, and reserves much more.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
"""What its environment says beside ours: several of them are the parallel part."""

CODE_MB: Final = 80
"""Of a process's memory the libraries' code, shared by all: 55 to 65 MB as measured."""

FILE_BYTES: Final = 8 << 30
"""No file of ours is larger: 400 days of twelve leads have a pyramid of 18 GB, and are refused."""

SHORT: Final = 64 << 20
"""With less than this left whatever is raised is taken to be for want of memory: C code that gets
none says all kinds of things. What was being read is still held then."""

NO_MEMORY: Final = "reading it takes more memory than an import may (see --memory-mb)"

STEP_S: Final = 0.2
"""How often it tells how far it is, at most."""


def main(given: BinaryIO, said: BinaryIO) -> int:
    """Do what is ordered on `given`, answer on `said`; return the exit code."""
    begin = messages.order(given)
    if not isinstance(begin, Begin):
        return 2
    _limit(begin.limits)
    out = Path(begin.out)
    orders: queue.SimpleQueue[Task] = queue.SimpleQueue()
    # A thread reads, so that the end of who gives orders is noticed in the middle of a file: what
    # is written after that might meet the next import.
    threading.Thread(target=_listen, args=(given, orders), daemon=True).start()
    messages.send(said, Ready())
    while True:
        task = orders.get()
        _allow(begin.limits.seconds_for(task.size))
        answer = carry_out(task, out, begin.options, begin.mark, _Teller(said).step)
        messages.send(said, answer)
        if isinstance(answer, Failed) and answer.last:
            return 0


def carry_out(
    task: Task, out: Path, options: Options, mark: str, step: Callable[[float], None]
) -> Done | Failed:
    """Import one source; every end is an answer."""
    try:
        return Job(task, out, options, mark).run(step)
    except EcgstreamError as error:
        return Failed(str(error))
    except OSError as error:
        return Failed(f"{error.filename or task.path}: {error.strerror or error}")
    except Exception as error:  # noqa: BLE001 - a bad file is not to end the import of the others
        return _unforeseen(task, error)


def _unforeseen(task: Task, error: Exception) -> Failed:
    """Return what is told of an error that no reader should raise."""
    if isinstance(error, MemoryError) or _short_of_memory():
        return Failed(NO_MEMORY, last=True)
    if isinstance(error, RecursionError):
        return Failed("it is nested too deeply to be read")
    return Failed(
        f"the reader of {task.format} failed on it ({type(error).__name__} in {_where(error)}: "
        f"{str(error)[:200]}); that is a fault of ecgstream, please report it"
    )


class _Teller:
    """Tells how far a task is, now and then."""

    def __init__(self, said: BinaryIO) -> None:
        self._said = said
        self._told = time.monotonic()

    def step(self, done: float) -> None:
        """Tell it where it was not told just now."""
        now = time.monotonic()
        if now - self._told >= STEP_S:
            self._told = now
            messages.send(self._said, Step(done))


def _where(error: BaseException) -> str:
    """Return file and line of the innermost place of ours."""
    place = "?"
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "ecgstream" in code.co_filename:
            place = f"{Path(code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _short_of_memory() -> bool:
    """Return whether the limit is near; False where this system does not tell."""
    with contextlib.suppress(ImportError, OSError, ValueError, StopIteration):
        resource: Any = __import__("resource")
        most = resource.getrlimit(resource.RLIMIT_DATA)[0]
        if most == resource.RLIM_INFINITY:
            return False
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        line = next(line for line in lines if line.startswith("VmData:"))
        return bool(most - int(line.split()[1]) * 1024 < SHORT)
    return False


def _listen(given: BinaryIO, orders: "queue.SimpleQueue[Task]") -> None:
    """Hand orders on; end this process where there will be no more."""
    try:
        for order in _tasks(given):
            orders.put(order)
    finally:
        os._exit(0)


def _tasks(given: BinaryIO) -> Iterator[Task]:
    while isinstance(order := messages.order(given), Task):
        yield order


def _limit(limits: Limits) -> None:
    """Take no more than is allowed, where the system can see to it."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        resource: Any = __import__("resource")
        # Data, not address space: libraries reserve gigabytes of that which they never touch.
        most = max(limits.memory_mb - CODE_MB, 1) << 20
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Ctrl+C goes to all processes of a terminal; the import ends them.
    with contextlib.suppress(OSError, ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _allow(seconds: float) -> None:
    """Allow so many seconds of a processor from now on: the import's own clock, should it hang."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        resource: Any = __import__("resource")
        soft = int(time.process_time() + seconds) + 2
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


if __name__ == "__main__":
    # What a library prints is no answer.
    _answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.exit(main(sys.stdin.buffer, _answers))
