"""Real records and made-up ones, from files to the archive and back."""

import io
import json
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from ecgstream.archive.importing import ORIGIN, Options, import_archive, record_id
from ecgstream.errors import ImportFailed
from ecgstream.storage.catalog import scan
from ecgstream.storage.derived import pyramids as pyramid_module
from ecgstream.storage.derived.pyramids import Pyramids
from ecgstream.storage.hive import SignalWriter
from tests.imported import files_of, small, tree

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import wfdb

# The wfdb package's own warnings about what pandas will change.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

DATA = Path(__file__).parent / "data"
# Found, not listed: a source whose folder was taken out is not missed by any test.
ORIGINALS = [
    head.with_suffix("")
    for head in sorted(DATA.rglob("*.hea"))
    if not re.match(r"3234460_|100$", head.stem)
]


@pytest.mark.parametrize("original", ORIGINALS, ids=lambda p: p.name)
def test_a_real_record_comes_back_as_the_wfdb_package_reads_it(tmp_path, original):
    report = import_archive([original], tmp_path)
    assert report.exit_code == 0, report.failed
    theirs = wfdb.rdrecord(str(original))
    record = f"{original.name}-pq"
    names = []
    files = files_of(tmp_path, record)
    tables = [pq.read_table(path) for path, _, _ in files]
    for i, name in enumerate(theirs.sig_name):
        field = files[0][1].field(name)
        names.append(name)
        values = np.concatenate([t[name].to_numpy().astype(np.float64) for t in tables])
        assert values.tobytes() == values.astype("<f8").tobytes()
        physical = (values - float(field.metadata[b"baseline"])) / float(field.metadata[b"gain"])
        assert np.array_equal(physical, theirs.p_signal[:, i], equal_nan=True), name
        gaps = [tuple(g) for _, s, _ in files for g in json.loads(s.field(name).metadata[b"gaps"])]
        missing = np.isnan(theirs.p_signal[:, i])
        assert sum(b - a for a, b in gaps) == missing.sum()
        assert all(missing[a:b].all() for a, b in gaps)
    for path, schema, footer in files:
        assert schema.names == names
        assert (footer.record, footer.fs, footer.length, footer.zone) == (
            record,
            theirs.fs,
            theirs.sig_len,
            None,
        )
        assert json.loads(schema.metadata[ORIGIN])["name"] == theirs.record_name, path


@pytest.mark.parametrize(
    "original",
    [o for o in ORIGINALS if "s25047" not in o.name or o.name.endswith("n")],
    ids=lambda p: p.name,
)
def test_a_real_record_keeps_its_digital_values_gain_and_baseline(tmp_path, original):
    import_archive([original], tmp_path)
    theirs = wfdb.rdrecord(str(original), physical=False)
    ((path, schema, _),) = files_of(tmp_path, f"{original.name}-pq")
    table = pq.read_table(path)
    for i, name in enumerate(theirs.sig_name):
        said = schema.field(name).metadata
        digital = theirs.d_signal[:, i].tolist()
        assert table[name].to_pylist() == [None if v == -32768 else v for v in digital]
        assert float(said[b"gain"]) == theirs.adc_gain[i]
        assert float(said[b"baseline"]) == theirs.baseline[i]
        assert said[b"unit"].decode() == theirs.units[i]


@pytest.mark.skipif(not (DATA / "cpsc2021").exists(), reason="this source was taken out")
def test_beats_and_rhythms_come_along(tmp_path):
    import_archive([DATA / "cpsc2021" / "data_101_6"], tmp_path)
    ((path, _, footer),) = files_of(tmp_path, "data_101_6-pq", "annotations")
    theirs = wfdb.rdann(str(DATA / "cpsc2021" / "data_101_6"), "atr")
    rows = pq.read_table(path).to_pylist()
    assert [r["sample"] for r in rows] == theirs.sample.tolist()
    assert [r["symbol"] for r in rows] == theirs.symbol
    assert [r["aux_note"] for r in rows if r["symbol"] == "+"][:2] == [
        t.rstrip("\0") for t in theirs.aux_note if t
    ][:2]
    assert (path.name, footer.annotator, footer.fs) == ("annotations-atr.parquet", "atr", 200.0)


