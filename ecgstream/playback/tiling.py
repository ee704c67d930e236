"""How a record is cut into frames and gaps (PROTOCOL, Frames and Gaps)."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

FAST: Final = 4.0
"""Above this speed a frame is eight cells: the cost of a frame is per frame, not per byte."""


def cell_samples(fs: float) -> int:
    """Return the samples of a cell: a fifth of a second, at least one sample."""
    return max(1, math.floor(fs / 5 + 0.5))


def frame_samples(fs: float, speed: float) -> int:
    """Return the samples of a whole frame at this speed."""
    return cell_samples(fs) * (8 if speed > FAST else 1)


def frame_stop(start: int, frame: int, length: int) -> int:
    """Return where the frame that begins at `start` stops on the record's own grid."""
    return min((start // frame + 1) * frame, length)


def split(present: NDArray[np.bool_], start: int, cell: int) -> tuple[bool, int]:
    """Return what begins at `start`: (True, stop) for samples, (False, stop) for a gap.

    `present`, shape (n,), says of each sample from `start` on whether any lead has it. A cell
    (counted from sample 0; the first may be a part) without one sample is empty. `stop` is the
    edge where the other kind begins, or `start` + n.
    """
    edges = np.arange((start // cell + 1) * cell - start, len(present), cell)
    filled = np.logical_or.reduceat(present, np.concatenate(([0], edges)))
    other = np.flatnonzero(filled != filled[0])
    stop = start + len(present) if not len(other) else start + int(edges[other[0] - 1])
    return bool(filled[0]), stop
