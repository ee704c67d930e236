"""`GET /api/ecg`: samples of one lead in mV, for clients that poll. Keeps nothing between calls."""

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from fractions import Fraction
from functools import partial
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ecgstream.errors import QueryError, SourceCorrupt
from ecgstream.model.block import Column, Samples, is_missing, joined
from ecgstream.model.moment import exact_rate
from ecgstream.model.record import Lead
from ecgstream.model.unit import millivolts, no_voltage
from ecgstream.storage.source import SignalSource, one_version
from ecgstream.web.queries import Query
from ecgstream.web.reading import Reading

DURATION_S: Final = 15
MAX_DURATION_S: Final = 60
_MICROS: Final = 1_000_000
_INT64: Final = 2**63 - 1


def ecg_routes(source: SignalSource, readers: Executor) -> list[Route]:
    """Return the route; all reading is done on `readers`."""
    return [Route("/api/ecg", partial(_ecg, Reading(source, readers)), name="ecg")]


async def _ecg(reading: Reading, request: Request) -> Response:
    """Answer [{`timestamp`, `voltage`}, ...]."""
    # Pollers add parameters of their own against caches: what is not known is let pass here.
    query = Query(request, ("record", "lead", "start", "duration"), strict=False)
    with one_version(reading.source, query.required("record")):
        return await _answer(reading, query)


async def _answer(reading: Reading, query: Query) -> Response:
    record = reading.source.record(query.required("record"))
    lead = record.lead(query.required("lead"))
    start = query.decimal("start", 0, 0, math.inf)
    duration = query.decimal("duration", DURATION_S, 0, MAX_DURATION_S)
    scale = millivolts(lead.unit)
    if scale is None:
        unit = (
            "has no unit"
            if lead.unit is None
            else f"is in {lead.unit!r}, which {no_voltage(lead.unit)}"
        )
        raise QueryError("lead", f"{lead.name!r} {unit}: it cannot be given in mV")
    low, high = span(lead, start, start + duration)
    body = await reading.quick.run(_body, reading.source, record.record, lead, (low, high), scale)
    return Response(body, media_type="application/json")


def span(lead: Lead, start: Fraction, stop: Fraction) -> tuple[int, int]:
    """Return the samples [low, high) of a lead with start <= t < stop, in seconds. Exact."""
    rate = exact_rate(lead.fs)
    low = min(math.ceil(start * rate), lead.length)
    high = min(math.ceil(stop * rate), lead.length)
    return low, high


def timestamps(low: int, high: int, fs: float) -> list[float]:
    """Return 1000 * sample / fs of the samples [low, high), in ms, rounded to 3 places.

    Half a microsecond goes to the even one.
    """
    rate = exact_rate(fs)
    factor = _MICROS / rate
    numerator, denominator = factor.numerator, factor.denominator
    if high * numerator > _INT64 // 2:
        return [round(sample * factor) / 1000 for sample in range(low, high)]
    whole, rest = np.divmod(np.arange(low, high, dtype=np.int64) * numerator, denominator)
    up = (2 * rest > denominator) | ((2 * rest == denominator) & (whole % 2 == 1))
    listed: list[float] = ((whole + up) / 1000).tolist()
    return listed


def voltages(samples: Samples, lead: Lead, scale: Fraction) -> NDArray[np.float64]:
    """Return stored values as mV, shape as `samples`, NaN where missing.

    `scale` is the mV of one of the lead's units. Rounded once where gain and samples are whole,
    so that a decimal comes back as it was written.
    """
    digital = samples.astype(np.float64) - lead.baseline
    physical = digital * scale.numerator / (lead.gain * scale.denominator)
    physical[is_missing(samples, lead.dtypes[0])] = np.nan
    return physical


def _body(
    source: SignalSource, record: str, lead: Lead, run: tuple[int, int], scale: Fraction
) -> bytes:
    """Read and encode. Blocks. Raises QueryError, SourceError."""
    low, high = run
    columns: Sequence[Column] = source.read(record, [lead.name], low, high) if low < high else []
    if any(column.reason == "corrupt" for column in columns):
        raise SourceCorrupt(f"samples {low} to {high} cannot be read", column=lead.name)
    mv = voltages(joined(list(columns), low, high, lead.dtypes[0]), lead, scale)
    if np.isinf(mv).any():
        raise QueryError(
            "lead",
            f"{lead.name} has an infinite sample there, which JSON cannot carry: "
            "/api/v1/records/{record}/window gives it as msgpack or Arrow",
        )
    times = timestamps(low, high, lead.fs)
    # NaN is null in msgspec's JSON.
    return msgspec.json.encode(
        [{"timestamp": t, "voltage": v} for t, v in zip(times, mv.tolist(), strict=True)]
    )
