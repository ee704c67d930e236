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

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed
from ecgstream.formats.dicom_annotations import MOST, Mark, marks_of, sets_of
from ecgstream.formats.dicom_groups import Channel, Group, groups_of, kept_of, text_of
from ecgstream.formats.dicom_layout import Data, Layout, layout_of
from ecgstream.formats.guarding import guarded, needed
from ecgstream.formats.kinds import kind_of
from ecgstream.formats.recording import Annotated, Identity, Recorded, Samples, Signal, unique
from ecgstream.formats.registry import stem
from ecgstream.formats.stretches import (
    EPOCH,
    UNSIGNED,
    Held,
    Piece,
    Stretch,
    chunks,
    lengths,
    opened,
    signed,
)

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
        zero = min(one.at for one in kept)
        bands = _bands(kept, remarks)
        rates = [band.fs for band in bands]
        stretches = [_stretch(path, layout, one, bands, zero) for one in kept]
        signals = _signals(bands, lengths(rates, stretches), remarks)
        channels = {part: k for k, band in enumerate(bands) for part in band.parts}
        sets, lost = sets_of(
            read.marks, [replace(one, at=one.at - zero) for one in kept], max(rates), channels
        )
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


@dataclass(frozen=True, slots=True)
class _Band:
    """A signal to be: what its channels, one or several after another, have in common.

    `parts`: group number and place of the channel in it.
    """

    channel: Channel
    fs: Fraction
    dtype: str
    parts: tuple[tuple[int, int], ...]


def _bands(groups: Sequence[Group], remarks: list[str]) -> list[_Band]:
    """Return the signals: a lead that goes on in a later group of the same scale is one signal."""
    bands: list[_Band] = []
    ends: list[Fraction] = []
    for group in sorted(groups, key=lambda one: one.at):
        for place_, channel in enumerate(group.channels):
            if abs(channel.late) * group.fs >= Fraction(1, 2):
                remarks.append(
                    f"{channel.name} in {group.words} is sampled {float(channel.late):g} s off the "
                    "others: its place in time is not put right"
                )
            same = replace(channel, late=Fraction(0))
            until = group.at + group.samples / group.fs
            for k, band in enumerate(bands):
                if (band.channel, band.fs, band.dtype) == (same, group.fs, group.dtype) and (
                    ends[k] <= group.at
                ):
                    bands[k] = replace(band, parts=(*band.parts, (group.number, place_)))
                    ends[k] = until
                    break
            else:
                bands.append(_Band(same, group.fs, group.dtype, ((group.number, place_),)))
                ends.append(until)
    return bands


def _signals(bands: Sequence[_Band], long: Sequence[int], remarks: list[str]) -> tuple[Signal, ...]:
    signals = []
    for name, band, length in zip(
        unique([band.channel.name for band in bands]), bands, long, strict=True
    ):
        channel, fs = band.channel, float(band.fs)
        gain = channel.gain or Fraction(1)
        if channel.unit is None:
            remarks.append(f"{name}: no sensitivity with a unit in the file: not calibrated")
        # The baseline is in units of the sensitivity there, and in steps here.
        baseline = -channel.offset * gain - (UNSIGNED if band.dtype == "u4" else 0)
        signals.append(
            Signal(
                name=name,
                unit=channel.unit,
                gain=float(gain),
                baseline=float(baseline),
                kind=kind_of(name, channel.unit, fs),
                fs=fs,
                length=length,
                type="int16" if band.dtype in {"i1", "u1", "i2"} else "int32",
            )
        )
    return tuple(signals)


def _stretch(
    path: Path, layout: Layout, group: Group, bands: Sequence[_Band], zero: Fraction
) -> Stretch:
    count = len(group.channels)
    dtype = np.dtype(group.dtype).newbyteorder("<" if layout.little else ">")
    data = layout.data[group.number - 1]
    width = count * dtype.itemsize
    wanted = width * group.samples
    # A byte more makes the length even.
    if data is None or data.size not in {wanted, wanted + wanted % 2}:
        held = 0 if data is None else data.size
        raise ImportFailed(
            f"{group.words}: {group.samples} samples of {count} channels take {wanted} bytes, "
            f"{held} are there"
        )
    if not layout.little and dtype.itemsize > 1 and data.bytewise:
        raise ImportFailed(f"{group.words}: samples of {dtype.itemsize} bytes as single bytes")
    number = {
        channel: k
        for k, band in enumerate(bands)
        for part, channel in band.parts
        if part == group.number
    }
    return Stretch(
        at=group.at - zero,
        frames=group.samples,
        signals=tuple(number[channel] for channel in range(count)),
        per_frame=(1,) * count,
        read=partial(_samples, _source(path, layout, data, width), dtype, group.padding),
    )


def _source(path: Path, layout: Layout, data: Data, width: int) -> Piece | Held:
    if layout.source is None:
        return Piece(path, data.offset, width)
    return Held(layout.source[data.offset : data.offset + data.size], width)


def _samples(
    source: Piece | Held, dtype: np.dtype[Any], padding: bytes | None, start: int, stop: int
) -> list[Samples]:
    values: NDArray[Any] = source.frames(start, stop).view(dtype)
    none = None
    if padding is not None and len(padding) == dtype.itemsize:
        none = values == np.frombuffer(padding, dtype)[0]
    values = signed(values)
    return [
        Samples(values[:, k], None if none is None else none[:, k]) for k in range(values.shape[1])
    ]


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
