"""Which wire types carry a stored column to the bit, and its values in them.

Integers go by their range: the lowest value of `i2` and `i4` stands for a missing sample on the
wire, so that a column in which it is a real sample goes one type up; `f4` holds every integer up
to 2**24, `f8` up to 2**53. Floats keep their width. A decimal is its unscaled integer, with a
gain of the power of ten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from numpy.typing import NDArray

from ecgstream.model.block import MISSING, NUMPY, Dtype

RANGES: Final[dict[Dtype, tuple[int, int]]] = {
    "i2": (-(2**15) + 1, 2**15 - 1),
    "i4": (-(2**31) + 1, 2**31 - 1),
    "f4": (-(2**24), 2**24),
    "f8": (-(2**53), 2**53),
}
"""The integers that each wire type carries exactly, missing left out."""

ARROW: Final[dict[Dtype, pa.DataType]] = {
    "i2": pa.int16(),
    "i4": pa.int32(),
    "f4": pa.float32(),
    "f8": pa.float64(),
}

Bounds = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Carrier:
    """How a column goes to the wire: `dtypes` best first, stored value * 10**`scale` on them."""

    dtypes: tuple[Dtype, ...]
    scale: int = 0

    @property
    def gain(self) -> float:
        """What a value on the wire is divided by to have the stored one."""
        return float(10**self.scale)


def is_text(kind: Any) -> bool:
    """Return whether a column of this type holds text."""
    if pt.is_dictionary(kind):
        kind = kind.value_type
    return bool(pt.is_string(kind) or pt.is_large_string(kind) or pt.is_string_view(kind))


def is_list(kind: pa.DataType) -> bool:
    """Return whether each row of a column of this type is a list."""
    return bool(pt.is_list(kind) or pt.is_large_list(kind) or pt.is_fixed_size_list(kind))


def element(kind: pa.DataType) -> pa.DataType:
    """Return the type of what a column of type `kind` holds: one a row, or a list of them."""
    listed: Any = kind
    return listed.value_type if is_list(kind) else kind


def is_carried(kind: pa.DataType) -> bool:
    """Return whether a column of this type can hold samples at all."""
    return bool(pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind))


def type_bounds(kind: pa.DataType) -> Bounds | None:
    """Return the lowest and highest integer of a type that says enough by itself, else None.

    None for floats (they have no bounds) and for integers wide enough to hold a number that is
    `MISSING` on the wire: those go by what is stored.
    """
    if pt.is_decimal(kind):
        highest = 10 ** int(kind.precision) - 1
        return (-highest, highest) if highest < 2**15 else None
    if pt.is_int8(kind) or pt.is_uint8(kind):
        return (-128, 255)
    return None


def needs_bounds(kind: pa.DataType) -> bool:
    """Return whether `carrier` wants the stored bounds for this type."""
    return not pt.is_floating(kind) and type_bounds(kind) is None


def unscaled(value: Any, kind: pa.DataType) -> int:
    """Return a stored integer or Decimal as the integer that goes on the wire."""
    return int(value.scaleb(kind.scale)) if pt.is_decimal(kind) else int(value)


def carrier(kind: pa.DataType, bounds: Bounds | None) -> Carrier:
    """Return how a column of this type (`is_carried`) goes to the wire.

    `bounds` are what is stored of it, unscaled; None = nothing but nulls, or a float. Raises
    ValueError, worded for a reader, where no wire type carries the column exactly.
    """
    if pt.is_floating(kind):
        return Carrier(("f8",) if pt.is_float64(kind) else ("f4", "f8"))
    scale = int(kind.scale) if pt.is_decimal(kind) else 0
    if scale < 0:
        raise ValueError(f"is {kind}; a negative scale is not understood: convert it to integers")
    low, high = bounds or type_bounds(kind) or (0, 0)
    dtypes = tuple(d for d, (least, most) in RANGES.items() if least <= low and high <= most)
    if not dtypes:
        raise ValueError(
            f"holds {low} to {high} ({kind}), which neither int32 nor float64 carries exactly; "
            "store it within -2^53 to 2^53, or as float64"
        )
    return Carrier(dtypes, scale)


def flat(column: "pa.ChunkedArray[Any]") -> "pa.ChunkedArray[Any]":
    """Return the values of a list column one after the other; another column as it is."""
    if not is_list(column.type):
        return column
    values: pa.ChunkedArray[Any] = pc.list_flatten(column)  # type: ignore[assignment]
    return values


def samples(
    column: "pa.ChunkedArray[Any]", dtype: Dtype, missing: Sequence[float] = ()
) -> NDArray[Any]:
    """Return the values of `column` as `dtype`, shape (n,), with MISSING for nulls.

    Lists are put one after the other; one that is null has no values. Stored values that are in
    `missing` are MISSING too. Raises ArrowInvalid where a value does not fit: the statistics that
    chose `dtype` were wrong.
    """
    column = flat(column)
    if missing:
        return marked(samples(column, dtype), dtype, marks(column.type, missing))
    kind = column.type
    if kind == ARROW[dtype] and column.num_chunks == 1 and not column.null_count:
        # What nearly every piece is: the memory that Arrow has it in.
        held: NDArray[Any] = column.chunk(0).to_numpy()
        return held
    if pt.is_decimal(kind):
        return _unscaled(column, dtype)
    if kind != ARROW[dtype]:
        column = column.cast(ARROW[dtype])
    if column.null_count:
        column = column.fill_null(pa.scalar(MISSING[dtype], ARROW[dtype]))
    values: NDArray[Any] = column.to_numpy()
    return values


def marks(kind: pa.DataType, missing: Sequence[float]) -> tuple[float, ...]:
    """Return stored values of a column of type `kind` as they are on the wire."""
    scale = int(kind.scale) if pt.is_decimal(kind) else 0
    return tuple(round(value * 10**scale) if scale else value for value in missing)


def marked(values: NDArray[Any], dtype: Dtype, missing: Sequence[float]) -> NDArray[Any]:
    """Return `values` with MISSING in place of those in `missing`, as they are on the wire."""
    if not len(missing):
        return values
    # What is MISSING already is left as it is.
    marks_left = [value for value in missing if value != MISSING[dtype]]
    gone = np.zeros(len(values), np.bool_)
    for value in marks_left:
        gone |= values == value
    if not gone.any():
        return values
    # What Arrow holds is not to be written to.
    held: NDArray[Any] = values.copy()
    held[gone] = MISSING[dtype]
    return held


def _unscaled(column: "pa.ChunkedArray[Any]", dtype: Dtype) -> NDArray[Any]:
    array: Any = column.combine_chunks()
    # A decimal is a little-endian two's complement integer of 4, 8, 16 or 32 bytes: the lowest
    # word of it is the number wherever the bounds let it on the wire.
    width = array.type.bit_width // 8
    word = np.dtype("<i4") if width == 4 else np.dtype("<i8")
    raw = np.frombuffer(array.buffers()[1], word).reshape(-1, width // word.itemsize)
    words: NDArray[Any] = raw[array.offset : array.offset + len(array)]
    low: NDArray[Any] = words[:, 0]
    valid = np.asarray(array.is_valid()) if array.null_count else np.ones(len(array), bool)
    least, most = RANGES[dtype]
    fits = (words[:, 1:] == (low >> 63)[:, None]).all(axis=1) & (low >= least) & (low <= most)
    if not (fits | ~valid).all():
        raise pa.ArrowInvalid(f"a decimal beyond {least} to {most} against the file's statistics")
    return np.where(valid, low, MISSING[dtype]).astype(NUMPY[dtype])
