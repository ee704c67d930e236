"""What footers say of row groups, and what a record's stored bytes are known by."""

import os
import shutil
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from ecgstream.storage.catalog import scan
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.hive import LeadColumn, SignalWriter, record_folder
from tests.stored import footer, timestamps, write_own, write_plain

FS = 100


def plain(root, values, *, group=100, **how):
    write_plain(
        root / "patient_id=P/lead=II",
        timestamps(np.arange(len(values)), FS),
        values,
        group=group,
        **how,
    )
    source = scan([root])
    assert source.problems == ()
    return source


def extremes(source, record="P", lead="II"):
    said = source.extremes(record, lead)
    return said.low.tolist(), said.high.tolist(), said.known.tolist()


@pytest.fixture
def unread(monkeypatch):
    """Have the test fail where a data page of a lead is read."""
    table = OpenFiles.table

    def stamps_only(self, file, group, columns):
        assert list(columns) == ["timestamp"], "a lead was read"
        return table(self, file, group, columns)

    monkeypatch.setattr(OpenFiles, "table", stamps_only)


def imported(root, samples, missing=None):
    folder = record_folder(root, "p1", "r1")
    folder.mkdir(parents=True)
    length = len(samples)
    lead = LeadColumn("II", "mV", 200.0, 0.0, "ecg", "int16")
    writer = SignalWriter(folder, footer(fs=100.0, length=length), [lead])
    writer.write([samples], [missing])
    writer.close()
    return scan([root])


def test_the_files_that_an_import_writes_say_the_extremes_of_every_row_group(tmp_path, unread):
    samples = np.arange(9_500, dtype=np.int16)
    missing = np.zeros(9_500, bool)
    missing[3_000:6_000] = True
    missing[9_499] = True
    source = imported(tmp_path, samples, missing)
    assert source.edges("r1", "II").tolist() == [0, 3_000, 6_000, 9_000, 9_500]
    low, high, known = extremes(source, "r1")
    assert (low, high) == ([0, -(2**15), 6_000, 9_000], [2_999, -(2**15), 8_999, 9_498])
    assert known == [True] * 4


def test_nothing_is_read_for_extremes_of_floats(tmp_path, unread):
    values = np.linspace(-1, 1, 250)
    values[3] = np.nan
    low, high, known = extremes(plain(tmp_path, values))
    assert low == [values[0], values[100], values[200]]
    assert high == [values[99], values[199], values[249]]
    assert known == [True] * 3


def test_a_row_group_of_nan_alone_is_not_known_to_be_empty(tmp_path, unread):
    values = np.linspace(-1, 1, 200)
    values[:100] = np.nan
    low, high, known = extremes(plain(tmp_path, values))
    assert known == [False, True]
    assert np.isnan([low[0], high[0]]).all()


def test_a_row_group_of_nulls_is_known_to_be_empty(tmp_path, unread):
    values = pa.array(np.linspace(-1, 1, 200), mask=np.arange(200) < 100)
    low, high, known = extremes(plain(tmp_path, values))
    assert known == [True, True]
    assert np.isnan([low[0], high[0]]).all()


def test_without_statistics_nothing_is_guessed(tmp_path, unread):
    values = np.linspace(-1, 1, 200)
    low, _, known = extremes(plain(tmp_path, values, write_statistics=False))
    assert known == [False, False]
    assert np.isnan(low).all()


def test_a_row_group_of_two_sessions_says_nothing_of_either(tmp_path, unread):
    times = timestamps(np.arange(20_000), FS)
    times[10_000:] += 86_400_000
    write_plain(tmp_path / "patient_id=P/lead=II", times, np.linspace(-1, 1, 20_000), group=20_000)
    source = scan([tmp_path])
    _, _, known = extremes(source)
    assert known == [False, True, False]
    assert source.empty("P", "II").tolist() == [False, True, False]


