"""Words and filters over a list of records."""

import gc
import weakref

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgstream.storage.index.searching import ALL, MOST_FACETS, UNCHECKED, Filters, Roster, Row
from ecgstream.storage.index.texts import Texts

NAMES = st.sampled_from(["P1", "p10", "P2", "é 7", "straße", "a b", "ﬁ"])
LEADS = st.lists(st.sampled_from(["I", "II", "MLII", "aVR", "v5"]), min_size=1, max_size=3)
ROWS = st.lists(
    st.builds(
        Row,
        patient=NAMES,
        record=st.from_regex(r"[a-zA-Z0-9.]{1,4}", fullmatch=True),
        dataset=st.sampled_from(["mitdb", "PTB-XL", ""]),
        source=st.sampled_from(["", "made from record 100 of MIT-BIH"]),
        leads=LEADS.map(tuple),
        fs=st.sampled_from([125.0, 360.0, 500.0]),
        seconds=st.sampled_from([10.0, 1805.5, 86_400.0]),
        annotated=st.booleans(),
        quality=st.sampled_from([UNCHECKED, "good", "poor"]),
    ),
    max_size=12,
    unique_by=lambda row: row.record,
)
FILTERS = st.builds(
    Filters,
    words=st.lists(st.sampled_from(["p1", "1", "ii", "ss", "fi", "MIT", "é", "zz"])).map(tuple),
    patient=st.none() | NAMES,
    leads=st.lists(st.sampled_from(["i", "AVR", "V5"]), max_size=2).map(tuple),
    fs_low=st.none() | st.sampled_from([125.0, 126.0]),
    fs_high=st.none() | st.just(360.0),
    s_low=st.none() | st.just(1805.5),
    s_high=st.none() | st.just(1805.5),
    dataset=st.none() | st.just("mitdb"),
    annotated=st.none() | st.booleans(),
    quality=st.none() | st.just("good"),
)


def fits(row, filters):
    """What a search is, one row at a time."""
    texts = [row.record, row.patient, row.dataset, row.source, *row.leads]
    low = [text.casefold() for text in texts]
    have = [lead.casefold() for lead in row.leads]
    return (
        all(any(word.casefold() in text for text in low) for word in filters.words)
        and filters.patient in {None, row.patient}
        and filters.dataset in {None, row.dataset}
        and filters.quality in {None, row.quality}
        and filters.annotated in {None, row.annotated}
        and all(lead.casefold() in have for lead in filters.leads)
        and (filters.fs_low or 0) <= row.fs <= (filters.fs_high or 1e9)
        and (filters.s_low or 0) <= row.seconds <= (filters.s_high or 1e9)
    )


@settings(deadline=None)
@given(ROWS, FILTERS)
def test_a_search_finds_what_looking_at_each_row_finds(rows, filters):
    ordered = sorted(rows, key=lambda row: (row.patient, row.record))
    found = Roster.of(rows).find(filters)
    assert found.tolist() == [n for n, row in enumerate(ordered) if fits(row, filters)]


@settings(deadline=None)
@given(ROWS, FILTERS, st.integers(1, 5), st.integers(0, 3))
def test_pages_tile_what_was_found_wherever_one_begins(rows, filters, limit, offset):
    ordered = sorted(rows, key=lambda row: (row.patient, row.record))
    roster = Roster.of(rows)
    whole = roster.find(filters).tolist()
    assert roster.page(filters, None, offset, 100)[0] == whole[offset:]
    seen, after = [], None
    while True:
        page, first, total = roster.page(filters, after, 0, limit)
        assert (first, total) == (len(seen), len(whole))
        if not page:
            break
        seen += page
        after = ordered[page[-1]][:2]
    assert seen == whole


def test_a_cursor_outlives_its_record():
    roster = Roster.of(row(record=name) for name in ("a", "c"))
    assert roster.page(ALL, ("P", "b"), 0, 10) == ([1], 1, 2)
    assert roster.page(ALL, ("Q", ""), 0, 10) == ([], 2, 2)


def row(**said):
    usual = {"patient": "P", "record": "r", "dataset": "d", "source": "", "leads": ("I",)}
    return Row(**usual | {"fs": 100.0, "seconds": 10.0, "annotated": False} | said)


def test_facets_count_each_value_once_a_record():
    roster = Roster.of(
        [
            row(record="a", leads=("I", "II"), seconds=5.0, annotated=True),
            row(record="b", leads=("I", "I"), fs=50.0, dataset="e"),
            row(record="c", leads=("i", "v1"), quality="good"),
        ]
    )
    facets = roster.facets()
    assert (facets.total, facets.annotated, facets.seconds) == (3, 1, (5.0, 10.0))
    assert facets.leads == (("I", 3), ("II", 1), ("v1", 1))
    assert facets.rates == ((50.0, 1), (100.0, 2))
    assert facets.datasets == (("d", 2), ("e", 1))
    assert facets.qualities == ((UNCHECKED, 2), ("good", 1))


def test_facets_are_as_many_as_a_person_can_choose_from():
    rows = [row(record=f"{n}", dataset=f"{n:03}", fs=1.0 + n) for n in range(MOST_FACETS + 5)]
    rows += [row(record="z", dataset="204", fs=205.0)]
    facets = Roster.of(rows).facets()
    assert len(facets.datasets) == len(facets.rates) == MOST_FACETS
    assert facets.datasets[0] == ("204", 2)
    assert facets.rates[-1] == (205.0, 2)
    assert Roster.of([]).facets().seconds is None


def test_no_word_is_found_across_two_texts():
    texts = Texts(["ab", "ba", "ab"])
    assert texts.having("ab").tolist() == [True, False, True]
    assert texts.having("bb").tolist() == [False] * 3
    assert texts.having("abba" * 100).tolist() == [False] * 3
    assert texts.having("").tolist() == [True] * 3
    assert Texts([]).having("a").tolist() == []
    assert [texts[n] for n in range(3)] == ["ab", "ba", "ab"]
    assert np.array_equal(texts.equal("ba"), [False, True, False])


def test_a_roster_goes_when_nobody_has_it_any_more():
    roster = Roster.of([row()])
    roster.find(ALL)
    gone = weakref.ref(roster)
    gc.disable()
    try:
        del roster
        assert gone() is None
    finally:
        gc.enable()
