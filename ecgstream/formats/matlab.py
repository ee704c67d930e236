"""MATLAB files of versions 4 to 7.3: a matrix with a signal a row or a column, or a vector each.

Which variable, at which rate, in which unit: from a mapping, else from the file where it is plain
(one matrix; a number called `fs`; a list called `leads`). Integers stay integers; of floats the
decimals that make whole numbers of them are found, to the very value.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed
from ecgstream.formats.device_times import told_start
from ecgstream.formats.guarding import naming
from ecgstream.formats.matlab_files import Contents, Matrix, named, opened
from ecgstream.formats.numbers_text import Decimals
from ecgstream.formats.recording import CHUNK_VALUES, Recorded, Samples, Signal, unique
from ecgstream.formats.registry import stem
from ecgstream.model.kinds import kind_of
from ecgstream.model.timebase import rate_of

_RATES: Final = frozenset(
    {"fs", "sfreq", "srate", "hz", "samplingrate", "sampling_rate", "samplerate", "sample_rate"}
    | {"samplingfrequency", "sampling_frequency", "sample_frequency", "freq", "frequency"}
)
_LEADS: Final = frozenset(
    {"leads", "lead", "lead_names", "leadnames", "lead_name", "channels", "channel_names", "labels"}
    | {"signals", "signal_names", "sig_name", "chan_names", "names"}
)
_UNITS: Final = frozenset({"unit", "units"})
_SCALES: Final = frozenset({"gain", "gains", "adc_gain", "baseline", "offset", "scale"})

FEWEST: Final = 100
"""Samples of what is taken for a signal without being told."""

MOST_SIGNALS: Final = 256


class Told(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a mapping says of MATLAB files. `variable` with its struct: `ECG.data`.

    `along`: whether the samples of a signal make a row or a column.
    """

    variable: str | None = None
    along: Literal["row", "column"] | None = None
    leads: tuple[str, ...] | None = None
    fs: float | str | None = None
    unit: str | None = None
    gain: float = 1.0
    baseline: float = 0.0
    missing: tuple[float, ...] = ()
    start_time: str | None = None
    zone: str | None = None

    def __post_init__(self) -> None:
        if self.fs is not None and rate_of(self.fs) is None:
            message = f"fs: {self.fs!r} is no rate; expected Hz above 0, such as 360 or '1000/3'"
            raise ValueError(message)
        if not self.gain:
            message = "gain: is 0; expected stored units in one unit"
            raise ValueError(message)


def open_file(path: Path, told: Told | None = None) -> Recorded:
    """Return the recording in the file `path`. Raises ImportFailed, naming it; ExtraMissing."""
    with naming(path), opened(path) as contents:
        return _recording(path, contents, told or Told())


def _recording(path: Path, contents: Contents, told: Told) -> Recorded:
    chosen = _chosen(contents, told)
    length = _long(chosen[0], told)
    rate, source = _rate(contents, told, path)
    names = _names(contents, chosen, told)
    units = [said for key in named(contents.texts, sorted(_UNITS)) for said in contents.texts[key]]
    unit = told.unit or (units[0] if len(set(units)) == 1 and units[0] else None)
    scales = _scales(chosen, told, length)
    fs = float(rate)
    signals = tuple(
        Signal(
            name=name,
            unit=unit,
            gain=told.gain * scale.power if scale.power else 1.0,
            baseline=told.baseline * scale.power if scale.power else 0.0,
            kind=kind_of(name, unit, fs),
            fs=fs,
            length=length,
            type=scale.type,
        )
        for name, scale in zip(names, scales, strict=True)
    )
    remarks = []
    if told.gain == 1.0 and (found := named(contents.numbers, sorted(_SCALES))):
        remarks.append(
            f"variable {found[0]!r} is not applied: which way it scales is not said; say in a "
            "mapping: gain = stored units in one unit"
        )
    start, zone = told_start(told.start_time) if told.start_time else (None, None)
    return Recorded(
        name=stem(path),
        signals=signals,
        fs_source=source,
        files=(path,),
        pieces=lambda: _pieces(path, told, scales, length),
        start_time=start,
        zone=told.zone or zone,
        remarks=tuple(remarks),
    )


def _chosen(contents: Contents, told: Told) -> list[Matrix]:
    """Return the matrix that holds the signals, or the vectors that are one each."""
    if told.variable is not None:
        found = [one for one in contents.matrices if one.name == told.variable]
        if not found:
            raise ImportFailed(
                f"mapping: variable: no matrix {told.variable!r}; there are {_listed(contents)}"
            )
        return found
    likely = [one for one in contents.matrices if max(one.rows, one.columns) >= FEWEST]
    wide = [one for one in likely if min(one.rows, one.columns) > 1]
    if len(wide) == 1 and len(likely) == 1:
        return wide
    lengths = {max(one.rows, one.columns) for one in likely}
    if likely and not wide and len(lengths) == 1:
        return likely
    why = "several variables may hold the signals" if likely else "no variable holds signals"
    raise ImportFailed(f"{why} ({_listed(contents)}); say in a mapping: variable = the name of one")


