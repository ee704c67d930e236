"""The variables of MATLAB files: version 4 read here, 5 to 7 by scipy, 7.3 (HDF5) by h5py.

What a file announces is compared with what it has before anything is read: scipy unpacks whole
files into memory, and HDF5 can point into files that are none of the archive's business.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed
from ecgstream.formats.guarding import guarded, needed

MOST_BYTES: Final = 160_000_000
"""Unpacked, of a file of version 4 to 7, which is held in memory whole. Longer recordings are kept
as version 7.3, which is read in pieces."""

MOST_CHUNK: Final = 64_000_000
"""Bytes of an HDF5 chunk: it is unpacked whole."""

MOST_VARIABLES: Final = 10_000
MOST_LETTERS: Final = 100_000

Read = Callable[[int, int], NDArray[Any]]

_V4_TYPES: Final = ("f8", "f4", "i4", "i2", "u2", "u1")
_COMPRESSED: Final = 15


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """A numeric variable of `rows` by `columns`, as MATLAB shows it; `name` with its struct's.

    `read(low, high)` gives the columns [low, high), shape (rows, high - low), or where `tall` the
    rows [low, high), shape (columns, high - low): always samples along the second axis.
    """

    name: str
    rows: int
    columns: int
    dtype: np.dtype[Any]
    read: Read
    tall: bool = False


@dataclass(slots=True)
class Contents:
    """The variables of a file: matrices, single numbers, and texts (a list of them each)."""

    matrices: list[Matrix] = field(default_factory=list)
    numbers: dict[str, float] = field(default_factory=dict)
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def take(self, name: str, array: NDArray[Any]) -> None:
        """Put down a numeric array in memory; what has more than two axes is passed over."""
        if array.dtype.kind not in "iuf" or array.ndim > 2 or not array.size:
            return
        if array.size == 1:
            self.numbers[name] = float(array.reshape(-1)[0])
            return
        held = np.atleast_2d(array)
        self.matrices.append(_matrix(name, held))


def _matrix(name: str, held: NDArray[Any]) -> Matrix:
    rows, columns = held.shape
    tall = rows > columns
    along = held.T if tall else held
    return Matrix(name, rows, columns, held.dtype, lambda low, high: along[:, low:high], tall)


@contextmanager
def opened(path: Path) -> Iterator[Contents]:
    """Give the variables of the file `path` while it is open. Raises ImportFailed, ExtraMissing."""
    with path.open("rb") as file:
        head = file.read(128)
    if head.startswith((b"MATLAB 7.3", b"\x89HDF")):
        with _hdf5(path) as contents:
            yield contents
    elif head.startswith(b"MATLAB 5.0"):
        yield _version_5(path)
    else:
        yield _version_4(path)


def _version_4(path: Path) -> Contents:
    """Read version 4: a header of five int32, the name, the values column after column."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise ImportFailed(f"more than {MOST_BYTES // 1_000_000} MB; save it as version 7.3")
    raw = path.read_bytes()
    contents = Contents()
    at = 0
    while at < len(raw):
        where = f"variable at byte {at}"
        if at + 20 > len(raw):
            raise ImportFailed(f"{where}: cut short")
        order = ">" if int.from_bytes(raw[at : at + 4], "little") > 9999 else "<"
        kind, rows, columns, imaginary, named = struct.unpack_from(f"{order}5i", raw, at)
        digits = f"{kind:04d}"
        if not re.fullmatch(r"[01]0[0-5][0-2]", digits):
            raise ImportFailed(f"{where}: no header of a MATLAB 4 matrix")
        if rows < 0 or columns < 0 or not 0 < named < 1000:
            raise ImportFailed(f"{where}: {rows} by {columns} cannot be")
        dtype = np.dtype(order + _V4_TYPES[int(digits[2])])
        first = at + 20 + named
        count = rows * columns
        at = first + count * dtype.itemsize * (2 if imaginary else 1)
        if at > len(raw):
            raise ImportFailed(f"{where}: {rows} by {columns} values, and the file is shorter")
        name = raw[first - named : first].split(b"\0", 1)[0].decode("latin-1")
        values = np.frombuffer(raw, dtype, count, first).reshape((rows, columns), order="F")
        if digits[3] == "1":
            contents.texts[name] = tuple(_letters(row) for row in values[:1000, :1000])
        elif digits[3] == "0" and not imaginary:
            contents.take(name, values)
    return contents


def _version_5(path: Path) -> Contents:
    _check_5(path)
    io = needed("scipy.io", "matlab", "reading MATLAB files")
    with guarded(path):
        variables = io.loadmat(path, struct_as_record=False, squeeze_me=False)
    contents = Contents()
    for name, value in variables.items():
        if not name.startswith("__"):
            _take(contents, name, value, 2)
    return contents


def _check_5(path: Path) -> None:
    """Raise ImportFailed where a file unpacks to more than is held, or an element is cut short."""
    total = 0
    with path.open("rb") as file:
        head = file.read(128)
        order = ">" if head[126:128] == b"MI" else "<"
        size = path.stat().st_size
        while (at := file.tell()) + 8 <= size:
            kind, length = struct.unpack(f"{order}2I", file.read(8))
            if at + 8 + length > size:
                raise ImportFailed(f"element at byte {at}: {length} bytes announced, cut short")
            if kind == _COMPRESSED:
                total += _unpacked_size(file, length, MOST_BYTES - total)
            else:
                total += length
                file.seek(length, 1)
            if total > MOST_BYTES:
                raise ImportFailed(
                    f"it unpacks to more than {MOST_BYTES // 1_000_000} MB; save it as version 7.3"
                )


def _unpacked_size(file: Any, length: int, most: int) -> int:
    """Return how many bytes a compressed element unpacks to; more than `most`: about that."""
    unpacker = zlib.decompressobj()
    size = 0
    left = length
    while left and size <= most:
        read = file.read(min(left, 1 << 20))
        left -= len(read)
        try:
            while read and size <= most:
                size += len(unpacker.decompress(read, 1 << 22))
                read = unpacker.unconsumed_tail
        except zlib.error as error:
            raise ImportFailed(f"a compressed element is damaged: {error}") from error
        if not read and unpacker.eof:
            break
    file.seek(left, 1)
    return size


def _take(contents: Contents, name: str, value: Any, deep: int) -> None:
    """Put down what scipy gives: arrays, texts, cells of texts, and the fields of structs."""
    if len(contents.matrices) + len(contents.texts) > MOST_VARIABLES:
        raise ImportFailed(f"more than {MOST_VARIABLES} variables")
    if not isinstance(value, np.ndarray):
        return
    if value.dtype.kind == "U":
        contents.texts[name] = tuple(str(one).strip() for one in value.reshape(-1)[:1000])
    elif value.dtype.kind == "O":
        cells = value.reshape(-1)
        fields = getattr(cells[0], "_fieldnames", None) if len(cells) == 1 else None
        if fields and deep:
            for part in fields:
                _take(contents, f"{name}.{part}", getattr(cells[0], part), deep - 1)
        elif all(isinstance(one, np.ndarray) and one.dtype.kind == "U" for one in cells[:1000]):
            contents.texts[name] = tuple("".join(one.reshape(-1)) for one in cells[:1000])
        elif len(cells) == 1 and deep:
            _take(contents, name, cells[0], deep - 1)
    else:
        contents.take(name, value)


@contextmanager
def _hdf5(path: Path) -> Iterator[Contents]:
    h5py = needed("h5py", "matlab", "reading MATLAB 7.3 files")
    with guarded(path):
        file = h5py.File(path, "r", locking=False)
    try:
        contents = Contents()
        with guarded(path):
            _Hdf5(h5py, path, contents).walk(file, "", 2)
        yield contents
    finally:
        file.close()


@dataclass(frozen=True, slots=True)
class _Hdf5:
    """Takes the variables of an HDF5 file into `contents`."""

    h5py: Any
    path: Path
    contents: Contents

    def walk(self, group: Any, before: str, deep: int) -> None:
        """Take what is in a group, and in the structs in it."""
        for number, name in enumerate(group):
            if number > MOST_VARIABLES:
                raise ImportFailed(f"more than {MOST_VARIABLES} variables")
            # A link may lead out of the file, and anywhere in the file system.
            if name.startswith("#") or not isinstance(
                group.get(name, getlink=True), self.h5py.HardLink
            ):
                continue
            value = group[name]
            if isinstance(value, self.h5py.Group):
                if deep:
                    self.walk(value, f"{before}{name}.", deep - 1)
            elif self._own(value):
                self._take(value, before + name)

    def _own(self, value: Any) -> bool:
        """Return whether it is a dataset whose values are in this very file."""
        return (
            isinstance(value, self.h5py.Dataset) and value.external is None and not value.is_virtual
        )

    def _take(self, value: Any, name: str) -> None:
        kind = _class_of(value)
        if value.chunks and np.prod(value.chunks, dtype=float) * value.dtype.itemsize > MOST_CHUNK:
            raise ImportFailed(f"variable {name}: chunks of more than {MOST_CHUNK // 10**6} MB")
        if value.shape is None or value.attrs.get("MATLAB_empty", 0) or len(value.shape) > 2:
            return
        if kind == "char" and value.size <= MOST_LETTERS and value.dtype.kind in "iu":
            held = np.atleast_2d(value[()]).T
            self.contents.texts[name] = tuple(_letters(row) for row in held)
        elif kind == "cell" and value.dtype == self.h5py.ref_dtype and value.size <= 1000:
            texts = [self._text(value.file, one) for one in value[()].reshape(-1)]
            if all(one is not None for one in texts):
                self.contents.texts[name] = tuple(one or "" for one in texts)
        elif value.dtype.kind in "iuf" and kind not in {"char", "cell", "logical"} and value.size:
            if value.size == 1:
                self.contents.numbers[name] = float(np.asarray(value[()]).reshape(-1)[0])
            elif value.shape:
                self.contents.matrices.append(_stored_matrix(self.path, name, value))

    def _text(self, file: Any, reference: Any) -> str | None:
        value = file[reference] if reference else None
        if value is None or not self._own(value) or value.dtype.kind not in "iu":
            return None
        return _letters(np.asarray(value[()]).reshape(-1)) if value.size <= 1000 else None


def _letters(codes: NDArray[Any]) -> str:
    return "".join(chr(int(code)) for code in codes if 0 <= code < 0x10000).strip()


def _stored_matrix(path: Path, name: str, value: Any) -> Matrix:
    """Return a dataset as the matrix that it is in MATLAB, whose columns come first in the file."""
    columns, rows = value.shape if len(value.shape) == 2 else (value.shape[0], 1)
    tall = rows > columns

    def read(low: int, high: int) -> NDArray[Any]:
        with guarded(path):
            if len(value.shape) == 1:
                return np.asarray(value[low:high]).reshape(1, -1)
            # In the file the first axis runs along a row of MATLAB's.
            return np.asarray(value[:, low:high] if tall else value[low:high, :].T)

    return Matrix(name, rows, columns, value.dtype, read, tall)


def _class_of(value: Any) -> str:
    said = value.attrs.get("MATLAB_class", b"")
    return said.decode("latin-1") if isinstance(said, bytes) else str(said)


def named(values: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Return the keys whose last part, in lower case, is one of `names`."""
    return [key for key in values if key.rpartition(".")[2].lower() in names]
