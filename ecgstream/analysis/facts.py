"""What is exactly so in a whole lead or record, as findings: no window, no threshold of noise."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ecgstream.analysis.farness import Far
from ecgstream.analysis.judgement import Judgement, Kind, Spans
from ecgstream.analysis.quality import SLOWEST_HZ, Finding
from ecgstream.model.annotation import Annotations
from ecgstream.model.figures import percent
from ecgstream.model.record import ECG, Lead

PULSED: Final = 3
"""Leads that are held at the very same time: no amplifier is overdriven so."""


Places = dict[Kind, list[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Shares:
    """Which parts of a record a lead is missing, unreadable ... saturated in: 0 to 1 each."""

    missing: float
    unreadable: float
    infinite: float
    flat: float
    saturated: float


def shares(lead: Lead, found: Sequence[Finding], length: int) -> Shares:
    """Return the parts, of `length` samples at the lead's rate, that `found` are together."""
    total = dict.fromkeys(("missing", "unreadable", "infinite", "flat", "saturated"), 0)
    for one in found:
        total[one.kind] += one.stop - one.start
    total["missing"] += max(0, length - lead.length)
    return Shares(**{kind: count / max(1, length) for kind, count in total.items()})


def facts(
    lead: Lead,
    found: Sequence[Finding],
    length: int,
    constant: float | None,
    far: Sequence[Far] = (),
) -> Iterator[Judgement]:
    """Yield what `found` (of a whole lead, in a record of `length` samples) comes to.

    `constant`: the one stored value that all samples of the lead have, if it is so. `far`: its
    values that stand far outside all others; standing at one of those it is not flat or saturated.
    """
    runs = _runs(lead, found, length, {one.value for one in far})
    if lead.kind != ECG and lead.fs < SLOWEST_HZ:
        # A cuff is read every few minutes: between them nothing is missing.
        runs.pop("missing", None)
    for kind in ("unreadable", "missing"):
        if kind in runs:
            yield _told(kind, lead, runs[kind], length)
    yield from _no_values(lead, runs, far)
    if constant is not None and lead.kind == ECG:
        value = (constant - lead.baseline) / lead.gain
        unit = lead.unit or "(unit unknown)"
        yield Judgement("zero", (lead.name,), f"every sample of it is {value:.5g} {unit}", lead.fs)
        return
    for kind in ("saturated", "flat"):
        # A heart rate may stand still and mean it.
        if kind in runs and lead.kind == ECG:
            yield _told(kind, lead, runs[kind], length)


def together(found: Iterable[Judgement]) -> list[Judgement]:
    """Return findings of one kind at the very same places in several leads as one of all these."""
    groups: dict[tuple[Kind, Spans], list[Judgement]] = {}
    alone: list[Judgement] = []
    for one in found:
        (groups.setdefault((one.kind, one.spans), []) if one.spans else alone).append(one)
    for (kind, _), some in groups.items():
        first = some[0]
        if len(some) == 1:
            alone.append(first)
            continue
        leads = tuple(name for one in some for name in one.leads)
        detail = f"{first.detail}, in all of these at the same time"
        if kind == "saturated" and len(leads) >= PULSED:
            detail += ": a calibration pulse looks so"
        alone.append(replace(first, leads=leads, detail=detail))
    return alone


def spoken_s(seconds: float) -> str:
    """Return a span in words: `0.25 s`, `206 s`, `3,570 s`."""
    return f"{seconds:.3g} s" if seconds < 1000 else f"{seconds:,.0f} s"


def _told(kind: Kind, lead: Lead, runs: Sequence[tuple[int, int]], length: int) -> Judgement:
    lengths = np.array([stop - start for start, stop in runs])
    share = percent(float(lengths.sum()) / max(1, length))
    count = "once" if len(runs) == 1 else f"{len(runs):,} times"
    longest = spoken_s(float(lengths.max()) / lead.fs)
    detail = f"{count}, {share} of the record"
    detail += f", {longest} long" if len(runs) == 1 else f", {longest} at most"
    return Judgement(kind, (lead.name,), detail, lead.fs, tuple(runs))


def _runs(lead: Lead, found: Sequence[Finding], length: int, away: Collection[float]) -> Places:
    """Return the runs of each kind; those that stand at a value of `away` are told as that."""
    runs: Places = {}
    for one in found:
        if one.kind not in {"saturated", "flat"} or one.value not in away:
            runs.setdefault(one.kind, []).append((one.start, one.stop))
    if lead.length < length:
        runs.setdefault("missing", []).append((lead.length, length))
    return runs


def _no_values(lead: Lead, runs: Places, far: Sequence[Far]) -> Iterator[Judgement]:
    """Yield what is there and no value, or perhaps none."""
    if "infinite" in runs:
        yield _infinite(lead, runs["infinite"])
    if far:
        yield _sentinel(lead, far)


def _infinite(lead: Lead, runs: Sequence[tuple[int, int]]) -> Judgement:
    count = sum(stop - start for start, stop in runs)
    said = "one sample is infinite" if count == 1 else f"{count:,} samples are infinite"
    first = f"sample {runs[0][0]:,} ({spoken_s(runs[0][0] / lead.fs)})"
    where = f"it is {first}" if count == 1 else f"the first is {first}"
    detail = f"{said}, which is no value: drawn as a gap, measured nowhere; {where}"
    return Judgement("infinite", (lead.name,), detail, lead.fs, tuple(runs))


def _sentinel(lead: Lead, far: Sequence[Far]) -> Judgement:
    told = []
    for one in far:
        count = "once" if one.count == 1 else f"in {one.count:,} samples"
        stored = number(one.value, lead) + " (as stored)" * _scaled(lead)
        times = f"{one.times:,.0f}" if one.times < 1e6 else f"{one.times:.0e}"
        told.append(f"{stored}, {count}, stands {times} times the extent of all else away from it")
    spans = sorted((a, b) for one in far for a, b in one.runs.tolist())
    return Judgement("sentinel", (lead.name,), "; ".join(told), lead.fs, tuple(spans))


def number(value: float, lead: Lead) -> str:
    """Return a stored value of a lead as a mapping has it: `-9999`, `1e+30`."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(np.float32(value)) if lead.dtypes[0] == "f4" else repr(value)


def _scaled(lead: Lead) -> bool:
    return lead.gain != 1 or lead.baseline != 0


def beyond(
    name: str, marks: Annotations, set_fs: float, record_fs: float, length: int
) -> Judgement | None:
    """Return that annotations of the set `name` lie outside a record of `length` samples.

    `set_fs`: the rate at which `marks` count.
    """
    at = marks.sample * (record_fs / set_fs)
    # At the very end a rhythm may be said to be over.
    outside = (at < 0) | (at > length + max(0.0, record_fs / set_fs - 1))
    if not outside.any():
        return None
    furthest = spoken_s(float(np.abs(at[outside] / record_fs).max()))
    return Judgement(
        "beyond",
        (),
        f"{int(outside.sum()):,} of {len(marks):,} annotations of the set {name} lie outside the "
        f"record, which is {spoken_s(length / record_fs)} long: as far as {furthest}; they are "
        "of another record, or counted at another rate",
        record_fs,
    )
