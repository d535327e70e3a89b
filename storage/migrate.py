"""Bring a library's tables to the present revision, whole or not at all.

The migrations stand in migrations/versions. They run inside one transaction, so a process that
is killed leaves the old revision or the new one; before an existing library is touched, a copy
of its database is put beside it as backup-<revision>.db.

    python -m storage.migrate "what changes"    writes the next migration from tables.py
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory

from engine.errors import DamagedLibrary
from storage.database import MIGRATION_PRAGMAS, Database, create_private, named_errors, open_engine
from storage.files import sync_folder
from storage.tables import REVISION, settings

MIGRATIONS = Path(__file__).parent / "migrations"


def released_revisions() -> tuple[str, ...]:
    """Every revision there has been, oldest first."""
    revisions = ScriptDirectory.from_config(_config()).walk_revisions()
    return tuple(reversed([script.revision for script in revisions]))


def upgrade(path: Path, target: str = REVISION) -> None:
    """Run the migrations that are missing. Raises StorageError, and leaves the old revision then."""
    engine = open_engine(path, MIGRATION_PRAGMAS, "BEGIN IMMEDIATE")
    try:
        with named_errors(), engine.begin() as connection:
            command.upgrade(_config(connection), target)
            if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise DamagedLibrary
    finally:
        engine.dispose()


def back_up(database: Database, revision: str) -> Path:
    """Copy the database to backup-<revision>.db beside it. Raises StorageError.

    The copy gets a library id of its own: were it put in place of the database one day, files
    that came later must not be swept away as unclaimed (see Files.sweep).
    """
    backup = database.path.with_name(f"backup-{revision}.db")
    arriving = backup.with_name(f"{backup.name}.tmp")
    arriving.unlink(missing_ok=True)
    create_private(arriving)
    database.copy_to(arriving)
    copy = Database(arriving)
    try:
        with copy.write() as connection:
            its_id = settings.c.owner == "", settings.c.name == "library"
            connection.execute(sa.delete(settings).where(*its_id))
    finally:
        copy.close()
        arriving.with_name(f"{arriving.name}-journal").unlink(missing_ok=True)
    with arriving.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(arriving, backup)
    sync_folder(backup.parent)
    return backup


def write_migration(message: str) -> Path:
    """Compare tables.py with the newest revision and write what is between the two."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        create_private(path)
        upgrade(path, "head")
        engine = open_engine(path, MIGRATION_PRAGMAS, "BEGIN")
        try:
            with engine.begin() as connection:
                number = len(released_revisions()) + 1
                script = command.revision(
                    _config(connection), message, autogenerate=True, rev_id=f"v{number}"
                )
        finally:
            engine.dispose()
    assert isinstance(script, Script)
    return Path(script.path)


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


if __name__ == "__main__":
    print(write_migration(" ".join(sys.argv[1:])))
