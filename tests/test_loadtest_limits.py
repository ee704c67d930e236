"""What this machine allows, what the server takes, and which server that is."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from ecgstream.errors import CannotLoad
from ecgstream.loadtest import limits
from ecgstream.loadtest.plan import Target
from ecgstream.loadtest.target import choices_of, target_of
from ecgstream.loadtest.watched import PAGE_BYTES, TICK_S, usage

LOOPBACK = Target("localhost", 8000, 2, ("127.0.0.1", 8000))


def test_how_many_fit_is_said_where_descriptors_are_too_few(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 1_064))

    def refuse(*_: object) -> None:
        raise ValueError("not permitted")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    with pytest.raises(CannotLoad, match=r"1,000 viewers fit"):
        limits.raise_descriptors(5_000)


def test_the_soft_limit_is_raised_as_far_as_it_is_needed():
    code = (
        "import resource; from ecgstream.loadtest.limits import raise_descriptors as r;"
        "hard = resource.getrlimit(7)[1]; resource.setrlimit(7, (100, hard)); r(200);"
        "print(resource.getrlimit(7) == (264, hard))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "True\n"


def test_one_source_address_is_enough_until_its_ports_run_out():
    source = limits.sources(LOOPBACK)
    assert source(0) is source(limits.PORTS - 1) is None
    assert source(limits.PORTS) == ("127.0.0.2", 0)
    assert source(2 * limits.PORTS) == ("127.0.0.3", 0)


def test_elsewhere_the_kernel_chooses_the_source():
    assert limits.sources(Target("a", 80, 2, ("10.0.0.1", 80)))(10**6) is None


def test_some_thousand_viewers_are_one_process():
    assert limits.processes_for(1) == limits.processes_for(10_000) == 1
    assert limits.processes_for(10_001) == min(2, os.cpu_count() or 1)


def process(proc: Path, pid: int, ticks: tuple[int, int], pages: int, children: str = "") -> None:
    (proc / f"{pid}/task/{pid}").mkdir(parents=True)
    before = "S 1 1 1 0 -1 0 0 0 0 0"
    (proc / f"{pid}/stat").write_text(f"{pid} (a) b) {before} {ticks[0]} {ticks[1]} 0 0")
    (proc / f"{pid}/statm").write_text(f"999 {pages} 1 1 0 1 0")
    (proc / f"{pid}/task/{pid}/children").write_text(children)


def test_a_server_is_counted_with_the_workers_it_started(tmp_path: Path):
    process(tmp_path, 10, (100, 50), 1_000, "11 12 ")
    process(tmp_path, 11, (7, 0), 10)
    taken = usage(10, tmp_path)  # 12 has ended meanwhile
    assert taken.cpu_s == pytest.approx(157 * TICK_S)
    assert taken.rss_bytes == 1_010 * PAGE_BYTES


def test_a_process_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(CannotLoad, match="--pid 10"):
        usage(10, tmp_path)


def test_our_own_process_can_be_read():
    assert usage(os.getpid()).rss_bytes > 1 << 20


@pytest.mark.parametrize(
    ("url", "port", "prefix"),
    [
        ("http://127.0.0.1:8000", 8000, ""),
        ("http://127.0.0.1:8000/", 8000, ""),
        ("ws://127.0.0.1/api/v1/stream", 80, ""),
        ("http://127.0.0.1:1/ward/", 1, "/ward"),
    ],
)
def test_an_address_is_understood_with_and_without_the_streams_path(url, port, prefix):
    target = target_of(url)
    assert (target.port, target.prefix, target.address[0]) == (port, prefix, "127.0.0.1")
    assert target.loopback


def test_an_ipv6_address_stands_in_brackets_in_its_host():
    assert target_of("http://[::1]:8000").authority == "[::1]:8000"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://a", "TLS"),
        ("wss://a", "TLS"),
        ("ftp://a", "expected http"),
        ("127.0.0.1:8000", "expected http"),
        ("http://u:p@127.0.0.1", "neither a login nor a query"),
        ("http://127.0.0.1/?token=a", "neither a login nor a query"),
        ("http://127.0.0.1:99999", "99999"),
        ("http://name.invalid", "name.invalid"),
    ],
)
def test_an_address_that_cannot_be_is_refused_with_the_reason(url, why):
    with pytest.raises(CannotLoad, match=why):
        target_of(url)


def listed(record: str, *leads: tuple[str, float, str], length: int = 100) -> dict:
    return {
        "record": record,
        "length": length,
        "leads": [{"name": name, "fs": fs, "kind": kind} for name, fs, kind in leads],
    }


CATALOG = [
    listed("two", ("I", 500, "ecg"), ("II", 500, "ecg"), ("R", 125, "resp"), ("V", 250, "ecg")),
    listed("one", ("II", 360, "ecg")),
    listed("none", ("ABP", 125, "abp")),
    listed("empty", ("I", 500, "ecg"), length=0),
]


def test_all_records_with_ecg_are_watched_unless_leads_are_named():
    assert [(c.record, c.leads, c.names) for c in choices_of(CATALOG, None)] == [
        ("two", None, ("I", "II")),
        ("one", None, ("II",)),
    ]


def test_records_without_the_leads_asked_for_are_left_out():
    assert [(c.record, c.leads) for c in choices_of(CATALOG, 2)] == [("two", ("I", "II"))]
    assert [(c.record, c.leads) for c in choices_of(CATALOG, 1)] == [
        ("two", ("I",)),
        ("one", ("II",)),
    ]
    assert [(c.record, c.leads) for c in choices_of(CATALOG, ["II"])] == [
        ("two", ("II",)),
        ("one", ("II",)),
    ]


@pytest.mark.parametrize("leads", [3, ["V1"], ["I", "V"]])
def test_where_no_record_has_them_it_is_said(leads):
    with pytest.raises(CannotLoad, match="no record"):
        choices_of(CATALOG, leads)
