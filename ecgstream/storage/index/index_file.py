"""The file that an archive's index is kept in: SQLite, rebuilt when lost.

It holds no sample: of each Parquet file its size and time, of each group (`grouping`) what was
wrong with it, of each record what a list needs and where its samples lie (`codec`).
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from ecgstream.errors import SourceError
from ecgstream.storage.index.doubles import Double, Side
from ecgstream.storage.index.grouping import Group
from ecgstream.storage.index.index_database import Database
from ecgstream.storage.index.index_values import Made, Seen, Shown, Told
from ecgstream.storage.index.searching import BETWEEN, Columns
from ecgstream.storage.index.snapshot import packed, unpacked

SCHEMA: Final = 10
"""Counted up when the tables change, or what files are understood to hold."""

AT_ONCE: Final = 1_000
"""Rows taken out in one go: what is not kept of them is gone before the next."""

TABLES: Final = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE grp(
    id INTEGER PRIMARY KEY, root INTEGER, folder TEXT, layout TEXT, name TEXT,
    due INTEGER NOT NULL, problems BLOB, notes BLOB, UNIQUE(root, folder, layout, name));
CREATE INDEX grp_due ON grp(due) WHERE due;
CREATE TABLE file(
    root INTEGER, path TEXT, shown TEXT, folders TEXT, size INTEGER, mtime_ns INTEGER,
    grp INTEGER, problem BLOB, built INTEGER NOT NULL, PRIMARY KEY(root, path)) WITHOUT ROWID;
CREATE INDEX file_grp ON file(grp);
CREATE INDEX file_problem ON file(root, path) WHERE problem IS NOT NULL;
CREATE INDEX grp_problems ON grp(root, folder, name) WHERE problems IS NOT NULL;
CREATE INDEX grp_notes ON grp(root, folder) WHERE notes IS NOT NULL;
CREATE TABLE record(
    patient TEXT, record TEXT, grp INTEGER, hidden INTEGER NOT NULL,
    dataset TEXT, source TEXT, leads TEXT, fs REAL, seconds REAL, annotated INTEGER,
    folder TEXT, verdict TEXT, files BLOB, stored BLOB,
    PRIMARY KEY(patient, record, grp)) WITHOUT ROWID;
CREATE INDEX record_id ON record(record);
CREATE INDEX record_grp ON record(grp);
CREATE INDEX record_hidden ON record(record, folder) WHERE hidden;
"""

KEPT: Final = "kept"
KEPT_MOMENT: Final = "kept moment"


