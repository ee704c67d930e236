"""`GET /api/v1/records/{record}/export`: a file to take away, made beside the server."""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ecgstream.archive import export_process
from ecgstream.archive.exporting import Filling, Limits, annotations_of, to_read
from ecgstream.archive.ordering import FARTHEST, FORMATS, Order, begun, calipers, file_name
from ecgstream.errors import BadField, LimitReached, QueryError, TooLarge
from ecgstream.formats.pdf_sheet import GAINS, LAYOUTS, PAPERS, SPEEDS, Sheet
from ecgstream.model.block import NUMPY
from ecgstream.model.excerpt import Excerpt
from ecgstream.model.record import Record
from ecgstream.storage.source import SignalSource, one_version
from ecgstream.web.queries import Query
from ecgstream.web.reading import SEND_BYTES, Body, Reading
from ecgstream.web.records import MAX_VALUES

PAGES: Final = 60
"""Pages of a PDF: ten minutes of twelve leads."""
AT_ONCE: Final = 1
"""Exports being made: each takes a core for seconds."""
MOST: Final = 8
"""Exports waiting, being made or being sent; whoever comes then is told to come back."""
MAKE_S: Final = 60.0
"""An export that takes longer is ended."""

ALONE: Final = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "MALLOC_ARENA_MAX": "2",
}
"""Each thread of a library reserves address space, of which an export has a bounded amount."""

KNOWN: Final = (
    *("format", "leads", "start", "stop", "annotations", "stamp"),
    *("layout", "paper", "speed", "gain", "rhythm", "filter", "caliper"),
)
"""The parameters."""

LIMITS: Final = Limits(MAX_VALUES, PAGES)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of several: what is ordered of `record`, under which name."""

    record: Record
    order: Order
    name: str


class Exports:
    """Makes files, a bounded number at a time. Belongs to one event loop."""

    def __init__(
        self,
        source: SignalSource,
        readers: Executor,
        version: str,
        *,
        limits: Limits = LIMITS,
        make_s: float = MAKE_S,
        module: str = export_process.MODULE,
    ) -> None:
        self._reading = Reading(source, readers)
        self._version = version
        self._limits = limits
        self._make_s = make_s
        self._module = module
        self._room = asyncio.Semaphore(AT_ONCE)
        self._under_way = 0

    async def endpoint(self, request: Request) -> Response:
        """Answer with the file."""
        source = self._reading.source
        record = source.record(request.path_params["record"])
        with _fields():
            order = _order(Query(request, KNOWN), record)
            to_read(record, order, self._limits)
        async with self._place() as place:
            with _fields():
                await self._made(request, record, order, place.folder / "out")
            place.keep()
        return self._file(place, file_name(record, order), FORMATS[order.format][1])

    async def packed(
        self, request: Request, parts: Sequence[Part], beside: Mapping[str, bytes], name: str
    ) -> Response:
        """Answer with a zip archive `name` of `parts`, made one after the other, and of `beside`.

        Raises BadField, LeadNotFound, TooLarge, LimitReached, what an export raises.
        """
        for part in parts:
            to_read(part.record, part.order, self._limits)
        async with self._place() as place:
            for number, part in enumerate(parts):
                await self._made(request, part.record, part.order, place.folder / str(number))
            await asyncio.to_thread(_pack, place.folder, parts, beside)
            place.keep()
        return self._file(place, name, "application/zip")

    @asynccontextmanager
    async def _place(self) -> AsyncIterator["_Place"]:
        """Offer a folder, which goes with the block unless it is kept. Raises LimitReached."""
        if self._under_way >= MOST:
            raise LimitReached("too many exports are under way; ask again in a moment")
        try:
            place = _Place(Path(tempfile.mkdtemp(prefix="ecgstream-export-")))
        except OSError as error:
            raise export_process.no_room(error) from error
        self._under_way += 1
        try:
            yield place
        finally:
            if not place.kept:
                self._done(place.folder)

    def _file(self, place: "_Place", name: str, media_type: str) -> Response:
        headers = {
            "content-disposition": f'attachment; filename="{name}"',
            "cache-control": "private, no-cache",
            "content-length": str(place.size),
        }
        done = partial(self._done, place.folder)
        return _File(self._reading, place.folder, done, headers, media_type)

    def _done(self, folder: Path) -> None:
        self._under_way -= 1
        shutil.rmtree(folder, ignore_errors=True)

    async def _made(self, request: Request, record: Record, order: Order, out: Path) -> None:
        """Read what is ordered, and have it written to `out`."""
        wanted = to_read(record, order, self._limits)
        count, names = wanted.stop - wanted.start, [lead.name for lead in wanted.leads]
        nbytes = sum(count * NUMPY[one.dtypes[0]].itemsize for one in wanted.leads)
        reading, fs = self._reading, wanted.leads[0].fs
        async with self._room:
            with reading.holding(nbytes):
                with (
                    one_version(reading.source, record.record),
                    reading.lane(count * len(names)) as lane,
                ):
                    filling = await lane.run(Filling, record, wanted)
                    span = (record.record, names, wanted.start, wanted.stop)
                    await reading.each(lane, request, span, filling.take)
                    marks = await lane.run(annotations_of, reading.source, record.record, order, fs)
                await self._written(request, order, filling.excerpt(marks), out)

    async def _written(self, request: Request, order: Order, excerpt: Excerpt, out: Path) -> None:
        """Have a process write `out`.

        Raises what it told, TooLarge where it takes too long, and ClientDisconnect.
        """
        job = export_process.Job.of(order, excerpt, self._version, self._limits.pages)
        async with _process(self._module, str(out)) as process:
            talk = asyncio.create_task(_talked(process, job, excerpt))
            gone = asyncio.create_task(_gone(request))
            try:
                await asyncio.wait(
                    {talk, gone}, timeout=self._make_s, return_when=asyncio.FIRST_COMPLETED
                )
                if not talk.done():
                    if gone.done():
                        raise ClientDisconnect
                    raise TooLarge(f"this takes longer than {self._make_s:g} s: ask for less")
                code, said = await talk
            finally:
                talk.cancel()
                gone.cancel()
        if code:
            # What it did not tell is our mistake; its traceback is in the log of the server.
            raise export_process.failure(said) or RuntimeError(f"an export ended with {code}")


@dataclass(slots=True)
class _Place:
    """A folder in which `out` is made."""

    folder: Path
    size: int = 0
    kept: bool = False

    def keep(self) -> None:
        """Have it stay until `out` was sent."""
        self.size = (self.folder / "out").stat().st_size
        self.kept = True


def _pack(folder: Path, parts: Sequence[Part], beside: Mapping[str, bytes]) -> None:
    """Pack the files 0, 1, ... of `folder`, and `beside`. Raises LimitReached.

    A WFDB record is some files: a folder, and no archive in an archive.
    """
    try:
        with ZipFile(folder / "out", "w", ZIP_DEFLATED) as packed:
            for name, held in beside.items():
                packed.writestr(ZipInfo(name), held, ZIP_DEFLATED)
            for number, part in enumerate(parts):
                if part.order.format != "wfdb":
                    packed.write(folder / str(number), part.name)
                    continue
                with ZipFile(folder / str(number)) as inner:
                    for one in inner.namelist():
                        inside = ZipInfo(f"{Path(part.name).stem}/{one}")
                        packed.writestr(inside, inner.read(one), ZIP_DEFLATED)
    except OSError as error:
        raise export_process.no_room(error) from error


async def _talked(
    process: asyncio.subprocess.Process, job: export_process.Job, excerpt: Excerpt
) -> tuple[int, bytes]:
    """Give the process its job; return how it ended and what it said."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError, ConnectionResetError):  # it has told why, or its code does
        for part in export_process.parts(job, excerpt):
            process.stdin.write(part)
            await process.stdin.drain()
        process.stdin.close()
    said = await process.stdout.read()
    return await process.wait(), said


