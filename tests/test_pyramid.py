"""The envelope pyramid: no peak is lost at any level, whatever the pieces, types and holes."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.model.block import MISSING, NUMPY, Column, is_missing
from ecgstream.storage.derived.pyramid import (
    FIRST,
    TILE,
    Ladder,
    columns,
    extremes,
    tile_bounds,
    top,
    width,
)
from ecgstream.storage.derived.pyramid_file import (
    About,
    Damaged,
    MemoryBytes,
    Pyramid,
    PyramidWriter,
    TooMuch,
)
from tests.doubles import STEADY

LENGTH = 70_001
"""More than a tile of the first level: three levels, the finest of two tiles."""


def direct(samples, by, dtype):
    """Lowest and highest of each `by` samples as floats, NaN where nothing is."""
    padded = np.full(-(-len(samples) // by) * by, np.nan)
    padded[: len(samples)] = np.where(is_missing(samples, dtype), np.nan, samples)
    rows = padded.reshape(-1, by)
    nothing = np.isnan(rows).all(axis=1)
    rows[nothing] = 0
    low, high = np.nanmin(rows, axis=1), np.nanmax(rows, axis=1)
    low[nothing] = high[nothing] = np.nan
    return low, high


def floats(values, dtype):
    return np.where(is_missing(values, dtype), np.nan, values).astype(float)


def made(pieces, length, dtype):
    """Tiles by (level, number), of the columns `pieces`."""
    tiles = {}
    ladder = Ladder(
        length, dtype, lambda level, n, low, high: tiles.__setitem__((level, n), (low, high))
    )
    for piece in pieces:
        ladder.add(piece)
    ladder.close()
    return tiles


def whole(tiles, length, level, dtype):
    """All columns of a level, low and high."""
    count = columns(length, level)
    low = np.full(count, MISSING[dtype], NUMPY[dtype])
    high = low.copy()
    for (at, n), (lows, highs) in tiles.items():
        if at == level:
            low[n * TILE : n * TILE + len(lows)] = lows
            high[n * TILE : n * TILE + len(highs)] = highs
    return floats(low, dtype), floats(high, dtype)


def signal(rng, length, dtype, *, holes):
    """Noise with lone peaks, holes of all sizes, and the lowest and highest values of its type."""
    if NUMPY[dtype].kind == "i":
        limits = np.iinfo(NUMPY[dtype])
        samples = rng.integers(-900, 900, length).astype(NUMPY[dtype])
        peaks = [limits.min + 1, limits.max]
    else:
        samples = rng.standard_normal(length).astype(NUMPY[dtype])
        peaks = [-np.inf, np.inf]
    for at in rng.integers(0, length, 3):
        samples[at] = peaks[at % 2]
    for _ in range(holes):
        start = int(rng.integers(0, length))
        samples[start : start + int(10 ** rng.uniform(0, 4.7))] = MISSING[dtype]
    return samples


@given(
    dtype=st.sampled_from(["i2", "i4", "f4", "f8"]),
    seed=st.integers(0, 2**32),
    length=st.one_of(st.integers(1, 5_000), st.integers(65_000, 300_000)),
    piece=st.sampled_from([1_000, 777, 64, 4_096, 50_000]),
    holes=st.integers(0, 4),
)
@STEADY
def test_no_peak_is_lost_at_any_level(dtype, seed, length, piece, holes):
    samples = signal(np.random.default_rng(seed), length, dtype, holes=holes)
    pieces = [Column.of(at, samples[at : at + piece], dtype) for at in range(0, length, piece)]
    tiles = made(pieces, length, dtype)
    for level in range(FIRST, top(length) + 1):
        low, high = whole(tiles, length, level, dtype)
        expected = direct(samples, width(level), dtype)
        np.testing.assert_array_equal(low, expected[0])
        np.testing.assert_array_equal(high, expected[1])
    assert all((~is_missing(low, dtype)).any() for low, _ in tiles.values()), "a tile of nothing"


def test_the_coarsest_level_is_the_first_of_one_tile():
    assert [top(n) for n in (0, 1, 4_096, 4_097, 16_384, 16_385)] == [1, 1, 1, 2, 2, 3]
    assert columns(43_200_000, top(43_200_000)) == 660


def test_tiles_of_a_level_cover_the_record_and_no_more():
    for level in range(1, top(LENGTH) + 1):
        reached, n = 0, 0
        while reached < LENGTH:
            start, stop = tile_bounds(LENGTH, level, n)
            assert start == reached == n * TILE * 4**level
            reached, n = stop, n + 1
        assert reached == LENGTH
        for bad in (n, -1):
            with pytest.raises(IndexError):
                tile_bounds(LENGTH, level, bad)
    for level in (0, -1, top(LENGTH) + 1):
        with pytest.raises(IndexError):
            tile_bounds(LENGTH, level, 0)


@pytest.mark.parametrize(
    ("start", "count"), [(0, 64), (0, 1), (63, 1), (63, 2), (1, 62), (64, 640), (70, 200), (5, 59)]
)
def test_a_piece_may_begin_and_end_anywhere(start, count):
    samples = np.random.default_rng(1).integers(-9, 9, count).astype("<i2")
    first, low, high = extremes(Column.of(start, samples, "i2"), 64)
    around = np.full(start + count, MISSING["i2"], "<i2")
    around[start:] = samples
    expected = direct(around, 64, "i2")
    assert first == start // 64
    assert low.tolist() == expected[0][first:].tolist()
    assert high.tolist() == expected[1][first:].tolist()


def test_a_column_of_infinities_is_not_taken_for_nothing():
    samples = np.full(5_000, np.inf)
    samples[100] = -np.inf
    tiles = made([Column.of(0, samples, "f8")], 5_000 * 64, "f8")
    low, high = tiles[FIRST, 0]
    assert low[1] == -np.inf
    assert (low[2], high[2]) == (np.inf, np.inf)


def test_a_long_gap_takes_no_tiles():
    length = 10**12
    ends = Column.of(0, np.ones(64, "<i2"), "i2"), Column.of(length - 64, np.ones(64, "<i2"), "i2")
    tiles = made([ends[0], Column(64, length - 64, "i2", None), ends[1]], length, "i2")
    assert len(tiles) == 2 * (top(length) - FIRST + 1) - 1
    assert top(length) == 15


# As bytes


def written(samples, dtype="i2", *, length=None, corrupt=None, most=1 << 30):
    out = io.BytesIO()
    length = length or len(samples)
    writer = PyramidWriter(out, most)
    ladder = Ladder(length, dtype, lambda *tile: writer.add("II", *tile))
    ladder.add(Column.of(0, samples, dtype))
    ladder.close()
    writer.close(About("v", 500.0, length, {"II": dtype}, corrupt or {}))
    return out.getvalue()


@pytest.mark.parametrize("dtype", ["i2", "i4", "f4", "f8"])
def test_what_was_written_is_read(dtype):
    samples = signal(np.random.default_rng(3), LENGTH, dtype, holes=3)
    pyramid = Pyramid(MemoryBytes(written(samples, dtype, corrupt={"II": [(3, 9)]})))
    assert pyramid.about == About("v", 500.0, LENGTH, {"II": dtype}, {"II": [(3, 9)]})
    low, high = pyramid.tile("II", FIRST, 1)
    expected = direct(samples, 64, dtype)
    np.testing.assert_array_equal(floats(low, dtype), expected[0][TILE:])
    np.testing.assert_array_equal(floats(high, dtype), expected[1][TILE:])
    at = np.array([0, 5, 5, 1_023, 1_024, 1_093])
    low, high = pyramid.columns("II", FIRST, at)
    np.testing.assert_array_equal(floats(low, dtype), expected[0][at])
    np.testing.assert_array_equal(floats(high, dtype), expected[1][at])


def test_tiles_of_nothing_are_not_there():
    samples = np.full(LENGTH, MISSING["i2"], "<i2")
    samples[:10] = 7
    pyramid = Pyramid(MemoryBytes(written(samples)))
    assert pyramid.tile("II", FIRST, 1) is None
    low, high = pyramid.columns("II", FIRST, np.array([0, 1, 1_030]))
    assert low.tolist() == high.tolist() == [7, -(2**15), -(2**15)]


def read_all(held):
    pyramid = Pyramid(MemoryBytes(held))
    for level in range(FIRST, pyramid.top + 1):
        for n in range(2):
            pyramid.tile("II", level, n)


def test_a_pyramid_that_was_cut_short_is_damaged_wherever():
    held = written(np.arange(LENGTH, dtype="<i2"))
    for count in [*range(40), *range(40, len(held), 97), len(held) - 1]:
        with pytest.raises(Damaged):
            read_all(held[:count])
    with pytest.raises(Damaged):
        read_all(held + b"\0")


def test_one_altered_byte_is_seen_wherever_it_is():
    held = written(np.arange(LENGTH, dtype="<i2"))
    read_all(held)
    for at in [*range(0, len(held), 53), *range(len(held) - 40, len(held))]:
        other = bytearray(held)
        other[at] ^= 1
        with pytest.raises(Damaged):
            read_all(other)


def test_one_that_becomes_too_large_is_given_up():
    with pytest.raises(TooMuch):
        written(np.arange(LENGTH, dtype="<i2"), most=5_000)
