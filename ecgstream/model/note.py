"""An annotation that a person writes: what it may be, and its versions."""

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from ecgstream.errors import BadField, OutOfRange
from ecgstream.model.annotation import SYMBOLS, Annotation
from ecgstream.model.record import Record

SET: Final = "notes"
"""Of which set one is that names none."""
SET_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
SET_EXPECTED: Final = "1 to 64 of A-Z a-z 0-9 . _ -, a letter or digit first"
IDS: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
AUX_BYTES: Final = 255
"""Of UTF-8; the longest note that WFDB's own library reads (annot(5))."""
TAGS: Final = 16
TAG_LETTERS: Final = 64
SYMBOL_LETTERS: Final = 16
"""Of a symbol that a file defines itself."""
BYTE: Final = (-128, 127)
CHANS: Final = (0, 255)
"""Of `subtype` and `num`, and of `chan`: a byte each in WFDB's files."""

PLACE: Final = frozenset({"sample", "stop", "lead", "chan"})
"""Whoever changes one of these has looked at the samples that are there now."""


@dataclass(frozen=True, slots=True)
class Note:
    """A version of an annotation, of [`sample`, `stop`) or, where `stop` is None, of a point.

    Samples count at `fs`, the rate of its record; `content` names the samples that it was made on.
    `lead` None: of all leads. `symbol`, `subtype`, `chan`, `num` and `aux_note` are WFDB's.
    `author` made it at `time`, `changed_by` this version at `changed`: seconds since 1970.
    """

    id: str
    version: int
    record: str
    set_name: str
    sample: int
    stop: int | None
    lead: str | None
    chan: int
    symbol: str
    subtype: int
    num: int
    aux_note: str
    tags: tuple[str, ...]
    deleted: bool
    author: str
    time: float
    changed_by: str
    changed: float
    fs: float
    content: str

    def succeeded(
        self, fields: dict[str, Any], by: str, now: float, content: str, fs: float
    ) -> "Note":
        """Return the next version, with other `fields`; `content` and `fs` are the record's now."""
        moved = any(name in PLACE for name in fields)
        return replace(
            self,
            **fields,
            version=self.version + 1,
            changed_by=by,
            changed=now,
            content=content if moved else self.content,
            fs=fs if moved else self.fs,
        )

    def says(self, fields: dict[str, Any]) -> bool:
        """Say whether it has these fields already."""
        return all(getattr(self, name) == value for name, value in fields.items())

    def annotation(self) -> Annotation:
        """Return what of it WFDB has a place for."""
        return Annotation(
            self.sample, self.symbol, self.subtype, self.chan, self.num, self.aux_note
        )


def checked_set(name: str, field: str = "set") -> str:
    """Return the name of a set. Raises BadField."""
    if not SET_NAME.fullmatch(name):
        raise BadField(f"{field}: {name[:64]!r} is no name of a set; expected {SET_EXPECTED}")
    return name


def checked_id(text: str) -> str:
    """Return an id, in small letters. Raises BadField."""
    if not IDS.fullmatch(text.lower()):
        raise BadField(f"id: {text[:64]!r} is no UUID (8-4-4-4-12 hexadecimal digits)")
    return text.lower()


def checked_place(record: Record, sample: int, stop: int | None, lead: str | None) -> None:
    """Raise OutOfRange or LeadNotFound for a place that is not in the record."""
    length = record.length
    if not 0 <= sample <= length:
        raise OutOfRange(f"sample: {sample} is not in the record, which has {length} samples")
    if stop is not None and not sample < stop <= length:
        raise OutOfRange(
            f"stop: {stop} is not within {sample + 1} to {length}; null is a point and no stretch"
        )
    if lead is not None:
        record.lead(lead)


def checked_fields(fields: dict[str, Any], *, own_symbol: str | None = None) -> dict[str, Any]:
    """Return fields as they are kept. Raises BadField.

    `own_symbol` is one that the note has already, of a file that had symbols of its own.
    """
    symbol = fields.get("symbol")
    if symbol is not None and symbol not in SYMBOLS and symbol != own_symbol:
        raise BadField(
            f"symbol: {symbol[:SYMBOL_LETTERS]!r} is none of WFDB's: {' '.join(SYMBOLS)}"
        )
    for name, (low, high) in (("subtype", BYTE), ("num", BYTE), ("chan", CHANS)):
        if not low <= fields.get(name, 0) <= high:
            raise BadField(f"{name}: {fields[name]} is not within {low} to {high}")
    aux_note = fields.get("aux_note", "")
    if "\0" in aux_note:
        raise BadField("aux_note: has a NUL in it")
    if (size := len(aux_note.encode())) > AUX_BYTES:
        raise BadField(f"aux_note: {size} bytes of UTF-8, more than {AUX_BYTES}")
    if "tags" in fields:
        fields = {**fields, "tags": _tags(fields["tags"])}
    return fields


def _tags(said: list[str]) -> tuple[str, ...]:
    """Return tags without doubles, in the order given. Raises BadField."""
    tags = tuple(dict.fromkeys(said))
    if len(tags) > TAGS:
        raise BadField(f"tags: {len(tags)}, more than {TAGS}")
    for tag in tags:
        if not 0 < len(tag) <= TAG_LETTERS or not tag.isprintable() or tag != tag.strip():
            raise BadField(
                f"tags: {tag[:TAG_LETTERS]!r}: expected 1 to {TAG_LETTERS} letters that can be "
                "seen, no blank at either end"
            )
    return tags
