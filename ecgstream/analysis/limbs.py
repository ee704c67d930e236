"""The arithmetic of the limb leads: six leads of two voltages, so that each follows from others.

Einthoven: I - II + III = 0. Goldberger: aVR = -(I + II) / 2, aVL = I - II / 2, aVF = II - I / 2,
and what follows from these. It holds for any two voltages: of electrodes that were swapped on the
body it says nothing. It fails where a channel has another lead's name, is upside down, shifted in
time, of another gain, or altered.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.twelve import LIMB

LAWS: Final[tuple[tuple[str, dict[str, float]], ...]] = (
    ("I + III - II", {"I": 1, "III": 1, "II": -1}),
    ("aVR + (I + II) / 2", {"aVR": 1, "I": 0.5, "II": 0.5}),
    ("aVL - I + II / 2", {"aVL": 1, "I": -1, "II": 0.5}),
    ("aVF - II + I / 2", {"aVF": 1, "II": -1, "I": 0.5}),
    ("aVR + aVL + aVF", {"aVR": 1, "aVL": 1, "aVF": 1}),
    ("aVL - (I - III) / 2", {"aVL": 1, "I": -0.5, "III": 0.5}),
    ("aVF - (II + III) / 2", {"aVF": 1, "II": -0.5, "III": -0.5}),
)
"""What is 0, and its terms."""

PART: Final = 0.08
"""Of the leads in it (root mean square) a rest is at most, where the law holds: filters of unlike
phase leave less, a wrong lead more."""

STEPS: Final = 4.0
"""Steps of the coarsest of them that rounding may leave."""

FLOOR: Final = 0.015
"""mV that amplifiers of their own leave of leads that were not made out of each other."""

LEAST: Final = 200
"""Samples in which all of a law's leads are there."""

SHIFT_S: Final = 0.1
"""As far in time as a shift is sought."""

Traces = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Broken:
    """The laws (indices of `LAWS`) that do not hold in a window, and by how much the worst one.

    `rest` is its root mean square, in the unit of the leads.
    """

    laws: frozenset[int]
    rest: float


def applying(names: Sequence[str]) -> list[int]:
    """Return which of `LAWS` the limb leads `names` can be held against."""
    return [k for k, (_, terms) in enumerate(LAWS) if all(name in names for name in terms)]


def broken(traces: Traces, laws: Sequence[int], step: float, floor: float = FLOOR) -> Broken:
    """Return which of `laws` do not hold for `traces`: shape (n,) each, NaN = missing.

    `step` is that of the coarsest lead, in their unit, and so is `floor`.
    """
    gram = _Gram.of(traces)
    return Broken(frozenset(), 0.0) if gram is None else gram.broken(laws, step, floor)


def explained(
    traces: Traces, laws: Sequence[int], failed: frozenset[int], step: float, *,
    fs: float, floor: float = FLOOR,
) -> list[str]:  # fmt: skip
    """Return, in words, every simple change of the leads that makes all of `laws` hold.

    Where none does: which one lead is altered, if all that failed have it in them and all that
    hold do not; else nothing.
    """
    gram = _Gram.of(traces)
    if gram is None:
        return []

    def holds(changed: _Gram | None) -> bool:
        return changed is not None and changed.holds(laws, step, floor)

    names = [name for name in LIMB if any(name in LAWS[k][1] for k in laws)]
    found = [words for words, by in _changes(gram, names) if holds(gram.changed(by))]
    if found:
        return found
    for name in names:
        shifted = _shifted(traces, name, laws, fs)
        if shifted and holds(_Gram.of(shifted[1])):
            found.append(shifted[0])
    for name in names:
        scaled = None if found else gram.scaled(name, laws)
        if scaled and holds(gram.changed(scaled[1])):
            found.append(scaled[0])
    if found:
        return found
    blamed = [name for name in names if all((name in LAWS[k][1]) == (k in failed) for k in laws)]
    if len(blamed) == 1 and len(laws) > 1:
        return [f"{blamed[0]} is altered or another signal, the others agree"]
    return []


