"""What happens to folders while they are followed: in the end the index says what the disk says.

Nothing waits here: the clock is turned by hand, and so is the clock that files have.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from ecgstream.storage.catalog import scan
from ecgstream.storage.index import notices, watching
from ecgstream.storage.index.addresses import resolved
from ecgstream.storage.index.index import Index
from ecgstream.storage.index.listing import listing
from ecgstream.storage.index.watching import Watch
from ecgstream.storage.places import FARTHEST_NS
from tests.stored import footer, write_own
from tests.test_watching import Hands

LONG_AGO = 1_000_000_000


def put(path: Path, text: str = "x", *, at: int = LONG_AGO) -> Path:
    """Write a file that nobody has written to since long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (at, at))
    return path


class Followed:
    """A folder, a watch of it, and what an index would hold by what the watch has said."""

    def __init__(
        self, root: Path, hands: Hands, known: Sequence[tuple[int, str, int, int]] = ()
    ) -> None:
        self.root = root
        self._hands = hands
        self.held = {path: (size, time_ns) for _, path, size, time_ns in known}
        self.watch = Watch([resolved(root)], known)

    def turns(self, count: int = 1) -> None:
        for _ in range(count):
            found = self.watch.turn(self._hands)  # type: ignore[arg-type]
            for one in found.changed:
                self.held[one.path] = one.size, one.mtime_ns
            for _, path in found.gone:
                # Nothing goes that was not there.
                del self.held[path]

    def settle(self) -> None:
        """Let so many turns pass as any change needs: two rounds, and what a file waits."""
        self.turns(6)

    def agrees(self) -> bool:
        """Return whether what is held is what is on the disk."""
        return self.held == on_disk(self.root)


def on_disk(root: Path) -> dict[str, tuple[int, int]]:
    """Return the files below a folder by a listing that knows nothing of before."""
    return {one.place.path: (one.size, one.mtime_ns) for one in listing(0, root, [])}


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch)


@pytest.fixture(params=["the system tells", "asking alone"])
def followed(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    hands: Hands,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Followed]:
    if request.param == "asking alone":
        monkeypatch.setattr(notices, "SHARE", 0)
    root = tmp_path / "archive"
    for patient in "abc":
        for record in "12":
            put(root / patient / record / "one.parquet", f"{patient}{record}" * 3)
    made = Followed(root, hands)
    made.settle()
    assert len(made.held) == 6
    assert made.agrees()
    yield made
    made.watch.close()


def test_a_folder_that_is_renamed_and_one_in_its_place(followed: Followed):
    root = followed.root
    (root / "a").rename(root / "d")
    followed.settle()
    assert followed.agrees()
    # There and back, with another file in it, between two looks.
    (root / "b/1").rename(root / "b/3")
    put(root / "b/3/two.parquet")
    (root / "b/3").rename(root / "b/1")
    followed.settle()
    assert followed.agrees()
    # Two that change places; and one that goes into another.
    put(root / "c/2/more.parquet", "longer")
    (root / "b").rename(root / "x")
    (root / "c").rename(root / "b")
    (root / "x").rename(root / "c")
    (root / "d").rename(root / "c/d")
    followed.settle()
    assert followed.agrees()
    assert str(root / "c/d/1/one.parquet") in followed.held
    put(root / "c/d/1/one.parquet", "in its new place")
    followed.settle()
    assert followed.agrees()


def test_a_file_that_becomes_a_folder_of_its_name_and_a_file_again(followed: Followed):
    file = followed.root / "a/1/one.parquet"
    for _ in range(2):
        file.unlink()
        put(file / "part-0.parquet")
        put(file / "deep/er/part-1.parquet")
        # A folder of the very time that the file had, and has again.
        os.utime(file, (LONG_AGO, LONG_AGO))
        followed.settle()
        assert followed.agrees()
        assert str(file / "deep/er/part-1.parquet") in followed.held
        shutil.rmtree(file)
        put(file)
        followed.settle()
        assert followed.agrees()
        assert str(file) in followed.held


