"""DICOM waveforms: 12-lead, general and ambulatory ECG, and what else comes in multiplex groups.

Attributes are read by `pydicom`, from the data set without its samples (`dicom_layout`); the
samples from the file itself, in chunks, integers as stored: pydicom gives them as floats, or whole,
and leaves out the padding value. It is the other reader in the tests.
"""

import datetime as dt
import io
import re
from collections.abc import Iterator, MutableSequence, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Final

from ecgstream.errors import ImportFailed
from ecgstream.formats.dicom_annotations import MOST, Mark, doubtful, marks_of, sets_of
from ecgstream.formats.dicom_groups import Group, groups_of, kept_of, text_of
from ecgstream.formats.dicom_layout import Layout, layout_of
from ecgstream.formats.frames import (
    EPOCH,
    UNSIGNED,
    Block,
    Held,
    Stored,
    interleaved,
    numbers,
    opened,
)
from ecgstream.formats.guarding import guarded, needed
from ecgstream.formats.recording import Annotated, Identity, Recorded, Signal, unique
from ecgstream.formats.registry import stem
from ecgstream.formats.stretches import Stretch, chunks, joined, lengths
from ecgstream.model.kinds import kind_of

PEOPLE: Final = (
    *("ReferringPhysicianName", "NameOfPhysiciansReadingStudy", "PerformingPhysicianName"),
    *("OperatorsName", "RequestingPhysician", "PhysiciansOfRecord", "ResponsiblePerson"),
    *("OtherPatientIDs", "OtherPatientNames", "PatientBirthName", "PatientMotherBirthName"),
    *("PatientAddress", "PatientTelephoneNumbers", "AccessionNumber", "AdmissionID", "StudyID"),
    *("InstitutionName", "InstitutionAddress", "StationName", "MilitaryRank"),
    *("CurrentPatientLocation", "PatientInstitutionResidence", "DeviceSerialNumber"),
)
"""Attributes that name a person, a visit or a place."""

SPOKEN: Final = (
    *("StudyDescription", "SeriesDescription", "AcquisitionDescription", "ImageComments"),
    *("PatientComments", "VisitComments", "ReasonForStudy", "ReasonForTheRequestedProcedure"),
)
"""Free text."""

_DATE_TIME: Final = re.compile(
    r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)?(\d\d)?(?:\.(\d{1,6}))?([+-]\d{4})?"
)
_OFFSET: Final = re.compile(r"([+-](?:0\d|1[0-4]))([0-5]\d)")


@dataclass(frozen=True, slots=True)
class _Read:
    """What pydicom was asked for, as plain values."""

    groups: tuple[Group, ...]
    marks: tuple[Mark, ...]
    begin: str
    zone: str
    identity: Identity
    comments: tuple[str, ...]


def open_file(path: Path, told: object = None) -> Recorded:
    """Return the recording in `path`: reads its attributes. Raises ImportFailed, ExtraMissing."""
    del told
    needed("pydicom", "dicom", "reading DICOM")
    with opened(path) as file:
        layout = layout_of(file, path.stat().st_size)
        if not layout.data:
            raise ImportFailed("there are no waveforms in it (no attribute 5400,0100)")
        with guarded(path):
            read = _read(layout)
        remarks: list[str] = []
        kept, derived = kept_of(read.groups)
        remarks += [
            f"{one.words} is derived, {one.samples} samples of {len(one.channels)} channels with a "
            "time of their own: left out"
            for one in derived
        ]
        remarks += _skewed(kept)
        zero = min(one.at for one in kept)
        kept = [replace(one, at=one.at - zero) for one in kept]
        parts = _parts(kept)
        numbered = {part: k for k, several in enumerate(parts) for part in several}
        rates = [kept[several[0][0]].fs for several in parts]
        source = Stored(path) if layout.source is None else Held(layout.source)
        stretches = [
            stretch
            for k, one in enumerate(kept)
            for stretch in _stretches(
                source, layout, one, [numbered[k, c] for c in range(len(one.channels))]
            )
        ]
        signals = _signals(kept, [one[0] for one in parts], lengths(rates, stretches), remarks)
        channels = {(kept[k].number, c): number for (k, c), number in numbered.items()}
        sets, lost = sets_of(read.marks, kept, max(rates), channels, [one.name for one in signals])
        remarks += doubtful(read.marks, derived)
        if lost:
            remarks.append(f"{lost} annotations of what is left out are left out too")
    begin, zone = _begin(read.begin, read.zone, zero, remarks)
    return Recorded(
        name=stem(path),
        signals=signals,
        fs_source="header of the source",
        files=(path,),
        pieces=partial(chunks, signals, rates, stretches),
        start_time=begin,
        zone=zone,
        identity=read.identity,
        comments=read.comments,
        remarks=tuple(remarks),
        annotated=Annotated(sets),
    )


