"""Philips Sierra ECG XML (`restingecgdata`), versions 1.03 to 1.04.02.

The samples are integers in `parsedwaveforms`, plain, as base64 or compressed (XLI, see
`sierra_xli`), `signalresolution` (1.03) or `resolution` (1.04) microvolts each. Read here and not
by `ecgdatakit`, which gives floats, and rebuilds the augmented leads of compressed files with an
error of 1 unit. Representative beats are left out: they are made, not recorded.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed
from ecgstream.formats import sierra_xli
from ecgstream.formats.device_times import day_and_time
from ecgstream.formats.device_xml import (
    base64_of,
    number_of,
    root_of,
    text_of,
    whole_number,
)
from ecgstream.formats.guarding import naming
from ecgstream.formats.numbers_text import whole_numbers
from ecgstream.formats.recording import LONGEST_S, Identity, Recorded
from ecgstream.formats.whole import Head, Piece, Track, recorded, statements
from ecgstream.model.twelve import CHEST, LIMB

ROOT: Final = "restingecgdata"

VERSIONS: Final = frozenset({"1.03", "1.04", "1.04.01", "1.04.02"})

_STANDARD: Final = frozenset({"STD-12", "10-WIRE"})
"""Sets of leads whose channels are the twelve in the common order."""

_NAME: Final = ("firstname", "middlename", "lastname")

_LIMBS: Final = ("I", "II", "III", "AVR", "AVL", "AVF")


def open_file(path: Path, told: object = None) -> Recorded:  # noqa: ARG001 - nothing to be told
    """Return the recording in the file `path`. Raises ImportFailed, naming it."""
    with naming(path):
        root = root_of(path)
        if root.tag != ROOT:
            raise ImportFailed(f"expected <{ROOT}>, found <{root.tag[:40]}>")
        return _recording(root, path)


def _recording(root: Element, path: Path) -> Recorded:
    version = text_of(root, "documentinfo/documentversion")
    if version not in VERSIONS:
        raise ImportFailed(
            f"Sierra ECG version {version[:20]!r}; known are {', '.join(sorted(VERSIONS))}"
        )
    waveform = root.find(".//parsedwaveforms")
    if waveform is None:
        raise ImportFailed("no <parsedwaveforms>: it holds no signals")
    acquired = root.find("dataacquisition")
    signal = None if acquired is None else acquired.find("signalcharacteristics")
    remarks: list[str] = []
    fs = number_of(_said(waveform, "samplespersecond", signal, "samplingrate"), "sampling rate")
    names = _names(waveform, signal)
    unit, gain = _scale(waveform, signal, remarks)
    offset = _said(waveform, "signaloffset", signal, "signaloffset")
    duration_ms = number_of(waveform.get("durationperchannel") or "", "durationperchannel in ms")
    if not (0 < fs < 1e6 and 0 < duration_ms <= 1000 * LONGEST_S):
        raise ImportFailed(f"{duration_ms:g} ms at {fs:g} Hz cannot be right")
    length = round(duration_ms * fs / 1000)
    leads = _leads(waveform, signal, names, length)
    if root.find(".//repbeats") is not None:
        remarks.append("the representative beats are left out: they are made, not recorded")
    return recorded(
        path,
        [
            Track(
                name=name,
                unit=unit,
                gain=gain,
                baseline=number_of(offset, "signaloffset") if offset else 0.0,
                fs=fs,
                pieces=(Piece(0, values),),
            )
            for name, values in zip(names, leads, strict=True)
        ],
        Head(
            fs_source="sampling rate in the Sierra XML",
            start_time=None
            if acquired is None
            else day_and_time(acquired.get("date", ""), acquired.get("time", "")),
            identity=_identity(root),
            remarks=tuple(remarks),
            sets=(statements(_interpreted(root), fs),),
        ),
    )


def _said(waveform: Element, attribute: str, signal: Element | None, element: str) -> str:
    """Return what 1.04 says as an attribute of the waveform, and 1.03 as an element elsewhere."""
    return (waveform.get(attribute) or "").strip() or text_of(signal, element)


def _names(waveform: Element, signal: Element | None) -> list[str]:
    labels = (waveform.get("leadlabels") or "").split()
    allocated = text_of(signal, "numberchannelsallocated") or text_of(signal, "numberchannelsvalid")
    count = (waveform.get("numberofleads") or "").strip() or allocated
    number = whole_number(count, "number of leads") if count else len(labels)
    if not 0 < number <= 64:
        raise ImportFailed(f"{number} leads cannot be")
    if labels:
        if len(labels) < number:
            raise ImportFailed(f"{number} leads announced, {len(labels)} named")
        return labels[:number]
    kind = text_of(signal, "acquisitiontype") or text_of(signal, "leadset")
    if kind in _STANDARD:
        return [*LIMB, *CHEST, *(f"channel {n + 1}" for n in range(12, number))][:number]
    return [f"channel {n + 1}" for n in range(number)]


def _scale(
    waveform: Element, signal: Element | None, remarks: list[str]
) -> tuple[str | None, float]:
    """Return unit and gain; the resolution is in microvolts a unit."""
    said = (
        (waveform.get("resolution") or "").strip()
        or text_of(signal, "resolution")
        or text_of(signal, "signalresolution")
    )
    if not said:
        remarks.append("no signalresolution: the unit of the samples is not known")
        return None, 1.0
    resolution = number_of(said, "signalresolution in microvolts")
    if resolution <= 0:
        raise ImportFailed(f"a signalresolution of {resolution:g} uV cannot be")
    return "uV", 1 / resolution


def _leads(
    waveform: Element, signal: Element | None, names: Sequence[str], length: int
) -> list[NDArray[np.int64]]:
    text = "".join(waveform.itertext())
    encoding = waveform.get("dataencoding") or "Plain"
    method = waveform.get("compressmethod") or waveform.get("compression") or ""
    if (waveform.get("compressflag") or "").lower() == "false":
        method = ""
    if method.lower() not in {"", "uncompressed", "none"}:
        if method.upper() != "XLI":
            raise ImportFailed(f"compression {method[:20]!r}; known is XLI")
        leads = sierra_xli.decode(base64_of(text, "parsedwaveforms"))
        if tuple(name.upper() for name in names[:6]) == _LIMBS and len(leads) >= 6:
            if len({len(lead) for lead in leads[:6]}) != 1:
                raise ImportFailed("limb leads of different lengths")
            leads[:6] = sierra_xli.limb_leads(leads[:6])
        if len(leads) < len(names) or any(len(lead) < length for lead in leads[: len(names)]):
            raise ImportFailed(
                f"{len(names)} leads of {length} samples announced; there are "
                f"{len(leads)} of {min(map(len, leads), default=0)} or more"
            )
        return [lead[:length] for lead in leads[: len(names)]]
    values = _plain(text, encoding, _said(waveform, "signalsigned", signal, "signalsigned"))
    if length <= 0 or len(values) < length * len(names):
        raise ImportFailed(
            f"{len(names)} leads of {length} samples announced, {len(values)} samples there"
        )
    return [values[n * length : (n + 1) * length] for n in range(len(names))]


def _plain(text: str, encoding: str, signed: str) -> NDArray[np.int64]:
    if encoding == "Base64":
        raw = base64_of(text, "parsedwaveforms")
        kind = "<u2" if signed.lower() in {"false", "no"} else "<i2"
        return np.frombuffer(raw[: len(raw) // 2 * 2], kind).astype(np.int64)
    if encoding == "Plain":
        return whole_numbers(text, "parsedwaveforms")
    raise ImportFailed(f"dataencoding {encoding[:20]!r}; known are Base64 and Plain")


def _interpreted(root: Element) -> list[str]:
    return [
        ": ".join(
            part for part in (text_of(one, "leftstatement"), text_of(one, "rightstatement")) if part
        )
        for one in root.iter("statement")
    ]


def _identity(root: Element) -> Identity:
    person = root.find("patient/generalpatientdata")
    said = [text_of(person, f"name/{part}") or text_of(person, part) for part in _NAME]
    others = [
        text_of(root, f".//{place}")
        for place in ("uniquepatientid", "MRN", "referringclinician", "orderingclinician")
    ]
    others += [text_of(one) for one in root.iter("operator")]
    others += [one.get("id", "") for one in root.iter("operator")]
    return Identity(
        patient=text_of(person, "patientid") or None,
        name=" ".join(part for part in said if part.strip("- ")) or None,
        birth_date=text_of(person, "age/dateofbirth") or text_of(person, "dateofbirth") or None,
        others=tuple(dict.fromkeys(one for one in others if one.strip("- ,.;"))),
    )
