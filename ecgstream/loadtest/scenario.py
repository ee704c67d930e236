"""What viewers do besides watching. Pure."""

from random import Random
from typing import Any, Final

from ecgstream.loadtest.plan import Choice

THINKS_S: Final = (1.0, 9.0)
"""A reviewer looks at a place for so long."""
SPEEDS: Final = (0.5, 1.0, 1.0, 2.0, 4.0, 8.0)
AWAY_S: Final = (0.2, 2.0)
"""Who left is back after so long."""


class Reviewer:
    """Looks through one record as a cardiologist does; see the moves for how often what."""

    def __init__(self, random: Random, choice: Choice) -> None:
        self._random = random
        self._choice = choice

    def thinks_s(self) -> float:
        """Return how long until the next move."""
        return self._random.uniform(*THINKS_S)

    def move(self, *, playing: bool) -> tuple[str, dict[str, Any]]:
        """Return the next command's op and its fields, without `id` and `sid`."""
        if not playing:
            return "play", {}
        chance = self._random.random()
        if chance < 0.6:
            place = self._random.randrange(max(1, self._choice.length))
            return "seek", {"at": {"sample": place}}
        if chance < 0.75:
            return "pause", {}
        if chance < 0.9:
            return "speed", {"speed": self._random.choice(SPEEDS)}
        names = self._choice.leads or self._choice.names
        some = set(self._random.sample(names, self._random.randint(1, len(names))))
        return "leads", {"leads": [name for name in names if name in some]}
