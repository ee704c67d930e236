"""Whose a file is: its record, its patient and, where one is said of all of it, its lead. Pure.

What says it, first to last: a mapping, the folders' `key=value` parts, columns, the footer, the
file's name. Values are text as they stand: patient 00001 is not patient 1.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from ecgstream.errors import LayoutError
from ecgstream.storage.foreign.column_names import (
    LEAD_COLUMNS,
    PATIENT_COLUMNS,
    PATIENT_NAMERS,
    RECORD_COLUMNS,
    RECORD_NAMERS,
    plain_word,
)
from ecgstream.storage.foreign.layouts import LEAD_KEYS, NULL, PATIENT_KEYS, record_id
from ecgstream.storage.foreign.mapping import Table
from ecgstream.storage.foreign.plan import Said
from ecgstream.storage.foreign.scales.lead_order import listed
from ecgstream.storage.foreign.telling import Told

RECORD_KEYS: Final = frozenset(RECORD_COLUMNS) | {
    "rec", "ecg", "stay", "session", "segment", "encounter", "encounter_id", "study", "exam",
    "case", "visit", "visit_id", "admission", "hadm_id", "icustay_id", "measurement", "holter",
}  # fmt: skip
"""Folders that make a record by themselves: all files in one are parts of it."""

GROUP_KEYS: Final = frozenset(
    {"dataset", "database", "cohort", "split", "fold", "subset", "source", "site", "hospital"}
)
"""Folders that hold many records, so that they never make one."""

_PART: Final = re.compile(
    r"(?:part|data|chunk)(?:[-_.]?\d+)?(?:[-_.][0-9a-f-]{4,})?(?:[-_.]c\d+)?"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]+|[0-9a-f]{32}(?:-\d+)?",
    re.IGNORECASE,
)
"""Names that writers of datasets give to parts: they say nothing of what is in them."""
_PACKED: Final = re.compile(r"\.(?:snappy|zstd|gz|gzip|lz4|brotli)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Whose:
    """Of a file: what is said of all of it, and which columns say it row by row."""

    record: Said[str] | None
    patient: Said[str] | None
    lead: Said[str] | None
    record_column: str | None = None
    patient_column: str | None = None
    lead_column: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file lies: `keys` among its folders, its `path` below the data root `root`."""

    keys: tuple[tuple[str, str], ...]
    path: str
    root: str
    shown: str


def whose(
    place: Place,
    columns: Mapping[str, str | None],
    told: Told,
    table: Table | None,
) -> Whose:
    """Return whose a file is. Raises LayoutError.

    `columns` are those that may hold names: the value that one has in all rows, or None.
    """
    _whole(place)
    said = table or Table(files="**")
    named = said.named(place.path)
    if named is None:
        raise LayoutError(
            f"its path below the data root, {place.path!r}, does not match `path` of the mapping "
            f"({said.path}); mend the pattern, or say the file in another table",
            path=place.shown,
        )
    keys = dict(place.keys)
    ask = _Asked(named, columns, told, place)
    by_lead, by_patient = _key(keys, LEAD_KEYS), _key(keys, PATIENT_KEYS)
    lead, lead_column = ask.one("lead", (said.lead, said.lead_column), by_lead)
    patient, patient_column = ask.one("patient", (said.patient, said.patient_column), by_patient)
    record, record_column = ask.one("record", (said.record, said.record_column), _keyed(place))
    if record is None and record_column is None:
        # Patients in one table with nothing finer: each is a record.
        if patient_column is not None:
            record_column = patient_column
        else:
            record = by_name(place)
    if record is not None:
        record = Said(record_id([record.value]), record.how)
        first = next((pair for pair in place.keys if pair[0].lower() not in LEAD_KEYS), None)
        if patient is None and patient_column is None and record_column is None:
            by_key = first is not None and record.how.startswith("partition")
            patient = (
                Said(first[1], f"partition {first[0]}")
                if by_key and first is not None
                else Said(record.value, record.how)
            )
    return Whose(record, patient, lead, record_column, patient_column, lead_column)


def _whole(place: Place) -> None:
    if len(dict(place.keys)) < len(place.keys):
        raise LayoutError("a key stands twice in its path; name each once", path=place.shown)
    for key, value in place.keys:
        if value in {"", NULL}:
            raise LayoutError(f"the key {key!r} in its path has no value", path=place.shown)


