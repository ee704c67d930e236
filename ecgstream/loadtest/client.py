"""One viewer: what it says, and what it makes of what it is told.

The loop (driver.py) reads the frames of our own server by itself while `fast` is set; all else
comes here: events, frames in other encodings or in pieces, and the first frame after every change.
"""

import math
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from ecgstream.loadtest import messages
from ecgstream.loadtest.account import Account
from ecgstream.loadtest.clocks import Clocks, Offset
from ecgstream.loadtest.figures import Figures
from ecgstream.loadtest.line import Line, Poll, State
from ecgstream.loadtest.plan import Plan
from ecgstream.loadtest.scenario import AWAY_S, Reviewer
from ecgstream.loadtest.verify import Seen, Strip, digest
from ecgstream.model.block import NUMPY
from ecgstream.wire.backoff import DENIED_FOR_NOW, FOR_GOOD, retry_delay
from ecgstream.wire.messages import BadMessage
from ecgstream.wire.messages import message as read

REPORT_S: Final = 30.0
LAGGING_S: Final = 1.0
"""With a lag beyond it a report is due at once."""
STALE_S: Final = 1.8
"""PROTOCOL, rule 5: without a message, or with a lag, for longer than this a picture is stale."""
SILENT_S: Final = 15.0
"""A line silent for so long is given up."""
OPENING_S: Final = 60.0
CLOSING_S: Final = 10.0


