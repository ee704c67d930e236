"""An archive of many short records out of the real ones in `data/`, the same every time.

Ten seconds of twelve leads, of two leads or of one, as the big public sets have them, in five
datasets; every tenth has an annotation set. Written by the product's own writer.
"""

import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np

from bench.make_day import ROOT
from ecgstream.model.annotation import Annotation
from ecgstream.storage.catalog import scan
from ecgstream.storage.hive import (
    Footer,
    LeadColumn,
    SignalWriter,
    record_folder,
    write_annotations,
)

RECORDS: Final = 100_000
SOURCES: Final = (
    ("ptbxl", "00001_lr-pq"),
    ("ptbxl", "00001_lr-pq"),
    ("georgia", "E07500-pq"),
    ("cpsc2018", "A0001-pq"),
    ("mitdb", "100-pq"),
    ("challenge2015", "a103l-pq"),
)
SECONDS: Final = 10
PART: Final = 1_000
MAKER: Final = 1
"""Counted up when another archive is made."""


def folder(records: int = RECORDS) -> Path:
    """Return where the archive is, or would be."""
    return Path(tempfile.gettempdir()) / "ecgstream-bench" / f"many-{MAKER}-{records}"


def many(records: int = RECORDS) -> Path:
    """Return the archive; made where it is not there yet: some minutes, and 4 GB for 100,000."""
    archive = folder(records)
    done = archive.with_suffix(".done")
    if done.exists():
        return archive
    print(f"  (making {records} records in {archive}: some minutes, once)", flush=True)
    shutil.rmtree(archive, ignore_errors=True)
    # Spawned, never forked: Arrow has threads.
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        parts = range(0, records, PART)
        list(pool.map(partial(_part, archive), parts, [min(records, at + PART) for at in parts]))
    done.touch()
    return archive


def removed(records: int = RECORDS) -> None:
    """Remove the archive."""
    folder(records).with_suffix(".done").unlink(missing_ok=True)
    shutil.rmtree(folder(records), ignore_errors=True)


def _part(archive: Path, first: int, stop: int) -> None:
    """Write records `first` to `stop`."""
    source = scan([ROOT / "data"])
    for number in range(first, stop):
        dataset, name = SOURCES[number % len(SOURCES)]
        record = source.record(name)
        leads = [lead for lead in record.leads if lead.fs == record.fs and lead.kind == "ecg"]
        count = round(SECONDS * record.fs)
        # Half a beat later each time: other samples, other extremes.
        start = number * 97 % max(1, record.length - count + 1)
        made = Footer(
            content="signal",
            record=f"{dataset}-{number:06}",
            patient=f"{dataset}-p{number // 3:05}",
            fs=record.fs,
            start=0,
            length=count,
            start_time=float(number),
            zone="UTC",
            source=record.source,
            licence=record.licence,
        )
        at = record_folder(archive / dataset, made.patient, made.record)
        at.mkdir(parents=True)
        columns = [
            LeadColumn(lead.name, lead.unit, lead.gain, lead.baseline, lead.kind, "int16")
            for lead in leads
        ]
        writer = SignalWriter(at, made, columns)
        read = source.read(name, [lead.name for lead in leads], start, start + count)
        values = [np.roll(one.cut(start, start + count, "i2"), number) for one in read]
        writer.write([np.maximum(one, -32_767) for one in values], [None] * len(leads))
        writer.close()
        if number % 10 == 0:
            beats = [Annotation(sample, "N") for sample in range(0, count, round(record.fs))]
            write_annotations(
                at,
                Footer(**{**_said(made), "content": "annotations", "annotator": "atr"}),
                beats,
            )


def _said(footer: Footer) -> dict[str, object]:
    return {name: getattr(footer, name) for name in footer.__dataclass_fields__}


if __name__ == "__main__":
    print(many(int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS))
