"""What comparing costs, and a detector's beats on the six records counted twice.

No `bxb` is at hand where this runs. The second count is the literal reader of `tests/bxb.py`, mark
after mark as the manual of bxb has it, which shares no line with `ecgstream.analysis`.
"""

import time
from pathlib import Path

import numpy as np
import sleepecg

from bench.figures import verdict
from ecgstream.analysis.agreement import CLASSES, compare, gross, of_class, qrs
from ecgstream.model.annotation import Annotation, Annotations
from ecgstream.storage.catalog import scan
from tests.bxb import bxb

MITDB = Path(__file__).parent.parent / "data" / "mitdb"
DAY = 120_000
"""Beats of a fast day."""


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    met = True
    source = scan([MITDB])
    tables = []
    for record in source.records():
        name = record.record
        (lead, *_) = record.leads
        (column,) = source.read(name, [lead.name], 0, lead.length)
        signal = (np.asarray(column.samples, np.float64) - lead.baseline) / lead.gain
        test = [Annotation(int(at), "N") for at in sleepecg.detect_heartbeats(signal, lead.fs)]
        atr = source.annotations(name, "atr")
        found = compare(atr, Annotations.of(test), record.fs, length=record.length)
        twice = bxb(atr.listed(), test, window=54, length=record.length)
        table = [[twice[row, column] for column in CLASSES] for row in CLASSES]
        differ = int(np.abs(found.counts - np.array(table)).sum())
        score = qrs(found.counts)
        print(
            f"  {name}: {score.found} found, {score.missed} missed, {score.extra} extra,"
            f" F1 {100 * (score.f1 or 0):.2f} %"
        )
        met &= verdict(f"{name}, counts that differ", differ, 0, "beats")
        tables.append(found.counts)
    together = qrs(gross(tables))
    print(
        f"  sleepecg, gross: Se {100 * (together.sensitivity or 0):.2f} %,"
        f" +P {100 * (together.predictivity or 0):.2f} %, F1 {100 * (together.f1 or 0):.2f} %;"
        f" N Se {100 * (of_class(gross(tables), 'N').sensitivity or 0):.2f} %"
    )
    dice = np.random.default_rng(6)
    beats = np.cumsum(dice.integers(200, 330, DAY))
    met &= verdict("a day of beats, one in a hundred wrong", _ms(beats, dice, 20), 100, "ms")
    met &= verdict("a million marks, one in ten ms", _ms(_crowd(dice), dice, 4), 3_000, "ms")
    return met


def _crowd(dice: np.random.Generator) -> "np.ndarray":
    return np.cumsum(dice.integers(1, 8, 1_000_000))


def _ms(beats: "np.ndarray", dice: np.random.Generator, shake: int) -> float:
    """Return the CPU time of comparing where a hundredth is missed, and one made up."""
    test = np.sort(
        np.concatenate(
            [
                beats[dice.random(len(beats)) > 0.01] + dice.integers(-shake, shake, 1),
                dice.integers(0, int(beats[-1]), len(beats) // 100),
            ]
        )
    )
    sides = [_beats(beats), _beats(test)]
    began = time.process_time()
    compare(*sides, 360.0)
    return (time.process_time() - began) * 1000


def _beats(sample: "np.ndarray") -> Annotations:
    zero = np.zeros(len(sample), np.int64)
    return Annotations(np.maximum(sample, 0), zero, zero, zero, zero, zero, ["N"], [""])
