"""Archives that change: what comes, changes and goes is seen, and nothing is that is half written."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import fs

from ecgstream.storage.index import watching
from ecgstream.storage.index.addresses import resolved
from ecgstream.storage.index.folder_watch import LocalTree
from ecgstream.storage.index.listing import listing
from ecgstream.storage.index.notices import Notices
from ecgstream.storage.index.watching import Watch
from tests.object_stores import BUCKET, env_for, gcs_at, s3


def put(path: Path, text: str = "x", *, at: int = 1_000) -> Path:
    """Write a file with a time of its own, in s: nobody has written to it since long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (at, at))
    return path


def seen(tree: LocalTree, root: Path) -> dict[str, bool]:
    """Look at all once; return what is news: by name below `root`, whether it is there."""
    for _ in tree.ask():
        pass
    news = {
        str(Path(path).relative_to(root)): stamp is not None for path, stamp in tree.news.items()
    }
    tree.news.clear()
    return news


def names(tree: LocalTree, numbers: set[int]) -> set[str]:
    """Return the names of folders by their numbers."""
    return {tree._folders.name(number) for number in numbers}


@pytest.fixture
def tree(tmp_path: Path) -> LocalTree:
    put(tmp_path / "a/b/one.parquet")
    put(tmp_path / "a/two.parquet")
    tree = LocalTree(str(tmp_path))
    assert seen(tree, tmp_path) == {"a/b/one.parquet": True, "a/two.parquet": True}
    assert seen(tree, tmp_path) == {}
    return tree


def test_what_is_known_already_is_no_news_and_what_is_not_there_is(tmp_path: Path):
    node = put(tmp_path / "a/one.parquet").stat()
    known = [
        (str(tmp_path / "a/gone.parquet"), 1, 1),
        (str(tmp_path / "a/one.parquet"), node.st_size, node.st_mtime_ns),
        (str(tmp_path / "z/gone.parquet"), 1, 1),
    ]
    assert seen(LocalTree(str(tmp_path), known), tmp_path) == {
        "a/gone.parquet": False,
        "z/gone.parquet": False,
    }


def test_a_new_file_in_a_new_folder_is_seen(tree: LocalTree, tmp_path: Path):
    put(tmp_path / "n/m/three.parquet")
    assert seen(tree, tmp_path) == {"n/m/three.parquet": True}
    put(tmp_path / "n/m/four.parquet")
    assert seen(tree, tmp_path) == {"n/m/four.parquet": True}


@pytest.mark.parametrize("how", ["in its place", "over itself", "its time alone"])
def test_a_file_that_is_another_one_is_seen(tree: LocalTree, tmp_path: Path, how: str):
    file = tmp_path / "a/two.parquet"
    if how == "in its place":
        put(tmp_path / "a/.part", "y", at=2_000).rename(file)
    elif how == "over itself":
        put(file, "longer", at=1_000)
    else:
        os.utime(file, (2_000, 2_000))
    assert seen(tree, tmp_path) == {"a/two.parquet": True}


def test_what_is_taken_away_is_gone(tree: LocalTree, tmp_path: Path):
    (tmp_path / "a/two.parquet").unlink()
    assert seen(tree, tmp_path) == {"a/two.parquet": False}
    (tmp_path / "a/b").rename(tmp_path / "c")
    assert seen(tree, tmp_path) == {"a/b/one.parquet": False, "c/one.parquet": True}


def test_names_that_are_not_finished_and_other_files_are_no_news(tree: LocalTree, tmp_path: Path):
    put(tmp_path / "a/.three.parquet")
    put(tmp_path / "_tmp/four.parquet")
    put(tmp_path / "a/notes.txt")
    os.mkfifo(tmp_path / "a/fifo.parquet")
    (tmp_path / "a/round").symlink_to(tmp_path, target_is_directory=True)
    assert seen(tree, tmp_path) == {}


def test_a_share_that_is_away_is_not_gone(tree: LocalTree, tmp_path: Path):
    tmp_path.rename(tmp_path.with_name("away"))
    assert not tree.there()
    tmp_path.with_name("away").rename(tmp_path)
    assert tree.there()
    assert seen(tree, tmp_path) == {}


def test_the_system_tells_of_folders_before_they_are_asked(tmp_path: Path):
    notices = Notices()
    put(tmp_path / "a/two.parquet")
    put(tmp_path / "b/one.parquet")
    tree = LocalTree(str(tmp_path), (), notices)
    seen(tree, tmp_path)
    assert len(notices) == 3
    assert notices.changed() == set()
    (tmp_path / "a/two.parquet").write_text("over itself")
    put(tmp_path / "b/.part", "other").rename(tmp_path / "b/one.parquet")
    folders = notices.changed()
    assert names(tree, folders) == {"a", "b"}
    for folder in folders:
        tree.ask_folder(folder)
    assert {Path(path).name for path in tree.news} == {"two.parquet"} | {"one.parquet"}
    (tmp_path / "b").rename(tmp_path / "c")
    (tmp_path / "a/two.parquet").unlink()
    for folder in notices.changed():
        tree.ask_folder(folder)
    news = {str(Path(path).relative_to(tmp_path)): stamp for path, stamp in tree.news.items()}
    assert news["a/two.parquet"] is None
    # A folder that got another name is asked for by its old one, and is not there.
    assert seen(tree, tmp_path)["b/one.parquet"] is False
    (tmp_path / "c/one.parquet").write_text("under its new name")
    assert names(tree, notices.changed()) == {"c"}
    notices.close()
    assert notices.changed() == set()


