"""What one process of a load test counts, and what it hands over at the end."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from ecgstream.loadtest.account import Totals
from ecgstream.loadtest.lateness import Times
from ecgstream.loadtest.verify import Seen

Encoded = tuple[bytes, float, float]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How it goes: sent to the parent all the time. `p99_s` is of the last moment."""

    opened: int
    streaming: int
    given_up: int
    frames: int
    p99_s: float | None


@dataclass(frozen=True, slots=True)
class Own:
    """What the measuring process itself took while it measured, in seconds.

    `starved_s` is the time it could have run but had no core.
    """

    wall_s: float
    cpu_s: float
    starved_s: float
    frames: int
    lag: Encoded


@dataclass(frozen=True, slots=True)
class Result:
    """All of one process, as plain values."""

    times: dict[str, Encoded]
    counts: dict[str, Counter[str]]
    totals: Totals
    own: Own
    seen: Seen | None
    first_all_streaming_s: float | None
    """Monotonic time, which all processes of a machine share."""
    outages: list[tuple[float, float | None]]
    """From when to when not all of its viewers were streaming, once they had been."""
    began_s: float
    never_streamed: int
    streaming: int
    """Viewers that streamed at the end."""
    unpaced: int
    clock_error_s: float


class Figures:
    """Counters and times of one process. `late` is filled by the loop and emptied by `flush`."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self.frames = 0
        self.unpaced = 0
        """Frames that came while the clock stood."""
        self.recent_p99: float | None = None
        """Of the frames of the last moment (s)."""
        self.times = {
            name: Times()
            for name in (
                "lateness",
                "ramp_lateness",
                "connect",
                "first_frame",
                "seek",
                "outage",
                "held",
            )
        }
        self.counts: dict[str, Counter[str]] = {
            name: Counter() for name in ("refused", "closes", "errors", "held", "stale")
        }
        self.phase = "ramp_lateness"
        """Where lateness goes."""
        self._small: dict[str, list[float]] = {}

    def took(self, what: str, seconds: float) -> None:
        """Note a time that is not taken for every frame."""
        self._small.setdefault(what, []).append(seconds)

    def measure(self) -> None:
        """From now on it counts."""
        self.flush()
        self.phase = "lateness"

    def flush(self) -> None:
        """Put what was collected into the histograms."""
        # Of a clock that stands the due time is infinite, so that the loop need not ask.
        all_ = np.array(self.late)
        late = all_[np.isfinite(all_)]
        self.frames += len(all_)
        self.unpaced += len(all_) - len(late)
        self.late.clear()
        self.times[self.phase].record(late)
        if len(late):
            self.recent_p99 = float(np.percentile(late, 99))
        for what, values in self._small.items():
            self.times[what].record(values)
        self._small.clear()


@dataclass(slots=True)
class Outages:
    """When all were streaming, and when not."""

    viewers: int
    streaming: int = 0
    first_all: float | None = None
    spans: list[tuple[float, float | None]] = field(default_factory=list)

    def up(self, now: float) -> None:
        """One more is streaming."""
        self.streaming += 1
        if self.streaming == self.viewers:
            if self.first_all is None:
                self.first_all = now
            elif self.spans and self.spans[-1][1] is None:
                self.spans[-1] = (self.spans[-1][0], now)

    def down(self, now: float) -> None:
        """One less is."""
        if self.streaming == self.viewers and self.first_all is not None:
            self.spans.append((now, None))
        self.streaming -= 1
