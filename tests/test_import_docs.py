"""What docs/import.md says of mappings is so, and its table names every format."""

import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from scipy.io import savemat

from ecgstream.archive import import_mapping
from ecgstream.archive.import_command import parser
from ecgstream.archive.importing import import_archive, record_id
from ecgstream.formats import matlab
from ecgstream.formats.csv_reading import Told
from ecgstream.formats.registry import FORMATS, stem
from tests.imported import files_of

TEXT = (Path(__file__).parent.parent / "docs" / "import.md").read_text()


def test_the_mapping_in_the_guide_reads_what_it_says_it_reads(tmp_path):
    (mapping,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "study.toml").write_text(mapping)
    study = tmp_path / "study"
    (study / "holter").mkdir(parents=True)
    rows = "".join(f"{k / 1000:.3f},{-k / 1000:.3f}\n" for k in range(100))
    (study / "holter" / "a.csv").write_text("I,II\n" + rows)
    (study / "deep").mkdir()
    text = "".join(f"{4 * k} {k - 32768 if k == 0 else k}\n" for k in range(100))
    (study / "deep" / "b.txt").write_text(text)
    savemat(study / "deep" / "c.mat", {"val": np.arange(2000, dtype=np.int16).reshape(2, 1000)})
    said = import_mapping.load(tmp_path / "study.toml")
    report = import_archive([study], tmp_path / "out", mapping=said)
    assert [one.record for one in report.imported] == ["b-pq", "c-pq", "a-pq"], list(report.lines())
    ((path, schema, footer),) = files_of(tmp_path / "out", "a-pq")
    assert (footer.fs, footer.fs_source, schema.names) == (250.0, "mapping", ["I", "II"])
    field = schema.field("I").metadata
    assert field[b"unit"] == b"mV"
    values = pq.read_table(path)["I"].to_numpy() / float(field[b"gain"])
    assert np.array_equal(values, np.arange(100) / 1000)
    ((path, schema, footer),) = files_of(tmp_path / "out", "b-pq")
    assert (footer.fs, schema.names) == (250.0, ["II"])
    field = schema.field("II").metadata
    assert (float(field[b"gain"]), float(field[b"baseline"])) == (200.0, 1024.0)
    assert pq.read_table(path)["II"].to_pylist() == [None, *range(1, 100)]
    ((path, schema, footer),) = files_of(tmp_path / "out", "c-pq")
    assert (footer.fs, schema.names) == (500.0, ["I", "II"])
    assert float(schema.field("II").metadata[b"gain"]) == 1000.0
    assert pq.read_table(path)["II"].to_pylist() == list(range(1000, 2000))


def test_yaml_says_the_same_as_toml_whatever_it_takes_a_key_for(tmp_path):
    (tmp_path / "m.yaml").write_text(
        "import:\n- files: '*'\n  format: csv\n  fs: 250\n  start_time: 2020-05-04T10:44:00\n"
        "  signals: {2: {name: II}}\n"
    )
    (entry,) = import_mapping.load(tmp_path / "m.yaml").entries
    assert entry.told == {
        "fs": 250,
        "start_time": "2020-05-04T10:44:00",
        "signals": {"2": {"name": "II"}},
    }


def test_the_guide_has_every_key_of_a_mapping_every_format_and_every_option():
    for key in (*Told.__struct_fields__, *matlab.Told.__struct_fields__):
        assert f"`{key}`" in TEXT, key
    for words in ("WFDB", "EDF", "BDF", "DICOM", "aECG", "MUSE", "CardioSoft", "Sierra", "SCP-ECG"):
        assert words in TEXT, words
    needed = {one.extra for one in FORMATS.values() if one.extra}
    assert set(re.findall(r"ecgstream\[(\w+)\]", TEXT)) == needed
    options = {option for action in parser()._actions for option in action.option_strings}
    for option in options - {"-h", "--help", "--no-pyramids"}:
        assert f"{option}" in TEXT, option


def test_an_id_is_what_the_guide_says_of_the_name_of_a_file():
    for name, identity in re.findall(r"`([^` ]+)`[^`]*? becomes\s`([^`]+-pq)`", TEXT):
        assert record_id(stem(Path(name))) == identity
    assert record_id(stem(Path("1.2.840.113619"))) == "1.2.840.113619-pq"
    assert len(re.findall(r"becomes\s`[^`]+-pq`", TEXT)) == 2
