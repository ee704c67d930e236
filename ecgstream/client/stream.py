"""A stream: one record as it is played, over as many lines as it takes."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from types import TracebackType
from typing import Final, Self

from ecgstream.client import errors
from ecgstream.client.asked import Asked
from ecgstream.client.errors import ClientError, Unreachable
from ecgstream.client.items import Beats, Gap, Numeric, Remark, State
from ecgstream.client.line import Samples, Wire
from ecgstream.client.signal import Frame
from ecgstream.client.terms import SID, At, Terms, place
from ecgstream.client.tiling import Tiling
from ecgstream.wire import commands, events
from ecgstream.wire.backoff import retry_delay

Item = Frame | Gap | Remark | State | Beats | Numeric

STALE_S: Final = 1.8
"""PROTOCOL, rule 5: without a message, or with a lag, for longer than this all is old."""
DEAD_S: Final = 5.0
"""A line silent for so long is given up for another."""
GRACE_S: Final = 0.2
"""How long is listened at least before silence is told: a program that computed for a while has
heard nothing meanwhile."""
SUBSCRIBE_S: Final = 20.0
"""For the answer to `subscribe`: a server waits for its disk for 15 s."""
REPORT_S: Final = 30.0
LAGGING_S: Final = 1.0
"""With a lag beyond it a report is due at once."""


class Stream:
    """An async iterator of frames, gaps, remarks and states; made by `Client.stream`.

    It reads when it is asked for the next item, and has no task of its own: who does not read stops
    the server's clock, and goes on where they were. Frames and gaps tile: each starts where the one
    before stopped, over lost lines and restarted servers too. The iteration is over at the end of
    the record; what cannot be mended raises a ClientError.
    """

    def __init__(
        self,
        dial: Callable[[], Awaitable[Wire]],
        terms: Terms,
        *,
        random: Random,
        on_closed: Callable[["Stream"], None],
    ) -> None:
        self._dial = dial
        self._terms = terms
        self._random = random
        self._on_closed = on_closed
        self._entered = False
        self._closing = asyncio.Event()
        self._failed: ClientError | None = None
        # Whoever needs something reads, for all others too; one at a time.
        self._reading = asyncio.Lock()
        # Not empty for long but while a command waits: then for what was on its way before it.
        self._items: deque[Item] = deque()
        self._asked = Asked()
        self._line: Wire | None = None
        self._offset = 0.0
        self._tiling: Tiling | None = None
        self._attempt = 0
        self._retry_at = 0.0
        self._stale = self._lagging = False
        self._shown: int | None = None
        self._shown_by_hand = False
        self._report_at = 0.0

    # What it is.

    @property
    def about(self) -> events.Subscribed:
        """What the server says of it now: `fs`, `leads`, `length`, `start_time`, `playing` ...

        There as soon as the stream is open: inside of `async with`, or after the first item.
        Raises ClientError before.
        """
        return self._opened.about

    @property
    def next(self) -> int:
        """The first sample that was not received yet: where a lost line is resumed."""
        return self._opened.next

    @property
    def stale(self) -> bool:
        """Whether what was received last is old: nothing came for 1.8 s, or it lags so much."""
        return self._line is None or self._stale

    @property
    def lag_s(self) -> float:
        """Seconds that the newest sample is behind the playhead; 0 while nothing plays."""
        if self._tiling is None or self._line is None:
            return 0.0
        return self._tiling.lag_s(asyncio.get_running_loop().time() - self._offset)

    @property
    def _opened(self) -> Tiling:
        if self._tiling is None:
            raise ClientError("the stream is not open yet", code="illegal_state")
        return self._tiling

    # Reading.

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        """Return the next item. To be cancelled, as by a timeout, loses nothing."""
        await self._until(lambda: bool(self._items) or self._ended)
        if not self._items:
            if not self._entered:
                await self.aclose()
            raise StopAsyncIteration
        item = self._items.popleft()
        if isinstance(item, (Frame, Gap)) and not self._shown_by_hand:
            self._shown = item.stop - 1
        return item

    async def __aenter__(self) -> Self:
        """Open it, so that what was asked for is known to be there. Raises ClientError."""
        self._entered = True
        await self._until(lambda: self._tiling is not None)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close it for good; what was not read yet is dropped."""
        self._closing.set()
        self._items.clear()
        line, self._line = self._line, None
        self._asked.forget()
        self._on_closed(self)
        if line is not None:
            await line.close()

    # Control.

    async def seek(self, at: At) -> None:
        """Go to another place; items of the old one that were not read yet are dropped.

        After the end of the record it stands there until `play`. As all commands it returns when
        the server has obeyed, is repeated where the line is lost, and raises a ClientError for a
        refusal, after which the stream goes on as it was.
        """
        await self._ask("seek", lambda id_: commands.Seek(id=id_, sid=SID, at=place(at)))

    async def leads(self, names: Sequence[str] | None) -> None:
        """Show other leads of the same rate, from the playhead on; None: every ECG lead."""
        chosen = None if names is None else list(names)
        await self._ask("leads", lambda id_: commands.Leads(id=id_, sid=SID, leads=chosen))

    async def play(self) -> None:
        """Let the clock run."""
        await self._ask("play", lambda id_: commands.Play(id=id_, sid=SID))

    async def pause(self) -> None:
        """Stop the clock; what was on its way is still to be read."""
        await self._ask("pause", lambda id_: commands.Pause(id=id_, sid=SID))

    async def speed(self, speed: float) -> None:
        """Play at 0.1 to 32 times the pace of the recording."""
        await self._ask("speed", lambda id_: commands.Speed(id=id_, sid=SID, speed=speed))

    def report(self, shown: int) -> None:
        """Say what really is on the screen: the index of its newest sample.

        Without it, what was read last is taken to be shown. The server is told every 30 s, and at
        once when the lag passes a second.
        """
        self._shown, self._shown_by_hand = shown, True

    async def _ask(self, op: str, command: Callable[[int], commands.Command]) -> None:
        """Have a command obeyed, over another line if need be: all of them may be said twice."""
        obeyed = False
        while not obeyed:
            await self._until(lambda: self._line is not None)
            if self._line is None:
                raise ClientError("the stream is closed", code="illegal_state")
            id_, answer = self._asked.ask(op)
            try:
                await self._send(self._line, command(id_))
                await self._until(answer.done)
                obeyed = answer.result()
            finally:
                answer.cancel()

    # The line.

    @property
    def _ended(self) -> bool:
        return self._tiling is not None and self._tiling.ended

    async def _until(self, done: Callable[[], bool]) -> None:
        """Read until something is so, or the stream is closed. Raises ClientError."""
        while not done() and not self._closing.is_set():
            async with self._reading:
                # Somebody else may have read it meanwhile.
                if done() or self._closing.is_set():
                    return
                if self._failed is not None:
                    raise self._failed
                line = self._line
                try:
                    await self._step()
                except ClientError as error:
                    # Who could not send on it may have let go of it already.
                    if line is self._line:
                        self._lose(error)

    async def _step(self) -> None:
        """Take one message, or do what it takes to get one."""
        line = self._line
        if line is None:
            await self._open()
            return
        await self._keep(line)
        loop = asyncio.get_running_loop()
        patience = DEAD_S if self._stale else STALE_S
        told = await line.receive(max(GRACE_S, line.heard + patience - loop.time()))
        if line is not self._line:
            # It was closed, or lost with a command, meanwhile.
            return
        if isinstance(told, (events.Beats, events.Numeric)):
            self._hear(told)
        elif told is not None:
            self._take(told)
        silent = loop.time() - line.heard
        if silent >= DEAD_S:
            raise Unreachable(f"no word from the server for {silent:.1f} s")
        stale = silent >= STALE_S or self.lag_s >= STALE_S
        if stale and not self._stale:
            self._note("stale")
        self._stale = stale

    async def _open(self) -> None:
        """Get a line, as soon as one may, and subscribe on it."""
        loop = asyncio.get_running_loop()
        if self._retry_at > loop.time():
            try:
                async with asyncio.timeout_at(self._retry_at):
                    await self._closing.wait()
            except TimeoutError:
                pass
            else:
                return
        line = await self._dial()
        try:
            # Too late by the way of one message, which is good enough for lags of a second.
            self._offset = line.heard - line.welcome.time
            self._go_on(await self._subscribe(line))
        except BaseException:
            line.drop()
            raise
        self._line = line
        self._report_at = loop.time() + self._random.uniform(0.5, 1.0) * REPORT_S
        if self._closing.is_set():
            await self.aclose()

    async def _subscribe(self, line: Wire) -> events.Subscribed:
        """Subscribe on a line, and return the answer. Raises ClientError."""
        id_, tiling = self._asked.new_id(), self._tiling
        await line.send(
            self._terms.first(id_) if tiling is None else self._terms.again(id_, tiling)
        )
        loop = asyncio.get_running_loop()
        until = loop.time() + SUBSCRIBE_S
        while (left := until - loop.time()) > 0:
            match await line.receive(min(left, DEAD_S)):
                case events.Subscribed(id=answered) as said if answered == id_:
                    return said
                case events.Error(id=answered) as said if answered == id_:
                    raise _refusal(said)
                case None:
                    break
        raise Unreachable("no answer to `subscribe`")

    def _go_on(self, said: events.Subscribed) -> None:
        if self._tiling is None:
            self._tiling = Tiling(said)
            return
        if self._terms.everybodys:
            self._tiling.join(said)
        else:
            self._tiling.resume(said)
        self._note("resumed")

    def _hear(self, told: events.Beats | events.Numeric) -> None:
        """Take what the server says to all, for who wants it."""
        if self._terms.beats and told.sid == SID:
            self._items.append(_beat_item(told))

    def _take(self, told: events.Event | Samples) -> None:
        """Take one message. Raises ClientError."""
        tiling = self._opened
        match told:
            case (sid, start, count, samples) if sid == SID:
                self._put(tiling.frame(start, count, samples))
            case events.Gap(sid=sid) if sid == SID:
                self._put(tiling.gap(told))
            case events.State(sid=sid) if sid == SID:
                op = self._asked.obeyed(told.id)
                state = tiling.state(told, op)
                if op in {"seek", "leads"}:
                    # PROTOCOL, rule 1: what came before is of the old place, or the old leads.
                    self._items.clear()
                self._items.append(state)
            case events.End(sid=sid) if sid == SID:
                tiling.end(told)
            case events.Pong(time=sent, server_time=server):
                # It was said between `sent` and now; how long it lay unread is not known.
                now = asyncio.get_running_loop().time()
                self._offset = min(max(self._offset, sent - server), now - server)
            case events.Error(id=int(id_)):
                self._asked.refused(id_, _refusal(told))
            case events.Error(sid=sid) if sid in {None, SID}:
                raise _refusal(told)

    def _put(self, item: Frame | Gap | Remark) -> None:
        self._items.append(item)
        # The line is good: the next loss is a first one.
        self._attempt = 0

    async def _keep(self, line: Wire) -> None:
        """Say what is shown, and ask how late it is there, if that is due."""
        now = asyncio.get_running_loop().time()
        lagging = self.lag_s > LAGGING_S
        due = now >= self._report_at
        at_once = lagging and not self._lagging
        self._lagging = lagging
        if due or at_once:
            self._report_at = now + REPORT_S
            if self._shown is not None:
                await line.send(commands.Report(sid=SID, shown=self._shown))
        if due:
            # Two clocks drift: by a second a day is enough to call what is fresh stale.
            await line.send(commands.Ping(id=self._asked.new_id(), time=now))

    async def _send(self, line: Wire, command: commands.Command) -> None:
        try:
            await line.send(command)
        except ClientError as error:
            if line is self._line:
                self._lose(error)

    def _lose(self, error: ClientError) -> None:
        """Let go of the line; come back later, or fail for good and raise."""
        if self._closing.is_set():
            return
        line, self._line = self._line, None
        if line is not None:
            line.drop()
        self._asked.forget()
        self._stale = self._lagging = False
        if self._tiling is None or not error.retryable:
            self._failed = error
            self._on_closed(self)
            raise error
        wait = error.retry_after_ms
        delay = retry_delay(self._attempt, None if wait is None else wait / 1000, self._random)
        self._attempt += 1
        self._retry_at = asyncio.get_running_loop().time() + delay
        self._items.append(State("lost", self._tiling.next, str(error), delay))

    def _note(self, why: str) -> None:
        self._items.append(State(why, self._opened.next))


def _beat_item(told: events.Beats | events.Numeric) -> Beats | Numeric:
    if isinstance(told, events.Beats):
        return Beats(tuple(told.samples), tuple(told.symbols), told.source)
    return Numeric(told.name, told.sample, told.value, told.unit, told.method, told.reason)


def _refusal(told: events.Error) -> ClientError:
    return errors.refusal(
        told.code, told.message, retryable=told.retryable, retry_after_ms=told.retry_after_ms
    )
