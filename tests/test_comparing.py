"""`ecgstream compare`: where marks come from, and what is told of them."""

import json
import shutil
from pathlib import Path

import pytest

from ecgstream.cli import main
from tests.bxb import bxb

ROOT = Path(__file__).parent.parent
MITDB = ROOT / "data" / "mitdb"
WFDB = Path(__file__).parent / "data" / "mitdb"


def table(path: Path, *rows: str, head: str = "record,sample,label") -> str:
    path.write_text("\n".join([head, *rows, ""]))
    return str(path)


def figures(capsys, *arguments: str) -> dict:
    code = main(["compare", *arguments, "--json"])
    said = json.loads(capsys.readouterr().out)
    assert code == (1 if said["left_out"] else 0)
    return said


def test_an_archive_is_compared_with_a_csv_by_the_ids_of_records(tmp_path, capsys) -> None:
    test = table(tmp_path / "model.csv", "100-pq,77,N", "100-pq,371,V", "100-pq,500,N")

    said = figures(capsys, f"{MITDB}:atr", test)

    (one,) = said["records"].values()
    # 100 has beats at 77 and 370, and 2271 more.
    assert (one["QRS"]["found"], one["QRS"]["missed"], one["QRS"]["extra"]) == (2, 2271, 1)
    assert one["counts"][0][2] == 1  # N called V
    assert said["left_out"]["207-pq"].startswith("only in ")
    assert said["gross"]["QRS"] == one["QRS"]


def test_wfdb_files_are_compared_at_the_rate_of_their_header(tmp_path, capsys) -> None:
    for name in ("100.hea", "100.atr"):
        shutil.copy(WFDB / name, tmp_path)
    shutil.copy(WFDB / "100.atr", tmp_path / "100.qrs")

    one = figures(capsys, str(tmp_path / "100.atr"), str(tmp_path / "100.qrs"))
    folder = figures(capsys, f"{tmp_path}:atr", f"{tmp_path}:qrs")

    assert one["records"] == folder["records"]
    assert one["gross"]["QRS"]["f1"] == 1.0
    assert one["gross"]["QRS"]["found"] == 2273
    assert one["as"] == "bxb -S - -f 0"


def test_what_bxb_leaves_out_to_learn_is_left_out_if_asked(capsys) -> None:
    atr = f"{MITDB}:atr"

    said = figures(capsys, atr, atr, "--start", "300")

    assert said["as"] == "bxb -S - -f 300"
    assert said["records"]["100-pq"]["QRS"]["found"] == 1902


def test_marks_less_sure_than_the_threshold_are_left_out(tmp_path, capsys) -> None:
    rows = ("100-pq,77,N,0.9", "100-pq,370,N,0.2", "100-pq,662,N,")
    test = table(tmp_path / "model.csv", *rows, head="record,sample,label,score")

    said = figures(capsys, f"{MITDB}:atr", test, "--threshold", "0.5")

    assert said["records"]["100-pq"]["QRS"]["found"] == 2


def test_two_tables_want_the_rate_from_the_command_line(tmp_path, capsys) -> None:
    one = table(tmp_path / "a.csv", "r1,100,N", "r1,400,V")
    two = table(tmp_path / "b.csv", "r1,115,N", "r1,500,V")

    assert main(["compare", one, two]) == 1
    assert "the rate of record 'r1' is not known" in capsys.readouterr().err
    assert figures(capsys, one, two, "--fs", "100")["gross"]["QRS"]["found"] == 1
    assert figures(capsys, one, two, "--fs", "99")["gross"]["QRS"]["found"] == 1
    assert figures(capsys, one, two, "--fs", "96")["gross"]["QRS"]["found"] == 0


def test_times_become_samples_at_the_rate_of_the_other_side(tmp_path, capsys) -> None:
    test = table(tmp_path / "model.csv", "100-pq,0.2139,N", head="record,time,label")

    said = figures(capsys, f"{MITDB}:atr", test)

    assert said["records"]["100-pq"]["QRS"]["found"] == 1


def test_the_table_for_people_has_the_figures_and_what_was_left_out(tmp_path, capsys) -> None:
    test = table(tmp_path / "model.csv", "100-pq,77,N", "102-pq,1,N", "zzz,5,N")

    assert main(["compare", f"{MITDB}:atr", test]) == 1

    said = capsys.readouterr().out
    assert "for research and education" in said
    assert "as bxb -S - -f 0" in said
    assert "gross " in said
    assert "average " in said
    assert f"left out: 105-pq, only in {MITDB}:atr" in said


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("nowhere:atr", "nowhere:atr: not there; expected a WFDB annotation file"),
        (f"{MITDB}", "is a folder; say which set of it"),
        (f"{MITDB}:art", "no set 'art' there; its records have atr"),
    ],
)
def test_a_place_that_cannot_be_compared_says_what_was_expected(
    tmp_path, capsys, reference, message
) -> None:
    test = table(tmp_path / "model.csv", "100-pq,77,N")

    assert main(["compare", reference, test]) == 1
    assert message in capsys.readouterr().err


def test_records_of_other_names_are_told_on_both_sides(tmp_path, capsys) -> None:
    test = table(tmp_path / "model.csv", "100,77,N")

    assert main(["compare", f"{MITDB}:atr", test]) == 1
    error = capsys.readouterr().err
    assert "has 100-pq, 102-pq, 105-pq" in error
    assert f"{test} has 100;" in error


def test_a_set_against_itself_is_what_bxb_makes_of_it(capsys) -> None:
    from ecgstream.storage.catalog import scan

    atr = f"{MITDB}:atr"
    source = scan([MITDB])

    said = figures(capsys, atr, atr)

    for record in source.records():
        marks = source.annotations(record.record, "atr").listed()
        counts = bxb(marks, marks, window=54, length=record.length)
        one = said["records"][record.record]
        assert one["QRS"]["found"] == sum(counts.values())
        assert one["QRS"]["missed"] == one["QRS"]["extra"] == 0
