"""Where pyramids are kept: a folder that others share, memory, or beside the record."""

import logging
import os
import shutil

import numpy as np
import pytest

from ecgstream.errors import SourceCorrupt, SourceUnavailable
from ecgstream.model.record import Lead, Record
from ecgstream.storage.catalog import scan
from ecgstream.storage.derived.cache_folder import Busy, CacheFolder, default_folder
from ecgstream.storage.derived.pyramid import FIRST
from ecgstream.storage.derived.pyramid_file import Damaged
from ecgstream.storage.derived.pyramids import SUFFIX, Pyramids, write_beside
from ecgstream.storage.memory import MemorySource
from tests.doubles import FaultySource
from tests.stored import footer, timestamps, write_own, write_plain

LENGTH = 70_000
FS = 100.0
KEY = ("r1", FS)


def samples(seed=1):
    return np.random.default_rng(seed).integers(-900, 900, LENGTH).astype("<i2")


def lead(name, fs=FS, length=LENGTH, dtype="i2"):
    return Lead(name, "mV", 200.0, 0.0, "ecg", fs, length, (dtype, "f8"))


def in_memory(*leads, piece=1_000):
    """A record of `leads`; each sample is of `samples`."""
    source = FaultySource(MemorySource(piece))
    leads = leads or (lead("I"), lead("II"))
    held = {
        one.name: samples(n)[: one.length].astype(f"<{one.dtypes[0]}")
        for n, one in enumerate(leads)
    }
    source._source.add(Record("r1", "p", leads, None, None, None, None), held)
    return source


def on_disk(root, values=None):
    values = samples() if values is None else values
    write_own(root, footer(length=LENGTH), {"II": (values, np.zeros(LENGTH, bool), {})})
    return scan([root])


@pytest.fixture
def folder(tmp_path):
    return CacheFolder(tmp_path / "cache", SUFFIX, 1 << 30)


def make(shelf, key=KEY):
    for _ in shelf.make(key):
        pass
    return shelf.find(key)


def held(folder):
    return sorted(folder.path.glob(f"*{SUFFIX}"))


def test_a_pyramid_is_found_again_by_another_process(folder):
    source = in_memory()
    one, other = (Pyramids(source, folder, small=0) for _ in range(2))
    assert one.find(KEY) is None
    make(one)
    low, high = other.find(KEY).tile("II", FIRST, 0)
    assert low.tolist() == samples(1)[: 64 * 1_024].reshape(-1, 64).min(1).tolist()
    assert high.tolist() == samples(1)[: 64 * 1_024].reshape(-1, 64).max(1).tolist()
    assert [path.name for path in held(folder)] == [f"{source.version('r1')}-100Hz{SUFFIX}"]


def test_nobody_else_may_read_what_is_kept(folder):
    make(Pyramids(in_memory(), folder, small=0))
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in folder.path.iterdir()} == {0}


def test_each_row_group_is_decoded_once_for_all_its_leads(folder):
    source = in_memory(lead("I"), lead("II"), lead("slow", fs=1.0, length=900), piece=500)
    make(Pyramids(source, folder, small=0))
    spans = [(start, stop) for _, leads, start, stop in source.reads if leads == ("I", "II")]
    assert len(spans) == len(source.reads)
    assert [start for start, _ in spans] == [0, *(stop for _, stop in spans[:-1])]
    assert spans[-1][1] == LENGTH


def test_leads_of_unlike_pieces_do_not_cut_each_others_row_groups(tmp_path, folder, monkeypatch):
    for name, group in (("I", 1_000), ("II", 900)):
        write_plain(
            tmp_path / f"patient_id=P/lead={name}",
            timestamps(np.arange(LENGTH), 100),
            samples() / 200,
            group=group,
        )
    source = scan([tmp_path])
    tables = []
    table = source._files.table
    monkeypatch.setattr(
        source._files, "table", lambda *said: tables.append(said[:2]) or table(*said), raising=False
    )
    make(Pyramids(source, folder, small=0), ("P", FS))
    assert len(tables) == len(set(tables)) == 70 + 78


def test_every_rate_has_a_pyramid_of_its_own_and_every_lead_its_type(folder):
    source = in_memory(
        lead("I"), lead("wide", dtype="f8"), lead("short", length=10_000), lead("slow", fs=10.0)
    )
    shelf = Pyramids(source, folder, small=0)
    assert make(shelf).about.leads == {"I": "i2", "wide": "f8", "short": "i2"}
    assert make(shelf, ("r1", 10.0)).about.leads == {"slow": "i2"}
    assert shelf.find(KEY).tile("short", FIRST + 1, 0)[0][-1] == -(2**15)
    assert len(held(folder)) == 2


def test_a_record_that_is_read_in_a_moment_needs_none(folder):
    shelf = Pyramids(in_memory(), folder, small=2 * LENGTH)
    assert not shelf.needed(KEY)
    assert Pyramids(in_memory(), folder, small=2 * LENGTH - 1).needed(KEY)


