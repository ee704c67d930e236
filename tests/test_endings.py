"""Logouts that other processes and later starts know of."""

import stat
import threading
from pathlib import Path

import pytest

from ecgstream.web.auth import Logins
from ecgstream.web.endings import EndedFile
from ecgstream.web.tokens import TokenFile, make_token

NOW = 1_740_000_000.0
HOUR = 3_600


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


def test_what_one_ends_the_other_sees_once(tokens: Path):
    one, other = EndedFile(tokens), EndedFile(tokens)
    assert other.changed() is None
    one.add("a", int(NOW) + HOUR, NOW)
    assert other.changed() == {"a": int(NOW) + HOUR}
    assert other.changed() is None
    one.add("b", int(NOW) + HOUR, NOW)
    assert set(other.changed() or ()) == {"a", "b"}


def test_what_has_expired_anyway_is_dropped(tokens: Path):
    file = EndedFile(tokens)
    for name in ("a", "b"):
        file.add(name, int(NOW) + HOUR, NOW)
    file.add("c", int(NOW) + 9 * HOUR, NOW + 2 * HOUR)
    assert file.path.read_text() == f"c {int(NOW) + 9 * HOUR}\n"


def test_it_is_for_its_owner_only_and_nothing_else_is_left_in_the_folder(tokens: Path):
    file = EndedFile(tokens)
    file.add("a", int(NOW) + HOUR, NOW)
    file.add("b", int(NOW) + HOUR, NOW)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert [path.name for path in tokens.parent.iterdir()] == ["tokens.ended"]


def test_no_logout_is_lost_when_many_end_at_once(tokens: Path):
    def end(first: int) -> None:
        file = EndedFile(tokens)
        for number in range(first, first + 25):
            file.add(f"session-{number}", int(NOW) + HOUR, NOW)

    threads = [threading.Thread(target=end, args=(100 * k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(EndedFile(tokens).changed() or ()) == 100


def test_a_line_that_makes_no_sense_is_passed_over(tokens: Path):
    file = EndedFile(tokens)
    file.path.write_bytes(b"a 1740003600\nb\nc x\nd \xb2\n\xff\ne 1 2\nf 1740003600")
    assert file.changed() == {"a": 1_740_003_600, "f": 1_740_003_600}


def test_where_the_file_was_taken_away_nothing_was_ended(tokens: Path):
    file = EndedFile(tokens)
    file.add("a", int(NOW) + HOUR, NOW)
    assert file.changed()
    file.path.unlink()
    assert file.changed() == {}


def logins(tokens: Path) -> Logins:
    return Logins(TokenFile(tokens), lambda: NOW, ended=EndedFile(tokens))


def test_a_logout_holds_on_other_servers_and_after_a_restart(tokens: Path):
    token = make_token(tokens, "ward-3")
    here, there = logins(tokens), logins(tokens)
    login = here.open(token).identity.login
    other = here.open(token).identity.login
    assert login
    assert other
    here.end(login)
    here.spread(login)
    assert there.refresh()
    assert not there.refresh()
    for server in (here, there, logins(tokens)):
        assert not server.stands(login)
        assert server.stands(other)


def test_a_folder_that_cannot_be_written_is_said_and_the_logout_holds_here(
    tokens: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    token = make_token(tokens, "ward-3")
    here = logins(tokens)
    login = here.open(token).identity.login
    assert login

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", refuse)
    here.end(login)
    here.spread(login)
    assert not here.stands(login)
    assert "tokens.ended: Permission denied; a logout is known here only" in caplog.text


def test_what_cannot_be_read_changes_nothing_and_is_said(
    tokens: Path, caplog: pytest.LogCaptureFixture
):
    token = make_token(tokens, "ward-3")
    here, there = logins(tokens), logins(tokens)
    login = here.open(token).identity.login
    assert login
    here.spread(login)
    assert there.refresh()
    path = EndedFile(tokens).path
    path.unlink()
    path.mkdir()
    assert not there.refresh()
    assert not there.stands(login)
    assert "logouts on other servers are not known" in caplog.text


def test_the_end_of_a_token_is_its_line_and_not_written_here(tokens: Path):
    token = make_token(tokens, "ward-3")
    here = logins(tokens)
    login = here.of_token(token).login
    assert login
    here.spread(login)
    assert not EndedFile(tokens).path.exists()
