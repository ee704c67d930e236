"""The account: what came, against what was to come."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ecgstream.loadtest.account import Account, Totals


def account(at: int = 0) -> Account:
    made = Account()
    made.begin(at)
    return made


def faults(totals: Totals) -> dict[str, int]:
    names = ("holes", "doubles", "disorder", "overdue", "malformed")
    return {name: getattr(totals, name) for name in names if getattr(totals, name)}


def test_frames_and_gaps_that_tile_are_all_that_was_expected():
    a = account(30)
    a.frame(30, 70)
    a.gap(100, 250)
    a.frame(250, 50)
    totals = a.totals()
    assert (totals.delivered, totals.declared, totals.expected, totals.lost) == (120, 150, 270, 0)
    assert not totals.faults


def test_a_hole_is_lost_and_counted_once():
    a = account()
    a.frame(0, 100)
    a.frame(150, 50)
    a.frame(200, 50)
    assert a.totals().lost == 50
    assert faults(a.totals()) == {"holes": 1}


def test_a_frame_that_comes_twice_is_a_double_and_loses_nothing():
    a = account()
    a.frame(0, 100)
    a.frame(0, 100)
    a.frame(100, 100)
    assert (a.totals().lost, a.totals().doubled) == (0, 100)
    assert faults(a.totals()) == {"doubles": 1}


def test_two_frames_in_the_wrong_order_are_a_hole_that_is_filled_too_late():
    a = account()
    a.frame(100, 100)
    a.frame(0, 100)
    assert a.totals().lost == 0
    assert faults(a.totals()) == {"holes": 1, "disorder": 1}


def test_a_frame_over_the_edge_of_another_is_a_double_of_the_part_they_share():
    a = account()
    a.frame(0, 100)
    a.frame(80, 100)
    assert (a.next, a.totals().doubled, a.totals().lost) == (180, 20, 0)


def test_a_gap_after_a_hole_does_not_hide_it():
    a = account()
    a.gap(10, 20)
    assert a.totals().lost == 10


def test_a_frame_without_a_subscription_is_disorder_and_counts_for_nothing():
    a = Account()
    a.frame(0, 100)
    assert faults(a.totals()) == {"disorder": 1}
    assert a.totals().lost == 0


def test_a_new_tiling_elsewhere_expects_nothing_of_what_is_between():
    a = account()
    a.frame(0, 100)
    a.begin(5_000, 5_000)
    a.frame(5_000, 100)
    assert (a.totals().expected, a.totals().faults) == (200, 0)


def test_a_tiling_that_begins_elsewhere_than_asked_is_disorder():
    a = Account()
    a.begin(101, 100)
    assert faults(a.totals()) == {"disorder": 1}


def test_what_was_due_for_long_at_the_end_and_never_came_is_lost():
    a = account()
    a.frame(0, 100)
    a.end(due=300)
    assert a.totals().lost == 200
    assert faults(a.totals()) == {"overdue": 1}


def test_a_record_that_ends_has_come_to_its_last_sample_and_no_further():
    short, long = account(), account()
    short.frame(0, 100)
    short.end_at(110)
    assert short.totals().lost == 10
    long.frame(0, 120)
    long.end_at(110)
    assert faults(long.totals()) == {"disorder": 1}


def test_a_state_that_goes_on_elsewhere_is_a_hole_ahead_and_disorder_behind():
    a = account()
    a.frame(0, 100)
    a.go_on(100)
    assert not a.totals().faults
    a.go_on(120)
    assert a.totals().lost == 20
    a.go_on(60)
    a.frame(60, 40)
    assert faults(a.totals()) == {"holes": 1, "disorder": 1}


def test_accounts_add_up():
    a, b = account(), account()
    a.frame(10, 10)
    b.malformed()
    both = a.totals()
    both.add(b.totals())
    assert (both.lost, both.holes, both.malformed, both.faults) == (10, 1, 1, 2)


@given(st.permutations(range(8)), st.lists(st.integers(0, 7), max_size=4))
def test_in_whatever_order_and_however_often_what_came_is_not_lost(order, again):
    a = account()
    for number in (*order, *again):
        a.frame(number * 10, 10)
    totals = a.totals()
    assert totals.lost == 0
    assert totals.doubled == 10 * len(again)
    in_order = all(first + 1 == second for first, second in pairwise(order))
    assert bool(totals.faults) is (bool(again) or not in_order)


@given(st.sets(st.integers(0, 19)))
def test_what_never_came_is_lost_to_the_sample(missing):
    a = account()
    for number in range(21):
        if number not in missing:
            a.frame(number * 10, 10)
    assert a.totals().lost == 10 * len(missing)
