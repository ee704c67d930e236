"""Annotation sets as files: what is written is read again, and what cannot be is named."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.errors import ImportFailed
from ecgstream.formats.set_files import SetFile, SetRow, file_name, read, written
from ecgstream.model.annotation import SYMBOLS

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
NOTES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
ROWS = st.lists(
    st.builds(
        SetRow,
        sample=st.integers(0, 2**53 - 1),
        stop=st.none() | st.integers(1, 2**53 - 1),
        lead=st.none() | TEXT.filter(bool),
        symbol=st.sampled_from(sorted(SYMBOLS)),
        subtype=st.integers(-128, 127),
        chan=st.integers(0, 255),
        num=st.integers(-128, 127),
        aux_note=NOTES,
        tags=st.lists(TEXT.filter(bool), max_size=3).map(tuple),
        id=st.none() | st.uuids().map(str),
    ),
    max_size=8,
)


def file_of(kind, said):
    return b"".join(written(kind, said))


@given(ROWS, st.sampled_from(["parquet", "csv", "json"]))
def test_what_is_written_is_read_again(rows, kind):
    said = SetFile(rows, "100", "notes", 360.0)
    found = read(kind, file_of(kind, said), "100")
    assert found.annotations == rows
    assert found.fs == (None if kind == "csv" else 360.0)


ROW = SetRow(
    5, 9, "V5", "N", 1, 1, -3, "=1+1", ("a", "b"), "0" * 36, 2, "ada", 1.5e9, "bob", 1.6e9 + 0.25
)


def test_a_table_says_who_made_it_and_when():
    said = SetFile([ROW], "100", "notes", 360.0, "a source")
    (row,) = csv.DictReader(io.StringIO(file_of("csv", said).decode()))
    assert row["record"] == "100"
    assert row["made_at"] == "2017-07-14T02:40:00+00:00"
    assert (row["author"], row["changed_by"]) == ("ada", "bob")
    assert row["changed_at"] == "2020-09-13T12:26:40.250000+00:00"
    # A spreadsheet reckons nothing.
    assert row["aux_note"] == "'=1+1"
    table = pq.read_table(pa.BufferReader(file_of("parquet", said)))
    assert table.schema.metadata[b"ecgstream.fs"] == b"360.0"
    assert table["aux_note"].to_pylist() == ["=1+1"]
    plain = json.loads(file_of("json", said))
    assert (plain["record"], plain["set"], plain["fs"]) == ("100", "notes", 360.0)
    assert plain["annotations"][0]["author"] == "ada"


def test_the_least_of_a_file_is_a_sample():
    for kind, data in [
        ("csv", b"sample\n5\n"), ("json", b'[{"sample": 5}]'),
        ("json", b'{"annotations": [{"sample": 5, "colour": "red"}]}'),
        ("csv", "\ufeffsample,colour\r\n5,red\r\n".encode()),
    ]:  # fmt: skip
        assert read(kind, data, "100").annotations == [SetRow(5)]


def test_tags_of_a_persons_own_table_have_commas_between():
    found = read("csv", b'sample,tags\n5,"a, b"\n', "100")
    assert found.annotations[0].tags == ("a", "b")


def test_of_a_table_of_many_records_one_is_taken():
    data = b"record,sample\n99,1\n100,2\n101,3\n"
    assert read("csv", data, "100").annotations == [SetRow(2)]


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("csv", b"record,sample\n99,1\n101,3\n", "of 101, 99, and has nothing of record '100'"),
        ("csv", b"sample\n5\nx\n", r"row 2: Expected `int`, got `str` - at `\$.sample`"),
        ("csv", b"place\n5\n", "row 1 has no `sample`"),
        ("csv", b"sample\n\xff\n", "could not be read"),
        ("json", b'{"annotations": [{"sample": "5"}]}', r"annotation 1: Expected `int`.*sample"),
        ("json", b"{", "JSON: "),
        ("json", b'{"annotations": [], "record": "7"}', "of record '7', not of '100'"),
        ("parquet", b"PAR1", "could not be read"),
        ("wfdb", b"{}", "the file: "),
    ],
)
def test_what_cannot_be_read_says_where(kind, data, said):
    with pytest.raises(ImportFailed, match=said):
        read(kind, data, "100")


def test_a_file_is_named_for_its_record_and_set():
    assert file_name("100-pq", "notes", "wfdb") == "100-pq.notes"
    assert file_name("a/b", "my-set.2", "csv") == "a-b.myset2.csv"
