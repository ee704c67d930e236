"""Annotations and the WFDB symbols."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SYMBOLS: Final[dict[str, str]] = {
    "N": "Normal beat",
    "L": "Left bundle branch block beat",
    "R": "Right bundle branch block beat",
    "a": "Aberrated atrial premature beat",
    "V": "Premature ventricular contraction",
    "F": "Fusion of ventricular and normal beat",
    "J": "Nodal (junctional) premature beat",
    "A": "Atrial premature beat",
    "S": "Supraventricular premature or ectopic beat",
    "E": "Ventricular escape beat",
    "j": "Nodal (junctional) escape beat",
    "/": "Paced beat",
    "Q": "Unclassifiable beat",
    "~": "Change in signal quality",
    "|": "Isolated QRS-like artifact",
    "s": "ST change",
    "T": "T-wave change",
    "*": "Systole",
    "D": "Diastole",
    '"': "Comment",
    "=": "Measurement",
    "p": "Peak of P-wave",
    "B": "Bundle branch block beat (unspecified)",
    "^": "Non-captured pacemaker artifact",
    "t": "Peak of T-wave",
    "+": "Rhythm change",
    "u": "Peak of U-wave",
    "?": "Beat not classified during learning",
    "!": "Ventricular flutter wave",
    "[": "Start of ventricular flutter or fibrillation",
    "]": "End of ventricular flutter or fibrillation",
    "e": "Atrial escape beat",
    "n": "Supraventricular escape beat",
    "@": "Link to external data",
    "x": "Non-conducted P-wave (blocked APB)",
    "f": "Fusion of paced and normal beat",
    "(": "Waveform onset",
    ")": "Waveform end",
    "r": "R-on-T premature ventricular contraction",
}
"""Every symbol of the WFDB annotation codes, and what it stands for."""

BEATS: Final = frozenset("NLRBAaJSVrFejnE/fQ?")
"""The symbols that mark a beat (a QRS complex); all others mark something else."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A mark at a sample, as the WFDB annotation format has it.

    `sample` counts from the start of the record, at the rate of its set. `symbol` is one of
    `SYMBOLS`, or one that the file defines itself. `chan` is the signal it was made on.
    `aux_note` is free text (`(AFIB` for a rhythm change), empty where there is none.
    """

    sample: int
    symbol: str
    subtype: int = 0
    chan: int = 0
    num: int = 0
    aux_note: str = ""

    @property
    def is_beat(self) -> bool:
        """True where it marks a QRS complex."""
        return self.symbol in BEATS


@dataclass(frozen=True, slots=True)
class AnnotationHead:
    """What is known of a set before it is read: `name` is its annotator's (`atr`), `fs` in Hz.

    `source` says where the record is from; None = not said.
    """

    name: str
    fs: float
    count: int
    source: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Annotations:
    """A whole set, a column a field, shape (count,) each, sorted by `sample`.

    Those of one sample keep the order of their file. `symbol` and `aux_note` are places in
    `symbols` and `aux_notes`: a day has 150,000 beats and a handful of words.
    """

    sample: NDArray[np.int64]
    symbol: NDArray[np.int64]
    subtype: NDArray[np.int64]
    chan: NDArray[np.int64]
    num: NDArray[np.int64]
    aux_note: NDArray[np.int64]
    symbols: Sequence[str]
    aux_notes: Sequence[str]

    @classmethod
    def of(cls, annotations: Iterable[Annotation]) -> "Annotations":
        """Return them as columns."""
        listed = sorted(annotations, key=lambda one: one.sample)
        symbols, symbol = _coded([one.symbol for one in listed])
        notes, note = _coded([one.aux_note for one in listed])
        return cls(
            sample=_column(one.sample for one in listed),
            symbol=symbol,
            subtype=_column(one.subtype for one in listed),
            chan=_column(one.chan for one in listed),
            num=_column(one.num for one in listed),
            aux_note=note,
            symbols=symbols,
            aux_notes=notes,
        )

    def __len__(self) -> int:
        return len(self.sample)

    def listed(self) -> list[Annotation]:
        """Return them one by one."""
        return [
            Annotation(sample, self.symbols[symbol], subtype, chan, num, self.aux_notes[note])
            for sample, symbol, subtype, chan, num, note in zip(
                *(
                    column.tolist()
                    for column in (
                        *(self.sample, self.symbol, self.subtype),
                        *(self.chan, self.num, self.aux_note),
                    )
                ),
                strict=True,
            )
        ]

    def take(self, which: "slice | NDArray[Any]") -> "Annotations":
        """Return some of them: a slice, or the rows in the order wanted."""
        return Annotations(
            self.sample[which],
            self.symbol[which],
            self.subtype[which],
            self.chan[which],
            self.num[which],
            self.aux_note[which],
            self.symbols,
            self.aux_notes,
        )


def resampled(sample: NDArray[np.int64], fs: float, to: float) -> NDArray[np.int64]:
    """Return sample numbers at `fs` Hz as the nearest ones at `to` Hz, halves upwards."""
    if fs == to:
        return sample
    nearest: NDArray[np.int64] = np.floor(sample * (to / fs) + 0.5).astype(np.int64)
    return nearest


def _column(values: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(values, np.int64)


def _coded(texts: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """Return the different texts, as they come, and of each text which of them it is."""
    places: dict[str, int] = {}
    codes = [places.setdefault(text, len(places)) for text in texts]
    return list(places), _column(codes)
