"""The header of an EDF, EDF+ or BDF file: bytes in, numbers out, strictly.

Kemp B and others. A simple format for exchange of digitized polygraphic recordings.
Electroencephalogr Clin Neurophysiol 1992;82:391-393; EDF+: Clin Neurophysiol 2003;114:1755-1761.
BDF is EDF with 24 bits a sample. Numbers are decimals in ASCII, kept as fractions here, so that a
rate or a gain is what the header says and not what a binary fraction made of it.
"""

import datetime as dt
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from ecgstream.errors import ImportFailed

EDF: Final = b"0       "
BDF: Final = b"\xffBIOSEMI"
ANNOTATIONS: Final = frozenset({"EDF Annotations", "BDF Annotations"})

MOST_SIGNALS: Final = 9_999
"""The header's own four digits."""

_FIELDS: Final = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
"""Bytes of a signal's fields; each field of all signals, then the next."""

_MONTH: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True, slots=True)
class Channel:
    """One signal as its header has it: `count` samples in each data record.

    Physical is linear in digital, from `digital` (min, max) to `physical` (min, max).
    """

    label: str
    transducer: str
    dimension: str
    physical: tuple[Fraction, Fraction]
    digital: tuple[int, int]
    prefiltering: str
    count: int

    @property
    def annotations(self) -> bool:
        """Whether it holds annotations in place of samples."""
        return self.label in ANNOTATIONS

    @property
    def scale(self) -> tuple[Fraction, Fraction] | None:
        """Gain and baseline: physical = (digital - baseline) / gain; None where there is none."""
        physical = self.physical[1] - self.physical[0]
        digital = self.digital[1] - self.digital[0]
        if not physical or not digital:
            return None
        gain = digital / physical
        return gain, self.digital[0] - self.physical[0] * gain


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the samples. `records` is None where the file was never closed.

    `plus`: `C` (EDF+, without a break), `D` (EDF+, with breaks) or empty. `duration`: seconds of
    a data record. `start` has no zone; None where the header has no date.
    """

    kind: Literal["EDF", "BDF"]
    plus: str
    patient: str
    recording: str
    start: dt.datetime | None
    size: int
    records: int | None
    duration: Fraction
    channels: tuple[Channel, ...]
    remarks: tuple[str, ...]

    @property
    def sample_bytes(self) -> int:
        """Bytes of a sample."""
        return 2 if self.kind == "EDF" else 3

    @property
    def record_bytes(self) -> int:
        """Bytes of a data record."""
        return sum(one.count for one in self.channels) * self.sample_bytes


def signals_of(fixed: bytes) -> int:
    """Return how many signals the first 256 bytes announce. Raises ImportFailed."""
    if len(fixed) < 256 or fixed[:8] not in {EDF, BDF}:
        raise ImportFailed("not an EDF or BDF file: its first 256 bytes are no header of one")
    count = _integer(_text(fixed[252:256]), "number of signals")
    if not 0 < count <= MOST_SIGNALS:
        raise ImportFailed(f"number of signals: expected 1 to {MOST_SIGNALS}, found {count}")
    return count


def parse(raw: bytes) -> Header:
    """Return what a header says; `raw` is 256 bytes, and 256 more a signal. Raises ImportFailed."""
    count = signals_of(raw)
    if len(raw) != 256 * (count + 1):
        raise ImportFailed(f"the header of {count} signals is cut short at byte {len(raw)}")
    kind: Literal["EDF", "BDF"] = "EDF" if raw[:8] == EDF else "BDF"
    patient, recording = _text(raw[8:88]), _text(raw[88:168])
    said = _text(raw[192:236])
    plus = said[4:5] if said[:5] in {f"{kind}+C", f"{kind}+D"} else ""
    size = _integer(_text(raw[184:192]), "bytes in the header")
    if size < len(raw):
        raise ImportFailed(
            f"bytes in the header: {size}, but {count} signals alone take {len(raw)}"
        )
    records = _integer(_text(raw[236:244]), "number of data records")
    if records < -1:
        raise ImportFailed(f"number of data records: expected -1 or more, found {records}")
    duration = _number(_text(raw[244:252]), "duration of a data record")
    channels = _channels(raw[256:], count)
    start, remarks = _start(_text(raw[168:176]), _text(raw[176:184]), recording if plus else "")
    if size > len(raw):
        remarks.append(f"{size - len(raw)} bytes between header and samples are left out")
    return Header(
        kind=kind,
        plus=plus,
        patient=patient,
        recording=recording,
        start=start,
        size=size,
        records=None if records == -1 else records,
        duration=duration,
        channels=channels,
        remarks=tuple(remarks),
    )


def _channels(raw: bytes, count: int) -> tuple[Channel, ...]:
    columns: list[list[str]] = []
    place = 0
    for width in _FIELDS:
        columns.append([_text(raw[place + k * width :][:width]) for k in range(count)])
        place += width * count
    return tuple(_channel(k + 1, said) for k, said in enumerate(zip(*columns, strict=True)))


def _channel(number: int, said: tuple[str, ...]) -> Channel:
    label, transducer, dimension, low, high, least, most, prefiltering, count, _ = said
    where = f"signal {number} ({label or 'no label'})"
    samples = _integer(count, f"{where}: samples in a data record")
    if samples < 0:
        raise ImportFailed(f"{where}: samples in a data record: found {samples}")
    if label in ANNOTATIONS:
        # EDF+ wants bounds there too, but they mean nothing: a file is not refused for them.
        whole = Fraction(-1), Fraction(1)
        return Channel(label, transducer, dimension, whole, (-1, 1), prefiltering, samples)
    return Channel(
        label=label,
        transducer=transducer,
        dimension=dimension,
        physical=(
            _number(low, f"{where}: physical minimum"),
            _number(high, f"{where}: physical maximum"),
        ),
        digital=(
            _integer(least, f"{where}: digital minimum"),
            _integer(most, f"{where}: digital maximum"),
        ),
        prefiltering=prefiltering,
        count=samples,
    )


def _start(date: str, time: str, recording: str) -> tuple[dt.datetime | None, list[str]]:
    """Return when the recording begins, and what was assumed; `recording` is EDF+'s field."""
    named = re.match(r"Startdate (\S+)(?: |$)", recording)
    hidden = named and named[1] == "X"
    if hidden or (date == "01.01.85" and not named):
        # EDF+: where the date is unknown it is X, and 01.01.85 in the field of old.
        return None, ["no date: X, or 01.01.85, stands for an unknown one"]
    short, full = _short_day(date), _full_day(named[1]) if named else None
    if short and full and (short.day, short.month) != (full.day, full.month):
        raise ImportFailed(f"its date is {date} in one place of the header and {full} in another")
    # From 2085 on only the second has the century.
    day = full or short
    clock = re.fullmatch(r"([01]\d|2[0-3])[.:-]([0-5]\d)[.:-]([0-5]\d)", time)
    if day is None or clock is None:
        return None, ["no date: what the header has is none"]
    return dt.datetime.combine(day, dt.time(int(clock[1]), int(clock[2]), int(clock[3]))), []


