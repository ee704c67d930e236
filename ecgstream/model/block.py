"""Samples of leads over a span, as the wire carries them."""

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Dtype = Literal["i2", "i4", "f4", "f8"]
Samples = NDArray[Any]

DTYPES: Final[tuple[Dtype, ...]] = ("i2", "i4", "f4", "f8")
"""The wire's sample types, narrowest first: the first that carries all leads exactly is taken."""

NUMPY: Final[dict[Dtype, np.dtype[Any]]] = {d: np.dtype(f"<{d}") for d in DTYPES}

MISSING: Final[dict[Dtype, float]] = {
    "i2": -(2**15),
    "i4": -(2**31),
    "f4": float("nan"),
    "f8": float("nan"),
}
"""What stands for a missing sample in each type (PROTOCOL, Frames)."""


def is_missing(samples: Samples, dtype: Dtype) -> NDArray[np.bool_]:
    """Return a mask of the shape of `samples` (of type `dtype`): True where a sample is missing."""
    if dtype in {"f4", "f8"}:
        return np.isnan(samples)
    mask: NDArray[np.bool_] = samples == MISSING[dtype]
    return mask


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One lead over [start, stop), as stored.

    `samples` has shape (stop - start,), little-endian, of type `dtype`, with `MISSING[dtype]`
    where the source has none; None means that not one sample is there. `complete` is True
    where nothing is missing. `reason` says why samples are missing, as in the `gap` event.
    """

    start: int
    stop: int
    dtype: Dtype
    samples: Samples | None
    complete: bool = False
    reason: Literal["missing", "corrupt"] = "missing"

    @classmethod
    def of(cls, start: int, samples: Samples, dtype: Dtype) -> "Column":
        """Wrap `samples`, shape (n,), which begin at `start`; finds out what is missing."""
        samples = np.ascontiguousarray(samples, dtype=NUMPY[dtype])
        stop = start + len(samples)
        # A missing one would be the lowest there is, and a NaN makes the lowest NaN.
        if not len(samples) or not is_missing(samples.min(), dtype):
            return cls(start, stop, dtype, samples, complete=True)
        missing = is_missing(samples, dtype)
        return cls(start, stop, dtype, None if missing.all() else samples)

    @property
    def nbytes(self) -> int:
        """What it holds in memory, in bytes."""
        return 0 if self.samples is None else self.samples.nbytes

    def cut(self, start: int, stop: int, dtype: Dtype) -> Samples:
        """Return samples [start, stop) of this column, shape (stop - start,), as `dtype`.

        `dtype` must carry the lead exactly (`Lead.dtypes`). A view where nothing has to change.
        """
        if self.samples is None:
            return np.full(stop - start, MISSING[dtype], NUMPY[dtype])
        part = self.samples[start - self.start : stop - self.start]
        if dtype == self.dtype:
            return part
        wide = part.astype(NUMPY[dtype])
        if not self.complete:
            wide[is_missing(part, self.dtype)] = MISSING[dtype]
        return wide


def joined(columns: list[Column], start: int, stop: int, dtype: Dtype) -> Samples:
    """Return samples [start, stop) of one lead out of adjoining `columns`, as `dtype`.

    What no column covers (a lead shorter than its record) is missing.
    """
    out = np.full(stop - start, MISSING[dtype], NUMPY[dtype])
    for column in columns:
        low, high = max(start, column.start), min(stop, column.stop)
        if low < high:
            out[low - start : high - start] = column.cut(low, high, dtype)
    return out
