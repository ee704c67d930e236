"""Electrocardiograms made of bells, so that it is known where every beat is."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Place in s from the R peak, height in mV, width (sigma) in s.
SHAPES: dict[str, tuple[tuple[float, float, float], ...]] = {
    "narrow": ((-0.16, 0.12, 0.022), (-0.028, -0.1, 0.009), (0, 1.0, 0.011), (0.03, -0.25, 0.012), (0.28, 0.28, 0.05)),
    "inverted": ((-0.16, 0.12, 0.022), (-0.028, 0.1, 0.009), (0, -1.0, 0.012), (0.032, 0.15, 0.012), (0.28, -0.25, 0.05)),
    "wide": ((0, 1.3, 0.035), (0.09, -0.4, 0.03), (0.3, -0.45, 0.06)),
    "wide down": ((-0.075, 0.25, 0.025), (0, -1.2, 0.04), (0.28, 0.5, 0.06)),
    "tall t": ((-0.16, 0.1, 0.022), (0, 0.8, 0.011), (0.03, -0.3, 0.012), (0.3, 0.8, 0.055)),
    "tall p": ((-0.17, 0.3, 0.02), (0, 0.8, 0.012), (0.03, -0.2, 0.012), (0.28, 0.2, 0.05)),
    "paced": ((0, 1.0, 0.032), (0.08, -0.3, 0.03), (0.32, -0.4, 0.06)),
    "p alone": ((-0.16, 0.15, 0.022),),
}  # fmt: skip


def regular(rate: float, seconds: float, first: float = 0.6) -> NDArray[np.float64]:
    """Return the times (s) of beats at `rate` a minute, none in the last half second."""
    return np.arange(first, seconds - 0.5, 60 / rate)


def irregular(rate: float, seconds: float, seed: int, spread: float = 0.22) -> NDArray[np.float64]:
    """Return the times of beats as in atrial fibrillation: intervals that know nothing of another."""
    random = np.random.default_rng(seed)
    intervals = 60 / rate * np.clip(random.normal(1, spread, int(seconds * 6)), 0.5, 1.9)
    times = 0.6 + np.concatenate([[0], np.cumsum(intervals)])
    return times[times < seconds - 0.5]


def made(
    fs: float,
    seconds: float,
    times: Sequence[float] | NDArray[np.float64],
    *,
    shape: str | Sequence[str] = "narrow",
    height: float | Sequence[float] | NDArray[np.float64] = 1.0,
    spikes: float = 0.0,
    noise: float = 0.0,
    hum: float = 0.0,
    wander: float = 0.0,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Return a trace in mV with an R peak at each of `times` (s).

    `shape` and `height`: one for all or one a beat. `spikes`: mV of a pacing pulse 20 ms before.
    `noise`: mV root mean square, white below 100 Hz; `hum`: mV at 50 Hz; `wander`: mV at 0.3 Hz.
    """
    count = round(seconds * fs)
    time = np.arange(count) / fs
    out = np.zeros(count)
    shapes = [shape] * len(times) if isinstance(shape, str) else list(shape)
    heights = np.broadcast_to(np.asarray(height, float), (len(times),))
    for at, name, tall in zip(times, shapes, heights, strict=True):
        low, high = max(0, int((at - 0.5) * fs)), min(count, int((at + 0.7) * fs))
        near = time[low:high] - at
        for place, mv, width in SHAPES[name]:
            out[low:high] += tall * mv * np.exp(-(((near - place) / width) ** 2) / 2)
        if spikes:
            begin = round((at - 0.02 - (0.03 if name == "paced" else 0)) * fs)
            out[max(0, begin) : max(0, begin) + max(1, round(0.002 * fs))] += spikes
    random = np.random.default_rng(seed)
    if noise:
        out += noise * random.standard_normal(count) * max(1.0, fs / 200) ** 0.5
    if hum:
        out += hum * np.sin(2 * np.pi * 50 * time + 1)
    if wander:
        out += wander * np.sin(2 * np.pi * 0.3 * time) + wander / 2 * np.sin(
            2 * np.pi * 0.11 * time
        )
    return out
