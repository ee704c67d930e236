"""What came of one subscription, where it stands, and whether anything is missing. Pure."""

from typing import Final

import msgspec
import numpy as np

from ecgstream.client.errors import BadAnswer
from ecgstream.client.items import Gap, Remark, State
from ecgstream.client.signal import Frame
from ecgstream.model.block import NUMPY
from ecgstream.wire import events

JUMPS: Final = frozenset({"seek", "leads", "looped", "live_edge"})
"""Commands and reasons whose `state` begins a new tiling; all others go on where it stands."""


def _fault(words: str) -> BadAnswer:
    """Return the error for a stream that is not what it should be: another line may be."""
    return BadAnswer(words, retryable=True)


class Tiling:
    """The tiling of a subscription: each thing begins where the one before stopped.

    All that takes a message raises BadAnswer for one that does not fit, and then has not changed.
    """

    def __init__(self, said: events.Subscribed) -> None:
        self.about = said
        """What the server said of it, the latest state worked in."""
        self.next = said.next
        """The first sample that has not come."""
        self.ended = False
        """Whether the end of the record was reached, and nothing has moved since."""

    def resume(self, said: events.Subscribed) -> None:
        """Go on with another subscription, of the same leads and from `next` on."""
        was = self.about
        if (said.record, said.fs, said.leads) != (was.record, was.fs, was.leads):
            raise BadAnswer(f"record {was.record!r} is not what it was: its rate or leads changed")
        if said.next != self.next:
            raise _fault(f"asked for sample {self.next}, but the stream begins at {said.next}")
        self.about = said

    def join(self, said: events.Subscribed) -> None:
        """Go on with another subscription, wherever it begins."""
        self.about, self.next = said, said.next

    def frame(self, start: int, count: int, samples: memoryview) -> Frame:
        """Take the next frame."""
        about = self.about
        dtype = NUMPY[about.dtype]
        if count < 1 or len(samples) != count * len(about.leads) * dtype.itemsize:
            raise _fault("a frame of another size than its count and leads say")
        self._go_on(start, start + count)
        values = np.frombuffer(samples, dtype).reshape(-1, count)
        leads = tuple(about.leads)
        return Frame(about.record, start, start + count, about.fs, about.dtype, leads, values)

    def gap(self, said: events.Gap) -> Gap | Remark:
        """Take a gap, or a remark on missing values inside of frames."""
        if said.leads is not None:
            return Remark(said.start, said.stop, said.reason, tuple(said.leads))
        self._go_on(said.start, said.stop)
        return Gap(said.start, said.stop, said.reason)

    def state(self, said: events.State, op: str | None) -> State:
        """Take a state: the answer to the command `op`, or (None) said unasked."""
        why = op or said.why or "state"
        if why == "looped" and (said.next != 0 or self.next != self.about.length):
            raise _fault(f"looped to {said.next} at sample {self.next} of {self.about.length}")
        if why not in JUMPS and said.next != self.next:
            raise _fault(f"a hole: at sample {self.next} the stream goes on at {said.next}")
        self.next = said.next
        self.about = msgspec.structs.replace(
            self.about,
            next=said.next,
            leads=said.leads,
            dtype=said.dtype,
            frame=said.frame,
            speed=said.speed,
            playing=said.playing,
            clock=said.clock,
        )
        self.ended = self.ended and why not in JUMPS
        return State(why, said.next)

    def end(self, said: events.End) -> None:
        """Take the end of the record."""
        if said.sample != self.next:
            raise _fault(f"a hole: at sample {self.next} the stream ends at {said.sample}")
        clock = events.Clock(said.sample, self.about.clock.time, 0.0)
        self.about = msgspec.structs.replace(self.about, playing=False, clock=clock)
        self.ended = True

    def due(self, server_time: float) -> float:
        """Return the playhead at that time of the server's clock (s), in samples."""
        clock = self.about.clock
        playhead = clock.sample + (server_time - clock.time) * clock.rate
        return min(playhead, self.about.length) if self.about.kind == "stored" else playhead

    def lag_s(self, server_time: float) -> float:
        """Return how far the newest sample is behind the playhead, in seconds of wall time."""
        rate = self.about.clock.rate
        return max(0.0, (self.due(server_time) - self.next) / rate) if rate > 0 else 0.0

    def _go_on(self, start: int, stop: int) -> None:
        if start != self.next:
            what = "a hole" if start > self.next else "something sent twice"
            raise _fault(f"{what}: after sample {self.next} comes {start}")
        if stop <= start:
            raise _fault(f"samples [{start}, {stop}) are none")
        self.next = stop
