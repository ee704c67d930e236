"""What is known of the way to one viewer: whether what was written is taken."""

import math
from collections.abc import Callable
from typing import Final

from ecgstream.viewer.outlet import Outlet

ROOM_BYTES: Final = 64 << 10
"""With more than this not taken by the kernel nothing is sent until less is: so much, and the one
message that went beyond it, is what the process holds for a viewer."""
SLOW_S: Final = 0.4
"""What was handed over this long ago is not all taken: the viewer is slow."""
ASK_SHARE: Final = 1 / 5
"""After this part of the patience with a viewer it is asked whether it reads: every 3 s of 15."""
DEAF_SHARE: Final = 2 / 5
"""An answer that takes longer than this part of the patience: the viewer is slow."""
TELLING_BYTES: Final = 150_000
"""Who is sent so much within the patience needs not be asked: the buffer of the viewer's system
holds less, so that ours fills, and tells. A single lead at 250 Hz is 600 bytes a second, and could
be swallowed for minutes."""
BACKLOG_SHARE: Final = 2 / 15
"""What is not acknowledged after this part of the patience, 2 s of 15, is not taken: no line over
which it can be watched is so slow. Long before our system refuses anything: it takes 64 KB, which
is five seconds of twelve leads. Half of that is doubtful: looked at again after a second."""
QUIET_BYTES: Final = 1024
"""So much may be on its way to one who is sent no frames: a ping, heartbeats, answers."""


def _unheard() -> None:
    """Nobody listens any more."""


