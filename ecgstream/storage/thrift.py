"""Thrift's compact protocol, as far as Parquet's headers and footers are written in it. Pure.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

import struct
from typing import Any, Final

TRUE: Final = 1
FALSE: Final = 2
BYTE: Final = 3
I16: Final = 4
I32: Final = 5
I64: Final = 6
DOUBLE: Final = 7
BINARY: Final = 8
LIST: Final = 9
SET: Final = 10
STRUCT: Final = 12

LONG: Final = 15
"""In place of a short list's length: the length follows."""

DEEPEST: Final = 32
"""Values within values; Parquet has some eight."""

Value = tuple[int, Any]
"""A type, and a value of it: of a list its elements' type and they, of a struct its fields."""

Struct = dict[int, Value]
"""Fields by their numbers."""


class Malformed(ValueError):
    """Bytes that are none of this protocol's, or not all of them."""


def decoded(data: bytes, at: int = 0) -> tuple[Struct, int]:
    """Return the struct that begins at byte `at`, and where it ends. Raises Malformed."""
    reader = _Reader(data, at)
    try:
        return reader.struct(0), reader.at
    except (IndexError, struct.error) as error:
        raise Malformed("it ends too early") from error


def encoded(fields: Struct) -> bytes:
    """Return the bytes of a struct."""
    out = bytearray()
    _write_struct(out, fields)
    return bytes(out)


class _Reader:
    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self.at = at

    def struct(self, depth: int) -> Struct:
        if depth > DEEPEST:
            raise Malformed("values lie too deep in each other")
        fields: Struct = {}
        number = 0
        while head := self._byte():
            kind, delta = head & 0x0F, head >> 4
            number = number + delta if delta else self._signed()
            fields[number] = kind, self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:  # noqa: PLR0911 - one for each kind of value
        if kind in {TRUE, FALSE}:
            return kind == TRUE
        if kind == BYTE:
            return self._byte()
        if kind in {I16, I32, I64}:
            return self._signed()
        if kind == BINARY:
            return self._bytes(self._unsigned())
        if kind == STRUCT:
            return self.struct(depth + 1)
        if kind in {LIST, SET}:
            return self._list(depth)
        if kind == DOUBLE:
            return self._bytes(8)
        raise Malformed(f"there is no type {kind} in it")

    def _list(self, depth: int) -> Value:
        if depth > DEEPEST:
            raise Malformed("values lie too deep in each other")
        head = self._byte()
        kind, count = head & 0x0F, head >> 4
        if count == LONG:
            count = self._unsigned()
        if count > len(self._data) - self.at:
            raise Malformed("it ends too early")
        if kind in {TRUE, FALSE}:
            return kind, [self._byte() == TRUE for _ in range(count)]
        return kind, [self._value(kind, depth + 1) for _ in range(count)]

    def _byte(self) -> int:
        byte = self._data[self.at]
        self.at += 1
        return byte

    def _bytes(self, count: int) -> bytes:
        if count > len(self._data) - self.at:
            raise Malformed("it ends too early")
        self.at += count
        return bytes(self._data[self.at - count : self.at])

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise Malformed("a number is too long")

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)


def _write_struct(out: bytearray, fields: Struct) -> None:
    before = 0
    for number, (kind, value) in sorted(fields.items()):
        told = (TRUE if value else FALSE) if kind in {TRUE, FALSE} else kind
        if 0 < number - before <= 15:
            out.append((number - before) << 4 | told)
        else:
            out.append(told)
            _write_signed(out, number)
        before = number
        if kind not in {TRUE, FALSE}:
            _write(out, kind, value)
    out.append(0)


def _write(out: bytearray, kind: int, value: Any) -> None:
    if kind in {I16, I32, I64}:
        _write_signed(out, value)
    elif kind == BINARY:
        _write_unsigned(out, len(value))
        out += value
    elif kind == STRUCT:
        _write_struct(out, value)
    elif kind in {LIST, SET}:
        of, elements = value
        if len(elements) < LONG:
            out.append(len(elements) << 4 | of)
        else:
            out.append(LONG << 4 | of)
            _write_unsigned(out, len(elements))
        for one in elements:
            _write(out, of, one)
    elif kind in {TRUE, FALSE}:
        out.append(TRUE if value else FALSE)
    elif kind == BYTE:
        out.append(value)
    else:
        out += value


def _write_unsigned(out: bytearray, value: int) -> None:
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _write_signed(out: bytearray, value: int) -> None:
    _write_unsigned(out, value << 1 if value >= 0 else (-value << 1) - 1)
