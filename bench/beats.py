"""R peaks against reference beats, ours and SleepECG's in the same run, and what they cost.

Signal 0 of every record of `data/mitdb`, or of the WFDB records in the folder `BENCH_MITDB`. All
beat symbols, nothing excluded. Paired as WFDB's bxb does, within 150 ms and within 50 ms.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sleepecg
from numpy.typing import NDArray

from bench.figures import at_least, verdict
from ecgstream.analysis.beats import DETECTOR, detect
from ecgstream.analysis.matching import match
from ecgstream.formats.wfdb import open_record
from ecgstream.storage.catalog import scan

MITDB = Path(__file__).parent.parent / "data" / "mitdb"
BEATS = frozenset("NLRBAaJSVrFejnE/fQ?")
ROUNDS = 3
"""The quickest of them counts: the others had company on their core."""

HALF_HOUR_S = 1800.0

Signal = NDArray[np.float64]
Marks = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Score:
    """How one detector did on one record, or on all of them."""

    beats: int
    found: int
    said: int
    close: int
    far_ms: NDArray[np.float64]
    cpu_s: float
    seconds: float

    @property
    def f1(self) -> float:
        """Percent, at 150 ms."""
        return 200 * self.found / max(1, self.beats + self.said)

    @property
    def f1_close(self) -> float:
        """Percent, at 50 ms."""
        return 200 * self.close / max(1, self.beats + self.said)

    @property
    def p95(self) -> float:
        """Milliseconds from the annotation, of those within 150."""
        return float(np.percentile(self.far_ms, 95)) if len(self.far_ms) else float("nan")

    @property
    def half_hour_s(self) -> float:
        """CPU seconds for half an hour of one lead."""
        return self.cpu_s * HALF_HOUR_S / self.seconds

    def __str__(self) -> str:
        return (
            f"Se {100 * self.found / max(1, self.beats):6.2f}"
            f" +P {100 * self.found / max(1, self.said):6.2f} F1 {self.f1:6.2f}"
            f" F1@50 {self.f1_close:6.2f} p95 {self.p95:5.1f} ms {self.half_hour_s:.3f} s"
        )


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    ours: list[Score] = []
    theirs: list[Score] = []
    detect(np.zeros(3600), 360.0)
    print(f"  percent; CPU for half an hour; {DETECTOR} and then sleepecg {sleepecg.__version__}")
    for name, fs, signal, beats in records():
        ours.append(_score(lambda x, fs=fs: detect(x, fs).sample, fs, signal, beats))
        theirs.append(_score(lambda x, fs=fs: sleepecg.detect_heartbeats(x, fs), fs, signal, beats))
        print(f"  {name:>8} {len(beats):5d}  {ours[-1]}  |  {theirs[-1]}", flush=True)
    if not ours:
        print("  no records with reference beats")
        return False
    gross, other = _together(ours), _together(theirs)
    print(f"  {'gross':>8} {gross.beats:5d}  {gross}  |  {other}")
    slowest = max(score.half_hour_s for score in ours)
    met = at_least("F1 at 150 ms", gross.f1, 99.3, "%")
    met &= at_least("F1 at 50 ms", gross.f1_close, 98, "%")
    met &= verdict("95 of 100 beats within", gross.p95, 40, "ms")
    met &= verdict("CPU a lead and half hour, the dearest record", slowest, 0.1, "s")
    return met


def _score(
    find: Callable[[Signal], NDArray[np.int64]], fs: float, signal: Signal, beats: Marks
) -> Score:
    costs = []
    for _ in range(ROUNDS):
        began = time.process_time()
        found = np.asarray(find(signal), np.int64)
        costs.append(time.process_time() - began)
    pairs = match(beats, found, round(0.15 * fs)).pairs
    close = match(beats, found, round(0.05 * fs)).pairs
    far = np.abs(beats[pairs[:, 0]] - found[pairs[:, 1]]) / fs * 1000
    seconds = len(signal) / fs
    return Score(len(beats), len(pairs), len(found), len(close), far, min(costs), seconds)


def _together(scores: list[Score]) -> Score:
    return Score(
        sum(score.beats for score in scores),
        sum(score.found for score in scores),
        sum(score.said for score in scores),
        sum(score.close for score in scores),
        np.concatenate([score.far_ms for score in scores]),
        sum(score.cpu_s for score in scores),
        sum(score.seconds for score in scores),
    )


def records() -> Iterator[tuple[str, float, Signal, Marks]]:
    folder = os.environ.get("BENCH_MITDB")
    yield from _wfdb(Path(folder)) if folder else _archive()


def _archive() -> Iterator[tuple[str, float, Signal, Marks]]:
    source = scan([MITDB])
    for record in source.records():
        lead = record.leads[0]
        (column,) = source.read(record.record, [lead.name], 0, lead.length)
        signal = (np.asarray(column.samples, np.float64) - lead.baseline) / lead.gain
        listed = source.annotations(record.record, "atr").listed()
        beats = [mark.sample for mark in listed if mark.symbol in BEATS]
        yield record.record, record.fs, signal, np.array(beats, np.int64)


def _wfdb(folder: Path) -> Iterator[tuple[str, float, Signal, Marks]]:
    for header in sorted(folder.glob("*.hea")):
        recording = open_record(header)
        marked = [file for file in recording.annotation_files if file.suffix == ".atr"]
        if not marked:
            continue
        lead = recording.signals[0]
        parts = [chunk[0] for chunk in recording.chunks()]
        stored = np.concatenate([part.values for part in parts]).astype(np.float64)
        signal = (stored - lead.baseline) / lead.gain
        gone = [np.zeros(len(p.values), bool) if p.missing is None else p.missing for p in parts]
        signal[np.concatenate(gone)] = np.nan
        listed = recording.annotation_set(marked[0]).annotations
        beats = [mark.sample for mark in listed if mark.symbol in BEATS]
        yield recording.name, lead.fs, signal, np.array(beats, np.int64)