@pytest.mark.skipif(not (DATA / "mimic2").exists(), reason="this source was taken out")
def test_the_icu_record_keeps_its_gaps_its_date_and_what_is_not_ecg(tmp_path):
    report = import_archive([DATA / "mimic2"], tmp_path, options=Options(patient="{folder}"))
    assert [(i.record, i.patient) for i in report.imported] == [
        ("s25047-2704-05-04-10-44-pq", "s25047"),
        ("s25047-2704-05-04-10-44n-pq", "s25047"),
    ]
    waves = files_of(tmp_path, "s25047-2704-05-04-10-44-pq")
    assert [f.start for _, _, f in waves] == [0, 450_000]
    assert {f.start_time for _, _, f in waves} == {23173469058.529}
    missing = np.concatenate([np.isnan(pq.read_table(p)["II"].to_numpy()) for p, _, _ in waves])
    assert (np.diff(missing.astype(int), prepend=0) == 1).sum() == 38
    assert {n: waves[0][1].field(n).metadata[b"kind"] for n in waves[0][1].names} == {
        "II": b"ecg",
        "V": b"ecg",
        "ABP": b"abp",
    }
    ((path, schema, footer),) = files_of(tmp_path, "s25047-2704-05-04-10-44n-pq")
    assert {schema.field(n).metadata[b"kind"] for n in schema.names} == {b"numeric"}
    assert footer.fs == 0.0166666666667
    assert pq.read_table(path)["NBPSys"].null_count == 54


@pytest.mark.skipif(not (DATA / "mitdb").exists(), reason="this source was taken out")
def test_carriage_returns_of_the_originals_are_still_there():
    assert (DATA / "mitdb" / "100.hea").read_bytes().count(b"\r\n") == 5


@pytest.mark.skipif(not (DATA / "mitdb").exists(), reason="this source was taken out")
def test_a_header_without_its_signal_file_is_named_and_the_rest_goes_on(tmp_path):
    good = small(tmp_path / "in")
    report = import_archive([DATA / "mitdb", good], tmp_path / "out")
    assert report.exit_code == 1
    assert [(f.path.name, f.reason) for f in report.failed] == [
        ("100.hea", "100.hea: signal file 100.dat is not there")
    ]
    assert [i.record for i in report.imported] == ["r-pq"]


def test_signals_of_two_rates_go_into_files_of_their_own(tmp_path):
    lines = ["r.dat 16x4 200/mV 16 0 0 0 0 II", "r.dat 16 1/mmHg 16 0 0 0 0 ABP"]
    raw = np.arange(50, dtype="<i2")
    (tmp_path / "r.dat").write_bytes(raw.tobytes())
    (tmp_path / "r.hea").write_text("\n".join(["r 2 125 10", *lines, ""]))
    import_archive([tmp_path / "r.hea"], tmp_path / "out")
    files = files_of(tmp_path / "out", "r-pq")
    read = {p.name: (f.fs, f.length, pq.read_table(p).to_pydict()) for p, _, f in files}
    frames = raw.reshape(10, 5)
    assert read == {
        "125Hz-0000.parquet": (125.0, 10, {"ABP": frames[:, 4].tolist()}),
        "500Hz-0000.parquet": (500.0, 40, {"II": frames[:, :4].ravel().tolist()}),
    }


def test_more_than_an_hour_rolls_over(tmp_path):
    values = np.arange(2 * 3600 * 10 + 3) % 4000
    header = small(tmp_path / "in", values=values)
    header.write_text(header.read_text().replace(" 250 ", " 10 "))
    import_archive([header], tmp_path / "out")
    files = files_of(tmp_path / "out", "r-pq")
    assert [(p.name, f.start) for p, _, f in files][:2] == [
        ("10Hz-0000.parquet", 0),
        ("10Hz-0001.parquet", 61_440),
    ]
    assert [v for p, _, _ in files for v in pq.read_table(p)["II"].to_pylist()] == values.tolist()


def test_a_second_run_touches_nothing(tmp_path):
    source = tmp_path / "in"
    small(source)
    small(source / "deeper", "q")
    first = import_archive([source], tmp_path / "out")
    before = tree(tmp_path / "out")
    second = import_archive([source], tmp_path / "out")
    assert [i.changed for i in first.imported] == [True, True]
    assert [i.changed for i in second.imported] == [False, False]
    assert second.exit_code == 0
    assert tree(tmp_path / "out") == before


def test_the_same_files_make_the_same_bytes_in_another_archive(tmp_path):
    small(tmp_path / "in")
    for out in ("a", "b"):
        import_archive([tmp_path / "in"], tmp_path / out)
    a, b = ({k: v[1] for k, v in tree(tmp_path / out).items()} for out in ("a", "b"))
    assert a == b


