"""HL7 annotated ECG (`AnnotatedECG`, PORT_MT020001; FDA's implementation guide).

A lead is a list of digits: `value = origin + scale * digit`. Read here and not by `ecgdatakit`,
which gives floats and reads one sequence set only. Sequence sets that follow each other (four
columns of 2.5 s) are laid where their time sequences say. Representative beats (a derived series)
are left out: they are made. All leads with digits are kept as stored, III and the augmented ones
too, though a device works them out of I and II.
"""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

import numpy as np

from ecgstream.errors import ImportFailed
from ecgstream.formats.aecg_marks import marks_of
from ecgstream.formats.device_times import hl7_time
from ecgstream.formats.device_xml import number_of, root_of
from ecgstream.formats.guarding import naming
from ecgstream.formats.numbers_text import scaled, whole_numbers
from ecgstream.formats.recording import LONGEST_S, Identity, Recorded
from ecgstream.formats.whole import Head, Piece, Track, recorded
from ecgstream.model.twelve import LIMB
from ecgstream.model.unit import millivolts

ROOT: Final = "AnnotatedECG"

_SECONDS: Final = {
    "s": Fraction(1),
    "ms": Fraction(1, 1000),
    "us": Fraction(1, 10**6),
    "\N{MICRO SIGN}s": Fraction(1, 10**6),
}

_NAMES: Final = {name.upper(): name for name in LIMB} | {"AVRNEG": "-aVR"}
"""Codes are in capitals; these leads are not."""

_DECIMAL: Final = re.compile(r"[+-]?\d{1,12}(\.\d{0,12})?([eE][+-]?\d{1,2})?")


@dataclass(frozen=True, slots=True)
class _Set:
    """A sequence set: `at` seconds since 1970, None where nothing says; `relative` as it says."""

    element: Element
    fs: float
    at: float | None
    zone: str | None
    relative: float


def open_file(path: Path, told: object = None) -> Recorded:  # noqa: ARG001 - nothing to be told
    """Return the recording in the file `path`. Raises ImportFailed, naming it."""
    with naming(path):
        root = root_of(path)
        if root.tag != ROOT:
            raise ImportFailed(f"expected <{ROOT}>, found <{root.tag[:40]}>")
        return _recording(root, path)


def _recording(root: Element, path: Path) -> Recorded:
    remarks: list[str] = []
    series = [
        one
        for one in root.findall("component/series")
        if _code(one).upper() != "REPRESENTATIVE_BEAT"
    ]
    if root.find(".//derivedSeries") is not None or len(series) < len(
        root.findall("component/series")
    ):
        remarks.append("representative beats are left out: they are made, not recorded")
    whole = _started(root)
    sets = [
        _timed(one, _started(part) or whole)
        for part in series
        for one in part.findall("component/sequenceSet")
    ]
    if not sets:
        raise ImportFailed("no rhythm series with a sequenceSet: it holds no recorded signals")
    known = [one.at for one in sets if one.at is not None]
    if known and len(known) < len(sets):
        raise ImportFailed(
            f"of {len(sets)} sequence sets {len(known)} say when they were: the others cannot be "
            "placed"
        )
    first = min(known) if known else min(one.relative for one in sets)
    tracks = _joined(
        [
            track
            for one in sets
            for track in _tracks(one, (one.relative if one.at is None else one.at) - first, remarks)
        ]
    )
    start = next((one for one in sets if one.at == first), None) if known else None
    opened = recorded(
        path,
        tracks,
        Head(
            fs_source="increment of the time sequence in the aECG",
            start_time=first if start else None,
            zone=start.zone if start else None,
            identity=_identity(root),
            remarks=tuple(remarks),
        ),
    )
    return marks_of(root, opened, first if known else None)


def _code(element: Element) -> str:
    code = element.find("code")
    return "" if code is None else (code.get("code") or "").strip()


def _value(element: Element | None, path: str) -> str:
    found = None if element is None else element.find(path)
    return "" if found is None else (found.get("value") or "").strip()


def _started(element: Element) -> tuple[float, str | None] | None:
    """Return when a series or document began, and the zone; None: it does not say to the minute."""
    for path in ("effectiveTime/low", "effectiveTime/center", "effectiveTime"):
        if (found := hl7_time(_value(element, path))) is not None:
            return found
    return None


