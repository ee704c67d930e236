"""Columns: samples as stored, and as the wire wants them."""

import numpy as np
import pytest

from ecgstream.model.block import MISSING, NUMPY, Column, is_missing, joined


def test_a_column_finds_out_what_is_missing():
    whole = Column.of(10, np.array([1, 2, 3]), "i2")
    assert (whole.start, whole.stop, whole.complete, whole.nbytes) == (10, 13, True, 6)
    holed = Column.of(10, np.array([1, -32768, 3]), "i2")
    assert not holed.complete
    nothing = Column.of(10, np.full(3, np.nan), "f8")
    assert nothing.samples is None
    assert nothing.nbytes == 0
    assert Column.of(5, np.zeros(0), "f4").stop == 5


@pytest.mark.parametrize("dtype", ["i4", "f4", "f8"])
def test_missing_stays_missing_in_a_wider_type(dtype):
    column = Column.of(0, np.array([-32767, -32768, 0, 32767]), "i2")
    wide = column.cut(0, 4, dtype)
    assert wide.dtype == NUMPY[dtype]
    assert is_missing(wide, dtype).tolist() == [False, True, False, False]
    assert wide[[0, 2, 3]].tolist() == [-32767, 0, 32767]


def test_the_sentinel_of_a_narrower_type_is_a_real_sample_of_a_wider_one():
    column = Column.of(0, np.array([-32768, 5]), "i4")
    assert column.complete
    assert column.cut(0, 2, "f8").tolist() == [-32768.0, 5.0]


def test_a_cut_of_the_stored_type_is_a_view():
    column = Column.of(100, np.arange(10), "i2")
    part = column.cut(103, 105, "i2")
    assert part.tolist() == [3, 4]
    assert part.base is not None


def test_a_column_without_samples_is_missing_in_every_type():
    column = Column(0, 100, "i2", None, reason="corrupt")
    for dtype in NUMPY:
        assert is_missing(column.cut(10, 20, dtype), dtype).all()


def test_joined_is_missing_where_no_column_is():
    columns = [Column.of(0, np.arange(4), "i2"), Column.of(4, np.arange(4, 6), "i2")]
    assert joined(columns, 2, 8, "i2").tolist() == [2, 3, 4, 5, MISSING["i2"], MISSING["i2"]]
    assert np.isnan(joined([], 0, 2, "f4")).all()
