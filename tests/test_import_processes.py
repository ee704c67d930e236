"""The processes of an import: limits, hostile files, kill -9 half-way, whose a record is."""

import json
import os
import re
import signal
import subprocess
import sys
from datetime import date, time
from importlib import import_module

import edfio
import numpy as np
import pyarrow.parquet as pq
import pytest

from ecgstream.archive import import_mapping
from ecgstream.archive.import_command import parser, run
from ecgstream.archive.import_crew import Crew
from ecgstream.archive.import_messages import Done, Failed, Limits, Options, Step, Task
from ecgstream.archive.importing import ORIGIN, import_archive
from ecgstream.errors import ConfigError, ImportFailed
from ecgstream.storage.catalog import scan
from ecgstream.storage.staging import writing
from tests.imported import files_of, small, tree

# Some processes each: beside the others of the group, and beside a wall's, there would be no core for any.
pytestmark = pytest.mark.xdist_group("workers")

DAYS_OF_NOTHING = "long/2 1 1000 30000000001\nhere 1\n~ 30000000000\n"
"""Two lines that ask for a year of missing samples: minutes of work for whoever believes them."""


def endless(folder):
    small(folder, "here", (7,))
    path = folder / "long.hea"
    (folder / "here.hea").write_text("here 1 1000 1\nhere.dat 16 200/mV 16 0 7 7 0 II\n")
    path.write_text(DAYS_OF_NOTHING)
    return path


def edf(path, name="Clark_Anne", code="SBJ-123", day=date(2023, 5, 10), note="Clark at rest"):
    signal = edfio.EdfSignal(
        np.sin(np.arange(500) / 9), 250, label="II", physical_dimension="mV", physical_range=(-5, 5)
    )
    edfio.Edf(
        [signal],
        patient=edfio.Patient(code=code, birthdate=date(1953, 5, 8), name=name),
        recording=edfio.Recording(startdate=day, hospital_administration_code="Meier"),
        starttime=time(14, 43, 23),
        annotations=[edfio.EdfAnnotation(0.5, None, note)],
    ).write(path)
    return path


def bytes_of(out):
    return {path: digest for path, (_, digest) in tree(out).items()}


def test_processes_make_the_bytes_that_one_alone_makes_in_the_order_of_the_sources(tmp_path):
    for number in range(12):
        small(tmp_path / "in", f"r{number:02d}", range(number, 500))
    edf(tmp_path / "in" / "e.edf")
    one = import_archive([tmp_path / "in"], tmp_path / "one")
    two = import_archive([tmp_path / "in"], tmp_path / "two", workers=2)
    assert list(one.lines()) == list(two.lines())
    assert two.exit_code == 0
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")
    before = tree(tmp_path / "two")
    again = import_archive([tmp_path / "in"], tmp_path / "two", workers=2)
    assert {one.changed for one in again.imported} == {False}
    assert tree(tmp_path / "two") == before


def test_hostile_files_are_named_with_the_reason_and_the_import_goes_on(tmp_path):
    """32 million values at a time, and an EDF that breaks off."""
    source = tmp_path / "in"
    small(source, "a")
    with (source / "big.dat").open("wb") as sparse:
        sparse.truncate(2 * 16 * 2_000_000)
    line = "big.dat 16 200/mV 16 0 0 0 0 L{}\n"
    head = "big 16 100000 2000000\n" + "".join(line.format(k) for k in range(16))
    (source / "big.hea").write_text(head)
    cut = edf(source / "cut.edf")
    cut.write_bytes(cut.read_bytes()[:700])
    small(source, "z")
    log = tmp_path / "log"
    report = import_archive(
        [source],
        tmp_path / "out",
        workers=2,
        limits=Limits(memory_mb=260),
        report_to=log,
    )
    assert [one.record for one in report.imported] == ["a-pq", "z-pq"]
    said = {failure.path.name: failure.reason for failure in report.failed}
    assert set(said) == {"big.hea", "cut.edf"}
    assert "more memory" in said["big.hea"]
    assert said["cut.edf"].startswith("cut.edf: ")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["patient=a", "patient=z"]
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {line["path"]: line["reason"] for line in lines} == {
        str(failure.path): failure.reason for failure in report.failed
    }
    assert {(line["status"], line["format"]) for line in lines} == {
        ("failed", "wfdb"),
        ("failed", "edf"),
    }


