"""Settings: where they come from, and what is refused."""

from pathlib import Path

import pytest

from ecgstream.config import load
from ecgstream.errors import ConfigError
from ecgstream.storage.memory import MemorySource
from ecgstream.web.app import create_app


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def loaded(monkeypatch, arguments=(), **environ):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return load(list(arguments), environ)


def test_a_flag_beats_the_environment_beats_the_file_beats_the_default(monkeypatch, elsewhere):
    assert load([], {}).port == 8000
    (elsewhere / "ecgstream.toml").write_text("port = 8001\nreaders = 7\n")
    assert load([], {}).port == 8001
    settings = loaded(monkeypatch, ECGSTREAM_PORT="8002")
    assert (settings.port, settings.readers) == (8002, 7)
    assert loaded(monkeypatch, ["--port", "8003"], ECGSTREAM_PORT="8002").port == 8003


def test_data_may_be_given_often(monkeypatch):
    assert load(["--data", "a", "--data", "s3://b/c"], {}).data == ["a", "s3://b/c"]


@pytest.mark.parametrize("said", ["a", "a,b", '["a", "b"]'])
def test_data_in_the_environment_is_a_list_with_commas_or_json(monkeypatch, said):
    settings = loaded(monkeypatch, ECGSTREAM_DATA=said)
    assert settings.data == (["a"] if said == "a" else ["a", "b"])


def test_another_file_is_named_by_flag_or_environment(monkeypatch, elsewhere):
    (elsewhere / "other.toml").write_text('data = ["x"]\n')
    assert load(["--config", "other.toml"], {}).data == ["x"]
    assert load(["--config=other.toml"], {}).data == ["x"]
    assert loaded(monkeypatch, ECGSTREAM_CONFIG="other.toml").data == ["x"]


def test_a_file_that_was_named_must_be_there():
    with pytest.raises(ConfigError, match=r"nowhere\.toml: not there"):
        load(["--config", "nowhere.toml"], {})


def test_unknown_settings_are_named(monkeypatch, elsewhere, capsys):
    with pytest.raises(ConfigError, match="ECGSTREAM_PRT"):
        loaded(monkeypatch, ECGSTREAM_PRT="1")
    (elsewhere / "ecgstream.toml").write_text("prot = 8001\n")
    with pytest.raises(ConfigError, match="'prot'"):
        load([], {})
    (elsewhere / "ecgstream.toml").unlink()
    with pytest.raises(SystemExit):
        load(["--prot", "1"], {})
    assert "--prot" in capsys.readouterr().err


def test_a_file_that_is_no_toml_is_named(elsewhere):
    (elsewhere / "ecgstream.toml").write_text("port: 1\n")
    with pytest.raises(ConfigError, match=r"ecgstream\.toml"):
        load([], {})


def test_a_value_of_a_wrong_type_is_named(monkeypatch):
    with pytest.raises(ConfigError, match="port"):
        load(["--port", "many"], {})
    with pytest.raises(ConfigError, match="port"):
        load(["--port", "70000"], {})


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_needs_no_token(host):
    assert load(["--host", host], {}).host == host


def test_other_addresses_need_a_token_file_or_a_word_said_aloud(elsewhere):
    with pytest.raises(ConfigError, match="--token-file"):
        load(["--host", "0.0.0.0"], {})
    assert load(["--host", "0.0.0.0", "--insecure-no-auth"], {}).insecure_no_auth
    assert load(["--host", "0.0.0.0", "--token-file", "tokens"], {}).token_file == Path("tokens")


def test_a_file_of_walls_is_named_by_flag_or_environment_and_by_default_there_is_none(monkeypatch):
    assert load([], {}).walls is None
    assert load(["--walls", "walls.toml"], {}).walls == Path("walls.toml")
    assert loaded(monkeypatch, ECGSTREAM_WALLS="w.toml").walls == Path("w.toml")


def test_an_empty_name_is_refused(monkeypatch):
    with pytest.raises(ConfigError, match="empty"):
        loaded(monkeypatch, ECGSTREAM_DATA="")
    with pytest.raises(ConfigError, match="empty"):
        load(["--data", ""], {})


def test_metrics_have_a_port_of_their_own_with_workers_or_where_one_is_named():
    assert load([], {}).metrics_ports == []
    assert load(["--workers", "3"], {}).metrics_ports == [9401, 9402, 9403]
    assert load(["--workers", "2", "--metrics-port", "7000"], {}).metrics_ports == [7000, 7001]
    assert load(["--workers", "2", "--metrics-port", "0"], {}).metrics_ports == [0, 0]
    assert load(["--metrics-port", "7000"], {}).metrics_ports == [7000]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--workers", "2", "--metrics-port", "65535"], "2 workers need as many ports"),
        (["--workers", "2", "--reload"], "reload is for one process"),
        (["--metrics-port", "7000", "--reload"], "reload is for one process"),
        (["--workers", "0"], "workers"),
        (["--drain-s", "9"], "drain_s"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments, said):
    with pytest.raises(ConfigError, match=said):
        load(arguments, {})


def test_the_cache_folder_is_named_by_flag_or_environment(monkeypatch):
    assert load([], {}).cache is None
    assert load(["--cache", "x/y"], {}).cache == Path("x/y")
    assert loaded(monkeypatch, ECGSTREAM_CACHE="/z").cache == Path("/z")
    with pytest.raises(ConfigError, match="cache_disk_mb"):
        load(["--cache-disk-mb", "1"], {})


def test_overlays_are_given_often_and_written_as_lists() -> None:
    said = ["--overlay", "a.csv", "--overlay=b.parquet"]
    assert [str(file) for file in load(said, {}).overlay] == ["a.csv", "b.parquet"]
    assert load([], {}).overlay == []


def test_an_overlay_that_is_not_there_is_left_out_like_a_broken_one(tmp_path, caplog) -> None:
    settings = load([f"--overlay={tmp_path}/none.csv", f"--store={tmp_path}/store.db"], {})
    create_app(settings, MemorySource())
    assert f"left out: overlay {tmp_path}/none.csv: No such file or directory" in caplog.text
