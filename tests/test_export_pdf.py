"""A page of ECG paper, measured from its vectors."""

import numpy as np
import pytest
from pypdf import PdfReader

from ecgstream.errors import BadField, ExtraMissing, TooLarge
from ecgstream.formats import pdf_text
from ecgstream.formats.pdf_paper import COARSE, DIM, FINE, HATCH
from ecgstream.formats.pdf_sheet import CABRERA, GAINS, LAYOUTS, Caliper, Sheet, plan
from ecgstream.formats.pdf_traces import base_of
from ecgstream.storage.catalog import scan
from tests.excerpts import TWELVE, exported, seen, source_of
from tests.serving import DATA

FS = 500


@pytest.fixture(scope="module")
def archive():
    return scan([str(DATA)])


def sine(seconds=10, mv=1.0, hz=1.0, fs=FS):
    """Stored at 1000 a mV."""
    return np.rint(1000 * mv * np.sin(2 * np.pi * hz * np.arange(seconds * fs) / fs))


def square(at, seconds=10, mv=1.0):
    """Nothing, and from second `at` on `mv`."""
    return np.where(np.arange(seconds * FS) < at * FS, 0, 1000 * mv)


@pytest.mark.parametrize(("paper", "size"), [("a4", (297.0, 210.0)), ("letter", (279.4, 215.9))])
def test_the_grid_is_true_to_the_page(tmp_path, paper, size):
    (page,) = seen(exported(source_of({"II": sine()}), tmp_path / "a.pdf", "pdf", paper=paper))
    assert page.size == pytest.approx(size, abs=0.01)
    for colour, mm in ((FINE, 1.0), (COARSE, 5.0)):
        for places in page.grid(colour):
            steps = np.diff(places)
            assert len(steps) > 20
            assert steps == pytest.approx(mm, rel=0.005)
            # Not one step alone: the length over all must not creep either.
            assert places[-1] - places[0] == pytest.approx(len(steps) * mm, rel=0.0005)
    (columns, rows), (fine, low) = page.grid(COARSE), page.grid(FINE)
    assert set(columns) <= set(fine)
    assert set(rows) <= set(low)


@pytest.mark.parametrize("speed", [12.5, 25.0, 50.0])
@pytest.mark.parametrize("gain", [2.5, 5.0, 10.0, 20.0])
def test_a_second_and_a_millivolt_are_as_long_as_the_page_says(tmp_path, speed, gain):
    source = source_of({"II": square(1.0)})
    out = exported(source, tmp_path / "a.pdf", "pdf", mm_per_s=speed, mm_per_mv=gain, stop=4 * FS)
    (page,) = seen(out)
    x, y = np.array(max(page.traces(), key=lambda line: len(line.points)).points).T
    step = int(np.flatnonzero(np.diff(y))[0]) + 1
    assert step == FS
    assert x[step] - x[0] == pytest.approx(speed, rel=0.001)
    assert y[step] - y[0] == pytest.approx(gain, rel=0.001)
    # Where the paper says that time 0 is: on a thick line of the grid.
    assert min(abs(place - x[0]) for place in page.grid(COARSE)[0]) < 0.01
    assert f"{speed:g} mm/s    {gain:g} mm/mV" in page.text


@pytest.mark.parametrize("gain", [5.0, 10.0])
def test_the_pulse_is_one_millivolt_high_and_five_millimetres_wide(tmp_path, gain):
    source = source_of({"II": sine()})
    (page,) = seen(exported(source, tmp_path / "a.pdf", "pdf", mm_per_mv=gain))
    pulses = [line.points for line in page.lines if len(line.points) == 6]
    assert pulses
    for points in pulses:
        x, y = np.array(points).T
        assert y.max() - y.min() == pytest.approx(gain, rel=0.005)
        assert x[3] - x[2] == pytest.approx(5, rel=0.005)


def test_every_sample_is_a_point_of_the_trace_at_its_place(tmp_path):
    stored = np.random.default_rng(5).integers(-900, 900, 10 * FS)
    (page,) = seen(exported(source_of({"II": stored}), tmp_path / "a.pdf", "pdf"))
    (trace,) = page.traces()
    x, y = np.array(trace.points).T
    assert len(x) == len(stored)
    assert x - x[0] == pytest.approx(np.arange(len(stored)) / FS * 25, abs=0.01)
    assert y - y[0] == pytest.approx((stored - stored[0]) / 1000 * 10, abs=0.01)


