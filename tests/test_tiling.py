"""How a record is cut."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.playback.tiling import cell_samples, frame_samples, frame_stop, split
from tests.doubles import STEADY


@pytest.mark.parametrize(
    ("fs", "cell"), [(360, 72), (500, 100), (128, 26), (127.4, 25), (1, 1), (0.01, 1), (12.5, 3)]
)
def test_a_cell_is_a_fifth_of_a_second_halves_up(fs, cell):
    assert cell_samples(fs) == cell


def test_above_speed_four_a_frame_is_eight_cells():
    assert frame_samples(360, 0.1) == frame_samples(360, 4.0) == 72
    assert frame_samples(360, 4.0001) == frame_samples(360, 32) == 576


def test_frames_stop_on_the_grid_and_at_the_end():
    assert frame_stop(0, 72, 1000) == 72
    assert frame_stop(71, 72, 1000) == 72
    assert frame_stop(72, 72, 1000) == 144
    assert frame_stop(960, 72, 1000) == 1000


@STEADY
@given(
    st.lists(st.booleans(), min_size=1, max_size=200).map(np.array),
    st.integers(0, 50),
    st.integers(1, 30),
)
def test_a_split_is_where_filled_and_empty_cells_meet(present, start, cell):
    filled, stop = split(present, start, cell)
    end = start + len(present)
    assert start < stop <= end
    assert stop == end or stop % cell == 0
    edges = [start, *range((start // cell + 1) * cell, end, cell), end]
    cells = [
        bool(present[low - start : high - start].any())
        for low, high in pairwise(edges)
        if low < high
    ]
    run = next((k for k, one in enumerate(cells) if one != cells[0]), len(cells))
    assert filled == cells[0]
    assert stop == edges[run]
