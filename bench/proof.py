"""Every recording of a folder, imported by the command, against another reader of its format.

`BENCH_FILES=folder python -m bench proof`: WFDB by the wfdb package, EDF by pyedflib, all else by
ecgdatakit. What is compared are the physical values of every sample of every lead, and which are
missing. What a library is known to get wrong is named beside its line.
"""

import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

from bench.figures import verdict
from ecgstream.model.block import is_missing
from ecgstream.model.unit import millivolts
from ecgstream.storage.catalog import scan
from ecgstream.storage.source import SignalSource

SAME_MV = 1e-9
"""Floats of two readers: their own rounding, some units in the last place."""

NO_BASELINE = "the library leaves FirstSampleBaseline out: compared less a constant a lead"

ROUNDED_DOWN = "the library rounds halves down where the device cuts them: 1 unit in aVR, aVL, aVF"
AUGMENTED = ("aVR", "aVL", "aVF")


def main() -> bool:
    """Print a line a record; return whether all agree."""
    folder = os.environ.get("BENCH_FILES")
    if not folder:
        print("  names no folder of recordings: BENCH_FILES=FOLDER")
        return True
    unlike = 0
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "ecgstream", "import", folder, "--out", out]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        print(f"  {done.stdout.strip().splitlines()[-1]}")
        unlike += done.returncode
        source = scan([out])
        sources = {
            line.split()[1]: Path(line.rpartition(" from ")[2])
            for line in done.stdout.splitlines()
            if line.startswith("imported ")
        }
        for record, path in sources.items():
            unlike += not _compared(source, record, path)
    return verdict("recordings that differ", unlike, 0, "")


def _compared(source: SignalSource, record: str, path: Path) -> bool:
    theirs, remark = _other(path)
    worst, samples, holes, same = 0.0, 0, 0, True
    for lead in source.record(record).leads:
        (column,) = source.read(record, [lead.name], 0, lead.length)
        held = column.cut(0, lead.length, column.dtype)
        gone = is_missing(held, column.dtype)
        ours = np.where(gone, np.nan, (held.astype(np.float64) - lead.baseline) / lead.gain)
        other = theirs.get(lead.name, np.empty(0))
        if len(other) != len(ours) or (np.isnan(other) != gone).any():
            print(f"  {record} {lead.name}: other samples are there, or missing")
            return False
        mv = float(millivolts(lead.unit) or 1)
        away = ours * mv - other
        if remark == NO_BASELINE:
            away -= np.nanmean(away)
        unit = mv / abs(lead.gain) if remark == ROUNDED_DOWN and lead.name in AUGMENTED else 0.0
        furthest = float(np.nanmax(np.abs(away), initial=0))
        same &= furthest <= SAME_MV + unit
        worst = max(worst, furthest)
        samples += len(ours)
        holes += int(gone.sum())
    told = f"{len(theirs)} leads, {samples:,} samples, {holes:,} missing, furthest {worst:.2g}"
    print(f"  {record}: {told}{f'; {remark}' if remark else ''}")
    return same


def _other(path: Path) -> tuple[dict[str, np.ndarray], str]:
    """Return the values of each lead as another reader has them, in mV or the header's unit."""
    if path.suffix == ".hea":
        import wfdb  # noqa: PLC0415

        read = wfdb.rdrecord(str(path.with_suffix("")), smooth_frames=True)
        return dict(zip(read.sig_name, read.p_signal.T, strict=True)), ""
    if path.suffix == ".edf":
        import pyedflib  # noqa: PLC0415

        with pyedflib.EdfReader(str(path)) as file:
            names = file.getSignalLabels()
            return {name: file.readSignal(i) for i, name in enumerate(names)}, ""
    from ecgdatakit.parsing import FileParser  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = FileParser().parse(str(path))
    format_of = {"muse": NO_BASELINE, "sierra": ROUNDED_DOWN}
    known = next((remark for name, remark in format_of.items() if name in path.name), "")
    return {lead.label: np.asarray(lead.samples) for lead in read.leads}, known