def _timed(element: Element, began: tuple[float, str | None] | None) -> _Set:
    sequences = element.findall("component/sequence")
    time = next((one for one in sequences if _code(one).upper().startswith("TIME_")), None)
    if time is None:
        raise ImportFailed("a sequenceSet without a time sequence: its rate is not said")
    value = time.find("value")
    increment = None if value is None else value.find("increment")
    said = _value(value, "increment")
    unit = "" if increment is None else (increment.get("unit") or "")
    if not _DECIMAL.fullmatch(said) or unit not in _SECONDS or not (step := Fraction(said)) > 0:
        raise ImportFailed(
            f"time increment {said[:20]!r} {unit[:10]!r}: expected a number of s, ms or us"
        )
    fs = float(1 / (step * _SECONDS[unit]))
    head = _value(value, "head")
    if _code(time).upper() == "TIME_ABSOLUTE":
        when = hl7_time(head) or began
        return _Set(element, fs, when[0] if when else None, when[1] if when else None, 0.0)
    found = None if value is None else value.find("head")
    head_unit = "s" if found is None else (found.get("unit") or "s")
    if head_unit not in _SECONDS:
        raise ImportFailed(f"head of a time sequence in {head_unit[:10]!r}; known are s, ms, us")
    relative = number_of(head or "0", "head of a time sequence") * float(_SECONDS[head_unit])
    if abs(relative) > LONGEST_S:
        raise ImportFailed(f"head of a time sequence: {head[:20]} {head_unit} cannot be right")
    # A relative time sequence counts from the beginning of its series.
    return _Set(
        element, fs, began[0] + relative if began else None, began[1] if began else None, relative
    )


def _tracks(one: _Set, after_s: float, remarks: list[str]) -> list[Track]:
    tracks = []
    start = round(after_s * one.fs)
    for sequence in one.element.findall("component/sequence"):
        code = _code(sequence)
        if code.upper().startswith("TIME_"):
            continue
        name = _lead(code)
        digits = sequence.findtext("value/digits") or ""
        if not digits.strip():
            remarks.append(f"lead {name} is named without digits: left out")
            continue
        tracks.append(_track(name, digits, sequence.find("value"), one.fs, start))
    return tracks


def _lead(code: str) -> str:
    """Return the name of a lead's code: what comes after `MDC_ECG_LEAD_`, in the usual letters."""
    if not code:
        raise ImportFailed("a sequence without a code: which lead it is is not said")
    before, _, after = code.upper().rpartition("_LEAD_")
    return _NAMES.get(after, code[-len(after) :]) if before and after else code


def _track(name: str, digits: str, value: Element | None, fs: float, start: int) -> Track:
    where = f"lead {name}"
    scale = number_of(_value(value, "scale") or "1", f"{where}: scale")
    origin = number_of(_value(value, "origin") or "0", f"{where}: origin")
    unit = _unit(value, "scale")
    if not scale:
        raise ImportFailed(f"{where}: a scale of 0 cannot be right")
    if (of_origin := _unit(value, "origin")) and of_origin != unit and origin:
        ours, theirs = millivolts(unit), millivolts(of_origin)
        if ours is None or theirs is None:
            raise ImportFailed(f"{where}: origin in {of_origin!r}, scale in {unit!r}")
        origin *= float(theirs / ours)
    if "." not in digits and "e" not in digits.lower():
        whole = whole_numbers(digits, where)
        return Track(name, unit, 1 / scale, 0.0 - origin / scale, fs, (Piece(start, whole),))
    words = digits.split()
    if strange := next((word for word in words if not _DECIMAL.fullmatch(word)), None):
        raise ImportFailed(f"{where}: expected numbers, found {strange[:40]!r}")
    values = np.array([float(word) for word in words])
    if (found := scaled(values)) is None:
        return Track(name, unit, 1.0, 0.0, fs, (Piece(start, origin + scale * values),))
    power = 10.0 ** found[1]
    return Track(
        name, unit, power / scale, 0.0 - origin * power / scale, fs, (Piece(start, found[0]),)
    )


def _unit(value: Element | None, part: str) -> str | None:
    found = None if value is None else value.find(part)
    return None if found is None else (found.get("unit") or "").strip() or None


def _joined(tracks: list[Track]) -> list[Track]:
    """Return one track for each lead that goes on from set to set with one rate and scale."""
    joined: list[Track] = []
    for track in tracks:
        for number, held in enumerate(joined):
            if _alike(held, track) and not any(_overlap(p, track.pieces[0]) for p in held.pieces):
                joined[number] = replace(held, pieces=held.pieces + track.pieces)
                break
        else:
            joined.append(track)
    return joined


def _alike(one: Track, other: Track) -> bool:
    return all(
        getattr(one, part) == getattr(other, part)
        for part in ("name", "unit", "gain", "baseline", "fs")
    )


def _overlap(one: Piece, other: Piece) -> bool:
    return one.start < other.start + len(other.values) and other.start < one.start + len(one.values)


def _identity(root: Element) -> Identity:
    subject = root.find(".//trialSubject")
    person = None if subject is None else subject.find("subjectDemographicPerson")
    name = None if person is None else person.find("name")
    patient = None if subject is None else subject.find("id")
    others = [
        text
        for path in ("assignedPerson/name", "assignedAuthorType/assignedPerson/name")
        for one in root.iterfind(f".//{path}")
        if (text := " ".join(" ".join(one.itertext()).split()))
    ]
    return Identity(
        patient=None if patient is None else (patient.get("extension") or "").strip() or None,
        name=None if name is None else " ".join(" ".join(name.itertext()).split()) or None,
        birth_date=_value(person, "birthTime") or None,
        others=tuple(dict.fromkeys(others)),
    )
