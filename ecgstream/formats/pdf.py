"""PDF: pages of calibrated ECG paper, all vectors, with what they show written beside it.

The same samples and choices give the same bytes.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ecgstream.errors import TooLarge, printable
from ecgstream.formats.pdf_paper import MM, REASONS, PaperPage
from ecgstream.formats.pdf_sheet import MARGIN_MM, PAPERS, Caliper, Cell, Plan, Sheet, plan
from ecgstream.formats.pdf_text import BOLD, PLAIN, Lettering
from ecgstream.formats.pdf_traces import Trace, Traces
from ecgstream.formats.provenance import NOT_FOR_DIAGNOSIS, Making
from ecgstream.model.annotation import SYMBOLS, Annotation, in_words
from ecgstream.model.moment import told

NO_FILTER: Final = "As stored: no filter"
NOTE_PT: Final = 5.5
NOTE_MM: Final = 2.4
FOOT_LINES: Final = 4
"""Lines of source and digest."""
NOTES: Final = 10
"""Lines of notes below the grid: what is more comes behind the last page."""
GAPS_MOST: Final = 8
"""Gaps of a lead listed on a page, the others counted."""


@dataclass(frozen=True, slots=True)
class Words:
    """What pages say beside the traces: of the program, the filter and the stored annotations."""

    making: Making
    filter: str = NO_FILTER
    annotations: Mapping[str, Sequence[Annotation]] | None = None


def write(traces: Traces, sheet: Sheet, words: Words, out: Path, *, most_pages: int) -> None:
    """Write the pages of [traces.start, traces.stop) to `out`.

    Raises ExtraMissing, BadField for leads that do not fit, TooLarge for more than `most_pages`.
    """
    letters = Lettering()
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415 - an extra, loaded when used

    laid = plan(sheet, [lead.name for lead in traces.wide.leads])
    count = max(1, math.ceil((traces.stop - traces.start) / (laid.seconds * traces.wide.fs) - 1e-9))
    if count > most_pages:
        raise TooLarge(
            f"{count} pages are more than {most_pages}: ask for at most "
            f"{most_pages * laid.seconds:g} s at once, or for a slower paper"
        )
    width, tall = PAPERS[sheet.paper]
    canvas = Canvas(
        str(out), pagesize=(width * MM, tall * MM), pageCompression=1, invariant=1, lang="en"
    )
    record = traces.wide.record
    canvas.setTitle(printable(f"ECG {record.record}, samples {traces.start} to {traces.stop}"))
    canvas.setAuthor(words.making.software)
    canvas.setSubject(NOT_FOR_DIAGNOSIS)
    canvas.setCreator(words.making.software)
    canvas.setProducer(f"{words.making.software}, reportlab")
    paper = PaperPage(canvas, sheet, laid, letters)
    scene = _Scene(traces, sheet, words, laid, paper, letters)
    pages = [_Page(scene, number) for number in range(count)]
    rest = [line for page in pages for line in page.notes[NOTES:]]
    rest_pages = _columns(rest, tall)
    total = count + len(rest_pages)
    digest = traces.wide.cut(traces.start, traces.stop).digest()
    for page in pages:
        page.draw()
        page.foot(canvas, digest, total)
        canvas.showPage()
    for number, lines in enumerate(rest_pages, count + 1):
        paper.write(paper.left, MARGIN_MM + 4, f"Notes of record {record.record}", 9, BOLD)
        for place, line in enumerate(lines):
            paper.write(paper.left, MARGIN_MM + 9 + place * NOTE_MM, line, NOTE_PT)
        _bottom(paper, tall, f"Page {number} of {total}")
        canvas.showPage()
    canvas.save()


def _columns(lines: Sequence[str], tall: float) -> list[Sequence[str]]:
    """Return lines page by page."""
    fit = int((tall - 2 * MARGIN_MM - 16) / NOTE_MM)
    return [lines[k : k + fit] for k in range(0, len(lines), fit)]


def _bottom(paper: PaperPage, tall: float, page: str) -> None:
    paper.write(paper.left, tall - MARGIN_MM, NOT_FOR_DIAGNOSIS, 8, BOLD)
    paper.write(paper.right - 22, tall - MARGIN_MM, page, 7)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What all pages have in common."""

    traces: Traces
    sheet: Sheet
    words: Words
    plan: Plan
    paper: PaperPage
    letters: Lettering


