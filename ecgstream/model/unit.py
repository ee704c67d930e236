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
    "nV": _NANO, "nv": _NANO, "nanovolt": _NANO, "nanovolts": _NANO,
}  # fmt: skip
# MV is not here: it may be a careless mV or a true megavolt, and is not guessed.


def millivolts(unit: str | None) -> Fraction | None:
    """Return how many mV one `unit` is; None where it is not known or not a voltage."""
    if unit is None:
        return None
    text = unit.strip()
    # Of a word capitals change nothing; of a letter they make another prefix.
    return _MILLIVOLTS.get(text.lower() if text.lower().endswith(("volt", "volts")) else text)


def no_voltage(unit: str) -> str:
    """Return what is to be said of a unit that `millivolts` does not know, after its name."""
    if unit.strip().lower() in {"mv", "uv", "nv"}:
        return (
            f"may be a careless {unit.strip()[0].lower()}V or another voltage, and is not guessed"
        )
    return "is no voltage"


def spelled(unit: str) -> str:
    """Return a unit of voltage as it is written everywhere here; another one as it is."""
    known = {_VOLT: "V", _MILLI: "mV", _MICRO: "uV", _NANO: "nV"}
    factor = millivolts(unit)
    return unit.strip() if factor is None else known[factor]
