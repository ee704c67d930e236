"""Whether one more viewer may come: decided before those who are here get late.

Pure but for the counts it keeps; `now` is an argument.
"""

import math
import random
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import Final

from ecgstream.errors import Refused, TooManyFromAddress

DECAY_S: Final = 1.0
"""Lateness is judged by its mean over about this time: a single pause of 0.1 s is no overload."""
STALL_S: Final = 0.25
"""Later than this is a process that stood still: nobody is to be refused long after it goes on."""
RETURN_MS: Final = (2_000, 6_000)
"""Who is refused comes back spread over this time."""
BURST_S: Final = 0.5
"""Handshakes of so much time may come at once."""


LATENESS_S: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Bounds by which lateness is counted. A slot is 5 ms; 250 ms and more are seen on the screen."""


class Strain:
    """How late the wheel is, in seconds: the sign that this process has enough.

    Noted for each slot, two hundred times a second, so it is a few plain numbers.
    """

    def __init__(self) -> None:
        self.counts = [0] * (len(LATENESS_S) + 1)
        """Slots by lateness: at most LATENESS_S[k], and more than all of these."""
        self.sum = 0.0
        """Lateness of all slots together (s)."""
        self._mean = 0.0
        self._at = -math.inf

    def observe(self, late_s: float, now: float) -> None:
        """Take note of a slot that was fired `late_s` after its end."""
        self.counts[bisect_left(LATENESS_S, late_s)] += 1
        self.sum += late_s
        keep = math.exp((self._at - now) / DECAY_S)
        # Who was stopped for a minute has no more to do than who stood for a moment.
        late_s = min(late_s, STALL_S)
        self._mean = late_s + (self._mean - late_s) * keep
        self._at = now

    def at(self, now: float) -> float:
        """Return the mean lateness (s) as it is `now`; it fades where nothing is fired at all."""
        return self._mean * math.exp(min(0.0, self._at - now) / DECAY_S)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a process takes on; 0 = no limit.

    `viewers` in all and `per_address`; `per_s` new ones a second; `late_s`: mean lateness of the
    wheel above which nobody more comes in.
    """

    viewers: int = 0
    per_address: int = 0
    per_s: float = 0.0
    late_s: float = 0.0


class Admission:
    """The places of one process."""

    def __init__(self, limits: Limits, strain: Strain) -> None:
        self._limits = limits
        self._strain = strain
        self._by_address: Counter[str] = Counter()
        self._allowance = limits.per_s * BURST_S
        self._asked_at = -math.inf
        self.taken = 0
        """Places taken."""

    def enter(self, address: str, now: float) -> None:
        """Take a place for a viewer from `address`, or raise Refused and take none.

        Every place is to be given back by `leave`.
        """
        limits = self._limits
        if limits.viewers and self.taken >= limits.viewers:
            raise Refused("full", f"all {limits.viewers} places are taken", _spread())
        if limits.per_address and self._by_address[address] >= limits.per_address:
            raise TooManyFromAddress(limits.per_address, _spread())
        if limits.late_s and self._strain.at(now) > limits.late_s:
            raise Refused("late", "the server has as much to do as it can in time", _spread())
        if limits.per_s and not self._in_pace(now):
            raise Refused("pace", "too many viewers come at once", _spread())
        self.taken += 1
        self._by_address[address] += 1

    def leave(self, address: str) -> None:
        """Give a place back."""
        self.taken -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]

    def hindrance(self, now: float) -> str | None:
        """Return why nobody more may come at the moment, whoever it is; None where one may."""
        limits = self._limits
        if limits.viewers and self.taken >= limits.viewers:
            return f"all {limits.viewers} places are taken"
        if limits.late_s and self._strain.at(now) > limits.late_s:
            return "the server has as much to do as it can in time"
        return None

    def _in_pace(self, now: float) -> bool:
        per_s = self._limits.per_s
        most = max(1.0, per_s * BURST_S)
        earned = (now - self._asked_at) * per_s
        self._allowance = min(most, self._allowance + earned)
        self._asked_at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True


def _spread() -> int:
    return random.randint(*RETURN_MS)  # noqa: S311 - spread, not secrecy
