"""The SQLite file: one writer at a time, readers beside it, and errors with names.

Every writing transaction begins with BEGIN IMMEDIATE and waits for its turn, in this process by
a lock, across processes by SQLite's own; a plain BEGIN that reads and then writes would fail or
lose updates. A commit is on the disk when it returns (synchronous=FULL). No transaction is ever
open while a model computes: open one, do the statement, leave it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import QueuePool

from engine.errors import DamagedLibrary, DiskFull, ReadOnlyLibrary, StorageError

# SQLite before 3.51.3 can corrupt a WAL database that two connections checkpoint at once.
JOURNAL_MODE: Final = "WAL" if sqlite3.sqlite_version_info >= (3, 51, 3) else "TRUNCATE"

SHARED_PRAGMAS: Final = (
    "PRAGMA busy_timeout = 30000",  # milliseconds
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",  # functions in a schema somebody else wrote do not run
    "PRAGMA cell_size_check = ON",  # damaged pages are noticed when read
    "PRAGMA mmap_size = 0",
    "PRAGMA temp_store = MEMORY",  # no text in temporary files
)
READER_PRAGMAS: Final = (*SHARED_PRAGMAS, "PRAGMA query_only = ON")
WRITER_PRAGMAS: Final = (
    *SHARED_PRAGMAS,
    "PRAGMA auto_vacuum = INCREMENTAL",  # counts only before the first table; see `shrink`
    f"PRAGMA journal_mode = {JOURNAL_MODE}",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",  # what is deleted is overwritten with zeros
)
# A table that is made anew must not take the rows that refer to it along.
MIGRATION_PRAGMAS: Final = (*WRITER_PRAGMAS, "PRAGMA foreign_keys = OFF")

BUSY = "The library is busy: another program has been writing to it for too long. Try again in a moment."
INPUT_OUTPUT = (
    "The disk did not take or give back what it should (an input/output error). "
    "Nothing that was stored before is lost; check the disk and try again."
)
NO_ROOM = (
    "The disk took no more data: it is full, or your share of it is. "
    "Nothing that was stored is lost; free some space and try again."
)
CLOSED = "The library was closed. Start Precis again."


class Database:
    """One SQLite file. `read` and `write` open short transactions."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self._turn = threading.Lock()
        self._closed = False
        mode = _mode(path) if read_only else "rw"
        self._reader = open_engine(path, READER_PRAGMAS, "BEGIN", mode=mode, connections=32)
        self._writer = None if read_only else open_engine(path, WRITER_PRAGMAS, "BEGIN IMMEDIATE")

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of the library. Raises StorageError."""
        self._check_open()
        with named_errors(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that is on the disk, whole, when the block is left; or not at all.

        Blocks are not nested. Raises ReadOnlyLibrary, DiskFull and other StorageErrors.
        """
        self._check_open()
        if self._writer is None:
            raise ReadOnlyLibrary
        with self._turn, named_errors(), self._writer.begin() as connection:
            yield connection

    def shrink(self) -> None:
        """Give freed pages back to the file system, and leave no old ones in a write-ahead log."""
        with self._outside_transactions() as cursor:
            cursor.executescript("PRAGMA incremental_vacuum")  # `execute` would free a single page
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def copy_to(self, path: Path) -> None:
        """Write a compact copy into an empty file. Raises DiskFull, DamagedLibrary."""
        with self._outside_transactions() as cursor:
            cursor.execute("VACUUM INTO ?", (str(path),))

    def complaints(self, *, thorough: bool = False) -> tuple[str, ...]:
        """What SQLite finds wrong with the file; nothing if it is sound. `thorough` reads the indexes too."""
        with self.read() as connection:
            check = "PRAGMA integrity_check" if thorough else "PRAGMA quick_check(1)"
            found = [row[0] for row in connection.exec_driver_sql(check)]
            strays = connection.exec_driver_sql("PRAGMA foreign_key_check").all() if thorough else []
        found += [f"stray row in {row[0]}" for row in strays]
        return tuple(line for line in found if line != "ok")

    def close(self) -> None:
        """Close every connection. What comes after raises StorageError."""
        self._closed = True
        with self._turn:
            if self._writer is not None:
                self._writer.dispose()
            self._reader.dispose()

    def check_writable(self) -> None:
        """Raise ReadOnlyLibrary before work is done in vain."""
        if self.read_only:
            raise ReadOnlyLibrary

    @contextmanager
    def _outside_transactions(self) -> Iterator[sqlite3.Cursor]:
        self._check_open()
        if self._writer is None:
            raise ReadOnlyLibrary
        with self._turn, named_errors(), self._writer.connect() as connection:
            cursor = cast(sqlite3.Cursor, connection.connection.cursor())
            try:
                yield cursor
            finally:
                cursor.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StorageError(CLOSED)


def open_engine(
    path: Path, pragmas: tuple[str, ...], begin: str, *, mode: str = "rw", connections: int = 1
) -> sa.Engine:
    """An engine whose transactions start with `begin`, on at most so many connections at once."""

    def connect() -> sqlite3.Connection:
        # isolation_level=None: the driver begins no transaction by itself.
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True, isolation_level=None, check_same_thread=False, timeout=30,
        )

    engine = sa.create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool,
        pool_size=min(4, connections), max_overflow=max(0, connections - 4), pool_timeout=60,
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, record: object) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma).fetchall()
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _mode(path: Path) -> str:
    """How to open a file to read it only: a write-ahead log cannot be made where nothing may be written."""
    try:
        with path.open("rb") as file:
            uses_log = file.read(20)[18:] == b"\x02\x02"
    except OSError:
        uses_log = False  # opening it says what is wrong
    return "ro&immutable=1" if uses_log and not path.with_name(path.name + "-wal").exists() else "ro"


def create_private(path: Path) -> None:
    """Make an empty file that only its owner may read; SQLite gives its journals the same mode."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_CLOEXEC", 0), 0o600))


@contextmanager
def named_errors() -> Iterator[None]:
    """Turn what SQLite reports into the classes of engine.errors."""
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise StorageError(BUSY) from error
    except UnicodeDecodeError as error:  # from SQLite's own words about a damaged schema
        raise DamagedLibrary from error
    except (sa.exc.DBAPIError, sqlite3.Error) as error:
        named = _named(error)
        if named is None:
            raise
        raise named from error


def _named(error: sa.exc.DBAPIError | sqlite3.Error) -> StorageError | None:
    original = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if isinstance(original, sqlite3.ProgrammingError | sqlite3.InterfaceError):
        return None
    code = getattr(original, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # none: text that is no UTF-8
    match code & 0xFF:
        case sqlite3.SQLITE_FULL:
            return DiskFull()
        case sqlite3.SQLITE_IOERR:
            return DiskFull(NO_ROOM) if code in OUT_OF_ROOM else StorageError(INPUT_OUTPUT)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return ReadOnlyLibrary()
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StorageError(BUSY)
        case sqlite3.SQLITE_CONSTRAINT | sqlite3.SQLITE_MISUSE:
            return None
        case _:  # every statement is our own and tested: what it meets is not what we stored
            return DamagedLibrary()


OUT_OF_ROOM: Final = (sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_TRUNCATE)
