"""One record for one viewer: where it stands, what is due, what is said of it.

The wheel fires it; a session gives it commands. It owns position, speed and leads.
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ecgstream.errors import BadField, EcgstreamError, IllegalState
from ecgstream.playback.pacer import Pacer, shared_sample
from ecgstream.playback.tiling import frame_samples
from ecgstream.playback.transport import Event, State, after
from ecgstream.storage.blocks import RETRY_S
from ecgstream.viewer.feed import READ_AHEAD_S, Feed
from ecgstream.viewer.lane import LATE_S, Lane, slots_of
from ecgstream.viewer.line import Line
from ecgstream.viewer.reel import Reel, Strip, Tile
from ecgstream.viewer.surroundings import Surroundings
from ecgstream.wire import events
from ecgstream.wire.frames import HEAD_BYTES, MAX_MESSAGE

GRACE_S: Final = 0.1
"""A frame this late for its data is only late; beyond it the clock is held."""
POLL_S: Final = 0.1
"""How often a held subscription looks whether it can go on."""
ROOM_S: Final = 0.02
"""How often one looks whether there is room for its next frame."""
SHARED_READY_S: Final = 0.25
"""How long a shared subscription is not answered while its first frame is read."""
LOOK_LAPS: Final = 5
"""After so many frames one in a lane looks again for what is read ahead: a second."""
EARLY_BYTES: Final = 8 << 10
"""With more than this not taken by the kernel nothing is sent early. On a narrow line the answer to
a seek would come seconds late behind it, and of what is due nobody could tell that it is late."""
BURST: Final = 16
"""Tiles sent in one turn at most, so that `ahead` of one viewer does not delay the others."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a subscription was asked for. `ahead` in seconds of wall time."""

    loop: bool = False
    ahead: float = 0.0
    shared: bool = False


