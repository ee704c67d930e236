"""Numbers written as decimal text, as the integers they are. Pure."""

import contextlib
import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed

MOST_DECIMALS: Final = 9
"""Decimals looked for: a value in volts to the nanovolt."""

_BETWEEN: Final = re.compile(r"[\s,;]+")


def whole_numbers(text: str, what: str) -> NDArray[np.int64]:
    """Return the whole numbers in `text`, shape (n,), between blanks, commas or semicolons.

    Raises ImportFailed, saying `what` it should have been, where anything else is in it.
    """
    words = [word for word in _BETWEEN.split(text) if word]
    # Python takes `1_000` and the digits of all scripts for numbers.
    if text.isascii() and "_" not in text:
        with contextlib.suppress(ValueError, OverflowError):
            return np.array([int(word) for word in words], np.int64)
    strange = next((word for word in words if not re.fullmatch(r"[+-]?[0-9]{1,18}", word)), "")
    raise ImportFailed(f"{what}: expected whole numbers, found {strange[:40]!r}")


def scaled(values: NDArray[np.float64]) -> tuple[NDArray[np.int64], int] | None:
    """Return decimal `values` as integers and the decimals k taken away: `values = i / 10**k`.

    Exactly so: the quotient, rounded as floating point does, is the very value that was read.
    NaN becomes 0. None where no k up to `MOST_DECIMALS` does it within 32 bits.
    """
    known = values[~np.isnan(values)]
    if not np.isfinite(known).all():
        return None
    for decimals in range(MOST_DECIMALS + 1):
        power = 10.0**decimals
        whole = np.rint(known * power)
        if len(whole) and np.abs(whole).max() > 2**31 - 1:
            return None
        if np.array_equal(whole / power, known):
            filled = np.where(np.isnan(values), 0.0, values)
            return np.rint(filled * power).astype(np.int64), decimals
    return None
