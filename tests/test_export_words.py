"""What `ecgstream export` tells of the archive: only what concerns the record that is asked for."""

import logging

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.archive.export_command import parser, run
from ecgstream.errors import ConfigError, RecordNotFound
from ecgstream.storage.foreign.mapping import parsed


@pytest.fixture
def archive(tmp_path):
    good = pa.table({"II": np.arange(500.0)}, metadata={"fs": "100", "unit": "mV"})
    for name in ("good", "other"):
        pq.write_table(good, tmp_path / f"{name}.parquet")
    pq.write_table(good.replace_schema_metadata(), tmp_path / "norate.parquet")
    (tmp_path / "junk.parquet").write_bytes(b"no Parquet at all")
    return tmp_path


def exported(archive, record, monkeypatch, caplog):
    monkeypatch.setenv("XDG_CACHE_HOME", str(archive.parent / "cache"))
    words = [record, "--data", str(archive), "--csv", str(archive.parent / "out.csv")]
    with caplog.at_level(logging.WARNING):
        return run(parser().parse_args(words), "1")


def test_of_a_record_that_is_whole_nothing_of_others_is_told(archive, monkeypatch, caplog):
    assert "record good" in exported(archive, "good", monkeypatch, caplog)
    assert not caplog.records


def test_of_one_that_is_not_there_its_own_file_is_told_with_a_table_to_paste(
    archive, monkeypatch, caplog
):
    with pytest.raises(RecordNotFound):
        exported(archive, "norate", monkeypatch, caplog)
    (told,) = caplog.messages
    assert "norate.parquet" in told
    pasted = "\n".join(told.splitlines()[1:])
    assert pasted == '[[table]]\nfiles = "norate.parquet"\nfs = RATE'


def test_a_line_of_a_whole_mapping_in_a_table_is_told_for_what_it_is():
    with pytest.raises(ConfigError, match=r"make a \[\[table\]\] of its keys"):
        parsed(b'[[table]]\nfiles = "a"\ntable = [{ files = "b", fs = 1 }]\n', "m.toml")
