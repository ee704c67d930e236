"""What every SignalSource promises."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from ecgstream.errors import LeadNotFound, RecordNotFound
from ecgstream.model.block import NUMPY, Column, is_missing, joined
from ecgstream.storage.index.searching import Filters

FS = 100
LENGTH = 10_000
SHORT = 8_750
MISSING = [(0, 50), (2_000, 2_100), (3_000, 6_000), (7_777, 7_778)]


def contents(*, padded=False):
    """{(record, lead): float64 samples with NaN where there is none}; value = sample number.

    `padded`: the leads lie in the same files: the shorter one is filled up with nothing, and
    both lack the file of samples 5,000 to 6,000.
    """
    first = np.arange(LENGTH, dtype=float)
    for start, stop in MISSING:
        first[start:stop] = np.nan
    second = np.arange(SHORT) / 200
    second[4_000:] *= -1
    if padded:
        second = np.append(second, np.full(LENGTH - SHORT, np.nan))
        second[5_000:6_000] = np.nan
    return {
        ("P1", "I"): first,
        ("P1", "II"): second,
        ("P10", "I"): np.arange(500.0),
        ("P2", "V5"): np.arange(2_500.0),
    }


def physical(column):
    """A column's values with NaN for missing, shape (stop - start,)."""
    if column.samples is None:
        return np.full(column.stop - column.start, np.nan)
    values = column.samples.astype(float)
    values[is_missing(column.samples, column.dtype)] = np.nan
    return values


def same(one, other):
    return np.array_equal(one, other, equal_nan=True)


