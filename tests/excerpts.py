"""Excerpts for tests, and an eye that measures what is on a page of a PDF."""

import re
from dataclasses import dataclass, field

import numpy as np
from pypdf import PdfReader

from ecgstream.archive.exporting import export
from ecgstream.archive.ordering import Order
from ecgstream.formats.pdf_sheet import Sheet
from ecgstream.model.block import MISSING, NUMPY
from ecgstream.model.record import Lead, Record
from ecgstream.storage.memory import MemorySource

MM = 72 / 25.4
TWELVE = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")


def lead(name, length, *, fs=500.0, unit="mV", gain=1000.0, baseline=0.0, dtype="i2", kind="ecg"):
    return Lead(name, unit, gain, baseline, kind, fs, length, (dtype,))


def source_of(samples, *, missing=(), record="r1", start_time=None, zone=None, **how):
    """A source of one record; `samples` by lead are its stored values."""
    names = list(samples)
    leads = tuple(lead(name, len(samples[name]), **how) for name in names)
    made = {}
    for one in leads:
        made[one.name] = np.array(samples[one.name], NUMPY[one.dtypes[0]])
        for low, high in missing:
            made[one.name][low:high] = MISSING[one.dtypes[0]]
    source = MemorySource()
    source.add(Record(record, "p1", leads, start_time, zone, "made up", "CC0-1.0"), made)
    return source


def exported(source, out, kind, *, stop=None, start=0, leads=(), record="r1", **how):
    """Export from `source` to `out`; `how` are fields of the order, or of its sheet."""
    of_order = {name: how.pop(name) for name in ("annotations", "filter", "time") if name in how}
    one = source.record(record)
    end = stop if stop is not None else one.length_at(one.choose(leads or None)[0].fs)
    order = Order(kind, start, end, tuple(leads), sheet=Sheet(**how), **of_order)
    export(source, one, order, out, version="1.2.3")
    return out


@dataclass
class Line:
    """A stroked path in mm, y upward from the lower edge of the page."""

    colour: tuple[float, ...]
    width: float
    points: list[tuple[float, float]]


@dataclass
class Seen:
    """The vectors and words of a page, its size in mm."""

    size: tuple[float, float]
    lines: list[Line] = field(default_factory=list)
    text: str = ""

    def grid(self, colour):
        """The places of vertical and horizontal grid lines of a colour, sorted."""
        ends = [line.points for line in self.lines if line.colour == colour]
        columns = sorted({round(a[0], 3) for a, b in ends if abs(a[0] - b[0]) < 1e-6})
        rows = sorted({round(a[1], 3) for a, b in ends if abs(a[1] - b[1]) < 1e-6})
        return columns, rows

    def traces(self, colour=(0.0, 0.0, 0.0), least=20):
        return [line for line in self.lines if line.colour == colour and len(line.points) >= least]


def seen(path):
    """Read the vectors out of the content streams: what a printer would draw."""
    return [_page(page) for page in PdfReader(path).pages]


def _page(page):
    found = Seen((float(page.mediabox.width) / MM, float(page.mediabox.height) / MM))
    found.text = page.extract_text()
    stack, colour, width, points = [], (0.0, 0.0, 0.0), 1.0, []
    numbers: list[float] = []
    content = re.sub(rb"\((?:\\.|[^\\()])*\)", b" ", page.get_contents().get_data())
    for token in content.split():
        word = token.decode("latin-1")
        try:
            numbers.append(float(word))
            continue
        except ValueError:
            pass
        if word == "q":
            stack.append((colour, width))
        elif word == "Q":
            colour, width = stack.pop()
        elif word == "RG":
            colour = tuple(round(n, 3) for n in numbers[-3:])
        elif word == "w":
            width = numbers[-1]
        elif word == "m":
            if points and len(points) > 1:
                found.lines.append(Line(colour, width, points))
            points = [(numbers[-2] / MM, numbers[-1] / MM)]
        elif word == "l":
            points.append((numbers[-2] / MM, numbers[-1] / MM))
        elif word == "S":
            found.lines.append(Line(colour, width, points))
            points = []
        elif word == "n":
            points = []
        numbers = []
    return found
