"""Where a server's monotonic clock stands against ours. Pure."""

import math
from dataclasses import dataclass
from typing import Final

ENOUGH: Final = 8
"""Pings after which the offset of one `boot` is taken as known."""


@dataclass(slots=True)
class Offset:
    """Our monotonic time less the server's lies within [low, high] (s).

    Each `pong` says so: its server time fell between our sending and our receiving. The
    narrowest ping counts, and all of them together.
    """

    low: float = -math.inf
    high: float = math.inf
    pings: int = 0

    def heard(self, sent: float, server: float, received: float) -> None:
        """Take one ping: our time at sending, the server's, ours at receiving the answer."""
        self.low = max(self.low, sent - server)
        self.high = min(self.high, received - server)
        self.pings += 1

    @property
    def known(self) -> bool:
        """Whether it needs no more pings."""
        return self.pings >= ENOUGH

    @property
    def seconds(self) -> float:
        """The offset to be used: 0 where that can be, else the middle."""
        # Where the two clocks agree to within a round trip they are the same clock, that of one
        # machine: then the offset is exactly 0, however slow the pings were.
        if self.low <= 0 <= self.high:
            return 0.0
        return (self.low + self.high) / 2 if math.isfinite(self.low + self.high) else 0.0

    @property
    def error_s(self) -> float:
        """How far `seconds` may be wrong."""
        return 0.0 if self.low <= 0 <= self.high else (self.high - self.low) / 2


class Clocks:
    """The offsets by `boot`: the time of another server, or of another start, is another clock."""

    def __init__(self, known: dict[str, Offset] | None = None) -> None:
        self._known = dict(known or {})

    def of(self, boot: str) -> Offset:
        """Return the offset of that start of a server, unknown at first."""
        return self._known.setdefault(boot, Offset())

    @property
    def error_s(self) -> float:
        """The largest error of all that were used."""
        return max((offset.error_s for offset in self._known.values() if offset.pings), default=0.0)
