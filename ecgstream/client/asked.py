"""Commands that wait for their answers."""

import asyncio

from ecgstream.client.errors import ClientError


class Asked:
    """The commands said on one line, by id. Each has exactly one answer, if the line holds."""

    def __init__(self) -> None:
        self._last = 0
        self._waiting: dict[int, tuple[str, asyncio.Future[bool]]] = {}

    def new_id(self) -> int:
        """Return an id that was not used before."""
        self._last += 1
        return self._last

    def ask(self, op: str) -> tuple[int, asyncio.Future[bool]]:
        """Return an id for a command, and what becomes True when it was obeyed.

        It becomes False when the line was lost before the answer, and raises a refusal. Who does
        not want to wait any longer cancels it: the answer is known for what it is all the same.
        """
        id_, answer = self.new_id(), asyncio.get_running_loop().create_future()
        self._waiting[id_] = (op, answer)
        return id_, answer

    def obeyed(self, id_: int | None) -> str | None:
        """Take an answer; return the command it is for, None where there is none."""
        op, answer = self._take(id_)
        if answer is not None:
            answer.set_result(True)
        return op

    def refused(self, id_: int, error: ClientError) -> None:
        """Take a refusal."""
        _, answer = self._take(id_)
        if answer is not None:
            answer.set_exception(error)

    def forget(self) -> None:
        """The line is lost: nothing will be answered."""
        while self._waiting:
            _, answer = self._take(next(iter(self._waiting)))
            if answer is not None:
                answer.set_result(False)

    def _take(self, id_: int | None) -> tuple[str | None, asyncio.Future[bool] | None]:
        """Return a command and, where somebody still waits, its answer."""
        if id_ is None or id_ not in self._waiting:
            return None, None
        op, answer = self._waiting.pop(id_)
        return op, None if answer.done() else answer
