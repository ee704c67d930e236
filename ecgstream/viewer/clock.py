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


def measured_utc_ahead() -> float:
    """Return UTC minus the machine's monotonic time, in seconds, as it is at this moment."""
    return time.time() - time.monotonic()


class SystemClock:
    """The machine's monotonic clock; `factor` times as fast, for tests and demonstrations.

    `utc_ahead` is UTC minus monotonic time (s), measured now if it is not given. Processes that
    are given the same one, on one machine, have the very same `utc`, whenever they started.
    """

    def __init__(self, factor: float = 1.0, utc_ahead: float | None = None) -> None:
        self._factor = factor
        self._origin = time.monotonic()
        self._utc_ahead = measured_utc_ahead() if utc_ahead is None else utc_ahead

    def monotonic(self) -> float:
        """Return seconds since the machine started (times the factor since we did)."""
        return self._origin + (time.monotonic() - self._origin) * self._factor

    def utc(self) -> float:
        """Return seconds since 1970."""
        return self.monotonic() + self._utc_ahead

    def real(self, seconds: float) -> float:
        """Return `seconds` in real time."""
        return seconds / self._factor
