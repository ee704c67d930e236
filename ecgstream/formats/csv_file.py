"""CSV: what it is in `#` lines, then a row a sample with the physical values.

Physical values are doubles in the shortest decimals that give the same double again; stored values
are `value * gain + baseline`, rounded, with the gain and baseline of the `#` lines.
"""

import csv
import io
import re
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv

from ecgstream.errors import printable
from ecgstream.formats.provenance import Making, facts
from ecgstream.model.annotation import POINT
from ecgstream.model.excerpt import Excerpt

ROWS: Final = 1 << 16
"""Rows written in one go."""

_PLAIN: Final = re.compile(r"[-+]?[\w .()\[\]/%]*")


def write(excerpt: Excerpt, making: Making, out: Path) -> None:
    """Write `excerpt` to `out`. Raises OSError."""
    names = [_cell(f"{lead.name} [{lead.unit or 'unit unknown'}]") for lead in excerpt.leads]
    head = io.StringIO(newline="")
    for name, said in (facts(excerpt, making) | _scales(excerpt)).items():
        head.write(f"# {name}: {printable(said)}\r\n")
    csv.writer(head).writerow(["sample", "time_s", *names])
    values = [excerpt.physical(k) for k in range(len(excerpt.leads))]
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
    with out.open("wb") as opened:
        opened.write(head.getvalue().encode())
        for low in range(0, excerpt.count, ROWS):
            high = min(low + ROWS, excerpt.count)
            sample = np.arange(excerpt.start + low, excerpt.start + high)
            parts = [part[low:high] for part in values]
            columns = [pa.array(sample), pa.array(sample / excerpt.fs)]
            columns += [pa.array(part, mask=np.isnan(part)) for part in parts]
            table = pa.table(columns, names=[str(k) for k in range(len(columns))])
            pyarrow.csv.write_csv(table, opened, options)


def _scales(excerpt: Excerpt) -> dict[str, str]:
    """Return a line a lead, and a line an annotation."""
    found = {
        "columns": "sample counts from the start of the record; time_s = sample / fs; then a "
        "lead each, physical = (stored - baseline) / gain; an empty field = no sample"
    }
    for lead, samples in zip(excerpt.leads, excerpt.samples, strict=True):
        infinite = int(np.isinf(samples).sum())
        told = f", {infinite} samples infinite (inf): no value" if infinite else ""
        found[f"lead {printable(lead.name)}"] = (
            f"unit {lead.unit or 'unknown'}, gain {lead.gain!r}, baseline {lead.baseline!r}, "
            f"kind {lead.kind}{told}"
        )
    for name, marks in excerpt.annotations.items():
        for number, one in enumerate(marks):
            lasting = "" if one.stop == POINT else f" to {one.stop}"
            said = f"sample {one.sample}{lasting}, symbol {one.symbol}"
            said += f", {one.aux_note}" if one.aux_note else ""
            found[f"annotation {printable(name)} {number}"] = said
    return found


def _cell(name: str) -> str:
    """Return the name of a column, which no spreadsheet takes for a formula."""
    name = printable(name)
    return name if _PLAIN.fullmatch(name) and name[:1] not in "=@" else f"'{name}"
