"""What one worker asks of all: a screen may be anybody's, for the kernel deals them out."""

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from ecgstream.web.orders import Identify, Said, Tell, Told

ROUND_S: Final = 1.0
"""A worker that has not answered by then is not waited for: it hangs, or goes."""
ANSWER_S: Final = 2.0
"""A supervisor that has not: it is gone, and this worker will be."""


class Fellows:
    """The other workers, for one of them. Belongs to one event loop."""

    def __init__(self, send: Callable[[Said], None]) -> None:
        """`send` reaches the supervisor; OSError where it is gone."""
        self._send = send
        self._tickets = itertools.count(1)
        self._asked: dict[int, asyncio.Future[int]] = {}

    async def identify(self, wall: str, screen: str | None) -> int:
        """Have the screens of the others show their names; return how many were told."""
        ticket = next(self._tickets)
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._asked[ticket] = answer
        try:
            self._send(Identify(ticket, wall, screen))
            async with asyncio.timeout(ANSWER_S):
                return await answer
        except (TimeoutError, OSError):
            return 0
        finally:
            del self._asked[ticket]

    def tell(self, record: str, message: bytes) -> None:
        """Have the others send an event, framed, to all who watch a record."""
        with contextlib.suppress(OSError):  # the supervisor is gone, and soon so is this worker
            self._send(Tell(record, message))

    def heard(self, told: Told) -> None:
        """Take an answer; one that is too late is nobody's."""
        answer = self._asked.get(told.ticket)
        if answer is not None and not answer.done():
            answer.set_result(told.screens)


class Asked(Protocol):
    """A worker, as far as it can be asked."""

    @property
    def ready(self) -> bool:
        """Whether it serves."""
        ...

    def tell(self, order: Said) -> None:
        """Give an order; one that is gone hears nothing."""
        ...


@dataclass(slots=True)
class _Round:
    """A question that was passed on. `waiting` are those who have not answered it."""

    asker: Asked
    ticket: int
    waiting: list[Asked]
    screens: int = 0


class Rounds:
    """In the supervisor: passes on what one worker asks, and sums up. On one event loop."""

    def __init__(self, workers: Callable[[], Iterable[Asked]]) -> None:
        self._workers = workers
        self._tickets = itertools.count(1)
        self._rounds: dict[int, _Round] = {}

    def __len__(self) -> int:
        """How many questions are open."""
        return len(self._rounds)

    def hear(self, worker: Asked, said: Said) -> None:
        """Take what `worker` asks or answers."""
        match said:
            case Identify(ticket, wall, screen):
                others = [one for one in self._workers() if one.ready and one is not worker]
                number = next(self._tickets)
                self._rounds[number] = _Round(worker, ticket, others)
                for other in others:
                    other.tell(Identify(number, wall, screen))
                if others:
                    asyncio.get_running_loop().call_later(ROUND_S, self._over, number)
                else:
                    self._over(number)
            case Tell():
                for other in self._workers():
                    if other.ready and other is not worker:
                        other.tell(said)
            case Told(ticket, screens):
                begun = self._rounds.get(ticket)
                if begun is not None and worker in begun.waiting:
                    begun.waiting.remove(worker)
                    begun.screens += screens
                    if not begun.waiting:
                        self._over(ticket)

    def _over(self, number: int) -> None:
        """Answer a question with what is known."""
        begun = self._rounds.pop(number, None)
        if begun is not None:
            begun.asker.tell(Told(begun.ticket, begun.screens))
