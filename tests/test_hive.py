import itertools
import json
import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.errors import ImportFailed
from ecgstream.model.annotation import Annotation
from ecgstream.storage import hive, staging
from ecgstream.storage.hive import (
    Footer,
    LeadColumn,
    SignalWriter,
    file_name,
    record_folder,
    runs,
    write_annotations,
)
from ecgstream.storage.staging import staged, writing


def footer(length, fs=100.0, **more):
    return Footer("signal", "r-pq", "p", fs, 0, length, None, None, "made up", None, **more)


def lead(name="II", kind="int16"):
    return LeadColumn(name, "mV", 200.0, 1024.0, "ecg", kind)


def written(folder, chunks, leads=None, length=None, fs=100.0):
    leads = leads or [lead()]
    length = sum(len(c[0][0]) for c in chunks) if length is None else length
    writer = SignalWriter(folder, footer(length, fs), leads)
    for values, missing in chunks:
        writer.write(values, missing)
    writer.close()
    return writer.files


def test_values_and_holes_come_back_as_they_were(tmp_path):
    values = np.arange(-500, 500, dtype=np.int32)
    missing = np.zeros(1000, bool)
    missing[10:20] = missing[999] = True
    (path,) = written(tmp_path, [([values], [missing])])
    column = pq.read_table(path)["II"]
    assert column.type == pa.int16()
    assert [v is None for v in column.to_pylist()] == missing.tolist()
    assert column.drop_null().to_pylist() == values[~missing].tolist()


def test_the_footer_and_the_fields_say_all(tmp_path):
    missing = np.zeros(100, bool)
    missing[5:9] = True
    (path,) = written(tmp_path, [([np.zeros(100, np.int16)], [missing])])
    schema = pq.read_schema(path)
    assert Footer.decode(schema.metadata) == footer(100)
    said = schema.field("II").metadata
    assert (said[b"unit"], said[b"gain"], said[b"baseline"], said[b"kind"]) == (
        b"mV",
        b"200.0",
        b"1024.0",
        b"ecg",
    )
    assert json.loads(said[b"gaps"]) == [[5, 9]]


def test_a_unit_that_nobody_knows_has_no_entry(tmp_path):
    unknown = LeadColumn("II", None, 200.0, 0.0, "ecg", "int16")
    (path,) = written(tmp_path, [([np.zeros(3, np.int16)], [None])], [unknown])
    assert b"unit" not in pq.read_schema(path).field("II").metadata


def test_the_file_is_as_measured_best(tmp_path):
    (path,) = written(tmp_path, [([np.zeros(10_000, np.int16)], [None])])
    read = pq.read_metadata(path)
    column = read.row_group(0).column(0)
    assert read.row_group(0).num_rows == 3000
    assert "DELTA_BINARY_PACKED" in column.encodings
    assert (column.compression, column.has_dictionary_page, column.is_stats_set) == (
        "UNCOMPRESSED",
        False,
        True,
    )


def test_every_page_has_a_checksum(tmp_path):
    (path,) = written(tmp_path, [([np.arange(3000, dtype=np.int16) ** 2 % 251], [None])])
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 4] ^= 1
    path.write_bytes(raw)
    with pytest.raises(OSError, match=r"(?i)crc|checksum"):
        pq.ParquetFile(path, page_checksum_verification=True).read()


