"""A pandas index that is kept as a range says of each row as much as one that is a column."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading, parsed
from ecgstream.storage.foreign.proposing import spelled

N = 3_600
WAVE = np.sin(np.arange(N) / 40) + np.arange(N) * 1e-6
ATTRS = {"fs": 360, "units": {"II": "mV"}}


def frame(**columns):
    made = pd.DataFrame({"II": WAVE, **columns})
    made.attrs = ATTRS
    return made


def kept(folder, some, name="r.parquet", *, column=False):
    """Write a part of a frame; pandas keeps its range in the footer, or (`column`) in a column."""
    if column:
        some = some.set_axis(pd.Index(some.index.to_numpy()))
    else:
        assert isinstance(some.index, pd.RangeIndex)
    some.attrs = ATTRS
    some.to_parquet(folder / name)


def read(folder, mapping=""):
    said = Reading(parsed(mapping.encode(), "m.toml")) if mapping else AS_IT_IS
    source = scan([folder], reading=said)
    assert [str(one) for one in source.problems] == []
    return source


def samples(source):
    (record,) = source.records()
    (column,) = source.read(record.record, ["II"], 0, record.length)
    return np.asarray(column.samples, np.float64)


CUTS = {
    "every second row": slice(None, None, 2),
    "backwards": slice(None, None, -1),
    "every third, backwards": slice(3_000, 200, -3),
    "the rest": slice(900, None, None),
}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_a_range_places_rows_as_a_column_of_the_same_numbers_does(tmp_path, cut):
    for column in (False, True):
        folder = tmp_path / str(column)
        folder.mkdir()
        kept(folder, frame().iloc[cut], column=column)
    by_range, by_column = read(tmp_path / "False"), read(tmp_path / "True")
    expected = np.full(N, np.nan)
    expected[cut] = WAVE[cut]
    there = np.flatnonzero(~np.isnan(expected))
    expected = expected[there[0] : there[-1] + 1]
    for source in (by_range, by_column):
        assert np.array_equal(samples(source), expected, equal_nan=True)
        assert source.records()[0].fs == 360


def test_how_it_was_found_names_the_steps(tmp_path):
    kept(tmp_path, frame().iloc[::-2])
    found = dict(read(tmp_path).records()[0].found)
    assert found["time"] == "footer metadata pandas: sample numbers, in steps of -2"


def test_a_mapping_takes_the_rows_as_they_come(tmp_path):
    kept(tmp_path, frame().iloc[::-1])
    source = read(tmp_path, '[[table]]\nfiles = "**"\ntime = "none"\n')
    assert np.array_equal(samples(source), WAVE[::-1])


def test_parts_of_a_thinned_frame_are_put_together_by_it(tmp_path):
    folder = tmp_path / "record=1"
    folder.mkdir()
    thin = frame().iloc[::2]
    kept(folder, thin.iloc[1_000:], "part-0.parquet")
    kept(folder, thin.iloc[:1_000], "part-1.parquet")
    assert np.array_equal(samples(read(tmp_path))[::2], WAVE[::2])


def test_a_range_of_other_rows_is_none_of_theirs(tmp_path):
    kept(tmp_path, frame().iloc[::2])
    table = pq.read_table(tmp_path / "r.parquet")
    pq.write_table(table.slice(0, 1_000), tmp_path / "r.parquet")
    source = read(tmp_path)
    assert dict(source.records()[0].found)["time"] == "none: rows are counted"
    assert source.records()[0].length == 1_000


def test_rows_of_several_leads_are_refused_with_what_would_do(tmp_path):
    made = frame(lead=np.repeat(["I", "II"], N // 2)).rename(columns={"II": "value"})
    kept(tmp_path, made.iloc[::2])
    (problem,) = scan([tmp_path]).problems
    assert "its pandas index goes in steps of 2" in problem.detail
    mapping = spelled(problem.detail).partition("say in a mapping:\n")[2]
    assert [one.length for one in read(tmp_path, mapping).records()[0].leads] == [N // 4, N // 4]
