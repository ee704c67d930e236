"""`ecgstream check`: what it finds in archives that are made wrong, what it says, how it ends."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.archive import checking
from ecgstream.archive.checking import Checked, Summary, check
from ecgstream.archive.whole import Whole
from ecgstream.cli import main
from ecgstream.errors import SourceError, SourceUnavailable
from ecgstream.storage.derived.verdicts import FILE
from ecgstream.storage.foreign.times.disorder import kind_of
from tests.ecg_made import regular, wave
from tests.serving import DATA
from tests.stored import timestamps, write_plain

FS = 250


def heart(seconds=20, **how):
    return wave(regular(seconds, 70), seconds, fs=FS, **how)


def plain(folder, mv, samples=None, **how):
    samples = np.arange(len(mv)) if samples is None else samples
    return write_plain(folder, timestamps(samples, FS), np.asarray(mv)[samples], **how)


@pytest.fixture
def archive(tmp_path):
    """An archive with one thing wrong in each of its records."""
    root = tmp_path / "archive"
    shutil.copytree(DATA / "cpsc2018", root / "good")
    mv = heart()
    plain(root / "patient_id=unit" / "lead=II", mv * 1000)
    order = np.concatenate([np.arange(1000, 2000), np.arange(1000), np.arange(2000, len(mv))])
    plain(root / "patient_id=disorder" / "lead=II", mv, order)
    plain(root / "patient_id=doubled" / "lead=II", mv, np.sort(np.append(np.arange(5000), [7, 9])))
    plain(root / "patient_id=wrong-rate" / "lead=II", mv, metadata={"fs": "100"})
    (root / "patient_id=damaged" / "lead=II").mkdir(parents=True)
    (root / "patient_id=damaged" / "lead=II" / "x.parquet").write_bytes(b"PAR1 not PAR1")
    return root


def said(capsys, *arguments):
    code = main(["check", *map(str, arguments), "--workers=1"])
    return code, capsys.readouterr().out


def test_each_wrong_thing_is_found_in_its_record_and_files_left_out_are_named(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = said(capsys, archive, f"--cache={tmp_path / 'cache'}", "--json")
    told = [json.loads(line) for line in out.splitlines()]
    assert code == 1
    problems = [one for one in told if one["what"] == "problem"]
    assert sorted(Path(one["path"]).parent.parent.name for one in problems) == [
        "patient_id=damaged",
        "patient_id=wrong-rate",
    ]
    (rate,) = (one for one in problems if one["kind"] == "rate")
    assert "it says fs 100 (file metadata), but its timestamps make 250 Hz" in rate["text"]
    found = {
        one["record"]: {(kind["kind"], kind["level"]) for kind in one["findings"]}
        for one in told
        if one["what"] == "record"
    }
    assert found == {
        "A0001-pq": set(),
        "unit": {("unit", "error")},
        "disorder": {("times", "warning")},
        "doubled": {("times", "warning")},
    }
    # What viewers are told, too, has no path of the server in it.
    verdicts = [one for one in told if one["what"] == "record"]
    assert str(archive) not in json.dumps([one["findings"] for one in verdicts])
    (doubled,) = next(one["findings"] for one in verdicts if one["record"] == "doubled")
    assert doubled["leads"] == ["II"]
    assert doubled["detail"].startswith("2 rows repeat a timestamp")
    summary = told[-1]
    assert (summary["what"], summary["records"], summary["problems"]) == ("summary", 4, 2)
    assert (summary["clean"], summary["warning"], summary["error"]) == (1, 2, 1)
    assert summary["notice"] == "for research and education"


def test_a_person_is_told_the_same_in_words(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = said(capsys, archive, f"--cache={tmp_path / 'cache'}", "--figures")
    assert code == 1
    assert "LEFT OUT file " in out
    assert "A0001-pq: clean; 15 s at 500 Hz (header of the source), 12 signals" in out
    assert "  error unit: II: 2 s of it extend over 1," in out
    assert "a heart makes 0.1 to 10 mV" in out
    assert "2 rows repeat a timestamp with the same voltage" in out
    assert "its rows go back in time once; they are put in order by their times" in out
    assert "  aVR: 500 Hz, in mV, 0.762 mV" in out
    last = out.splitlines()[-1]
    assert last == (
        "4 records: 1 clean, 1 error, 2 warning, 2 left out; "
        "ecgstream-check-7, for research and education"
    )


def test_what_is_known_is_not_looked_at_again_unless_that_is_wished(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    cache = f"--cache={tmp_path / 'cache'}"
    first = said(capsys, archive, cache)
    assert (tmp_path / "cache" / FILE).exists()
    monkeypatch.setattr("ecgstream.archive.checking.examined", None)
    second = said(capsys, archive, cache)
    assert second[0] == first[0]
    assert second[1].replace(", known already", "") == first[1]
    with pytest.raises(TypeError):
        main(["check", str(archive), cache, "--again", "--workers=1"])


def test_what_lies_where_nothing_can_be_looked_at_now_is_never_told_as_clean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache, here = f"--cache={tmp_path / 'cache'}", tmp_path / "share"
    shutil.copytree(DATA / "cpsc2018", here)
    # One beside it that begins with the same name is another one.
    shutil.copytree(DATA / "plain", tmp_path / "share2")
    roots = str(tmp_path / "share2"), str(here)
    first = said(capsys, *roots, cache)[1].splitlines()
    assert [one for one in first if one.startswith("A0001-pq: clean;")]
    others = [one for one in first[:-1] if not one.startswith("A0001-pq")]
    here.rename(tmp_path / "away")
    code, out = said(capsys, *roots, cache)
    assert code == 2
    failed = f"FAILED A0001-pq: cannot be looked at now: file {here}: is not there"
    assert failed in out
    assert "A0001-pq: clean" not in out
    # What lies elsewhere is told as it was.
    told_now = [one.replace(", known already", "") for one in out.splitlines()[1:-1]]
    assert [one for one in told_now if not one.startswith("FAILED")] == others
    assert ", 1 left out, 1 failed;" in out.splitlines()[-1]
    assert said(capsys, here, cache, "--record=A0001-pq")[0] == 2
    code, out = said(capsys, *roots, cache, "--json")
    told = [json.loads(line) for line in out.splitlines()]
    assert [one["record"] for one in told if one["what"] == "failed"] == ["A0001-pq"]
    assert (code, told[-1]["clean"], told[-1]["failed"]) == (2, len(others), 1)
    (tmp_path / "away").rename(here)
    assert "A0001-pq: clean" in said(capsys, *roots, cache)[1]


def test_the_exit_code_is_for_pipelines(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for record, least, code in (
        ("A0001-pq", "hint", 0),
        ("doubled", "warning", 1),
        ("doubled", "error", 0),
        ("unit", "error", 1),
    ):
        cache = f"--cache={tmp_path}"
        ended, out = said(capsys, archive, f"--record={record}", f"--fail-on={least}", cache)
        assert ended == code
        # Of one record alone what is wrong elsewhere is no matter.
        assert "LEFT OUT" not in out


def test_what_could_not_begin_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "empty").mkdir()
    cache = f"--cache={tmp_path}"
    assert said(capsys, tmp_path / "empty", cache)[0] == 2
    assert said(capsys, DATA / "cpsc2018", "--record=nobody", cache)[0] == 2
    assert main(["check", str(DATA), "--workers=0"]) == 2
    # A wrong mount is no finding, whatever else there is.
    ended, out = said(capsys, tmp_path / "nowhere", cache)
    assert (ended, "nowhere: is not there" in out) == (2, True)
    few = (str(tmp_path / "nowhere"), "--record=A0001-pq", cache)
    assert said(capsys, DATA / "cpsc2018", *few)[0] == 0
    assert said(capsys, DATA / "georgia", str(tmp_path / "nowhere"), cache)[0] == 2


def test_a_table_of_a_mapping_that_matches_no_file_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping, cache = tmp_path / "m.toml", f"--cache={tmp_path}"
    mapping.write_text('[[table]]\nfiles = "**"\n[[table]]\nfiles = "zzz/*.parquet"\nfs = 3\n')
    asked = (DATA / "cpsc2018", f"--mapping={mapping}", cache)
    code, out = said(capsys, *asked)
    assert code == 1
    assert 'm.toml: table 2 (files = "zzz/*.parquet"): matches no file; expected a path' in out
    assert "1 of the mapping's tables unused; " in out
    assert said(capsys, *asked, "--fail-on=error")[0] == 0
    assert said(capsys, *asked, "--record=A0001-pq")[0] == 0
    _, told = said(capsys, *asked, "--json")
    (one,) = (row for row in map(json.loads, told.splitlines()) if row["what"] == "mapping")
    assert (one["level"], one["table"], one["files"]) == ("warning", 2, "zzz/*.parquet")
    (tmp_path / "empty").mkdir()
    # Of an archive without a file nothing can be said.
    assert "matches no" not in said(capsys, tmp_path / "empty", *asked[1:])[1]


def test_a_record_that_cannot_be_had_fails_alone_and_ends_with_2(
    archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    look = checking.examined

    def away(source, record, times):
        if record == "unit":
            raise SourceUnavailable("gone for now", path="x.parquet")
        return look(source, record, times)

    monkeypatch.setattr(checking, "examined", away)
    found = list(check(Whole((str(archive),))))
    failed = [one for one in found if isinstance(one, Checked) and one.verdict is None]
    assert [one.record.record for one in failed] == ["unit"]
    assert "gone for now" in failed[0].failure
    summary = found[-1]
    assert isinstance(summary, Summary)
    assert (summary.failed, summary.records, summary.exit_code("error")) == (1, 4, 2)


def test_a_scale_that_is_not_clear_is_told_once_with_its_reason(tmp_path: Path, capsys) -> None:
    mv = heart()
    known = {"II": {"unit": "mV", "resolution": "4.88"}, "V5": {}, "t": {"unit": "s"}}
    schema = pa.schema([pa.field(one, pa.float64(), metadata=of) for one, of in known.items()])
    columns = [mv * 200, mv, np.arange(len(mv)) / FS]
    pq.write_table(pa.table(columns, schema=schema), tmp_path / "one.parquet")
    code, out = said(capsys, tmp_path, f"--cache={tmp_path / 'cache'}")
    units = [line.strip() for line in out.splitlines() if "no_unit" in line]
    assert code == 1
    assert len(units) == 2, units
    assert any(
        "II" in line and "resolution = 4.88 may mean several things" in line for line in units
    )
    assert any("V5: the unit is not known" in line for line in units)


def test_several_processes_say_what_one_does(archive: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("ecgstream.archive.checking.WORTH_RECORDS", 2)

    def told(workers):
        found = check(Whole((str(archive),), tmp_path / "index"), workers=workers)
        return [
            str(one) if isinstance(one, SourceError) else one
            for one in found
            if not isinstance(one, Summary)
        ]

    assert told(2) == told(1)


def test_a_unit_that_nobody_says_is_told_and_a_drafted_mapping_is_where_to_say_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, draft, cache = tmp_path / "wide", tmp_path / "m.toml", f"--cache={tmp_path / 'cache'}"
    root.mkdir()
    mv = heart()
    pq.write_table(pa.table({"time": np.arange(len(mv)) / FS, "II": mv}), root / "one.parquet")
    code, out = said(capsys, root, cache, f"--write-mapping={draft}")
    assert code == 1
    assert "warning no_unit: II: the unit is not known" in out
    # As it was drafted it changes nothing; it is not written over.
    assert said(capsys, root, cache, f"--mapping={draft}")[0] == 1
    assert main(["check", str(root), cache, f"--write-mapping={draft}"]) == 2
    assert "is there already" in capsys.readouterr().err
    words = draft.read_text(encoding="utf-8")
    mapping = tmp_path / "said.toml"
    mapping.write_text(re.sub(r'# \?\? unit = "UNIT".*', 'unit = "mV"', words), encoding="utf-8")
    # What is understood otherwise is another verdict.
    code, out = said(capsys, root, cache, f"--mapping={mapping}")
    assert (code, "one: clean" in out) == (0, True)


@pytest.mark.parametrize(("text", "kind"), [
    ("it says fs 100 (mapping), but its timestamps make 250 Hz: the timestamps ...", "rate"),
    ("record r: lead 'II' says fs 100 (mapping), but its timestamps make 250 Hz", "rate"),
    ("record r: f, lead 'II': 3 rows repeat a timestamp with the same value", "times"),
    ("record r: f, lead 'II': rows are out of order and were put in order", "times"),
    ("f, lead 'II': the labels differ", None),
])  # fmt: skip
def test_what_is_said_of_times_is_known_by_its_words(text, kind):
    assert kind_of(text) == kind
