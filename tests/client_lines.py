"""Lines for a client under test: a server in memory that says what the test wants."""

import asyncio
from collections import deque
from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np

from ecgstream.client.errors import ClientError, Unreachable
from ecgstream.client.stream import Stream
from ecgstream.client.terms import Terms
from ecgstream.wire import commands, events
from ecgstream.wire.events import Clock, LeadInfo

FS = 100.0
LENGTH = 1_000
START = 1_000.0
"""The server's clock at the start of a test, in seconds."""
LEADS = [LeadInfo("I", "mV", 200.0, 0.0), LeadInfo("II", "mV", 200.0, 0.0)]


def samples(start: int, count: int) -> memoryview:
    """Return samples that say where they are from: n in the first lead, -n in the second."""
    index = np.arange(start, start + count).astype("<i2")
    return memoryview(np.stack([index, -index]).tobytes())


def frame(start: int, count: int = 20, *, sid: int = 1) -> tuple[int, int, int, memoryview]:
    return sid, start, count, samples(start, count)


def gap(start: int, stop: int, reason: str = "missing", leads: list[str] | None = None):
    return events.Gap(sid=1, start=start, stop=stop, reason=reason, leads=leads)


def error(code: str, id_: int | None = None, **said: Any) -> events.Error:
    return events.Error(
        id=id_,
        sid=1,
        code=code,
        message=f"it is {code}",
        **{"retryable": False, "retry_after_ms": None} | said,
    )


class MemoryLine:
    """A line whose server says `script`, one thing after the other as it is asked for.

    An item of the script may be an error, which breaks the line, or a function of the commands
    said so far. `subscribe` is answered by itself, unless `answers` is False. When the script is
    over the line is silent, but for what the test puts into `script` later.
    """

    def __init__(self, *script: Any, answers: bool = True, **said: Any) -> None:
        self.welcome: events.Welcome
        self.heard = 0.0
        self.script: deque[Any] = deque(script)
        self.said: list[commands.Command] = []
        self.dropped = self.closed = False
        self.deaf = False
        """Whether nothing can be sent any more, which only who sends finds out."""
        self._answers = answers
        self._about = said
        self._more = asyncio.Event()

    def welcomed(self) -> None:
        """Begin now."""
        self.heard = asyncio.get_running_loop().time()
        self.welcome = events.Welcome(
            server="double", boot="b", time=START + self.heard, utc=0, limits={}, user="", notice=""
        )

    def put(self, *more: Any) -> None:
        """Say more."""
        self.script.extend(more)
        self._more.set()

    def clock(self, sample: int, rate: float = FS) -> Clock:
        return Clock(sample, START + asyncio.get_running_loop().time(), rate)

    def subscribed(self, command: commands.Subscribe, **said: Any) -> events.Subscribed:
        at = command.at.get("sample", 0) if isinstance(command.at, dict) else 0
        names = command.leads or ["I", "II"]
        return events.Subscribed(
            **{
                "id": command.id,
                "sid": 1,
                "record": command.record,
                "kind": "stored",
                "fs": FS,
                "leads": [lead for lead in LEADS if lead.name in names],
                "dtype": "i2",
                "frame": 20,
                "next": at,
                "length": LENGTH,
                "start_time": None,
                "zone": None,
                "playing": not command.paused,
                "speed": command.speed or 1.0,
                "clock": self.clock(at, 0.0 if command.paused else FS),
            }
            | said
        )

    def state(self, next_: int, *, id_: int | None = None, why: str | None = None, **said: Any):
        return events.State(
            **{
                "id": id_,
                "sid": 1,
                "why": why,
                "next": next_,
                "leads": LEADS,
                "dtype": "i2",
                "frame": 20,
                "speed": 1.0,
                "playing": True,
                "clock": self.clock(next_),
            }
            | said
        )

    async def send(self, command: commands.Command) -> None:
        if self.closed or self.dropped or self.deaf:
            raise Unreachable("the line was lost")
        self.said.append(command)
        if self._answers and isinstance(command, commands.Subscribe):
            self.script.appendleft(self.subscribed(command, **self._about))
        self._more.set()

    async def receive(self, within_s: float) -> Any:
        loop = asyncio.get_running_loop()
        until = loop.time() + within_s
        while not self.script:
            self._more.clear()
            try:
                async with asyncio.timeout_at(until):
                    await self._more.wait()
            except TimeoutError:
                return None
            if self.closed or self.dropped:
                raise Unreachable("the line was lost")
        said = self.script.popleft()
        if callable(said):
            said = said(self.said)
        if isinstance(said, ClientError):
            raise said
        self.heard = loop.time()
        return said

    def drop(self) -> None:
        self.dropped = True
        self._more.set()

    async def close(self) -> None:
        self.closed = True
        self._more.set()


class Lines:
    """What a stream dials: one after the other; an error is a server that cannot be reached."""

    def __init__(self, *lines: MemoryLine | ClientError) -> None:
        self.left = deque(lines)
        self.dialled: list[float] = []

    async def dial(self) -> MemoryLine:
        self.dialled.append(asyncio.get_running_loop().time())
        line = self.left.popleft()
        if isinstance(line, ClientError):
            raise line
        line.welcomed()
        return line


def stream_over(lines: Lines | Sequence[MemoryLine], **terms: Any) -> Stream:
    """Return a stream over those lines."""
    dialled = lines if isinstance(lines, Lines) else Lines(*lines)
    return Stream(
        dialled.dial, Terms("r", **terms), random=Random(1), on_closed=lambda _stream: None
    )
