"""Windows spread evenly over a record: what takes arithmetic is looked at in these alone."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

WINDOW_S: Final = 10.0
"""A printed strip: some ten beats, and a tenth of a Hz in a spectrum."""

LEAST_S: Final = 4.0
"""A record, or the rest of one, that is shorter says nothing of a heart that beats at 30."""

MOST: Final = 240
"""Windows: all of 40 minutes, of a day one in 36."""

OFTEN: Final = 0.1
"""Of the windows: what is there more seldom is a moment, and no finding of a lead."""

TWICE: Final = 2
"""Windows, where there are so many: what cannot be at all is said sooner."""


def of_windows(count: int, total: int) -> str:
    """Return how many windows, in words."""
    if count == total:
        return "all that was looked at"
    return f"{count} of {total} windows of {WINDOW_S:g} s"


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Window k is samples [starts[k], starts[k] + size) of `length` at `fs` Hz, in order."""

    fs: float
    length: int
    starts: NDArray[np.int64]
    size: int

    @classmethod
    def of(cls, length: int, fs: float, most: int = MOST) -> "Windows":
        """Lay windows over `length` samples, the first at its begin and the last at its end."""
        size = round(WINDOW_S * fs)
        if length < max(size, 1):
            count = int(length >= LEAST_S * fs)
            return cls(fs, length, np.zeros(count, np.int64), length if count else 0)
        count = min(most, -(-length // size))
        starts = np.rint(np.linspace(0, length - size, count)).astype(np.int64)
        return cls(fs, length, starts, size)

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def share(self) -> float:
        """Which part of the record is in them, from 0 to 1."""
        if not self.length:
            return 0.0
        stops = np.minimum(self.starts + self.size, np.append(self.starts[1:], self.length))
        return float((stops - self.starts).sum()) / self.length

    def spans(self, chosen: NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
        """Return where the windows of which `chosen` (shape (windows,)) is True are.

        What lies between two of them and was not looked at is in none.
        """
        found: list[tuple[int, int]] = []
        for start in self.starts[chosen].tolist():
            stop = start + self.size
            if found and start <= found[-1][1]:
                found[-1] = (found[-1][0], stop)
            else:
                found.append((start, stop))
        return tuple(found)
