"""Which sample is due at a moment."""

import math
from dataclasses import dataclass, field
from typing import Final

EDGE: Final = 1e-6
"""In samples: a sample that is due within a millionth of an interval is due (float rounding)."""


@dataclass(frozen=True, slots=True)
class Pacer:
    """A playhead that runs: at time `anchor_time` (s) it stands at sample `anchor`.

    `fs` in Hz, `speed` in multiples of real time.
    """

    fs: float
    anchor: int
    anchor_time: float
    speed: float = 1.0
    rate: float = field(init=False)
    """Samples a second of wall time; kept, for it is asked for with every frame."""

    def __post_init__(self) -> None:
        """Work out the rate."""
        object.__setattr__(self, "rate", self.fs * self.speed)

    def due(self, now: float) -> int:
        """Return the sample index due at `now`; the samples before it should be sent."""
        # Counted from the anchor, never accumulated: a late wake-up is made up for
        # on the next one, and an hour of rounding errors cannot add up to drift.
        return self.anchor + math.floor((now - self.anchor_time) * self.rate + EDGE)

    def time_of(self, sample: int) -> float:
        """Return the moment (s) at which `sample` is due."""
        return self.anchor_time + (sample - self.anchor) / self.rate

    def again(self, now: float, *, speed: float | None = None) -> "Pacer":
        """Return the same playhead anchored anew at `now`, at the whole sample at or before it."""
        return Pacer(self.fs, self.due(now), now, self.speed if speed is None else speed)


def shared_sample(utc: float, fs: float, length: int) -> tuple[int, float]:
    """Return where everybody who asks for `shared` is at `utc` (s since 1970), and since when.

    The sample is floor(utc * fs) mod length; the second value is the part of a sample, in
    seconds, by which the playhead is past it, so that viewers who come at different moments
    keep one exact playhead.
    """
    whole = math.floor(utc * fs)
    return whole % length, (utc * fs - whole) / fs
