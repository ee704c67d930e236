"""How the values of a column go on from row to row: evenly, with jumps, or not as a clock. Pure."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LAG: Final = 256
"""Rows over which the usual step is taken, so that rounding is no matter."""

FEWEST: Final = 20
"""Rows of which a few may well rise by chance."""

EVEN: Final = 0.25
"""Of a step: so far four of five steps may be from the usual one, or by one where all are whole."""

PLACES: Final = 500
"""Jumps of which the place is told."""

Floats = NDArray[np.float64]


@dataclass(slots=True, eq=False)
class Steps:
    """The steps of a column: `usual` a sample, in whole numbers or not.

    `jumps` are those that are longer than the samples between their rows make them, the first of
    them `by` so much, at `places` (samples). `loose`: rows repeat a value. By `doubt`, a part of
    it, the usual step may be longer or shorter.
    """

    usual: float
    rounding: float
    doubt: float
    whole: bool
    loose: bool
    jumps: int = 0
    by: float = 0.0
    places: list[tuple[int, int]] = field(default_factory=list)
    _last: tuple[Any, int] | None = None

    @classmethod
    def of(cls, values: NDArray[Any], samples: NDArray[np.int64], *, loose: bool) -> "Steps | None":
        """Return the steps of a column by its first rows; None where it does not rise evenly."""
        values, samples = _in_order(values, samples)
        if len(values) < FEWEST:
            return None
        step, apart = _differences(values, samples)
        again = bool((step == 0).any())
        if (step < 0).any() or (again and not loose) or not (apart > 0).all():
            return None
        # Of values that repeat, over some of them.
        most = 8 * len(values) // (1 + int((step > 0).sum())) if again else LAG
        lag = min(max(LAG, most), len(values) // 2)
        rise = (values[lag:] - values[:-lag]).astype(np.float64)
        usual = float(np.median(rise / (samples[lag:] - samples[:-lag])))
        if usual <= 0:
            return None
        whole = values.dtype.kind in "iu" or bool((values == np.rint(values)).all())
        off = np.abs(step - usual * apart)
        usually = float(np.quantile(off, 0.8))
        if again:
            rounding = 1.01 * float(step[step > 0].min())
        elif usually > max(EVEN * usual, float(whole)):
            return None
        else:
            rounding = 2 * usually
        doubt = max(float(whole), usually) / (usual * lag)
        return cls(usual, rounding, doubt, whole, again)

    def add(self, values: NDArray[Any], samples: NDArray[np.int64], *, goes_on: bool) -> bool:
        """Take in more rows; return whether the column still rises.

        `goes_on`: they follow those before in the same file.
        """
        values, samples = _in_order(values, samples)
        if not len(values):
            return True
        last = self._last
        self._last = values[-1], int(samples[-1])
        if goes_on and last is not None and last[1] < samples[0]:
            values, samples = np.append(last[0], values), np.append(last[1], samples)
        step, apart = _differences(values, samples)
        if (step < 0).any() or (not self.loose and (step == 0).any()):
            return False
        over = step - self.usual * apart
        found = np.flatnonzero(over > 0.75 * self.usual + self.rounding)
        if len(found) and not self.jumps:
            self.by = float(step[found[0]])
        self.jumps += len(found)
        room = max(0, PLACES - len(self.places))
        self.places += [(int(samples[k]), int(samples[k]) + 1) for k in found[:room]]
        return True


def _in_order(
    values: NDArray[Any], samples: NDArray[np.int64]
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return rows in the order of their samples."""
    if len(samples) and (np.diff(samples) < 0).any():
        order = np.argsort(samples, kind="stable")
        values, samples = values[order], samples[order]
    return values, samples


def _differences(values: NDArray[Any], samples: NDArray[np.int64]) -> tuple[Floats, Floats]:
    return np.diff(values).astype(np.float64), np.diff(samples).astype(np.float64)
