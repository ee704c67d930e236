"""How SCP-ECG packs samples: Huffman codes, differences, decimation. Pure.

After EN 1064 (ISO 11073-91064), annexes C and D. `ecgdatakit` unpacks alike but for decimated data,
which it refuses, and is the other reader in the tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed

DEFAULT_TABLE: Final = 19_999
"""The number of tables that stands for the one of the standard."""

LONGEST_CODE: Final = 16
"""Bits of a prefix; those of the standard's table have 10 at most."""


@dataclass(frozen=True, slots=True)
class Code:
    """A Huffman code: `prefix` of `bits`; then `more` bits of a value, or the `value` itself.

    `table`: the table to go on with, counted from 1, where it stands for no value; 0: it does.
    """

    bits: int
    prefix: int
    more: int
    value: int
    table: int = 0


Table = list[Code | None]
"""By the next `LONGEST_CODE` bits: the code that they begin with."""


def default_codes() -> list[Code]:
    """Return the standard's table: small differences in few bits, others written out."""
    codes = [Code(1, 0b0, 0, 0)]
    for size in range(1, 9):
        ones = (1 << size) - 1
        codes.append(Code(size + 2, ones << 2, 0, size))
        codes.append(Code(size + 2, ones << 2 | 1, 0, -size))
    return [*codes, Code(10, 0b1111111110, 8, 0), Code(10, 0b1111111111, 16, 0)]


def table_of(codes: Sequence[Code]) -> Table:
    """Return the table of `codes`, made for looking up. Raises ImportFailed."""
    table: Table = [None] * (1 << LONGEST_CODE)
    # The shorter code last: it comes first in the stream.
    for code in sorted(codes, key=lambda one: -one.bits):
        if not 1 <= code.bits <= LONGEST_CODE or not 0 <= code.more <= 16:
            raise ImportFailed(f"section 2: a Huffman code of {code.bits} + {code.more} bits")
        spare = LONGEST_CODE - code.bits
        low = code.prefix << spare
        table[low : low + (1 << spare)] = [code] * (1 << spare)
    return table


def unpacked(data: bytes, count: int, tables: Sequence[Table], where: str) -> NDArray[np.int64]:
    """Return the first `count` values of a Huffman stream, shape (count,).

    Raises ImportFailed where it ends before, or holds a code that is in no table.
    """
    if count > 8 * len(data):
        raise ImportFailed(f"{where}: {count} samples in {len(data)} bytes cannot be")
    values = [0] * count
    table = tables[0]
    held = bits = done = 0
    at, end = 0, len(data)
    over = 0
    while done < count:
        while bits < 2 * LONGEST_CODE:
            if at < end:
                held = (held << 8 | data[at]) & 0xFFFFFFFFFF
                at += 1
            else:
                held = held << 8 & 0xFFFFFFFFFF
                over += 8
            bits += 8
        code = table[(held >> (bits - LONGEST_CODE)) & 0xFFFF]
        if code is None:
            raise ImportFailed(f"{where}: a Huffman code that is in no table, at sample {done}")
        bits -= code.bits
        if code.table:
            if code.table > len(tables):
                raise ImportFailed(f"{where}: Huffman table {code.table} of {len(tables)}")
            table = tables[code.table - 1]
        else:
            value = code.value
            if code.more:
                bits -= code.more
                raw = (held >> bits) & ((1 << code.more) - 1)
                value += raw - (1 << code.more) if raw >> (code.more - 1) else raw
            values[done] = value
            done += 1
        if bits < over:
            raise ImportFailed(f"{where}: ends after {done} of {count} samples")
    return np.array(values, np.int64)


def integrated(values: NDArray[np.int64], order: int) -> NDArray[np.int64]:
    """Undo first (`order` 1) or second (2) differences; samples are of 16 bits and wrap as such."""
    if order == 0 or not len(values):
        return values
    if order == 1:
        whole = np.cumsum(values)
    else:
        slopes = np.concatenate(
            (values[:1] * 0, np.cumsum(np.concatenate((values[1:2] - values[:1], values[2:]))))
        )
        whole = values[0] + np.cumsum(slopes)
    return whole.astype(np.int16).astype(np.int64)


def stretches(first: int, last: int, zones: Sequence[tuple[int, int]]) -> list[tuple[int, bool]]:
    """Return the stretches of samples [first, last], each its length and whether it is protected.

    `zones` are the protected ones, both ends within. Raises ImportFailed where they overlap.
    """
    out = []
    at = first
    for low, high in zones:
        if high < max(low, first) or low > last:
            continue
        if low < at and at > first:
            raise ImportFailed("section 4: protected zones overlap, or are out of order")
        if (begin := max(low, at)) > at:
            out.append((begin - at, False))
        out.append((min(high, last) - begin + 1, True))
        at = min(high, last) + 1
    if at <= last:
        out.append((last - at + 1, False))
    return out


def stored(parts: Sequence[tuple[int, bool]], factor: int) -> int:
    """Return how many samples `stretches` have once the unprotected ones are decimated."""
    return sum(
        length if protected else length // factor + length % factor for length, protected in parts
    )


def expanded(
    values: NDArray[np.int64], parts: Sequence[tuple[int, bool]], factor: int
) -> NDArray[np.int64]:
    """Return decimated samples at their full rate, times `factor` (so that they stay whole).

    Protected stretches are as stored. In the others a value stands for `factor` samples: the first
    and last halves hold it, between the middles of two the line goes straight (annex C.4.5).
    """
    out = []
    at = 0
    for length, protected in parts:
        if protected:
            out.append(values[at : at + length] * factor)
            at += length
            continue
        many, rest = divmod(length, factor)
        if many:
            held = values[at : at + many]
            steps = np.arange(factor)
            between = held[:-1, None] * factor + (held[1:] - held[:-1])[:, None] * steps
            head = np.repeat(held[:1] * factor, factor // 2)
            tail = np.repeat(held[-1:] * factor, factor - factor // 2)
            out += [head, between.reshape(-1), tail]
            at += many
        out.append(values[at : at + rest] * factor)
        at += rest
    return np.concatenate(out) if out else values[:0]
