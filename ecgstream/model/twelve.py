"""The twelve standard leads: under which names records have them, and which follow from others.

Einthoven: III = II - I. Goldberger: aVR = -(I + II) / 2, aVL = I - II / 2,
aVF = II - I / 2. Cabrera turns aVR around, so that the limb leads follow each other by angle.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LIMB: Final = ("I", "II", "III", "aVR", "aVL", "aVF")
CHEST: Final = ("V1", "V2", "V3", "V4", "V5", "V6")
CABRERA: Final = ("aVL", "I", "-aVR", "II", "aVF", "III")

DERIVED: Final[dict[str, tuple[tuple[str, float], ...]]] = {
    "III": (("II", 1.0), ("I", -1.0)),
    "aVR": (("I", -0.5), ("II", -0.5)),
    "aVL": (("I", 1.0), ("II", -0.5)),
    "aVF": (("II", 1.0), ("I", -0.5)),
}

_BEFORE: Final = re.compile(r"^(mdc[ _-]*)?(e[ck]g[ _-]*)?(lead[ _-]*)?")
"""What recorders put before a name. As static/js/signal/names.js has it: what is seen and what is
printed must not differ."""
_STANDARD: Final = {name.casefold(): name for name in (*LIMB, *CHEST)}
_ALIASES: Final = {"d1": "I", "d2": "II", "d3": "III", "di": "I", "dii": "II", "diii": "III"}
MODIFIED: Final = {"mlii": "II", "mli": "I", "mliii": "III"}
"""Modified limb leads (electrodes on the trunk): shown in the place of their lead, with their own
name, but nothing is derived from them."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a lead is had from stored ones: the sum of `terms` (index of a stored lead, factor).

    `note` says what was done, for a person; empty where the stored lead is shown as it is.
    """

    name: str
    terms: tuple[tuple[int, float], ...]
    note: str = ""


def standard(name: str) -> str | None:
    """Return which of the twelve a stored lead named `name` is; None: none of them."""
    plain = _BEFORE.sub("", name.strip().casefold())
    return _STANDARD.get(plain) or _ALIASES.get(plain)


def recipe(wanted: str, stored: Sequence[str]) -> Recipe | None:
    """Return how the lead `wanted` is had from leads of the names `stored`; None: it is not.

    A stored lead of that very name comes first, then one of the twelve under another name, then
    what follows from I and II, then a modified limb lead in its place.
    """
    if wanted in stored:
        return Recipe(wanted, ((stored.index(wanted), 1.0),))
    if wanted.startswith("-"):
        return _turned(wanted, recipe(wanted[1:], stored))
    known = [standard(name) for name in stored]
    if wanted in known:
        k = known.index(wanted)
        return Recipe(wanted, ((k, 1.0),), f"stored as {stored[k]}")
    return _derived(wanted, known) or _modified(wanted, stored)


def has(name: str, stored: Sequence[str]) -> bool:
    """Say whether the lead `name` is stored, under any name, or follows from what is."""
    bare = name.removeprefix("-")
    known = [standard(one) for one in stored]
    return name in stored or bare in {*stored, *known} or _derived(bare, known) is not None


def _turned(name: str, found: Recipe | None) -> Recipe | None:
    """Return a lead upside down."""
    if found is None:
        return None
    return Recipe(name, tuple((k, -factor) for k, factor in found.terms), found.note)


def _derived(name: str, known: Sequence[str | None]) -> Recipe | None:
    """Return a limb lead out of I and II."""
    terms = DERIVED.get(name, ())
    if not terms or any(part not in known for part, _ in terms):
        return None
    return Recipe(name, tuple((known.index(part), factor) for part, factor in terms), "derived")


def _modified(name: str, stored: Sequence[str]) -> Recipe | None:
    """Return a modified limb lead in the place of its lead."""
    modified = [MODIFIED.get(one.strip().casefold()) for one in stored]
    if name not in modified:
        return None
    k = modified.index(name)
    return Recipe(stored[k], ((k, 1.0),), f"in the place of {name}")
