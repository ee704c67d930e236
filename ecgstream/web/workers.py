"""The supervisor of several workers: keeps them running, restarts them, sends them away.

It serves nobody itself. The listening sockets are its own and outlive every worker, so that a
viewer who comes while one is started again is taken by another, or waits in the kernel's queue.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from ecgstream.web.fellows import Rounds
from ecgstream.web.orders import Drain, Leave, Order, Said
from ecgstream.web.server import GRACE_S, LAST_S

TOTAL_S: Final = 8.0
"""From the signal until the last worker is gone."""
CLOSING_S: Final = 3.0
"""Of that, what is kept for the last worker."""
ENDING_S: Final = 1.0
"""What a worker needs to end when its sockets are closed."""
BACKOFF_S: Final = 0.5
BACKOFF_MOST_S: Final = 30.0
HEALTHY_S: Final = 60.0
"""A worker that served for so long is started again at once; the others with a growing pause."""
TRIES: Final = 3
"""Workers that never got ready, one after the other, before it is given up."""
GIVEN_UP: Final = 2
KILLED_S: Final = 2.0
"""So long a killed process is waited for: one in the middle of a read may not go at all."""

_log = logging.getLogger("ecgstream.workers")


class Worker(Protocol):
    """A worker process: `processes.WorkerProcess` says what these are."""

    number: int
    pid: int
    ready: bool
    why: str
    settled: asyncio.Event
    gone: asyncio.Event
    asks: Callable[[Said], None]

    def tell(self, order: Order) -> None: ...  # noqa: D102
    def terminate(self) -> None: ...  # noqa: D102
    def kill(self) -> None: ...  # noqa: D102


class NeverStarted:
    """A worker for which no process could be made."""

    pid = 0
    ready = False

    def __init__(self, number: int, why: str) -> None:
        self.number = number
        self.why = why
        self.asks: Callable[[Said], None] = lambda _: None
        self.settled = self.gone = asyncio.Event()
        self.gone.set()

    def tell(self, order: Order) -> None:
        """Hear nothing."""

    def terminate(self) -> None:
        """Be gone already."""

    kill = terminate


class Supervisor:
    """Keeps `count` workers, numbered from 0, each made by `start(number)`.

    `announce` is called once, when all serve for the first time. `notice_s` lies between saying
    that nobody should come any more and sending the viewers away.
    """

    def __init__(
        self,
        start: Callable[[int], Worker],
        count: int,
        announce: Callable[[], None],
        notice_s: float = 0.0,
    ) -> None:
        self._start = start
        self._count = count
        self._announce = announce
        self._announced = False
        self._notice_s = notice_s
        self._workers: dict[int, Worker] = {}
        self._rounds = Rounds(self._workers.values)
        self._replaced: set[Worker] = set()
        self._changed = asyncio.Condition()
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []
        self._over: asyncio.Future[int] | None = None

    async def run(self) -> int:
        """Run until stopped; return the exit code."""
        self._over = asyncio.get_running_loop().create_future()
        try:
            async with self._group:
                for number in range(self._count):
                    self._tasks.append(self._group.create_task(self._keep(number)))
                code = await self._over
                for task in self._tasks:
                    task.cancel()
        finally:
            await self._send_away()
        return code

    def stop(self, *, hurry: bool = False) -> None:
        """Send all away and end, in a hurry without notice; in a hurry again, by force."""
        if self._over is None:
            return
        if hurry:
            self._notice_s = 0.0
        if not self._over.done():
            self._over.set_result(0)
        elif hurry:
            for worker in self._workers.values():
                worker.kill()

    def roll(self) -> None:
        """Replace one worker after the other."""
        if not self._announced or len(self._tasks) > self._count:
            _log.warning("no rolling restart now: not all workers were ready yet, or one is going")
        elif self._over is not None and not self._over.done():
            task = self._group.create_task(self._roll())
            self._tasks.append(task)
            task.add_done_callback(self._tasks.remove)

    # Keeping them.

    async def _keep(self, number: int) -> None:
        """Keep one worker running."""
        failures = deaths = 0
        while True:
            begun = _now()
            try:
                worker = self._workers[number] = self._start(number)
            except OSError as error:  # no memory, no descriptors
                worker = self._workers[number] = NeverStarted(number, str(error))
            worker.asks = partial(self._rounds.hear, worker)
            await worker.settled.wait()
            served = worker.ready
            await self._note_change()
            if served:
                failures = 0
                await worker.gone.wait()
                if worker in self._replaced:
                    self._replaced.discard(worker)
                    continue
            else:
                failures += 1
                await worker.gone.wait()
            what = "died" if served else "did not become ready"
            _log.error("worker %d (process %d) %s: %s", number, worker.pid, what, worker.why)
            # Once they serve, one that cannot is no reason to send away the viewers of others.
            if failures >= TRIES and not (self._announced and self._serving):
                self._give_up(f"worker {number} did not become ready {TRIES} times: {worker.why}")
                return
            deaths = 0 if _now() - begun > HEALTHY_S else deaths + 1
            if deaths:
                await asyncio.sleep(min(BACKOFF_MOST_S, BACKOFF_S * 2 ** (deaths - 1)))

    async def _note_change(self) -> None:
        if not self._announced and self._serving == self._count:
            self._announced = True
            self._announce()
        async with self._changed:
            self._changed.notify_all()

    @property
    def _serving(self) -> int:
        return sum(worker.ready for worker in self._workers.values())

    def _give_up(self, why: str) -> None:
        _log.critical("%s; giving up", why)
        if self._over is not None and not self._over.done():
            self._over.set_result(GIVEN_UP)

    # Replacing them.

    async def _roll(self) -> None:
        _log.info("rolling restart of %d workers", self._count)
        for number in range(self._count):
            old = self._workers[number]
            if old.ready:
                self._replaced.add(old)
                old.tell(Drain(GRACE_S))
                await self._gone(old, LAST_S)
            if not await self._successor(number, old):
                _log.error("rolling restart stopped: worker %d is not ready again", number)
                return
        _log.info("rolling restart done")

    async def _successor(self, number: int, old: Worker) -> bool:
        """Wait for the next worker of that number; say whether it serves."""
        async with self._changed:
            await self._changed.wait_for(
                lambda: (new := self._workers[number]) is not old and new.settled.is_set()
            )
        return self._workers[number].ready

    async def _gone(self, worker: Worker, within_s: float) -> None:
        """Wait until it is gone, and see to it that it is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await worker.gone.wait()
                return
        _log.error("worker %d (process %d) hangs: killed", worker.number, worker.pid)
        worker.kill()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(KILLED_S):
                await worker.gone.wait()

    # Sending them away.

    async def _send_away(self) -> None:
        """Drain one after the other, so that not all viewers look for a place at once."""
        end = _now() + TOTAL_S
        for worker in self._workers.values():
            if worker.ready:
                worker.tell(Leave())
            else:
                worker.terminate()
        if any(worker.ready for worker in self._workers.values()):
            await asyncio.sleep(self._notice_s)
        each = max(0.0, end - _now() - CLOSING_S) / self._count
        for worker in self._workers.values():
            worker.tell(Drain(min(GRACE_S, end - _now() - ENDING_S)))
            # One that takes longer is not waited for here, but with the last.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(each):
                    await worker.gone.wait()
        async with asyncio.TaskGroup() as group:
            for worker in self._workers.values():
                group.create_task(self._gone(worker, max(0.0, end - _now())))


def _now() -> float:
    return asyncio.get_running_loop().time()


async def supervised(supervisor: Supervisor) -> int:
    """Run `supervisor`, told by signals what to do; return the exit code."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, supervisor.stop)
    loop.add_signal_handler(signal.SIGINT, partial(supervisor.stop, hurry=True))
    loop.add_signal_handler(signal.SIGHUP, supervisor.roll)
    return await supervisor.run()
