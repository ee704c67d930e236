"""Many files and folders asked for at once: what is said of each is what the system says of it."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.storage.index.asking import FEW, MOST, NOT_HAD, Asker
from ecgstream.storage.index.folder_table import GONE, Folders

ODD = ["a b.parquet", "ünïcode.parquet", "line\nbreak.parquet", "folder", "nothing", "loop"]
# Before 1970, a nanosecond before a second, and after 2038.
TIMES = [-1, 0, 999_999_999, 1_700_000_000_123_456_789, 5_000_000_000_000_000_001, -7_000_000_001]


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    for at, (name, time_ns) in enumerate(zip(ODD, TIMES, strict=True)):
        path = tmp_path / name
        if name == "folder":
            path.mkdir()
        elif name == "loop":
            path.symlink_to(path)
        elif name != "nothing":
            path.write_bytes(b"x" * at)
        if name not in {"nothing", "loop"}:
            os.utime(path, ns=(time_ns, time_ns))
    return tmp_path


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("count", [1, FEW - 1, len(ODD)])
@pytest.mark.parametrize("by_path", [True, False])
def test_what_is_said_is_what_the_system_says(odd: Path, plain: bool, count: int, by_path: bool):
    asker = Asker(plain=plain)
    names = [os.fsencode(name) for name in ODD[:count]]
    if by_path:
        sizes, times = asker.stamps(None, [os.fsencode(odd) + b"/" + name for name in names])
    else:
        sizes, times = asker.stamps(str(odd), names)
    assert len(sizes) == len(times) == count
    for name, size, time_ns in zip(ODD, sizes, times, strict=False):
        if name in {"nothing", "loop"}:
            assert time_ns == NOT_HAD
        else:
            node = (odd / name).stat()
            assert (size, time_ns) == (node.st_size, node.st_mtime_ns)
    assert asker.stamps(str(odd), []) == ([], [])


def test_more_than_there_is_room_for_are_all_answered_and_a_folder_that_is_away_harms_none(
    tmp_path: Path,
):
    count = 2 * MOST + 3
    for number in range(0, count, 2):
        (tmp_path / f"{number}").write_bytes(b"x" * number)
    asker = Asker()
    names = [b"%d" % number for number in range(count)]
    sizes, times = asker.stamps(str(tmp_path), names)
    assert [time_ns == NOT_HAD for time_ns in times] == [bool(n % 2) for n in range(count)]
    assert sizes[::2] == list(range(0, count, 2))
    _, times = asker.stamps(str(tmp_path / "away"), names)
    assert set(times) == {NOT_HAD}
    # Nothing of the answer before is left.
    assert asker.stamps(str(tmp_path), [b"0", b"1"])[1][1] == NOT_HAD


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors as Linux shows them")
def test_no_folder_stays_open(odd: Path):
    asker = Asker()
    names = [os.fsencode(name) for name in ODD]
    before = os.listdir("/proc/self/fd")
    asker.stamps(str(odd), names)
    assert os.listdir("/proc/self/fd") == before


PATHS = st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3), max_size=30)


@given(PATHS, st.sets(st.integers(1, 30)), st.sampled_from(["/", "/data"]))
def test_each_folder_that_was_listed_is_in_one_group_and_by_its_name(
    paths: list[list[str]], gone: set[int], root: str
):
    folders = Folders(root)
    for path in paths:
        number = 0
        for name in path:
            known = folders.children(number).get(name)
            number = folders.add(number, name) if known is None else known
    for number in range(len(folders)):
        folders.times[number] = GONE if number in gone else number
    found: dict[int, str] = {}
    for above, numbers, names in folders.groups(5, 3):
        assert len(numbers) == len(names) <= 10
        for number, name in zip(numbers, names, strict=True):
            assert number not in found
            found[number] = name.decode() if above is None else f"{above}/{name.decode()}"
    there = set(range(len(folders))) - gone
    assert found == {number: folders.path(number) or "/" for number in there}
