"""The beats of a record, and its heart rate (PROTOCOL section 3)."""

from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

import numpy as np
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ecgstream.analysis.beats import DETECTOR, NOTICE, piece_of
from ecgstream.analysis.rate import METHOD, REASONS, Rate
from ecgstream.analysis.trend import Trend, trend
from ecgstream.errors import AnalysisOff, QueryError
from ecgstream.storage.derived.beat_book import Key
from ecgstream.storage.derived.beat_pieces import candidates
from ecgstream.storage.derived.beat_set import Stretch
from ecgstream.storage.source import SignalSource
from ecgstream.web import negotiation
from ecgstream.web.analysing import Analysing
from ecgstream.web.queries import Query
from ecgstream.web.reading import Reading
from ecgstream.wire.beats import UNIT, BeatSheet, Columns, RateTrend, encoded, rounded
from ecgstream.wire.envelope import MAX_COLUMNS
from ecgstream.wire.window import JSON, MSGPACK

PATH: Final = "/api/v1/records/{record}/beats"

WAIT_S: Final = 1.0
"""How long an answer waits for what is not known yet; then it says that it is not complete."""

FEW: Final = 8
"""Pieces that are looked at before all else where they are asked for: a screen full, and more."""

T = TypeVar("T")


def beat_routes(
    source: SignalSource, readers: Executor, analysing: Analysing | None
) -> list[Route]:
    """Return the route of a record's beats; without `analysing` it says that this is off."""
    endpoint = _off if analysing is None else partial(_beats, Reading(source, readers), analysing)
    return [Route(PATH, endpoint, name="beats")]


async def _off(_request: Request) -> Response:
    raise AnalysisOff


async def _beats(reading: Reading, analysing: Analysing, request: Request) -> Response:
    """`GET /api/v1/records/{record}/beats`."""
    media_type = negotiation.chosen(request.headers.get("accept"), (JSON, MSGPACK))
    query = Query(request, ("lead", "start", "stop", "columns"))
    record = reading.source.record(request.path_params["record"])
    lead = query.text("lead")
    if not candidates(record, lead) and lead is not None:
        raise QueryError("lead", f"{lead!r} is no ECG in volts: no beats are looked for")
    key = (record.record, lead)
    fs, length, _ = analysing.book.about(key)
    start = query.whole("start", 0, 0, length)
    stop = query.whole("stop", length, 0, length)
    if stop < start:
        raise QueryError("stop", f"{stop} lies before start {start}")
    columns = query.whole("columns", 0, 0, MAX_COLUMNS)
    await _known(analysing, key, start, stop)
    book = analysing.book
    binary = media_type == MSGPACK

    def answer() -> bytes:
        parts = book.over(key, start, stop)
        runs = _runs(parts, start, stop)
        sheet = BeatSheet(
            record=record.record,
            fs=fs,
            length=length,
            start=start,
            stop=stop,
            detector=DETECTOR,
            method=METHOD,
            unit=UNIT,
            notice=NOTICE,
            lead=lead,
            leads=runs.leads,
            analysed=runs.analysed,
            complete=start >= stop or runs.analysed == [(start, stop)],
            blind=runs.blind,
            pauses=runs.pauses,
        )
        if columns:
            found = _trend(parts, start, stop, columns)
            return encoded(_with_trend(sheet, found), None, binary=binary)
        return encoded(sheet, _columns(parts, start, stop), binary=binary)

    body = await reading.quick.run(answer)
    return Response(body, media_type=media_type, headers={"vary": "accept"})


async def _known(analysing: Analysing, key: Key, start: int, stop: int) -> None:
    """Have a span looked at, and wait a moment for it."""
    book = analysing.book
    if start >= stop or book.whole(key) is not None:
        return
    fs, _, _ = book.about(key)
    wanted = range(piece_of(start, fs), piece_of(stop - 1, fs) + 1)

    def done() -> bool:
        hopeless = analysing.hopeless(key)
        return hopeless or (book.looked(key) and all(book.missing(key, k) is None for k in wanted))

    if done():
        return
    if len(wanted) > FEW:
        analysing.wish_whole(key, wanted[0])
    else:
        # The last wish is the first to be done.
        for k in reversed(wanted):
            analysing.wish(key, k)
    await analysing.until(done, WAIT_S)


