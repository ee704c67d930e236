"""An index kept up to date while a server runs, and served."""

import json
import sqlite3
import threading
import urllib.request

import numpy as np
import pytest
from starlette.testclient import TestClient

from ecgstream.cli import main
from ecgstream.config import Settings
from ecgstream.errors import LayoutError
from ecgstream.storage.catalog import scan
from ecgstream.storage.derived.verdict import CHECKER, Verdict
from ecgstream.storage.derived.verdicts import Verdicts, verdict_key
from ecgstream.storage.foreign.mapping import Reading, parsed
from ecgstream.storage.index import keeping
from ecgstream.storage.index.changes import Progress
from ecgstream.storage.index.index import Index
from ecgstream.storage.index.index_file import KEPT_MOMENT
from ecgstream.storage.index.keeping import Keeper, more_than
from ecgstream.storage.index.left_out import LeftOut, left_out
from ecgstream.storage.index.searching import Filters
from ecgstream.storage.memory import MemorySource
from ecgstream.web.app import create_app
from tests.serving import HANGS_S, ServerProcess
from tests.stored import footer, write_own

# Some processes each: beside the others of the group, and beside a wall's, there would be no core for any.
pytestmark = pytest.mark.xdist_group("workers")


def own(root, record, *, count=600):
    values = np.arange(count, dtype=np.int16), np.zeros(count, bool), {}
    said = footer(record=record, patient="p", length=count)
    return write_own(root / f"patient=p/record={record}", said, {"I": values})


@pytest.fixture
def archive(tmp_path):
    root = tmp_path / "archive"
    for number in range(3):
        own(root, f"r{number}")
    return root


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    for name in ("POLL_S", "AGAIN_S", "PAUSE", "VERDICTS_S"):
        monkeypatch.setattr(keeping, name, 0.0 if name == "VERDICTS_S" else 0.01)


@pytest.fixture
def kept(archive, tmp_path):
    """Start a keeper of the archive's index."""
    started = []

    def start(command=None, verdicts=None):
        index = Index([archive], tmp_path / "cache")
        keeper = Keeper(index, index.source(), command, verdicts)
        started.append(keeper)
        keeper.start()
        return keeper

    yield start
    for keeper in started:
        keeper.stop()


def until(keeper, true):
    """Wait until something is true of what is served."""
    came = threading.Event()
    keeper.source.listen(lambda _: came.set())
    while not true():
        assert came.wait(HANGS_S)
        came.clear()


def names(source):
    return [one.record for one in source.records()]


def test_all_files_are_looked_at_before_it_is_settled(kept, archive):
    keeper = kept()
    assert keeper.wait(HANGS_S)
    assert names(keeper.source) == ["r0", "r1", "r2"]
    assert keeper.source.indexing is None


def test_one_of_several_looks_and_the_others_take_up(kept, archive):
    first = kept()
    assert first.wait(HANGS_S)
    second = kept()
    assert second.wait(HANGS_S)
    assert names(second.source) == ["r0", "r1", "r2"]
    own(archive, "r3")
    other = Index([archive], first._index.file.path.parent)
    other.update()
    other.close()
    for keeper in (first, second):
        until(keeper, lambda keeper=keeper: "r3" in names(keeper.source))


def test_many_files_are_looked_at_by_a_process_of_its_own(kept, archive, monkeypatch, tmp_path):
    monkeypatch.setattr(keeping, "MANY", 1)
    keeper = kept(["index", "--claimed", "--cache", str(tmp_path / "cache"), "--", str(archive)])
    assert keeper.wait(HANGS_S)
    assert keeper._child.returncode == 0
    assert names(keeper.source) == ["r0", "r1", "r2"]
    # And has left them in one piece for the next server.
    assert keeper._index.file.said(KEPT_MOMENT) == keeper._index.file.moment()


