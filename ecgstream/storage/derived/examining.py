"""Looks a whole record over: every sample for what is exactly so, windows for the rest."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.analysis.claims import claims
from ecgstream.analysis.facts import beyond, facts, shares, together
from ecgstream.analysis.farness import Far
from ecgstream.analysis.judgement import Judgement
from ecgstream.analysis.judging import Figures, Judge
from ecgstream.analysis.quality import Finding, Survey
from ecgstream.analysis.windows import Windows
from ecgstream.errors import SourceCorrupt
from ecgstream.model.block import Column, is_missing
from ecgstream.model.record import ECG, Lead, Record
from ecgstream.storage import pieces
from ecgstream.storage.derived.far_words import with_remedy
from ecgstream.storage.derived.verdict import (
    CHECKER,
    NOTICE,
    CheckFinding,
    LeadVerdict,
    Verdict,
    level_of,
    ordered,
)
from ecgstream.storage.source import SignalSource

SLOWEST_FS: Final = 50.0
"""Hz. What is slower has no QRS complex to be measured."""

MOST: Final = 1e12
"""Beyond it, in whatever unit, is no voltage; its square has to be a number too."""


@dataclass(slots=True)
class _Known:
    """What is known of the leads so far; `held` are the columns of a record that is short."""

    found: dict[str, list[Finding]] = field(default_factory=dict)
    constant: dict[str, float | None] = field(default_factory=dict)
    far: dict[str, list[Far]] = field(default_factory=dict)
    figures: dict[str, Figures] = field(default_factory=dict)
    held: dict[str, list[Column]] = field(default_factory=dict)


def examine(
    source: SignalSource, record: str, times: Iterable[Judgement] = ()
) -> Generator[None, None, Verdict]:
    """Look `record` over in steps of some 10 ms; return the verdict, with `times` among it.

    Blocks. What cannot be read is a finding. Raises RecordNotFound, SourceUnavailable.
    """
    # First: who knows of a record's times has it decoded whole.
    judged = list(times)
    about = source.record(record)
    known = _Known()
    shown = 0.0
    for fs in dict.fromkeys(lead.fs for lead in about.leads):
        leads = [lead for lead in about.leads if lead.fs == fs]
        length = about.length_at(fs)
        yield from _read_through(source, record, leads, length, known)
        exact = together(
            one
            for lead in leads
            for one in facts(
                lead,
                known.found[lead.name],
                length,
                known.constant[lead.name],
                known.far[lead.name],
            )
        )
        judged += with_remedy(exact, known.far, source, about)
        judged += _not_yet(claims(leads, fs), judged)
        hearts = [lead for lead in leads if lead.kind == ECG and lead.length]
        windows = Windows.of(length if hearts and fs >= SLOWEST_FS else 0, fs)
        if len(windows):
            judge = Judge(hearts, windows)
            yield from _look_at(source, record, hearts, windows, (judge, known))
            judged += judge.findings()
            known.figures |= judge.figures()
            shown = max(shown, windows.share)
        known.held.clear()
    told = ordered([*map(CheckFinding.of, judged), *_annotations(source, about)])
    return Verdict(
        record=record,
        checker=CHECKER,
        notice=NOTICE,
        level=level_of(told),
        fs=about.fs,
        fs_source=about.fs_source,
        seconds=about.length / about.fs,
        windows=shown,
        leads={lead.name: _figures(about, lead, known) for lead in about.leads},
        findings=tuple(told),
    )


def _not_yet(found: Iterable[Judgement], told: Sequence[Judgement]) -> Iterator[Judgement]:
    """Yield findings but for units of leads of which it is told already why they are not known."""
    known = {name for one in told if one.kind == "no_unit" for name in one.leads}
    for one in found:
        leads = tuple(name for name in one.leads if name not in known)
        if one.kind != "no_unit" or leads == one.leads:
            yield one
        elif leads:
            yield replace(one, leads=leads)


def examined(source: SignalSource, record: str, times: Iterable[Judgement] = ()) -> Verdict:
    """Return what `examine` does, in one go."""
    steps = examine(source, record, times)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            verdict: Verdict = done.value
            return verdict


def _read_through(
    source: SignalSource, record: str, leads: Sequence[Lead], length: int, known: _Known
) -> Iterator[None]:
    """Read every sample of leads of one rate once."""
    short = length * len(leads) <= pieces.PIECE_VALUES
    for some in pieces.together(source, record, leads):
        surveys = [Survey(lead) for lead in some]
        names = [lead.name for lead in some]
        for low, high in pieces.spans(source, record, names, 0, length):
            read = pieces.read(source, record, names, low, high)
            for name, survey, columns in zip(names, surveys, read, strict=True):
                for column in columns:
                    survey.add(column)
                if short:
                    known.held.setdefault(name, []).extend(columns)
            yield
        for name, survey in zip(names, surveys, strict=True):
            known.constant[name] = survey.constant
            known.found[name] = survey.findings()
            known.far[name] = survey.far


def _look_at(
    source: SignalSource,
    record: str,
    leads: Sequence[Lead],
    windows: Windows,
    by: tuple[Judge, _Known],
) -> Iterator[None]:
    """Hand the windows to the judge."""
    judge, known = by
    dull = [_dull(known.found[lead.name], known.far[lead.name]) for lead in leads]
    for first, last in _together(source, record, leads, windows):
        starts = windows.starts[first:last].tolist()
        low, high = starts[0], starts[-1] + windows.size
        values = np.empty((last - first, len(leads), windows.size))
        # Of a stored piece of half an hour all leads at once would be too much.
        at_once = max(1, pieces.PIECE_VALUES // (high - low))
        for begin in range(0, len(leads), at_once):
            some = leads[begin : begin + at_once]
            names = [lead.name for lead in some]
            if known.held:
                read = [known.held.get(name, []) for name in names]
            else:
                read = pieces.read(source, record, names, low, high)
                yield
            for place, (lead, columns) in enumerate(zip(some, read, strict=True), begin):
                for k, start in enumerate(starts):
                    span = start, start + windows.size
                    values[k, place] = _physical(lead, columns, span, dull[place])
        for k, window in enumerate(values, first):
            judge.add(k, window)
            yield


def _together(
    source: SignalSource, record: str, leads: Sequence[Lead], windows: Windows
) -> Iterator[tuple[int, int]]:
    """Yield the windows [first, last) that are read in one go: of one stored piece, or near."""
    edges = source.edges(record, leads[0].name)
    piece = np.searchsorted(edges, windows.starts, "right")
    most = max(1, pieces.PIECE_VALUES // (windows.size * len(leads)))
    first = 0
    for k in range(1, len(windows) + 1):
        if k < len(windows) and k - first < most:
            span = int(windows.starts[k]) + windows.size - int(windows.starts[first])
            if piece[k] == piece[first] or span * len(leads) <= pieces.PIECE_VALUES:
                continue
        yield first, k
        first = k


def _dull(found: Sequence[Finding], far: Sequence[Far]) -> NDArray[np.int64]:
    """Return the runs in which a lead stands still, is held or is far from all that it is.

    Nothing can be measured there.
    """
    runs = [(one.start, one.stop) for one in found if one.kind in {"flat", "saturated"}]
    runs += [(a, b) for one in far for a, b in one.runs.tolist()]
    return np.array(sorted(runs), np.int64).reshape(-1, 2)


def _physical(
    lead: Lead, columns: Sequence[Column], span: tuple[int, int], dull: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return samples `span` in the lead's unit, NaN where there is none, or a dull one."""
    start, stop = span
    out = np.full(stop - start, np.nan)
    for column in columns:
        low, high = max(start, column.start), min(stop, column.stop)
        if low >= high or column.samples is None:
            continue
        part = column.samples[low - column.start : high - column.start]
        values = (part - lead.baseline) / lead.gain
        if not column.complete:
            values[is_missing(part, column.dtype)] = np.nan
        out[low - start : high - start] = values
    first = int(np.searchsorted(dull[:, 1], start, "right"))
    for low, high in dull[first:].tolist():
        if low >= stop:
            break
        out[max(0, low - start) : high - start] = np.nan
    # Floats may hold what is no number, or none of anything that was ever measured.
    out[~(np.abs(out) < MOST)] = np.nan
    return out


def _annotations(source: SignalSource, about: Record) -> Iterator[CheckFinding]:
    for head in source.annotation_sets(about.record):
        try:
            marks = source.annotations(about.record, head.name)
        except SourceCorrupt as error:
            detail = f"the annotation set {head.name}: {error.told}"
            yield CheckFinding("unreadable", "error", (), detail, about.fs)
            continue
        found = beyond(head.name, marks, head.fs, about.fs, about.length)
        if found is not None:
            yield CheckFinding.of(found)


def _figures(about: Record, lead: Lead, known: _Known) -> LeadVerdict:
    part = shares(lead, known.found[lead.name], about.length_at(lead.fs))
    measured = known.figures.get(lead.name, Figures(0))
    return LeadVerdict(
        unit=lead.unit,
        kind=lead.kind,
        fs=lead.fs,
        fs_source=lead.fs_source,
        samples=lead.length,
        missing=part.missing,
        unreadable=part.unreadable,
        infinite=part.infinite,
        flat=part.flat,
        saturated=part.saturated,
        windows=measured.windows,
        size_mv=measured.size_mv,
        hum_mv=measured.hum_mv,
        hum_hz=measured.hum_hz,
        wander_mv=measured.wander_mv,
    )
