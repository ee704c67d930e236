"""The token file."""

import datetime as dt
import hashlib
import os
import stat

import pytest

from ecgstream.errors import ConfigError
from ecgstream.web.tokens import TokenFile, make_token, parse, screen_token

NOW = dt.datetime(2025, 3, 1, 8, tzinfo=dt.UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "secret" / "tokens"


def test_a_file_that_is_being_written_anew_ends_no_session(tmp_path):
    path = tmp_path / "tokens.toml"
    token = make_token(path, "ward-3")
    held, whole = TokenFile(path), path.read_bytes()
    path.write_bytes(b"")
    assert not held.refresh()
    assert held.find(token)
    path.write_bytes(whole)
    assert not held.refresh()
    assert held.find(token)
    # Empty for good: nobody may come in any more.
    path.write_bytes(b"")
    assert [held.refresh(), held.refresh(), held.refresh()] == [False, True, False]
    assert held.find(token) is None


def test_a_token_is_kept_as_its_hash_only_and_for_the_owner_only(path):
    token = make_token(path, "ward-3", now=NOW)
    assert token.startswith("ecgs_")
    assert len(token) == 5 + 43
    text = path.read_text()
    assert token not in text
    wanted = hashlib.sha256(token.encode()).hexdigest()
    assert text.splitlines()[-1] == f"ward-3 sha256:{wanted} 2025-03-01T08:00:00+00:00"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["tokens"]


def test_a_second_token_leaves_the_first(path):
    first, second = make_token(path, "a"), make_token(path, "b")
    tokens = TokenFile(path)
    assert tokens.find(first).name == "a"
    assert tokens.find(second).name == "b"
    assert tokens.find(first + "x") is None
    assert tokens.find("") is None
    assert tokens.find("\ud800") is None


@pytest.mark.parametrize("name", ["", "a b", "a/b", "ä", "x" * 65, "a:b", "#a\n"])
def test_a_name_that_would_break_the_file_is_refused(path, name):
    with pytest.raises(ConfigError, match="name"):
        make_token(path, name)
    assert not path.exists()


def test_a_taken_name_is_refused(path):
    make_token(path, "a")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="has a token named 'a'"):
        make_token(path, "a")
    assert path.read_bytes() == before


def test_a_file_that_is_something_else_is_not_written_over(tmp_path):
    path = tmp_path / "notes"
    path.write_text("buy milk\n")
    with pytest.raises(ConfigError, match="line 1"):
        make_token(path, "a")
    assert path.read_text() == "buy milk\n"


def test_a_last_line_without_an_end_is_not_joined(path):
    first = make_token(path, "a")
    path.write_text(path.read_text().rstrip("\n"))
    make_token(path, "b")
    assert TokenFile(path).find(first).name == "a"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a sha256:00 today", "line 2"),
        ("a sha256:" + "0" * 64, "line 2"),
        ("a md5:" + "0" * 64 + " today", "line 2"),
        ("b sha256:" + "0" * 64 + " today", "second token named 'b'"),
        ("\udcff", "line 2"),
        (f"a sha256:{'0' * 64} today icu-2", "line 2.*wall=<its name>"),
        (f"a sha256:{'0' * 64} today wall=", "line 2"),
        (f"a sha256:{'0' * 64} today wall=a b", "line 2"),
    ],
)
def test_a_bad_line_is_named(path, line, said):
    path.parent.mkdir()
    text = f"b sha256:{'1' * 64} today\n{line}\n"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ConfigError, match=said):
        TokenFile(path)


def test_comments_and_empty_lines_are_let_be(path):
    assert list(parse(f"# hello\n\n  a sha256:{'1' * 64} today  \n", path)) == ["a"]


def test_a_missing_file_says_how_one_is_made(path):
    with pytest.raises(ConfigError, match="ecgstream token"):
        TokenFile(path)


def test_a_file_for_everybody_is_warned_of(path, caplog):
    make_token(path, "a")
    path.chmod(0o644)
    TokenFile(path)
    assert "chmod 600" in caplog.text


def test_a_changed_file_is_read_again_and_only_then(path):
    first = make_token(path, "a")
    tokens = TokenFile(path)
    assert not tokens.refresh()
    second = make_token(path, "b")
    assert tokens.find(second) is None
    assert tokens.refresh()
    assert tokens.find(second).name == "b"
    path.write_text(
        "\n".join(line for line in path.read_text().splitlines() if not line.startswith("a "))
    )
    assert tokens.refresh()
    assert tokens.find(first) is None
    assert not tokens.refresh()


def test_a_file_that_was_only_touched_changes_nothing(path):
    make_token(path, "a")
    tokens = TokenFile(path)
    os.utime(path, ns=(1, 1))
    assert not tokens.refresh()


def test_a_slip_of_the_editor_ends_no_session(path, caplog):
    token = make_token(path, "a")
    tokens = TokenFile(path)
    path.write_text("oops\n")
    assert not tokens.refresh()
    assert not tokens.refresh()
    assert tokens.find(token).name == "a"
    assert caplog.text.count("line 1") == 1


def test_without_the_file_nobody_is_let_in(path, caplog):
    token = make_token(path, "a")
    tokens = TokenFile(path)
    path.unlink()
    assert tokens.refresh()
    assert not tokens.refresh()
    assert tokens.find(token) is None
    assert caplog.text.count("no token is valid") == 1
    token = make_token(path, "a")
    assert tokens.refresh()
    assert tokens.find(token).name == "a"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(path, monkeypatch):
    make_token(path, "a")
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(OSError, match="No space"):
        make_token(path, "b")
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["tokens"]


def test_a_token_for_a_wall_says_so_behind_its_date(path):
    token = make_token(path, "screen-3", wall="icu-2", now=NOW)
    assert path.read_text().splitlines()[-1].endswith("2025-03-01T08:00:00+00:00 wall=icu-2")
    make_token(path, "ward-3")
    tokens = TokenFile(path)
    assert tokens.find(token).wall == "icu-2"
    assert tokens.named("ward-3").wall is None


@pytest.mark.parametrize("wall", ["", "a b", "../x", "a\nb", "x" * 65])
def test_a_wall_that_would_break_the_file_is_refused(path, wall):
    with pytest.raises(ConfigError, match="wall: name"):
        make_token(path, "screen-3", wall=wall)
    with pytest.raises(ConfigError, match="wall: name"):
        screen_token(path, "screen-3", wall)
    assert not path.exists()


def test_a_screen_keeps_its_token_when_it_is_asked_for_again(path):
    first = screen_token(path, "screen-3", "icu-2")
    before = path.read_bytes()
    assert screen_token(path, "screen-3", "icu-2") == first
    assert path.read_bytes() == before
    assert (first.name, first.wall) == ("screen-3", "icu-2")


def test_the_token_of_a_screen_is_for_one_wall(path):
    screen_token(path, "screen-3", "icu-2")
    make_token(path, "ward-3")
    with pytest.raises(
        ConfigError, match="named 'screen-3' that is for wall 'icu-2'; take another"
    ):
        screen_token(path, "screen-3", "icu-3")
    with pytest.raises(ConfigError, match="'ward-3' that is for all that is served"):
        screen_token(path, "ward-3", "icu-2")
    assert len(path.read_text().splitlines()) == 3
