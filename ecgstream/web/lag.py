"""How late the event loop comes to what is due: a small callback that asks itself."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

EVERY_S: Final = 0.1


class LoopLag:
    """Tells `observe` by how many seconds each of its own wake-ups was late.

    Not the wheel's lateness, which begins where the wheel has its turn and is silent while nobody
    watches: whatever holds up the loop (a scrape, a flood, a thread with the lock) is in this one.
    uvloop's timers are whole milliseconds: 1 ms is none.
    """

    def __init__(
        self, observe: Callable[[float], None], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._observe = observe
        self._now = now
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin, on the running loop."""
        self._due = self._now() + EVERY_S
        self._timer = asyncio.get_running_loop().call_later(EVERY_S, self._turn)

    def stop(self) -> None:
        """End."""
        if self._timer is not None:
            self._timer.cancel()

    def _turn(self) -> None:
        self._observe(max(0.0, self._now() - self._due))
        self.start()
