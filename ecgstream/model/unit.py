"""Units of voltage, as headers of recordings spell them."""

from fractions import Fraction
from typing import Final

_VOLT, _MILLI = Fraction(1_000), Fraction(1)
_MICRO, _NANO = Fraction(1, 1_000), Fraction(1, 1_000_000)

_MILLIVOLTS: Final = {
    "V": _VOLT, "v": _VOLT, "volt": _VOLT, "volts": _VOLT,
    "mV": _MILLI, "mv": _MILLI, "millivolt": _MILLI, "millivolts": _MILLI,
    "uV": _MICRO, "uv": _MICRO, "\N{MICRO SIGN}V": _MICRO, "\N{MICRO SIGN}v": _MICRO,
    "\N{GREEK SMALL LETTER MU}V": _MICRO, "\N{GREEK SMALL LETTER MU}v": _MICRO,
    "microvolt": _MICRO, "microvolts": _MICRO,
    "nV": _NANO, "nv": _NANO,
}  # fmt: skip
# MV is not here: it may be a careless mV or a true megavolt, and is not guessed.


def millivolts(unit: str | None) -> Fraction | None:
    """Return how many mV one `unit` is; None where it is not known or not a voltage."""
    return None if unit is None else _MILLIVOLTS.get(unit.strip())


def spelled(unit: str) -> str:
    """Return a unit of voltage as it is written everywhere here; another one as it is."""
    known = {_VOLT: "V", _MILLI: "mV", _MICRO: "uV", _NANO: "nV"}
    factor = millivolts(unit)
    return unit.strip() if factor is None else known[factor]
