"""A mapping: understood, or refused naming the file, the table and the key."""

import re

import numpy as np
import pytest

from ecgstream.errors import ConfigError
from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import Reading, load, matches, parsed, reading_of
from tests.archives.kit import ecg, save

N = 1_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[table]]\nfiles = "*"\nsampling = 3', "table 1: Object contains unknown field `sampling`; known are files"),
        ('[[table]]\nfiles = "*"\n[table.signals.a]\nunits = "mV"', "known are name, unit, gain"),
        ('[[table]]\nfiles = "*"\ntime = { columns = "t" }', "known are column, counts, unit"),
        ("[[table]]\nfs = 3", "table 1: Object missing required field `files`"),
        ('[[table]]\nfiles = "*"\n[[table]]\nfiles = "b"\nfs = "x"', "table 2 (b): fs: is 'x'; expected a number above 0"),
        ('[[table]]\nfiles = "*"\ngain = 0.0', "table 1 (*): gain: is 0"),
        ('[[table]]\nfiles = "*"\npath = "("', "path: is no regular expression"),
        ('[[table]]\nfiles = "*"\npath = "(?P<rec>.*)"', "path: names rec; expected groups (?P<record>...)"),
        ('[[table]]\nfiles = "*"\nstride = { samples = 5, seconds = 1 }', "stride: expected one of"),
        ('[[table]]\nfiles = "*"\nstart_time = "noon"', "start_time: is 'noon'"),
        ('[[table]]\nfiles = "*"\nzone = "Europe/Nowhere"', "zone: 'Europe/Nowhere' is not known"),
        ('[[table]]\nfiles = "*"\nshape = "rows"', "table 1.shape: Invalid enum value 'rows'"),
        ("table = 3", "table: Expected `array`, got `int`"),
        ("[[table]", "is not TOML"),
        ("", "Object missing required field `table`; expected a list of [[table]]"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_mapping_is_named_with_its_place(text, words):
    with pytest.raises(ConfigError) as error:
        parsed(text.encode(), "m.toml")
    assert str(error.value).startswith("mapping m.toml: ")
    assert words in str(error.value)


def test_a_mapping_may_be_yaml_and_says_the_same(tmp_path):
    (tmp_path / "m.yaml").write_text("table:\n- {files: '*.parquet', fs: 1000/3, time: none}\n")
    (tmp_path / "m.toml").write_text(
        '[[table]]\nfiles = "*.parquet"\nfs = "1000/3"\ntime = "none"\n'
    )
    assert load(tmp_path / "m.yaml").tables == load(tmp_path / "m.toml").tables
    (tmp_path / "m.yaml").write_text("table: [")
    with pytest.raises(ConfigError, match="is not YAML"):
        load(tmp_path / "m.yaml")


def test_a_mapping_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="fs: 'fast' is no rate"):
        reading_of(None, "fast")


@pytest.mark.parametrize(
    ("pattern", "path", "found"),
    [
        ("*.parquet", "a.parquet", True),
        ("*.parquet", "x/a.parquet", False),
        ("**/*.parquet", "a.parquet", True),
        ("**/*.parquet", "x/y/a.parquet", True),
        ("**", "x/y/a.parquet", True),
        ("holter/**", "holter/1/a.parquet", True),
        ("holter/**", "rest/a.parquet", False),
        ("a?.parquet", "a1.parquet", True),
        ("a[!1].parquet", "a1.parquet", False),
        ("a[1].parquet", "a[1].parquet", True),
    ],
)
def test_files_are_matched_as_a_shell_does(pattern, path, found):
    assert matches(pattern, path) == found


def said(text):
    return Reading(parsed(text.encode(), "m.toml"))


def test_the_first_table_that_matches_counts_and_the_rest_is_recognised(tmp_path):
    save(tmp_path / "a/r.parquet", {"II": ecg(N)}, metadata={"fs": "500"})
    save(tmp_path / "b/r.parquet", {"II": ecg(N)}, metadata={"fs": "500"})
    reading = said('table = [{files = "a/**", fs = 250}, {files = "**/x", fs = 1}]')
    rates = {one.record: one.fs for one in scan([tmp_path], reading=reading).records()}
    assert rates == {"a.r": 250, "b.r": 500}


REFUSED = {
    "no-rate": {"II": ecg(N)},
    "sample-numbers": {"sample": np.arange(N), "II": ecg(N)},
    "no-signal-known": {"time_ms": np.arange(N) * 4, "channel_a": ecg(N)},
    "unit-of-time": {"t": np.arange(N) * 1.0, "SpO2": ecg(N)},
    "text-for-time": {"time": np.arange(N).astype(str), "II": ecg(N)},
    "half-samples": {"sample": np.arange(N) / 2, "II": ecg(N)},
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_the_mapping_that_would_do_and_it_does(tmp_path, name):
    path = save(tmp_path / 'it\'s [1] "ä".parquet', REFUSED[name])
    source = scan([tmp_path])
    assert source.records() == ()
    (problem,) = source.problems
    assert problem.path == str(path)
    remedy = re.search(r"say in a mapping: (table = .*)$", str(problem))
    assert remedy, str(problem)
    if re.search("RATE|UNIT|LEAD", remedy[1]):
        # What somebody has to say is left open, and is no mapping before it is said.
        with pytest.raises(ConfigError, match=r"RATE|UNIT|LEAD"):
            said(remedy[1])
    unit = "s" if "time = {" in remedy[1] else "mV"
    text = remedy[1].replace("RATE", "250").replace("UNIT", unit).replace("LEAD", "II")
    source = scan([tmp_path], reading=said(text))
    assert [str(one) for one in source.problems] == []
    (record,) = source.records()
    (column,) = source.read(record.record, [record.leads[0].name], 0, N)
    values = next(v for v in REFUSED[name].values() if np.array_equal(v, ecg(N)))
    assert column.samples.tobytes() == values.tobytes()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('lead_column = "who"', "column 'who': is not there, and the mapping (lead_column) names it"),
        ('time = { column = "when" }', "column 'when': is not there, and the mapping (time.column)"),
        ("signals = { V9 = {} }", "column 'V9': is not there, and the mapping (signals.V9) names it"),
        ("signals = { note = {} }", "column 'note': is string; expected integers, floats or decimals"),
        ('path = "(?P<record>x+)"', "does not match `path` of the mapping"),
        ('shape = "packets"', "column 'II': is double, and the mapping says shape packets"),
        ('record_column = "II"', "column 'II': holds no names, and the mapping's record_column"),
    ],
)  # fmt: skip
def test_a_mapping_that_does_not_fit_its_file_names_file_and_column(tmp_path, text, words):
    path = save(tmp_path / "r.parquet", {"II": ecg(N), "note": ["x"] * N})
    source = scan([tmp_path], reading=said(f'table = [{{ files = "**", fs = 100, {text} }}]'))
    (problem,) = source.problems
    assert problem.path == str(path)
    assert words in str(problem)
