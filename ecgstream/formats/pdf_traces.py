"""What is drawn on a page: leads in mV or in their own unit, over samples of the record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.excerpt import Excerpt, Gap
from ecgstream.model.twelve import Recipe
from ecgstream.model.unit import millivolts

Filter = Callable[[NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.bool_]]]
"""Values with NaN to values with NaN, and which of them are settled."""

BASED_FROM_MV: Final = 1.5
"""A lead whose middle is farther from 0 mV would lie beside the label of another one."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A lead as it is drawn: `values`, shape (n,), NaN missing, the first at sample `start`.

    In mV where `unit` is None, else in that unit, and then on a range of its own: `low` to `high`.
    `settled` is False where a filter has not yet forgotten where it began. `base` is the whole
    number of mV that stands where 0 mV of a row is.
    """

    start: int
    values: NDArray[np.float64]
    settled: NDArray[np.bool_]
    gaps: tuple[Gap, ...]
    unit: str | None = None
    low: float = 0.0
    high: float = 0.0
    filtered: bool = False
    base: float = 0.0

    @property
    def known(self) -> bool:
        """Whether there is a sample at all."""
        return bool(np.isfinite(self.values).any())


@dataclass(frozen=True, slots=True, eq=False)
class Traces:
    """The traces of an excerpt, each made once; `wide` has more samples on both sides.

    `filter` is for leads in mV alone.
    """

    wide: Excerpt
    start: int
    stop: int
    filter: Filter | None = None
    _made: dict[tuple[tuple[int, float], ...], Trace] = field(default_factory=dict)

    def of(self, recipe: Recipe) -> Trace | None:
        """Return the trace of a lead; None where it would be derived from what is not in volts."""
        if recipe.terms not in self._made:
            made = self._trace(recipe)
            if made is None:
                return None
            self._made[recipe.terms] = made
        return self._made[recipe.terms]

    def _trace(self, recipe: Recipe) -> Trace | None:
        low, high = self.start - self.wide.start, self.stop - self.wide.start
        gaps = self._gaps([k for k, _ in recipe.terms])
        scales = [millivolts(self.wide.leads[k].unit) for k, _ in recipe.terms]
        first, _ = recipe.terms[0]
        if None in scales:
            if len(scales) > 1:
                return None
            values = self.wide.physical(first)[low:high]
            found = values[np.isfinite(values)]
            least, most = (float(found.min()), float(found.max())) if len(found) else (0.0, 0.0)
            unit = self.wide.leads[first].unit or "unknown unit"
            known = np.ones(len(values), np.bool_)
            return Trace(self.start, values, known, gaps, unit, *_range(least, most))
        total = np.zeros(self.wide.count)
        for (k, factor), scale in zip(recipe.terms, scales, strict=True):
            total += factor * float(scale or 0) * self.wide.physical(k)
        settled = np.ones(len(total), np.bool_)
        if self.filter is not None:
            total, settled = self.filter(total)
        return Trace(
            self.start,
            total[low:high],
            settled[low:high],
            gaps,
            filtered=self.filter is not None,
            base=base_of(total[low:high]),
        )

    def _gaps(self, members: Sequence[int]) -> tuple[Gap, ...]:
        inner = self.wide.cut(self.start, self.stop)
        found = [gap for k in members for gap in inner.gaps(k)]
        return tuple(sorted(found, key=lambda gap: gap.start))


def base_of(values: NDArray[np.float64]) -> float:
    """Return the whole mV around which values in mV are drawn: 0 where their middle is near it."""
    found = values[np.isfinite(values)]
    middle = float(np.median(found)) if len(found) else 0.0
    return float(np.floor(middle + 0.5)) if abs(middle) > BASED_FROM_MV else 0.0


def _range(low: float, high: float) -> tuple[float, float]:
    """Return round bounds around `low` to `high`: of 1, 2 or 5 times a power of ten."""
    spread = (high - low) or abs(high) or 1.0
    step = 10.0 ** np.floor(np.log10(spread))
    for smaller in (step / 5, step / 2, step):
        least, most = np.floor(low / smaller) * smaller, np.ceil(high / smaller) * smaller
        if most - least <= 1.5 * spread and most > least:
            return float(least), float(most)
    return low - spread / 2, high + spread / 2
