"""What a viewer asks, as typed values (PROTOCOL, Commands).

In a command a field that is nil counts as left out. A number outside its stated limits is
`out_of_range`; a wrong type, NaN, or an unknown or missing field is `bad_field`.
"""

import math
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from ecgstream.errors import BadField, EcgstreamError, OutOfRange, UnknownOp

MAX_DEPTH: Final = 8
MAX_INT: Final = 2**53
MAX_SID: Final = 127
SPEEDS: Final = (0.1, 32.0)
MAX_AHEAD_S: Final = 10.0


class Unreadable(Exception):
    """A message that is not one msgpack map, or too deep: the socket closes with 4400."""


class BadCommand(Exception):
    """A map that is no command; `cause` says why, `id` and `sid` are what could be read of it."""

    def __init__(self, cause: EcgstreamError, id_: int | None, sid: int | None) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.id = id_
        self.sid = sid


@dataclass(frozen=True, slots=True)
class At:
    """A place asked for: `value` in samples, seconds from the start, or seconds of `start_time`."""

    scale: Literal["sample", "seconds", "time", "live", "shared"]
    value: float = 0


class _Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op"):
    id: int


class Subscribe(_Command, frozen=True, tag="subscribe"):
    """Play `record` on `sid`."""

    sid: int
    record: str
    leads: list[str] | None = None
    at: dict[str, float | int | None] | str | None = None
    speed: float | None = None
    paused: bool | None = None
    loop: bool | None = None
    ahead: float | None = None


class Unsubscribe(_Command, frozen=True, tag="unsubscribe"):
    """End `sid`."""

    sid: int


class Play(_Command, frozen=True, tag="play"):
    """Let the clock run."""

    sid: int


class Pause(_Command, frozen=True, tag="pause"):
    """Stop the clock."""

    sid: int


class Seek(_Command, frozen=True, tag="seek"):
    """Go to another place."""

    sid: int
    at: dict[str, float | int | None] | str | None = None


class Speed(_Command, frozen=True, tag="speed"):
    """Play faster or slower."""

    sid: int
    speed: float


class Leads(_Command, frozen=True, tag="leads"):
    """Show other leads of the same rate."""

    sid: int
    leads: list[str] | None = None


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="report"):
    """What is on the screen: the index of its newest sample. Has no answer."""

    sid: int
    shown: int


class Ping(_Command, frozen=True, tag="ping"):
    """Ask for the server's time."""

    time: float | int


Command = Subscribe | Unsubscribe | Play | Pause | Seek | Speed | Leads | Report | Ping
OPS: Final = frozenset(
    ["subscribe", "unsubscribe", "play", "pause", "seek", "speed", "leads", "report", "ping"],
)
_DECODER: Final = msgspec.msgpack.Decoder(Command)


def decode(message: bytes) -> Command:
    """Return the command in one binary message. Raises Unreadable and BadCommand."""
    try:
        command: Command = _DECODER.decode(message)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        # ValueError: the name of a field is no UTF-8.
        command = _second_look(message, error)
    try:
        check(command)
    except EcgstreamError as error:
        # A report has no `id`, and an error with a `sid` alone would end that subscription.
        id_ = None if isinstance(command, Report) else _readable(command.id)
        sid = None if id_ is None else _readable_sid(getattr(command, "sid", None))
        raise BadCommand(error, id_, sid) from None
    return command


def place(at: dict[str, float | int | None] | str | None) -> At:
    """Return the place that the field `at` asks for. Raises BadField."""
    if at is None:
        return At("sample")
    if at == "live":
        return At("live")
    if at == "shared":
        return At("shared")
    said = (
        {scale: value for scale, value in at.items() if value is not None}
        if (isinstance(at, dict))
        else {}
    )
    match list(said.items()):
        case [("sample", int(value))]:
            return At("sample", value)
        case [("seconds", float(value) | int(value))] if math.isfinite(value):
            return At("seconds", value)
        case [("time", float(value) | int(value))] if math.isfinite(value):
            return At("time", value)
    raise BadField(
        'at: expected {"sample": whole number}, {"seconds": number}, {"time": number}, '
        '"live" or "shared"',
    )


