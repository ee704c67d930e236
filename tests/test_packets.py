"""Rates and sample numbers of packets out of the times of their first samples."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgstream.model.packets import Packets, infer, number
from ecgstream.model.timebase import Unsteady


def packets_of(starts, counts, fs, quantum=1.0):
    """Packets whose times are rounded down to `quantum` ms."""
    times = np.floor(np.asarray(starts) * (1000 / float(fs)) / quantum + 1e-6) * quantum
    return Packets(times - times[0], np.asarray(counts, np.int64), quantum)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    fs=st.sampled_from([125, 128, 250, 257, 360, 500, 1000]),
    ragged=st.booleans(),
    lost=st.sampled_from([0.0, 0.1, 0.3]),
    quantum=st.sampled_from([1e-3, 1.0]),
)
def test_packets_of_any_length_give_the_rate_and_the_sample_numbers(
    seed, fs, ragged, lost, quantum
):
    rng = np.random.default_rng(seed)
    counts = rng.integers(50, 400, 200) if ragged else np.full(200, int(rng.integers(50, 400)))
    starts = np.cumsum(counts) - counts
    kept = rng.random(200) >= lost
    kept[0] = True
    held = packets_of(starts[kept], counts[kept], fs, quantum)
    assert infer(held) == fs
    found = number(held, Fraction(fs))
    assert (found.sample - starts[kept]).any() is np.False_
    assert found.breaks == int((np.diff(np.flatnonzero(kept)) > 1).sum())


def test_whole_seconds_show_a_packet_that_is_lost():
    # Rounded to a second they are good for a second; but none of them strays at all.
    held = packets_of(np.array([0, 1, 2, 4, 5, 6, 7, 9, 10]) * 360, np.full(9, 360), 360, 1000.0)
    assert number(held, Fraction(360)).sample.tolist() == [
        k * 360 for k in (0, 1, 2, 4, 5, 6, 7, 9, 10)
    ]


def test_rounding_alone_is_no_gap_and_adds_up_to_nothing():
    counts = np.full(5_000, 73)
    starts = np.cumsum(counts) - counts
    held = packets_of(starts, counts, 257)
    found = number(held, Fraction(257))
    assert found.breaks == 0
    assert found.sample.tolist() == starts.tolist()


def test_snapshots_far_apart_are_where_their_times_say():
    # Ten seconds each minute, at a rate that is said.
    held = packets_of(np.arange(20) * 60 * 500, np.full(20, 5_000), 500)
    assert number(held, Fraction(500)).sample.tolist() == (np.arange(20) * 30_000).tolist()


def test_packets_that_overlap_are_where_their_times_say():
    held = packets_of(np.arange(20) * 250, np.full(20, 500), 250)
    found = number(held, Fraction(250))
    assert found.sample.tolist() == (np.arange(20) * 250).tolist()
    assert (found.breaks, found.gaps) == (19, 0)


def test_what_is_missing_between_packets_is_a_gap_and_what_they_share_is_none():
    held = packets_of(np.array([0, 400, 900, 2_000]), np.full(4, 500), 500)
    assert number(held, Fraction(500)).gaps == 1


def test_a_later_lead_is_counted_from_the_sample_0_of_the_first():
    held = packets_of(np.arange(10) * 100, np.full(10, 100), 250)
    late = Packets(held.times + 40.0, held.counts, held.quantum)
    first = number(held, Fraction(250))
    assert number(late, Fraction(250), first.zero).sample[0] == 10


def test_what_shows_no_rate_is_unsteady():
    with pytest.raises(Unsteady, match="one packet alone"):
        infer(packets_of([0], [100], 250))
    with pytest.raises(Unsteady, match="packets are empty"):
        infer(packets_of([0, 100, 200], [0, 0, 5], 250))
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.uniform(200, 2_000, 50))
    with pytest.raises(Unsteady, match=r"of 50 packets .* do not follow"):
        infer(Packets(times, np.full(50, 100), 1e-3))
