"""Folders and files kept small: nothing is lost by it, and it is small."""

import os
import tracemalloc
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ecgstream.storage.index.folder_table import GONE, UNLISTED, Folders, packed, unpacked
from ecgstream.storage.index.folder_watch import LocalTree

NAMES = st.text(st.characters(exclude_characters="/", codec="utf-8"), min_size=1, max_size=9)
NUMBERS = st.integers(-(1 << 63), (1 << 63) - 1)


@given(st.dictionaries(NAMES, st.tuples(NUMBERS, NUMBERS)))
def test_files_come_back_as_they_were_packed(files: dict[str, tuple[int, int]]):
    assert unpacked(packed(files)) == files


@given(st.lists(st.lists(NAMES, max_size=4), max_size=8))
def test_each_folder_is_found_by_its_path_and_has_it(paths: list[list[str]]):
    folders = Folders("/root")
    for path in paths:
        number = 0
        for name in path:
            known = folders.children(number).get(name)
            number = folders.add(number, name) if known is None else known
        assert folders.path(number) == "/".join(["/root", *path])
        assert folders.find(folders.path(number)) == number
    assert folders.find("/root/no such/folder") is None
    assert folders.find("/rootless") is None


def test_the_root_of_everything_is_a_root_too():
    folders = Folders("/")
    number = folders.add(0, "data")
    assert (folders.path(0), folders.path(number), folders.find("/data")) == ("", "/data", number)
    assert folders.times.tolist() == [UNLISTED, UNLISTED]


@given(st.sets(st.lists(st.sampled_from("ab-."), min_size=1, max_size=4).map("/".join), max_size=9))
def test_what_is_known_in_order_is_known_of_its_folders(folders: set[str]):
    paths = sorted(f"/root/{path}/x.parquet" for path in folders)
    tree = LocalTree("/root", [(path, len(path), 7) for path in [*paths, "/root/y.parquet"]])
    assert tree.files == len(paths) + 1
    for path in paths:
        number = tree._folders.find(path.rpartition("/")[0])
        assert number is not None
        assert unpacked(tree._folders.files[number])["x.parquet"] == (len(path), 7)
    assert tree.news == {}


def test_a_folder_that_comes_back_has_its_old_number(tmp_path: Path):
    tree = LocalTree(str(tmp_path))

    def looked() -> dict[str, bool]:
        for _ in tree.ask():
            pass
        news = {Path(path).name: stamp is not None for path, stamp in tree.news.items()}
        tree.news.clear()
        return news

    file = tmp_path / "a" / "one.parquet"
    for _ in range(3):
        file.parent.mkdir()
        file.touch()
        assert looked() == {"one.parquet": True}
        assert (tree.folders, len(tree._folders)) == (2, 2)
        file.unlink()
        file.parent.rmdir()
        assert looked() == {"one.parquet": False}
        assert tree.folders == 1
        assert tree._folders.times[1] == GONE


def test_of_many_files_every_one_is_asked_within_as_many_rounds(tmp_path: Path):
    for number in range(10):
        (tmp_path / f"f{number}.parquet").touch()
    # Nothing has come lately, or all would be looked at once more.
    os.utime(tmp_path, (9, 9))
    tree = LocalTree(str(tmp_path))
    for _ in tree.ask():
        pass
    tree.news.clear()
    for number in range(10):
        os.utime(tmp_path / f"f{number}.parquet", (9, 9))
    found = []
    for turn in range(4):
        for _ in tree.ask(turn, 4):
            pass
        assert tree.asked == (1, len(tree.news))
        found += list(tree.news)
        tree.news.clear()
    assert sorted(found) == [str(tmp_path / f"f{number}.parquet") for number in range(10)]


def test_a_folder_with_a_file_takes_little_memory():
    count = 4_000
    names = [f"/root/patient={at // 10:05}/record=r{at:06}" for at in range(count)]
    known = [(f"{name}/500Hz-0000.parquet", 1 << 20, 1_700_000_000 << 30) for name in names]
    tracemalloc.start()
    try:
        tree = LocalTree("/root", known)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert tree.folders == 1 + count + count // 10
    assert held / count < 200
