"""A record looked over whole: exact facts, windows, annotations; real records and made ones."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.analysis.facts import beyond, spoken_s
from ecgstream.errors import SourceCorrupt
from ecgstream.model.annotation import Annotation, Annotations
from ecgstream.model.record import Lead, Record
from ecgstream.storage.catalog import scan
from ecgstream.storage.derived.examining import examined
from ecgstream.storage.derived.verdict import KINDS, MOST_SPANS, Verdict
from ecgstream.storage.memory import MemorySource
from tests.doubles import STEADY
from tests.ecg_made import record, regular, wave
from tests.serving import DATA

SECONDS = 120.0
FS = 250.0


def heart():
    return wave(regular(20, 70), 20)


def trace(**how):
    return wave(regular(SECONDS, 70), SECONDS, **how)


def told(verdict):
    return [(one.kind, *one.leads) for one in verdict.findings]


def test_of_the_demo_archive_what_is_good_is_clean():
    source = scan([DATA])
    found = {one.record: examined(source, one.record) for one in source.records()}
    clean = {name for name, one in found.items() if one.level == "clean"}
    assert {"100-pq", "102-pq", "119-pq", "mitdb-100", "data_92_4-pq"} <= clean
    assert {"A0001-pq", "HR06001-pq", "s0010_re-pq", "00001_lr-pq"} <= clean
    # And all else has a baseline that goes, or is missing and flat where a cable was off.
    kinds = {one.kind for verdict in found.values() for one in verdict.findings}
    assert kinds == {"missing", "flat", "wander"}
    assert "missing" in {kind for kind, *_ in told(found["s25047-2704-05-04-10-44-pq"])}
    # What a cuff measures every few minutes is missing nowhere between.
    assert found["s25047-2704-05-04-10-44n-pq"].level == "clean"


def test_figures_of_a_real_lead_are_those_that_one_sees():
    verdict = examined(scan([DATA]), "100-pq")
    lead = verdict.leads["MLII"]
    assert verdict.windows == pytest.approx(1.0)
    assert (lead.windows, lead.hum_hz) == (181, 60.0)
    assert lead.size_mv == pytest.approx(1.54, abs=0.1)
    assert lead.hum_mv == pytest.approx(0.018, abs=0.004)
    assert lead.missing == lead.flat == 0.0


def test_each_exact_finding_is_told_with_its_places():
    one, two = trace(), trace(seed=2)
    one[1_000:1_250] = np.nan
    one[5_000:5_500] = np.nan
    two[7_000:8_000] = 0.25
    two[9_000:9_200] = 3.0
    verdict = examined(record("r", {"V1": one, "V2": two, "V3": np.zeros(30_000)}), "r")
    found = {(one.kind, *one.leads): one for one in verdict.findings}
    assert list(found) == [
        ("zero", "V3"),
        ("missing", "V1"),
        ("flat", "V2"),
        ("saturated", "V2"),
    ]
    assert found["missing", "V1"].spans == ((1_000, 1_250), (5_000, 5_500))
    assert found["missing", "V1"].detail == "2 times, 2.5 % of the record, 2 s at most"
    assert found["flat", "V2"].spans == ((7_000, 8_000),)
    assert found["saturated", "V2"].spans == ((9_000, 9_200),)
    assert found["zero", "V3"].detail == "every sample of it is 0 mV"
    assert verdict.level == "error"
    assert verdict.leads["V1"].missing == pytest.approx(0.025)
    assert [one.kind for one in verdict.findings] == sorted(
        (one.kind for one in verdict.findings), key=KINDS.index
    )


def test_what_befalls_several_leads_at_once_is_one_finding():
    leads = {name: trace(seed=k) for k, name in enumerate(("V1", "V2", "V3", "V4"))}
    for name, mv in leads.items():
        mv[1_000:1_250] = np.nan
        if name != "V4":
            mv[-50:] = 3.0
    saturated, missing = sorted(examined(record("r", leads), "r").findings, key=lambda f: f.leads)
    assert (missing.kind, missing.leads) == ("missing", ("V1", "V2", "V3", "V4"))
    assert missing.detail.endswith("1 s long, in all of these at the same time")
    assert (saturated.kind, saturated.leads) == ("saturated", ("V1", "V2", "V3"))
    assert saturated.detail.endswith("at the same time: a calibration pulse looks so")


def test_a_lead_that_is_shorter_is_missing_at_its_end():
    verdict = examined(record("r", {"V1": trace(), "V2": trace(seed=2)[:20_000]}), "r")
    (found,) = verdict.findings
    assert (found.kind, found.leads, found.spans) == ("missing", ("V2",), ((20_000, 30_000),))


def test_a_long_record_and_a_short_one_are_judged_alike(monkeypatch):
    one = trace(noise=0.02)
    one[:5_000] += 0.2 * np.sin(2 * np.pi * 50 * np.arange(5_000) / FS)
    source = record("r", {"V1": one, "V2": trace(seed=2)})
    short = examined(source, "r")
    # Read through piece by piece, then window by window, a lead or both at once.
    for most in (100, 9_000, 40_000):
        monkeypatch.setattr("ecgstream.storage.pieces.PIECE_VALUES", most)
        assert examined(source, "r") == short
    assert told(short) == [("hum", "V1")]


def test_what_cannot_be_read_is_an_error_and_hides_nothing_else():
    class Bad(MemorySource):
        def read(self, record, leads, start, stop):
            if "V1" in leads and start < 15_000 and stop > 7_500:
                raise SourceCorrupt("made up", path="x.parquet", column="V1")
            return super().read(record, leads, start, stop)

    verdict = examined(record("r", {"V1": trace(), "V2": trace(seed=2)}, source=Bad(7_500)), "r")
    (found,) = verdict.findings
    assert (found.kind, found.level, found.leads) == ("unreadable", "error", ("V1",))
    assert found.spans == ((7_500, 15_000),)
    assert verdict.leads["V1"].unreadable == pytest.approx(0.25)


def test_of_very_many_places_the_first_are_told_and_how_many_are_left_out():
    one = trace()
    one[::20] = np.nan
    (found,) = examined(record("r", {"V1": one}), "r").findings
    assert (len(found.spans), found.left_out) == (MOST_SPANS, 1_500 - MOST_SPANS)


@pytest.mark.parametrize(("sample", "set_fs", "there"), [
    (30_000, 250.0, False), (30_001, 250.0, True), (-1, 250.0, True),
    (120, 1.0, False), (122, 1.0, True), (120_000, 1000.0, False), (120_001, 1000.0, True),
])  # fmt: skip
def test_annotations_past_the_end_are_found_at_any_rate(sample, set_fs, there):
    marks = Annotations.of([Annotation(5, "N"), Annotation(sample, "N")])
    found = beyond("atr", marks, set_fs, 250.0, 30_000)
    assert (found is not None) == there
    if found:
        assert (found.kind, found.level) == ("beyond", "error")
        assert found.detail.startswith("1 of 2 annotations of the set atr lie outside")


def test_sets_that_lie_outside_or_cannot_be_read_are_errors_of_the_record():
    class Bad(MemorySource):
        def annotations(self, record, name):
            if name == "bad":
                raise SourceCorrupt("made up", path="/data/x.parquet")
            return super().annotations(record, name)

    source = record("r", {"V1": trace()}, source=Bad(7_500))
    source.annotate("r", "atr", [Annotation(5, "N")])
    source.annotate("r", "bad", [Annotation(5, "N")])
    source.annotate("r", "late", [Annotation(31_000, "N"), Annotation(90_000, "N")])
    unreadable, outside = examined(source, "r").findings
    assert (unreadable.kind, unreadable.leads) == ("unreadable", ())
    assert unreadable.detail == "the annotation set bad: made up"
    assert (outside.kind, outside.level) == ("beyond", "error")
    assert "2 of 2 annotations of the set late lie outside" in outside.detail
    assert "120 s long: as far as 360 s" in outside.detail


def test_spans_are_spoken_as_people_write_them():
    assert [spoken_s(s) for s in (0.25, 33.34, 205.9, 3570.2)] == [
        "0.25 s",
        "33.3 s",
        "206 s",
        "3,570 s",
    ]


awkward = st.sampled_from([0.0, 1e-30, -3.5, 1e11, 1e200, -1e300, np.inf, -np.inf, np.nan])


@STEADY
@given(st.lists(st.tuples(awkward, st.integers(1, 4_000)), min_size=1, max_size=8), st.data())
def test_whatever_floats_hold_there_is_a_verdict(parts, data):
    values = np.repeat([value for value, _ in parts], [count for _, count in parts])
    if data.draw(st.booleans()):
        values = values + np.resize(heart(), len(values))
    fs = data.draw(st.sampled_from([0.5, 12.0, 99.0, 500.0]))
    names = ("I", "II", "III", "aVR", "V1")
    leads = [Lead(name, "mV", 1.0, 0.0, "ecg", fs, len(values), ("f8",)) for name in names]
    source = MemorySource(1_000)
    about = Record("r", "made", tuple(leads), None, None, None, None)
    source.add(about, dict.fromkeys(names, values))
    verdict = examined(source, "r")
    assert msgspec.json.decode(msgspec.json.encode(verdict), type=Verdict) == verdict
    for one in verdict.findings:
        assert all(0 <= a < b <= len(values) for a, b in one.spans)


def floats(values):
    """A record of one lead V1 in mV, stored as doubles."""
    of = Lead("V1", "mV", 1.0, 0.0, "ecg", FS, len(values), ("f8",))
    source = MemorySource(1_000)
    source.add(Record("r", "made", (of,), None, None, None, None), {"V1": values})
    return source


def test_infinite_samples_are_a_finding_of_their_own_and_never_saturated():
    one = trace()
    one[1_000:1_100], one[5_000] = np.inf, -np.inf
    verdict = examined(floats(one), "r")
    (found,) = verdict.findings
    assert (found.kind, found.spans) == ("infinite", ((1_000, 1_100), (5_000, 5_001)))
    assert found.detail.startswith("101 samples are infinite")
    assert found.detail.endswith("the first is sample 1,000 (4 s)")
    figures = verdict.leads["V1"]
    assert figures.infinite == pytest.approx(101 / 30_000)
    assert figures.missing == figures.saturated == 0.0


def test_a_value_far_from_all_else_is_told_as_that_and_not_as_saturated():
    one = trace()
    one[1_000:1_900] = -9999.0
    verdict = examined(floats(one), "r")
    (found,) = verdict.findings
    assert (found.kind, found.spans) == ("sentinel", ((1_000, 1_900),))
    assert found.detail.startswith("-9999, in 900 samples, stands ")
    assert verdict.leads["V1"].size_mv < 3
