"""When a client comes back, if at all (PROTOCOL rule 6 and section 4). Pure."""

from random import Random
from typing import Final

BASE_S: Final = 0.5
CAP_S: Final = 30.0

FOR_GOOD: Final = frozenset({1000, 1009, 4400, 4401, 4403, 4409})
"""Close codes after which a client stays away (PROTOCOL section 4)."""
DENIED_FOR_NOW: Final = frozenset({429, 500, 502, 503, 504})
"""Statuses of a denied handshake after which it comes back."""


def retry_delay(attempt: int, retry_after_s: float | None, random: Random) -> float:
    """Return how long to stay away (s) after failure number `attempt` (from 0) in a row.

    What the server said, else full jitter under a bound that doubles (PROTOCOL rule 6).
    """
    if retry_after_s is not None:
        return max(0.0, retry_after_s)
    return random.random() * min(CAP_S, BASE_S * 2.0 ** min(attempt, 16))
