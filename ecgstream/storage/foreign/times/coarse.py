"""Times of too few digits: float32 far from 0, or one date in all rows. No row is one too many."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow.types as pt

from ecgstream.storage.foreign.times.stamps import Rows
from ecgstream.storage.survey import Found

NEAR: Final = 1_000
"""Rows from a time to the same one again, at most, where it is rounding that makes them so. Of two
recordings, one after the other, they are further apart."""


def too_coarse(parts: Sequence[Found], column: str | None, rows: Rows) -> str:
    """Return what is to be done about the times of some files, in order; "" where they do."""
    if column is None or not len(rows.doubles):
        return ""
    single = any(pt.is_float32(found.schema.field(column).type) for found in parts)
    if rows.kept == 1:
        what = "one time in all rows is none of theirs"
    elif (single or rows.clock.daily) and float(np.median(np.abs(np.diff(rows.doubles)))) < NEAR:
        what = f"{'float32 has' if single else 'they have'} too few digits for such times"
    else:
        return ""
    return f"{what}, and no row is one too many: store them finer, or take the rows as they come"
