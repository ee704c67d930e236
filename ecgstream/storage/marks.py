"""Annotation sets that lie beside a record's signals, read."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote

import pyarrow.parquet as pq

from ecgstream.errors import BadField, SourceCorrupt
from ecgstream.model.annotation import Annotation
from ecgstream.model.moment import exact_rate
from ecgstream.storage.files import DECODING, fault
from ecgstream.storage.hive import Footer

_PREFIX: Final = "annotations-"
_COLUMNS: Final = ("sample", "symbol", "subtype", "chan", "num", "aux_note")


def names(files: Sequence[str]) -> dict[str, str]:
    """Return the annotators of `files` (`ParquetSource.annotations`), and the file of each."""
    stems = {PurePosixPath(file).name.removesuffix(".parquet"): file for file in files}
    return {unquote(stem.removeprefix(_PREFIX)): file for stem, file in stems.items()}


def read(
    files: Sequence[str], wanted: Sequence[str], fs: float, start: int, stop: int
) -> Mapping[str, Sequence[Annotation]]:
    """Return the annotations of the sets `wanted` at samples [start, stop) at `fs` Hz. Blocks.

    Raises BadField for a set that is not there, SourceCorrupt and SourceUnavailable.
    """
    known = names(files)
    found = {}
    for name in wanted:
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise BadField(f"annotations: no set {name!r} lies beside the record; it has {listed}")
        marks = _all(known[name], fs)
        found[name] = [one for one in marks if start <= one.sample < stop]
    return found


def _all(file: str, fs: float) -> list[Annotation]:
    """Return a whole set, its samples at `fs` Hz."""
    try:
        table = pq.read_table(file, columns=list(_COLUMNS), partitioning=None)
        footer = Footer.decode(pq.read_schema(file).metadata)
    except DECODING as error:
        raise fault(error, file) from error
    except ValueError as error:
        raise SourceCorrupt(str(error), path=file) from error
    ratio = exact_rate(fs) / exact_rate(footer.fs if footer is not None else fs)
    columns = [table[name].to_pylist() for name in _COLUMNS]
    return [
        Annotation(int(sample * ratio), symbol, subtype, chan, num, note or "")
        for sample, symbol, subtype, chan, num, note in zip(*columns, strict=True)
    ]
