"""What we tell a viewer (PROTOCOL, Events)."""

from typing import Any, Final

import msgspec

from ecgstream.model.block import Dtype
from ecgstream.model.record import Lead
from ecgstream.wire.frames import framed
from ecgstream.wire.notes import NoteMark

_ENCODER: Final = msgspec.msgpack.Encoder()


class Clock(msgspec.Struct, frozen=True):
    """The playhead at server time t (s) is `sample + (t - time) * rate`."""

    sample: int
    time: float
    rate: float


class LeadInfo(msgspec.Struct, frozen=True):
    """`physical = (value - baseline) / gain` in `unit`."""

    name: str
    unit: str | None
    gain: float
    baseline: float

    @classmethod
    def of(cls, lead: Lead) -> "LeadInfo":
        """Return what the wire says of a lead."""
        return cls(lead.name, lead.unit, lead.gain, lead.baseline)


class Event(msgspec.Struct, frozen=True, tag_field="type", kw_only=True):
    """A message to the viewer; its type is the class name in small letters."""

    def encode(self) -> bytes:
        """Return it as one framed WebSocket message."""
        return framed(_ENCODER.encode(self))


class Welcome(Event, frozen=True, tag="welcome"):
    """The first message on every socket that stays open. Times in seconds."""

    server: str
    boot: str
    time: float
    utc: float
    limits: dict[str, Any]
    user: str
    notice: str
    protocol: int = 1


class Subscribed(Event, frozen=True, tag="subscribed", omit_defaults=True):
    """A subscription stands; what follows of `sid` tiles the samples from `next` on.

    `dates_shifted` and `version` are ours beside the protocol's fields, sent only where they say
    something. What `version` names never changes: with another one nothing held is of use.
    """

    id: int | None
    sid: int
    record: str
    kind: str
    fs: float
    leads: list[LeadInfo]
    dtype: Dtype
    frame: int
    next: int
    length: int
    start_time: float | None
    zone: str | None
    playing: bool
    speed: float
    clock: Clock
    dates_shifted: bool = False
    version: str = ""


class Unsubscribed(Event, frozen=True, tag="unsubscribed"):
    """Nothing more comes of `sid`; it is free again."""

    id: int
    sid: int


class State(Event, frozen=True, tag="state"):
    """The answer to play, pause, seek, speed and leads; unasked (`id` nil) with `why`."""

    id: int | None
    sid: int
    why: str | None
    next: int
    leads: list[LeadInfo]
    dtype: Dtype
    frame: int
    speed: float
    playing: bool
    clock: Clock


class Waiting(Event, frozen=True, tag="waiting"):
    """What `sid` waits for cannot be had at the moment, and why; it is read again and again."""

    sid: int
    message: str


class Gap(Event, frozen=True, tag="gap"):
    """[start, stop) holds no sample of any lead; with `leads`, a remark on missing values."""

    sid: int
    start: int
    stop: int
    reason: str
    leads: list[str] | None = None


class Beats(Event, frozen=True, tag="beats"):
    """Beats at `samples`, sorted; `symbols` are WFDB's, one each; `source` says who found them."""

    sid: int
    samples: list[int]
    symbols: list[str]
    source: str


class Numeric(Event, frozen=True, tag="numeric"):
    """A value that holds at `sample`; None: not valid now, and `reason` says why."""

    sid: int
    name: str
    sample: int
    value: float | None
    unit: str
    method: str
    reason: str | None = None


class End(Event, frozen=True, tag="end"):
    """Sample `length` is due."""

    sid: int
    sample: int


class Heartbeat(Event, frozen=True, tag="heartbeat"):
    """Nothing else to say, but the line is alive."""

    time: float


class Pong(Event, frozen=True, tag="pong"):
    """The client's time back, and ours."""

    id: int
    time: float | int
    server_time: float


class Error(Event, frozen=True, tag="error", omit_defaults=True):
    """A command that failed; with `id` nil and a `sid`, the end of that subscription.

    `replaced`, sent only where it is true: the record is another one now under its old name.
    """

    id: int | None
    sid: int | None
    code: str
    message: str
    retryable: bool
    retry_after_ms: int | None
    replaced: bool = False


class Annotation(Event, frozen=True, tag="annotation"):
    """What became of an annotation of a record that is watched: `added`, `changed`, `removed`.

    With `set` for `change` there is no `annotation`: the whole set has to be asked for anew.
    """

    record: str
    change: str
    set: str
    annotation: NoteMark | None


class Identify(Event, frozen=True, tag="identify"):
    """Show `name`, in large letters, for so many seconds: somebody looks for that screen."""

    name: str
    seconds: float


class Bye(Event, frozen=True, tag="bye"):
    """The last message before the server closes."""

    code: int
    reason: str
    retry_after_ms: int | None