def test_an_hour_rolls_over_into_the_next_file_and_gaps_keep_their_sample_numbers(tmp_path):
    length = 2 * 360_000 + 5
    values = (np.arange(length) % 1000).astype(np.int32)
    missing = np.zeros(length, bool)
    missing[359_990:360_010] = True
    pieces = [
        ([values[i : i + 77_777]], [missing[i : i + 77_777]]) for i in range(0, length, 77_777)
    ]
    files = written(tmp_path, pieces)
    assert [f.name for f in files] == [
        "100Hz-0000.parquet",
        "100Hz-0001.parquet",
        "100Hz-0002.parquet",
    ]
    footers = [Footer.decode(pq.read_schema(f).metadata) for f in files]
    assert [(f.start, f.length) for f in footers] == [
        (0, length),
        (360_000, length),
        (720_000, length),
    ]
    gaps = [json.loads(pq.read_schema(f).field("II").metadata[b"gaps"]) for f in files]
    assert gaps == [[[359_990, 360_000]], [[360_000, 360_010]], []]
    back = pa.concat_tables(
        [
            pq.read_table(f).replace_schema_metadata(None).cast(pa.schema([("II", pa.int16())]))
            for f in files
        ]
    )
    assert back["II"].fill_null(0).to_numpy().tolist() == np.where(missing, 0, values).tolist()


def test_many_leads_roll_over_before_they_fill_the_memory(monkeypatch):
    monkeypatch.setattr(hive, "FILE_VALUES_MOST", 100_000)
    assert hive.file_rows(500.0, 4) == 15_000
    assert hive.file_rows(500.0, 400) == 15_000


def test_a_slow_numeric_has_no_row_group_a_row():
    assert hive.group_rows(1 / 60) == 512


def test_a_lead_of_physical_values_is_exact_to_the_bit(tmp_path):
    values = np.arange(-128, 128) / 86
    (path,) = written(tmp_path, [([values], [None])], [lead(kind="float64")])
    back = pq.read_table(path)["II"].to_numpy()
    assert back.tobytes() == values.tobytes()


def test_a_dotted_name_and_a_doubled_one_are_columns_like_others(tmp_path):
    leads = [lead("mod.V1"), lead("ECG"), lead("ECG#2")]
    (path,) = written(tmp_path, [([np.full(5, n, np.int16) for n in range(3)], [None] * 3)], leads)
    assert pq.read_table(path, columns=["mod.V1"])["mod.V1"].to_pylist() == [0] * 5
    assert pq.read_schema(path).names == ["mod.V1", "ECG", "ECG#2"]


def test_a_value_that_does_not_fit_is_refused_not_wrapped(tmp_path):
    with pytest.raises(ValueError, match="'II' holds a value that int16 cannot carry"):
        written(tmp_path, [([np.array([40_000], np.int32)], [None])])
    kept = written(tmp_path, [([np.array([40_000, 1], np.int32)], [np.array([True, False])])])
    assert pq.read_table(kept[0])["II"].to_pylist() == [None, 1]


@pytest.mark.parametrize("length", [99, 101])
def test_more_or_fewer_samples_than_declared_are_refused(tmp_path, length):
    with pytest.raises(ValueError, match=r"declare"):
        written(tmp_path, [([np.zeros(100, np.int16)], [None])], length=length)


def test_leads_of_different_lengths_are_refused(tmp_path):
    with pytest.raises(ValueError, match="different lengths"):
        written(
            tmp_path,
            [([np.zeros(3, np.int16), np.zeros(4, np.int16)], [None, None])],
            [lead("a"), lead("b")],
            4,
        )


def test_the_same_samples_make_the_same_bytes(tmp_path):
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (path,) = written(tmp_path / name, [([np.arange(5000, dtype=np.int16)], [None])])
        made.append(path.read_bytes())
    assert made[0] == made[1]


@given(st.lists(st.booleans(), max_size=40), st.integers(0, 10**12))
def test_runs_are_where_the_mask_is_true(mask, start):
    found = runs(np.array(mask, bool), start)
    again = [False] * len(mask)
    for low, high in found:
        assert low < high
        again[low - start : high - start] = [True] * (high - low)
    assert again == mask
    assert all(a[1] < b[0] for a, b in itertools.pairwise(found))


