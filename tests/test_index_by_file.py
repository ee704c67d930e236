"""Tables whose rows say the record: a change in one file has no other one read, where that is true."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.storage.foreign.tables import shapes
from ecgstream.storage.index.index import Index
from ecgstream.storage.index.index_work import MANY
from ecgstream.storage.index.indexing import COMMON
from ecgstream.storage.index.squeezing import Squeezed, commons_of
from tests.test_index import same_as_a_scan

FILES = "abcd"


def write(path, ids, place, *, unread=0):
    """Write a row a record; the last `unread` rows hold nothing."""
    rows = [place.integers(-900, 900, 50).astype(np.int16) for _ in ids]
    rows[len(ids) - unread :] = [[]] * unread
    columns = {"record_id": ids, "label": [one[:1] for one in ids], "ECG": rows}
    columns["ECG"] = pa.array(rows, pa.list_(pa.int16()))
    table = pa.table(columns).replace_schema_metadata({"fs": "100", "lead": "II"})
    path.parent.mkdir(exist_ok=True)
    pq.write_table(table, path, row_group_size=3)


@pytest.fixture
def index(tmp_path):
    made = Index([tmp_path / "archive"], tmp_path / "cache")
    yield made
    made.close()


@pytest.fixture
def read(monkeypatch):
    """The files of each time that records were made of some."""
    built = []
    build = shapes.build

    def noting(parts, files):
        built.append("".join(found.path[0] for found in parts))
        return build(parts, files)

    monkeypatch.setattr(shapes, "build", noting)
    return built


def changed(index, read):
    """Bring the index up to date; return the files that were read, each time."""
    read.clear()
    index.update()
    found = list(read)
    same_as_a_scan(index.source(), *index._given)
    return found


def test_one_changed_file_is_read_and_no_other(index, read, tmp_path):
    place, archive = np.random.default_rng(1), tmp_path / "archive"
    for name in FILES:
        write(archive / f"{name}.parquet", [f"{name}{k}" for k in range(5)], place)
    assert changed(index, read) == ["abcd"]
    source = index.source()
    told = []
    source.listen(told.append)
    write(archive / "b.parquet", ["b0", "b9"], place)
    assert changed(index, read) == ["b"]
    source.refresh()
    assert set(told[0].changed) == {"b0"}
    assert set(told[0].added) == {"b9"}
    assert set(told[0].gone) == {"b1", "b2", "b3", "b4"}
    (archive / "c.parquet").unlink()
    assert changed(index, read) == []
    write(archive / "e.parquet", ["e0"], place)
    assert changed(index, read) == ["e"]


def test_what_several_files_have_of_a_record_is_read_of_all(index, read, tmp_path):
    place, archive = np.random.default_rng(2), tmp_path / "archive"
    for name in FILES:
        write(archive / f"{name}.parquet", [f"{name}{k}" for k in range(3)], place)
    assert changed(index, read) == ["abcd"]
    # A record of another file's name, then what has a note: neither can be told by one file.
    write(archive / "b.parquet", ["a1", "b0"], place)
    assert changed(index, read) == ["b", "abcd"]
    write(archive / "c.parquet", ["c0", "c1"], place)
    assert changed(index, read) == ["abcd"]
    write(archive / "b.parquet", ["b0", "b1"], place)
    assert changed(index, read) == ["abcd"]
    write(archive / "d.parquet", ["d0", "d1"], place, unread=1)
    assert changed(index, read) == ["d", "abcd"]


def test_what_is_replaced_is_not_looked_for_among_all_others(index, tmp_path):
    place, archive = np.random.default_rng(5), tmp_path / "archive"
    write(archive / "a.parquet", [f"a{k}" for k in range(2_000)], place)
    write(archive / "b.parquet", [f"b{k}" for k in range(100)], place)
    index.update()
    write(archive / "b.parquet", [f"b{k}" for k in range(100)], place)
    steps = []
    index.file._database.set_progress_handler(lambda: steps.append(1), 1_000)
    index.update()
    # Thousands of SQLite's steps: by the ids of 100 records; by those of all 2,100 it is 866.
    assert len(steps) < 300
    assert len(index.source().records()) == 2_100


def test_whatever_changes_it_comes_out_as_a_scan(index, read, tmp_path):
    place, archive = np.random.default_rng(3), tmp_path / "archive"
    alone = 0
    for _ in range(25):
        path = archive / f"{FILES[place.integers(4)]}.parquet"
        if path.exists() and place.random() < 0.2:
            path.unlink()
        else:
            own = place.random() < 0.8
            ids = [f"{path.stem if own else 'x'}{k}" for k in place.permutation(6)[:3]]
            write(path, ids, place, unread=int(place.random() < 0.1))
        read_of = changed(index, read)
        alone += bool(read_of) and all(len(one) == 1 for one in read_of)
    assert alone


def test_what_rows_have_in_common_is_learned_when_they_come_and_read_again_for_good(
    index, tmp_path
):
    place, archive = np.random.default_rng(5), tmp_path / "archive"
    write(archive / "a.parquet", [f"a{k}" for k in range(MANY)], place)
    index.update()
    same_as_a_scan(index.source(), archive)
    (common,) = commons_of(index.file.said(COMMON))
    stored = index.file.shown().stored
    assert sum(map(len, stored)) < sum(len(Squeezed(b"").pack(common)) for _ in stored) / 5
    # Others that are much like them, a few of another kind, and the first ones again.
    write(archive / "b.parquet", [f"b{k}" for k in range(MANY)], place)
    write(archive / "c.parquet", ["c0"], place)
    index.update()
    assert commons_of(index.file.said(COMMON)) == [common]
    same_as_a_scan(index.source(), archive)
    write(archive / "a.parquet", [f"a{k}" for k in range(MANY)], place)
    index.update()
    same_as_a_scan(index.source(), archive)