class Line:
    """An outlet with its history. Times in seconds of the server's clock.

    While it is `free` a frame goes by `put` or `offer` alone: so cheap is that for whoever takes
    all, which is nearly everybody nearly always. Everything else goes by `write`.
    """

    __slots__ = (
        "_asked_at",
        "_backlog",
        "_backlog_at",
        "_blocked",
        "_choked",
        "_clock",
        "_deaf",
        "_doubtful",
        "_mark",
        "_mark_at",
        "_open",
        "_outlet",
        "_patience_s",
        "_pongs",
        "_rate",
        "_taken",
        "_taken_at",
        "_written",
        "attend",
        "early_s",
        "free",
        "last",
        "probe_at",
        "put",
    )

    def __init__(
        self,
        outlet: Outlet,
        clock: Callable[[], float],
        patience_s: float,
        blocked: Callable[[], None] = lambda: None,
        attend: Callable[[], None] = lambda: None,
    ) -> None:
        """A viewer may take nothing for `patience_s` at most.

        `blocked` is called when the line is not `free` any more; `attend` is there for whoever
        wrote to it all the time, as a lane does, to say that this is over.
        """
        now = clock()
        self._outlet = outlet
        self._clock = clock
        self._blocked = blocked
        self.attend = attend
        self._patience_s = patience_s
        # Of what waits: bytes written since the line was clear, how many of them were taken.
        self._written = self._taken = self._mark = 0
        self._taken_at = self._mark_at = now
        self._pongs = 0
        self._asked_at: float | None = None
        self.probe_at = now + patience_s * ASK_SHARE
        """When `stalled_s` has to look again, however free the line is."""
        # What the viewer's system has not acknowledged, and since when that has not become less.
        self._backlog = 0
        self._backlog_at = now
        self._rate = math.inf  # bytes a second at the last look
        self._deaf = self._choked = self._doubtful = self._open = False
        self.early_s = 0.0
        """How early frames are sent at most: so much more may be on its way, all at once after a
        seek, over a line that is only slow."""
        self.free = False
        """All that was written is taken, as far as is known."""
        self.put: Callable[[bytes], None] = outlet.write
        self.last = now
        """When something was last written."""
        outlet.listen(self)

    def room(self, *, free: bool) -> None:
        """Take note that the kernel refused something, or took all."""
        if not free:
            # What is written at this moment is the first that waits.
            self._written = self._taken = self._mark = 0
            self._taken_at = self._mark_at = self._clock()
        self._open = free
        self._judge()

    def ended(self) -> None:
        """Write nothing any more."""
        self.put = self._outlet.write
        self._open = False
        self._judge()
        # Whoever listened refers to this line too: see PushProtocol.connection_lost.
        self._blocked = self.attend = _unheard

    def _judge(self) -> None:
        was, self.free = self.free, self._open and not (self._deaf or self._choked)
        if was and not self.free:
            self._blocked()

    @property
    def asking(self) -> bool:
        """Say whether an answer of the viewer, or an acknowledgement, is waited for."""
        return self._asked_at is not None or self._doubtful

    def write(self, message: bytes, now: float) -> None:
        """Send one framed message."""
        self.last = now
        self.put(message)
        self._written += len(message)

    @property
    def offer(self) -> Callable[[bytes], int]:
        """See `Outlet.offer`."""
        return self._outlet.offer

    def pending(self) -> int:
        """Return the bytes that are not taken yet."""
        return self._outlet.pending()

    def full(self) -> bool:
        """Say whether so much waits that nothing more should be written for a moment."""
        return not self.free and self.pending() > ROOM_BYTES

    def congested(self, now: float) -> bool:
        """Say whether the viewer takes less than it is sent. Free: ask before every write."""
        # Not whether something is left, which is so all the time on a line that is well used,
        # but whether what was there at the mark still is.
        left = 0 if self.free else self._look(now)
        waits = left > 0 and now - self._mark_at > SLOW_S
        return self._deaf or self._choked or waits

    def clear(self) -> bool:
        """Say whether everything written was taken."""
        return not self.pending() and not self._deaf and not self._choked

    def stalled_s(self, now: float, rate: Callable[[], float]) -> float:
        """Return for how long the viewer has taken nothing of what waits for it.

        Asks it now and then, where what is sent (`rate`, bytes a second) is too little to tell.
        Call it about once a second.
        """
        due = now >= self.probe_at
        if self.free and self._asked_at is None and not self._doubtful:
            if not due:
                return 0.0
            sends = rate()
            sent = sends * self._patience_s
            most = sent * BACKLOG_SHARE / 2
            if sent >= TELLING_BYTES and self._outlet.unacknowledged() <= most:
                # All is well, as nearly always with nearly everybody: no more is asked for that.
                self._rate = sends
                self.probe_at = now + self._patience_s * ASK_SHARE
                return 0.0
        self._look(now)
        if due:
            self.probe_at = now + self._patience_s * ASK_SHARE
        waited = max(now - self._taken_at, self._unanswered_s(now, rate, due=due))
        look = due or self._doubtful
        return max(waited, self._unacknowledged_s(now, rate)) if look else waited

    def _look(self, now: float) -> int:
        """Return what waits, and take note of what was taken since the last look."""
        left = self.pending()
        if not left:
            self._written = self._taken = self._mark = 0
            self._taken_at = self._mark_at = now
            return 0
        # The rest went by `put`, before the first was refused.
        self._written = max(self._written, left)
        taken = self._written - left
        # It may be less than before: the socket's own pongs are among what is left, and to be
        # sent those is not to take something.
        if taken > self._taken:
            self._taken_at = now
        self._taken = taken
        if taken >= self._mark:
            self._mark, self._mark_at = self._written, now
        return left

    def _unacknowledged_s(self, now: float, rate: Callable[[], float]) -> float:
        """Return for how long nothing was acknowledged of more than a line ever has on its way."""
        backlog = self._outlet.unacknowledged()
        # Once it is held nothing more is sent, and all has to be taken. But not at once: to who has
        # been slowed down, or paused, there is more on its way for a moment.
        was, self._rate = self._rate, rate()
        share = self._patience_s * BACKLOG_SHARE + self.early_s
        choked = backlog > max(QUIET_BYTES, was * share, self._rate * share)
        self._doubtful = backlog > max(QUIET_BYTES, self._rate * share) / 2
        if not (choked and self._choked) or backlog < self._backlog:
            self._backlog_at = now
        self._backlog = backlog
        self._choked = choked
        self._judge()
        return now - self._backlog_at

    def _unanswered_s(self, now: float, rate: Callable[[], float], *, due: bool) -> float:
        """Return for how long a ping waits for its pong, which comes after what was sent before."""
        pongs = self._outlet.pongs
        if self._asked_at is not None and pongs == self._pongs:
            # Some simple tools never answer: of them there is nothing to be learned this way.
            waited = now - self._asked_at if pongs else 0.0
            self._hear(deaf=waited > self._patience_s * DEAF_SHARE)
            return waited
        self._hear(deaf=False)
        self._asked_at = None
        self._pongs = pongs
        if due and rate() * self._patience_s < TELLING_BYTES:
            self._asked_at = now
            self._outlet.ping()
        return 0.0

    def _hear(self, *, deaf: bool) -> None:
        self._deaf = deaf
        self._judge()

    def close(self, code: int, reason: str) -> None:
        """Close the socket."""
        self._outlet.close(code, reason)