@pytest.mark.parametrize("patient", ["P001", "Dr. Strange / 7 = ä%20", "patient=x", "..", "a b"])
def test_pyarrow_reads_the_partition_values_that_were_written(tmp_path, patient):
    folder = record_folder(tmp_path, patient, "100-pq")
    folder.mkdir(parents=True)
    (path,) = written(folder, [([np.zeros(2, np.int16)], [None])])
    assert path.parent.parent.parent == tmp_path
    partitioning = ds.partitioning(
        pa.schema([("patient", pa.string()), ("record", pa.string())]), flavor="hive"
    )
    table = ds.dataset(tmp_path, partitioning=partitioning).to_table()
    assert table["patient"].to_pylist() == [patient] * 2


def test_rates_are_told_apart_in_file_names():
    assert file_name(360.0, 0) == "360Hz-0000.parquet"
    assert file_name(0.0166666666667, 12) == "0.0166666666667Hz-0012.parquet"


def test_annotations_keep_their_order_and_fields(tmp_path):
    marks = [Annotation(18, "+", aux_note="(N"), Annotation(77, "N", 1, 2, -3), Annotation(77, "V")]
    said = Footer(
        "annotations", "r-pq", "p", 360.0, 0, 100, None, None, None, None, annotator="atr"
    )
    path = write_annotations(tmp_path, said, marks)
    assert path.name == "annotations-atr.parquet"
    rows = pq.read_table(path).to_pylist()
    assert [Annotation(**row) for row in rows] == marks
    assert Footer.decode(pq.read_schema(path).metadata) == said


def test_an_annotation_set_without_an_annotator_is_refused(tmp_path):
    with pytest.raises(ValueError, match="annotator"):
        write_annotations(tmp_path, footer(1), [])


def test_a_record_stands_whole_or_not_at_all(tmp_path):
    target = tmp_path / "patient=p" / "record=r"
    with pytest.raises(RuntimeError), writing(tmp_path), staged(tmp_path, target) as stage:
        (stage / "half.parquet").write_bytes(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_what_stood_there_is_replaced_whole_or_kept_whole(tmp_path):
    target = tmp_path / "patient=p" / "record=r"
    target.mkdir(parents=True)
    (target / "old.parquet").write_bytes(b"old")
    with pytest.raises(RuntimeError), writing(tmp_path), staged(tmp_path, target) as stage:
        (stage / "new.parquet").write_bytes(b"new")
        raise RuntimeError
    assert [f.name for f in target.iterdir()] == ["old.parquet"]
    with writing(tmp_path), staged(tmp_path, target) as stage:
        (stage / "new.parquet").write_bytes(b"new")
    assert [f.name for f in target.iterdir()] == ["new.parquet"]
    assert [f.name for f in tmp_path.iterdir()] == ["patient=p"]


KILLED = """
import os, sys
from pathlib import Path
from ecgstream.storage.staging import staged, writing
root = Path(sys.argv[1])
with writing(root), staged(root, root / "patient=p" / "record=r") as stage:
    (stage / "half.parquet").write_bytes(b"half")
    os._exit(9)
"""


def test_a_killed_importer_leaves_nothing_that_is_read_and_the_next_clears_it(tmp_path):
    assert (
        subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False).returncode == 9
    )
    assert all(f.name.startswith(".") for f in tmp_path.iterdir())
    assert list(tmp_path.iterdir()) != []
    with writing(tmp_path):
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("many", [0, 9])
def test_folders_are_waited_for_one_by_one_or_all_at_once(tmp_path, monkeypatch, many):
    waited = []
    parents = [tmp_path / f"patient={number}" for number in range(3)]
    monkeypatch.setattr(staging, "MANY", many)
    monkeypatch.setattr(staging, "synced", lambda path: waited.append(path.name))
    monkeypatch.setattr(os, "sync", lambda: waited.append("all"))
    staging.settled(tmp_path, parents)
    assert waited == (["all"] if many == 0 else [*(one.name for one in parents), tmp_path.name])


def test_two_importers_do_not_write_into_one_archive(tmp_path):
    again = pytest.raises(ImportFailed, match="another import")
    with writing(tmp_path), again, writing(tmp_path):
        pass
    with writing(tmp_path):
        pass
