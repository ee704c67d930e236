"""The annotations of an HL7 aECG: waves, rhythms, beats that are not normal, statements.

Each annotation set becomes one of ours, named for who made it (`device`, `reader`). A wave is its
onset `(` and end `)` with `num` 0 P, 1 QRS, 2 T, 3 U, as WFDB's wave detectors have it; what WFDB
has no symbol for (the peak of an R wave) is told in words. No mark of a beat is made: the format
says where a QRS begins and ends. What is measured (intervals, axes) is left out; a remark says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from xml.etree.ElementTree import Element

from ecgstream.errors import ImportFailed
from ecgstream.formats.device_times import hl7_time
from ecgstream.formats.device_xml import number_of, text_of
from ecgstream.formats.recording import LONGEST_S, Annotated, AnnotationSet, Recorded
from ecgstream.model.annotation import COMMENT, Annotation

_WAVES: Final = {"P": 0, "QRS": 1, "T": 2, "U": 3}

_PEAKS: Final = {"P": "p", "T": "t", "U": "u"}
"""A QRS complex has no symbol for its peak but that of a beat, and a beat has a type."""

_RHYTHMS: Final = {"MDC_ECG_RHY_SINUS_RHY": "(N", "MDC_ECG_RHY_ATR_FIB": "(AFIB"}
"""WFDB's words for what is certain; other rhythms are told in the source's words."""

_UNITS_S: Final = {"s": 1.0, "ms": 1e-3, "us": 1e-6}


@dataclass(frozen=True, slots=True)
class _Clock:
    """`began`: seconds since 1970 of sample 0, None where the file has relative times alone."""

    began: float | None
    fs: float
    length: int

    def sample(self, bound: Element | None, *, absolute: bool) -> int | None:
        """Return the sample of a bound; None: it says no time within the recording."""
        said = "" if bound is None else (bound.get("value") or "")
        if not said or bound is None:
            return None
        if absolute:
            found = hl7_time(said)
            if found is None or self.began is None:
                return None
            at = found[0] - self.began
        else:
            unit = _UNITS_S.get(bound.get("unit") or "s")
            try:
                at = number_of(said, "boundary") * (unit or 0)
            except ImportFailed:
                return None
            if unit is None:
                return None
        if not abs(at) <= LONGEST_S:
            return None
        sample = round(at * self.fs)
        return sample if 0 <= sample <= self.length else None


def marks_of(root: Element, opened: Recorded, began: float | None) -> Recorded:
    """Return `opened` with the annotation sets in `root`; `began` as in `_Clock`."""
    fs = opened.signals[0].fs
    clock = _Clock(began, fs, opened.signals[0].length)
    leads = [one.name for one in opened.signals]
    sets: list[AnnotationSet] = []
    remarks = list(opened.remarks)
    for element in root.findall("component/series/subjectOf/annotationSet"):
        marks = sorted(_marks(element, clock, leads), key=lambda one: one.sample)
        who = "reader" if element.find("author//assignedPerson") is not None else "device"
        taken = {one.annotator for one in sets}
        number = next(n for n in range(1, 10_000) if (who if n == 1 else f"{who}-{n}") not in taken)
        measured = sum(_kind(one) == "measured" for one in element.iter("annotation"))
        name = who if number == 1 else f"{who}-{number}"
        if measured:
            remarks.append(f"annotation set {name}: {measured} measured values are left out")
        if marks:
            sets.append(AnnotationSet(name, fs, tuple(marks)))
    return replace(opened, remarks=tuple(remarks), annotated=Annotated(tuple(sets)))


def _marks(
    within: Element, clock: _Clock, leads: Sequence[str], wave: str = ""
) -> Iterator[Annotation]:
    """Yield the marks of the annotations in a set, or in an annotation that is of a `wave`."""
    for annotation in within.findall("component/annotation"):
        kind = _kind(annotation)
        value = annotation.find("value")
        meant = "" if value is None else (value.get("code") or "")
        words = "" if value is None else (text_of(value) or value.get("displayName") or meant)
        place = _placed(annotation, clock, leads)
        last = meant.rpartition("_")[2]
        inside = wave
        if kind == "wave":
            if last in {"PEAK", "ONSET", "OFFSET"} and wave:
                yield from _points(wave, **{last.lower(): place.low}, chan=place.chan)
            else:
                inside = last.removesuffix("WAVE")
                yield from _points(inside, place.low, place.high, chan=place.chan)
        elif kind == "rhythm":
            word = _RHYTHMS.get(meant)
            yield Annotation(place.low or 0, "+" if word else COMMENT, aux_note=word or words)
        elif kind == "beat" and words and not meant.endswith("_NORMAL"):
            at = place.low if place.low is not None else _of_qrs(annotation, clock, leads)
            if at is not None:
                yield Annotation(at, COMMENT, chan=place.chan, aux_note=words)
        elif kind == "statement" and words:
            yield Annotation(place.low or 0, COMMENT, chan=place.chan, aux_note=words)
        yield from _marks(annotation, clock, leads, inside)


def _points(
    wave: str,
    onset: int | None = None,
    offset: int | None = None,
    peak: int | None = None,
    chan: int = 0,
) -> Iterator[Annotation]:
    """Yield the marks of a wave `P`, `QRS`, `R`...: WFDB's where it has one, else in words."""
    num = _WAVES.get(wave)
    for at, symbol, word in ((onset, "(", "onset"), (offset, ")", "end"), (peak, "", "peak")):
        if at is None:
            continue
        known = _PEAKS.get(wave, "") if word == "peak" else symbol if num is not None else ""
        if known:
            yield Annotation(at, known, chan=chan, num=0 if word == "peak" else num or 0)
        else:
            yield Annotation(at, COMMENT, chan=chan, aux_note=f"{wave} wave, {word}")


