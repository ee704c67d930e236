"""Numbers written as decimal text, as the integers they are. Pure."""

import re
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed

MOST_DECIMALS: Final = 9
"""Decimals looked for: a value in volts to the nanovolt."""

PIECE: Final = 1 << 18
"""Letters looked at together."""

_BETWEEN: Final = re.compile(r"[\s,;]+")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}")


def whole_numbers(text: str, what: str) -> NDArray[np.int64]:
    """Return the whole numbers in `text`, shape (n,), between blanks, commas or semicolons.

    Raises ImportFailed, saying `what` it should have been, where anything else is in it.
    """
    found = []
    at = 0
    while at < len(text):
        # In pieces that end between two numbers: a word is ten times its number in memory.
        end = _BETWEEN.search(text, min(at + PIECE, len(text)))
        stop = end.end() if end else len(text)
        piece = text[at:stop]
        words = [word for word in _BETWEEN.split(piece) if word]
        # Python takes `1_000` and the digits of all scripts for numbers.
        plain = piece.isascii() and "_" not in piece
        try:
            found.append(np.array([int(word) for word in words if plain], np.int64))
        except (ValueError, OverflowError):
            plain = False
        if not plain:
            strange = next((word for word in words if not _NUMBER.fullmatch(word)), piece)
            raise ImportFailed(f"{what}: expected whole numbers, found {strange[:40]!r}")
        at = stop
    return np.concatenate(found) if found else np.zeros(0, np.int64)


_MOST: Final = 2**31 - 1


@dataclass(slots=True)
class Decimals:
    """What values that come piece by piece have in common: each is `i / 10**places`, i whole.

    Exactly so: the quotient, rounded as floating point does, is the very value that was read.
    `places` None: no number up to `MOST_DECIMALS` does it for all of them within 32 bits.
    """

    places: int | None = 0
    low: float = 0.0
    high: float = 0.0

    def take(self, values: NDArray[np.float64]) -> None:
        """Look at some values, all of them finite."""
        if not len(values):
            return
        self.low, self.high = min(self.low, values.min()), max(self.high, values.max())
        while self.places is not None:
            power = 10.0**self.places
            if max(-self.low, self.high) * power > _MOST:
                self.places = None
            elif np.array_equal(np.rint(values * power) / power, values):
                return
            else:
                self.places = self.places + 1 if self.places < MOST_DECIMALS else None

    @property
    def power(self) -> float:
        """What values are multiplied with to be whole; 0 where nothing does it."""
        return 0.0 if self.places is None else 10.0**self.places

    @property
    def type(self) -> Literal["int16", "int32", "float64"]:
        """The narrowest type that holds the whole numbers, else float64."""
        if self.places is None:
            return "float64"
        return narrowest(self.low * self.power, self.high * self.power)


def narrowest(low: float, high: float) -> Literal["int16", "int32"]:
    """Return the type that holds whole numbers from `low` to `high`, of 32 bits at most."""
    return "int16" if round(low) >= -(2**15) and round(high) < 2**15 else "int32"


def scaled(values: NDArray[np.float64]) -> tuple[NDArray[np.int64], int] | None:
    """Return finite decimal `values` as whole numbers and the places that were taken away.

    None where no places do it; see `Decimals`.
    """
    if not np.isfinite(values).all():
        return None
    found = Decimals()
    found.take(values)
    if found.places is None:
        return None
    return np.rint(values * found.power).astype(np.int64), found.places
