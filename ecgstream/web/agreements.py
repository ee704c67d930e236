"""How far two annotation sets of a record agree, and where the next error is (PROTOCOL 3)."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ecgstream.analysis.agreement import (
    BEAT_CLASSES,
    CLASSES,
    WINDOW_S,
    Agreement,
    Score,
    compare,
    of_class,
    qrs,
)
from ecgstream.analysis.tracks import Ints
from ecgstream.errors import QueryError
from ecgstream.model.annotation import ANYWHERE, POINT, Annotations
from ecgstream.model.record import Record
from ecgstream.web.annotation_sets import Marks
from ecgstream.web.queries import Query
from ecgstream.web.reading import Reading
from ecgstream.wire.agreement import Disagreement, Rated, Said
from ecgstream.wire.window import JSON

NOTICE: Final = "for research and education"

ANY: Final = "*"

PAGE: Final = 1_000
MAX_PAGE: Final = 10_000
"""Disagreements of an answer: more than anybody looks through one by one."""

KEPT: Final = 8
"""Agreements that are kept, the ones used last: some 40 bytes a beat."""

BREATH_S: Final = 1e-4
"""For so long a comparison stands aside, every millisecond: frames are due meanwhile."""

FAR: Final = 1e9
"""Scores are within this."""


class Agreed(msgspec.Struct, frozen=True):
    """The agreement of two sets. `counts` has a row a class of `classes`, a column one of the test.

    `disagreements` are those of the cells asked for, `total` of them in all; `next` is the cursor
    of what the page had no room for.
    """

    record: str
    fs: float
    length: int
    reference: str
    test: str
    threshold: float | None
    window_ms: float
    rules: str
    notice: str
    classes: tuple[str, ...]
    counts: list[list[int]]
    excused: int
    scores: dict[str, Rated]
    total: int
    disagreements: list[Disagreement]
    next: str | None


class Comparable(msgspec.Struct, frozen=True):
    """A set that can be compared; `count` is 0 of what has yet to be found."""

    name: str
    count: int
    source: str | None


class ComparableSets(msgspec.Struct, frozen=True):
    """All sets of a record that can be compared: its own, those of models, found, people's."""

    record: str
    sets: list[Comparable]


class Marked(msgspec.Struct, frozen=True):
    """A mark of a set; `stop` null: at one sample, `lead` null: of the whole record."""

    sample: int
    stop: int | None
    label: str
    score: float | None
    lead: str | None


class NextMarked(msgspec.Struct, frozen=True):
    """The next mark or error: the `place`th of `count`, from 0; all null where there is none."""

    record: str
    set: str
    count: int
    place: int | None
    sample: int | None
    mark: Marked | None
    cell: str | None
    reference: Said | None