def test_large_files_are_looked_at_by_a_process_of_its_own_when_they_come_too(
    kept, archive, monkeypatch, tmp_path
):
    monkeypatch.setattr(keeping, "HEAVY", 1)
    keeper = kept(["index", "--claimed", "--cache", str(tmp_path / "cache"), "--", str(archive)])
    assert keeper.wait(HANGS_S)
    first = keeper._child
    assert first.returncode == 0
    own(archive, "r3")
    until(keeper, lambda: "r3" in names(keeper.source))
    assert keeper._child is not first


def test_an_index_that_is_found_damaged_is_made_anew(kept, archive):
    keeper = kept()
    assert keeper.wait(HANGS_S)
    index = keeper._index.file
    own(archive, "r3")
    with index._lock:
        # As a bad disk has it: the file is there, and is none.
        index._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        index._database.execute("PRAGMA shrink_memory")
        index.path.write_bytes(b"no database" * 9_999)
    keeper._stamp = None
    until(keeper, lambda: "r3" in names(keeper.source))


def test_records_that_are_kept_damaged_are_made_anew_and_end_nothing(kept, archive, tmp_path):
    keeper = kept()
    assert keeper.wait(HANGS_S)
    keeper.stop()
    # The file is sound, and what is in it is not; all in one piece is another copy of it.
    with sqlite3.connect(keeper._index.file.path) as database:
        database.execute("UPDATE record SET stored = randomblob(40) WHERE record = 'r1'")
        database.execute("DELETE FROM meta WHERE key = ?", (KEPT_MOMENT,))
    database.close()
    keeper = kept()
    assert keeper.wait(HANGS_S)
    create_app(Settings(store=str(tmp_path / "store.db")), keeper.source)
    until(keeper, lambda: names(keeper.source) == ["r0", "r1", "r2"])
    assert keeper.source.stored("r1").record.length == 600


def test_verdicts_are_what_records_are_chosen_by(archive, tmp_path):
    verdicts = Verdicts(tmp_path / "cache")
    index = Index([archive], tmp_path / "cache")
    source = index.source()
    keeper = Keeper(index, source, verdicts=verdicts)
    keeper._turn()
    assert source.search(Filters(quality="unknown")).total == 3
    bad = Verdict("r1", CHECKER, "", "warning", 100.0, "", 6.0, 1.0, {}, ())
    assert verdicts.keep(verdict_key(source, "r1"), bad)
    keeper._turn()
    assert [one.record for one in source.search(Filters(quality="warning")).records] == ["r1"]
    assert dict(source.facets().qualities) == {"unknown": 2, "warning": 1}
    own(archive, "r1", count=700)
    index.update()
    keeper._turn()
    assert dict(source.facets().qualities) == {"unknown": 3}
    index.close()
    verdicts.close()


def test_a_table_of_the_mapping_that_matches_no_file_is_said_once(archive, tmp_path, caplog):
    text = b'[[table]]\nfiles = "**/*.parquet"\n[[table]]\nfiles = "zzz/*.parquet"\nfs = 3\n'
    index = Index([archive], tmp_path / "cache", Reading(parsed(text, "m.toml")))
    keeper = Keeper(index, index.source())
    for _ in range(3):
        keeper._turn()
    said = [one.getMessage() for one in caplog.records if "matches no file" in one.getMessage()]
    assert [one.partition("): ")[0] for one in said] == [
        'mapping m.toml: table 2 (files = "zzz/*.parquet"'
    ]
    keeper._watch.close()
    index.close()


def test_what_is_left_out_while_a_server_runs_is_said_once_with_its_reason(
    archive, tmp_path, caplog
):
    index = Index([archive], tmp_path / "cache")
    keeper = Keeper(index, index.source())
    keeper._turn()
    (archive / "known.parquet").touch()
    index.update()
    keeper.told(index.source().problems)
    bad = archive / "patient=p" / "record=r1"
    next(bad.glob("*.parquet")).write_bytes(b"PAR1 no more")
    (archive / "junk.parquet").write_bytes(b"junk")
    for _ in range(3):
        index.update()
        keeper._next = 0.0
        keeper._turn()
    said = [one.getMessage() for one in caplog.records if "left out" in one.getMessage()]
    assert len(said) == 2
    assert any(str(bad) in one for one in said)
    assert any("junk.parquet" in one for one in said)
    found = keeper.source.facets().left_out
    assert found.count == 3
    assert not any(str(tmp_path) in one for one in found.reasons)
    assert any("patient=p/record=r1/" in one for one in found.reasons)
    # Mended, and damaged again, it is news.
    (archive / "junk.parquet").unlink()
    for make in (lambda: None, (archive / "junk.parquet").touch):
        make()
        index.update()
        keeper._next = 0.0
        keeper._turn()
    said = [one.getMessage() for one in caplog.records if "left out" in one.getMessage()]
    assert len(said) == 3
    keeper._watch.close()
    index.close()


