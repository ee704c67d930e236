"""A local folder with all below it, looked at again and again: what came, changed and went.

A folder has another time when a name in it came, went or was put in the place of another: so all
folders are asked for their times, and those alone with another one are listed. A file that was
written over where it lies changes nothing about its folder: it is asked for itself, behind its
folder. Both are asked for in numbers (`asking`), and who seems to be another one once more by
itself: that alone decides.
"""

import os
import stat
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from ecgstream.storage.index.asking import FEW, MOST, Asker
from ecgstream.storage.index.folder_table import (
    GONE,
    HEAD,
    UNLISTED,
    Folders,
    Stamp,
    packed,
    unpacked,
)
from ecgstream.storage.index.lakes import ICEBERG, is_log, is_snapshot, log_in
from ecgstream.storage.index.listing import SUFFIX, passed_over
from ecgstream.storage.index.notices import Notices
from ecgstream.storage.places import changed_ns

STEP: Final = 2_000
"""Folders and files asked for in a step: 4 ms, in which each ask lets other threads run. In a tenth
of that half as much again is spent, for after each pause the processor has nothing at hand."""

FIRST_STEP: Final = 50
"""Folders listed in one."""

YOUNG_NS: Final = 3_000_000_000
"""A folder that has changed within so long is listed once more: clocks of disks have ticks of
milliseconds, on some shares of a second or two."""


class _Files(NamedTuple):
    """Files of a group of folders: their names as the group has them, their sizes, their times in
    ns, and the numbers of their folders.
    """

    names: list[bytes]
    sizes: list[int]
    times: list[int]
    numbers: list[int]


