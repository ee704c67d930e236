"""Annotations and the WFDB symbols."""

from dataclasses import dataclass
from typing import Final

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
