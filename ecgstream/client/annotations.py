"""Annotations of records: those imported, published, and written by people."""

import json
import uuid
from collections.abc import Iterable
from typing import Any

import msgspec

MOST = 10_000
"""Annotations of a page."""


class Annotation(msgspec.Struct, frozen=True):
    """A mark of `set`, at `sample` or over [`sample`, `stop`), at the rate of the record.

    `symbol`, `subtype`, `chan`, `num` and `aux_note` are WFDB's; `lead` None: of all, or not known.
    `score` is a model's. The rest is of those that people write: `author` made it at `time`,
    `changed_by` this `version` at `changed` (seconds since 1970); `other_samples` where the record
    had other samples then.
    """

    sample: int
    symbol: str
    subtype: int
    chan: int
    num: int
    aux_note: str
    set: str = ""
    lead: str | None = None
    stop: int | None = None
    score: float | None = None
    tags: tuple[str, ...] = ()
    id: str | None = None
    version: int | None = None
    author: str | None = None
    time: float | None = None
    changed_by: str | None = None
    changed: float | None = None
    deleted: bool = False
    other_samples: bool = False


class _Set(msgspec.Struct, frozen=True):
    name: str
    annotations: list[Annotation]


class Page(msgspec.Struct, frozen=True):
    """Some annotations, and the cursor of the next ones."""

    sets: list[_Set]
    next: str | None

    def annotations(self) -> Iterable[Annotation]:
        """Yield them, each with its set."""
        for one in self.sets:
            for mark in one.annotations:
                yield msgspec.structs.replace(mark, set=one.name)


def new(fields: dict[str, Any]) -> bytes:
    """Return the body that makes one; its id makes that it can be sent again."""
    said = {name: value for name, value in fields.items() if value is not None}
    return json.dumps({"id": str(uuid.uuid4()), **said}).encode()