_WORDS: Final = {
    "lead": LEAD_COLUMNS, "patient": PATIENT_COLUMNS, "record": RECORD_COLUMNS,
}  # fmt: skip
_NAMERS: Final = {"lead": LEAD_COLUMNS, "patient": PATIENT_NAMERS, "record": RECORD_NAMERS}


@dataclass(frozen=True, slots=True)
class _Asked:
    """Where it may be said whose a file is."""

    named: Mapping[str, str]
    columns: Mapping[str, str | None]
    told: Told
    place: Place

    def one(
        self, what: str, mapped: tuple[str | None, str | None], by_key: Said[str] | None
    ) -> tuple[Said[str] | None, str | None]:
        """Return what is said of the whole file, or the column that says it row by row.

        `mapped` are the mapping's value and column. Raises LayoutError.
        """
        constant, column = mapped
        if constant is not None or what in self.named:
            value = self.named[what] if constant is None else constant
            if what != "record" or column is None or column not in self.columns:
                return Said(value, "mapping"), None
            # Both: the column tells apart the records of what is said of all of them.
            alone, column = _column(column, self.columns)
            return Said(value if alone is None else f"{value}.{alone.value}", "mapping"), column
        if column is not None and column not in self.columns:
            raise LayoutError(
                f"holds no names, and the mapping's {what}_column names it; expected text or "
                "whole numbers",
                path=self.place.shown,
                column=column,
            )
        if column is None and by_key is not None:
            return by_key, None
        by_word = {plain_word(name): name for name in self.columns}
        known = (by_word[word] for word in _NAMERS[what] if word in by_word)
        column = column or next(known, None)
        if column is not None:
            return _column(column, self.columns)
        said = self.told.text(_WORDS[what])
        # `sig_name = II,V5` is no lead of all of the file: it lists those of its columns.
        several = what == "lead" and said is not None and listed(said.value)
        return None if several else said, None


def _column(column: str, columns: Mapping[str, str | None]) -> tuple[Said[str] | None, str | None]:
    value = columns[column]
    return (None, column) if value is None else (Said(value, f"column {column}"), None)


def _key(keys: Mapping[str, str], words: Sequence[str]) -> Said[str] | None:
    return next(
        (Said(value, f"partition {key}") for key, value in keys.items() if key.lower() in words),
        None,
    )


def _keyed(place: Place) -> Said[str] | None:
    """Return the record that folders' keys make, with the file's name where they make none."""
    own = [pair for pair in place.keys if pair[0].lower() not in LEAD_KEYS]
    if not own:
        return None
    values = [value for _, value in own]
    how = "partition " + ", ".join(key for key, _ in own)
    stem = stem_of(place.path)
    if _is_record({key.lower() for key, _ in own}, stem):
        return Said(".".join(values), how)
    return Said(".".join([*values, stem]), f"{how}, file name")


def _is_record(keys: set[str], stem: str) -> bool:
    """Return whether folders of these keys are a record, so that files in one are parts of it."""
    finer = keys - set(PATIENT_KEYS) - GROUP_KEYS
    if finer & RECORD_KEYS or _PART.fullmatch(stem):
        return True
    # What stands beside the patient tells the patient's records apart.
    return bool(finer) and (bool(keys & set(PATIENT_KEYS)) or stem.isdigit())


def by_name(place: Place) -> Said[str]:
    """Return the record that a path without keys names: its folders and its name."""
    *folders, name = place.path.split("/")
    stem = stem_of(name)
    # A dataset's writer makes a folder of the record's name, with parts in it.
    parts = [stem_of(one) for one in folders if one.partition("=")[0].lower() not in LEAD_KEYS]
    if not _PART.fullmatch(stem):
        parts.append(stem)
    elif not parts:
        parts.append(stem_of(place.root.rstrip("/").rpartition("/")[2]) or stem)
    return Said(".".join(parts), "file name")


def is_part(path: str) -> bool:
    """Return whether a file's name says that it is one of several parts, and nothing else."""
    return _PART.fullmatch(stem_of(path)) is not None


def stem_of(name: str) -> str:
    """Return a file's name without `.parquet`, and without the compression before it."""
    last = name.rpartition("/")[2]
    plain = re.sub(r"\.(?:parquet|pq)$", "", last, flags=re.IGNORECASE)
    return _PACKED.sub("", plain) if plain != last else plain


def names_of(value: Any) -> str | None:
    """Return a value that a column has in all rows as a name, None where it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    # Of whole numbers beside a missing one, pandas makes floats.
    whole = not isinstance(value, str | int) and value == value // 1
    if whole:
        value = int(value)
    elif not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text or None
