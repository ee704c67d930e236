"""Writes EDF, EDF+ and BDF files by the specification, traps included."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Made:
    """A signal: `samples`, shape (data records, samples a record)."""

    samples: np.ndarray
    label: str = "ECG"
    unit: str = "mV"
    physical: tuple[str, str] = ("-10", "10")
    digital: tuple[int, int] = (-32768, 32767)


@dataclass
class File:
    signals: list[Made]
    duration: str = "1"
    plus: str = ""
    onsets: list[str] | None = None
    tals: dict[int, bytes] = field(default_factory=dict)
    """More lists, by data record."""
    patient: str = "X X X X"
    recording: str = "Startdate 02-MAR-2002 X X X"
    date: str = "02.03.02"
    time: str = "16.17.18"
    records: int | None = None
    """What the header says; None: the truth."""
    kind: str = "EDF"

    def encode(self) -> bytes:
        count = len(self.signals[0].samples)
        width = 2 if self.kind == "EDF" else 3
        notes = []
        if self.onsets is not None:
            notes = [
                onset.encode() + b"\x14\x14\0" + self.tals.get(k, b"")
                for k, onset in enumerate(self.onsets)
            ]
            size = -(-max(map(len, notes)) // width)
        fields = [
            (16, [s.label for s in self.signals], f"{self.kind} Annotations"),
            (80, ["AgAgCl"] * len(self.signals), ""),
            (8, [s.unit for s in self.signals], ""),
            (8, [s.physical[0] for s in self.signals], "-1"),
            (8, [s.physical[1] for s in self.signals], "1"),
            (8, [str(s.digital[0]) for s in self.signals], str(-(1 << (8 * width - 1)))),
            (8, [str(s.digital[1]) for s in self.signals], str((1 << (8 * width - 1)) - 1)),
            (80, ["HP:0.05Hz"] * len(self.signals), ""),
            (8, [str(s.samples.shape[1]) for s in self.signals], str(size) if notes else ""),
            (32, [""] * len(self.signals), ""),
        ]
        total = len(self.signals) + bool(notes)
        reserved = f"{self.kind}+{self.plus}" if self.plus else "24BIT" * (width == 3)
        head = b"0       " if self.kind == "EDF" else b"\xffBIOSEMI"
        for size_, text in (
            (80, self.patient),
            (80, self.recording),
            (8, self.date),
            (8, self.time),
            (8, str(256 * (total + 1))),
            (44, reserved),
            (8, str(count if self.records is None else self.records)),
            (8, self.duration),
            (4, str(total)),
        ):
            head += text.encode("latin-1").ljust(size_)
        for size_, texts, note in fields:
            for text in [*texts, *([note] if notes else [])]:
                head += text.encode("latin-1").ljust(size_)
        body = b""
        for k in range(count):
            for signal in self.signals:
                body += encoded(signal.samples[k], width)
            if notes:
                body += notes[k].ljust(size * width, b"\0")
        return head + body


def encoded(values, width: int) -> bytes:
    whole = np.asarray(values, "<i4").view(np.uint8).reshape(-1, 4)
    return whole[:, :width].tobytes()
