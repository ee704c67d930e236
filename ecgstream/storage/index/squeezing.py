"""Many short byte strings that are much alike, each made small by itself."""

import zlib
from collections.abc import Sequence
from typing import Final

from ecgstream.storage.index.codec import Undecodable

COMMON_MOST: Final = 1 << 15
"""What zlib looks back on."""


class Squeezed:
    """Makes bytes small by what they have of `common`, which is needed to read them again."""

    def __init__(self, common: bytes) -> None:
        self.common = common
        # Copied for each: to set one up with its dictionary is dearer than its work.
        self._packing = zlib.compressobj(zdict=common)

    @classmethod
    def after(cls, samples: Sequence[bytes]) -> "Squeezed":
        """Return one for what is like `samples`; as much of each as has room."""
        each = COMMON_MOST // max(1, len(samples))
        return cls(b"".join(sample[: max(each, 2048)] for sample in samples)[-COMMON_MOST:])

    def pack(self, data: bytes) -> bytes:
        """Return `data` made small."""
        packing = self._packing.copy()
        return packing.compress(data) + packing.flush()

    def unpack(self, packed: bytes) -> bytes:
        """Return what was packed. Raises Undecodable."""
        try:
            return zlib.decompressobj(zdict=self.common).decompress(packed)
        except zlib.error as error:
            raise Undecodable(f"what the index keeps of a record is damaged: {error}") from error
