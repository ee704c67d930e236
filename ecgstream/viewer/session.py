"""One socket: its subscriptions, its commands in order, its heartbeats."""

import asyncio
import logging
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ecgstream.errors import (
    BadField,
    EcgstreamError,
    IllegalState,
    LimitReached,
    NotLive,
    OutOfRange,
    RateLimited,
    RecordNotFound,
    RecordReplaced,
    SourceError,
    SubscriptionNotFound,
)
from ecgstream.model.record import Record
from ecgstream.playback.pacer import shared_sample
from ecgstream.storage.source import SignalSource
from ecgstream.viewer.lane import LANE_PERIOD_S
from ecgstream.viewer.line import Line
from ecgstream.viewer.outlet import Outlet
from ecgstream.viewer.reel import Reels
from ecgstream.viewer.subscription import Subscription, Terms
from ecgstream.viewer.surroundings import Surroundings
from ecgstream.viewer.wheel import SLOT_S
from ecgstream.wire import commands, events
from ecgstream.wire.commands import BadCommand, Command, Unreadable

SUBSCRIPTIONS: Final = 64
MESSAGE_BYTES: Final = 64 * 1024
MESSAGES_PER_S: Final = 50.0
MESSAGES_BURST: Final = 200.0
FLOOD: Final = 2_000
"""Commands refused for their rate before the socket is closed."""
FORGIVEN: Final = 10
"""Refusals that each command within the rate makes good again: only who keeps sending ten times
too fast is cut off."""
REPORT_BYTES: Final = 64
"""More than a report can be."""
ROOM_S: Final = 0.05
"""How often is looked whether there is room for an answer."""
WORDS: Final = 1_000
"""Characters of an error message at most: what it quotes may be 64 KiB of the viewer's own."""
SILENCE_S: Final = 0.7
"""After this long without a message a heartbeat goes out: never silent for 0.8 s."""

CLOSE_UNREADABLE: Final = 4400
CLOSE_STALLED: Final = 4408
CLOSE_OUR_FAULT: Final = 1011

_log = logging.getLogger("ecgstream.session")

NOTICE: Final = "A viewer: not a medical device, not an alarm system."


Permits = Callable[[str, Sequence[str] | None], bool]
"""Says whether leads of a record may be watched; without leads: any of that record."""


def everything(_record: str, _leads: Sequence[str] | None) -> bool:
    """Permit all that is served."""
    return True


@dataclass(frozen=True, slots=True)
class Greeting:
    """What every viewer is told first. `boot` changes with every start of the server."""

    server: str
    boot: str


