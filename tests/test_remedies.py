"""What a refusal proposes, followed to the letter: the record is there with all its leads."""

import re

import numpy as np
import pyarrow as pa
import pytest

from ecgstream.cli import main
from ecgstream.errors import ConfigError
from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.drafting import draft
from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading, parsed
from ecgstream.storage.foreign.proposing import proposed, spelled
from tests.archives.kit import ecg, save
from tests.serving import ServerProcess
from tests.test_mapping_served import got

N = 1_000
TWELVE = ("I", "II", "III", "aVR", "aVL", "aVF", *(f"V{k}" for k in range(1, 7)))
LISTS = [ecg(N, k).tolist() for k in range(2)]

ARCHIVES = {
    "twelve-leads": {"r": {name: ecg(N, k) for k, name in enumerate(TWELVE)}},
    "another-language": {
        "r": {"Zeit": np.arange(N) / 250, "Abl_I": ecg(N), "Abl_II": ecg(N, 1), "Puls": ecg(N, 2)}
    },
    "no-name-and-no-time": {"r": {"chA": ecg(N), "chB": ecg(N, 1)}},
    "lists": {
        "r": {"ecg_id": ["a", "b"], "I": LISTS, "II": LISTS[::-1], "age": [7, 8], "report": ["x"] * 2}
    },
    "lists-by-no-name": {"r": {"study_id": [17], "Fs": [250], "p_signal": LISTS[:1]}},
    "unit-of-time": {"r": {"t": np.arange(N) / 250, "ABP": ecg(N)}},
    "one-time": {
        "r": {"time": (1.6e9 + np.arange(N) / 250).astype(np.float32), "II": ecg(N), "V1": ecg(N)}
    },
    "parts": {f"rec=05/part-{k}": {"II": ecg(N, k), "V1": ecg(N, k + 3)} for k in range(3)},
    "samples-beside-their-lead": {
        "r": {"time_ms": np.arange(N) * 4, "lead": ["II"] * N, "count": ecg(N), "age": ecg(N, 1)}
    },
    "text-for-time": {"r": {"time": np.arange(N).astype(str), "II_mV": ecg(N), "V1_mV": ecg(N)}},
}  # fmt: skip
LEADS = {
    "twelve-leads": TWELVE,
    "another-language": ("I", "II", "X1"),
    "no-name-and-no-time": ("X1", "X2"),
    "lists": ("I", "II"),
    "lists-by-no-name": ("X1",),
    "unit-of-time": ("ABP",),
    "one-time": ("II", "V1"),
    "parts": ("II", "V1"),
    "samples-beside-their-lead": ("II",),
    "text-for-time": ("II", "V1"),
}


def answered(text):
    """Return a proposal with what its open words stand for."""
    text = re.sub(r'^((?:# \?\? )?time = .*)"UNIT"', r'\1"s"', text, flags=re.MULTILINE)
    text = text.replace("RATE", "250").replace("UNIT", "mV").replace("COLUMN", "count")
    count = iter(range(1, 99))
    return re.sub('"LEAD"', lambda _: f'"X{next(count)}"', text)


def followed(mapping, problem):
    """Return the mapping with what a problem proposes, put where it says."""
    told = spelled(str(problem))
    assert told != str(problem), told
    if "\n[[table]]" in told:
        return f"{mapping}\n{answered(told[told.index('[[table]]') :])}"
    lead, *lines = told.split("\n")
    said = re.search(
        r"say in the mapping right below (files = \S+?)( in place of its (.*))?:$", lead
    )
    begin, _, end = mapping.partition(said[1])
    for key in filter(None, (said[3] or "").split(", ")):
        end = re.sub(rf"^{key} = .*$\n?", "", end, count=1, flags=re.MULTILINE)
    return f"{begin}{said[1]}\n{answered(chr(10).join(lines))}{end}"


def reading(text):
    return Reading(parsed(text.encode(), "m.toml")) if text else AS_IT_IS


def written(folder, name):
    for path, columns in ARCHIVES[name].items():
        save(folder / f"{path}.parquet", columns)


