"""MFER files (ISO 22077): frames of channels, each in blocks, each with a scale of its own.

physical = (value + MWF_OFF) * MWF_SEN. Read by ourselves: integers as stored, a frame at the place
its pointer says, in chunks. `ecgdatakit` makes floats of the whole file and puts frames one after
the other whatever their pointers say; it is the other reader in the tests.
"""

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Final, Literal

import numpy as np

from ecgstream.errors import ImportFailed
from ecgstream.formats import mfer_definitions as tags
from ecgstream.formats.frames import EPOCH, UNSIGNED, Block, Stored, interleaved, opened
from ecgstream.formats.mfer_channels import Channel, channel_of, decoded, rate_of
from ecgstream.formats.mfer_definitions import Entry, Frame, Raw, Read
from ecgstream.formats.mfer_words import annotated_of, comments_of, identity_of
from ecgstream.formats.recording import Recorded, Signal, unique
from ecgstream.formats.registry import stem
from ecgstream.formats.stretches import Stretch, chunks, joined, lengths
from ecgstream.model.kinds import kind_of

DOMINANT_BEAT: Final = 9
"""MWF_WFM of beats that were averaged: they have a time of their own."""


def open_file(path: Path, told: object = None) -> Recorded:
    """Return the recording in `path`; reads its definitions. Raises ImportFailed."""
    del told
    with opened(path) as file:
        read = tags.read(file, path.stat().st_size)
        remarks = list(read.remarks)
        frames = _rhythm(read, remarks)
        channels = [_channels(one, remarks) for one in frames]
        laid = [_sequences(f, c, remarks) for f, c in zip(frames, channels, strict=True)]
        base, starts = _starts(read, frames, channels, laid)
        spans = [(at, at + count * each) for at, (count, each) in zip(starts, laid, strict=True)]
        parts = joined([[one.key for one in several] for several in channels], spans)
        numbered = {part: k for k, several in enumerate(parts) for part in several}
        firsts = [channels[several[0][0]][several[0][1]] for several in parts]
        rates = [one.fs for one in firsts]
        zero = min(starts)
        stretches = [
            stretch
            for k, frame in enumerate(frames)
            for stretch in _stretches(
                Stored(path),
                (frame, channels[k], [numbered[k, c] for c in range(len(channels[k]))]),
                (starts[k] - zero, *laid[k]),
            )
        ]
        signals = _signals(firsts, lengths(rates, stretches), remarks)
        own = [numbered[0, c] for c in range(len(channels[0]))]
        annotated = annotated_of(read.entries, base, zero, max(rates), own)
    return Recorded(
        name=stem(path),
        signals=signals,
        fs_source=_fs_source(frames),
        files=(path,),
        pieces=partial(chunks, signals, rates, stretches),
        start_time=_start(read.entries, zero, remarks),
        identity=identity_of(read.entries),
        comments=tuple(comments_of(read.entries)),
        remarks=tuple(dict.fromkeys(remarks)),
        annotated=annotated,
    )


def _rhythm(read: Read, remarks: list[str]) -> list[Frame]:
    """Return the frames that were recorded; averaged beats are left out where there are others."""
    beats = [one for one in read.frames if _is_beat(one)]
    frames = [one for one in read.frames if not _is_beat(one)]
    if frames and beats:
        remarks.append(f"{len(beats)} frames of averaged beats have a time of their own: left out")
    if not (frames or beats):
        raise ImportFailed("there are no samples in it (no MWF_WAV)")
    return frames or beats


def _is_beat(frame: Frame) -> bool:
    kind = frame.channels[0].get(tags.WAVEFORM)
    return kind is not None and kind.part(0, 2).unsigned == DOMINANT_BEAT


def _channels(frame: Frame, remarks: list[str]) -> list[Channel]:
    return [channel_of(k, one, remarks) for k, one in enumerate(frame.channels)]


