"""What every subscription of a process is handed."""

from dataclasses import dataclass, field
from typing import Protocol

from ecgstream.viewer.clock import Clock
from ecgstream.viewer.counts import Counts
from ecgstream.viewer.lane import Lanes
from ecgstream.viewer.wheel import Wheel


class Slow(Protocol):
    """Who can have a slow viewer."""

    @property
    def slow(self) -> bool:
        """Whether it has one now."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every subscription is handed. `patience_s`: how long data may be waited for."""

    wheel: Wheel
    clock: Clock
    patience_s: float
    counts: Counts = field(default_factory=Counts)
    lagging: set[Slow] = field(default_factory=set)
    """Those whose viewer was slow when last seen so: see `slow`."""
    lanes: Lanes = field(init=False)

    def __post_init__(self) -> None:
        """Lay out the lanes."""
        object.__setattr__(self, "lanes", Lanes(self.wheel, self.counts))

    def slow(self) -> int:
        """Return how many subscriptions have a slow viewer now."""
        # Looked through when somebody asks: to ask all of them would hold up the loop.
        self.lagging.difference_update([one for one in self.lagging if not one.slow])
        return len(self.lagging)