@pytest.mark.parametrize(
    "what", ["signal", "licence", "missing file", "foreign file", "damaged file"]
)
def test_what_is_not_up_to_date_is_made_anew(tmp_path, what):
    header = small(tmp_path / "in")
    out = tmp_path / "out"
    import_archive([header], out)
    (path,) = out.rglob("*.parquet")
    before = path.read_bytes()
    options = Options(licence="CC0") if what == "licence" else None
    if what == "signal":
        small(tmp_path / "in", values=(4, 5, 6))
    elif what == "missing file":
        path.unlink()
    elif what == "foreign file":
        shutil.copy(path, path.with_name("250Hz-0001.parquet"))
    elif what == "damaged file":
        path.write_bytes(before[:100])
    report = import_archive([header], out, options=options)
    assert [i.changed for i in report.imported] == [True]
    (again,) = out.rglob("*.parquet")
    assert (again.read_bytes() == before) == (what not in {"signal", "licence"})


def test_a_folder_imports_its_records_and_not_their_segments(tmp_path):
    source = tmp_path / "in"
    small(source, "m_1")
    small(source, "m_2", (4, 5))
    (source / "m.hea").write_text("m/2 1 250 5\nm_1 3\nm_2 2\n")
    small(source / ".hidden", "h")
    report = import_archive([source], tmp_path / "out")
    assert [i.record for i in report.imported] == ["m-pq"]
    ((path, _, _),) = files_of(tmp_path / "out", "m-pq")
    assert pq.read_table(path)["II"].to_pylist() == [1, 2, 3, 4, 5]


def test_a_folder_is_found_through_its_parent_and_below_hidden_ones(tmp_path, monkeypatch):
    small(tmp_path / ".home" / "in")
    (tmp_path / ".home" / "work").mkdir()
    monkeypatch.chdir(tmp_path / ".home" / "work")
    assert [i.record for i in import_archive([Path("../in")], Path("out")).imported] == ["r-pq"]


def test_one_record_named_twice_is_imported_once(tmp_path):
    header = small(tmp_path / "in")
    report = import_archive([header, header.with_suffix(""), tmp_path / "in"], tmp_path / "out")
    assert [i.record for i in report.imported] == ["r-pq"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda f: f / "nothing", "no such file or folder, and no WFDB header nothing.hea"),
        (lambda f: (f / "empty").mkdir() or f / "empty", "there are no files in this folder"),
        (lambda f: (f / "x.edf").write_bytes(b"0") and f / "x.edf", "x.edf: not of a known format"),
    ],
)
def test_a_source_without_records_is_a_failure(tmp_path, make, words):
    report = import_archive([make(tmp_path)], tmp_path / "out")
    assert report.exit_code == 1
    assert words in report.failed[0].reason


def test_a_bad_record_leaves_nothing_behind_and_the_old_one_stands(tmp_path):
    header = small(tmp_path / "in")
    out = tmp_path / "out"
    import_archive([header], out)
    before = tree(out)
    (tmp_path / "in" / "r.dat").write_bytes(np.array([1, 2, 9], "<i2").tobytes())
    report = import_archive([header], out)
    assert "checksum" in report.failed[0].reason
    assert tree(out) == before
    assert [p.name for p in out.iterdir()] == ["patient=r"]


def test_two_records_of_one_name_are_not_mixed_up(tmp_path):
    small(tmp_path / "a")
    small(tmp_path / "b", values=(7, 8))
    report = import_archive([tmp_path / "a", tmp_path / "b"], tmp_path / "out")
    assert [i.path.parent.name for i in report.imported] == ["a"]
    assert "also that of" in report.failed[0].reason
    again = import_archive([tmp_path / "b"], tmp_path / "out", options=Options(prefix="b-"))
    assert [i.record for i in again.imported] == ["b-r-pq"]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_file_that_fails_takes_no_id(tmp_path, workers):
    source = tmp_path / "in"
    small(source)
    (source / "r.dat").write_bytes(b"\1")
    (source / "r.csv").write_text("time_s,II (mV)\n0,0\n0.004,1\n0.008,2\n")
    (source / "r.tsv").write_text("time_s\tII (mV)\n0\t0\n0.004\t1\n0.008\t2\n")
    report = import_archive([source], tmp_path / "out", workers=workers)
    assert [(i.record, i.path.name) for i in report.imported] == [("r-pq", "r.csv")]
    assert {(f.path.name, "also that of" in f.reason) for f in report.failed} == {
        ("r.hea", False),
        ("r.tsv", True),
    }
    assert f"also that of {source / 'r.csv'}" in report.failed[-1].reason


