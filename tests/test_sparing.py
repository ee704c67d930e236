"""A log that nobody can fill."""

import logging

from ecgstream.web.sparing import KINDS, MOST, WINDOW_S, Sparing


def line(words="serving %r failed", about="x", name="ecgstream.wheel"):
    return logging.LogRecord(name, logging.ERROR, "f", 1, words, (about,), None)


def test_of_thousands_alike_only_some_are_written_and_the_rest_are_told():
    now = 0.0
    sparing = Sparing(lambda: now)
    assert sum(sparing.filter(line(about=k)) for k in range(1_000)) == MOST
    assert sparing.filter(line("something else: %s"))
    assert sparing.filter(line(name="uvicorn.error"))
    now = WINDOW_S
    later = line()
    assert sparing.filter(later)
    assert later.getMessage() == f"serving 'x' failed ({1_000 - MOST} more like this were left out)"


def test_what_is_seldom_said_is_always_written():
    now = 0.0
    sparing = Sparing(lambda: now)
    for _ in range(100):
        now += 1.0
        said = line()
        assert sparing.filter(said)
        assert said.getMessage() == "serving 'x' failed"


def test_kinds_without_end_take_no_memory_without_end():
    sparing = Sparing(lambda: 0.0)
    for k in range(3 * KINDS):
        assert sparing.filter(line(f"{k}: %s"))
    assert len(sparing._seen) <= KINDS
