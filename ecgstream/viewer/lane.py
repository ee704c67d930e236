"""Viewers in step: their frames fall due in the same slots of the wheel, over and over.

Nearly every subscription that plays sends a frame each 40 slots (0.2 s), the very one that somebody
else has had made, over a line that takes all. In a lane that is a few steps for each. Whoever needs
anything else steps out, and goes by itself through the wheel until it is in step again.
"""

import math
from collections.abc import Callable
from typing import Final, Protocol

from ecgstream.viewer.counts import Counts
from ecgstream.viewer.reel import Tile
from ecgstream.viewer.wheel import SLOT_S, Wheel, failed

LANE_PERIOD_S: Final = 0.5
"""Only who is sent a frame as often goes in a lane: while one does, its line is never silent."""
LATE_S: Final = 0.05
"""A frame that leaves so long after it was due is counted as late."""
IN_STEP: Final = 1e-9
"""By so much of itself a period may differ from whole slots: half a minute, which is how long a
rider stays at most without stepping out for what comes next, makes 30 ns of that."""


class Rider(Protocol):
    """Who can go in a lane."""

    next: int
    """First sample of the frame that is due next: right once it has left the lane."""
    lane: "Lane | None"
    seat: int
    """Its place in the lane. This and the other two are set by the lane."""
    until: int
    """The slot of the wheel before which it need not be asked whether it can stay."""

    @property
    def offer(self) -> "Offer":
        """Say how a frame is handed over: see `Outlet.offer`."""
        ...

    def stay(self, tile: Tile) -> int:
        """Say how many frames may follow `tile` before it is asked again; 0: it has to leave."""
        ...

    def onward(self, tile: Tile) -> Tile | None:
        """Return the plain frame after `tile`, have it made if need be; None where none is."""
        ...

    def refused(self, rest: bytes) -> None:
        """Write what the system has not taken of a frame."""
        ...

    def step_out(self) -> None:
        """Leave the lane, and go on by itself through the wheel."""
        ...

    def fail(self) -> None:
        """See `wheel.Failing`."""
        ...


Offer = Callable[[bytes], int]
"""See `Outlet.offer`."""


def _vacant(message: bytes) -> int:
    """Nobody sits here: see `_NONE`."""
    return len(message)


_NONE: Final = Tile(0, b"")
"""What a seat that nobody sits in was sent last: nothing comes after it."""


