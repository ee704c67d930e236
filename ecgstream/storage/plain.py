"""Records of the plain layout (`layouts`): timestamps to sample numbers, rows to their places."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np

from ecgstream.errors import LayoutError, SourceError
from ecgstream.model.block import NUMPY
from ecgstream.model.record import ECG, Lead, Record
from ecgstream.model.timebase import Numbered, Stamps, Unsteady, fits, infer, number, origin
from ecgstream.storage import carriers
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.laying import cuts, laid
from ecgstream.storage.layouts import VOLTAGE, lead_of, patient_of, record_keys, said_rate
from ecgstream.storage.stamps import FAR, LONGEST, TIMESTAMP, Rows, load, part_of, start_of
from ecgstream.storage.stored import (
    Placement,
    StoredLead,
    StoredRecord,
    Track,
    extremes_of,
)
from ecgstream.storage.survey import Found, common_carrier, survey

ORDER: Final = ("I", "II", "III", "AVR", "AVL", "AVF", "V1", "V2", "V3", "V4", "V5", "V6")
"""The usual order of the twelve leads; folders come in the alphabet's."""


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    """A lead whose timestamps were read."""

    name: str
    parts: tuple[Found, ...]
    rows: Rows
    stamps: Stamps
    said: Fraction | None


@dataclass(frozen=True, slots=True, eq=False)
class Plain:
    """A record of this layout, None where no lead of it could be understood."""

    record: StoredRecord | None
    problems: tuple[SourceError, ...]
    notes: tuple[str, ...]


def build(name: str, parts: Sequence[Found], files: OpenFiles) -> Plain:
    """Put together the record `name` out of its files, in path order. Reads all timestamps.

    A lead that cannot be understood is left out, and is one of the problems.
    """
    problems: list[SourceError] = []
    notes: list[str] = []
    by_lead: dict[str, list[Found]] = {}
    for found in parts:
        try:
            by_lead.setdefault(lead_of(found), []).append(found)
        except LayoutError as error:
            problems.append(error)
    loaded: list[_Loaded] = []
    for lead_name, of_lead in by_lead.items():
        try:
            loaded.append(_load(lead_name, of_lead, loaded, files))
        except SourceError as error:
            problems.append(error)
    if not loaded:
        return Plain(None, tuple(problems), ())
    zero = min(lead.rows.base for lead in loaded)
    loaded = _aligned(loaded, zero)
    stored = _placed(loaded, zero, files, problems, notes)
    if not stored:
        return Plain(None, tuple(problems), tuple(notes))
    stored.sort(key=lambda one: _rank(one.lead.name, list(by_lead)))
    keys = record_keys(parts[0])
    start_time, zone = start_of(loaded[0].rows, zero)
    record = Record(
        record=name,
        patient=patient_of(keys),
        leads=tuple(one.lead for one in stored),
        start_time=start_time,
        zone=zone,
        source=None,
        licence=None,
    )
    kept = StoredRecord(record, parts[0].folder, {one.lead.name: one for one in stored})
    return Plain(kept, tuple(problems), tuple(notes))


def _placed(
    loaded: Sequence[_Loaded],
    zero: Fraction,
    files: OpenFiles,
    problems: list[SourceError],
    notes: list[str],
) -> list[StoredLead]:
    """Number the samples of each lead, and say where they lie; what fails is a problem."""
    rates = _rates(loaded, problems)
    numbers: dict[tuple[int, Fraction], Numbered] = {}
    origins: dict[Fraction, float] = {}
    stored: list[StoredLead] = []
    for lead in sorted(loaded, key=lambda lead: lead.rows.base):
        if lead.name not in rates:
            continue
        rate, source = rates[lead.name]
        try:
            if rate not in origins:
                # The earliest lead at this rate says when its sample 0 was taken; for another
                # rate that begins later, that is the time of the record's.
                late = float(lead.rows.base - zero) > float(1000 / rate)
                origins[rate] = 0.0 if late else origin(lead.stamps, rate)
            key = (id(lead.stamps), rate)
            if key not in numbers:
                numbers[key] = number(lead.stamps, rate, origins[rate])
            stored.append(_stored(lead, numbers[key], (rate, source), files))
            if len(lead.rows.doubles):
                notes.append(
                    f"{lead.parts[0].folder}, lead {lead.name!r}: {len(lead.rows.doubles)} rows "
                    "repeat a timestamp with the same voltage and are left out"
                )
        except Unsteady as error:
            problems.append(_unsteady(lead, error))
        except SourceError as error:
            problems.append(error)
    return stored