def _short_day(text: str) -> dt.date | None:
    """Return the date that is `dd.mm.yy`: 85 to 99 are 19xx, 00 to 84 are 20xx."""
    found = re.fullmatch(r"(\d\d)[.:/-](\d\d)[.:/-](\d\d)", text)
    if found is None:
        return None
    year = int(found[3])
    return _day(year + (1900 if year >= 85 else 2000), int(found[2]), int(found[1]))


def _full_day(text: str) -> dt.date | None:
    """Return the date that is `dd-MMM-yyyy`."""
    found = re.fullmatch(r"(\d\d)-([A-Za-z]{3})-(\d{4})", text)
    if found is None or found[2].upper() not in _MONTH:
        return None
    return _day(int(found[3]), _MONTH.index(found[2].upper()) + 1, int(found[1]))


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _text(raw: bytes) -> str:
    # ASCII by the specification; what is not is Latin-1 in practice (a micro sign, a name).
    return raw.decode("latin-1").split("\0")[0].strip()


def _integer(text: str, what: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,8}", text):
        raise ImportFailed(f"{what}: expected a whole number, found {text!r}")
    return int(text)


def _number(text: str, what: str) -> Fraction:
    # The exponent is bounded: a fraction of 10^9999999 would never end.
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?", text):
        raise ImportFailed(f"{what}: expected a number, found {text!r}")
    return Fraction(text)