NAMES = st.sampled_from(["a.parquet", "b.parquet", "x/a.parquet", "x/y/a.parquet", "z/b.parquet"])
MOVES = st.lists(st.tuples(NAMES, st.sampled_from(["write", "remove", "replace"])), max_size=8)


@given(st.lists(MOVES, max_size=5))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_news_add_up_to_what_a_listing_finds(tmp_path_factory, rounds):
    root = tmp_path_factory.mktemp("any")
    tree = LocalTree(str(root))
    held: dict[str, tuple[int, int]] = {}
    clock = 1_000
    for moves in rounds:
        for name, what in moves:
            clock += 1
            path = root / name
            if what == "remove":
                path.unlink(missing_ok=True)
            elif what == "replace":
                put(root / "_part", "r" * (clock % 5), at=clock)
                path.parent.mkdir(parents=True, exist_ok=True)
                (root / "_part").rename(path)
            else:
                put(path, "w" * (clock % 7), at=clock)
        for _ in tree.ask():
            pass
        for path, stamp in tree.news.items():
            if stamp is None:
                del held[path]
            else:
                held[path] = stamp
        tree.news.clear()
        found = listing(0, root, [])
        assert held == {one.place.path: (one.size, one.mtime_ns) for one in found}


class Hands:
    """A clock of this module's own: what is waited for is over at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 10_000.0
        monkeypatch.setattr(watching.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(watching.time, "time_ns", lambda: int(self.now * 1e9))

    def wait(self, seconds: float | None = None) -> bool:
        self.now += seconds or 0.0
        return False

    def is_set(self) -> bool:
        return False


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch)


def listed(watch: Watch) -> None:
    """Wait until what is listed on a thread is."""
    watch._far.submit(int).result()


def turned(watch: Watch, hands: Hands, turns: int = 1) -> tuple[list[str], list[str]]:
    """Return the names of the files that came or changed, and that went, in some turns."""
    changed, gone = [], []
    for _ in range(turns):
        found = watch.turn(hands)  # type: ignore[arg-type]
        changed += [Path(one.path).name for one in found.changed]
        gone += [Path(path).name for _, path in found.gone]
    return sorted(changed), sorted(gone)


def test_a_file_is_news_when_it_was_left_alone_and_so_are_those_beside_it(
    tmp_path: Path, hands: Hands
):
    put(tmp_path / "r1/old.parquet")
    watch = Watch([resolved(tmp_path)], ())
    assert turned(watch, hands, 2) == (["old.parquet"], [])
    put(tmp_path / "r1/more.parquet", at=int(hands.now))
    put(tmp_path / "r1/old.parquet", "other", at=9_000)
    put(tmp_path / "r2/whole.parquet", at=9_000)
    # Of another folder, and long written.
    assert turned(watch, hands) == (["whole.parquet"], [])
    put(tmp_path / "r1/more.parquet", "longer", at=int(hands.now))
    assert turned(watch, hands) == ([], [])
    assert turned(watch, hands, 3) == (["more.parquet", "old.parquet"], [])
    (tmp_path / "r1/old.parquet").unlink()
    assert turned(watch, hands, 2) == ([], ["old.parquet"])


def test_a_file_that_a_writer_went_on_with_since_it_was_asked_is_no_news_yet(
    tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch
):
    watch = Watch([resolved(tmp_path)], ())
    put(tmp_path / "r1/live.parquet", "half", at=int(hands.now))
    assert turned(watch, hands) == ([], [])
    # Nobody asks for it in the meantime, as on a machine that has other things to do.
    with monkeypatch.context() as busy:
        busy.setattr(LocalTree, "ask", lambda *_: iter(()))
        busy.setattr(watch._notices, "changed", tuple)
        hands.now += 1.5
        put(tmp_path / "r1/live.parquet", "the other half", at=int(hands.now))
        assert turned(watch, hands) == ([], [])
    assert turned(watch, hands, 2) == (["live.parquet"], [])
    put(tmp_path / "r1/short.parquet", at=int(hands.now))
    assert turned(watch, hands) == ([], [])
    (tmp_path / "r1/short.parquet").unlink()
    assert "short.parquet" not in turned(watch, hands, 4)[0]


def test_what_is_written_to_for_ever_holds_nobody_up_for_ever(tmp_path: Path, hands: Hands):
    watch = Watch([resolved(tmp_path)], ())
    put(tmp_path / "r1/done.parquet")
    changed: list[str] = []
    for second in range(40):
        put(tmp_path / "r1/live.parquet", "x" * second, at=int(hands.now))
        changed += turned(watch, hands)[0]
    assert changed == ["done.parquet"]


def test_a_root_that_is_a_file_or_comes_later_is_looked_at_too(tmp_path: Path, hands: Hands):
    file = put(tmp_path / "patient=7/one.parquet")
    later = tmp_path / "later"
    watch = Watch([resolved(file), resolved(later)], ())

    def until(count: int) -> list[str]:
        changed: list[str] = []
        while len(changed) < count:
            listed(watch)
            changed += turned(watch, hands)[0]
        return changed

    assert until(1) == ["one.parquet"]
    put(later / "record=1/two.parquet")
    assert until(1) == ["two.parquet"]
    put(file, "other", at=2_000)
    assert until(1) == ["one.parquet"]


@contextmanager
def bucket(kind: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, fs.FileSystem]]:
    """Serve an empty bucket; yield its address, and a way to put things there."""
    if kind == "google":
        with gcs_at() as found:
            yield found
        return
    with s3() as store:
        env_for(store, monkeypatch)
        yield f"s3://{BUCKET}", store.files


@pytest.mark.parametrize("kind", ["s3", "google"])
def test_an_object_store_is_listed_and_what_is_the_same_twice_is_news(
    tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch, kind: str
):
    with bucket(kind, monkeypatch) as (address, files):
        watch = Watch([resolved(address)], ())

        def store(name: str, text: str) -> None:
            with files.open_output_stream(f"{BUCKET}/a/{name}") as out:
                out.write(text.encode())

        def until(count: int) -> tuple[list[str], list[str]]:
            at = hands.now
            changed, gone = [], []
            while len(changed) + len(gone) < count:
                listed(watch)
                new, old = turned(watch, hands)
                changed += new
                gone += old
            assert at < hands.now < at + 60
            return changed, gone

        store("one.parquet", "x")
        assert until(1) == (["one.parquet"], [])
        store("two.parquet", "x")
        assert until(1) == (["two.parquet"], [])
        store("two.parquet", "longer")
        assert until(1) == (["two.parquet"], [])
        files.delete_file(f"{BUCKET}/a/one.parquet")
        assert until(1) == ([], ["one.parquet"])
        watch.close()


def test_files_are_asked_in_as_few_parts_as_a_round_has_time_for():
    assert watching._parts(19.0, 100, 100, 1) == 1
    assert watching._parts(24.0, 100, 100, 1) == 2
    # As fast again: folders and half of the files in 14 s are all of them in 18.7.
    assert watching._parts(14.0, 100, 100, 2) == 1
    assert watching._parts(120.0, 100, 100, 2) == 8
    assert watching._parts(1.0, 0, 0, 1) == 1


@pytest.fixture
def worked(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> Callable[[Watch], list[float]]:
    """Have a watch spend 10 ms of a core in each step; return what it has spent."""
    spent = [0.0]
    monkeypatch.setattr(watching.time, "thread_time", lambda: spent[0])

    def steps() -> Iterator[bool]:
        while True:
            spent[0] += 0.01
            hands.now += 0.01
            yield False

    def work(watch: Watch) -> list[float]:
        watch._looking = steps()
        return spent

    return work


@pytest.mark.parametrize("late", [0.0, 0.15])
def test_looking_takes_its_share_of_a_core_on_a_busy_machine_too_and_no_more(
    tmp_path: Path, hands: Hands, worked, monkeypatch: pytest.MonkeyPatch, late: float
):
    watch = Watch([resolved(tmp_path)], ())
    turned(watch, hands)
    assert watch.begun
    wait = hands.wait
    # Each pause is longer than it was to be: 0.35 s for 0.2.
    monkeypatch.setattr(hands, "wait", lambda seconds: wait(seconds + late))
    spent = worked(watch)
    began = hands.now
    turned(watch, hands, 60)
    share = spent[0] / (hands.now - began)
    assert watching.SHARE * 0.95 <= share <= watching.SHARE * 1.02


def test_what_a_machine_that_stood_still_withheld_is_not_all_used_at_once(
    tmp_path: Path, hands: Hands, worked
):
    watch = Watch([resolved(tmp_path)], ())
    turned(watch, hands)
    spent = worked(watch)
    turned(watch, hands, 5)
    hands.now += 3_600
    before = spent[0]
    turned(watch, hands)
    assert spent[0] - before <= watching.SHARE * (watching.TURN_S + watching.LATE_S) + 0.02


def test_news_are_taken_up_before_the_turn_is_over(tmp_path: Path, hands: Hands, worked):
    put(tmp_path / "one.parquet")
    watch = Watch([resolved(tmp_path)], ())
    turned(watch, hands, 2)
    worked(watch)
    began = hands.now
    assert turned(watch, hands) == ([], [])
    assert hands.now - began >= watching.TURN_S
    put(tmp_path / "one.parquet", "other")
    watch.suspect([str(tmp_path / "one.parquet")])
    began = hands.now
    assert turned(watch, hands) == (["one.parquet"], [])
    assert watching.SOON_S <= hands.now - began < watching.TURN_S
