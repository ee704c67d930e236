"""Records that are a row each come out the same, made one by one or like the first of their kind."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.tables import alike
from ecgstream.storage.index.index import Index
from tests.test_index import same_as_a_scan

LABELS = ["NORM", "MI", None, ""]


def write(folder, place, *, ids, rows=40):
    """Rows of one or two lengths, some with a lead less, labels of every kind."""
    folder.mkdir()
    for number, name in enumerate("ab"):
        lengths = place.choice([50, 50, 50, 80], rows)
        leads = {
            lead: [None if place.random() < 0.1 else place.integers(-9, 9, n) for n in lengths]
            for lead in ("I", "II", "V1")
        }
        said = {
            "record_id": [f"{name}{row}" for row in range(rows)],
            "patient_id": [f"p{row // 3}{name}" for row in range(rows)],
        }
        columns = {
            **(said if ids else {}),
            "fs": [100 if row % 7 else 200 for row in range(rows)],
            "label": [LABELS[k] for k in place.integers(0, 4, rows)],
            "age": [float("nan") if row % 5 else 61.5 for row in range(rows)],
            "codes": [["A", "B"][: row % 3] for row in range(rows)],
            **{lead: pa.array(of, pa.list_(pa.int16())) for lead, of in leads.items()},
        }
        pq.write_table(pa.table(columns), folder / f"{name}.parquet", row_group_size=9 + number)


@pytest.mark.parametrize("ids", [True, False])
def test_records_like_the_first_are_as_if_made_alone(tmp_path, monkeypatch, ids):
    write(tmp_path / "archive", np.random.default_rng(4), ids=ids)
    made = []
    record = alike.Model.record

    def noting(self, context, whose, row):
        made.append(whose.record)
        return record(self, context, whose, row)

    monkeypatch.setattr(alike.Model, "record", noting)
    source = scan([tmp_path / "archive"])
    assert len(source.records()) > 70
    assert len(made) > len(source.records()) / 3
    monkeypatch.setattr(alike.Models, "kind", lambda *_: None)
    same_as_a_scan(source, tmp_path / "archive")
    alone = scan([tmp_path / "archive"])
    for one in source.records():
        for head in source.annotation_sets(one.record):
            found, other = (of.annotations(one.record, head.name) for of in (source, alone))
            assert found.aux_note == other.aux_note
            assert np.array_equal(found.sample, other.sample)
        for lead in one.leads:
            same, its = (of.stored(one.record).lead(lead.name) for of in (source, alone))
            placed, there = (of.track.placements.get(0) for of in (same, its))
            assert (placed and placed.levels) == (there and there.levels)


def times(place, rows):
    """Columns of times that people have: a name, and what they hold."""
    since = place.integers(-(10**10), 10**11, rows) / 10
    micro = pa.array((since * 1e6).astype(np.int64))
    shown = [f"20{row:02d}-03-28T02:{row:02d}:00.5" for row in range(rows)]
    return {
        "none": (None, None),
        "timestamp": ("recorded_at", micro.cast(pa.timestamp("us"))),
        "seconds": ("time", micro.cast(pa.timestamp("us")).cast(pa.timestamp("s"), safe=False)),
        "utc": ("time", micro.cast(pa.timestamp("us", "UTC"))),
        "zone": ("time", micro.cast(pa.timestamp("us", "Europe/Berlin"))),
        "unknown-zone": ("time", micro.cast(pa.timestamp("us", "Nowhere/There"))),
        "duration": ("time", micro.cast(pa.duration("us"))),
        "text": ("time", shown),
        "text-zoned": ("time", [f"{one}+02:00" for one in shown]),
        "milliseconds": ("time_ms", place.integers(0, 2 * 10**12, rows)),
        "floats": ("timestamp_s", since),
        "single": ("time_s", pa.array(since % 1000, pa.float32())),
        "samples": ("sample", place.integers(0, 10**6, rows)),
        "zeros": ("time", np.zeros(rows)),
        "some-dates": ("time", place.choice([0, 2, 1_500_000_000_123], rows)),
    }


@pytest.mark.parametrize("name", times(np.random.default_rng(0), 60))
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_rows_with_a_time_are_as_if_made_alone(tmp_path, monkeypatch, name, zone):
    place, rows = np.random.default_rng(8), 60
    called, said = times(place, rows)[name]
    leads = {
        lead: pa.array([place.integers(-9, 9, 50) for _ in range(rows)], pa.list_(pa.int16()))
        for lead in ("I", "II")
    }
    columns = {"record_id": [f"r{row:02d}" for row in range(rows)], "label": ["A", "B"] * 30}
    table = pa.table(columns | ({called: said} if called else {}) | leads)
    table = table.replace_schema_metadata(
        {"fs": "100", "unit": "uV"} | ({"zone": zone} if zone else {})
    )
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=25)
    made = []
    record = alike.Model.record
    monkeypatch.setattr(alike.Model, "record", lambda *given: made.append(1) or record(*given))
    source = scan([tmp_path])
    assert len(source.records()) == rows
    # A zone that is said beside one in the column has each row be looked at.
    if zone and name in {"utc", "zone", "unknown-zone", "text-zoned"}:
        assert not made
    else:
        assert len(made) > rows / 2
    monkeypatch.setattr(alike.Models, "kind", lambda *_: None)
    same_as_a_scan(source, tmp_path)


def test_rows_of_no_name_in_several_parts_are_all_there(tmp_path):
    folder = tmp_path / "train"
    folder.mkdir()
    for part in range(2):
        rows = [[100 * part + row] * 20 for row in range(12)]
        columns = {"I": pa.array(rows, pa.list_(pa.int16())), "label": ["NORM"] * 12}
        table = pa.table(columns).replace_schema_metadata({"fs": "100"})
        pq.write_table(table, folder / f"part-{part}.parquet")
    index = Index([folder], tmp_path / "cache")
    index.update()
    source = index.source()
    same_as_a_scan(source, folder)
    assert not source.problems
    names = [f"train.part-{part}.{row:02d}" for part in range(2) for row in range(12)]
    assert [one.record for one in source.records()] == names
    (read,) = source.read("train.part-1.07", ["I"], 0, 20)
    assert (read.cut(0, 20, "i2") == 107).all()
    index.close()
