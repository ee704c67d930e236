"""WFDB annotation files: which they are, and what is in them."""

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from ecgstream.errors import ImportFailed
from ecgstream.formats.recording import AnnotationSet
from ecgstream.formats.wfdb_header import DEFAULT_FS
from ecgstream.formats.wfdb_package import package
from ecgstream.model.annotation import Annotation

ANNOTATORS: Final = frozenset(
    {"16a", "aami", "alm", "apn", "ari", "atr", "ecg", "gqrs", "pu", "q1c", "q2c", "qrs", "qt1"}
    | {"qt2", "st-", "sta", "stb", "stc", "stf", "wqrs"}
)
"""Suffixes that are annotations by PhysioNet's custom; one that can't be read is a failure."""

NOT_ANNOTATIONS: Final = frozenset(
    {"bak", "bdf", "csv", "dat", "edf", "gz", "hea", "html", "jpg", "json", "mat", "md", "out"}
    | {"parquet", "pdf", "png", "svg", "tar", "txt", "xml", "xyz", "zip"}
)
"""Suffixes that are something else. Any other is tried, and taken if it is an annotation file."""


def annotation_files(path: Path, known: Sequence[Path]) -> Iterator[Path]:
    """Yield the annotation files beside the header `path`; `known` are files of other use."""
    stem = path.name.removesuffix(".hea")
    for file in sorted(path.parent.glob(f"{_plain(stem)}.*")):
        suffix = file.name[len(stem) + 1 :]
        if file in known or not re.fullmatch(r"[\w-]{1,16}", suffix) or not file.is_file():
            continue
        if suffix in ANNOTATORS or _looks_like_annotations(file, suffix):
            yield file


def _looks_like_annotations(file: Path, suffix: str) -> bool:
    if suffix.lower() in NOT_ANNOTATIONS:
        return False
    size = file.stat().st_size
    # MIT annotation files are made of pairs of bytes and end with a pair of zeros (annot(5)).
    if size < 4 or size % 2 or not file.read_bytes().endswith(b"\0\0"):
        return False
    try:
        return bool(read_annotations(file, DEFAULT_FS).annotations)
    except ImportFailed:
        return False


def read_annotations(file: Path, fs: float) -> AnnotationSet:
    """Return the annotations in `file`; `fs` is their rate where the file names none.

    Raises ImportFailed.
    """
    stem, suffix = file.name.rsplit(".", 1)
    with package(file) as wfdb:
        read = wfdb.rdann(str(file.parent / stem), suffix)
        annotations = tuple(
            # The file pads its notes to even lengths with NUL.
            Annotation(int(sample), str(symbol), int(sub), int(chan), int(num), note.rstrip("\0"))
            for sample, symbol, sub, chan, num, note in zip(
                read.sample,
                read.symbol,
                read.subtype,
                read.chan,
                read.num,
                read.aux_note,
                strict=True,
            )
        )
        rate = float(read.fs or fs)
    if not (0 < rate < math.inf) or any(a.sample < 0 for a in annotations):
        raise ImportFailed(f"{file.name}: could not be read: not an annotation file")
    return AnnotationSet(suffix, rate, annotations)


def _plain(text: str) -> str:
    """Return `text` with the letters that mean something to `glob` made plain."""
    return re.sub(r"([*?\[])", r"[\1]", text)