class LocalTree:
    """The Parquet files below the folder `root`, as far as they were looked at.

    `known` are those that somebody else knows already, in the order of their paths: path, size
    and time of change in ns; what is like that is no news. `ask` looks at all of it once; news
    are in `news` then: the stamp of a file that came or changed, None of one that went. Whoever
    takes them up takes them out. `notices` tell of its folders by `key` plus their numbers.
    """

    def __init__(
        self,
        root: str,
        known: Iterable[tuple[str, int, int]] = (),
        notices: Notices | None = None,
        key: int = 0,
    ) -> None:
        self._notices = notices
        self._key = key
        self.root = root.rstrip("/") or "/"
        self.news: dict[str, Stamp | None] = {}
        self._folders = Folders(self.root)
        self._asker = Asker()
        self._lost = 0
        self._waiting = deque([0])
        self._again: set[int] = set()
        self._nowhere: dict[str, int] = {}
        self.begun = False
        """Whether all of it was listed once."""
        self.asked = (0, 0)
        """How many folders and files the last round has asked for."""
        self._know(known)

    @property
    def folders(self) -> int:
        """How many folders are known."""
        return len(self._folders) - self._lost

    @property
    def files(self) -> int:
        """How many files are. Goes through all folders."""
        return sum(len(unpacked(held)) for held in list(self._folders.files) if held)

    def there(self) -> bool:
        """Return whether the folder itself is to be had: else nothing is said of what is in it."""
        try:
            return stat.S_ISDIR(os.stat(self.root).st_mode)  # noqa: PTH116 - str all along
        except OSError:
            return False

    def ask(self, turn: int = 0, parts: int = 1) -> Iterator[None]:
        """Ask all folders for their times, a step at a time, and list those that changed.

        In each folder that has not, one of `parts` files is asked for its stamp: another one each
        `turn`.
        """
        again, self._again = self._again, set()
        if not self.begun:
            yield from self._walk()
        yield from self._list_again(again)
        folders = asked = step = 0
        for above, numbers, names in self._folders.groups(MOST, FEW):
            same = self._same(above, numbers, names)
            folders += len(numbers)
            step += len(numbers)
            for some in self._files_of(same, turn, parts):
                self._ask_files(above, some)
                asked += len(some.names)
                step += len(some.names)
                if step >= STEP:
                    yield
                    step = 0
            if step >= STEP:
                yield
                step = 0
            while self._waiting:
                self._list_one(self._waiting.pop())
                yield
        self.asked = folders, asked
        yield

    def _same(
        self, above: str | None, numbers: list[int], names: list[bytes]
    ) -> Iterable[tuple[int, bytes]]:
        """Ask folders for their times, list those that changed, and return the others."""
        times = self._folders.times
        _, now = self._asker.stamps(above, names)
        if now == [times[number] for number in numbers]:
            return zip(numbers, names, strict=True)
        rows = list(zip(numbers, names, now, strict=True))
        return [
            (number, name)
            for number, name, time_ns in rows
            if time_ns == times[number] or self._is_same(number)
        ]

    def _is_same(self, number: int) -> bool:
        """Look at a folder that seems to be another one; return whether it is as it was."""
        try:
            now = changed_ns(os.stat(self._folders.path(number) or "/"))  # noqa: PTH116 - str
        except OSError as error:
            self._fail(number, error)
            return False
        if now != self._folders.times[number]:
            self._list(number, now)
            return False
        return True

    def _files_of(
        self, folders: Iterable[tuple[int, bytes]], turn: int, parts: int
    ) -> Iterator[_Files]:
        """Yield one of `parts` files of folders, as they were when this began, some at a time."""
        held, unpack, head = self._folders.files, HEAD.unpack_from, HEAD.size
        some = names, sizes, times, numbers = _Files([], [], [], [])
        for number, folder in folders:
            of_folder, at, place = held[number], 0, number + turn
            above = folder + b"/"
            while at < len(of_folder):
                size, mtime_ns, length = unpack(of_folder, at)
                begin = at + head
                at = begin + length
                place += 1
                if place % parts:
                    continue
                names.append(above + of_folder[begin:at])
                sizes.append(size)
                times.append(mtime_ns)
                numbers.append(number)
                if len(names) == MOST:
                    yield some
                    some = names, sizes, times, numbers = _Files([], [], [], [])
        if names:
            yield some

    def _ask_files(self, above: str | None, some: _Files) -> None:
        """Ask files for their stamps; who finds another one looks again."""
        sizes, times = self._asker.stamps(above, some.names)
        if sizes == some.sizes and times == some.times:
            return
        known = zip(some.sizes, some.times, strict=True)
        for at, stamp in enumerate(zip(sizes, times, strict=True)):
            if stamp != next(known):
                self._ask(some.numbers[at], some.names[at].rpartition(b"/")[2].decode())

    def ask_file(self, path: str) -> None:
        """Ask one file at once: somebody has seen that it is another one."""
        above, _, name = path.rpartition("/")
        number = self._folders.find(above)
        if number is not None and name in unpacked(self._folders.files[number]):
            self._ask(number, name)

    def ask_folder(self, number: int) -> None:
        """List one folder at once: somebody has seen that something is going on there."""
        if self._folders.times[number] > GONE:
            self._list_one(number)

    def _know(self, known: Iterable[tuple[str, int, int]]) -> None:
        """Take up what somebody else knows of files."""
        # From the root to the folder that one is at: in order, no folder comes twice.
        base = "" if self.root == "/" else self.root
        above = [(f"{base}/", 0)]
        files: dict[str, Stamp] = {}
        for path, size, mtime_ns in known:
            if not path.startswith(above[0][0]):
                self.news[path] = None
                continue
            if not path.startswith(above[-1][0]) or "/" in path[len(above[-1][0]) :]:
                self._folders.files[above[-1][1]] = packed(files)
                files = {}
                while not path.startswith(above[-1][0]):
                    above.pop()
                begin, number = above[-1]
                # What was in this folder itself comes back to it: `b`, `b/c`, `d`.
                files = unpacked(self._folders.files[number])
                for name in path[len(begin) :].split("/")[:-1]:
                    begin, files = f"{begin}{name}/", {}
                    number = self._folders.add(number, name)
                    above.append((begin, number))
            files[path[len(above[-1][0]) :]] = size, mtime_ns
        self._folders.files[above[-1][1]] = packed(files)

    def _walk(self) -> Iterator[None]:
        """Go through all folders for the first time, a step at a time."""
        real: set[Stamp | int] = set()
        held = self._folders
        device = None
        while self._waiting:
            for _ in range(min(FIRST_STEP, len(self._waiting))):
                number = self._waiting.pop()
                try:
                    node = os.stat(held.path(number) or "/")  # noqa: PTH116 - str all along
                except OSError as error:
                    self._fail(number, error, again=True)
                    continue
                device = node.st_dev if device is None else device
                # A link to a folder above would go round for ever.
                this = node.st_ino if node.st_dev == device else (node.st_dev, node.st_ino)
                if this not in real:
                    real.add(this)
                    self._list(number, changed_ns(node))
            yield
        # What was known but is in no folder that there is. Of one that may not be looked into,
        # and of what is below it, nothing is said.
        hidden: set[int] = set()
        for number in range(len(held)):
            if held.times[number] != UNLISTED:
                continue
            if number in self._again or held.parent(number) in hidden:
                hidden.add(number)
            else:
                self._lose(number)
        self.begun = True

    def _list_again(self, numbers: set[int]) -> Iterator[None]:
        """List folders whatever their time, and those with a link that led nowhere before."""
        for path, number in list(self._nowhere.items()):
            if os.path.exists(path) or not os.path.lexists(path):  # noqa: PTH110 - str
                del self._nowhere[path]
                numbers.add(number)
        for count, number in enumerate(numbers, 1):
            self._list_one(number)
            if not count % FIRST_STEP:
                yield

    def _list_one(self, number: int) -> None:
        above = self._folders.parent(number)
        if above >= 0 and (self._folders.times[above] <= GONE or self._is_table(above)):
            return
        try:
            node = os.stat(self._folders.path(number) or "/")  # noqa: PTH116 - str all along
        except OSError as error:
            self._fail(number, error, again=True)
        else:
            self._list(number, changed_ns(node))

    def _is_table(self, number: int) -> bool:
        return any(is_log(name) for name in unpacked(self._folders.files[number]))

    def _ask(self, number: int, name: str) -> None:
        """Look at a file that seems to be another one."""
        held = self._folders
        if is_log(name):
            # It may be no log any more, and the folder no table.
            self._waiting.append(number)
            return
        files = unpacked(held.files[number])
        path = f"{held.path(number)}/{name}"
        try:
            node = os.stat(path)  # noqa: PTH116 - str all along
        except (FileNotFoundError, NotADirectoryError):
            if files.pop(name, None) is not None:
                held.files[number] = packed(files)
                self.news[path] = None
            return
        except OSError:
            # Not to be had for now is not gone.
            return
        stamp = (node.st_size, changed_ns(node))
        if name in files and files[name] != stamp and stat.S_ISREG(node.st_mode):
            files[name] = stamp
            held.files[number] = packed(files)
            self.news[path] = stamp

    def _list(self, number: int, mtime_ns: int) -> None:
        """Look at what is in a folder now; `mtime_ns` is its time from before that."""
        held = self._folders
        path = held.path(number)
        if self._notices is not None and held.times[number] <= GONE:
            # Before it is looked into, or what comes meanwhile would be told by nobody.
            self._notices.add(path or "/", self._key + number)
        before = unpacked(held.files[number])
        files: dict[str, Stamp] = {}
        try:
            self._look_into(number, path, before, files)
        except OSError as error:
            self._fail(number, error, again=True)
            return
        self._listed(number, mtime_ns)
        if files != before:
            held.files[number] = packed(files)
        for name in before:
            if name not in files:
                self.news[f"{path}/{name}"] = None

    def _look_into(
        self, number: int, path: str, before: dict[str, Stamp], files: dict[str, Stamp]
    ) -> None:
        """Take up what is in a folder, and lose the folders that are not. Raises OSError."""
        held = self._folders
        folders: set[str] = set()
        with os.scandir(path or "/") as found:
            entries = sorted(found, key=lambda one: one.name)
        children = held.children(number)
        log = log_in(path, (one.name for one in entries if is_log(one.name) and one.is_dir()))
        if held.name(number) == ICEBERG and any(is_snapshot(ICEBERG, e.name) for e in entries):
            # It makes a table of the folder above, whose time has not changed for it.
            self._waiting.append(held.parent(number))
        if log is None:
            for entry in entries:
                if self._see(number, path, entry, before, files, children):
                    folders.add(entry.name)
        else:
            self._see_log(path, log, before, files)
        for name, child in children.items():
            if log is not None:
                self._lose_all(child)
            elif name not in folders and held.times[child] != GONE and self.begun:
                # Else it would be taken for the one before if it came back with the same time.
                self._lose(child)

    def _see_log(
        self, above: str, name: str, before: dict[str, Stamp], files: dict[str, Stamp]
    ) -> None:
        """Take up a table's log in the place of all that is in the table."""
        stamp = stamp_of(f"{above}/{name}")
        if stamp is not None:
            files[name] = stamp
            if before.get(name) != stamp:
                self.news[f"{above}/{name}"] = stamp

    def _listed(self, number: int, mtime_ns: int) -> None:
        times, now = self._folders.times, time.time_ns()
        if mtime_ns > now - YOUNG_NS and (mtime_ns <= now or mtime_ns != times[number]):
            # What comes in the same tick of the disk's clock leaves it the same time.
            self._again.add(number)
        self._lost -= times[number] == GONE
        times[number] = mtime_ns

    def _see(  # noqa: PLR0917 - a folder, and what is in it
        self,
        number: int,
        above: str,
        entry: "os.DirEntry[str]",
        before: dict[str, Stamp],
        files: dict[str, Stamp],
        children: dict[str, int],
    ) -> bool:
        """Look at one name in a folder; return whether a folder is there, or may be."""
        name = entry.name
        if passed_over(name) or (not name.isprintable() and not _utf8(name)):
            return False
        path = f"{above}/{name}"
        try:
            if entry.is_dir():
                known = children.get(name)
                new = known is None or self._folders.times[known] <= GONE
                if new and not (self.begun and entry.is_symlink() and self._inside(path)):
                    added = self._folders.add(number, name) if known is None else known
                    # Links last, so that what they lead to is known by its own path.
                    wait = self._waiting.appendleft if entry.is_symlink() else self._waiting.append
                    wait(added)
                return True
            if entry.is_symlink() and not os.path.exists(path):  # noqa: PTH110 - str
                self._nowhere[path] = number
                return False
            if not name.lower().endswith(SUFFIX) or not entry.is_file():
                return False
            node = entry.stat()
        except OSError:
            # Away for this moment, or not to be seen: what was known of it stays known.
            self._again.add(number)
            if name in before:
                files[name] = before[name]
            return name in children
        stamp = (node.st_size, changed_ns(node))
        files[name] = stamp
        if before.get(name) != stamp:
            self.news[path] = stamp
        return False

    def _inside(self, path: str) -> bool:
        """Return whether a link leads back to what is looked at anyway."""
        real = os.path.realpath(path)
        return f"{real}/".startswith(f"{os.path.realpath(self.root)}/")

    def _fail(self, number: int, error: OSError, *, again: bool = False) -> None:
        # A share that does not answer, a right that was taken: not gone.
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            self._lose(number)
        elif again:
            self._again.add(number)

    def _lose_all(self, number: int) -> None:
        """Lose a folder with all below it."""
        if self._folders.times[number] != GONE:
            self._lose(number)
        for child in self._folders.children(number).values():
            self._lose_all(child)

    def _lose(self, number: int) -> None:
        held = self._folders
        path = held.path(number)
        self.news.update({f"{path}/{name}": None for name in unpacked(held.files[number])})
        held.files[number] = b""
        # The root is asked for again, by whoever asks whether it is there.
        self._lost += number > 0 and held.times[number] != GONE
        held.times[number] = GONE if number else 0
        for child in held.children(number).values():
            # Nobody asks for one that was never looked into.
            if held.times[child] == UNLISTED:
                self._lose(child)


def stamp_of(path: str) -> Stamp | None:
    """Return the stamp of a file; None where it is not to be had. Blocks."""
    try:
        node = os.stat(path)  # noqa: PTH116 - str all along
    except OSError:
        return None
    return node.st_size, changed_ns(node)


def _utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
