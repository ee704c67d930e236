"""The loop of one process: epoll, timers, and the fast way for the frames of our own server.

Ten thousand viewers of five frames a second leave 20 us for each. So there are no message objects
and no asyncio: one buffer for all sockets, and one `unpack_from` a frame.
"""

import gc
import heapq
import itertools
import select
import socket
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from ecgstream.loadtest.account import Totals
from ecgstream.loadtest.client import CLOSING_S, STALE_S, Viewer
from ecgstream.loadtest.clocks import Clocks
from ecgstream.loadtest.figures import Figures, Outages, Own, Result, Snapshot
from ecgstream.loadtest.lateness import Times
from ecgstream.loadtest.limits import sources
from ecgstream.loadtest.line import Line
from ecgstream.loadtest.plan import Plan
from ecgstream.loadtest.verify import Seen, digest
from ecgstream.wire.frames import MAX_MESSAGE

BUFFER: Final = MAX_MESSAGE + (64 << 10)
"""Holds the largest message with what came of the next one."""
ROUND_S: Final = 1.0
"""Each viewer is looked after once in this time,"""
SLICES: Final = 20
"""some of them at a time, so that nobody's frame waits for it."""
TELL_S: Final = 0.5
OPEN_AT_ONCE: Final = 100
CLOSE_AT_ONCE: Final = 200
MEASURE, STOP = "measure", "stop"
"""What the parent says: from now on it counts; end it."""

READ: Final = select.EPOLLIN


