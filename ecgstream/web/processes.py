"""A worker as its supervisor has it: a spawned process and the pipe to it."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from typing import Any, Final

from ecgstream.web.orders import Failed, Identify, Order, Ready, Said, Tell, Told

_IGNORED: Final = (signal.SIGINT, signal.SIGHUP)
"""What a terminal sends to all its processes; the supervisor sees to it for all."""


class WorkerProcess:
    """Worker `number`. Belongs to one event loop."""

    def __init__(self, number: int, target: Callable[..., None], *arguments: Any) -> None:
        """Start it: `target(*arguments, pipe)`."""
        self.number = number
        self.ready = False
        self.why = ""
        """How it ended, or why it could not serve."""
        self.settled = asyncio.Event()
        """Set when it is ready, or gone without having been."""
        self.gone = asyncio.Event()
        self.asks: Callable[[Said], None] = lambda _: None
        """Told what it asks of the others, and answers them."""
        # Never forked: pyarrow has threads.
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=target, args=(*arguments, theirs), name=f"worker-{number}", daemon=True
        )
        with _ignored():
            self._process.start()
        theirs.close()
        self.pid = self._process.pid or 0
        loop = asyncio.get_running_loop()
        loop.add_reader(self._pipe.fileno(), self._hear)
        loop.add_reader(self._process.sentinel, self._ended)

    def tell(self, order: Order) -> None:
        """Give an order; one that is gone hears nothing."""
        with contextlib.suppress(OSError):
            self._pipe.send(order)

    def terminate(self) -> None:
        """End it as `kill PID` does."""
        self._process.terminate()

    def kill(self) -> None:
        """End it by force."""
        self._process.kill()

    def _hear(self) -> None:
        try:
            report = self._pipe.recv()
        except (EOFError, OSError):
            asyncio.get_running_loop().remove_reader(self._pipe.fileno())
            return
        match report:
            case Ready():
                self.ready = True
                self.settled.set()
            case Failed(why):
                self.why = why
            case Identify() | Told() | Tell():
                self.asks(report)

    def _ended(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._process.sentinel)
        while self._pipe.poll() and loop.remove_reader(self._pipe.fileno()):
            self._hear()
        loop.remove_reader(self._pipe.fileno())
        self._pipe.close()
        self._process.join()
        self.ready = False
        self.why = self.why or _worded(self._process.exitcode or 0)
        self.settled.set()
        self.gone.set()


def _worded(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


@contextlib.contextmanager
def _ignored() -> Iterator[None]:
    """Start a process meanwhile: it inherits what is ignored, from its first instruction on."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _IGNORED}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