@dataclass(frozen=True, slots=True)
class _Runs:
    """What of a sheet are runs."""

    analysed: list[tuple[int, int]] = field(default_factory=list)
    leads: list[tuple[int, int, str | None]] = field(default_factory=list)
    blind: list[tuple[int, int, str]] = field(default_factory=list)
    pauses: list[tuple[int, int]] = field(default_factory=list)


def _runs(parts: list[Stretch], start: int, stop: int) -> _Runs:
    """Return the runs within [start, stop); those of two pieces that go on as one."""
    said = _Runs()
    for part in parts:
        low, high = max(part.start, start), min(part.stop, stop)
        if low >= high:
            continue
        for run in part.leads:
            _append(said.leads, run, start, stop)
        for (a, b), why in zip(part.blind.tolist(), part.why, strict=True):
            _append(said.blind, (a, b, why), start, stop)
        for a, b in part.rate.cut(low, high).pauses.tolist():
            # One that lasts beyond a piece is told by the next with where it began.
            if said.pauses and said.pauses[-1][0] == a:
                said.pauses.pop()
            said.pauses.append((a, b))
        if said.analysed and said.analysed[-1][1] == low:
            low = said.analysed.pop()[0]
        said.analysed.append((low, high))
    return said


def _append(runs: list[tuple[int, int, T]], run: tuple[int, int, T], start: int, stop: int) -> None:
    """Add what of a run is within [start, stop), to the last where it goes on with it."""
    low, high, what = max(run[0], start), min(run[1], stop), run[2]
    if low >= high:
        return
    if runs and runs[-1][1] == low and runs[-1][2] == what:
        low = runs.pop()[0]
    runs.append((low, high, what))


def _columns(parts: list[Stretch], start: int, stop: int) -> Columns:
    """Return the beats, and all that is said of the rate: at `start` what holds there."""
    samples, times, bpms, reasons = [], [], [], []
    reach = -1
    for part in parts:
        low, high = max(part.start, start), min(part.stop, stop)
        if low >= high:
            continue
        first, last = part.sample.searchsorted([low, high])
        samples.append(part.sample[first:last])
        # What holds at the seam of two pieces was said in the first of them.
        said = part.rate.cut(low, high) if low == reach else from_on(part.rate, low, high)
        reach = high
        times.append(said.sample)
        bpms.append(said.bpm)
        reasons.append(said.reason)
    none = np.empty(0, np.int64)
    return Columns(
        np.concatenate([none, *samples]),
        np.concatenate([none, *times]),
        np.concatenate([np.empty(0), *bpms]),
        np.concatenate([np.empty(0, np.int8), *reasons]),
        REASONS,
    )


def from_on(rate: Rate, low: int, high: int) -> Rate:
    """Return what is said in [low, high), and first what holds at `low`."""
    place = int(rate.sample.searchsorted(low, "right")) - 1
    if place < 0:
        return rate.cut(low, high)
    after = rate.cut(low + 1, high)
    return Rate(
        np.append(low, after.sample),
        np.append(rate.bpm[place], after.bpm),
        np.append(rate.reason[place], after.reason),
        after.pauses,
    )


def _trend(parts: list[Stretch], start: int, stop: int, columns: int) -> Trend:
    said = _columns(parts, start, stop)
    # Where nothing is known yet there is no rate.
    begins = {part.start for part in parts}
    ends = [part.stop for part in parts if start <= part.stop < stop and part.stop not in begins]
    gone = np.setdiff1d(np.array(ends, np.int64), said.rate_sample)
    at = said.rate_sample.searchsorted(gone)
    rate = Rate(
        np.insert(said.rate_sample, at, gone),
        np.insert(said.bpm, at, np.nan),
        np.insert(said.reason, at, np.int8(1)),
        np.empty((0, 2), np.int64),
    )
    return trend(rate, start, stop, columns)


def _with_trend(sheet: BeatSheet, found: Trend) -> BeatSheet:
    listed = RateTrend(rounded(found.low), rounded(found.mean), rounded(found.high))
    return replace(sheet, trend=listed)
