"""Verdicts that are kept: found again by the same samples alone, by every process."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from ecgstream.model.annotation import AnnotationHead
from ecgstream.storage.catalog import scan
from ecgstream.storage.derived.examining import examined
from ecgstream.storage.derived.verdict import CheckFinding
from ecgstream.storage.derived.verdicts import FILE, Verdicts, key_of, verdict_key
from tests.ecg_made import record, regular, wave
from tests.serving import DATA


@pytest.fixture
def source():
    mv = wave(regular(20, 70), 20)
    mv[100:300] = np.nan
    return record("r", {"V1": mv})


def test_what_is_kept_is_found_again_and_by_another_process_too(tmp_path, source):
    verdict, key, about = examined(source, "r"), verdict_key(source, "r"), source.record("r")
    first = Verdicts(tmp_path)
    assert first.get(key, about) is None
    assert first.level(key) is None
    assert first.keep(key, verdict)
    assert first.get(key, about) == verdict
    second = Verdicts(tmp_path)
    assert second.get(key, about) == verdict
    assert second.level(key) == "warning"
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_an_equal_copy_has_it_under_its_own_name(source):
    kept = Verdicts(None)
    kept.keep("k", examined(source, "r"))
    about = source.record("r")
    lead = replace(about.leads[0], fs_source="mapping")
    found = kept.get("k", replace(about, record="other", leads=(lead,)))
    assert found is not None
    assert (found.record, found.fs_source) == ("other", "mapping")
    assert found.leads["V1"].fs_source == "mapping"


def test_what_was_kept_since_is_told_once(tmp_path, source):
    verdict = examined(source, "r")
    one, other = Verdicts(tmp_path), Verdicts(tmp_path)
    one.keep("a", verdict)
    place, levels = other.since(0)
    assert levels == {"a": "warning"}
    assert other.since(place) == (place, {})
    one.keep("b", msgspec.structs.replace(verdict, level="clean", findings=()))
    one.keep("a", verdict)
    assert other.since(place)[1] == {"b": "clean", "a": "warning"}


@pytest.mark.parametrize(
    "change", [{"unit": "µV"}, {"kind": "abp"}, {"gain": 2.0}, {"baseline": 1.0}, {"fs": 1.0}]
)
def test_another_understanding_is_another_key(source, change):
    about = source.record("r")
    other = replace(about, leads=(replace(about.leads[0], **change),))
    assert key_of("c", other, []) != key_of("c", about, [])
    assert key_of("d", about, []) != key_of("c", about, [])
    assert key_of("c", about, [AnnotationHead("atr", 250.0, 3, None)]) != key_of("c", about, [])


def test_a_verdict_of_another_checker_is_none(source, monkeypatch):
    kept = Verdicts(None)
    kept.keep("k", msgspec.structs.replace(examined(source, "r"), checker="ecgstream-check-0"))
    assert kept.get("k", source.record("r")) is None
    assert kept.level("k") is None
    assert kept.since(0) == (0, {})


@pytest.mark.parametrize("left", [b"", b"not a base at all" * 500])
def test_a_file_that_is_damaged_is_made_anew(tmp_path, source, left):
    (tmp_path / FILE).write_bytes(left)
    kept = Verdicts(tmp_path)
    assert kept.keep("k", examined(source, "r"))
    assert Verdicts(tmp_path).level("k") == "warning"


def test_a_folder_that_cannot_be_written_keeps_in_memory(tmp_path, source):
    (tmp_path / "file").write_text("")
    kept = Verdicts(tmp_path / "file")
    assert kept.keep("k", examined(source, "r"))
    assert kept.level("k") == "warning"


def test_the_oldest_go_where_there_are_too_many(source, monkeypatch):
    monkeypatch.setattr("ecgstream.storage.derived.verdicts.MOST", 3)
    kept, verdict = Verdicts(None), examined(source, "r")
    for name in "abcde":
        kept.keep(name, verdict)
    assert set(kept.since(0)[1]) == set("cde")


def test_many_threads_keep_at_once(tmp_path, source):
    kept, verdict = Verdicts(tmp_path), examined(source, "r")
    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(lambda n: kept.keep(f"k{n}", verdict), range(100)))
    assert all(done)
    assert len(kept.since(0)[1]) == 100


def test_keys_of_real_records_are_their_own_and_the_same_after_a_restart():
    first, second = scan([DATA]), scan([DATA])
    keys = [verdict_key(first, one.record) for one in first.records()]
    assert len(set(keys)) == len(keys)
    assert keys == [verdict_key(second, one.record) for one in second.records()]


def test_a_finding_keeps_its_places_as_they_were(source):
    (found,) = examined(source, "r").findings
    assert msgspec.json.decode(msgspec.json.encode(found), type=CheckFinding) == found
