"""One timer wheel for all viewers: no task and no timer for each.

Whoever has something due files itself under a moment; the wheel comes to the slot of that moment,
fires all in it, and files each again where it says it is due next.
"""

import asyncio
import heapq
import logging
import math
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from ecgstream.viewer.clock import Clock

SLOT_S: Final = 0.005
"""A slot is fired at its end, so that nothing leaves early and seldom more than this late."""
LATE_SLOTS: Final = 4
"""Slots fired in one turn at most, so that catching up does not starve accepts and reads."""
EMPTY_SLOTS: Final = 1_000
"""So many emptied slots stay in order before they are cleared away."""
TIMER_S: Final = 0.0006
"""uvloop's timers are whole milliseconds: without this a wheel wakes early and spins."""

_log = logging.getLogger("ecgstream.wheel")


def _unseen(late_s: float, now: float) -> None:
    """Nobody wants to know."""


class Failing(Protocol):
    """What can be ended."""

    def fail(self) -> None:
        """End it: to serve it raised."""
        ...


class Timed(Failing, Protocol):
    """What can be filed. `slot` belongs to the wheel: where it is filed now, None = nowhere."""

    slot: int | None

    def fire(self, now: float) -> float | None:
        """Do what is due at `now` (s); return when to come back, None for not by itself."""
        ...


class Wheel:
    """The wheel of one event loop."""

    def __init__(self, clock: Clock, observe: Callable[[float, float], None] = _unseen) -> None:
        """Take the time from `clock`; tell `observe` how late (s) each slot was, and the time."""
        self._clock = clock
        self._observe = observe
        # What is filed anew leaves its old slot: a gap of hours must not hold on to all that
        # was ever due at its end.
        self._slots: dict[int, dict[Timed, None]] = {}
        self._order: list[int] = []  # a heap; slots that were emptied stay a while
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_at = math.inf
        self._loop: asyncio.AbstractEventLoop | None = None
        self.late_s = 0.0
        """How long after its end the last slot was done."""

    def start(self) -> None:
        """Turn, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._plan()

    def stop(self) -> None:
        """Stand still."""
        if self._timer is not None:
            self._timer.cancel()
        self._loop = None

    def file(self, timed: Timed, due: float) -> None:
        """Fire `timed` as soon as `due` (s) is past; where it was filed before no longer counts."""
        # The slot whose end is the first not before `due`.
        slot = math.ceil(due / SLOT_S)
        if slot != timed.slot:
            self.unfile(timed)
            timed.slot = slot
        entries = self._slots.get(slot)
        if entries is None:
            entries = self._slots[slot] = {}
            heapq.heappush(self._order, slot)
            if slot * SLOT_S < self._wakes_at:
                self._plan()
        entries[timed] = None

    def unfile(self, timed: Timed) -> None:
        """Do not fire it again."""
        if timed.slot is None:
            return
        entries = self._slots.get(timed.slot)
        if entries is not None:
            entries.pop(timed, None)
            if not entries:
                del self._slots[timed.slot]
                if len(self._order) > 2 * len(self._slots) + EMPTY_SLOTS:
                    self._order = list(self._slots)
                    heapq.heapify(self._order)
        timed.slot = None

    def behind(self) -> float:
        """Return for how long (s) the first slot that is not done has been due."""
        if not self._order:
            return 0.0
        return max(0.0, self._clock.monotonic() - self._order[0] * SLOT_S)

    @property
    def filed(self) -> int:
        """How many are filed."""
        return sum(len(entries) for entries in self._slots.values())

    def _plan(self) -> None:
        """Set the timer to the first slot."""
        if self._loop is None or not self._order:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._wakes_at = self._order[0] * SLOT_S
        wait = self._clock.real(self._wakes_at - self._clock.monotonic())
        self._timer = self._loop.call_later(max(0.0, wait) + TIMER_S, self._turn)

    def _turn(self) -> None:
        self._timer = None
        self._wakes_at = -math.inf  # whatever is filed meanwhile is planned at the end
        try:
            now = self._clock.monotonic()
            for _ in range(LATE_SLOTS):
                while self._order and self._order[0] not in self._slots:
                    heapq.heappop(self._order)
                if not self._order or self._order[0] * SLOT_S > now:
                    break
                slot = heapq.heappop(self._order)
                self._fire(self._slots.pop(slot), slot, now)
                # As late as the last of them was, not the first: a slot may hold thousands.
                now = self._clock.monotonic()
                self.late_s = now - slot * SLOT_S
                self._observe(self.late_s, now)
        finally:
            self._wakes_at = math.inf
            self._plan()

    def _fire(self, entries: Iterable[Timed], slot: int, now: float) -> None:
        """Fire who is still filed in this slot, and file each where it comes next."""
        slots, ceil = self._slots, math.ceil
        for timed in entries:
            if timed.slot != slot:
                continue
            timed.slot = None
            try:
                due = timed.fire(now)
            except Exception:  # noqa: BLE001 - one viewer's fault must not stop the wheel
                failed(timed)
                continue
            if due is not None and timed.slot is None:
                # As `file` does; here it costs no call.
                later = ceil(due / SLOT_S)
                filed = slots.get(later)
                if filed is None:
                    self.file(timed, due)
                else:
                    timed.slot = later
                    filed[timed] = None


def failed(timed: Failing) -> None:
    """Log the exception that is being handled, and end whom it befell; raise nothing."""
    _log.exception("serving %r failed; its viewer is told", timed)
    try:
        timed.fail()
    except Exception:  # noqa: BLE001 - what it befell may be broken so that it cannot be told
        _log.exception("and so did ending it")
