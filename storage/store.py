"""The library: everything that is kept, behind one door.

    store = Store.open(folder)
    original = store.keep_original(owner, path)             bytes first, on the disk
    store.add_document(owner, document, name=..., ...)      then the document, whole
    store.save_summary(owner, summary)                      then what was made of it

Every method takes the owner and sees nothing of anybody else's; values that go out are frozen.
The parts are one file each: documents, remake, outputs, jobs, search, removal, preferences.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import sqlalchemy as sa
from filelock import BaseFileLock

from engine.errors import DamagedLibrary, NotInLibrary
from storage import opening, search
from storage.database import Database
from storage.files import Files
from storage.jobs import Jobs
from storage.outputs import Outputs
from storage.preferences import Preferences
from storage.remake import Remake
from storage.removal import Removal
from storage.rows import (
    DocumentRow,
    Hit,
    JobEvent,
    JobRow,
    JobState,
    Original,
    Problem,
    SavedAnswer,
    SavedSummary,
    Sizes,
)
from storage.search import Search
from storage.tables import documents, jobs, originals

__all__ = [
    "DocumentRow", "Hit", "JobEvent", "JobRow", "JobState", "Original", "Problem", "SavedAnswer",
    "SavedSummary", "Sizes", "Store", "utc_now",
]

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


class Store(Remake, Outputs, Jobs, Search, Removal, Preferences):
    """An open library. Safe to use from any thread; closed once, by whoever opened it."""

    def __init__(
        self, database: Database, files: Files, clock: Callable[[], datetime], lock: BaseFileLock | None
    ) -> None:
        super().__init__(database, files, clock)
        self._lock = lock

    @classmethod
    def open(
        cls, directory: Path, *, clock: Callable[[], datetime] = utc_now, full_text: bool = True
    ) -> Store:
        """Open the library in a folder, made where there is none; upgraded, after a backup, where it is old.

        Without `full_text` no index of words is kept (a hosted library: an index forgets slowly).
        Raises ReadOnlyLibrary, DiskFull, DamagedLibrary (nothing is touched then), StorageError.
        """
        opened = opening.open_library(directory)
        store = cls(opened.database, opened.files, clock, opened.lock)
        try:
            if store.is_holder:
                store._put_in_order(full_text)
        except BaseException:
            store.close()
            raise
        return store

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written; whatever would, raises ReadOnlyLibrary."""
        return self._database.read_only

    @property
    def is_holder(self) -> bool:
        """Whether this store holds the lock of the library."""
        return self._lock is not None

    def close(self) -> None:
        """Close the database and give the lock back. Closing twice does nothing."""
        self._database.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def sizes(self) -> Sizes:
        """What the library holds, of all owners, and takes on the disk."""
        files = sa.select(originals.c.sha256, originals.c.n_bytes).distinct().subquery()
        with self._database.read() as connection:
            n_documents = connection.scalar(
                sa.select(sa.func.count()).select_from(documents).where(documents.c.deleted.is_(None))
            )
            original_bytes = connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(files.c.n_bytes), 0)))
        path = self._database.path
        database_bytes = sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))
        return Sizes(int(n_documents or 0), int(original_bytes or 0), database_bytes)

    def problems(self, *, thorough: bool = False) -> tuple[Problem, ...]:
        """What is not as it was stored: missing originals; `thorough` also reads every byte of originals,
        documents and the database, and compares digests."""
        with self._database.read() as connection:
            claims = connection.execute(
                sa.select(originals.c.owner, originals.c.sha256, originals.c.n_bytes)
            ).all()
            rows = connection.execute(sa.select(documents.c.owner, documents.c.sha256)).all()
        found = [
            Problem(trouble, owner, sha256)
            for owner, sha256, n_bytes in claims
            if (trouble := self._files.trouble(sha256, n_bytes, thorough=thorough))
        ]
        if thorough:
            altered = [(owner, sha256) for owner, sha256 in rows if self._is_altered(owner, sha256)]
            found += [Problem("document altered", owner, sha256) for owner, sha256 in altered]
            if self._database.complaints(thorough=True):
                found.append(Problem("database damaged", "", None))
        return tuple(found)

    def _is_altered(self, owner: str, document_id: str) -> bool:
        try:
            self.document(owner, document_id)
        except NotInLibrary:
            return False  # deleted meanwhile, or before
        except DamagedLibrary:
            return True
        return False

    def _put_in_order(self, full_text: bool) -> None:
        """What the holder does at the start."""
        with self._database.write() as connection:
            search.set_index(connection, full_text)
            name = opening.library_id(connection)
            # Inside the transaction: nobody can claim a file between the look and the sweep. All who
            # name a file are asked, so that one damaged row does not cost it.
            named = sa.union(
                sa.select(originals.c.sha256), sa.select(documents.c.sha256), sa.select(jobs.c.original)
            )
            self._files.sweep(set(connection.scalars(named)), name)
        self.mark_interrupted()
        missing = self.problems()
        if missing:
            log.warning("%d original files are missing or have another size", len(missing))
