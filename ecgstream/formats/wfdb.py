"""WFDB records: header, signal files and annotations, read by the `wfdb` package.

The package decodes samples and annotations. What it makes of a header in silence is read by
`wfdb_header`, strictly, and must agree: it drops letters that are not ASCII (`µV` becomes `V`),
takes a gain of 0 for 200 mV, rounds the rate, and joins segments of different gain as floats only.
"""

import contextlib
import io
import math
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed
from ecgstream.formats.kinds import kind_of
from ecgstream.formats.recording import AnnotationSet, Samples, Signal, unique
from ecgstream.formats.wfdb_header import DEFAULT_FS, Header, SignalLine, parse
from ecgstream.model.annotation import Annotation

CHUNK_VALUES: Final = 2_000_000
"""Values read at once, all signals together: 8 MB as the package returns them."""

LONGEST_S: Final = 400 * 86_400
"""A header can announce any length in a few bytes; nobody records longer than 400 days."""

WIDE: Final = frozenset({"8", "24", "32", "524"})
"""Formats whose samples need more than 16 bits (8 stores differences of any sum)."""

INVALID: Final[dict[str, int | None]] = {
    "8": None,
    "16": -(2**15),
    "24": -(2**23),
    "32": -(2**31),
    "61": -(2**15),
    "80": -(2**7),
    "160": -(2**15),
    "212": -(2**11),
    "310": -(2**9),
    "311": -(2**9),
    "508": -(2**7),
    "516": -(2**15),
    "524": -(2**23),
}
"""Every format the package reads, and the sample value that means: none here (signal(5))."""

BYTES: Final = {"8": 1, "16": 2, "24": 3, "32": 4, "61": 2, "80": 1, "160": 2, "212": 1.5}
"""Bytes of a sample; 310 and 311 put three samples in four; 508, 516 and 524 are compressed."""

ANNOTATORS: Final = frozenset(
    "atr ann qrs wqrs gqrs ecg ari alm man stf sta stb stc st- 16a aami al all alh ale apn pu pu0 "
    "pu1 pu2 q1c q2c qt1 qt2 atr_avf atr_i atr_ii atr_iii xws trigger marker comp event sleep".split()
)
"""Suffixes that are annotations by PhysioNet's custom; one that can't be read is a failure."""

