"""Sources for an import, and what an archive has after it."""

import hashlib

import numpy as np
import pyarrow.parquet as pq

from ecgstream.storage.hive import Footer


def tree(folder):
    return {
        p.relative_to(folder): (p.stat().st_mtime_ns, hashlib.sha256(p.read_bytes()).hexdigest())
        for p in folder.rglob("*")
        if p.is_file()
    }


def files_of(out, record, content="signal"):
    found = []
    for path in sorted(out.rglob(f"record={record}/*.parquet")):
        schema = pq.read_schema(path)
        footer = Footer.decode(schema.metadata)
        if footer.content == content:
            found.append((path, schema, footer))
    return found


def small(folder, name="r", values=(1, 2, 3), lines=None):
    folder.mkdir(exist_ok=True, parents=True)
    raw = np.array(values, "<i2")
    (folder / f"{name}.dat").write_bytes(raw.tobytes())
    lines = lines or [
        f"{name}.dat 16 200/mV 16 0 {raw[0]} {int(raw.astype(int).sum()) % 65536} 0 II"
    ]
    (folder / f"{name}.hea").write_text(
        "\n".join([f"{name} {len(lines)} 250 {len(raw) // len(lines)}", *lines, ""])
    )
    return folder / f"{name}.hea"
