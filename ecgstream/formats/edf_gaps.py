"""The gaps in EDF+ files that ecgstream wrote: EDF has no missing sample, annotations say so.

`edf_writing` puts the lowest digital value where a lead has no sample, and an annotation with the
lead's name and how long that lasts. Read back, it is a gap again, not a spike. Nobody else's words
are taken so: the file has to name ecgstream as its equipment, and the values to be the lowest.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Final

import numpy as np

from ecgstream.formats.edf_annotations import Tal
from ecgstream.formats.edf_header import Header
from ecgstream.formats.recording import Samples, Signal
from ecgstream.formats.stretches import place

_WRITER: Final = re.compile(r"Startdate \S+ \S+ \S+ ecgstream-\S")
_GAP: Final = re.compile(r"gap in (.+) \([^()]*\): lowest digital value, no signal")
_PADDING: Final = re.compile(r"the last (\d{1,9}) samples are padding \(lowest digital value\)")

Pieces = Callable[[], Iterator[Sequence[Samples]]]


def restored(
    pieces: Pieces,
    header: Header,
    tals: Sequence[Tal],
    *,
    zero: Fraction,
    rates: Sequence[Fraction],
    signals: Sequence[Signal],
) -> Pieces:
    """Return `pieces`, the gaps that `tals` tell of missing in them; the same where there are none.

    `zero`: when sample 0 is, in seconds of the file's time; `rates` of `signals`, exact.
    """
    if not _WRITER.match(header.recording):
        return pieces
    channels = [one for one in header.channels if not one.annotations and one.count]
    labels = [one.label for one in channels]
    gaps = [_gaps(label, tals, zero, rate) for label, rate in zip(labels, rates, strict=True)]
    padding = max((int(one[1]) for one in _said(_PADDING, tals)), default=0)
    for gap, signal in zip(gaps, signals, strict=True):
        gap.append((max(signal.length - padding, 0), signal.length))

    def again() -> Iterator[Sequence[Samples]]:
        done = [0] * len(signals)
        for chunk in pieces():
            yield [
                _missing(one, at, channel.digital[0], gap)
                for one, at, channel, gap in zip(chunk, done, channels, gaps, strict=True)
            ]
            done = [at + len(one.values) for at, one in zip(done, chunk, strict=True)]

    return again


def _gaps(label: str, tals: Sequence[Tal], zero: Fraction, fs: Fraction) -> list[tuple[int, int]]:
    """Return the stretches [start, stop), in samples, that hold no signal of a label."""
    return [
        (place(tal.onset - zero, fs), place(tal.onset - zero + tal.duration, fs))
        for tal in tals
        if tal.duration is not None
        for gap in _said(_GAP, [tal])
        if gap[1][:16].strip() == label
    ]


def _said(pattern: re.Pattern[str], tals: Sequence[Tal]) -> Iterator[re.Match[str]]:
    found = (pattern.fullmatch(text) for tal in tals for text in tal.texts)
    return (one for one in found if one)


def _missing(samples: Samples, first: int, lowest: int, gaps: Sequence[tuple[int, int]]) -> Samples:
    count = len(samples.values)
    mask = np.zeros(count, np.bool_) if samples.missing is None else samples.missing.copy()
    for start, stop in gaps:
        inside = slice(max(start - first, 0), max(min(stop - first, count), 0))
        mask[inside] |= samples.values[inside] == lowest
    return Samples(samples.values, mask if mask.any() else None)
