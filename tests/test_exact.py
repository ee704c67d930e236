"""The envelope out of a pyramid is the one out of the samples, and reads few of them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.errors import SourceCorrupt
from ecgstream.model.block import MISSING, is_missing
from ecgstream.model.record import Lead, Record
from ecgstream.storage.derived import exact
from ecgstream.storage.derived.pyramids import Pyramids
from ecgstream.storage.memory import MemorySource
from ecgstream.wire.envelope import Envelope, bounds
from tests.doubles import STEADY, FaultySource
from tests.test_pyramid import floats, signal

LENGTH = 300_000
KEY = ("r1", 100.0)
DTYPES = ("i2", "i4", "f4", "f8")


def built(held, piece=1_000):
    """A source of the arrays `held`, by lead, and its pyramid. The first one is the longest."""
    source = FaultySource(MemorySource(piece))
    leads = tuple(
        Lead(name, "mV", 200.0, 0.0, "ecg", 100.0, len(array), (array.dtype.str[1:], "f8"))
        for name, array in held.items()
    )
    source._source.add(Record("r1", "p", leads, None, None, None, None), held)
    return source, remade(source)


def remade(source):
    shelf = Pyramids(source, small=0)
    for _ in shelf.make(KEY):
        pass
    source.reads.clear()
    return shelf.find(KEY)


@pytest.fixture(scope="module", params=DTYPES)
def house(request):
    rng = np.random.default_rng(DTYPES.index(request.param))
    held = {
        "long": signal(rng, LENGTH, request.param, holes=12),
        "short": signal(rng, 123_457, request.param, holes=3),
    }
    return held, *built(held, piece=7_777)


def answered(source, pyramid, held, edges, most=1 << 20):
    """The envelope of each lead by the pyramid."""
    found = {name: Envelope(edges, array.dtype.str[1:]) for name, array in held.items()}
    left = {name: exact.narrowed(pyramid, name, edges, one) for name, one in found.items()}
    for step in exact.steps(exact.wanted(source, "r1", left), most):
        exact.add(source, "r1", step, found)
    return found


def direct(samples, start, stop):
    dtype = samples.dtype.str[1:]
    part = samples[start:stop]
    there = part[~is_missing(part, dtype)].astype(float)
    return (there.min(), there.max()) if len(there) else (np.nan, np.nan)


def agree(held, found, edges):
    for name, envelope in found.items():
        dtype = held[name].dtype.str[1:]
        low, high = (floats(one, dtype) for one in envelope.as_dtype(dtype))
        expected = [direct(held[name], *span) for span in pairwise(edges.tolist())]
        np.testing.assert_array_equal(
            np.column_stack([low, high]), np.array(expected).reshape(-1, 2)
        )


@given(
    span=st.tuples(st.integers(0, LENGTH), st.integers(0, LENGTH)),
    count=st.one_of(st.integers(1, 40), st.integers(41, 1_000)),
    most=st.sampled_from([1, 20_000, 1 << 20]),
)
@STEADY
def test_it_equals_a_direct_computation_for_any_span(house, span, count, most):
    held, source, pyramid = house
    edges = bounds(min(span), max(span), count)
    agree(held, answered(source, pyramid, held, edges, most), edges)


def test_columns_that_fall_on_the_pyramids_own_read_nothing(house):
    held, source, pyramid = house
    source.reads.clear()
    edges = bounds(0, 4_096 * 64, 64)
    agree(held, answered(source, pyramid, held, edges), edges)
    assert {leads for _, leads, _, _ in source.reads} <= {("short",)}, "a lead that ends inside"


def test_few_samples_are_read_where_the_ends_hold_no_extreme():
    # A wave of 1 s in each column but at the very ends, where nothing is highest or lowest.
    samples = np.round(1_000 * np.sin(np.arange(LENGTH) * 0.7)).astype("<i2")
    held = {"II": samples}
    source, pyramid = built(held)
    edges = bounds(1, LENGTH - 1, 30)
    agree(held, answered(source, pyramid, held, edges), edges)
    assert len(source.reads) <= 20
    assert len(source.reads) < 0.1 * len(source.edges("r1", "II"))


def test_a_piece_is_read_once_for_all_leads_and_columns():
    rng = np.random.default_rng(5)
    held = {name: rng.integers(-9_999, 9_999, LENGTH).astype("<i2") for name in ("I", "II")}
    source, pyramid = built(held, piece=50_000)
    edges = bounds(3, LENGTH - 5, 900)
    found = {name: Envelope(edges, "i2") for name in held}
    left = {name: exact.narrowed(pyramid, name, edges, one) for name, one in found.items()}
    steps = list(exact.steps(exact.wanted(source, "r1", left), 1 << 20))
    for step in steps:
        exact.add(source, "r1", step, found)
    agree(held, found, edges)
    assert [read[2:] for read in source.reads] == [
        (n, n + 50_000) for n in range(0, LENGTH, 50_000)
    ]
    assert len(steps) == 1


def test_what_is_corrupt_is_left_out_as_it_was_from_the_pyramid():
    held = {"II": signal(np.random.default_rng(2), LENGTH, "i2", holes=0)}
    source, _ = built(held)
    source.faults["II", 5_500] = SourceCorrupt("bad page")
    pyramid = remade(source)
    edges = bounds(17, LENGTH, 77)
    found = answered(source, pyramid, held, edges)
    held["II"][5_000:6_000] = MISSING["i2"]
    agree(held, found, edges)
