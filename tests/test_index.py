"""The index: the same records as a scan, brought up to date by what has changed."""

import os
import pickle
import shutil
from dataclasses import replace
from fractions import Fraction

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.errors import SourceUnavailable
from ecgstream.model.annotation import Annotation
from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import Reading, parsed
from ecgstream.storage.hive import write_annotations
from ecgstream.storage.index import index as index_module
from ecgstream.storage.index import index_file, index_work, indexing
from ecgstream.storage.index.changes import Progress
from ecgstream.storage.index.index import Index
from ecgstream.storage.index.left_out import NOTHING
from ecgstream.storage.index.searching import Filters
from ecgstream.storage.index.snapshot import unpacked
from tests.contracts.archives import own_archive, plain_archive
from tests.contracts.source import SourceContract, physical
from tests.serving import DATA
from tests.stored import footer, timestamps, write_own, write_plain


class TestIndexed(SourceContract):
    @pytest.fixture(scope="class", params=["own layout", "plain layout"])
    @classmethod
    def source(cls, request, tmp_path_factory):
        cls.padded = request.param == "own layout"
        write = own_archive if cls.padded else plain_archive
        archive = write(tmp_path_factory.mktemp("archive"))
        index = Index([archive], tmp_path_factory.mktemp("cache"))
        index.update()
        yield index.source()
        index.close()


@pytest.fixture
def archive(tmp_path):
    """Five records of our own, a plain one, and three files that are none."""
    root = tmp_path / "archive"
    for number in range(5):
        own(root, f"r{number}", patient=f"p{number // 2}")
    write_plain(root / "patient=q/lead=I", timestamps(np.arange(900), 100), np.arange(900.0))
    times = timestamps([0, 1, 1, 2, 3], 100)
    write_plain(root / "patient=q/lead=II", times, [0.5, 1, 1, 2, 3])
    (root / "other").mkdir()
    (root / "other/empty.parquet").touch()
    (root / "other/text.parquet").write_text("no Parquet")
    (root / "folder.parquet").mkdir()
    return root


def own(root, record, *, patient="p", count=600, folder=None):
    values = np.arange(count, dtype=np.int16), np.zeros(count, bool), {}
    said = footer(record=record, patient=patient, length=count)
    return write_own(root / (folder or f"patient={patient}/record={record}"), said, {"I": values})


@pytest.fixture
def opened(tmp_path):
    """Open the index of some roots; several of them share a file."""
    made = []

    def open_index(*roots, folder="cache"):
        made.append(Index(roots, tmp_path / folder if folder else None))
        return made[-1]

    yield open_index
    for index in made:
        index.close()


def same_as_a_scan(source, *roots):
    scanned = scan(roots)
    assert list(source.records()) == list(scanned.records())
    assert sorted(map(str, source.problems)) == sorted(map(str, scanned.problems))
    assert sorted(map(type, source.problems), key=str) == sorted(
        map(type, scanned.problems), key=str
    )
    assert sorted(source.notes) == sorted(scanned.notes)
    assert replace(source.facets(), left_out=NOTHING) == scanned.facets()
    for record in scanned.records():
        name = record.record
        assert source.version(name) == scanned.version(name)
        assert source.beside(name) == scanned.beside(name)
        assert source.annotation_sets(name) == scanned.annotation_sets(name)
        for lead in record.leads:
            assert np.array_equal(source.gaps(name, lead.name), scanned.gaps(name, lead.name))
            (one,) = source.read(name, [lead.name], 0, 100)
            (other,) = scanned.read(name, [lead.name], 0, 100)
            assert np.array_equal(physical(one), physical(other), equal_nan=True)


def test_an_index_holds_what_a_scan_finds(archive, opened):
    index = opened(archive, DATA)
    assert not index.whole
    index.update()
    assert index.whole
    assert index.progress() is None
    same_as_a_scan(index.source(), archive, DATA)
    again = opened(archive, DATA)
    assert again.whole
    same_as_a_scan(again.source(), archive, DATA)
    assert not again.look()


