"""Copies of a record, and links to its file: told by `check`, and nothing else is."""

import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.archive.checking import check
from ecgstream.archive.whole import Whole
from ecgstream.storage.derived.verdicts import Verdicts
from tests.archives.kit import ecg

N = 1_000


def save(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(columns, metadata={"fs": "250", "unit": "mV"})
    # As long as others that hold something else.
    pq.write_table(table, path, compression="none", use_dictionary=False, write_statistics=False)


def doubles(folder, kept=None):
    """Return what is said of the records of which it is."""
    told = [one for one in check(Whole((str(folder),)), kept=kept) if hasattr(one, "verdict")]
    return {
        one.record.record: found.detail.partition(": ")[0]
        for one in told
        for found in one.verdict.findings
        if found.kind == "double"
    }


@pytest.fixture
def archive(tmp_path):
    save(tmp_path / "a.parquet", II=ecg(N))
    # Of the same size and shape, and another recording.
    save(tmp_path / "b.parquet", II=ecg(N, 1))
    return tmp_path


def test_a_copy_and_a_link_are_told_and_what_is_but_as_long_is_not(archive):
    assert (archive / "a.parquet").stat().st_size == (archive / "b.parquet").stat().st_size
    assert doubles(archive) == {}
    (archive / "z").mkdir()
    shutil.copy(archive / "a.parquet", archive / "z/copy.parquet")
    (archive / "z/link.parquet").symlink_to(archive / "b.parquet")
    kept = Verdicts(None)
    said = {
        "z.copy": "has the same bytes as record 'a'",
        "z.link": "is the same file as record 'b', by another path (a link)",
    }
    assert doubles(archive, kept) == said
    # A verdict that is kept is of a record alone.
    assert doubles(archive, kept) == said
    (archive / "a.parquet").unlink()
    assert set(doubles(archive, kept)) == {"z.link"}


def test_it_is_a_hint_that_ends_with_1_only_where_hints_are_asked_for(archive):
    shutil.copy(archive / "a.parquet", archive / "c.parquet")
    *_, last = check(Whole((str(archive),)))
    assert last.exit_code("hint") == 1
    assert last.exit_code("warning") == 0


def test_parts_of_a_record_are_all_held_against_those_of_the_other(tmp_path):
    for record, numbers in (("1", (1, 2)), ("2", (1, 2)), ("3", (1, 3))):
        for part, number in enumerate(numbers):
            time = np.arange(N) / 250 + 4 * number
            path = tmp_path / f"rec={record}/part-{part}.parquet"
            save(path, time_s=time, II=ecg(N, number))
    assert doubles(tmp_path) == {"2": "has the same bytes as record '1'"}


def test_records_of_one_table_are_no_copies_of_each_other(tmp_path):
    save(tmp_path / "a.parquet", II=pa.array([ecg(N).tolist()] * 3))
    assert doubles(tmp_path) == {}
