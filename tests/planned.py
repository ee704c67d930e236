"""Files with a plan said by hand, built without a scan."""

from fractions import Fraction

from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.plan import Plan, Said, SignalColumn, TimeColumn
from ecgstream.storage.foreign.tables.shapes import build
from ecgstream.storage.index.listing import resolved
from ecgstream.storage.parquet import ParquetSource
from ecgstream.storage.places import StoredFile, group_edges, opened
from ecgstream.storage.survey import Found


def found_of(path, plan):
    """Return a file of the scan that holds what `plan` says."""
    place = resolved(path)
    fragment = opened(place)
    file = StoredFile(place, path.stat().st_size, group_edges(fragment), path.stat().st_mtime_ns)
    schema = fragment.metadata.schema.to_arrow_schema()
    return Found(file, fragment, schema, (), str(path.parent), 0, plan=plan)


def built(*parts):
    """Return what comes of (path, plan) pairs, and a source of the records."""
    files = OpenFiles()
    made = build([found_of(path, plan) for path, plan in parts], files)
    return made, ParquetSource(made.records, made.problems, made.notes, files)


def signal(column="value", name=None, **said):
    return SignalColumn(column, None if name is None else Said(name, "mapping"), **said)


def plan(shape, *signals, **said):
    """A plan; `fs`, `record` and so on are said by a mapping, `time` is (column, unit)."""
    for key in ("fs", "record", "patient", "lead"):
        if key in said:
            value = Fraction(said[key]) if key == "fs" else said[key]
            said[key] = Said(value, "mapping")
    if "time" in said:
        column, unit = said["time"]
        counts = "sample" if unit == "sample" else "time"
        said["time"] = TimeColumn(column, counts, None if unit == "sample" else unit)
    return Plan(shape, tuple(signals or (signal(),)), **said)
