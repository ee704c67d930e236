"""Samples of leads over a span, as a client has them: windows and frames alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.block import Dtype, Samples, is_missing
from ecgstream.wire.events import LeadInfo


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """Samples [start, stop) of `leads`, exactly as stored.

    `samples` has shape (leads, stop - start), little-endian, of type `dtype`: the first of `i2`,
    `i4`, `f4`, `f8` that carries all these leads. What is missing is the lowest integer there is,
    or NaN; see `missing` and `physical`. Each of `leads` has `name`, `unit` (None: unknown), `gain`
    and `baseline`. `fs` is in Hz.
    """

    record: str
    start: int
    stop: int
    fs: float
    dtype: Dtype
    leads: tuple[LeadInfo, ...]
    samples: Samples

    @property
    def names(self) -> tuple[str, ...]:
        """The leads' names, in the order of the rows."""
        return tuple(lead.name for lead in self.leads)

    @property
    def time(self) -> NDArray[np.float64]:
        """Seconds from the start of the record, shape (stop - start,)."""
        return np.arange(self.start, self.stop, dtype=np.float64) / self.fs

    @property
    def missing(self) -> NDArray[np.bool_]:
        """True where a sample is missing, of the shape of `samples`."""
        return is_missing(self.samples, self.dtype)

    def lead(self, name: str) -> Samples:
        """Return the row of a lead, a view of shape (stop - start,). Raises KeyError."""
        row: Samples = self.samples[self._row(name)]
        return row

    def physical(self, name: str | None = None) -> NDArray[np.float64]:
        """Return (value - baseline) / gain of all leads, or of one; NaN where missing.

        Shape (leads, stop - start) or (stop - start,), a new array in each lead's own unit. Raises
        KeyError.
        """
        rows = slice(None) if name is None else slice(row := self._row(name), row + 1)
        leads, stored = self.leads[rows], self.samples[rows]
        values = stored.astype(np.float64)
        values -= np.array([[lead.baseline] for lead in leads])
        values /= np.array([[lead.gain] for lead in leads])
        values[is_missing(stored, self.dtype)] = np.nan
        return values if name is None else values[0]

    def _row(self, name: str) -> int:
        try:
            return self.names.index(name)
        except ValueError:
            raise KeyError(f"no lead {name!r}; there are {', '.join(self.names)}") from None


@dataclass(frozen=True, slots=True, eq=False)
class Window(Signal):
    """Samples that were asked for at once; `samples` is yours to write to.

    `corrupt` names by lead the runs [start, stop) that the server could not read: missing too, but
    not because nothing was recorded.
    """

    corrupt: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Frame(Signal):
    """The next samples of a stream. `samples` is a view of the message: it cannot be written to."""
