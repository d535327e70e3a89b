"""Every revision that was ever released opens; an upgrade happens whole, after a backup, or not at all."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from engine.errors import DamagedLibrary, ReadOnlyLibrary, StorageError
from storage import migrate, opening, tables
from storage.database import MIGRATION_PRAGMAS, open_engine
from storage.search import is_part_of_index
from storage.store import Store

ROOT = Path(__file__).parents[2]
RELEASED = Path(__file__).parent / "libraries"  # <revision>.sql: what that revision wrote

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "v3"
down_revision = "v2"


def upgrade() -> None:
    with op.batch_alter_table("documents") as table:
        table.add_column(sa.Column("pinned", sa.Boolean(), nullable=False, server_default="0"))
        table.alter_column("seconds", nullable=True)
    {then}
"""


@pytest.fixture
def next_revision(tmp_path, monkeypatch):
    """A program that is one revision further: makes `documents` anew, on which others hang."""

    def install(then: str = "pass") -> None:
        scripts = tmp_path / "migrations"
        shutil.copytree(migrate.MIGRATIONS, scripts, dirs_exist_ok=True)
        (scripts / "versions" / "v3_next.py").write_text(NEXT.replace("{then}", then))
        monkeypatch.setattr(migrate, "MIGRATIONS", scripts)
        for module in (migrate, opening, tables):
            monkeypatch.setattr(module, "REVISION", "v3")
        monkeypatch.setattr(migrate.upgrade, "__defaults__", ("v3",))

    return install


def differences(folder: Path, metadata: sa.MetaData) -> list[object]:
    engine = open_engine(folder / "precis.db", MIGRATION_PRAGMAS, "BEGIN")
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "include_name": lambda name, kind, parents: (
                        not (kind == "table" and is_part_of_index(name))
                    )
                },
            )
            return list(compare_metadata(context, metadata))
    finally:
        engine.dispose()


def revision_in(path: Path) -> str:
    with sqlite3.connect(path) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    connection.close()
    return str(revision)


@pytest.mark.parametrize("full_text", [True, False])
def test_migrations_make_the_tables_that_are_declared(folder, full_text):
    Store.open(folder, full_text=full_text).close()
    assert differences(folder, tables.metadata) == []
    more = sa.MetaData(naming_convention=tables.metadata.naming_convention)
    for table in tables.metadata.tables.values():
        table.to_metadata(more)
    more.tables["jobs"].append_column(sa.Column("priority", sa.Integer))
    assert differences(folder, more), "the test must be able to fail"


def test_the_newest_migration_is_the_revision_that_is_named():
    assert migrate.released_revisions()[-1] == tables.REVISION
    assert len(set(migrate.released_revisions())) == len(migrate.released_revisions())


@pytest.mark.parametrize("revision", migrate.released_revisions())
def test_what_a_released_revision_wrote_can_be_read(folder, revision, new_document, new_summary, new_answer):
    folder.mkdir()
    with sqlite3.connect(folder / "precis.db") as connection:
        connection.executescript((RELEASED / f"{revision}.sql").read_text("utf-8"))
    connection.close()
    document = new_document()
    with Store.open(folder) as store:
        assert store.document("local", document.id) == document
        assert [saved.summary for saved in store.summaries("local", document.id)] == [new_summary(document)]
        assert [saved.answer for saved in store.answers("local", document.id)] == [new_answer(document)]
        (job,) = store.jobs("local")
        assert job.state == "interrupted" and store.windows(job.id) == {0: b"\x00window"}
        assert [event.data for event in store.events("local", job.id)] == [{"kind": "progress", "done": 1}]
        assert store.get_setting("local", "theme") == "dark"
        assert (
            store.search("local", "lighthouse")
            and store.problems(thorough=True)[0].what == "original missing"
        )


def test_an_upgrade_keeps_everything_and_a_backup(folder, keep, new_summary, next_revision):
    with Store.open(folder) as store:
        document = keep(store)
        store.save_summary("local", new_summary(document))
    old = (folder / "precis.db").read_bytes()
    next_revision()
    with Store.open(folder) as store:
        assert store.document("local", document.id) == document
        assert len(store.summaries("local", document.id)) == 1, "rows that hang on a table made anew stay"
        assert store.search("local", "lighthouse") and store.problems(thorough=True) == ()
    assert revision_in(folder / "precis.db") == "v3"
    backup = folder / "backup-v2.db"
    assert revision_in(backup) == "v2" and old != (folder / "precis.db").read_bytes()
    if sys.platform != "win32":
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert not list(folder.glob("*.tmp"))


def test_a_backup_put_back_loses_no_file_that_came_later(folder, keep, next_revision, monkeypatch):
    with Store.open(folder) as store:
        first = keep(store)
    with monkeypatch.context():
        next_revision()
        with Store.open(folder) as store:
            later = keep(store, content=b"later")
        shutil.copy(folder / "backup-v2.db", folder / "precis.db")
        with Store.open(folder) as store:
            assert store.document("local", first.id) == first
            assert [row.id for row in store.documents("local")] == [first.id]
            assert store.original("local", first.id).exists()
    assert (folder / "unclaimed" / later.id).read_bytes() == b"later"


