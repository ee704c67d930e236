"""One channel of an MFER frame: its lead, rate, type, scale and null value, and its samples.

physical = (value + MWF_OFF) * MWF_SEN (MFER Part 1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed, printable
from ecgstream.formats import mfer_definitions as tags
from ecgstream.formats.frames import numbers
from ecgstream.formats.lead_codes import LEADS
from ecgstream.formats.mfer_definitions import Raw, text_of
from ecgstream.formats.recording import Samples

TYPES: Final = ("i2", "u2", "i4", "u1", "u2", "i1", "u4", "f4", "f8")
"""Numpy's types by MWF_DTP's numbers; 4 are bits of a state, and 9 is compressed."""

DEFAULT_FS: Final = Fraction(1_000)

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
class Channel:
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


def channel_of(number: int, said: Mapping[int, Raw], remarks: list[str]) -> Channel:
    """Return channel `number`, from 0, by the definitions in force. Raises ImportFailed."""
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
    return Channel(
        name=name,
        fs=rate_of(name, said.get(tags.INTERVAL), remarks),
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


def rate_of(name: str, interval: Raw | None, remarks: list[str]) -> Fraction:
    """Return the rate of an interval, in Hz. Raises ImportFailed."""
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


def decoded(channel: Channel, little: bool, raw: NDArray[np.uint8]) -> Samples:  # noqa: FBT001
    """Return the samples in bytes, shape (n, block): integers as stored, floats in their unit."""
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