def test_a_changed_file_gets_another_pyramid(tmp_path, folder):
    make(Pyramids(on_disk(tmp_path / "a"), folder, small=0))
    other = np.flip(samples())
    source = on_disk(tmp_path / "a", other)
    shelf = Pyramids(source, folder, small=0)
    assert shelf.find(KEY) is None
    assert make(shelf).tile("II", FIRST, 0)[0][0] == other[:64].min()
    assert len(held(folder)) == 2


def test_a_file_that_changes_while_its_pyramid_is_made_gets_none(tmp_path, folder):
    shelf = Pyramids(on_disk(tmp_path / "a"), folder, small=0)
    making = shelf.make(KEY)
    next(making)
    os.utime(tmp_path / "a" / "100Hz-0000.parquet", ns=(1, 1))
    with pytest.raises(SourceUnavailable, match="was replaced, or written to"):
        for _ in making:
            pass
    assert held(folder) == []


def test_one_that_is_let_go_half_way_leaves_nothing(folder):
    shelf = Pyramids(in_memory(), folder, small=0)
    making = shelf.make(KEY)
    next(making)
    assert len(list(folder.path.glob("*.part"))) == 1
    making.close()
    assert list(folder.path.glob("*.part")) == held(folder) == []
    assert make(shelf) is not None


def test_what_a_killed_process_left_is_removed(folder):
    folder.path.mkdir()
    (folder.path / f"1234{SUFFIX}.part").write_bytes(b"half")
    (folder.path / "film.part").write_bytes(b"somebody else's")
    make(Pyramids(in_memory(), folder, small=0))
    assert [path.name for path in folder.path.glob("*.part")] == ["film.part"]


def test_two_processes_do_not_make_at_once(folder):
    one, other = (Pyramids(in_memory(), folder, small=0) for _ in range(2))
    making = one.make(KEY)
    next(making)
    with pytest.raises(Busy):
        next(other.make(KEY))
    for _ in making:
        pass
    assert other.find(KEY) is not None


@pytest.mark.parametrize("damage", ["cut short", "altered", "empty", "of other samples"])
def test_a_damaged_file_is_made_anew(folder, damage, caplog):
    shelf = Pyramids(in_memory(), folder, small=0)
    make(shelf)
    (path,) = held(folder)
    whole = path.read_bytes()
    if damage == "of other samples":
        path.unlink()
        make(Pyramids(in_memory(lead("I"), lead("V5")), folder, small=0))
        (other,) = held(folder)
        other.rename(path)
    else:
        path.write_bytes(
            {"cut short": whole[:-1], "altered": whole[:-9] + b"x" + whole[-8:], "empty": b""}[
                damage
            ]
        )
    fresh = Pyramids(in_memory(), folder, small=0)
    assert fresh.find(KEY) is None
    assert "made anew" in caplog.text
    assert not path.exists()
    make(fresh)
    assert path.read_bytes() == whole


def test_a_tile_that_cannot_be_read_drops_its_pyramid(folder):
    shelf = Pyramids(in_memory(), folder, small=0)
    make(shelf)
    (path,) = held(folder)
    whole = bytearray(path.read_bytes())
    whole[100] ^= 1
    path.write_bytes(whole)
    fresh = Pyramids(in_memory(), folder, small=0)
    with pytest.raises(Damaged) as damage:
        fresh.find(KEY).tile("I", FIRST, 0)
    fresh.drop(KEY, damage.value)
    assert fresh.find(KEY) is None
    assert not path.exists()


def test_one_that_was_opened_is_read_even_where_it_is_removed(folder):
    shelf = Pyramids(in_memory(), folder, small=0)
    found = make(shelf)
    held(folder)[0].unlink()
    assert found.tile("II", FIRST, 0) is not None


def test_what_is_corrupt_is_noted_and_the_rest_is_there(folder):
    source = in_memory()
    source.faults["I", 5_500] = SourceCorrupt("bad page")
    found = make(Pyramids(source, folder, small=0))
    assert found.about.corrupt == {"I": [(5_000, 6_000)]}
    low, _ = found.tile("I", FIRST, 0)
    assert [k for k, value in enumerate(low.tolist()) if value == -(2**15)] == list(range(79, 93))
    assert (found.tile("II", FIRST, 0)[0] != -(2**15)).all()


def test_what_cannot_be_had_now_is_no_pyramid(folder):
    source = in_memory()
    source.faults["I", 5_500] = SourceUnavailable("gone")
    with pytest.raises(SourceUnavailable):
        make(Pyramids(source, folder, small=0))
    assert held(folder) == []


