"""Texts are times in one form of ISO 8601 alone; what may mean two days is refused."""

import re

import numpy as np
import pyarrow as pa
import pytest

from ecgstream.storage import files
from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading, parsed
from ecgstream.storage.foreign.proposing import proposed
from ecgstream.storage.foreign.times import text_times
from tests.archives.kit import ecg, save

N = 500
BEGAN = np.datetime64("2021-03-04T05:06:07.008", "us")
TEXTS = (BEGAN + np.arange(N) * 4_000).astype(str).tolist()


def read(folder, mapping=""):
    said = Reading(parsed(mapping.encode(), "m.toml")) if mapping else AS_IT_IS
    return scan([folder], reading=said)


def instead(row, text):
    return [*TEXTS[:row], text, *TEXTS[row + 1 :]]


REFUSED = {
    "a day or a month": (["03/04/2021 05:06:07"] * N, "row 0 says '03/04/2021 05:06:07'"),
    "a time of day": (["05:06:07.008"] * N, "row 0 says"),
    "a date alone": (["2021-03-04"] * N, "row 0 says"),
    "no seconds": (["2021-03-04T05:06+02:00"] * N, "row 0 says"),
    "one of another form": (instead(300, "2021/03/04 05:06:08"), "row 300 says '2021/03/04"),
    "a zone among none": (instead(9, f"{TEXTS[9]}Z"), "row 9 says .* without a zone as in"),
    "none among zones": (
        [f"{one}Z" for one in TEXTS[:400]] + TEXTS[400:],
        "row 400 says .* with a zone as in",
    ),
    "30 February": (instead(7, "2021-02-30 05:06:07"), "row 7 says '2021-02-30"),
    "the second 60": (instead(7, "2021-03-04 05:06:60"), "row 7 says"),
    "nothing": (instead(11, ""), "row 11 says ''"),
    "none at all": ([*TEXTS[:40], None, *TEXTS[41:]], "row 40 has no time"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_text_that_is_no_sure_time_is_refused_with_its_row_and_what_would_do(tmp_path, case):
    texts, words = REFUSED[case]
    save(tmp_path / "r.parquet", {"ts": texts, "II": ecg(N)}, group=100)
    source = read(tmp_path)
    assert not source.records()
    (problem,) = source.problems
    assert re.search(words, str(problem)), str(problem)
    assert problem.column == "ts"
    if texts.count(None):
        return
    (line, pace) = proposed(problem.detail)
    assert (line, pace) == ('time = "none"', "fs = RATE")
    said = read(tmp_path, f'[[table]]\nfiles = "**"\n{line}\n{pace.replace("RATE", "250")}')
    assert [str(one) for one in said.problems] == []
    assert dict(said.records()[0].found)["time"] == "none: rows are counted, as a mapping says"


def test_a_long_table_names_the_row_of_a_text_that_is_no_time(tmp_path):
    columns = {"lead": ["II"] * N, "ts": instead(321, "4.3.2021 05:06"), "value_mv": ecg(N)}
    save(tmp_path / "r.parquet", columns, group=200)
    (problem,) = read(tmp_path).problems
    assert "row 321 says '4.3.2021 05:06'" in str(problem)


def test_the_plain_layout_takes_texts_and_says_so(tmp_path):
    save(tmp_path / "patient=p" / "lead=II" / "a.parquet", {"timestamp": TEXTS, "voltage": ecg(N)})
    source = read(tmp_path)
    assert [str(one) for one in source.problems] == []
    (record,) = source.records()
    assert record.leads[0].fs == 250
    assert record.start_time == 1_614_834_367.008
    told = "column timestamp, convention: text column timestamp, ISO 8601 to the microsecond"
    assert dict(record.found)["time"] == told


def test_a_wall_clock_in_a_zone_that_a_mapping_names_has_no_hole_where_it_skips_an_hour(tmp_path):
    at = np.datetime64("2021-03-28T01:59:59", "us") + np.arange(N) * 4_000
    at[250:] += np.timedelta64(1, "h")
    save(tmp_path / "r.parquet", {"when": at.astype(str), "II": ecg(N)})
    said = '[[table]]\nfiles = "**"\ntime = { column = "when" }\nzone = "Europe/Berlin"'
    source = read(tmp_path, said)
    assert [str(one) for one in source.problems] == []
    (record,) = source.records()
    assert (record.leads[0].length, record.zone) == (N, "Europe/Berlin")
    assert dict(record.found)["time"] == "mapping: text column when, ISO 8601 to the microsecond"


def test_files_of_one_lead_with_and_without_a_zone_are_refused(tmp_path):
    folder = tmp_path / "patient=p" / "lead=II"
    save(folder / "a.parquet", {"timestamp": TEXTS, "voltage": ecg(N)})
    late = [f"{one}Z" for one in (BEGAN + (N + np.arange(N)) * 4_000).astype(str)]
    save(folder / "b.parquet", {"timestamp": late, "voltage": ecg(N)})
    source = read(tmp_path)
    assert not source.records()
    assert "string, string with a zone" in str(source.problems[0])


def test_a_row_group_of_many_texts_is_read_in_parts_and_never_as_a_dictionary(
    tmp_path, monkeypatch
):
    save(tmp_path / "r.parquet", {"ts": TEXTS, "II": ecg(N)}, group=N)
    monkeypatch.setattr(files, "LARGE", 4_000)
    monkeypatch.setattr(files, "BLOCK", 2_000)
    held = []
    real = text_times.micros

    def watched(texts, *how):
        held.append((len(texts), pa.types.is_dictionary(texts.type)))
        return real(texts, *how)

    monkeypatch.setattr(text_times, "micros", watched)
    (record,) = read(tmp_path).records()
    assert record.leads[0].length == N
    assert sum(count for count, _ in held) == N
    assert max(count for count, _ in held) < N / 4
    assert not any(coded for _, coded in held)


def test_digits_beyond_the_microsecond_are_cut_off_and_offsets_are_instants():
    texts = ["1969-12-31T23:59:59.999999999Z", "2021-03-04 05:06:07.0080019+0530"]
    read_as = text_times.micros(pa.chunked_array([pa.array(texts)]))
    assert read_as.tolist() == [-1, 1_614_834_367_008_001 - 19_800_000_000]
