"""GE MUSE XML (`RestingECG`): rhythm leads as base64 of little-endian integers.

Mostly eight leads (I, II, V1 to V6), the others being worked out from them by whoever shows them:
they are not made here, for they were not recorded. The median beats are left out, being made too.
Read here and not by `ecgdatakit`, which gives floats and does not apply `FirstSampleBaseline`.

`FirstSampleBaseline`, 0 in what MUSE writes, is taken as the value of 0 mV, as exports with another
value mean it (the one in the tests gives its source's values so); a remark says so then.
The times of QRS complexes are left out: the format does not say their unit, nor which instant.
"""

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

import numpy as np

from ecgstream.errors import ImportFailed
from ecgstream.formats.device_times import day_and_time
from ecgstream.formats.device_xml import (
    base64_of,
    number_of,
    root_of,
    text_of,
    whole_number,
)
from ecgstream.formats.guarding import naming
from ecgstream.formats.recording import Identity, Recorded
from ecgstream.formats.whole import Head, Piece, Track, recorded, statements

ROOT: Final = "RestingECG"

_UNITS: Final = {"MICROVOLTS": "uV", "MILLIVOLTS": "mV", "VOLTS": "V", "NANOVOLTS": "nV"}

_NAME: Final = ("PatientFirstName", "PatientLastName")

_BASELINE: Final = "FirstSampleBaseline is taken as the value of 0 volts"

_OTHERS: Final = (
    "SecondaryID", "OverreaderID", "OverreaderFirstName", "OverreaderLastName", "EditorID",
    "EditorFirstName", "EditorLastName", "AcquisitionTechID", "AcquisitionTechFirstName",
    "AcquisitionTechLastName", "ReferringMDID", "ReferringMDFirstName", "ReferringMDLastName",
    "OrderingMDID", "OrderingMDFirstName", "OrderingMDLastName", "RequisitionNumber",
    "HISAccountNumber", "HISOrderNumber", "AdmitID", "UniqueECGID", "VisitNumber",
)  # fmt: skip
"""Elements that name somebody, or a stay that names them."""


def open_file(path: Path, told: object = None) -> Recorded:  # noqa: ARG001 - nothing to be told
    """Return the recording in the file `path`. Raises ImportFailed, naming it."""
    with naming(path):
        root = root_of(path)
        if root.tag != ROOT and (inner := root.find(ROOT)) is not None:
            root = inner
        if root.tag != ROOT:
            raise ImportFailed(f"expected <{ROOT}>, found <{root.tag[:40]}>")
        return _recording(root, path)


def _recording(root: Element, path: Path) -> Recorded:
    rhythms: list[Element] = []
    others: list[Element] = []
    for waveform in root.findall("Waveform"):
        kind = text_of(waveform, "WaveformType")
        (rhythms if kind.lower() in {"", "rhythm"} else others).append(waveform)
    if not rhythms:
        raise ImportFailed("no <Waveform> of type Rhythm: it holds no recorded signals")
    remarks = [
        f"the waveform {text_of(one, 'WaveformType').lower()!r} is left out: made, not recorded"
        for one in others
    ]
    tracks = [track for one in rhythms for track in _tracks(one, remarks)]
    if root.find("QRSTimesTypes/QRS") is not None:
        remarks.append(
            "the device's QRS times are left out: the format does not say what they count"
        )
    test = root.find("TestDemographics")
    said = [text_of(one, "StmtText") for one in root.findall("Diagnosis/DiagnosisStatement")]
    if not any(said):
        place = "OriginalDiagnosis/DiagnosisStatement"
        said = [text_of(one, "StmtText") for one in root.findall(place)]
    return recorded(
        path,
        tracks,
        Head(
            fs_source="SampleBase and SampleExponent in the MUSE XML",
            start_time=day_and_time(
                text_of(test, "AcquisitionDate"), text_of(test, "AcquisitionTime")
            ),
            identity=_identity(root),
            remarks=tuple(remarks),
            sets=(statements(said, tracks[0].fs),) if tracks else (),
        ),
    )


