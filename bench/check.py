"""What it costs to look an archive over, and what is found of faults that are made in real records.

A day of twelve leads at 500 Hz, by one core; many records of 10 s, by one core and by all. Then
every twelve-lead record of `data/` with one fault at a time: found means that its kind is said,
of a lead that has it. All of it by the code of `ecgstream check`.
"""

import os
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.figures import at_least, verdict
from bench.make_day import day, written
from ecgstream.analysis.judging import Judge
from ecgstream.analysis.windows import Windows
from ecgstream.archive.checking import Checked, Summary, check
from ecgstream.archive.whole import Whole
from ecgstream.model.record import Lead
from ecgstream.model.twelve import LIMB, standard
from ecgstream.storage.catalog import scan
from ecgstream.storage.derived.examining import examined

DATA: Final = Path(__file__).parent.parent / "data"
MANY: Final = 1_000
"""Records of 10 s; 100,000 take a hundred times as long."""
TWELVE: Final = ("A0001-pq", "E07500-pq", "HR06001-pq", "s0010_re-pq", "00001_lr-pq")

Values = NDArray[np.float64]
Fault = tuple[str, tuple[str, ...], Values]
"""The kind that is to be said, of one of which leads, and the leads with it, in mV."""


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    met = _day()
    _many()
    _demo()
    return _faults() and met


def _day() -> bool:
    source = scan([day()])
    (record,) = source.records()
    began, clock = time.process_time(), time.monotonic()
    found = examined(source, record.record)
    cpu, took = time.process_time() - began, time.monotonic() - clock
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  24 h of {len(record.leads)} leads: {took:.2f} s by the clock, peak RSS {held:.0f} MB")
    print(f"  windows: {100 * found.windows:.2f} % of it; findings {_kinds([found.findings])}")
    return verdict("24 h of 12 leads at 500 Hz, CPU of one core", cpu, 10, "s")


def _many() -> None:
    source = scan([DATA])
    record = source.record("HR06001-pq")
    names = [lead.name for lead in record.leads]
    chunk = [column.samples for column in source.read(record.record, names, 0, record.length)]
    with tempfile.TemporaryDirectory(prefix="ecgstream-check-") as folder:
        for number in range(MANY):
            name = f"r{number:05}"
            length, values = record.length, np.array(chunk, np.int16)
            written(Path(folder), name, [values], length=length, leads=names)
        for workers in sorted({1, os.cpu_count() or 1}):
            began = time.monotonic()
            whole = Whole((folder,), Path(folder) / "cache")
            done = [one for one in check(whole, workers=workers) if isinstance(one, Checked)]
            each = (time.monotonic() - began) / len(done)
            print(f"  {MANY:,} records of 10 s x 12, {workers} processes: {1 / each:,.0f} a second")


def _demo() -> None:
    found = list(check(Whole((str(DATA),))))
    verdicts = [one.verdict for one in found if isinstance(one, Checked) and one.verdict]
    summary = next(one for one in found if isinstance(one, Summary))
    print(f"  data/ as it is: {summary.levels}; {_kinds([one.findings for one in verdicts])}")


def _kinds(findings: list[tuple[object, ...]]) -> dict[str, int]:
    return dict(Counter(getattr(one, "kind", "") for some in findings for one in some))


def _faults() -> bool:
    made: Counter[str] = Counter()
    said: Counter[str] = Counter()
    for record in TWELVE:
        leads, values = _read(record)
        for kind, whose, wrong in _wrong(leads, values):
            made[kind] += 1
            judge = Judge(leads, Windows.of(wrong.shape[1], leads[0].fs))
            size = Windows.of(wrong.shape[1], leads[0].fs)
            for k, start in enumerate(size.starts.tolist()):
                judge.add(k, wrong[:, start : start + size.size])
            said[kind] += any(
                one.kind == kind and set(whose) & {standard(name) or name for name in one.leads}
                for one in judge.findings()
            )
    for kind, count in made.items():
        print(f"  {kind}: {said[kind]} of {count} found")
    must = [kind for kind in made if kind != "arms"]
    share = 100 * sum(said[kind] for kind in must) / sum(made[kind] for kind in must)
    return at_least("of all but the hint", share, 99, "%")


def _read(record: str) -> tuple[list[Lead], Values]:
    source = scan([DATA])
    about = source.record(record)
    leads = [lead for lead in about.leads if standard(lead.name)]
    read = source.read(record, [lead.name for lead in leads], 0, about.length)
    values = [
        (column.samples - lead.baseline) / lead.gain
        for lead, column in zip(leads, read, strict=True)
        if column.samples is not None
    ]
    return leads, np.array(values)


def _wrong(leads: list[Lead], values: Values) -> Iterator[Fault]:
    """Yield the leads of a record with one fault at a time."""
    names = [standard(lead.name) or lead.name for lead in leads]
    place = {name: k for k, name in enumerate(names)}
    fs = leads[0].fs
    seconds = np.arange(values.shape[1]) / fs

    def changed(**by: Values) -> Values:
        out = values.copy()
        for name, trace in by.items():
            out[place[name]] = trace
        return out

    def of(name: str) -> Values:
        return values[place[name]]

    for name in LIMB:
        yield "limb", (name,), changed(**{name: -of(name)})
        yield "limb", (name,), changed(**{name: np.roll(of(name), round(0.02 * fs))})
        yield "limb", (name,), changed(**{name: 1.5 * of(name)})
    for one, other in combinations(LIMB, 2):
        yield "limb", (one, other), changed(**{one: of(other), other: of(one)})
    for name, trace in zip(names, values, strict=True):
        if fs > 108:
            hum = 0.05 * np.sin(2 * np.pi * 49.9 * seconds)
            yield "hum", (name,), changed(**{name: trace + hum})
        slow = 0.6 * np.sin(2 * np.pi * 0.15 * seconds)
        yield "wander", (name,), changed(**{name: trace + slow})
        yield "unit", (name,), changed(**{name: 1000 * trace})
        yield "faint", (name,), changed(**{name: 0.005 * trace})
    for one, other in combinations(("V1", "V2", "V3", "V4", "V5", "V6"), 2):
        yield "duplicate", (one, other), changed(**{one: of(other)})
    swapped = {"I": -of("I"), "II": of("III"), "III": of("II"), "aVR": of("aVL"), "aVL": of("aVR")}
    yield "arms", ("I",), changed(**swapped)
