"""What metadata says of how stored numbers come to be physical ones. Pure.

Four ways of saying it are understood, exactly (in fractions): WFDB's, a gain in counts a unit with
a baseline or, where none is said, an ADC zero; CF's, `stored * scale_factor + add_offset`; units a
count (`uV_per_lsb`); and EDF's four limits, of integers. What may mean several things
(`resolution`, `scale`, an `offset` beside a gain) is named, and the unit is withheld.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from ecgstream.storage.foreign.column_names import (
    BASELINE_WORDS,
    GAIN_WORDS,
    SCALE_WORDS,
    plain_word,
)
from ecgstream.storage.foreign.plan import WITHHELD, Said
from ecgstream.storage.foreign.telling import gain_of

Tells = Callable[[tuple[str, ...]], Said[Any] | None]
"""What the metadata says under the first of some words."""

ZERO_WORDS: Final = ("adc_zero", "adczero")
"""What the ADC makes of 0 V: WFDB's baseline where none is said."""
CF_OFFSET: Final = "add_offset"
_OFFSET: Final = "offset"
LIMITS: Final = (
    ("physical_min", "phys_min", "physical_minimum", "phymin", "pmin"),
    ("physical_max", "phys_max", "physical_maximum", "phymax", "pmax"),
    ("digital_min", "dig_min", "digital_minimum", "digmin", "dmin"),
    ("digital_max", "dig_max", "digital_maximum", "digmax", "dmax"),
)
"""EDF's limits of a signal, in the order in which they are taken."""
_UNITS: Final = {
    "mv": "mV", "uv": "uV", "nv": "nV",
    "\N{MICRO SIGN}v": "uV", "\N{GREEK SMALL LETTER MU}v": "uV",
    "v": "V", "volts": "V",
}  # fmt: skip
_COUNTS: Final = ("lsb", "bit", "count", "adu", "digit")
UNITS_A_COUNT: Final = {f"{u}_per_{c}": unit for u, unit in _UNITS.items() for c in _COUNTS}
COUNTS_A_UNIT: Final = {
    f"{counts}_per_{u}": unit
    for u, unit in _UNITS.items()
    for c in _COUNTS
    for counts in (c, f"{c}s")
}
SCALES_UNCLEAR: Final = (
    "resolution", "amplitude_resolution", "scale", "scaling", "scaling_factor", "scalefactor",
    "multiplier", "conversion", "conversion_factor", "factor", "sensitivity", "amplification",
    "adc_scale", "calibration_factor",
)  # fmt: skip
"""To be multiplied by, or divided by, or (`resolution`) bits: who writes them knows."""
ZEROS_UNCLEAR: Final = (
    _OFFSET, "adc_offset", "dc_offset", "zero", "zero_level", "zero_offset", "midpoint", "bias",
    "intercept",
)  # fmt: skip

PASSED_OVER: Final = (
    *GAIN_WORDS, *COUNTS_A_UNIT, *SCALE_WORDS, *UNITS_A_COUNT, *SCALES_UNCLEAR,
    *(key for keys in LIMITS for key in keys),
)  # fmt: skip
ZEROS_PASSED_OVER: Final = (*BASELINE_WORDS, *ZERO_WORDS, CF_OFFSET, *ZEROS_UNCLEAR)
"""Keys under which a list that says nothing of a lead leaves its scale, or its zero, open."""

CLOSE: Final = Fraction(1, 1000)
"""Numbers that differ by less of themselves are one, written in another number of digits."""
BITS: Final = range(8, 33)
"""A `resolution` of so much beside a gain is that of an ADC, and says nothing of units."""


@dataclass(frozen=True, slots=True)
class Way:
    """A gain (stored units in a unit) or a baseline (stored units) that is said, in whose words.

    A gain's text may have `zero` and `unit` in it; `units_a_count`: it was said the other way
    around, as CF does.
    """

    value: Fraction
    how: str
    words: str
    zero: Fraction | None = None
    unit: str | None = None
    units_a_count: bool = False


@dataclass(frozen=True, slots=True)
class Scaling:
    """What is understood of gain, baseline and unit; `withheld` says what is not, for a person."""

    gain: Said[float] | None = None
    baseline: Said[float] | None = None
    unit: Said[str | None] | None = None
    withheld: str = ""


class NoNumber(ValueError):
    """A text where a number is expected."""


def exact(value: Any) -> Fraction | None:
    """Return the number that a value or text is, as it is written; None for none that is finite."""
    try:
        near = float(value)
        # A text of a few letters may be a number of a billion digits.
        if near == 0 or not 1e-300 < abs(near) < 1e300:
            return Fraction(0) if near == 0 else None
        return Fraction(str(value).strip())
    except (TypeError, ValueError):
        return None


