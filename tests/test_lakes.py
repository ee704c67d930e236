"""Tables of Delta Lake, Iceberg and Hudi: what their logs say is dead is served by nobody."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from ecgstream.errors import LayoutError
from ecgstream.storage.catalog import scan
from ecgstream.storage.index.folder_watch import LocalTree
from ecgstream.storage.index.index import Index
from tests.object_stores import BUCKET, env_for, gcs_at, s3

LOGS = {
    "Delta Lake": "_delta_log/00000000000000000000.json",
    "Hudi": ".hoodie/hoodie.properties",
    "Iceberg": "metadata/00000-5c1e4f0a.metadata.json",
}


def recording(file: Path) -> Path:
    """Write ten seconds of a lead."""
    file.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(3_600) / 360
    columns = {"time_s": time, "II": np.sin(7 * time)}
    pq.write_table(pa.table(columns, metadata={"unit": "mV"}), file)
    return file


def table(folder: Path, log: str) -> Path:
    """Write a table with a file of its own and one in a partition, and a log."""
    recording(folder / "part-0.parquet")
    recording(folder / "data/patient=erased/part-1.parquet")
    (folder / log).parent.mkdir(parents=True, exist_ok=True)
    (folder / log).write_text("{}")
    return folder


def records(roots: Sequence[object]) -> list[str]:
    return [one.record for one in scan([str(root) for root in roots]).records()]


@pytest.mark.parametrize("kind", LOGS)
def test_a_table_with_a_log_is_left_out_with_one_reason_and_all_else_is_served(
    tmp_path: Path, kind: str
):
    table(tmp_path / "lake/t", LOGS[kind])
    recording(tmp_path / "lake/plain.parquet")
    source = scan([tmp_path])
    assert [one.record for one in source.records()] == ["lake.plain"]
    (problem,) = source.problems
    assert isinstance(problem, LayoutError)
    assert problem.path == str(tmp_path / "lake/t")
    assert f"{kind} table: its log" in str(problem)
    assert "write it out" in str(problem)


@pytest.mark.parametrize("kind", LOGS)
@pytest.mark.parametrize("inside", ["", "data", "data/patient=erased/part-1.parquet"])
def test_a_data_root_that_is_a_table_or_lies_in_one_is_none(tmp_path: Path, kind: str, inside: str):
    table(tmp_path / "t", LOGS[kind])
    source = scan([tmp_path / "t" / inside])
    assert list(source.records()) == []
    assert [one.path for one in source.problems] == [str(tmp_path / "t")]


def test_a_folder_of_other_metadata_is_no_table(tmp_path: Path):
    recording(tmp_path / "metadata/one.parquet")
    (tmp_path / "metadata/one.metadata.json").write_text("{}")
    assert records([tmp_path]) == ["metadata.one"]


def ask(tree: LocalTree, root: Path) -> dict[str, bool]:
    for _ in tree.ask():
        pass
    news = {os.path.relpath(path, root): stamp is not None for path, stamp in tree.news.items()}
    tree.news.clear()
    return news


@pytest.mark.parametrize("kind", LOGS)
def test_a_folder_that_becomes_a_table_while_it_is_served_is_gone_until_it_is_none(
    tmp_path: Path, kind: str
):
    table(tmp_path / "t", LOGS[kind])
    log = tmp_path / "t" / LOGS[kind].partition("/")[0]
    aside = tmp_path / "_aside"
    log.rename(aside)
    files = {"t/part-0.parquet", "t/data/patient=erased/part-1.parquet"}
    tree = LocalTree(str(tmp_path))
    assert ask(tree, tmp_path) == dict.fromkeys(files, True)
    aside.rename(log)
    name = f"t/{log.name}"
    assert ask(tree, tmp_path) == dict.fromkeys(files, False) | {name: True}
    recording(tmp_path / "t/data/patient=two/part-2.parquet")
    assert ask(tree, tmp_path) == {}
    log.rename(aside)
    files |= {"t/data/patient=two/part-2.parquet"}
    assert ask(tree, tmp_path) == dict.fromkeys(files, True) | {name: False}


def test_the_first_snapshot_in_a_folder_that_was_there_before_makes_a_table(tmp_path: Path):
    recording(tmp_path / "t/data/one.parquet")
    (tmp_path / "t/metadata").mkdir()
    tree = LocalTree(str(tmp_path))
    assert ask(tree, tmp_path) == {"t/data/one.parquet": True}
    (tmp_path / "t" / LOGS["Iceberg"]).write_text("{}")
    os.utime(tmp_path / "t/metadata", (1, 1))
    assert ask(tree, tmp_path) == {"t/data/one.parquet": False, "t/metadata": True}
    shutil.rmtree(tmp_path / "t/metadata")
    assert ask(tree, tmp_path) == {"t/data/one.parquet": True, "t/metadata": False}


def test_an_index_forgets_what_has_become_a_table_and_learns_it_anew(tmp_path: Path):
    root, cache = tmp_path / "archive", tmp_path / "cache"
    table(root / "t", LOGS["Delta Lake"])
    log = root / "t/_delta_log"
    log.rename(tmp_path / "aside")

    def found() -> tuple[list[str], list[str | None]]:
        index = Index([str(root)], cache)
        assert index.claim()
        index.update()
        source = index.source()
        said = [one.record for one in source.records()], [one.path for one in source.problems]
        index.close()
        return said

    assert found() == (["erased", "t"], [])
    (tmp_path / "aside").rename(log)
    assert found() == ([], [str(root / "t")])
    shutil.rmtree(log)
    assert found() == (["erased", "t"], [])


@pytest.mark.parametrize("store", ["s3", "google"])
def test_tables_on_object_stores_are_left_out_too(
    tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch
):
    for kind, log in LOGS.items():
        table(tmp_path / "lake" / kind.replace(" ", ""), log)
    recording(tmp_path / "plain.parquet")

    def served(address: str, files: fs.FileSystem) -> None:
        for path in tmp_path.glob("**/*"):
            if path.is_file():
                with files.open_output_stream(f"{BUCKET}/{path.relative_to(tmp_path)}") as out:
                    out.write(path.read_bytes())
        source = scan([address])
        assert [one.record for one in source.records()] == ["plain"]
        names = {str(one.path).rpartition("/")[2] for one in source.problems}
        assert names == {kind.replace(" ", "") for kind in LOGS}
        for kind in names:
            bucket, mark, options = address.partition("?")
            inside = scan([f"{bucket}/lake/{kind}/data/patient=erased{mark}{options}"])
            assert list(inside.records()) == []
            assert [str(one.path).rpartition("/")[2] for one in inside.problems] == [kind]

    if store == "google":
        with gcs_at() as (address, files):
            served(address, files)
        return
    with s3() as server:
        env_for(server, monkeypatch)
        served(f"s3://{BUCKET}", server.files)