def test_a_page_of_three_by_four_goes_on_in_time_from_column_to_column(tmp_path):
    # A step at another moment in each lead says which seconds its cell shows.
    source = source_of({name: square(5.0) for name in TWELVE})
    (page,) = seen(exported(source, tmp_path / "a.pdf", "pdf", layout="3x4+1R"))
    traces = [np.array(line.points) for line in page.traces()]
    assert len(traces) == 13
    left = min(trace[0, 0] for trace in traces)
    for trace in traces[:12]:
        column = round((trace[:, 0].mean() - left) / 62.5 - 0.5)
        seconds = (trace[:, 0] - left) / 25
        assert seconds[0] == pytest.approx(2.5 * column, abs=0.003)
        assert seconds[-1] == pytest.approx(2.5 * (column + 1), abs=0.003)
        level = trace[:, 1] - trace[:, 1].min()
        # Up to 5 s all of them are flat, and from there on flat again: only the border shows it.
        assert level.max() == pytest.approx(
            10 if column == 1 and len(level) > 1250 else 0, abs=0.02
        )
    strip = traces[12]
    assert (strip[-1, 0] - strip[0, 0]) / 25 == pytest.approx(9.998, abs=0.003)


@pytest.mark.parametrize(
    ("layout", "cells", "seconds"),
    [
        ("3x4+1R", 13, {2.5, 10.0}),
        ("3x4+3R", 15, {2.5, 10.0}),
        ("6x2", 12, {5.0}),
        ("12x1", 12, {10.0}),
        ("cabrera", 12, {5.0}),
        ("leads", 12, {10.0}),
        ("rhythm", 3, {10.0}),
    ],
)
def test_each_layout_shows_its_leads_for_its_seconds(layout, cells, seconds):
    laid = plan(Sheet(layout), TWELVE)
    assert len(laid.cells) == cells
    assert {cell.seconds for cell in laid.cells} == seconds
    assert all(cell.recipe is not None for cell in laid.cells)
    assert laid.seconds == 10.0


def test_cabrera_follows_the_angle_and_turns_avr_around():
    laid = plan(Sheet("cabrera"), TWELVE)
    assert tuple(cell.name for cell in laid.cells[:6]) == CABRERA
    (turned,) = [cell.recipe for cell in laid.cells if cell.name == "-aVR"]
    assert turned.terms == ((TWELVE.index("aVR"), -1.0),)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("paper", ["a4", "letter"])
@pytest.mark.parametrize("gain", GAINS)
def test_every_row_lies_in_the_grid_with_its_pulse(layout, paper, gain):
    laid = plan(Sheet(layout, paper, mm_per_mv=gain), TWELVE)
    places = [laid.baseline(row) for row in range(laid.rows)]
    assert places[0] > gain
    assert places[-1] < laid.height
    assert set(np.diff(places)) <= {laid.pitch}


def test_leads_that_are_not_stored_are_derived_and_say_so(tmp_path):
    first, second = sine(mv=0.4), sine(mv=1.0)
    source = source_of({"I": first, "II": second})
    (page,) = seen(exported(source, tmp_path / "a.pdf", "pdf", layout="6x2", stop=5 * FS))
    assert page.text.count("(derived)") == 4
    assert page.text.count("not in this record") == 6
    heights = [np.ptp(np.array(line.points)[:, 1]) / 10 for line in page.traces()]
    # I, II, III = II - I, aVR = -(I + II)/2, aVL = I - II/2, aVF = II - I/2: peak to peak in mV.
    assert heights == pytest.approx([0.8, 2.0, 1.2, 1.4, 0.2, 1.6], abs=0.01)


def test_a_stored_lead_of_another_name_is_shown_under_both(tmp_path, archive):
    out = exported(archive, tmp_path / "a.pdf", "pdf", record="s0010_re-pq", stop=10_000)
    text = seen(out)[0].text
    assert "(stored as avr)" in text
    assert "(derived)" not in text


def test_a_gap_is_hatched_named_and_never_bridged(tmp_path):
    source = source_of({"II": sine()}, missing=[(2 * FS, 4 * FS), (3_000, 3_002)])
    (page,) = seen(exported(source, tmp_path / "a.pdf", "pdf"))
    left = min(line.points[0][0] for line in page.traces())
    for line in page.traces():
        x = (np.array(line.points)[:, 0] - left) / 25 * FS
        assert np.diff(x).max() < 1.5
        assert not ((x > 2 * FS - 0.4) & (x < 4 * FS - 0.6)).any()
    assert any(line.colour == HATCH for line in page.lines)
    assert "no signal stored: 2 s" in page.text
    assert "II: no signal stored, samples 1000 to 2000 (2.000 s to 4.000 s)" in page.text
    assert "samples 3000 to 3002" in page.text


