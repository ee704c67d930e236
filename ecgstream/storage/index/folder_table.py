"""Folders and the files in them as a table: some 100 bytes for one with a file in it, where
objects take 500. Pure.
"""

import struct
from array import array
from collections.abc import Iterator, Mapping
from typing import Final

Stamp = tuple[int, int]
"""Size in bytes and time of change in ns."""

Group = tuple[str | None, list[int], list[bytes]]
"""Of folders: the path of the one that they are in, their numbers and their names in it; None, and
the names are paths.
"""

UNLISTED: Final = -(1 << 63)
"""The time of a folder that nobody has looked into yet."""
GONE: Final = UNLISTED + 1
"""The time of one that is not there any more; its number is for it if it comes back."""

HEAD: Final = struct.Struct("<qqH")
"""Of a file: size, time, and the length of the name behind it in bytes."""

PATHS: Final = 512
"""Paths kept, of folders above others: those below one have numbers near to each other."""


def packed(files: Mapping[str, Stamp]) -> bytes:
    """Return the files of a folder, by name, as bytes."""
    parts = []
    for name, (size, mtime_ns) in files.items():
        text = name.encode()
        parts += [HEAD.pack(size, mtime_ns, len(text)), text]
    return b"".join(parts)


def unpacked(held: bytes) -> dict[str, Stamp]:
    """Return what was packed."""
    files: dict[str, Stamp] = {}
    at = 0
    while at < len(held):
        size, mtime_ns, length = HEAD.unpack_from(held, at)
        at += HEAD.size + length
        files[held[at - length : at].decode()] = size, mtime_ns
    return files


class Folders:
    """Folders by number, `root` is number 0; never fewer. A number and its name stay together.

    `times` has of each its time in ns, UNLISTED or GONE, `files` what is in it, `packed`.
    """

    def __init__(self, root: str) -> None:
        self._root = "" if root == "/" else root
        self.times = array("q")
        self.files: list[bytes] = []
        self._parents = array("i")
        self._names = bytearray()
        self._ends = array("q", [0])
        # A folder's children are a chain: its first one, and of each the next.
        self._first = array("i")
        self._next = array("i")
        self._paths: dict[int, str] = {}
        self.add(-1, "")

    def __len__(self) -> int:
        return len(self.times)

    def add(self, parent: int, name: str) -> int:
        """Return the number of another folder, UNLISTED and without files."""
        number = len(self.times)
        self.times.append(UNLISTED)
        self.files.append(b"")
        self._parents.append(parent)
        self._names += name.encode()
        self._ends.append(len(self._names))
        self._first.append(-1)
        self._next.append(-1)
        if parent >= 0:
            self._next[number] = self._first[parent]
            self._first[parent] = number
        return number

    def name(self, number: int) -> str:
        """Return the name of a folder; the root's is empty."""
        return self._raw(number).decode()

    def parent(self, number: int) -> int:
        """Return the number of the folder that a folder is in; -1 for the root."""
        return self._parents[number]

    def path(self, number: int) -> str:
        """Return the path of a folder; that of "/" is empty, so that names go behind a slash."""
        if number == 0:
            return self._root
        parent = self._parents[number]
        above = self._paths.get(parent)
        if above is None:
            above = self.path(parent)
            if len(self._paths) >= PATHS:
                self._paths.clear()
            self._paths[parent] = above
        return f"{above}/{self.name(number)}"

    def groups(self, most: int, few: int) -> Iterator[Group]:
        """Yield the folders that were listed, at most twice `most` at a time.

        Those that lie in one folder and behind each other are by their names in it; where they are
        fewer than `few`, they are together with others, by their paths.
        """
        numbers: list[int] = []
        names: list[bytes] = []
        for parent, run in self._runs(most):
            above = "" if parent < 0 else self.path(parent)
            if parent >= 0 and len(run) >= few:
                yield above, run, [self._raw(number) for number in run]
                continue
            numbers += run
            base = self._root.encode() if parent < 0 else f"{above}/".encode()
            names += [base + self._raw(number) or b"/" for number in run]
            if len(numbers) >= most:
                yield None, numbers, names
                numbers, names = [], []
        if numbers:
            yield None, numbers, names

    def _runs(self, most: int) -> Iterator[tuple[int, list[int]]]:
        """Yield folders that were listed, and lie behind each other in one: its number, theirs."""
        times, parents = self.times, self._parents
        run: list[int] = []
        last = -1
        for number, time_ns in enumerate(times):
            if time_ns <= GONE:
                continue
            if parents[number] != last or len(run) >= most:
                if run:
                    yield last, run
                run, last = [], parents[number]
            run.append(number)
        if run:
            yield last, run

    def _raw(self, number: int) -> bytes:
        return bytes(self._names[self._ends[number] : self._ends[number + 1]])

    def children(self, number: int) -> dict[str, int]:
        """Return the numbers of the folders in a folder, by name, gone ones too."""
        found: dict[str, int] = {}
        child = self._first[number]
        while child >= 0:
            found[self.name(child)] = child
            child = self._next[child]
        return found

    def find(self, path: str) -> int | None:
        """Return the number of the folder at a path, None where none is known."""
        if path != self._root and not path.startswith(f"{self._root}/"):
            return None
        number = 0
        for name in path[len(self._root) + 1 :].split("/"):
            if name:
                child = self.children(number).get(name)
                if child is None:
                    return None
                number = child
        return number
