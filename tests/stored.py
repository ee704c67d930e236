"""Parquet files of both layouts, as people and the importer write them."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ecgstream.storage.hive import Footer


def timestamps(samples, fs):
    """Whole milliseconds of sample numbers, rounded down."""
    return (np.asarray(samples, np.int64) * 1000) // fs


def write_plain(folder, times, voltage, *, name="part-0.parquet", metadata=None, group=1000, **how):
    """Write one file of the plain layout; `times` and `voltage` are arrays or Arrow arrays."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.table({"timestamp": times, "voltage": voltage})
    if metadata:
        table = table.replace_schema_metadata(metadata)
    pq.write_table(
        table, folder / name, row_group_size=group, **{"write_page_checksum": True, **how}
    )
    return folder / name


def footer(**said):
    return Footer(
        **{
            "content": "signal",
            "record": "r1",
            "patient": "p1",
            "fs": 100.0,
            "start": 0,
            "length": 0,
            "start_time": None,
            "zone": None,
            "source": "made up",
            "licence": "CC0-1.0",
        }
        | said
    )


def runs(mask, start):
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False)) + start
    return edges.reshape(-1, 2).tolist()


def write_own(folder, said, leads, *, name="100Hz-0000.parquet", group=1000, gaps=True, **how):
    """Write one file of our own layout: `leads` are {name: (values, missing, field metadata)}."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    fields, arrays = [], []
    for lead, (values, missing, meta) in leads.items():
        arrays.append(pa.array(values, mask=missing))
        said_of = {"unit": "mV", "gain": "1.0", "baseline": "0.0", "kind": "ecg", **meta}
        if gaps:
            said_of["gaps"] = json.dumps(runs(missing, said.start))
        fields.append(pa.field(lead, arrays[-1].type, metadata=said_of))
    schema = pa.schema(fields).with_metadata(said.encode())
    pq.write_table(
        pa.table(arrays, schema=schema),
        folder / name,
        row_group_size=group,
        **{"use_dictionary": False, "write_page_checksum": True, "compression": "none", **how},
    )
    return folder / name
