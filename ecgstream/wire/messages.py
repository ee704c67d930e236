"""What a client is sent, as values: the counterpart of `commands.decode`. Pure."""

from typing import Any, Final

import msgpack
import msgspec

from ecgstream.wire.events import (
    Beats,
    Bye,
    End,
    Error,
    Event,
    Gap,
    Heartbeat,
    Numeric,
    Pong,
    State,
    Subscribed,
    Unsubscribed,
    Welcome,
)

Told = (
    Welcome
    | Subscribed
    | Unsubscribed
    | State
    | Gap
    | Beats
    | Numeric
    | End
    | Heartbeat
    | Pong
    | Error
    | Bye
)  # fmt: skip
"""The events that a client has to understand; `Identify` is for screens."""

_KNOWN: Final = frozenset(str(kind.__struct_config__.tag) for kind in Told.__args__)


class BadMessage(Exception):
    """What came is no message of a server that keeps to the protocol."""


def message(payload: memoryview | bytes) -> dict[str, Any] | tuple[int, int, int, memoryview]:
    """Return an event, or a frame as (sid, start, count, samples). Raises BadMessage.

    For any encoding that msgpack allows: another server may choose other widths than ours.
    """
    try:
        value = msgpack.unpackb(payload)
    except (ValueError, msgpack.UnpackException) as error:
        raise BadMessage(f"not one msgpack value: {error}") from None
    if isinstance(value, dict) and isinstance(value.get("type"), str):
        return value
    if isinstance(value, list) and len(value) == 4:
        sid, start, count, samples = value
        whole = all(type(one) is int for one in (sid, start, count))
        if whole and isinstance(samples, bytes):
            return sid, start, count, memoryview(samples)
    raise BadMessage("neither an event nor a signal frame")


def event(said: dict[str, Any]) -> Event | None:
    """Return an event of `message` as a typed value; None for a type that is not known.

    Fields that are not known are passed over. Raises BadMessage.
    """
    if said["type"] not in _KNOWN:
        return None
    try:
        told: Event = msgspec.convert(said, Told)
    except msgspec.ValidationError as error:
        raise BadMessage(f"{said['type']}: {error}") from None
    return told
