"""A file that several processes change in turn."""

import stat
import threading
from pathlib import Path

import pytest

from ecgstream.web.beside import BesideFile, stamp_of


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


def test_a_file_that_is_not_there_is_empty_and_has_no_stamp(tokens: Path):
    assert BesideFile(tokens, ".x").text() == ""
    assert stamp_of(tokens) is None


def test_what_is_changed_is_there_for_others_and_for_its_owner_only(tokens: Path):
    one, other = BesideFile(tokens, ".x"), BesideFile(tokens, ".x")
    one.change(lambda text: text + "a")
    other.change(lambda text: text + "b")
    assert one.text() == "ab"
    assert stat.S_IMODE(one.path.stat().st_mode) == 0o600
    assert [path.name for path in tokens.parent.iterdir()] == ["tokens.x"]


def test_a_change_that_fails_leaves_it_as_it_was(tokens: Path):
    file = BesideFile(tokens, ".x")
    file.change(lambda _: "a")
    before = stamp_of(file.path)

    def fail(_text: str) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        file.change(fail)
    assert (file.text(), stamp_of(file.path)) == ("a", before)
    file.change(lambda text: text + "b")
    assert file.text() == "ab"


def test_another_content_is_another_stamp_even_of_the_same_length(tokens: Path):
    file = BesideFile(tokens, ".x")
    file.change(lambda _: "a")
    before = stamp_of(file.path)
    file.change(lambda _: "b")
    assert stamp_of(file.path) != before


def test_no_change_is_lost_when_many_change_it_at_once(tokens: Path):
    def add() -> None:
        file = BesideFile(tokens, ".x")
        for _ in range(25):
            file.change(lambda text: text + ".")

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(BesideFile(tokens, ".x").text()) == 100
