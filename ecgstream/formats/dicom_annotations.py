"""The annotations of a DICOM waveform: measurements, statements and marks (PS3.3 C.10.10).

A mark has sample positions, which count from 1 in its multiplex group, or seconds. What has
neither is said of the whole recording, and stands at its first sample, in a set of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from ecgstream.errors import printable
from ecgstream.formats.dicom_groups import Group, exact, number_of, text_of
from ecgstream.formats.recording import LONGEST_S, AnnotationSet
from ecgstream.formats.stretches import end_of, place
from ecgstream.model.annotation import COMMENT, POINT, Annotation

MOST: Final = 500_000

EDGES: Final = {"BEGIN": " begins", "END": " ends"}


@dataclass(frozen=True, slots=True)
class Mark:
    """One annotation: the group and the channel it refers to; where, in samples of it or in s.

    Group and channel count from 1; channel 0 is all of the group, and no group is all of the
    recording. Those of one number `together` belong together: the marks of a beat.
    """

    text: str
    channel: tuple[int, int] | None
    together: str
    positions: tuple[int, ...]
    seconds: tuple[Fraction, ...]
    segments: bool


def marks_of(dataset: Any) -> Iterator[Mark]:
    """Yield all annotations that say something. Raises ImportFailed, and what pydicom does."""
    for number, item in enumerate(dataset.get("WaveformAnnotationSequence") or (), 1):
        where = f"annotation {number}"
        text = _text(item, where)
        # Pairs of group and channel, of which the first is taken.
        channels = _listed(item.get("ReferencedWaveformChannels"))
        kind = text_of(item, "TemporalRangeType").upper()
        if text:
            yield Mark(
                text=f"{text}{EDGES.get(kind, '')}",
                channel=(int(channels[0]), int(channels[1])) if len(channels) > 1 else None,
                together=text_of(item, "AnnotationGroupNumber"),
                positions=tuple(int(one) for one in _listed(item.get("ReferencedSamplePositions"))),
                seconds=tuple(
                    exact(str(one).strip(), f"{where}: ReferencedTimeOffsets")
                    for one in _listed(item.get("ReferencedTimeOffsets"))
                ),
                segments=kind in {"SEGMENT", "MULTISEGMENT"},
            )


def doubtful(marks: Sequence[Mark], derived: Sequence[Group]) -> Iterator[str]:
    """Yield a remark for marks that look like those of a derived beat, whatever they refer to.

    Some recorders refer from the marks of the median beat to the rhythm. What gives them away:
    their fiducial point is the very sample at which that beat has its trigger.
    """
    for group in derived:
        for mark in marks:
            elsewhere = mark.channel is None or mark.channel[0] != group.number
            at_trigger = group.trigger > 0 and mark.positions == (group.trigger,)
            if elsewhere and at_trigger and mark.text.startswith("Fiducial"):
                yield (
                    f"the marks of annotation group {mark.together} may be of {group.words}: their "
                    f"fiducial point is at its trigger, sample {group.trigger}"
                )


def _text(item: Any, where: str) -> str:
    said = text_of(item, "UnformattedTextValue")
    name, coded, unit = (
        next((text_of(one, "CodeMeaning") for one in item.get(keyword) or ()), "")
        for keyword in (
            "ConceptNameCodeSequence",
            "ConceptCodeSequence",
            "MeasurementUnitsCodeSequence",
        )
    )
    symbol = next(
        (text_of(one, "CodeValue") for one in item.get("MeasurementUnitsCodeSequence") or ()), unit
    )
    value = number_of(item, "NumericValue", where)
    figure = "" if value is None else f"{float(value):.10g} {symbol}".strip()
    whole = [one for one in (name, coded, figure, said) if one]
    return printable(": ".join(whole))


def _listed(value: Any) -> Sequence[Any]:
    if value is None or value == "":
        return ()
    return (value,) if isinstance(value, (int, float, str)) else tuple(value)


def sets_of(
    marks: Sequence[Mark],
    groups: Sequence[Group],
    fs: Fraction,
    signals: Mapping[tuple[int, int], int],
    names: Sequence[str],
) -> tuple[tuple[AnnotationSet, ...], int]:
    """Return the sets of `marks` at `fs` Hz, and how many marks are of groups that are not there.

    `at` of `groups` is in seconds of the recording; `signals`: which signal is group number and
    channel, that from 0, and `names` what they are called.
    """
    known = {one.number: one for one in groups}
    spoken: list[Annotation] = []
    marked: list[Annotation] = []
    lost = 0
    for mark in marks:
        number, channel = mark.channel or (groups[0].number, 0)
        group = known.get(number)
        if group is None:
            lost += 1
            continue
        # Position 1 is the first sample; 0 is none.
        places = [(one - 1) / group.fs for one in mark.positions if one] or list(mark.seconds)
        signal = signals.get((number, channel - 1), 0)
        lead = names[signal] if (number, channel - 1) in signals else None
        # Segments are pairs, from their first sample to their last; one that is alone begins.
        each = 2 if mark.segments else 1
        for at, *last in (places[k : k + each] for k in range(0, len(places), each)):
            sample = place(group.at + at, fs)
            if 0 <= sample <= LONGEST_S * fs:
                stop = end_of(sample, group.at + last[0], fs) if last else POINT
                stop = POINT if stop == POINT else stop + 1
                edge = " begins" if mark.segments and not last else ""
                marked.append(
                    Annotation(*(sample, COMMENT, 0, signal, 0, f"{mark.text}{edge}"), stop, lead)
                )
        if not places:
            spoken.append(Annotation(0, COMMENT, chan=signal, aux_note=mark.text))
    sets = [("statements", spoken), ("waves", marked)]
    return tuple(AnnotationSet(name, float(fs), tuple(one)) for name, one in sets if one), lost