def _rank(lead: str, names: Sequence[str]) -> tuple[int, int]:
    upper = lead.upper()
    return (ORDER.index(upper) if upper in ORDER else len(ORDER), names.index(lead))


def _load(
    name: str, parts: Sequence[Found], before: Sequence[_Loaded], files: OpenFiles
) -> _Loaded:
    """Read a lead's timestamps. Raises LayoutError, and SourceError from reading."""
    rows = load(parts, files)
    if rows is None:
        raise LayoutError(
            f"lead {name!r} has no rows; there is nothing to show", path=parts[0].shown
        )
    clock = rows.clock
    if not clock.dated and abs(rows.base) >= FAR:
        raise LayoutError(
            f"begins at {float(rows.base):.6g}; expected milliseconds, these look like "
            "microseconds or nanoseconds",
            path=parts[0].shown,
            column=TIMESTAMP,
        )
    if before and before[0].rows.clock.dated != clock.dated:
        raise LayoutError(
            f"counts from another time than the one of lead {before[0].name!r}: one is an Arrow "
            "timestamp, one a number; store both alike",
            path=parts[0].shown,
            column=TIMESTAMP,
        )
    for other in before:
        # From the first of the one to the last of the other.
        low = min(rows.base, other.rows.base)
        high = max(one.base + Fraction(one.times[-1].item()) for one in (rows, other.rows))
        if high - low > LONGEST:
            raise LayoutError(
                f"begins at {float(rows.base):.15g} ms, and lead {other.name!r} at "
                f"{float(other.rows.base):.15g} ms; expected leads of one recording, and no "
                "record is longer than ten years",
                path=parts[0].shown,
                column=TIMESTAMP,
            )
        # Leads mostly share their timestamps: one array then stands for all of them.
        same = other.rows.base == rows.base and other.rows.quantum == rows.quantum
        if same and np.array_equal(other.rows.times, rows.times):
            rows = replace(rows, times=other.rows.times)
            return _Loaded(name, tuple(parts), rows, other.stamps, said_rate(parts))
    return _Loaded(name, tuple(parts), rows, Stamps(rows.times, rows.quantum), said_rate(parts))


def _aligned(loaded: Sequence[_Loaded], zero: Fraction) -> list[_Loaded]:
    """Return the leads with their timestamps counted from the record's first one."""
    moved: dict[int, Stamps] = {}
    for lead in loaded:
        late = float(lead.rows.base - zero)
        stamps = lead.stamps
        moved[id(stamps)] = replace(stamps, times=stamps.times + late) if late else stamps
    return [replace(lead, stamps=moved[id(lead.stamps)]) for lead in loaded]


def _rates(
    loaded: Sequence[_Loaded], problems: list[SourceError]
) -> dict[str, tuple[Fraction, str]]:
    """Return the rate of each lead and where it comes from, the longest lead first.

    One rate explains as many leads as it can: a short lead alone would leave it less certain.
    """
    rates: dict[str, tuple[Fraction, str]] = {}
    known: list[Fraction] = []
    for lead in sorted(loaded, key=lambda lead: -len(lead.stamps.times)):
        source = f"inferred from {lead.rows.count} timestamps"
        if len(lead.rows.doubles):
            source += f", {len(lead.rows.doubles)} of them doubled"
        try:
            if lead.said is not None:
                rates[lead.name] = (lead.said, "file metadata")
                known.append(lead.said)
                continue
            rate = next((rate for rate in known if fits(lead.stamps, rate)), None)
            if rate is None:
                rate = infer(lead.stamps)
            elif len(lead.stamps.times) < 2:
                source = "the record's other leads"
            rates[lead.name] = (rate, source)
            known.append(rate)
        except Unsteady as error:
            problems.append(_unsteady(lead, error))
    return rates