def scaling(tells: Tells, gain: float | None, *, whole: bool, zero_known: bool) -> Scaling:
    """Return what metadata says of a column; `whole`: its stored values are integers.

    `gain` is what a mapping says, `zero_known` whether it says a baseline: these are not asked of
    metadata then. Raises NoNumber.
    """
    ways = [] if gain is not None else [*_gains(tells)]
    limits = [one for keys in LIMITS if (one := tells(keys)) is not None]
    by_limits = _by_limits(limits) if whole and gain is None else None
    ways += [] if by_limits is None else [by_limits]
    doubts: list[str] = []
    if limits and by_limits is None and not (gain is not None and zero_known):
        doubts.append(f"{', '.join(map(_told, limits))} may mean several things")
    if gain is None:
        doubts += _contradictions(ways) + _scales_unclear(tells, ways)
    factor = ways[0].value if ways else exact(gain)
    zeros = [] if zero_known else [*_zeros(tells, ways, factor)]
    if not zero_known:
        doubts += _contradictions(zeros) + _zeros_unclear(tells, ways)
        if not ways and gain is None and any(one.value and _adc(one) for one in zeros):
            doubts.append(f"{zeros[0].words} comes without a gain")
    if doubts:
        return Scaling(withheld=f"{WITHHELD}{'; '.join(doubts)}; say unit, gain and baseline")
    by_gain, zero = next(iter(ways), None), next(iter(zeros), None)
    return Scaling(
        None if by_gain is None else Said(float(by_gain.value), by_gain.how),
        None if zero is None else Said(float(zero.value), zero.how),
        None if by_gain is None or by_gain.unit is None else Said(by_gain.unit, by_gain.how),
    )


def _gains(tells: Tells) -> Iterator[Way]:
    for key in (*GAIN_WORDS, *COUNTS_A_UNIT, *SCALE_WORDS, *UNITS_A_COUNT):
        said = tells((key,))
        if said is None:
            continue
        read, number = gain_of(said.value), exact(said.value)
        if read is None:
            raise NoNumber(f"its metadata says a gain of {said.value!r}; expected a number other "
                           "than 0")  # fmt: skip
        value = number or Fraction(read.gain)
        turned = key in SCALE_WORDS or key in UNITS_A_COUNT
        yield Way(
            1 / value if turned else value,
            said.how,
            _told(said),
            None if read.baseline is None else Fraction(read.baseline),
            read.unit or COUNTS_A_UNIT.get(key) or UNITS_A_COUNT.get(key),
            units_a_count=turned,
        )


def _by_limits(limits: Sequence[Said[Any]]) -> Way | None:
    """Return EDF's way; None unless all four limits are there and make a line."""
    numbers = [exact(one.value) for one in limits]
    known = [one for one in numbers if one is not None]
    if len(known) < len(LIMITS):
        return None
    low, high, least, most = known
    if low == high or least >= most:
        return None
    gain = (most - least) / (high - low)
    how = limits[0].how
    return Way(gain, how, ", ".join(map(_told, limits)), least - low * gain)


def _zeros(tells: Tells, ways: Sequence[Way], gain: Fraction | None) -> Iterator[Way]:
    said = tells(BASELINE_WORDS)
    if said is not None:
        yield Way(_number(said), said.how, _told(said))
    for way in ways:
        if way.zero is not None:
            yield Way(way.zero, way.how, way.words)
    scaled = any(one.units_a_count for one in ways)
    offset = tells((CF_OFFSET,)) or (tells((_OFFSET,)) if scaled else None)
    if offset is not None:
        yield Way(-_number(offset) * (1 if gain is None else gain), offset.how, _told(offset))
    by_adc = tells(ZERO_WORDS)
    # WFDB takes it for the baseline only where none is said, and it need not be that one.
    if by_adc is not None and said is None and all(one.zero is None for one in ways):
        yield Way(_number(by_adc), by_adc.how, _told(by_adc))


def _scales_unclear(tells: Tells, ways: Sequence[Way]) -> list[str]:
    found: list[str] = []
    for key in SCALES_UNCLEAR:
        said = tells((key,))
        value = None if said is None else exact(said.value)
        if said is None or value == 1 or not _numeric(said):
            continue
        known = [way.value for way in ways]
        same = value and any(_close(value, one) or _close(1 / value, one) for one in known)
        if not same and not (known and key == "resolution" and value in BITS):
            found.append(f"{_told(said)} may mean several things")
    return found


def _zeros_unclear(tells: Tells, ways: Sequence[Way]) -> list[str]:
    found: list[str] = []
    for key in ZEROS_UNCLEAR:
        said = tells((key,))
        if said is None or exact(said.value) == 0 or not _numeric(said):
            continue
        if key != _OFFSET or not any(one.units_a_count for one in ways):
            found.append(f"{_told(said)} may mean several things")
    return found


def _contradictions(said: Sequence[Way]) -> list[str]:
    return [
        f"{said[0].words} and {other.words} contradict each other"
        for other in said[1:]
        if not _close(other.value, said[0].value)
        or (other.unit or said[0].unit) != (said[0].unit or other.unit)
    ]


def _close(one: Fraction, other: Fraction) -> bool:
    return abs(one - other) <= CLOSE * abs(other)


def _adc(way: Way) -> bool:
    # Behind a comma stands in which order a list is.
    return plain_word(way.how.partition(",")[0].rpartition(" ")[2]) in ZERO_WORDS


def _numeric(said: Said[Any]) -> bool:
    # `scale = linear` is no number, `4.88 uV` is one.
    return any(one.isdigit() for one in str(said.value))


def _number(said: Said[Any]) -> Fraction:
    value = exact(said.value)
    if value is None:
        raise NoNumber(f"its metadata says a baseline of {said.value!r}; expected a number")
    return value


def _told(said: Said[Any]) -> str:
    return f"{said.how} = {str(said.value)[:40]}"
