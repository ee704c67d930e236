"""Annotation sets beside the signals of our own layout, and in memory."""

import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.errors import SourceCorrupt, SourceUnavailable
from ecgstream.model.record import ECG, Lead, Record
from ecgstream.storage import annotations
from ecgstream.storage.catalog import scan
from ecgstream.storage.hive import write_annotations
from ecgstream.storage.memory import MemorySource
from tests.contracts.annotations import ATR, QRS, AnnotationContract, rows
from tests.serving import DATA
from tests.stored import footer, write_own


def own(root, record="r1"):
    """Write the signal of a record; return its folder."""
    folder = root / f"patient=p1/record={record}"
    signal = {"I": (np.arange(100, dtype=np.int16), np.zeros(100, bool), {})}
    write_own(folder, footer(record=record, length=100), signal)
    return folder


def said(name, fs=100.0):
    return footer(content="annotations", annotator=name, fs=fs, length=100)


def put(folder, table, name="atr"):
    """Write any table as the annotation set of that name; return the file."""
    path = folder / f"annotations-{name}.parquet"
    pq.write_table(table.replace_schema_metadata(said(name).encode()), path)
    return path


def table(**columns):
    return pa.table({"sample": [1, 2], "symbol": ["N", "V"], **columns})


class TestOwnLayout(AnnotationContract):
    @pytest.fixture(scope="class")
    @classmethod
    def annotated(cls, tmp_path_factory):
        root = tmp_path_factory.mktemp("own")
        folder = own(root)
        write_annotations(folder, said("qrs", 250.0), QRS)
        write_annotations(folder, said("atr"), ATR)
        own(root, "r2")
        return scan([root])


class TestMemorySource(AnnotationContract):
    @pytest.fixture(scope="class")
    @classmethod
    def annotated(cls):
        source = MemorySource()
        lead = Lead("I", "mV", 1.0, 0.0, ECG, 100.0, 0, ("i2",))
        for name in ("r1", "r2"):
            record = Record(name, "p1", (lead,), None, None, None, None)
            source.add(record, {"I": np.zeros(0, np.int16)})
        source.annotate("r1", "qrs", QRS, fs=250.0, source="made up")
        source.annotate("r1", "atr", ATR, source="made up")
        return source


def test_the_annotations_of_a_real_record_are_all_there():
    source = scan([str(DATA / "mitdb")])
    (head,) = source.annotation_sets("207-pq")
    assert (head.name, head.fs, head.count) == ("atr", 360.0, 2385)
    found = rows(source.annotations("207-pq", "atr"))
    assert len(found) == 2385
    assert sum(one.symbol == "!" for one in found) == 472
    assert [one.aux_note for one in found if one.symbol == "+"][:3] == ["(B", "(VT", "(N"]


def test_a_set_of_several_row_groups_is_one(tmp_path):
    folder = own(tmp_path)
    path = folder / "annotations-atr.parquet"
    many = pa.table({"sample": range(5), "symbol": list("NNVNN")})
    pq.write_table(many.replace_schema_metadata(said("atr").encode()), path, row_group_size=2)
    found = scan([tmp_path]).annotations("r1", "atr")
    assert [(one.sample, one.symbol) for one in rows(found)] == list(enumerate("NNVNN"))


def test_a_set_of_nothing_is_read_as_nothing(tmp_path):
    write_annotations(own(tmp_path), said("atr"), [])
    assert rows(scan([tmp_path]).annotations("r1", "atr")) == []


def test_fields_that_are_not_there_are_those_of_an_annotation_that_says_none(tmp_path):
    empty = pa.array([None, 7], pa.int8())
    notes = pa.array([None, "x"], pa.large_string())
    put(own(tmp_path), table(num=empty, aux_note=notes))
    one, other = rows(scan([tmp_path]).annotations("r1", "atr"))
    assert (one.subtype, one.chan, one.num, one.aux_note) == (0, 0, 0, "")
    assert (other.num, other.aux_note) == (7, "x")


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (pa.table({"symbol": ["N"]}), "column 'sample': annotation set 'atr': is not there"),
        (table(sample=["1", "2"]), "column 'sample': annotation set 'atr': is string; expected"),
        (table(sample=[1, None]), "column 'sample': annotation set 'atr': is empty in 1 rows"),
        (table(symbol=[1, 2]), "column 'symbol': annotation set 'atr': is int64; expected text"),
        (table(sample=[1, 2**53]), "beyond 2^53"),
        (table(chan=pa.array([1, 2**64 - 1], pa.uint64())), "column 'chan': annotation set 'atr'"),
        (table(aux_note=pa.array([b"x", b"y"])), "column 'aux_note'"),
    ],
)
def test_a_column_that_is_not_what_it_should_be_is_named_with_its_set(tmp_path, held, words):
    path = put(own(tmp_path), held)
    source = scan([tmp_path])
    with pytest.raises(SourceCorrupt) as raised:
        source.annotations("r1", "atr")
    assert words in raised.value.told or words in str(raised.value)
    assert raised.value.path == str(path)
    assert "'atr'" in raised.value.told


def test_a_file_with_a_broken_page_is_named_and_the_other_set_is_read(tmp_path):
    folder = own(tmp_path)
    path = write_annotations(folder, said("atr"), ATR)
    write_annotations(folder, said("qrs"), QRS)
    raw = bytearray(path.read_bytes())
    # Behind the magic number and the header of the first page.
    raw[60:70] = bytes(10)
    source = scan([tmp_path])
    before = path.stat()
    path.write_bytes(raw)
    # As on a disk that goes bad: what has another time is another file.
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(SourceCorrupt, match=r"annotations-atr\.parquet.*annotation set 'atr'"):
        source.annotations("r1", "atr")
    assert rows(source.annotations("r1", "qrs")) == QRS


def test_a_file_that_is_gone_may_come_back(tmp_path):
    path = put(own(tmp_path), table())
    source = scan([tmp_path])
    path.unlink()
    with pytest.raises(SourceUnavailable, match="annotation set 'atr': it is not there"):
        source.annotations("r1", "atr")


def test_a_set_too_large_to_be_one_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(annotations, "MOST", 1)
    put(own(tmp_path), table())
    source = scan([tmp_path])
    with pytest.raises(SourceCorrupt, match="holds 2 annotations; expected at most 1"):
        source.annotations("r1", "atr")


def test_two_files_of_one_annotator_are_a_problem_and_the_first_is_served(tmp_path):
    folder = own(tmp_path)
    put(folder, table())
    pq.write_table(
        table(symbol=["S", "S"]).replace_schema_metadata(said("atr").encode()),
        folder / "annotations-more.parquet",
    )
    source = scan([tmp_path])
    (problem,) = source.problems
    assert "annotations-more.parquet" in str(problem)
    assert "is in" in str(problem)
    assert [one.symbol for one in rows(source.annotations("r1", "atr"))] == ["N", "V"]


def test_a_set_without_a_name_is_a_problem_and_the_record_is_served(tmp_path):
    put(own(tmp_path), table(), name="")
    source = scan([tmp_path])
    (problem,) = source.problems
    assert "names annotator ''" in str(problem)
    assert source.annotation_sets("r1") == []