class IndexFile(Database):
    """An index, in a file or (`path` None) in memory."""

    def __init__(self, path: Path | None) -> None:
        super().__init__(path, TABLES)

    def moment(self) -> int:
        """Return what is another number whenever records have changed."""
        return int(self.said("moment") or 0)

    # Files.

    def files(self) -> dict[tuple[int, str], tuple[int, int]]:
        """Return of each file, by root and path, its size and time."""
        rows = self._rows("SELECT root, path, size, mtime_ns FROM file")
        return {(root, path): (size, mtime_ns) for root, path, size, mtime_ns in rows}

    def in_order(self) -> Iterator[tuple[int, str, int, int]]:
        """Yield of each file its root, path, size and time, in the order of root and path.

        Some at a time: as one answer, 100,000 would need 50 MB for a moment.
        """
        last: tuple[int, str] = (-1, "")
        while rows := self._rows(
            "SELECT root, path, size, mtime_ns FROM file WHERE (root, path) > (?, ?) "
            "ORDER BY root, path LIMIT ?",
            *(*last, AT_ONCE),
        ):
            yield from rows
            last = rows[-1][:2]

    def count(self) -> int:
        """Return how many files are known."""
        return int(self._rows("SELECT COUNT(*) FROM file")[0][0])

    def files_of(self, group: int) -> list[Seen]:
        """Return the files of a group, in path order."""
        rows = self._rows(
            "SELECT root, path, shown, folders, size, mtime_ns FROM file WHERE grp = ? "
            "ORDER BY root, path",
            group,
        )
        return [
            Seen(root, path, shown, tuple(folders.split("/")) if folders else (), size, mtime_ns)
            for root, path, shown, folders, size, mtime_ns in rows
        ]

    def empty(self) -> None:
        """Hold nothing any more: who serves from it takes that up, who keeps it looks anew."""
        with self.writing():
            moment = self.moment() + 1
            for table in ("grp", "file", "record", "meta"):
                self._write(f"DELETE FROM {table}")  # noqa: S608 - of this list
            self.say("moment", moment)

    def forget(self, files: Iterable[tuple[int, str]]) -> None:
        """Take files out; the groups that they were in are due."""
        for root, path in files:
            self._leave(root, path)
            self._write("DELETE FROM file WHERE root = ? AND path = ?", root, path)

    def refuse(self, file: Seen, problem: Told) -> None:
        """Keep a file that belongs to no group, and why."""
        self._leave(file.root, file.path)
        self._put(file, None, msgspec.json.encode(problem))

    def belong(self, file: Seen, group: int) -> None:
        """Keep a file of a group."""
        self._leave(file.root, file.path, group)
        self._put(file, group, None)

    def _put(self, file: Seen, group: int | None, problem: bytes | None) -> None:
        root, path, shown, folders, size, mtime_ns = file
        self._write(
            "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
            *(root, path, shown, "/".join(folders), size, mtime_ns, group, problem),
        )

    def _leave(self, root: int, path: str, to: int | None = None) -> None:
        """Have the group that a file leaves, if it is in another one than `to`, be built anew."""
        self._write(
            "UPDATE grp SET due = 1 WHERE id = "
            "(SELECT grp FROM file WHERE root = ? AND path = ?) AND id IS NOT ?",
            *(root, path, to),
        )

    # Groups.

    def group(self, group: Group) -> int:
        """Return the number of a group, which is due where it is new."""
        found = self._rows(
            "SELECT id FROM grp WHERE root = ? AND folder = ? AND layout = ? AND name = ?", *group
        )
        if found:
            return int(found[0][0])
        with self._lock:
            cursor = self._database.execute(
                "INSERT INTO grp(root, folder, layout, name, due) VALUES (?, ?, ?, ?, 1)", group
            )
            return int(cursor.lastrowid or 0)

    def count_of(self, group: int) -> int:
        """Return how many files a group has."""
        return int(self._rows("SELECT COUNT(*) FROM file WHERE grp = ?", group)[0][0])

    def mark(self, group: int) -> None:
        """Have a group be built anew."""
        self._write("UPDATE grp SET due = 1 WHERE id = ?", group)

    def fresh(self, group: int) -> list[Seen] | None:
        """Return the files of a due group that were not there, or others, when it was last built.

        None where it is to be built of all its files: where it never was or is one record, where
        it had something to tell, which is not kept by file, or where a record has rows in what
        changed and in what did not.
        """
        told = self._rows(
            "SELECT id FROM grp WHERE id = ? AND name = '' AND problems IS NULL AND notes IS NULL",
            group,
        )
        files = self._rows("SELECT path, folders, built FROM file WHERE grp = ?", group)
        staying = {path for path, _, built in files if built}
        # What folders say of a file's records they may say of all.
        if not told or not staying or len({folders for _, folders, _ in files}) > 1:
            return None
        for (paths,) in self._rows("SELECT DISTINCT files FROM record WHERE grp = ?", group):
            if len({path in staying for path in msgspec.json.decode(paths)}) > 1:
                return None
        return [file for file in self.files_of(group) if file.path not in staying]

    def due(self) -> list[tuple[int, Group]]:
        """Return the groups to be built."""
        rows = self._rows(
            "SELECT id, root, folder, layout, name FROM grp WHERE due ORDER BY root, folder"
        )
        return [(number, Group(*group)) for number, *group in rows]

    def build(self, group: int, made: Made) -> None:
        """Keep what came of a group, in place of what was there; without files it goes."""
        names = {name for (name,) in self._rows("SELECT record FROM record WHERE grp = ?", group)}
        self._write("DELETE FROM record WHERE grp = ?", group)
        self._keep(group, made, names)

    def build_fresh(self, group: int, made: Made) -> bool:
        """Keep what came of the `fresh` files of a group, in place of what was of them.

        Return whether that is all: not where there is something to tell, or a record that other
        files have too. Then the group is to be built of all of them.
        """
        rows = self._rows("SELECT record, files FROM record WHERE grp = ?", group)
        paths = self._rows("SELECT path FROM file WHERE grp = ? AND built", group)
        staying = {path for (path,) in paths}
        left = {files: staying.isdisjoint(msgspec.json.decode(files)) for _, files in rows}
        gone = {name for name, files in rows if left[files]}
        held = {name for name, _ in rows} - gone
        if made.problems or made.notes or any(one.row.record in held for one in made.records):
            self._write("UPDATE file SET built = 0 WHERE grp = ?", group)
            self.mark(group)
            return False
        with self._lock:
            self._database.executemany(
                # By its id: the others of its group are many (`+` keeps that index out of it).
                "DELETE FROM record WHERE record = ? AND +grp = ?",
                [(name, group) for name in gone],
            )
        self._keep(group, made, gone)
        return True

    def _keep(self, group: int, made: Made, names: set[str]) -> None:
        """Keep what came of a group; `names` are the records of it that were there before."""
        moment = self.moment() + 1
        for one in made.records:
            row = one.row
            self._write(
                "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                *(row.patient, row.record, group, 0, row.dataset, row.source),
                *(BETWEEN.join(row.leads), row.fs, row.seconds, row.annotated),
                *(one.folder, one.verdict, msgspec.json.encode(one.files), one.stored),
            )
            names.add(row.record)
        if self.count_of(group):
            self._write(
                "UPDATE grp SET due = 0, problems = ?, notes = ? WHERE id = ?",
                msgspec.json.encode(made.problems) if made.problems else None,
                msgspec.json.encode(made.notes) if made.notes else None,
                group,
            )
            self._write("UPDATE file SET built = 1 WHERE grp = ?", group)
        else:
            self._write("DELETE FROM grp WHERE id = ?", group)
        for name in names:
            self._settle(name)
        if names:
            self.say("moment", moment)

    def _settle(self, name: str) -> None:
        """Have one record of an id be shown: that of the first root, there of the first folder."""
        rows = self._rows(
            "SELECT r.grp, r.hidden FROM record r JOIN grp g ON g.id = r.grp WHERE r.record = ? "
            "ORDER BY g.root, g.folder, g.layout, g.name, r.patient",
            name,
        )
        for place, (group, hidden) in enumerate(rows):
            if hidden != (place > 0):
                self._write(
                    "UPDATE record SET hidden = ? WHERE record = ? AND +grp = ?",
                    *(place > 0, name, group),
                )

    # What is shown.

    def keep(self) -> None:
        """Have `shown` find all it says in one piece, as long as no record changes."""
        moment = self.moment()
        if self.said(KEPT_MOMENT) != moment:
            held = packed(*self.shown())
            with self.writing():
                self.say(KEPT, held)
                self.say(KEPT_MOMENT, moment)

    def shown(self) -> Shown:
        """Return all records that are shown, in the order of their keys."""
        if self.said(KEPT_MOMENT) == self.moment():
            kept = unpacked(self.said(KEPT) or b"")
            if kept is not None:
                return Shown(*kept)
        found = Shown(Columns.empty(), [], [])
        # What many have alike is one object in memory.
        same: dict[str, str] = {}
        one = same.setdefault
        with self._lock:
            cursor = self._database.execute(
                "SELECT patient, record, dataset, source, leads, fs, seconds, annotated, verdict, "
                "stored FROM record WHERE NOT hidden ORDER BY patient, record"
            )
            while rows := cursor.fetchmany(AT_ONCE):
                patients, records, datasets, sources, leads, fs, seconds, annotated, *rest = zip(
                    *rows, strict=True
                )
                columns = found.columns
                columns.patients.extend(map(one, patients, patients))
                columns.records.extend(records)
                columns.datasets.extend(map(one, datasets, datasets))
                columns.sources.extend(map(one, sources, sources))
                columns.leads.extend(map(one, leads, leads))
                columns.fs.extend(fs)
                columns.seconds.extend(seconds)
                columns.annotated.extend(annotated)
                found.verdicts.extend(rest[0])
                found.stored.extend(rest[1])
        return found

    def problems(self) -> list[SourceError]:
        """Return what was left out, and why."""
        found = [
            msgspec.json.decode(said, type=Told)
            for (said,) in self._rows(
                "SELECT problem FROM file WHERE problem IS NOT NULL ORDER BY root, path"
            )
        ]
        for (said,) in self._rows(
            "SELECT problems FROM grp WHERE problems IS NOT NULL ORDER BY root, folder, name"
        ):
            found.extend(msgspec.json.decode(said, type=list[Told]))
        return [one.error() for one in dict.fromkeys(found)]

    def doubles(self, how: Callable[[bytes], str]) -> Iterator[Double]:
        """Yield what is hidden, for another record of its id is shown; `how` a record was found is
        told by what is stored of it.
        """
        sides = ", ".join(f"{one}.patient, {one}.folder, {one}.grp, {one}.files" for one in "hs")
        rows = self._rows(
            f"SELECT h.record, h.stored, {sides} FROM record h JOIN record s "  # noqa: S608 - names
            "ON s.record = h.record AND NOT s.hidden WHERE h.hidden ORDER BY h.record, h.folder"
        )
        shown: dict[int, dict[str, str]] = {}
        for record, stored, *both in rows:
            sides_of = []
            for patient, folder, group, files in (both[:4], both[4:]):
                if group not in shown:
                    of_group = "SELECT path, shown FROM file WHERE grp = ? ORDER BY path"
                    shown[group] = dict(self._rows(of_group, group))
                paths = msgspec.json.decode(files) or list(shown[group])
                known = tuple(shown[group][path] for path in paths if path in shown[group])
                sides_of.append(Side(patient, folder, known))
            yield Double(record, sides_of[0], sides_of[1], partial(how, stored))

    def notes(self) -> list[str]:
        """Return what was put right in what is shown."""
        rows = self._rows("SELECT notes FROM grp WHERE notes IS NOT NULL ORDER BY root, folder")
        return [note for (said,) in rows for note in msgspec.json.decode(said, type=list[str])]