def test_an_upgrade_that_fails_leaves_the_old_library(folder, keep, next_revision):
    with Store.open(folder) as store:
        document = keep(store)
    next_revision(then='op.execute("INSERT INTO pages SELECT * FROM nowhere")')
    for _ in range(2):
        with pytest.raises(StorageError):
            Store.open(folder)
    assert revision_in(folder / "precis.db") == "v2"
    with sqlite3.connect(folder / "precis.db") as connection:
        columns = {row[1] for row in connection.execute("PRAGMA table_info(documents)")}
        assert "pinned" not in columns
        assert connection.execute("SELECT sha256 FROM documents").fetchall() == [(document.id,)]
    connection.close()


def test_an_upgrade_that_would_leave_stray_rows_is_undone(folder, keep, next_revision):
    with Store.open(folder) as store:
        keep(store)
    next_revision(then='op.execute("DELETE FROM documents")')
    with pytest.raises(DamagedLibrary):
        Store.open(folder)
    assert revision_in(folder / "precis.db") == "v2"


KILLS = int(os.environ.get("PRECIS_TEST_KILLS", "8"))  # the promises ask for more
KILLED = """
import sys, time
from pathlib import Path
from storage import migrate, opening, tables
migrate.MIGRATIONS = Path(sys.argv[2])
opening.REVISION = "v3"
migrate.upgrade.__defaults__ = ("v3",)
from storage.store import Store
print("go", flush=True)
Store.open(Path(sys.argv[1])).close()
"""


@pytest.mark.slow
def test_an_upgrade_that_is_killed_is_old_or_new(folder, keep, next_revision, tmp_path):
    with Store.open(folder) as store:
        documents = [keep(store, content=str(n).encode(), texts=("words " * 5_000,)) for n in range(3)]
    pristine = tmp_path / "pristine"
    shutil.copytree(folder, pristine)
    next_revision(then="__import__('time').sleep(0.05)")
    seen = set()
    for round_ in range(KILLS):
        shutil.rmtree(folder)
        shutil.copytree(pristine, folder)
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, folder, migrate.MIGRATIONS],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None and process.stdout.readline() == "go\n"
        time.sleep(0.64 * round_ / KILLS)
        process.kill()
        process.communicate()
        with sqlite3.connect(folder / "precis.db") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            columns = {row[1] for row in connection.execute("PRAGMA table_info(documents)")}
        connection.close()
        revision = revision_in(folder / "precis.db")
        assert ("pinned" in columns) is (revision == "v3")
        seen.add(revision)
        with Store.open(folder) as store:
            assert store.document("local", documents[-1].id) == documents[-1]
            assert store.problems(thorough=True) == ()
    assert "v2" in seen, "the test must have killed an upgrade"


def test_a_library_of_a_newer_version_is_refused_and_left_alone(folder, keep):
    with Store.open(folder) as store:
        keep(store)
    with sqlite3.connect(folder / "precis.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'v999'")
    connection.close()
    before = (folder / "precis.db").read_bytes()
    with pytest.raises(StorageError, match="newer version") as caught:
        Store.open(folder)
    assert not isinstance(caught.value, DamagedLibrary)
    assert (folder / "precis.db").read_bytes() == before and not list(folder.glob("backup-*"))


def test_an_old_library_that_another_program_holds_is_not_upgraded_under_it(
    folder, keep, next_revision, monkeypatch
):
    with Store.open(folder) as holder:
        document = keep(holder)
        next_revision()
        monkeypatch.setattr(opening, "PATIENCE", 0.2)
        with pytest.raises(StorageError, match="Close that program"):
            Store.open(folder)
        assert holder.document("local", document.id) == document


def test_an_old_library_that_may_not_be_written_says_so(folder, keep, next_revision, monkeypatch):
    import os

    with Store.open(folder) as store:
        keep(store)
    next_revision()
    monkeypatch.setattr(os, "access", lambda path, mode, **options: not mode & os.W_OK)
    with pytest.raises(ReadOnlyLibrary, match="must be upgraded"):
        Store.open(folder)


def test_no_room_for_the_backup_stops_the_upgrade(folder, keep, next_revision, monkeypatch):
    from engine.errors import DiskFull
    from storage.database import Database

    with Store.open(folder) as store:
        keep(store)
    next_revision()

    def fail(database: Database, path: Path) -> None:
        raise DiskFull

    monkeypatch.setattr(Database, "copy_to", fail)
    with pytest.raises(DiskFull):
        Store.open(folder)
    assert revision_in(folder / "precis.db") == "v2"


def test_a_purge_takes_backups_along(folder, keep, next_revision):
    from datetime import timedelta

    with Store.open(folder) as store:
        document = keep(store)
    next_revision()
    with Store.open(folder) as store:
        assert (folder / "backup-v2.db").exists()
        store.delete_documents("local", [document.id])
        store.purge_deleted(timedelta(0))
    assert not list(folder.glob("backup-*"))


def test_a_change_of_the_tables_can_be_written_down(tmp_path, monkeypatch):
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, scripts)
    monkeypatch.setattr(migrate, "MIGRATIONS", scripts)
    column = sa.Column("pinned", tables.Json)
    tables.documents.append_column(column)
    try:
        written = migrate.write_migration("pin documents").read_text()
    finally:
        tables.documents._columns.remove(column)  # type: ignore[attr-defined]
    assert "batch_alter_table('documents'" in written and "sa.Column('pinned', sa.Text()" in written
    assert "down_revision = 'v2'" in written and "page_search" not in written
