"""A column of texts, each different one kept once, to be searched for parts of them. Pure."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

END: Final = "\n"
"""Stands behind each text that is searched: no word has it in it."""

AT_ONCE: Final = 2_000
"""Texts taken in one go without a step of Python between, in which other threads have to wait."""


class Texts:
    """The texts of some rows. Search is without regard to case, and for no word with END in it."""

    def __init__(self, texts: Sequence[str]) -> None:
        places: dict[str, int] = {}
        self._codes = np.empty(len(texts), np.int32)
        for low in range(0, len(texts), AT_ONCE):
            some = texts[low : low + AT_ONCE]
            for text in dict.fromkeys(some):
                if text not in places:
                    places[text] = len(places)
            codes = np.fromiter(map(places.__getitem__, some), np.int32, len(some))
            self._codes[low : low + len(some)] = codes
        self._texts: Sequence[str] = list(places)
        self._bytes, self._stops = _searched(self._texts)

    @classmethod
    def of(cls, texts: Sequence[str], codes: NDArray[np.int32]) -> Self:
        """Return the column whose rows have these of `texts`, all of them different."""
        made = cls(())
        made._texts, made._codes = texts, codes
        made._bytes, made._stops = _searched(texts)
        return made

    @property
    def texts(self) -> Sequence[str]:
        """Each different text."""
        return self._texts

    @property
    def codes(self) -> NDArray[np.int32]:
        """Which of them each row has."""
        return self._codes

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


def _searched(texts: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the bytes of all texts as they are searched, and where each of them ends."""
    parts = [
        f"{END.join(texts[low : low + AT_ONCE])}{END}".casefold().encode()
        for low in range(0, len(texts), AT_ONCE)
    ]
    held = np.frombuffer(b"".join(parts), np.uint8)
    stops = np.flatnonzero(held == ord(END)) + 1
    if len(stops) != len(texts):
        # Some have the END in themselves.
        lengths = [len(f"{text}{END}".casefold().encode()) for text in texts]
        stops = np.cumsum(lengths, dtype=np.int64)
    return held, stops
