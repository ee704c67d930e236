"""WFDB: a zip of header, signal file and annotations, written by the `wfdb` package.

Digital values, gain and baseline are the stored ones to the bit, and a missing sample is the
format's own invalid one. What is stored as floats has no digital values: it is written in steps of
which the header says how far they are from the stored ones.
"""

import contextlib
import io
import itertools
import re
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ExportFailed, ExtraMissing, printable
from ecgstream.formats.provenance import Making, facts
from ecgstream.model.annotation import SYMBOLS, Annotation, in_words
from ecgstream.model.excerpt import Excerpt
from ecgstream.model.moment import clock_at

INVALID: Final = {"16": -(2**15), "32": -(2**31)}
DATE: Final = (1980, 1, 1, 0, 0, 0)
"""Of the files in the zip, so that the same samples give the same bytes."""

COARSEST: Final = 4_096
"""Of a lead's range no step may be more than this part: 12 bits are the least that recorders have.
A large offset leaves fewer, and the file would have a flat line for a signal."""

MARKS: Final = "unfinishedannotations"
"""Suffix of a set while it is written."""

GAINS: Final = np.arange(1, 20_001, dtype=np.float64)
"""Steps a unit that recorders use: floats that were made of such are found again exactly."""
PROBED: Final = 64
"""Values looked at before all are."""
TRIED: Final = 8
"""Gains that those fit, tried on all."""


@dataclass(frozen=True, slots=True, eq=False)
class Digital:
    """A lead as integers: `physical = (values - baseline) / gain`, missing ones as `INVALID`.

    `lost` is the largest distance from the stored values, in the unit of the lead; `infinite`
    counts the samples that are, which no integer is: they are missing here.
    """

    values: NDArray[np.int64]
    fmt: str
    gain: float
    baseline: int
    lost: float
    infinite: int = 0


def write(excerpt: Excerpt, making: Making, out: Path) -> None:
    """Write `excerpt` to the zip `out`. Raises ExtraMissing, ExportFailed, OSError."""
    name = re.sub(r"[^\w-]", "-", f"{excerpt.record.record}-{excerpt.start}-{excerpt.stop}")
    digital = [_digital(excerpt, k) for k in range(len(excerpt.leads))]
    fmt = max(one.fmt for one in digital)
    samples = np.column_stack([_as(one, fmt) for one in digital])
    with TemporaryDirectory(dir=out.parent) as folder, _package() as wfdb:
        clock = clock_at(excerpt.record, excerpt.start, excerpt.fs)
        record = wfdb.Record(
            record_name=name,
            n_sig=len(digital),
            fs=excerpt.fs,
            sig_len=excerpt.count,
            file_name=[f"{name}.dat"] * len(digital),
            fmt=[fmt] * len(digital),
            adc_gain=[one.gain for one in digital],
            baseline=[one.baseline for one in digital],
            units=[_field(lead.unit or "NU") for lead in excerpt.leads],
            adc_res=[int(fmt)] * len(digital),
            adc_zero=[0] * len(digital),
            block_size=[0] * len(digital),
            sig_name=[_field(lead.name, blanks=True) for lead in excerpt.leads],
            comments=_comments(excerpt, making, digital),
            base_date=clock.date() if clock else None,
            base_time=clock.time() if clock else None,
            d_signal=samples,
        )
        record.init_value = [int(first) for first in samples[0]]
        record.checksum = [int(total) for total in samples.sum(axis=0) % 65536]
        record.wrsamp(write_dir=folder)
        for annotator, suffix in _suffixes(excerpt).items():
            _annotations(wfdb, (name, suffix), excerpt.annotations[annotator], excerpt, folder)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in sorted(Path(folder).iterdir()):
                packed.writestr(
                    zipfile.ZipInfo(file.name, DATE), file.read_bytes(), zipfile.ZIP_DEFLATED
                )


def _digital(excerpt: Excerpt, k: int) -> Digital:
    """Return lead `k` as integers: the stored ones where there are such."""
    lead, missing = excerpt.leads[k], excerpt.missing(k)
    if lead.dtypes[0] in {"i2", "i4"} and lead.baseline.is_integer():
        fmt = "16" if lead.dtypes[0] == "i2" else "32"
        return Digital(excerpt.samples[k].astype(np.int64), fmt, lead.gain, int(lead.baseline), 0.0)
    physical = excerpt.physical(k)
    infinite = int(np.isinf(physical).sum())
    missing |= ~np.isfinite(physical)
    values = np.where(missing, 0.0, physical)
    peak = float(np.abs(values).max(initial=0.0))
    for gain in _likely(values):
        steps = np.rint(values * gain)
        if peak * gain < 2**31 - 1 and np.array_equal(steps / gain, values):
            return _stepped(steps, missing, gain, 0.0, infinite)
    gain = float(10.0 ** np.floor(np.log10((2**31 - 2) / peak))) if peak else 1.0
    steps = np.rint(values * gain)
    lost = float(np.abs(steps / gain - values).max(initial=0.0))
    known = physical[~missing]
    if len(known) and lost > (float(known.max()) - float(known.min())) / COARSEST > 0.0:
        raise ExportFailed(
            f"WFDB: lead {lead.name!r} lies around {peak:.3g} {lead.unit or ''}: in steps that "
            f"reach there nothing is left of it (off by up to {lost:.3g})"
        )
    return _stepped(steps, missing, gain, lost, infinite)


