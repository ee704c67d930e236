"""What one subscription reads: the tiles of its leads, and the wait for them."""

import asyncio
from collections.abc import Callable
from typing import Final

from ecgstream.errors import EcgstreamError, LimitReached, SourceUnavailable, SubscriptionNotFound
from ecgstream.playback.tiling import frame_samples, frame_stop
from ecgstream.storage.blocks import RETRY_S
from ecgstream.storage.shelf import Cursor
from ecgstream.viewer.clock import Clock
from ecgstream.viewer.reel import Reel, Strip, Tile

READ_AHEAD_S: Final = 2.0
"""Wall time before a piece is needed that its read begins."""


def _unheard(*_: object) -> None:
    """Nobody listens any more."""


class Feed:
    """The reel that a subscription shows, and its cursor there.

    `ahead` in seconds of wall time; `patience_s` is how long data may be waited for. `woken` is
    called whenever something that was not there is; `hindered`, before each further attempt, with
    why the last read of what is waited for failed.
    """

    __slots__ = (
        "_ahead",
        "_ahead_s",
        "_clock",
        "_closed",
        "_cursor",
        "_frame",
        "_hindered",
        "_patience_s",
        "_retried_at",
        "_sid",
        "_speed",
        "_waiting",
        "_woken",
        "reel",
    )

    def __init__(
        self,
        sid: int,
        reel: Reel,
        clock: Clock,
        *,
        ahead: float,
        patience_s: float,
        woken: Callable[[], None],
        hindered: Callable[[EcgstreamError], None],
    ) -> None:
        self.reel = reel
        self._sid = sid
        self._clock = clock
        self._ahead_s = READ_AHEAD_S + ahead
        self._patience_s = patience_s
        self._woken = woken
        self._hindered = hindered
        self._cursor = reel.cursor(self._arrived)
        self._waiting: asyncio.Event | None = None
        self._closed = False
        self._retried_at = 0.0
        # Of `reel` at `_speed`: samples of a frame, and of what is read ahead.
        self._speed = 0.0
        self._frame = self._ahead = 0

    def tile(self, start: int, speed: float) -> Tile | None:
        """Return the tile that begins at `start`; None while its samples are read."""
        if speed != self._speed:
            self._speed = speed
            self._frame, self._ahead = self._spans(self.reel, speed)
        return self.reel.tile(self._cursor, self._sid, start, self._frame, self._ahead)

    def strip(self, speed: float) -> Strip:
        """Return the tiles that others have had made already."""
        return self.reel.strip(self._sid, frame_samples(self.reel.fs, speed))

    def sure_until(self, speed: float) -> int:
        """Return the sample before which whole frames are in memory, and enough is read ahead."""
        frame, ahead = self._spans(self.reel, speed)
        return min(self._cursor.stop - ahead, self.reel.length) - frame

    def whole_until(self, speed: float) -> int:
        """Return the sample up to which whole frames are in memory, but for the record's last."""
        frame, _ = self._spans(self.reel, speed)
        return min(self._cursor.stop, self.reel.length - 1) // frame * frame

    async def move(self, reel: Reel, at: int, speed: float) -> None:
        """Wait until the first tile of `reel` from `at` on can be sent, then show that reel.

        Beside the old place, which plays on meanwhile. Raises LimitReached, SourceUnavailable when
        patience is over, and SubscriptionNotFound where it was closed; then nothing has changed.
        """
        cursor = reel.cursor(self._arrived)
        await self._wait(cursor, reel, at, speed)
        self._cursor.release()
        self._cursor, self.reel = cursor, reel

    async def ready(self, at: int, speed: float) -> None:
        """Wait until the first tile from `at` on can be sent. Raises as `move`."""
        await self._wait(self._cursor, self.reel, at, speed)

    def show(self, reel: Reel) -> None:
        """Show another reel, of which nothing is needed yet."""
        self._cursor.release()
        self._cursor, self.reel = reel.cursor(self._arrived), reel

    def retry(self, now: float) -> None:
        """Read again what failed, once in a while."""
        if self._cursor.failed and now - self._retried_at > RETRY_S:
            self._retried_at = now
            self._hindered(self._cursor.failed)
            self._cursor.retry()

    def release(self) -> None:
        """Let go of everything that is not needed at the moment."""
        self._cursor.release()

    def close(self) -> None:
        """Let go of everything for good."""
        self._closed = True
        self._cursor.close()
        self._woken = self._hindered = _unheard
        if self._waiting is not None:
            self._waiting.set()

    def hindrance(self) -> EcgstreamError:
        """Return why what is waited for does not come."""
        return self._hindrance(self._cursor)

    def _hindrance(self, cursor: Cursor) -> EcgstreamError:
        if cursor.crowded:
            return LimitReached("the memory for decoded signals is in use by other viewers")
        waited = f"no read of its files was answered for {self._patience_s:g} s"
        return cursor.failed or SourceUnavailable(waited)

    def _spans(self, reel: Reel, speed: float) -> tuple[int, int]:
        """Return the samples of a frame, and of what is read ahead."""
        return frame_samples(reel.fs, speed), int(reel.fs * speed * self._ahead_s)

    def _arrived(self) -> None:
        """Something a cursor waited for is there."""
        if self._waiting is not None:
            self._waiting.set()
        self._woken()

    async def _wait(self, cursor: Cursor, reel: Reel, at: int, speed: float) -> None:
        # From the end a loop goes on at the start.
        place = at if at < reel.length else 0
        over = self._clock.monotonic() + self._patience_s
        self._waiting = asyncio.Event()
        try:
            frame, ahead = self._spans(reel, speed)
            cursor.admit(place, frame_stop(place, frame, reel.length))
            while reel.tile(cursor, self._sid, place, frame, ahead) is None:
                self._check_hope(cursor, over)
                try:
                    async with asyncio.timeout(self._clock.real(RETRY_S)):
                        await self._waiting.wait()
                except TimeoutError:
                    if cursor.failed and not self._closed:
                        self._hindered(cursor.failed)
                    cursor.retry()
                self._waiting.clear()
                self._check_open()
        except BaseException:
            cursor.release()
            raise
        finally:
            self._waiting = None

    def _check_hope(self, cursor: Cursor, over: float) -> None:
        """Raise where waiting is of no use any more."""
        if cursor.crowded or self._clock.monotonic() > over:
            raise self._hindrance(cursor)

    def _check_open(self) -> None:
        """Raise where it was ended while it waited: what it holds then would stay held."""
        if self._closed:
            raise SubscriptionNotFound(self._sid)
