"""A server, to ask for records, windows and streams."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from ecgstream.client import annotations, catalog, models, windows
from ecgstream.client.address import Address, address_of
from ecgstream.client.annotations import Annotation
from ecgstream.client.catalog import Page, Record
from ecgstream.client.errors import ClientError
from ecgstream.client.http import Query, Site
from ecgstream.client.line import Line
from ecgstream.client.models import Agreement, Published
from ecgstream.client.signal import Window
from ecgstream.client.stream import Stream
from ecgstream.client.terms import At, Terms
from ecgstream.wire.agreement import Disagreement
from ecgstream.wire.beats import BeatSheet

if TYPE_CHECKING:
    import pyarrow as pa

JSON: Final = "application/json"
RECORDS: Final = "/records"
ASK_AGAIN_S: Final = 0.2


@asynccontextmanager
async def connect(
    url: str, *, token: str | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator["Client"]:
    """Offer a client of the server at `url`, `http://HOST:PORT` or `https://HOST`.

    `token` is one that `ecgstream token` made, where the server wants one; `tls` what certificates
    to trust for https, if not the system's. Nothing is asked yet: what is wrong with address or
    token is said by the first thing that is. Raises ValueError for what is no address.
    """
    client = Client(address_of(url, token, tls), Random())  # noqa: S311 - jitter, no secret
    try:
        yield client
    finally:
        await client.aclose()


class Client:
    """A server, as `connect` offers it. Everything raises a ClientError where it fails."""

    def __init__(self, address: Address, random: Random) -> None:
        self._address = address
        self._random = random
        self._site = Site(address, random)
        self._streams: set[Stream] = set()
        self._closed = False

    async def aclose(self) -> None:
        """Close all streams and connections."""
        self._closed = True
        await asyncio.gather(*(stream.aclose() for stream in list(self._streams)))
        self._site.close()

    async def records(
        self, *, query: str | None = None, patient: str | None = None
    ) -> AsyncIterator[Record]:
        """Yield all records, by patient and then id, page after page as they are wanted.

        `query`: words that all have to be in id, patient, names of leads or source; `patient`: that
        one's alone.
        """
        cursor: str | None = None
        while True:
            asked: Query = {"query": query, "patient": patient, "cursor": cursor}
            page = catalog.read(await self._site.get(RECORDS, asked, JSON), Page)
            for record in page.records:
                yield record
            cursor = page.next
            if cursor is None:
                return

    async def record(self, record: str) -> Record:
        """Return one record, with its gaps. Raises NotFound."""
        return catalog.read(await self._site.get(_path(record), {}, JSON), Record)

    async def window(
        self,
        record: str | Record,
        leads: Sequence[str] | None = None,
        start: int = 0,
        stop: int | None = None,
    ) -> Window:
        """Return samples [start, stop) of `leads`, as stored, as a numpy array.

        Left out: all samples of every ECG lead. What is too long for one answer comes in several,
        which nobody notices. A Record in place of its id saves the question how long it is.
        """
        queries, stop = await self._pieces(record, leads, start, stop)
        joining = windows.Joining(start, stop)
        for query in queries:
            joining.add(windows.piece(await self._window_part(record, query, windows.MSGPACK)))
        return joining.window()

    async def arrow(
        self,
        record: str | Record,
        leads: Sequence[str] | None = None,
        start: int = 0,
        stop: int | None = None,
    ) -> "pa.Table":
        """Return the same as an Arrow table: a column a lead in its stored type, null = missing.

        `unit`, `gain` and `baseline` are in the fields' metadata.
        """
        from ecgstream.client import arrow  # noqa: PLC0415 - loads pyarrow, which takes a while

        queries, stop = await self._pieces(record, leads, start, stop)
        bodies = [await self._window_part(record, query, arrow.ARROW) for query in queries]
        return arrow.table(bodies, start, stop)

    async def beats(
        self,
        record: str | Record,
        *,
        lead: str | None = None,
        start: int = 0,
        stop: int | None = None,
        columns: int | None = None,
    ) -> BeatSheet:
        """Return R peaks and heart rate of samples [start, stop), for research and education.

        In the best lead of each minute, or in `lead`, whose samples then count. With `columns` the
        rate alone, in so many columns. What nobody has looked at yet is waited for: a day takes the
        server a minute. Raises NotFound where its analysis is off.
        """
        asked: Query = {"lead": lead, "start": start, "stop": stop, "columns": columns}
        while True:
            body = await self._site.get(_path(record) + "/beats", asked, JSON)
            sheet = catalog.read(body, BeatSheet)
            if sheet.complete:
                return sheet
            # The answer itself has waited a second for what is missing.
            await asyncio.sleep(ASK_AGAIN_S)

    def stream(
        self,
        record: str | Record,
        *,
        leads: Sequence[str] | None = None,
        at: At | None = None,
        speed: float = 1.0,
        paused: bool = False,
        loop: bool = False,
        ahead: float = 0.0,
        beats: bool = False,
    ) -> Stream:
        """Return a stream of `record`, which is opened when it is entered, or first read.

        `leads`: all of one rate, None: every ECG lead. `at`: a sample, `{"seconds": s}` from the
        start, `{"time": t}` on the scale of `start_time`, `"live"`, or `"shared"`, the place that
        everybody sees who asks so. `ahead`: seconds (0 to 10) that samples come early, for a bad
        line. `beats`: yield `Beats` and `Numeric` too, for research and education. Each stream has
        a socket of its own, so that one that is not read holds no other.
        """
        if self._closed:
            raise ClientError("the client is closed", code="illegal_state")
        names = _names(leads)
        chosen = None if names is None else tuple(names)
        terms = Terms(_id(record), chosen, at, speed, paused, loop, ahead, beats)
        stream = Stream(
            lambda: Line.open(self._address),
            terms,
            random=self._random,
            on_closed=self._streams.discard,
        )
        self._streams.add(stream)
        return stream

    async def annotations(
        self,
        record: str | Record,
        set: str | None = None,  # noqa: A002 - as the server calls it
        start: int | None = None,
        stop: int | None = None,
    ) -> AsyncIterator[Annotation]:
        """Yield the annotations of a record, of all sets or one, in [start, stop) or all of it.

        Set after set, in order of time, page after page as they are wanted.
        """
        cursor: str | None = None
        while True:
            asked: Query = {
                "set": set,
                "start": start,
                "stop": stop,
                "cursor": cursor,
                "limit": annotations.MOST,
            }
            answer = await self._site.get(_path(record) + "/annotations", asked, JSON)
            page = catalog.read(answer, annotations.Page)
            for one in page.annotations():
                yield one
            cursor = page.next
            if cursor is None:
                return

    async def annotate(
        self,
        record: str | Record,
        sample: int,
        *,
        set: str = "notes",  # noqa: A002
        stop: int | None = None,
        lead: str | None = None,
        symbol: str = '"',
        subtype: int = 0,
        num: int = 0,
        aux_note: str = "",
        tags: Sequence[str] = (),
    ) -> Annotation:
        """Write an annotation at `sample`, or over [sample, stop), and return it as it is kept.

        `set` is one that people write; `symbol` WFDB's, a comment if left out. Made once, however
        often the line breaks. Raises BadRequest, which names the field.
        """
        fields = {"sample": sample, "set": set, "stop": stop, "lead": lead, "symbol": symbol}
        fields |= {"subtype": subtype, "num": num, "aux_note": aux_note, "tags": list(tags)}
        path = _path(record) + "/annotations"
        answer = await self._site.send("POST", path, annotations.new(fields), JSON)
        return catalog.read(answer, Annotation)

    async def publish(
        self,
        record: str | Record,
        set: str,  # noqa: A002 - as the server calls it
        sample: Iterable[int],
        label: str | Iterable[str],
        *,
        stop: Iterable[int | None] | None = None,
        score: Iterable[float | None] | None = None,
        lead: str | Iterable[str | None] | None = None,
    ) -> Published:
        """Keep what a model says of `record` as `set`, in place of the set of that name.

        A value a mark: `sample`, at the rate of the record; `label`, or one for all; `stop` of
        stretches (None: a mark); `score`; `lead`. Raises BadRequest, which names column and row.
        """
        body = models.rows(sample, label, stop, score, lead)
        answer = await self._site.send("PUT", _prediction(record, set), body, models.CSV)
        return catalog.read(answer, Published)

    async def withdraw(self, record: str | Record, set: str) -> None:  # noqa: A002
        """Take a published set away from a record. Raises NotFound."""
        await self._site.send("DELETE", _prediction(record, set), None, None)

    async def agreement(
        self,
        record: str | Record,
        reference: str,
        test: str,
        *,
        threshold: float | None = None,
        cells: Sequence[str] | None = None,
    ) -> Agreement:
        """Return how far the set `test` agrees with `reference`, and the first disagreements.

        Marks of `test` of a lower score than `threshold` are left out; `cells`, such as `N/V`,
        choose what is listed. For research and education.
        """
        asked = _compared(reference, test, threshold, cells)
        return await self._agreement(record, asked)

    async def disagreements(
        self,
        record: str | Record,
        reference: str,
        test: str,
        *,
        threshold: float | None = None,
        cells: Sequence[str] | None = None,
    ) -> AsyncIterator[Disagreement]:
        """Yield all disagreements of two sets, in order of time; see `agreement`."""
        asked = _compared(reference, test, threshold, cells)
        cursor: str | None = None
        while True:
            page = await self._agreement(record, {**asked, "cursor": cursor})
            for one in page.disagreements:
                yield one
            cursor = page.next
            if cursor is None:
                return

    async def _agreement(self, record: str | Record, asked: Query) -> Agreement:
        answer = await self._site.get(_path(record) + "/agreement", asked, JSON)
        return catalog.read(answer, Agreement)

    async def _pieces(
        self, record: str | Record, leads: Sequence[str] | None, start: int, stop: int | None
    ) -> tuple[list[Query], int]:
        """Return the queries that a window takes, and where it ends."""
        names = _names(leads)
        count = 0 if names is None else len(names)
        if names is None or stop is None:
            about = await self.record(record) if isinstance(record, str) else record
            count = count or len(about.leads)
            stop = await self._length(about, names) if stop is None else stop
        spans = windows.spans(start, stop, count)
        return [{"leads": names, "start": low, "stop": high} for low, high in spans], stop

    async def _length(self, about: Record, names: list[str] | None) -> int:
        """Return how many samples those leads have."""
        rates = {lead.fs for lead in about.leads if names is not None and lead.name in names}
        if rates <= {about.fs}:
            return about.length
        # The list knows the length at the rate of the ECG only; whoever plays leads is told theirs.
        async with self.stream(about, leads=names, paused=True) as stream:
            return stream.about.length

    async def _window_part(self, record: str | Record, query: Query, accept: str) -> bytes:
        return await self._site.get(_path(record) + "/window", query, accept)


def _names(leads: Sequence[str] | None) -> list[str] | None:
    """Return `leads` as a list; one name alone is a list of one. Raises ValueError for none."""
    if leads is None:
        return None
    if not leads:
        raise ValueError("leads: name at least one, or leave it out for all ECG leads")
    return [leads] if isinstance(leads, str) else list(leads)


def _id(record: str | Record) -> str:
    return record if isinstance(record, str) else record.record


def _compared(
    reference: str, test: str, threshold: float | None, cells: Sequence[str] | None
) -> Query:
    """Return the query that asks how two sets agree."""
    return {
        "a": reference,
        "b": test,
        "threshold": None if threshold is None else repr(float(threshold)),
        "cells": None if cells is None else ",".join(cells),
    }


def _prediction(record: str | Record, name: str) -> str:
    return f"{_path(record)}/predictions/{quote(name, safe='')}"


def _path(record: str | Record) -> str:
    return f"{RECORDS}/{quote(_id(record), safe='')}"
