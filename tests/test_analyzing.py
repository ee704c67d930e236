"""`ecgstream analyze`: beats of whole records, found by processes and kept for the server."""

import shutil
from pathlib import Path

import pytest

from ecgstream.archive.analyze_command import parser
from ecgstream.cli import main
from ecgstream.storage.catalog import scan
from ecgstream.storage.derived.beat_book import BeatBook, beat_folder
from tests.serving import DATA

LONG = "100-pq"
"""Half an hour of two leads."""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    for name in ("mitdb", "mimic2"):
        shutil.copytree(DATA / name, tmp_path / "archive" / name)
    return tmp_path / "archive"


def test_what_is_found_is_kept_where_the_server_looks_and_the_same(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache = tmp_path / "cache"
    said = ["analyze", str(archive), f"--cache={cache}", "--workers=2"]
    assert main(said) == 0
    told = capsys.readouterr().out
    assert f"{LONG}: 2,2" in told
    assert "beats in MLII" in told
    assert "passed over, it has no ECG in a unit of voltage" in told
    assert "for research and education" in told
    source = scan([archive])
    book = BeatBook(source, beat_folder(cache, 64))
    assert book.load((LONG, None))
    kept = book.whole((LONG, None))
    assert kept is not None

    fresh = BeatBook(source)
    for k in range(fresh.about((LONG, None))[2]):
        for _ in fresh.find((LONG, None), k):
            pass
    assert fresh.complete((LONG, None))
    alone = fresh.whole((LONG, None))
    assert alone is not None
    assert kept.sample.tolist() == alone.sample.tolist()
    assert kept.leads == alone.leads

    # Again, and nothing is done twice; another lead is another set.
    assert main([*said, f"--record={LONG}"]) == 0
    assert "known already" in capsys.readouterr().out
    assert main([*said, f"--record={LONG}", "--lead=V5", "--lead=nowhere"]) == 1
    told = capsys.readouterr().out
    assert f"{LONG}: 2,2" in told
    assert "beats in V5" in told
    assert f"FAILED {LONG}: record '{LONG}' has no lead 'nowhere'" in told
    assert book.load((LONG, "V5"))


@pytest.mark.parametrize(
    ("said", "words", "code"),
    [
        (["nowhere"], "there is no record in nowhere", 2),
        ([str(DATA), "--record=nobody"], "there is no record 'nobody'", 1),
        ([str(DATA), "--workers=0"], "workers: 0 is none", 2),
    ],
)
def test_what_cannot_be_is_said(
    said: list[str], words: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyze", *said, f"--cache={tmp_path}"]) == code
    assert words in capsys.readouterr().err


def test_it_keeps_beats_where_the_server_does_by_default() -> None:
    said = parser().parse_args(["data"])
    assert (said.cache, said.record, said.lead) == (None, [], [])
    assert said.workers >= 1
