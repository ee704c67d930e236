"""Tables of text that hold samples and cannot be read: failures with their reasons, not strangers."""

import json
from pathlib import Path

import pytest

from ecgstream.cli import main
from ecgstream.formats.sniffing import Head, is_csv
from ecgstream.formats.unread_csv import unread

ROWS = 40


def table(heading: str, row: str) -> bytes:
    lines = [heading, *(row.replace("N", str(4 * n)) for n in range(ROWS))]
    return ("\n".join(lines) + "\n").encode()


UNREAD = {
    "patient": ("time_ms,patient,II_mV", "N,A,0.05", "line 2, column 'patient': 'A' is no number"),
    "quoted": ("time_ms,II_mV", 'N,"0,05"', "column 'II_mV': '0,05' is in quotes"),
    "minus": (
        "time_ms,II_mV",
        "N,\N{MINUS SIGN}0.05",
        "\N{MINUS SIGN}0.05' has a typographic minus",
    ),
    "word": ("n;kanal;value", "N;4;ERR", "line 2, column 'value': 'ERR' is no number"),
    "no heading": ("x,1,2", "x,N,7", "line 2, column 'x': 'x' is no number"),
    "mostly words": ("subject\tnote\tlead_II", "a\tb\t0.5", "column 'subject': 'a' is no number"),
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_in_the_way_is_told_with_line_column_and_cell(name: str):
    heading, row, why = UNREAD[name]
    head = Head(table(heading, row), 1 << 20, "t.csv")
    assert not is_csv(head)
    assert why in str(unread(head))


@pytest.mark.parametrize(
    "data",
    [
        table("ecg_id,patient,sex,report", "N,A,f,sinus rhythm"),
        table("File,Label", "A0001,N"),
        b"a,b\n1,2\n",
        b"\x00\x01\x02" * 100,
    ],
)
def test_tables_of_people_and_labels_are_strangers(data: bytes):
    assert unread(Head(data, len(data), "t.csv")) is None


def test_an_import_fails_at_it_and_names_the_tables_that_it_passes_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("patient", "quoted"):
        heading, row, _ = UNREAD[name]
        (folder / f"{name}.csv").write_bytes(table(heading, row))
    (folder / "good.csv").write_bytes(table("time_ms,II_mV", "N,0.05"))
    (folder / "people.csv").write_bytes(table("id,name", "a,b"))
    (folder / "README").write_text("words")
    report = tmp_path / "report.jsonl"
    options = ["--out", str(tmp_path / "out"), "--report", str(report), "--workers=1"]
    assert main(["import", str(folder), *options]) == 1
    told = capsys.readouterr().out
    assert "imported good-pq" in told
    assert f"FAILED {folder}/patient.csv: line 2, column 'patient': 'A' is no number;" in told
    assert f"FAILED {folder}/quoted.csv: line 2, column 'II_mV': '0,05' is in quotes;" in told
    assert f"passed over {folder}/people.csv: no table of samples" in told
    assert told.splitlines()[-1] == "1 imported, 0 unchanged, 2 failed, 2 files passed over"
    rows = [json.loads(line) for line in report.read_text().splitlines()]
    assert sorted(one["status"] for one in rows) == [
        "failed",
        "failed",
        "passed over",
        "passed over",
    ]
