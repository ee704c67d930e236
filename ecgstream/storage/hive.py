"""Our own layout, read and written in one place.

`patient=P/record=R/<rate>-<NNNN>.parquet`: wide, one integer column a lead, row number + `start`
= sample number, nulls where a sample is missing, row groups of 30 s, files of an hour.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

KEY: Final = b"ecgstream"
"""The footer's key-value entry that marks a file as ours."""


@dataclass(frozen=True, slots=True)
class Footer:
    """What the footer of a file of ours says of the whole record, as JSON under `KEY`.

    `content` is `signal` or `annotations`. `start` is the sample number of the file's first row,
    `length` the samples of the whole record at `fs`. Beside it every lead's field carries
    `unit`, `gain`, `baseline`, `kind` and `gaps` (JSON [[start, stop], ...] of the missing runs in
    this file, in sample numbers of the record; no entry = not counted).
    """

    content: str
    record: str
    patient: str
    fs: float
    start: int
    length: int
    start_time: float | None
    zone: str | None
    source: str | None
    licence: str | None
    fs_source: str = "header of the source"
    annotator: str | None = None
    layout: int = 1

    def encode(self) -> dict[bytes, bytes]:
        """Return the entry for the schema's metadata."""
        return {KEY: json.dumps(asdict(self), separators=(",", ":"), ensure_ascii=False).encode()}

    @classmethod
    def decode(cls, metadata: dict[bytes, bytes] | None) -> Self | None:
        """Return what a schema's metadata says; None where the file is not ours.

        Raises ValueError where it is ours but cannot be understood.
        """
        if not metadata or KEY not in metadata:
            return None
        said: dict[str, Any] = json.loads(metadata[KEY])
        if said.get("layout") != 1:
            message = f"layout {said.get('layout')!r} is of a newer ecgstream; this one knows 1"
            raise ValueError(message)
        return cls(**{name: said[name] for name in said if name in cls.__dataclass_fields__})
