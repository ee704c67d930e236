"""What is known of the way to one viewer: what was written, and whether it is taken."""

from typing import Final

from ecgstream.viewer.outlet import Outlet

ROOM_BYTES: Final = 64 << 10
"""With more than this not taken by the kernel nothing is sent until less is: so much, and the one
message that went beyond it, is what the process holds for a viewer."""
SLOW_S: Final = 0.4
"""What was handed over this long ago is not all taken: the viewer is slow."""
ASK_SHARE: Final = 1 / 4
"""After this part of the patience with a viewer it is asked whether it reads: every 4 s of 15."""
DEAF_SHARE: Final = 2 / 5
"""An answer that takes longer than this part of the patience: the viewer is slow."""
TELLING_BYTES: Final = 150_000
"""Who is sent so much within the patience needs not be asked: the buffers between, of the viewer's
system and of ours, hold less, so that they fill up and tell. A single lead at 250 Hz is 600 bytes
a second, and could be swallowed for minutes."""


class Line:
    """An outlet with its history. Times in seconds of the server's clock."""

    __slots__ = (
        "_asked_at",
        "_deaf",
        "_mark",
        "_mark_at",
        "_outlet",
        "_patience_s",
        "_pongs",
        "_probed",
        "_probed_at",
        "_taken",
        "_taken_at",
        "_written",
        "last",
        "pending",
    )

    def __init__(self, outlet: Outlet, now: float, patience_s: float) -> None:
        """Begin at `now`; a viewer may take nothing for `patience_s` at most."""
        self._outlet = outlet
        self._patience_s = patience_s
        self._written = 0
        self._taken = 0
        self._taken_at = now
        self._mark = 0
        self._mark_at = now
        self._pongs = 0
        self._asked_at: float | None = None
        self._probed = 0
        self._probed_at = now
        self._deaf = False
        self.pending = outlet.pending
        """Return the bytes that are not taken yet."""
        self.last = now
        """When something was last written."""

    def write(self, message: bytes, now: float) -> None:
        """Send one framed message."""
        self._outlet.write(message)
        self._written += len(message)
        self.last = now

    def full(self) -> bool:
        """Say whether so much waits that nothing more should be written for a moment."""
        return self.pending() > ROOM_BYTES

    def congested(self, now: float) -> bool:
        """Say whether the viewer takes less than it is sent. Free: ask before every write."""
        left = self.pending()
        # Not whether something is left, which is so all the time on a line that is well used,
        # but whether what was there at the mark still is.
        if not left or self._written - left >= self._mark:
            self._mark, self._mark_at = self._written, now
            return self._deaf
        return self._deaf or now - self._mark_at > SLOW_S

    def clear(self) -> bool:
        """Say whether everything written was taken."""
        return not self.pending() and not self._deaf

    def stalled_s(self, now: float) -> float:
        """Return for how long the viewer has taken nothing of what waits for it.

        Asks it now and then, where what is sent is too little to tell. Call it about once a
        second.
        """
        left = self.pending()
        taken = self._written - left
        # It may be less than before: the socket's own pongs are among what is left, and to be
        # sent those is not to take something.
        if not left or taken > self._taken:
            self._taken_at = now
        self._taken = taken
        return max(now - self._taken_at, self._unanswered_s(now))

    def _unanswered_s(self, now: float) -> float:
        """Return for how long a ping waits for its pong, which comes after what was sent before."""
        pongs = self._outlet.pongs
        if self._asked_at is not None and pongs == self._pongs:
            # Some simple tools never answer: of them there is nothing to be learned this way.
            waited = now - self._asked_at if pongs else 0.0
            self._deaf = waited > self._patience_s * DEAF_SHARE
            return waited
        self._deaf = False
        self._asked_at = None
        self._pongs = pongs
        since = now - self._probed_at
        if since >= self._patience_s * ASK_SHARE:
            if self._written - self._probed < TELLING_BYTES * since / self._patience_s:
                self._asked_at = now
                self._outlet.ping()
            self._probed, self._probed_at = self._written, now
        return 0.0

    def close(self, code: int, reason: str) -> None:
        """Close the socket."""
        self._outlet.close(code, reason)
