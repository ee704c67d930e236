"""Writes DICOM waveforms with pydicom: groups, scales, padding, transfer syntaxes, traps."""

import io
from dataclasses import dataclass, field

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
DEFLATED, BIG = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
TWELVE, GENERAL, AMBULATORY = (f"1.2.840.10008.5.1.4.1.1.9.{k}" for k in ("1.1", "1.2", "1.3"))

NUMBERS = {"I": 1, "II": 2, "III": 61, "V1": 3, "aVR": 62, "V5": 7}
TYPES = {"i1": ("SB", 8), "u1": ("UB", 8), "i2": ("SS", 16), "u2": ("US", 16), "u4": ("UL", 32)}


def coded(value, scheme, meaning):
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return Sequence([code])


@dataclass
class Group:
    """`samples`: shape (n, channels)."""

    samples: np.ndarray
    leads: tuple[str, ...] = ("I", "II", "V1")
    fs: str = "500"
    at_ms: str = "0"
    sensitivity: str | None = "2.5"
    correction: str | None = "1"
    baseline: str | None = "0"
    unit: str = "uV"
    originality: str = "ORIGINAL"
    label: str = "RHYTHM"
    padding: int | None = None
    scheme: str = "SCPECG"

    def dataset(self, little: bool) -> Dataset:
        order = "<" if little else ">"
        item = Dataset()
        item.MultiplexGroupTimeOffset = self.at_ms
        item.WaveformOriginality = self.originality
        item.NumberOfWaveformSamples, item.NumberOfWaveformChannels = self.samples.shape
        item.SamplingFrequency = self.fs
        item.MultiplexGroupLabel = self.label
        dtype = self.samples.dtype.newbyteorder(order)
        item.WaveformSampleInterpretation, bits = TYPES[self.samples.dtype.str[1:]]
        item.WaveformBitsAllocated = bits
        if self.padding is not None:
            item.add_new(0x5400100A, "OW", np.array([self.padding], dtype).tobytes())
        channels = []
        for lead in self.leads:
            one = Dataset()
            number = NUMBERS.get(lead)
            code = {"SCPECG": f"5.6.3-9-{number}", "MDC": f"2:{number}"}.get(self.scheme, "x")
            known = number is not None
            one.ChannelSourceSequence = coded(
                code if known else "x", self.scheme, f"Lead {lead}" if known else lead
            )
            if self.sensitivity is not None:
                one.ChannelSensitivity = self.sensitivity
                one.ChannelSensitivityUnitsSequence = coded(self.unit, "UCUM", self.unit)
                one.ChannelSensitivityCorrectionFactor = self.correction
                one.ChannelBaseline = self.baseline
            one.WaveformBitsStored = bits
            channels.append(one)
        item.ChannelDefinitionSequence = Sequence(channels)
        raw = self.samples.astype(dtype).tobytes()
        item.add_new(0x54001010, "OB" if bits == 8 else "OW", raw + b"\0" * (len(raw) % 2))
        return item


@dataclass
class File:
    groups: list[Group]
    syntax: str = EXPLICIT
    annotations: list[Dataset] = field(default_factory=list)
    undefined: bool = False
    begun: str = "20010203040506.25+0100"
    sop: str = TWELVE
    preamble: bool = True

    def encode(self) -> bytes:
        little = self.syntax != BIG
        whole = Dataset()
        whole.SOPClassUID, whole.SOPInstanceUID = self.sop, "1.2.3.4"
        whole.AcquisitionDateTime = self.begun
        whole.Modality = "ECG"
        whole.SpecificCharacterSet = "ISO_IR 192"
        whole.PatientName, whole.PatientID = "Müstermann^Erika", "P-77"
        whole.PatientBirthDate = "19640812"
        whole.ReferringPhysicianName = "Doktor^Wer"
        whole.StudyDescription = "for Müstermann"
        whole.WaveformSequence = Sequence([one.dataset(little) for one in self.groups])
        if self.annotations:
            whole.WaveformAnnotationSequence = Sequence(self.annotations)
        if self.undefined:
            whole["WaveformSequence"].is_undefined_length = True
            for item in whole.WaveformSequence:
                item.is_undefined_length_sequence_item = True
        whole.file_meta = FileMetaDataset()
        whole.file_meta.TransferSyntaxUID = self.syntax
        out = io.BytesIO()
        dcmwrite(
            out,
            whole,
            implicit_vr=self.syntax == IMPLICIT,
            little_endian=little,
            enforce_file_format=True,
        )
        return out.getvalue() if self.preamble else out.getvalue()[132:]


def mark(text, *, positions=(), channel=(1, 0), kind="POINT", value=None, seconds=()):
    """One annotation."""
    one = Dataset()
    if value is None:
        one.UnformattedTextValue = text
    else:
        one.ConceptNameCodeSequence = coded("x", "SCPECG", text)
        one.NumericValue = value
        one.MeasurementUnitsCodeSequence = coded("ms", "UCUM", "milliseconds")
    one.ReferencedWaveformChannels = list(channel)
    one.AnnotationGroupNumber = 1
    if positions or seconds:
        one.TemporalRangeType = kind
    if positions:
        one.ReferencedSamplePositions = list(positions)
    if seconds:
        one.ReferencedTimeOffsets = list(seconds)
    return one