def checked_speed(speed: float) -> float:
    """Return `speed` if it is one. Raises BadField, OutOfRange."""
    if math.isnan(speed) or math.isinf(speed):
        raise BadField("speed: not a finite number")
    if not SPEEDS[0] <= speed <= SPEEDS[1]:
        raise OutOfRange(f"speed: {speed:g} is not within {SPEEDS[0]:g} to {SPEEDS[1]:g}")
    return float(speed)


def check(command: Command) -> None:
    """Raise BadField or OutOfRange for what the types cannot say."""
    if not isinstance(command, Report) and not 0 <= command.id < MAX_INT:
        raise OutOfRange("id: not within 0 to 2^53")
    if not isinstance(command, Ping) and not 1 <= command.sid <= MAX_SID:
        raise OutOfRange(f"sid: {command.sid} is not within 1 to {MAX_SID}")
    match command:
        case Ping(time=time) if not math.isfinite(time):
            raise BadField("time: not a finite number")
        case Report(shown=shown) if not -1 <= shown < MAX_INT:
            raise OutOfRange(f"shown: {shown} is no sample index")
        case Seek(at=None):
            raise BadField("at: missing")
        case Seek(at=at):
            place(at)
        case Speed(speed=speed):
            checked_speed(speed)
        case Subscribe():
            place(command.at)
            checked_speed(1.0 if command.speed is None else command.speed)
            _check_ahead(command.ahead or 0.0)


def _check_ahead(ahead: float) -> None:
    if not math.isfinite(ahead):
        raise BadField("ahead: not a finite number")
    if not 0 <= ahead <= MAX_AHEAD_S:
        raise OutOfRange(f"ahead: {ahead:g} s is not within 0 to {MAX_AHEAD_S:g}")


def _second_look(message: bytes, error: Exception) -> Command:
    """Return a command that only nils kept from being read, or say why it is none.

    The slow way, for few messages.
    """
    try:
        value = msgspec.msgpack.decode(message)
    except (msgspec.DecodeError, RecursionError, TypeError, ValueError, OverflowError):
        raise Unreadable("not one msgpack value") from error
    if not isinstance(value, dict):
        raise Unreadable("not a msgpack map") from error
    if _deeper_than(value, MAX_DEPTH):
        raise Unreadable(f"nested deeper than {MAX_DEPTH}") from error
    said = {field: entry for field, entry in value.items() if entry is not None}
    op = said.get("op")
    cause: EcgstreamError
    if isinstance(op, str) and op not in OPS:
        cause = UnknownOp(f"op: {op[:40]!r} is not known; known are {', '.join(sorted(OPS))}")
    else:
        try:
            command: Command = msgspec.convert(said, Command)
        except (msgspec.ValidationError, TypeError) as second:
            cause = BadField(str(second))
        else:
            return command
    id_ = _readable(said.get("id"))
    sid = None if id_ is None or op == "report" else _readable_sid(said.get("sid"))
    raise BadCommand(cause, id_, sid)


def _readable(value: Any, least: int = 0, most: int = MAX_INT - 1) -> int | None:
    """Return `value` if it can be sent back as an id."""
    usable = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    return value if usable else None


def _readable_sid(value: Any) -> int | None:
    return _readable(value, 1, MAX_SID)


def _deeper_than(value: Any, most: int) -> bool:
    """Say whether maps and arrays nest deeper than `most` (the outermost is 1)."""
    level = [value]
    for _ in range(most):
        level = [
            inner
            for outer in level
            for inner in ((*outer, *outer.values()) if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list, tuple))
        ]
        if not level:
            return False
    return True