@dataclass(frozen=True, slots=True, eq=False)
class _Gram:
    """The covariances of leads, shape (leads, leads): laws are sums of leads, and follow from them.

    Of deviations from the mean: the level of an amplifier is nobody's heart, each may have its own.
    """

    names: tuple[str, ...]
    of_two: NDArray[np.float64]

    @classmethod
    def of(cls, traces: Traces) -> "_Gram | None":
        """Return those of samples in which all leads are there; None where these are too few."""
        values = np.array(list(traces.values()))
        known = np.isfinite(values).all(axis=0)
        count = int(known.sum())
        if count < LEAST:
            return None
        values = values if count == values.shape[1] else values[:, known]
        away = values - values.mean(axis=1, keepdims=True)
        # Not by the library of matrices, which would take all cores for it.
        return cls(tuple(traces), np.einsum("it,jt->ij", away, away) / count)

    def broken(self, laws: Sequence[int], step: float, floor: float) -> Broken:
        """Return which of `laws` do not hold."""
        rests = {k: self._rest(k, step, floor) for k in laws}
        failed = {k: rest for k, rest in rests.items() if rest is not None}
        return Broken(frozenset(failed), max(failed.values(), default=0.0))

    def holds(self, laws: Sequence[int], step: float, floor: float) -> bool:
        """Return whether all of `laws` hold."""
        return all(self._rest(k, step, floor) is None for k in laws)

    def _rest(self, law: int, step: float, floor: float) -> float | None:
        """Return what is left of a law, root mean square, where it does not hold."""
        weights, squares, terms = _weights_of(law, self.names)
        squared = float(weights @ self.of_two @ weights)
        # Rounding may make it less than nothing.
        rest = max(0.0, squared) ** 0.5
        if rest <= STEPS * step or rest <= floor:
            return None
        size = float(np.sqrt((squares * self.of_two.diagonal()).sum() / terms))
        return rest if rest > PART * size else None

    def changed(self, by: NDArray[np.float64]) -> "_Gram":
        """Return those of other leads: each row of `by` says one as a sum of these."""
        return _Gram(self.names, by @ self.of_two @ by.T)

    def scaled(self, name: str, laws: Sequence[int]) -> tuple[str, NDArray[np.float64]] | None:
        """Return what a lead has to be divided by to be what the others make it."""
        terms = _expected(name, laws)
        if terms is None:
            return None
        place = self.names.index(name)
        both = float(_weights(terms, self.names) @ self.of_two[place])
        if both <= 0:
            return None
        by = float(self.of_two[place, place]) / both
        change = np.eye(len(self.names))
        change[place, place] = 1 / by
        return f"{name} is {by:.3g} times what it should be", change


def _weights(terms: Mapping[str, float], names: Sequence[str]) -> NDArray[np.float64]:
    return np.array([terms.get(name, 0.0) for name in names])


@lru_cache(maxsize=256)
def _weights_of(
    law: int, names: tuple[str, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Return the weights of leads in a law, these squared, and how many are not 0."""
    weights = _weights(LAWS[law][1], names)
    return weights, weights**2, int(np.count_nonzero(weights))


def _changes(gram: _Gram, names: Sequence[str]) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield leads upside down, and pairs of leads that change places."""
    same = np.eye(len(gram.names))
    place = {name: gram.names.index(name) for name in names}
    for name in names:
        turned = same.copy()
        turned[place[name], place[name]] = -1
        yield f"{name} is upside down", turned
    for one, other in combinations(names, 2):
        swapped = same.copy()
        swapped[[place[one], place[other]]] = swapped[[place[other], place[one]]]
        yield f"{one} and {other} have each other's name", swapped


def _expected(name: str, laws: Sequence[int]) -> dict[str, float] | None:
    """Return a lead as the sum of others, by the first law that it is in."""
    for k in laws:
        terms = LAWS[k][1]
        if name in terms:
            return {one: -by / terms[name] for one, by in terms.items() if one != name}
    return None


def _shifted(
    traces: Traces, name: str, laws: Sequence[int], fs: float
) -> tuple[str, Traces] | None:
    """Return by how much a lead is late or early, and the leads with it put right."""
    terms = _expected(name, laws)
    most = round(SHIFT_S * fs)
    if terms is None or not most or len(traces[name]) < 4 * most:
        return None
    expected = np.array([traces[other] * by for other, by in terms.items()]).sum(axis=0)
    is_, should = (_level(one) for one in (traces[name], expected))
    # Of all shifts at once: what differs least has the most in common, but for its own size.
    common = np.correlate(is_, should[most : len(should) - most], "valid")
    squares = np.concatenate([[0.0], np.cumsum(is_**2)])
    size = squares[len(is_) - 2 * most :] - squares[: 2 * most + 1]
    apart = size - 2 * common
    apart[most] = np.inf
    lag = int(apart.argmin()) - most
    moved = np.full(len(is_), np.nan)
    moved[most:-most] = traces[name][most + lag : len(is_) - most + lag]
    when = "late" if lag > 0 else "early"
    return f"{name} is {abs(lag) / fs * 1000:.3g} ms {when}", {**traces, name: moved}


def _level(trace: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a trace about 0, with 0 where nothing is there."""
    known = np.isfinite(trace)
    if known.all():
        about: NDArray[np.float64] = trace - trace.mean()
        return about
    away = trace - np.nanmean(trace) if known.any() else trace
    return np.nan_to_num(away)
