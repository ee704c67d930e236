"""WFDB header files, read strictly and to the letter (header(5) of the WFDB guide). Pure."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from ecgstream.errors import ImportFailed

DEFAULT_FS: Final = 250.0
"""The rate of a record whose header gives none (WFDB's DEFFREQ)."""

DEFAULT_GAIN: Final = 200.0
"""ADC units per physical unit where the header gives none or 0: uncalibrated (DEFGAIN)."""

LINE_MOST: Final = 2_000
"""Letters of a line; WFDB allows 255. What is longer would take for ever to be understood."""

_RECORD: Final = re.compile(r"(?P<name>[^/\s]+)(/(?P<segments>\d+))?")
_RATE: Final = re.compile(r"(?P<fs>\d+\.?\d*|\.\d+)(/.*)?")
_TIME: Final = re.compile(r"((?:(?P<h>\d{1,2}):)?(?P<m>\d{1,2}):)?(?P<s>\d{1,2}(\.\d+)?)")
_DATE: Final = re.compile(r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})")
_FORMAT: Final = re.compile(r"(?P<fmt>\d+)(x(?P<spf>\d+))?(:(?P<skew>\d+))?(\+(?P<offset>\d+))?")
_GAIN: Final = re.compile(
    r"(?P<gain>[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)?"
    r"(\((?P<baseline>[+-]?\d+)\))?(/(?P<unit>\S+))?"
)
_FILE: Final = re.compile(r"[^/\\\0]+")
_WHOLE: Final = re.compile(r"[+-]?\d+")


@dataclass(frozen=True, slots=True)
class SignalLine:
    """A signal as its header line has it. `file` `~` (or format 0): no samples are stored.

    `unit` is None and `gain` WFDB's 200 where the header gives no gain or 0: uncalibrated.
    `checksum` is None where there is none, or only the zeros that stand in for one.
    """

    file: str
    fmt: str
    samples_per_frame: int
    skew: int
    offset: int
    gain: float
    baseline: int
    unit: str | None
    initial: int | None
    checksum: int | None
    name: str

    @property
    def stored(self) -> bool:
        """False for a null signal, which has no samples anywhere."""
        return self.file != "~" and self.fmt != "0"


@dataclass(frozen=True, slots=True)
class Header:
    """A header file. `frames` None = it does not say; `segments` None = a record of one piece.

    `start_time` in seconds since 1970-01-01T00:00 with no zone, None without a date.
    `fs` is the rate of frames; `fs_given` False where it is only WFDB's default.
    """

    name: str
    fs: float
    fs_given: bool
    frames: int | None
    start_time: float | None
    signals: tuple[SignalLine, ...]
    segments: tuple[tuple[str, int], ...] | None
    comments: tuple[str, ...]


