"""What is known of the way to one viewer: what was written, and whether it is taken."""

from typing import Final

from ecgstream.viewer.outlet import Outlet

FULL_BYTES: Final = 64 * 1024
"""More than this not taken by the kernel: the viewer is slow, whatever came before."""
SLOW_S: Final = 0.4
"""Something was left at every look for this long: the viewer is slow."""


class Line:
    """An outlet with its history. Times in seconds of the server's clock."""

    __slots__ = ("_left_since", "_outlet", "_taken", "_taken_at", "_written", "last")

    def __init__(self, outlet: Outlet, now: float) -> None:
        self._outlet = outlet
        self._written = 0
        self._taken = 0
        self._taken_at = now
        self._left_since: float | None = None
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
        if not left:
            self._left_since = None
            return False
        if left > FULL_BYTES:
            return True
        if self._left_since is None:
            self._left_since = now
        return now - self._left_since > SLOW_S

    def clear(self) -> bool:
        """Say whether everything written was taken."""
        return not self._outlet.pending()

    def stalled_s(self, now: float) -> float:
        """Return for how long the viewer has taken nothing of what waits for it."""
        left = self._outlet.pending()
        taken = self._written - left
        if not left or taken != self._taken:
            self._taken, self._taken_at = taken, now
        return now - self._taken_at

    def close(self, code: int, reason: str) -> None:
        """Close the socket."""
        self._outlet.close(code, reason)
