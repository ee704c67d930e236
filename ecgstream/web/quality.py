"""Quality findings of a record: looked for on first need, and kept. With the verdict, if wished."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final
from weakref import WeakValueDictionary

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ecgstream.analysis.quality import Survey, detail
from ecgstream.model.block import NUMPY, Column
from ecgstream.model.record import Lead, Record
from ecgstream.storage.derived.verdict import Verdict
from ecgstream.storage.derived.verdicts import Verdicts
from ecgstream.storage.pieces import PIECE_VALUES, together
from ecgstream.web.checks import Checks
from ecgstream.web.queries import Query
from ecgstream.web.reading import Reading, steady
from ecgstream.wire.window import JSON

MOST: Final = 2_000
"""Findings of a lead that are told; of more the first, and how many are left out."""

KEPT: Final = 1_024
"""Leads whose findings are kept: some KB each, 300 KB at most."""


class Found(msgspec.Struct, frozen=True):
    """Samples [start, stop), counted at the lead's own rate."""

    start: int
    stop: int
    kind: str
    detail: str


class LeadFindings(msgspec.Struct, frozen=True):
    """The findings of a lead at `fs` Hz, in order; `left_out` counts those beyond 2,000."""

    fs: float
    findings: list[Found]
    left_out: int


class Findings(msgspec.Struct, frozen=True):
    """By lead its runs that are `missing`, `unreadable`, `infinite`, `flat` (>= 2 s), `saturated`.

    `checks` is the verdict on the whole record, for research and education; null where nobody has
    had it looked at yet.
    """

    record: str
    leads: dict[str, LeadFindings]
    checks: Verdict | None = None


def quality_routes(reading: Reading, verdicts: Verdicts | None = None) -> list[Route]:
    """Return the route of a record's quality findings; verdicts are kept in `verdicts`."""
    quality = _Quality(reading, Checks(reading, verdicts or Verdicts(None)))
    endpoint = steady(reading.source, quality.endpoint)
    return [Route("/api/v1/records/{record}/quality", endpoint, name="quality")]


class _Quality:
    """What was found, of the leads asked for last."""

    def __init__(self, reading: Reading, checks: Checks) -> None:
        self._reading = reading
        self._checks = checks
        # By version: what is stored under a record's name may be replaced.
        self._kept: OrderedDict[tuple[str, str], LeadFindings] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def endpoint(self, request: Request) -> Response:
        """`GET /api/v1/records/{record}/quality`."""
        query = Query(request, ("leads", "checks"))
        look = query.whole("checks", 0, 0, 1) == 1
        record = self._reading.source.record(request.path_params["record"])
        names = query.leads(record)
        leads = record.leads if names is None else [record.lead(name) for name in names]
        kept = self._kept
        # What two ask for at the same moment is looked for once.
        async with self._locks.setdefault(record.record, asyncio.Lock()):
            version = await self._reading.quick.run(self._reading.source.version, record.record)
            known = {one.name: (version, one.name) for one in leads}
            said = {name: kept[key] for name, key in known.items() if key in kept}
            new = [one for one in leads if one.name not in said]
            for fs in dict.fromkeys(one.fs for one in new):
                said |= await self._look(request, record, [one for one in new if one.fs == fs])
            for name, key in known.items():
                if any(found.kind == "unreadable" for found in said[name].findings):
                    # It may be another time: the window of the same samples asks each time, too.
                    continue
                kept[key] = said[name]
                kept.move_to_end(key)
        while len(kept) > KEPT:
            kept.popitem(last=False)
        ordered = {name: said[name] for name in known}
        checks = await self._checks.verdict(request, record.record, look=look)
        answer = Findings(record.record, ordered, checks)
        body = await self._reading.quick.run(msgspec.json.encode, answer)
        return Response(body, media_type=JSON)

    async def _look(
        self, request: Request, record: Record, leads: Sequence[Lead]
    ) -> dict[str, LeadFindings]:
        """Read leads of one rate through, once and piece by piece."""
        length = max(one.length for one in leads)
        said: dict[str, LeadFindings] = {}
        with self._reading.lane(length * len(leads)) as lane:
            for some in together(self._reading.source, record.record, leads):
                surveys = [Survey(one) for one in some]

                def take(span: list[list[Column]], surveys: Sequence[Survey] = surveys) -> None:
                    for survey, columns in zip(surveys, span, strict=True):
                        for column in columns:
                            survey.add(column)

                itemsize = max(NUMPY[one.dtypes[0]].itemsize for one in some)
                with self._reading.holding(PIECE_VALUES * itemsize):
                    names = [one.name for one in some]
                    span = (record.record, names, 0, length)
                    await self._reading.each(lane, request, span, take)
                for one, survey in zip(some, surveys, strict=True):
                    said[one.name] = await lane.run(_told, one, survey)
        return said


def _told(lead: Lead, survey: Survey) -> LeadFindings:
    found = survey.findings()
    told = [Found(one.start, one.stop, one.kind, detail(one, lead)) for one in found[:MOST]]
    return LeadFindings(lead.fs, told, len(found) - len(told))
