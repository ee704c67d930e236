"""Judges the limb leads by windows: whether their arithmetic holds, and a hint of swapped arms."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.analysis import limbs
from ecgstream.analysis.electrodes import WINDOWS, Arms
from ecgstream.analysis.judgement import Judgement
from ecgstream.analysis.windows import TWICE, Windows, of_windows
from ecgstream.model.record import Lead
from ecgstream.model.twelve import LIMB, standard
from ecgstream.model.unit import millivolts

SHOWN: Final = 3
"""Windows in which an explanation is looked for: it costs some hundred times a law."""


class LimbJudge:
    """Holds the limb leads against their arithmetic, and looks for swapped arms."""

    def __init__(self, leads: Sequence[Lead], windows: Windows) -> None:
        self._leads = leads
        self._windows = windows
        self._places: dict[str, int] = {}
        for place, lead in enumerate(leads):
            name = standard(lead.name)
            if name in LIMB:
                self._places.setdefault(name, place)
        units = {millivolts(leads[place].unit) for place in self._places.values()}
        raw = {leads[place].unit for place in self._places.values()}
        # In no voltage, all of one unit, the arithmetic holds all the same.
        self._volts = None not in units
        alike = self._volts or len(raw) == 1
        self._laws = limbs.applying(list(self._places)) if alike else []
        self._broken: dict[int, limbs.Broken] = {}
        self._held = 0
        self._worst: list[tuple[float, int, dict[str, NDArray[np.float64]]]] = []
        self._arms = Arms(windows.fs)
        self._every = -(-len(windows) // WINDOWS)

    def add(
        self,
        k: int,
        values: NDArray[np.float64],
        seen: NDArray[np.bool_],
        step: NDArray[np.float64],
    ) -> None:
        """Take window `k` of all leads; `seen`: which of them are there."""
        traces = {name: values[place] for name, place in self._places.items() if seen[place]}
        laws = [law for law in self._laws if law in set(limbs.applying(list(traces)))]
        if laws:
            self._held += 1
            found = limbs.broken(traces, laws, self._coarsest(step), self._floor)
            if found.laws:
                self._broken[k] = found
                self._worst.append((found.rest, k, traces))
                self._worst.sort(key=lambda one: -one[0])
                del self._worst[SHOWN:]
        if k % self._every == 0 and self._volts and "I" in traces and {"II", "aVR"} & set(traces):
            two = traces.get("II")
            avr = traces.get("aVR")
            if avr is None and two is not None:
                avr = -(traces["I"] + two) / 2
            if avr is not None:
                self._arms.add(traces["I"], avr, traces["I"] if two is None else two)

    @property
    def _floor(self) -> float:
        return limbs.FLOOR if self._volts else 0.0

    def _coarsest(self, step: NDArray[np.float64]) -> float:
        return float(step[list(self._places.values())].max())

    def findings(self, step: NDArray[np.float64]) -> Iterator[Judgement]:
        """Yield what is to be said of the limb leads."""
        if self._broken and len(self._broken) >= min(TWICE, self._held):
            yield self._arithmetic(self._coarsest(step))
        # A hint that the arithmetic contradicts is none: it is a name that is wrong, then.
        elif self._arms.suspicious():
            names = [
                self._leads[self._places[one]].name for one in ("I", "aVR") if one in self._places
            ]
            yield Judgement(
                "arms", tuple(names),
                "P wave and QRS complex point down in I, the complex up in aVR "
                f"({self._arms.beats} beats): it may be that the electrodes of the arms were "
                "swapped (or dextrocardia); a hint, for a person to look at",
                self._windows.fs,
            )  # fmt: skip

    def _arithmetic(self, step: float) -> Judgement:
        mask = np.zeros(len(self._windows), np.bool_)
        mask[list(self._broken)] = True
        failed = frozenset().union(*(one.laws for one in self._broken.values()))
        rest = float(np.median([one.rest for one in self._broken.values()]))
        told: dict[str, None] = {}
        for _, k, traces in self._worst:
            laws = limbs.applying(list(traces))
            of = [law for law in laws if law in self._laws]
            why = limbs.explained(
                traces, of, self._broken[k].laws, step, fs=self._windows.fs, floor=self._floor
            )
            told |= dict.fromkeys(why)
        unit = "mV" if self._volts else "units"
        formulas = ", ".join(limbs.LAWS[k][0] for k in sorted(failed))
        because = f"; it holds if {' or if '.join(told)}" if told else ""
        names = {name for k in failed for name in limbs.LAWS[k][1]}
        return Judgement(
            "limb",
            tuple(self._leads[self._places[name]].name for name in LIMB if name in names),
            f"{formulas} {'is' if len(failed) == 1 else 'are'} not 0 but {rest:.2g} {unit} (root "
            f"mean square) in {of_windows(len(self._broken), self._held)}: a channel is "
            f"mislabelled, shifted or altered (swapped electrodes do not do this){because}",
            self._windows.fs,
            self._windows.spans(mask),
        )
