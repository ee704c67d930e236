"""Real records with one thing made wrong, written as an import writes them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecgstream.storage.catalog import scan
from ecgstream.storage.hive import Footer, LeadColumn, SignalWriter, record_folder
from ecgstream.storage.staging import staged, writing
from tests.limb_leads import arms_swapped
from tests.serving import DATA

Leads = dict[str, NDArray[np.int16]]


def altered(
    archive: Path, record: str, name: str, change: Callable[[Leads], Leads], *, times: int = 1
) -> None:
    """Write `record` of the demo archive, `times` one after the other and changed, as `name`."""
    source = scan([DATA])
    about = source.record(record)
    read = source.read(record, [lead.name for lead in about.leads], 0, about.length)
    leads = change({
        lead.name: np.tile(np.asarray(column.samples, np.int16), times)
        for lead, column in zip(about.leads, read, strict=True)
    })  # fmt: skip
    (length,) = {len(values) for values in leads.values()}
    footer = Footer(
        content="signal",
        record=name,
        patient=name,
        fs=about.fs,
        start=0,
        length=length,
        start_time=None,
        zone=None,
        source=f"made from {record}, with something made wrong",
        licence=about.licence,
    )
    first = about.first
    columns = [
        LeadColumn(lead, first.unit, first.gain, first.baseline, "ecg", "int16") for lead in leads
    ]
    with writing(archive), staged(archive, record_folder(archive, name, name)) as stage:
        writer = SignalWriter(stage, footer, columns)
        writer.write(list(leads.values()), [None] * len(leads))
        writer.close()


def troubled(archive: Path) -> Path:
    """Write an archive of four records, each with its own trouble; return it."""

    def limbs(leads: Leads) -> Leads:
        avl = leads["aVL"].copy()
        avl[len(avl) // 2 :] *= -1
        return leads | {"aVL": avl}

    altered(archive, "HR06001-pq", "limbs", limbs, times=6)
    altered(archive, "HR06001-pq", "arms", lambda leads: leads | arms_swapped(leads))
    altered(archive, "HR06001-pq", "copy", lambda leads: leads | {"V3": leads["V2"]})
    altered(archive, "HR06001-pq", "zero", lambda leads: leads | {"V6": leads["V6"] * 0})
    return archive