def _likely(values: NDArray[np.float64]) -> list[float]:
    """Return the gains with which some of `values` would be whole numbers, smallest first."""
    probed = np.unique(values[values != 0])
    probed = probed[:: len(probed) // PROBED + 1]
    grid = probed[:, None] * GAINS
    whole = np.abs(grid - np.rint(grid)) < 1e-6
    found: list[float] = GAINS[whole.all(axis=0)][:TRIED].tolist()
    return found


def _stepped(
    steps: NDArray[np.float64],
    missing: NDArray[np.bool_],
    gain: float,
    lost: float,
    infinite: int,
) -> Digital:
    fmt = "16" if np.abs(steps).max(initial=0.0) < 2**15 else "32"
    values = np.where(missing, INVALID[fmt], steps.astype(np.int64))
    return Digital(values, fmt, gain, 0, lost, infinite)


def _as(one: Digital, fmt: str) -> NDArray[np.int64]:
    """Return the values in the format of all: a missing one is another number there."""
    if one.fmt == fmt:
        return one.values
    return np.where(one.values == INVALID[one.fmt], INVALID[fmt], one.values)


def _comments(excerpt: Excerpt, making: Making, digital: Sequence[Digital]) -> list[str]:
    found = [f"{name}: {_ascii(said)}" for name, said in facts(excerpt, making).items()]
    for lead, one in zip(excerpt.leads, digital, strict=True):
        if lead.unit is None:
            found.append(f"{_ascii(lead.name)}: the unit is not known (NU stands for it)")
        if lead.dtypes[0] in {"f4", "f8"} or not lead.baseline.is_integer():
            exact = "to the bit" if not one.lost else f"to {one.lost:.3g} {lead.unit or ''}"
            found.append(
                f"{_ascii(lead.name)}: stored as floats, written in steps of 1/{one.gain:g}: "
                f"they give the stored values {exact}"
            )
        if one.infinite:
            found.append(
                f"{_ascii(lead.name)}: {one.infinite} samples are infinite, which the format has "
                "not: they are written as missing"
            )
        # Other names than theirs where a header cannot have them.
        if _field(lead.name, blanks=True) != lead.name:
            found.append(f"{_field(lead.name, blanks=True)} is lead {_ascii(lead.name)}")
    for annotator, suffix in _suffixes(excerpt).items():
        if suffix != annotator:
            found.append(f"{suffix} is annotation set {_ascii(annotator)}")
    return found


def _suffixes(excerpt: Excerpt) -> dict[str, str]:
    """Return by set the suffix of its file, none twice and none that header or signal have."""
    taken = {"hea", "dat"}
    found: dict[str, str] = {}
    for annotator, marks in excerpt.annotations.items():
        if marks:
            plain = re.sub(r"[^a-zA-Z0-9_]", "", annotator) or "ann"
            numbered = (f"{plain}_{number}" for number in itertools.count(2))
            one = next(
                each for each in itertools.chain([plain], numbered) if each.lower() not in taken
            )
            taken.add(one.lower())
            found[annotator] = one
    return found


def _annotations(
    wfdb: Any, name: tuple[str, str], marks: Sequence[Annotation], excerpt: Excerpt, folder: str
) -> None:
    """Write a set as `name` (record and suffix); what has a symbol of its own is a note."""
    known = [one.symbol in SYMBOLS for one in marks]
    wfdb.wrann(
        name[0],
        # The package takes letters alone; pu0 and q1c are names of sets all the same.
        MARKS,
        np.array([one.sample - excerpt.start for one in marks], np.int64),
        symbol=[one.symbol if ok else '"' for one, ok in zip(marks, known, strict=True)],
        subtype=np.array([one.subtype for one in marks]),
        chan=np.array([one.chan for one in marks]),
        num=np.array([one.num for one in marks]),
        aux_note=[
            _ascii(note if ok else f"{one.symbol} {note}".strip())
            for one, ok in zip(marks, known, strict=True)
            for note in [in_words(one, excerpt.fs)]
        ],
        fs=excerpt.fs,
        write_dir=folder,
    )
    written = Path(folder) / f"{name[0]}.{MARKS}"
    written.rename(written.with_name(f"{name[0]}.{name[1]}"))


def _ascii(text: str) -> str:
    return printable(text).encode("ascii", "backslashreplace").decode()


def _field(text: str, *, blanks: bool = False) -> str:
    """Return a field of a header line: ASCII, without the blanks that would end a unit."""
    plain = _ascii(text.replace("\N{MICRO SIGN}", "u").replace("\N{GREEK SMALL LETTER MU}", "u"))
    return plain.strip() if blanks else re.sub(r"\s", "_", plain)


@contextlib.contextmanager
def _package() -> Any:
    """Offer the package, quiet; what it raises becomes an ExportFailed."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            import wfdb  # noqa: PLC0415 - 242 MB with its dependencies: an extra, loaded when used
        except ImportError as error:
            raise ExtraMissing("wfdb", "wfdb", "writing WFDB") from error
        try:
            yield wfdb
        except OSError:
            raise
        except Exception as error:
            raise ExportFailed(f"WFDB: {str(error).strip() or type(error).__name__}") from error
