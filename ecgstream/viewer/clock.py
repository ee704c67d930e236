"""The server's time, handed to everything that waits."""

import time
from typing import Protocol


class Clock(Protocol):
    """Time on the wire. Wall-clock steps change nothing."""

    def monotonic(self) -> float:
        """Return seconds since some moment, never going back."""
        ...

    def utc(self) -> float:
        """Return seconds since 1970: UTC at the start, carried on by the monotonic clock."""
        ...

    def real(self, seconds: float) -> float:
        """Return how long to wait, in the event loop's seconds, for `seconds` of this clock."""
        ...


class SystemClock:
    """The machine's monotonic clock; `factor` times as fast, for tests and demonstrations."""

    def __init__(self, factor: float = 1.0) -> None:
        self._factor = factor
        self._origin = time.monotonic()
        self._utc = time.time()

    def monotonic(self) -> float:
        """Return seconds since the machine started (times the factor since we did)."""
        return self._origin + (time.monotonic() - self._origin) * self._factor

    def utc(self) -> float:
        """Return seconds since 1970."""
        return self._utc + (self.monotonic() - self._origin)

    def real(self, seconds: float) -> float:
        """Return `seconds` in real time."""
        return seconds / self._factor