class ViewerSession:
    """A viewer's socket. `user` and `login` come from the handshake alone.

    `handle` is awaited for one message after the other, so that answers keep the order of the
    commands and a viewer who asks faster than it can be answered waits on its own socket.
    """

    __slots__ = (
        "_allowance",
        "_around",
        "_asked_at",
        "_closed",
        "_line",
        "_opening",
        "_permits",
        "_reels",
        "_refused",
        "_source",
        "_subscriptions",
        "login",
        "slot",
        "user",
        "wall",
    )

    def __init__(
        self,
        outlet: Outlet,
        source: SignalSource,
        reels: Reels,
        around: Surroundings,
        *,
        user: str,
        login: str | None = None,
        wall: str | None = None,
        permits: Permits = everything,
    ) -> None:
        self.user = user
        self.login = login
        """The login session that opened it, which may end; None where there is none."""
        self.wall = wall
        """The wall that it is a screen of; None: it is no such screen."""
        self._permits = permits
        self.slot: int | None = None
        self._source = source
        self._reels = reels
        self._around = around
        self._subscriptions: dict[int, Subscription] = {}
        self._line = Line(
            outlet, around.clock.monotonic, around.patience_s, self._blocked, self._attend
        )
        self._opening: Subscription | None = None
        self._closed = False
        self._allowance = MESSAGES_BURST
        self._asked_at = around.clock.monotonic()
        self._refused = 0

    # Its life.

    def open(self, greeting: Greeting) -> None:
        """Say `welcome`, and from now on never be silent."""
        clock = self._around.clock
        self._say(
            events.Welcome(
                server=greeting.server,
                boot=greeting.boot,
                time=clock.monotonic(),
                utc=clock.utc(),
                limits={
                    "subscriptions": SUBSCRIPTIONS,
                    "message_bytes": MESSAGE_BYTES,
                    "messages_per_s": MESSAGES_PER_S,
                    "speed": list(commands.SPEEDS),
                },
                user=self.user,
                notice=NOTICE,
            )
        )
        self._around.wheel.file(self, clock.monotonic() + SILENCE_S)

    def close(self, code: int, reason: str, retry_after_ms: int | None = None) -> None:
        """Say `bye` and close."""
        if not self._closed:
            self._around.counts.closes[str(code)] += 1
            self._say(events.Bye(code=code, reason=reason, retry_after_ms=retry_after_ms))
            self.gone()
            self._line.close(code, reason)

    def timed_out(self) -> None:
        """Count one whom the kernel gave up before we did: it took nothing for too long."""
        if not self._closed:
            self._around.counts.closes[str(CLOSE_STALLED)] += 1

    def gone(self) -> None:
        """Let go of everything: the socket is closed."""
        self._closed = True
        self._around.wheel.unfile(self)
        for subscription in list(self._subscriptions.values()):
            self._drop(subscription)
        if self._opening is not None:
            self._opening.close()

    @property
    def subscriptions(self) -> int:
        """How many subscriptions stand."""
        return len(self._subscriptions)

    def bytes_per_s(self) -> float:
        """Return what the viewer is sent in a second, roughly: samples of what plays."""
        return sum(subscription.bytes_per_s for subscription in self._subscriptions.values())

    def __iter__(self) -> Iterator[Subscription]:
        """Yield the subscriptions that stand."""
        return iter(self._subscriptions.values())

    # The wheel's side.

    def fire(self, now: float) -> float | None:
        """Keep the line from being silent, and cut off who takes nothing."""
        if self._closed:
            return None
        if self._line.stalled_s(now, self.bytes_per_s) > self._around.patience_s:
            self.close(CLOSE_STALLED, "took nothing for too long")
            return None
        if self._in_lane():
            # A lane is never silent, and says when somebody leaves it.
            return now + SILENCE_S if self._line.asking else self._line.probe_at
        if now - self._line.last >= SILENCE_S:
            # To one who takes nothing a heartbeat is only more to hold.
            if not self._line.congested(now):
                self._line.write(events.Heartbeat(time=now).encode(), now)
            return now + SILENCE_S
        return self._line.last + SILENCE_S

    def _in_lane(self) -> bool:
        for one in self._subscriptions.values():  # noqa: SIM110 - any() costs three times as much
            if one.lane is not None:
                return True
        return False

    def _attend(self) -> None:
        """See to it again that the line is not silent: a subscription has left its lane."""
        soon = self._around.clock.monotonic() + SILENCE_S - LANE_PERIOD_S
        # Only sooner: whoever leaves a lane time and again must not put it off for ever.
        if not self._closed and (self.slot is None or self.slot * SLOT_S > soon):
            self._around.wheel.file(self, soon)

    def _blocked(self) -> None:
        """The viewer does not take all: whatever it watches is looked at more closely."""
        for subscription in self._subscriptions.values():
            subscription.step_out()

    def fail(self) -> None:
        """Close it for a fault of ours."""
        self.close(CLOSE_OUR_FAULT, "the server failed")

    # Commands.

    async def handle(self, message: bytes | None) -> None:
        """Answer one message; None stands for a text message."""
        await self._room()
        if self._closed:
            return
        if message is None:
            self.close(CLOSE_UNREADABLE, "text messages are not understood, only binary msgpack")
            return
        id_: int | None = None
        sid: int | None = None
        try:
            command = commands.decode(message)
            if not isinstance(command, commands.Report):
                # An error with a `sid` alone would end that subscription, and a report has no `id`.
                id_, sid = command.id, getattr(command, "sid", None)
            self._meter()
            await self._obey(command)
        except Unreadable as error:
            self.close(CLOSE_UNREADABLE, str(error))
        except BadCommand as error:
            try:
                self._meter()
            except RateLimited as limited:
                self.refuse(limited, error.id, error.sid)
            else:
                self.refuse(error.cause, error.id, error.sid)
        except EcgstreamError as error:
            self.refuse(error, id_, sid)
        if self._refused:
            # Thousands of messages may have come at once: the others have their turn in between.
            await asyncio.sleep(0)

    def note(self, message: bytes) -> bool:
        """Take a report, which has no answer; say False of all else, which is for `handle`.

        Ten thousand viewers report three hundred times a second, and to wake the task of each
        costs as much as some frames.
        """
        if len(message) > REPORT_BYTES or b"report" not in message or self._closed:
            return False
        try:
            command = commands.decode(message)
        except (Unreadable, BadCommand):
            return False
        if not isinstance(command, commands.Report) or self._allowance < 1:
            return False
        self._meter()
        self._take_report(command)
        return True

    def _take_report(self, report: commands.Report) -> None:
        subscription = self._subscriptions.get(report.sid)
        # One on its way when the subscription ended is nobody's fault.
        if subscription is not None:
            subscription.shown = report.shown

    async def _room(self) -> None:
        """Wait until an answer can be written: who asks on but does not take them waits itself."""
        while self._line.full() and not self._closed:  # noqa: ASYNC110 - nothing tells of room
            await asyncio.sleep(self._around.clock.real(ROOM_S))

    async def subscribe(self, command: commands.Subscribe, id_: int | None) -> None:
        """Open a subscription, and answer with this `id`.

        Raises EcgstreamError, and then stands for nothing.
        """
        if command.sid in self._subscriptions:
            raise IllegalState(f"sid: {command.sid} is in use; unsubscribe it first")
        if len(self._subscriptions) >= SUBSCRIPTIONS:
            raise LimitReached(f"a socket has at most {SUBSCRIPTIONS} subscriptions")
        version = self._source.version(command.record)
        record = self._source.record(command.record)
        # Before a lead is looked for: that there is none would tell that there is the record.
        self._check_permit(record.record, command.leads)
        leads = record.choose(command.leads)
        self._check_permit(record.record, [lead.name for lead in leads])
        reel = self._reels.reel(record, leads)
        asked = commands.place(command.at)
        shared = asked.scale == "shared"
        if shared and (command.paused or command.speed not in {None, 1.0}):
            raise IllegalState("at: a shared subscription is neither paused nor of another speed")
        terms = Terms(loop=bool(command.loop) or shared, ahead=command.ahead or 0.0, shared=shared)
        subscription = Subscription(
            command.sid, reel, self._line, terms, self._around, on_failed=self._failed
        )
        at = self._sample(asked, record, reel.fs, reel.length)
        speed = 1.0 if command.speed is None else command.speed
        self._opening = subscription
        try:
            await subscription.start(at, speed=speed, paused=bool(command.paused))
        except SubscriptionNotFound:
            if self._closed:
                raise
            # Closed by `renew`, while it was opened.
            raise RecordReplaced(command.record) from None
        finally:
            self._opening = None
        if not reel.current or reel.version != version:
            subscription.close()
            raise RecordReplaced(command.record)
        if not self._permits(record.record, [lead.name for lead in leads]):
            # It was taken off the wall while it was opened.
            subscription.close()
            raise RecordNotFound(command.record)
        self._subscriptions[command.sid] = subscription
        self._line.early_s = max(self._line.early_s, terms.ahead)
        self._around.counts.subscriptions += 1
        self._say(subscription.subscribed(id_))
        self._tell_rate(subscription)
        subscription.go_on()

    def _check_permit(self, record: str, leads: Sequence[str] | None) -> None:
        """Raise RecordNotFound, as if there were none, for what may not be watched here."""
        if not self._permits(record, leads):
            raise RecordNotFound(record)

    def renew(self, changed: Collection[str], gone: Collection[str]) -> None:
        """End what is of a record that was replaced, or is no more: old and new never mix."""
        opening = self._opening
        if opening is not None and not opening.reel.current:
            opening.close()
        for one in list(self._subscriptions.values()):
            record = one.reel.record.record
            if record in gone:
                self._failed(one, RecordNotFound(record))
            elif record in changed and not one.reel.current:
                self._failed(one, RecordReplaced(record))

    def narrow(self) -> None:
        """End what may not be watched any more: what is permitted has changed."""
        for one in list(self._subscriptions.values()):
            record = one.reel.record.record
            if not self._permits(record, [lead.name for lead in one.reel.leads]):
                self._failed(one, RecordNotFound(record))

    def identify(self, seconds: float) -> None:
        """Have the screen show its name for so long."""
        self._say(events.Identify(name=self.user, seconds=seconds))

    def tell(self, record: str, message: bytes) -> None:
        """Send an event about a record, if it is watched here.

        Not on a screen of a wall, nor to who has the token of one: what people write about a
        patient is not for the corridor.
        """
        watched = any(one.reel.record.record == record for one in self._subscriptions.values())
        screen = self.wall is not None or self._permits is not everything
        if watched and not screen and not self._closed:
            self._line.write(message, self._around.clock.monotonic())

    async def open_with(self, command: commands.Subscribe) -> None:
        """Subscribe as the address asked, with `id` nil."""
        try:
            await self.subscribe(command, None)
        except EcgstreamError as error:
            self.refuse(error, None, command.sid)

    def _sample(self, asked: commands.At, record: Record, fs: float, length: int) -> int:
        """Return the sample asked for. Raises OutOfRange, NotLive, BadField."""
        match asked.scale:
            case "live":
                raise NotLive(f"record {record.record!r} is stored, not live")
            case "shared":
                return shared_sample(self._around.clock.utc(), fs, length)[0] if length else 0
            case "time" if record.start_time is None:
                raise BadField(
                    f"at: record {record.record!r} has no start time; use sample or seconds"
                )
            case "time":
                value = (asked.value - (record.start_time or 0.0)) * fs
            case "seconds":
                value = asked.value * fs
            case _:
                value = asked.value
        # A whole number stays one: a float would round beyond 2^53.
        at = value if isinstance(value, int) else _nearest(value)
        if not 0 <= at <= length:
            raise OutOfRange(
                f"at: sample {at} is not in record {record.record!r}, which has {length} samples"
            )
        return int(at)

    async def _obey(self, command: Command) -> None:
        match command:
            case commands.Subscribe():
                await self.subscribe(command, command.id)
            case commands.Ping():
                now = self._around.clock.monotonic()
                self._say(events.Pong(id=command.id, time=command.time, server_time=now))
            case commands.Report():
                self._take_report(command)
            case commands.Unsubscribe():
                self._drop(self._subscription(command.sid))
                self._say(events.Unsubscribed(id=command.id, sid=command.sid))
            case _:
                await self._steer(command, self._subscription(command.sid))

    async def _steer(
        self,
        command: (commands.Play | commands.Pause | commands.Seek | commands.Speed | commands.Leads),
        subscription: Subscription,
    ) -> None:
        reel = subscription.reel
        match command:
            case commands.Play():
                await subscription.play()
            case commands.Pause():
                subscription.pause()
            case commands.Seek():
                asked = commands.place(command.at)
                if asked.scale == "shared":
                    raise IllegalState("at: shared is for subscribe alone")
                await subscription.seek(self._sample(asked, reel.record, reel.fs, reel.length))
            case commands.Speed():
                subscription.change_speed(commands.checked_speed(command.speed))
            case commands.Leads():
                self._check_permit(reel.record.record, command.leads)
                leads = reel.record.choose(command.leads, reel.fs)
                self._check_permit(reel.record.record, [lead.name for lead in leads])
                other = self._reels.reel(reel.record, leads)
                if other.version != reel.version:
                    raise RecordReplaced(reel.record.record)
                await subscription.change_leads(other)
                # What was permitted may have changed while they were read.
                self.narrow()
        if self._subscription(command.sid) is subscription:
            self._say(subscription.said(command.id))
            if isinstance(command, commands.Seek):
                self._tell_rate(subscription)
            subscription.go_on()

    def _tell_rate(self, subscription: Subscription) -> None:
        """Say the heart rate where a viewer comes to: the next beat is a second away."""
        said = subscription.reel.rate_at(subscription.sid, subscription.next)
        if said and not self._closed:
            self._line.write(said, self._around.clock.monotonic())

    def _subscription(self, sid: int) -> Subscription:
        try:
            return self._subscriptions[sid]
        except KeyError:
            raise SubscriptionNotFound(sid) from None

    def _failed(self, subscription: Subscription, error: EcgstreamError) -> None:
        """End a subscription that cannot go on."""
        if self._subscriptions.get(subscription.sid) is subscription:
            self._drop(subscription)
            self.refuse(error, None, subscription.sid)
        subscription.close()

    def _drop(self, subscription: Subscription) -> None:
        del self._subscriptions[subscription.sid]
        self._around.counts.subscriptions -= 1
        subscription.close()

    def _meter(self) -> None:
        """Count a command. Raises RateLimited; closes the socket of a flood."""
        now = self._around.clock.monotonic()
        earned = (now - self._asked_at) * MESSAGES_PER_S
        self._allowance = min(MESSAGES_BURST, self._allowance + earned)
        self._asked_at = now
        if self._allowance >= 1:
            self._allowance -= 1
            self._refused = max(0, self._refused - FORGIVEN)
            return
        # What is refused costs nothing, or one who is a little too fast would get nothing at all.
        self._refused += 1
        if self._refused > FLOOD:
            self.close(CLOSE_UNREADABLE, "flood of commands")
        raise RateLimited(MESSAGES_PER_S, math.ceil(1000 / MESSAGES_PER_S))

    # Words.

    def _say(self, event: events.Event) -> None:
        if not self._closed:
            self._line.write(event.encode(), self._around.clock.monotonic())

    def refuse(self, error: EcgstreamError, id_: int | None, sid: int | None) -> None:
        """Say `error`, for a command or (`id_` None) as the end of a subscription."""
        if isinstance(error, SourceError):
            _log.warning("%s", error)
        self._around.counts.errors[error.code] += 1
        self._say(
            events.Error(
                id=id_,
                sid=sid,
                code=error.code,
                message=error.told[:WORDS],
                retryable=error.retryable,
                retry_after_ms=error.retry_after_ms,
                replaced=isinstance(error, RecordReplaced),
            )
        )


def _nearest(value: float) -> int:
    """Return the whole number nearest to `value`, halves up. Raises OutOfRange for infinity."""
    if not math.isfinite(value):
        raise OutOfRange("at: so far away that no sample can be there")
    return math.floor(value + 0.5)