def _read(layout: Layout) -> _Read:
    filereader = needed("pydicom.filereader", "dicom", "reading DICOM")
    dataset = filereader.read_dataset(io.BytesIO(layout.rest), layout.implicit, layout.little)
    people = (one for keyword in PEOPLE for one in _each(dataset.get(keyword)))
    marks = []
    for mark in marks_of(dataset):
        marks.append(mark)
        if len(marks) > MOST:
            raise ImportFailed(f"more than {MOST} annotations cannot be right")
    instants = (
        text_of(dataset, "AcquisitionDateTime"),
        text_of(dataset, "AcquisitionDate") + text_of(dataset, "AcquisitionTime"),
        # Of the waveform: when it was begun.
        text_of(dataset, "ContentDate") + text_of(dataset, "ContentTime"),
    )
    return _Read(
        groups=tuple(groups_of(dataset)),
        marks=tuple(marks),
        begin=next((one for one in instants if one), ""),
        zone=text_of(dataset, "TimezoneOffsetFromUTC"),
        identity=Identity(
            patient=text_of(dataset, "PatientID") or None,
            name=text_of(dataset, "PatientName").replace("^", " ").strip() or None,
            birth_date=text_of(dataset, "PatientBirthDate") or None,
            others=tuple(dict.fromkeys(people)),
        ),
        comments=tuple(
            f"{keyword}: {said}" for keyword in SPOKEN if (said := text_of(dataset, keyword))
        ),
    )


def _each(value: Any) -> Iterator[str]:
    """Yield an attribute's values as text; a name in several parts is one."""
    several = value if isinstance(value, MutableSequence) else [] if value is None else [value]
    for one in several:
        if text := str(one).replace("^", " ").strip():
            yield text


def _skewed(groups: Sequence[Group]) -> Iterator[str]:
    for group in groups:
        for channel in group.channels:
            if abs(channel.late) * group.fs >= Fraction(1, 2):
                yield (
                    f"{channel.name} in {group.words} is sampled {float(channel.late):g} s off the "
                    "others: its place in time is not put right"
                )


def _parts(groups: Sequence[Group]) -> list[tuple[tuple[int, int], ...]]:
    """Return the signals: a lead that goes on in a later group of the same scale is one signal."""
    keys = [
        [(replace(one, late=Fraction(0)), group.fs, group.dtype) for one in group.channels]
        for group in groups
    ]
    return joined(keys, [(one.at, one.at + one.samples / one.fs) for one in groups])


def _signals(
    groups: Sequence[Group],
    firsts: Sequence[tuple[int, int]],
    long: Sequence[int],
    remarks: list[str],
) -> tuple[Signal, ...]:
    """Return the signals; `firsts`: of each, the group and the channel that it begins with."""
    signals = []
    names = unique([groups[k].channels[c].name for k, c in firsts])
    for name, (k, c), length in zip(names, firsts, long, strict=True):
        channel, dtype, fs = groups[k].channels[c], groups[k].dtype, float(groups[k].fs)
        gain = channel.gain or Fraction(1)
        if channel.unit is None:
            remarks.append(f"{name}: no sensitivity with a unit in the file: not calibrated")
        # The baseline is in units of the sensitivity there, and in steps here.
        baseline = -channel.offset * gain - (UNSIGNED if dtype == "u4" else 0)
        signals.append(
            Signal(
                name=name,
                unit=channel.unit,
                gain=float(gain),
                baseline=float(baseline),
                kind=kind_of(name, channel.unit, fs),
                fs=fs,
                length=length,
                type="int16" if dtype in {"i1", "u1", "i2"} else "int32",
            )
        )
    return tuple(signals)


def _stretches(
    source: Stored | Held, layout: Layout, group: Group, signals: Sequence[int]
) -> list[Stretch]:
    """Return those of a group. Raises ImportFailed where its samples are not all there."""
    size = int(group.dtype[1])
    wanted = size * len(signals) * group.samples
    data = layout.data[group.number - 1]
    # A byte more makes the length even.
    if data is None or data.size not in {wanted, wanted + wanted % 2}:
        held = 0 if data is None else data.size
        raise ImportFailed(
            f"{group.words}: {group.samples} samples of {len(signals)} channels take {wanted} "
            f"bytes, {held} are there"
        )
    if not layout.little and size > 1 and data.bytewise:
        raise ImportFailed(f"{group.words}: samples of {size} bytes as single bytes")
    decode = partial(numbers, ("<" if layout.little else ">") + group.dtype, group.padding)
    blocks = [Block(signal, 1, size, decode) for signal in signals]
    return interleaved(source, data.offset, blocks, (group.at, group.samples, 1 / group.fs))


def _begin(
    text: str, offset: str, zero: Fraction, remarks: list[str]
) -> tuple[float | None, str | None]:
    """Return when sample 0 is, in seconds of its own clock, and the offset of that clock."""
    found = _DATE_TIME.fullmatch(text)
    if found is not None:
        year, month, day, hour, minute, second = (int(one or 0) for one in found.groups()[:6])
        try:
            whole = dt.datetime(year, month, day, hour, minute) - EPOCH  # noqa: DTZ001 - its own
        except ValueError:
            whole = None
        if whole is not None and second <= 60:
            part = Fraction(f"0.{found[7] or 0}")
            said = _OFFSET.fullmatch(found[8] or offset)
            seconds = float(Fraction(whole.total_seconds()) + second + part + zero)
            return seconds, f"{said[1]}:{said[2]}" if said else None
    remarks.append("no time of acquisition: when it begins is not known")
    return None, None
