"""What footers say of the outermost values of a lead: infinite ones, and such as may be missing.

Told beside the record, before any sample is read, and taken for nothing. `check` looks at the
samples: how many they are, where, and how far from all else.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from ecgstream.analysis.farness import FAR, NUMBERS
from ecgstream.model.record import ECG
from ecgstream.storage.stored import StoredLead

SUSPECTED: Final = "suspected"
"""What is found, in `Record.found`."""

LEAST: Final = 9_999.0
"""Of whole values."""

_NUMBERS: Final = NUMBERS | {float(np.float32(one)) for one in NUMBERS}
"""As float32 has them, too: 1e30 is none of its values."""


def suspected(leads: Iterable[StoredLead]) -> Iterator[tuple[str, str]]:
    """Yield the name of each ECG lead whose outermost values are suspicious, and why.

    As the footers have them: none of a lead whose rows lie between those of others.
    """
    for stored in leads:
        if stored.lead.kind != ECG:
            continue
        low, high = stored.extremes.astype(np.float64)
        known = ~stored.empty & (low <= high)
        if not known.any():
            continue
        ends = float(low[known].min()), float(high[known].max())
        # Counts of a converter may well end at 999.
        least = 0.0 if stored.extremes.dtype.kind == "f" else LEAST
        some = [end for end in ends if abs(end) >= least and _is_none(end, *ends)]
        told = [f"{end:g} may stand for missing" for end in some]
        told += ["infinite samples"] if np.isinf(ends).any() else []
        if told:
            yield stored.lead.name, f"{' and '.join(told)}, by the footers: see check"


def _is_none(end: float, low: float, high: float) -> bool:
    """Return whether an outermost value is a number that files have for "missing", and far out.

    From the other end: what all else is like, footers do not say.
    """
    other = low if end == high else high
    return end in _NUMBERS and abs(end) >= FAR * abs(other) and low < high