def test_links_that_go_round_are_gone_through_once(followed: Followed, tmp_path: Path):
    root = followed.root
    put(tmp_path / "elsewhere/far.parquet")
    for name, target in {
        "a/up": root,
        "a/self": root / "a/self",
        "b/there": root / "c",
        "c/back": root / "b",
        "z-real": root / "a",
        "out": tmp_path / "elsewhere",
        "later": tmp_path / "not there yet",
    }.items():
        (root / name).symlink_to(target, target_is_directory=True)
    (root / "a/1/nothing.parquet").symlink_to(tmp_path / "later.parquet")
    followed.settle()
    assert followed.agrees()
    assert len(followed.held) == 7
    assert str(root / "out/far.parquet") in followed.held
    # What a link leads to comes later, and nothing in the folder of the link changes.
    put(tmp_path / "not there yet/late.parquet")
    put(tmp_path / "later.parquet")
    followed.settle()
    assert followed.agrees()
    assert len(followed.held) == 9
    # Whoever begins now finds the same, by the same paths.
    other = Followed(root, followed._hands)
    other.settle()
    assert other.held == followed.held
    other.watch.close()
    (tmp_path / "elsewhere").rename(tmp_path / "away")
    followed.settle()
    assert str(root / "out/far.parquet") not in followed.held
    assert followed.agrees()


@contextmanager
def somebody() -> Iterator[None]:
    """Be a user who may not do everything, where the tests are run by one who may."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_root(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a folder that anybody may look into, which that of the tests is not."""
    monkeypatch.setattr(notices, "SHARE", 0)
    folder = Path(tempfile.mkdtemp(prefix="ecgstream-"))
    folder.chmod(0o755)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o311])
def test_a_folder_that_may_not_be_looked_into_is_not_gone_and_harms_nobody(
    open_root: Path, hands: Hands, mode: int
):
    put(open_root / "a/1/one.parquet")
    put(open_root / "b/1/one.parquet")
    with somebody():
        followed = Followed(open_root, hands)
        followed.settle()
    assert len(followed.held) == 2
    (open_root / "a").chmod(mode)
    put(open_root / "new/2/two.parquet")
    (open_root / "new/2").chmod(mode)
    put(open_root / "c/1/one.parquet")
    with somebody():
        followed.settle()
        # Of the others everything is said; what was known of this one stays known.
        assert {Path(path).parts[-3] for path in followed.held} >= {"a", "b", "c"}
    # Somebody who may changes it, and nobody else sees that yet.
    (open_root / "a").chmod(0o755)
    put(open_root / "a/1/more.parquet")
    (open_root / "a/1/one.parquet").unlink()
    (open_root / "a").chmod(mode)
    with somebody():
        followed.turns(2)
    (open_root / "a").chmod(0o755)
    (open_root / "new/2").chmod(0o755)
    with somebody():
        followed.settle()
        assert followed.agrees()
    assert str(open_root / "new/2/two.parquet") in followed.held
    followed.watch.close()


def test_who_begins_where_a_folder_may_not_be_looked_into_says_nothing_of_what_is_in_it(
    open_root: Path, hands: Hands
):
    put(open_root / "a/1/deep/one.parquet")
    put(open_root / "b/1/one.parquet")
    there = sorted(on_disk(open_root).items())
    known = [(0, path, size, time_ns) for path, (size, time_ns) in there]
    known.append((0, str(open_root / "c/1/gone.parquet"), 1, 1))
    (open_root / "a").chmod(0)
    with somebody():
        followed = Followed(open_root, hands, known)
        followed.settle()
        assert [Path(path).name for path in followed.held] == ["one.parquet", "one.parquet"]
    (open_root / "a").chmod(0o755)
    put(open_root / "a/1/deep/two.parquet")
    with somebody():
        followed.settle()
        assert followed.agrees()
    shutil.rmtree(open_root / "a")
    with somebody():
        followed.settle()
        assert followed.agrees()
    followed.watch.close()


def test_a_file_that_grows_is_taken_up_when_it_has_stopped(followed: Followed, hands: Hands):
    file = followed.root / "a/1/growing.parquet"
    for size in range(1, 12):
        put(file, "x" * size, at=int(hands.now))
        followed.turns()
        assert str(file) not in followed.held
    followed.settle()
    assert followed.agrees()
    # Written on with, and its time kept: the size alone says so.
    put(file, "x" * 20, at=int(hands.now) - 100)
    put(file, "x" * 30, at=int(hands.now) - 100)
    followed.settle()
    assert followed.agrees()


