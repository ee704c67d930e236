"""The server's clock against ours."""

from ecgstream.loadtest.clocks import ENOUGH, Clocks, Offset


def test_one_machine_has_one_clock_however_slow_its_pings_are():
    offset = Offset()
    offset.heard(100.0, 100.9, 101.0)
    assert (offset.seconds, offset.error_s) == (0.0, 0.0)


def test_another_clock_is_found_to_within_half_the_narrowest_round_trip():
    offset, truth = Offset(), 5_000.0
    for there, back in ((0.3, 0.01), (0.002, 0.004), (0.1, 0.2)):
        offset.heard(6_000.0, 6_000.0 + there - truth, 6_000.0 + there + back)
    assert abs(offset.seconds - truth) <= 0.003
    assert abs(offset.seconds - truth) <= offset.error_s


def test_pings_of_which_one_is_late_on_the_way_out_and_one_on_the_way_back_narrow_each_other():
    offset = Offset()
    offset.heard(0.0, 1_000.001, 1.0)
    offset.heard(2.0, 1_002.999, 3.0)
    assert abs(offset.seconds + 1_000.0) < 0.001


def test_it_is_known_after_some_pings():
    offset = Offset()
    for _ in range(ENOUGH):
        assert not offset.known
        offset.heard(0.0, 0.0, 0.0)
    assert offset.known


def test_every_boot_has_a_clock_of_its_own():
    clocks = Clocks({"a": Offset(1.0, 3.0, 8)})
    assert clocks.of("a").seconds == 2.0
    assert not clocks.of("b").known
    assert clocks.error_s == 1.0