async def _gone(request: Request) -> None:
    """Return when the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


@asynccontextmanager
async def _process(module: str, out: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a module with pipes; it is ended when the block is."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, out),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **ALONE},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class _File(Body):
    """A file, sent piece by piece as long as it is taken; then it is removed."""

    def __init__(
        self, reading: Reading, folder: Path, done: Any, headers: dict[str, str], media_type: str
    ) -> None:
        length = headers.pop("content-length")
        super().__init__(
            reading,
            reading.quick,
            _pieces(folder / "out"),
            SEND_BYTES,
            headers=headers,
            media_type=media_type,
        )
        self.headers["content-length"] = length
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._done()


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(SEND_BYTES):
            yield piece


@contextmanager
def _fields() -> Iterator[None]:
    """Name the parameter that an error is about."""
    try:
        yield
    except QueryError:
        raise
    except BadField as error:
        field, _, said = str(error).partition(": ")
        raise (QueryError(field, said) if field in KNOWN else error) from None


def _order(query: Query, record: Record) -> Order:
    """Return what a request asks for. Raises QueryError, BadField, LeadNotFound."""
    leads = tuple(query.leads(record) or ())
    length = record.length_at(record.choose(leads or None)[0].fs)
    return Order(
        _one_of(query.required("format"), tuple(FORMATS), "format"),
        begun(query.whole("start", 0, 0, FARTHEST), length),
        query.whole("stop", length, 0, length),
        leads,
        annotations=_names(query.text("annotations")),
        filter=query.text("filter") or "none",
        sheet=Sheet(
            _one_of(query.text("layout"), (None, *LAYOUTS), "layout"),
            _one_of(query.text("paper") or "a4", tuple(PAPERS), "paper"),
            _one_of(float(query.decimal("speed", 25, 0, 1000)), SPEEDS, "speed"),
            _one_of(float(query.decimal("gain", 10, 0, 1000)), GAINS, "gain"),
            _names(query.text("rhythm")),
            calipers(query.text("caliper")),
        ),
        time=datetime.now(UTC).isoformat(timespec="seconds") if _stamped(query) else None,
    )


def _stamped(query: Query) -> bool:
    return bool(query.whole("stamp", 0, 0, 1))


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _one_of(value: Any, known: tuple[Any, ...], name: str) -> Any:
    """Return `value`, which has to be one of `known`. Raises QueryError."""
    if value not in known:
        listed = ", ".join(str(one) for one in known if one is not None)
        raise QueryError(name, f"{value!r} is none of {listed}")
    return value


def export_routes(exports: Exports) -> list[Route]:
    """Return the route."""
    return [Route("/api/v1/records/{record}/export", exports.endpoint, name="export")]
