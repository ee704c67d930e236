"""Times in histograms."""

import sys

import numpy as np
import pytest

from ecgstream.errors import CannotLoad
from ecgstream.loadtest.lateness import Times, histograms


def times(*values: float) -> Times:
    made = Times()
    made.record(values)
    return made


def test_quantiles_are_those_of_the_values_to_three_digits():
    values = np.random.default_rng(1).gamma(2.0, 0.02, 50_000)
    made = times(*values)
    for percent in (50, 90, 99, 99.9):
        assert made.quantile(percent) == pytest.approx(
            float(np.percentile(values, percent)), rel=2e-3
        )
    assert made.in_ms()["max"] == pytest.approx(values.max() * 1e3, abs=1e-3)


def test_small_values_and_long_ones_are_in_one_histogram():
    made = times(0.001, 0.001, 0.001, 7.5)
    assert (len(made), made.quantile(50)) == (4, pytest.approx(0.001))
    assert made.quantile(99) == pytest.approx(7.5, rel=1e-3)


def test_what_comes_early_counts_as_in_time_and_is_remembered():
    made = times(-0.02, 0.001)
    assert (len(made), made.least, made.quantile(1)) == (2, -0.02, 0.0)


def test_histograms_of_two_processes_add_up():
    merged = times(0.001)
    merged.merge(times(*[0.002] * 99, 400.0).encode())
    assert len(merged) == 101
    assert merged.most == 400.0
    assert merged.quantile(50) == pytest.approx(0.002)


def test_an_empty_one_has_no_quantile_and_adds_nothing():
    merged = times(0.001)
    merged.merge(Times().encode())
    assert len(merged) == 1
    assert Times().in_ms() == {
        "count": 0, "p50": None, "p90": None, "p99": None, "p99_9": None, "max": None,
    }  # fmt: skip


def test_a_value_counts_as_often_as_its_weight_says():
    made = Times()
    made.weighted([0.001, 0.1], [99, 1])
    assert len(made) == 100
    assert made.quantile(99) == pytest.approx(0.001)


def test_without_the_extra_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "hdrh.histogram", None)
    with pytest.raises(CannotLoad, match=r"pip install 'ecgstream\[load\]'"):
        histograms()
