"""Beats and rate of a span as JSON, a value each, or msgpack, a field a column (PROTOCOL 3)."""

from dataclasses import dataclass
from typing import Any, Final

import msgpack
import msgspec
import numpy as np
from numpy.typing import NDArray

BEAT: Final = "Q"
"""WFDB's symbol of a beat that nobody has classified: the detector finds beats, and says nothing of
their kind. An `N` would say that they are normal."""

UNIT: Final = "/min"
"""Of a heart rate."""


class RateTrend(msgspec.Struct, frozen=True):
    """Lowest, mean and highest rate (/min) of each column; null where there is none.

    Columns are as those of an envelope; the mean is over the time with a rate.
    """

    low: list[float | None]
    mean: list[float | None]
    high: list[float | None]


class BeatSheet(msgspec.Struct, frozen=True):
    """Beats and heart rate of samples [start, stop) at `fs` Hz.

    `lead` is the one asked for, null for the best one; `leads` says where which was looked at.
    `rate`: from each sample on the rate (/min), or null and why. `blind`: runs that were not looked
    at, and why. `pauses`: from the last beat, or where looking began, to the next one. `analysed`
    are the parts that are known by now; `complete`: that is all of the span. With `columns` asked
    for there is a `trend`, and neither `samples` nor `symbols` nor `rate`.
    """

    record: str
    fs: float
    length: int
    start: int
    stop: int
    detector: str
    method: str
    unit: str
    notice: str
    lead: str | None
    leads: list[tuple[int, int, str | None]]
    analysed: list[tuple[int, int]]
    complete: bool
    blind: list[tuple[int, int, str]]
    pauses: list[tuple[int, int]]
    samples: list[int] | msgspec.UnsetType = msgspec.UNSET
    symbols: list[str] | msgspec.UnsetType = msgspec.UNSET
    rate: list[tuple[int, float | None, str | None]] | msgspec.UnsetType = msgspec.UNSET
    trend: RateTrend | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What of a sheet is many values. `reason` are places in `reasons`; NaN = no rate."""

    sample: NDArray[np.int64]
    rate_sample: NDArray[np.int64]
    bpm: NDArray[np.float64]
    reason: NDArray[np.int8]
    reasons: tuple[str, ...]


def encoded(sheet: BeatSheet, columns: Columns | None, *, binary: bool) -> bytes:
    """Return the body, msgpack or JSON; `sheet` has the trend, or `columns` what it lacks."""
    if not binary:
        return msgspec.json.encode(sheet if columns is None else _listed(sheet, columns))
    said: dict[str, Any] = msgspec.to_builtins(sheet)
    if columns is None:
        trend = said["trend"]
        for name, values in trend.items():
            trend[name] = np.array(values, "<f4").tobytes()
    else:
        wide = sheet.stop >= 2**31
        kind = "<f8" if wide else "<i4"
        said |= {
            "sample_dtype": kind[1:],
            "samples": columns.sample.astype(kind).tobytes(),
            "symbols": BEAT,
            "rate": {
                "sample": columns.rate_sample.astype(kind).tobytes(),
                "bpm": columns.bpm.astype("<f4").tobytes(),
                "reason": columns.reason.tobytes(),
                "reasons": list(columns.reasons),
            },
        }
    return bytes(msgpack.packb(said))


def _listed(sheet: BeatSheet, columns: Columns) -> BeatSheet:
    rate = [
        (sample, None, columns.reasons[reason]) if reason else (sample, bpm, None)
        for sample, bpm, reason in zip(
            columns.rate_sample.tolist(), columns.bpm.round(1).tolist(), columns.reason.tolist(),
            strict=True,
        )
    ]  # fmt: skip
    return msgspec.structs.replace(
        sheet,
        samples=columns.sample.tolist(),
        symbols=[BEAT] * len(columns.sample),
        rate=rate,
    )


def rounded(values: NDArray[np.float64]) -> list[float | None]:
    """Return rates to a tenth, None for NaN."""
    return [None if np.isnan(one) else round(one, 1) for one in values.tolist()]
