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
class Beats:
    """R peaks in the frame before, at `samples`, for research and education.

    `symbols`, WFDB's, has one for each: `Q` where nobody has classified them. `source` is the
    detector, its version, and the lead it looked at.
    """

    samples: tuple[int, ...]
    symbols: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Numeric:
    """A value that holds from `sample` on, for research and education.

    `name` is `hr`, in /min, or `pause`: how long (s) one lasts by then. `value` None: there is none
    now, and `reason` says why. `method` says how it is found.
    """

    name: str
    sample: int
    value: float | None
    unit: str
    method: str
    reason: str | None


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
