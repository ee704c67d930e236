"""What is said of how far two annotation sets agree, to browsers and programs (PROTOCOL 3)."""

import msgspec


class Rated(msgspec.Struct, frozen=True):
    """Beats found, missed, made up; ratios of 0 to 1, null where there is nothing to divide by."""

    found: int
    missed: int
    extra: int
    sensitivity: float | None
    predictivity: float | None
    f1: float | None


class Said(msgspec.Struct, frozen=True):
    """What one of the sets has at a place; `score` null where nobody says."""

    sample: int
    label: str
    score: float | None


class Disagreement(msgspec.Struct, frozen=True):
    """A beat of which both do not say the same: `cell` is `N/V`, reference and test.

    O in a cell: no beat there; X: none, in a shutdown. `sample` is the reference's if it has one.
    """

    sample: int
    cell: str
    reference: Said | None
    test: Said | None