def _tracks(waveform: Element, remarks: list[str]) -> list[Track]:
    base = number_of(text_of(waveform, "SampleBase"), "SampleBase")
    exponent = text_of(waveform, "SampleExponent")
    # Two whole numbers: 5 and 2 are 500.
    power = whole_number(exponent, "SampleExponent") if exponent else 0
    if not -6 <= power <= 6:
        raise ImportFailed(f"SampleExponent: {power} cannot be right")
    fs = base * 10**power if power >= 0 else base / 10**-power
    leads = waveform.findall("LeadData")
    announced = text_of(waveform, "NumberofLeads")
    if announced and whole_number(announced, "NumberofLeads") != len(leads):
        raise ImportFailed(f"NumberofLeads says {announced}, there are {len(leads)} <LeadData>")
    return [_track(lead, fs, remarks) for lead in leads]


def _track(lead: Element, fs: float, remarks: list[str]) -> Track:
    name = text_of(lead, "LeadID")
    if not name:
        raise ImportFailed("a <LeadData> without LeadID")
    where = f"lead {name}"
    size = whole_number(text_of(lead, "LeadSampleSize") or "2", f"{where}: LeadSampleSize")
    if size not in {1, 2, 4}:
        raise ImportFailed(f"{where}: samples of {size} bytes; known are 1, 2 and 4")
    payload = base64_of("".join((lead.findtext("WaveFormData") or "").split()), where)
    values = np.frombuffer(payload[: len(payload) // size * size], f"<i{size}").astype(np.int64)
    for element, there in (
        ("LeadByteCountTotal", len(payload)),
        ("LeadSampleCountTotal", len(values)),
    ):
        announced = text_of(lead, element)
        if announced and whole_number(announced, f"{where}: {element}") != there:
            raise ImportFailed(f"{where}: {element} says {announced}, there are {there}")
    sum_ = text_of(lead, "LeadDataCRC32")
    # Programs that do not work it out write 0.
    if sum_.isdigit() and len(sum_) <= 10 and int(sum_) not in {0, zlib.crc32(payload)}:
        raise ImportFailed(f"{where}: its checksum (LeadDataCRC32) does not hold")
    remarks += [
        f"{where}: the device says {flag}"
        for flag in ("LeadOff", "BaselineSway", "ExcessiveACNoise", "MuscleNoise")
        if text_of(lead, flag).upper() == "TRUE"
    ]
    for element in ("LeadOffsetFirstSample", "LeadTimeOffset"):
        offset = text_of(lead, element)
        if offset and number_of(offset, f"{where}: {element}"):
            raise ImportFailed(
                f"{where}: {element} is {offset}, of a meaning that is not known: where its first "
                "sample lies would be a guess"
            )
    unit, gain, baseline = _scale(lead, where, remarks)
    return Track(name, unit, gain, baseline, fs, (Piece(0, values),))


def _scale(lead: Element, where: str, remarks: list[str]) -> tuple[str | None, float, float]:
    """Return unit, gain and baseline."""
    said = text_of(lead, "FirstSampleBaseline")
    baseline = number_of(said, f"{where}: FirstSampleBaseline") if said else 0.0
    if baseline and _BASELINE not in remarks:
        remarks.append(_BASELINE)
    bit = text_of(lead, "LeadAmplitudeUnitsPerBit")
    word = text_of(lead, "LeadAmplitudeUnits")
    unit = _UNITS.get(word.upper())
    if not bit or unit is None:
        remarks.append(f"{where}: no LeadAmplitudeUnits that are volts: its unit is not known")
        return None, 1.0, baseline
    per_bit = number_of(bit, f"{where}: LeadAmplitudeUnitsPerBit")
    if per_bit <= 0:
        raise ImportFailed(f"{where}: LeadAmplitudeUnitsPerBit {bit} cannot be right")
    return unit, 1 / per_bit, baseline


def _identity(root: Element) -> Identity:
    person = root.find("PatientDemographics")
    others: Sequence[str] = [text_of(one) for tag in _OTHERS for one in root.iter(tag)]
    others = [*others, text_of(root, "MuseInfo/UniqueID")]
    return Identity(
        patient=text_of(person, "PatientID") or None,
        name=" ".join(part for part in (text_of(person, tag) for tag in _NAME) if part) or None,
        birth_date=text_of(person, "DateofBirth") or None,
        others=tuple(dict.fromkeys(one for one in others if one)),
    )
