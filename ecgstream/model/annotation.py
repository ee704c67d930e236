"""Annotations and the WFDB symbols."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
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

COMMENT: Final = '"'
"""The symbol of what is said in words alone."""

POINT: Final = -1
"""In place of a stop: a mark, and no stretch."""

ANYWHERE: Final = -1
"""In place of a lead: of the whole record."""

BEATS: Final = frozenset("NLRBAaJSVrFejnE/fQ?")
"""The symbols that mark a beat (a QRS complex); all others mark something else."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A mark at a sample, as the WFDB annotation format has it.

    `sample` counts from the start of the record, at the rate of its set. `symbol` is one of
    `SYMBOLS`, or one that the file defines itself. `chan` is the signal it was made on.
    `aux_note` is free text (`(AFIB` for a rhythm change), empty where there is none. Not WFDB's:
    `stop` is the sample after the last of a stretch, or POINT; `lead` the one that is said, if any.
    """

    sample: int
    symbol: str
    subtype: int = 0
    chan: int = 0
    num: int = 0
    aux_note: str = ""
    stop: int = POINT
    lead: str | None = None

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
class Extras:
    """What WFDB has no field for, a column a field, shape (count,) each.

    `stop`: the sample after the last of a stretch, or POINT. `score`: how sure it is, NaN where
    nobody says. `lead`: a place in `leads`, or ANYWHERE.
    """

    stop: NDArray[np.int64]
    score: NDArray[np.float64]
    lead: NDArray[np.int64]
    leads: Sequence[str]

    @classmethod
    def of(cls, listed: "Sequence[Annotation]") -> "Extras | None":
        """Return those of annotations; None where none of them is a stretch."""
        if all(one.stop == POINT for one in listed):
            return None
        leads, lead = _coded([one.lead or "" for one in listed])
        nowhere = np.array([not one for one in leads], np.bool_)
        return cls(
            _column(one.stop for one in listed),
            np.full(len(listed), np.nan),
            np.where(nowhere[lead], ANYWHERE, lead),
            leads,
        )

    @property
    def places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return stop and lead of each."""
        return self.stop, self.lead

    def take(self, which: "slice | NDArray[Any]") -> "Extras":
        """Return some of them."""
        return Extras(self.stop[which], self.score[which], self.lead[which], self.leads)


@dataclass(frozen=True, slots=True, eq=False)
class Annotations:
    """A whole set, a column a field, shape (count,) each, sorted by `sample`.

    Those of one sample keep the order of their file. `symbol` and `aux_note` are places in
    `symbols` and `aux_notes`: a day has 150,000 beats and a handful of words. `extras` has what no
    WFDB file could; None where there is nothing of the kind.
    """

    sample: NDArray[np.int64]
    symbol: NDArray[np.int64]
    subtype: NDArray[np.int64]
    chan: NDArray[np.int64]
    num: NDArray[np.int64]
    aux_note: NDArray[np.int64]
    symbols: Sequence[str]
    aux_notes: Sequence[str]
    extras: Extras | None = None

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
            extras=Extras.of(listed),
        )

    def __len__(self) -> int:
        return len(self.sample)

    def listed(self) -> list[Annotation]:
        """Return them one by one."""
        nothing = np.full(len(self), POINT)
        stop, lead = (nothing, nothing) if self.extras is None else self.extras.places
        leads = [*(() if self.extras is None else self.extras.leads), None]
        return [
            Annotation(
                *(sample, self.symbols[symbol], subtype, chan, num, self.aux_notes[note]),
                *(stop, leads[lead]),
            )
            for sample, symbol, subtype, chan, num, note, stop, lead in zip(
                *(
                    column.tolist()
                    for column in (
                        *(self.sample, self.symbol, self.subtype),
                        *(self.chan, self.num, self.aux_note, stop, lead),
                    )
                ),
                strict=True,
            )
        ]

    def at(self, fs: float, to: float) -> "Annotations":
        """Return them, which count at `fs` Hz, as they count at `to` Hz."""
        extras = self.extras
        if extras is not None:
            there = resampled(extras.stop, fs, to)
            extras = replace(extras, stop=np.where(extras.stop == POINT, POINT, there))
        return replace(self, sample=resampled(self.sample, fs, to), extras=extras)

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
            self.extras and self.extras.take(which),
        )

    def kept(
        self, threshold: float | None = None, labels: Collection[str] | None = None
    ) -> NDArray[np.bool_]:
        """Return which are at least as sure as `threshold`, and of one of `labels`; None: all.

        What has no score is not held against a threshold. What is said in words has these for its
        label, anything else its symbol.
        """
        kept = np.ones(len(self), np.bool_)
        if threshold is not None and self.extras is not None:
            kept &= ~(self.extras.score < threshold)
        if labels is not None:
            worded = _of([one == COMMENT for one in self.symbols])[self.symbol]
            worded &= _of([bool(one) for one in self.aux_notes])[self.aux_note]
            said = _of([one in labels for one in self.aux_notes])[self.aux_note]
            kept &= np.where(
                worded, said, _of([one in labels for one in self.symbols])[self.symbol]
            )
        return kept

    def label(self, row: int) -> str:
        """Return the label of a row: its words where it is a comment, else its symbol."""
        symbol: str = self.symbols[self.symbol[row]]
        note: str = self.aux_notes[self.aux_note[row]]
        return note if note and symbol == COMMENT else symbol


def in_words(one: Annotation, fs: float) -> str:
    """Return the note of an annotation at `fs` Hz, with how long it lasts where it does."""
    if one.stop == POINT:
        return one.aux_note
    return f"{one.aux_note} ({(one.stop - one.sample) / fs:.10g} s)".strip()


def resampled(sample: NDArray[np.int64], fs: float, to: float) -> NDArray[np.int64]:
    """Return sample numbers at `fs` Hz as the nearest ones at `to` Hz, halves upwards."""
    if fs == to:
        return sample
    nearest: NDArray[np.int64] = np.floor(sample * (to / fs) + 0.5).astype(np.int64)
    return nearest


def _of(answers: Sequence[bool]) -> NDArray[np.bool_]:
    """Return them as an array to be looked up in; one more, for there may be none."""
    return np.array([*answers, False], np.bool_)


def _column(values: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(values, np.int64)


def _coded(texts: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """Return the different texts, as they come, and of each text which of them it is."""
    places: dict[str, int] = {}
    codes = [places.setdefault(text, len(places)) for text in texts]
    return list(places), _column(codes)
