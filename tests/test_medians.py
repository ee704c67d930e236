"""A median is numpy's, to the bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ecgstream.analysis.medians import median


@given(arrays.arrays(np.float64, st.integers(1, 40), elements=st.floats(width=64)))
def test_a_median_is_the_one_of_numpy(values):
    with np.errstate(all="ignore"):
        assert np.array_equal(median(values), np.median(values), equal_nan=True)


@pytest.mark.parametrize("count", [1, 2, 1_000, 1_001])
def test_what_it_is_taken_of_stays_as_it_is(count):
    values = np.random.default_rng(count).normal(size=count)
    before = values.copy()
    assert median(values) == np.median(values)
    assert np.array_equal(values, before)
