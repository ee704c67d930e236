"""The heart of the detector: from millivolts to R peaks. See docs/beats.md."""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 120.0
"""Hz at which QRS complexes are looked for: all of them lies below 40 Hz."""

FLOOR_MV: Final = 0.15
"""Peak to peak in the band: nothing below is a QRS (IEC 60601-2-27, 201.12.1.101.15)."""

REFRACTORY_S: Final = 0.2
"""The ventricles cannot be excited again sooner."""

T_WAVE_S: Final = 0.36
"""Until then a wave of less than half the slope is the T wave of the beat before (Pan, 1985)."""


def scan(physical: NDArray[Any], fs: float, first: int) -> NDArray[np.int64]:
    """Return the R peaks in `physical` (mV at `fs` Hz, NaN = missing) from sample `first` on."""
    factor = max(1, round(fs / RATE))
    skip = -first % factor
    known = np.isfinite(physical)
    micro = np.rint(np.where(known, physical, 0.0) * 1000).astype(np.int64)
    blocks = (len(micro) - skip) // factor
    if blocks < 2 * RATE:
        return np.empty(0, np.int64)
    low = micro[skip : skip + blocks * factor].reshape(blocks, factor).sum(axis=1)
    rate = fs / factor
    energy = envelope(low, rate) / (1000.0 * factor)
    reach = max(1, round(0.1 * rate))
    top = energy.copy()
    for step in range(1, reach + 1):
        np.maximum(top[step:], energy[:-step], out=top[step:])
        np.maximum(top[:-step], energy[step:], out=top[:-step])
    places = np.flatnonzero((energy == top) & (energy >= FLOOR_MV / 2))
    chosen = _choose(places.tolist(), energy[places].tolist(), rate)
    centres = [skip + place * factor + factor // 2 for place in chosen]
    found = sorted({_peak(micro, at, fs) + first for at in centres if known[at]})
    return np.array(found, np.int64)


def envelope(low: NDArray[np.int64], rate: float) -> NDArray[np.float64]:
    """Return the size of what goes up and down within a QRS's time, in the unit of `low`."""
    width = max(2, round(0.03 * rate))
    total = np.concatenate([[0], np.cumsum(np.pad(low, 2 * width, mode="edge"))])
    box = (total[width:] - total[:-width]) / width
    count = len(low)
    at = 2 * width - width // 2
    middle, left, right = (box[at + k : at + k + count] for k in (0, -width, width))
    odd = (right - left) / 2
    even = middle - (left + right) / 2
    size: NDArray[np.float64] = np.hypot(odd, even)
    return size


def _choose(places: list[int], sizes: list[float], rate: float) -> list[int]:
    chosen: list[int] = []
    last_sizes: list[float] = []
    start = [s for p, s in zip(places, sizes, strict=True) if p < 4 * rate]
    level = sorted(start)[-3] if len(start) > 3 else (max(start) if start else FLOOR_MV)
    noise = 0.1 * level
    last, last_size = -math.inf, 0.0
    for place, size in zip(places, sizes, strict=True):
        since = (place - last) / rate
        least = noise + 0.3 * (level - noise)
        if since > 1.2:
            least *= max(0.5, 1.2 / since)
        if since < T_WAVE_S:
            least = max(least, last_size / 2)
        if size < max(least, FLOOR_MV / 2):
            noise += 0.1 * (size - noise)
            continue
        if since < REFRACTORY_S:
            if size <= last_size:
                continue
            chosen.pop()
            last_sizes.pop()
        chosen.append(place)
        last, last_size = place, size
        last_sizes = [*last_sizes[-7:], size]
        level = sorted(last_sizes)[len(last_sizes) // 3]
    return chosen


def _peak(micro: NDArray[np.int64], at: int, fs: float) -> int:
    reach = round(0.08 * fs)
    low, high = max(0, at - reach), min(len(micro), at + reach + 1)
    near = micro[low:high]
    return low + int(np.abs(near - np.median(near)).argmax())
