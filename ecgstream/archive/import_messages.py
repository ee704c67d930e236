"""What an import and the processes that read for it say to each other: frames of msgpack."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import msgspec

_HEAD: Final = struct.Struct("<I")

MOST: Final = 64 << 20
"""Bytes of one message: what comes from a process that has read a hostile file is not trusted."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the importer is told.

    `patient`: for all records; None = the record's own name, or the id in the header where
    identities are kept. `source`, `licence`: go into every footer. `prefix`: begins every record
    id. In `patient`, `source` and `prefix`, `{name}` stands for a record's own name, `{folder}`
    for that of its folder and `{format}` for that of its format.
    `pyramids`: whether long records get their envelope pyramid beside them (`docs/tiles.md`).
    `keep_identity`: whether names, dates of birth, ids and free text of headers come along.
    `shift_key`: by which dates move, a number of days a patient (None: they stay).
    `name_key`: by which records are called instead of by their files (None: by their files).
    """

    patient: str | None = None
    source: str | None = None
    licence: str | None = None
    prefix: str = ""
    pyramids: bool = True
    keep_identity: bool = False
    shift_key: bytes | None = field(default=None, repr=False)
    name_key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may take, in a process of its own.

    `memory_mb`: of the whole process. `seconds`: by the clock and of a processor; None: as many as
    its size makes likely.
    """

    memory_mb: int = 400
    seconds: float | None = None

    def seconds_for(self, size: int) -> float:
        """Return the seconds for a source of `size` bytes."""
        if self.seconds is not None:
            return self.seconds
        # A busy disk and an old processor: ten times what has been seen of the slowest format.
        return 120.0 + size / 500_000


class Task(msgspec.Struct, frozen=True, tag=True):
    """A source to be imported as `record`.

    `name` is its own, `folder` that of its folder; `standing` are the folders of patients below
    the archive in which that record is already. `told` is what a mapping says of it.
    """

    path: str
    format: str
    name: str
    folder: str
    record: str
    standing: tuple[str, ...] = ()
    told: dict[str, Any] | None = None
    size: int = 0


class Begin(msgspec.Struct, frozen=True, tag=True):
    """What a process is told first."""

    out: str
    mark: str
    options: Options
    limits: Limits


class Ready(msgspec.Struct, frozen=True, tag=True):
    """It has begun."""


class Step(msgspec.Struct, frozen=True, tag=True):
    """How much of the task is done, 0 to 1."""

    done: float


class Done(msgspec.Struct, frozen=True, tag=True):
    """The record stands in the archive; `unreadable`: by file why it is not all of it."""

    patient: str
    changed: bool
    remarks: tuple[str, ...] = ()
    unreadable: Mapping[str, str] = {}


class Failed(msgspec.Struct, frozen=True, tag=True):
    """It does not. `last`: the process ends itself after this, its memory is used up."""

    reason: str
    last: bool = False


Order = Begin | Task
Answer = Ready | Step | Done | Failed

_ORDERS: Final = msgspec.msgpack.Decoder(Order)
_ANSWERS: Final = msgspec.msgpack.Decoder(Answer)


def send(out: BinaryIO, said: Order | Answer) -> None:
    """Write one message. Raises OSError where nobody listens any more."""
    body = msgspec.msgpack.encode(said)
    out.write(_HEAD.pack(len(body)) + body)
    out.flush()


def order(given: BinaryIO) -> Order | None:
    """Return the next order; None at the end."""
    body = _body(given)
    return None if body is None else _ORDERS.decode(body)


def answer(given: BinaryIO) -> Answer | None:
    """Return the next answer; None at the end, and where it is none."""
    body = _body(given)
    try:
        return None if body is None else _ANSWERS.decode(body)
    except (msgspec.DecodeError, ValueError):
        return None


def _body(given: BinaryIO) -> bytes | None:
    head = given.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    (size,) = _HEAD.unpack(head)
    body = given.read(size) if size <= MOST else b""
    return body if len(body) == size else None