def test_left_out_reasons_name_no_folder_above_the_data_roots():
    problems = [
        LayoutError("is in /srv/a/x already", path="/srv/a/y/z.parquet"),
        LayoutError("is in /home/me/b.parquet", path="s3://bucket/deep/k.parquet"),
        LayoutError("cannot be listed", path="/srv/a"),
        LayoutError("another", path="/srv/a/y/z.parquet"),
    ]
    assert left_out(problems, ["/srv/a", "s3://bucket/deep", "bucket/deep"]) == LeftOut(
        3,
        (
            "file y/z.parquet: is in x already",
            "file k.parquet: is in b.parquet",
            "file a: cannot be listed",
            "file y/z.parquet: another",
        ),
    )


def test_a_few_files_are_told_from_many(archive):
    assert more_than(2, [str(archive)])
    assert not more_than(3, [str(archive), str(archive / "nowhere")])


def test_readyz_and_the_list_say_how_far_the_index_is(tmp_path):
    source = MemorySource()
    source.indexing = Progress(12, 110)
    app = create_app(Settings(store=str(tmp_path / "store.db")), source)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["reasons"] == ["indexing: 12 of 110 files were looked at"]
        page = client.get("/api/v1/records").json()
        assert page["indexing"] == {"done": 12, "total": 110}
        source.indexing = None
        assert client.get("/api/v1/records").json()["indexing"] is None
        assert client.get("/readyz").json()["reasons"] == ["there is no record to serve"]


def test_the_command_makes_the_index_that_a_server_finds(archive, tmp_path, capsys):
    (archive / "empty.parquet").touch()
    said = ["index", str(archive), "--cache", str(tmp_path / "cache")]
    assert main(said) == 1
    out = capsys.readouterr().out
    assert "empty.parquet: is empty" in out
    assert "3 records, 1 problem\n" in out
    (archive / "empty.parquet").unlink()
    assert main(said) == 0
    index = Index([archive], tmp_path / "cache")
    assert index.whole
    assert names(index.source()) == names(scan([archive]))
    assert index.claim()
    assert main(said) == 2
    assert "another process keeps the index" in capsys.readouterr().err
    index.close()


def test_the_command_ends_with_2_where_a_path_is_not_there_or_nothing_in_it(
    archive, tmp_path, capsys
):
    nowhere, empty, cache = str(tmp_path / "nope"), tmp_path / "empty", f"--cache={tmp_path / 'c'}"
    empty.mkdir()
    for command in ("index", "check"):
        assert main([command, nowhere, cache]) == 2
        assert f"{nowhere}: is not there" in capsys.readouterr().out
        assert main([command, str(empty), cache]) == 2
        assert f"data: there is no record in {empty}; name a folder" in capsys.readouterr().err
    assert main(["index", str(archive), nowhere, cache]) == 2
    assert "3 records, 1 problem" in capsys.readouterr().out
    assert main(["index", str(archive), str(empty), cache]) == 0


def test_workers_serve_one_index(archive, tmp_path):
    cache = f"--cache={tmp_path / 'cache'}"
    with ServerProcess([archive], "--workers=2", "--metrics-port=0", cache) as server:
        for _ in range(4):
            with urllib.request.urlopen(f"{server.url}/api/v1/records") as answer:
                assert [one["record"] for one in json.load(answer)["records"]] == ["r0", "r1", "r2"]
    assert len(list((tmp_path / "cache").glob("*.index"))) == 1