def test_a_sample_alone_between_two_gaps_is_a_dot(tmp_path):
    source = source_of({"II": sine()}, missing=[(1_000, 1_500), (1_501, 2_000)])
    (page,) = seen(exported(source, tmp_path / "a.pdf", "pdf"))
    left = min(line.points[0][0] for line in page.traces())
    dots = [line.points for line in page.lines if len(set(line.points)) == 1]
    assert [round((points[0][0] - left) / 25 * FS) for points in dots] == [1_500]


def test_a_lead_without_volts_is_not_drawn_on_millivolt_paper(tmp_path, archive):
    out = exported(
        archive, tmp_path / "a.pdf", "pdf", record="s25047-2704-05-04-10-44-pq",
        leads=["II", "ABP"], layout="leads", start=446_000, stop=447_000,
    )  # fmt: skip
    text = seen(out)[0].text
    assert "mmHg: not on mV paper" in text
    assert "2704-05-04T" in text
    assert "(zone unknown)" in text


def test_a_lead_that_is_no_voltage_is_not_derived_from(tmp_path):
    source = source_of({"I": sine(), "II": sine()}, unit="mmHg")
    (page,) = seen(exported(source, tmp_path / "a.pdf", "pdf", layout="6x2"))
    assert page.text.count("not in volts: not derived") == 4


def test_a_longer_span_is_several_pages_that_tile(tmp_path):
    source = source_of({name: sine(25) for name in TWELVE})
    pages = seen(exported(source, tmp_path / "a.pdf", "pdf", layout="12x1"))
    assert [f"Page {n} of 3" in page.text for n, page in enumerate(pages, 1)] == [True] * 3
    assert "samples 5000 to 10000 (excluded) of 12500" in pages[1].text
    assert "end of interval" in pages[2].text
    drawn = [sum(len(line.points) for line in page.traces()) for page in pages]
    # One sample more where a page goes on, so that its line reaches the edge.
    assert drawn == [12 * 5_001, 12 * 5_001, 12 * 2_500]


def test_a_page_says_all_that_is_known_of_it(tmp_path, archive):
    out = exported(archive, tmp_path / "a.pdf", "pdf", record="100-pq", stop=3_600)
    excerpt_text = seen(out)[0].text.replace("\n", " ")
    for said in (
        "Patient mitdb-100", "Record 100-pq", "Start of page: unknown",
        "0.000 s to 10.000 s of the record, samples 0 to 3600 (excluded) of 650000",
        "360 Hz (header of the source)", "As stored: no filter", "MIT-BIH Arrhythmia Database",
        "Licence: ODC-By 1.0", "Not for diagnosis. Not a medical device.", "Page 1 of 1",
        "ecgstream 1.2.3",
    ):  # fmt: skip
        assert said in excerpt_text
    record = archive.record("100-pq")
    columns = archive.read("100-pq", [one.name for one in record.leads], 0, 3_600)
    import hashlib

    raw = b"".join(column.samples.astype("<i2").tobytes() for column in columns)
    assert hashlib.sha256(raw).hexdigest() in excerpt_text


def test_the_file_has_a_title_and_a_producer_and_the_same_bytes_again(tmp_path, archive):
    made = [
        exported(archive, tmp_path / name, "pdf", record="100-pq", stop=3_600, annotations=("atr",))
        for name in ("a.pdf", "b.pdf")
    ]
    assert made[0].read_bytes() == made[1].read_bytes()
    said = PdfReader(made[0]).metadata
    assert said.title == "ECG 100-pq, samples 0 to 3600"
    assert "ecgstream 1.2.3" in said.producer
    assert "reportlab" in said.producer


def test_the_moment_of_the_export_is_said_only_where_it_is_asked_for(tmp_path):
    out = exported(
        source_of({"II": sine()}), tmp_path / "a.pdf", "pdf", time="2031-02-03T04:05:06+00:00"
    )
    assert "2031-02-03T04:05:06" in seen(out)[0].text


