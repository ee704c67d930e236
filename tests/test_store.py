"""The store opened, made, brought up to date, and refused; on SQLite and on a real PostgreSQL."""

import asyncio
import logging
import resource
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from ecgstream.cli import main
from ecgstream.errors import ConfigError, StoreUnavailable
from ecgstream.storage.written import notes
from ecgstream.storage.written.store import (
    Store,
    connected,
    default_store,
    make_file,
    store_url,
    transaction,
)
from ecgstream.storage.written.tables import HEAD, METADATA
from ecgstream.storage.written.upgrading import configuration, upgrade
from tests.databases import emptied, postgresql, scalar, upgraded

REVISIONS = [one.revision for one in ScriptDirectory.from_config(configuration()).walk_revisions()]


async def opened(address, **options):
    store = Store(str(address), **options)
    try:
        async with store.reading():
            pass
    finally:
        await store.close()


def test_the_newest_migration_is_the_one_that_the_tables_are_at():
    assert ScriptDirectory.from_config(configuration()).get_heads() == [HEAD]


def differences(address):
    async def compared():
        store = Store(str(address))
        try:
            async with transaction(store._engine) as connection:
                return await connection.run_sync(
                    lambda sync: compare_metadata(MigrationContext.configure(sync), METADATA)
                )
        finally:
            await store.close()

    return asyncio.run(compared())


def test_a_new_sqlite_is_what_its_migrations_come_to(tmp_path):
    made, migrated = tmp_path / "made.db", tmp_path / "migrated.db"
    asyncio.run(opened(made))
    assert main(["db", "upgrade", "--store", str(migrated)]) == 0
    assert differences(made) == differences(migrated) == []

    def columns(file):
        with sqlite3.connect(file) as there:
            tables = [name for (name,) in there.execute("SELECT name FROM sqlite_master")]
            said = {t: there.execute(f"PRAGMA table_info('{t}')").fetchall() for t in tables}
        there.close()
        return said

    assert columns(made) == columns(migrated)


def test_a_postgresql_that_was_upgraded_has_the_tables(postgresql_address):
    assert differences(upgraded(postgresql_address)) == []


async def test_every_commit_of_sqlite_is_on_the_disk(tmp_path):
    store = Store(str(tmp_path / "store.db"))
    assert await scalar(store, "PRAGMA journal_mode") == "wal"
    assert await scalar(store, "PRAGMA synchronous") == 2
    await store.close()


