"""Many short byte strings that are much alike, each made small by itself."""

import zlib
from collections.abc import Sequence
from typing import Final

import msgspec

from ecgstream.storage.index.codec import Undecodable

COMMON_MOST: Final = 1 << 15
"""What zlib looks back on."""

COMMONS_MOST: Final = 8
"""So many things in common are kept for an archive: each is held, and handed to who packs."""

BETTER: Final = 0.6
"""Something new in common is worth keeping if it makes things smaller by this than the others."""

PRESET: Final = 0x20
"""The bit of zlib's second byte that says: the checksum of a dictionary follows (RFC 1950)."""


class Squeezed:
    """Makes bytes small by what they have of `common`, which is needed to read them again.

    What was made small by one of `others` can be read too: each says by which.
    """

    def __init__(self, common: bytes, others: Sequence[bytes] = ()) -> None:
        self.common = common
        self._known = {zlib.adler32(one): one for one in (*others, common)}
        # Copied for each: to set one up with its dictionary is dearer than its work.
        self._packing = zlib.compressobj(zdict=common)

    @classmethod
    def after(cls, samples: Sequence[bytes]) -> "Squeezed":
        """Return one for what is like `samples`; as much of each as has room."""
        each = COMMON_MOST // max(1, len(samples))
        return cls(b"".join(sample[: max(each, 2048)] for sample in samples)[-COMMON_MOST:])

    @classmethod
    def fitting(cls, samples: Sequence[bytes], known: Sequence[bytes]) -> "Squeezed":
        """Return one for what is like `samples`: by what is `known`, or by what they have in
        common themselves where that is clearly better.
        """
        # Judged by others than it was learned from, which it would hold word for word.
        learned, judged = samples[::2], samples[1::2]

        def size(one: Squeezed) -> int:
            return sum(len(one.pack(sample)) for sample in judged)

        best = min(map(cls, known or [b""]), key=size)
        if len(known) >= COMMONS_MOST:
            return best
        own = cls.after(learned)
        return own if size(own) < BETTER * size(best) else best

    def pack(self, data: bytes) -> bytes:
        """Return `data` made small."""
        packing = self._packing.copy()
        return packing.compress(data) + packing.flush()

    def unpack(self, packed: bytes) -> bytes:
        """Return what was packed. Raises Undecodable."""
        try:
            common = self.common
            if packed[1] & PRESET:
                common = self._known[int.from_bytes(packed[2:6], "big")]
            return zlib.decompressobj(zdict=common).decompress(packed)
        except (zlib.error, LookupError) as error:
            raise Undecodable(f"what the index keeps of a record is damaged: {error}") from error


def kept(commons: Sequence[bytes]) -> bytes:
    """Return what records have in common as the index keeps it."""
    return msgspec.msgpack.encode(list(commons))


def commons_of(said: bytes | None) -> list[bytes]:
    """Return what was `kept`, in the order in which it was learned; nothing where it is damaged."""
    try:
        return [] if said is None else msgspec.msgpack.decode(said, type=list[bytes])
    except msgspec.DecodeError:
        return []