class Hurried(Limits):
    """Little time for what is said to have no size."""

    def seconds_for(self, size):
        return 60.0 if size else 0.5


def test_a_file_that_takes_for_ever_is_given_up_and_leaves_nothing(tmp_path):
    long, short = endless(tmp_path / "in"), small(tmp_path / "in", "s")
    out = tmp_path / "out"
    tasks = [
        Task(str(path), "wfdb", path.stem, "in", f"{path.stem}-pq", size=int(path == short))
        for path in (short, long, short)
    ]
    with writing(out) as held, Crew(1, out, Options(), Hurried(), held) as crew:
        told = [one.answer for one in crew.run(iter(tasks)) if not isinstance(one.answer, Step)]
    assert [type(answer) for answer in told] == [Done, Failed, Done]
    assert told[1].reason == "not done after 0.5 s: ended (see --time-limit)"
    assert sorted(path.name for path in out.iterdir()) == ["patient=s"]


def test_a_process_that_dies_is_replaced_and_its_file_is_named(tmp_path):
    long, short = endless(tmp_path / "in"), small(tmp_path / "in", "s")
    out = tmp_path / "out"
    tasks = [Task(str(path), "wfdb", path.stem, "in", f"{path.stem}-pq") for path in (long, short)]
    told = []
    killed = False
    with (
        writing(out) as held,
        Crew(1, out, Options(), Limits(), held) as crew,
    ):
        for one in crew.run(iter(tasks)):
            if isinstance(one.answer, Step):
                # Steps that were told before it died come after that.
                if not killed:
                    os.kill(crew._workers[0]._process.pid, signal.SIGKILL)
                killed = True
            else:
                told.append(one)
    assert [one.number for one in told] == [0, 1]
    assert told[0].answer == Failed("the process that read it was killed by signal 9")
    assert isinstance(told[1].answer, Done)
    assert sorted(path.name for path in out.iterdir()) == ["patient=s"]


def test_a_process_that_dies_of_what_it_read_before_is_not_held_against_a_file(tmp_path):
    long, short = endless(tmp_path / "in"), small(tmp_path / "in", "s")
    out = tmp_path / "out"
    tasks = [Task(str(path), "wfdb", path.stem, "in", f"{path.stem}-pq") for path in (short, long)]
    told, killed = [], []
    with writing(out) as held, Crew(1, out, Options(), Limits(), held) as crew:
        for one in crew.run(iter(tasks)):
            if not isinstance(one.answer, Step):
                told.append(one.answer)
            elif one.number == 1 and (pid := crew._workers[0]._process.pid) not in killed:
                killed.append(pid)
                os.kill(pid, signal.SIGKILL)
    assert isinstance(told[0], Done)
    assert told[1] == Failed("the process that read it was killed by signal 9")
    assert len(killed) == 2, "it was tried again in a process that had read nothing else"


def test_a_fault_of_a_reader_is_told_as_ours_and_the_rest_goes_on(tmp_path, monkeypatch):
    def broken(path, told=None):
        return {}["no such key"]

    monkeypatch.setattr(import_module("ecgstream.formats.edf"), "open_file", broken)
    edf(tmp_path / "in.edf")
    report = import_archive([tmp_path / "in.edf", small(tmp_path / "in")], tmp_path / "out")
    assert "that is a fault of ecgstream, please report it" in report.failed[0].reason
    assert "KeyError" in report.failed[0].reason
    assert [one.record for one in report.imported] == ["r-pq"]


