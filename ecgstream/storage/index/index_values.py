"""What an index keeps, as values: of files, of groups and of records. Pure."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from ecgstream.errors import LayoutError, SourceCorrupt, SourceError, SourceUnavailable
from ecgstream.storage.index.searching import Columns, Row

KINDS: Final[dict[str, type[SourceError]]] = {
    one.__name__: one for one in (SourceUnavailable, SourceCorrupt, LayoutError)
}


class Seen(NamedTuple):
    """A file as it was listed; `folders` as in `listing.Listed`."""

    root: int
    path: str
    shown: str
    folders: tuple[str, ...]
    size: int
    mtime_ns: int


class Told(msgspec.Struct, frozen=True):
    """A SourceError as it is kept."""

    kind: str
    message: str
    path: str | None
    column: str | None
    also: tuple[str, ...] = ()

    @classmethod
    def of(cls, error: SourceError) -> "Told":
        """Return what is kept of an error."""
        kind = next((name for name, one in KINDS.items() if isinstance(error, one)), "")
        return cls(kind, error.detail, error.path, error.column, error.also)

    def error(self) -> SourceError:
        """Return the error that was kept."""
        made = KINDS.get(self.kind, SourceError)
        error = made(self.message, path=self.path, column=self.column)
        error.also = self.also
        return error


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it is kept: `verdict` is what its verdict is kept by, `stored` its bytes by the
    index's codec, `files` the paths of its files where its group has records of several.
    """

    row: Row
    folder: str
    verdict: str
    stored: bytes
    files: tuple[str, ...] = ()


class Shown(NamedTuple):
    """Records as a source takes them out, column by column: `columns` but for their qualities,
    what their verdicts are kept by, and what is stored.
    """

    columns: Columns
    verdicts: list[str]
    stored: list[bytes]


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a group; `common`, if any, is needed to read its records, and may be new."""

    records: tuple[Kept, ...] = ()
    problems: tuple[Told, ...] = ()
    notes: tuple[str, ...] = ()
    common: bytes = b""
