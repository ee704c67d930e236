"""Our own layout (`hive`) as stored records: files that tile, footers that agree."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import LayoutError, SourceError
from ecgstream.model.annotation import AnnotationHead
from ecgstream.model.record import ECG, Lead, Record
from ecgstream.storage.annotations import StoredSet
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.hive import Footer
from ecgstream.storage.missing import merged
from ecgstream.storage.stored import StoredLead, StoredRecord, Track, extremes_of
from ecgstream.storage.survey import Found, Surveyed, common_carrier, survey

if TYPE_CHECKING:
    import pyarrow as pa

SIGNAL: Final = "signal"
ANNOTATIONS: Final = "annotations"

Part = tuple[Found, Footer]


def build(parts: Sequence[Part], files: OpenFiles) -> tuple[StoredRecord | None, list[SourceError]]:
    """Put together one record out of the files of its folder, in path order.

    Returns None where not one lead could be understood, and what was left out. Blocks where
    statistics are missing.
    """
    problems: list[SourceError] = []
    signals = [part for part in parts if part[1].content == SIGNAL]
    rates: dict[float, list[Part]] = {}
    for part in signals:
        try:
            _agreeing(part, signals[0])
            rates.setdefault(part[1].fs, []).append(part)
        except LayoutError as error:
            problems.append(error)
    stored: dict[str, StoredLead] = {}
    # The highest rate first: the leads that a viewer is shown are among them.
    for _, same in sorted(rates.items(), reverse=True):
        tiled = _tiled(same, problems)
        if tiled:
            _leads(tiled, stored, files, problems)
    if not stored:
        return None, problems
    found, footer = signals[0]
    record = Record(
        record=footer.record,
        patient=footer.patient,
        leads=tuple(one.lead for one in stored.values()),
        start_time=footer.start_time,
        zone=footer.zone,
        source=footer.source,
        licence=footer.licence,
        dates_shifted=footer.dates_shifted,
    )
    return StoredRecord(record, found.folder, stored, _beside(parts, problems)), problems


def _beside(parts: Sequence[Part], problems: list[SourceError]) -> dict[str, StoredSet]:
    """Return the annotation sets among the files of a record, by name."""
    sets: dict[str, StoredSet] = {}
    for found, footer in parts:
        if footer.content != ANNOTATIONS:
            continue
        name = footer.annotator
        if not name or not footer.fs > 0:
            problems.append(
                LayoutError(
                    f"its footer names annotator {name!r} at {footer.fs:g} Hz; expected a name "
                    "and a rate above 0: import the record anew",
                    path=found.shown,
                )
            )
        elif name in sets:
            problems.append(
                LayoutError(
                    f"holds annotation set {name!r}, which is in {sets[name].file.shown} already",
                    path=found.shown,
                )
            )
        else:
            head = AnnotationHead(name, footer.fs, int(found.file.groups[-1]), footer.source)
            sets[name] = StoredSet(head, found.file)
    return sets


def _agreeing(part: Part, first: Part) -> None:
    """Raise LayoutError unless a footer says of the record what the first one says."""
    found, footer = part
    if not (footer.fs > 0 and footer.start >= 0 and footer.length >= 0):
        raise LayoutError(
            f"its footer says fs {footer.fs}, start {footer.start}, length {footer.length}; "
            "expected fs above 0 and the others not below: import the record anew",
            path=found.shown,
        )
    said = replace(footer, fs=0, start=0, length=0, fs_source="")
    expected = replace(first[1], fs=0, start=0, length=0, fs_source="")
    if said != expected:
        raise LayoutError(
            f"its footer and the one of {first[0].shown} do not say the same of record "
            f"{footer.record!r}: import it anew",
            path=found.shown,
        )


def _tiled(parts: Sequence[Part], problems: list[SourceError]) -> list[Part]:
    """Return the files of one rate in the order of their samples; none overlaps another."""
    tiled: list[Part] = []
    reached = 0
    length = max(footer.length for _, footer in parts)
    for found, footer in sorted(parts, key=lambda part: part[1].start):
        stop = footer.start + int(found.file.groups[-1])
        if footer.start < reached or stop > length or footer.length != length:
            problems.append(
                LayoutError(
                    f"holds samples {footer.start} to {stop} of {footer.length}, but the files "
                    f"before it reach {reached} of {length}; expected files that follow each "
                    "other: import the record anew",
                    path=found.shown,
                )
            )
            continue
        tiled.append((found, footer))
        reached = stop
    return tiled


def _leads(
    parts: Sequence[Part],
    stored: dict[str, StoredLead],
    files: OpenFiles,
    problems: list[SourceError],
) -> None:
    """Add the leads of one rate to `stored`; all of them share one track."""
    length = parts[0][1].length
    pieces = [
        (index, group, footer.start + int(low), footer.start + int(high), None)
        for index, (found, footer) in enumerate(parts)
        for group, (low, high) in enumerate(
            zip(found.file.groups[:-1], found.file.groups[1:], strict=True)
        )
    ]
    track = Track.of([found.file for found, _ in parts], pieces, length)
    names = dict.fromkeys(name for found, _ in parts for name in found.schema.names)
    for name in names:
        try:
            if name in stored:
                raise LayoutError(
                    "is a column at two rates; lead names are unique in a record",
                    path=parts[0][0].shown,
                    column=name,
                )
            stored[name] = _lead(name, parts, track, files)
        except SourceError as error:
            problems.append(error)


def _lead(name: str, parts: Sequence[Part], track: Track, files: OpenFiles) -> StoredLead:
    """Describe one column. Raises LayoutError, and SourceError from reading."""
    holding = [index for index, (found, _) in enumerate(parts) if name in found.schema.names]
    fields = [parts[index][0].schema.field(name) for index in holding]
    surveyed: list[tuple[Found, Surveyed]] = [
        (parts[index][0], survey(parts[index][0], name, files)) for index in holding
    ]
    carrier = common_carrier(surveyed, name)
    footer = parts[0][1]
    described = [
        _described(name, field, found, footer)
        for (found, _), field in zip(surveyed, fields, strict=True)
    ]
    for lead, (found, _) in zip(described, surveyed, strict=True):
        if lead != described[0]:
            raise LayoutError(
                f"its unit, gain, baseline or kind is not the one in {surveyed[0][0].shown}: "
                "import the record anew",
                path=found.shown,
                column=name,
            )
    over = {index: one.empty for index, (_, one) in zip(holding, surveyed, strict=True)}
    # A file that lacks the column holds nothing of the lead.
    empty = [
        file not in over or bool(over[file][group])
        for file, group in zip(track.file.tolist(), track.group.tolist(), strict=True)
    ]
    lead = replace(described[0], gain=described[0].gain * carrier.gain, dtypes=carrier.dtypes)
    by_file = dict(zip(holding, (one for _, one in surveyed), strict=True))
    extremes = extremes_of(track, by_file, carrier.dtypes[0])
    gaps = _gaps(parts, name)
    return StoredLead(lead, name, track, np.array(empty, np.bool_), extremes, gaps)


def _described(name: str, field: "pa.Field[Any]", found: Found, footer: Footer) -> Lead:
    said: dict[bytes, bytes] = field.metadata or {}
    try:
        gain = float(said.get(b"gain", b"1"))
        baseline = float(said.get(b"baseline", b"0"))
        unit = said.get(b"unit", b"").decode() or None
        kind = said.get(b"kind", ECG.encode()).decode()
    except ValueError as error:  # UnicodeDecodeError is one too
        raise LayoutError(
            f"{error} in its gain, baseline, unit or kind: import the record anew",
            path=found.shown,
            column=name,
        ) from error
    if not (np.isfinite([gain, baseline]).all() and gain):
        raise LayoutError(
            f"has gain {gain:g} and baseline {baseline:g}; expected a gain other than 0",
            path=found.shown,
            column=name,
        )
    return Lead(
        name=name,
        unit=unit,
        gain=gain,
        baseline=baseline,
        kind=kind,
        fs=footer.fs,
        length=footer.length,
        dtypes=("f8",),
        fs_source=footer.fs_source,
    )


def _gaps(parts: Sequence[Part], name: str) -> NDArray[np.int64] | None:
    """Return the missing runs that the footers say, with the holes between files; None unless
    every file says them.
    """
    found_gaps: list[list[int]] = []
    reached = 0
    for found, footer in parts:
        stop = footer.start + int(found.file.groups[-1])
        found_gaps.append([reached, footer.start])
        if name in found.schema.names:
            said = (found.schema.field(name).metadata or {}).get(b"gaps")
            if said is None:
                return None
            try:
                runs = np.array(json.loads(said), np.int64).reshape(-1, 2)
            except (ValueError, TypeError, OverflowError, RecursionError):
                return None
            found_gaps.extend(runs.tolist())
        else:
            found_gaps.append([footer.start, stop])
        reached = stop
    found_gaps.append([reached, parts[0][1].length])
    return merged(np.array(found_gaps, np.int64).reshape(-1, 2))