def test_without_a_folder_it_is_in_memory(archive, opened, tmp_path, caplog):
    index = opened(archive, folder=None)
    index.update()
    same_as_a_scan(index.source(), archive)
    (tmp_path / "file").touch()
    index = opened(archive, folder="file")
    index.update()
    same_as_a_scan(index.source(), archive)
    assert "kept in memory" in caplog.text


def test_only_what_has_changed_is_opened_again(archive, opened, monkeypatch):
    index = opened(archive)
    index.update()
    source = index.source()
    looked = []
    look = indexing.Work.look
    monkeypatch.setattr(
        indexing.Work, "look", lambda self, files: looked.extend(files) or look(self, files)
    )
    own(archive, "r1", patient="p0", count=700)
    own(archive, "r9", patient="p9")
    shutil.rmtree(archive / "patient=p1/record=r2")
    found = index.look()
    assert sorted(os.path.basename(os.path.dirname(one.path)) for one in found.changed) == [
        "record=r1",
        "record=r9",
    ]
    assert len(found.gone) == 1
    told = []
    source.listen(told.append)
    index.bring(found)
    assert [one.path for one in looked] == [one.path for one in found.changed]
    kept = source._stored("r4")
    changes = source.refresh()
    assert told == [changes]
    assert (changes.added, changes.changed, changes.gone) == (("r9",), ("r1",), ("r2",))
    assert source._stored("r4") is kept
    assert source.record("r1").length == 700
    same_as_a_scan(source, archive)
    assert not source.refresh()


def test_a_change_in_one_file_takes_its_whole_group_along(archive, opened):
    index = opened(archive)
    index.update()
    source = index.source()
    write_plain(archive / "patient=q/lead=II", timestamps(np.arange(5), 100), np.arange(5.0))
    index.update()
    assert source.refresh().changed == ("q",)
    assert source.notes == ()
    same_as_a_scan(source, archive)
    write_plain(archive / "patient=q/lead=III", timestamps(np.arange(5), 100), np.arange(5.0))
    (archive / "patient=q/lead=I/part-0.parquet").unlink()
    folder = archive / "patient=p0/record=r0"
    said = footer(record="r0", patient="p0", content="annotations", annotator="atr")
    write_annotations(folder, said, [Annotation(5, "N")])
    index.update()
    assert sorted(source.refresh().changed) == ["q", "r0"]
    assert source.search(Filters(annotated=True)).total == 1
    same_as_a_scan(source, archive)


def test_a_file_that_is_mended_or_spoilt_changes_sides(archive, opened):
    index = opened(archive)
    index.update()
    source = index.source()
    good = (archive / "patient=p0/record=r0/100Hz-0000.parquet").read_bytes()
    (archive / "patient=p0/record=r0/100Hz-0000.parquet").write_bytes(good[:-9])
    index.update()
    assert source.refresh().gone == ("r0",)
    same_as_a_scan(source, archive)
    (archive / "other/empty.parquet").write_bytes(good)
    index.update()
    assert source.refresh().added == ("r0",)
    same_as_a_scan(source, archive)


def test_of_two_records_of_one_id_the_first_root_and_folder_wins(tmp_path, opened):
    one, other = tmp_path / "one", tmp_path / "other"
    own(one, "r", patient="a", count=10)
    own(one, "r", patient="b", count=20)
    own(other, "r", patient="0", count=30)
    index = opened(one, other)
    index.update()
    source = index.source()
    assert source.record("r").length == 10
    same_as_a_scan(source, one, other)
    shutil.rmtree(one / "patient=a")
    index.update()
    assert source.refresh().changed == ("r",)
    assert source.record("r").patient == "b"
    same_as_a_scan(source, one, other)
    shutil.rmtree(one / "patient=b")
    index.update()
    source.refresh()
    assert source.record("r").length == 30
    own(one, "r", patient="c", count=40)
    index.update()
    source.refresh()
    assert source.record("r").length == 40
    same_as_a_scan(source, one, other)


def test_a_group_is_whole_however_its_files_are_handed_out(archive, opened, monkeypatch):
    monkeypatch.setattr(indexing, "TOGETHER", 1)
    monkeypatch.setattr(indexing, "TOGETHER_MOST", 1)
    index = opened(archive)
    index.update()
    same_as_a_scan(index.source(), archive)


