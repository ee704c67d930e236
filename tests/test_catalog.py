"""Which records exist, and what is said of the files that are left out."""

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from ecgstream.errors import LayoutError, SourceCorrupt, SourceUnavailable
from ecgstream.model.record import ECG
from ecgstream.storage.catalog import scan
from ecgstream.storage.index import grouping
from ecgstream.storage.missing import missing_runs
from tests.stored import footer, timestamps, write_own, write_plain

N = 1_000
MS = timestamps(np.arange(N), 250)
MV = np.arange(N) / 100


def plain(root, patient="P1", lead="II", **how):
    return write_plain(Path(root) / f"patient={patient}/lead={lead}", MS, MV, **how)


def values(count=N, start=0):
    return np.arange(start, start + count, dtype=np.int16), np.zeros(count, bool), {}


def own(root, *, name="100Hz-0000.parquet", leads=None, folder=None, **said):
    said = footer(**{"length": N} | said)
    folder = folder or f"patient={said.patient}/record={said.record}"
    return write_own(Path(root) / folder, said, leads or {"I": values()}, name=name)


def problem(source):
    (found,) = source.problems
    return found


# Roots


def test_a_record_of_our_own_is_what_its_footer_says(tmp_path):
    meta = {"gain": "200.0", "baseline": "1024", "unit": "uV", "kind": ECG}
    leads = {"MLII": (*values()[:2], meta), "PLETH": (*values()[:2], {"kind": "ppg", "unit": ""})}
    own(tmp_path, leads=leads, start_time=-5.5, zone="Europe/Vienna", fs=360.0)
    source = scan([tmp_path])
    (record,) = source.records()
    assert source.problems == ()
    assert (record.record, record.patient, record.start_time) == ("r1", "p1", -5.5)
    assert (record.zone, record.source, record.licence) == ("Europe/Vienna", "made up", "CC0-1.0")
    first, second = record.leads
    assert (first.name, first.unit, first.gain, first.baseline) == ("MLII", "uV", 200.0, 1024.0)
    assert (first.fs, first.length, first.kind) == (360.0, N, "ecg")
    assert first.fs_source == "header of the source"
    assert (second.kind, second.unit) == ("ppg", None)


def test_both_layouts_stand_side_by_side_in_several_roots(tmp_path):
    own(tmp_path / "a", record="z9", patient="A")
    plain(tmp_path / "a", patient="B")
    plain(tmp_path / "b", patient="A0")
    source = scan([tmp_path / "a", str(tmp_path / "b")])
    assert [r.record for r in source.records()] == ["z9", "A0", "B"]
    assert source.problems == ()


def test_ids_do_not_depend_on_the_mount_or_on_other_roots(tmp_path):
    plain(tmp_path / "one/deep/archive")
    plain(tmp_path / "two", patient="P0")
    (tmp_path / "elsewhere").symlink_to(tmp_path / "one/deep/archive")
    for roots in ([tmp_path / "elsewhere"], [tmp_path / "two", tmp_path / "one"]):
        assert "P1" in {record.record for record in scan(roots).records()}


def test_a_patients_folder_alone_is_the_same_record(tmp_path):
    path = plain(tmp_path)
    for root in (tmp_path / "patient=P1", tmp_path / "patient=P1/lead=II", path):
        source = scan([root])
        assert source.problems == ()
        assert [r.record for r in source.records()] == ["P1"]


def test_a_single_file_of_our_own_is_a_root(tmp_path):
    path = own(tmp_path)
    source = scan([path])
    assert source.read("r1", ["I"], 5, 7)[0].samples.tolist() == [5, 6]