def _listed(contents: Contents) -> str:
    said = [f"{one.name} ({one.rows} by {one.columns})" for one in contents.matrices[:12]]
    return ", ".join(said) or "none"


def _long(matrix: Matrix, told: Told) -> int:
    """Return how many samples a signal has. Raises ImportFailed where that is not plain."""
    if min(matrix.rows, matrix.columns) == 1:
        return max(matrix.rows, matrix.columns)
    wanted = {"row": False, "column": True, None: matrix.tall}[told.along]
    if wanted != matrix.tall:
        raise ImportFailed(
            f"variable {matrix.name!r}: {matrix.rows} by {matrix.columns} has more signals than "
            f"samples, were they along a {told.along}"
        )
    length = max(matrix.rows, matrix.columns)
    many = min(matrix.rows, matrix.columns)
    if many > MOST_SIGNALS:
        raise ImportFailed(f"variable {matrix.name!r}: {many} signals; {MOST_SIGNALS} are taken")
    if told.along is None and length < 4 * many:
        raise ImportFailed(
            f"variable {matrix.name!r}: {matrix.rows} by {matrix.columns}: which are the samples? "
            'say in a mapping: along = "row" or "column"'
        )
    return length


def _rate(contents: Contents, told: Told, path: Path) -> tuple[Fraction, str]:
    if told.fs is not None and (rate := rate_of(told.fs)) is not None:
        return rate, "mapping"
    found = named(contents.numbers, sorted(_RATES))
    values = {contents.numbers[key] for key in found}
    if len(values) == 1 and (rate := rate_of(values.pop())) is not None:
        return rate, f"variable {found[0]}"
    why = "several rates are said" if len(values) > 1 else "its sampling rate is not said"
    raise ImportFailed(
        f'{why}; say in a mapping: [[import]] files = "{path.name}", format = "matlab", fs = 500'
    )


def _names(contents: Contents, chosen: Sequence[Matrix], told: Told) -> list[str]:
    many = sum(min(one.rows, one.columns) for one in chosen)
    if told.leads is not None:
        if len(told.leads) != many:
            raise ImportFailed(f"mapping: leads: {len(told.leads)} names for {many} signals")
        return unique(told.leads)
    if len(chosen) > 1 or many == 1:
        return unique([one.name.rpartition(".")[2] for one in chosen])
    for key in named(contents.texts, sorted(_LEADS)):
        said = contents.texts[key]
        if len(said) == many and all(said):
            return unique(said)
    return [f"channel {number + 1}" for number in range(many)]


def _blocks(chosen: Sequence[Matrix], length: int) -> Iterator[list[NDArray[Any]]]:
    """Yield all signals piece by piece, each of shape (n,)."""
    many = sum(min(one.rows, one.columns) for one in chosen)
    step = max(1, CHUNK_VALUES // many)
    for low in range(0, length, step):
        high = min(low + step, length)
        yield [signal for one in chosen for signal in one.read(low, high)]


def _scales(chosen: Sequence[Matrix], told: Told, length: int) -> list[Decimals]:
    found: list[Decimals] = []
    for block in _blocks(chosen, length):
        found = found or [Decimals() for _ in block]
        for scale, values in zip(found, block, strict=True):
            known = values[~_missing(values, told)]
            exact = known.astype(np.float64)
            if not np.isfinite(exact).all():
                raise ImportFailed("an infinite value; it is no sample")
            if values.dtype.kind in "iu" and len(exact) and np.abs(exact).max() >= 2**53:
                raise ImportFailed("a whole number of more than 53 bits; it is no sample")
            scale.take(exact)
    return found


def _missing(values: NDArray[Any], told: Told) -> NDArray[np.bool_]:
    missing = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), np.bool_)
    for sentinel in told.missing:
        missing |= values == sentinel
    return missing


def _pieces(
    path: Path, told: Told, scales: Sequence[Decimals], length: int
) -> Iterator[Sequence[Samples]]:
    with naming(path), opened(path) as contents:
        for block in _blocks(_chosen(contents, told), length):
            if len(block) != len(scales):
                raise ImportFailed("it changed while it was read")
            yield [_stored(v, s, told) for v, s in zip(block, scales, strict=True)]


def _stored(values: NDArray[Any], scale: Decimals, told: Told) -> Samples:
    missing = _missing(values, told)
    held = np.where(missing, 0, values).astype(np.float64)
    mask = missing if missing.any() else None
    if scale.power:
        return Samples(np.rint(held * scale.power).astype(scale.type), mask)
    return Samples((held - told.baseline) / told.gain, mask)