def agreement_routes(reading: Reading, marks: Marks) -> list[Route]:
    """Return the routes of agreement and of the next mark."""
    compared = Compared(marks, reading)
    one = "/api/v1/records/{record}"
    return [
        Route(one + "/overlays", partial(_sets, reading, marks), name="comparable_sets"),
        Route(one + "/agreement", partial(_agreement, reading, compared), name="agreement"),
        Route(one + "/overlays/{set}/next", partial(_next, reading, compared), name="next_mark"),
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Both:
    """Two sets, as far as they were asked for, at the record's rate, and their agreement."""

    reference: Annotations
    test: Annotations
    agreement: Agreement


class Compared:
    """Agreements of the sets of records, those asked for last kept."""

    def __init__(self, marks: Marks, reading: Reading) -> None:
        self.marks = marks
        self._reading = reading
        self._kept: OrderedDict[tuple[object, ...], Both] = OrderedDict()
        self._digests: OrderedDict[int, tuple[Annotations, bytes]] = OrderedDict()
        self._rows: OrderedDict[tuple[object, ...], tuple[Annotations, Ints]] = OrderedDict()
        self._lock = threading.Lock()

    async def between(
        self, record: Record, reference: str, test: str, threshold: float | None
    ) -> Both:
        """Return two sets and how far the test agrees; of it marks of `threshold` on count."""
        ours = await self.marks.of(record, reference)
        theirs = await self.marks.of(record, test)
        with self._reading.lane(len(ours) + len(theirs)) as lane:
            return await lane.run(self._both, record, ours, theirs, threshold)

    def _both(
        self, record: Record, ours: Annotations, theirs: Annotations, threshold: float | None
    ) -> Both:
        key = (
            record.record, record.fs, record.length, self._digest(ours), self._digest(theirs),
            threshold,
        )  # fmt: skip
        with self._lock:
            if (kept := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return kept
        sure = theirs.take(theirs.kept(threshold)) if threshold is not None else theirs
        agreement = compare(
            ours,
            sure,
            record.fs,
            length=record.length,
            breathe=partial(time.sleep, BREATH_S),
        )
        both = Both(ours, sure, agreement)
        with self._lock:
            self._kept[key] = both
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return both

    def rows(
        self, marks: Annotations, threshold: float | None, labels: tuple[str, ...] | None
    ) -> Ints:
        """Return the rows of a set of `threshold` and more and of some labels. Blocks."""
        key = (id(marks), threshold, labels)
        with self._lock:
            known = self._rows.get(key)
            if known is not None and known[0] is marks:
                self._rows.move_to_end(key)
                return known[1]
        rows = np.flatnonzero(marks.kept(threshold, labels))
        with self._lock:
            self._rows[key] = (marks, rows)
            while len(self._rows) > KEPT:
                self._rows.popitem(last=False)
        return rows

    def _digest(self, marks: Annotations) -> bytes:
        """Return what tells a set from another: a set may be read anew for each question."""
        with self._lock:
            known = self._digests.get(id(marks))
            if known is not None and known[0] is marks:
                self._digests.move_to_end(id(marks))
                return known[1]
        digest = hashlib.blake2b(digest_size=16)
        for column in (marks.sample, marks.symbol, marks.subtype, marks.aux_note):
            digest.update(np.ascontiguousarray(column).data)
        if marks.extras is not None:
            digest.update(np.ascontiguousarray(marks.extras.score).data)
        digest.update(repr((list(marks.symbols), list(marks.aux_notes))).encode())
        with self._lock:
            # With the set itself, so that no other one can be at its address.
            self._digests[id(marks)] = (marks, digest.digest())
            while len(self._digests) > KEPT:
                self._digests.popitem(last=False)
        return digest.digest()


async def _sets(reading: Reading, marks: Marks, request: Request) -> Response:
    """`GET /api/v1/records/{record}/overlays`."""
    Query(request, ())
    record = reading.source.record(request.path_params["record"])
    sets = [Comparable(one.name, one.count, one.source) for one in await marks.heads(record)]
    return Response(msgspec.json.encode(ComparableSets(record.record, sets)), media_type=JSON)


async def _agreement(reading: Reading, compared: Compared, request: Request) -> Response:
    """`GET /api/v1/records/{record}/agreement`."""
    query = Query(request, ("a", "b", "threshold", "cells", "cursor", "limit"))
    record = reading.source.record(request.path_params["record"])
    reference, test = query.required("a"), query.required("b")
    threshold = _threshold(query)
    cells = _cells(query)
    limit = query.whole("limit", PAGE, 0, MAX_PAGE)
    first = query.whole("cursor", 0, 0, 2**53)
    both = await compared.between(record, reference, test, threshold)

    def answer() -> bytes:
        found = both.agreement
        counts = found.counts
        events = _errors(found, cells)
        page = events[first : first + limit]
        more = first + limit if first + limit < len(events) else None
        said = Agreed(
            record=record.record,
            fs=record.fs,
            length=record.length,
            reference=reference,
            test=test,
            threshold=threshold,
            window_ms=WINDOW_S * 1000,
            rules="bxb -S - -f 0",
            notice=NOTICE,
            classes=CLASSES,
            counts=counts.tolist(),
            excused=found.excused,
            scores={"QRS": _rated(qrs(counts))}
            | {name: _rated(of_class(counts, name)) for name in BEAT_CLASSES},
            total=len(events),
            disagreements=[_disagreement(both, int(event)) for event in page],
            next=None if more is None else str(more),
        )
        return msgspec.json.encode(said)

    return Response(await reading.quick.run(answer), media_type=JSON)


async def _next(reading: Reading, compared: Compared, request: Request) -> Response:
    """`GET /api/v1/records/{record}/overlays/{set}/next`."""
    query = Query(request, ("from", "way", "threshold", "labels", "errors_against", "cells"))
    record = reading.source.record(request.path_params["record"])
    name: str = request.path_params["set"]
    since = query.whole("from", -1, -(2**53), 2**53)
    way = query.text("way") or "next"
    if way not in {"next", "previous"}:
        raise QueryError("way", f"expected next or previous, got {way[:40]!r}")
    threshold, cells = _threshold(query), _cells(query)
    labels = query.text("labels")
    against = query.text("errors_against")
    if against is None:
        if cells is not None:
            raise QueryError("cells", "are of two sets: name the other one by errors_against")
        marks = await compared.marks.of(record, name)
        chosen = None if labels is None else tuple(labels.split(","))
        with reading.lane(len(marks)) as lane:
            rows = await lane.run(compared.rows, marks, threshold, chosen)
        found = _next_mark(marks, rows, since, way)
    else:
        if labels is not None:
            raise QueryError("labels", "are of one set; of two, name cells, such as N/V")
        both = await compared.between(record, against, name, threshold)
        found = await reading.quick.run(_next_error, both, since, way, cells)
    body = NextMarked(record=record.record, set=name, **found)
    return Response(msgspec.json.encode(body), media_type=JSON)


def _next_mark(marks: Annotations, rows: Ints, since: int, way: str) -> dict[str, Any]:
    place = _following(marks.sample, rows, since, way)
    row = None if place is None else int(rows[place])
    return {
        "count": len(rows),
        "place": place,
        "sample": None if row is None else int(marks.sample[row]),
        "mark": None if row is None else _mark(marks, row),
        "cell": None,
        "reference": None,
    }


def _next_error(
    both: Both, since: int, way: str, cells: Sequence[tuple[int, int]] | None
) -> dict[str, Any]:
    events = _errors(both.agreement, cells)
    place = _following(both.agreement.sample, events, since, way)
    if place is None:
        nothing = dict.fromkeys(("place", "sample", "mark", "cell", "reference"))
        return {"count": len(events), **nothing}
    event = int(events[place])
    row = int(both.agreement.test[event])
    one = _disagreement(both, event)
    return {
        "count": len(events),
        "place": place,
        "sample": one.sample,
        "mark": None if row < 0 else _mark(both.test, row),
        "cell": one.cell,
        "reference": one.reference,
    }


def _following(samples: Ints, rows: Ints, since: int, way: str) -> int | None:
    """Return which of `rows` of sorted samples comes next behind or before; None: none does."""
    # By the row at that place: no copy of a million samples.
    if way == "next":
        place = int(np.searchsorted(rows, np.searchsorted(samples, since, side="right")))
    else:
        place = int(np.searchsorted(rows, np.searchsorted(samples, since, side="left"))) - 1
    return place if 0 <= place < len(rows) else None


def _errors(found: Agreement, cells: Sequence[tuple[int, int]] | None) -> Ints:
    """Return the events of some cells; None: all in which both do not say the same."""
    if cells is None:
        return found.errors
    wanted = np.zeros((len(CLASSES), len(CLASSES)), np.bool_)
    for row, column in cells:
        wanted[row, column] = True
    return np.flatnonzero(wanted[found.of_reference, found.of_test])


def _threshold(query: Query) -> float | None:
    if query.text("threshold") is None:
        return None
    return float(query.decimal("threshold", 0, -FAR, FAR))


def _cells(query: Query) -> list[tuple[int, int]] | None:
    """Return cells such as `N/V,*/O`; `*` is every class of beats. Raises QueryError."""
    said = query.text("cells")
    if said is None:
        return None
    found: list[tuple[int, int]] = []
    for cell in said.split(","):
        row, _, column = cell.upper().partition("/")
        rows, columns = (BEAT_CLASSES if name == ANY else (name,) for name in (row, column))
        known = {*rows, *columns} <= set(CLASSES) and not {*rows, *columns} <= {"O", "X"}
        if not known:
            raise QueryError(
                "cells",
                f"expected pairs of {', '.join(CLASSES)} such as N/V, * for any beat; "
                f"got {cell[:40]!r}",
            )
        found += [(CLASSES.index(r), CLASSES.index(c)) for r in rows for c in columns]
    return found


def _disagreement(both: Both, event: int) -> Disagreement:
    found = both.agreement
    row, column = int(found.of_reference[event]), int(found.of_test[event])
    return Disagreement(
        sample=int(found.sample[event]),
        cell=f"{CLASSES[row]}/{CLASSES[column]}",
        reference=_said(both.reference, int(found.reference[event])),
        test=_said(both.test, int(found.test[event])),
    )


def _said(marks: Annotations, row: int) -> Said | None:
    if row < 0:
        return None
    return Said(int(marks.sample[row]), marks.label(row), _score(marks, row))


def _mark(marks: Annotations, row: int) -> Marked:
    extras = marks.extras
    stop = POINT if extras is None else int(extras.stop[row])
    lead = ANYWHERE if extras is None else int(extras.lead[row])
    return Marked(
        sample=int(marks.sample[row]),
        stop=None if stop == POINT else stop,
        label=marks.label(row),
        score=_score(marks, row),
        lead=None if extras is None or lead == ANYWHERE else extras.leads[lead],
    )


def _score(marks: Annotations, row: int) -> float | None:
    if marks.extras is None:
        return None
    score = float(marks.extras.score[row])
    return None if np.isnan(score) else score


def _rated(score: Score) -> Rated:
    return Rated(
        score.found,
        score.missed,
        score.extra,
        score.sensitivity,
        score.predictivity,
        score.f1,
    )