class Lane:
    """Those who are due in one slot of each period. Itself filed in the wheel.

    A seat is what sending needs and no more, in lists side by side: to touch the objects of ten
    thousand viewers takes longer than what is done with them, for they are in no cache.
    """

    def __init__(self, lanes: "Lanes", number: int, period: int) -> None:
        """First fired in slot `number`, then every `period` slots."""
        self.slot: int | None = None
        self.number = number
        self.period = period
        self._lanes = lanes
        self._offers: list[Offer] = []
        self._tiles: list[Tile] = []  # sent last
        self._riders: list[Rider | None] = []
        self._vacant: list[int] = []
        self._coming: dict[Rider, tuple[int, Tile]] = {}
        self._asked: dict[int, dict[Rider, None]] = {}  # by slot

    def enter(self, rider: Rider, number: int, tile: Tile, laps: int) -> bool:
        """Take in who was sent `tile` last and is due next in slot `number`.

        After `laps` it is asked whether it stays. Returns whether it is in step.
        """
        if number < self.number:
            return False
        rider.lane = self
        self._ask(rider, number + laps * self.period)
        if number == self.number:
            self._sit(rider, tile)
        else:
            # In this turn the lane may be fired yet, when its frame is not due.
            self._coming[rider] = number, tile
        return True

    def _ask(self, rider: Rider, number: int) -> None:
        rider.until = number
        self._asked.setdefault(number, {})[rider] = None

    def _forget(self, rider: Rider) -> None:
        # A piece may last for hours: nothing is to hold on to a viewer so long who is gone.
        asked = self._asked[rider.until]
        del asked[rider]
        if not asked:
            del self._asked[rider.until]

    def _sit(self, rider: Rider, tile: Tile) -> None:
        offer = rider.offer
        if self._vacant:
            seat = self._vacant.pop()
            self._offers[seat], self._tiles[seat], self._riders[seat] = offer, tile, rider
        else:
            seat = len(self._riders)
            self._offers.append(offer)
            self._tiles.append(tile)
            self._riders.append(rider)
        rider.seat = seat

    def leave(self, rider: Rider) -> None:
        """Let go of a rider."""
        rider.lane = None
        self._forget(rider)
        if self._coming.pop(rider, None) is None:
            seat = rider.seat
            rider.next = self._tiles[seat].stop
            self._offers[seat], self._tiles[seat], self._riders[seat] = _vacant, _NONE, None
            self._vacant.append(seat)
        if self._empty():
            self._lanes.close(self)

    def _empty(self) -> bool:
        return len(self._vacant) == len(self._riders) and not self._coming

    def fire(self, now: float) -> float | None:
        """Send everybody the next frame; return when to come back."""
        number = self.number
        self.number += self.period
        for rider in list(self._asked.get(number, ())):
            self._look_after(rider, number)
        for rider, (due, tile) in list(self._coming.items()):
            if due <= number:
                del self._coming[rider]
                self._sit(rider, tile)
        if len(self._vacant) > len(self._riders) // 4:
            self._close_up()
        self._send(number, now)
        if self._empty():
            self._lanes.close(self)
            return None
        return (self.number - 0.5) * SLOT_S

    def _look_after(self, rider: Rider, number: int) -> None:
        """Ask a rider whether it stays."""
        try:
            laps = rider.stay(self._tiles[rider.seat])
        except Exception:  # noqa: BLE001 - one viewer's fault must not stop the rest
            self._fail(rider)
            return
        if laps > 0:
            self._forget(rider)
            self._ask(rider, number + laps * self.period)
        else:
            rider.step_out()

    def _send(self, number: int, now: float) -> None:
        frames = sent = 0
        tiles = self._tiles
        # The copy touches all of them at once: memory has them one by one only in ten times the
        # time, and to wait for it is most of what the interpreter does here.
        for seat, (offer, last) in enumerate(zip(list(self._offers), tiles, strict=True)):
            tile = last.after
            if tile is None:
                tile = self._onward(seat)
                if tile is None:
                    continue
            # First: one whose line refuses this frame leaves meanwhile, and is not sent it again.
            tiles[seat] = tile
            message = tile.message
            try:
                taken = offer(message)
            except Exception:  # noqa: BLE001 - to write it tells whether that was more than "not now"
                taken = 0
            if taken != len(message) and not self._refused(seat, message[taken:]):
                continue
            frames += 1
            sent += len(message)
        self._lanes.count(frames, sent, late=now - number * SLOT_S > LATE_S)

    def _onward(self, seat: int) -> Tile | None:
        """Return the next frame of one for whom it is not made yet; else that one steps out."""
        rider = self._riders[seat]
        if rider is None:
            return None
        try:
            tile = rider.onward(self._tiles[seat])
        except Exception:  # noqa: BLE001 - one viewer's fault must not stop the rest
            self._fail(rider)
            return None
        if tile is None:
            rider.step_out()
        return tile

    def _refused(self, seat: int, rest: bytes) -> bool:
        """Have written what the system did not take; say whether that could be."""
        rider = self._riders[seat]
        if rider is None:
            return False
        try:
            rider.refused(rest)
        except Exception:  # noqa: BLE001 - one viewer's fault must not stop the rest
            self._fail(rider)
            return False
        return True

    def _fail(self, rider: Rider) -> None:
        """End a rider: to serve it raised."""
        if rider.lane is self:
            self.leave(rider)
        failed(rider)

    def _close_up(self) -> None:
        """Do without the seats nobody sits in."""
        taken = [seat for seat, rider in enumerate(self._riders) if rider is not None]
        self._offers = [self._offers[seat] for seat in taken]
        self._tiles = [self._tiles[seat] for seat in taken]
        self._riders = [self._riders[seat] for seat in taken]
        self._vacant = []
        for seat, rider in enumerate(self._riders):
            if rider is not None:
                rider.seat = seat

    def fail(self) -> None:
        """End all: to fire failed."""
        for rider in [*self._riders, *self._coming]:
            if rider is not None and rider.lane is self:
                self._fail(rider)


class Lanes:
    """The lanes of one wheel."""

    def __init__(self, wheel: Wheel, counts: Counts) -> None:
        self.wheel = wheel
        self._counts = counts
        self._lanes: dict[tuple[int, int], Lane] = {}

    def enter(self, rider: Rider, due: float, period: int, tile: Tile, laps: int) -> bool:
        """Take in who is due at `due` (s) and then every `period` slots; say whether it is in.

        It was sent `tile` last, and is asked after `laps` frames more whether it stays.
        """
        number = math.ceil(due / SLOT_S)
        key = period, number % period
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(self, number, period)
            self.wheel.file(lane, (number - 0.5) * SLOT_S)
        return lane.enter(rider, number, tile, laps)

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
