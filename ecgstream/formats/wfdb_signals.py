"""The samples of one WFDB header's signal files, as stored, stretch by stretch."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed
from ecgstream.formats.wfdb_header import Header, SignalLine
from ecgstream.formats.wfdb_package import package

CHUNK_VALUES: Final = 2_000_000
"""Values read at once, all signals together: 8 MB as the package returns them."""

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


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a record, in a header of its own: `channels[i]` is where signal i is in it."""

    path: Path
    header: Header
    frames: int
    channels: tuple[int | None, ...]


def signal_files(part: Part) -> list[Path]:
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


def frames_of(path: Path, header: Header) -> int:
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


def digital(
    part: Part, wanted: Sequence[int]
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
        for c, read in raw.items():
            values, line, n = read, lines[c], lines[c].samples_per_frame
            if c in carried:
                # Format 8 stores differences; the package starts every stretch from the header's
                # initial value, as if it were the first.
                values = (read.astype(np.int64) + (carried[c] - (line.initial or 0))).astype(
                    np.int32
                )
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


def _read(part: Part, wanted: Sequence[int], start: int, stop: int) -> dict[int, NDArray[np.int32]]:
    """Return frames [start, stop) of the channels `wanted`, as stored and not yet unskewed."""
    lines = part.header.signals
    big = [c for c in wanted if lines[c].fmt == "61"]
    arrays = {c: _big_endian(part, c, start, stop) for c in big}
    if rest := [c for c in wanted if c not in arrays]:
        arrays.update(_read_by_package(part, rest, start, stop))
    for c, array in arrays.items():
        if len(array) != (stop - start) * lines[c].samples_per_frame:
            name = f"{part.path.name}: {lines[c].file}"
            raise ImportFailed(f"{name} holds fewer samples than announced")
    return arrays


def _big_endian(part: Part, channel: int, start: int, stop: int) -> NDArray[np.int32]:
    # The package (4.3) reads format 61 as physical values only: on its way to integers it stumbles
    # over the byte order. Two bytes a sample, high byte first: nothing to decode.
    lines = part.header.signals
    file = lines[channel].file
    inside = [c for c, line in enumerate(lines) if line.file == file]
    frame = sum(lines[c].samples_per_frame for c in inside)
    before = sum(lines[c].samples_per_frame for c in inside if c < channel)
    with part.path.with_name(file).open("rb") as opened:
        opened.seek(lines[channel].offset + start * frame * 2)
        raw = opened.read((stop - start) * frame * 2)
    frames = np.frombuffer(raw[: len(raw) // (2 * frame) * 2 * frame], ">i2").reshape(-1, frame)
    own = frames[:, before : before + lines[channel].samples_per_frame]
    return own.reshape(-1).astype(np.int32)


def _read_by_package(
    part: Part, wanted: Sequence[int], start: int, stop: int
) -> dict[int, NDArray[np.int32]]:
    with package(part.path) as wfdb:
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
    return arrays


def _unskewed(values: NDArray[np.int32], line: SignalLine, count: int) -> NDArray[np.int32]:
    shifted = values[line.skew * line.samples_per_frame :][:count]
    if len(shifted) == count:
        return shifted
    # Past the end of the file there is nothing to shift in.
    out = np.full(count, INVALID[line.fmt] or 0, np.int32)
    out[: len(shifted)] = shifted
    return out