@pytest.mark.parametrize(
    "at", [-5, 0, 1, LONG_AGO - 500, 20_000, (1 << 31) + 7, 9_223_372_036 + 7, 15_000_000_000]
)
def test_a_time_in_the_past_or_the_future_is_a_time_as_any_other(followed: Followed, at: int):
    root = followed.root
    put(root / "a/1/one.parquet", "other", at=at)
    put(root / "new/one.parquet", at=at)
    os.utime(root / "a/1", (at, at))
    followed.settle()
    assert followed.agrees()
    assert str(root / "new/one.parquet") in followed.held
    # A folder that gets the time back which it had, with another file in it.
    before = (root / "a/1").stat().st_mtime_ns
    put(root / "a/1/two.parquet", at=at)
    if at < FARTHEST_NS // 10**9:
        # Times of later are one time; what comes into a folder gives it the time of now.
        os.utime(root / "a/1", (at + 1, at + 1))
    followed.settle()
    assert followed.agrees()
    put(root / "a/1/one.parquet", "grown in its place", at=at)
    os.utime(root / "a/1", ns=(before, before))
    followed.settle()
    assert followed.agrees()


@pytest.mark.parametrize("step", [-86_400, 86_400])
def test_a_clock_that_is_set_holds_nothing_up(
    followed: Followed, hands: Hands, monkeypatch: pytest.MonkeyPatch, step: int
):
    put(followed.root / "a/1/before.parquet", at=int(hands.now))
    followed.turns()
    # The machine's clock of the day; what it waits by goes on.
    monkeypatch.setattr(watching.time, "time_ns", lambda: int((hands.now + step) * 1e9))
    put(followed.root / "a/1/after.parquet", at=int(hands.now + step))
    followed.settle()
    assert followed.agrees()
    assert len(followed.held) == 8


def test_a_file_that_comes_in_the_moment_of_the_look_before_is_seen(
    followed: Followed, hands: Hands
):
    folder = followed.root / "a/1"
    put(folder / "two.parquet")
    os.utime(folder, (hands.now, hands.now))
    followed.turns()
    # The clock of the disk has not moved since: the folder has the time that it had.
    put(folder / "three.parquet")
    os.utime(folder, (hands.now, hands.now))
    before = folder.stat().st_mtime_ns
    followed.watch._notices.changed()
    followed.turns()
    put(folder / "four.parquet")
    os.utime(folder, ns=(before, before))
    followed.watch._notices.changed()
    followed.settle()
    assert followed.agrees()
    assert len(followed.held) == 9


def test_thousands_of_files_that_go_at_once_go_and_no_others(followed: Followed):
    root = followed.root
    for folder in range(60):
        for number in range(50):
            put(root / f"many/{folder:02}/{number:02}.parquet")
    followed.settle()
    assert len(followed.held) == 3_006
    assert followed.agrees()
    shutil.rmtree(root / "many")
    (root / "a/1/one.parquet").unlink()
    put(root / "b/2/two.parquet")
    followed.settle()
    assert followed.agrees()
    assert len(followed.held) == 6


def own(root: Path, record: str, *, count: int = 600) -> Path:
    values = np.arange(count, dtype=np.int16), np.zeros(count, bool), {}
    said = footer(record=record, patient="p", length=count)
    return write_own(root / f"patient=p/record={record}", said, {"I": values})


def test_the_index_itself_serves_what_a_scan_finds_after_all_of_it(
    tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(notices, "SHARE", 0)
    root = tmp_path / "archive"
    for number in range(6):
        own(root, f"r{number}")
    index = Index([root], tmp_path / "cache")
    assert index.claim()
    index.update()
    source = index.source()
    watch = Watch(index.roots, index.file.in_order())

    def taken_up() -> None:
        for _ in range(6):
            found = watch.turn(hands)  # type: ignore[arg-type]
            if found:
                index.bring(found)
        source.refresh()
        assert {path: stamp for _, path, *stamp in index.file.in_order()} == {
            path: list(stamp) for path, stamp in on_disk(root).items()
        }
        anew = scan([root])
        served = [source._stored(one.record) for one in source.records()]
        assert [one.record for one in served] == list(anew.records())

    (root / "patient=p/record=r0").rename(root / "patient=p/record=other")
    put(root / "broken/one.parquet", "not Parquet at all")
    shutil.rmtree(root / "patient=p/record=r1")
    taken_up()
    assert [one.record for one in source.records()] == ["r0", "r2", "r3", "r4", "r5"]
    assert "broken/one.parquet" in str(source.problems[0])
    # One harms nobody else: the broken one becomes a record, a record a broken one, and a folder.
    shutil.rmtree(root / "broken")
    own(root, "r1", count=900)
    file = next((root / "patient=p/record=r2").iterdir())
    file.write_bytes(file.read_bytes()[:-9])
    file = next((root / "patient=p/record=r3").iterdir())
    file.unlink()
    file.mkdir()
    taken_up()
    assert [one.record for one in source.records()] == ["r0", "r1", "r4", "r5"]
    assert source.record("r1").length == 900
    watch.close()
    index.close()
