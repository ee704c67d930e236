"""The median of a few numbers, to the bit what numpy's is.

Of some hundred values numpy spends most of the time on what they might be: on axes, masks, types.
A check of short records takes hundreds of medians each.
"""

import math

import numpy as np
from numpy.typing import NDArray


def median(values: NDArray[np.float64]) -> float:
    """Return the median of `values`, shape (n,), one or more; NaN where one is."""
    middle = len(values) // 2
    if len(values) % 2:
        parted = np.partition(values, (middle, -1))
        found = float(parted[middle])
    else:
        parted = np.partition(values, (middle - 1, middle, -1))
        # As numpy does it: the sum may not be a number where both of them are.
        found = float((parted[middle - 1] + parted[middle]) / 2)
    # Those that are none are the last.
    return found if not math.isnan(parted[-1]) else math.nan
