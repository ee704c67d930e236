"""Beats found beside everything else: one piece at a time, what is played first."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor
from time import monotonic
from typing import Final, TypeVar

from ecgstream.analysis.beats import edge
from ecgstream.errors import EcgstreamError, SourceError
from ecgstream.storage.derived.beat_book import BeatBook, Key
from ecgstream.web.aside import REST, gone_through

SOON: Final = 1_024
"""Pieces that may be waited for; the wish of longest ago goes, and is wished again if need be."""
WHOLE: Final = 32
"""Records that may be waited for."""
RETRY_S: Final = 30.0
"""How long after a failure a record is not tried again."""

Heard = Callable[[Key, int, int], None]
"""Told that samples [start, stop) of a record are analysed."""

T = TypeVar("T")

_log = logging.getLogger("ecgstream.beats")


class Analysing:
    """Finds the beats that are wished for. Belongs to one event loop."""

    def __init__(self, book: BeatBook, maker: Executor, rest: float = REST) -> None:
        """`maker` is a thread for this alone."""
        self.book = book
        self._maker = maker
        self._rest = rest
        self._soon: OrderedDict[tuple[Key, int], None] = OrderedDict()
        self._whole: OrderedDict[Key, Iterator[int]] = OrderedDict()
        self._failed: dict[Key, float] = {}
        self._count = 0
        self._wished = asyncio.Event()
        self._waiting: set[asyncio.Future[None]] = set()
        self._hears: list[Heard] = []

    def listen(self, hear: Heard) -> None:
        """Have `hear` called, on the event loop, for all that is found from now on."""
        self._hears.append(hear)

    def wish(self, key: Key, k: int) -> None:
        """Have a piece looked at soon, before what was wished earlier."""
        if self.hopeless(key):
            return
        self._count += 1
        self._soon[key, k] = None
        self._soon.move_to_end((key, k))
        if len(self._soon) > SOON:
            self._soon.popitem(last=False)
        self._wished.set()

    def wish_whole(self, key: Key, near: int) -> None:
        """Have a whole record looked at, from piece `near` on, when nothing is needed sooner."""
        if self.hopeless(key) or self.book.whole(key) is not None:
            return
        _, _, count = self.book.about(key)
        self._whole[key] = iter([*range(near, count), *range(near - 1, -1, -1)])
        self._whole.move_to_end(key)
        if len(self._whole) > WHOLE:
            self._whole.popitem(last=False)
        self._wished.set()

    async def load(self, key: Key) -> None:
        """Take what is kept of a record, if anything is; only once is that looked for."""
        if not self.book.looked(key):
            await self._on_thread(lambda: self.book.load(key))

    def forget(self, records: Collection[str]) -> None:
        """Know nothing of these records any more: they were replaced, or are no more."""
        self.book.forget(records)
        for key in [key for key in self._failed if key[0] in records]:
            del self._failed[key]

    def hopeless(self, key: Key) -> bool:
        """Return whether it failed just now: its files are not to be had."""
        failed = self._failed.get(key)
        return failed is not None and monotonic() - failed < RETRY_S

    async def until(self, done: Callable[[], bool], within_s: float) -> bool:
        """Wait until something is so that only what is found can change; return whether it is."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(within_s):
                while not done():
                    change: asyncio.Future[None] = loop.create_future()
                    self._waiting.add(change)
                    try:
                        await change
                    finally:
                        self._waiting.discard(change)
        except TimeoutError:
            return done()
        return True

    async def run(self) -> None:
        """Find what is wished for, for ever."""
        while True:
            await self._wished.wait()
            if self._soon:
                (key, k), _ = self._soon.popitem()
                await self._guarded(key, k)
            elif self._whole:
                key = next(reversed(self._whole))
                k = next(self._whole[key], -1)
                await self._guarded(key, k)
                if k < 0 or self.hopeless(key) or self.book.whole(key) is not None:
                    self._whole.pop(key, None)
            else:
                self._wished.clear()

    async def _guarded(self, key: Key, k: int) -> None:
        try:
            await self._piece(key, k)
        except SourceError as error:
            _log.warning("no beats of %s: %s", key[0], error)
            self._failed[key] = monotonic()
        except EcgstreamError:
            # The record, or the lead, is there no more.
            self._failed[key] = monotonic()
        except Exception:  # noqa: BLE001 - a mistake of ours, over one record; all else is served on
            _log.exception("no beats of %s", key[0])
            self._failed[key] = monotonic()
        self._tell()

    async def _piece(self, key: Key, k: int) -> None:
        """Find piece `k` and whatever it depends on; -1: what is left to be done at the end."""
        book = self.book
        if not book.looked(key) and await self._on_thread(lambda: book.load(key)):
            self._say(key, 0, book.about(key)[1])
            return
        fs, length, count = book.about(key)
        wished = self._count
        while (missing := book.missing(key, k)) is not None:
            await gone_through(book.find(key, missing), self._maker, self._rest)
            for whose, at in book.news():
                self._say(whose, edge(at, fs), min(edge(at + 1, fs), length))
            if self._count != wished and k >= 0:
                # Somebody needs something else sooner; this one goes on afterwards.
                self._soon[key, k] = None
                self._soon.move_to_end((key, k), last=False)
                return
        if book.whole(key) is not None or book.found(key) < count:
            return
        if await self._on_thread(lambda: book.complete(key)):
            _log.info("found the beats of %s", key[0])
            self._tell()

    def _say(self, key: Key, start: int, stop: int) -> None:
        for hear in self._hears:
            hear(key, start, stop)
        self._tell()

    def _tell(self) -> None:
        for change in self._waiting:
            if not change.done():
                change.set_result(None)

    async def _on_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._maker, work)
