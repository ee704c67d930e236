"""What stands far outside all else is told with the table that makes it a gap."""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.cli import main
from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import Reading, parsed


def stored(folder: Path, values: np.ndarray, name: str = "II") -> Path:
    times = np.arange(len(values)) / 360
    folder.mkdir()
    pq.write_table(pa.table({"time": times, name: values}), folder / "s.parquet")
    return folder


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    main(["check", *map(str, arguments), "--workers=1"])
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "case",
    [
        ("II", "f8", -9999, "missing = [-9999]"),
        ("II_mV", "f4", 1e30, "missing = [1e+30]"),
        ("II", "i2", 32767, "missing = [32767, -32768]"),
    ],
)
def test_the_table_that_is_told_makes_gaps_of_it(tmp_path, capsys, case):
    name, kind, value, key = case
    samples = np.random.default_rng(1).normal(0, 300 if kind == "i2" else 0.3, 7_200).astype(kind)
    samples[100:150] = value
    if kind == "i2":
        samples[200] = -32768
    folder = stored(tmp_path / "a", samples, name)
    cache = f"--cache={tmp_path / 'cache'}"
    out = said(capsys, folder, cache)
    assert "warning sentinel: II: " in out
    assert "saturated" not in out
    table = re.search(r"^ +(\[\[table\]\]\n.*\n.*)$", out, re.MULTILINE)
    assert table is not None
    assert table[1].splitlines()[-1].strip() == key
    mapping = tmp_path / "m.toml"
    mapping.write_text(table[1].replace("    ", ""))
    again = said(capsys, folder, cache, f"--mapping={mapping}")
    assert "sentinel" not in again
    assert "warning missing: II: " in again
    assert "at 0:00.2-0:00.4" in again


def test_nothing_is_taken_for_missing_by_itself(tmp_path, capsys):
    samples = np.random.default_rng(1).normal(0, 0.3, 7_200)
    samples[100:150] = -9999
    folder = stored(tmp_path / "a", samples)
    out = said(capsys, folder, f"--cache={tmp_path / 'cache'}", "--figures")
    assert "missing 0" not in out
    assert "warning missing" not in out


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("f8", -9999, "-9999 may stand for missing"),
        ("f4", 1e30, "1e+30 may stand for missing"),
        ("i2", 32767, "32767 may stand for missing"),
        ("f4", np.inf, "infinite samples"),
        ("f8", -0.5, None),
        ("f8", -100, None),
    ],
)
def test_what_footers_show_of_it_is_told_beside_the_record(tmp_path, kind, value, told):
    samples = np.random.default_rng(1).normal(0, 300 if kind == "i2" else 0.3, 7_200).astype(kind)
    samples[100:150] = value
    (record,) = scan([stored(tmp_path / "a", samples)]).records()
    found = dict(record.found)
    assert found.get("suspected of II") == (told and f"{told}, by the footers: see check")


def test_what_a_mapping_takes_for_missing_is_suspected_no_more(tmp_path):
    samples = np.random.default_rng(1).normal(0, 0.3, 7_200)
    samples[100:150] = -9999
    folder = stored(tmp_path / "a", samples)
    said = 'table = [{ files = "**", signals = { II = { missing = [-9999] } } }]'
    (record,) = scan([folder], reading=Reading(parsed(said.encode(), "m"))).records()
    found = dict(record.found)
    assert "suspected of II" not in found
    assert found["missing of II"] == "mapping: -9999"


def test_a_lead_whose_rows_lie_between_others_is_suspected_of_nothing(tmp_path):
    values = np.tile([-9999.0, 0.5], 500)
    columns = {"lead": ["I", "II"] * 500, "time_ms": np.repeat(np.arange(500) * 4, 2)}
    pq.write_table(pa.table(columns | {"value_mv": values}), tmp_path / "l.parquet")
    (record,) = scan([tmp_path]).records()
    assert not any(what.startswith("suspected") for what, _ in record.found)