def _kind(annotation: Element) -> str:
    """Return what an annotation is of, by its code."""
    found = annotation.find("code")
    code = "" if found is None else (found.get("code") or "")
    if code in {"MDC_ECG_WAVC", "MDC_ECG_WAVC_TYPE"}:
        return "wave"
    if code in {"MDC_ECG_RHY", "MDC_ECG_BEAT"}:
        return {"MDC_ECG_RHY": "rhythm", "MDC_ECG_BEAT": "beat"}[code]
    if code.startswith("MDC_ECG_INTERPRETATION"):
        return "statement"
    value = annotation.find("value")
    return "measured" if value is not None and value.get("unit") else "other"


@dataclass(frozen=True, slots=True)
class _Place:
    """Onset (or the one instant) and end in samples, None: not said; the signal's number."""

    low: int | None = None
    high: int | None = None
    chan: int = 0


def _placed(annotation: Element, clock: _Clock, leads: Sequence[str]) -> _Place:
    """Return where an annotation's own region of interest is."""
    low = high = None
    chan = 0
    for boundary in annotation.findall("support/supportingROI/component/boundary"):
        code = boundary.find("code")
        said = "" if code is None else (code.get("code") or "").upper()
        value = boundary.find("value")
        if said in {"TIME_ABSOLUTE", "TIME_RELATIVE"} and value is not None:
            absolute = said == "TIME_ABSOLUTE"
            ends = [value.find(end) for end in ("low", "center", "high")]
            begins = value if value.get("value") else ends[1] if ends[0] is None else ends[0]
            low = clock.sample(begins, absolute=absolute)
            high = clock.sample(ends[2], absolute=absolute)
        elif said:
            chan = next((n for n, name in enumerate(leads) if said.endswith(f"_{name.upper()}")), 0)
    return _Place(low, high, chan)


def _of_qrs(beat: Element, clock: _Clock, leads: Sequence[str]) -> int | None:
    """Return the onset of the QRS complex in a beat that has no place of its own."""
    for inner in beat.iter("annotation"):
        value = inner.find("value")
        if value is not None and (value.get("code") or "").endswith("_QRSWAVE"):
            place = _placed(inner, clock, leads)
            return place.low if place.low is not None else place.high
    return None
