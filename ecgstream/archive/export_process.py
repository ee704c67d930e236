"""An export in a process of its own: samples in by a pipe, a file out.

Making pages holds the interpreter for seconds; in the server's own process every viewer would wait
for it. This one may also be ended at any moment, and takes no more memory than it is allowed.
"""

import contextlib
import os
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
import numpy as np

from ecgstream.archive.exporting import Limits, write
from ecgstream.archive.ordering import Order
from ecgstream.errors import (
    BadField,
    EcgstreamError,
    ExportFailed,
    ExtraMissing,
    LimitReached,
    TooLarge,
)
from ecgstream.model.annotation import Annotation
from ecgstream.model.block import NUMPY
from ecgstream.model.excerpt import Excerpt, Run
from ecgstream.model.record import Lead, Record

MEMORY: Final = 2 << 30
"""Bytes of address space: four million values take some 400 MB as EDF+ or WFDB."""

NICE: Final = 10
"""Those who play come first."""

MODULE: Final = "ecgstream.archive.export_process"
PART: Final = 1 << 18

_HEAD: Final = struct.Struct("<I")
_FAULTS: Final[dict[str, type[EcgstreamError]]] = {
    kind.__name__: kind for kind in (BadField, ExportFailed, LimitReached, TooLarge)
}


class Job(msgspec.Struct, frozen=True):
    """All that an export needs but the samples, which follow: lead after lead, as stored."""

    order: Order
    version: str
    pages: int
    record: Record
    leads: tuple[Lead, ...]
    start: int
    stop: int
    corrupt: Mapping[str, Sequence[Run]]
    annotations: Mapping[str, Sequence[Annotation]]

    @classmethod
    def of(cls, order: Order, excerpt: Excerpt, version: str, pages: int) -> "Job":
        """Return the job of exporting `excerpt` as ordered, to at most `pages` pages."""
        return cls(
            order,
            version,
            pages,
            excerpt.record,
            excerpt.leads,
            excerpt.start,
            excerpt.stop,
            excerpt.corrupt,
            excerpt.annotations,
        )


class Failure(msgspec.Struct, frozen=True):
    """What went wrong over there, by the name of its class; `extra` of an ExtraMissing alone."""

    kind: str
    said: str
    extra: tuple[str, str, str] | None = None


def parts(job: Job, excerpt: Excerpt) -> Iterator[bytes | memoryview]:
    """Yield what the process is given on its standard input."""
    head = msgspec.msgpack.encode(job)
    yield _HEAD.pack(len(head)) + head
    for lead, samples in zip(excerpt.leads, excerpt.samples, strict=True):
        raw = np.ascontiguousarray(samples, NUMPY[lead.dtypes[0]]).data.cast("B")
        for low in range(0, len(raw), PART):
            yield raw[low : low + PART]


def failure(said: bytes) -> EcgstreamError | None:
    """Return the error that the process told on its standard output; None where it told none."""
    try:
        told = msgspec.json.decode(said, type=Failure)
    except msgspec.DecodeError:
        return None
    if told.extra is not None:
        return ExtraMissing(*told.extra)
    return _FAULTS.get(told.kind, ExportFailed)(told.said)


def no_room(error: OSError) -> LimitReached:
    """Return what is told where the file cannot be written: mostly, a disk is full."""
    return LimitReached(f"the server has no room for the file ({error.strerror or error})")


def main(out: str, given: BinaryIO, said: BinaryIO) -> int:
    """Read a job, write `out`; return the exit code: 0 done, 3 failed with a `Failure` told."""
    _limit()
    try:
        job, excerpt = _received(given)
        write(excerpt, job.order, Path(out), job.version, Limits(pages=job.pages))
    except ExtraMissing as error:
        told = Failure("ExtraMissing", str(error), (error.extra, error.package, error.purpose))
    except EcgstreamError as error:
        told = Failure(type(error).__name__, str(error))
    except OSError as error:
        told = Failure("LimitReached", str(no_room(error)))
    except MemoryError:
        told = Failure("TooLarge", "this takes more memory than an export may: ask for less")
    else:
        return 0
    said.write(msgspec.json.encode(told))
    said.flush()
    return 3


def _received(given: BinaryIO) -> tuple[Job, Excerpt]:
    (size,) = _HEAD.unpack(given.read(_HEAD.size))
    job = msgspec.msgpack.decode(given.read(size), type=Job)
    samples = []
    for lead in job.leads:
        dtype = NUMPY[lead.dtypes[0]]
        raw = given.read((job.stop - job.start) * dtype.itemsize)
        samples.append(np.frombuffer(raw, dtype))
    return job, Excerpt(
        job.record, job.leads, job.start, job.stop, tuple(samples), job.corrupt, job.annotations
    )


def _limit() -> None:
    """Take little of the processor, and no more memory than `MEMORY`, where the system can."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICE)
    with contextlib.suppress(ImportError, OSError, ValueError):
        resource: Any = __import__("resource")
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.stdin.buffer, sys.stdout.buffer))