def test_an_executor_given_is_the_one_that_reads(tmp_path):
    plain(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        assert [r.record for r in scan([tmp_path], pool).records()] == ["P1"]
        assert pool._threads


def test_an_empty_root_is_no_problem_and_one_that_is_not_there_is(tmp_path):
    assert scan([tmp_path]).problems == ()
    source = scan([tmp_path / "nowhere"])
    assert isinstance(problem(source), SourceUnavailable)
    assert f"file {tmp_path}/nowhere: is not there; expected a folder" in str(problem(source))


def test_an_address_that_is_none_is_a_problem_without_the_password(tmp_path):
    source = scan(["nosuch://user:secret@host/data?key=hidden", tmp_path])
    assert "nosuch://host/data" in str(problem(source))
    assert problem(source).path == "nosuch://host/data"


def test_a_relative_folder_is_shown_as_it_was_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.parquet").write_bytes(b"")
    assert problem(scan(["data"])).path == "data/a.parquet"


# What is passed over


def test_files_that_others_call_parquet_are_named_with_what_to_do(tmp_path):
    for name in ("a.pq", "b/c.PARQ", "d.parquet.gz", ".e.pq", "f.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"PAR1")
    told = {
        str(one.path).removeprefix(f"{tmp_path}/"): str(one) for one in scan([tmp_path]).problems
    }
    assert sorted(told) == ["a.pq", "b/c.PARQ", "d.parquet.gz"]
    assert all("its name does not end in .parquet" in one for one in told.values())
    assert "rename it to end in .parquet" in told["a.pq"]
    assert "unpack it" in told["d.parquet.gz"]


def test_hidden_unfinished_and_other_files_are_passed_over(tmp_path):
    for name in (
        ".a.parquet",
        "_b.parquet",
        "c.parquet.tmp",
        "README.md",
        "_temporary/d.parquet",
        ".git/e.parquet",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"nothing of Parquet")
    source = scan([tmp_path, (fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem()), "")])
    assert source.records() == ()
    assert source.problems == ()


def test_a_folder_that_links_to_itself_is_gone_through_once(tmp_path):
    plain(tmp_path)
    (tmp_path / "patient=P1/again").symlink_to(tmp_path)
    source = scan([tmp_path])
    assert source.problems == ()
    assert len(source.records()) == 1


# Odd things and bad files: named, and the rest is served


def test_a_fifo_a_socket_and_a_broken_link_are_named_and_never_opened(tmp_path, monkeypatch):
    plain(tmp_path)
    os.mkfifo(tmp_path / "f.parquet")
    (tmp_path / "l.parquet").symlink_to("nowhere")
    # A socket's path is short by law.
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s.parquet")
        source = scan([tmp_path])
    assert [r.record for r in source.records()] == ["P1"]
    named = {error.path: error for error in source.problems}
    assert set(named) == {str(tmp_path / name) for name in ("f.parquet", "l.parquet", "s.parquet")}
    assert all("was not opened; expected a Parquet file" in str(e) for e in source.problems)


def test_a_fifo_given_as_the_root_is_never_opened(tmp_path):
    os.mkfifo(tmp_path / "f.parquet")
    assert "is no folder and no file" in str(problem(scan([tmp_path / "f.parquet"])))


def test_a_folder_named_like_a_file_is_named_unless_files_are_in_it(tmp_path):
    (tmp_path / "a.parquet").mkdir()
    write_plain(tmp_path / "b.parquet/patient=P1/lead=II", MS, MV)
    source = scan([tmp_path])
    assert [r.record for r in source.records()] == ["P1"]
    assert problem(source).path == str(tmp_path / "a.parquet")
    assert "is a folder without a Parquet file in it" in str(problem(source))


@pytest.mark.parametrize("cut", ["empty", "no footer", "half", "text", "magic alone"])
def test_a_file_that_is_no_parquet_is_named_and_the_rest_is_served(tmp_path, cut):
    path = plain(tmp_path, patient="P2")
    whole = path.read_bytes()
    path.write_bytes(
        {
            "empty": b"",
            "no footer": whole[:-8],
            "half": whole[: len(whole) // 2],
            "text": b"timestamp,voltage\n0,0.1\n",
            "magic alone": b"PAR1PAR1",
        }[cut]
    )
    plain(tmp_path)
    source = scan([tmp_path])
    assert [r.record for r in source.records()] == ["P1"]
    assert isinstance(problem(source), SourceCorrupt)
    assert problem(source).path == str(path)


def test_damage_in_the_timestamps_is_named_with_the_column(tmp_path):
    path = plain(tmp_path, use_dictionary=False, compression="none")
    chunk = pq.read_metadata(path).row_group(0).column(0)
    held = bytearray(path.read_bytes())
    held[chunk.data_page_offset + 500] ^= 0xFF
    path.write_bytes(held)
    source = scan([tmp_path])
    assert source.records() == ()
    assert isinstance(problem(source), SourceCorrupt)
    assert (problem(source).path, problem(source).column) == (str(path), "timestamp")


def test_a_folder_that_may_not_be_listed_is_named(tmp_path, monkeypatch):
    plain(tmp_path)
    plain(tmp_path, patient="P2")
    closed = tmp_path / "patient=P2"
    listed = os.scandir

    def scandir(path):
        if path == str(closed):
            raise PermissionError(13, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    source = scan([tmp_path])
    assert [r.record for r in source.records()] == ["P1"]
    assert isinstance(problem(source), SourceUnavailable)
    assert problem(source).path == str(closed)


def test_a_parquet_file_of_other_columns_is_named_with_what_was_expected(tmp_path):
    folder = tmp_path / "patient=P1/lead=II"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"time": MS, "speed": MV}), folder / "a.parquet")
    pq.write_table(pa.table({"time": MS, "speed": MV}), tmp_path / "b.parquet")
    above, inside = sorted(scan([tmp_path]).problems, key=lambda one: len(one.path))
    assert isinstance(above, LayoutError)
    assert "has the columns time, speed; expected leads by their names" in str(above)
    assert 'say in a mapping: table = [{ files = "b.parquet", signals = { "speed"' in str(above)
    assert "no column of samples that is known (speed) beside its lead" in str(inside)


