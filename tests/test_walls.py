"""The walls that are served: their file, its changes, what a screen is told."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from ecgstream.errors import BadWall, ConfigError, WallNotFound
from ecgstream.model.record import Lead, Record
from ecgstream.model.wall import parse
from ecgstream.storage.memory import MemorySource
from ecgstream.web.walls import Walls

WALL = """
[walls.icu-2]
title = "ICU 2"
dim = { from = "22:00", to = "06:00", brightness = 0.4 }
[[walls.icu-2.beds]]
label = "Bed 1"
pseudonym = "PX-17"
record = "a"
leads = ["V5", "II"]
[[walls.icu-2.beds]]
label = "Bed 2"
record = "b"
[[walls.icu-2.beds]]
label = "Bed 3"
record = "b"
leads = ["V"]
"""
OTHER = '[walls.er]\ntitle = "ER"\n[[walls.er.beds]]\nlabel = "1"\nrecord = "b"\n'


def lead(name: str, kind: str = "ecg") -> Lead:
    return Lead(name, "mV", 200.0, 1024.0, kind, 250.0, 500, ("i2",))


@pytest.fixture
def source() -> MemorySource:
    source = MemorySource()
    for name, leads in (("a", ("II", "V5")), ("b", ("II", "V"))):
        record = Record(name, name, tuple(map(lead, leads)), None, None, None, None)
        source.add(record, dict.fromkeys(leads, np.zeros(500, "<i2")))
    return source


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "walls.toml"
    path.write_text(WALL)
    return path


def names(walls: Walls) -> list[str]:
    return [wall.name for wall in walls.listed()]


def test_a_screen_is_told_all_that_it_needs(source: MemorySource, file: Path):
    hung = Walls(source, file).named("icu-2")
    said = json.loads(hung.body)
    toml = said.pop("toml")
    assert hung.etag == f'"{said["version"]}"'
    assert len(said.pop("version")) == 16
    ii, v, v5 = (
        {"name": name, "unit": "mV", "gain": 200.0, "baseline": 1024.0, "kind": "ecg"}
        for name in ("II", "V", "V5")
    )
    bed = {"pseudonym": None, "record": "b", "kind": "stored", "at": "shared", "fs": 250.0}
    bed |= {"missing": None}
    assert said == {
        "name": "icu-2",
        "title": "ICU 2",
        "mm_per_s": 25,
        "mm_per_mv": 10,
        "privacy": False,
        "dim": {"from": "22:00", "to": "06:00", "brightness": 0.4},
        "beds": [
            bed | {"label": "Bed 1", "pseudonym": "PX-17", "record": "a", "leads": [v5, ii]},
            bed | {"label": "Bed 2", "leads": [ii]},
            bed | {"label": "Bed 3", "leads": [v]},
        ],
    }
    assert parse(toml)["icu-2"].beds[0] == parse(WALL)["icu-2"].beds[0]


def test_what_it_is_told_as_toml_gives_the_same_wall(source: MemorySource, file: Path):
    first = Walls(source, file).named("icu-2")
    file.write_text(first.shown.toml)
    assert Walls(source, file).named("icu-2") == first


def test_the_version_is_of_the_content_alone(source: MemorySource, file: Path):
    walls = Walls(source, file)
    first = walls.named("icu-2").etag
    file.write_text("# a comment\n" + WALL + OTHER)
    assert walls.refresh()
    assert walls.named("icu-2").etag == first
    for was, now in (("Bed 3", "Bed 4"), ('"V5", "II"', '"II", "V5"'), ("0.4", "0.5")):
        file.write_text(WALL.replace(was, now))
        assert walls.refresh()
        assert walls.named("icu-2").etag != first


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ('"Bed 2"', '"Bed 1"', r"wall 'icu-2': .*'Bed 1'"),
        ("22:00", "22", r"wall 'icu-2': dim.from: expected a time"),
        ("[[walls", "[walls", "not TOML"),
    ],
)
def test_a_file_that_cannot_be_is_named_with_wall_and_bed(source, file, was, now, said):
    file.write_text(WALL.replace(was, now))
    with pytest.raises(ConfigError, match=said) as refused:
        Walls(source, file)
    assert str(refused.value).startswith(f"{file}: ")


@pytest.mark.parametrize(
    ("change", "number", "said"),
    [
        (('"a"', '"nobody"'), 1, "there is no record 'nobody'"),
        (('["V"]', '["X"]'), 3, "record 'b' has no lead 'X'; it has II, V"),
    ],
)
def test_what_the_archive_has_not_leaves_one_tile_empty(
    source, file, caplog, *, change, number, said
):
    was, now = change
    file.write_text(WALL.replace(was, now))
    walls = Walls(source, file)
    beds = json.loads(walls.named("icu-2").body)["beds"]
    assert [bed["missing"] is None for bed in beds] == [i != number for i in (1, 2, 3)]
    empty = beds[number - 1]
    assert said in empty["missing"]
    assert (empty["leads"], empty["fs"]) == ([], None)
    assert f"{file}: wall 'icu-2': bed {number} ('Bed {number}'): {said}" in caplog.text
    assert not walls.permits("icu-2", "nobody", None)
    # As a file it is what it was, to be mended.
    assert now in walls.named("icu-2").shown.toml
    file.write_text(WALL)
    assert walls.refresh()
    assert all(bed.missing is None for bed in walls.named("icu-2").shown.beds)


def test_a_file_that_is_not_there_says_where_to_read_on(source: MemorySource, tmp_path: Path):
    with pytest.raises(ConfigError, match=r"nowhere: No such file.*docs/wall\.md"):
        Walls(source, tmp_path / "nowhere")


def test_a_file_that_is_no_text_is_named(source: MemorySource, file: Path):
    file.write_bytes(b"# \xff")
    with pytest.raises(ConfigError, match="not UTF-8 at byte 2"):
        Walls(source, file)


def test_a_changed_file_is_taken_over_and_only_then(source: MemorySource, file: Path):
    walls = Walls(source, file)
    assert not walls.refresh()
    file.write_text(OTHER + WALL)
    assert walls.refresh()
    assert not walls.refresh()
    assert names(walls) == ["er", "icu-2"]
    file.write_text(OTHER)
    assert walls.refresh()
    with pytest.raises(WallNotFound):
        walls.named("icu-2")


def test_one_put_in_its_place_with_the_same_time_and_size_is_seen(source, file):
    walls = Walls(source, file)
    status = file.stat()
    beside = file.with_name("new")
    beside.write_text(WALL.replace("ICU 2", "ICU 3"))
    os.utime(beside, ns=(status.st_atime_ns, status.st_mtime_ns))
    beside.replace(file)
    assert walls.refresh()
    assert walls.named("icu-2").shown.title == "ICU 3"


@pytest.mark.parametrize("bad", [b"", b"[walls", b"\xff", WALL.replace("22:00", "22").encode()])
def test_one_that_cannot_be_understood_changes_nothing_and_is_said_once(source, file, bad, caplog):
    walls = Walls(source, file)
    before = walls.named("icu-2")
    file.write_bytes(bad)
    for _ in range(3):
        assert not walls.refresh()
    assert walls.named("icu-2") is before
    assert caplog.text.count("the walls read before stay as they are") == 1
    assert str(file) in caplog.text
    file.write_text(WALL + OTHER)
    assert walls.refresh()
    assert names(walls) == ["icu-2", "er"]


def test_one_that_is_gone_changes_nothing_is_said_once_and_may_come_back(source, file, caplog):
    walls = Walls(source, file)
    file.unlink()
    for _ in range(3):
        assert not walls.refresh()
    assert names(walls) == ["icu-2"]
    assert caplog.text.count("No such file") == 1
    file.write_text(OTHER)
    assert walls.refresh()
    file.unlink()
    assert not walls.refresh()
    assert caplog.text.count("No such file") == 2


@pytest.mark.parametrize("bad", [False, True])
def test_while_it_is_the_same_it_is_not_read(source, file, monkeypatch, bad):
    walls = Walls(source, file)
    if bad:
        file.write_text("[walls")
        walls.refresh()
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: pytest.fail("read"))
    assert not walls.refresh()


def test_without_a_file_there_is_a_demo_and_nothing_to_look_at(source: MemorySource):
    walls = Walls(source, None)
    assert [(wall.name, wall.beds) for wall in walls.listed()] == [("demo", 2)]
    assert [bed.record for bed in walls.named("demo").shown.beds] == ["a", "b"]
    assert not walls.refresh()
    assert walls.listed()


def test_where_there_is_no_ecg_there_is_no_demo():
    assert Walls(MemorySource(), None).listed() == []


def test_with_a_file_there_is_no_demo(source: MemorySource, file: Path):
    with pytest.raises(WallNotFound):
        Walls(source, file).named("demo")


def test_one_tried_out_has_no_name_but_its_toml_has(source: MemorySource, file: Path):
    walls = Walls(source, file)
    hung = walls.tried("a:V5;b", "My ward")
    assert hung.shown.name is None
    file.write_text(hung.shown.toml)
    assert walls.refresh()
    (kept,) = walls.listed()
    assert (kept.name, kept.title, kept.beds) == ("my-ward", "My ward", 2)
    assert walls.named("my-ward").shown.beds == hung.shown.beds
    with pytest.raises(BadWall, match=r"^bed 2 \('Bed 2'\): there is no record 'x'$"):
        walls.tried("a;x", "My ward")


def test_a_wall_permits_the_leads_that_are_on_it_and_no_others(source: MemorySource, file: Path):
    file.write_text(WALL.replace('"V5", "II"', '"V5"') + OTHER)
    walls = Walls(source, file)
    assert walls.permits("icu-2", "a", ["V5"])
    assert walls.permits("icu-2", "a", None)
    assert walls.permits("icu-2", "b", ["V", "II"])
    assert not walls.permits("icu-2", "a", ["V5", "II"])
    assert not walls.permits("er", "a", None)
    assert not walls.permits("er", "b", ["V"])
    assert not walls.permits("nowhere", "a", None)
    file.write_text(OTHER)
    walls.refresh()
    assert not walls.permits("icu-2", "a", ["V5"])
