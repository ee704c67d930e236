"""Times in HDR histograms, taken in bulk."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import CannotLoad, installing

GRAIN_S: Final = 1e-5
"""The unit of the histograms. Finer would cost the loop that measures more than it tells."""
NEAR: Final = 1 << 14
"""Values below so many grains (164 ms) are collected by themselves."""
LONGEST_S: Final = 3_600.0
DIGITS: Final = 3
QUANTILES: Final = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99_9": 99.9}


def histograms() -> Any:
    """Return the class of the extra `load`. Raises CannotLoad where it is not installed."""
    try:
        from hdrh.histogram import HdrHistogram  # noqa: PLC0415 - an extra
    except ImportError:
        raise CannotLoad(f"the package hdrhistogram is missing: {installing('load')}") from None
    return HdrHistogram


class Times:
    """A distribution of times (s), three digits of it, from 10 us to an hour.

    What is negative counts as 0; the earliest is kept besides.
    """

    def __init__(self) -> None:
        self._histogram = histograms()(1, round(LONGEST_S / GRAIN_S), DIGITS)
        # The histogram takes one value at a time. Most are small: these are only counted here.
        self._near = np.zeros(NEAR, np.int64)
        self.least = 0.0
        """The lowest value seen (s), if that is negative."""
        self.most = 0.0

    def __len__(self) -> int:
        """How many values there are."""
        return int(self._whole().total_count)

    def record(self, values: Sequence[float] | NDArray[np.float64]) -> None:
        """Take values (s)."""
        seconds = np.asarray(values, np.float64)
        if not seconds.size:
            return
        self.least = min(self.least, float(seconds.min()))
        self.most = max(self.most, float(seconds.max()))
        grains = np.rint(np.clip(seconds, 0.0, LONGEST_S) / GRAIN_S).astype(np.int64)
        near = grains < NEAR
        self._near += np.bincount(grains[near], minlength=NEAR)
        self._put(*np.unique(grains[~near], return_counts=True))

    def _put(self, values: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            self._histogram.record_value(value, count)

    def _whole(self) -> Any:
        """Return the histogram with all that was taken in it."""
        values = np.flatnonzero(self._near)
        self._put(values, self._near[values])
        self._near[:] = 0
        return self._histogram

    def weighted(self, values: Sequence[float], counts: Sequence[int]) -> None:
        """Take each of `values` (s) as often as `counts` says."""
        self.record(np.repeat(np.asarray(values, np.float64), counts))

    def encode(self) -> tuple[bytes, float, float]:
        """Return it as plain values, for another process."""
        return self._whole().encode(), self.least, self.most

    def merge(self, encoded: tuple[bytes, float, float]) -> None:
        """Add another one."""
        if encoded[0]:
            self._histogram.decode_and_add(encoded[0])
        self.least = min(self.least, encoded[1])
        self.most = max(self.most, encoded[2])

    def quantile(self, percent: float) -> float | None:
        """Return the value (s) that `percent` of all do not exceed; None where there is none."""
        if not len(self):
            return None
        return float(self._whole().get_value_at_percentile(percent)) * GRAIN_S

    def in_ms(self) -> dict[str, float | int | None]:
        """Return count, quantiles and the longest, in milliseconds."""
        said: dict[str, float | int | None] = {"count": len(self)}
        for name, percent in QUANTILES.items():
            value = self.quantile(percent)
            said[name] = None if value is None else round(value * 1e3, 3)
        said["max"] = round(self.most * 1e3, 3) if len(self) else None
        return said
