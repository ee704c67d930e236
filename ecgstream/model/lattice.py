"""Sample numbers where a lost sample hides in the rounding: timestamps on the lattice of one rate.

At 800 Hz in whole milliseconds a step is 1 or 2, and one with a sample lost is 2 or 3: no single
step tells. But all timestamps of a clock that went on through its losses lie within the rounding
of one lattice, `phase + n / fs`, and that says every n.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

USUAL: Final = tuple(
    map(
        Fraction,
        (100, 125, 128, 180, 200, 240, 250, 256, 257, 300, 360, 400, 500, 512, 600, 720, 800, 960,
         1000, 1024, 1200, 2000, 2048, 4000, 5000, 10_000),
    )
)  # fmt: skip
"""Rates, in Hz, that ECGs are sampled at. Of several that explain the same timestamps, one of
these is meant."""

SAMPLE: Final = 4096
"""Timestamps at which a rate is tried before all are looked at."""


def usual_within(low: Fraction, high: Fraction) -> Fraction | None:
    """Return the usual rate in [low, high], the nearest to the middle; None where there is none."""
    within = [one for one in USUAL if low <= one <= high]
    return min(within, key=lambda one: abs(2 * one - low - high)) if within else None


def on_lattice(
    times: NDArray[np.float64], rate: Fraction, slack: float
) -> NDArray[np.int64] | None:
    """Return the sample number of each of `times` (ms, increasing), shape (n,), the first being 0.

    None unless all are within `slack` ms of one lattice, each at a place of its own. Where a step
    is shorter than `slack`, times say no place.
    """
    step = float(1000 / rate)
    if slack > step * (1 + 1e-6):
        return None
    places = (times - times[0]) / step
    # Around the circle of one step, what is left over leaves an arc free: there a place ends.
    left = np.sort(places % 1)
    free = np.diff(left, append=left[0] + 1)
    widest = int(free.argmax())
    if (1 - free[widest]) * step > slack:
        return None
    edge = left[widest] + free[widest] / 2
    number = np.floor(places - edge).astype(np.int64)
    if (np.diff(number) < 1).any():
        return None
    numbered: NDArray[np.int64] = number - number[0]
    return numbered


def rates_on_lattice(
    times: NDArray[np.float64], slack: float, low: float, high: float
) -> Iterator[tuple[Fraction, int]]:
    """Yield the rates of whole Hz in [low, high] on whose lattice all `times` lie, and on how many
    places there is no timestamp.
    """
    some = times[:SAMPLE]
    for hz in range(max(1, int(np.ceil(low))), int(high) + 1):
        rate = Fraction(hz)
        if on_lattice(some, rate, slack) is None:
            continue
        number = on_lattice(times, rate, slack)
        if number is not None:
            yield rate, int(number[-1]) + 1 - len(times)
