"""Figures as a person reads them: never with an exponent. Pure."""

import numpy as np


def plain(value: float, digits: int = 3) -> str:
    """Return a finite number by its first digits: `0.0000333`, `5,000`, `12.5`."""
    if abs(value) >= 10**digits:
        return f"{value:,.0f}"
    return np.format_float_positional(value, digits, unique=False, fractional=False, trim="-")


def some(number: int, what: str) -> str:
    """Return so many of something: `1 record`, `2 records`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def percent(share: float) -> str:
    """Return a share of 1 in percent by two digits: only the whole is 100."""
    value = 100 * share
    if 99.5 <= value < 100:
        return "more than 99 %"
    return f"{plain(value, 2) if value < 100 else f'{value:.0f}'} %"