def test_one_that_was_broken_off_goes_on_where_it_was(archive, opened, monkeypatch):
    monkeypatch.setattr(indexing, "TOGETHER", 1)
    monkeypatch.setattr(indexing, "TOGETHER_MOST", 1)
    index = opened(archive)
    done = []

    def stop(progress):
        done.append(progress)
        if progress.done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.bring(index.look(), stop)
    assert [(one.done, one.total) for one in done] == [(n, 9) for n in range(1, 6)]
    assert not index.whole
    index.close()
    index = opened(archive)
    assert len(index.source().records()) in range(1, 6)
    assert len(index.look().changed) in range(1, 5)
    index.update()
    same_as_a_scan(index.source(), archive)


def test_a_root_that_is_away_for_a_while_is_not_forgotten(archive, opened, tmp_path):
    other = tmp_path / "other"
    own(other, "far", patient="z")
    index = opened(archive, other)
    index.update()
    source = index.source()
    other.rename(tmp_path / "away")
    index.update()
    source.refresh()
    assert source.record("far").length == 600
    assert any("is not there" in str(one) for one in source.problems)
    with pytest.raises(SourceUnavailable):
        source.read("far", ["I"], 0, 1)
    (tmp_path / "away").rename(other)
    index.update()
    same_as_a_scan(source, archive, other)


@pytest.mark.parametrize("how", ["damaged", "cut short"])
def test_an_index_that_is_no_good_is_made_anew(archive, opened, how):
    index = opened(archive)
    index.update()
    path = index.file.path
    index.close()
    if how == "damaged":
        path.write_bytes(b"no database" * 999)
    else:
        path.write_bytes(path.read_bytes()[:5000])
    index = opened(archive)
    assert not index.whole
    assert len(index.source().records()) == 0
    index.update()
    same_as_a_scan(index.source(), archive)


def test_servers_of_two_releases_share_a_cache_folder(archive, opened, monkeypatch):
    old = opened(archive)
    assert old.claim()
    old.update()
    served = old.source()
    monkeypatch.setattr(index_module, "SCHEMA", index_module.SCHEMA + 1)
    new = opened(archive)
    assert new.claim()
    assert not new.whole
    new.update()
    same_as_a_scan(new.source(), archive)
    served.refresh()
    same_as_a_scan(served, archive)
    # Once nobody of the old release is left, its index is room for others.
    old.close()
    opened(archive)
    assert not old.file.path.exists()
    assert new.file.path.exists()


def test_nobody_else_may_read_an_index(archive, opened):
    index = opened(archive)
    assert index.file.path.stat().st_mode & 0o777 == 0o600
    assert index.file.path.parent.stat().st_mode & 0o777 == 0o700


def test_one_process_at_a_time_keeps_it_and_the_others_take_up(archive, opened):
    one, other = opened(archive), opened(archive)
    assert one.claim()
    assert one.claim()
    assert not other.claim()
    stamp = other.file.stamp()
    source = other.source()
    one.update()
    assert other.file.stamp() != stamp
    source.refresh()
    same_as_a_scan(source, archive)
    one.close()
    assert other.claim()


def test_a_copy_knows_the_files_as_they_are_and_changes_nothing(archive, opened):
    index = opened(archive)
    index.update()
    own(archive, "r9", patient="p9")
    copy = opened(archive).copied()
    assert copy.claim()
    assert [os.path.basename(os.path.dirname(one.path)) for one in copy.look().changed] == [
        "record=r9"
    ]
    copy.update()
    same_as_a_scan(copy.source(), archive)
    copy.close()
    assert len(index.source().records()) == 6


def test_an_index_that_nobody_used_for_long_is_removed(archive, opened):
    index = opened(archive)
    old = index.file.path.with_name("old.index")
    old.touch()
    os.utime(old, (0, 0))
    opened(archive, DATA)
    assert not old.exists()
    assert index.file.path.exists()


def test_many_files_are_looked_at_in_processes_and_come_out_the_same(archive, opened, monkeypatch):
    monkeypatch.setattr(index_module, "MANY", 1)
    monkeypatch.setattr(index_module, "PROCESSES", 1)
    index = opened(archive)
    index.update()
    same_as_a_scan(index.source(), archive)