def test_wfdb_comes_before_what_was_exported_under_its_name(tmp_path):
    small(tmp_path / "in")
    (tmp_path / "in" / "r.csv").write_text("time_s,II (mV)\n0,0\n0.004,1\n0.008,2\n")
    report = import_archive([tmp_path / "in"], tmp_path / "out")
    assert [i.path.name for i in report.imported] == ["r.hea"]
    assert [f.path.name for f in report.failed] == ["r.csv"]


def test_an_empty_file_is_named_even_beside_a_header_of_its_name(tmp_path):
    small(tmp_path / "in")
    (tmp_path / "in" / "r.edf").touch()
    report = import_archive([tmp_path / "in"], tmp_path / "out")
    assert [(f.path.name, f.reason) for f in report.failed] == [("r.edf", "an empty file")]


def test_a_patient_named_before_a_table_is_looked_for_in_the_name_of_the_file(tmp_path):
    rows = "Patient: John Clark, born 1950-01-01\ntime_s,II (mV)\n0,0\n0.004,1\n0.008,2\n"
    for name in ("name_Clark.csv", "other.csv"):
        (tmp_path / name).write_text(rows)
    report = import_archive([tmp_path], tmp_path / "out")
    warned = {i.path.name: any("--hide-names" in r for r in i.remarks) for i in report.imported}
    assert warned == {"name_Clark.csv": True, "other.csv": False}


def test_a_record_does_not_come_to_stand_under_two_patients(tmp_path):
    header = small(tmp_path / "in")
    import_archive([header], tmp_path / "out", options=Options(patient="A"))
    report = import_archive([header], tmp_path / "out", options=Options(patient="B"))
    assert "already as patient=A" in report.failed[0].reason


def test_the_options_go_into_every_footer(tmp_path):
    header = small(tmp_path / "in")
    options = Options(patient="Käthe / {name}", source="{folder}, record {name}", licence="CC0")
    report = import_archive([header], tmp_path / "out", options=options)
    ((path, _, footer),) = files_of(tmp_path / "out", "r-pq")
    assert (footer.patient, footer.source, footer.licence) == ("Käthe / r", "in, record r", "CC0")
    assert path.parent.parent.name == "patient=K%C3%A4the%20%2F%20r"
    assert report.imported[0].patient == "Käthe / r"


def test_an_annotation_file_that_cannot_be_read_is_named_each_time_and_the_signal_comes(tmp_path):
    header = small(tmp_path / "in")
    (tmp_path / "in" / "r.atr").write_bytes(b"\xff\xff\xff")
    for changed in (True, False):
        report = import_archive([header], tmp_path / "out")
        assert [i.changed for i in report.imported] == [changed]
        assert [f.path.name for f in report.failed] == ["r.atr"]
        assert report.exit_code == 1
    assert len(files_of(tmp_path / "out", "r-pq")) == 1


def test_record_ids_are_plain_stable_and_apart():
    assert record_id("100") == "100-pq"
    assert record_id("a b") != record_id("a-b") == "a-b-pq"
    assert record_id("ä") == record_id("ä")
    for name in ("ä" * 300, "x" * 125, "x" * 126, " "):
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,128}", record_id(name))
    assert record_id("x" * 125) != record_id("x" * 126)


def test_without_the_wfdb_package_each_record_says_what_to_install_and_the_rest_comes(
    tmp_path, monkeypatch
):
    header = small(tmp_path / "in")
    monkeypatch.setitem(sys.modules, "wfdb", None)  # as not installed, for whoever looks for it
    report = import_archive([tmp_path], tmp_path / "out")
    assert [failure.path for failure in report.failed] == [header]
    assert "pip install 'ecgstream[wfdb]'" in report.failed[0].reason
    assert report.exit_code == 1


def test_the_module_does_not_load_the_wfdb_package_until_it_is_used():
    code = "import sys, ecgstream.archive.importing; sys.exit('wfdb' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_archive_that_cannot_be_written_to_is_told_once(tmp_path):
    header = small(tmp_path / "in")
    (tmp_path / "out").write_bytes(b"a file")
    with pytest.raises(ImportFailed, match="out: cannot be written to"):
        import_archive([header], tmp_path / "out")


