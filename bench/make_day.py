"""A day of twelve leads at 500 Hz out of the real beats in `data/`, the same for the same seed.

Beats are cut before their P wave, brought to one level at both ends so that no seam jumps, and laid
one after the other with their rate, their size and a breathing baseline varied. The product's own
writer makes files of an hour out of it, as an import does.
"""

import random
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.storage.catalog import scan
from ecgstream.storage.hive import Footer, LeadColumn, SignalWriter, record_folder
from ecgstream.storage.staging import staged, writing

ROOT: Final = Path(__file__).parent.parent
RECORD: Final = "day"
FS: Final = 500
HOURS: Final = 24
LENGTH: Final = HOURS * 3600 * FS
LEADS: Final = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
SOURCES: Final = ("A0001-pq", "E07500-pq", "HR06001-pq", "s0010_re-pq")
MAKER: Final = 3
"""Counted up when the same seed gives another day."""

Beat = NDArray[np.float64]
"""Shape (12, samples), in microvolts, 0 at both ends."""


def day(seed: int = 1) -> Path:
    """Return the archive with the day; made where it is not there yet: half a minute."""
    archive = Path(tempfile.gettempdir()) / "ecgstream-bench" / f"day-{MAKER}-{seed}"
    target = record_folder(archive, RECORD, RECORD)
    if target.exists():
        return archive
    print(f"  (making the day in {archive}: half a minute, once)", flush=True)
    written(archive, RECORD, laid(beats(), seed), length=LENGTH, leads=LEADS)
    return archive


def ward(archive: Path, seconds: Sequence[int], times: int = 1) -> list[str]:
    """Write a record of one lead for each of `seconds`, as long as that; return their names.

    They have `times` as many samples a second as FS.
    """
    sources = beats()
    names = [f"bed-{number:02}" for number in range(1, len(seconds) + 1)]
    for number, name in enumerate(names):
        one = number % len(LEADS)
        length = seconds[number] * FS
        heart = [sources[number % len(sources)]]
        chunks = (denser(chunk[one : one + 1], times) for chunk in laid(heart, number, length))
        named = LEADS[one : one + 1]
        written(archive, name, chunks, length=length * times, leads=named, fs=FS * times)
    return names


def written(
    archive: Path,
    name: str,
    chunks: Iterable[NDArray[np.int16]],
    *,
    length: int,
    leads: Sequence[str],
    fs: int = FS,
) -> None:
    """Write a record and patient `name`: `chunks` of shape (leads, samples), `length` samples."""
    with writing(archive), staged(archive, record_folder(archive, name, name)) as stage:
        footer = Footer(
            content="signal",
            record=name,
            patient=name,
            fs=float(fs),
            start=0,
            length=length,
            start_time=0.0,
            zone="UTC",
            source=f"made from the beats of {', '.join(SOURCES)}",
            licence="CC BY 4.0, ODC-By 1.0",
        )
        columns = [LeadColumn(lead, "mV", 1000.0, 0.0, "ecg", "int16") for lead in leads]
        writer = SignalWriter(stage, footer, columns)
        for chunk in chunks:
            writer.write(list(chunk), [None] * len(leads))
        writer.close()


def denser(chunk: NDArray[np.int16], times: int) -> NDArray[np.int16]:
    """Return a chunk of one lead with `times` as many samples, on straight lines between them."""
    if times == 1:
        return chunk
    count = chunk.shape[1]
    at = np.arange(count * times) / times
    return np.rint(np.interp(at, np.arange(count), chunk[0])).astype(np.int16)[None]


def beats() -> list[list[Beat]]:
    """Return the beats of each source."""
    source = scan([ROOT / "data"])
    found = []
    for name in SOURCES:
        record = source.record(name)
        known = {lead.name.casefold(): lead for lead in record.leads}
        leads = [known[one.casefold()] for one in LEADS]
        read = source.read(name, [lead.name for lead in leads], 0, record.length)
        volts: Any = np.array(
            [
                (column.samples - lead.baseline) * 1000 / lead.gain
                for column, lead in zip(read, leads, strict=True)
            ]
        )
        step = round(record.fs) // FS
        # Means of neighbours, not every second one: what is above half the new rate goes.
        found.append(_cut(volts.reshape(len(leads), -1, step).mean(axis=2)))
    return found


def _cut(volts: Beat) -> list[Beat]:
    """Cut a recording of twelve leads into its beats."""
    steep = np.abs(np.diff(volts, axis=1)).sum(axis=0)
    steep = np.convolve(steep, np.ones(FS // 12), "same")
    most = np.percentile(steep, 98) / 2
    peaks: list[int] = []
    for at in np.flatnonzero(steep > most).tolist():
        if peaks and at - peaks[-1] < 0.3 * FS:
            peaks[-1] = max(peaks[-1], at, key=steep.__getitem__)
        else:
            peaks.append(at)
    distances = np.diff(peaks)
    # A third of the distance before the R wave nothing is going on in most hearts.
    edges = np.array(peaks[1:]) - distances // 3
    cut = []
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        beat = volts[:, low:high]
        ramp = np.linspace(beat[:, :3].mean(axis=1), beat[:, -3:].mean(axis=1), high - low, axis=1)
        cut.append(beat - ramp)
    return cut


def laid(sources: list[list[Beat]], seed: int, length: int = LENGTH) -> Iterator[NDArray[np.int16]]:
    """Yield `length` samples, some minutes at a time: arrays of shape (12, samples)."""
    place = random.Random(seed)
    done = 0
    while done < length:
        # Some minutes of one heart, at about one rate; another one at night than at noon.
        pool = place.choice(sources)
        pace = place.uniform(0.7, 1.5)
        parts = []
        for _ in range(place.randrange(100, 600)):
            beat = place.choice(pool)
            parts.append(_stretched(beat, pace * place.gauss(1, 0.04)) * place.gauss(1, 0.05))
        volts = np.concatenate(parts, axis=1)[:, : length - done]
        time = np.arange(done, done + volts.shape[1]) / FS
        breath = 2 * np.pi * 0.23 * time
        for number in range(len(LEADS)):
            volts[number] += (20 + 5 * number) * np.sin(breath + number) + 30 * np.sin(0.05 * time)
        yield np.round(volts).clip(-32_767, 32_767).astype(np.int16)
        done += volts.shape[1]


def _stretched(beat: Beat, factor: float) -> Beat:
    """Return a beat that takes `factor` times as long."""
    samples = beat.shape[1]
    count = max(FS // 4, round(samples * factor))
    at = np.linspace(0, samples - 1, count)
    return np.array([np.interp(at, np.arange(samples), lead) for lead in beat])
