"""What everything that offers stored samples promises."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import RecordNotFound, SourceReplaced
from ecgstream.model.annotation import AnnotationHead, Annotations
from ecgstream.model.block import Column, Samples
from ecgstream.model.record import Record
from ecgstream.storage.index.changes import Changes, Progress
from ecgstream.storage.index.searching import ALL, Facets, Filters, Key, Selection


@dataclass(frozen=True, slots=True, eq=False)
class Extremes:
    """The lowest and highest stored value of each piece of a lead, in its first dtype.

    All have shape (pieces,). MISSING stands where a piece holds nothing, and where nobody has said
    what it holds: there `known` is False.
    """

    low: Samples
    high: Samples
    known: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Beside:
    """Where files made of a record may lie beside it, and what they have to be made of.

    `content` is as `SignalSource.version`, but equal for equal copies: it goes by what the footers
    say, and by no file's time.
    """

    folder: Path
    content: str


class SignalSource(Protocol):
    """Stored records. All but `unchanged`, `read`, `gaps`, `annotations` answer from memory.

    Those touch the disk: they block, are safe on several threads at once, and are called on reader
    threads only, never on the event loop.
    """

    @property
    def indexing(self) -> Progress | None:
        """How far one is who looks at all files for the first time; None: these are all records."""
        ...

    def records(self) -> Sequence[Record]:
        """Return all records, sorted by patient, then record."""
        ...

    def record(self, record: str) -> Record:
        """Return one record. Raises RecordNotFound."""
        ...

    def search(
        self, filters: Filters = ALL, *, after: Key | None = None, offset: int = 0, limit: int = 100
    ) -> Selection:
        """Return up to `limit` of the records that `filters` let through, in order.

        From `offset` on, counted from behind the key `after` (a record that need not be there).
        Takes some 10 ms where there are 100,000: not on the event loop.
        """
        ...

    def facets(self) -> Facets:
        """Return what there is to choose from; as dear as `search`."""
        ...

    def edges(self, record: str, lead: str) -> NDArray[np.int64]:
        """Return where the stored pieces (row groups) of a lead begin, and its length last.

        Strictly increasing, first 0, last `Lead.length`; [0] for a lead of length 0. A read from
        edge to edge decodes nothing twice, but where a row group has long gaps inside. A short
        gap in time between two pieces belongs to the one before it; a long one (longer than that
        piece) is a piece of its own that holds nothing.
        """
        ...

    def empty(self, record: str, lead: str) -> NDArray[np.bool_]:
        """Return which pieces of a lead are known to hold nothing, shape (len(edges) - 1,).

        To read one gives a column without samples and takes no memory, however long it is.
        """
        ...

    def extremes(self, record: str, lead: str) -> Extremes:
        """Return the lowest and highest value of each piece of a lead without reading it.

        From what the footers say alone: what is known is exact, MISSING samples left out.
        """
        ...

    def listen(self, told: Callable[[Changes], None]) -> None:
        """Have `told` be called whenever records come, change or go, on whatever thread it is."""
        ...

    def version(self, record: str) -> str:
        """Return a name, of hexadecimal digits, for what is stored of a record.

        Another one where a file has another name, size, time of change or footer; the same one
        after a restart, in every process, and wherever the archive is mounted.
        """
        ...

    def beside(self, record: str) -> Beside | None:
        """Return where files made of a record may lie; None where it is in no local folder."""
        ...

    def unchanged(self, record: str) -> bool:
        """Return whether what is stored still is what `version` names, as far as one can see."""
        ...

    def read(self, record: str, leads: Sequence[str], start: int, stop: int) -> list[Column]:
        """Return samples [start, stop) of each of `leads`, in that order.

        0 <= start <= stop; a column ends at its lead's length where that is less than `stop`.
        Touches only the row groups that hold these samples, each once for all leads in it. A
        piece known to be all missing is not decoded. What is read takes memory for its whole span
        where there is any sample in it: read long spans piece by piece. Raises RecordNotFound,
        LeadNotFound, SourceCorrupt, SourceUnavailable.
        """
        ...

    def gaps(self, record: str, lead: str) -> NDArray[np.int64]:
        """Return the runs of missing samples of a lead, shape (n, 2): [start, stop), in order.

        From the footer where the layout keeps them there, else by reading the lead once (kept).
        """
        ...

    def annotation_sets(self, record: str) -> Sequence[AnnotationHead]:
        """Return the annotation sets of a record, sorted by name. Raises RecordNotFound."""
        ...

    def annotations(self, record: str, name: str) -> Annotations:
        """Return the annotations of that set, whole; `sample` counts at the rate of the set.

        Raises RecordNotFound, AnnotationsNotFound, and, naming the set and its file,
        SourceCorrupt and SourceUnavailable.
        """
        ...


def content_of(source: SignalSource, record: str) -> str:
    """Return a name for the samples of a record: another one where they are others.

    Equal for equal copies in local folders; elsewhere as `SignalSource.version`.
    """
    beside = source.beside(record)
    return source.version(record) if beside is None else beside.content


@contextmanager
def one_version(source: SignalSource, record: str) -> Iterator[None]:
    """Raise SourceReplaced where a record is another one at the end than at the beginning.

    Whoever asks a source more than once for an answer does so in this, or it may be of both.
    """
    before = source.version(record)
    try:
        yield
    except Exception as error:
        # Of two halves that do not fit each other, most likely.
        if not _is(source, record, before):
            raise SourceReplaced from error
        raise
    if not _is(source, record, before):
        raise SourceReplaced


def _is(source: SignalSource, record: str, version: str) -> bool:
    try:
        return source.version(record) == version
    except RecordNotFound:
        return False
