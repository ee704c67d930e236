"""EDF, EDF+ (with and without breaks) and BDF: digital values as stored, 16 or 24 bits.

Read by ourselves. The format is a header of fixed fields and data records of integers; `edfio`,
which writes it for the export, takes BDF into memory whole, maps EDF (a file that shrinks meanwhile
kills the process) and leaves out the breaks of EDF+D. It and `pyedflib` are the other readers in
the tests.
"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed
from ecgstream.formats import edf_header
from ecgstream.formats.edf_annotations import Said, read_lists, runs_of
from ecgstream.formats.edf_gaps import restored
from ecgstream.formats.edf_header import Channel, Header
from ecgstream.formats.frames import EPOCH, Block, Stored, interleaved, numbers, opened
from ecgstream.formats.lead_codes import LEADS
from ecgstream.formats.recording import (
    Annotated,
    AnnotationSet,
    Identity,
    Recorded,
    Samples,
    Signal,
    unique,
)
from ecgstream.formats.registry import stem
from ecgstream.formats.stretches import chunks, end_of, lengths, place
from ecgstream.model.annotation import COMMENT, POINT, Annotation
from ecgstream.model.kinds import kind_of

_TYPED: Final = re.compile(r"(?:ECG|EKG)[ _-]+(?:lead[ _-]+)?(\S+)", re.IGNORECASE)
_KNOWN: Final = frozenset(name.upper() for name in (*LEADS.values(), "MLII", "MCL1"))


def open_file(path: Path, told: object = None) -> Recorded:
    """Return the recording in `path`: reads header and annotations. Raises ImportFailed."""
    del told
    with opened(path) as file:
        fixed = file.read(256)
        header = edf_header.parse(fixed + file.read(256 * edf_header.signals_of(fixed)))
        remarks = list(header.remarks)
        records = _records(header, path.stat().st_size, remarks)
        channels = [one for one in header.channels if not one.annotations and one.count]
        if not channels:
            raise ImportFailed("there are no signals in it, annotations at most")
        if not header.duration > 0:
            raise ImportFailed(f"data records of {float(header.duration):g} s give no rate")
        rates = [one.count / header.duration for one in channels]
        said = read_lists(file, header, records)
        runs = runs_of(said, header, records, max(rates), remarks)
        zero = runs[0].at
        blocks = _blocks(header)
        stretches = [
            stretch
            for run in runs
            for stretch in interleaved(
                Stored(path),
                header.size + run.first * header.record_bytes,
                blocks,
                (run.at - zero, run.count, header.duration),
            )
        ]
        signals = _signals(header, channels, rates, lengths(rates, stretches), remarks)
        annotated = _annotated(said, zero, max(rates), remarks)
    begin = None
    if header.start is not None:
        # Not `timestamp`: it would ask for this machine's zone.
        begin = (header.start - EPOCH).total_seconds() + float(zero)
    return Recorded(
        name=stem(path),
        signals=signals,
        fs_source="header of the source",
        files=(path,),
        pieces=restored(
            partial(chunks, signals, rates, stretches),
            header,
            said.others,
            zero=zero,
            rates=rates,
            signals=signals,
        ),
        start_time=begin,
        identity=_identity(header),
        comments=tuple(_comments(header)),
        remarks=tuple(remarks),
        annotated=annotated,
    )


def _records(header: Header, size: int, remarks: list[str]) -> int:
    """Return how many data records there are. Raises ImportFailed where some are missing."""
    each, held = header.record_bytes, size - header.size
    if not each:
        raise ImportFailed("its data records are empty")
    if header.records is None:
        remarks.append("the number of data records is -1 (never closed): all that are there count")
        return max(held // each, 0)
    if header.records * each > held:
        raise ImportFailed(
            f"cut short: {header.records} data records of {each} bytes are announced, "
            f"{max(held, 0) // each} are there (-1 in bytes 236 to 243 takes what is there)"
        )
    if over := held - header.records * each:
        remarks.append(f"{over} bytes after the last announced data record are left out")
    return header.records


def _blocks(header: Header) -> list[Block]:
    """Return what is in a data record; signal numbers count those that are signals."""
    decode = partial(numbers, "<i2", None) if header.sample_bytes == 2 else _twenty_four
    blocks, number = [], 0
    for one in header.channels:
        wanted = not one.annotations and one.count > 0
        signal = number if wanted else None
        blocks.append(Block(signal, one.count, header.sample_bytes, decode))
        number += wanted
    return blocks


def _twenty_four(raw: NDArray[np.uint8]) -> Samples:
    # Into the upper three bytes of four; shifted down again the sign is kept.
    wide = np.zeros((raw.size // 3, 4), np.uint8)
    wide[:, 1:] = raw.reshape(-1, 3)
    return Samples(wide.view("<i4").reshape(-1) >> 8, None)


def _signals(
    header: Header,
    channels: Sequence[Channel],
    rates: Sequence[Fraction],
    long: Sequence[int],
    remarks: list[str],
) -> tuple[Signal, ...]:
    signals = []
    plain = [_lead(one.label) for one in channels]
    if plain != [one.label for one in channels]:
        remarks.append("ECG before the names of leads, EDF+'s type of signal, is left out")
    names = unique([name or f"signal {k + 1}" for k, name in enumerate(plain)])
    for name, one, rate, length in zip(names, channels, rates, long, strict=True):
        scale, unit = one.scale, one.dimension or None
        if scale is None:
            scale, unit = (Fraction(1), Fraction(0)), None
            remarks.append(f"{name}: its header has no range to scale by: not calibrated")
        if one.digital[0] > one.digital[1]:
            remarks.append(f"{name}: digital minimum above the maximum, taken as it stands")
        signals.append(
            Signal(
                name=name,
                unit=unit,
                gain=float(scale[0]),
                baseline=float(scale[1]),
                kind=kind_of(name, unit, float(rate)),
                fs=float(rate),
                length=length,
                type="int16" if header.sample_bytes == 2 else "int32",
            )
        )
    return tuple(signals)


def _lead(label: str) -> str:
    """Return the lead of a label as EDF+ wants it (`ECG V2`), else the label."""
    found = _TYPED.fullmatch(label)
    return found[1] if found and found[1].upper() in _KNOWN else label


def _identity(header: Header) -> Identity:
    """Return who is named: EDF+ has its own order of words, EDF has a line of text."""
    if not header.plus:
        return Identity(name=header.patient or None)
    # `code sex birthdate name` and `Startdate date code technician equipment`; then anything.
    patient, recording = _words(header.patient), _words(header.recording)
    code, birth, name = (patient[k] if k < len(patient) else None for k in (0, 2, 3))
    others = [one for one in (*patient[4:], *recording[2:4]) if one]
    return Identity(patient=code, name=name, birth_date=birth, others=tuple(others))


def _words(line: str) -> list[str | None]:
    # Blanks inside a word are underscores, and X stands for unknown.
    return [None if one == "X" else one.replace("_", " ") for one in line.split()]


def _comments(header: Header) -> Iterator[str]:
    if header.recording and not header.plus:
        yield header.recording
    for one in header.channels:
        said = [
            f"{what} {text}"
            for what, text in (("transducer", one.transducer), ("filters", one.prefiltering))
            if text
        ]
        if said and not one.annotations:
            yield f"{one.label}: {', '.join(said)}"


def _annotated(said: Said, zero: Fraction, fs: Fraction, remarks: list[str]) -> Annotated:
    """Return the annotations; `zero`: seconds in the header's time at which sample 0 is."""
    marks = []
    early = 0
    for one in said.others:
        sample = place(one.onset - zero, fs)
        stop = end_of(max(sample, 0), one.onset - zero + (one.duration or 0), fs)
        texts = [text for text in one.texts if text]
        if sample < 0 and stop == POINT:
            early += len(texts)
        else:
            # What began before the recording is there from its first sample on.
            sample = max(sample, 0)
            marks += [Annotation(sample, COMMENT, aux_note=text, stop=stop) for text in texts]
    if early:
        remarks.append(f"{early} annotations before the first sample are left out")
    sets = (AnnotationSet("annotations", float(fs), tuple(marks)),) if marks else ()
    if not said.unreadable:
        return Annotated(sets)
    lost = f"{said.unreadable} entries are no annotations as EDF+ has them"
    return Annotated(sets, {"annotations": lost})
