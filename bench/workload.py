"""W12: 12 leads x 500 Hz of int16, a frame of 100 x 12 every 200 ms, made from real records.

The archive that the product serves, the frames that the floor sends and the messages by which
viewers subscribe, all of the same samples.
"""

import random
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pyarrow.parquet as pq

from ecgstream.storage.hive import Footer, LeadColumn, SignalWriter, record_folder
from ecgstream.wire.frames import encode_frame

DATA = Path(__file__).parent.parent / "data"
REAL = [
    "ptbxl/patient=ptbxl-HR06001/record=HR06001-pq",
    "cpsc2018/patient=cpsc2018-A0001/record=A0001-pq",
    "georgia/patient=georgia-E07500/record=E07500-pq",
]
FS = 500
FRAME = 100
FRAMES_A_SECOND = FS / FRAME


@dataclass(frozen=True)
class Workload:
    """Files below one folder. `seconds` is the length of each record."""

    folder: Path
    records: list[str]
    seconds: int
    frame_bytes: int

    @property
    def archive(self) -> Path:
        """What the product serves."""
        return self.folder / "archive"

    @property
    def frames(self) -> Path:
        """All frames of all records, ready to be sent."""
        return self.folder / "frames"

    @property
    def frames_a_record(self) -> int:
        """How many frames of one record lie there."""
        return self.seconds * FS // FRAME

    def messages(self, *, at_random: bool = False, seed: int = 1) -> Path:
        """Write what viewers say first; one of these for each, over and over.

        They all begin at the start of their record, and are spread by the moment they come; or
        at random samples. The records go round; a thousand places are places enough.
        """
        place = random.Random(seed)
        path = self.folder / f"messages-{'random' if at_random else 'start'}"
        with path.open("wb") as file:
            for index in range(len(self.records) * (1000 if at_random else 1)):
                at = place.randrange(self.seconds * FS) if at_random else 0
                said = subscribe(self.records[index % len(self.records)], at)
                file.write(struct.pack("<I", len(said)) + said)
        return path


def make(folder: Path, *, records: int = 1, seconds: int = 300) -> Workload:
    """Write a workload of `records` records of `seconds` each (a multiple of 30)."""
    ids = [f"w12-{number}" for number in range(records)]
    length = seconds * FS
    size = 0
    with (folder / "frames").open("wb") as frames:
        for number, record in enumerate(ids):
            names, samples = _repeated(number, length)
            _write(folder / "archive", record, names, samples)
            for start in range(0, length, FRAME):
                cut = [np.ascontiguousarray(lead[start : start + FRAME]) for lead in samples]
                size = frames.write(encode_frame(1, start, FRAME, cut))
    return Workload(folder, ids, seconds, size)


def subscribe(record: str, at: int = 0) -> bytes:
    """Return a client's masked message that plays `record` in a loop from sample `at`."""
    return masked(
        {"op": "subscribe", "id": 1, "sid": 1, "record": record, "at": {"sample": at}, "loop": True}
    )


def masked(message: dict[str, Any] | bytes, opcode: int = 0x82) -> bytes:
    """Return a WebSocket frame of a client; masked with 0, which leaves the payload as it is."""
    payload = message if isinstance(message, bytes) else msgpack.packb(message)
    short = len(payload) < 126
    size = (
        struct.pack(">B", 0x80 | len(payload)) if short else struct.pack(">BH", 254, len(payload))
    )
    return bytes((opcode,)) + size + b"\0\0\0\0" + payload


def _repeated(number: int, length: int) -> tuple[list[str], list[np.ndarray]]:
    """Return the leads of a real record over and over, each record from another sample on."""
    folder = DATA / REAL[number % len(REAL)]
    table = pq.read_table(next(folder.glob("500Hz-*.parquet")), partitioning=None)
    offset = random.Random(number).randrange(table.num_rows)
    return table.column_names, [
        np.resize(np.roll(column.to_numpy(), -offset), length) for column in table.columns
    ]


def _write(root: Path, record: str, names: list[str], samples: list[np.ndarray]) -> None:
    folder = record_folder(root, "bench", record)
    folder.mkdir(parents=True)
    footer = Footer(
        content="signal",
        record=record,
        patient="bench",
        fs=float(FS),
        start=0,
        length=len(samples[0]),
        start_time=None,
        zone=None,
        source="repeated from records in data/",
        licence=None,
    )
    leads = [LeadColumn(name, "mV", 1000.0, 0.0, "ecg", "int16") for name in names]
    writer = SignalWriter(folder, footer, leads)
    writer.write(samples, [None] * len(samples))
    writer.close()
