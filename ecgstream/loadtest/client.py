"""One viewer: its socket, what it says, and what it makes of what it is told.

The loop (driver.py) reads the frames of our own server by itself while `fast` is set; all else
comes here: the handshake, events, frames in other encodings or in pieces, and the first frame
after every change.
"""

import errno
import math
import os
import socket
import time
from enum import Enum, auto
from typing import Any, Final, Protocol

from ecgstream.loadtest import handshake, messages
from ecgstream.loadtest.account import Account
from ecgstream.loadtest.clocks import Clocks, Offset
from ecgstream.loadtest.figures import Figures
from ecgstream.loadtest.messages import BadMessage
from ecgstream.loadtest.plan import Plan
from ecgstream.loadtest.scenario import AWAY_S, DENIED_FOR_NOW, FOR_GOOD, Reviewer, retry_delay
from ecgstream.loadtest.verify import Seen, digest
from ecgstream.model.block import NUMPY

REPORT_S: Final = 30.0
LAGGING_S: Final = 1.0
STALE_S: Final = 1.8
"""PROTOCOL, rule 5: without a message, or with a lag, for longer than this a picture is stale."""
SILENT_S: Final = 15.0
"""A line silent for so long is given up."""
OPENING_S: Final = 60.0
CLOSING_S: Final = 10.0
NO_CLOSE: Final = 1006


class State(Enum):
    """Where a viewer stands."""

    AWAY = auto()
    CONNECTING = auto()
    SHAKING = auto()
    GREETED = auto()
    WATCHING = auto()
    LEAVING = auto()
    GIVEN_UP = auto()


class Ground(Protocol):
    """What a viewer is handed by the loop that carries it."""

    plan: Plan
    figures: Figures
    clocks: Clocks
    seen: Seen | None
    stopping: bool

    def watch(self, viewer: "Viewer", sock: socket.socket, *, writing: bool) -> None:
        """Tell the viewer when its socket can be read, or also written."""

    def unwatch(self, sock: socket.socket) -> None:
        """Tell it no longer."""

    def later(self, seconds: float, call: Any) -> None:
        """Call it then."""

    def streams(self, *, now: float, up: bool) -> None:
        """One more viewer streams, or one less."""

    def source(self, number: int) -> tuple[str, int] | None:
        """Return the address from which that viewer connects, if it matters."""


