"""Where windows begin is taken where one reading alone is possible, else a person is asked."""

import re

import numpy as np
import pytest

from ecgstream.errors import ConfigError
from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.drafting import draft
from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading, parsed
from ecgstream.storage.foreign.proposing import proposed, spelled
from ecgstream.storage.foreign.times.disorder import kind_of
from tests.archives.kit import ecg, save

FS = 100
LONG = 200
"""Samples of a window: 2 s."""
WHOLE = ecg(20_000)
SPARSE = np.array([0, 2_000, 4_000, 8_000])
FOLLOWING = np.arange(8) * LONG
HALVES = np.arange(8) * LONG // 2
QUARTERS = np.arange(8) * 150


def windows(begins, **columns):
    """Return rows of one record that begin at samples `begins`, with columns that say it."""
    held = {"record_id": ["r"] * len(begins), **columns, "fs": [FS] * len(begins)}
    return held | {"II": [WHOLE[k : k + LONG] for k in begins]}


def read(folder, mapping=""):
    said = Reading(parsed(mapping.encode(), "m.toml")) if mapping else AS_IT_IS
    return scan([folder], reading=said)


def assert_placed(source, begins):
    """Every window is where it was cut out, and nothing else is there."""
    assert [str(one) for one in source.problems] == []
    (record,) = source.records()
    (column,) = source.read("r", ["II"], 0, record.leads[0].length)
    expected = np.full(begins[-1] + LONG, np.nan)
    for k in begins:
        expected[k : k + LONG] = WHOLE[k : k + LONG]
    shown = column.cut(0, len(expected), record.leads[0].dtypes[0])
    assert len(expected) == record.leads[0].length
    assert np.array_equal(shown, expected, equal_nan=True)