def test_a_file_whose_rows_say_the_record_is_not_done_before_they_were_read(opened, tmp_path):
    root = tmp_path / "tables"
    root.mkdir()
    for name in ("a", "b"):
        rows = {"record_id": [f"{name}{k}" for k in range(3)], "ECG": [[1, 2, 3]] * 3}
        table = pa.table(rows).replace_schema_metadata({"fs": "100", "lead": "II"})
        pq.write_table(table, root / f"{name}.parquet")
    index = opened(root)
    told = []
    index.update(told.append)
    assert told == [Progress(0, 2), Progress(2, 2)]
    assert len(index.source().records()) == 6


def test_what_we_fail_at_is_a_problem_and_the_rest_is_served(archive, opened, monkeypatch):
    build = index_work.Builder.build

    def failing(self, group, parts):
        if group.name == "r1":
            raise ZeroDivisionError("somewhere")
        return build(self, group, parts)

    monkeypatch.setattr(index_work.Builder, "build", failing)
    index = opened(archive)
    index.update()
    source = index.source()
    assert [one.record for one in source.records()] == ["r0", "r2", "r3", "r4", "q"]
    (told,) = [one for one in source.problems if "a fault of ecgstream's" in str(one)]
    assert "ZeroDivisionError: somewhere" in told.detail
    assert "record=r1" in told.path


def test_work_is_sent_to_other_processes_with_its_mapping(archive, opened):
    mapping = parsed(b'[[table]]\nfiles = "**"\nfs = 50\n', "mapping.toml")
    work = index_work.Work(opened(archive).roots, Reading(mapping))
    assert pickle.loads(pickle.dumps(work)).reading.digest == work.reading.digest


def test_a_mapping_has_an_index_of_its_own(archive, opened, tmp_path):
    said = Index([archive], tmp_path / "cache", Reading(fs=Fraction(50)))
    assert said.file.path != opened(archive).file.path
    said.close()


def test_a_root_may_be_a_file_and_an_address_may_be_nonsense(archive, opened):
    file = archive / "patient=p0/record=r0/100Hz-0000.parquet"
    index = opened("nonsense://x", file, archive / "patient=q")
    index.update()
    same_as_a_scan(index.source(), "nonsense://x", file, archive / "patient=q")


def test_what_is_kept_in_one_piece_is_what_the_rows_say_and_goes_with_the_first_change(
    archive, opened, monkeypatch
):
    index = opened(archive)
    index.update()
    by_rows = index.file.shown()
    index.keep()
    asked = []
    monkeypatch.setattr(index_file, "unpacked", lambda held: asked.append(held) or unpacked(held))
    kept = index.file.shown()
    assert len(asked) == 1
    assert kept.columns.records == by_rows.columns.records
    assert kept.stored == by_rows.stored
    assert kept.verdicts == by_rows.verdicts
    same_as_a_scan(opened(archive).source(), archive)
    for column in ("fs", "seconds", "annotated"):
        values = getattr(kept.columns, column).tolist()
        assert values == getattr(by_rows.columns, column)
    for column in ("patients", "datasets", "sources", "leads"):
        texts = getattr(kept.columns, column)
        assert [texts[row] for row in range(len(kept.stored))] == getattr(by_rows.columns, column)
    own(archive, "another")
    index.update()
    asked.clear()
    same_as_a_scan(index.source(), archive)
    assert not asked
    index.keep()
    same_as_a_scan(opened(archive).source(), archive)
    assert asked


@pytest.mark.parametrize("how", ["half", "another row", "another place", "nonsense"])
def test_a_piece_that_is_damaged_is_not_gone_by(archive, opened, how):
    index = opened(archive)
    index.update()
    index.keep()
    said = msgspec.msgpack.decode(index.file.said(index_file.KEPT))
    held = {
        "half": msgspec.msgpack.encode(said)[:-9],
        "another row": msgspec.msgpack.encode([said[0][1:], *said[1:]]),
        "another place": msgspec.msgpack.encode([said[0], [[], said[1][1]], *said[2:]]),
        "nonsense": b"nonsense",
    }[how]
    assert unpacked(held) is None
    with index.file.writing():
        index.file.say(index_file.KEPT, held)
    same_as_a_scan(opened(archive).source(), archive)
