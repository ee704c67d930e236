from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ecgstream.analysis.beats import PIECE_S, Beats, edge
from ecgstream.storage.derived.beat_book import BeatBook, beat_folder
from ecgstream.storage.derived.beat_file import Damaged, packed, unpacked
from ecgstream.storage.derived.beat_pieces import Found, best, candidates, seam
from ecgstream.storage.derived.beat_set import Stretch
from ecgstream.storage.memory import MemorySource
from tests import made_ecg
from tests.ecg_made import FS, record, regular, wave

KEY = ("made", None)
NONE = np.empty(0, np.int64)
SECONDS = 200.0
LONG = 600.0
"""So long that it is kept."""


def made(**leads: np.ndarray) -> MemorySource:
    return record("made", leads)


def one_lead(seconds: float = SECONDS, bpm: float = 75) -> MemorySource:
    return made(II=wave(regular(seconds, bpm), seconds))


def find(book: BeatBook, key: tuple[str, str | None], *order: int) -> None:
    for k in order:
        for _ in book.find(key, k):
            pass


def whole(book: BeatBook, key: tuple[str, str | None] = KEY) -> Stretch:
    find(book, key, *range(book.about(key)[2]))
    assert book.complete(key)
    found = book.whole(key)
    assert found is not None
    return found


def near(found: np.ndarray, times: np.ndarray) -> bool:
    return len(found) == len(times) and bool(np.abs(found / FS - times).max() < 0.02)


def test_beats_of_a_record_are_where_they_were_put() -> None:
    found = whole(BeatBook(one_lead()))
    assert near(found.sample, regular(SECONDS, 75))
    assert found.leads == ((0, round(SECONDS * FS), "II"),)
    assert found.rate.at(round(100 * FS))[0] == pytest.approx(75, abs=0.5)


def test_pieces_say_what_the_whole_says_in_whatever_order_they_come() -> None:
    source = one_lead(seconds=290, bpm=50)
    everything = whole(BeatBook(source))
    book = BeatBook(source)
    find(book, KEY, 3, 2, 4, 0, 1)
    parts = book.over(KEY, 0, everything.stop)
    assert np.concatenate([part.sample for part in parts]).tolist() == everything.sample.tolist()
    for part in parts:
        said, all_said = (one.rate.cut(part.start, part.stop) for one in (part, everything))
        assert said.sample.tolist() == all_said.sample.tolist()
        assert np.array_equal(said.bpm, all_said.bpm, equal_nan=True)


def test_a_piece_waits_for_the_one_before_it() -> None:
    book = BeatBook(one_lead())
    assert book.missing(KEY, 2) == 2
    find(book, KEY, 2)
    assert book.missing(KEY, 2) == 1
    assert book.over(KEY, 0, 10**9) == []
    find(book, KEY, 1)
    assert book.missing(KEY, 2) is None
    assert [part.start for part in book.over(KEY, edge(2, FS), edge(3, FS))] == [edge(2, FS)]
    assert list(book.news()) == [(KEY, 2)]


def test_a_pause_longer_than_a_piece_has_its_length_from_anywhere() -> None:
    source = one_lead(290)
    none = Beats(0, 0, NONE, NONE.reshape(-1, 2), ())
    said = {0: [100, 400, 800], 1: [], 2: [], 3: [60_000 - 500]}
    founds = {
        k: Found(
            "II",
            replace(none, start=edge(k, FS), stop=edge(k + 1, FS), sample=np.array(at, np.int64)),
            NONE,
        )
        for k, at in said.items()
    }
    book = BeatBook(source)
    while (missing := book.missing(KEY, 2)) is not None:
        book.add(KEY, missing, founds[missing])
    part = book.part(KEY, edge(2, FS))
    assert part is not None
    assert part.rate.pauses.tolist() == [[800, edge(3, FS)]]
    assert part.rate.at(edge(2, FS)) == (None, "pause")
    book.add(KEY, 3, founds[3])
    part = book.part(KEY, edge(3, FS))
    assert part is not None
    # What is known of one piece is history enough for the next, where something happened in it.
    assert part.rate.pauses.tolist() == [[800, 59_500]]


def test_the_best_lead_is_taken_piece_by_piece_and_named() -> None:
    seconds = 3 * PIECE_S
    times = regular(seconds, 70)
    good, bad = wave(times, seconds), np.random.default_rng(3).normal(0, 0.5, round(seconds * FS))
    second = edge(1, FS), edge(2, FS)
    first, other = good.copy(), bad.copy()
    first[slice(*second)], other[slice(*second)] = bad[slice(*second)], good[slice(*second)]
    found = whole(BeatBook(made(V1=first, V5=other)))
    assert [(low, high, lead) for low, high, lead in found.leads] == [
        (0, second[0], "V1"),
        (*second, "V5"),
        (second[1], round(seconds * FS), "V1"),
    ]


def test_where_all_are_good_lead_two_is_looked_at() -> None:
    times = regular(60, 70)
    source = made(I=wave(times, 60), II=wave(times, 60, seed=2))
    assert whole(BeatBook(source)).leads == ((0, round(60 * FS), "II"),)
    assert [lead.name for lead in candidates(source.record("made"), None)] == ["II", "I"]
    assert best([0.65, 0.8, 0.3]) == 0
    assert best([0.65, 0.8, 0.9]) == 1


def seen(lead: str, start: int, *sample: int, after: tuple[int, ...] = ()) -> Found:
    beats = Beats(start, start + 1000, np.array(sample, np.int64), NONE.reshape(-1, 2), ())
    return Found(lead, beats, np.array(after, np.int64))


