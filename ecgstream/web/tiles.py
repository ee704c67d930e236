"""The outline of a record, and the tiles of its pyramid (PROTOCOL section 3, docs/tiles.md)."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ecgstream.errors import BadField, NotMadeYet, QueryError, TileNotFound
from ecgstream.model.block import MISSING, NUMPY, Dtype, Samples
from ecgstream.model.record import Lead, Record, common_dtype
from ecgstream.storage import pieces
from ecgstream.storage.derived.pyramid import FIRST, tile_bounds, width
from ecgstream.storage.derived.pyramid_file import Damaged, Pyramid
from ecgstream.storage.derived.pyramids import Key, Pyramids
from ecgstream.storage.pieces import Runs
from ecgstream.storage.source import SignalSource
from ecgstream.web import negotiation
from ecgstream.web.asking import asked_leads
from ecgstream.web.building import Building
from ecgstream.web.envelopes import sampled
from ecgstream.web.queries import Query
from ecgstream.web.reading import LARGE_VALUES, Reading, steady
from ecgstream.wire import tiles as wire
from ecgstream.wire.envelope import closed, neutral, opened
from ecgstream.wire.tiles import OutlineGroup
from ecgstream.wire.window import MSGPACK

AT_ONCE_VALUES: Final = 1 << 22
"""Values that are decoded for one tile at most, where the pyramid is not there: some 15 ms."""
QUICK_VALUES: Final = 1 << 19
"""Up to so many it need not take its turn among the large answers: a picture is many tiles."""
PIECES_MOST: Final = 4_096
"""Pieces of an outline: a day in row groups of 30 s is 2,880. Of more, neighbours are joined."""

RETRY_MS: Final = 1_000
"""When to ask again for what is being made: a day of twelve leads takes some seconds."""

_WHOLE: Final = re.compile(r"[0-9]{1,16}")

FOR_GOOD: Final = "private, max-age=31536000, immutable"
"""A tile belongs to a version: what that is of does not change."""


def tile_routes(reading: Reading, building: Building) -> list[Route]:
    """Return `/outline` and `/tiles/...`."""
    one = "/api/v1/records/{record}"
    # A lead's name may hold anything, a slash too.
    tile = one + "/tiles/{version}/{lead:path}/{level}/{n}"
    return [
        Route(
            one + "/outline",
            steady(reading.source, partial(_outline, reading, building)),
            name="outline",
        ),
        Route(tile, steady(reading.source, partial(_tile, reading, building)), name="tile"),
    ]


async def _outline(reading: Reading, building: Building, request: Request) -> Response:
    """`GET /api/v1/records/{record}/outline`."""
    negotiation.chosen(request.headers.get("accept"), (MSGPACK,))
    record = reading.source.record(request.path_params["record"])
    leads = asked_leads(Query(request, ("leads",)), record)
    key = (record.record, leads[0].fs)
    built = not building.pyramids.needed(key)
    built = built or await reading.quick.run(building.pyramids.find, key) is not None
    if not built:
        building.wish(key)
    body, etag = await reading.quick.run(_outlined, reading.source, record, leads, built)
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    if negotiation.matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=MSGPACK)


def _outlined(
    source: SignalSource,
    record: Record,
    leads: Sequence[Lead],
    built: bool,  # noqa: FBT001
) -> tuple[bytes, str]:
    """Return the outline and its entity tag. Reads nothing."""
    fs, dtype = leads[0].fs, common_dtype(leads)
    head = {
        "record": record.record,
        "version": source.version(record.record),
        "built": built,
        "fs": fs,
        "length": record.length_at(fs),
        "leads": wire.infos(leads),
    }
    alike: dict[bytes, list[Lead]] = {}
    for lead in leads:
        alike.setdefault(source.edges(record.record, lead.name).tobytes(), []).append(lead)
    groups = [_group(source, record.record, some, dtype) for some in alike.values()]
    body = wire.outline(head, groups, dtype)
    return body, f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def _group(source: SignalSource, record: str, leads: Sequence[Lead], dtype: Dtype) -> OutlineGroup:
    edges = source.edges(record, leads[0].name)
    together = -(-(len(edges) - 1) // PIECES_MOST) or 1
    begins = np.arange(0, len(edges) - 1, together)
    lows, highs, known = [], [], []
    for lead in leads:
        said = source.extremes(record, lead.name)
        low, high = opened(said.low, said.high, lead.dtypes[0])
        sure = said.known
        if together > 1:
            low, high = np.minimum.reduceat(low, begins), np.maximum.reduceat(high, begins)
            sure = np.logical_and.reduceat(sure, begins)
        # What is said of a part of it would be taken for the whole.
        above, below = neutral(lead.dtypes[0])
        low, high = closed(np.where(sure, low, above), np.where(sure, high, below), dtype)
        lows.append(low)
        highs.append(high)
        known.append(sure.astype(np.uint8))
    names = [lead.name for lead in leads]
    return OutlineGroup(names, [*edges[begins].tolist(), int(edges[-1])], lows, highs, known)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A tile that there is: samples [start, stop) of leads, in columns of `level`."""

    record: Record
    version: str
    leads: tuple[Lead, ...]
    level: int
    n: int
    start: int
    stop: int

    @property
    def fs(self) -> float:
        return self.leads[0].fs

    @property
    def dtype(self) -> Dtype:
        return common_dtype(self.leads)

    def head(self) -> dict[str, Any]:
        return {
            "record": self.record.record,
            "version": self.version,
            "fs": self.fs,
            "level": self.level,
            "n": self.n,
            "start": self.start,
            "stop": self.stop,
            "dtype": self.dtype,
            "leads": wire.infos(self.leads),
        }

    def edges(self) -> NDArray[np.int64]:
        """Return where its columns begin, and `stop` last."""
        begins = np.arange(self.start, self.stop, width(self.level), dtype=np.int64)
        return np.append(begins, self.stop)

    def etag(self) -> str:
        names = "\0".join(lead.name for lead in self.leads)
        said = f"{self.record.record}\0{self.version}\0{self.level}\0{self.n}\0{names}"
        return f'"{hashlib.blake2b(said.encode(), digest_size=16).hexdigest()}"'


