"""What a server does when records are replaced, come or go: nothing of before stays.

Whatever is worked out of a record is kept under its version, so that old and new never stand for
each other. Here what is of no use any more is let go of, and who watches it is told.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ecgstream.model.figures import some
from ecgstream.storage.blocks import BlockCache
from ecgstream.storage.index.changes import Changes
from ecgstream.storage.source import SignalSource
from ecgstream.storage.written.overlays import Overlays
from ecgstream.viewer.registry import Registry
from ecgstream.web.analysing import Analysing
from ecgstream.web.building import Building
from ecgstream.web.walls import Walls

NAMED = 5
"""Records that the log names; of more it says how many."""

_log = logging.getLogger("ecgstream.archive")


@dataclass(frozen=True, slots=True)
class Renewal:
    """All that keeps something of records. Belongs to one event loop."""

    registry: Registry
    cache: BlockCache
    building: Building
    analysing: Analysing | None
    walls: Walls
    overlays: Overlays

    @contextmanager
    def listening(self, source: SignalSource) -> Iterator[None]:
        """Follow the changes of `source`, which are told on any thread."""
        loop = asyncio.get_running_loop()
        open_ = True

        def told(changes: Changes) -> None:
            if open_:
                loop.call_soon_threadsafe(self.apply, changes)

        source.listen(told)
        try:
            yield
        finally:
            open_ = False

    def apply(self, changes: Changes) -> None:
        """Let go of what is of before, and end what shows it."""
        changed, gone = frozenset(changes.changed), frozenset(changes.gone)
        others = changed | gone
        if others:
            # Who watches goes first: what it held is in use no more then.
            self.registry.renew(changed, gone)
            self.cache.forget(others)
            self.building.forget(others)
            if self.analysing is not None:
                self.analysing.forget(others)
        self.overlays.renew()
        self.walls.renew()
        for what, names in (
            ("new", changes.added),
            ("replaced", changes.changed),
            ("gone", changes.gone),
        ):
            if names:
                shown = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
                are = "is" if len(names) == 1 else "are"
                _log.info("%s %s %s: %s", some(len(names), "record"), are, what, shown)
