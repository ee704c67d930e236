"""Sizes and times of many files and folders, asked for as cheaply as the system lets one ask.

`os.stat` makes an object of twenty numbers for each, and the system goes down a whole path to it.
On Linux `statx` writes what is asked for into a room of ours, for names in a folder without the
path to that: 1.6 millionths of a second instead of 2.2. Elsewhere it is `os.stat`.
"""

import contextlib
import ctypes
import os
import sys
from collections.abc import Sequence
from itertools import repeat
from typing import Final

import numpy as np

MOST: Final = 200
"""Asked for at once: half a millisecond."""
FEW: Final = 4
"""So many names in a folder are not worth opening it."""

NOT_HAD: Final = -(1 << 63)
"""The time of what cannot be asked for: nothing has it."""

_HERE: Final = -100
"""AT_FDCWD of fcntl.h: names are paths."""
_SIZE_AND_TIME: Final = 0x200 | 0x40
"""STATX_SIZE and STATX_MTIME of linux/stat.h."""
_BYTES: Final = 256
_STATX: Final = np.dtype(
    {
        "names": ["size", "s", "ns"],
        "formats": ["i8", "i8", "u4"],
        "offsets": [40, 112, 120],
        "itemsize": _BYTES,
    }
)
"""Where they are in a `struct statx`: its places are the same on every machine (statx(2))."""


class Asker:
    """Asks the system. For one thread. `plain` is by `os.stat`."""

    def __init__(self, *, plain: bool = False) -> None:
        # Its use lets other threads run: a share may take long to answer.
        library = ctypes.CDLL(None) if sys.platform == "linux" and not plain else None
        self._statx = getattr(library, "statx", None)
        rooms = (ctypes.c_char * _BYTES * MOST)()
        self._rooms = [ctypes.byref(room) for room in rooms]
        self._answers = np.frombuffer(memoryview(rooms).cast("B"), _STATX)

    def stamps(self, above: str | None, names: Sequence[bytes]) -> tuple[list[int], list[int]]:
        """Return the sizes and the times in ns of what is in the folder `above`, by name; blocks.

        A time is NOT_HAD where there is no answer, whatever the reason. None as folder: the names
        are paths. A time after 2262 is any other one.
        """
        if self._statx is None:
            return _plainly(above, names)
        sizes: list[int] = []
        times: list[int] = []
        folder = _opened(above) if above is not None and len(names) >= FEW else None
        try:
            if above is not None and folder is None:
                base = os.fsencode(f"{above}/")
                names = [base + name for name in names]
            for low in range(0, len(names), MOST):
                some = names[low : low + MOST]
                failed = list(
                    map(
                        self._statx,
                        repeat(_HERE if folder is None else folder),
                        some,
                        repeat(0),
                        repeat(_SIZE_AND_TIME),
                        self._rooms,
                    )
                )
                answers = self._answers[: len(some)]
                found = (answers["s"] * 1_000_000_000 + answers["ns"]).tolist()
                if any(failed):
                    found = [NOT_HAD if f else now for f, now in zip(failed, found, strict=True)]
                sizes += answers["size"].tolist()
                times += found
        finally:
            if folder is not None:
                os.close(folder)
        return sizes, times


def _opened(folder: str) -> int | None:
    """Return a descriptor of a folder, for the names in it alone; None where none is to be had."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return os.open(folder or "/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    return None


def _plainly(above: str | None, names: Sequence[bytes]) -> tuple[list[int], list[int]]:
    base = b"" if above is None else os.fsencode(f"{above}/")
    sizes, times = [], []
    for name in names:
        try:
            node = os.stat(base + name)  # noqa: PTH116 - bytes all along
        except OSError:
            sizes.append(0)
            times.append(NOT_HAD)
        else:
            sizes.append(node.st_size)
            times.append(node.st_mtime_ns)
    return sizes, times
