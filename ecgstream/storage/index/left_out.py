"""What of an archive is not served, in words for those who look at it. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ecgstream.errors import SourceError
from ecgstream.storage.foreign.proposing import spelled

FIRST: Final = 50
"""Of the reasons, told to a page; `ecgstream check` tells all."""

_ABOVE: Final = re.compile(r"(?<![\w:/.*])/(?:[^/\s'\",:]+/)+")
"""The folders of an absolute path."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Files and folders left out, wholly or in part: how many there are, and the first reasons.

    Paths in them are those below the data roots: where on the server these are is nobody's concern.
    """

    count: int = 0
    reasons: tuple[str, ...] = ()


NOTHING: Final = LeftOut()


def left_out(problems: Sequence[SourceError], roots: Iterable[str]) -> LeftOut:
    """Return what `problems` say, below `roots`, each as a person knows it."""
    above = sorted({root.rstrip("/") for root in roots} - {""}, key=len, reverse=True)
    return LeftOut(
        count_of(problems), tuple(spelled(_below(str(one), above)) for one in problems[:FIRST])
    )


def count_of(problems: Iterable[SourceError]) -> int:
    """Return how many files and folders `problems` are of."""
    return len({place for one in problems for place in (one.path or str(one), *one.also)})


def _below(text: str, roots: Sequence[str]) -> str:
    """Return `text` without what leads to the data roots."""
    for root in roots:
        text = text.replace(f"{root}/", "")
        name = root.rpartition("/")[2].replace("\\", r"\\")
        text = re.sub(rf"{re.escape(root)}(?![^\s:,;'\"])", name, text)
    return _ABOVE.sub("", text)