ASKED = {
    "samples, far apart": (
        windows(SPARSE * 2, start=SPARSE * 2),
        "start",
        "rows of 2 s each would begin 40 s apart if samples at 100 Hz, 4 s apart if ms, 4,000 s",
        'stride = { column = "start" }',
        SPARSE * 2,
    ),
    "samples, that overlap": (
        windows(HALVES, start=HALVES),
        "start",
        "1 s apart if samples at 100 Hz",
        'stride = { column = "start" }',
        HALVES,
    ),
    "samples, that follow each other": (
        windows(FOLLOWING, start=FOLLOWING),
        "start",
        "2 s apart if samples at 100 Hz, 0.2 s apart if ms",
        'stride = { column = "start" }',
        FOLLOWING,
    ),
    "seconds, far apart": (
        windows(SPARSE, start=SPARSE // FS),
        "start",
        r"says 0, 20, 40 \.{3} where .* 0\.2 s apart if samples at 100 Hz, 0\.02 s apart if ms, 20 s",
        'time = { column = "start", unit = "s" }',
        SPARSE,
    ),
    "seconds by name, far apart": (
        windows(SPARSE, start_time=SPARSE / FS),
        "start_time",
        "rows of 2 s each would begin 0.02 s apart if ms, 20 s apart if s",
        'time = { column = "start_time", unit = "s" }',
        SPARSE,
    ),
    "milliseconds, far apart": (
        windows(SPARSE, time=SPARSE * 10),
        "time",
        "20 s apart if ms",
        'time = { column = "time", unit = "ms" }',
        SPARSE,
    ),
    "numbers of rows": (
        windows(FOLLOWING, index=np.arange(8)),
        "index",
        "with each row of 200 samples: it numbers the rows.*: 200 where they follow each other",
        "stride = { samples = 200 }",
        FOLLOWING,
    ),
    "numbers of rows in no order": (
        windows(FOLLOWING, index=np.arange(8)[::-1]),
        "index",
        "it is not that of this column: sort them by it first",
        "stride = { samples = 200 }",
        FOLLOWING,
    ),
    "a name of samples that nobody asked for": (
        windows(SPARSE, start_idx=SPARSE, age=[7] * 4),
        "II",
        "'start_idx' seems to, in samples; for times it is time = ",
        'stride = { column = "start_idx" }',
        SPARSE,
    ),
    "a name of a time": (
        windows(SPARSE, onset=SPARSE / FS, age=[7] * 4),
        "II",
        "'onset' seems to, as a time",
        'time = { column = "onset", unit = "s" }',
        SPARSE,
    ),
    "a name of a time with its unit": (
        windows(SPARSE, onset_ms=SPARSE * 10),
        "II",
        "'onset_ms' seems to, as a time",
        'time = { column = "onset_ms", unit = "ms" }',
        SPARSE,
    ),
    "a number of the window": (
        windows(FOLLOWING, window_idx=np.arange(8)),
        "II",
        "'window_idx' seems to number the rows; 200 samples lie between their starts",
        "stride = { samples = 200 }",
        FOLLOWING,
    ),
    "nothing at all": (
        windows(FOLLOWING, age=[7.5] * 8),
        "II",
        "nothing says where each begins",
        'stride = { column = "COLUMN" }',
        None,
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_start_that_may_mean_several_things_is_asked_for_and_the_answer_places_it(tmp_path, name):
    columns, column, words, answer, begins = ASKED[name]
    save(tmp_path / "w.parquet", columns)
    (problem,) = read(tmp_path).problems
    assert problem.column == column
    assert re.search(words, problem.detail)
    assert "[[table]]" in spelled(str(problem))
    (line,) = proposed(problem.detail)
    # What is not known stands open, and is refused as long as it does.
    opened = line.replace("SAMPLES", "200")
    if '"UNIT"' in line:
        opened = opened.replace("UNIT", re.search('unit = "(.*?)"', answer)[1])
    assert opened == answer
    assert f"# ?? {line}" in draft([tmp_path])
    if line != answer or "COLUMN" in line:
        with pytest.raises(ConfigError, match=r"SAMPLES|UNIT|COLUMN"):
            parsed(f'[[table]]\nfiles = "*"\n{line}\n'.encode(), "m.toml")
    if begins is not None:
        assert_placed(read(tmp_path, f'[[table]]\nfiles = "*"\n{answer}\n'), begins)


TAKEN = {
    "seconds that follow each other": (FOLLOWING, {"start": FOLLOWING // FS}),
    "milliseconds that follow each other, but for some": (
        np.append(FOLLOWING, 5_000),
        {"start": np.append(FOLLOWING, 5_000) * 10},
    ),
    "seconds that overlap, and agree": (QUARTERS, {"start_time": QUARTERS / FS}),
    "dates in milliseconds": (SPARSE, {"time": 1_700_000_000_000 + SPARSE * 10}),
    "a unit in the name": (SPARSE, {"start_ms": SPARSE * 10}),
    "sample numbers by name": (SPARSE, {"start_sample": SPARSE}),
    "an index of samples": (FOLLOWING, {"index": FOLLOWING}),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_start_of_one_possible_meaning_is_taken_and_windows_far_apart_are_no_fault(
    tmp_path, name
):
    begins, columns = TAKEN[name]
    save(tmp_path / "w.parquet", windows(begins, **columns))
    source = read(tmp_path)
    assert_placed(source, begins)
    assert source.notes == ()


def test_a_start_without_a_rate_is_no_time_that_makes_one(tmp_path):
    columns = windows(SPARSE, start=SPARSE)
    del columns["fs"]
    save(tmp_path / "w.parquet", columns)
    (problem,) = read(tmp_path).problems
    assert "each row has 200 samples, and nothing says their rate" in problem.detail
    assert proposed(problem.detail) == ('stride = { column = "start" }', "fs = RATE")
    answer = '[[table]]\nfiles = "*"\nstride = { column = "start" }\nfs = 100\n'
    assert_placed(read(tmp_path, answer), SPARSE)


def test_packets_that_follow_at_another_rate_are_still_told_of(tmp_path):
    begins = np.arange(20) * LONG
    columns = windows(begins, start_ms=begins * 20) | {"fs": [FS] * 20}
    save(tmp_path / "w.parquet", columns)
    (note,) = read(tmp_path).notes
    assert "says fs 100 (column fs), but its timestamps make 50 Hz" in note
    assert kind_of(note) == "rate"


def test_windows_that_were_normalised_become_records_by_the_line_that_is_proposed(tmp_path):
    for name, record in (("a", "p1"), ("b", "p1")):
        columns = windows(QUARTERS, start_s=QUARTERS / FS, label=["N", "V"] * 4)
        columns["record_id"] = [record] * 8
        columns["II"] = [(one - one.mean()) / one.std() for one in columns["II"]]
        save(tmp_path / f"{name}.parquet", columns)
    (problem,) = read(tmp_path).problems
    assert "Where each was changed by itself (normalised, filtered)" in problem.detail
    assert proposed(problem.detail) == ('stride = "none"',)
    assert '# ?? stride = "none"' in draft([tmp_path])
    source = read(tmp_path, '[[table]]\nfiles = "*.parquet"\nstride = "none"\n')
    assert [str(one) for one in source.problems] == []
    # Windows of one record in two files are not mistaken for each other.
    names = sorted(f"p1.{file}.{row}" for file in "ab" for row in range(8))
    assert sorted(one.record for one in source.records()) == names
    for one in source.records():
        assert (one.patient, one.leads[0].length) == ("p1", LONG)
        assert dict(one.found)["windows"] == "mapping: each row is a record of its own"
    (column,) = source.read("p1.b.3", ["II"], 0, LONG)
    assert np.array_equal(column.samples, columns["II"][3])
    assert source.annotation_sets("p1.b.3") == source.annotation_sets("p1.a.3") != ()


def test_overlap_that_disagrees_names_the_column_that_may_count_samples(tmp_path):
    begins = np.arange(8) * 300
    save(tmp_path / "w.parquet", windows(begins, time=begins))
    (problem,) = read(tmp_path).problems
    assert "row 1 and another have sample 30 of lead 'II'" in problem.detail
    assert 'stride = { column = "time" } for samples, or stride = { samples' in problem.detail
    answer = '[[table]]\nfiles = "*"\nstride = { column = "time" }\n'
    assert_placed(read(tmp_path, answer), begins)


def test_windows_of_whole_seconds_that_overlap_steadily_are_told_how(tmp_path):
    save(tmp_path / "w.parquet", windows(HALVES, start_s=HALVES // FS))
    (problem,) = read(tmp_path).problems
    (line,) = proposed(problem.detail)
    assert line == "stride = { seconds = 1 }"
    assert_placed(read(tmp_path, f'[[table]]\nfiles = "*"\n{line}\n'), HALVES)


def test_a_rate_that_no_ecg_has_is_not_made_of_the_distance_of_windows(tmp_path):
    columns = windows(SPARSE, start_s=SPARSE / FS)
    del columns["fs"]
    save(tmp_path / "w.parquet", columns)
    (problem,) = read(tmp_path).problems
    assert "begins rows of 200 samples every 20 s, which is no ECG's rate (10 Hz)" in problem.detail
    assert proposed(problem.detail) == ("fs = RATE",)
    assert_placed(read(tmp_path, '[[table]]\nfiles = "*"\nfs = 100\n'), SPARSE)


@pytest.mark.parametrize("start", [SPARSE, SPARSE / FS])
def test_a_start_of_a_record_of_one_row_needs_no_unit(tmp_path, start):
    columns = windows(SPARSE, start=start)
    save(tmp_path / "w.parquet", columns | {"record_id": [f"r{k}" for k in range(4)]})
    source = read(tmp_path)
    assert [str(one) for one in source.problems] == []
    assert [one.leads[0].length for one in source.records()] == [LONG] * 4
    assert {one.start_time for one in source.records()} == {None}


def test_leads_of_one_row_each_that_begin_apart_need_the_unit(tmp_path):
    columns = windows(SPARSE[:2], start=SPARSE[:2]) | {"lead": ["I", "II"]}
    columns["ecg"] = columns.pop("II")
    save(tmp_path / "w.parquet", columns)
    (problem,) = read(tmp_path).problems
    assert problem.column == "start"
    words = "says 0 and nothing else, nothing says of which unit.*; the same holds of 1 more leads"
    assert re.search(words, problem.detail)
    assert proposed(problem.detail) == ('time = { column = "start", unit = "UNIT" }',)


def test_what_one_line_mends_in_many_records_is_said_once_with_their_number(tmp_path):
    one = windows(SPARSE * 2, start=SPARSE * 2)
    columns = {key: [*values] * 9 for key, values in one.items()}
    columns["record_id"] = [f"r{k}" for k in range(9) for _ in SPARSE]
    save(tmp_path / "w.parquet", columns)
    (problem,) = read(tmp_path).problems
    assert "; the same holds of 8 more leads or records of it; say in a mapping: " in problem.detail
    (line,) = proposed(problem.detail)
    source = read(tmp_path, f'[[table]]\nfiles = "*"\n{line}\n')
    assert [str(one) for one in source.problems] == []
    assert len(source.records()) == 9
