"""Blocking reads for HTTP: on the reader threads, piece by piece, within a budget of memory."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from typing import Final, ParamSpec, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ecgstream.errors import LimitReached
from ecgstream.model.block import Column
from ecgstream.storage import pieces
from ecgstream.storage.source import SignalSource, one_version

BUDGET: Final = 256 << 20
"""Bytes that all answers under way may hold together: eight of the largest windows."""

SEND_S: Final = 15.0
"""A client that takes nothing for so long is cut off, and what it holds is free again."""

SEND_BYTES: Final = 1 << 18
"""Bytes handed to the server in one go."""

LARGE_VALUES: Final = 1 << 17
"""Values of an answer from which on it is a large one: 20 s of twelve leads are not."""

LARGE_MOST: Final = 16
"""Large answers that are being read at once; whoever comes then is told to come back."""

BREATH_S: Final = 1e-4
"""Between two pieces of a body its thread stands aside for so long. The event loop would lose the
race for the interpreter against a thread that gives it up for microseconds only, however often."""

P = ParamSpec("P")
T = TypeVar("T")


Endpoint = Callable[[Request], Awaitable[Response]]


def steady(source: SignalSource, endpoint: Endpoint) -> Endpoint:
    """Return `endpoint`, asked for a `record`, answering of one version of it or not at all.

    Raises SourceReplaced where the record is replaced while the answer is made.
    """

    async def answer(request: Request) -> Response:
        with one_version(source, request.path_params["record"]):
            return await endpoint(request)

    return answer


class Lane:
    """A way to the reader threads, where works that share a `room` wait for each other."""

    def __init__(self, readers: Executor, room: AbstractAsyncContextManager[None]) -> None:
        self._readers = readers
        self._room = room

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what blocking `work` returns on a reader thread; first come, first served."""
        loop = asyncio.get_running_loop()
        async with self._room:
            return await loop.run_in_executor(self._readers, lambda: work(*args, **kwargs))


class Reading:
    """A source, the threads that read it, and what reading may hold. Belongs to one event loop."""

    def __init__(self, source: SignalSource, readers: Executor, budget: int = BUDGET) -> None:
        self.source = source
        self._budget = budget
        self._held = 0
        self.quick = Lane(readers, nullcontext())
        # One at a time: a core is left to those who play, and a thread to small answers.
        self._slow = Lane(readers, asyncio.Semaphore(1))
        self._large = 0

    @contextmanager
    def lane(self, count: int) -> Iterator[Lane]:
        """Offer the way for an answer out of `count` values, from its reading on.

        Large answers take turns, piece by piece. Raises LimitReached where too many do.
        """
        if count < LARGE_VALUES:
            yield self.quick
            return
        if self._large >= LARGE_MOST:
            raise LimitReached("too many large answers are under way; ask again, or for less")
        self._large += 1
        try:
            yield self._slow
        finally:
            self._large -= 1

    @contextmanager
    def holding(self, nbytes: int) -> Iterator[None]:
        """Count `nbytes` as held. Raises LimitReached where that is more than the budget has."""
        if self._held + nbytes > self._budget:
            raise LimitReached("too many large answers are under way; ask again, or for less")
        self._held += nbytes
        try:
            yield
        finally:
            self._held -= nbytes

    async def each(
        self,
        lane: Lane,
        request: Request,
        span: tuple[str, Sequence[str], int, int],
        take: Callable[[list[list[Column]]], None],
    ) -> None:
        """Have `take` given the columns of each lead, one part of `span` after the other.

        `span` is record, leads, start and stop. `take` runs on the reader thread too. Raises
        ClientDisconnect as soon as nobody waits for them, and what `pieces.read` raises.
        """
        record, leads, start, stop = span
        for low, high in pieces.spans(self.source, record, leads, start, stop):
            if await request.is_disconnected():
                raise ClientDisconnect
            await lane.run(
                lambda low=low, high=high: take(  # type: ignore[misc]
                    pieces.read(self.source, record, leads, low, high)
                )
            )


class Body(Response):
    """A body made piece by piece on a reader thread, for a client that has to keep taking it."""

    def __init__(
        self,
        reading: Reading,
        lane: Lane,
        parts: Iterable[bytes | memoryview],
        nbytes: int,
        *,
        headers: dict[str, str],
        media_type: str,
        send_s: float = SEND_S,
    ) -> None:
        """`nbytes` is what `parts` holds in memory until they are sent."""
        super().__init__(headers=headers, media_type=media_type)
        del self.headers["content-length"]
        self._reading = reading
        self._lane = lane
        self._parts = iter(parts)
        self._nbytes = nbytes
        self._send_s = send_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send it. Ends without the last piece where the client is too slow."""
        with self._reading.holding(self._nbytes):
            # The first piece comes before the status, so that its failing is an error answer.
            part, last = await self._lane.run(self._next)
            if last:
                self.headers["content-length"] = str(len(part))
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if scope["method"] == "HEAD":
                part, last = b"", True
            while not last:
                try:
                    async with asyncio.timeout(self._send_s):
                        await send({"type": "http.response.body", "body": part, "more_body": True})
                except TimeoutError:
                    return
                part, last = await self._lane.run(self._next)
            await send({"type": "http.response.body", "body": part, "more_body": False})

    def _next(self) -> tuple[bytes, bool]:
        """Return the next piece, not too small to be worth a turn, and whether it is the last."""
        taken: list[bytes | memoryview] = []
        size = 0
        for part in self._parts:
            taken.append(part)
            size += len(part)
            if size >= SEND_BYTES:
                return b"".join(taken), False
            time.sleep(BREATH_S)
        return b"".join(taken), True
