"""When a client comes back."""

from random import Random

from ecgstream.wire.backoff import CAP_S, FOR_GOOD, retry_delay


def test_a_server_that_says_when_is_obeyed():
    assert retry_delay(7, 1.25, Random(1)) == 1.25


def test_else_they_come_back_anywhere_below_a_bound_that_doubles_up_to_a_cap():
    random = Random(1)
    for attempt, bound in ((0, 0.5), (1, 1.0), (4, 8.0), (6, CAP_S), (1_000, CAP_S)):
        delays = [retry_delay(attempt, None, random) for _ in range(500)]
        assert max(delays) <= bound
        assert max(delays) > 0.9 * bound
        assert min(delays) < 0.1 * bound


def test_the_codes_that_end_it_are_those_of_the_protocol():
    assert {1001, 1012, 1011, 4408, 4429, 1006}.isdisjoint(FOR_GOOD)
    assert {1000, 1009, 4400, 4401, 4403, 4409} == FOR_GOOD