async def _tile(reading: Reading, building: Building, request: Request) -> Response:
    """`GET /api/v1/records/{record}/tiles/{version}/{lead}/{level}/{n}`."""
    negotiation.chosen(request.headers.get("accept"), (MSGPACK,))
    Query(request, ())
    source, pyramids = reading.source, building.pyramids
    record = source.record(request.path_params["record"])
    asked = _asked(request, record, await reading.quick.run(source.version, record.record))
    etag = asked.etag()
    headers = {"etag": etag, "cache-control": FOR_GOOD}
    if negotiation.matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    key = (record.record, asked.fs)
    made = None
    if asked.level >= FIRST and pyramids.needed(key):
        made = await reading.quick.run(_kept, pyramids, key, asked)
        if made is None:
            building.wish(key)
    if made is None:
        cost = await reading.quick.run(_cost, source, asked)
        if cost > AT_ONCE_VALUES and asked.level >= FIRST and pyramids.needed(key):
            raise _too_dear(hopeless=pyramids.hopeless(key))
        with reading.lane(0 if cost <= QUICK_VALUES else max(cost, LARGE_VALUES)) as lane:
            span = (record.record, asked.leads, asked.edges())
            found, corrupt = await sampled(reading, lane, request, span)
            both = [found[lead.name].as_dtype(asked.dtype) for lead in asked.leads]
            made = await lane.run(_packed, asked, both, corrupt), corrupt
    body, corrupt = made
    if corrupt:
        # A hole that a mended disk may fill: not to be kept for good.
        headers = {"cache-control": "no-store"}
    return Response(body, headers=headers, media_type=MSGPACK)


