"""Every layout that people have comes out of an index as it comes out of a scan."""

import numpy as np
import pytest

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import Reading, parsed, reading_of
from ecgstream.storage.index import indexing
from ecgstream.storage.index.index import Index
from tests.archives import long, packets, rows, texts, wide  # noqa: F401 - register
from tests.archives.kit import LAYOUTS
from tests.contracts.source import physical


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_the_same_out_of_an_index(tmp_path, monkeypatch, name):
    layout = LAYOUTS[name]
    layout.write(tmp_path / "archive")
    mapping = layout.mapping and parsed(layout.mapping.encode(), "mapping.toml")
    reading = Reading(mapping or None, reading_of(None, layout.fs).fs)
    scanned = scan([tmp_path / "archive"], reading=reading)
    # The hardest: no two files are seen together at first.
    monkeypatch.setattr(indexing, "TOGETHER", 1)
    monkeypatch.setattr(indexing, "TOGETHER_MOST", 1)
    index = Index([tmp_path / "archive"], None, reading)
    index.update()
    source = index.source()
    assert list(source.records()) == list(scanned.records())
    assert sorted(map(str, source.problems)) == sorted(map(str, scanned.problems))
    assert sorted(source.notes) == sorted(scanned.notes)
    for record in scanned.records():
        key = record.record
        assert source.version(key) == scanned.version(key)
        assert source.beside(key) == scanned.beside(key)
        for head in scanned.annotation_sets(key):
            one, other = (of.annotations(key, head.name) for of in (source, scanned))
            assert np.array_equal(one.sample, other.sample)
        for lead in record.leads:
            (one,) = source.read(key, [lead.name], 0, lead.length)
            (other,) = scanned.read(key, [lead.name], 0, lead.length)
            assert np.array_equal(physical(one), physical(other), equal_nan=True)
    assert not index.look()
    index.close()