class Driver:
    """Carries the viewers of one process. `control` is the pipe to the parent."""

    def __init__(self, plan: Plan, control: Connection) -> None:
        self.plan = plan
        self.figures = Figures()
        self.clocks = Clocks(plan.offsets)
        self.seen = Seen() if plan.verify else None
        self.stopping = False
        self._control = control
        self._epoll = select.epoll()
        self._epoll.register(control.fileno(), READ)
        self._by_fd: dict[int, Viewer] = {}
        self._viewers = [Viewer(plan.first + number, self) for number in range(plan.viewers)]
        self._outages = Outages(plan.viewers)
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._sources = sources(plan.target)
        self._buffer = bytearray(BUFFER)
        self._view = memoryview(self._buffer)
        self._random = plan.random(-1 - plan.first)
        self._now = time.monotonic()
        self._opened = 0
        self._slice = 0
        self._lags: list[float] = []
        self._lag_frames: list[int] = []
        self._lag = Times()
        self._began = time.monotonic()
        self._measured_from: tuple[float, float, float, int] | None = None
        self._own: Own | None = None

    # What viewers ask of it.

    def watch(self, line: Line, sock: socket.socket, *, writing: bool) -> None:
        """Wake the viewer when its socket can be read, or written too."""
        assert isinstance(line, Viewer)
        mask = READ | select.EPOLLOUT if writing else READ
        fd = sock.fileno()
        if fd in self._by_fd:
            self._epoll.modify(fd, mask)
        else:
            self._by_fd[fd] = line
            self._epoll.register(fd, mask)

    def unwatch(self, sock: socket.socket) -> None:
        """Forget a socket."""
        fd = sock.fileno()
        if self._by_fd.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call it after so many seconds."""
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._order), call))

    def streams(self, *, now: float, up: bool) -> None:
        """One more viewer streams, or one less."""
        if not self.stopping:
            (self._outages.up if up else self._outages.down)(now)

    def source(self, number: int) -> tuple[str, int] | None:
        """Return the address that viewer `number` connects from, where it has to be told."""
        return self._sources(number)

    # Its life.

    def run(self) -> Result:
        """Carry the viewers until the parent says stop; return what was seen."""
        # What is made from now on holds no cycles, and a collection would stop the loop.
        gc.freeze()
        gc.disable()
        self._began = time.monotonic()
        self.later(0.0, self._open)
        self.later(ROUND_S / SLICES, self._look)
        self.later(TELL_S, self._tell)
        while not self.stopping:
            self._turn()
        self._finish()
        deadline = time.monotonic() + CLOSING_S
        while self._by_fd and time.monotonic() < deadline:
            self._turn()
        return self._result()

    def _turn(self) -> None:
        """Wait for the next thing, and do all that is to be done."""
        wait = self._timers[0][0] - self._now if self._timers else ROUND_S
        events = self._epoll.poll(max(0.0, wait), len(self._by_fd) + 1)
        woken = time.monotonic()
        frames = len(self.figures.late)
        self._read(events)
        frames = len(self.figures.late) - frames
        self._now = time.monotonic()
        while self._timers and self._timers[0][0] <= self._now:
            heapq.heappop(self._timers)[2]()
            self._now = time.monotonic()
        if frames:
            self._lags.append(self._now - woken)
            self._lag_frames.append(frames)

    def _read(self, events: list[tuple[int, int]]) -> None:
        """Read what came. This is the loop that has to be fast."""
        by_fd, buffer = self._by_fd, self._buffer
        monotonic, late = time.monotonic, self.figures.late.append
        for fd, mask in events:
            viewer = by_fd.get(fd)
            if viewer is None or mask != READ or not viewer.fast or viewer.rest:
                self._slowly(viewer, fd, mask)
                continue
            try:
                size = viewer.receive(buffer)
            except OSError:
                self._slowly(viewer, fd, mask)  # which sorts out what it is
                continue
            if not size:
                viewer.cut()
                continue
            now = viewer.heard = monotonic()
            account, whole = viewer.account, viewer.whole
            at = 0
            while size - at >= whole.size:
                prefix, start, tail = whole.unpack(buffer, at)
                if prefix != whole.prefix or tail != whole.tail or start != account.next:
                    break
                account.next = start + whole.count
                account.delivered += whole.count
                late(now - viewer.base - start * viewer.per)
                if viewer.digests is not None:
                    self._digest(viewer, start, at)
                at += whole.size
            if at != size:
                self._take(viewer, at, size, now)

    def _digest(self, viewer: Viewer, start: int, at: int) -> None:
        """Note the digest of the whole frame that lies at `at` in the buffer."""
        whole = viewer.whole
        key = (start, whole.count, digest(self._view[at + whole.samples : at + whole.size]))
        if viewer.digests is not None:
            viewer.digests[key] = viewer.digests.get(key, 0) + 1

    def _take(self, viewer: Viewer, at: int, size: int, now: float) -> None:
        """Let the viewer take what lies in the buffer from `at` on; keep what it leaves."""
        at += viewer.take(self._view[at:size], now)
        viewer.rest = bytes(self._view[at:size])

    def _slowly(self, viewer: Viewer | None, fd: int, mask: int) -> None:
        """Everything that is not whole frames of a viewer who streams."""
        if viewer is None:
            if fd == self._control.fileno():
                # After all that was ready: what it does belongs to no frame.
                self.later(0.0, self._obey)
            return
        if mask & select.EPOLLOUT:
            viewer.writable()
        if not mask & ~select.EPOLLOUT or fd not in self._by_fd:
            return
        kept = len(viewer.rest)
        self._view[:kept] = viewer.rest
        try:
            size = viewer.receive(self._view[kept:])
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            viewer.cut()
            return
        now = viewer.heard = time.monotonic()
        self._take(viewer, 0, kept + size, now)

    # Timers.

    def _open(self) -> None:
        """Begin the connections that are due, and come back for the others."""
        ramp, viewers = self.plan.ramp, self.plan.viewers
        due = viewers
        if ramp:
            due = min(viewers, int((time.monotonic() - self._began) * ramp) + 1)
        for viewer in self._viewers[self._opened : min(due, self._opened + OPEN_AT_ONCE)]:
            self._opened += 1
            viewer.connect()
        if self._opened < viewers and not self.stopping:
            next_due = self._began + self._opened / ramp if ramp else 0.0
            self.later(max(0.0, next_due - time.monotonic()), self._open)

    def _look(self) -> None:
        """Look after some of the viewers, and put away what was measured."""
        now = time.monotonic()
        for viewer in self._viewers[self._slice :: SLICES]:
            viewer.look(now)
        self._slice = (self._slice + 1) % SLICES
        if not self._slice % (SLICES // 4):
            self._flush()
        self.later(ROUND_S / SLICES, self._look)

    def _flush(self) -> None:
        self.figures.flush()
        if self._measured_from is not None and self._own is None:
            self._lag.weighted(self._lags, self._lag_frames)
        self._lags.clear()
        self._lag_frames.clear()

    def _tell(self) -> None:
        """Tell the parent how it goes."""
        self._flush()
        given_up = sum(viewer.given_up for viewer in self._viewers)
        self._control.send(
            Snapshot(
                opened=self._opened,
                streaming=self._outages.streaming,
                given_up=given_up,
                frames=self.figures.frames,
                p99_s=self.figures.recent_p99,
            )
        )
        if not self.stopping:
            self.later(TELL_S, self._tell)

    def _churn(self) -> None:
        """Somebody leaves, and comes back."""
        number = self._random.randrange(len(self._viewers))
        for step in range(len(self._viewers)):
            viewer = self._viewers[(number + step) % len(self._viewers)]
            if viewer.streaming:
                viewer.leave(returns=True)
                break
        if not self.stopping:
            self.later(1 / self.plan.churn, self._churn)

    # What the parent says, and the end.

    def _obey(self) -> None:
        if not self._control.poll():
            return
        try:
            said = self._control.recv()
        except EOFError:
            said = STOP
        if said == MEASURE:
            self._flush()
            self.figures.measure()
            self._measured_from = (*_spent(), self.figures.frames)
            if self.plan.profile == "churn":
                self.later(1 / self.plan.churn, self._churn)
        else:
            self.stopping = True

    def _finish(self) -> None:
        """Take the last figures, and let everybody leave."""
        self._flush()
        wall, cpu, starved, frames = self._measured_from or (*_spent(), self.figures.frames)
        wall_now, cpu_now, starved_now = _spent()
        self._own = Own(
            wall_s=wall_now - wall,
            cpu_s=cpu_now - cpu,
            starved_s=starved_now - starved,
            frames=self.figures.frames - frames,
            lag=self._lag.encode(),
        )
        now = time.monotonic()
        # One who hears nothing of a server that hangs is not streaming, though nobody said so.
        silent = sum(viewer.streaming and now - viewer.heard > STALE_S for viewer in self._viewers)
        self._still = self._outages.streaming - silent
        for viewer in self._viewers:
            # All at one moment: while they close, nobody reads for the others.
            viewer.end(now)
        self._timers.clear()
        self.later(ROUND_S / SLICES, self._look)
        self._leaving = iter(self._viewers)
        self.later(0.0, self._leave)

    def _leave(self) -> None:
        some = list(itertools.islice(self._leaving, CLOSE_AT_ONCE))
        for viewer in some:
            viewer.leave(returns=False)
        if some:
            self.later(0.0, self._leave)

    def _result(self) -> Result:
        figures, own = self.figures, self._own
        assert own is not None
        totals = Totals()
        for viewer in self._viewers:
            totals.add(viewer.account.totals())
        return Result(
            times={name: times.encode() for name, times in figures.times.items()},
            counts=figures.counts,
            totals=totals,
            own=own,
            seen=self.seen,
            first_all_streaming_s=self._outages.first_all,
            outages=self._outages.spans,
            began_s=self._began,
            never_streamed=sum(not viewer.ever for viewer in self._viewers),
            streaming=self._still,
            unpaced=figures.unpaced,
            clock_error_s=self.clocks.error_s,
        )


def _spent() -> tuple[float, float, float]:
    """Return now, this process's CPU time, and how long it waited for a core (s)."""
    try:
        waited = int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        waited = 0.0
    return time.monotonic(), time.process_time(), waited