def _asked(request: Request, record: Record, version: str) -> _Asked:
    """Return what the path asks for. Raises TileNotFound, LeadNotFound, QueryError."""
    said = request.path_params
    if said["version"] != version:
        raise TileNotFound(
            f"record {record.record!r} has no version {said['version'][:40]!r} (any more): ask for "
            "its outline"
        )
    try:
        leads = record.choose(_names(request, record))
        common_dtype(leads)
    except BadField as error:
        raise QueryError("lead", str(error).removeprefix("leads: ")) from None
    level, n = (int(said[name]) if _WHOLE.fullmatch(said[name]) else -1 for name in ("level", "n"))
    try:
        start, stop = tile_bounds(record.length_at(leads[0].fs), level, n)
    except IndexError:
        raise TileNotFound(
            f"record {record.record!r} has no tile {said['n'][:20]} of level {said['level'][:20]}"
        ) from None
    return _Asked(record, version, leads, level, n, start, stop)


def _names(request: Request, record: Record) -> list[str]:
    """Return the names in the path: commas between them, and a comma of a name as `%2C`.

    Where a proxy has undone that, a name that has a comma in it is found if it is given alone.
    """
    known = {lead.name for lead in record.leads}
    whole: str = request.path_params["lead"]
    if whole in known:
        return [whole]
    raw = request.scope.get("raw_path", b"").decode("ascii", "replace").partition("?")[0]
    # From the end: `/lead/level/n`, where the lead's own slashes are `%2F`.
    parts = raw.rsplit("/", 3)[1].split(",") if raw.count("/") > 3 else whole.split(",")
    names = [unquote(part) for part in parts]
    return [name for said in names for name in ([said] if said in known else said.split(","))]


def _too_dear(*, hopeless: bool) -> NotMadeYet:
    if hopeless:
        return NotMadeYet(
            "the pyramid of this record is too large to be kept: ask for finer tiles", None
        )
    return NotMadeYet(
        "the pyramid of this record is not made yet: ask again, or for a finer tile", RETRY_MS
    )


def _cost(source: SignalSource, asked: _Asked) -> int:
    """Return how many values have to be decoded for a tile: whole stored pieces."""
    total = 0
    for lead in asked.leads:
        edges = source.edges(asked.record.record, lead.name)
        first = max(0, int(np.searchsorted(edges, asked.start, "right")) - 1)
        last = int(np.searchsorted(edges, asked.stop, "left"))
        sizes = np.diff(edges[first : last + 1])
        if int(sizes.sum()) * len(asked.leads) > AT_ONCE_VALUES:
            sizes = sizes[~source.empty(asked.record.record, lead.name)[first:last]]
        total += int(sizes.sum())
    return total


def _kept(pyramids: Pyramids, key: Key, asked: _Asked) -> tuple[bytes, Runs] | None:
    """Return the tile out of the pyramid, and what is corrupt in it; None: no pyramid. Blocks."""
    pyramid = pyramids.find(key)
    if pyramid is None:
        return None
    try:
        both = [_of(pyramid, lead, asked) for lead in asked.leads]
    except (Damaged, OSError) as damage:
        pyramids.drop(key, damage)
        return None
    names = [lead.name for lead in asked.leads]
    corrupt = pieces.clipped(pyramid.about.corrupt, names, asked.start, asked.stop)
    return _packed(asked, both, corrupt), corrupt


def _of(pyramid: Pyramid, lead: Lead, asked: _Asked) -> tuple[Samples, Samples]:
    kept = pyramid.tile(lead.name, asked.level, asked.n)
    if kept is None:
        nothing = np.full(len(asked.edges()) - 1, MISSING[asked.dtype], NUMPY[asked.dtype])
        return nothing, nothing
    if asked.dtype == lead.dtypes[0]:
        return kept
    return closed(*opened(*kept, lead.dtypes[0]), asked.dtype)


def _packed(asked: _Asked, both: Sequence[tuple[Samples, Samples]], corrupt: Runs) -> bytes:
    return wire.tile(asked.head(), [low for low, _ in both], [high for _, high in both], corrupt)
