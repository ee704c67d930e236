"""What a stream gives besides frames."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing is there for samples [start, stop) of any lead: it stands in place of frames.

    `reason` is `missing`, `corrupt`, `lead_off`, `source_offline`, `slow_viewer` or
    `not_recovered`.
    """

    start: int
    stop: int
    reason: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Why samples [start, stop) of `leads` are missing in the frames that follow."""

    start: int
    stop: int
    reason: str
    leads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """Something changed. What follows begins at sample `next`.

    `why`, with a place of its own (the only jumps there are): `seek`, `leads`, `looped`,
    `live_edge`, and `resumed` where everybody's place is watched.

    `why`, at the place where the stream stood: `play`, `pause`, `speed`; `behind` and `loading`
    (the server holds the clock, for us or for its disk), `caught_up`, `drift`; and of the line
    itself:

    - `stale`: for 1.8 s nothing came, or what came is so much behind the playhead;
    - `lost`: the line is lost for the reason in `detail`; it is tried again in `retry_in_s`;
    - `resumed`: it is there again.
    """

    why: str
    next: int
    detail: str = ""
    retry_in_s: float | None = None
