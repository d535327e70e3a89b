"""What every part of the store stands on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.errors import NotInLibrary
from storage.database import Database
from storage.files import SHA256, Files
from storage.tables import documents

MAX_ID = 2**63 - 1


def insert(connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> int:
    """Insert one row; its id."""
    key = connection.execute(sa.insert(table).values(**values)).inserted_primary_key
    assert key is not None
    return int(key[0])


class Part:
    """A group of the store's methods, over the database, the originals and a clock."""

    def __init__(self, database: Database, files: Files, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._files = files
        self._clock = clock


def number_of(connection: sa.Connection, owner: str, document_id: str, *, deleted: bool = False) -> int:
    """The row id of an owner's document, deleted ones only if asked for. Raises NotInLibrary."""
    if SHA256.fullmatch(document_id):
        query = sa.select(documents.c.id).where(documents.c.owner == owner, documents.c.sha256 == document_id)
        number = connection.scalar(query if deleted else query.where(documents.c.deleted.is_(None)))
        if number is not None:
            return int(number)
    raise NotInLibrary
