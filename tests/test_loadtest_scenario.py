"""What viewers do, and how they are shared out."""

from random import Random

import pytest

from ecgstream.loadtest.plan import Choice, Plan, Target
from ecgstream.loadtest.scenario import Reviewer

CHOICE = Choice("a", 1_000, None, ("I", "II", "V1"))
TARGET = Target("localhost", 8000, 2, ("127.0.0.1", 8000))


def plan(**said) -> Plan:
    return Plan(TARGET, **{"choices": (CHOICE, Choice("b", 50, ("I",), ("I",))), **said})


def test_a_reviewer_who_has_stopped_goes_on():
    assert Reviewer(Random(1), CHOICE).move(playing=False) == ("play", {})


def test_a_reviewer_does_all_that_a_reader_does_and_stays_in_the_record():
    reviewer = Reviewer(Random(1), CHOICE)
    moves = [reviewer.move(playing=True) for _ in range(500)]
    assert {op for op, _ in moves} == {"seek", "pause", "speed", "leads"}
    for op, fields in moves:
        if op == "seek":
            assert 0 <= fields["at"]["sample"] < 1_000
        if op == "leads":
            assert fields["leads"]
            assert [name for name in CHOICE.names if name in fields["leads"]] == fields["leads"]
        if op == "speed":
            assert 0.1 <= fields["speed"] <= 32


def test_the_same_seed_is_the_same_test_and_another_is_not():
    places = [[plan(seed=seed).place(n) for n in range(20)] for seed in (1, 1, 2)]
    assert places[0] == places[1] != places[2]


def test_viewers_are_spread_over_the_record_unless_told_otherwise():
    places = [plan(choices=(CHOICE,)).place(n)["sample"] for n in range(200)]
    assert min(places) < 100
    assert max(places) > 900
    assert plan(at="start").place(3) == {"sample": 0}
    assert plan(at="shared").place(3) == "shared"


@pytest.mark.parametrize("processes", [1, 2, 3, 7])
def test_processes_share_viewers_ramp_and_churn_without_rest(processes: int):
    whole = plan(viewers=100, ramp=250.0, churn=10.0)
    shares = [whole.share(number, processes) for number in range(processes)]
    numbers = [share.first + n for share in shares for n in range(share.viewers)]
    assert numbers == list(range(100))
    assert sum(share.ramp for share in shares) == pytest.approx(250.0)
    assert sum(share.churn for share in shares) == pytest.approx(10.0)


def test_a_token_is_not_in_what_is_printed_of_a_plan():
    assert "s3cret" not in repr(plan(token="s3cret"))
