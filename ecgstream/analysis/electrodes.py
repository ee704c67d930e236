"""A hint that the electrodes of the arms were swapped: lead I upside down, aVR upright.

With them swapped I is its own mirror image, II and III have changed places, and so have aVR and
aVL: every law of the limb leads still holds. P wave and QRS complex mostly negative in I with an
upright aVR are rare otherwise (dextrocardia has them too), so that a person is asked to look.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.analysis.beats import SLOWEST_FS, detect

WINDOWS: Final = 30
"""At most so many windows are looked at, spread over those there are."""

LEAST_BEATS: Final = 5

BEFORE_S, AFTER_S = 0.3, 0.12
"""Around an R peak: P wave and QRS complex."""

P_S: Final = (-0.24, -0.08)
QRS_S: Final = (-0.05, 0.07)
LEVEL_S: Final = (-0.08, -0.055)
"""Between P wave and QRS complex, where nothing is going on."""

P_MV, QRS_MV = 0.025, 0.15
"""What is smaller has no direction to speak of."""

MOSTLY: Final = 0.6
"""Of all that is in a complex, this part or more is on one side."""


@dataclass(slots=True)
class Arms:
    """Gathers beats of I and aVR, window by window."""

    fs: float
    _beats: list[NDArray[np.float64]] = field(default_factory=list)

    def add(
        self, one: NDArray[np.float64], avr: NDArray[np.float64], by: NDArray[np.float64]
    ) -> None:
        """Take a window of I and of aVR, mV, NaN = missing; beats are found in `by`."""
        if self.fs < SLOWEST_FS:
            return
        before, after = round(BEFORE_S * self.fs), round(AFTER_S * self.fs)
        both = np.stack([one, avr])
        for peak in detect(by, self.fs).sample.tolist():
            beat = both[:, max(0, peak - before) : peak + after]
            if peak >= before and beat.shape[1] == before + after and np.isfinite(beat).all():
                self._beats.append(beat)

    @property
    def beats(self) -> int:
        """How many were looked at."""
        return len(self._beats)

    def suspicious(self) -> bool:
        """Return whether the usual beat points down in I, P wave and QRS complex, and up in aVR.

        Of aVR the complex alone: with the arms swapped its P wave is that of aVL, which is flat in
        many hearts, and down in some.
        """
        if len(self._beats) < LEAST_BEATS:
            return False
        usual = np.median(np.stack(self._beats), axis=0)
        return self._points(usual[0]) == (-1, -1) and self._points(usual[1])[1] == 1

    def _points(self, beat: NDArray[np.float64]) -> tuple[int, int]:
        """Return where P wave and QRS complex point: 1 up, -1 down, 0 neither."""

        def part(seconds: tuple[float, float]) -> NDArray[np.float64]:
            low, high = (round((BEFORE_S + s) * self.fs) for s in seconds)
            return beat[low : max(high, low + 1)]

        level = float(np.median(part(LEVEL_S)))
        p, qrs = part(P_S) - level, part(QRS_S) - level
        return _way(p, P_MV), _way(qrs, QRS_MV)


def _way(wave: NDArray[np.float64], least: float) -> int:
    up, down = float(np.maximum(wave, 0).sum()), float(np.maximum(-wave, 0).sum())
    if np.abs(wave).max() < least or max(up, down) < MOSTLY * (up + down):
        return 0
    return 1 if up > down else -1
