"""Doubles: a socket, a clock, a disk and reader threads that do as the test says."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import msgpack
import numpy as np
from hypothesis import HealthCheck, settings

from ecgstream.model.block import MISSING, Column, Dtype
from ecgstream.model.record import Lead, Record
from ecgstream.storage.blocks import BlockCache
from ecgstream.storage.memory import MemorySource
from ecgstream.viewer.reel import Reels
from ecgstream.viewer.session import Greeting, ViewerSession
from ecgstream.viewer.surroundings import Surroundings
from ecgstream.viewer.wheel import Wheel
from ecgstream.wire.frames import Frame, decode, payload_of

STEADY = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
"""How hypothesis is asked: the same examples each time, on a machine that may be busy."""

START = 1_000.0
"""Server time at the start of a test, in seconds: not 0, as no server's is."""


class LoopClock:
    """A `Clock` over the running loop's time, which in these tests is virtual."""

    def __init__(self, utc: float = 1.7e9) -> None:
        self._utc = utc

    def monotonic(self) -> float:
        return START + asyncio.get_running_loop().time()

    def utc(self) -> float:
        return self._utc + asyncio.get_running_loop().time()

    def real(self, seconds: float) -> float:
        return seconds


class HandClock:
    """A `Clock` that stands until the test moves it."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def monotonic(self) -> float:
        return self.now

    def utc(self) -> float:
        return 1.7e9 + self.now - START

    def real(self, seconds: float) -> float:
        return seconds


class FakeOutlet:
    """An `Outlet` that keeps what is written; while `stuck` it takes nothing."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.messages: list[tuple[float, bytes]] = []
        self.stuck = False
        self.part = 0
        """Bytes it takes of what is offered next, before it is `stuck`."""
        self._taken = b""
        self.swallowed = 0
        """Bytes that the kernel took and the viewer's did not."""
        self._left = 0
        self._listener: Any = None
        self.closed: tuple[int, str] | None = None
        self.broken: Exception | None = None
        self.pings = self.pongs = 0

    def write(self, message: bytes) -> None:
        if self.broken:
            raise self.broken
        if self.closed is None:
            if self._taken:
                message, self._taken = self._taken + message, b""
            self.messages.append((self._now(), message))
            if self.stuck:
                self.left += len(message)

    def offer(self, message: bytes) -> int:
        if self.part:
            taken = self.part
            self._taken, self.part = message[:taken], 0
            self.stuck = True
            return taken
        if self.stuck:
            raise BlockingIOError
        self.write(message)
        return len(message)

    def listen(self, listener: Any) -> None:
        self._listener = listener
        listener.room(free=not self._left)

    @property
    def left(self) -> int:
        return self._left

    @left.setter
    def left(self, left: int) -> None:
        free = not left
        if free != (not self._left) and self._listener:
            self._listener.room(free=free)
        self._left = left

    def pending(self) -> int:
        return self.left

    def unacknowledged(self) -> int:
        return self.swallowed

    def ping(self) -> None:
        self.pings += 1

    def close(self, code: int, reason: str) -> None:
        self.closed = self.closed or (code, reason)

    def take(self, count: int | None = None) -> None:
        """Take so many of the bytes that are left; None: all, and all that follows."""
        if count is None:
            self.stuck, count = False, self.left
        self.left = max(0, self.left - count)


class InlineReaders(Executor):
    """Reader threads without threads: each job runs at once, or when it is released."""

    def __init__(self) -> None:
        self.held = False
        self._jobs: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, fn, /, *args, **kwargs):
        future: Future[Any] = Future()
        self._jobs.append((future, lambda: fn(*args, **kwargs)))
        if not self.held:
            self.release()
        return future

    @property
    def waiting(self) -> int:
        return len(self._jobs)

    def release(self, count: int | None = None) -> None:
        """Run the first `count` jobs that wait, or all."""
        jobs, self._jobs = self._jobs[:count], self._jobs[count or len(self._jobs) :]
        for future, job in jobs:
            try:
                future.set_result(job())
            except BaseException as error:
                future.set_exception(error)