def test_the_bar_is_drawn_on_a_terminal_only(tmp_path):
    header = small(tmp_path / "in")
    drawn = {}
    for terminal in (True, False):
        file = io.StringIO()
        import_archive(
            [header],
            tmp_path / str(terminal),
            console=Console(file=file, force_terminal=terminal, width=80),
        )
        drawn[terminal] = file.getvalue()
    assert "files" in drawn[True]
    assert drawn[False] == ""


def test_the_report_reads_line_by_line(tmp_path):
    header = small(tmp_path / "in", lines=["r.dat 16 0 16 0 0 0 0 II"])
    report = import_archive([header, tmp_path / "gone"], tmp_path / "out")
    assert list(report.lines()) == [
        f"imported r-pq (patient r) from {header}",
        "  II: no gain in the header, its values are uncalibrated",
        f"FAILED {tmp_path / 'gone'}: no such file or folder, and no WFDB header gone.hea",
        "1 imported, 0 unchanged, 1 failed",
    ]


KILLED = """
import os, sys
from pathlib import Path
from ecgstream.archive import importing
from ecgstream.storage import hive
close = hive.SignalWriter.close
def die(self):
    close(self)  # all files of the record are written, and not yet in their place
    os._exit(9)
hive.SignalWriter.close = die
importing.import_archive([Path(sys.argv[1])], Path(sys.argv[2]))
"""


def test_an_import_that_is_killed_leaves_no_half_record_and_the_next_one_makes_it(tmp_path):
    header = small(tmp_path / "in")
    out = tmp_path / "out"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(header), str(out)], check=False)
    assert killed.returncode == 9
    assert [p.name for p in out.iterdir()] == [".importing-new"]
    assert import_archive([header], out).exit_code == 0
    assert [p.name for p in out.iterdir()] == ["patient=r"]


def test_a_day_is_not_held_in_memory(tmp_path, monkeypatch):
    seen = []
    original = SignalWriter.write

    def write(self, values, missing):
        seen.append(len(values[0]))
        original(self, values, missing)

    monkeypatch.setattr(SignalWriter, "write", write)
    monkeypatch.setattr("ecgstream.formats.wfdb_signals.CHUNK_VALUES", 1000)
    header = small(tmp_path / "in", values=np.zeros(10_500))
    import_archive([header], tmp_path / "out")
    assert (max(seen), sum(seen)) == (1000, 10_500)


# Pyramids


@pytest.fixture
def long(tmp_path, monkeypatch):
    """A record that counts as a long one."""
    monkeypatch.setattr(pyramid_module, "SMALL_VALUES", 10_000)
    return small(tmp_path / "in", values=np.arange(20_000) % 1_000)


def pyramids(out):
    return sorted(out.rglob("*.pyramid"))


def test_a_long_record_gets_its_pyramid_beside_it_and_is_served_with_it(tmp_path, long):
    out = tmp_path / "out"
    assert import_archive([long], out).exit_code == 0
    assert [path.name for path in pyramids(out)] == ["250Hz.pyramid"]
    source = scan([out])
    assert source.problems == ()
    assert Pyramids(source, small=0).find(("r-pq", 250.0)) is not None


def test_an_import_makes_the_same_pyramid_every_time_and_a_rerun_nothing(tmp_path, long):
    trees = []
    for name in ("one", "other"):
        import_archive([long], tmp_path / name)
        trees.append(tree(tmp_path / name))
    one, other = ({path: digest for path, (_, digest) in kept.items()} for kept in trees)
    assert one == other
    report = import_archive([long], tmp_path / "one")
    assert not report.imported[0].changed
    assert tree(tmp_path / "one") == trees[0]


def test_pyramids_may_be_left_out_and_made_later(tmp_path, long):
    out = tmp_path / "out"
    import_archive([long], out, options=Options(pyramids=False))
    assert pyramids(out) == []
    before = tree(out)
    assert import_archive([long], out).imported[0].changed
    assert len(pyramids(out)) == 1
    assert before.items() <= tree(out).items(), "the samples were written anew"
    kept = tree(out)
    assert not import_archive([long], out, options=Options(pyramids=False)).imported[0].changed
    assert tree(out) == kept


def test_a_damaged_pyramid_is_made_anew_by_the_next_import(tmp_path, long):
    out = tmp_path / "out"
    import_archive([long], out)
    (path,) = pyramids(out)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    import_archive([long], out)
    assert path.read_bytes() == whole


def test_a_short_record_gets_no_pyramid(tmp_path):
    import_archive([small(tmp_path / "in")], tmp_path / "out")
    assert pyramids(tmp_path / "out") == []
