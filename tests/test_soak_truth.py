"""The judge of the wall's soak counts what is not so, and nothing else."""

import pytest

from bench.wall_truth import Truth

FS = 100.0


def tile(at: float, state: str = "REPLAY", *, behind: float = 0.1, **said: str) -> dict[str, str]:
    """Return what is told of a tile whose picture is of `behind` seconds before `at`."""
    usual = {"age": f"{behind:.2f}", "rate": "---", "position": f"{(at - behind) * FS:.1f}"}
    return {"state": state} | usual | said


def told(at: float, *tiles: dict[str, str], heard: float | None = None, **root: str) -> dict:
    return {
        "at": at,
        "heard": at if heard is None else heard,
        "origin": 1.0,
        "still": False,
        "root": {"version": "a"} | root,
        "tiles": list(tiles),
    }


@pytest.fixture
def truth() -> Truth:
    """A judge of a wall that has been well for long."""
    judge = Truth(FS)
    judge.up(900.0)
    judge.judge(told(999.0, tile(999.0)))
    return judge


def test_a_wall_that_is_well_is_found_to_be(truth):
    truth.judge(told(1000.0, tile(1000.0)))
    assert not truth.wrong


@pytest.mark.parametrize(
    ("gone", "said", "what"),
    [
        (2.6, tile(1002.6, behind=2.0), "fresh without a line"),
        (3.6, tile(1003.6, "STALE", behind=3.6, rate="72"), "a number without a line"),
        (5.6, tile(1005.6, "STALE", behind=5.6), "not NO DATA without a line"),
    ],
)
def test_what_may_not_be_said_so_long_after_a_line_was_lost_is_counted(truth, gone, said, what):
    truth.down(1000.0)
    truth.judge(told(1000.0 + gone, said))
    assert truth.wrong == {what: 1}


def test_what_may_still_be_said_is_not(truth):
    truth.down(1000.0)
    truth.judge(told(1001.8, tile(1001.8, behind=1.8)))
    truth.judge(told(1003.0, tile(1003.0, "STALE", behind=3.0)))
    truth.judge(told(1006.0, tile(1006.0, "NO DATA", behind=6.0)))
    assert not truth.wrong


def test_a_tile_that_does_not_come_back_is_counted(truth):
    truth.down(1000.0)
    truth.up(1010.0)
    truth.judge(told(1014.0, tile(1014.0, "NO DATA", behind=14.0)))
    assert not truth.wrong
    truth.judge(told(1016.0, tile(1016.0, "NO DATA", behind=16.0)))
    assert truth.wrong == {"not back in time": 1}


def test_of_a_server_that_starts_nothing_is_said(truth):
    truth.down(1000.0)
    truth.unsure()
    truth.judge(told(1007.0, tile(1007.0, "NO DATA", behind=7.0)))
    truth.judge(told(1008.0, tile(1008.0)))
    assert not truth.wrong


def test_an_old_picture_that_is_called_fresh_is_counted(truth):
    truth.judge(told(1002.0, tile(1002.0, behind=3.0, age="3.00", position=f"{999.0 * FS}")))
    assert truth.wrong == {"an old picture called fresh": 1}


def test_a_picture_that_goes_back_is_counted(truth):
    truth.judge(told(1010.0, tile(1010.0)))
    truth.judge(told(1010.5, tile(1010.5, behind=1.0)))
    assert truth.wrong == {"a picture went back": 1}


def test_other_beds_may_stand_elsewhere(truth):
    truth.judge(told(1000.0, tile(1000.0, "LOADING", position="0.0"), version="b"))
    assert not truth.wrong


def test_an_age_that_is_less_than_the_picture_s_is_counted(truth):
    truth.judge(told(1002.0, tile(1002.0, behind=1.5, age="0.10")))
    assert truth.wrong == {"an age less than the picture's": 1}


def test_a_picture_that_stands_still_unsaid_is_counted(truth):
    truth.judge(told(1003.0, tile(999.0), heard=999.0))
    assert truth.wrong == {"a picture that stands still, which is not said": 1}


def test_a_page_that_is_loaded_again_is_counted(truth):
    truth.judge(told(1000.0) | {"origin": 2.0, "heard": None})
    truth.judge(told(1001.0, tile(1001.0)) | {"origin": 2.0})
    assert truth.loads == 2


def test_only_of_another_server_may_the_time_be_known_to_a_second(truth):
    young = tile(1021.0, behind=1.2, age="0.20")
    truth.up(1020.0)
    truth.judge(told(1021.0, young))
    assert truth.wrong["an age less than the picture's"] == 1
    truth.up(1020.0, anew=True)
    truth.judge(told(1021.0, young))
    assert truth.wrong["an age less than the picture's"] == 1
