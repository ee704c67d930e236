"""What the checks of a record say: one finding a kind and lead, with where in time it holds."""

from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["error", "warning", "hint"]

LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "hint")
"""The worst first. An error is said of the data: they cannot be what they claim. A warning is said
of the signal: it is as stored, and of little use there. A hint is a question to a person."""

Kind = Literal[
    "unreadable",
    "zero",
    "rate",
    "unit",
    "limb",
    "duplicate",
    "beyond",
    "times",
    "missing",
    "infinite",
    "sentinel",
    "flat",
    "saturated",
    "faint",
    "no_unit",
    "abutting",
    "start",
    "clock",
    "one_lead",
    "not_shown",
    "whose",
    "hum",
    "wander",
    "arms",
    "double",
]

LEVEL_OF: Final[dict[Kind, Level]] = {
    "unreadable": "error",
    "zero": "error",
    "rate": "error",
    "unit": "error",
    "limb": "error",
    "duplicate": "error",
    "beyond": "error",
    "times": "warning",
    "missing": "warning",
    "infinite": "warning",
    "sentinel": "warning",
    "flat": "warning",
    "saturated": "warning",
    "faint": "warning",
    "no_unit": "warning",
    "abutting": "warning",
    "start": "warning",
    "clock": "warning",
    "one_lead": "warning",
    "not_shown": "warning",
    "whose": "warning",
    "hum": "warning",
    "wander": "warning",
    "arms": "hint",
    "double": "hint",
}

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Something found in `leads` (none: of the record), at `spans`: samples [start, stop) at `fs`.

    `detail` says it in words, with figures. `spans` are sorted and apart; empty where it is said
    of no place in time. For research and education.
    """

    kind: Kind
    leads: tuple[str, ...]
    detail: str
    fs: float
    spans: Spans = ()

    @property
    def level(self) -> Level:
        """How bad it is."""
        return LEVEL_OF[self.kind]


def worst(found: list[Judgement]) -> Level | None:
    """Return the worst level there is; None: nothing was found."""
    return min((one.level for one in found), key=LEVELS.index, default=None)