def test_a_filter_is_named_and_what_is_not_settled_is_grey(tmp_path):
    source = source_of({"II": sine(30)}, missing=[(6_000, 6_500)])
    out = exported(
        source, tmp_path / "a.pdf", "pdf", filter="monitor+notch50", start=5_000, stop=10_000
    )
    (page,) = seen(out)
    assert "0.5-40 Hz, 50 Hz notch" in page.text
    assert "ST not reliable" in page.text
    assert "(filtered)" in page.text
    assert "where it is grey, the filter is still settling" in page.text
    assert page.traces(DIM)
    assert page.traces()


def test_a_filtered_strip_is_the_same_however_it_was_cut(tmp_path):
    source = source_of({"II": sine(60, hz=7.0) + 200})
    drawn = []
    for start in (10_000, 11_000):
        out = exported(
            source, tmp_path / "a.pdf", "pdf", filter="monitor", start=start, stop=14_000
        )
        (line,) = seen(out)[0].traces()
        drawn.append(np.array(line.points)[:, 1][-2_000:])
    assert drawn[0] == pytest.approx(drawn[1], abs=0.01)


def test_calipers_are_drawn_at_their_samples_and_listed(tmp_path):
    one = Caliper("II", 1_000, 1_400, 0.0, 0.5, "RR \u4e2d")
    (page,) = seen(exported(source_of({"II": sine()}), tmp_path / "a.pdf", "pdf", calipers=(one,)))
    assert "(1) II, 2.000 s to 2.800 s: 800 ms, +0.500 mV; RR \\u4e2d" in page.text
    left = page.traces()[0].points[0][0]
    upright = [line.points for line in page.lines if line.colour == (0.0, 0.4, 0.3)]
    places = sorted({round((a[0] - left) / 25, 3) for a, b in upright if abs(a[0] - b[0]) < 1e-6})
    assert places == pytest.approx([2.0, 2.8], abs=0.002)
    levels = sorted({a[1] for a, b in upright if abs(a[1] - b[1]) < 1e-6})
    assert levels[-1] - levels[-2] == pytest.approx(5, abs=0.02)


def test_a_caliper_of_a_lead_that_is_not_drawn_is_listed_all_the_same(tmp_path):
    one, out = Caliper("V6", 10, 20, text="gone"), tmp_path / "a.pdf"
    source = source_of({"II": sine(), "V6": sine()})
    (page,) = seen(exported(source, out, "pdf", leads=("II",), calipers=(one,)))
    assert "gone (its lead is not drawn here)" in page.text


@pytest.mark.parametrize("lead", ["ecg lead ii", "I", "II", "V1", "aVR", "-aVR", "-V1"])
def test_a_caliper_may_be_of_any_lead_that_is_stored_or_follows(tmp_path, lead):
    source = source_of({"I": sine(), "ecg lead ii": sine(), "V1": sine()})
    one = Caliper(lead, 0, 5_000, text="whole")
    exported(source, tmp_path / "a.pdf", "pdf", stop=5_000, calipers=(one,))


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (Caliper("II", 10, 20), "record 'r1' has no lead 'II'; it has MLII, V5"),
        (Caliper("-II", 10, 20), "has no lead '-II'"),
        (Caliper("aVR", 10, 20), "has no lead 'aVR'"),
        (Caliper("V5", 10, 99_999_999), "99999999 is not within the record, sample 0 to 5000"),
        (Caliper("V5", -1, 20), "-1 is not within the record"),
    ],
)
def test_a_caliper_of_what_the_record_has_not_is_refused(tmp_path, one, words):
    source = source_of({"MLII": sine(), "V5": sine()})
    with pytest.raises(BadField, match=f"^caliper: .*{words}"):
        exported(source, tmp_path / "a.pdf", "pdf", stop=5_000, layout="3x4+1R", calipers=(one,))
    assert not list(tmp_path.iterdir())


def test_annotations_in_sight_stand_at_their_samples_with_their_meaning(tmp_path, archive):
    out = exported(
        archive, tmp_path / "a.pdf", "pdf", record="100-pq", stop=3_600, annotations=("atr",)
    )
    page = seen(out)[0]
    assert "A = Atrial premature beat" in page.text
    assert "V = Premature" not in page.text
    left = page.traces()[0].points[0][0]
    ticks = [line.points[0][0] for line in page.lines if line.colour == (0.1, 0.2, 0.65)]
    at = {round((x - left) / 25 * 360) for x in ticks}
    # The first beats of record 100, from its atr file.
    assert {77, 370, 662} <= at


