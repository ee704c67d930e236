"""ISHNE Holter files: 16 bits a sample, all leads interleaved, at most 12 of them.

Badilini F. The ISHNE Holter Standard Output File Format. Ann Noninvasive Electrocardiol
1998;3(3):263-266. Read by ourselves: a header of fixed places and then the samples. `ecgdatakit`
takes a whole day into memory and makes floats of it; it is the other reader in the tests.
"""

import binascii
import datetime as dt
import struct
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Final

from ecgstream.errors import ImportFailed, printable
from ecgstream.formats.frames import EPOCH, Block, Stored, interleaved, numbers, opened
from ecgstream.formats.recording import Identity, Recorded, Signal, unique
from ecgstream.formats.registry import stem
from ecgstream.formats.stretches import chunks, lengths
from ecgstream.model.kinds import kind_of

HEADER: Final = 522
"""Magic word, checksum and the fixed block; the variable block and the samples follow."""

NOTES_MOST: Final = 16 << 20
"""Bytes of the variable block, which holds notes."""

FAULT: Final = -(2**15)
"""The sample that stands where a lead was off."""

ABSENT: Final = -9

LEADS: Final = {
    **dict(enumerate(("X", "Y", "Z", "I", "II", "III", "aVR", "aVL", "aVF"), 2)),
    **dict(enumerate(("V1", "V2", "V3", "V4", "V5", "V6", "ES", "AS", "AI"), 11)),
}
"""Names of the lead codes; 0 is unknown and 1 any bipolar one, which names none."""

PACEMAKERS: Final = (
    *("none", "of unknown type"),
    *("single chamber unipolar", "dual chamber unipolar"),
    *("single chamber bipolar", "dual chamber bipolar"),
)


def open_file(path: Path, told: object = None) -> Recorded:
    """Return the recording in `path`; reads its header. Raises ImportFailed."""
    del told
    with opened(path) as file:
        fixed = file.read(HEADER)
        if len(fixed) < HEADER or fixed[:8] != b"ISHNE1.0":
            raise ImportFailed(f"its first {HEADER} bytes are no header of an ISHNE file")
        remarks: list[str] = []
        block, announced, at, samples_at = struct.unpack_from("<4i", fixed, 10)
        if not 0 <= block <= NOTES_MOST:
            raise ImportFailed(f"the block of notes has {block} bytes: expected 0 to {NOTES_MOST}")
        notes = file.read(block)
        if at != HEADER or samples_at != HEADER + block:
            remarks.append(
                f"notes at byte {at}, samples at {samples_at} by the header: taken from where the "
                f"standard puts them, {HEADER} and {HEADER + block}"
            )
        _checked(fixed, notes, remarks)
        count, rate = _places(fixed, 156, 1)[0], Fraction(_places(fixed, 272, 1)[0])
        if not 1 <= count <= 12:
            raise ImportFailed(f"number of leads: expected 1 to 12, found {count}")
        if rate <= 0:
            raise ImportFailed(f"sampling rate: expected more than 0 Hz, found {rate}")
        frames = _frames(path.stat().st_size - HEADER - block, count, announced, remarks)
        rates = [rate] * count
        decode = partial(numbers, "<i2", struct.pack("<h", FAULT))
        blocks = [Block(k, 1, 2, decode) for k in range(count)]
        stretches = interleaved(
            Stored(path), HEADER + block, blocks, (Fraction(0), frames, 1 / rate)
        )
        signals = _signals(fixed, rates, lengths(rates, stretches), remarks)
    return Recorded(
        name=stem(path),
        signals=signals,
        fs_source="header of the source",
        files=(path,),
        pieces=partial(chunks, signals, rates, stretches),
        start_time=_start(fixed, remarks),
        identity=_identity(fixed),
        comments=tuple(_comments(fixed, notes)),
        remarks=tuple(remarks),
    )


