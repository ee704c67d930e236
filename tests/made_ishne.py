"""Writes ISHNE Holter files by the standard (Badilini 1998), traps included."""

import binascii
import struct
from dataclasses import dataclass

import numpy as np


@dataclass
class File:
    """`samples`: shape (n, leads), 16 bits; `resolutions` in nV."""

    samples: np.ndarray
    codes: tuple[int, ...] = (5, 6, 11)
    resolutions: tuple[int, ...] = (2500, 2500, 2500)
    fs: int = 200
    announced: int | None = None
    notes: bytes = b"a note"
    checksum: int | str = "big"
    first: int = 0xFFFF
    date: tuple[int, int, int] = (29, 2, 2012)
    time: tuple[int, int, int] = (23, 59, 58)
    name: tuple[str, str] = ("Erika", "Mustermann")
    patient: str = "P-77"

    def encode(self) -> bytes:
        count = self.samples.shape[1]
        filled = [*self.codes[:count], *[-9] * (12 - count)]
        steps = [*self.resolutions[:count], *[-9] * (12 - count)]
        announced = len(self.samples) if self.announced is None else self.announced
        fixed = struct.pack("<4ih", len(self.notes), announced, 522, 522 + len(self.notes), 1)
        fixed += self.name[0].encode().ljust(40, b"\0") + self.name[1].encode().ljust(40, b"\0")
        fixed += self.patient.encode().ljust(20, b"\0") + struct.pack("<2h", 2, 1)
        fixed += struct.pack("<12h", 12, 8, 1964, *self.date, *self.date, *self.time)
        fixed += struct.pack("<h12h12h12hh", count, *filled, *[1] * 12, *steps, 0)
        fixed += b"digital".ljust(40, b"\0") + struct.pack("<h", self.fs)
        fixed += b"a maker".ljust(80, b"\0") + b"".ljust(80, b"\0") + b"".ljust(88, b"\0")
        assert len(fixed) == 512
        stored = self.checksum
        if isinstance(stored, str):
            total = binascii.crc_hqx(fixed + self.notes, self.first)
            stored = int.from_bytes(total.to_bytes(2, stored), "little")
        return (
            b"ISHNE1.0"
            + struct.pack("<H", stored)
            + fixed
            + self.notes
            + (self.samples.astype("<i2").tobytes())
        )
