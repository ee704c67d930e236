"""A column of texts, each different one kept once, to be searched for parts of them. Pure."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

END = "\n"
"""Stands behind each text that is searched: no word has it in it."""


class Texts:
    """The texts of some rows. Search is without regard to case, and for no word with END in it."""

    def __init__(self, texts: Iterable[str]) -> None:
        places: dict[str, int] = {}
        codes = [places.setdefault(text, len(places)) for text in texts]
        self._codes = np.array(codes, np.int32)
        self._texts = list(places)
        searched = [f"{text}{END}".casefold().encode() for text in places]
        self._stops = np.cumsum([len(text) for text in searched], dtype=np.int64)
        self._bytes = np.frombuffer(b"".join(searched), np.uint8)

    def __getitem__(self, row: int) -> str:
        return self._texts[int(self._codes[row])]

    def counts(self) -> Iterator[tuple[str, int]]:
        """Yield each different text with the number of rows that have it."""
        counts = np.bincount(self._codes, minlength=len(self._texts))
        return zip(self._texts, counts.tolist(), strict=True)

    def equal(self, text: str) -> NDArray[np.bool_]:
        """Return which rows have exactly this text."""
        if text not in self._texts:
            return np.zeros(len(self._codes), np.bool_)
        return np.asarray(self._codes == self._texts.index(text))

    def that(self, fits: Callable[[str], bool]) -> NDArray[np.bool_]:
        """Return which rows have a text that fits; asked once for each different text."""
        return np.array([fits(text) for text in self._texts], np.bool_)[self._codes]

    def having(self, word: str) -> NDArray[np.bool_]:
        """Return which rows have `word` in their text."""
        wanted = word.casefold().encode()
        found = np.zeros(len(self._texts), np.bool_)
        # Byte after byte in numpy, which lets other threads run: a loop over 100,000 texts, or
        # over as many finds of a common word, would hold up every frame for tens of ms.
        at = np.arange(0)
        for place, byte in enumerate(wanted):
            if place == 0:
                last = max(0, len(self._bytes) - len(wanted) + 1)
                at = np.flatnonzero(self._bytes[:last] == byte)
            else:
                at = at[self._bytes[at + place] == byte]
        found[np.searchsorted(self._stops, at, "right")] = True
        return found[self._codes] if wanted else np.ones(len(self._codes), np.bool_)
