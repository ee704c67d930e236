"""The painter of one page of ECG paper: millimetres in, vectors out.

Millimetres count from the upper left corner of the page; points of the PDF from the lower left.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.formats.pdf_sheet import (
    HEAD_MM,
    MARGIN_MM,
    PAPERS,
    PULSE_MM,
    TRACE_MM,
    Cell,
    Plan,
    Sheet,
)
from ecgstream.formats.pdf_text import BOLD, PLAIN, Lettering
from ecgstream.formats.pdf_traces import Trace
from ecgstream.model.excerpt import Gap

MM: Final = 72 / 25.4
"""Points of a millimetre."""

Colour = tuple[float, float, float]

FINE: Final[Colour] = (1.0, 0.86, 0.86)
COARSE: Final[Colour] = (0.95, 0.6, 0.6)
INK: Final[Colour] = (0.0, 0.0, 0.0)
DIM: Final[Colour] = (0.6, 0.6, 0.6)
PALE: Final[Colour] = (0.8, 0.8, 0.84)
HATCH: Final[Colour] = (0.45, 0.45, 0.5)
MARKS: Final[Colour] = (0.1, 0.2, 0.65)
CALIPERS: Final[Colour] = (0.0, 0.4, 0.3)
WHITE: Final[Colour] = (1.0, 1.0, 1.0)

TRACE_PT: Final = 0.6
FINE_PT: Final = 0.2
COARSE_PT: Final = 0.45
SMALL: Final = 5.5
LABEL: Final = 8.0

REASONS: Final = {
    "missing": "no signal stored",
    "corrupt": "stored, but cannot be read",
    "infinite": "stored as infinite",
}


class PaperPage:
    """Draws into a grid, the upper left corner of which is at `left`, `top` mm."""

    def __init__(self, canvas: Any, sheet: Sheet, plan: Plan, letters: Lettering) -> None:
        self._canvas = canvas
        self._sheet = sheet
        self._plan = plan
        self._letters = letters
        width, self._tall = PAPERS[sheet.paper]
        self.left = round((width - TRACE_MM - PULSE_MM) / 2, 1)
        self.top = MARGIN_MM + HEAD_MM
        self.right = self.left + PULSE_MM + TRACE_MM
        self.bottom = self.top + plan.height
        self.begin = self.left + PULSE_MM
        """Where traces begin, in mm."""
        self._marked: dict[tuple[int, float], float] = {}

    def down(self, y: float) -> float:
        """Return points of `y` mm below the upper edge of the page."""
        return (self._tall - y) * MM

    def grid(self) -> None:
        """Draw the grid of 1 mm and 5 mm: the first thing on a page."""
        self._marked.clear()
        for step, colour, width in ((1, FINE, FINE_PT), (5, COARSE, COARSE_PT)):
            self._pen(colour, width)
            columns = range(0, round(self.right - self.left) + 1, step)
            rows = range(0, round(self.bottom - self.top) + 1, step)
            self._canvas.lines(
                [(x, self.down(self.top), x, self.down(self.bottom))
                 for x in ((self.left + k) * MM for k in columns)]
                + [(self.left * MM, y, self.right * MM, y)
                   for y in (self.down(self.top + k) for k in rows)]
            )  # fmt: skip

    def axis(self, row: int, begin_s: float) -> None:
        """Draw whole seconds of the record below `row`, which begins at `begin_s`."""
        y = self.top + self._row_top(row) + self._plan.pitch
        self._pen(INK, 0.4)
        for second in range(math.ceil(begin_s - 1e-9), math.floor(begin_s + self._sheet.row_s) + 1):
            x = self.begin + (second - begin_s) * self._sheet.mm_per_s
            self._line(x, y, x, y - 1.2)
            if x < self.right - 5:
                self.write(x + 0.5, y - 0.4, f"{second} s", SMALL)

    def pulse(self, row: int) -> None:
        """Draw 1 mV over 5 mm before the traces of `row`."""
        y, tall = self.baseline(row), self._sheet.mm_per_mv
        x = self.left + 2
        self._pen(INK, TRACE_PT)
        across = np.array([0, 1, 1, 6, 6, 7]) + x
        self._polyline(across, y - np.array([0, 0, tall, tall, 0, 0]))

    def part(self, cell: Cell) -> None:
        """Draw where a cell begins behind another one."""
        x, y = self.begin + cell.x, self.baseline(cell.row)
        self._pen(INK, 0.6)
        self._line(x, y - 4, x, y - 1.5)
        self._line(x, y + 1.5, x, y + 4)

    def name(self, cell: Cell, text: str, note: str) -> None:
        """Write the name of a lead over the beginning of its cell, and what is to be said of it."""
        x, y = self.begin + cell.x + 1, self.top + self._row_top(cell.row) + 3.2
        text = self._letters.shown(text)
        self.write(x, y, text, LABEL, BOLD)
        if note:
            x += self._letters.width(text, LABEL, BOLD) / MM + 1.2
            self.write(x, y, note, SMALL)

    def trace(self, cell: Cell, trace: Trace, first: float, fs: float) -> None:
        """Draw what of `trace` is in `cell`, which begins at sample `first`. Gaps stay open."""
        low = max(math.floor(first) - trace.start, 0)
        high = min(math.ceil(first + cell.seconds * fs) + 1 - trace.start, len(trace.values))
        if low >= high:
            return
        values, settled = trace.values[low:high], trace.settled[low:high]
        x = self._across(cell, np.arange(low, high) + trace.start, first, fs)
        y = self._down_of(cell, trace, values)
        known = np.isfinite(values)
        with self._within(cell, self.top, self.bottom):
            for a, b in _runs(known):
                for c, d in _runs(settled[a:b], both=True):
                    # The line goes on to where the next part of another colour begins.
                    end = min(a + d + 1, b)
                    self._pen(INK if settled[a + c] else DIM, TRACE_PT)
                    self._polyline(x[a + c : end], y[a + c : end])

    def own_range(self, cell: Cell, trace: Trace) -> None:
        """Clear the row of a lead that is no voltage, and draw the range that it is drawn on."""
        top = self.top + self._row_top(cell.row) + 0.3
        bottom = self.top + self._row_top(cell.row) + self._plan.pitch - 0.3
        left = self.left if cell.x == 0 else self.begin + cell.x
        wide = self.begin + cell.x + cell.seconds * self._sheet.mm_per_s - left
        self._canvas.setFillColorRGB(*WHITE)
        self._canvas.rect(left * MM, self.down(bottom), wide * MM, (bottom - top) * MM, 0, 1)
        self._canvas.setFillColorRGB(*INK)
        self._pen(PALE, 0.25)
        for value in (trace.low, trace.high) if trace.known else ():
            y = float(self._down_of(cell, trace, np.array([value]))[0])
            self._line(self.begin + cell.x, y, left + wide, y)
            self.write(left + 0.8, y + 0.7, f"{value:g}", SMALL)
        for k in range(0, round(cell.seconds * self._sheet.mm_per_s) + 1, 5):
            self._line(self.begin + cell.x + k, top, self.begin + cell.x + k, bottom)

    def gap(self, cell: Cell, gap: Gap, first: float, fs: float) -> None:
        """Hatch the span of a gap, and say why nothing is there."""
        ends = np.array([gap.start - 0.5, gap.stop - 0.5])
        low, high = self._across(cell, ends, first, fs)
        left = max(float(low), self.begin + cell.x)
        right = min(float(high), self.begin + cell.x + cell.seconds * self._sheet.mm_per_s)
        if left >= right:
            return
        top, tall = self.baseline(cell.row) - self._plan.pitch * 0.3, self._plan.pitch * 0.6
        with self._clipped(left, top, right, top + tall):
            self._pen(HATCH, 0.3)
            for k in range(math.floor((left - tall) / 1.5), math.ceil(right / 1.5) + 1):
                self._line(k * 1.5, top + tall, k * 1.5 + tall, top)
        self._pen(HATCH, 0.4)
        self._canvas.rect(left * MM, self.down(top + tall), (right - left) * MM, tall * MM)
        said = f"{REASONS[gap.reason]}: {(gap.stop - gap.start) / fs:.3g} s"
        for text in (said, REASONS[gap.reason]):
            wide = self._letters.width(text, 6) / MM + 2
            if wide < right - left:
                x, y = (left + right - wide) / 2, self.baseline(cell.row) + 1
                self._canvas.setFillColorRGB(*WHITE)
                self._canvas.rect(x * MM, self.down(y + 0.8), wide * MM, 3.2 * MM, 0, 1)
                self._canvas.setFillColorRGB(*INK)
                self.write(x + 1, y, text, 6)
                break

    def end(self, cell: Cell, stop: int, first: float, fs: float) -> None:
        """Draw where the interval ends inside a cell."""
        (x,) = self._across(cell, np.array([stop]), first, fs)
        if not self.begin + cell.x < x < self.begin + cell.x + cell.seconds * self._sheet.mm_per_s:
            return
        y = self.baseline(cell.row)
        self._pen(INK, 0.3)
        self._line(float(x), y - 3, float(x), y + 3)
        if x < self.right - 18:
            self.write(float(x) + 0.8, y + 0.7, "end of interval", SMALL)

    def mark(self, cell: Cell, sample: float, text: str, first: float, fs: float) -> None:
        """Draw an annotation above the row of a cell."""
        x = float(self._across(cell, np.array([sample]), first, fs)[0])
        top = self.top + self._row_top(cell.row)
        # One that would run into the one before it goes a line higher.
        line = (cell.row, cell.x)
        higher = x - 0.7 < self._marked.get(line, 0.0)
        y = top + (3.4 if higher else 6)
        if not higher:
            wide = self._letters.width(self._letters.shown(text), 6) / MM
            self._marked[line] = x - 0.2 + wide
        self._pen(MARKS, 0.4)
        self._line(x, y + 0.4, x, top + 8)
        self._canvas.setFillColorRGB(*MARKS)
        self.write(x - 0.7, y, text, 6)
        self._canvas.setFillColorRGB(*INK)

    def caliper(
        self,
        cell: Cell,
        label: str,
        samples: Sequence[float],
        mv: tuple[float, float] | None,
        place: tuple[float, float],
    ) -> None:
        """Draw a measurement; `place` is the sample at which the cell begins, and fs."""
        low, high = (float(x) for x in self._across(cell, np.array(samples), *place))
        y, half = self.baseline(cell.row), self._plan.pitch / 2
        ends = (y - half * 0.8, y + half * 0.8)
        with self._within(cell, self.top, self.bottom):
            self._pen(CALIPERS, 0.5)
            for x in (low, high):
                self._line(x, ends[0], x, ends[1])
            self._line(low, ends[1], high, ends[1])
            if mv is not None:
                for value in mv:
                    level = y - value * self._sheet.mm_per_mv
                    self._line(low, level, high, level)
        if self.begin + cell.x <= low <= self.right:
            self._canvas.setFillColorRGB(*CALIPERS)
            self.write(low + 0.4, ends[1] - 0.5, label, 6, BOLD)
            self._canvas.setFillColorRGB(*INK)

    def absent(self, cell: Cell, text: str) -> None:
        """Write why there is nothing in a cell."""
        self.write(self.begin + cell.x + 6, self.baseline(cell.row) + 1, text, 6.5)

    def baseline(self, row: int) -> float:
        """Return where 0 mV, or the base of a trace, is in a row, in mm."""
        return self.top + self._plan.baseline(row)

    def outside(self, cell: Cell, values: NDArray[np.float64]) -> bool:
        """Return whether mV values of a cell leave the grid."""
        y = self.baseline(cell.row) - values[np.isfinite(values)] * self._sheet.mm_per_mv
        return bool(len(y)) and (float(y.min()) < self.top or float(y.max()) > self.bottom)

    def write(self, x: float, y: float, text: str, size: float, font: str = PLAIN) -> None:
        """Write a line at `x`, `y` mm, its letters as far as the font has them."""
        self._canvas.setFont(font, size)
        self._canvas.drawString(x * MM, self.down(y), self._letters.shown(text))

    def _row_top(self, row: int) -> float:
        return self._plan.baseline(row) - self._plan.pitch / 2

    def _across(
        self, cell: Cell, samples: NDArray[Any], first: float, fs: float
    ) -> NDArray[np.float64]:
        """Return where samples are, in mm."""
        across: NDArray[np.float64] = (
            self.begin + cell.x + (samples - first) / fs * self._sheet.mm_per_s
        )
        return across

    def _down_of(
        self, cell: Cell, trace: Trace, values: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return where values are, in mm below the upper edge of the page."""
        if trace.unit is None:
            return self.baseline(cell.row) - (values - trace.base) * self._sheet.mm_per_mv
        bottom = self.top + self._row_top(cell.row) + self._plan.pitch - 2
        tall = self._plan.pitch - 6
        return bottom - (values - trace.low) / (trace.high - trace.low) * tall

    def _pen(self, colour: Colour, width: float) -> None:
        self._canvas.setStrokeColorRGB(*colour)
        self._canvas.setLineWidth(width)

    def _line(self, x: float, y: float, to_x: float, to_y: float) -> None:
        self._canvas.line(x * MM, self.down(y), to_x * MM, self.down(to_y))

    def _polyline(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        """Draw a line through points in mm: every sample, none smoothed away."""
        from reportlab.pdfgen.pathobject import PDFPathObject  # noqa: PLC0415

        points = zip((x * MM).tolist(), (self.down(0) - y * MM).tolist(), strict=True)
        code = [f"{a:.2f} {b:.2f} l" for a, b in points]
        code[0] = code[0][:-1] + "m"
        if len(code) == 1:  # a sample alone: a dot, by its round ends
            code.append(code[0][:-1] + "l")
        self._canvas.drawPath(PDFPathObject(code), stroke=1, fill=0)

    def _within(self, cell: Cell, top: float, bottom: float) -> Any:
        left = self.begin + cell.x
        return self._clipped(left, top, left + cell.seconds * self._sheet.mm_per_s, bottom)

    @contextmanager
    def _clipped(self, left: float, top: float, right: float, bottom: float) -> Iterator[None]:
        """Have nothing drawn outside."""
        self._canvas.saveState()
        self._canvas.setLineJoin(1)
        self._canvas.setLineCap(1)
        path = self._canvas.beginPath()
        path.rect(left * MM, self.down(bottom), (right - left) * MM, (bottom - top) * MM)
        self._canvas.clipPath(path, stroke=0, fill=0)
        yield
        self._canvas.restoreState()


def _runs(mask: NDArray[np.bool_], *, both: bool = False) -> list[tuple[int, int]]:
    """Return the runs of True as [start, stop); of False too with `both`."""
    edges = np.flatnonzero(np.diff(mask)) + 1
    ends = [0, *edges.tolist(), len(mask)]
    return [(a, b) for a, b in pairwise(ends) if a < b and (both or mask[a])]