def test_an_import_whose_processes_do_not_begin_says_why(tmp_path):
    with pytest.raises(ImportFailed, match=r"did not begin: .*(Memory|memory|thread)"):
        import_archive(
            [small(tmp_path / "in")], tmp_path / "out", workers=1, limits=Limits(memory_mb=90)
        )


def test_an_import_killed_half_way_and_started_again_ends_with_the_same_bytes(tmp_path):
    source, out = tmp_path / "in", tmp_path / "out"
    for number in range(20):
        small(source, f"{'az'[number % 2]}{number:02d}", range(number, 300))
    endless(source)
    command = [sys.executable, "-m", "ecgstream", "import", str(source), "--out", str(out)]
    with subprocess.Popen([*command, "--workers", "1"], stdout=subprocess.DEVNULL) as process:
        # It takes for ever over `long`, which comes between the a's and the z's.
        while not (list(out.glob(".importing-*")) and len(list(out.glob("patient=*"))) == 10):
            assert process.poll() is None
        process.kill()
    assert {path.name[8] for path in out.glob("patient=*")} == {"a"}
    small(source, "long")
    # At once: the first one's process may still be there, and holds the archive.
    again = subprocess.run(
        [*command, "--workers", "2"], capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stdout
    assert again.stdout.splitlines()[-1] == "12 imported, 10 unchanged, 0 failed"
    import_archive([source], tmp_path / "whole")
    assert bytes_of(out) == bytes_of(tmp_path / "whole")
    assert not list(out.glob(".*"))


def test_two_folders_with_files_of_one_name_are_told_apart_by_a_prefix(tmp_path):
    for folder in ("p1", "p2"):
        (tmp_path / "in" / folder).mkdir(parents=True)
        edf(tmp_path / "in" / folder / "ecg.edf")
    report = import_archive([tmp_path / "in"], tmp_path / "out")
    assert "--prefix '{folder}-'" in report.failed[0].reason
    options = Options(prefix="{folder}-", patient="{folder}")
    report = import_archive([tmp_path / "in"], tmp_path / "out2", options=options)
    assert [one.record for one in report.imported] == ["p1-ecg-pq", "p2-ecg-pq"]
    assert [one.patient for one in report.imported] == ["p1", "p2"]


def test_what_a_file_is_is_seen_from_its_content_and_strangers_are_passed_over(tmp_path):
    source = tmp_path / "in"
    small(source, "a")
    (source / "a.atr").write_bytes(b"\xff\xff\xff")
    edf(source / "b.edf").rename(source / "b.hl7")
    (source / "README").write_text("about these files\n")
    report = import_archive([source], tmp_path / "out")
    assert [one.record for one in report.imported] == ["a-pq", "b.hl7-pq"]
    assert [one.path.name for one in report.passed_over] == ["README"]
    assert list(report.lines())[-1] == "2 imported, 0 unchanged, 1 failed, 1 file passed over"
    named = import_archive([source / "README", source / "a.dat"], tmp_path / "out")
    assert [f.reason for f in named.failed] == [
        "README: not of a known format, by its first bytes",
        "a.dat: not of a known format, by its first bytes; its record may be that of a.hea",
    ]


def test_names_that_are_not_text_and_folders_that_are_closed_are_named(tmp_path, monkeypatch):
    source = tmp_path / "in"
    small(source, "a")
    (source / "closed").mkdir()
    scandir = os.scandir

    def closed(path="."):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    with open(os.fsencode(source) + b"/\xff.edf", "wb") as strange:
        strange.write(edf(tmp_path / "e.edf").read_bytes())
    with (source / "red\x1b[31m.edf").open("wb") as coloured:
        coloured.write((tmp_path / "e.edf").read_bytes()[:400])
    report = import_archive([source], tmp_path / "out", workers=1, report_to=tmp_path / "log")
    assert [one.record for one in report.imported] == ["a-pq"]
    reasons = {failure.path.name: failure.reason for failure in report.failed}
    assert reasons["closed"] == "cannot be looked into: Permission denied"
    assert "not UTF-8" in reasons["\udcff.edf"]
    said = "\n".join(report.lines())
    assert said.replace("\n", "").isprintable()
    said.encode()
    assert len((tmp_path / "log").read_text().splitlines()) == len(report.failed) == 3


def everything_in(out):
    """All that a reader could find in the archive: names of files, footers, values."""
    said = [str(path) for path in out.rglob("*")]
    for path in out.rglob("*.parquet"):
        said += [path.read_bytes().decode("latin-1"), str(pq.read_table(path).to_pydict())]
    return "\n".join(said)


def test_nobody_is_named_in_an_archive_unless_that_is_wanted(tmp_path):
    file = edf(tmp_path / "e.edf")
    assert b"Clark" in file.read_bytes()
    import_archive([file], tmp_path / "out")
    said = everything_in(tmp_path / "out")
    for word in ("Clark", "Anne", "SBJ", "1953", "MAY-53", "Meier"):
        assert word.lower() not in said.lower(), word
    assert "[removed] at rest" in said
    report = import_archive([file], tmp_path / "kept", options=Options(keep_identity=True))
    assert report.imported[0].patient == "SBJ-123"
    ((_, schema, footer),) = files_of(tmp_path / "kept", "e-pq")
    assert footer.patient == "SBJ-123"
    kept = json.loads(schema.metadata[ORIGIN])["identity"]
    assert kept["patient"] == "SBJ-123"
    assert "Clark" in kept["name"]
    assert "Clark at rest" in everything_in(tmp_path / "kept")
    again = import_archive([file], tmp_path / "kept", options=Options(keep_identity=True))
    assert not again.imported[0].changed


def test_dates_of_a_patient_move_together_by_whole_days_and_are_said_to(tmp_path):
    first = edf(tmp_path / "a.edf", note="seen 2023-05-10")
    second = edf(tmp_path / "b.edf", day=date(2023, 5, 20))
    other = edf(tmp_path / "c.edf", code="OTHER", name="Else")
    plain = import_archive([first, second, other], tmp_path / "plain")
    assert plain.exit_code == 0
    key = tmp_path / "key"
    arguments = [str(first), str(second), str(other), "--workers", "1"]
    arguments += ["--out", str(tmp_path / "out"), "--shift-dates", str(key)]
    assert run(parser().parse_args(arguments), None).exit_code == 0
    was, now = (
        {record.record: record for record in scan([tmp_path / name]).records()}
        for name in ("plain", "out")
    )
    moved = {name: was[name].start_time - now[name].start_time for name in was}
    assert all(seconds > 0 and seconds % 86_400 == 0 for seconds in moved.values())
    assert moved["a-pq"] == moved["b-pq"] != moved["c-pq"]
    assert {record.dates_shifted for record in now.values()} == {True}
    assert {record.dates_shifted for record in was.values()} == {False}
    said = everything_in(tmp_path / "out")
    assert "2023" not in said
    assert "seen [date]" in said
    assert key.read_text().strip() not in said
    before = tree(tmp_path / "out")
    assert run(parser().parse_args(arguments), None).exit_code == 0
    assert tree(tmp_path / "out") == before, "the same key makes the same archive"
    key.unlink()
    run(parser().parse_args(arguments), None)
    assert tree(tmp_path / "out") != before, "another key moves the dates by other days"


def test_a_record_of_no_named_patient_moves_by_days_of_its_own_and_says_so(tmp_path):
    header = small(tmp_path / "in")
    text = header.read_text().splitlines()
    header.write_text("\n".join([text[0] + " 10:00:00 01/02/2020", *text[1:], "# John Smith, 45"]))
    report = import_archive([header], tmp_path / "out", options=Options(shift_key=b"k" * 32))
    assert "names no patient" in report.imported[0].remarks[-1]
    assert "Smith" not in everything_in(tmp_path / "out")
    kept = import_archive([header], tmp_path / "kept", options=Options(keep_identity=True))
    assert kept.exit_code == 0
    assert "John Smith, 45" in everything_in(tmp_path / "kept")


def test_files_that_are_called_after_somebody_are_told_of_and_may_be_hidden(tmp_path):
    source = tmp_path / "in"
    small(source, "r")
    file = edf(source / "CLARK_20230510.edf")
    edf(source / "plain.edf", note="of CLARK_20230510")
    told = import_archive([source], tmp_path / "told")
    remarks = {one.record: one.remarks for one in told.imported}
    assert "--hide-names" in remarks["CLARK_20230510-pq"][-1]
    assert not any("--hide-names" in one for one in remarks["plain-pq"])
    moved = import_archive(
        [edf(tmp_path / "e12.edf"), edf(tmp_path / "a_2023-05-10.edf")],
        tmp_path / "moved",
        options=Options(shift_key=b"k" * 32),
    )
    assert [any("--hide-names" in line for line in one.remarks) for one in moved.imported] == [
        False,
        True,
    ]
    (source / "r.atr").write_bytes(b"\xff\xff\xff")
    arguments = [str(source), "--workers", "1", "--out", str(tmp_path / "out")]
    arguments += ["--hide-names", str(tmp_path / "key")]
    first = run(parser().parse_args(arguments), None)
    assert all(re.fullmatch(r"[0-9a-f]{16}-pq", one.record) for one in first.imported)
    assert len({one.record for one in first.imported}) == 3
    assert not any(one.remarks for one in first.imported if one.path == file)
    said = everything_in(tmp_path / "out")
    assert "CLARK" not in said
    assert "of [removed]_20230510" in said
    assert "r.atr" not in said
    again = run(parser().parse_args(arguments), None)
    assert [(one.record, one.changed) for one in again.imported] == [
        (one.record, False) for one in first.imported
    ]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("m.toml", "", "expected entries"),
        ("m.toml", "[[import]]\nfiles = 3\n", 'entry 1: expected files = "a glob"'),
        ("m.toml", '[[import]]\nfiles = "*"\nformat = "odt"\n', "entry 1 .*'odt' is none of edf"),
        ("m.toml", '[[import]]\nfiles = "*"\nformat = "edf"\nfs = 9\n', "EDF says all itself.*fs"),
        ("m.toml", "[[import]\n", "m.toml"),
        ("m.yaml", "import: [", "m.yaml"),
        ("m.yaml", "import:\n- files: '*'\n", "format None is none of"),
    ],
)
def test_a_mapping_that_will_not_do_names_its_entry(tmp_path, name, text, words):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        import_mapping.load(path)


def test_a_mapping_says_what_a_file_is_before_its_content_is_looked_at(tmp_path):
    small(tmp_path / "in", "a")
    (tmp_path / "in" / "notes.txt").write_text("no signal\n")
    path = tmp_path / "m.toml"
    path.write_text('[[import]]\nfiles = "*.txt"\nformat = "edf"\n')
    report = import_archive([tmp_path / "in"], tmp_path / "out", mapping=import_mapping.load(path))
    assert [one.record for one in report.imported] == ["a-pq"]
    assert [failure.path.name for failure in report.failed] == ["notes.txt"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--workers", "0"], "workers"),
        (["--memory-mb", "50"], "memory-mb"),
        (["--time-limit", "0"], "time-limit"),
        (["--mapping", "/nowhere.toml"], "cannot be read"),
    ],
)
def test_options_that_cannot_be_are_refused_by_name(tmp_path, arguments, words):
    said = parser().parse_args(["x", "--out", str(tmp_path / "out"), *arguments])
    with pytest.raises(ConfigError, match=words):
        run(said, None)
    assert not (tmp_path / "out").exists()
