"""Figures for a person: no exponent, and no whole that is none."""

import pytest

from ecgstream.model.figures import percent, plain, some


@pytest.mark.parametrize(
    ("value", "text"),
    [(1 / 30_000, "0.0000333"), (5_000, "5,000"), (4_999.6, "5,000"), (12.5, "12.5"), (0, "0"),
     (999.7, "1000"), (0.008, "0.008")],
)  # fmt: skip
def test_a_figure_has_no_exponent(value, text):
    assert plain(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(1, "100 %"), (0.9999, "more than 99 %"), (0.5, "50 %"), (0.123, "12 %"), (0, "0 %"),
     (0.000012, "0.0012 %"), (0.994, "99 %")],
)  # fmt: skip
def test_only_the_whole_is_a_hundred_percent(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0 files"), (1, "1 file"), (2, "2 files")])
def test_one_is_no_plural(number, text):
    assert some(number, "file") == text