def _checked(fixed: bytes, notes: bytes, remarks: list[str]) -> None:
    """Raise ImportFailed where the header's checksum does not hold; 0: it has none.

    CRC-CCITT over what follows it, up to the samples. The standard says neither the byte order nor
    what the sum begins with: writers differ.
    """
    stored = struct.unpack_from("<H", fixed, 8)[0]
    if not stored:
        remarks.append("its header has no checksum")
        return
    sums = {binascii.crc_hqx(fixed[10:] + notes, first) for first in (0xFFFF, 0)}
    if stored not in sums | {(one & 0xFF) << 8 | one >> 8 for one in sums}:
        raise ImportFailed(
            f"the header does not add up to its checksum {stored:#06x}: it was changed or damaged "
            "(where it is known to be right, a checksum of 0 in bytes 8 and 9 says: not checked)"
        )


def _frames(held: int, count: int, announced: int, remarks: list[str]) -> int:
    """Return the samples a lead that `held` bytes have. Raises ImportFailed for a file cut short.

    "Size of ECG in samples" is that of one lead to some writers, and of all to others.
    """
    frames, over = divmod(max(held, 0), 2 * count)
    if over:
        remarks.append(f"the last {over} bytes are no sample of all leads: left out")
    if announced == frames * count and count > 1:
        remarks.append(f"its size of {announced} samples is taken as that of all leads together")
    elif announced > frames:
        raise ImportFailed(
            f"cut short: {announced} samples a lead are announced, {frames} are there"
        )
    elif announced < frames:
        remarks.append(f"{announced} samples a lead are announced, all {frames} are taken")
    return frames


def _signals(
    fixed: bytes, rates: Sequence[Fraction], long: Sequence[int], remarks: list[str]
) -> tuple[Signal, ...]:
    codes, resolutions = _places(fixed, 158, 12), _places(fixed, 206, 12)
    names = []
    for number in range(len(rates)):
        if codes[number] == ABSENT:
            raise ImportFailed(
                f"lead {number + 1} of {len(rates)} is said to be absent (code {ABSENT}): which "
                "leads its samples belong to is not known"
            )
        names.append(LEADS.get(codes[number], "ECG"))
        if codes[number] not in LEADS:
            remarks.append(f"lead {number + 1} is not named (code {codes[number]}): called ECG")
    signals = []
    for name, nv, rate, length in zip(unique(names), resolutions, rates, long, strict=False):
        if nv <= 0:
            remarks.append(f"{name}: no amplitude resolution in the header: not calibrated")
        signals.append(
            Signal(
                name=name,
                # Nanovolts a step.
                unit="mV" if nv > 0 else None,
                gain=1e6 / nv if nv > 0 else 1.0,
                baseline=0.0,
                kind=kind_of(name, "mV", float(rate)),
                fs=float(rate),
                length=length,
                type="int16",
            )
        )
    return tuple(signals)


def _start(fixed: bytes, remarks: list[str]) -> float | None:
    day, clock = _places(fixed, 138, 3), _places(fixed, 150, 3)
    try:
        begin = dt.datetime.combine(
            dt.date(day[2], day[1], day[0]), dt.time(clock[0], clock[1], clock[2])
        )
    except ValueError:
        remarks.append("no date: what the header has is none")
        return None
    return (begin - EPOCH).total_seconds()


def _identity(fixed: bytes) -> Identity:
    first, last, patient = (_text(fixed[a:b]) for a, b in ((28, 68), (68, 108), (108, 128)))
    day, month, year = _places(fixed, 132, 3)
    return Identity(
        patient=patient or None,
        name=" ".join(one for one in (first, last) if one) or None,
        birth_date=f"{year:04}-{month:02}-{day:02}" if day > 0 and month > 0 else None,
    )


def _comments(fixed: bytes, notes: bytes) -> list[str]:
    pacemaker = _places(fixed, 230, 1)[0]
    said = [("recorder", _text(fixed[232:272])), ("notes", _text(notes))]
    said += [("copyright", _text(fixed[354:434])), ("of its maker", _text(fixed[274:354]))]
    if 0 < pacemaker < len(PACEMAKERS):
        said.append(("pacemaker", PACEMAKERS[pacemaker]))
    return [f"{what}: {text}" for what, text in said if text]


def _places(raw: bytes, at: int, count: int) -> tuple[int, ...]:
    return struct.unpack_from(f"<{count}h", raw, at)


def _text(raw: bytes) -> str:
    return printable(raw.split(b"\0")[0].decode("latin-1").strip())
