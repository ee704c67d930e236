"""ECG made of beats whose places are known."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.record import Lead, Record
from ecgstream.storage.memory import MemorySource

FS = 250.0


def regular(seconds: float, bpm: float, *, first: float = 0.6) -> NDArray[np.float64]:
    """Return the times of beats (s)."""
    return np.arange(first, seconds - 0.4, 60 / bpm)


def wave(
    times: Sequence[float] | NDArray[np.float64],
    seconds: float,
    *,
    fs: float = FS,
    mv: float = 1.0,
    noise: float = 0.01,
    seed: int = 1,
    delay: float = 0.0,
) -> NDArray[np.float64]:
    """Return mV: P, QRS and T around each of `times`, whose R peak is `delay` seconds later."""
    t = np.arange(round(seconds * fs)) / fs
    out = np.random.default_rng(seed).normal(0, noise, len(t))
    for at in times:
        low, high = np.searchsorted(t, [at - 0.4, at + 0.6])
        near = t[low:high] - at - delay
        for height, place, width in (
            (0.12, -0.16, 0.02),
            (-0.1, -0.025, 0.008),
            (1.0, 0.0, 0.012),
            (-0.2, 0.03, 0.01),
            (0.25, 0.26, 0.045),
        ):
            out[low:high] += mv * height * np.exp(-(((near - place) / width) ** 2) / 2)
    return out


def record(
    name: str,
    leads: dict[str, NDArray[np.float64]],
    *,
    fs: float = FS,
    source: MemorySource | None = None,
) -> MemorySource:
    """Return a source with a record of these leads, in mV with NaN = missing, stored as int16."""
    source = source or MemorySource(piece=round(30 * fs))
    stored, told = {}, []
    for lead, mv in leads.items():
        told.append(Lead(lead, "mV", 1000.0, 0.0, "ecg", fs, len(mv), ("i2", "i4", "f4", "f8")))
        digital = np.full(len(mv), -(2**15), np.int16)
        known = np.isfinite(mv)
        digital[known] = np.rint(mv[known] * 1000)
        stored[lead] = digital
    source.add(Record(name, "made", tuple(told), None, None, None, None), stored)
    return source
