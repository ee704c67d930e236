"""Recorded sessions: what a viewer did, event by event, and which samples were in sight.

The log is a list of events in the order of their time. A `view` says only what changed since the
one before it; the first event is a whole one. `static/js/sessions/log.js` is the other side.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecgstream.errors import BadField

MOST_MS: Final = 24 * 3600 * 1000
"""A session lasts a day at most."""
BATCH: Final = 2_000
"""Events that come at once: a busy hand makes 40 a second."""
MOST_EVENTS: Final = 1_000_000
TITLE_MOST: Final = 200
NOTICE: Final = "Not for diagnosis. Not a medical device."

JUMP_S: Final = 0.5
"""Seconds by which a pen may be elsewhere than it was to be before it was set down there."""

Ms = Annotated[int, Meta(ge=0, le=MOST_MS)]
Sample = Annotated[float, Meta(ge=0, lt=2**53)]
At = Annotated[float, Meta(gt=-(2**53), lt=2**53)]
Seconds = Annotated[float, Meta(gt=0, le=1e8)]
Positive = Annotated[float, Meta(gt=0, le=1e6)]
Name = Annotated[str, Meta(max_length=200)]
Part = Annotated[float, Meta(ge=-10, le=10)]


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the author looked apart from what was played: the first sample, and for how long."""

    start: At
    window_s: Seconds


class Looks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the picture was drawn."""

    mode: Literal["fit", "calibrated"]
    window_s: Seconds
    mm_per_s: Positive
    mm_per_mv: Positive
    motion: Literal["sweep", "scroll"]
    sheet: Annotated[str, Meta(max_length=20)]


class Sight(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was in sight: so many seconds from `start` on; None = those before the pen.

    `drawn`: sample by sample, or only the lowest and highest of each stretch of them.
    """

    start: At | None
    window_s: Seconds
    drawn: Literal["samples", "envelope", "outline"]


class Screen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How large the picture was, in CSS pixels."""

    width: Annotated[int, Meta(ge=0, le=100_000)]
    height: Annotated[int, Meta(ge=0, le=100_000)]


class View(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="view"):
    """How the viewer stood from `t` on, as far as it changed.

    `sample`: the first one not on the screen, with a fraction; while `moving` it goes on by `fs` *
    `speed` a second. `filter` and `calipers` as in the address of a view.
    """

    t: Ms
    sample: Sample | UnsetType = UNSET
    moving: bool | UnsetType = UNSET
    playing: bool | UnsetType = UNSET
    speed: Positive | UnsetType = UNSET
    fs: Positive | UnsetType = UNSET
    leads: Annotated[list[Name], Meta(min_length=1, max_length=256)] | UnsetType = UNSET
    looks: Looks | UnsetType = UNSET
    times: dict[Name, Part] | UnsetType = UNSET
    filter: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    look: Look | UnsetType | None = UNSET
    calipers: Annotated[str, Meta(max_length=8_000)] | UnsetType = UNSET
    sight: Sight | UnsetType = UNSET
    screen: Screen | UnsetType = UNSET

    @property
    def lacking(self) -> list[str]:
        """The fields that are not said."""
        return [name for name in self.__struct_fields__ if getattr(self, name) is UNSET]


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the pointer was, as parts of the picture, and on which sample and voltage."""

    x: Part
    y: Part
    sample: At | None
    lead: Name | None
    mv: Annotated[float, Meta(ge=-1e6, le=1e6)] | None
    down: bool


class Pointer(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="pointer"
):
    """The pointer came there; None: it left the picture."""

    t: Ms
    place: Place | None


class Mark(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="mark"):
    """An annotation that was made, changed or removed; its samples count at `fs`."""

    t: Ms
    change: Literal["added", "changed", "removed"]
    id: Name
    fs: Positive
    sample: Sample
    stop: Sample | None
    lead: Name | None
    symbol: Annotated[str, Meta(max_length=64)]
    text: Annotated[str, Meta(max_length=10_000)]


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="note"):
    """Something that the author wrote down while `sample` was on the screen."""

    t: Ms
    text: Annotated[str, Meta(min_length=1, max_length=2_000)]
    sample: Sample


Event = View | Pointer | Mark | Note

_LINES: Final = msgspec.json.Decoder(Event)


@dataclass(frozen=True, slots=True)
class Seen:
    """Samples [start, stop) of `leads` at `fs` Hz that were in sight, drawn so."""

    leads: tuple[str, ...]
    fs: float
    start: int
    stop: int
    drawn: str = "samples"


def check_order(events: Sequence[Event], last_ms: int, *, first: bool) -> None:
    """Raise BadField where times go back, or the first event of a log is not a whole view."""
    if first and events and not (isinstance(events[0], View) and not events[0].lacking):
        lacking = ", ".join(events[0].lacking) if isinstance(events[0], View) else "kind"
        raise BadField(f"events: a log begins with a view that says everything, not {lacking}")
    for place, event in enumerate(events):
        if event.t < last_ms:
            raise BadField(f"events: event {place} is of {event.t} ms, the one before {last_ms} ms")
        last_ms = event.t


def read(lines: Iterable[bytes]) -> list[Event]:
    """Return the events of a log, a line each."""
    return [_LINES.decode(line) for line in lines]


def seen(events: Iterable[Event], lasted_ms: int) -> list[Seen]:
    """Return what was in sight in a session that lasted so long; what overlaps is one.

    In the order in which the leads were first seen so, then of the samples.
    """
    spans: dict[tuple[tuple[str, ...], float, str], list[tuple[int, int]]] = {}
    views = [event for event in events if isinstance(event, View)]
    stood: dict[str, Any] = {}
    pen_t = 0
    for place, view in enumerate(views):
        stood |= {name: getattr(view, name) for name in view.__struct_fields__[1:]
                  if getattr(view, name) is not UNSET}  # fmt: skip
        if view.sample is not UNSET:
            pen_t = view.t
        after = views[place + 1] if place + 1 < len(views) else None
        until = max(view.t, after.t if after else lasted_ms)
        rate = stood["fs"] * stood["speed"] if stood["moving"] else 0.0
        begin, end = (stood["sample"] + (t - pen_t) / 1000 * rate for t in (view.t, until))
        if after is not None and after.sample is not UNSET:
            # Not a jump: it went there.
            near = JUMP_S * stood["fs"] * max(1.0, stood["speed"])
            end = max(end, after.sample) if abs(after.sample - end) <= near else end
        key = (tuple(stood["leads"]), stood["fs"], stood["sight"].drawn)
        spans.setdefault(key, []).append(_in_sight(stood["sight"], stood["fs"], begin, end))
    return [
        Seen(leads, fs, start, stop, drawn)
        for (leads, fs, drawn), found in spans.items()
        for start, stop in joined(found)
        if stop > start
    ]


def _in_sight(sight: Sight, fs: float, begin: float, end: float) -> tuple[int, int]:
    """Return samples [start, stop) in sight while the pen went from `begin` to `end`."""
    count = sight.window_s * fs
    low, high = (begin - count, end) if sight.start is None else (sight.start, sight.start + count)
    return max(0, math.floor(low)), max(0, math.ceil(high))


def joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return what `spans` [start, stop) cover together, sorted and apart from each other."""
    found: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], stop))
        else:
            found.append((start, stop))
    return found