@pytest.mark.parametrize("name", ARCHIVES)
def test_each_question_leads_to_the_next_and_the_last_one_to_all_leads(tmp_path, name):
    written(tmp_path, name)
    text = ""
    for _ in range(5):
        source = scan([tmp_path], reading=reading(text))
        if not source.problems:
            break
        # All of one answer at once, as a person pastes what `check` printed.
        for problem in source.problems:
            text = followed(text, problem)
    assert [str(one) for one in source.problems] == []
    for record in source.records():
        assert {lead.name for lead in record.leads} == set(LEADS[name])
    assert sum(len(one.leads) * one.leads[0].length for one in source.records()) == sum(
        len(np.ravel(np.concatenate([*columns[column]])) if isinstance(columns[column][0], list) else columns[column])
        for columns in ARCHIVES[name].values()
        for column in list(columns)
        if column not in {"Zeit", "time", "t", "time_ms", "lead", "age", "report", "ecg_id", "study_id", "Fs"}
    )  # fmt: skip


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_draft_that_is_filled_in_leads_to_all_leads_or_to_the_next_question(tmp_path, name):
    written(tmp_path, name)
    text = answered(draft([tmp_path])).replace("# ?? ", "")
    source = scan([tmp_path], reading=reading(text))
    if source.problems:
        (problem,) = source.problems
        assert name == "parts"
        source = scan([tmp_path], reading=reading(followed(text, problem)))
    assert [str(one) for one in source.problems] == []
    for record in source.records():
        assert {lead.name for lead in record.leads} == set(LEADS[name])
        assert {lead.unit for lead in record.leads} == {"mV"}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_draft_asks_what_is_open_and_as_it_is_drafted_changes_nothing(tmp_path, name):
    written(tmp_path, name)
    before = scan([tmp_path])
    text = draft([tmp_path])
    for problem in before.problems:
        for line in proposed(problem.detail):
            if not line.startswith("signals"):
                assert f"# ?? {line}" in text
    after = scan([tmp_path], reading=reading(text))
    assert after.records() == before.records() == ()
    assert len(after.problems) == len(before.problems)


def test_a_rate_that_the_times_deny_is_asked_and_not_drafted_as_settled(tmp_path):
    columns = {"time_s": np.arange(5 * N) / 500, "II_mV": ecg(5 * N), "V1_mV": ecg(5 * N)}
    save(tmp_path / "r.parquet", columns, metadata={"fs": "250"})
    text = draft([tmp_path])
    assert "# ?? fs = 500" in text
    assert not re.search("^fs = ", text, re.MULTILINE)
    (problem,) = scan([tmp_path]).problems
    assert "e+" not in str(problem)
    for said in (text.replace("# ?? fs", "fs"), followed("", problem)):
        (record,) = scan([tmp_path], reading=reading(said)).records()
        assert (record.fs, [one.name for one in record.leads]) == (500, ["II", "V1"])


def test_a_column_that_says_a_rate_gives_way_to_a_mapping_that_says_another(tmp_path):
    columns = {"time_ms": np.tile(np.arange(N) * 4, 2), "lead": ["I"] * N + ["II"] * N}
    save(tmp_path / "r.parquet", columns | {"uV": ecg(2 * N), "fs": [100, *[100] * (2 * N - 1)]})
    first, *_ = problems = scan([tmp_path]).problems
    assert "fs = 250" in str(first)
    assert len(problems) == 2
    (record,) = scan([tmp_path], reading=reading(followed("", first))).records()
    assert (record.fs, [one.name for one in record.leads]) == (250, ["I", "II"])


def test_what_is_said_already_is_to_be_said_in_its_place(tmp_path):
    save(tmp_path / "r.parquet", {"t": np.arange(N) / 250, "ABP": ecg(N)})
    text = '[[table]]\nfiles = "*.parquet"\ntime = { column = "t" }\nunit = "mmHg"\n'
    (problem,) = scan([tmp_path], reading=reading(text)).problems
    assert 'right below files = "*.parquet" in place of its time: time = {' in str(problem)
    (record,) = scan([tmp_path], reading=reading(followed(text, problem))).records()
    assert record.fs == 250


NO_SAMPLES = {
    "text": ("II_mV", ecg(9).astype(str), "is string; .* store its values as numbers"),
    "struct": ("ecg", [{"I": 0.5, "II": 1.0}] * 9, "is struct<.*store each of its fields as a column"),
    "lists-of-lists": ("ecg", [[[0.5, 1.0]] * 3] * 9, "is list<.*store each lead as a list in a column"),
    "bytes": ("data", [b"abc"] * 9, "is binary; expected integers, floats or decimals"),
}  # fmt: skip


