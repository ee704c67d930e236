"""GE CardioSoft and CASE XML (`CardiologyXML`): resting strips and whole exercise tests.

`StripData` has a `WaveformData` a lead, `FullDisclosure` all leads of a test in turn; both decimal
integers, `Resolution` microvolts each (`uVperLsb`). No library reads it; the layout is that of GE's
manual 2062898 and of the public readers of UK Biobank's files. Median beats are left out.
"""

from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from ecgstream.errors import ImportFailed
from ecgstream.formats.device_times import seconds_at
from ecgstream.formats.device_xml import number_of, root_of, text_of, whole_number
from ecgstream.formats.guarding import naming
from ecgstream.formats.numbers_text import whole_numbers
from ecgstream.formats.recording import Identity, Recorded
from ecgstream.formats.whole import Head, Piece, Track, recorded, statements

ROOT: Final = "CardiologyXML"

_RESOLUTIONS: Final = {"uvperlsb": "uV", "mvperlsb": "mV", "nvperlsb": "nV", "uv": "uV", "mv": "mV"}

_STATEMENTS: Final = frozenset({"DiagnosisText", "ConclusionText", "Statement", "Conclusion"})

_OTHERS: Final = ("OrderNumber", "VisitNumber", "AccessionNumber", "UID")

_CLINICIANS: Final = ("PhysicianInfo", "TechnicianInfo", "ReviewerInfo", "OrderInfo", "Attending")
"""Elements all of whose texts may name somebody."""


def open_file(path: Path, told: object = None) -> Recorded:  # noqa: ARG001 - nothing to be told
    """Return the recording in the file `path`. Raises ImportFailed, naming it."""
    with naming(path):
        root = root_of(path)
        if root.tag != ROOT:
            raise ImportFailed(f"expected <{ROOT}>, found <{root.tag[:40]}>")
        return _recording(root, path)


def _recording(root: Element, path: Path) -> Recorded:
    whole = next((one for one in root.iter("FullDisclosure") if _filled(one)), None)
    strips = [one for one in root.iter("StripData") if one.find("WaveformData") is not None]
    remarks: list[str] = []
    if whole is not None:
        tracks = _disclosed(whole, remarks)
        later = [text_of(whole, f"StartTime/{part}") for part in ("Minute", "Second")]
        if any(part.strip("0") for part in later):
            remarks.append(
                f"the full disclosure says StartTime {':'.join(later)}, from when is not said: "
                "the time of the observation is taken for its start"
            )
        if strips:
            remarks.append("the strips beside the full disclosure are left out: parts of it")
    elif len(strips) == 1:
        tracks = _strip(strips[0], remarks)
    elif strips:
        raise ImportFailed(
            f"{len(strips)} strips (StripData) and no FullDisclosure: when each was recorded is "
            "not said"
        )
    else:
        raise ImportFailed("neither StripData nor FullDisclosure: it holds no signals")
    if root.find(".//MedianSamples") is not None:
        remarks.append("the median beats are left out: they are made, not recorded")
    interpreted = root.find("Interpretation")
    said = [
        text_of(one)
        for one in (() if interpreted is None else interpreted.iter())
        if one.tag in _STATEMENTS and not len(one)
    ]
    return recorded(
        path,
        tracks,
        Head(
            fs_source="SampleRate in the CardioSoft XML",
            start_time=_started(root.find("ObservationDateTime")),
            identity=_identity(root),
            comments=tuple(text for one in root.iter("Comments") if (text := text_of(one))),
            remarks=tuple(remarks),
            sets=(statements(said, tracks[0].fs),) if tracks else (),
        ),
    )


def _filled(disclosure: Element) -> bool:
    return bool(text_of(disclosure, "FullDisclosureData"))


def _strip(strip: Element, remarks: list[str]) -> list[Track]:
    fs = _rate(strip)
    unit, gain = _scale(strip, remarks)
    announced = text_of(strip, "ChannelSampleCountTotal")
    leads = strip.findall("WaveformData")
    number = text_of(strip, "NumberOfLeads")
    if number and whole_number(number, "NumberOfLeads") != len(leads):
        raise ImportFailed(f"NumberOfLeads says {number}, there are {len(leads)} WaveformData")
    tracks = []
    for lead in leads:
        name = (lead.get("lead") or "").strip()
        if not name:
            raise ImportFailed("a WaveformData that does not say its lead")
        values = whole_numbers(lead.text or "", f"lead {name}")
        if announced and whole_number(announced, "ChannelSampleCountTotal") != len(values):
            raise ImportFailed(
                f"lead {name}: {len(values)} samples, ChannelSampleCountTotal says {announced}"
            )
        tracks.append(Track(name, unit, gain, 0.0, fs, (Piece(0, values),)))
    return tracks


def _disclosed(whole: Element, remarks: list[str]) -> list[Track]:
    fs = _rate(whole)
    unit, gain = _scale(whole, remarks)
    names = [name.strip() for name in text_of(whole, "LeadOrder").split(",") if name.strip()]
    number = text_of(whole, "NumberOfChannels")
    if not names or (number and whole_number(number, "NumberOfChannels") != len(names)):
        raise ImportFailed(f"NumberOfChannels says {number}, LeadOrder names {len(names)} leads")
    values = whole_numbers(whole.findtext("FullDisclosureData") or "", "FullDisclosureData")
    if over := len(values) % len(names):
        raise ImportFailed(
            f"FullDisclosureData: {len(values)} samples of {len(names)} leads in turn leave {over}"
        )
    return [
        Track(name, unit, gain, 0.0, fs, (Piece(0, values[n :: len(names)]),))
        for n, name in enumerate(names)
    ]


def _rate(element: Element) -> float:
    rate = element.find("SampleRate")
    unit = "" if rate is None else (rate.get("units") or "Hz")
    if unit.lower() not in {"hz", "samplespersecond", "sps"}:
        raise ImportFailed(f"SampleRate in {unit[:20]!r}; known is Hz")
    return number_of(text_of(rate), "SampleRate")


def _scale(element: Element, remarks: list[str]) -> tuple[str | None, float]:
    """Return unit and gain."""
    found = element.find("Resolution")
    word = "" if found is None else (found.get("units") or "")
    unit = _RESOLUTIONS.get(word.lower())
    if unit is None:
        remarks.append(f"Resolution in {word[:20]!r}: the unit of the samples is not known")
        return None, 1.0
    resolution = number_of(text_of(found), "Resolution")
    if resolution <= 0:
        raise ImportFailed(f"a Resolution of {resolution:g} cannot be right")
    return unit, 1 / resolution


def _started(when: Element | None) -> float | None:
    said = [text_of(when, part) for part in ("Year", "Month", "Day", "Hour", "Minute", "Second")]
    if not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in said):
        return None
    year, month, day, hour, minute, second = map(int, said)
    return seconds_at((year, month, day), (hour, minute, second))


def _identity(root: Element) -> Identity:
    person = root.find("PatientInfo")
    born = [text_of(person, f"BirthDateTime/{part}") for part in ("Year", "Month", "Day")]
    others = [text_of(one) for tag in _OTHERS for one in root.iter(tag)]
    others += [
        text_of(leaf) for tag in _CLINICIANS for one in root.iter(tag) for leaf in one.iter()
    ]
    name = [text_of(person, f"Name/{part}") for part in ("GivenName", "FamilyName")]
    return Identity(
        patient=text_of(person, "PID") or None,
        name=" ".join(part for part in name if part) or None,
        birth_date="-".join(part for part in born if part) or None,
        others=tuple(dict.fromkeys(one for one in others if one)),
    )