class _Page:
    """One page: its head, its traces, its notes."""

    def __init__(self, scene: _Scene, number: int) -> None:
        traces = self._traces = scene.traces
        self._sheet, self._words, self._plan = scene.sheet, scene.words, scene.plan
        self._paper, self._letters = scene.paper, scene.letters
        self._number = number
        self._fs = traces.wide.fs
        self._first = traces.start + number * self._plan.seconds * self._fs
        self._low = math.ceil(self._first - 1e-6)
        self._high = min(math.ceil(self._first + self._plan.seconds * self._fs - 1e-6), traces.stop)
        self._tall = PAPERS[self._sheet.paper][1]
        wide = (self._paper.right - self._paper.left) / 2 * MM - 4
        self.notes = [
            line for note in self._told() for line in self._letters.lines(note, NOTE_PT, wide)
        ]

    def draw(self) -> None:
        """Draw head, grid, traces and what lies over them."""
        paper = self._paper
        self._head()
        paper.grid()
        drawn = [(cell, self._trace(cell), self._begin(cell)) for cell in self._plan.cells]
        for cell, trace, first in drawn:
            if trace is None or first < self._traces.stop:
                self._under(cell, trace, first)
        for cell, trace, first in drawn:
            if trace is not None and first < self._traces.stop:
                paper.trace(cell, trace, first, self._fs)
                paper.end(cell, self._traces.stop, first, self._fs)
                paper.name(cell, cell.recipe.name if cell.recipe else cell.name, self._note(cell))
        for row, begin in self._plan.bands:
            paper.axis(row, self._first / self._fs + begin)
        self._annotations()
        self._calipers()

    def _under(self, cell: Cell, trace: Trace | None, first: float) -> None:
        """Draw what lies under the traces of a cell."""
        paper = self._paper
        if trace is None:
            said = "not in this record" if cell.recipe is None else "not in volts: not derived"
            paper.absent(cell, said)
            paper.name(cell, cell.name, "")
            return
        if trace.unit is not None:
            paper.own_range(cell, trace)
        elif cell.x == 0:
            paper.pulse(cell.row)
        if cell.x > 0:
            paper.part(cell)
        for gap in trace.gaps:
            if gap.start < first + cell.seconds * self._fs and gap.stop > first:
                paper.gap(cell, gap, first, self._fs)

    def foot(self, canvas: Any, digest: str, total: int) -> None:
        """Write the notes, and what all pages say."""
        paper, tall = self._paper, self._tall
        top = paper.bottom + 3
        half = NOTES // 2
        shown, more = self.notes[:NOTES], len(self.notes) - NOTES
        if more > 0:
            shown[-1] += f"   (and {more} lines more behind the last page)"
        for place, line in enumerate(shown):
            x = paper.left + (place // half) * (paper.right - paper.left) / 2
            paper.write(x, top + (place % half) * NOTE_MM, line, NOTE_PT)
        names = ", ".join(lead.name for lead in self._traces.wide.leads)
        span = f"samples {self._traces.start} to {self._traces.stop}"
        made = self._words.making.software
        made += f", {self._words.making.time}" if self._words.making.time else ""
        record, wide = self._traces.wide.record, (paper.right - paper.left) * MM
        source = f"Source: {record.source or 'not said'}. Licence: {record.licence or 'not said'}"
        said = f"sha256 of the stored samples of all pages ({names}; {span}): {digest}; {made}"
        lines = self._letters.lines(source, NOTE_PT, wide) + self._letters.lines(
            said, NOTE_PT, wide
        )
        lines = lines[-FOOT_LINES:]
        for place, line in enumerate(lines):
            y = tall - MARGIN_MM - 3.6 - (len(lines) - 1 - place) * NOTE_MM
            paper.write(paper.left, y, line, NOTE_PT)
        _bottom(paper, tall, f"Page {self._number + 1} of {total}")
        canvas.bookmarkPage(f"page{self._number + 1}")

    def _head(self) -> None:
        paper, record, fs = self._paper, self._traces.wide.record, self._fs
        middle = paper.left + 170
        wide, narrow = (middle - paper.left - 3) * MM, (paper.right - middle) * MM
        first, last = self._low / fs, self._high / fs
        rate = f"{fs:.6g} Hz ({self._traces.wide.leads[0].fs_source})"
        span = f"{first:.3f} s to {last:.3f} s of the record, "
        span += f"samples {self._low} to {self._high} (excluded) of {record.length_at(fs)}"
        left = [
            (f"Patient {record.patient}    Record {record.record}", 9.5, BOLD),
            (f"Start of page: {told(record, self._low, fs)}", 7, PLAIN),
            (f"{span}; {rate}", 6.5, PLAIN),
        ]  # fmt: skip
        right = [
            (f"{self._sheet.mm_per_s:g} mm/s    {self._sheet.mm_per_mv:g} mm/mV", 9.5, BOLD),
            *((line, 7, BOLD) for line in
              self._letters.lines(self._words.filter, 7, narrow, BOLD)[:3]),
        ]  # fmt: skip
        for x, most, rows in ((paper.left, wide, left), (middle, narrow, right)):
            y = MARGIN_MM + 3.5
            for text, size, font in rows:
                paper.write(x, y, self._letters.fitting(text, size, most, font), size, font)
                y += 4.4 if size > 9 else 3.6

    def _trace(self, cell: Cell) -> Trace | None:
        return self._traces.of(cell.recipe) if cell.recipe is not None else None

    def _begin(self, cell: Cell) -> float:
        """Return the sample at which a cell begins."""
        return self._first + cell.from_s * self._fs

    def _note(self, cell: Cell) -> str:
        """Return what stands beside the name of a lead."""
        trace = self._trace(cell)
        if cell.recipe is None or trace is None:
            return ""
        notes = [cell.recipe.note] if cell.recipe.note else []
        if trace.unit is not None:
            own = f"own range {trace.low:g} to {trace.high:g} {trace.unit}"
            notes.append(f"{own if trace.known else trace.unit}: not on mV paper")
        if trace.base:
            notes.append(f"base {trace.base:+g} mV")
        if trace.filtered:
            notes.append("filtered")
        return f"({', '.join(notes)})" if notes else ""

    def _told(self) -> Iterator[str]:
        """Yield what is to be said of this page."""
        for number, one, cells in self._measured():
            yield self._measure(number, one) + ("" if cells else " (its lead is not drawn here)")
        yield from self._bases()
        seen: set[tuple[str, int]] = set()
        for cell in self._plan.cells:
            trace, first = self._trace(cell), self._begin(cell)
            if trace is None or cell.recipe is None:
                continue
            low = max(0, math.floor(first) - trace.start)
            high = max(0, math.ceil(first + cell.seconds * self._fs) - trace.start)
            drawn = trace.values[low:high] - trace.base
            if trace.unit is None and self._paper.outside(cell, drawn):
                yield f"{cell.name} leaves the grid: choose fewer mm/mV to see all of it"
            if not trace.settled[low:high].all():
                yield f"{cell.name}: where it is grey, the filter is still settling"
            gaps = [
                gap
                for gap in trace.gaps
                if gap.start < high + trace.start
                and gap.stop > low + trace.start
                and (cell.name, gap.start) not in seen
            ]
            seen |= {(cell.name, gap.start) for gap in gaps}
            for gap in gaps[:GAPS_MOST]:
                yield (
                    f"{cell.name}: {REASONS[gap.reason]}, samples {gap.start} to {gap.stop} "
                    f"({gap.start / self._fs:.3f} s to {gap.stop / self._fs:.3f} s)"
                )
            if len(gaps) > GAPS_MOST:
                yield f"{cell.name}: {len(gaps) - GAPS_MOST} gaps more"
        symbols: dict[str, set[str]] = {}
        for name, mark in self._in_sight():
            symbols.setdefault(name, set()).add(mark.symbol)
        for name, found in symbols.items():
            words = (f"{symbol} = {SYMBOLS.get(symbol, 'not known')}" for symbol in sorted(found))
            yield f"Annotations of set {name}, as stored: {'; '.join(words)}"

    def _bases(self) -> Iterator[str]:
        """Yield what stands where 0 mV is in other rows, of each lead once."""
        bases = {cell.name: trace.base for cell in self._plan.cells if (trace := self._trace(cell))}
        for name, base in bases.items():
            if base:
                yield f"{name}: {base:+g} mV stands where other leads have 0 mV"

    def _in_sight(self) -> Iterator[tuple[str, Annotation]]:
        for name, marks in (self._words.annotations or {}).items():
            for one in marks:
                if self._low <= one.sample < self._high:
                    yield name, one

    def _annotations(self) -> None:
        """Draw the annotations over the longest row that shows their time."""
        longest = max(cell.seconds for cell in self._plan.cells)
        rows: dict[float, Cell] = {}
        for cell in self._plan.cells:
            if cell.seconds == longest:
                rows.setdefault(cell.from_s, cell)
        for _, one in self._in_sight():
            for cell in rows.values():
                first = self._begin(cell)
                if first <= one.sample < first + cell.seconds * self._fs:
                    text = f"{one.symbol} {in_words(one, self._fs)}".strip()
                    self._paper.mark(cell, one.sample, text, first, self._fs)

    def _measured(self) -> Iterator[tuple[int, Caliper, list[Cell]]]:
        """Yield the calipers that reach into this page, each with the cells that show it."""
        for number, one in enumerate(self._sheet.calipers, 1):
            low, high = sorted((one.first, one.last))
            if low < self._high and high >= self._low:
                yield number, one, [cell for cell in self._plan.cells if self._shows(cell, one)]

    def _shows(self, cell: Cell, one: Caliper) -> bool:
        if cell.recipe is None or (trace := self._trace(cell)) is None or trace.unit is not None:
            return False
        stored = self._traces.wide.leads[cell.recipe.terms[0][0]].name
        names = {cell.name, cell.recipe.name} | ({stored} if len(cell.recipe.terms) == 1 else set())
        first, (low, high) = self._begin(cell), sorted((one.first, one.last))
        return one.lead in names and low < first + cell.seconds * self._fs and high >= first

    def _measure(self, number: int, one: Caliper) -> str:
        low, high = sorted((one.first, one.last))
        span = (high - low) / self._fs
        said = f"({number}) {one.lead}, {low / self._fs:.3f} s to {high / self._fs:.3f} s: "
        said += f"{span * 1000:.4g} ms"
        if one.first_mv is not None and one.last_mv is not None:
            said += f", {one.last_mv - one.first_mv:+.3f} mV"
        return f"{said}; {one.text}" if one.text else said

    def _calipers(self) -> None:
        for number, one, cells in self._measured():
            mv = None
            if one.first_mv is not None and one.last_mv is not None:
                mv = (one.first_mv, one.last_mv)
            label = f"({number}) {abs(one.last - one.first) / self._fs * 1000:.4g} ms"
            for cell in cells:
                place = (self._begin(cell), self._fs)
                trace = self._trace(cell)
                base = trace.base if trace else 0.0
                levels = (mv[0] - base, mv[1] - base) if mv else None
                self._paper.caliper(cell, label, sorted((one.first, one.last)), levels, place)