def test_a_beat_at_the_seam_of_two_leads_counts_once() -> None:
    # 37 samples are JOIN_S at 250 Hz.
    before = seen("II", 0, 500, 995)
    assert seam(before, seen("V1", 1000, 1005, 1300), FS).tolist() == [1300]
    assert seam(before, seen("II", 1000, 1005, 1300), FS).tolist() == [1005, 1300]


def test_a_beat_that_each_of_two_leads_has_beyond_the_seam_is_not_lost() -> None:
    before = seen("II", 0, 500, after=(1004,))
    assert seam(before, seen("V1", 1000, 1300), FS).tolist() == [1004, 1300]
    assert seam(before, seen("V1", 1000, 1010, 1300), FS).tolist() == [1010, 1300]


def test_missing_samples_are_not_looked_at_and_leave_a_reason() -> None:
    mv = wave(regular(120, 60), 120)
    mv[round(50 * FS) : round(70 * FS)] = np.nan
    found = whole(BeatBook(made(II=mv)))
    assert [50 * FS, 70 * FS] in found.blind.tolist()
    assert found.rate.at(round(60 * FS)) == (None, "gap")


def test_a_record_without_an_ecg_in_volts_has_a_reason_for_having_no_rate() -> None:
    source = one_lead(70)
    about = source.record("made")
    lead = about.leads[0]
    for changed in ({"unit": None}, {"kind": "abp"}):
        said = {name: getattr(lead, name) for name in lead.__slots__} | changed
        source.add(
            type(about)("made", "made", (type(lead)(**said),), None, None, None, None),
            {"II": source._samples["made", "II"]},
        )
        found = whole(BeatBook(source))
        assert found.rate.at(1000) == (None, "no_lead")
        assert not len(found.sample)


def test_what_is_whole_is_kept_and_found_again(tmp_path: Path) -> None:
    source = one_lead(LONG)
    folder = beat_folder(tmp_path, 64)
    found = whole(BeatBook(source, folder))
    again = BeatBook(source, folder)
    assert again.whole(KEY) is None
    assert again.load(KEY)
    kept = again.whole(KEY)
    assert kept is not None
    assert kept.sample.tolist() == found.sample.tolist()
    assert np.array_equal(kept.rate.bpm, found.rate.bpm, equal_nan=True)
    assert kept.leads == found.leads
    assert [path.suffix for path in (tmp_path / "beats").glob("*.beats")] == [".beats"]


def test_what_is_kept_of_other_samples_is_not_taken(tmp_path: Path) -> None:
    folder = beat_folder(tmp_path, 64)
    whole(BeatBook(one_lead(LONG), folder))
    assert not BeatBook(one_lead(LONG, bpm=80), folder).load(KEY)


def test_a_file_that_was_altered_is_made_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source, folder = one_lead(LONG), beat_folder(tmp_path, 64)
    whole(BeatBook(source, folder))
    (path,) = (tmp_path / "beats").glob("*.beats")
    held = bytearray(path.read_bytes())
    held[len(held) // 2] ^= 1
    path.write_bytes(held)
    book = BeatBook(source, folder)
    assert not book.load(KEY)
    assert "made anew" in caplog.text
    assert near(whole(book).sample, regular(LONG, 75))
    assert BeatBook(source, folder).load(KEY)


def test_a_file_cut_short_anywhere_is_damaged() -> None:
    found = whole(BeatBook(one_lead(70)))
    held = packed(found, "abc", None, FS)
    read = unpacked(held, "abc", None, FS, found.stop)
    assert read.sample.tolist() == found.sample.tolist()
    for size in range(0, len(held), 37):
        with pytest.raises(Damaged):
            unpacked(held[:size], "abc", None, FS, found.stop)
    with pytest.raises(Damaged):
        unpacked(held, "abc", "II", FS, found.stop)


def test_what_was_in_doubt_is_so_when_it_is_read_again() -> None:
    times = np.sort(np.append(made_ecg.regular(60, 70), 40.1))
    height = np.where(times == 40.1, 0.4, 1.0)
    found = whole(BeatBook(made(II=made_ecg.made(FS, 70, times, height=height))))
    assert len(found.doubt)
    read = unpacked(packed(found, "abc", None, FS), "abc", None, FS, found.stop)
    assert read.doubt.tolist() == found.doubt.tolist()
    assert read.rate.bpm.tolist() == pytest.approx(found.rate.bpm.tolist(), nan_ok=True)
    assert read.rate.reason.tolist() == found.rate.reason.tolist()


def test_a_folder_that_cannot_be_written_leaves_beats_in_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "beats").write_text("a file in its place")
    book = BeatBook(one_lead(LONG), beat_folder(tmp_path, 64))
    assert near(whole(book).sample, regular(LONG, 75))
    assert "in memory from now on" in caplog.text


def test_a_short_record_is_not_worth_a_file(tmp_path: Path) -> None:
    whole(BeatBook(one_lead(), beat_folder(tmp_path, 64)))
    assert not (tmp_path / "beats").exists()


def test_what_was_not_asked_for_longest_is_forgotten_first() -> None:
    source = one_lead(70)
    record("other", {"II": wave(regular(70, 60), 70)}, source=source)
    book = BeatBook(source, memory=3_000)
    whole(book)
    whole(book, ("other", None))
    assert book.whole(KEY) is None
    assert book.whole(("other", None)) is not None


def test_silence_is_a_pause_as_long_as_it_lasts_and_noise_is_not_looked_at() -> None:
    for noise, quiet in ((0.01, True), (0.1, False)):
        found = whole(BeatBook(made(II=wave(regular(20, 60), 90, noise=noise))))
        longest = max((b - a for a, b in found.rate.pauses.tolist()), default=0) / FS
        assert (longest > 65) is quiet
        assert (found.why == ()) is quiet