class SourceContract:
    """Subclasses give a fixture `source` that holds `contents()` at 100 Hz, patient = record.

    Lead I of P1 is of a type whose first dtype is `i2`, lead II is float64. Nothing of I is
    stored of samples 3,000 to 6,000, and pieces are of 1,000 samples or fewer.
    """

    padded = False

    @property
    def whole(self):
        return contents(padded=self.padded)

    @property
    def short(self):
        return len(self.whole["P1", "II"])

    def test_records_are_sorted_by_patient(self, source):
        assert [r.record for r in source.records()] == ["P1", "P10", "P2"]
        assert [r.patient for r in source.records()] == ["P1", "P10", "P2"]

    def test_a_record_says_its_leads(self, source):
        record = source.record("P1")
        assert [(x.name, x.length, x.fs, x.unit) for x in record.leads] == [
            ("I", LENGTH, 100.0, "mV"),
            ("II", self.short, 100.0, "mV"),
        ]
        assert record.leads[0].dtypes == ("i2", "i4", "f4", "f8")
        assert record.leads[1].dtypes == ("f8",)
        assert record.length == LENGTH

    def test_what_is_not_there_is_named(self, source):
        with pytest.raises(RecordNotFound):
            source.record("P3")
        with pytest.raises(RecordNotFound):
            source.read("../P1", ["I"], 0, 1)
        for ask in (source.edges, source.gaps, source.extremes):
            with pytest.raises(LeadNotFound):
                ask("P1", "V6")
        with pytest.raises(LeadNotFound):
            source.read("P1", ["I", "V6"], 0, 1)

    def test_a_search_gives_pages_of_what_it_found_in_order(self, source):
        found = source.search(limit=2)
        assert [r.record for r in found.records] == ["P1", "P10"]
        assert found.records[0] == source.record("P1")
        assert (found.first, found.total, found.more) == (0, 3, True)
        rest = source.search(after=("P10", "P10"), limit=2)
        assert [r.record for r in rest.records] == ["P2"]
        assert (rest.first, rest.total, rest.more) == (2, 3, False)
        assert source.search(offset=1, limit=1).records[0].record == "P10"
        assert source.search(offset=9).records == ()

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"words": ("p1",)}, ["P1", "P10"]),
            ({"words": ("p1", "ii")}, ["P1"]),
            ({"patient": "P2"}, ["P2"]),
            ({"leads": ("i", "II")}, ["P1"]),
            ({"fs_low": 100.5}, []),
            ({"fs_low": 100.0, "fs_high": 100.0}, ["P1", "P10", "P2"]),
            ({"s_high": 25.0}, ["P10", "P2"]),
            ({"s_low": 5.1}, ["P1", "P2"]),
            ({"annotated": True}, []),
            ({"annotated": False, "quality": "unknown"}, ["P1", "P10", "P2"]),
            ({"quality": "good"}, []),
        ],
    )
    def test_a_search_goes_by_filters(self, source, filters, expected):
        found = source.search(Filters(**filters))
        assert [r.record for r in found.records] == expected
        assert found.total == len(expected)

    def test_facets_are_of_all_records(self, source):
        facets = source.facets()
        assert (facets.total, facets.annotated) == (3, 0)
        assert facets.seconds == (5.0, 100.0)
        assert facets.leads == (("I", 2), ("II", 1), ("V5", 1))
        assert facets.rates == ((100.0, 3),)
        assert sum(count for _, count in facets.datasets) == 3
        for value, count in facets.datasets:
            assert source.search(Filters(dataset=value)).total == count

    def test_stop_is_excluded(self, source):
        (column,) = source.read("P1", ["I"], 100, 103)
        assert column.samples.tolist() == [100, 101, 102]
        assert (column.start, column.stop, column.dtype) == (100, 103, "i2")
        assert column.samples.dtype == NUMPY["i2"]
        assert column.complete

    def test_any_span_is_the_slice_of_the_whole(self, source):
        rng = np.random.default_rng(1)
        whole = self.whole
        for _ in range(150):
            start, stop = sorted(rng.integers(0, LENGTH + 1, 2).tolist())
            names = ["II", "I"] if rng.random() < 0.5 else ["I"]
            for name, column in zip(names, source.read("P1", names, start, stop), strict=True):
                expected = whole["P1", name][start:stop]
                assert same(physical(column), expected)
                assert (column.start, column.stop) == (start, start + len(expected))
                assert column.complete == (not np.isnan(expected).any())

    def test_a_column_ends_where_its_lead_ends(self, source):
        ends = (LENGTH, self.short)
        for start, stop in [(SHORT - 2, LENGTH + 50), (SHORT + 5, SHORT + 8), (LENGTH, LENGTH + 9)]:
            columns = source.read("P1", ["I", "II"], start, stop)
            for column, end in zip(columns, ends, strict=True):
                expected = max(start, min(stop, end))
                assert (column.start, column.stop) == (start, expected)
                assert len(physical(column)) == expected - start

    def test_nothing_is_asked_and_nothing_comes(self, source):
        (column,) = source.read("P1", ["I"], 70, 70)
        assert (column.start, column.stop, len(physical(column))) == (70, 70, 0)

    def test_where_nothing_is_there_are_no_samples(self, source):
        (column,) = source.read("P1", ["I"], 3_100, 5_900)
        assert column.samples is None
        assert (column.start, column.stop, column.complete) == (3_100, 5_900, False)

    @pytest.mark.parametrize("lead", ["I", "II"])
    def test_edges_tile_the_lead(self, source, lead):
        edges = source.edges("P1", lead)
        length = source.record("P1").lead(lead).length
        assert edges[0] == 0
        assert edges[-1] == length
        assert (np.diff(edges) > 0).all()
        columns = [source.read("P1", [lead], int(a), int(b))[0] for a, b in pairwise(edges)]
        bare = source.empty("P1", lead)
        assert (bare.shape, bare.dtype) == ((len(edges) - 1,), bool)
        assert all(
            column.samples is None for column, none in zip(columns, bare, strict=True) if none
        )
        whole = joined(columns, 0, length, "f8")
        assert same(whole, self.whole["P1", lead])

    @pytest.mark.parametrize("lead", ["I", "II"])
    def test_extremes_are_those_of_each_piece_or_said_to_be_unknown(self, source, lead):
        edges = source.edges("P1", lead)
        said = source.extremes("P1", lead)
        dtype = source.record("P1").lead(lead).dtypes[0]
        assert {said.low.dtype, said.high.dtype} == {NUMPY[dtype]}
        assert said.low.shape == said.high.shape == said.known.shape == (len(edges) - 1,)
        low, high = (physical(Column.of(0, part, dtype)) for part in (said.low, said.high))
        for k, (start, stop) in enumerate(pairwise(edges.tolist())):
            there = self.whole["P1", lead][start:stop]
            there = there[~np.isnan(there)]
            expected = (there.min(), there.max()) if len(there) and said.known[k] else [np.nan] * 2
            assert same(np.array([low[k], high[k]]), np.array(expected)), (start, stop)

    def test_a_version_is_one_for_each_record_and_stays(self, source):
        versions = [source.version(name) for name in ("P1", "P10", "P2")]
        assert len(set(versions)) == 3
        assert versions == [source.version(name) for name in ("P1", "P10", "P2")]
        assert all(set(one) <= set("0123456789abcdef") and one for one in versions)
        assert source.unchanged("P1")

    def test_gaps_are_the_missing_runs(self, source):
        assert source.gaps("P1", "I").tolist() == [list(run) for run in MISSING]
        assert source.gaps("P1", "I").tolist() == [list(run) for run in MISSING]
        padding = [[5_000, 6_000], [SHORT, LENGTH]] if self.padded else []
        assert source.gaps("P1", "II").tolist() == padding
        assert source.gaps("P1", "II").shape == (len(padding), 2)

    def test_several_threads_read_the_same(self, source):
        def part(start):
            return physical(source.read("P1", ["I"], start, start + 700)[0])

        starts = list(range(0, 9_000, 97))
        with ThreadPoolExecutor(4) as pool:
            for start, values in zip(starts, pool.map(part, starts), strict=True):
                assert same(values, contents()["P1", "I"][start : start + 700])