def full(*_):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("trouble", ["a file in its place", "a full disk"])
def test_where_the_folder_takes_nothing_memory_does_and_that_is_said_once(
    folder, trouble, caplog, monkeypatch
):
    if trouble == "a full disk":
        monkeypatch.setattr(os, "fsync", full)
    else:
        folder.path.write_bytes(b"")
    source = in_memory(lead("I"), lead("slow", fs=10.0))
    shelf = Pyramids(source, folder, small=0)
    with caplog.at_level(logging.WARNING):
        assert make(shelf).tile("I", FIRST, 0) is not None
        assert make(shelf, ("r1", 10.0)) is not None
    assert caplog.text.count("kept in memory from now on") == 1


def test_what_a_folder_held_before_it_took_nothing_more_is_still_used(folder, monkeypatch):
    source = in_memory(lead("I"), lead("slow", fs=10.0))
    make(Pyramids(source, folder, small=0))
    shelf = Pyramids(source, folder, small=0)
    monkeypatch.setattr(os, "fsync", full)
    make(shelf, ("r1", 10.0))
    assert shelf.find(KEY) is not None


def test_a_file_that_cannot_be_read_is_told_once(folder, monkeypatch, caplog):
    make(Pyramids(in_memory(), folder, small=0))
    (path,) = held(folder)
    shelf = Pyramids(in_memory(), folder, small=0)
    path.unlink()
    path.mkdir()
    assert shelf.find(KEY) is None
    assert shelf.find(KEY) is None
    assert caplog.text.count(str(path)) == 1


def test_a_fifo_is_not_waited_on_and_is_replaced_where_it_is_ours(tmp_path, folder, caplog):
    source = on_disk(tmp_path / "archive")
    beside = source.beside("r1").folder / f"100Hz{SUFFIX}"
    os.mkfifo(beside)
    folder.path.mkdir()
    kept = folder.file(f"{source.version('r1')}-100Hz")
    os.mkfifo(kept)
    shelf = Pyramids(source, folder, small=0)
    assert shelf.find(KEY) is None
    assert "is no plain file" in caplog.text
    assert make(shelf) is not None
    assert kept.is_file()
    assert beside.is_fifo()


def test_memory_holds_what_fits_and_the_latest(caplog):
    source = in_memory(lead("I"), lead("slow", fs=10.0))
    size = make(Pyramids(source, small=0)).nbytes
    shelf = Pyramids(source, small=0, memory=size + 100)
    make(shelf)
    make(shelf, ("r1", 10.0))
    assert shelf.find(KEY) is None
    assert shelf.find(("r1", 10.0)) is not None
    tight = Pyramids(source, small=0, memory=size - 100)
    assert make(tight) is None
    assert tight.hopeless(KEY)
    assert "larger than" in caplog.text


def test_the_folder_keeps_to_its_bounds_and_what_was_used_last(tmp_path):
    folder = CacheFolder(tmp_path / "cache", SUFFIX, 25)
    for number, name in enumerate(("a", "b", "c")):
        with folder.writing(name) as out:
            out.write(bytes(10))
        os.utime(folder.file(name), ns=(number, number))
        if name == "b":
            folder.used(folder.file("a"))
    assert [path.name for path in held(folder)] == [f"a{SUFFIX}", f"c{SUFFIX}"]


def test_a_cache_is_where_others_have_theirs():
    assert str(default_folder({"XDG_CACHE_HOME": "/x", "HOME": "/h"})) == "/x/ecgstream"
    assert str(default_folder({"XDG_CACHE_HOME": "x", "HOME": "/h"})) == "/h/.cache/ecgstream"
    assert default_folder({}) is None


# Beside the record


def test_what_lies_beside_the_record_comes_first_and_is_no_signal(tmp_path, folder):
    source = on_disk(tmp_path / "a")
    (path,) = write_beside(source, "r1", small=0)
    assert path == tmp_path / "a" / f"100Hz{SUFFIX}"
    again = scan([tmp_path / "a"])
    assert (again.problems, again.version("r1")) == ((), source.version("r1"))
    assert Pyramids(again, folder, small=0).find(KEY) is not None
    assert list(write_beside(again, "r1", small=0)) == []
    assert not folder.path.exists()


def test_a_copy_of_the_archive_keeps_its_pyramids(tmp_path):
    list(write_beside(on_disk(tmp_path / "a"), "r1", small=0))
    shutil.copytree(tmp_path / "a", tmp_path / "b", copy_function=shutil.copyfile)
    assert Pyramids(scan([tmp_path / "b"]), small=0).find(KEY) is not None


def test_one_of_other_samples_is_not_used_and_not_removed(tmp_path, caplog):
    list(write_beside(on_disk(tmp_path / "a"), "r1", small=0))
    shelf = Pyramids(on_disk(tmp_path / "a", np.flip(samples())), small=0)
    assert shelf.find(KEY) is None
    assert shelf.find(KEY) is None
    assert caplog.text.count("of other samples") == 1
    assert (tmp_path / "a" / f"100Hz{SUFFIX}").exists()


def test_a_short_record_gets_none(tmp_path):
    assert list(write_beside(on_disk(tmp_path / "a"), "r1")) == []
