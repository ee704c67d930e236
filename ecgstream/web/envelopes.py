"""The envelope of any span (PROTOCOL section 3): out of the pyramid, or out of the samples."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import msgpack
import msgspec
import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ecgstream.model.block import NUMPY, Column
from ecgstream.model.record import Lead
from ecgstream.storage import pieces
from ecgstream.storage.derived import exact
from ecgstream.storage.derived.pyramid_file import Damaged
from ecgstream.storage.pieces import PIECE_VALUES, Runs
from ecgstream.web import negotiation
from ecgstream.web.asking import asked
from ecgstream.web.building import Building
from ecgstream.web.queries import Query
from ecgstream.web.reading import Lane, Reading, steady
from ecgstream.wire.envelope import MAX_COLUMNS, Envelope, bounds
from ecgstream.wire.window import JSON, MSGPACK

COLUMNS: Final = 1_024

Ints = NDArray[np.int64]
Envelopes = dict[str, Envelope]


def envelope_routes(reading: Reading, building: Building) -> list[Route]:
    """Return `/envelope`."""
    path = "/api/v1/records/{record}/envelope"
    return [
        Route(path, steady(reading.source, partial(_envelope, reading, building)), name="envelope")
    ]


async def _envelope(reading: Reading, building: Building, request: Request) -> Response:
    """`GET /api/v1/records/{record}/envelope`."""
    media_type = negotiation.chosen(request.headers.get("accept"), (JSON, MSGPACK))
    query = Query(request, ("leads", "start", "stop", "columns"))
    leads, head = asked(query, reading.source.record(request.path_params["record"]))
    columns = query.whole("columns", COLUMNS, 1, MAX_COLUMNS)
    edges = bounds(head.start, head.stop, columns)
    found = None
    if exact.worth_it(edges) and building.pyramids.needed((head.record, head.fs)):
        found = await _narrowed(reading, building, head.record, leads, edges)
    if found is None:
        count = (head.stop - head.start) * len(leads)
        with reading.lane(count) as lane:
            found = await sampled(reading, lane, request, (head.record, leads, edges))
    envelopes, corrupt = found
    said: dict[str, Any] = {name: getattr(head, name) for name in head.__struct_fields__}
    said |= {"columns": columns} | ({"corrupt": corrupt} if corrupt else {})
    if media_type == MSGPACK:
        body = await reading.quick.run(_msgpack, said, envelopes)
    else:
        body = await _json(reading.quick, said, envelopes)
    return Response(body, headers={"vary": "accept"}, media_type=media_type)


async def sampled(
    reading: Reading, lane: Lane, request: Request, span: tuple[str, Sequence[Lead], Ints]
) -> tuple[Envelopes, Runs]:
    """Return the envelope of each lead, out of the samples, and what could not be read.

    `span` is record, leads and the bounds of the columns.
    """
    record, leads, edges = span
    found = {lead.name: Envelope(edges, lead.dtypes[0]) for lead in leads}
    corrupt: Runs = {}
    for some in pieces.together(reading.source, record, leads):
        names = [one.name for one in some]

        def take(read: list[list[Column]], names: Sequence[str] = names) -> None:
            for name, columns in zip(names, read, strict=True):
                for column in columns:
                    found[name].add(column)
                    pieces.note(corrupt, name, column)

        itemsize = max(NUMPY[one.dtypes[0]].itemsize for one in some)
        with reading.holding(PIECE_VALUES * itemsize):
            whole = (record, names, int(edges[0]), int(edges[-1]))
            await reading.each(lane, request, whole, take)
    return found, corrupt


async def _narrowed(
    reading: Reading, building: Building, record: str, leads: Sequence[Lead], edges: Ints
) -> tuple[Envelopes, Runs] | None:
    """Return the same out of the pyramid; None where there is none, which then is wished for."""
    key = (record, leads[0].fs)
    pyramid = await reading.quick.run(building.pyramids.find, key)
    if pyramid is None:
        building.wish(key)
        return None
    found = {lead.name: Envelope(edges, lead.dtypes[0]) for lead in leads}
    try:
        left = {
            name: await reading.quick.run(exact.narrowed, pyramid, name, edges, envelope)
            for name, envelope in found.items()
        }
    except (Damaged, OSError) as damage:
        await reading.quick.run(building.pyramids.drop, key, damage)
        building.wish(key)
        return None
    wanted = await reading.quick.run(exact.wanted, reading.source, record, left)
    count = sum((stop - start) * len(names) for start, stop, names in wanted)
    with reading.lane(count) as lane:
        for step in exact.steps(wanted):
            held = _nbytes(step, {lead.name: lead for lead in leads})
            with reading.holding(held):
                await lane.run(exact.add, reading.source, record, step, found)
    start, stop = int(edges[0]), int(edges[-1])
    return found, pieces.clipped(pyramid.about.corrupt, found, start, stop)


def _nbytes(step: exact.Wanted, leads: Mapping[str, Lead]) -> int:
    """Return what the pieces of a step take in memory."""
    return sum(
        (stop - start) * NUMPY[leads[name].dtypes[0]].itemsize
        for start, stop, names in step
        for name in names
    )


async def _json(lane: Lane, said: dict[str, Any], found: Envelopes) -> bytes:
    # Lead by lead: to word thousands of columns of all of them is more than one breath.
    drawn = {name: msgspec.Raw(await lane.run(_drawn, one)) for name, one in found.items()}
    return await lane.run(msgspec.json.encode, said | {"samples": drawn})


def _drawn(envelope: Envelope) -> bytes:
    """Return the envelope of a lead as JSON."""
    return msgspec.json.encode(envelope.as_json())


def _msgpack(said: dict[str, Any], found: Envelopes) -> bytes:
    both = [one.as_dtype(said["dtype"]) for one in found.values()]
    packed = msgspec.to_builtins(said)
    packed["low"] = b"".join(low.tobytes() for low, _ in both)
    packed["high"] = b"".join(high.tobytes() for _, high in both)
    body: bytes = msgpack.packb(packed)
    return body
