"""The verdict on a record: kept, or worked out while somebody waits for it."""

import asyncio
from collections.abc import Generator
from typing import Final
from weakref import WeakValueDictionary

from starlette.requests import ClientDisconnect, Request

from ecgstream.storage.derived.examining import examine
from ecgstream.storage.derived.verdict import Verdict
from ecgstream.storage.derived.verdicts import Verdicts, verdict_key
from ecgstream.storage.foreign.times.disorder import Remarks
from ecgstream.storage.pieces import PIECE_VALUES
from ecgstream.web.reading import Reading

BYTES: Final = 8
"""Of a value, as it is looked at."""


class Checks:
    """What is known of records, and how it becomes known. Belongs to one event loop."""

    def __init__(self, reading: Reading, verdicts: Verdicts) -> None:
        self._reading = reading
        self._verdicts = verdicts
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def verdict(self, request: Request, record: str, *, look: bool) -> Verdict | None:
        """Return the verdict on `record`; where none is kept, None, or look now if `look`.

        Raises RecordNotFound, SourceUnavailable, LimitReached, and ClientDisconnect as soon as
        nobody waits for it.
        """
        about, source = self._reading.source.record(record), self._reading.source
        quick = self._reading.quick
        # What two ask for at the same moment is looked for once.
        async with self._locks.setdefault(record, asyncio.Lock()):
            key = await quick.run(verdict_key, source, record)
            kept = await quick.run(self._verdicts.get, key, about, source)
            if kept is not None or not look:
                return kept
            found = await self._look(request, record)
            # What was replaced meanwhile is another record's.
            if await quick.run(verdict_key, source, record) == key:
                await quick.run(self._verdicts.keep, key, found)
            return found

    async def _look(self, request: Request, record: str) -> Verdict:
        source = self._reading.source
        values = sum(lead.length for lead in source.record(record).leads)
        with self._reading.lane(values) as lane, self._reading.holding(PIECE_VALUES * BYTES):
            times = await lane.run(lambda: list(Remarks(source).of(record)))
            steps = examine(source, record, times)
            while True:
                if await request.is_disconnected():
                    raise ClientDisconnect
                found = await lane.run(_stepped, steps)
                if found is not None:
                    return found


def _stepped(steps: Generator[None, None, Verdict]) -> Verdict | None:
    """Take a step; return the verdict where that was the last one."""
    try:
        next(steps)
    except StopIteration as done:
        verdict: Verdict = done.value
        return verdict
    return None
