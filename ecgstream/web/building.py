"""Pyramids made beside everything else: one at a time, a little at a time."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Collection
from concurrent.futures import Executor
from time import monotonic
from typing import Final

from ecgstream.errors import RecordNotFound, SourceError
from ecgstream.storage.derived.cache_folder import Busy
from ecgstream.storage.derived.pyramids import Key, Pyramids
from ecgstream.web.aside import REST, gone_through

WISHES: Final = 32
"""Pyramids that may be waited for; the wish of longest ago goes."""
BUSY_S: Final = 0.25
"""How often it is asked whether another process has done its pyramid."""
RETRY_S: Final = 30.0
"""How long after a failure a pyramid is not tried again."""

_log = logging.getLogger("ecgstream.pyramid")


class Building:
    """Makes the pyramids that are wished for, the latest wish first. Belongs to one event loop."""

    def __init__(self, pyramids: Pyramids, maker: Executor, rest: float = REST) -> None:
        """`maker` is a thread for this alone."""
        self.pyramids = pyramids
        self._maker = maker
        self._rest = rest
        self._wishes: OrderedDict[Key, None] = OrderedDict()
        self._failed: dict[Key, float] = {}
        self._wished = asyncio.Event()
        self._now: Key | None = None

    def wish(self, key: Key) -> None:
        """Have a pyramid made; nothing is done where that is on its way, or failed just now."""
        failed = self._failed.get(key)
        if failed is not None and monotonic() - failed < RETRY_S:
            return
        if key == self._now or self.pyramids.hopeless(key):
            return
        self._wishes[key] = None
        self._wishes.move_to_end(key)
        if len(self._wishes) > WISHES:
            self._wishes.popitem(last=False)
        self._wished.set()

    def forget(self, records: Collection[str]) -> None:
        """Know nothing of these records any more: they were replaced, or are no more."""
        self.pyramids.forget(records)
        for key in [key for key in self._failed if key[0] in records]:
            del self._failed[key]

    async def run(self) -> None:
        """Make what is wished for, for ever."""
        while True:
            await self._wished.wait()
            if not self._wishes:
                self._wished.clear()
                continue
            self._now, _ = self._wishes.popitem()
            await self._make(self._now)
            self._now = None

    async def _make(self, key: Key) -> None:
        loop = asyncio.get_running_loop()
        began = monotonic()
        try:
            while True:
                if await loop.run_in_executor(self._maker, self.pyramids.find, key) is not None:
                    return
                try:
                    await gone_through(self.pyramids.make(key), self._maker, self._rest)
                except Busy:
                    await asyncio.sleep(BUSY_S)
                    continue
                break
        except RecordNotFound:
            self._failed[key] = monotonic()
        except SourceError as error:
            _log.warning("no pyramid of %s: %s", key[0], error)
            self._failed[key] = monotonic()
        except Exception:  # noqa: BLE001 - a mistake of ours, over one record; all else is served on
            _log.exception("no pyramid of %s", key[0])
            self._failed[key] = monotonic()
        else:
            if not self.pyramids.hopeless(key):
                took = monotonic() - began
                _log.info("made the pyramid of %s at %g Hz in %.1f s", *key, took)
