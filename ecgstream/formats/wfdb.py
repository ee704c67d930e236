"""WFDB records: header, signal files and annotations, read by the `wfdb` package.

The package decodes samples and annotations. What it makes of a header in silence is read by
`wfdb_header`, strictly, and must agree: it drops letters that are not ASCII (`µV` becomes `V`),
takes a gain of 0 for 200 mV, rounds the rate, and joins segments of different gain as floats only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed
from ecgstream.formats.recording import (
    LONGEST_S,
    Annotated,
    AnnotationSet,
    Identity,
    Samples,
    Signal,
    unique,
)
from ecgstream.formats.wfdb_annotations import annotation_files, read_annotations
from ecgstream.formats.wfdb_header import Header, SignalLine, parse
from ecgstream.formats.wfdb_signals import (
    CHUNK_VALUES,
    INVALID,
    WIDE,
    Part,
    digital,
    frames_of,
    signal_files,
)
from ecgstream.model.kinds import kind_of

_Made = tuple[tuple[SignalLine, ...], list[tuple[Part | None, int]], list[Path]]
"""What a record is made of: its signals, its pieces in order with their frames, its headers."""

HEADER_MOST: Final = 2 << 20
"""Bytes of a header: a line a segment, and nobody has 50,000 of them."""


@dataclass(frozen=True, slots=True)
class WfdbRecording:
    """A WFDB record; see `formats.recording.Recording`. Made by `open_record`."""

    name: str
    signals: tuple[Signal, ...]
    start_time: float | None
    fs_source: str
    seconds: float
    comments: tuple[str, ...]
    remarks: tuple[str, ...]
    files: tuple[Path, ...]
    annotation_files: tuple[Path, ...]
    _frames_per_s: float
    _per_frame: tuple[int, ...]
    _pieces: tuple[tuple[Part | None, int], ...]
    zone: str | None = None
    identity: Identity = field(default_factory=Identity)

    def chunks(self) -> Iterator[Sequence[Samples]]:
        """Yield all samples in order, a `Samples` a signal; see `Recording.chunks`."""
        for part, frames in self._pieces:
            if part is None:
                yield from self._nothing(frames)
            else:
                yield from self._part(part)

    def annotation_set(self, file: Path) -> AnnotationSet:
        """Return the annotations of one of `annotation_files`. Raises ImportFailed."""
        return read_annotations(file, self._frames_per_s)

    def annotations(self) -> Annotated:
        """Return the annotations of all of `annotation_files`."""
        sets, unreadable = [], {}
        for file in self.annotation_files:
            try:
                sets.append(self.annotation_set(file))
            except ImportFailed as error:
                unreadable[file.name] = str(error)
        return Annotated(tuple(sets), unreadable)

    def _nothing(self, frames: int) -> Iterator[Sequence[Samples]]:
        step = max(1, CHUNK_VALUES // sum(self._per_frame))
        for start in range(0, frames, step):
            count = min(step, frames - start)
            yield [_none(signal, count * n) for signal, n in self._shapes()]

    def _part(self, part: Part) -> Iterator[Sequence[Samples]]:
        wanted = sorted(c for c in part.channels if c is not None and part.header.signals[c].stored)
        if not wanted:
            yield from self._nothing(part.frames)
            return
        for frames, read in digital(part, wanted):
            yield [
                _none(signal, frames * n)
                if channel not in read
                else _samples(read[channel], part.header.signals[channel], signal)
                for channel, (signal, n) in zip(part.channels, self._shapes(), strict=True)
            ]

    def _shapes(self) -> Iterator[tuple[Signal, int]]:
        return zip(self.signals, self._per_frame, strict=True)


def open_file(path: Path, told: None = None) -> WfdbRecording:  # noqa: ARG001 - none is taken
    """Return the record of the header file `path`; see `open_record`."""
    return open_record(path)


def open_record(path: Path) -> WfdbRecording:
    """Return the record of the header file `path`; reads headers only.

    Raises ImportFailed, naming the file, where something is missing, contradicts itself or is
    beyond what the wfdb package reads.
    """
    header = _header(path)
    layout, pieces, headers = (
        _single(path, header) if header.segments is None else _segments(path, header)
    )
    parts = [part for part, _ in pieces if part]
    total = sum(count for _, count in pieces)
    if not layout:
        raise ImportFailed(f"{path.name}: the record has no signals")
    if not any(line.stored for part in parts for line in part.header.signals):
        raise ImportFailed(f"{path.name}: no samples are stored for any signal (a layout header?)")
    if not 0 < total <= LONGEST_S * header.fs:
        raise ImportFailed(f"{path.name}: {total} samples at {header.fs:g} Hz cannot be right")
    files = [*headers, *(file for part in parts for file in signal_files(part))]
    annotations = tuple(annotation_files(path, files))
    names = unique([line.name for line in layout])
    signals = []
    for number, line in enumerate(layout):
        channels = [(part, part.channels[number]) for part in parts]
        stored = [part.header.signals[c] for part, c in channels if c is not None]
        fs, length = header.fs * line.samples_per_frame, total * line.samples_per_frame
        signals.append(_signal(names[number], stored or [line], fs, length))
    return WfdbRecording(
        name=header.name,
        signals=tuple(signals),
        start_time=header.start_time,
        fs_source="header of the source" if header.fs_given else "default of WFDB, not in header",
        seconds=total / header.fs,
        comments=header.comments,
        remarks=tuple(_remarks(header, signals)),
        files=tuple(dict.fromkeys([*files, *annotations])),
        annotation_files=annotations,
        _frames_per_s=header.fs,
        _per_frame=tuple(line.samples_per_frame for line in layout),
        _pieces=tuple(pieces),
    )


def needed_files(path: Path) -> set[str]:
    """Return the names of the files that the header `path` is made of, but annotations.

    Headers of its segments, or signal files. Raises nothing: a header that cannot be read says so
    when its own turn comes.
    """
    try:
        header = _header(path)
    except ImportFailed:
        return set()
    segments = {f"{name}.hea" for name, _ in header.segments or () if name != "~"}
    return segments | {line.file for line in header.signals if line.stored}


def _header(path: Path) -> Header:
    # A FIFO would wait for ever; a folder named so is no header either.
    if not path.is_file():
        raise ImportFailed(f"{path.name}: not there, or not a file")
    if path.stat().st_size > HEADER_MOST:
        raise ImportFailed(f"{path.name}: more than {HEADER_MOST >> 20} MB are no header")
    if "::" in str(path.absolute()):
        raise ImportFailed(f"{path.name}: the wfdb package cannot open a path with '::' in it")
    try:
        return parse(path.read_bytes())
    except ImportFailed as error:
        raise ImportFailed(f"{path.name}: {error}") from error
    except OSError as error:
        raise ImportFailed(f"{path.name}: could not be read: {error.strerror}") from error


def _single(path: Path, header: Header) -> _Made:
    frames = header.frames if header.frames is not None else frames_of(path, header)
    part = Part(path, header, frames, tuple(range(len(header.signals))))
    return header.signals, [(part, frames)], [path]


def _segments(path: Path, header: Header) -> _Made:
    listed = list(header.segments or ())
    paths = [path]
    layout: tuple[SignalLine, ...] | None = None
    if listed[0][1] == 0 and listed[0][0] != "~":
        name, _ = listed.pop(0)
        paths.append(path.with_name(f"{name}.hea"))
        layout = _header(paths[-1]).signals
    variable = layout is not None
    pieces: list[tuple[Part | None, int]] = []
    for name, frames in listed:
        if name == "~":
            pieces.append((None, frames))
            continue
        own_path = path.with_name(f"{name}.hea")
        own = _header(own_path)
        where = f"{path.name}: segment {name}"
        if own.segments is not None:
            raise ImportFailed(f"{where} is itself made of segments")
        if own.fs != header.fs:
            raise ImportFailed(f"{where} is at {own.fs:g} Hz, the record at {header.fs:g}")
        if own.frames not in {None, frames}:
            raise ImportFailed(f"{where} has {own.frames} samples, the record says {frames}")
        if layout is None:
            layout = own.signals
        paths.append(own_path)
        pieces.append(
            (Part(own_path, own, frames, _channels(where, layout, own, variable)), frames)
        )
    total = sum(frames for _, frames in pieces)
    if header.frames not in {None, total}:
        raise ImportFailed(
            f"{path.name}: the segments hold {total} samples, the record says {header.frames}"
        )
    return layout or (), pieces, paths


def _channels(
    where: str,
    layout: tuple[SignalLine, ...],
    own: Header,
    variable: bool,  # noqa: FBT001
) -> tuple[int | None, ...]:
    """Return where each signal of `layout` is among those of the segment `own`."""
    if not variable and len(own.signals) != len(layout):
        raise ImportFailed(f"{where} has {len(own.signals)} signals, the first had {len(layout)}")
    ours, theirs = unique([a.name for a in layout]), unique([a.name for a in own.signals])
    if strange := [name for name in theirs if name not in ours]:
        raise ImportFailed(f"{where} has a signal {strange[0]!r} that is not in the layout")
    if not variable and ours != theirs:
        raise ImportFailed(f"{where} has the signals {theirs}, the first had {ours}")
    channels = tuple(theirs.index(name) if name in theirs else None for name in ours)
    for channel, line in zip(channels, layout, strict=True):
        found = line if channel is None else own.signals[channel]
        if found.samples_per_frame != line.samples_per_frame:
            raise ImportFailed(f"{where}: {line.name!r} changes its samples per frame")
    return channels


def _signal(name: str, lines: list[SignalLine], fs: float, length: int) -> Signal:
    """Return the signal stored as `lines` say, one for each part of the record that has it."""
    scales = {(one.gain, one.baseline, one.unit) for one in lines}
    units = {one.unit for one in lines}
    if len(units) > 1:
        raise ImportFailed(f"the unit of {name!r} changes: {', '.join(sorted(map(str, units)))}")
    gain, baseline, unit = next(iter(scales))
    kind: Literal["int16", "int32", "float64"]
    kind = "int32" if any(one.fmt in WIDE for one in lines) else "int16"
    if len(scales) > 1:
        # No one scale of integers carries all segments: ADC units would be another number of
        # millivolts from segment to segment. Physical values, as the wfdb package computes them.
        gain, baseline, kind = 1.0, 0, "float64"
    return Signal(
        name=name,
        unit=unit,
        gain=gain,
        baseline=float(baseline),
        kind=kind_of(name, unit, fs),
        fs=fs,
        length=length,
        type=kind,
    )


def _remarks(header: Header, signals: Sequence[Signal]) -> Iterator[str]:
    if not header.fs_given:
        yield f"no sampling rate in the header: taken as WFDB's {header.fs:g} Hz"
    for signal in signals:
        if signal.unit is None:
            yield f"{signal.name}: no gain in the header, its values are uncalibrated"
        if signal.type == "float64":
            yield f"{signal.name}: its gain changes between segments, kept as {signal.unit}"


def _samples(values: NDArray[np.int32], line: SignalLine, signal: Signal) -> Samples:
    invalid = INVALID[line.fmt]
    missing = None if invalid is None else values == invalid
    if signal.type != "float64":
        return Samples(values, missing)
    return Samples((values.astype(np.float64) - line.baseline) / line.gain, missing)


def _none(signal: Signal, count: int) -> Samples:
    return Samples(np.zeros(count, signal.type), np.ones(count, np.bool_))