NOT_ANNOTATIONS: Final = frozenset(
    "hea dat mat xyz txt md csv json xml html pdf png jpg svg zip gz tar edf bdf py c h in out parquet"
    " breath edr flac sig bak".split()
)
"""Suffixes that are something else; any other is tried and taken only if it is an annotation file."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a record, in a header of its own: `channels[i]` is where signal i is in it."""

    path: Path
    header: Header
    frames: int
    channels: tuple[int | None, ...]


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
    _pieces: tuple[tuple[_Part | None, int], ...]

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

    def _nothing(self, frames: int) -> Iterator[Sequence[Samples]]:
        step = max(1, CHUNK_VALUES // sum(self._per_frame))
        for start in range(0, frames, step):
            count = min(step, frames - start)
            yield [_none(signal, count * n) for signal, n in self._shapes()]

    def _part(self, part: _Part) -> Iterator[Sequence[Samples]]:
        wanted = sorted(c for c in part.channels if c is not None and part.header.signals[c].stored)
        if not wanted:
            yield from self._nothing(part.frames)
            return
        for frames, read in _digital(part, wanted):
            yield [
                _none(signal, frames * n)
                if channel not in read
                else _samples(read[channel], part.header.signals[channel], signal)
                for channel, (signal, n) in zip(part.channels, self._shapes(), strict=True)
            ]

    def _shapes(self) -> Iterator[tuple[Signal, int]]:
        return zip(self.signals, self._per_frame, strict=True)


def open_record(path: Path) -> WfdbRecording:
    """Return the record of the header file `path`; reads headers only.

    Raises ImportFailed, naming the file, where something is missing, contradicts itself or is
    beyond what the wfdb package reads.
    """
    header = _header(path)
    if header.segments is None:
        layout = header.signals
        frames = header.frames if header.frames is not None else _frames_of(path, header)
        pieces: list[tuple[_Part | None, int]] = [
            (_Part(path, header, frames, tuple(range(len(layout)))), frames)
        ]
        headers = [path]
    else:
        layout, pieces, headers = _segments(path, header)
    total = sum(count for _, count in pieces)
    if not layout:
        raise ImportFailed(f"{path.name}: the record has no signals")
    if not any(line.stored for part, _ in pieces if part for line in part.header.signals):
        raise ImportFailed(f"{path.name}: no samples are stored for any signal (a layout header?)")
    if not total:
        raise ImportFailed(f"{path.name}: the record holds no samples")
    if total / header.fs > LONGEST_S:
        raise ImportFailed(f"{path.name}: {total} samples at {header.fs:g} Hz cannot be believed")
    files = list(headers)
    for part, _ in pieces:
        if part:
            files += _checked_files(part)
    annotations = tuple(_annotation_files(path, files))
    remarks = [] if header.fs_given else [f"no sampling rate in the header: {header.fs:g} Hz"]
    names = unique([line.name for line in layout])
    signals = []
    for number, (line, name) in enumerate(zip(layout, names, strict=True)):
        lines = [
            part.header.signals[channel]
            for part, _ in pieces
            if part and (channel := part.channels[number]) is not None
        ]
        signals.append(_signal(path, header, line, lines or [line], name, total))
        if signals[-1].unit is None:
            remarks.append(f"{name}: no gain in the header, values are uncalibrated")
        if signals[-1].type == "float64":
            remarks.append(f"{name}: its gain changes between segments, kept as {signals[-1].unit}")
    return WfdbRecording(
        name=header.name,
        signals=tuple(signals),
        start_time=header.start_time,
        fs_source="header of the source" if header.fs_given else "default of WFDB, not in header",
        seconds=total / header.fs,
        comments=header.comments,
        remarks=tuple(remarks),
        files=tuple(dict.fromkeys([*files, *annotations])),
        annotation_files=annotations,
        _frames_per_s=header.fs,
        _per_frame=tuple(line.samples_per_frame for line in layout),
        _pieces=tuple(pieces),
    )


def segment_names(path: Path) -> set[str]:
    """Return the names of the records that the header `path` is made of; empty for most.

    Raises nothing: a header that cannot be read says so when its own turn comes.
    """
    try:
        segments = _header(path).segments or ()
    except ImportFailed:
        return set()
    return {name for name, _ in segments if name != "~"}


def read_annotations(file: Path, fs: float) -> AnnotationSet:
    """Return the annotations in `file`; `fs` is their rate where the file names none.

    Raises ImportFailed.
    """
    stem, suffix = file.name.rsplit(".", 1)
    with _package(file) as wfdb:
        read = wfdb.rdann(str(file.parent / stem), suffix)
        annotations = tuple(
            # The file pads its notes to even lengths with NUL.
            Annotation(int(sample), str(symbol), int(sub), int(chan), int(num), note.rstrip("\0"))
            for sample, symbol, sub, chan, num, note in zip(
                read.sample,
                read.symbol,
                read.subtype,
                read.chan,
                read.num,
                read.aux_note,
                strict=True,
            )
        )
        rate = float(read.fs or fs)
    if not (0 < rate < math.inf) or any(a.sample < 0 for a in annotations):
        raise ImportFailed(f"{file.name}: could not be read: not an annotation file")
    return AnnotationSet(suffix, rate, annotations)


def require() -> None:
    """Raise ImportFailed where the `wfdb` package is not installed."""
    with _package(Path("wfdb")):
        pass


def _header(path: Path) -> Header:
    # A FIFO would wait for ever; a folder named so is no header either.
    if not path.is_file():
        raise ImportFailed(f"{path.name}: not there, or not a file")
    if "::" in str(path.absolute()):
        raise ImportFailed(f"{path.name}: the wfdb package cannot open a path with '::' in it")
    try:
        return parse(path.read_bytes())
    except ImportFailed as error:
        raise ImportFailed(f"{path.name}: {error}") from error
    except OSError as error:
        raise ImportFailed(f"{path.name}: could not be read: {error.strerror}") from error


def _segments(
    path: Path, header: Header
) -> tuple[tuple[SignalLine, ...], list[tuple[_Part | None, int]], list[Path]]:
    """Return the signals, the pieces in order and the header files of a multi-segment record."""
    listed = list(header.segments or ())
    paths = [path]
    layout: tuple[SignalLine, ...] | None = None
    if listed[0][1] == 0 and listed[0][0] != "~":
        name, _ = listed.pop(0)
        paths.append(path.with_name(f"{name}.hea"))
        layout = _header(paths[-1]).signals
    variable = layout is not None
    pieces: list[tuple[_Part | None, int]] = []
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
            (_Part(own_path, own, frames, _channels(where, layout, own, variable)), frames)
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


def _signal(
    path: Path, header: Header, line: SignalLine, lines: list[SignalLine], name: str, frames: int
) -> Signal:
    scales = {(one.gain, one.baseline, one.unit) for one in lines}
    units = {one.unit for one in lines}
    if len(units) > 1:
        raise ImportFailed(f"{path.name}: the unit of {name!r} changes: {sorted(map(str, units))}")
    fs = header.fs * line.samples_per_frame
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
        length=frames * line.samples_per_frame,
        type=kind,
    )


