"""EDF+C, written by `edfio`: 16 bits a sample, the annotation channel says what the file is.

Stored integers that fit are written as they are. EDF has no missing sample and no gap in one signal
alone: where a lead has none, the file has the lowest digital value, and an annotation says so, with
its lead and how long it lasts. The scale is in the header as decimals of eight characters: where
that cannot be exact, or floats had to be put into steps, an annotation says how much is lost.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ExportFailed, ExtraMissing, printable
from ecgstream.formats.provenance import Making, facts
from ecgstream.model.annotation import POINT
from ecgstream.model.excerpt import Excerpt
from ecgstream.model.moment import clock_at, exact_rate

LOWEST, HIGHEST = -(2**15), 2**15 - 1
RECORD_BYTES: Final = 61_440
"""Of a data record, at most (EDF specification)."""
SEARCH: Final = 4_000
"""Digital bounds tried on each side for one that is exact as a decimal of eight characters."""
GAPS_MOST: Final = 1_000
TEXT_MOST: Final = 100
"""Letters of one annotation: each data record is as long as the longest list of them."""
YEARS: Final = range(1985, 2085)


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """A lead in 16 bits: what stands in the header, and what of it is not exact.

    Physical is linear from `digital` (lowest, highest) to `physical` (the same as text).
    """

    values: NDArray[np.int16]
    digital: tuple[int, int]
    physical: tuple[str, str]
    lost: str


def write(excerpt: Excerpt, making: Making, out: Path) -> None:
    """Write `excerpt` to `out`. Raises ExtraMissing, ExportFailed, OSError."""
    try:
        import edfio  # noqa: PLC0415 - an extra, loaded when used
    except ImportError as error:
        raise ExtraMissing("edf", "edfio", "writing EDF+") from error
    samples, seconds = _data_record(excerpt)
    scaled = [_scaled(excerpt, k) for k in range(len(excerpt.leads))]
    padding = -excerpt.count % samples
    signals = []
    for lead, one in zip(excerpt.leads, scaled, strict=True):
        filled = np.concatenate([one.values, np.full(padding, one.digital[0], np.int16)])
        signals.append(
            edfio.EdfSignal.from_digital(
                filled,
                float(samples / seconds),
                label=_ascii(lead.name)[:16],
                physical_dimension=_ascii(_unit(lead.unit))[:8],
                digital_range=one.digital,
                physical_range=_kept(one.physical),
                prefiltering="none (as stored)",
            )
        )
    clock = clock_at(excerpt.record, excerpt.start, excerpt.fs)
    dated = clock is not None and clock.year in YEARS
    said = [*_said(excerpt, making, scaled, padding)]
    # One a data record: EDF+ makes each data record as long as the longest list in one of them.
    annotations = [
        edfio.EdfAnnotation(float(number * seconds), None, text) for number, text in enumerate(said)
    ]
    annotations += [
        edfio.EdfAnnotation(
            (one.sample - excerpt.start) / excerpt.fs,
            None if one.stop == POINT else (one.stop - one.sample) / excerpt.fs,
            text,
        )
        for name, marks in excerpt.annotations.items()
        for one in marks
        for text in [_ascii(f"{name}: {one.symbol} {one.aux_note}".strip())[:TEXT_MOST]]
    ]
    annotations += [*_gaps(excerpt, edfio.EdfAnnotation)]
    try:
        file = edfio.Edf(
            signals,
            patient=edfio.Patient(code=_word(excerpt.record.patient, 60)),
            recording=edfio.Recording(
                startdate=clock.date() if clock and dated else None,
                equipment_code=_word(f"ecgstream-{making.version}", 24),
                additional=(_word(excerpt.record.record, 24),),
            ),
            starttime=clock.time() if clock else None,
            data_record_duration=float(seconds),
            annotations=annotations,
        )
        file.write(out)
    except ValueError as error:
        raise ExportFailed(f"EDF+: {error}") from error


def _data_record(excerpt: Excerpt) -> tuple[int, Fraction]:
    """Return the samples of a lead in a data record, and its seconds. Raises ExportFailed."""
    rate = exact_rate(excerpt.fs)
    if rate.numerator > 10**6:
        # A rate that somebody rounded: 0.0166666666667 Hz is meant to be one a minute.
        near = rate.limit_denominator(10_000)
        if abs(near / rate - 1) > Fraction(1, 10**9):
            raise ExportFailed(f"EDF+: a rate of {excerpt.fs!r} Hz is not to be written exactly")
        rate = near
    samples, seconds = rate.numerator, Fraction(rate.denominator)
    # As many whole seconds as it takes; a second of many leads at a high rate is cut in parts.
    for parts in range(1, samples + 1):
        duration = seconds / parts
        fits = samples // parts * len(excerpt.leads) * 2 <= RECORD_BYTES
        if samples % parts == 0 and fits and len(_decimal(duration) or "123456789") <= 8:
            return samples // parts, duration
    raise ExportFailed(f"EDF+: no data record holds {excerpt.fs:g} Hz of so many leads exactly")


def _scaled(excerpt: Excerpt, k: int) -> Scaled:
    """Return lead `k` in 16 bits."""
    lead, missing = excerpt.leads[k], excerpt.missing(k)
    known = excerpt.samples[k][~missing]
    whole = lead.dtypes[0] in {"i2", "i4"}
    low, high = (int(known.min()), int(known.max())) if len(known) and whole else (0, 0)
    if whole and high - low < HIGHEST - LOWEST:
        # Beyond 16 bits only as far as the values are: then all of them are moved together.
        shift = 0 if low > LOWEST and high <= HIGHEST else low + HIGHEST
        values = np.where(missing, 0, excerpt.samples[k].astype(np.int64) - shift)
        gain, baseline = Fraction(lead.gain), Fraction(lead.baseline) - shift
        return _headed(values, missing, gain, baseline, lead.gain)
    physical = excerpt.physical(k)
    missing |= ~np.isfinite(physical)
    found = physical[~missing]
    least, most = (float(found.min()), float(found.max())) if len(found) else (0.0, 1.0)
    step = ((most - least) or abs(most) or 1.0) / (HIGHEST - LOWEST - 2)
    if not math.isfinite(step * 1.05):
        raise ExportFailed(f"EDF+: lead {lead.name!r} spans more than a double holds")
    # A step of few digits, so that its bounds are decimals of eight characters.
    step = float(f"{step * 1.05:.1e}")
    middle = math.floor((least + most) / 2 / step)
    values = np.where(missing, 0, np.rint(np.where(missing, 0, physical) / step) - middle)
    values = values.astype(np.int64)
    made = _headed(values, missing, 1 / Fraction(repr(step)), Fraction(-middle), 1 / step)
    back = (values + middle) * step
    off = float(np.abs(back - physical)[~missing].max(initial=0.0))
    lost = f"stored as {lead.dtypes[0]}, written in steps of {step:g}: off by up to {off:.2g}"
    return Scaled(made.values, made.digital, made.physical, f"{lost}; {made.lost}".rstrip("; "))


def _headed(
    values: NDArray[Any],
    missing: NDArray[np.bool_],
    gain: Fraction,
    baseline: Fraction,
    shown: float,
) -> Scaled:
    """Put the scale into the header: exactly where two bounds are decimals of eight characters."""
    known = values[~missing]
    low, high = (int(known.min()), int(known.max())) if len(known) else (0, 0)
    lowest = _bound(range(LOWEST, min(low, LOWEST + SEARCH)), gain, baseline)
    highest = _bound(range(HIGHEST, max(high, HIGHEST - SEARCH), -1), gain, baseline)
    lost = ""
    if lowest is None or highest is None:
        lowest = LOWEST, _rounded((LOWEST - baseline) / gain)
        highest = HIGHEST, _rounded((HIGHEST - baseline) / gain)
        ends = Fraction(lowest[1]), Fraction(highest[1])
        if ends[0] == ends[1]:
            raise ExportFailed(f"EDF+: a gain of {shown!r} does not fit into its header")
        at = [
            ends[0] + (one - LOWEST) * (ends[1] - ends[0]) / (HIGHEST - LOWEST)
            for one in (low, high)
        ]
        off = max(
            abs(float(there - (one - baseline) / gain))
            for there, one in zip(at, (low, high), strict=True)
        )
        lost = f"digital values exact, scale rounded in the header: off by up to {off:.2g}"
    filled = np.where(missing, lowest[0], values).astype(np.int16)
    return Scaled(filled, (lowest[0], highest[0]), (lowest[1], highest[1]), lost)


def _bound(candidates: range, gain: Fraction, baseline: Fraction) -> tuple[int, str] | None:
    """Return the first digital value with an exact physical one of eight characters."""
    for digital in candidates:
        text = _decimal((digital - baseline) / gain)
        if text is not None and len(text) <= 8:
            return digital, text
    return None


def _decimal(value: Fraction) -> str | None:
    """Return `value` as a plain decimal; None where it has none or a long one."""
    scaled = value * 10**8
    if scaled.denominator != 1:
        return None
    whole, rest = divmod(abs(scaled.numerator), 10**8)
    text = f"{whole}.{rest:08d}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 else text


def _kept(bounds: tuple[str, str]) -> tuple[float, float]:
    """Return numbers that the package writes as these decimals.

    It rounds the first down and the second up, by way of a product that may lie just beyond:
    41.7 became 41.70001. A part in 10^12 on the inner side is rounded to what is meant.
    """
    low, high = float(bounds[0]), float(bounds[1])
    return (
        low if low.is_integer() else low + abs(low) * 1e-12,
        high if high.is_integer() else high - abs(high) * 1e-12,
    )


def _rounded(value: Fraction) -> str:
    """Return the nearest decimal that has at most eight characters."""
    if abs(value) < 10**8:
        for digits in range(7, -1, -1):
            text = f"{float(value):.{digits}f}"
            if len(text) <= 8:
                return text
    # As a fraction it may be more than a float holds.
    digits = len(str(abs(int(value))))
    raise ExportFailed(
        f"EDF+: a bound of {digits} digits does not fit into eight characters of a header"
    )


def _said(
    excerpt: Excerpt, making: Making, scaled: Sequence[Scaled], padding: int
) -> Iterator[str]:
    """Yield what the file is, in pieces that fit an annotation."""
    for name, said in facts(excerpt, making).items():
        yield from _pieces(f"{name}: {said}")
    for lead, one in zip(excerpt.leads, scaled, strict=True):
        if one.lost:
            yield from _pieces(f"{lead.name}: {one.lost} {lead.unit or ''}")
        if len(_ascii(lead.name)) > 16:
            yield from _pieces(f"{_ascii(lead.name)[:16]} is lead {lead.name}")
        if len(_ascii(_unit(lead.unit))) > 8:
            yield from _pieces(f"{lead.name} is in {lead.unit}")
        if lead.unit is None:
            yield from _pieces(f"{lead.name}: the unit is not known")
    if padding:
        yield f"the last {padding} samples are padding (lowest digital value)"


def _pieces(text: str) -> Iterator[str]:
    plain = _ascii(text)
    for place in range(0, len(plain), TEXT_MOST):
        yield plain[place : place + TEXT_MOST]


def _gaps(excerpt: Excerpt, annotation: Any) -> Iterator[Any]:
    """Yield an annotation a gap, with its lead and how long it is."""
    count = 0
    for k, lead in enumerate(excerpt.leads):
        for gap in excerpt.gaps(k):
            count += 1
            if count <= GAPS_MOST:
                onset = (gap.start - excerpt.start) / excerpt.fs
                text = f"gap in {lead.name} ({gap.reason}): lowest digital value, no signal"
                yield annotation(
                    onset, (gap.stop - gap.start) / excerpt.fs, _ascii(text)[:TEXT_MOST]
                )
    if count > GAPS_MOST:
        yield annotation(0.0, None, f"{count - GAPS_MOST} gaps more, not listed")


def _unit(unit: str | None) -> str:
    """Return a unit as EDF spells it: uV."""
    plain = unit or ""
    return plain.replace("\N{MICRO SIGN}", "u").replace("\N{GREEK SMALL LETTER MU}", "u")


def _word(text: str, most: int) -> str:
    """Return a field of EDF+: no blanks, never empty."""
    return _ascii(text).replace(" ", "_")[:most] or "X"


def _ascii(text: str) -> str:
    return printable(text).encode("ascii", "backslashreplace").decode()
