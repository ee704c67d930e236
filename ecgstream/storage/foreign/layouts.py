"""The plain layout that people have: one lead a folder, columns `timestamp` and `voltage`.

`patient_id=P001/lead=II/part-0.parquet`, any depth and order of keys. What is read how:

- The lead is the key `lead`, `lead_name` or `channel`; the patient is `patient`, `patient_id`,
  `subject` or `subject_id`, else the first key. All keys but the lead's make the record.
- `timestamp` is milliseconds (integer or float), an Arrow timestamp of any unit, or texts in ISO
  8601; `voltage` is mV in any number type, carried to the bit. Null and NaN voltages are missing
  samples.
- The rate is what `fs` or `sampling_rate` in the file's metadata says; else the simplest rate
  that explains all timestamps (`model.timebase`), and the catalog says so.
- Sample numbers count on within a run, and are what the time says after a gap. Sample 0 is the
  record's earliest timestamp; a lead that begins later has its first part missing.
- Rows and files may be in any order. A row that repeats a timestamp with the very same voltage
  is left out, and noted; with another voltage the lead is left out, as a problem.
- Whole milliseconds from 1e11 on and Arrow timestamps give a start time; only an Arrow time zone
  gives a zone. Whatever else cannot be understood is a problem naming file and column.
"""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from hashlib import sha256
from typing import Final

import pyarrow.types as pt

from ecgstream.errors import LayoutError
from ecgstream.model.timebase import rate_of
from ecgstream.storage.carriers import is_text
from ecgstream.storage.foreign.column_names import LEAD_COLUMNS, plain_word
from ecgstream.storage.foreign.plan import Plan, Said, SignalColumn, TimeColumn
from ecgstream.storage.foreign.times import text_times
from ecgstream.storage.survey import Found

TIMESTAMP: Final = "timestamp"
VOLTAGE: Final = "voltage"
LEAD_KEYS: Final = ("lead", "lead_name", "channel")
PATIENT_KEYS: Final = ("patient", "patient_id", "subject", "subject_id")
DATASET_KEYS: Final = ("dataset", "database", "cohort", "study")
RATE_KEYS: Final = (b"fs", b"sampling_rate")
NULL: Final = "__HIVE_DEFAULT_PARTITION__"

RECORD_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")


def is_plain(found: Found) -> bool:
    """Return whether a file has the columns of this layout, and no lead in another one."""
    names = found.schema.names
    by_row = any(plain_word(name) in LEAD_COLUMNS for name in names)
    return {TIMESTAMP, VOLTAGE} <= set(names) and not by_row


def plain_plan(found: Found) -> Plan:
    """Return what a file of this layout holds. Raises LayoutError."""
    lead = lead_of(found)
    keys = record_keys(found)
    key = next(key for key, _ in found.keys if key.lower() in LEAD_KEYS)
    patient = next((pair for pair in keys if pair[0].lower() in PATIENT_KEYS), keys[0])
    said = Said(lead, f"partition {key}")
    clock = found.schema.field(TIMESTAMP).type
    dated = pt.is_timestamp(clock)
    return Plan(
        shape="samples",
        signals=(SignalColumn(VOLTAGE, said, Said("mV", "convention")),),
        time=TimeColumn(
            TIMESTAMP,
            "time",
            clock.unit if dated else text_times.UNIT if is_text(clock) else "ms",
            "convention",
            dated or None,
        ),
        record=Said(
            record_id([value for _, value in keys]), "partition " + ", ".join(k for k, _ in keys)
        ),
        patient=Said(patient[1], f"partition {patient[0]}"),
        lead=said,
    )


def is_record_id(name: str) -> bool:
    """Return whether `name` may be a record's id. `.` and `..` would not survive in a URL."""
    return RECORD_ID.fullmatch(name) is not None and name.strip(".") != ""


def record_id(values: Sequence[str]) -> str:
    """Return the id of the record with these key values: the same wherever it is mounted."""
    name = ".".join(values)
    if is_record_id(name):
        return name
    # What was replaced, or cut off, still tells two records apart.
    digest = sha256("\0".join(values).encode()).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9._-]', '_', name)[:119]}-{digest}"


def lead_of(found: Found) -> str:
    """Return the lead that a file's folders name. Raises LayoutError."""
    keys = dict(found.keys)
    if len(keys) < len(found.keys):
        raise LayoutError("a key stands twice in its path; name each once", path=found.shown)
    for key, value in found.keys:
        if value in {"", NULL}:
            raise LayoutError(f"the key {key!r} in its path has no value", path=found.shown)
    for key, value in found.keys:
        if key.lower() in LEAD_KEYS:
            if len(found.keys) == 1:
                break
            return value
    raise LayoutError(
        "its folders do not say whose it is; expected a lead and a patient in the path, such as "
        "patient_id=P001/lead=II/part-0.parquet",
        path=found.shown,
    )


def record_keys(found: Found) -> tuple[tuple[str, str], ...]:
    """Return the keys that make the record: all but the lead's."""
    return tuple(pair for pair in found.keys if pair[0].lower() not in LEAD_KEYS)


def said_rate(parts: Sequence[Found]) -> Fraction | None:
    """Return the rate that the files' metadata says. Raises LayoutError if it is none."""
    said: set[Fraction] = set()
    for found in parts:
        metadata: Mapping[bytes, bytes] = found.schema.metadata or {}
        for key in RATE_KEYS:
            if key not in metadata:
                continue
            text = metadata[key].decode("utf-8", "replace")
            rate = rate_of(text)
            if rate is None:
                raise LayoutError(
                    f"its metadata says {key.decode()} = {text!r}; expected the sampling rate in "
                    "Hz, above 0",
                    path=found.shown,
                )
            said.add(rate)
    if len(said) > 1:
        listed = ", ".join(f"{float(rate):g}" for rate in sorted(said))
        raise LayoutError(f"its lead's files say several rates: {listed} Hz", path=parts[0].shown)
    return said.pop() if said else None