class Viewer:
    """A viewer with one subscription, over all its visits."""

    __slots__ = (
        "_asked",
        "_asked_at",
        "_attempt",
        "_began",
        "_down_at",
        "_first_at",
        "_ground",
        "_held",
        "_id",
        "_key",
        "_length",
        "_number",
        "_offset",
        "_parts",
        "_place",
        "_playing",
        "_random",
        "_report_at",
        "_reported",
        "_retry_after_s",
        "_returns",
        "_reviewer",
        "_sock",
        "_stale",
        "_strip",
        "_unsent",
        "_visit",
        "account",
        "base",
        "digests",
        "ever",
        "fast",
        "heard",
        "opening",
        "per",
        "receive",
        "rest",
        "samples_at",
        "state",
        "streaming",
        "unpack",
        "width",
    )

    def __init__(self, number: int, ground: Ground) -> None:
        self.state = State.AWAY
        self.account = Account()
        self.fast = False
        self.streaming = False
        self.ever = False
        """Whether it ever saw a frame."""
        self.heard = 0.0
        self.base, self.per = math.inf, 0.0
        """Sample n is due at `base + n * per` of our monotonic clock; never while that stands."""
        self.width = 0
        """Bytes of one sample of all leads."""
        self.rest = b""
        """What came of a message that is not whole yet."""
        self.digests: dict[tuple[int, int, bytes], int] | None = None
        self._shape(0)
        self._number = number
        self._ground = ground
        self._random = ground.plan.random(number)
        reviews = ground.plan.profile == "review"
        self._reviewer = Reviewer(self._random, ground.plan.choice(number)) if reviews else None
        self._place: Any = ground.plan.place(number)
        self._sock: socket.socket | None = None
        self._attempt = self._visit = self._id = self._length = 0
        self._down_at: float | None = None
        self._returns = True

    # Coming and going.

    def connect(self) -> None:
        """Begin a visit."""
        if self._ground.stopping or self.state is not State.AWAY:
            return
        target = self._ground.plan.target
        self._visit += 1
        self._began = self.heard = time.monotonic()
        self.fast = False
        self.rest = self._unsent = b""
        self._parts: list[bytes] = []
        self._key = b""
        self._retry_after_s: float | None = None
        self._asked: tuple[str, Any] | None = None
        self._asked_at = 0.0
        self._first_at: tuple[str, float] | None = None
        self._held: tuple[float, float, float] | None = None
        self._stale = self._reported = self._playing = False
        self._strip: Any = None
        self._offset: Offset | None = None
        self._report_at = self._began + self._random.uniform(0.5, 1.0) * REPORT_S
        self.state = State.CONNECTING
        sock = self._sock = socket.socket(target.family, socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.receive = sock.recv_into
        try:
            source = self._ground.source(self._number)
            if source is not None:
                # The port is chosen at connect, when it is known what it must differ from.
                sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                sock.bind(source)
            code = sock.connect_ex(target.address)
        except OSError as error:
            code = error.errno or errno.EIO
        if code not in {0, errno.EINPROGRESS}:
            self._failed(errno.errorcode.get(code, str(code)))
            return
        self._ground.watch(self, sock, writing=True)

    def leave(self, *, returns: bool) -> None:
        """Close properly; `returns` says whether to come back after a while."""
        if self.state is not State.WATCHING:
            if self._sock is not None and self.state is not State.LEAVING:
                self._drop()
                self.state = State.AWAY
            return
        now = time.monotonic()
        self.end(now)
        self._not_streaming(now)
        self._returns = returns
        self.state = State.LEAVING
        self._began = now
        self._send(messages.closing(1000))

    def end(self, now: float) -> None:
        """The tiling is over; what had been due for long has to be here."""
        self.fast = False
        self.account.end(self._due(now))

    def look(self, now: float) -> None:
        """Look after it, about once a second: timeouts, reports, whether its picture is stale."""
        match self.state:
            case State.CONNECTING | State.SHAKING | State.GREETED:
                if now - self._began > OPENING_S:
                    self._failed("timeout")
            case State.LEAVING:
                if now - self._began > CLOSING_S:
                    self._ground.figures.counts["closes"]["unanswered"] += 1
                    self._gone()
            case State.WATCHING:
                self._look_at_stream(now)

    def _look_at_stream(self, now: float) -> None:
        silence = now - self.heard
        lag = now - (self.base + self.account.next * self.per)
        if silence > SILENT_S:
            self._closed("silent", None)
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
            if self.account.standing:
                self._send(messages.command("report", sid=messages.SID, shown=shown))

    # The socket.

    def writable(self) -> None:
        """The socket can be written: it is connected, or takes more."""
        sock = self._sock
        if sock is None:
            return
        if self.state is State.CONNECTING:
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                self._failed(errno.errorcode.get(code, str(code)))
                return
            self.state = State.SHAKING
            self._key = os.urandom(16)
            plan = self._ground.plan
            self._unsent = handshake.request(plan.target, self._key, plan.token)
        unsent, self._unsent = self._unsent, b""
        self._ground.watch(self, sock, writing=False)
        if unsent:
            self._send(unsent)

    def cut(self) -> None:
        """The connection is gone."""
        if self.state is State.LEAVING:
            self._gone()
        elif self.state is State.SHAKING and self.rest:
            self._answer(self.rest, ended=True)
        elif self.state in {State.CONNECTING, State.SHAKING}:
            self._failed("reset")
        elif self.state is not State.AWAY:
            self._closed(str(NO_CLOSE), NO_CLOSE)

    def take(self, data: memoryview, now: float) -> int:
        """Take what came; return how much of it was whole."""
        if self.state is State.SHAKING:
            at = self._answer(bytes(data), ended=False)
        else:
            at = 0
        try:
            while self._sock is not None and (piece := messages.piece(data, at)) is not None:
                at = piece.stop
                self._piece(piece, now)
        except BadMessage:
            self.account.malformed()
            self._send(messages.closing(1002))
            self._closed("1002 ours", None)
        except (KeyError, TypeError, ValueError, OverflowError, IndexError, AttributeError):
            # An event without its fields, or with others than it says.
            self.account.malformed()
            self._send(messages.closing(1002))
            self._closed("1002 ours", None)
        return at

    def _send(self, data: bytes) -> None:
        sock = self._sock
        if sock is None:
            return
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return  # reading tells why
        if sent < len(data):
            self._unsent = data[sent:]
            self._ground.watch(self, sock, writing=True)

    def _drop(self) -> None:
        sock, self._sock = self._sock, None
        self.fast = False
        self.rest = self._unsent = b""
        if sock is not None:
            self._ground.unwatch(sock)
            sock.close()

    # The ends of a visit.

    def _failed(self, why: str, retry_after_s: float | None = None) -> None:
        """It never was let in."""
        self._ground.figures.counts["refused"][why] += 1
        self._drop()
        self._come_back(retry_after_s)

    def _closed(self, why: str, code: int | None) -> None:
        """The server closed, or the line is dead."""
        now = time.monotonic()
        self._ground.figures.counts["closes"][why] += 1
        self._not_streaming(now)
        if self.account.standing:
            self.account.end()
            if isinstance(self._place, dict):
                # Exactly where it stopped: a stored record is resumed without loss.
                self._place = {"sample": min(self.account.next, self._length)}
        self._drop()
        if code in FOR_GOOD:
            self._give_up()
        else:
            self._come_back(self._retry_after_s)

    def _gone(self) -> None:
        """It left, and that was answered."""
        self._drop()
        self.state = State.AWAY
        if self._returns:
            self._place = self._ground.plan.place(self._number)
            self._ground.later(self._random.uniform(*AWAY_S), self.connect)

    def _come_back(self, retry_after_s: float | None) -> None:
        self.state = State.AWAY
        delay = retry_delay(self._attempt, retry_after_s, self._random)
        self._attempt += 1
        self._ground.later(delay, self.connect)

    def _give_up(self) -> None:
        self.state = State.GIVEN_UP

    def _not_streaming(self, now: float) -> None:
        if self.streaming:
            self.streaming = False
            self._down_at = now
            self._ground.streams(now=now, up=False)

    # The handshake.

    def _answer(self, data: bytes, *, ended: bool) -> int:
        try:
            answer = handshake.answer(data, self._key, ended=ended)
        except handshake.BadAnswer:
            self._failed("bad answer")
            return len(data)
        if answer is None:
            return 0
        if answer.status == 101:
            self.state = State.GREETED
            return answer.size
        if answer.status in DENIED_FOR_NOW:
            self._failed(str(answer.status), answer.retry_after_s)
        else:
            self._ground.figures.counts["refused"][str(answer.status)] += 1
            self._drop()
            self._give_up()
        return len(data)

    # Messages.

    def _piece(self, piece: messages.Piece, now: float) -> None:
        match piece.opcode:
            case messages.PING:
                self._send(messages.masked(messages.PONG, bytes(piece.payload)))
            case messages.CLOSE:
                self._close_frame(messages.close_code(piece.payload))
            case messages.BINARY if piece.last and not self._parts:
                self._message(piece.payload, now)
            case messages.BINARY | messages.CONT:
                if bool(self._parts) is (piece.opcode == messages.BINARY):
                    raise BadMessage("parts of messages out of order")
                self._parts.append(bytes(piece.payload))
                if piece.last:
                    whole, self._parts = b"".join(self._parts), []
                    self._message(whole, now)

    def _close_frame(self, code: int) -> None:
        if self.state is State.LEAVING:
            self._gone()
            return
        self._send(messages.closing(code if code != 1005 else 1000))
        self._closed(str(code), code)

    def _message(self, payload: memoryview | bytes, now: float) -> None:
        if self.state is State.LEAVING or self._ground.stopping:
            return
        said = messages.message(payload)
        if isinstance(said, tuple):
            self._frame(*said, now)
            return
        match said["type"]:
            case "welcome":
                self._welcome(said, now)
            case "pong":
                self._pong(said, now)
            case "subscribed":
                self._subscribed(said, now)
            case "state":
                self._state(said, now)
            case "gap" if said["leads"] is None:
                self._gap(said, now)
            case "end":
                self.account.end_at(said["sample"])
            case "error":
                self._error(said)
            case "bye":
                wait = said["retry_after_ms"]
                self._retry_after_s = None if wait is None else wait / 1000

    def _welcome(self, said: dict[str, Any], now: float) -> None:
        self._ground.figures.took("connect", now - self._began)
        self.state = State.WATCHING
        self._offset = self._ground.clocks.of(said["boot"])
        self._greet()

    def _greet(self) -> None:
        """Subscribe, as soon as it is known how the server's clock stands."""
        if self._offset is not None and not self._offset.known:
            self._ask("ping", time=time.monotonic())
            return
        choice = self._ground.plan.choice(self._number)
        self._ask(
            "subscribe",
            sid=messages.SID,
            record=choice.record,
            leads=choice.leads,
            at=self._place,
            speed=self._ground.plan.speed,
            loop=True,
        )

    def _pong(self, said: dict[str, Any], now: float) -> None:
        if self._offset is not None and not self.account.standing:
            self._offset.heard(said["time"], said["server_time"], now)
            self._greet()

    def _ask(self, op: str, **fields: Any) -> None:
        self._id += 1
        self._asked = (op, fields.get("at"))
        self._asked_at = time.monotonic()
        self._send(messages.command(op, id=self._id, **fields))

    def _subscribed(self, said: dict[str, Any], now: float) -> None:
        self._length = said["length"]
        place = self._place["sample"] if isinstance(self._place, dict) else None
        self.account.begin(said["next"], place)
        self._schedule(said)
        self._first_at = ("first_frame", self._began)
        self._asked = None
        if self._reviewer is not None:
            self._move_later()

    def _state(self, said: dict[str, Any], now: float) -> None:
        account, next_ = self.account, said["next"]
        answers = said["id"] is not None and said["id"] == self._id
        op, at = self._asked if answers and self._asked is not None else (said["why"], None)
        match op:
            case "seek":
                account.end(self._due(now))
                account.begin(next_, at["sample"])
                self._held = None
            case "leads" | "live_edge":
                account.end(self._due(now))
                account.begin(next_)
                self._held = None
            case "looped":
                account.end_at(self._length)
                account.begin(next_, 0)
            case _:
                account.go_on(next_)
        old = (self.base, self.per)
        self._schedule(said)
        if answers:
            self._asked = None
            if op == "seek" and said["playing"]:
                self._first_at = ("seek", self._asked_at)
            self._move_later()
        elif op in {"behind", "loading"}:
            self._ground.figures.counts["held"][op] += 1
            self._held = (now, *old)
        elif op == "caught_up" and self._held is not None:
            since, base, per = self._held
            self._held = None
            self._ground.figures.took("held", now - since)
            # A held clock begins anew, and so do the due times. That nothing is hidden by it,
            # it enters once as a frame that is late by all that the schedule was put off.
            self._ground.figures.late.append(self.base - base + next_ * (self.per - per))

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
        self._shape(said["frame"] * self.width)
        if self._ground.seen is not None:
            names = tuple(lead["name"] for lead in said["leads"])
            record = self._ground.plan.choice(self._number).record
            self._strip = (record, names, said["dtype"])
            self.digests = self._ground.seen.of(self._strip)
        # Until the first frame was seen here.
        self.fast = False

    def _shape(self, size: int) -> None:
        shape = messages.shape_of(size)
        self.unpack = shape.head.unpack_from
        self.opening, self.samples_at = shape.opening, shape.samples

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

    def _gap(self, said: dict[str, Any], now: float) -> None:
        if said["sid"] != messages.SID:
            raise BadMessage("a gap of another subscription")
        self.account.gap(said["start"], said["stop"])
        if self._ground.seen is not None and said["reason"] == "missing":
            self._ground.seen.gap(self._strip, said["start"], said["stop"])
        self._came(now)

    def _came(self, now: float) -> None:
        """Something of the tiling came."""
        if self._first_at is not None:
            what, since = self._first_at
            self._first_at = None
            self._ground.figures.took(what, now - since)
        if not self.streaming:
            self.streaming = self.ever = True
            self._attempt = 0
            self._ground.streams(now=now, up=True)
            if self._down_at is not None:
                self._ground.figures.took("outage", now - self._down_at)
                self._down_at = None

    def _error(self, said: dict[str, Any]) -> None:
        self._ground.figures.counts["errors"][said["code"]] += 1
        asked = self._asked if said["id"] == self._id else None
        if asked is not None:
            self._asked = None
        ended = said["id"] is None and said["sid"] == messages.SID
        if not ended and (asked is None or asked[0] != "subscribe"):
            self._move_later()
            return
        # Without its subscription it has nothing to watch: it goes, and comes back if that helps.
        wait = said["retry_after_ms"]
        self._retry_after_s = None if wait is None else wait / 1000
        self._send(messages.closing(1000))
        self._closed("error", None if said["retryable"] else 1000)

    # A reviewer's moves.

    def _move_later(self) -> None:
        if self._reviewer is not None:
            visit = self._visit
            self._ground.later(self._reviewer.thinks_s(), lambda: self._move(visit))

    def _move(self, visit: int) -> None:
        watching = self.state is State.WATCHING and self._asked is None
        if self._reviewer is None or visit != self._visit or not watching:
            return
        op, fields = self._reviewer.move(playing=self._playing)
        self._ask(op, sid=messages.SID, **fields)

    def _due(self, now: float) -> int | None:
        """Return the sample before which all should be here, a stale picture's time aside."""
        if math.isinf(self.base):
            return None
        return min(self._length, math.floor((now - STALE_S - self.base) / self.per))


IP_BIND_ADDRESS_NO_PORT: Final = getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24)
