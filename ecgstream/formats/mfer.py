"""MFER files (ISO 22077): frames of channels, each in blocks, each with a scale of its own.

physical = (value + MWF_OFF) * MWF_SEN. Read by ourselves: integers as stored, a frame at the place
its pointer says, in chunks. `ecgdatakit` makes floats of the whole file and puts frames one after
the other whatever their pointers say; it is the other reader in the tests.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed, printable
from ecgstream.formats import mfer_definitions as tags
from ecgstream.formats.frames import EPOCH, UNSIGNED, Block, Stored, interleaved, numbers, opened
from ecgstream.formats.kinds import kind_of
from ecgstream.formats.lead_codes import LEADS
from ecgstream.formats.mfer_definitions import Entry, Frame, Raw, Read, text_of
from ecgstream.formats.mfer_words import annotated_of, comments_of, identity_of
from ecgstream.formats.recording import Recorded, Samples, Signal, unique
from ecgstream.formats.registry import stem
from ecgstream.formats.stretches import Stretch, chunks, joined, lengths

TYPES: Final = ("i2", "u2", "i4", "u1", "u2", "i1", "u4", "f4", "f8")
"""Numpy's types by MWF_DTP's numbers; 4 are bits of a state, and 9 is compressed."""

DEFAULT_FS: Final = Fraction(1_000)

DOMINANT_BEAT: Final = 9
"""MWF_WFM of beats that were averaged: they have a time of their own."""

UNITS: Final = (
    *("V", "mmHg", "Pa", "cmH2O", "mmHg/s", "dyne", "N", "%", "degC", "/min", "/s", "Ohm", "A"),
    *("rpm", "W", "dB", "kg", "J", "dyne s/m2 cm5", "L", "L/s", "L/min", "cd"),
)
"""By MWF_SEN's first byte."""

OTHERS: Final = {
    32: "CB4",
    33: "CB5",
    34: "CB6",
    143: "BP",
    160: "Resp",
    175: "SpO2",
    4160: "Status",
    4161: "Body position",
    4162: "Body motion",
    4163: "Resp",
    4166: "ECG1",
    4167: "ECG2",
    4168: "ECG3",
    4169: "ECG4",
}
"""Names of the lead codes that MFER alone has."""


@dataclass(frozen=True, slots=True)
class _Channel:
    """One channel of a frame: what makes it the signal that it is, then its share of a sequence.

    physical = (value + `offset`) * `step` in `unit`; `step` None: not said.
    """

    name: str
    fs: Fraction
    dtype: str
    step: Fraction | None
    unit: str | None
    offset: Fraction
    null: bytes | None
    count: int

    @property
    def key(self) -> tuple[object, ...]:
        """All but what belongs to the frame."""
        return (self.name, self.fs, self.dtype, self.step, self.unit, self.offset)


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


def _channels(frame: Frame, remarks: list[str]) -> list[_Channel]:
    return [_channel(k, one, remarks) for k, one in enumerate(frame.channels)]


def _channel(number: int, said: Mapping[int, Raw], remarks: list[str]) -> _Channel:
    name = _name(number, said.get(tags.LEAD))
    kind = said[tags.TYPE].data[0] if tags.TYPE in said else 0
    if kind >= len(TYPES):
        raise ImportFailed(f"{name}: samples of type {kind} (MWF_DTP): expected 0 to 8")
    dtype = np.dtype(TYPES[kind])
    step = unit = None
    if tags.RESOLUTION in said:
        code, step = said[tags.RESOLUTION].scaled
        if not step:
            raise ImportFailed(f"{name}: a resolution of 0 (MWF_SEN) cannot be")
        if code < len(UNITS):
            # Volts are far from any ECG.
            unit, step = ("mV", step * 1000) if code == 0 else (UNITS[code], step)
    if unit is None:
        step = None
        remarks.append(f"{name}: no resolution with a unit in the file: not calibrated")
    count = said[tags.BLOCK].unsigned if tags.BLOCK in said else 1
    if not count:
        raise ImportFailed(f"{name}: a block of 0 samples (MWF_BLK) cannot be")
    offset = _typed(said.get(tags.OFFSET), dtype)
    if offset:
        remarks.append(f"{name}: its offset of {float(offset):g} is added (MWF_OFF)")
    if tags.SKEW in said and said[tags.SKEW].signed:
        remarks.append(f"{name}: its skew (MWF_SKW) is not put right")
    null = said.get(tags.NULL)
    return _Channel(
        name=name,
        fs=_rate(name, said.get(tags.INTERVAL), remarks),
        dtype=TYPES[kind],
        step=step,
        unit=unit,
        offset=offset,
        null=None if null is None else _native(null, dtype),
        count=count,
    )


