"""What is said of a load test, and what makes it fail."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from ecgstream.loadtest.account import Totals
from ecgstream.loadtest.figures import Own, Result
from ecgstream.loadtest.lateness import Times
from ecgstream.loadtest.plan import Choice, Plan, Target
from ecgstream.loadtest.report import TIMES, Limits, Report, lines, report
from ecgstream.loadtest.running import Outcome
from ecgstream.loadtest.watched import Usage

PLAN = Plan(
    Target("localhost", 8000, 2, ("127.0.0.1", 8000)),
    (Choice("a", 1_000, None, ("I",)),),
    viewers=10,
    token="s3cret",
)


def encoded(*values: float) -> tuple[bytes, float, float]:
    times = Times()
    times.record(values)
    return times.encode()


def result(**said) -> Result:
    own = {"wall_s": 10.0, "cpu_s": 1.0, "starved_s": 0.1, "frames": 1_000, "lag": encoded(0.001)}
    own |= {name: said.pop(name) for name in list(said) if name in own}
    lateness = said.pop("lateness", (0.002, 0.004))
    times = {name: encoded() for name in TIMES} | {"lateness": encoded(*lateness)}
    usual = {
        "times": times,
        "counts": {"refused": Counter(), "closes": Counter(), "errors": Counter(),
                   "held": Counter(), "stale": Counter()},
        "totals": Totals(expected=100, delivered=100), "seen": None, "first_all_streaming_s": 103.0,
        "outages": [], "began_s": 100.0, "never_streamed": 0, "streaming": 10, "unpaced": 0,
        "clock_error_s": 0.0,
    }  # fmt: skip
    return Result(own=Own(**own), **{**usual, **said})


def made(*results: Result, limits: Limits | None = None, wrong: int = 0, **usages) -> Report:
    usual = {"before": None, "first": None, "last": None, "interrupted": False}
    outcome = Outcome(list(results or [result()]), **{**usual, **usages})
    return report(PLAN, outcome, limits or Limits(), wrong)


def test_what_could_not_be_compared_fails_and_the_rest_is_told_all_the_same():
    outcome = Outcome([result()], before=None, first=None, last=None, interrupted=False)
    found = report(PLAN, outcome, Limits(), unread="a/window: refused")
    assert found.exit_code == 1
    assert "a/window: refused" in found.failed[0]
    assert found.figures["verified"] is None
    assert found.figures["frames"] == 1_000


def test_a_test_in_which_all_came_in_time_passes():
    found = made(limits=Limits(max_p99_ms=5.0))
    assert (found.exit_code, found.failed) == (0, [])
    assert found.figures["ok"] is True
    assert "  ok" in list(lines(found))


@pytest.mark.parametrize(
    ("said", "limits", "why"),
    [
        ({"totals": Totals(expected=100, delivered=80, holes=2)}, Limits(), "20 samples are lost"),
        ({"totals": Totals(expected=100, delivered=80, holes=2)}, Limits(max_lost=1), "2 times"),
        ({"totals": Totals(doubles=1)}, Limits(), "1 times"),
        ({"totals": Totals(disorder=1)}, Limits(), "1 times"),
        ({"totals": Totals(malformed=1)}, Limits(), "1 times"),
        ({"totals": Totals(expected=100, delivered=80)}, Limits(), "20 samples are lost"),
        ({"never_streamed": 3}, Limits(), "3 viewers never saw a frame"),
        ({"lateness": (0.002, 0.02)}, Limits(max_p99_ms=10.0), "p99 lateness: 20.00 ms"),
        ({"lateness": ()}, Limits(max_p99_ms=10.0), "nothing came"),
    ],
)
def test_what_is_not_within_the_limits_fails_and_is_named(said, limits, why):
    found = made(result(**said), limits=limits)
    assert found.exit_code == 1
    assert why in "".join(found.failed)
    assert any(line.startswith("  FAILED: ") and why in line for line in lines(found))


def test_so_many_faults_as_are_allowed_do_not_fail():
    totals = Totals(expected=100, delivered=80, holes=2)
    assert made(result(totals=totals), limits=Limits(max_lost=2)).exit_code == 0


def test_a_wrong_digest_fails():
    found = made(wrong=1)
    assert found.exit_code == 1
    assert found.figures["account"]["wrong_digest"] == 1


@pytest.mark.parametrize(
    "said",
    [{"cpu_s": 9.5}, {"cpu_s": 4.0, "starved_s": 5.5}, {"lag": encoded(*[0.001] * 90, *[0.02] * 10)}],
    ids=["busy", "starved", "lag"],
)  # fmt: skip
def test_a_client_that_was_the_bottleneck_says_so_beside_the_lateness(said):
    found = made(result(**said))
    assert found.figures["client"]["bottleneck"] is True
    text = "\n".join(lines(found))
    assert "THE CLIENT WAS THE BOTTLENECK" in text
    (lateness,) = (line for line in text.splitlines() if line.startswith("  lateness"))
    assert "NOT THE SERVER'S" in lateness


def test_a_client_with_time_to_spare_is_not_blamed():
    found = made()
    assert found.figures["client"]["bottleneck"] is False
    assert "BOTTLENECK" not in "\n".join(lines(found))


def test_processes_add_up():
    other = result(lateness=(0.1,), totals=Totals(expected=50, delivered=40, declared=10))
    figures = made(result(), other).figures
    assert (figures["frames"], figures["processes"], figures["streaming"]) == (2_000, 2, 20)
    assert (figures["account"]["expected"], figures["account"]["lost"]) == (150, 0)
    assert figures["lateness_ms"]["count"] == 3
    assert figures["lateness_ms"]["max"] == pytest.approx(100.0)
    assert figures["client"]["cpu_us_per_frame"] == pytest.approx(1_000.0)


def test_all_stream_when_the_last_process_does_and_never_if_one_never_does():
    late = result(first_all_streaming_s=107.5)
    assert made(result(), late).figures["all_streaming_s"] == 7.5
    assert made(result(), result(first_all_streaming_s=None)).figures["all_streaming_s"] is None


def test_outages_of_processes_that_overlap_are_one():
    first = result(outages=[(110.0, 114.0), (130.0, None)])
    second = result(outages=[(111.0, 118.5)])
    assert made(first, second).figures["outages"] == [
        {"at_s": 10.0, "seconds": 8.5},
        {"at_s": 30.0, "seconds": None},
    ]


def test_the_server_is_told_by_frame_and_by_viewer():
    mib = 1 << 20
    figures = made(
        before=Usage(1.0, 100 * mib), first=Usage(2.0, 100 * mib), last=Usage(2.5, 101 * mib)
    ).figures
    assert figures["server"] == {
        "cpu_s": 0.5, "cores": 0.05, "cpu_us_per_frame": 500.0, "rss_mib_before": 100.0,
        "rss_mib": 101.0, "rss_kib_per_viewer": 102.4,
    }  # fmt: skip


def test_it_is_json_and_holds_no_token():
    text = json.dumps(made().figures)
    assert "s3cret" not in text
    assert json.loads(text)["profile"] == "wall"


def test_viewers_who_are_gone_at_the_end_fail_the_test():
    found = made(result(streaming=3))
    assert found.exit_code == 1
    assert found.failed == ["7 viewers were not streaming any more at the end"]
    assert made(result(streaming=3), interrupted=True).exit_code == 0
    # Who never came is named once.
    assert len(made(result(streaming=3, never_streamed=7)).failed) == 1


def test_in_churn_some_are_always_away_but_never_all(monkeypatch):
    monkeypatch.setattr(f"{__name__}.PLAN", replace(PLAN, profile="churn"))
    assert made(result(streaming=3)).exit_code == 0
    assert made(result(streaming=0)).exit_code == 1


def test_a_server_of_which_a_process_was_replaced_has_no_cost():
    one, other = frozenset({1, 2}), frozenset({1, 3})
    found = made(before=Usage(1.0, 1, one), first=Usage(2.0, 1, one), last=Usage(0.5, 1, other))
    assert found.figures["server"] is None
    assert any("was replaced meanwhile" in line for line in lines(found))
