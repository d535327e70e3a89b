"""Deleting: first out of sight, then for good.

For good means: the rows and all that hangs on them, the words in the search index, the original
when no other owner claims it, backups that still hold it, and the pages of the database file
that it stood on (overwritten with zeros, then given back).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from storage import search
from storage.files import SHA256
from storage.part import Part
from storage.rows import RESUMABLE, UNFINISHED
from storage.tables import documents, jobs, originals, settings

Gone = sa.Row[Any, Any, Any]  # id, owner, sha256 of a document

KEPT_FOR_FAILED: Final = timedelta(days=1)


class Removal(Part):
    """Delete, restore, purge."""

    def delete_documents(self, owner: str, ids: Iterable[str]) -> None:
        """Take documents out of sight. Ids that are not there are passed over."""
        self._set_deleted(owner, ids, self._clock())

    def restore_documents(self, owner: str, ids: Iterable[str]) -> None:
        """Bring back documents that were deleted and not yet purged."""
        self._set_deleted(owner, ids, None)

    def _set_deleted(self, owner: str, ids: Iterable[str], moment: datetime | None) -> None:
        with self._database.write() as connection:
            connection.execute(
                sa.update(documents)
                .where(
                    documents.c.owner == owner,
                    documents.c.sha256.in_([i for i in ids if SHA256.fullmatch(i)]),
                    documents.c.deleted.is_not(None) if moment is None else documents.c.deleted.is_(None),
                )
                .values(deleted=moment)
            )

    def purge_deleted(self, older_than: timedelta) -> int:
        """Remove for good what was deleted that long ago, with its outputs and jobs; how many documents.

        Originals that were never read go too, unless a job that may still run wants them.
        """
        with self._database.write() as connection:
            long_ago = self._far(documents.c.deleted, older_than)
            gone = _documents(connection, documents.c.deleted.is_not(None), long_ago)
            files = _remove(connection, gone) | self._remove_abandoned(connection, older_than)
        if gone or files:
            self._clean_up(files)
        return len(gone)

    def forget(self, older_than: timedelta = timedelta(0), owner: str | None = None) -> int:
        """Remove for good whatever came in that long ago, deleted or not, of one owner or of all; how
        many documents. Without `older_than`, the settings of the owner go too."""

        def theirs(table: sa.Table, moment: str) -> tuple[sa.ColumnElement[bool], ...]:
            far = self._far(table.c[moment], older_than)
            return (far,) if owner is None else (far, table.c.owner == owner)

        with self._database.write() as connection:
            gone = _documents(connection, *theirs(documents, "added"))
            files = _remove(connection, gone)
            files |= set(connection.scalars(sa.select(originals.c.sha256).where(*theirs(originals, "kept"))))
            connection.execute(sa.delete(originals).where(*theirs(originals, "kept")))
            connection.execute(sa.delete(jobs).where(*theirs(jobs, "created")))
            if owner and not older_than:
                connection.execute(sa.delete(settings).where(settings.c.owner == owner))
        self._clean_up(files)
        return len(gone)

    def _far(self, moment: sa.ColumnElement[Any], distance: timedelta) -> sa.ColumnElement[bool]:
        """At least so far from now, whichever way the clock went meanwhile."""
        now = self._clock()
        return sa.or_(moment <= now - distance, moment >= now + distance)

    def _remove_abandoned(self, connection: sa.Connection, older_than: timedelta) -> set[str]:
        wanted = sa.exists().where(
            jobs.c.owner == originals.c.owner,
            jobs.c.original == originals.c.sha256,
            jobs.c.state.in_((*UNFINISHED, *RESUMABLE)),
            (jobs.c.state != "failed") | ~self._far(jobs.c.created, max(older_than, KEPT_FOR_FAILED)),
        )
        read = sa.exists().where(
            documents.c.owner == originals.c.owner, documents.c.sha256 == originals.c.sha256
        )
        abandoned = (self._far(originals.c.kept, older_than), ~wanted, ~read)
        files = set(connection.scalars(sa.select(originals.c.sha256).where(*abandoned)))
        connection.execute(sa.delete(originals).where(*abandoned))
        return files

    def _clean_up(self, files: set[str]) -> None:
        """What follows once the rows are gone. A crash before the end leaves files that a sweep takes."""
        with self._database.write() as connection:  # nobody can claim a file meanwhile
            still = sa.select(originals.c.sha256).where(originals.c.sha256.in_(files))
            claimed = set(connection.scalars(still))
            for sha256 in files - claimed:
                self._files.remove(sha256)
            search.put_index_in_order(connection)
        for backup in self._database.path.parent.glob("backup-*"):
            backup.unlink(missing_ok=True)
        self._database.shrink()


def _documents(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> Sequence[Gone]:
    return connection.execute(
        sa.select(documents.c.id, documents.c.owner, documents.c.sha256).where(*conditions)
    ).all()


def _remove(connection: sa.Connection, gone: Sequence[Gone]) -> set[str]:
    """Delete documents with everything that hangs on them; the digests of their files."""
    search.remove_from_index(connection, [row.id for row in gone])
    for row in gone:
        about = (jobs.c.document == row.sha256) | (jobs.c.original == row.sha256)
        connection.execute(sa.delete(jobs).where(jobs.c.owner == row.owner, about))
        connection.execute(
            sa.delete(originals).where(originals.c.owner == row.owner, originals.c.sha256 == row.sha256)
        )
        connection.execute(sa.delete(documents).where(documents.c.id == row.id))
    return {row.sha256 for row in gone}