def test_decimals_and_whole_numbers_are_those_on_the_wire(tmp_path, unread):
    cents = pa.array([Decimal("-1.25"), Decimal(0), Decimal("2.50")] * 40, pa.decimal128(14, 2))
    source = plain(tmp_path, cents, group=60)
    assert extremes(source) == ([-125] * 2, [250] * 2, [True] * 2)


def test_pieces_that_a_file_lacks_are_known_to_hold_nothing(tmp_path):
    for number, names in enumerate((["I", "II"], ["I"])):
        values = np.arange(100, dtype=np.int16), np.zeros(100, bool), {}
        write_own(
            tmp_path,
            footer(length=200, start=100 * number),
            dict.fromkeys(names, values),
            name=f"{number}.parquet",
        )
    source = scan([tmp_path])
    assert extremes(source, "r1", "II") == ([0, -(2**15)], [99, -(2**15)], [True, True])


# Versions


def own(root, values=range(100), name="100Hz-0000.parquet"):
    values = np.array(values, np.int16)
    write_own(
        root,
        footer(length=len(values)),
        {"II": (values, np.zeros(len(values), bool), {})},
        name=name,
    )
    return scan([root])


def moved(root, ns):
    """Set the time of change of all files."""
    for path in root.rglob("*.parquet"):
        os.utime(path, ns=(ns, ns))


def test_a_version_does_not_depend_on_where_the_archive_is(tmp_path):
    own(tmp_path / "a/r")
    moved(tmp_path / "a", 10**18)
    shutil.copytree(tmp_path / "a", tmp_path / "b" / "c")
    one, other = scan([tmp_path / "a"]), scan([tmp_path / "b"])
    assert one.version("r1") == other.version("r1")


@pytest.mark.parametrize("change", ["samples", "name", "time", "metadata", "a file more"])
def test_a_changed_file_is_another_version(tmp_path, change):
    before = own(tmp_path).version("r1")
    file = tmp_path / "100Hz-0000.parquet"
    stamp = file.stat().st_mtime_ns
    if change == "samples":
        own(tmp_path, [*range(99), 500])
        moved(tmp_path, stamp)
    elif change == "name":
        file.rename(tmp_path / "100Hz-0001.parquet")
    elif change == "time":
        moved(tmp_path, stamp + 1)
    elif change == "metadata":
        values = np.arange(100, dtype=np.int16)
        write_own(
            tmp_path, footer(length=100), {"II": (values, np.zeros(100, bool), {"gain": "2.0"})}
        )
        moved(tmp_path, stamp)
    else:
        write_own(
            tmp_path,
            footer(length=100, fs=50.0),
            {"V1": (np.arange(100, dtype=np.int16), np.zeros(100, bool), {})},
            name="50Hz.parquet",
        )
    assert scan([tmp_path]).version("r1") != before


def test_equal_copies_have_equal_content_whenever_they_were_made(tmp_path):
    own(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    moved(tmp_path / "b", 10**18)
    one, other = scan([tmp_path / "a"]), scan([tmp_path / "b"])
    assert one.version("r1") != other.version("r1")
    assert one.beside("r1").content == other.beside("r1").content
    assert one.beside("r1").folder == tmp_path / "a"
    changed = own(tmp_path / "b", [*range(99), 500])
    assert changed.beside("r1").content != one.beside("r1").content


def test_a_file_that_changed_after_the_scan_is_seen(tmp_path):
    source = own(tmp_path)
    assert source.unchanged("r1")
    moved(tmp_path, 10**18)
    assert not source.unchanged("r1")
    (tmp_path / "100Hz-0000.parquet").unlink()
    assert not source.unchanged("r1")


def test_what_lies_in_several_folders_has_no_place_beside_it(tmp_path):
    for lead in ("I", "II"):
        write_plain(
            tmp_path / f"patient_id=P/lead={lead}", timestamps(np.arange(100), FS), np.zeros(100)
        )
    assert scan([tmp_path]).beside("P") is None
