"""Rows of one length at an even distance, taken to follow each other: told, for nothing shows it.

2,500 samples every 20 s may be 125 Hz, windows of 10 s with pauses between them, or windows that
overlap. Where it makes no ECG's rate it is asked for (`row_starts`); else it is found fault with.
"""

from collections.abc import Sequence
from typing import Final

from ecgstream.storage.foreign.likely import pattern_of
from ecgstream.storage.foreign.plan import Plan
from ecgstream.storage.foreign.proposing import settling, with_table, without_table
from ecgstream.storage.stored import StoredRecord

ABUTTING: Final = "starts"
"""What is found, in `Record.found`."""

_HOW: Final = "each row is taken to begin where the one before ends"


def abutting_pair(plan: Plan, leads: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pair of `Record.found` where rows of some `leads` are but taken to abut."""
    if not leads:
        return []
    return [(ABUTTING, with_table(_HOW, plan.mapped))]


def told_of(how: str, stored: StoredRecord) -> str:
    """Return what is to be said of a pair `ABUTTING`, with the line that settles it."""
    message = (
        f"{without_table(how)}, at {stored.record.fs:.6g} Hz, and nothing shows it, for all are of "
        "one length: where there are pauses between them the rate is higher, and where they "
        "overlap it is lower; say which"
    )
    return message + settling(how, pattern_of(stored), "fs = RATE")