def _unsteady(lead: _Loaded, error: Unsteady) -> LayoutError:
    row = lead.rows.place(error.index)
    found, inside = part_of(lead.parts, row)
    at = float(lead.rows.base) + float(lead.rows.times[error.index])
    return LayoutError(
        f"the timestamps of lead {lead.name!r} are not steady: {error}; near row {inside}, "
        f"timestamp {at:.15g} ms; mend them, or say fs in the file's metadata",
        path=found.shown,
        column=TIMESTAMP,
    )


def _stored(
    lead: _Loaded, numbered: Numbered, rate: tuple[Fraction, str], files: OpenFiles
) -> StoredLead:
    """Say where each sample of a lead lies. Raises LayoutError, and SourceError from reading."""
    surveyed = [(found, survey(found, VOLTAGE, files)) for found in lead.parts]
    carrier = common_carrier(surveyed, VOLTAGE)
    rows = lead.rows
    if len(rows.doubles):
        _check_doubles(lead, carrier, files)
    length = int(numbered.sample[-1]) + len(rows.times) - int(numbered.first[-1])
    samples = None
    if rows.order is not None or len(rows.doubles):
        samples = np.full(rows.count, -1, np.int64)
        at = np.arange(len(rows.times)) if rows.order is None else rows.order
        samples[at] = numbered.expand(len(rows.times))
    longest = max(int(np.diff(found.file.groups).max(initial=0)) for found in lead.parts)
    ends = cuts(numbered, len(rows.times), longest)
    pieces: list[tuple[int, int, int, int, Placement | None]] = []
    empty: dict[tuple[int, int], bool] = {}
    row = 0
    for index, (found, over) in enumerate(surveyed):
        for group, count in enumerate(np.diff(found.file.groups).tolist()):
            if count:
                placed = laid(numbered, samples, ends, range(row, row + count))
                pieces.extend((index, group, *piece) for piece in placed)
                empty[index, group] = bool(over.empty[group])
            row += count
    track = Track.of([found.file for found in lead.parts], pieces, length)
    nothing = [
        empty[int(file), int(group)] for file, group in zip(track.file, track.group, strict=True)
    ]
    described = Lead(
        name=lead.name,
        unit="mV",
        gain=carrier.gain,
        baseline=0.0,
        kind=ECG,
        fs=float(rate[0]),
        length=length,
        dtypes=carrier.dtypes,
        fs_source=rate[1],
    )
    by_file = {index: over for index, (_, over) in enumerate(surveyed)}
    extremes = extremes_of(track, by_file, carrier.dtypes[0])
    return StoredLead(described, VOLTAGE, track, np.array(nothing, np.bool_), extremes)


def _check_doubles(lead: _Loaded, carrier: carriers.Carrier, files: OpenFiles) -> None:
    """Raise LayoutError where two rows of one timestamp differ in a single bit of voltage."""
    counts = np.concatenate([np.diff(found.file.groups) for found in lead.parts])
    edges = np.concatenate([[0], np.cumsum(counts)])
    owners = [(found, group) for found in lead.parts for group in range(len(found.file.groups) - 1)]
    values = np.zeros(lead.rows.doubles.shape, NUMPY[carrier.dtypes[0]])
    where = np.searchsorted(edges, lead.rows.doubles, "right") - 1
    for index in np.unique(where).tolist():
        found, group = owners[index]
        column = files.table(found.file, group, [VOLTAGE])[VOLTAGE]
        held = carriers.samples(column, carrier.dtypes[0])
        inside = where == index
        values[inside] = held[lead.rows.doubles[inside] - edges[index]]
    bits = np.ascontiguousarray(values).view(f"u{values.itemsize}").reshape(values.shape)
    unlike = np.flatnonzero(bits[:, 0] != bits[:, 1])
    if len(unlike):
        row = int(lead.rows.doubles[unlike[0], 1])
        found, inside_file = part_of(lead.parts, row)
        at = np.flatnonzero(lead.rows.order == lead.rows.doubles[unlike[0], 0])[0]
        stamp = float(lead.rows.base) + float(lead.rows.times[at])
        raise LayoutError(
            f"row {inside_file} repeats timestamp {stamp:.15g} of lead {lead.name!r} with another "
            f"voltage ({values[unlike[0], 1]:g} after {values[unlike[0], 0]:g}); "
            f"{len(unlike)} such rows in all; keep one of each",
            path=found.shown,
            column=TIMESTAMP,
        )