def _sequences(
    frame: Frame, channels: Sequence[Channel], remarks: list[str]
) -> tuple[int, Fraction]:
    """Return how many sequences a frame has, and the seconds of one. Raises ImportFailed."""
    width = sum(one.count * np.dtype(one.dtype).itemsize for one in channels)
    seconds = {one.count / one.fs for one in channels}
    if len(seconds) > 1:
        raise ImportFailed(
            "the blocks of its channels are of different lengths: "
            + ", ".join(f"{one.name} {float(one.count / one.fs):g} s" for one in channels[:12])
        )
    said = {one[tags.SEQUENCES].unsigned for one in frame.channels if tags.SEQUENCES in one}
    held, over = divmod(frame.size, width)
    if len(said) > 1:
        raise ImportFailed("its channels have different numbers of sequences (MWF_SEQ)")
    count = said.pop() if said else held
    if count > held:
        raise ImportFailed(
            f"cut short: {count} sequences of {width} bytes are announced, {held} are there"
        )
    if over or held > count:
        remarks.append(f"{frame.size - count * width} bytes after the last sequence are left out")
    if not count:
        raise ImportFailed(f"a frame of {frame.size} bytes holds no sequence of {width}")
    return count, seconds.pop()


def _starts(
    read: Read,
    frames: Sequence[Frame],
    channels: Sequence[Sequence[Channel]],
    laid: Sequence[tuple[int, Fraction]],
) -> tuple[Fraction, list[Fraction]]:
    """Return the rate that pointers count at, and when each frame begins, in seconds.

    A pointer says it; else another time of measurement; else it follows the frame before.
    """
    base = channels[0][0].fs if read.interval is None else rate_of("pointers", read.interval, [])
    first = _instant(frames[0].time)
    starts: list[Fraction] = []
    follows = Fraction(0)
    for number, (frame, (count, each)) in enumerate(zip(frames, laid, strict=True)):
        now = _instant(frame.time)
        if frame.pointer is not None:
            at = frame.pointer / base
        elif number and now and first and frame.time is not frames[number - 1].time:
            at = now - first
        else:
            at = follows
        starts.append(at)
        follows = at + count * each
    return base, starts


def _instant(time: Raw | None) -> Fraction | None:
    """Return seconds since 1970 of the clock there: year to second, milli- and microseconds."""
    if time is None or len(time.data) < 7:
        return None
    month, day, hour, minute, second = time.data[2:7]
    try:
        whole = dt.datetime.combine(
            dt.date(time.part(0, 2).unsigned, month, day), dt.time(hour, minute, second)
        )
    except ValueError:
        return None
    micro = time.part(7, 9).unsigned * 1000 + time.part(9, 11).unsigned
    return Fraction((whole - EPOCH) // dt.timedelta(seconds=1)) + Fraction(micro, 10**6)


def _start(entries: Sequence[Entry], first: Fraction, remarks: list[str]) -> float | None:
    times = [one.value for one in entries if one.tag == tags.TIME and one.value.data]
    instant = _instant(times[0]) if times else None
    if times and instant is None:
        remarks.append("no date: what the file has is none")
    return None if instant is None else float(instant + first)


def _fs_source(frames: Sequence[Frame]) -> str:
    said = all(tags.INTERVAL in one for one in frames[0].channels)
    return "header of the source" if said else "default of MFER, not in header"


def _stretches(
    source: Stored,
    what: tuple[Frame, Sequence[Channel], Sequence[int]],
    place: tuple[Fraction, int, Fraction],
) -> list[Stretch]:
    frame, channels, signals = what
    blocks = [
        Block(signal, one.count, np.dtype(one.dtype).itemsize, partial(decoded, one, frame.little))
        for one, signal in zip(channels, signals, strict=True)
    ]
    return interleaved(source, frame.offset, blocks, place)


def _signals(
    channels: Sequence[Channel], long: Sequence[int], remarks: list[str]
) -> tuple[Signal, ...]:
    signals = []
    for name, one, length in zip(
        unique([one.name for one in channels]), channels, long, strict=True
    ):
        dtype = np.dtype(one.dtype)
        kind: Literal["int16", "int32", "float64"] = (
            "int16" if dtype.itemsize == 1 or one.dtype == "i2" else "int32"
        )
        gain = 1 / one.step if one.step else Fraction(1)
        baseline = -one.offset if one.step else Fraction(0)
        if one.dtype == "u4":
            baseline -= UNSIGNED
        if dtype.kind == "f":
            kind, gain, baseline = "float64", Fraction(1), Fraction(0)
            remarks.append(f"{name}: floats in the file, kept in their unit")
        signals.append(
            Signal(
                name=name,
                unit=one.unit,
                gain=float(gain),
                baseline=float(baseline),
                kind=kind_of(name, one.unit, float(one.fs)),
                fs=float(one.fs),
                length=length,
                type=kind,
            )
        )
    return tuple(signals)
