"""A local folder with all below it, looked at again and again: what came, changed and went.

A folder has another time when a name in it came, went or was put in the place of another: so all
folders are asked for their times, and those alone with another one are listed. A file that was
written over where it lies changes nothing about its folder: files are asked one by one, after the
folders, with what is left of the time. To ask costs two millionths of a second.
"""

import os
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from sys import intern
from typing import Final

from ecgstream.storage.index.listing import SUFFIX, passed_over
from ecgstream.storage.index.notices import Notices

Stamp = tuple[int, int]
"""Size in bytes and time of change in ns."""

NO_FILES: Final[dict[str, Stamp]] = {}
"""Of the many folders that hold only folders."""

STEP: Final = 200
"""Folders or files asked for in a step: less than half a millisecond."""


@dataclass(slots=True)
class _Folder:
    """A folder as it was last listed: `files` are the Parquet files in it, by name."""

    mtime_ns: int = -1
    files: dict[str, Stamp] = field(default_factory=dict)


class LocalTree:
    """The Parquet files below the folder `root`, as far as they were looked at.

    `known` are those that somebody else knows already, by path: what is like that is no news.
    `steps` looks at all of it once; news are in `news` then: the stamp of a file that came or
    changed, None of one that went. Whoever takes them up takes them out.
    """

    def __init__(self, root: str, known: dict[str, Stamp], notices: Notices | None = None) -> None:
        self._notices = notices
        self.root = root.rstrip("/") or "/"
        self.news: dict[str, Stamp | None] = {}
        self._folders: dict[str, _Folder] = {}
        for path, stamp in known.items():
            folder, _, name = path.rpartition("/")
            self._folders.setdefault(folder, _Folder()).files[intern(name)] = stamp
        self._waiting = deque([self.root])
        self.begun = False
        """Whether all of it was listed once."""
        self._turned = 0

    @property
    def folders(self) -> int:
        """How many folders are known."""
        return len(self._folders)

    @property
    def files(self) -> int:
        """How many files are. Goes through all folders."""
        return sum(len(folder.files) for folder in list(self._folders.values()))

    def there(self) -> bool:
        """Return whether the folder itself is to be had: else nothing is said of what is in it."""
        try:
            return stat.S_ISDIR(os.stat(self.root).st_mode)  # noqa: PTH116 - str all along
        except OSError:
            return False

    def walk(self) -> Iterator[None]:
        """Go through all folders for the first time, a step at a time."""
        real: set[Stamp] = set()
        listed: set[str] = set()
        while self._waiting:
            for _ in range(min(STEP // 4, len(self._waiting))):
                path = self._waiting.pop()
                node = _stat(path)
                # A link to a folder above would go round for ever.
                if node is None or (node.st_dev, node.st_ino) in real:
                    continue
                real.add((node.st_dev, node.st_ino))
                listed.add(path)
                self._list(path, node.st_mtime_ns)
            yield
        # What was known but is in no folder that there is.
        for path in [path for path in self._folders if path not in listed]:
            self._lose(path)
        self.begun = True

    def ask_folders(self) -> Iterator[None]:
        """Ask all folders for their times, and list those that changed, a step at a time."""
        if not self.begun:
            yield from self.walk()
        stat_, paths = os.stat, list(self._folders)
        for low in range(0, len(paths), STEP):
            for path in paths[low : low + STEP]:
                folder = self._folders.get(path)
                if folder is None:
                    continue
                try:
                    now = stat_(path).st_mtime_ns
                except OSError as error:
                    self._fail(path, error)
                    continue
                if now != folder.mtime_ns:
                    self._list(path, now)
            yield
        while self._waiting:
            path = self._waiting.pop()
            node = _stat(path)
            if node is not None:
                self._list(path, node.st_mtime_ns)
            yield

    def ask_files(self) -> Iterator[None]:
        """Ask all files for their size and time, a step at a time."""
        asked = 0
        for path in list(self._folders):
            folder = self._folders.get(path)
            if folder is None:
                continue
            for name in list(folder.files):
                self._ask(f"{path}/{name}", folder, name)
                asked += 1
                if asked % STEP == 0:
                    yield
        yield

    def ask_file(self, path: str) -> None:
        """Ask one file at once: somebody has seen that it is another one."""
        above, _, name = path.rpartition("/")
        folder = self._folders.get(above)
        if folder is not None and name in folder.files:
            self._ask(path, folder, name)

    def ask_folder(self, path: str) -> None:
        """List one folder at once: somebody has seen that something is going on there."""
        if path in self._folders:
            node = _stat(path)
            if node is None:
                self._lose(path)
            else:
                self._list(path, node.st_mtime_ns)

    def _ask(self, path: str, folder: _Folder, name: str) -> None:
        try:
            node = os.stat(path)  # noqa: PTH116 - str all along
        except FileNotFoundError:
            if folder.files.pop(name, None) is not None:
                self.news[path] = None
            return
        except OSError:
            # Not to be had for now is not gone.
            return
        stamp = (node.st_size, node.st_mtime_ns)
        if folder.files.get(name) != stamp and stat.S_ISREG(node.st_mode):
            folder.files[name] = stamp
            self.news[path] = stamp

    def _list(self, path: str, mtime_ns: int) -> None:
        """Look at what is in a folder now; `mtime_ns` is its time from before that."""
        folder = self._folders.get(path)
        if folder is None or folder.mtime_ns < 0:
            # One text for a folder here, in its notice, and nowhere another: there are many.
            folder = self._folders.pop(path, None) or _Folder()
            self._folders[path] = folder
        if self._notices is not None and folder.mtime_ns < 0:
            # Before it is looked into, or what comes meanwhile would be told by nobody.
            self._notices.add(path)
        before, folder.files = folder.files, {}
        try:
            with os.scandir(path) as entries:
                for entry in sorted(entries, key=lambda one: one.name):
                    self._see(path, entry, before, folder)
        except OSError as error:
            folder.files = before
            self._fail(path, error)
            return
        folder.mtime_ns = mtime_ns
        # Whoever adds to them puts another one in its place first: see above.
        folder.files = folder.files or NO_FILES
        for name in before:
            if name not in folder.files:
                self.news[f"{path}/{name}"] = None

    def _see(
        self, above: str, entry: "os.DirEntry[str]", before: dict[str, Stamp], folder: _Folder
    ) -> None:
        name = entry.name
        if passed_over(name) or (not name.isprintable() and not _utf8(name)):
            return
        path = f"{above}/{name}" if above != "/" else f"/{name}"
        try:
            if entry.is_dir():
                known = self._folders.get(path)
                new = known is None or known.mtime_ns < 0
                if new and not (self.begun and entry.is_symlink() and self._inside(path)):
                    self._waiting.append(path)
                return
            if not name.lower().endswith(SUFFIX) or not entry.is_file():
                return
            node = entry.stat()
        except OSError:
            # Away for this moment, or a link to nothing: what was known of it stays known.
            if name in before:
                folder.files[name] = before[name]
            return
        stamp = (node.st_size, node.st_mtime_ns)
        folder.files[intern(name)] = stamp
        if before.get(name) != stamp:
            self.news[path] = stamp

    def _inside(self, path: str) -> bool:
        """Return whether a link leads back to what is looked at anyway."""
        real = os.path.realpath(path)
        return f"{real}/".startswith(f"{os.path.realpath(self.root)}/")

    def _fail(self, path: str, error: OSError) -> None:
        # A share that does not answer, a right that was taken: not gone.
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            self._lose(path)

    def _lose(self, path: str) -> None:
        folder = self._folders.pop(path, None)
        if folder is not None:
            self.news.update({f"{path}/{name}": None for name in folder.files})


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 - str all along
    except OSError:
        return None


def _utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