def test_a_column_that_is_there_twice_is_named(tmp_path):
    folder = tmp_path / "patient=P1/lead=II"
    folder.mkdir(parents=True)
    table = pa.Table.from_arrays(
        [pa.array(MS), pa.array(MV), pa.array(MV)], names=["timestamp", "voltage", "voltage"]
    )
    pq.write_table(table, folder / "a.parquet")
    assert problem(scan([tmp_path])).column == "voltage"


def test_two_folders_of_one_id_the_first_wins_and_both_are_named(tmp_path):
    plain(tmp_path / "one/site_a")
    plain(tmp_path / "one/site_b")
    own(tmp_path / "two", record="P1", patient="X")
    source = scan([tmp_path / "one", tmp_path / "two"])
    assert [(r.record, r.patient) for r in source.records()] == [("P1", "P1")]
    first = f"{tmp_path}/one/site_a/patient=P1"
    assert [e.path for e in source.problems] == [
        f"{tmp_path}/one/site_b/patient=P1",
        f"{tmp_path}/two/patient=X/record=P1",
    ]
    assert all(f"is in {first} already" in str(e) for e in source.problems)
    source = scan([tmp_path / "two", tmp_path / "one"])
    assert [r.patient for r in source.records()] == ["X"]


# Our own layout


def test_files_of_an_hour_tile_and_a_lost_one_is_a_gap(tmp_path):
    parts = [(0, 300), (300, 600), (600, N)]
    paths = [
        own(
            tmp_path,
            start=a,
            leads={"I": values(b - a, a)},
            name=f"100Hz-{number:04d}.parquet",
        )
        for number, (a, b) in enumerate(parts)
    ]
    source = scan([tmp_path])
    (column,) = source.read("r1", ["I"], 0, N)
    assert column.samples.tolist() == list(range(N))
    assert source.edges("r1", "I").tolist() == [0, 300, 600, N]
    paths[1].unlink()
    source = scan([tmp_path])
    assert source.problems == ()
    assert source.record("r1").length == N
    assert source.gaps("r1", "I").tolist() == [[300, 600]]
    paths[0].unlink()
    paths[2].unlink()
    own(tmp_path, start=300, leads={"I": values(300, 300)}, name="100Hz-0001.parquet")
    source = scan([tmp_path])
    assert source.gaps("r1", "I").tolist() == [[0, 300], [600, N]]
    assert source.edges("r1", "I").tolist() == [0, 300, N]


def test_files_that_overlap_or_reach_too_far_are_named(tmp_path):
    own(tmp_path, leads={"I": values(600)})
    path = own(tmp_path, start=500, leads={"I": values(500)}, name="100Hz-0001.parquet")
    beyond = own(tmp_path, start=900, leads={"I": values(200)}, name="100Hz-0002.parquet")
    source = scan([tmp_path])
    assert source.gaps("r1", "I").tolist() == [[600, N]]
    assert [e.path for e in source.problems] == [str(path), str(beyond)]
    assert "holds samples 500 to 1000 of 1000, but the files before it reach 600" in str(
        source.problems[0]
    )


def test_leads_of_another_rate_are_records_of_the_same_leads_list(tmp_path):
    own(tmp_path, fs=500.0, leads={"I": values()})
    own(tmp_path, fs=125.0, length=250, leads={"ABP": values(250)}, name="125Hz-0000.parquet")
    (record,) = scan([tmp_path]).records()
    assert [(x.name, x.fs, x.length) for x in record.leads] == [("I", 500, N), ("ABP", 125, 250)]


def test_a_lead_at_two_rates_is_named(tmp_path):
    own(tmp_path, fs=500.0)
    own(tmp_path, fs=125.0, name="125Hz-0000.parquet")
    source = scan([tmp_path])
    assert "is a column at two rates" in str(problem(source))
    assert problem(source).column == "I"


