"""The demo archive against the digests that the wfdb package took of the originals."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from ecgstream.storage.hive import Footer

DATA = Path(__file__).parent.parent / "data"
VECTORS = json.loads((Path(__file__).parent / "vectors" / "digests.json").read_text())
# A source may be taken out by deleting its folder; its records are then nobody's.
PRESENT = {r: said for r, said in VECTORS["records"].items() if (DATA / said["folder"]).is_dir()}


def physical_digest(values):
    held = np.array(values, "<f8")
    held[np.isnan(held)] = np.nan
    return hashlib.sha256(held.tobytes()).hexdigest()


def test_most_of_the_demo_is_there():
    assert len(PRESENT) >= 10


@pytest.mark.parametrize("record", PRESENT)
def test_a_record_of_the_demo_holds_the_samples_of_its_original(record):
    said = PRESENT[record]
    paths = sorted((DATA / said["folder"]).glob(f"patient=*/record={record}/[0-9]*.parquet"))
    tables = [pq.ParquetFile(p, page_checksum_verification=True).read() for p in paths]
    assert tables[0].column_names == list(said["leads"])
    for name, lead in said["leads"].items():
        field = tables[0].schema.field(name)
        gain, baseline = (float(field.metadata[k]) for k in (b"gain", b"baseline"))
        parts = [t[name] for t in tables]
        missing = np.concatenate([p.is_null().to_numpy() for p in parts])
        stored = np.concatenate([p.fill_null(0).to_numpy() for p in parts])
        assert (len(stored), int(missing.sum())) == (lead["length"], lead["missing"])
        if lead["digital"] is not None:
            digital = stored.astype("<i8")
            digital[missing] = np.iinfo(np.int64).min
            assert hashlib.sha256(digital.tobytes()).hexdigest() == lead["digital"]
        physical = np.where(missing, np.nan, (stored.astype(np.float64) - baseline) / gain)
        assert physical_digest(physical) == lead["physical"]
        gaps = [g for t in tables for g in json.loads(t.schema.field(name).metadata[b"gaps"])]
        joined = [g for i, g in enumerate(gaps) if not i or gaps[i - 1][1] != g[0]]
        assert len(joined) == lead["gaps"]
        assert Footer.decode(tables[0].schema.metadata).fs == lead["fs"]


@pytest.mark.skipif(not (DATA / "plain").is_dir(), reason="this source was taken out")
def test_the_plain_lead_holds_the_millivolts_of_its_original():
    table = pq.read_table(DATA / VECTORS["plain"]["file"], partitioning=None)
    assert table.column_names == ["timestamp", "voltage"]
    assert [str(t) for t in table.schema.types] == ["int64", "double"]
    assert physical_digest(table["voltage"].to_numpy()) == VECTORS["plain"]["physical"]
    assert table["timestamp"].to_pylist()[:5] == [0, 3, 6, 8, 11]


@pytest.mark.skipif(not (DATA / "mitdb").is_dir(), reason="this source was taken out")
def test_the_beats_of_the_demo_are_all_there():
    (path,) = (DATA / "mitdb").glob("patient=mitdb-100/record=100-pq/annotations-atr.parquet")
    symbols = pq.read_table(path)["symbol"].to_pylist()
    assert (symbols.count("N"), symbols.count("A"), symbols.count("V")) == (2239, 33, 1)


def test_the_demo_is_small_and_each_source_has_its_licence_beside_it():
    files = [f for f in DATA.rglob("*") if f.is_file()]
    assert sum(f.stat().st_size for f in files) < 15_000_000
    for folder in (f for f in DATA.iterdir() if f.is_dir() and not f.name.startswith(("_", "."))):
        assert (folder / "LICENSE.txt").exists() or (folder / "NOTICE.txt").exists(), folder
        assert f"`{folder.name}/`" in (DATA / "README.md").read_text()


def test_every_file_of_the_demo_says_what_it_was_made_from():
    for path in DATA.glob("*/patient=*/record=*/*.parquet"):
        footer = Footer.decode(pq.read_schema(path).metadata)
        name = footer.record.removesuffix("-pq")
        assert f"made from record {name} " in footer.source
        assert footer.licence
