"""The whole server: an outline at once, the pyramid in the background, its folder, its refusals."""

import logging
from contextlib import contextmanager

import msgpack
import numpy as np
import pytest
from starlette.testclient import TestClient

from ecgstream.config import Settings
from ecgstream.model.record import Lead, Record
from ecgstream.storage.derived.pyramid import TILE, top
from ecgstream.storage.derived.pyramids import SMALL_VALUES
from ecgstream.storage.memory import MemorySource
from ecgstream.web.app import create_app

LENGTH = SMALL_VALUES + 1
ONE = "/api/v1/records/long"


@pytest.fixture(scope="module")
def source():
    source = MemorySource(50_000)
    samples = (np.arange(LENGTH) % 2_000).astype("<i2")
    samples[3_000_000] = 32_000
    one = Lead("II", "mV", 200.0, 0.0, "ecg", 250.0, LENGTH, ("i2",))
    source.add(Record("long", "p", (one,), None, None, None, None), {"II": samples})
    return source


@contextmanager
def served(source, **said):
    app = create_app(Settings(max_lateness_ms=0, **said), source)
    with TestClient(app, "http://127.0.0.1") as client:
        yield client


def outline(client):
    return msgpack.unpackb(client.get(f"{ONE}/outline").content)


def built(client):
    """Ask until the pyramid is there; the server does the rest."""
    for _ in range(100_000):
        said = outline(client)
        if said["built"]:
            return said
    raise AssertionError("the pyramid is never made")


def test_who_asks_for_an_outline_has_the_pyramid_made(source, tmp_path):
    with served(source, cache=tmp_path / "cache") as client:
        assert outline(client)["built"] is False
        said = built(client)
        level = top(LENGTH)
        answer = client.get(f"{ONE}/tiles/{said['version']}/II/{level}/0")
        high = np.frombuffer(msgpack.unpackb(answer.content)["high"], "<i2")
        assert np.flatnonzero(high == 32_000).tolist() == [3_000_000 // 4**level]
        assert len(high) <= TILE
        assert answer.headers["cache-control"].endswith("immutable")
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(list((tmp_path / "cache").glob("*.pyramid"))) == 1
    with served(source, cache=tmp_path / "cache") as client:
        assert outline(client)["built"] is True


def test_a_folder_that_cannot_be_had_is_said_once_and_memory_serves(source, tmp_path, caplog):
    (tmp_path / "cache").write_bytes(b"a file")
    with caplog.at_level(logging.WARNING), served(source, cache=tmp_path / "cache") as client:
        built(client)
    assert caplog.text.count("kept in memory from now on") == 1


def test_without_a_home_pyramids_are_in_memory(source, monkeypatch, caplog):
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    with caplog.at_level(logging.WARNING), served(source) as client:
        built(client)
    assert caplog.text.count("kept in memory only") == 1


def test_by_default_the_folder_is_that_of_the_users_caches(source, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with served(source) as client:
        built(client)
    assert len(list((tmp_path / "ecgstream").glob("*.pyramid"))) == 1
