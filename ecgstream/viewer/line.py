"""What is known of the way to one viewer: what was written, and whether it is taken."""

from typing import Final

from ecgstream.viewer.outlet import Outlet

FULL_BYTES: Final = 1 << 20
"""More than this not taken by the kernel (the largest message there is): the viewer is slow,
whatever came before. A wall of 64 beds may have a fifth of it due in one moment."""
SLOW_S: Final = 0.4
"""What was handed over this long ago is not all taken: the viewer is slow."""


class Line:
    """An outlet with its history. Times in seconds of the server's clock."""

    __slots__ = ("_mark", "_mark_at", "_outlet", "_taken", "_taken_at", "_written", "last")

    def __init__(self, outlet: Outlet, now: float) -> None:
        self._outlet = outlet
        self._written = 0
        self._taken = 0
        self._taken_at = now
        self._mark = 0
        self._mark_at = now
        self.last = now
        """When something was last written."""

    def write(self, message: bytes, now: float) -> None:
        """Send one framed message."""
        self._outlet.write(message)
        self._written += len(message)
        self.last = now

    def congested(self, now: float) -> bool:
        """Say whether the viewer takes less than it is sent. Free: ask before every write."""
        left = self._outlet.pending()
        if left > FULL_BYTES:
            return True
        # Not whether something is left, which is so all the time on a line that is well used,
        # but whether what was there at the mark still is.
        if not left or self._written - left >= self._mark:
            self._mark, self._mark_at = self._written, now
            return False
        return now - self._mark_at > SLOW_S

    def waiting(self) -> int:
        """Return the bytes that are not taken yet."""
        return self._outlet.pending()

    def clear(self) -> bool:
        """Say whether everything written was taken."""
        return not self._outlet.pending()

    def stalled_s(self, now: float) -> float:
        """Return for how long the viewer has taken nothing of what waits for it."""
        left = self._outlet.pending()
        taken = self._written - left
        # It may be less than before: the socket's own pongs are among what is left, and to be
        # sent those is not to take something.
        if not left or taken > self._taken:
            self._taken_at = now
        self._taken = taken
        return now - self._taken_at

    def close(self, code: int, reason: str) -> None:
        """Close the socket."""
        self._outlet.close(code, reason)
