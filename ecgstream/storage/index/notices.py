"""What the system itself tells of changes in local folders, where it does: Linux, by inotify.

A help and no more: it says sooner what `folder_watch` would find by asking. Of a share that
another machine writes to it says nothing, the number of folders is limited, and what comes too fast
is lost.
"""

import ctypes
import os
import struct
import sys
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SHARE: Final = 0.5
"""Of the folders that the system lets one user watch: others have editors, and other servers."""

_CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x8, 0x40, 0x80, 0x100, 0x200
_IGNORED, _ONLY_FOLDERS = 0x8000, 0x1000000
_WATCHED: Final = _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _ONLY_FOLDERS
_HEAD: Final = struct.Struct("iIII")
_MOST: Final = Path("/proc/sys/fs/inotify/max_user_watches")
_READ: Final = 1 << 16
_NOBODY: Final = -1


class Notices:
    """Folders of which the system tells, each by a number of whoever asks. For one thread."""

    def __init__(self) -> None:
        # By the system's own numbers, which are counted up from 1.
        self._keys = array("q")
        self._count = 0
        self._most = 0
        self._descriptor = -1
        if sys.platform == "linux":
            self._library = ctypes.CDLL(None, use_errno=True)
            flags = os.O_NONBLOCK | os.O_CLOEXEC
            self._descriptor = self._library.inotify_init1(flags)
        if self._descriptor >= 0:
            self._most = int(SHARE * _most())

    def __len__(self) -> int:
        """How many folders it tells of."""
        return self._count

    def add(self, folder: str, key: int) -> None:
        """Have it tell of changes in a folder from now on by `key`, if it can."""
        if self._count >= self._most:
            return
        number = self._library.inotify_add_watch(
            self._descriptor, os.fsencode(folder), ctypes.c_uint32(_WATCHED)
        )
        if number >= 0:
            more = number + 1 - len(self._keys)
            if more > 0:
                self._keys.extend([_NOBODY] * more)
            # One that was renamed keeps its number.
            self._count += self._keys[number] == _NOBODY
            self._keys[number] = key
        elif not Path(folder).is_dir():
            return
        else:
            # No more are to be had: the others are asked, as all are anyway.
            self._most = self._count

    def changed(self) -> set[int]:
        """Return the folders in which something came, went or was written to since last asked."""
        found = set()
        for number, mask in self._events():
            key = self._keys[number] if 0 <= number < len(self._keys) else _NOBODY
            if key == _NOBODY:
                continue
            found.add(key)
            if mask & _IGNORED:
                self._keys[number] = _NOBODY
                self._count -= 1
        return found

    def _events(self) -> Iterator[tuple[int, int]]:
        if self._descriptor < 0:
            return
        while True:
            try:
                held = os.read(self._descriptor, _READ)
            except BlockingIOError:
                return
            at = 0
            while at < len(held):
                number, mask, _, length = _HEAD.unpack_from(held, at)
                at += _HEAD.size + length
                yield number, mask

    def close(self) -> None:
        """Tell no more."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._most, self._count = -1, 0, 0
        self._keys = array("q")


def _most() -> int:
    try:
        return int(_MOST.read_text())
    except (OSError, ValueError):
        return 0
