"""Viewers in step: their frames fall due in the same slots of the wheel, over and over.

Nearly every subscription that plays sends a frame each 40 slots (0.2 s), the very one that somebody
else has had made, over a line that takes all. In a lane that is a few steps for each. Whoever needs
anything else steps out, and goes by itself through the wheel until it is in step again.
"""

import math
from collections.abc import Callable
from typing import Final, Protocol

from ecgstream.viewer.counts import Counts
from ecgstream.viewer.reel import Strip
from ecgstream.viewer.wheel import SLOT_S, Wheel, failed

LANE_PERIOD_S: Final = 0.5
"""Only who is sent a frame as often goes in a lane: while one does, its line is never silent."""
LAPS: Final = 8
"""After so many frames each is asked whether it has to read ahead."""
LATE_S: Final = 0.05
"""A frame that leaves so long after it was due is counted as late."""
IN_STEP: Final = 1e-9
"""By so much of itself a period may differ from whole slots: half a minute, which is how long a
rider stays at most without stepping out for what comes next, makes 30 ns of that."""


class Rider(Protocol):
    """Who can go in a lane."""

    frames: Strip
    """Frames that are made, by their first sample."""
    next: int
    """First sample of the frame that is due next."""
    send: Callable[[bytes], None]
    lane: "Lane | None"
    """The lane it is in, set by that alone."""

    def spent(self) -> bool:
        """Say whether it has gone as far as it may before it has to read ahead."""
        ...

    def step_out(self) -> None:
        """Leave the lane, and go on by itself through the wheel."""
        ...

    def fail(self) -> None:
        """See `wheel.Failing`."""
        ...


class Lane:
    """Those who are due in one slot of each period. Itself filed in the wheel."""

    def __init__(self, lanes: "Lanes", number: int, period: int) -> None:
        """First fired in slot `number`, then every `period` slots."""
        self.slot: int | None = None
        self.number = number
        self.period = period
        self._lanes = lanes
        self._laps = 0
        self._riders: dict[Rider, None] = {}
        self._coming: list[tuple[int, Rider]] = []

    def enter(self, rider: Rider, number: int) -> bool:
        """Take in who is due next in slot `number`, or say that it is not in step."""
        if number < self.number:
            return False
        rider.lane = self
        if number == self.number:
            self._riders[rider] = None
        else:
            # In this turn the lane may be fired yet, when its frame is not due.
            self._coming.append((number, rider))
        return True

    def leave(self, rider: Rider) -> None:
        """Let go of a rider."""
        rider.lane = None
        self._riders.pop(rider, None)
        if not self._riders and all(one.lane is not self for _, one in self._coming):
            self._lanes.close(self)

    def fire(self, now: float) -> float | None:
        """Send everybody the next frame; return when to come back."""
        number = self.number
        self.number += self.period
        self._laps += 1
        coming, self._coming = self._coming, []
        for due, rider in coming:
            if rider.lane is self and due <= number:
                self._riders[rider] = None
            elif rider.lane is self:
                self._coming.append((due, rider))
        riders = list(self._riders)
        if self._laps % LAPS == 0:
            for rider in riders:
                if rider.spent():
                    rider.step_out()
        self._send(riders, number, now)
        if not self._riders and not self._coming:
            self._lanes.close(self)
            return None
        return (self.number - 0.5) * SLOT_S

    def _send(self, riders: list[Rider], number: int, now: float) -> None:
        frames = sent = 0
        for rider in riders:
            # One whose line refused a frame has stepped out, and so may another of that viewer.
            if rider.lane is not self:
                continue
            tile = rider.frames.get(rider.next)
            if tile is None or not tile.plain:
                rider.step_out()
                continue
            rider.next = tile.stop
            send, message = rider.send, tile.message
            try:
                send(message)
            except Exception:  # noqa: BLE001 - one viewer's fault must not stop the rest
                self.leave(rider)
                failed(rider)
                continue
            frames += 1
            sent += len(message)
        self._lanes.count(frames, sent, late=now - number * SLOT_S > LATE_S)

    def fail(self) -> None:
        """End all: to fire failed."""
        for rider in [*self._riders, *(rider for _, rider in self._coming)]:
            self.leave(rider)
            failed(rider)


class Lanes:
    """The lanes of one wheel."""

    def __init__(self, wheel: Wheel, counts: Counts) -> None:
        self.wheel = wheel
        self._counts = counts
        self._lanes: dict[tuple[int, int], Lane] = {}

    def enter(self, rider: Rider, due: float, period: int) -> bool:
        """Take in who is due at `due` (s) and then every `period` slots; say whether it is in."""
        number = math.ceil(due / SLOT_S)
        key = period, number % period
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(self, number, period)
            self.wheel.file(lane, (number - 0.5) * SLOT_S)
        return lane.enter(rider, number)

    def close(self, lane: Lane) -> None:
        """Forget a lane that nobody is in."""
        self.wheel.unfile(lane)
        key = lane.period, lane.number % lane.period
        if self._lanes.get(key) is lane:
            del self._lanes[key]

    def count(self, frames: int, sent_bytes: int, *, late: bool) -> None:
        """Count what was sent."""
        self._counts.frames += frames
        self._counts.sent_bytes += sent_bytes
        self._counts.late_frames += frames if late else 0


def slots_of(seconds: float) -> int:
    """Return how many slots of the wheel a period is; 0 where that is none for a lane."""
    slots = seconds / SLOT_S
    whole = round(slots)
    in_step = abs(slots - whole) < IN_STEP * whole
    return whole if in_step and seconds <= LANE_PERIOD_S else 0