class FaultySource:
    """A `SignalSource` around another: counts what is read, and fails where the test says."""

    def __init__(self, source: MemorySource) -> None:
        self._source = source
        self.reads: list[tuple[str, tuple[str, ...], int, int]] = []
        self.faults: dict[tuple[str, int], Exception] = {}
        """(lead, sample): what reading any of the piece with that sample raises."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def read(self, record: str, leads: Sequence[str], start: int, stop: int) -> list[Column]:
        self.reads.append((record, tuple(leads), start, stop))
        for (lead, sample), fault in self.faults.items():
            if lead in leads:
                edges = self._source.edges(record, lead).tolist()
                low = max((edge for edge in edges if edge <= sample), default=0)
                high = min((edge for edge in edges if edge > sample), default=0)
                if low < stop and start < high:
                    raise fault
        return self._source.read(record, leads, start, stop)


def lead(
    name: str = "II",
    length: int = 3_600,
    dtypes: tuple[Dtype, ...] = ("i2", "i4", "f4", "f8"),
    *,
    fs: float = 360.0,
    kind: str = "ecg",
) -> Lead:
    return Lead(name, "mV", 200.0, 1024.0, kind, fs, length, dtypes)


def record(
    name: str,
    *leads: Lead,
    start_time: float | None = None,
) -> Record:
    return Record(name, "p", leads, start_time, None, None, None)


def ramp(length: int, dtype: str = "<i2", *, gaps: Sequence[tuple[int, int]] = ()) -> Any:
    """Samples that say where they are, missing in `gaps`."""
    samples = (np.arange(length) % 30_000).astype(dtype)
    missing = MISSING[{"<i2": "i2", "<i4": "i4", "<f4": "f4", "<f8": "f8"}[dtype]]  # type: ignore[index]
    for start, stop in gaps:
        samples[start:stop] = missing
    return samples


def one_lead(
    name: str = "r",
    length: int = 3_600,
    *,
    fs: float = 360.0,
    piece: int = 3_600,
    gaps: Sequence[tuple[int, int]] = (),
) -> MemorySource:
    """A source of one record of one lead, a ramp."""
    source = MemorySource(piece)
    source.add(record(name, lead("II", length, fs=fs)), {"II": ramp(length, gaps=gaps)})
    return source


@dataclass
class Seen:
    """A message as the viewer has it: `at` is when it was written, `raw` the framed bytes."""

    at: float
    raw: bytes
    said: Frame | dict[str, Any]

    @property
    def kind(self) -> str:
        return "frame" if isinstance(self.said, Frame) else self.said["type"]

    def __getitem__(self, name: str) -> Any:
        return getattr(self.said, name) if isinstance(self.said, Frame) else self.said[name]


@dataclass
class Account:
    """What a viewer knows of one `sid`."""

    length: int
    next: int
    dtype: Dtype
    frame: int
    cell: int
    clock: dict[str, Any]
    leads: list[str]
    first: int = 0
    """Where the tiling began last: only there may a frame begin off the grid."""
    ended: bool = False
    after_gap: bool = False
    gap_comes: bool = False
    samples: dict[str, dict[int, Any]] = field(default_factory=dict)
    """{lead: {start: values}} of this tiling."""

    def due(self, sample: int) -> float:
        """Return when `sample` is due by the clock."""
        return self.clock["time"] + (sample - self.clock["sample"]) / self.clock["rate"]


class Client:
    """The other end of a FakeOutlet: reads what was written, and keeps the account.

    Fails the test where frames and gaps do not tile, or are cut elsewhere than the protocol says.
    """

    def __init__(self, outlet: FakeOutlet) -> None:
        self._outlet = outlet
        self._read = 0
        self._sids: dict[int, Account] = {}
        self._all: list[Seen] = []

    @property
    def sids(self) -> dict[int, Account]:
        """What is known of each `sid` by now."""
        self.read()
        return self._sids

    @property
    def all(self) -> list[Seen]:
        """All messages so far."""
        self.read()
        return self._all

    def read(self) -> list[Seen]:
        """Return what is new."""
        new = []
        for at, raw in self._outlet.messages[self._read :]:
            dtypes = {sid: account.dtype for sid, account in self._sids.items()}
            seen = Seen(at, raw, decode(payload_of(raw), dtypes))
            self._note(seen)
            new.append(seen)
        self._read = len(self._outlet.messages)
        self._all += new
        return new

    def of(self, *kinds: str) -> list[Seen]:
        """Read, and return all messages so far of these kinds."""
        return [seen for seen in self.all if seen.kind in kinds]

    def answer(self, id_: int) -> dict[str, Any]:
        """Return the one answer to a command."""
        found = [s.said for s in self.all if isinstance(s.said, dict) and s.said.get("id") == id_]
        assert len(found) == 1, f"command {id_} was answered {len(found)} times"
        return found[0]

    def _note(self, seen: Seen) -> None:
        if seen.kind == "frame":
            self._frame(self._sids[seen["sid"]], seen.said)
        elif seen.kind in {"subscribed", "state"}:
            self._state(seen.said)
        elif seen.kind == "gap" and seen["leads"] is None:
            self._gap(self._sids[seen["sid"]], seen.said)
        elif seen.kind == "end":
            account = self._sids[seen["sid"]]
            assert seen["sample"] == account.length == account.next
            account.ended = True
        elif seen.kind == "unsubscribed" or (seen.kind == "error" and seen["id"] is None):
            self._sids.pop(seen["sid"], None)

    def _state(self, said: dict[str, Any]) -> None:
        if said["type"] == "subscribed":
            cell = max(1, int(np.floor(said["fs"] / 5 + 0.5)))
            self._sids[said["sid"]] = Account(said["length"], -1, "i2", 0, cell, {}, [])
        account = self._sids[said["sid"]]
        names = [one["name"] for one in said["leads"]]
        if said["next"] != account.next or names != account.leads:
            account.samples = {name: {} for name in names}
        account.ended = account.ended and said["next"] == account.length
        account.first = account.next = said["next"]
        account.dtype, account.frame, account.leads = said["dtype"], said["frame"], names
        account.clock = said["clock"]
        account.after_gap = account.gap_comes = False

    def _frame(self, account: Account, frame: Frame) -> None:
        assert not account.ended
        assert not account.gap_comes, "cut off the grid, and no gap follows"
        stop = frame.start + frame.count
        assert frame.count > 0
        assert frame.start == account.next, "a hole, or something sent twice"
        assert stop <= account.length
        assert frame.start // account.frame == (stop - 1) // account.frame, "over the grid"
        if frame.start % account.frame:
            assert frame.start == account.first or account.after_gap, "begins off the grid"
        account.after_gap = False
        account.gap_comes = bool(stop % account.frame) and stop != account.length
        assert not account.gap_comes or stop % account.cell == 0
        for name, values in zip(account.leads, frame.samples, strict=True):
            account.samples[name][frame.start] = values
        account.next = stop

    def _gap(self, account: Account, gap: dict[str, Any]) -> None:
        assert not account.ended
        assert gap["start"] == account.next, "a hole before a gap"
        assert gap["start"] < gap["stop"] <= account.length
        if gap["reason"] != "slow_viewer":
            assert gap["start"] == account.first or gap["start"] % account.cell == 0
            assert gap["stop"] == account.length or gap["stop"] % account.cell == 0
        account.after_gap, account.gap_comes = True, False
        account.next = gap["stop"]

    def rebuilt(self, sid: int, name: str, start: int, stop: int) -> Any:
        """Return samples [start, stop) of a lead as received, MISSING where a gap was."""
        account = self.sids[sid]
        out = np.full(stop - start, MISSING[account.dtype], f"<{account.dtype}")
        for at, values in account.samples[name].items():
            low, high = max(at, start), min(at + len(values), stop)
            if low < high:
                out[low - start : high - start] = values[low - at : high - at]
        return out


@dataclass
class House:
    """All that sessions share, over doubles; `viewer()` opens one more."""

    source: Any
    readers: InlineReaders = field(default_factory=InlineReaders)
    clock: Any = field(default_factory=LoopClock)
    budget: int = 1 << 30
    patience_s: float = 15.0
    lateness: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.wheel = Wheel(self.clock, lambda late_s, _: self.lateness.append(late_s))
        self.cache = BlockCache(self.source, self.readers, self.budget)
        self.reels = Reels(self.cache)
        self.around = Surroundings(self.wheel, self.clock, self.patience_s)

    @contextmanager
    def open(self) -> Iterator["House"]:
        self.wheel.start()
        try:
            yield self
        finally:
            self.wheel.stop()

    def viewer(self) -> "Viewer":
        return Viewer(self)


class Viewer:
    """A session with the client at its other end."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.outlet = FakeOutlet(house.clock.monotonic)
        self.client = Client(self.outlet)
        self.session = ViewerSession(
            self.outlet, house.source, house.reels, house.around, user="somebody"
        )
        self.session.open(Greeting("test", "boot"))
        self._id = 0

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Give a command and return its answer, once it was handled."""
        self._id += 1
        await self.session.handle(msgpack.packb({"op": op, "id": self._id, **fields}))
        return self.client.answer(self._id)

    def sub(self, sid: int = 1) -> Any:
        """Return the subscription itself."""
        return self.session._subscriptions[sid]


def kinds(seen: Sequence[Seen]) -> list[str]:
    return [one.kind for one in seen]


def whys(seen: Sequence[Seen]) -> list[str]:
    return [one["why"] for one in seen if one.kind == "state" and one["why"]]


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose time jumps to the next timer: for hours, where looptime takes too long."""

    def __init__(self) -> None:
        self._now = 0.0
        loop = self

        class Jumping(selectors.DefaultSelector):
            def select(self, timeout=None):
                ready = super().select(0)
                if not ready and timeout:
                    loop._now += timeout
                return ready

        super().__init__(Jumping())

    def time(self) -> float:
        return self._now


def in_virtual_time(main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine in a loop of its own whose time is virtual."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main)


def virtual(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test in virtual time. looptime lets real time pass while a reader thread is out, and
    here they are out for as long as the test holds them."""

    @wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        in_virtual_time(test(*args, **kwargs))

    return run