class Subscription:
    """A `sid`. Nothing is sent before `start`; afterwards only the wheel sends frames."""

    __slots__ = (
        "_after_gap",
        "_around",
        "_dropping",
        "_due",
        "_feed",
        "_frame",
        "_frames",
        "_held_since",
        "_line",
        "_on_failed",
        "_pacer",
        "_period",
        "_remarked",
        "_steady",
        "_steady_until",
        "_terms",
        "_why",
        "lane",
        "next",
        "seat",
        "shown",
        "sid",
        "slot",
        "state",
        "until",
    )

    def __init__(
        self,
        sid: int,
        reel: Reel,
        line: Line,
        terms: Terms,
        around: Surroundings,
        *,
        on_failed: Callable[["Subscription", EcgstreamError], None],
    ) -> None:
        self.sid = sid
        self.slot: int | None = None
        self.state = State.PAUSED
        self.next = 0
        self.shown: int | None = None
        """Newest sample on the viewer's screen, as last reported."""
        self._line = line
        self._terms = terms
        self._around = around
        self._on_failed = on_failed
        self._pacer = Pacer(reel.fs, 0, 0.0)
        self._frame = frame_samples(reel.fs, 1.0)
        self._feed = Feed(
            sid,
            reel,
            around.clock,
            ahead=terms.ahead,
            patience_s=around.patience_s,
            woken=self._arrived,
            hindered=self._hindered,
        )
        self._dropping = False
        self._after_gap = False
        self._why = ""
        self._held_since = 0.0
        self._remarked: dict[str, int] = {}
        # While `_pacer` is `_steady`, only frames can come before sample `_steady_until`; the next
        # is due at `_due`, and others every `_period` slots of the wheel.
        self._steady: Pacer | None = None
        self._steady_until = 0
        self._period = 0
        self._due = 0.0
        self._frames = Strip()
        # As a rider of a lane.
        self.lane: Lane | None = None
        self.seat = -1
        self.until = 0

    # What is said of it.

    @property
    def reel(self) -> Reel:
        """The leads it shows."""
        return self._feed.reel

    @property
    def speed(self) -> float:
        """Multiples of real time."""
        return self._pacer.speed

    @property
    def bytes_per_s(self) -> float:
        """Return what is sent in a second, roughly."""
        playing = self.state is State.PLAYING
        return self._pacer.rate * self._feed.reel.sample_bytes if playing else 0.0

    @property
    def held(self) -> bool:
        """Whether the clock waits, for a slow viewer or for data."""
        return self.state is State.HELD

    @property
    def slow(self) -> bool:
        """Whether its viewer takes less than it is sent: held for that, or leaving out."""
        return (self.state is State.HELD and self._why == "behind") or self._dropping

    def clock(self) -> events.Clock:
        """Return the playhead as the viewer is to see it."""
        pacer = self._pacer
        rate = pacer.rate if self.state is State.PLAYING else 0.0
        return events.Clock(pacer.anchor, pacer.anchor_time, rate)

    def subscribed(self, id_: int | None) -> events.Subscribed:
        """Return the answer to `subscribe`."""
        record = self.reel.record
        return events.Subscribed(
            id=id_,
            sid=self.sid,
            record=record.record,
            kind="stored",
            fs=self.reel.fs,
            leads=self.reel.infos,
            dtype=self.reel.dtype,
            frame=self._frame,
            next=self.next,
            length=self.reel.length,
            start_time=record.start_time,
            zone=record.zone,
            playing=self.state.playing,
            speed=self.speed,
            clock=self.clock(),
            dates_shifted=record.dates_shifted,
            version=self.reel.version,
        )

    def said(self, id_: int | None, why: str | None = None) -> events.State:
        """Return its state: the answer to a command, or said unasked with `why`."""
        return events.State(
            id=id_,
            sid=self.sid,
            why=why,
            next=self.next,
            leads=self.reel.infos,
            dtype=self.reel.dtype,
            frame=self._frame,
            speed=self.speed,
            playing=self.state.playing,
            clock=self.clock(),
        )

    # Commands. Each returns once its answer can be sent, or raises and changes nothing.

    async def start(self, at: int, *, speed: float, paused: bool) -> None:
        """Stand at sample `at`, and play from there unless `paused`."""
        _check_frame(self.reel, speed)
        playing = not paused and not self._over(at)
        if playing:
            await self._ready(at, speed)
        self.state = State.PLAYING if playing else State.PAUSED
        self._stand(at, speed)
        if self._terms.shared and self.reel.length:
            self._join_shared()

    async def _ready(self, at: int, speed: float) -> None:
        """Wait for what is to be sent first; where the clock is everybody's, not for long.

        What comes late is then sent late, and a dead disk keeps no other bed of a wall waiting.
        """
        patience = self._around.clock.real(SHARED_READY_S) if self._terms.shared else None
        try:
            async with asyncio.timeout(patience):
                await self._feed.ready(at, speed)
        except TimeoutError:
            if patience is None:
                raise

    async def play(self) -> None:
        """Let the clock run."""
        self.step_out()
        state = after(self.state, Event.PLAY)
        if self.state is State.PAUSED:
            if not self._over(self.next):
                await self._feed.ready(self.next, self.speed)
            self._anchor(self._pacer.anchor)
        self.state = state

    def pause(self) -> None:
        """Stop the clock."""
        self._refuse_shared("pause")
        anchor = self._playhead()
        self.state = after(self.state, Event.PAUSE)
        self._anchor(anchor)
        self._feed.release()

    async def seek(self, at: int) -> None:
        """Go to sample `at`."""
        self._refuse_shared("seek")
        state = State.PAUSED if self._over(at) else after(self.state, Event.SEEK)
        if state is State.PLAYING:
            await self._feed.move(self.reel, at, self.speed)
        self.state = state
        self._stand(at, self.speed)

    def change_speed(self, speed: float) -> None:
        """Play faster or slower."""
        if self._terms.shared and speed != 1.0:
            raise IllegalState("speed: a shared subscription plays at 1")
        _check_frame(self.reel, speed)
        self._anchor(self._playhead(), speed)
        self._frame = frame_samples(self.reel.fs, speed)

    async def change_leads(self, reel: Reel) -> None:
        """Show the leads of another reel of the same record and rate, from the playhead on."""
        _check_frame(reel, self.speed)
        if self.state is State.PLAYING and self._playhead() < reel.length:
            await self._feed.move(reel, self._playhead(), self.speed)
        else:
            self._feed.show(reel)
        held = self.state is State.HELD
        self._anchor(self._playhead())
        self.next = self._pacer.anchor
        self._remarked.clear()
        if held:
            self._held_since = self._around.clock.monotonic()

    def go_on(self) -> None:
        """Begin what was answered: the first frame, or the `end` of a place past the last one."""
        # Where the playhead is over, not where the tiling is: that runs ahead of it.
        if self.state is State.PAUSED and self._over(self._pacer.anchor):
            self._end(self._around.clock.monotonic())
        self.wake()

    def close(self) -> None:
        """Send nothing more and let go of everything."""
        self.step_out()
        self._around.wheel.unfile(self)
        self._feed.close()
        self.state = State.PAUSED
        self._dropping = False
        self._around.lagging.discard(self)
        self._steady = None

    def wake(self) -> None:
        """Look again as soon as possible."""
        self.step_out()
        if self.state.playing:
            self._around.wheel.file(self, self._around.clock.monotonic())

    def _arrived(self) -> None:
        """Look again: something is there now. In a lane nothing is waited for."""
        if self.lane is None:
            self.wake()

    def _hindered(self, why: EcgstreamError) -> None:
        """Say why what is waited for does not come."""
        said = events.Waiting(sid=self.sid, message=why.told)
        self._line.write(said.encode(), self._around.clock.monotonic())

    # The wheel's side.

    def fail(self) -> None:
        """End it for a fault of ours."""
        self._on_failed(self, EcgstreamError("the server failed to serve this subscription"))

    def fire(self, now: float) -> float | None:
        """Send what is due at `now`; return when to come back."""
        # All but a few of some hundred thousand frames a second go this way: nothing is asked
        # here that cannot have changed since the frame before.
        pacer = self._pacer
        start = self.next
        if pacer is self._steady and start < self._steady_until and self._due <= now:
            tile = self._frames.get(start) or self._feed.tile(start, pacer.speed)
            line = self._line
            if tile is not None and tile.plain and line.free:
                line.last = now
                put, message = line.put, tile.message
                put(message)
                self._around.lanes.count(1, len(message), late=now - self._due > LATE_S)
                self.next = stop = tile.stop
                # As `Pacer.time_of`, without the call.
                due = pacer.anchor_time + (stop - pacer.anchor) / pacer.rate - self._terms.ahead
                self._due = due
                if due > now:
                    in_lane = self._period and line.free and self._enter(due, tile)
                    return None if in_lane else due
        return self._fire(now)

    def _enter(self, due: float, tile: Tile) -> bool:
        """Go on in a lane, if that can be."""
        laps = math.ceil((self._steady_until - tile.stop) / self._frame)
        return laps > 0 and self._around.lanes.enter(self, due, self._period, tile, laps)

    def stay(self, tile: Tile) -> int:
        """Say how many frames may follow `tile` in a lane, and read ahead of them in time."""
        speed = self._pacer.speed
        # Where what comes next is still being read it may go on with what is there.
        if self._feed.tile(tile.stop, speed) is None:
            return 0
        self._steady_until = self._feed.sure_until(speed)
        laps = math.ceil((self._steady_until - tile.stop) / self._frame)
        there = (self._feed.whole_until(speed) - tile.stop) // self._frame
        return laps if laps > 0 else min(LOOK_LAPS, there)

    @property
    def offer(self) -> Callable[[bytes], int]:
        """See `Outlet.offer`."""
        return self._line.offer

    def onward(self, tile: Tile) -> Tile | None:
        """Return the plain frame after `tile`, made if need be; None where something else is."""
        after = self._feed.tile(tile.stop, self._pacer.speed)
        return after if after is not None and after.plain else None

    def refused(self, rest: bytes) -> None:
        """Keep what the system did not take of a frame; that the line is not free is told then."""
        self._line.put(rest)

    def step_out(self) -> None:
        """Go by itself again."""
        if self.lane is not None:
            self.lane.leave(self)
            self._line.attend()
            self._due = self._pacer.time_of(self.next) - self._terms.ahead
            self._around.wheel.file(self, self._due)

    def _fire(self, now: float) -> float | None:
        """Do what is due at `now`, whatever it is."""
        if self.state is State.HELD and not self._released(now):
            return now + POLL_S if self.state is State.HELD else None
        for _ in range(BURST):
            if self.state is not State.PLAYING:
                return None
            over = self.next >= self.reel.length
            later = self._at_the_end(now) if over else self._send_next(now)
            if later is not None:
                return later
        return now

    def _at_the_end(self, now: float) -> float | None:
        """End or go round when the end is due; return when that is, None if it was."""
        over = self._pacer.time_of(self.reel.length)
        if over > now + READ_AHEAD_S:
            self._feed.release()
            return over - READ_AHEAD_S
        if over > now:
            if self._terms.loop:
                # So that the seam is not a stop.
                self._feed.tile(0, self.speed)
            return over
        if self._terms.loop:
            self._go_round(now)
        else:
            self._end(now)
        return None

    def _send_next(self, now: float) -> float | None:
        """Send the next tile if it is due and can be; return when to try, None if it was sent."""
        nominal = self._pacer.time_of(self.next)
        self._due = due = nominal - self._terms.ahead
        if due > now:
            return self._early(due, now)
        if self._terms.shared and self._dropping:
            return self._drop_behind(now)
        if self._line.congested(now):
            return self._behind(now, nominal)
        if self._line.full() or (nominal > now and self._line.pending() > EARLY_BYTES):
            return now + ROOM_S
        tile = self._feed.tile(self.next, self.speed)
        if tile is None:
            return self._loading(now, nominal)
        if now - due > LATE_S:
            self._around.counts.late_frames += 1
        self._send(tile, now)
        if not tile.plain:
            self._steady = None
        elif self._steady is not self._pacer or self.next > self._steady_until:
            self._settle()
        return None

    def _settle(self) -> None:
        """Go on without asking much, up to where something else than a frame may come."""
        speed = self.speed
        self._steady = self._pacer
        self._steady_until = self._feed.sure_until(speed)
        self._frames = self._feed.strip(speed)
        self._period = slots_of(self._frame / self._pacer.rate)

    def _early(self, due: float, now: float) -> float:
        """Return when to come back for what is due later; after a gap, read it in time."""
        if self._after_gap:
            reading = due - READ_AHEAD_S
            if reading > now:
                # A gap may last for hours: nothing is held meanwhile.
                self._feed.release()
                return reading
            self._after_gap = False
            if self.next < self.reel.length:
                self._feed.tile(self.next, self.speed)
        return due

    def _send(self, tile: Tile, now: float) -> None:
        for remark in tile.remarks:
            if self._remarked.get(remark.lead, 0) < remark.stop:
                self._remarked[remark.lead] = remark.stop
                said = events.Gap(
                    sid=self.sid,
                    start=remark.start,
                    stop=remark.stop,
                    reason=remark.reason,
                    leads=[remark.lead],
                )
                self._line.write(said.encode(), now)
        self._line.write(tile.message, now)
        counts = self._around.counts
        counts.sent_bytes += len(tile.message)
        if tile.gap is None:
            counts.frames += 1
        else:
            counts.gaps[tile.gap] += 1
        self.next = tile.stop
        self._after_gap = tile.gap is not None
        if tile.broken and self.next < self.reel.length:
            # What follows may be a gap, whose end has to be looked for before it is due.
            self._feed.tile(self.next, self.speed)

    def _behind(self, now: float, nominal: float) -> float:
        """The viewer does not take what it is sent."""
        self._around.lagging.add(self)
        self._steady = None
        if self._terms.shared:
            self._dropping = nominal <= now
        elif nominal <= now:
            self._hold("behind", now)
        return now + POLL_S

    def _loading(self, now: float, nominal: float) -> float | None:
        """The data is not there yet."""
        late = now - nominal
        self._feed.retry(now)
        if self._terms.shared:
            # Everybody's clock runs on; what comes late is sent late, and nothing is lost.
            if late > self._around.patience_s:
                self._on_failed(self, self._feed.hindrance())
                return None
            return now + POLL_S
        if late < GRACE_S:
            return min(nominal + GRACE_S, now + RETRY_S)
        self._hold("loading", now)
        return now + POLL_S

    def _hold(self, why: str, now: float) -> None:
        # Where the data stops, if the playhead went a little past it: going on must not be late.
        anchor = min(self._playhead(), self.next)
        self.state = after(self.state, Event.HOLD)
        self._why, self._held_since = why, now
        self._anchor(anchor)
        self._around.counts.held[why] += 1
        self._line.write(self.said(None, why).encode(), now)

    def _released(self, now: float) -> bool:
        """Say whether what held the clock is over, and let it run."""
        if self._why == "behind":
            free = self._line.clear()
        else:
            place = min(self.next, self.reel.length - 1)
            free = self._feed.tile(place, self.speed) is not None
            if not free and now - self._held_since > self._around.patience_s:
                self._on_failed(self, self._feed.hindrance())
                return False
            if not free:
                self._feed.retry(now)
        if free:
            self.state = after(self.state, Event.RELEASE)
            self._pacer = Pacer(self.reel.fs, self._pacer.anchor, now, self.speed)
            self._line.write(self.said(None, "caught_up").encode(), now)
        return free

    def _drop_behind(self, now: float) -> float:
        """Shared: leave out what could not be sent, and say so, as soon as the line is clear."""
        if not self._line.clear():
            return now + POLL_S
        self._dropping = False
        if self._pacer.time_of(self.reel.length) <= now:
            self._skip_to(self.reel.length, now)
            self._go_round(now)
        self._skip_to(self._pacer.due(now) // self._frame * self._frame, now)
        return now

    def _skip_to(self, stop: int, now: float) -> None:
        if stop > self.next:
            gap = events.Gap(sid=self.sid, start=self.next, stop=stop, reason="slow_viewer")
            self._around.counts.gaps["slow_viewer"] += 1
            self._line.write(gap.encode(), now)
            self.next = stop

    def _go_round(self, now: float) -> None:
        """Go from the end to the start: anchored at the moment the end was due, not at `now`."""
        # Of a record shorter than the wheel's slot, or after a long stop, several ends were due:
        # all but the last are passed over.
        length = self.reel.length
        laps = max(1, self._pacer.due(now) // length)
        self._pacer = Pacer(self.reel.fs, 0, self._pacer.time_of(laps * length), self.speed)
        self.next = 0
        self._remarked.clear()
        self._line.write(self.said(None, "looped").encode(), now)

    def _end(self, now: float) -> None:
        self.state = after(self.state, Event.END)
        self._anchor(self.reel.length)
        self._feed.release()
        self._line.write(events.End(sid=self.sid, sample=self.reel.length).encode(), now)

    # Places.

    def _over(self, at: int) -> bool:
        """Say whether nothing can be played from `at` on."""
        return at >= self.reel.length and not (self._terms.loop and self.reel.length)

    def _playhead(self) -> int:
        """Return the whole sample at or before the playhead."""
        if self.state is not State.PLAYING:
            return self._pacer.anchor
        due = self._pacer.due(self._around.clock.monotonic())
        return max(0, min(due, self.reel.length))

    def _anchor(self, sample: int, speed: float | None = None) -> None:
        """Anchor the playhead anew; a shared one keeps its exact phase."""
        self.step_out()
        now = self._around.clock.monotonic()
        if self._terms.shared:
            now = min(now, self._pacer.time_of(sample))
        self._pacer = Pacer(self.reel.fs, sample, now, self.speed if speed is None else speed)

    def _stand(self, at: int, speed: float) -> None:
        """Begin a new tiling at `at`."""
        self.step_out()
        self._pacer = Pacer(self.reel.fs, at, self._around.clock.monotonic(), speed)
        self._frame = frame_samples(self.reel.fs, speed)
        self.next = at
        self._remarked.clear()

    def _join_shared(self) -> None:
        """Take the place that everybody sees now."""
        now, utc = self._around.clock.monotonic(), self._around.clock.utc()
        sample, past = shared_sample(utc, self.reel.fs, self.reel.length)
        self._pacer = Pacer(self.reel.fs, sample, now - past)
        self.next = sample

    def _refuse_shared(self, what: str) -> None:
        if self._terms.shared:
            raise IllegalState(f"{what}: not possible on a shared subscription")


def _check_frame(reel: Reel, speed: float) -> None:
    """Raise BadField where a frame would not fit into a message."""
    samples = frame_samples(reel.fs, speed) * len(reel.leads)
    size = samples * int(reel.dtype[1]) + HEAD_BYTES
    if size > MAX_MESSAGE:
        raise BadField(
            f"leads: a frame of {len(reel.leads)} leads would be {size:,} bytes, more than a "
            f"message may have ({MAX_MESSAGE:,}); subscribe to fewer leads at a time"
        )
