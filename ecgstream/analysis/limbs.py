"""The arithmetic of the limb leads: six leads of two voltages, so that each follows from others.

Einthoven: I - II + III = 0. Goldberger: aVR = -(I + II) / 2, aVL = I - II / 2, aVF = II - I / 2,
and what follows from these. It holds for any two voltages: of electrodes that were swapped on the
body it says nothing. It fails where a channel has another lead's name, is upside down, shifted in
time, of another gain, or altered.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
    failed: dict[int, float] = {}
    for k in laws:
        rest, allowed = _rest(traces, LAWS[k][1], step, floor)
        if rest > allowed:
            failed[k] = rest
    return Broken(frozenset(failed), max(failed.values(), default=0.0))


def _rest(
    traces: Traces, terms: Mapping[str, float], step: float, floor: float
) -> tuple[float, float]:
    """Return the root mean square of what is left of a law, and how much may be."""
    parts = np.array([traces[name] * by for name, by in terms.items()])
    known = np.isfinite(parts).all(axis=0)
    if known.sum() < LEAST:
        return 0.0, 0.0
    # The level of an amplifier is nobody's heart: each may have its own.
    parts = parts[:, known]
    parts = parts - parts.mean(axis=1, keepdims=True)
    rest = float(np.std(parts.sum(axis=0)))
    size = float(np.sqrt(np.mean(parts**2)))
    return rest, max(PART * size, STEPS * step, floor)


def explained(
    traces: Traces, laws: Sequence[int], failed: frozenset[int], step: float, *,
    fs: float, floor: float = FLOOR,
) -> list[str]:  # fmt: skip
    """Return, in words, every simple change of the leads that makes all of `laws` hold.

    Where none does: which one lead is altered, if all that failed have it in them and all that
    hold do not; else nothing.
    """

    def holds(changed: Traces) -> bool:
        return not broken(changed, laws, step, floor).laws

    names = [name for name in LIMB if any(name in LAWS[k][1] for k in laws)]
    found = [words for words, changed in _changes(traces, names) if holds(changed)]
    if found:
        return found
    for name in names:
        shifted = _shifted(traces, name, laws, fs)
        if shifted and holds(shifted[1]):
            found.append(shifted[0])
    for name in names:
        scaled = None if found else _scaled(traces, name, laws)
        if scaled and holds(scaled[1]):
            found.append(scaled[0])
    if found:
        return found
    blamed = [name for name in names if all((name in LAWS[k][1]) == (k in failed) for k in laws)]
    if len(blamed) == 1 and len(laws) > 1:
        return [f"{blamed[0]} is altered or another signal, the others agree"]
    return []


def _changes(traces: Traces, names: Sequence[str]) -> Iterator[tuple[str, Traces]]:
    for name in names:
        yield f"{name} is upside down", {**traces, name: -traces[name]}
    for one, other in combinations(names, 2):
        swapped = {**traces, one: traces[other], other: traces[one]}
        yield f"{one} and {other} have each other's name", swapped


def _expected(traces: Traces, name: str, laws: Sequence[int]) -> NDArray[np.float64] | None:
    """Return what a lead is by the first law that it is in."""
    for k in laws:
        terms = LAWS[k][1]
        if name in terms:
            others = [traces[other] * by for other, by in terms.items() if other != name]
            return -np.asarray(sum(others)) / terms[name]
    return None


def _scaled(traces: Traces, name: str, laws: Sequence[int]) -> tuple[str, Traces] | None:
    expected = _expected(traces, name, laws)
    if expected is None:
        return None
    known = np.isfinite(expected) & np.isfinite(traces[name])
    is_, should = (one[known] - one[known].mean() for one in (traces[name], expected))
    both = float(is_ @ should)
    if both <= 0:
        return None
    by = float(is_ @ is_) / both
    return f"{name} is {by:.3g} times what it should be", {**traces, name: traces[name] / by}


def _shifted(
    traces: Traces, name: str, laws: Sequence[int], fs: float
) -> tuple[str, Traces] | None:
    expected = _expected(traces, name, laws)
    most = round(SHIFT_S * fs)
    if expected is None or len(expected) < 4 * most:
        return None
    is_, should = (np.nan_to_num(one - np.nanmean(one)) for one in (traces[name], expected))
    inner = slice(most, len(is_) - most)
    lags = [lag for lag in range(-most, most + 1) if lag]
    rests = [float(((np.roll(is_, -lag) - should)[inner] ** 2).mean()) for lag in lags]
    lag = lags[int(np.argmin(rests))]
    moved = np.roll(traces[name], -lag)
    moved[:most] = moved[-most:] = np.nan
    when = "late" if lag > 0 else "early"
    return f"{name} is {abs(lag) / fs * 1000:.3g} ms {when}", {**traces, name: moved}
