"""SCP-ECG (EN 1064, ISO 11073-91064), protocols 1 and 2, and 3 as far as it has a section 6.

Rhythm data is unpacked to the integers that were recorded: Huffman codes, differences, reference
beats added where they were taken away, decimated stretches (bimodal compression) brought back to
their rate by straight lines, as the standard has it and a remark then says. Reference beats
themselves, measurements and the device's list of complexes are left out.

Read here and not by `ecgdatakit`, which gives floats, refuses decimated data and rounds rates to
whole Hz.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed
from ecgstream.formats.guarding import naming
from ecgstream.formats.recording import Recorded
from ecgstream.formats.scp_codes import Table, expanded, integrated, stored, stretches, unpacked
from ecgstream.formats.scp_sections import (
    Complex,
    Lead,
    Sections,
    complexes_of,
    leads_of,
    said_in,
    sections_of,
    statements_in,
    tables_of,
    unsigned,
)
from ecgstream.formats.whole import Head, Piece, Track, recorded, statements

MOST_BYTES: Final = 40_000_000
"""255 leads of 65,535 bytes, and the rest: no file of this kind is bigger."""

MOST_SAMPLES: Final = 6_000_000
"""Of all leads: 16 minutes of 12 at 500 Hz, where files have 10 s. They are unpacked one by one."""

NAMES: Final = (
    "unspecified", "I", "II", "V1", "V2", "V3", "V4", "V5", "V6", "V7", "V2R", "V3R", "V4R", "V5R",
    "V6R", "V7R", "X", "Y", "Z", "CC5", "CM5", "LA", "RA", "LL", "fI", "fE", "fC", "fA", "fM",
    "fF", "fH", "I-cal", "II-cal", "V1-cal", "V2-cal", "V3-cal", "V4-cal", "V5-cal", "V6-cal",
    "V7-cal", "V2R-cal", "V3R-cal", "V4R-cal", "V5R-cal", "V6R-cal", "V7R-cal", "X-cal", "Y-cal",
    "Z-cal", "CC5-cal", "CM5-cal", "LA-cal", "RA-cal", "LL-cal", "fI-cal", "fE-cal", "fC-cal",
    "fA-cal", "fM-cal", "fF-cal", "fH-cal", "III", "aVR", "aVL", "aVF", "-aVR", "V8", "V9", "V8R",
    "V9R", "D", "A", "J", "Defib", "Extern", "A1", "A2", "A3", "A4", "V8-cal", "V9-cal", "V8R-cal",
    "V9R-cal", "D-cal", "A-cal", "J-cal",
)  # fmt: skip
"""By the code of section 3."""


@dataclass(frozen=True, slots=True, eq=False)
class _Packed:
    """What section 5 or 6 says: `nv` a unit in nV, a sample every `us`, the leads unpacked."""

    nv: int
    us: int
    leads: list[NDArray[np.int64]]


def open_file(path: Path, told: object = None) -> Recorded:  # noqa: ARG001 - nothing to be told
    """Return the recording in the file `path`. Raises ImportFailed, naming it."""
    with naming(path):
        if path.stat().st_size > MOST_BYTES:
            raise ImportFailed(f"more than {MOST_BYTES // 1_000_000} MB cannot be SCP-ECG")
        return _recording(sections_of(path.read_bytes()), path)


def _recording(sections: Sections, path: Path) -> Recorded:
    bodies = sections.bodies
    if 6 not in bodies:
        why = "long-term data (section 12) is not read" if 12 in bodies else "no section 6"
        raise ImportFailed(f"no rhythm data: {why}")
    if 3 not in bodies:
        raise ImportFailed("no section 3: which leads there are is not said")
    leads, flags = leads_of(bodies[3])
    if sum(lead.end - lead.start + 1 for lead in leads) > MOST_SAMPLES:
        raise ImportFailed(f"more than {MOST_SAMPLES} samples are announced")
    remarks = list(sections.remarks)
    values, nv, us = _rhythm(sections, leads, flags, remarks)
    if 12 in bodies:
        remarks.append("long-term data (section 12) is left out: it is not read")
    if not nv:
        remarks.append("an amplitude multiplier of 0: the unit of the samples is not known")
    unit, gain = ("uV", 1000 / nv) if nv else (None, 1.0)
    fs = 1e6 / us
    said = said_in(bodies.get(1))
    first = min(lead.start for lead in leads)
    opened = recorded(
        path,
        [
            Track(_name(lead.code), unit, gain, 0.0, fs, (Piece(lead.start, samples),))
            for lead, samples in zip(leads, values, strict=True)
        ],
        Head(
            fs_source="sample interval in section 6 of the SCP-ECG",
            start_time=said.start_time,
            zone=said.zone,
            identity=said.identity,
            comments=said.comments,
            remarks=tuple(remarks),
            sets=(
                statements(
                    statements_in(bodies.get(8), said.codec, coded=False)
                    or statements_in(bodies.get(11), said.codec, coded=True),
                    fs,
                ),
            ),
        ),
    )
    if said.start_time is None or first == 1:
        return opened
    # No lead has the first samples of the recording.
    return replace(opened, start_time=said.start_time + (first - 1) / fs)


def _name(code: int) -> str:
    return NAMES[code] if code < len(NAMES) else f"lead {code}"


def _rhythm(
    sections: Sections, leads: list[Lead], flags: int, remarks: list[str]
) -> tuple[list[NDArray[np.int64]], float, int]:
    """Return the samples of each lead, how many nV a unit of them is, and their interval in us."""
    bodies = sections.bodies
    tables = tables_of(bodies.get(2))
    length_ms, middle, complexes, zones = complexes_of(bodies[4]) if 4 in bodies else (0, 0, [], [])
    us = unsigned(bodies[6], 2, 2)
    if not us:
        raise ImportFailed("section 6: a sample interval of 0")
    # From protocol 3 on the byte is reserved.
    bimodal = bool(unsigned(bodies[6], 5, 1)) and sections.protocol < 30
    subtracted = bool(flags & 1)
    factor = 1
    beats: _Packed | None = None
    if bimodal or subtracted:
        us5 = unsigned(bodies[5], 2, 2) if 5 in bodies else us
        if subtracted:
            if 5 not in bodies or not complexes or not length_ms or not us5:
                raise ImportFailed("reference beats were taken away, and sections 4, 5 lack them")
            count = round(length_ms * 1000 / us5)
            beats = _unpack(bodies[5], 5, [count] * len(leads), tables)
        if us != us5:
            if not bimodal or not us5 or us % us5 or not 2 <= us // us5 <= 8:
                raise ImportFailed(
                    f"reference beats every {us5} us and rhythm every {us} us: no whole decimation"
                )
            factor, us = us // us5, us5
            if not zones:
                raise ImportFailed("bimodal compression, and section 4 has no protected zones")
            remarks.append(
                f"outside the QRS zones the device stored every {factor}th sample: those between "
                "are straight lines, as the standard has it"
            )
    parts = [
        stretches(lead.start, lead.end, zones)
        if factor > 1
        else [(lead.end - lead.start + 1, True)]
        for lead in leads
    ]
    rhythm = _unpack(bodies[6], 6, [stored(one, factor) for one in parts], tables)
    values = [
        expanded(one, part, factor) if factor > 1 else one
        for one, part in zip(rhythm.leads, parts, strict=True)
    ]
    if beats is None:
        return values, rhythm.nv / factor, us
    if not rhythm.nv or not beats.nv:
        raise ImportFailed("an amplitude multiplier of 0, and reference beats to be added")
    whole, nv = _added(values, leads, beats, complexes, nv=rhythm.nv, middle=middle, factor=factor)
    return whole, nv, us


def _added(
    values: list[NDArray[np.int64]],
    leads: list[Lead],
    beats: _Packed,
    complexes: list[Complex],
    *,
    nv: int,
    middle: int,
    factor: int,
) -> tuple[list[NDArray[np.int64]], float]:
    """Return the samples with the reference beats in their places, and how many nV a unit is.

    Both scales are whole numbers of nV; the sum is kept in the greatest unit that divides both.
    """
    unit = math.gcd(nv, beats.nv * factor)
    whole = []
    for lead, rest, beat in zip(leads, values, beats.leads, strict=True):
        samples = rest * (nv // unit)
        scaled = beat * (beats.nv * factor // unit)
        for one in complexes:
            if one.kind != 0:
                continue
            # Sample `fiducial` of the recording is sample `middle` of the beat, both from 1 on.
            shift = one.fiducial - middle
            low = max(one.start, lead.start, shift + 1)
            high = min(one.end, lead.end, shift + len(scaled))
            if low <= high:
                samples[low - lead.start : high - lead.start + 1] += scaled[
                    low - shift - 1 : high - shift
                ]
        whole.append(samples)
    return whole, unit / factor


def _unpack(body: bytes, number: int, counts: list[int], tables: list[Table] | None) -> _Packed:
    order = unsigned(body, 4, 1)
    if order > 2:
        raise ImportFailed(f"section {number}: differences of order {order}; known are 0, 1, 2")
    at = 6 + 2 * len(counts)
    leads = []
    for lead, count in enumerate(counts):
        size = unsigned(body, 6 + 2 * lead, 2)
        data = body[at : at + size]
        at += size
        where = f"section {number}, lead {lead + 1}"
        if len(data) < size:
            raise ImportFailed(f"{where}: {size} bytes announced, {len(data)} there")
        if tables is not None:
            values = unpacked(data, count, tables, where)
        elif 2 * count > size:
            raise ImportFailed(f"{where}: {count} samples announced, {size // 2} there")
        else:
            values = np.frombuffer(data, "<i2", count).astype(np.int64)
        leads.append(integrated(values, order))
    return _Packed(unsigned(body, 0, 2), unsigned(body, 2, 2), leads)
