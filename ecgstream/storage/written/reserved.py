"""Names that no read-only set may be given: something else is meant by them."""

from typing import Final

from ecgstream.analysis.beats import DETECTOR
from ecgstream.model.note import SET

ADJUDICATED: Final = "adjudicated"
"""Into which set the panel that compares puts answers."""

OURS: Final = ("ecgstream-", "beats ")
"""How the names of what we find ourselves begin."""


def reserved(name: str) -> str | None:
    """Return what a name is kept for; None: it is free."""
    if name == SET:
        return "what people write"
    if name == ADJUDICATED:
        return "the answers of people who compare sets"
    if name == DETECTOR or name.startswith(OURS):
        return "what ecgstream finds itself"
    return None
