"""The heart rate against the same rule over annotated beats, second by second.

Signal 0 of every record of `data/mitdb`, or of the WFDB records in the folder `BENCH_MITDB`. Each
whole second counts at which the product says a rate, and at which the annotators' beats give one;
where they do not (a pause by their account) it is told apart. Beside it: for how much of the
time there is a rate at all, and why there is none for the rest.
"""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from bench.beats import records
from bench.figures import at_least
from ecgstream.analysis.beats import detect
from ecgstream.analysis.rate import METHOD, Rate, rate

MOST_BPM = 5.0
MOST_PART = 0.05
TARGET = 99.0
VALID = 93.0
"""Percent of all the time, flutter and all: who says nothing is never wrong."""


def main() -> bool:
    """Print the figures; return whether the target is met."""
    print(f"  {METHOD}; seconds within {MOST_BPM:g} /min or {100 * MOST_PART:g} %")
    right = both = alone = every = 0
    lost: Counter[str] = Counter()
    for name, fs, signal, annotated in records():
        found = detect(signal, fs)
        span = (0, len(signal))
        ours = rate(found.sample, found.blind, found.why, fs, span, doubt=found.doubt)
        theirs = rate(annotated, np.empty((0, 2), np.int64), (), fs, span)
        at = np.round(np.arange(1, int(len(signal) / fs)) * fs).astype(np.int64)
        mine, its = values(ours, at), values(theirs, at)
        valid, known = ~np.isnan(mine), ~np.isnan(mine) & ~np.isnan(its)
        off = np.abs(mine[known] - its[known])
        good = (off <= MOST_BPM) | (off <= MOST_PART * its[known])
        print(
            f"  {name:>8}: {100 * good.mean():6.2f} % of {known.sum():,} s, mean error "
            f"{off.mean():.2f} /min; a rate for {100 * valid.mean():.1f} % of the time, "
            f"{int((valid & ~known).sum())} s of it where the annotations give none",
            flush=True,
        )
        lost.update(ours.at(int(sample))[1] for sample in at[~valid])
        right, both = right + int(good.sum()), both + int(known.sum())
        alone, every = alone + int((valid & ~known).sum()), every + len(at)
    print("  none: " + ", ".join(f"{why} {seconds} s" for why, seconds in lost.most_common()))
    met = at_least("rate right", 100 * right / max(1, both), TARGET, "%")
    return met & at_least("a rate, of all the time", 100 * (both + alone) / every, VALID, "%")


def values(said: Rate, at: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the rate at each of these samples, NaN where there is none."""
    place = said.sample.searchsorted(at, "right") - 1
    return np.append(np.nan, said.bpm)[place + 1]