def _checked_files(part: _Part) -> list[Path]:
    """Return the signal files of a part. Raises ImportFailed for one missing or too short."""
    files = []
    lines = [line for line in part.header.signals if line.stored]
    for name in dict.fromkeys(line.file for line in lines):
        inside = [line for line in lines if line.file == name]
        fmt, offset = inside[0].fmt, inside[0].offset
        where = f"{part.path.name}: signal file {name}"
        if fmt not in INVALID or len({(line.fmt, line.offset) for line in inside}) > 1:
            raise ImportFailed(f"{where}: format {fmt} is not one the wfdb package reads")
        file = part.path.with_name(name)
        if file.parent != part.path.parent or not file.is_file():
            raise ImportFailed(f"{where} is not there")
        values = part.frames * sum(line.samples_per_frame for line in inside)
        if fmt in BYTES or fmt in {"310", "311"}:
            needed = offset + math.ceil(values * BYTES.get(fmt, 4 / 3))
            if file.stat().st_size < needed:
                raise ImportFailed(
                    f"{where} is cut short: {file.stat().st_size} bytes, the header needs {needed}"
                )
        files.append(file)
    return files


def _frames_of(path: Path, header: Header) -> int:
    """Return the frames of a record whose header does not say, from the size of its first file."""
    stored = [line for line in header.signals if line.stored]
    if not stored:
        return 0
    first = stored[0]
    file = path.with_name(first.file)
    each = BYTES.get(first.fmt, 4 / 3 if first.fmt in {"310", "311"} else 0)
    if not file.is_file() or not each:
        raise ImportFailed(f"{path.name}: no number of samples, and {first.file} does not tell it")
    frame = sum(line.samples_per_frame for line in stored if line.file == first.file)
    return int((file.stat().st_size - first.offset) / (each * frame))