def test_notes_that_do_not_fit_come_behind_the_last_page(tmp_path):
    holes = [(k * 100, k * 100 + 10) for k in range(1, 9)]
    source = source_of({name: sine() for name in TWELVE}, missing=holes)
    pages = seen(exported(source, tmp_path / "a.pdf", "pdf", layout="12x1"))
    assert len(pages) > 1
    assert "lines more behind the last page" in pages[0].text
    assert "V6: no signal stored, samples 800 to 810" in pages[-1].text
    assert f"Page {len(pages)} of {len(pages)}" in pages[-1].text


def test_what_leaves_the_grid_says_so(tmp_path):
    source = source_of({"II": sine(mv=20)})
    assert "II leaves the grid" in seen(exported(source, tmp_path / "a.pdf", "pdf"))[0].text
    calm = source_of({"II": sine()})
    assert "leaves the grid" not in seen(exported(calm, tmp_path / "b.pdf", "pdf"))[0].text


@pytest.mark.parametrize("sign", [1, -1])
def test_a_lead_far_from_zero_is_drawn_in_its_own_row_and_says_its_base(tmp_path, sign):
    names = ("I", "II", "V1")
    plain = {name: sine(mv=0.5) for name in names}
    far = {**plain, "II": plain["II"] + sign * 5_200}
    drawn, texts = [], []
    for leads in (plain, far):
        one = Caliper("II", 1_000, 1_400, *(2 * [leads["II"][0] / 1000]))
        source = source_of(leads)
        (page,) = seen(exported(source, tmp_path / "a.pdf", "pdf", layout="leads", calipers=(one,)))
        levels = {a[1] for a, b in (line.points[:2] for line in page.lines
                  if line.colour == (0.0, 0.4, 0.3)) if a[1] == b[1]}  # fmt: skip
        drawn.append(([np.array(line.points)[:, 1] for line in page.traces()], max(levels)))
        texts.append(page.text)
    for name, before, after in zip(names, drawn[0][0], drawn[1][0], strict=True):
        # 5.2 mV around 5 mV: two millimetres above, and not 52.
        moved = sign * 2.0 if name == "II" else 0.0
        assert after - before == pytest.approx(moved, abs=0.02)
    assert drawn[1][1] - drawn[0][1] == pytest.approx(sign * 2.0, abs=0.02)
    assert "base" not in texts[0]
    assert texts[1].count(f"(base {sign * 5:+d} mV)") == 1
    assert f"II: {sign * 5:+d} mV stands where other leads have 0 mV" in texts[1]
    assert "leaves the grid" not in texts[1]


def test_a_base_is_the_same_on_all_pages_and_none_within_one_and_a_half_millivolts(tmp_path):
    # Most of it is at 4 mV: a page that is all at 0 mV is drawn around that, too.
    steps = np.where(np.arange(25 * FS) < 10 * FS, 0, 4_000)
    pages = seen(exported(source_of({"II": steps}), tmp_path / "a.pdf", "pdf", layout="leads"))
    assert [page.text.count("(base +4 mV)") for page in pages] == [1, 1, 1]
    near = [base_of(np.array([value, np.nan, value])) for value in (0.0, 1.5, -1.5, np.nan)]
    assert near == [0.0] * 4
    assert [base_of(np.array([value])) for value in (1.51, 2.5, -2.4)] == [2.0, 3.0, -2.0]


def test_too_many_pages_are_refused_before_any_is_made(tmp_path):
    source = source_of({"II": np.zeros(50_000)}, fs=1.0)
    with pytest.raises(TooLarge, match="pages are more than 1000"):
        exported(source, tmp_path / "a.pdf", "pdf")
    assert not list(tmp_path.iterdir())


def test_more_leads_than_fit_are_refused_with_how_many_do():
    names = [f"E{k}" for k in range(30)]
    with pytest.raises(BadField, match="at most 14 fit on a page of 10 mm/mV"):
        plan(Sheet("leads"), names)
    with pytest.raises(BadField, match="at most 14 fit"):
        plan(Sheet("leads"), names[:15])
    assert plan(Sheet("leads"), names[:14]).pitch >= 10


def test_without_reportlab_the_way_out_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "reportlab.pdfbase", None)
    with pytest.raises(ExtraMissing, match=r"pip install 'ecgstream\[pdf\]'"):
        pdf_text.Lettering()
