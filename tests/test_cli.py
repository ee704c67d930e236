"""The command line, as a process: what it prints, how it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from ecgstream.cli import main
from ecgstream.errors import NotLoggedIn
from tests.serving import DATA, ROOT, ServerProcess


def ecgstream(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ECGSTREAM_")}
    return subprocess.run(
        [sys.executable, "-m", "ecgstream", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=clean | environ,
        timeout=60,
    )


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as done:
        main(["--help"])
    said = capsys.readouterr().out
    assert done.value.code == 0
    assert all(command in said for command in ("serve", "import", "export", "load", "token"))
    assert "not a medical device" in said


@pytest.mark.parametrize("command", ["serve", "import", "export", "load", "token"])
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as done:
        main([command, "--help"])
    assert done.value.code == 0
    assert f"usage: ecgstream {command}" in capsys.readouterr().out


def test_an_unknown_setting_is_named_and_nothing_starts():
    ended = ecgstream("serve", ECGSTREAM_TOKEN_FIEL="x")
    assert ended.returncode == 2
    assert "ECGSTREAM_TOKEN_FIEL" in ended.stderr


def test_an_open_door_is_refused_with_the_way_out():
    ended = ecgstream("serve", "--host", "0.0.0.0")
    assert ended.returncode == 2
    assert "--token-file" in ended.stderr
    assert "--insecure-no-auth" in ended.stderr


def test_a_port_in_use_is_named(server: ServerProcess):
    ended = ecgstream("serve", "--port", str(server.port))
    assert ended.returncode == 2
    assert str(server.port) in ended.stderr


def test_it_serves_until_sigterm_and_is_gone_within_ten_seconds():
    with ServerProcess() as process:
        assert urlopen(f"{process.url}/healthz").status == 200
        began = time.monotonic()
        process.stop(signal.SIGTERM)
        assert time.monotonic() - began < 10


def test_an_archive_that_is_not_there_is_said_and_nothing_starts(tmp_path: Path):
    ended = ecgstream("serve", "--data", str(tmp_path / "nowhere"))
    assert ended.returncode == 2
    assert "nowhere: not there" in ended.stderr


def test_a_unix_socket_is_for_its_owner_and_group_and_goes_with_the_server(tmp_path: Path):
    path = tmp_path / "ecgstream.sock"
    process = subprocess.Popen(
        [sys.executable, "-m", "ecgstream", "serve", "--uds", str(path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with process:
        assert any("unix:" in line for line in process.stdout)
        assert path.stat().st_mode & 0o777 == 0o660
        process.terminate()
        # Read to its end: who closes the pipe while it still speaks would end it otherwise.
        process.communicate(timeout=20)
    assert not path.exists()


def test_an_empty_archive_is_served(tmp_path: Path):
    with ServerProcess([tmp_path]) as process:
        assert b'"records":[]' in urlopen(f"{process.url}/api/v1/records").read()


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path):
    ended = ecgstream("token", "--token-file", str(tmp_path), "--name", "a")
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_a_screens_token_is_printed_as_the_address_that_logs_it_in_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    import re

    from ecgstream.web.auth import Logins
    from ecgstream.web.codes import CodeFile
    from ecgstream.web.tokens import TokenFile

    tokens = tmp_path / "tokens"
    arguments = ["token", "--token-file", str(tokens), "--wall", "icu-2", "--name", "screen-3"]
    said = []
    for _ in range(2):
        assert main(arguments) == 0
        said.append(capsys.readouterr().out)
    code = "-".join(["[A-Z2-9]{4}"] * 3)
    assert all(re.fullmatch(rf"/wall/icu-2#code={code}\n", one) for one in said)
    first, second = (one.strip().partition("=")[2] for one in said)
    logins = Logins(TokenFile(tokens), codes=CodeFile(tokens))
    assert logins.redeem(second).identity.wall == "icu-2"
    for used in (first, second):
        with pytest.raises(NotLoggedIn):
            logins.redeem(used)
    assert tokens.read_text().count("screen-3") == 1


def test_a_screen_of_two_walls_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for wall, code in (("icu-2", 0), ("icu-3", 2), ("../x", 2)):
        given = ["--token-file", str(tmp_path / "tokens"), "--name", "a", "--wall", wall]
        assert main(["token", *given]) == code
    said = capsys.readouterr().err
    assert "named 'a' that is for wall 'icu-2'" in said
    assert "wall: name '../x'" in said


def test_walls_that_cannot_be_are_said_and_nothing_starts(tmp_path: Path):
    walls = tmp_path / "walls.toml"
    walls.write_text(
        '[walls.icu-2]\ntitle = "ICU"\n[[walls.icu-2.beds]]\nlabel = "1"\nrecord = "r"\nhue = 1\n'
    )
    ended = ecgstream("serve", "--port", "0", "--walls", str(walls))
    assert ended.returncode == 2
    assert "wall 'icu-2': bed 1 ('1'): object contains unknown field `hue`" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_import_names_a_bad_file_imports_the_rest_and_fails(tmp_path: Path):
    original = DATA.parent / "tests/data/cpsc2021/data_101_6"
    (tmp_path / "bad.hea").write_text("bad 1 360 100\nbad.dat 16 200/mV 16 0 0 0 0 II\n")
    ended = ecgstream("import", str(original), str(tmp_path), "--out", str(tmp_path / "out"))
    assert ended.returncode == 1
    assert "imported data_101_6-pq" in ended.stdout
    assert "bad.hea" in ended.stdout
    assert list((tmp_path / "out").glob("patient=*/record=data_101_6-pq/*.parquet"))


def test_log_lines_can_be_json():
    import json
    import logging

    from ecgstream.cli import JsonLines

    record = logging.LogRecord("ecgstream", logging.INFO, "", 0, "%d records", (3,), None)
    line = json.loads(JsonLines().format(record))
    assert (line["level"], line["message"]) == ("INFO", "3 records")


def test_a_worker_takes_its_supervisors_clock_and_says_why_it_cannot_serve(
    monkeypatch: pytest.MonkeyPatch,
):
    from multiprocessing import Pipe

    from ecgstream.cli import _work
    from ecgstream.config import Settings
    from ecgstream.errors import ConfigError
    from ecgstream.web.orders import Failed

    clocks = []

    def refuse(*_, clock, **__):
        clocks.append(clock)
        raise ConfigError("the tokens are not there")

    monkeypatch.setattr("ecgstream.web.app.create_app", refuse)
    monkeypatch.setattr("ecgstream.cli.set_up_logging", lambda _: None)
    supervisor, worker = Pipe()
    with supervisor, worker:
        with pytest.raises(SystemExit) as ended:
            _work(Settings(data=[str(DATA)]), [], None, 1e6, worker)
        assert ended.value.code == 2
        assert supervisor.recv() == Failed("the tokens are not there")
    assert clocks[0].utc() - clocks[0].monotonic() == pytest.approx(1e6, abs=1)


def test_a_reader_that_has_enough_ends_a_command_without_a_word(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ecgstream", "check", str(DATA), f"--cache={tmp_path}"]
    with subprocess.Popen(
        [*command, "--json", "--workers=1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        said = running.stderr.read()
        assert running.wait(60) == 128 + signal.SIGPIPE
    assert said.strip() == b""