def _digital(
    part: _Part, wanted: Sequence[int]
) -> Iterator[tuple[int, dict[int, NDArray[np.int32]]]]:
    """Yield (frames, {channel: values as stored}) from the first frame of a part to its last."""
    lines = part.header.signals
    per_frame = sum(line.samples_per_frame for line in lines)
    ahead = max(lines[c].skew for c in wanted)
    # The package needs a length in the header to read a stretch; without one it reads all.
    step = part.frames if part.header.frames is None else max(1, CHUNK_VALUES // per_frame)
    sums = dict.fromkeys(wanted, 0)
    carried = {c: lines[c].initial or 0 for c in wanted if lines[c].fmt == "8"}
    for start in range(0, part.frames, step):
        stop = min(start + step, part.frames)
        raw = _read(part, wanted, start, min(stop + ahead, part.frames))
        out = {}
        for c, values in raw.items():
            line, n = lines[c], lines[c].samples_per_frame
            if c in carried:
                # Format 8 stores differences; the package starts every stretch from the header's
                # initial value, as if it were the first.
                values = values + np.int32(carried[c] - (line.initial or 0))
                carried[c] = int(values[(stop - start) * n - 1])
            sums[c] += int(values[: (stop - start) * n].sum(dtype=np.int64))
            out[c] = _unskewed(values, line, (stop - start) * n)
        yield stop - start, out
    for c in wanted:
        line = lines[c]
        # Where signals are skewed, writers differ on whether the sum was taken before or after.
        if line.checksum is not None and not ahead and (sums[c] - line.checksum) % 65536:
            raise ImportFailed(
                f"{part.path.name}: the samples of {line.name!r} in {line.file} do not add up to "
                f"the header's checksum {line.checksum}: the file was changed or damaged"
            )


def _read(
    part: _Part, wanted: Sequence[int], start: int, stop: int
) -> dict[int, NDArray[np.int32]]:
    with _package(part.path) as wfdb:
        read = wfdb.rdrecord(
            str(part.path.absolute())[: -len(".hea")],
            sampfrom=start,
            sampto=None if part.header.frames is None else stop,
            channels=list(wanted),
            physical=False,
            smooth_frames=False,
            ignore_skew=True,
            return_res=32,
        )
        arrays = {c: np.asarray(a) for c, a in zip(wanted, read.e_d_signal, strict=True)}
        understood = list(
            zip(read.file_name, read.fmt, read.samps_per_frame, read.byte_offset, strict=True)
        )
    for c, theirs in zip(wanted, understood, strict=True):
        line = part.header.signals[c]
        ours = (line.file, line.fmt, line.samples_per_frame, line.offset)
        if (*theirs[:3], theirs[3] or 0) != ours:
            raise ImportFailed(f"{part.path.name}: the wfdb package reads {theirs}, not {ours}")
        if len(arrays[c]) != (stop - start) * line.samples_per_frame:
            raise ImportFailed(f"{part.path.name}: {line.file} holds fewer samples than announced")
    return arrays


def _unskewed(values: NDArray[np.int32], line: SignalLine, count: int) -> NDArray[np.int32]:
    shifted = values[line.skew * line.samples_per_frame :][:count]
    if len(shifted) == count:
        return shifted
    # Past the end of the file there is nothing to shift in.
    out = np.full(count, INVALID[line.fmt] or 0, np.int32)
    out[: len(shifted)] = shifted
    return out


def _samples(values: NDArray[np.int32], line: SignalLine, signal: Signal) -> Samples:
    invalid = INVALID[line.fmt]
    missing = None if invalid is None else values == invalid
    if signal.type != "float64":
        return Samples(values, missing)
    return Samples((values.astype(np.float64) - line.baseline) / line.gain, missing)


def _none(signal: Signal, count: int) -> Samples:
    return Samples(np.zeros(count, signal.type), np.ones(count, np.bool_))


def _annotation_files(path: Path, known: Sequence[Path]) -> Iterator[Path]:
    stem = path.name.removesuffix(".hea")
    for file in sorted(path.parent.glob(f"{_plain(stem)}.*")):
        suffix = file.name[len(stem) + 1 :]
        if file in known or not re.fullmatch(r"[\w-]{1,16}", suffix) or not file.is_file():
            continue
        if suffix in ANNOTATORS:
            yield file
        elif suffix.lower() not in NOT_ANNOTATIONS and _looks_like_annotations(file):
            yield file


def _looks_like_annotations(file: Path) -> bool:
    size = file.stat().st_size
    # MIT annotation files are made of pairs of bytes and end with a pair of zeros (annot(5)).
    if size < 4 or size % 2 or not file.read_bytes().endswith(b"\0\0"):
        return False
    try:
        return bool(read_annotations(file, DEFAULT_FS).annotations)
    except ImportFailed:
        return False


def _plain(text: str) -> str:
    """Return `text` with the letters that mean something to `glob` made plain."""
    return re.sub(r"([*?\[])", r"[\1]", text)


@contextlib.contextmanager
def _package(file: Path) -> Iterator[Any]:
    """Offer the wfdb package; what it raises inside the block becomes an ImportFailed for `file`.

    It raises anything at all on a bad file, prints, and warns of what its own dependencies will
    change; none of that is a user's business.
    """
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            import wfdb  # noqa: PLC0415 - 242 MB with its dependencies: an extra, loaded when used
        except ImportError as error:
            raise ImportFailed(
                "reading WFDB records needs the wfdb package: pip install 'ecgstream[wfdb]'"
            ) from error
        try:
            yield wfdb
        except ImportFailed:
            raise
        except Exception as error:
            said = str(error).strip() or type(error).__name__
            raise ImportFailed(f"{file.name}: could not be read: {said}") from error
