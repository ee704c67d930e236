"""Signals in pieces that lie where they were recorded, laid out into one recording in memory.

What the short formats of devices give: their modules find `Track`s, and `recorded` gives signals of
one rate one length; what no piece covers is missing. Nothing is scaled or resampled.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed
from ecgstream.formats.recording import (
    Annotated,
    AnnotationSet,
    Identity,
    Recorded,
    Signal,
    in_memory,
    unique,
)
from ecgstream.formats.registry import stem
from ecgstream.model.annotation import COMMENT, Annotation
from ecgstream.model.kinds import kind_of

MOST_VALUES: Final = 24_000_000
"""Samples of all signals together, holes included: 96 MB as int32, twelve leads at 500 Hz for an
hour. Formats that hold days are read in pieces, by modules of their own."""

_INT16, _INT32 = np.iinfo(np.int16), np.iinfo(np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Samples without a hole between them: `values`, shape (n,), integers or float64.

    `start` is the sample number of the first, at the track's rate, counted from anywhere that is
    the same for all tracks of a recording. `missing`, shape (n,): True where there is none.
    """

    start: int
    values: NDArray[Any]
    missing: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A signal as a format has it; `physical = (value - baseline) / gain` in `unit`.

    Float values have gain 1 and baseline 0.
    """

    name: str
    unit: str | None
    gain: float
    baseline: float
    fs: float
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a recording beside its signals; see `formats.recording.Recording`."""

    fs_source: str
    start_time: float | None = None
    zone: str | None = None
    identity: Identity = field(default_factory=Identity)
    comments: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    sets: tuple[AnnotationSet, ...] = ()


def recorded(path: Path, tracks: Sequence[Track], head: Head) -> Recorded:
    """Return the recording of `tracks`, laid out from the earliest piece to the latest.

    Raises ImportFailed (which names no file) where there is no sample, pieces of one signal
    overlap, a rate or scale cannot be, or the whole is longer than `MOST_VALUES`.
    """
    empty = [one.name for one in tracks if not any(len(piece.values) for piece in one.pieces)]
    tracks = [one for one in tracks if any(len(piece.values) for piece in one.pieces)]
    if not tracks:
        raise ImportFailed("it holds no samples of any signal")
    for track in tracks:
        if not 0 < track.fs < 1e6:
            raise ImportFailed(f"signal {track.name!r}: a rate of {track.fs:g} Hz cannot be right")
    spans = _spans(tracks)
    total = sum(spans[track.fs][1] - spans[track.fs][0] for track in tracks)
    if total > MOST_VALUES:
        raise ImportFailed(
            f"{len(tracks)} signals of {total} samples, the time between them counted: more than "
            f"the {MOST_VALUES} that are taken from one file of this format"
        )
    names = unique([track.name for track in tracks])
    types = [_type(track) for track in tracks]
    laid = [
        _laid(track, type_, *spans[track.fs]) for track, type_ in zip(tracks, types, strict=True)
    ]
    signals = tuple(
        Signal(
            name=name,
            unit=track.unit,
            gain=track.gain,
            baseline=track.baseline,
            kind=kind_of(name, track.unit, track.fs),
            fs=track.fs,
            length=len(values),
            type=type_,
        )
        for name, track, type_, (values, _) in zip(names, tracks, types, laid, strict=True)
    )
    return Recorded(
        name=stem(path),
        signals=signals,
        fs_source=head.fs_source,
        files=(path,),
        pieces=in_memory(signals, [values for values, _ in laid], [gone for _, gone in laid]),
        start_time=head.start_time,
        zone=head.zone,
        identity=head.identity,
        comments=head.comments,
        remarks=(
            *head.remarks,
            *(f"signal {name!r} has no samples: left out" for name in empty),
        ),
        annotated=Annotated(tuple(one for one in head.sets if one.annotations)),
    )


def statements(texts: Iterable[str], fs: float) -> AnnotationSet:
    """Return what a device or its reader says of the whole recording, as a set of comments."""
    said = tuple(Annotation(0, COMMENT, aux_note=text) for text in texts if text)
    return AnnotationSet("statements", fs, said)


def _spans(tracks: Sequence[Track]) -> dict[float, tuple[int, int]]:
    """Return of each rate the first sample and the one after the last, the same time for all."""
    ends = [(p.start, p.start + len(p.values), t.fs) for t in tracks for p in t.pieces]
    if len({fs for _, _, fs in ends}) == 1:
        # One rate, nearly always: its own sample numbers, untouched by any rounding of times.
        return {ends[0][2]: (min(low for low, _, _ in ends), max(high for _, high, _ in ends))}
    first_s = min(low / fs for low, _, fs in ends)
    last_s = max(high / fs for _, high, fs in ends)
    return {
        fs: (math.floor(first_s * fs + 0.5), math.floor(last_s * fs + 0.5))
        for fs in {fs for _, _, fs in ends}
    }


def _laid(
    track: Track, type_: str, first: int, stop: int
) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Return one array over [first, stop), and where nothing is."""
    values: NDArray[Any] = np.zeros(stop - first, type_)
    missing = np.ones(stop - first, np.bool_)
    for piece in track.pieces:
        low = max(0, piece.start - first)
        # A signal of another rate may round to a sample more than the common end.
        count = min(len(piece.values), stop - first - low)
        into = slice(low, low + count)
        if not missing[into].all():
            raise ImportFailed(f"signal {track.name!r}: two pieces of it lie at the same time")
        values[into] = piece.values[:count]
        if type_ == "float64" and np.isinf(values[into]).any():
            raise ImportFailed(f"signal {track.name!r}: an infinite value; it is no sample")
        missing[into] = False if piece.missing is None else piece.missing[:count]
    return values, missing if missing.any() else None


def _type(track: Track) -> Literal["int16", "int32", "float64"]:
    """Return the smallest type that holds every value as it is."""
    held = [piece.values for piece in track.pieces if len(piece.values)]
    if any(values.dtype.kind == "f" for values in held):
        return "float64"
    low, high = min(int(v.min()) for v in held), max(int(v.max()) for v in held)
    if _INT16.min <= low and high <= _INT16.max:
        return "int16"
    if _INT32.min <= low and high <= _INT32.max:
        return "int32"
    raise ImportFailed(
        f"signal {track.name!r}: values from {low} to {high}; more than 32 bits are not taken"
    )