def test_a_store_is_nobodys_but_its_owners(tmp_path):
    file = tmp_path / "new" / "store.db"
    asyncio.run(opened(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_two_that_begin_at_once_make_it_once(tmp_path):
    failed = []

    def begin():
        try:
            asyncio.run(opened(tmp_path / "store.db"))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failed == []


@pytest.mark.parametrize("at", REVISIONS)
def test_an_older_sqlite_is_brought_up_to_date_by_itself(tmp_path, at):
    file = tmp_path / "store.db"
    make_file(file)
    assert upgrade(store_url(str(file)), at) == (None, at)
    asyncio.run(opened(file))
    assert differences(file) == []


FIRST = {
    "id": "0" * 36, "version": 1, "record": "r", "set_name": "notes", "sample": 5, "stop": None,
    "lead": "II", "chan": 1, "symbol": "N", "subtype": 0, "num": 0, "aux_note": "kept",
    "tags": '["a"]', "deleted": False, "author": "ada", "time": 1.5, "changed_by": "ada",
    "changed": 1.5, "fs": 360.0, "content": "c",
}  # fmt: skip


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_was_written_in_the_first_release_is_there_in_this_one(request, tmp_path, kind):
    address = str(tmp_path / "store.db")
    if kind == "postgresql":
        address = request.getfixturevalue("postgresql_address")
        emptied(address)
    else:
        make_file(Path(address))
    upgrade(store_url(address), "0001")
    names = ", ".join(FIRST)
    places = ", ".join(f":{name}" for name in FIRST).replace(":tags", "CAST(:tags AS json)")

    async def written():
        engine = connected(store_url(address))
        async with transaction(engine, writes=True) as connection:
            said = text(f"INSERT INTO notes ({names}) VALUES ({places})")
            if kind == "sqlite":
                said = text(str(said).replace("CAST(:tags AS json)", ":tags"))
            await connection.execute(said, FIRST)
        await engine.dispose()

    asyncio.run(written())
    assert main(["db", "upgrade", "--store", address]) == 0

    async def read():
        store = Store(address)
        async with store.reading() as connection:
            found = await notes.listed(connection, notes.Span("r", 0, 10))
        await store.close()
        return found

    (note,) = asyncio.run(read())
    assert (note.sample, note.lead, note.tags, note.aux_note) == (5, "II", ("a",), "kept")


def test_a_store_of_a_newer_release_is_left_alone(tmp_path):
    file = tmp_path / "store.db"
    asyncio.run(opened(file))
    with sqlite3.connect(file) as there:
        there.execute("UPDATE alembic_version SET version_num = '9999'")
    there.close()
    with pytest.raises(StoreUnavailable, match=r"9999.*made by a newer one"):
        asyncio.run(opened(file))


def test_a_postgresql_is_not_touched_before_its_owner_says_so(postgresql_address, capsys):
    emptied(postgresql_address)
    with pytest.raises(StoreUnavailable, match=r"it is empty.*`ecgstream db upgrade`"):
        asyncio.run(opened(postgresql_address))
    assert main(["db", "upgrade", "--store", postgresql_address]) == 0
    assert f"was empty, is at {HEAD}" in capsys.readouterr().out
    asyncio.run(opened(postgresql_address))
    with pytest.raises(StoreUnavailable, match=f"is at version {HEAD}, not 0000"):
        asyncio.run(opened(postgresql_address, head="0000"))
    assert main(["db", "upgrade", "--store", postgresql_address]) == 0
    assert f": is at version {HEAD}" in capsys.readouterr().out


async def test_a_store_that_comes_back_is_found_again_and_not_asked_for_all_the_time(
    tmp_path, caplog
):
    now = 0.0
    folder = tmp_path / "not a folder"
    folder.write_text("")
    store = Store(str(folder / "store.db"), clock=lambda: now)
    for _ in range(3):
        with pytest.raises(StoreUnavailable, match=r"Not a directory|File exists") as found:
            async with store.writing():
                pass
        assert str(tmp_path) not in found.value.told
        assert str(tmp_path) in str(found.value)
    assert len([one for one in caplog.records if one.levelno == logging.ERROR]) == 1
    folder.unlink()
    assert not await store.opened()
    now = 10.0
    assert await store.opened()
    await store.close()


async def test_on_a_full_disk_nothing_is_written_and_all_can_be_read(tmp_path):
    file = tmp_path / "store.db"
    store = Store(str(file))

    async def keep(value):
        async with store.writing() as connection:
            said = {"value": value}
            await connection.execute(text("UPDATE alembic_version SET version_num = :value"), said)

    await keep("before")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # For this process a file may not be larger than the one before the first page is written.
    resource.setrlimit(resource.RLIMIT_FSIZE, (Path(f"{file}-wal").stat().st_size, before[1]))
    try:
        with pytest.raises(StoreUnavailable, match=r"disk"):
            await keep("too much")
        assert await scalar(store, "SELECT version_num FROM alembic_version") == "before"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    await keep("after")
    assert await scalar(store, "SELECT version_num FROM alembic_version") == "after"
    await store.close()


async def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "store.db").write_text("something else entirely" * 100)
    with pytest.raises(StoreUnavailable, match=r"store\.db: file is not a database"):
        await opened(tmp_path / "store.db")


async def test_what_raises_in_the_block_is_undone(store):
    async def count():
        return await scalar(store, "SELECT count(*) FROM alembic_version")

    with pytest.raises(ZeroDivisionError):
        async with store.writing() as connection:
            await connection.execute(text("DELETE FROM alembic_version"))
            raise ZeroDivisionError
    assert await count() == 1


async def test_who_reads_does_not_wait_for_who_writes(store):
    async with store.writing() as connection:
        await connection.execute(text("DELETE FROM alembic_version"))
        assert await scalar(store, "SELECT count(*) FROM alembic_version") == 1


def test_the_default_is_where_a_users_data_belong():
    assert default_store({"XDG_DATA_HOME": "/d", "HOME": "/h"}) == "/d/ecgstream/store.db"
    home = "/h/.local/share/ecgstream/store.db"
    assert default_store({"XDG_DATA_HOME": "relative", "HOME": "/h"}) == home
    assert default_store({}) is None


@pytest.mark.parametrize(
    "said", ["mysql://root:secret@host/x", "://", "sqlite://", "sqlite:///:memory:", "http://a b/"]
)
def test_an_address_of_no_store_is_refused_without_its_password(said):
    with pytest.raises(ConfigError, match=r"^store: expected a file") as found:
        store_url(said)
    assert "secret" not in str(found.value)


def test_a_password_is_never_shown():
    store = Store("postgresql://ward:secret@db.example/ecg")
    assert store.shown == "postgresql://ward:***@db.example/ecg"


async def test_a_database_that_is_not_there_is_a_reason_and_no_more():
    store = Store("postgresql://ward:secret@127.0.0.1:1/ecg")
    with pytest.raises(StoreUnavailable, match="Connect call failed") as found:
        async with store.writing():
            pass
    assert "secret" not in str(found.value)
    await store.close()


@pytest.fixture
def open_folder() -> Iterator[str]:
    """Yield a folder that PostgreSQL's user may come to: pytest shuts its own, again and again."""
    with tempfile.TemporaryDirectory() as folder:
        yield folder


async def test_a_postgresql_that_goes_away_is_not_waited_for_each_time_and_found_again(
    open_folder, caplog
):
    now = 0.0
    with postgresql(open_folder) as address:
        await asyncio.to_thread(upgraded, address)
        store = Store(address, clock=lambda: now)
        assert await scalar(store, "SELECT 1") == 1
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await scalar(store, "SELECT 1")
    assert len([one for one in caplog.records if one.levelno == logging.ERROR]) == 1
    with postgresql(open_folder):
        with pytest.raises(StoreUnavailable):
            await scalar(store, "SELECT 1")
        now = 10.0
        assert await scalar(store, "SELECT 1") == 1
        await store.close()


async def test_a_mistake_in_a_statement_is_no_outage(store):
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match=r"nonsense"):
            await scalar(store, "SELECT nonsense")
    assert await scalar(store, "SELECT 1") == 1


def test_a_file_may_be_given_as_a_path_or_as_an_address():
    assert store_url("a/store.db").database == str(Path("a/store.db").absolute())
    assert store_url("sqlite:////x/store.db").database == "/x/store.db"
