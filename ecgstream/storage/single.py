"""An excerpt of a record as one file of our own layout: a record of its own, to be opened again."""

import json
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ecgstream.model.block import Dtype
from ecgstream.model.excerpt import Excerpt
from ecgstream.model.moment import exact_rate
from ecgstream.model.record import Lead
from ecgstream.storage.hive import ColumnType, Footer, LeadColumn, group_rows, runs

EXPORT: Final = b"ecgstream.export"
"""The footer's second entry: what the file was made from, as JSON."""

TYPES: Final[dict[Dtype, ColumnType]] = {
    "i2": "int16", "i4": "int32", "f4": "float64", "f8": "float64",
}  # fmt: skip

LONGEST_ID: Final = 128


def record_id(excerpt: Excerpt) -> str:
    """Return the id of the record that the excerpt becomes: it may stand beside the whole one."""
    place = f".{excerpt.start}-{excerpt.stop}"
    return excerpt.record.record[: LONGEST_ID - len(place)] + place


def write_excerpt(excerpt: Excerpt, facts: dict[str, str], out: Path) -> None:
    """Write `excerpt` to `out`; `facts` go into the footer with its annotations.

    Sample 0 of the file is sample `start` of the record, and its start time goes on accordingly.
    """
    record, fs = excerpt.record, excerpt.fs
    start_time = record.start_time
    if start_time is not None:
        start_time = float(start_time + excerpt.start / exact_rate(fs))
    footer = Footer(
        content="signal",
        record=record_id(excerpt),
        patient=record.patient,
        fs=fs,
        start=0,
        length=excerpt.count,
        start_time=start_time,
        zone=record.zone,
        source=record.source,
        licence=record.licence,
        fs_source=excerpt.leads[0].fs_source,
    )
    fields, arrays = [], []
    for k, lead in enumerate(excerpt.leads):
        column = _column(lead)
        missing = excerpt.missing(k)
        fields.append(column.field(runs(missing)))
        part = excerpt.samples[k].astype(column.type, copy=False)
        arrays.append(pa.array(np.where(missing, part.dtype.type(0), part), mask=missing))
    said = {"facts": facts, "start": excerpt.start, "stop": excerpt.stop}
    said["annotations"] = {
        name: [[one.sample - excerpt.start, one.symbol, one.aux_note] for one in marks]
        for name, marks in excerpt.annotations.items()
    }
    extra = {EXPORT: json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()}
    integers = [lead.name for lead in excerpt.leads if _column(lead).type != "float64"]
    pq.write_table(
        pa.table(arrays, schema=pa.schema(fields).with_metadata(footer.encode() | extra)),
        out,
        row_group_size=group_rows(fs),
        compression="none",
        use_dictionary=[lead.name for lead in excerpt.leads if lead.name not in integers],  # type: ignore[arg-type]
        column_encoding=dict.fromkeys(integers, "DELTA_BINARY_PACKED"),
        write_page_checksum=True,
        write_statistics=True,
    )


def _column(lead: Lead) -> LeadColumn:
    return LeadColumn(
        lead.name, lead.unit, lead.gain, lead.baseline, lead.kind, TYPES[lead.dtypes[0]]
    )
