"""How a library is opened.

    <folder>/              0700
      precis.db            0600, see tables.py
      originals/ab/cd/...  0600, see files.py
      library.lock         held by the holder of the library for as long as it is open
      backup-<rev>.db      the database as it was before it was upgraded from <rev>

Several processes may use a library at once. One of them holds its lock: it alone makes the
tables or upgrades them, sweeps, and marks the jobs of dead processes. The others wait until the
tables are there. Where nothing may be written, the library opens for reading.
"""

from __future__ import annotations

import os
import secrets
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from filelock import BaseFileLock, FileLock, Timeout

from engine.errors import DamagedLibrary, DiskFull, ReadOnlyLibrary, StorageError
from storage.database import Database, create_private
from storage.files import NO_ROOM, Files
from storage.tables import REVISION, settings

DATABASE, LOCK, ORIGINALS = "precis.db", "library.lock", "originals"
CHECKED_AT_OPENING: Final = 256 << 20  # bytes; a larger database would take seconds to read whole
PATIENCE: Final = 60.0  # seconds to wait for the holder to make or upgrade the tables

NEWER = (
    "This library was written by a newer version of Precis. Update Precis, or choose another folder."
)
OLDER_HOLDER = (
    "This library is from an older version of Precis, and another program is using it. "
    "Close that program, then start again."
)
OLDER_READ_ONLY = (
    "This library is from an older version of Precis and must be upgraded, but its folder cannot be "
    "written to. Allow writing there, then start again."
)
NOTHING_TO_READ = (
    "There is no library in this folder, and none can be made because it cannot be written to. "
    "Allow writing there, or choose another folder."
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A library that is ready for use. `lock` is there if this process holds it."""

    database: Database
    files: Files
    lock: BaseFileLock | None


def open_library(folder: Path) -> Opened:
    """Open a library, or make one. Raises StorageError: which, says what can be done."""
    files = Files(folder / ORIGINALS)
    path = folder / DATABASE
    if not _prepare(folder):
        return Opened(_open_to_read(path), files, None)
    lock = FileLock(folder / LOCK, timeout=0, mode=0o600, thread_local=False)
    deadline = time.monotonic() + PATIENCE
    while True:
        if _is_acquired(lock):
            try:
                return Opened(_open_as_holder(path), files, lock)
            except BaseException:
                lock.release()
                raise
        database = _open_beside(path)
        if database is not None:
            return Opened(database, files, None)
        if time.monotonic() > deadline:
            raise StorageError(OLDER_HOLDER)
        time.sleep(0.05)


def _prepare(folder: Path) -> bool:
    """Make the folder, private; whether the library in it may be written."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFull from error
        raise ReadOnlyLibrary(NOTHING_TO_READ) from error
    database = folder / DATABASE
    if not os.access(folder, os.W_OK | os.X_OK) or (database.exists() and not os.access(database, os.W_OK)):
        return False
    status = folder.stat()
    if os.name == "posix" and status.st_uid == os.geteuid() and status.st_mode & 0o077:
        folder.chmod(stat.S_IMODE(status.st_mode) & 0o700)
    return True


def _is_acquired(lock: BaseFileLock) -> bool:
    try:
        lock.acquire()
    except Timeout:
        return False
    except OSError as error:
        raise (DiskFull if error.errno in NO_ROOM else ReadOnlyLibrary)() from error
    return True


def _open_to_read(path: Path) -> Database:
    if not path.exists():
        raise ReadOnlyLibrary(NOTHING_TO_READ)
    database = Database(path, read_only=True)
    try:
        revision = _revision(database)
        if revision == REVISION:
            return database
        raise ReadOnlyLibrary(OLDER_READ_ONLY) if _is_known(revision) else StorageError(NEWER)
    except BaseException:
        database.close()
        raise


def _open_beside(path: Path) -> Database | None:
    """For a process that does not hold the lock; None while the tables are not there yet."""
    if not path.exists():
        return None
    database = Database(path)
    try:
        revision = _revision(database)
        if revision == REVISION:
            return database
        if not _is_known(revision):
            raise StorageError(NEWER)
    except BaseException:
        database.close()
        raise
    database.close()
    return None


def _open_as_holder(path: Path) -> Database:
    try:
        create_private(path)
    except OSError as error:
        raise (DiskFull if error.errno in NO_ROOM else ReadOnlyLibrary)() from error
    database = Database(path)
    try:
        if path.stat().st_size <= CHECKED_AT_OPENING and database.complaints():
            raise DamagedLibrary
        revision = _revision(database)
        if revision == REVISION:
            return database
        _upgrade(database, revision)
    except BaseException:
        database.close()
        raise
    return Database(path)


def _upgrade(database: Database, revision: str | None) -> None:
    """Make the tables, or bring old ones to the present revision; closes the database."""
    from storage import migrate  # alembic is loaded where there is something for it to do

    if not _is_known(revision):
        raise StorageError(NEWER)
    if revision is not None:
        migrate.back_up(database, revision)
    database.close()  # a table that is made anew must not be in use
    migrate.upgrade(database.path)


def _is_known(revision: str | None) -> bool:
    from storage.migrate import released_revisions

    return revision is None or revision in released_revisions()


def _revision(database: Database) -> str | None:
    """The revision of the tables; None for an empty file. Raises DamagedLibrary."""
    with database.read() as connection:
        names = sa.inspect(connection).get_table_names()
        if not names:
            return None
        if "alembic_version" not in names:
            raise DamagedLibrary
        version = sa.table("alembic_version", sa.column("version_num"))
        return str(connection.execute(sa.select(version)).scalar_one_or_none())


def library_id(connection: sa.Connection) -> str:
    """The name that this database gave itself, made now if it has none."""
    key = settings.c.owner == "", settings.c.name == "library"
    known = connection.scalar(sa.select(settings.c.value).where(*key))
    if isinstance(known, str):
        return known
    made = secrets.token_hex(16)
    connection.execute(sa.insert(settings).values(owner="", name="library", value=made))
    return made
