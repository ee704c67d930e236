"""Names and footers that nobody meant: a problem each, and the rest is served."""

import json
import os

import numpy as np
import pyarrow.parquet as pq
import pytest

from ecgstream.errors import LayoutError
from ecgstream.storage.catalog import scan
from ecgstream.storage.hive import KEY
from tests.serving import DATA
from tests.stored import footer, timestamps, write_own, write_plain

MS = timestamps(np.arange(3_600), 360)
MV = np.sin(np.arange(3_600))


def test_names_that_are_not_utf8_stop_nothing(tmp_path):
    write_plain(tmp_path / "patient_id=P/lead=II", MS, MV)
    base = os.fsencode(tmp_path)
    for name in (b"n\xff.txt", b"a\xff.parquet"):
        with open(base + b"/" + name, "wb"):
            pass
    os.mkdir(base + b"/d\xfe")
    source = scan([tmp_path])
    assert [one.record for one in source.records()] == ["P"]
    said = sorted(str(problem) for problem in source.problems)
    assert len(said) == 2
    assert "a\\udcff.parquet: has a name that is not UTF-8" in said[0]
    assert "d\\udcfe: has a name that is not UTF-8" in said[1]


@pytest.mark.parametrize("said", [b"[" * 100_000, b"7", b"{", b"\xff"])
def test_a_malformed_footer_is_a_problem_of_its_file(tmp_path, said):
    write_plain(tmp_path / "patient_id=P/lead=II", MS, MV)
    write_plain(tmp_path / "patient_id=Q/lead=II", MS, MV, metadata={"ecgstream": said})
    source = scan([tmp_path])
    assert [one.record for one in source.records()] == ["P"]
    (problem,) = source.problems
    assert "patient_id=Q/lead=II/part-0.parquet: its footer is not understood" in str(problem)


@pytest.mark.parametrize("said", ["[" * 100_000, "[[0, 1e30]]", "[[0, 1" + "0" * 30 + "]]", "7"])
def test_malformed_gaps_are_counted_instead(tmp_path, said):
    missing = np.arange(3_600) < 10
    leads = {"I": (np.arange(3_600, dtype=np.int16), missing, {"gaps": said})}
    write_own(tmp_path, footer(length=3_600), leads, gaps=False)
    source = scan([tmp_path])
    assert source.problems == ()
    assert source.gaps("r1", "I").tolist() == [[0, 10]]


def test_control_characters_of_a_path_are_escaped():
    error = LayoutError("is none", path="a\nb\x1b[2J.parquet")
    assert str(error) == "file a\\nb\\x1b[2J.parquet: is none"


@pytest.mark.parametrize(
    "said",
    [
        {"fs": "abc"},
        {"fs": 0},
        {"fs": 1e308},
        {"record": 5},
        {"patient": None},
        {"length": 2**70},
        {"start": -1},
        {"start_time": "yesterday"},
    ],
    ids=str,
)
def test_a_footer_of_wrong_types_is_named_and_the_rest_is_served(tmp_path, said):
    good = next((DATA / "cpsc2021").glob("**/record=data_101_6-pq/*Hz-0000.parquet"))
    for name, change in (("bad", said), ("good", {})):
        table = pq.read_table(good)
        words = json.loads(table.schema.metadata[KEY]) | {"record": name} | change
        folder = tmp_path / f"patient=p/record={name}"
        folder.mkdir(parents=True)
        metadata = table.schema.metadata | {KEY: json.dumps(words).encode()}
        pq.write_table(table.replace_schema_metadata(metadata), folder / "200Hz-0000.parquet")
    source = scan([tmp_path])
    assert [record.record for record in source.records()] == ["good"]
    assert ["record=bad" in (problem.path or "") for problem in source.problems] == [True]
