"""Rows of one length at an even distance show no rate: what is taken of them is found fault with."""

import numpy as np
import pytest

from ecgstream import cli
from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading, parsed
from ecgstream.storage.foreign.proposing import proposed
from ecgstream.storage.foreign.times.disorder import Remarks
from tests.archives.kit import ecg, save

FS, ROWS, LONG = 250, 12, 2_500
WHOLE = ecg(ROWS * 2 * LONG)
HOW = "each row is taken to begin where the one before ends"


def rows(folder, begins, lengths=LONG):
    """Write windows of a record at 250 Hz that begin at samples `begins`."""
    lengths = np.broadcast_to(lengths, len(begins))
    lists = [WHOLE[a : a + count] for a, count in zip(begins, lengths, strict=True)]
    said = {"record_id": ["r"] * len(begins), "time_s": np.array(begins) / FS, "II": lists}
    save(folder / "w.parquet", said, fields={"II": {"unit": "mV"}})


def read(folder, mapping=""):
    said = Reading(parsed(mapping.encode(), "m.toml")) if mapping else AS_IT_IS
    source = scan([folder], reading=said)
    assert [str(one) for one in source.problems] == []
    return source


@pytest.mark.parametrize(
    ("apart", "taken"),
    [(LONG, 250.0), (2 * LONG, 125.0), (LONG // 2, 500.0)],
    ids=["following", "with pauses", "overlapping"],
)
def test_an_even_distance_is_told_to_be_no_rate_until_somebody_says_it(tmp_path, apart, taken):
    begins = np.arange(ROWS) * apart
    rows(tmp_path, begins)
    source = read(tmp_path)
    (record,) = source.records()
    assert record.fs == taken
    assert dict(record.found)["starts"] == HOW
    (one,) = Remarks(source).of("r")
    assert (one.kind, one.level, one.leads) == ("abutting", "warning", ())
    assert f"{HOW}, at {taken:g} Hz, and nothing shows it" in one.detail
    assert proposed(one.detail) == ("fs = RATE",)
    assert cli.main(["check", str(tmp_path)]) == 1
    # What is proposed is true, whichever it was.
    told = read(tmp_path, f'[[table]]\nfiles = "**/w.parquet"\nfs = {FS}\n')
    (record,) = told.records()
    assert (record.fs, record.leads[0].length) == (FS, begins[-1] + LONG)
    assert "starts" not in dict(record.found)
    assert list(Remarks(told).of("r")) == []
    (column,) = told.read("r", ["II"], 0, record.leads[0].length)
    expected = np.full(record.leads[0].length, np.nan)
    for begin in begins:
        expected[begin : begin + LONG] = WHOLE[begin : begin + LONG]
    assert np.array_equal(column.samples, expected, equal_nan=True)


def test_a_mapping_that_says_no_rate_is_told_where_the_line_goes(tmp_path):
    rows(tmp_path, np.arange(ROWS) * LONG)
    source = read(tmp_path, '[[table]]\nfiles = "*.parquet"\nsource = "here"\n')
    (one,) = Remarks(source).of("r")
    assert 'say in the mapping right below files = "*.parquet": fs = RATE' in one.detail


def test_packets_of_unlike_lengths_show_their_rate(tmp_path):
    lengths = np.array([2_500, 2_400, 2_600] * 4)
    rows(tmp_path, np.cumsum(lengths) - lengths, lengths)
    source = read(tmp_path)
    (record,) = source.records()
    assert record.fs == FS
    assert "starts" not in dict(record.found)
    assert list(Remarks(source).of("r")) == []


def test_one_odd_window_among_pauses_shows_nothing(tmp_path):
    lengths = np.array([2_500] * 5 + [1_500] + [2_500] * 6)
    rows(tmp_path, np.arange(ROWS) * 2 * LONG, lengths)
    source = read(tmp_path)
    assert [one.kind for one in Remarks(source).of("r")] == ["abutting"]
