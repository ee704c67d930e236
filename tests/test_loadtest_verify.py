"""Frames against the windows they were cut from."""

import msgpack
import numpy as np
import pytest

from ecgstream.loadtest import verify
from ecgstream.loadtest.verify import Seen, Strip, compare, digest

STRIP: Strip = ("a", ("I", "II"), "i2")
STORED = np.arange(2_000, dtype="<i2").reshape(2, 1_000)
STORED[:, 700:800] = -32_768


class Windows:
    """The server's windows; `asked` is what was read."""

    def __init__(self, stored: np.ndarray = STORED, dtype: str = "i2") -> None:
        self.asked: list[tuple[int, int]] = []
        self._stored, self._dtype = stored, dtype

    def __call__(self, record: str, leads: tuple[str, ...], start: int, stop: int) -> bytes:
        assert (record, tuple(leads)) == ("a", ("I", "II"))
        self.asked.append((start, stop))
        samples = np.ascontiguousarray(self._stored[:, start:stop]).tobytes()
        return msgpack.packb({"dtype": self._dtype, "leads": [{}, {}], "samples": samples})


def seen(*spans: tuple[int, int], shift: int = 0) -> Seen:
    made = Seen()
    for start, stop in spans:
        samples = (STORED[:, start:stop] + shift).astype("<i2")
        made.of(STRIP)[start, stop - start, digest(samples.tobytes())] += 1
    return made


def test_frames_as_stored_are_right_and_read_in_one_go():
    windows = Windows()
    assert compare(seen((0, 100), (100, 200), (37, 100)), windows) == 0
    assert windows.asked == [(0, 200)]


def test_one_value_that_differs_is_found():
    other = STORED.copy()
    other[1, 150] += 1
    assert compare(seen((0, 100), (100, 200), (200, 300)), Windows(other)) == 1


def test_a_wrong_frame_counts_as_often_as_it_came():
    both = seen((0, 100))
    both.add(seen((0, 100), shift=1))
    both.add(seen((0, 100), shift=1))
    assert len(both) == 3
    assert compare(both, Windows()) == 2


def test_frames_of_another_type_than_the_window_are_wrong():
    assert compare(seen((0, 100)), Windows(dtype="i4")) == 1


def test_a_gap_is_right_where_the_window_has_nothing(monkeypatch: pytest.MonkeyPatch):
    made = Seen()
    made.gap(STRIP, 700, 800)
    made.gap(STRIP, 690, 800)
    made.gap(STRIP, 690, 800)
    assert compare(made, Windows()) == 2


def test_more_than_a_window_holds_is_read_piece_by_piece(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(verify, "WINDOW_VALUES", 300)  # 150 samples of two leads
    windows = Windows()
    made = seen((0, 100), (100, 200), (200, 600), (600, 700))
    made.gap(STRIP, 700, 800)
    assert compare(made, windows) == 0
    assert max(stop - start for start, stop in windows.asked) <= 150