def test_a_lead_whose_gain_changes_between_files_is_named(tmp_path):
    own(tmp_path, leads={"I": values(500), "II": values(500)})
    path = own(
        tmp_path,
        start=500,
        leads={"I": (*values(500)[:2], {"gain": "7.0"}), "II": values(500)},
        name="100Hz-0001.parquet",
    )
    source = scan([tmp_path])
    assert [lead.name for lead in source.record("r1").leads] == ["II"]
    assert (problem(source).path, problem(source).column) == (str(path), "I")


@pytest.mark.parametrize("meta", [{"gain": "much"}, {"gain": "0"}, {"baseline": "nan"}])
def test_a_gain_that_is_none_is_named(tmp_path, meta):
    own(tmp_path, leads={"I": (*values()[:2], meta)})
    assert problem(scan([tmp_path])).column == "I"


def test_files_that_disagree_on_the_record_are_named(tmp_path):
    own(tmp_path)
    path = own(tmp_path, patient="other", folder="patient=p1/record=r1", name="100Hz-0001.parquet")
    source = scan([tmp_path])
    assert problem(source).path == str(path)
    assert "do not say the same of record 'r1'" in str(problem(source))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"record": "../etc"}, "its record id is '../etc'"),
        ({"record": "x" * 129}, "expected 1 to 128"),
        ({"record": ".."}, "its record id is '..'"),
        ({"layout": 2}, "layout 2 is of a newer ecgstream"),
        ({"content": "pictures"}, "holds 'pictures'"),
        ({"fs": 0.0}, "its footer says fs 0.0"),
        ({"length": -1}, "length -1"),
        ({"start_time": float("nan")}, "start_time nan is no time"),
        ({"start_time": -float("inf")}, "start_time -inf is no time"),
    ],
)
def test_a_footer_of_ours_that_cannot_be_is_named(tmp_path, said, words):
    path = own(tmp_path, folder="somewhere", **said)
    found = problem(scan([tmp_path]))
    assert found.path == str(path)
    assert words in str(found)


@pytest.mark.parametrize("entry", ["not json", "[]", "{}", '{"layout":1}', "7"])
def test_a_footer_of_ours_that_is_garbled_is_named(tmp_path, entry):
    table = pa.table({"I": [1, 2]}).replace_schema_metadata({"ecgstream": entry})
    pq.write_table(table, tmp_path / "a.parquet")
    assert "its footer is not understood" in str(problem(scan([tmp_path])))


def test_annotations_lie_beside_the_signals_and_are_none(tmp_path):
    own(tmp_path)
    own(tmp_path, content="annotations", annotator="atr", name="annotations-atr.parquet")
    source = scan([tmp_path])
    assert source.problems == ()
    assert [one.name for one in source.annotation_sets("r1")] == ["atr"]
    assert [lead.name for lead in source.record("r1").leads] == ["I"]


def test_integers_that_only_missing_stands_for_go_one_type_up(tmp_path):
    held = np.array([-32768, 0, 5] * 10, np.int16)
    own(tmp_path, length=30, leads={"I": (held, np.zeros(30, bool), {})})
    source = scan([tmp_path])
    assert source.record("r1").leads[0].dtypes == ("i4", "f4", "f8")
    assert source.read("r1", ["I"], 0, 3)[0].samples.tolist() == [-32768, 0, 5]
    assert source.gaps("r1", "I").shape == (0, 2)


# What the demo brings along: whichever of its sources are there.

DATA = Path(__file__).parents[1] / "data"


def test_the_demo_is_read_whole_and_its_footers_count_its_gaps_rightly():
    source = scan([DATA])
    assert source.problems == ()
    assert source.notes == ()
    assert source.records()
    for record in source.records():
        for lead in record.leads:
            read = missing_runs(source, record.record, lead.name)
            assert source.gaps(record.record, lead.name).tolist() == read.tolist()
            assert source.edges(record.record, lead.name)[-1] == lead.length


def test_large_records_are_put_together_one_at_a_time_and_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(grouping, "LARGE", 1)
    for patient in ("P1", "P2", "P3"):
        plain(tmp_path, patient=patient)
    assert [r.length for r in scan([tmp_path]).records()] == [N, N, N]


def test_a_dataset_is_a_key_or_the_first_folder_or_the_root(tmp_path):
    def kept(root, *below):
        plain(root.joinpath(*below), patient=f"P{len(list(tmp_path.rglob('*.parquet')))}")

    kept(tmp_path / "archive", "mitdb", "site=1")
    kept(tmp_path / "archive", "mitdb", "Dataset=ptb%20xl")
    kept(tmp_path / "archive")
    said = [one.dataset for one in scan([tmp_path / "archive"]).records()]
    assert said == ["mitdb", "ptb xl", "archive"]
    assert scan([tmp_path / "archive" / "mitdb" / "site=1"]).records()[0].dataset == "mitdb"
