"""What an MFER file says in words: whose it is, notes, events and values."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from ecgstream.errors import printable
from ecgstream.formats import mfer_definitions as tags
from ecgstream.formats.mfer_definitions import Entry, text_of
from ecgstream.formats.recording import LONGEST_S, Annotated, AnnotationSet, Identity
from ecgstream.formats.stretches import end_of, place
from ecgstream.model.annotation import COMMENT, Annotation


def identity_of(entries: Sequence[Entry]) -> Identity:
    """Return who is named: names and ids are in parts, with `^` between."""
    said: dict[int, str] = {}
    birth = None
    for one in entries:
        if one.tag in {tags.NAME, tags.PATIENT}:
            said[one.tag] = " ".join(_parts(one))
        elif one.tag == tags.AGE and len(one.value.data) >= 7 and one.value.part(3, 5).unsigned:
            # Years, days (2 bytes), and the date of birth: year (2 bytes), month, day.
            month, day = one.value.data[5:7]
            birth = f"{one.value.part(3, 5).unsigned:04}-{month:02}-{day:02}"
    return Identity(
        patient=said.get(tags.PATIENT) or None, name=said.get(tags.NAME) or None, birth_date=birth
    )


def comments_of(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield notes, the machine and the filters."""
    for one in entries:
        words = {tags.NOTE: "note", tags.MACHINE: "machine", tags.FILTER: "filter"}.get(one.tag)
        said = " ".join(_parts(one)) if words else ""
        if said:
            yield f"{words}: {said}"


def annotated_of(
    entries: Sequence[Entry],
    base: Fraction,
    first: Fraction,
    fs: Fraction,
    signals: Sequence[int],
) -> Annotated:
    """Return events and values, at `fs` Hz.

    `base`: the rate that their times count at; `first`: when sample 0 is, in seconds of that;
    `signals`: which signal each channel is.
    """
    events: list[Annotation] = []
    values: list[Annotation] = []
    for one in entries:
        value = one.value
        if one.tag in {tags.EVENT, tags.INFORMATION} and len(value.data) >= 2:
            # Code, time, how long, words: 2, 4 and 4 bytes, and the rest.
            code, words = value.part(0, 2).unsigned, _words(one, 10)
            lasting = value.part(6, 10).signed / base if len(value.data) >= 10 else Fraction(0)
            note, into = words or f"event {code}", events
        elif one.tag == tags.VALUE and len(value.data) > 6:
            note, into = f"value {value.part(0, 2).unsigned}: {_words(one, 6)}", values
            lasting = Fraction(0)
        else:
            continue
        timed = len(value.data) >= 6
        at = value.part(2, 6).signed / base - first if timed else Fraction(0)
        sample, stop = place(at, fs), end_of(place(at, fs), at + lasting, fs)
        channel = signals[one.channel] if one.channel and one.channel < len(signals) else 0
        if 0 <= sample <= LONGEST_S * fs:
            into.append(Annotation(sample, COMMENT, chan=channel, aux_note=note, stop=stop))
    sets = [("events", events), ("statements", values)]
    return Annotated(tuple(AnnotationSet(n, float(fs), tuple(one)) for n, one in sets if one))


def _words(entry: Entry, start: int) -> str:
    said = text_of(entry.value.data[start:], entry.charset)
    return printable(" ".join(said.replace("^", " ").split()))


def _parts(entry: Entry) -> list[str]:
    said = text_of(entry.value.data, entry.charset).split("^")
    return [printable(one.strip()) for one in said if one.strip()]
