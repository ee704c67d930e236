"""Every format that can be imported: how it is known, who reads it, what it needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgspec

from ecgstream.errors import ExtraMissing, ImportFailed
from ecgstream.formats import sniffing
from ecgstream.formats.guarding import import_quietly
from ecgstream.formats.recording import Recording
from ecgstream.formats.sniffing import HEAD_BYTES, Head


@dataclass(frozen=True, slots=True)
class Format:
    """A format. `name` stands in mappings, reports and footers, `words` in sentences.

    `module` has `open_file(path, told) -> Recording`, which reads what it must to check that the
    file is whole and raises ImportFailed. It is loaded when the first file of the format comes,
    and loads the packages of `extra` only then. `told`: whether a mapping may say what the file
    does not; then the module has a msgspec.Struct `Told` with `forbid_unknown_fields`.
    `maker` is counted up when the same source would give other files than before. `several`: a
    record is more files than one, found by their names.
    """

    name: str
    words: str
    sniff: Callable[[Head], bool]
    module: str
    extra: str | None = None
    packages: tuple[str, ...] = ()
    told: bool = False
    maker: int = 1
    several: bool = False

    def require(self) -> None:
        """Raise ExtraMissing where a package is not installed that the format is read by."""
        for package in self.packages:
            if find_spec(package) is None:
                raise ExtraMissing(self.extra or "", package, f"reading {self.words}")

    def told_of(self, said: Mapping[str, object]) -> msgspec.Struct:
        """Return an entry of a mapping as the module wants it. Raises ValueError with the key."""
        return msgspec.convert(dict(said), self._loaded().Told)  # type: ignore[no-any-return]

    def known(self) -> tuple[str, ...]:
        """Return the keys that an entry of a mapping may have for it."""
        told: tuple[str, ...] = self._loaded().Told.__struct_fields__ if self.told else ()
        return told

    def open_file(self, path: Path, told: msgspec.Struct | None = None) -> Recording:
        """Return the recording in `path`. Raises ImportFailed, ExtraMissing."""
        self.require()
        for package in self.packages:
            # Now, and not when the memory for what is read has been taken: what a library says that
            # gets none while it is loaded is anybody's guess.
            import_quietly(package)
        opened: Recording = self._loaded().open_file(path, told)
        return opened

    def _loaded(self) -> Any:
        return import_module(f"ecgstream.formats.{self.module}")


_LISTED: Final = (
    # What a file says of itself first; what it only looks like last.
    Format("edf", "EDF", sniffing.is_edf, "edf", maker=2),
    Format("bdf", "BDF", sniffing.is_bdf, "edf", maker=2),
    Format("dicom", "DICOM", sniffing.is_dicom, "dicom", "dicom", ("pydicom",), maker=2),
    Format("ishne", "ISHNE", sniffing.is_ishne, "ishne"),
    Format("scp", "SCP-ECG", sniffing.is_scp, "scp"),
    Format("aecg", "HL7 aECG", sniffing.is_aecg, "aecg"),
    Format("muse", "MUSE XML", sniffing.is_muse, "muse"),
    Format("cardiosoft", "CardioSoft XML", sniffing.is_cardiosoft, "cardiosoft"),
    Format("sierra", "Philips Sierra XML", sniffing.is_sierra, "sierra"),
    Format("wfdb", "WFDB", sniffing.is_wfdb, "wfdb", "wfdb", ("wfdb",), several=True),
    Format("mfer", "MFER", sniffing.is_mfer, "mfer", maker=2),
    # Each version by its own package, named when it is needed.
    Format("matlab", "MATLAB", sniffing.is_matlab, "matlab", "matlab", told=True),
    Format("csv", "CSV or text", sniffing.is_csv, "csv_reading", told=True, maker=2),
)

FORMATS: Final[Mapping[str, Format]] = MappingProxyType({one.name: one for one in _LISTED})


def recognise(path: Path) -> Format | None:
    """Return the format of a file by its first bytes; None: no known one.

    Raises ImportFailed where it cannot be read.
    """
    head = head_of(path)
    return next((one for one in FORMATS.values() if one.sniff(head)), None)


def head_of(path: Path) -> Head:
    """Return the first bytes of a file. Raises ImportFailed where it cannot be read."""
    # A FIFO would wait for ever, and a device never end.
    if not path.is_file():
        raise ImportFailed(f"{path.name}: not there, or not a file")
    try:
        with path.open("rb") as opened:
            return Head(opened.read(HEAD_BYTES), path.stat().st_size, path.name)
    except OSError as error:
        raise ImportFailed(f"{path.name}: could not be read: {error.strerror}") from error


SUFFIXES: Final = frozenset(
    {".hea", ".edf", ".bdf", ".rec", ".dcm", ".dicom", ".ecg", ".ishne", ".scp", ".xml", ".aecg"}
    | {".mwf", ".mfer", ".mat", ".csv", ".tsv", ".txt", ".dat", ".asc"}
)
"""Endings that say what a file is and are no part of its record's name."""


def stem(path: Path) -> str:
    """Return what a file's record is called: its name without a suffix that tells the format."""
    return path.stem if path.suffix.lower() in SUFFIXES else path.name