class Ground(Poll, Protocol):
    """What a viewer is handed by the loop that carries it."""

    plan: Plan
    figures: Figures
    clocks: Clocks
    seen: Seen | None
    stopping: bool

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call it then."""

    def streams(self, *, now: float, up: bool) -> None:
        """One more viewer streams, or one less."""

    def source(self, number: int) -> tuple[str, int] | None:
        """Return the address from which that viewer connects, if it matters."""


class Viewer(Line):
    """A viewer with one subscription, over all its visits."""

    __slots__ = (
        "_asked",
        "_attempt",
        "_awaited",
        "_began",
        "_down_at",
        "_ground",
        "_held",
        "_id",
        "_length",
        "_number",
        "_offset",
        "_place",
        "_playing",
        "_random",
        "_report_at",
        "_reported",
        "_retry_after_s",
        "_returns",
        "_reviewer",
        "_stale",
        "_strip",
        "_visit",
        "account",
        "base",
        "digests",
        "ever",
        "given_up",
        "per",
        "streaming",
        "whole",
        "width",
    )

    def __init__(self, number: int, ground: Ground) -> None:
        super().__init__(ground, ground.plan.target, ground.plan.token)
        self.account = Account()
        self.streaming = False
        self.ever = False
        """Whether it ever saw a frame."""
        self.given_up = False
        """Whether it was sent away for good."""
        self.base, self.per = math.inf, 0.0
        """Sample n is due at `base + n * per` of our monotonic clock; never while that stands."""
        self.width = 0
        """Bytes of one sample of all leads."""
        self.digests: dict[tuple[int, int, bytes], int] | None = None
        self.whole = messages.whole(1, 0)
        self._number = number
        self._ground = ground
        self._random = ground.plan.random(number)
        reviews = ground.plan.profile == "review"
        self._reviewer = Reviewer(self._random, ground.plan.choice(number)) if reviews else None
        self._place: Any = ground.plan.place(number)
        self._strip: Strip = ("", (), "i2")
        self._attempt = self._visit = self._id = self._length = 0
        self._down_at: float | None = None
        self._returns = True
        self._fresh()

    def _fresh(self) -> None:
        """Forget what belongs to one visit."""
        self._began = time.monotonic()
        self._retry_after_s: float | None = None
        self._asked: tuple[str, Any, float] | None = None
        self._awaited: tuple[str, float] | None = None
        self._held: tuple[float, float, float] | None = None
        self._stale = self._reported = self._playing = False
        self._offset: Offset | None = None
        # Who came together reports at different times.
        self._report_at = self._began + self._random.uniform(0.5, 1.0) * REPORT_S

    # Coming and going.

    def connect(self) -> None:
        """Begin a visit."""
        if self._ground.stopping or self.state is not State.CLOSED:
            return
        self._visit += 1
        self._fresh()
        self.dial(self._ground.source(self._number))

    def leave(self, *, returns: bool) -> None:
        """Close properly; `returns` says whether to come back after a while."""
        self._returns = returns
        self._began = time.monotonic()
        self.end(self._began)
        self._not_streaming(self._began)
        self.take_leave()

    def end(self, now: float) -> None:
        """The tiling is over; what had been due for long has to be here."""
        self.fast = False
        self.account.end(self._due(now))

    def left(self) -> None:
        """Gone; come back to another place, if that is meant."""
        if self._returns:
            self._place = self._ground.plan.place(self._number)
            self._ground.later(self._random.uniform(*AWAY_S), self.connect)

    def refused(self, why: str, status: int | None, retry_after_s: float | None) -> None:
        """Try again, unless the status says that it would not help."""
        self._ground.figures.counts["refused"][why] += 1
        if status is None or status in DENIED_FOR_NOW:
            self._come_back(retry_after_s)
        else:
            self.given_up = True

    def closed(self, why: str, code: int | None) -> None:
        """Come back where it was cut off, if the code lets it (PROTOCOL section 4)."""
        now = time.monotonic()
        self._ground.figures.counts["closes"][why] += 1
        if self.streaming:
            self._down_at = now
        self._not_streaming(now)
        if self.account.standing:
            self.account.end()
            if isinstance(self._place, dict):
                # Exactly where it stopped: a stored record is resumed without loss.
                self._place = {"sample": min(self.account.next, self._length)}
        if code in FOR_GOOD:
            self.given_up = True
        else:
            self._come_back(self._retry_after_s)

    def _come_back(self, retry_after_s: float | None) -> None:
        delay = retry_delay(self._attempt, retry_after_s, self._random)
        self._attempt += 1
        self._ground.later(delay, self.connect)

    def _not_streaming(self, now: float) -> None:
        if self.streaming:
            self.streaming = False
            self._ground.streams(now=now, up=False)

    # What is done about once a second.

    def look(self, now: float) -> None:
        """Look after it: timeouts, reports, whether its picture is stale."""
        if self.state is State.OPEN and self.account.standing:
            self._look_at_stream(now)
        elif self.state is State.LEAVING:
            if now - self._began > CLOSING_S:
                self._ground.figures.counts["closes"]["unanswered"] += 1
                self.give_up("unanswered")
        elif self.state is not State.CLOSED and now - self._began > OPENING_S:
            self.give_up("timeout")

    def _look_at_stream(self, now: float) -> None:
        silence = now - self.heard
        lag = now - (self.base + self.account.next * self.per)
        if silence > SILENT_S:
            self.give_up("silent")
            return
        stale = silence > STALE_S or lag > STALE_S
        if stale and not self._stale:
            kind = "silent" if silence > STALE_S else "lag"
            self._ground.figures.counts["stale"][kind] += 1
        self._stale = stale
        at_once = lag > LAGGING_S and not self._reported
        self._reported = lag > LAGGING_S
        if at_once or now >= self._report_at:
            self._report_at = now + REPORT_S
            shown = self.account.next - 1
            self.say(messages.command("report", sid=messages.SID, shown=shown))

    # Messages.

    def malformed(self) -> None:
        """Put it to the account."""
        self.account.malformed()

    def message(self, payload: memoryview | bytes, now: float) -> None:
        """Take one message."""
        if self._ground.stopping:
            return
        said = read(payload)
        if isinstance(said, tuple):
            self._frame(*said, now)
            return
        take = self._EVENTS.get(said["type"])
        if take is not None:  # what is not known is passed over
            take(self, said, now)

    def _welcome(self, said: dict[str, Any], now: float) -> None:
        self._ground.figures.took("connect", now - self._began)
        self._offset = self._ground.clocks.of(said["boot"])
        self._begin()

    def _begin(self) -> None:
        """Subscribe, as soon as it is known how the server's clock stands."""
        if self._offset is not None and not self._offset.known:
            self._ask("ping", time=time.monotonic())
            return
        plan = self._ground.plan
        choice = plan.choice(self._number)
        self._ask(
            "subscribe",
            sid=messages.SID,
            record=choice.record,
            leads=choice.leads,
            at=self._place,
            speed=plan.speed if self._place != "shared" else None,
            loop=True,
        )

    def _ask(self, op: str, **fields: Any) -> None:
        self._id += 1
        self._asked = (op, fields.get("at"), time.monotonic())
        self.say(messages.command(op, id=self._id, **fields))

    def _pong(self, said: dict[str, Any], now: float) -> None:
        if self._offset is not None and self._asked is not None and self._asked[0] == "ping":
            self._offset.heard(said["time"], said["server_time"], now)
            self._begin()

    def _subscribed(self, said: dict[str, Any], now: float) -> None:
        self._length = said["length"]
        place = self._place["sample"] if isinstance(self._place, dict) else None
        self.account.begin(said["next"], place)
        self._schedule(said)
        self.heard = now
        self._awaited = ("first_frame", self._began)
        self._asked = None
        self._move_later()

    def _state(self, said: dict[str, Any], now: float) -> None:
        account, next_ = self.account, said["next"]
        asked = self._asked if said["id"] is not None and said["id"] == self._id else None
        op = said["why"] if asked is None else asked[0]
        if op in {"seek", "leads", "live_edge"}:
            self._held = None
            account.end(self._due(now))
            account.begin(next_, asked[1]["sample"] if asked and op == "seek" else None)
        elif op == "looped":
            account.end_at(self._length)
            account.begin(next_, 0)
        else:
            account.go_on(next_)
        base, per = self.base, self.per
        self._schedule(said)
        if asked is not None:
            self._asked = None
            if op == "seek" and said["playing"]:
                self._awaited = ("seek", asked[2])
            self._move_later()
        elif op in {"behind", "loading"}:
            self._ground.figures.counts["held"][op] += 1
            self._held = (now, base, per)
        elif op == "caught_up" and self._held is not None:
            self._release(next_, now)

    def _release(self, next_: int, now: float) -> None:
        """The clock runs again. It began anew, and so did the due times.

        That nothing is hidden by it, it enters once, as a frame that is late by all that the
        schedule was put off.
        """
        if self._held is not None:
            since, base, per = self._held
            self._held = None
            figures = self._ground.figures
            figures.took("held", now - since)
            figures.took(figures.phase, self.base - base + next_ * (self.per - per))

    def _end(self, said: dict[str, Any], _: float) -> None:
        self.account.end_at(said["sample"])

    def _gap(self, said: dict[str, Any], now: float) -> None:
        if said["leads"] is not None:
            return  # a remark on values inside of frames
        self.account.gap(said["start"], said["stop"])
        if self._ground.seen is not None and said["reason"] == "missing":
            self._ground.seen.gap(self._strip, said["start"], said["stop"])
        self._came(now)

    def _frame(self, sid: int, start: int, count: int, samples: memoryview, now: float) -> None:
        if sid != messages.SID or len(samples) != count * self.width or not count:
            raise BadMessage("a frame of another size than its count and leads say")
        self.account.frame(start, count)
        self._ground.figures.late.append(now - self.base - start * self.per)
        if self.digests is not None:
            key = (start, count, digest(samples))
            self.digests[key] = self.digests.get(key, 0) + 1
        self._came(now)
        self.fast = self.account.standing

    def _came(self, now: float) -> None:
        """Something of the tiling came."""
        if self._awaited is not None:
            what, since = self._awaited
            self._awaited = None
            self._ground.figures.took(what, now - since)
        if not self.streaming:
            self.streaming = self.ever = True
            self._attempt = 0
            self._ground.streams(now=now, up=True)
            if self._down_at is not None:
                self._ground.figures.took("outage", now - self._down_at)
                self._down_at = None

    def _error(self, said: dict[str, Any], _: float) -> None:
        self._ground.figures.counts["errors"][said["code"]] += 1
        asked = self._asked if said["id"] is not None and said["id"] == self._id else None
        if asked is not None:
            self._asked = None
        ended = said["id"] is None and said["sid"] == messages.SID
        if not ended and (asked is None or asked[0] != "subscribe"):
            self._move_later()
            return
        # Without its subscription it has nothing to watch: it goes, and comes back if that helps.
        self._note_wait(said)
        self.say(messages.closing(1000))
        self.hang_up()
        self.closed("after an error", None if said["retryable"] else 1000)

    def _bye(self, said: dict[str, Any], _: float) -> None:
        self._note_wait(said)

    def _note_wait(self, said: dict[str, Any]) -> None:
        wait = said["retry_after_ms"]
        self._retry_after_s = None if wait is None else wait / 1000

    _EVENTS: Final[dict[str, Callable[["Viewer", dict[str, Any], float], None]]] = {
        "welcome": _welcome,
        "pong": _pong,
        "subscribed": _subscribed,
        "state": _state,
        "gap": _gap,
        "end": _end,
        "error": _error,
        "bye": _bye,
    }

    # The schedule.

    def _schedule(self, said: dict[str, Any]) -> None:
        """Take clock, leads and type of a `subscribed` or `state`."""
        clock, dtype = said["clock"], NUMPY[said["dtype"]]
        self._playing = said["playing"]
        offset = self._offset.seconds if self._offset is not None else 0.0
        if clock["rate"] > 0:
            self.per = 1 / clock["rate"]
            self.base = clock["time"] + offset - clock["sample"] * self.per
        else:
            self.base, self.per = math.inf, 0.0
        self.width = len(said["leads"]) * dtype.itemsize
        self.whole = messages.whole(said["frame"], self.width)
        if self._ground.seen is not None:
            names = tuple(lead["name"] for lead in said["leads"])
            self._strip = (self._ground.plan.choice(self._number).record, names, said["dtype"])
            self.digests = self._ground.seen.of(self._strip)
        # Until the first frame was seen here.
        self.fast = False

    def _due(self, now: float) -> int | None:
        """Return the sample before which all should be here, a stale picture's time aside."""
        if math.isinf(self.base):
            return None
        return min(self._length, math.floor((now - STALE_S - self.base) / self.per))

    # A reviewer's moves.

    def _move_later(self) -> None:
        if self._reviewer is not None:
            visit = self._visit
            self._ground.later(self._reviewer.thinks_s(), lambda: self._move(visit))

    def _move(self, visit: int) -> None:
        watching = self.state is State.OPEN and self._asked is None
        if self._reviewer is not None and visit == self._visit and watching:
            op, fields = self._reviewer.move(playing=self._playing)
            self._ask(op, sid=messages.SID, **fields)
