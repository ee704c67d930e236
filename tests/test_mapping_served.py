"""A mapping from the command line to what a program reads over HTTP."""

import json
import subprocess
import sys
import urllib.request

import numpy as np
import pytest

from ecgstream.cli import main
from tests.archives.kit import ecg, save
from tests.serving import ServerProcess

N = 1_000
MAPPING = """
table:
  - files: "odd/*.parquet"
    fs: 250
    unit: mV
    gain: 200
    dates_shifted: true
    start_time: 2180-01-02T03:04:05
    signals: {chan: {name: II}}
"""

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def archive(tmp_path):
    counts = np.rint(ecg(N) * 200).astype(np.int16)
    save(tmp_path / "archive/odd/r.parquet", {"chan": counts})
    save(tmp_path / "archive/none.parquet", {"V5": ecg(N)})
    (tmp_path / "m.yaml").write_text(
        MAPPING.replace("2180-01-02T03:04:05", "'2180-01-02T03:04:05'")
    )
    return tmp_path


def got(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def test_a_mapping_and_a_flag_are_served_with_how_each_thing_was_found(archive):
    options = (f"--mapping={archive / 'm.yaml'}", "--fs=128", f"--cache={archive / 'cache'}")
    with ServerProcess([archive / "archive"], *options) as server:
        listed = {one["record"]: one for one in got(f"{server.url}/api/v1/records")["records"]}
        assert set(listed) == {"none", "odd.r"}
        odd, none = listed["odd.r"], listed["none"]
        assert (none["fs"], dict(none["found"])["fs of V5"]) == (128, "flag --fs")
        assert odd["fs"] == 250
        assert odd["dates_shifted"] is True
        assert odd["start_time"] == 6_627_063_845
        (lead,) = odd["leads"]
        assert (lead["name"], lead["unit"], lead["gain"]) == ("II", "mV", 200)
        told = dict(odd["found"])
        assert (told["fs of II"], told["unit of II"], told["leads"]) == ("mapping",) * 3
        window = got(f"{server.url}/api/v1/records/odd.r/window")
        assert window["samples"]["II"] == np.rint(ecg(N) * 200).astype(int).tolist()


WRONG = "table: [{files: '*', rate: 3}]"
WORDS = "table 1: Object contains unknown field `rate`; known are files, path"


def test_a_mapping_that_is_wrong_ends_a_server_with_one_line(archive):
    (archive / "m.yaml").write_text(WRONG)
    command = [sys.executable, "-m", "ecgstream", "serve", f"--mapping={archive / 'm.yaml'}"]
    run = subprocess.run(
        [*command, "--data", str(archive / "archive"), "--port=0"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 2
    assert WORDS in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("command", ["analyze", "export"])
def test_a_mapping_that_is_wrong_ends_every_command_with_one_line(archive, command, capsys):
    (archive / "m.yaml").write_text(WRONG)
    data = str(archive / "archive")
    rest = {
        "analyze": [data],
        "export": ["none", "--data", data, "--csv", str(archive / "out.csv")],
    }[command]
    assert main([command, f"--mapping={archive / 'm.yaml'}", *rest]) == 2
    said = capsys.readouterr().err
    assert WORDS in said
    assert len(said.splitlines()) == 1


def test_an_export_reads_by_the_mapping_too(archive):
    out = archive / "out.csv"
    said = ["--data", str(archive / "archive"), "--mapping", str(archive / "m.yaml")]
    assert main(["export", "odd.r", "--csv", str(out), *said]) == 0
    assert "II" in out.read_text()[:4_000]