def parse(raw: bytes) -> Header:
    """Return what a header file says. Raises ImportFailed naming the line and what was expected."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    lines = [line.strip() for line in text.splitlines()]
    comments = tuple(line.lstrip("#").strip() for line in lines if line.startswith("#"))
    said = [line for line in lines if line and not line.startswith("#")]
    if any(len(line) > LINE_MOST for line in said):
        raise ImportFailed(f"a line of more than {LINE_MOST:,} letters is none of a header")
    if not said:
        raise ImportFailed("the header holds no record line")
    first, rest = said[0].split(), said[1:]
    record = _match(_RECORD, first[0], "record name", said[0])
    if len(first) < 2:
        raise ImportFailed(f"record line {_cut(said[0])!r}: the number of signals is missing")
    count = _whole(first[1], "number of signals", said[0])
    rate = _match(_RATE, first[2], "sampling rate", said[0])["fs"] if len(first) > 2 else None
    fs = DEFAULT_FS if rate is None else float(rate)
    if not (0 < fs < math.inf):
        raise ImportFailed(f"record line {_cut(said[0])!r}: a sampling rate of {rate} Hz cannot be")
    frames = _whole(first[3], "number of samples", said[0]) if len(first) > 3 else 0
    head = (record["name"], fs, rate is not None)
    start = _start(first[4:6], said[0])
    if record["segments"] is not None:
        segments = tuple(_segment(line) for line in rest)
        if len(segments) != int(record["segments"]) or not segments:
            raise ImportFailed(
                f"the record line announces {record['segments']} segments, "
                f"{len(segments)} lines follow"
            )
        return Header(*head, frames or None, start, (), segments, comments)
    signals = tuple(_signal(line, number) for number, line in enumerate(rest))
    if len(signals) != count:
        raise ImportFailed(
            f"the record line announces {count} signals, {len(signals)} lines follow"
        )
    return Header(*head, frames or None, start, signals, None, comments)


def _segment(line: str) -> tuple[str, int]:
    words = line.split()
    if len(words) != 2:
        raise ImportFailed(f"segment line {_cut(line)!r}: expected a name and a number of samples")
    _match(_FILE, words[0], "segment name (a name without a folder)", line)
    return words[0], _whole(words[1], "number of samples", line)


def _signal(line: str, number: int) -> SignalLine:
    words = line.split(None, 8)
    if len(words) < 2:
        raise ImportFailed(f"signal line {_cut(line)!r}: expected a file name and a format")
    _match(_FILE, words[0], "file name (a name without a folder)", line)
    form = _match(_FORMAT, words[1], "format", line)
    per_frame = int(form["spf"] or 1)
    if not per_frame:
        raise ImportFailed(f"signal line {_cut(line)!r}: 0 samples per frame cannot be")
    scale = _match(_GAIN, words[2] if len(words) > 2 else "", "gain", line)
    gain = float(scale["gain"] or 0)
    if not math.isfinite(gain):
        raise ImportFailed(f"signal line {_cut(line)!r}: a gain of {scale['gain']} cannot be")
    numbers = [
        _whole(word, what, line)
        for word, what in zip(
            words[3:8],
            ("ADC resolution", "ADC zero", "initial value", "checksum", "block size"),
            strict=False,
        )
    ]
    zero, initial, checksum = ([*numbers, *[None] * 5])[1:4]
    if not checksum and not initial:
        # Whoever writes a name but no checksum has to put something: two zeros are that.
        checksum = None
    return SignalLine(
        file=words[0],
        fmt=str(int(form["fmt"])),
        samples_per_frame=per_frame,
        skew=int(form["skew"] or 0),
        offset=int(form["offset"] or 0),
        gain=gain or DEFAULT_GAIN,
        baseline=int(scale["baseline"]) if scale["baseline"] is not None else (zero or 0),
        unit=(scale["unit"] or "mV") if gain else None,
        initial=initial,
        checksum=checksum,
        name=words[8].strip() if len(words) > 8 else f"signal {number}",
    )


def _start(words: Sequence[str], line: str) -> float | None:
    if not words:
        return None
    time = _match(_TIME, words[0], "time of day", line)
    if len(words) < 2:
        return None
    date = _match(_DATE, words[1], "date (DD/MM/YYYY)", line)
    clock = int(time["h"] or 0) * 3600 + int(time["m"] or 0) * 60
    try:
        day = datetime(int(date["y"]), int(date["m"]), int(date["d"]))  # noqa: DTZ001 - no zone is known
    except ValueError as error:
        raise ImportFailed(f"record line {_cut(line)!r}: {words[1]} is no date: {error}") from error
    days = (day - datetime(1970, 1, 1)).days  # noqa: DTZ001
    # Summed as decimals and rounded once: the fraction keeps what float64 can hold of it.
    return float(Decimal(days * 86_400 + clock) + Decimal(time["s"]))


def _match(pattern: re.Pattern[str], word: str, what: str, line: str) -> dict[str, str]:
    found = pattern.fullmatch(word)
    if not found:
        raise ImportFailed(f"line {_cut(line)!r}: {_cut(word)!r} is no {what}")
    return found.groupdict()


def _whole(word: str, what: str, line: str) -> int:
    # Longer numbers than 18 digits have no meaning in any field, and cost time to convert.
    if not _WHOLE.fullmatch(word) or len(word) > 18:
        raise ImportFailed(f"line {_cut(line)!r}: {_cut(word)!r} is no {what} (a whole number)")
    return int(word)


def _cut(line: str) -> str:
    return line if len(line) <= 80 else line[:77] + "..."