@pytest.mark.parametrize("lead", [False, True])
@pytest.mark.parametrize("name", NO_SAMPLES)
def test_samples_of_a_type_that_holds_none_are_named_with_that_type(tmp_path, name, lead):
    column, values, words = NO_SAMPLES[name]
    beside = {"lead": ["II"] * 9} if lead else {}
    held = {"time_s": np.arange(9) / 250, "age": np.arange(9), **beside}
    save(tmp_path / "r.parquet", {**held, column: pa.array(values)})
    (problem,) = scan([tmp_path]).problems
    assert problem.column == column
    assert re.search(words, problem.detail)
    assert proposed(problem.detail) == ()


def test_what_stands_open_in_a_mapping_is_refused_by_its_key():
    for said, key in (
        ('signals = { "COLUMN" = {} }', "signals.COLUMN"),
        ('time = { column = "COLUMN" }', "time.column"),
        ('record_column = "COLUMN"', "record_column"),
        ('stride = { column = "COLUMN" }', "stride.column"),
    ):
        with pytest.raises(ConfigError, match=f"{key}: COLUMN stands for what nobody has said"):
            parsed(f'[[table]]\nfiles = "*"\n{said}'.encode(), "m")


def test_names_that_look_like_a_mapping_stay_names(tmp_path):
    column = 'a", b = { c = [1], "}] \\'
    path = 'it\'s , { "x" = [.parquet'
    save(tmp_path / path, {"time_s": np.arange(N) / 250, column: ecg(N)})
    (problem,) = scan([tmp_path]).problems
    (record,) = scan([tmp_path], reading=reading(followed("", problem))).records()
    assert [one.name for one in record.leads] == ["X1"]


def test_what_check_prints_of_two_files_is_pasted_as_it_is_and_served(tmp_path, capsys):
    for name in ("a", "b"):
        save(tmp_path / f"archive/{name}.parquet", {"I": ecg(N), "II": ecg(N, 1)})
    said = tmp_path / "m.toml"
    options = [f"--cache={tmp_path / 'cache'}", "--workers=1", f"--write-mapping={said}"]
    main(["check", str(tmp_path / "archive"), *options])
    told = capsys.readouterr().out.splitlines()
    pasted = "\n".join(line for line in told if re.match(r"\[\[|\w+ = ", line))
    parsed(answered(pasted).encode(), "m.toml")
    drafted = said.read_text()
    said.write_text(answered(drafted).replace("# ?? ", ""))
    (tmp_path / "pasted.toml").write_text(answered(pasted))
    for mapping in (said, tmp_path / "pasted.toml"):
        options = (f"--mapping={mapping}", f"--cache={tmp_path / 'cache'}")
        with ServerProcess([tmp_path / "archive"], *options) as server:
            listed = got(f"{server.url}/api/v1/records")["records"]
            assert {one["record"]: [s["name"] for s in one["leads"]] for one in listed} == {
                "a": ["I", "II"],
                "b": ["I", "II"],
            }
            window = got(f"{server.url}/api/v1/records/b/window")
            assert np.array_equal(window["samples"]["II"], ecg(N, 1))


def test_a_table_for_one_file_goes_in_front_of_the_pattern_that_counts(tmp_path):
    for patient in ("P1", "P2"):
        held = {"time_ms": np.arange(N) * 4, "record_id": ["1"] * N, "patient_id": [patient] * N}
        save(tmp_path / f"{patient}.parquet", held | {"lead": ["II"] * N, "adc": ecg(N)})
    text = '[[table]]\nfiles = "*.parquet"\nunit = "uV"\n'
    (problem,) = scan([tmp_path], reading=reading(text)).problems
    words = spelled(str(problem))
    assert 'in front of files = "*.parquet", with what that one says too' in words
    front = words[words.index("[[table]]") :] + '\nunit = "uV"\n'
    source = scan([tmp_path], reading=reading(f"{front}\n{text}"))
    assert [str(one) for one in source.problems] == []
    owners = {one.patient: [lead.unit for lead in one.leads] for one in source.records()}
    assert owners == {"P1": ["uV"], "P2": ["uV"]}


def test_times_that_no_rate_explains_end_in_rows_as_they_come(tmp_path):
    times = np.cumsum(np.random.default_rng(4).integers(1, 900, N))
    save(tmp_path / "r.parquet", {"time_ms": times, "II": ecg(N), "V1": ecg(N)})
    text = ""
    for _ in range(3):
        source = scan([tmp_path], reading=reading(text))
        for problem in source.problems:
            text = followed(text, problem)
    (record,) = source.records()
    assert [one.length for one in record.leads] == [N, N]
    assert dict(record.found)["time"] == "none: rows are counted, as a mapping says"
