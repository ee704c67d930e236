"""Frozen dataclasses to bytes and back, whatever is in them: numbers, texts, arrays, one another.

What the index keeps of a record. A class is known if the annotations of another known one name
it, so that a field added anywhere is kept by itself; `Codec.version` then is another one. Nothing
but these classes is ever made out of bytes. What several share (the track of twelve leads) is
kept once, and shared again.
"""

import hashlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar, cast, get_args, get_type_hints

import msgspec
import numpy as np
from numpy.typing import NDArray
from pyarrow import fs

from ecgstream.errors import EcgstreamError

T = TypeVar("T")

Raw = Any
"""What msgpack knows: a list begins with one of the numbers below."""

TUPLE: Final = 0
SHARED: Final = 1
ARRAY: Final = 2
FRACTION: Final = 3
FILESYSTEM: Final = 4
LIST: Final = 5
STEPS: Final = 6
OBJECT: Final = 16
"""So much plus the number of its class, then its fields."""

STEPPED: Final = 16
"""Whole numbers from which an array is kept by the steps between them: where row groups begin is
mostly one step again and again, and each of 100,000 records of a file has all of them."""

SCALARS: Final = frozenset({type(None), bool, int, float, str, bytes})

PARTS: Final = frozenset({list, dict})
"""What has others in it."""


class Undecodable(EcgstreamError):
    """Bytes that are none of this codec's."""


@lru_cache
def known_classes(root: Hashable) -> tuple[type, ...]:
    """Return `root` and all dataclasses that its annotations lead to, in the order found."""
    found: dict[type, None] = {}
    waiting: list[Any] = [root]
    while waiting:
        one = waiting.pop(0)
        waiting.extend(get_args(one))
        if isinstance(one, type) and is_dataclass(one) and one not in found:
            found[one] = None
            waiting.extend(get_type_hints(one).values())
    return tuple(found)


class Codec(Generic[T]):
    """Values of class `root`. `filesystems` are those that may be in them, by their places."""

    def __init__(self, root: type[T], filesystems: Sequence[fs.FileSystem]) -> None:
        classes = known_classes(cast("Hashable", root))
        self._filesystems = tuple(filesystems)
        self._classes = [(one, tuple(field.name for field in fields(one))) for one in classes]
        self._numbers = {one: number for number, one in enumerate(classes)}
        said = [
            f"{one.__qualname__}:{','.join(f'{f.name}={f.type}' for f in fields(one))}"
            for one in classes
        ]
        self.version = hashlib.blake2b("\n".join(said).encode(), digest_size=8).hexdigest()

    def encode(self, value: T) -> bytes:
        """Return `value` as bytes. Raises TypeError for what is of no class known here."""
        return msgspec.msgpack.encode(self._raw(value, {}))

    def decode(self, data: bytes) -> T:
        """Return the value of these bytes. Raises Undecodable."""
        value: T = self._decoded(data, None)
        return value

    def first(self, data: bytes) -> Any:
        """Return the first field of the value of these bytes alone. Raises Undecodable."""
        return self._decoded(data, 1)

    def _decoded(self, data: bytes, part: int | None) -> Any:
        try:
            raw = msgspec.msgpack.decode(data)
            # The value itself has the first place among what may be shared.
            return self._made(raw, []) if part is None else self._made(raw[part], [None])
        except (msgspec.DecodeError, TypeError, ValueError, LookupError) as error:
            raise Undecodable(f"what the index keeps of a record is damaged: {error}") from error

    def _raw(  # noqa: PLR0911 - one for each kind of value
        self, value: Any, seen: dict[int, tuple[int, Any]]
    ) -> Raw:
        kind = type(value)
        if kind in SCALARS:
            return value
        if kind is tuple or kind is list:
            return [TUPLE if kind is tuple else LIST, *self._each(value, seen)]
        number = self._numbers.get(kind)
        if number is not None or kind is np.ndarray:
            known = seen.get(id(value))
            if known is not None:
                return [SHARED, known[0]]
            # The value is held with its number: another one may not come to lie at its address.
            seen[id(value)] = len(seen), value
            if number is None:
                return _raw_array(value)
            _, names = self._classes[number]
            return [OBJECT + number, *self._each([getattr(value, name) for name in names], seen)]
        if isinstance(value, Mapping):
            return {key: self._raw(one, seen) for key, one in value.items()}
        if isinstance(value, np.generic):
            return self._raw(value.item(), seen)
        if isinstance(value, Fraction):
            return [FRACTION, str(value)]
        if isinstance(value, fs.FileSystem):
            return [FILESYSTEM, self._filesystems.index(value)]
        raise TypeError(f"the index cannot keep a {kind.__qualname__}")

    def _each(self, values: Iterable[Any], seen: dict[int, tuple[int, Any]]) -> list[Raw]:
        # Most are scalars, and a call for each would be most of the time.
        return [one if type(one) in SCALARS else self._raw(one, seen) for one in values]

    def _made(self, raw: Raw, seen: list[Any]) -> Any:  # noqa: PLR0911 - as above
        if isinstance(raw, dict):
            return dict(zip(raw, self._all(raw.values(), seen), strict=True))
        if not isinstance(raw, list):
            return raw
        kind = raw[0]
        if kind == TUPLE:
            return tuple(self._all(raw[1:], seen))
        if kind == SHARED:
            return seen[raw[1]]
        if kind == FILESYSTEM:
            return self._filesystems[raw[1]]
        if kind == FRACTION:
            return Fraction(raw[1])
        if kind == LIST:
            return self._all(raw[1:], seen)
        place = len(seen)
        seen.append(None)
        if kind == STEPS:
            made: Any = np.cumsum(np.frombuffer(raw[1], np.int64))
        elif kind == ARRAY:
            made = np.frombuffer(raw[2], raw[1])
            made = made.reshape(raw[3]) if len(raw) > 3 else made
        else:
            cls, names = self._classes[kind - OBJECT]
            values = self._all(raw[1:], seen)
            made = cls(**dict(zip(names, values, strict=True)))
        seen[place] = made
        return made

    def _all(self, raw: Iterable[Raw], seen: list[Any]) -> list[Any]:
        # As `_each`: most are what they are.
        return [self._made(one, seen) if type(one) in PARTS else one for one in raw]


def _raw_array(value: NDArray[Any]) -> Raw:
    if value.dtype == np.int64 and value.ndim == 1 and len(value) > STEPPED:
        # What overflows does so back again.
        return [STEPS, np.diff(value, prepend=np.int64(0)).tobytes()]
    shape = [] if value.ndim == 1 else [list(value.shape)]
    return [ARRAY, value.dtype.str, np.ascontiguousarray(value).tobytes(), *shape]
