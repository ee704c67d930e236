"""Values far outside all others are named, and waves are not."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.analysis.farness import Outliers
from tests.doubles import STEADY


def heart(count=20_000, scale=1.0, seed=1):
    """Noise, and a wave of 1.5 each 300 samples."""
    out = np.random.default_rng(seed).normal(0, 0.02, count)
    for at in range(100, count - 20, 300):
        out[at : at + 20] += 1.5 * np.hanning(20)
    return out * scale


def far(samples, cuts=(), there=None):
    outliers = Outliers()
    edges = [0, *sorted(cuts), len(samples)]
    for start, stop in pairwise(edges):
        if start < stop:
            mask = None if there is None else there[start:stop]
            outliers.add(start, samples[start:stop], mask)
    return outliers.far()


@pytest.mark.parametrize(
    ("value", "scale", "kind"),
    [(-9999, 1, "f8"), (-99, 1, "f4"), (999.0, 1, "f8"), (32767, 1000, "i2"), (-9999, 1000, "i4"), (1e30, 1, "f4")],
)  # fmt: skip
def test_a_sentinel_is_named_with_its_count_and_its_places(value, scale, kind):
    samples = heart(scale=scale).astype(kind)
    samples[3_000:3_100] = value
    samples[9_000] = value
    (one,) = far(samples, cuts=(3_050, 8_000))
    assert (one.value, one.count, one.first) == (float(samples[9_000]), 101, 3_000)
    assert one.runs.tolist() == [[3_000, 3_100], [9_000, 9_001]]
    others = np.delete(samples.astype(float), [*range(3_000, 3_100), 9_000])
    away = max(one.value - others.max(), others.min() - one.value)
    assert one.times == pytest.approx(away / np.ptp(others))


def test_a_sentinel_that_is_most_of_a_piece_or_all_of_it_is_still_named():
    samples = heart()
    samples[:6_000] = -9999
    samples[8_000:11_500] = -9999
    for cuts in ((), (6_000,), (5_000, 8_000, 12_000)):
        (one,) = far(samples, cuts)
        assert (one.value, one.count) == (-9999.0, 9_500)


def test_two_sentinels_do_not_hide_each_other_and_a_single_spike_is_named_too():
    samples = heart()
    samples[500:520], samples[700:720], samples[900] = -9999, 32767, -1e30
    assert [(one.value, one.count) for one in far(samples)] == [
        (-1e30, 1),
        (-9999.0, 20),
        (32767.0, 20),
    ]


def test_pacing_steps_clipping_noise_and_a_lead_that_never_moves_are_not_far():
    pacing = heart()
    pacing[250::300] = 8.0
    clipped = np.clip(heart(scale=40_000), -32767, 32767)
    jump = heart()
    jump[10_000:] += 12
    wild = np.random.default_rng(3).standard_cauchy(20_000)
    still = np.zeros(5_000)
    still[100:200] = -9999
    for samples in (pacing, clipped, jump, wild.clip(-300, 300), still, np.zeros(50)):
        assert far(samples) == []


def test_what_is_not_there_is_not_looked_at():
    samples = heart()
    samples[100] = np.nan
    samples[200] = 1e9
    there = np.ones(len(samples), np.bool_)
    there[[100, 200]] = False
    assert far(samples, there=there) == []


@STEADY
@given(
    st.lists(st.sampled_from([0.0, 1e-30, -3.5, 1e11, 1e200, -1e300, 1.7e308, -1.7e308]), max_size=40),
    st.lists(st.integers(0, 40), max_size=3),
)  # fmt: skip
def test_no_number_is_too_much_for_it_and_counts_are_whole(values, cuts):
    samples = np.array(values)
    for one in far(samples, [cut for cut in set(cuts) if cut < len(values)]):
        assert one.count == values.count(one.value) == int(np.diff(one.runs).sum())
        assert samples[one.first] == one.value