def _name(number: int, lead: Raw | None) -> str:
    if lead is None or not lead.data:
        return f"channel {number + 1}"
    code = lead.part(0, 2).unsigned
    text = printable(text_of(lead.data[2:], ""))
    known = LEADS.get(code) or OTHERS.get(code)
    return known or text or (f"lead {code}" if code else f"channel {number + 1}")


def _rate(name: str, interval: Raw | None, remarks: list[str]) -> Fraction:
    if interval is None:
        remarks.append(f"{name}: no sampling interval (MWF_IVL): MFER's usual 1000 Hz")
        return DEFAULT_FS
    unit, value = interval.scaled
    if unit > 1 or not value:
        raise ImportFailed(f"{name}: a sampling interval of {float(value):g}, unit {unit}: no rate")
    return value if unit == 0 else 1 / value


def _typed(value: Raw | None, dtype: np.dtype[np.generic]) -> Fraction:
    """Return an offset, which is of the samples' own type. Raises ImportFailed."""
    raw = None if value is None else _native(value, dtype)
    if raw is None:
        return Fraction(0)
    number = float(np.frombuffer(raw, dtype)[0])
    if not np.isfinite(number):
        raise ImportFailed("an offset (MWF_OFF) that is no number")
    return Fraction(number)


def _native(value: Raw, dtype: np.dtype[np.generic]) -> bytes | None:
    """Return a value of the samples' type in this machine's order; None where it is shorter."""
    if len(value.data) < dtype.itemsize:
        return None
    order: Literal["<", ">"] = "<" if value.little else ">"
    raw = np.frombuffer(value.data[: dtype.itemsize], dtype.newbyteorder(order))
    return raw.astype(dtype).tobytes()


def _sequences(
    frame: Frame, channels: Sequence[_Channel], remarks: list[str]
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
    channels: Sequence[Sequence[_Channel]],
    laid: Sequence[tuple[int, Fraction]],
) -> tuple[Fraction, list[Fraction]]:
    """Return the rate that pointers count at, and when each frame begins, in seconds.

    A pointer says it; else another time of measurement; else it follows the frame before.
    """
    base = channels[0][0].fs if read.interval is None else _rate("pointers", read.interval, [])
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
    what: tuple[Frame, Sequence[_Channel], Sequence[int]],
    place: tuple[Fraction, int, Fraction],
) -> list[Stretch]:
    frame, channels, signals = what
    blocks = [
        Block(signal, one.count, np.dtype(one.dtype).itemsize, partial(_decoded, one, frame.little))
        for one, signal in zip(channels, signals, strict=True)
    ]
    return interleaved(source, frame.offset, blocks, place)


def _decoded(channel: _Channel, little: bool, raw: NDArray[np.uint8]) -> Samples:  # noqa: FBT001
    dtype = np.dtype(channel.dtype)
    order: Literal["<", ">"] = "<" if little else ">"
    there = dtype.newbyteorder(order)
    null = None
    if channel.null is not None:
        null = np.frombuffer(channel.null, dtype).astype(there).tobytes()
    read = numbers(there.str, null, raw)
    if dtype.kind != "f":
        return read
    values = read.values.astype(np.float64)
    if channel.step is not None:
        values = (values + float(channel.offset)) * float(channel.step)
    return Samples(values, read.missing)


def _signals(
    channels: Sequence[_Channel], long: Sequence[int], remarks: list[str]
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
